//! The OCI distribution API: docker, podman and skopeo push and pull through ECR's permissions.
//!
//! A [`Registry`] serves everything under `/v2/`. Its caller is the bearer of a token of
//! `GetAuthorizationToken`; each request is authorized with the actions of ECR that AWS's own
//! endpoint asks for, under the policies that the bearer has at that moment:
//!
//! | request | action |
//! |---|---|
//! | `GET`, `HEAD` manifest, referrers | `ecr:BatchGetImage` |
//! | `PUT` manifest | `ecr:PutImage` |
//! | `DELETE` manifest | `ecr:BatchDeleteImage` |
//! | `HEAD` blob | `ecr:BatchCheckLayerAvailability` |
//! | `GET` blob | `ecr:GetDownloadUrlForLayer` |
//! | `POST` upload | `ecr:InitiateLayerUpload` |
//! | `PATCH`, and the bytes of `PUT` upload | `ecr:UploadLayerPart` |
//! | `PUT` upload | `ecr:CompleteLayerUpload` |
//! | tags | `ecr:ListImages` |
//! | catalog | `ecr:DescribeRepositories` |
//!
//! Sources: OCI distribution-spec 1.1; ECR User Guide, "IAM permissions for pushing an image".
//!
//! # Invariants
//! - Bytes of layers are streamed, never held whole; nothing is kept under a digest that is not
//!   its.
//! - Whoever may not do something does not learn whether what they asked for exists.

mod answer;
mod auth;
mod blobs;
mod body;
mod error;
mod layers;
mod manifests;
mod registry;
mod route;
mod tags;
mod uploads;

pub use layers::{LocalLayers, SweepError, Swept};
pub use registry::Registry;
