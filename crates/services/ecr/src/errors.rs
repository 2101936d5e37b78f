//! ECR's errors, in AWS's words.
//!
//! Sources: ECR API Reference, "Errors" of each operation, and messages that AWS is known to print.

use std::fmt::Display;

use rolecall_base::AwsError;

use crate::place::Place;

/// A parameter that breaks a rule which is not in the model.
pub(crate) fn invalid_parameter(name: &str, constraint: impl Display) -> AwsError {
    AwsError::new(
        "InvalidParameterException",
        format!("Invalid parameter at '{name}' failed to satisfy constraint: '{constraint}'"),
    )
}

fn of_repository(
    code: &'static str,
    before: impl Display,
    place: &Place,
    after: impl Display,
) -> AwsError {
    AwsError::new(
        code,
        format!(
            "{before} with name '{}' {after} in the registry with id '{}'",
            place.name, place.account
        ),
    )
}

pub(crate) fn no_repository(place: &Place) -> AwsError {
    of_repository(
        "RepositoryNotFoundException",
        "The repository",
        place,
        "does not exist",
    )
}

pub(crate) fn repository_exists(place: &Place) -> AwsError {
    of_repository(
        "RepositoryAlreadyExistsException",
        "The repository",
        place,
        "already exists",
    )
}

pub(crate) fn repository_not_empty(place: &Place) -> AwsError {
    AwsError::new(
        "RepositoryNotEmptyException",
        format!(
            "The repository with name '{}' in registry with id '{}' cannot be deleted because it \
             still contains images",
            place.name, place.account
        ),
    )
}

fn missing_for(code: &'static str, what: &str, place: &Place) -> AwsError {
    AwsError::new(
        code,
        format!(
            "{what} does not exist for the repository with name '{}' in the registry with id '{}'",
            place.name, place.account
        ),
    )
}

pub(crate) fn no_repository_policy(place: &Place) -> AwsError {
    missing_for(
        "RepositoryPolicyNotFoundException",
        "Repository policy",
        place,
    )
}

pub(crate) fn no_lifecycle_policy(place: &Place) -> AwsError {
    missing_for(
        "LifecyclePolicyNotFoundException",
        "Lifecycle policy",
        place,
    )
}

pub(crate) fn no_lifecycle_preview(place: &Place) -> AwsError {
    missing_for(
        "LifecyclePolicyPreviewNotFoundException",
        "Lifecycle policy preview",
        place,
    )
}

pub(crate) fn invalid_repository_policy() -> AwsError {
    invalid_parameter("PolicyText", "Invalid repository policy provided")
}

pub(crate) fn principal_not_found() -> AwsError {
    invalid_parameter("PolicyText", "Principal not found")
}

/// A policy under which its author could not set another one (SetRepositoryPolicy, `force`).
pub(crate) fn policy_locks_out() -> AwsError {
    invalid_parameter(
        "PolicyText",
        "The policy would prevent you from setting another policy in the future. Use force to set it",
    )
}

pub(crate) fn invalid_lifecycle(details: impl Display) -> AwsError {
    invalid_parameter(
        "LifecyclePolicyText",
        format!("Lifecycle policy validation failure: {details}"),
    )
}

pub(crate) fn invalid_next_token() -> AwsError {
    invalid_parameter("nextToken", "Invalid token")
}

pub(crate) fn too_many_tags() -> AwsError {
    AwsError::new(
        "TooManyTagsException",
        "The list of tags on the repository is over the limit. The maximum number of tags that can \
         be applied to a repository is 50.",
    )
}

pub(crate) fn invalid_tag(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidTagParameterException", message)
}

/// Encryption with a key of KMS, which Rolecall does not have.
pub(crate) fn kms() -> AwsError {
    AwsError::new(
        "KmsException",
        "Encryption with KMS keys is not built in Rolecall; use the encryption type AES256.",
    )
    .with_field("kmsError", "KMS.DisabledException")
}

pub(crate) fn invalid_manifest() -> AwsError {
    invalid_parameter("ImageManifest", "Invalid JSON syntax")
}

