//! Task definitions as the API writes them.

use rolecall_api::ecs as api;

use crate::documents::TaskDefinition;

/// A task definition as the API writes it.
pub(super) fn shown(document: &TaskDefinition) -> api::TaskDefinition {
    let mut shown = document.definition.0.clone();
    shown.status = Some(document.status.as_str().to_owned());
    shown
}

/// Whether an image is one of ECR: `ACCOUNT.dkr.ecr.REGION.…/…`.
pub(super) fn is_ecr(image: &str) -> bool {
    let host = image.split_once('/').map(|(host, _)| host);
    let account = host
        .and_then(|h| h.split_once(".dkr.ecr."))
        .map(|(account, _)| account);
    account.is_some_and(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()))
}
