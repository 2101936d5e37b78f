//! The AWS wire protocols: route, decode, encode, error envelopes.