pub(crate) fn layers_missing(place: &Place, digests: &[String]) -> AwsError {
    AwsError::new(
        "LayersNotFoundException",
        required("Layers", place, digests),
    )
}

pub(crate) fn images_missing(place: &Place, digests: &[String]) -> AwsError {
    AwsError::new(
        "ReferencedImagesNotFoundException",
        required("Images", place, digests),
    )
}

fn required(what: &str, place: &Place, digests: &[String]) -> String {
    format!(
        "{what} with digests '[{}]' required for pushing image into repository with name '{}' in the \
         registry with id '{}' do not exist",
        digests.join(", "),
        place.name,
        place.account
    )
}

pub(crate) fn layer_missing(place: &Place, digest: &str) -> AwsError {
    AwsError::new(
        "LayersNotFoundException",
        format!(
            "The layer with digest '{digest}' does not exist within the repository with name '{}' in \
             the registry with id '{}'",
            place.name, place.account
        ),
    )
}

pub(crate) fn tag_immutable(place: &Place, tag: &str) -> AwsError {
    AwsError::new(
        "ImageTagAlreadyExistsException",
        format!(
            "The image tag '{tag}' already exists in the '{}' repository and cannot be overwritten \
             because the tag is immutable.",
            place.name
        ),
    )
}

pub(crate) fn image_exists(place: &Place, digest: &str, tag: Option<&str>) -> AwsError {
    let tag = tag
        .map(|tag| format!(" and tag '{tag}'"))
        .unwrap_or_default();
    AwsError::new(
        "ImageAlreadyExistsException",
        format!(
            "Image with digest '{digest}'{tag} already exists in the repository with name '{}' in \
             registry with id '{}'",
            place.name, place.account
        ),
    )
}

pub(crate) fn digest_mismatch() -> AwsError {
    AwsError::new(
        "ImageDigestDoesNotMatchException",
        "The specified image digest does not match the digest that Amazon ECR calculated for the image.",
    )
}

pub(crate) fn no_image(place: &Place, digest: Option<&str>, tag: Option<&str>) -> AwsError {
    let shown = |text: Option<&str>| text.unwrap_or("null").to_owned();
    AwsError::new(
        "ImageNotFoundException",
        format!(
            "The image with imageId {{imageDigest:'{}', imageTag:'{}'}} does not exist within the \
             repository with name '{}' in the registry with id '{}'",
            shown(digest),
            shown(tag),
            place.name,
            place.account
        ),
    )
}

pub(crate) fn no_upload(place: &Place, id: &str) -> AwsError {
    AwsError::new(
        "UploadNotFoundException",
        format!(
            "The upload with id '{id}' does not exist in the repository with name '{}' in the \
             registry with id '{}'",
            place.name, place.account
        ),
    )
}

/// A part that does not follow the bytes before it, or has another length than its positions say.
pub(crate) fn invalid_part(place: &Place, id: &str, received: u64, message: String) -> AwsError {
    let error = AwsError::new("InvalidLayerPartException", message)
        .with_field("registryId", place.account.as_str())
        .with_field("repositoryName", place.name.as_str())
        .with_field("uploadId", id);
    match received.checked_sub(1) {
        Some(last) => error.with_field("lastValidByteReceived", last.to_string()),
        None => error,
    }
}

pub(crate) fn part_too_small() -> AwsError {
    AwsError::new(
        "LayerPartTooSmallException",
        "Layer parts must be at least 5 MiB in size.",
    )
}

pub(crate) fn empty_upload() -> AwsError {
    AwsError::new(
        "EmptyUploadException",
        "The specified layer upload does not contain any layer parts.",
    )
}

/// The digest that was given is not that of the bytes that were uploaded.
pub(crate) fn invalid_layer(given: &str) -> AwsError {
    AwsError::new(
        "InvalidLayerException",
        format!("The layer digest '{given}' does not match the digest of the uploaded layer."),
    )
}

pub(crate) fn layer_exists(place: &Place, digest: &str) -> AwsError {
    AwsError::new(
        "LayerAlreadyExistsException",
        format!(
            "The image layer with digest '{digest}' already exists in the repository with name '{}' \
             in the registry with id '{}'",
            place.name, place.account
        ),
    )
}
