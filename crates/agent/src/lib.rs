//! The host agent: task lifecycle, credentials and metadata endpoints, log shipping.
