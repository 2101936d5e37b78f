//! The iam service: one file per operation.
