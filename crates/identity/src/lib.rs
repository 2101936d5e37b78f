//! The documents that authentication and authorization read: principals, keys, policies.
