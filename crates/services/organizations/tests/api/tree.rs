//! The organization and its units.

use serde_json::json;

use crate::common::{call, member, organization_id, organized, refused, unit, world};

const NOT_IN_USE: &str =
    "AWSOrganizationsNotInUseException: Your account is not a member of an organization.";

#[tokio::test]
async fn an_organization_is_made_described_and_deleted() {
    let w = world().await;
    let root = w.root();
    refused!(
        call!(w, root, organizations::DescribeOrganization, {}),
        NOT_IN_USE
    );
    refused!(call!(w, root, organizations::ListRoots, {}), NOT_IN_USE);
    let made = call!(w, root, organizations::CreateOrganization, { "FeatureSet": "ALL" });
    let made = made.unwrap().organization.unwrap();
    let id = organization_id();
    assert_eq!(made.id.as_ref(), Some(&id));
    let arn = format!("arn:aws:organizations::123456789012:organization/{id}");
    assert_eq!(made.arn, Some(arn));
    let account = format!("arn:aws:organizations::123456789012:account/{id}/123456789012");
    assert_eq!(made.master_account_arn, Some(account));
    assert_eq!(made.feature_set.as_deref(), Some("ALL"));
    let again = call!(w, root, organizations::DescribeOrganization, {}).unwrap();
    assert_eq!(again.organization.unwrap().id.as_ref(), Some(&id));
    refused!(
        call!(w, root, organizations::CreateOrganization, {}),
        "AlreadyInOrganizationException: The AWS account is already a member of an organization."
    );
    let roots = call!(w, root, organizations::ListRoots, {})
        .unwrap()
        .roots
        .unwrap();
    assert_eq!(roots.len(), 1);
    let r = roots.first().unwrap();
    let arn = format!(
        "arn:aws:organizations::123456789012:root/{id}/{}",
        r.id.as_deref().unwrap()
    );
    assert_eq!(
        (r.arn.as_ref(), r.name.as_deref()),
        (Some(&arn), Some("Root"))
    );
    assert_eq!(r.policy_types, Some(Vec::new()));
    call!(w, root, organizations::DeleteOrganization, {}).unwrap();
    refused!(
        call!(w, root, organizations::DescribeOrganization, {}),
        NOT_IN_USE
    );
    call!(w, root, organizations::CreateOrganization, {}).unwrap();
}

#[tokio::test]
async fn consolidated_billing_has_no_policies() {
    let w = world().await;
    let root = w.root();
    call!(w, root, organizations::CreateOrganization, { "FeatureSet": "CONSOLIDATED_BILLING" })
        .unwrap();
    let roots = call!(w, root, organizations::ListRoots, {})
        .unwrap()
        .roots
        .unwrap();
    let id = roots.first().unwrap().id.clone().unwrap();
    let error = call!(w, root, organizations::EnablePolicyType, {
        "RootId": id, "PolicyType": "SERVICE_CONTROL_POLICY",
    });
    let code = error.map(drop).unwrap_err().code;
    assert_eq!(code, "PolicyTypeNotAvailableForOrganizationException");
}

#[tokio::test]
async fn units_nest_five_deep_have_unique_names_and_go_when_they_are_empty() {
    let (w, root) = organized().await;
    let mut parent = root.clone();
    let mut units = Vec::new();
    for depth in 1..=5 {
        parent = unit(&w, &parent, &format!("level {depth}")).await;
        units.push(parent.clone());
    }
    let input = json!({ "ParentId": parent, "Name": "level 6" });
    type Create = rolecall_api::organizations::CreateOrganizationalUnit;
    let error = w.call::<Create>(&w.root(), input).await;
    let error = error.map(drop).unwrap_err();
    assert_eq!(error.code, "ConstraintViolationException");
    assert_eq!(
        error.fields,
        [("Reason", "OU_DEPTH_LIMIT_EXCEEDED".to_owned())]
    );
    refused!(
        call!(w, w.root(), organizations::CreateOrganizationalUnit, {
            "ParentId": root, "Name": "level 1",
        }),
        "DuplicateOrganizationalUnitException: An OU with the same name already exists."
    );
    let first = units.first().unwrap();
    let error = call!(w, w.root(), organizations::DeleteOrganizationalUnit, {
        "OrganizationalUnitId": first,
    });
    let code = error.map(drop).unwrap_err().code;
    assert_eq!(code, "OrganizationalUnitNotEmptyException");
    call!(w, w.root(), organizations::UpdateOrganizationalUnit, {
        "OrganizationalUnitId": first, "Name": "renamed",
    })
    .unwrap();
    let one = call!(w, w.root(), organizations::DescribeOrganizationalUnit, {
        "OrganizationalUnitId": first,
    });
    let one = one.unwrap().organizational_unit.unwrap();
    let id = organization_id();
    assert_eq!(one.name.as_deref(), Some("renamed"));
    let arn = format!("arn:aws:organizations::123456789012:ou/{id}/{first}");
    assert_eq!(one.arn, Some(arn));
    assert_eq!(one.path, Some(format!("{id}/{root}/{first}/")));
    for unit in units.iter().rev() {
        call!(w, w.root(), organizations::DeleteOrganizationalUnit, {
            "OrganizationalUnitId": unit,
        })
        .unwrap();
    }
    refused!(
        call!(w, w.root(), organizations::DescribeOrganizationalUnit, {
            "OrganizationalUnitId": first,
        }),
        "OrganizationalUnitNotFoundException: You specified an organizational unit that doesn't \
         exist."
    );
}

