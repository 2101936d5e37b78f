//! Bytes at rest: image layers and log events in a local folder.
