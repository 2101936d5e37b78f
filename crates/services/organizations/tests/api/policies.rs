//! Policies: their life, their limits, and where they are attached.

use serde_json::{Value, json};

use crate::common::{attached, call, detach, member, organization_id, organized, refused, unit};

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

fn statement() -> Value {
    json!({ "Effect": "Deny", "Action": "ecs:*", "Resource": "*" })
}

#[tokio::test]
async fn a_policy_is_made_described_attached_and_deleted() {
    let (w, root) = organized().await;
    let id = attached(&w, SCP, &root, statement()).await;
    let one = call!(w, w.root(), organizations::DescribePolicy, { "PolicyId": id });
    let one = one.unwrap().policy.unwrap().policy_summary.unwrap();
    let arn = format!(
        "arn:aws:organizations::123456789012:policy/{}/service_control_policy/{id}",
        organization_id()
    );
    assert_eq!(one.arn, Some(arn));
    assert_eq!(one.aws_managed, Some(false));
    let listed = call!(w, w.root(), organizations::ListPolicies, { "Filter": SCP });
    let names: Vec<_> = listed.unwrap().policies.unwrap();
    let ids: Vec<_> = names
        .iter()
        .filter_map(|policy| policy.id.as_deref())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&"p-FullAWSAccess") && ids.contains(&id.as_str()));
    let targets = call!(w, w.root(), organizations::ListTargetsForPolicy, { "PolicyId": id });
    let targets = targets.unwrap().targets.unwrap();
    let target = targets.first().unwrap();
    assert_eq!(
        (target.target_id.as_ref(), target.r#type.as_deref()),
        (Some(&root), Some("ROOT"))
    );
    let error = call!(w, w.root(), organizations::DeletePolicy, { "PolicyId": id });
    assert_eq!(error.map(drop).unwrap_err().code, "PolicyInUseException");
    refused!(
        call!(w, w.root(), organizations::AttachPolicy, { "PolicyId": id, "TargetId": root }),
        "DuplicatePolicyAttachmentException: The selected policy is already attached to the \
         specified target."
    );
    detach(&w, &id, &root).await.unwrap();
    let again = detach(&w, &id, &root).await.unwrap_err();
    assert_eq!(again.code, "PolicyNotAttachedException");
    call!(w, w.root(), organizations::DeletePolicy, { "PolicyId": id }).unwrap();
    refused!(
        call!(w, w.root(), organizations::DescribePolicy, { "PolicyId": id }),
        "PolicyNotFoundException: You specified a policy that doesn't exist."
    );
}

#[tokio::test]
async fn what_is_not_a_policy_of_the_type_is_refused() {
    let (w, _) = organized().await;
    let deny = |principal: bool| {
        let mut statement = json!({ "Effect": "Deny", "Action": "ecr:*", "Resource": "*" });
        if principal {
            statement["Principal"] = json!("*");
        }
        json!({ "Version": "2012-10-17", "Statement": statement }).to_string()
    };
    let long = format!("{}{}", deny(false), " ".repeat(10_240));
    let cases = [
        (SCP, "{}", "MalformedPolicyDocumentException"),
        (SCP, "not json", "MalformedPolicyDocumentException"),
        (SCP, &deny(true), "MalformedPolicyDocumentException"),
        (RCP, &deny(false), "MalformedPolicyDocumentException"),
        (SCP, &long, "ConstraintViolationException"),
        (
            "TAG_POLICY",
            "{}",
            "PolicyTypeNotAvailableForOrganizationException",
        ),
    ];
    for (kind, content, code) in cases {
        let made = call!(w, w.root(), organizations::CreatePolicy, {
            "Name": "x", "Description": "", "Type": kind, "Content": content,
        });
        assert_eq!(made.map(drop).unwrap_err().code, code, "{kind} {content}");
    }
    for (kind, content) in [(SCP, deny(false)), (RCP, deny(true))] {
        let input = json!({
            "Name": "x", "Description": "", "Type": kind, "Content": content,
        });
        type Create = rolecall_api::organizations::CreatePolicy;
        w.call::<Create>(&w.root(), input.clone()).await.unwrap();
        refused!(
            w.call::<Create>(&w.root(), input).await,
            "DuplicatePolicyException: A policy with the same name already exists."
        );
    }
}

