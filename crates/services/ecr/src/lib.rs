//! The ecr service: one file per operation.
