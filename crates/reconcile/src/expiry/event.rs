//! The record of a run that expired images.
//!
//! Source: ECR User Guide, "Logging Amazon ECR actions with AWS CloudTrail", the event of a
//! lifecycle policy's action: `PolicyExecutionEvent`, several if many images expire.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rolecall_base::Timestamp;
use rolecall_ecr::{Expired, Place};
use rolecall_record::{
    CallKind, CallRecord, Decided, Deciding, Identity, IdentityKind, Outcome, Reason,
};
use serde::Serialize;

/// The images of one event.
pub(super) const IMAGES: usize = 10;

/// As CloudTrail names who did it.
const BY: &str = "AWS Internal";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    repository_name: &'a str,
    lifecycle_event_image_actions: Vec<Action<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Action<'a> {
    lifecycle_event_image: Image<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_priority: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
    digest: &'a str,
    tag_status: &'static str,
    tag_list: &'a [String],
    pushed_at: i64,
}

/// The event of a repository's images that expired `now`.
pub(super) fn event<'a>(
    place: &'a Place,
    now: Timestamp,
    request_id: &'a str,
    expired: &'a [Expired],
) -> CallRecord<'a> {
    CallRecord {
        at: now,
        request_id: Cow::Borrowed(request_id),
        account: Cow::Borrowed(place.account.as_str()),
        region: Cow::Borrowed(place.region.as_str()),
        source: Cow::Borrowed("ecr.amazonaws.com"),
        operation: Cow::Borrowed("PolicyExecutionEvent"),
        kind: CallKind::Management,
        caller: service(place),
        source_ip: None,
        user_agent: None,
        secure: true,
        // So AWS has it.
        read_only: true,
        outcome: Outcome::Ok,
        parameters: details(place, expired).map(Cow::Owned),
        parameters_omitted: false,
        resources: Vec::new(),
        decisions: decisions(place, expired),
        shared_keys: Vec::new(),
        further: Vec::new(),
    }
}

fn service(place: &Place) -> Identity<'_> {
    Identity {
        kind: IdentityKind::AWSService,
        arn: Cow::Borrowed("ecr.amazonaws.com"),
        principal_id: Cow::Borrowed("ecr.amazonaws.com"),
        account: Cow::Borrowed(place.account.as_str()),
        access_key_id: None,
        user_name: None,
        issuer_arn: None,
        issuer_id: None,
        session_name: None,
        session_issued: None,
        mfa: false,
        source_identity: None,
        invoked_by: Some(Cow::Borrowed(BY)),
        called_via: Cow::Borrowed(&[]),
        identity_provider: None,
        assumed_root: false,
    }
}

fn details(place: &Place, expired: &[Expired]) -> Option<String> {
    let actions = expired.iter().map(|one| Action {
        lifecycle_event_image: Image {
            digest: &one.image.digest,
            tag_status: if one.image.tags.is_empty() {
                "Untagged"
            } else {
                "Tagged"
            },
            tag_list: &one.image.tags,
            pushed_at: one.image.pushed.epoch_millis(),
        },
        rule_priority: one.rule.map(|(_, priority)| priority),
    });
    let details = Details {
        repository_name: &place.name,
        lifecycle_event_image_actions: actions.collect(),
    };
    serde_json::to_string(&details).ok()
}

/// One for each rule that expired something, and one for what was about images that are gone.
fn decisions<'a>(place: &Place, expired: &[Expired]) -> Vec<Decided<'a>> {
    let rules: BTreeSet<Option<usize>> = expired
        .iter()
        .map(|one| one.rule.map(|(number, _)| number))
        .collect();
    let decided = |rule: Option<usize>| Decided {
        allowed: true,
        reason: Reason::Allow,
        deciding: rule.map(|number| Deciding {
            layer: Cow::Borrowed("lifecycle policy"),
            policy: Cow::Owned(place.arn()),
            statement: u32::try_from(number).unwrap_or(u32::MAX),
            sid: None,
        }),
        ..Decided::new(
            Cow::Borrowed("ecr:BatchDeleteImage"),
            Cow::Owned(place.arn()),
        )
    };
    rules.into_iter().map(decided).collect()
}