#[tokio::test]
async fn parents_and_children_agree_and_lists_have_pages() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    let mut units = Vec::new();
    for n in 0..3 {
        units.push(unit(&w, &root, &format!("unit {n}")).await);
    }
    units.sort();
    let mut seen = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut input = json!({ "ParentId": root, "MaxResults": 2 });
        if let Some(token) = token {
            input["NextToken"] = json!(token);
        }
        type List = rolecall_api::organizations::ListOrganizationalUnitsForParent;
        let page = w.call::<List>(&w.root(), input).await;
        let page = page.unwrap();
        let ids = page.organizational_units.unwrap();
        assert!(ids.len() <= 2);
        seen.extend(ids.into_iter().filter_map(|unit| unit.id));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, units);
    let children = call!(w, w.root(), organizations::ListChildren, {
        "ParentId": root, "ChildType": "ACCOUNT",
    });
    let children = children.unwrap().children.unwrap();
    let mut ids: Vec<_> = children.into_iter().filter_map(|child| child.id).collect();
    ids.sort();
    let mut expected = ["123456789012".to_owned(), account.clone()];
    expected.sort();
    assert_eq!(ids, expected);
    let parents = call!(w, w.root(), organizations::ListParents, { "ChildId": account });
    let parents = parents.unwrap().parents.unwrap();
    let parent = parents.first().unwrap();
    assert_eq!(
        (parent.id.as_ref(), parent.r#type.as_deref()),
        (Some(&root), Some("ROOT"))
    );
    let error = call!(w, w.root(), organizations::ListAccounts, { "NextToken": "nonsense" });
    let error = error.map(drop).unwrap_err();
    assert_eq!(error.fields, [("Reason", "INVALID_NEXT_TOKEN".to_owned())]);
}

#[tokio::test]
async fn tags_are_kept_and_conditions_see_them() {
    let (w, root) = organized().await;
    let tags = json!([{ "Key": "team", "Value": "blue" }]);
    let allow = |action: &str| {
        json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow", "Action": action, "Resource": "*",
                "Condition": { "StringEquals": { "aws:ResourceTag/team": "blue" } },
            },
        })
    };
    let policy = allow("organizations:DescribeOrganizationalUnit").to_string();
    let ann = w.user("ann", Some(&policy)).await.unwrap();
    let made = call!(w, w.root(), organizations::CreateOrganizationalUnit, {
        "ParentId": root, "Name": "tagged", "Tags": tags,
    });
    let tagged = made.unwrap().organizational_unit.unwrap().id.unwrap();
    let plain = unit(&w, &root, "plain").await;
    call!(w, ann, organizations::DescribeOrganizationalUnit, { "OrganizationalUnitId": tagged })
        .unwrap();
    let error = call!(w, ann, organizations::DescribeOrganizationalUnit, {
        "OrganizationalUnitId": plain,
    });
    assert_eq!(error.map(drop).unwrap_err().code, "AccessDeniedException");
    call!(w, w.root(), organizations::TagResource, { "ResourceId": plain, "Tags": tags }).unwrap();
    let listed = call!(w, w.root(), organizations::ListTagsForResource, { "ResourceId": plain });
    assert_eq!(listed.unwrap().tags.unwrap().len(), 1);
    call!(w, w.root(), organizations::UntagResource, { "ResourceId": plain, "TagKeys": ["team"] })
        .unwrap();
    let listed = call!(w, w.root(), organizations::ListTagsForResource, { "ResourceId": plain });
    assert_eq!(listed.unwrap().tags, Some(Vec::new()));
}

#[tokio::test]
async fn trusted_access_is_noted() {
    let (w, _) = organized().await;
    let service = "ecs.amazonaws.com";
    call!(w, w.root(), organizations::EnableAWSServiceAccess, { "ServicePrincipal": service })
        .unwrap();
    let listed = call!(
        w,
        w.root(),
        organizations::ListAWSServiceAccessForOrganization,
        {}
    );
    let listed = listed.unwrap().enabled_service_principals.unwrap();
    assert_eq!(
        listed.first().unwrap().service_principal.as_deref(),
        Some(service)
    );
    call!(w, w.root(), organizations::DisableAWSServiceAccess, { "ServicePrincipal": service })
        .unwrap();
    let listed = call!(
        w,
        w.root(),
        organizations::ListAWSServiceAccessForOrganization,
        {}
    );
    assert_eq!(listed.unwrap().enabled_service_principals, Some(Vec::new()));
    let error = call!(w, w.root(), organizations::EnableAWSServiceAccess, {
        "ServicePrincipal": "nobody",
    });
    assert_eq!(error.map(drop).unwrap_err().code, "InvalidInputException");
}
