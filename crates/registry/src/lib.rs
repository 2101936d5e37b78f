//! The OCI distribution API: docker, podman and skopeo push and pull through ECR's permissions.
