//! The logs service: one file per operation.
