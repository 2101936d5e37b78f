//! Container engines: the embedded OCI runtime in its shim, networks, images.
