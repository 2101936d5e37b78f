//! The HTTP server: connections, limits, drain, routing to the pipeline.
