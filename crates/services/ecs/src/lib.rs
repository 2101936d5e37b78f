//! The ecs service: one file per operation.
