//! Operations and the pipeline: authenticate, decode, authorize, handle, commit, encode.