#[tokio::test]
async fn there_are_one_to_five_on_a_target_and_awss_own_cannot_be_changed() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    let last = detach(&w, "p-FullAWSAccess", &account).await.unwrap_err();
    assert_eq!(
        last.fields,
        [(
            "Reason",
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED".to_owned()
        )]
    );
    let own = detach(&w, "p-RCPFullAWSAccess", &account)
        .await
        .unwrap_err();
    assert_eq!(own.fields, [("Reason", "NON_DETACHABLE_POLICY".to_owned())]);
    for n in 0..4 {
        let deny = json!({ "Effect": "Deny", "Action": format!("ecs:{n}*"), "Resource": "*" });
        attached(&w, SCP, &account, deny).await;
    }
    let sixth = attached(&w, SCP, &root, statement()).await;
    let error = call!(w, w.root(), organizations::AttachPolicy, {
        "PolicyId": sixth, "TargetId": account,
    });
    assert_eq!(
        error.map(drop).unwrap_err().fields,
        [(
            "Reason",
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED".to_owned()
        )]
    );
    for id in ["p-FullAWSAccess", "p-RCPFullAWSAccess"] {
        let error = call!(w, w.root(), organizations::UpdatePolicy, {
            "PolicyId": id, "Name": "mine",
        });
        let error = error.map(drop).unwrap_err();
        assert_eq!(error.fields, [("Reason", "IMMUTABLE_POLICY".to_owned())]);
        call!(w, w.root(), organizations::DescribePolicy, { "PolicyId": id }).unwrap();
    }
    refused!(
        call!(w, w.root(), organizations::AttachPolicy, {
            "PolicyId": sixth, "TargetId": "999999999999",
        }),
        "TargetNotFoundException: You specified a target that doesn't exist."
    );
}

#[tokio::test]
async fn a_type_is_enabled_and_disabled_for_all_targets() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    let below = unit(&w, &root, "unit").await;
    let id = attached(&w, SCP, &account, statement()).await;
    let on = |target: &str| json!({ "TargetId": target, "Filter": SCP });
    type List = rolecall_api::organizations::ListPoliciesForTarget;
    let disable = json!({ "RootId": root, "PolicyType": SCP });
    type Disable = rolecall_api::organizations::DisablePolicyType;
    w.call::<Disable>(&w.root(), disable.clone()).await.unwrap();
    refused!(
        w.call::<Disable>(&w.root(), disable).await,
        "PolicyTypeNotEnabledException: This operation can be performed only for enabled policy \
         types."
    );
    for target in [&root, &account, &below] {
        let none = w.call::<List>(&w.root(), on(target)).await.unwrap();
        assert_eq!(none.policies, Some(Vec::new()));
    }
    let error = call!(w, w.root(), organizations::AttachPolicy, {
        "PolicyId": id, "TargetId": account,
    });
    assert_eq!(
        error.map(drop).unwrap_err().code,
        "PolicyTypeNotEnabledException"
    );
    let enable = json!({ "RootId": root, "PolicyType": SCP });
    type Enable = rolecall_api::organizations::EnablePolicyType;
    let enabled = w.call::<Enable>(&w.root(), enable.clone()).await.unwrap();
    assert_eq!(enabled.root.unwrap().policy_types.unwrap().len(), 2);
    refused!(
        w.call::<Enable>(&w.root(), enable).await,
        "PolicyTypeAlreadyEnabledException: The specified policy type is already enabled."
    );
    for target in [&root, &account, &below] {
        let one = w.call::<List>(&w.root(), on(target)).await.unwrap();
        let one = one.policies.unwrap();
        assert_eq!(one.first().unwrap().id.as_deref(), Some("p-FullAWSAccess"));
        assert_eq!(one.len(), 1);
    }
    let error = call!(w, w.root(), organizations::DescribeEffectivePolicy, {
        "PolicyType": "TAG_POLICY",
    });
    assert_eq!(
        error.map(drop).unwrap_err().code,
        "EffectivePolicyNotFoundException"
    );
}
