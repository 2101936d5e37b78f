//! The ECS agent protocol: messages and the compiler from task to payload.
