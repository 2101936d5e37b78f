//! Task definitions as the API writes them.

use rolecall_api::ecs as api;

use crate::documents::TaskDefinition;

/// A task definition as the API writes it.
pub(super) fn shown(document: &TaskDefinition) -> api::TaskDefinition {
    let mut shown = document.definition.0.clone();
    shown.status = Some(document.status.as_str().to_owned());
    shown
}

/// Whether an image is one of ECR: `ACCOUNT.dkr.ecr.REGION.…/…`, also behind another host.
pub(super) fn is_ecr(image: &str) -> bool {
    let registry = |host: &str| {
        let account = host.split_once(".dkr.ecr.").map(|(account, _)| account);
        account.is_some_and(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut parts = image.split('/');
    // The last part is the repository's name, or the end of it.
    let _ = parts.next_back();
    parts.take(2).any(registry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_ecr_name_an_account() {
        assert!(is_ecr("123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"));
        assert!(is_ecr(
            "127.0.0.1:4566/123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b"
        ));
        for other in [
            "nginx",
            "library/nginx",
            "public.ecr.aws/a/b",
            "quay.io/1.dkr.ecr.x/y",
        ] {
            assert!(!is_ecr(other), "{other}");
        }
    }
}
