//! Tests that drive Rolecall with unmodified clients.
