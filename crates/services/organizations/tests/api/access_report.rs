//! Reports of what the accounts of the organization used, made by iam from the record of calls.

use std::time::Duration;

use rolecall_api::iam::GetOrganizationsAccessReportResponse as Report;
use rolecall_identity::Caller;
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{
    administrator, attached, call, detach, member, organization_id, recorded, refused, unit,
};

const SCP: &str = "SERVICE_CONTROL_POLICY";

async fn generate(w: &World, caller: &Caller, input: Value) -> Report {
    type Generate = rolecall_api::iam::GenerateOrganizationsAccessReport;
    let job = w.call::<Generate>(caller, input).await.unwrap().job_id;
    call!(w, *caller, iam::GetOrganizationsAccessReport, { "JobId": job }).unwrap()
}

async fn report(w: &World, path: &str) -> Report {
    generate(w, &w.root(), json!({ "EntityPath": path })).await
}

fn names(report: &Report) -> Vec<&str> {
    let details = report.access_details.iter().flatten();
    details
        .filter_map(|d| d.service_namespace.as_deref())
        .collect()
}

#[tokio::test]
async fn services_are_those_that_every_level_allows_each_with_its_last_use() {
    let (w, root, _folder) = recorded().await;
    let (first, second) = (member(&w, "first").await, member(&w, "second").await);
    let unit = unit(&w, &root, "unit").await;
    call!(w, w.root(), organizations::MoveAccount, {
        "AccountId": first, "SourceParentId": root, "DestinationParentId": unit,
    })
    .unwrap();
    let (a, b) = (
        administrator(&w, &first).await.unwrap(),
        administrator(&w, &second).await.unwrap(),
    );
    call!(w, a, ecs::ListClusters, {}).unwrap();
    w.advance(Duration::from_secs(60));
    let last = w.now();
    // An attempt counts, too.
    call!(w, b, ecs::DeleteCluster, { "cluster": "none" }).unwrap_err();
    w.advance(Duration::from_secs(60));
    call!(w, w.root(), ecs::ListClusters, {}).unwrap();
    let id = organization_id();
    let top = format!("{id}/{root}");
    let all = report(&w, &top).await;
    assert_eq!(all.job_status.as_deref(), Some("COMPLETED"));
    assert_eq!(all.job_creation_date, Some(w.now()));
    assert_eq!(
        all.number_of_services_accessible,
        Some(names(&all).len() as i32)
    );
    let ecs = all.access_details.iter().flatten();
    let ecs = ecs
        .clone()
        .find(|d| d.service_namespace.as_deref() == Some("ecs"));
    let ecs = ecs.unwrap();
    assert_eq!(ecs.last_authenticated_time, Some(last));
    assert_eq!(ecs.entity_path, Some(format!("{top}/{second}")));
    assert_eq!(ecs.region.as_deref(), Some("us-east-1"));
    assert_eq!(ecs.total_authenticated_entities, Some(2));
    let unused = all.access_details.iter().flatten();
    let unused = unused
        .filter(|d| d.last_authenticated_time.is_none())
        .count();
    assert_eq!(all.number_of_services_not_accessed, Some(unused as i32));

    // The unit's own limits, and its accounts alone.
    let some = json!({ "Effect": "Allow", "Action": ["ecs:*", "s3:*"], "Resource": "*" });
    attached(&w, SCP, &unit, some).await;
    detach(&w, "p-FullAWSAccess", &unit).await.unwrap();
    let below = report(&w, &format!("{top}/{unit}/")).await;
    assert_eq!(names(&below), ["ecs", "s3"]);
    let ecs = &below.access_details.as_ref().unwrap()[0];
    assert_eq!(ecs.entity_path, Some(format!("{top}/{unit}/{first}")));
    assert_eq!(ecs.total_authenticated_entities, Some(1));
    let one = report(&w, &format!("{top}/{unit}/{first}")).await;
    assert_eq!(names(&one), ["ecs", "s3"]);
    // The management account is limited by nothing.
    let own = report(&w, &format!("{top}/123456789012")).await;
    assert_eq!(names(&own), names(&all));
    let ecs = own.access_details.iter().flatten();
    let ecs = ecs
        .clone()
        .find(|d| d.service_namespace.as_deref() == Some("ecs"));
    assert_eq!(
        ecs.unwrap().entity_path,
        Some(format!("{top}/123456789012"))
    );
}

#[tokio::test]
async fn a_policy_is_reported_for_the_accounts_that_it_limits() {
    let (w, root, _folder) = recorded().await;
    let (first, second) = (member(&w, "first").await, member(&w, "second").await);
    for account in [&first, &second] {
        let admin = administrator(&w, account).await.unwrap();
        call!(w, admin, ecs::ListClusters, {}).unwrap();
    }
    let some = json!({ "Effect": "Allow", "Action": "ecs:*", "Resource": "*" });
    let policy = attached(&w, SCP, &first, some).await;
    let top = format!("{}/{root}", organization_id());
    let of = async |path: &str| {
        let input = json!({ "EntityPath": path, "OrganizationsPolicyId": policy });
        let report = generate(&w, &w.root(), input).await;
        let details = report.access_details.unwrap();
        let ecs = details.first().unwrap();
        assert_eq!(
            (details.len(), ecs.service_namespace.as_deref()),
            (1, Some("ecs"))
        );
        ecs.total_authenticated_entities
    };
    assert_eq!(of(&top).await, Some(1));
    assert_eq!(of(&format!("{top}/{first}")).await, Some(1));
    assert_eq!(of(&format!("{top}/{second}")).await, Some(0));
}

#[tokio::test]
async fn pages_come_in_the_order_that_is_asked_for() {
    let (w, root, _folder) = recorded().await;
    let account = member(&w, "member").await;
    let some = json!({ "Effect": "Allow", "Action": ["ecs:*", "s3:*", "iam:*"], "Resource": "*" });
    attached(&w, SCP, &account, some).await;
    detach(&w, "p-FullAWSAccess", &account).await.unwrap();
    let admin = administrator(&w, &account).await.unwrap();
    call!(w, admin, iam::ListUsers, {}).unwrap();
    w.advance(Duration::from_secs(1));
    call!(w, admin, ecs::ListClusters, {}).unwrap();
    let path = format!("{}/{root}/{account}", organization_id());
    let job = call!(w, w.root(), iam::GenerateOrganizationsAccessReport, { "EntityPath": path });
    let job = job.unwrap().job_id.unwrap();
    type Get = rolecall_api::iam::GetOrganizationsAccessReport;
    let caller = w.root();
    for (key, wanted) in [
        ("SERVICE_NAMESPACE_ASCENDING", ["ecs", "iam", "s3"]),
        ("SERVICE_NAMESPACE_DESCENDING", ["s3", "iam", "ecs"]),
        ("LAST_AUTHENTICATED_TIME_ASCENDING", ["s3", "iam", "ecs"]),
        ("LAST_AUTHENTICATED_TIME_DESCENDING", ["ecs", "iam", "s3"]),
    ] {
        let mut input = json!({ "JobId": job, "SortKey": key, "MaxItems": 2 });
        let first = w.call::<Get>(&caller, input.clone()).await.unwrap();
        assert_eq!(
            (names(&first), first.is_truncated),
            (wanted[..2].to_vec(), Some(true)),
            "{key}"
        );
        input
            .as_object_mut()
            .unwrap()
            .insert("Marker".to_owned(), first.marker.into());
        let rest = w.call::<Get>(&caller, input).await.unwrap();
        assert_eq!(
            (names(&rest), rest.is_truncated),
            (wanted[2..].to_vec(), Some(false)),
            "{key}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_reported_is_a_job_that_failed() {
    let (w, root, _folder) = recorded().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    let id = organization_id();
    let failed = async |caller: &Caller, input: Value| {
        let report = generate(&w, caller, input).await;
        assert_eq!(report.job_status.as_deref(), Some("FAILED"));
        assert!(report.access_details.is_none());
        report.error_details.unwrap().code.unwrap()
    };
    for path in [
        format!("o-aaaaaaaaaa/{root}"),
        format!("{id}/r-none"),
        format!("{id}/{root}/ou-none-aaaaaaaa/{account}"),
        format!("{id}/{root}/999988887777"),
    ] {
        let input = json!({ "EntityPath": path });
        assert_eq!(
            failed(&w.root(), input).await,
            "TargetNotFoundException",
            "{path}"
        );
    }
    let path = format!("{id}/{root}");
    let policy = json!({ "EntityPath": path, "OrganizationsPolicyId": "p-nonesuch1" });
    assert_eq!(failed(&w.root(), policy).await, "PolicyNotFoundException");
    let input = json!({ "EntityPath": path });
    assert_eq!(failed(&admin, input.clone()).await, "AccessDeniedException");
    let off = json!({ "RootId": root, "PolicyType": SCP });
    w.call::<rolecall_api::organizations::DisablePolicyType>(&w.root(), off)
        .await
        .unwrap();
    assert_eq!(
        failed(&w.root(), input).await,
        "PolicyTypeNotEnabledException"
    );
    let job = "0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e";
    refused!(
        call!(w, w.root(), iam::GetOrganizationsAccessReport, { "JobId": job }),
        "NoSuchEntity: Job 0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e was not found."
    );
}

#[tokio::test]
async fn it_takes_the_permissions_to_read_the_organization_too() {
    let (w, root, _folder) = recorded().await;
    let id = organization_id();
    let entity = format!("arn:aws:organizations::123456789012:root/{id}/{root}");
    let report = format!("arn:aws:iam::123456789012:access-report/{id}/{root}");
    let mut needed = [
        ("iam:GenerateOrganizationsAccessReport", report),
        ("organizations:ListRoots", "*".to_owned()),
        ("organizations:ListChildren", entity.clone()),
        ("organizations:ListPoliciesForTarget", entity),
    ];
    for n in 0..=needed.len() {
        needed.rotate_left(1);
        let given = if n == needed.len() {
            &needed[..]
        } else {
            &needed[1..]
        };
        let statement = |(action, resource): &(&str, String)| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        let statements: Vec<Value> = given.iter().map(statement).collect();
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let user = w.user("reporter", Some(&policy.to_string())).await.unwrap();
        let path = json!({ "EntityPath": format!("{id}/{root}") });
        let answer = w
            .call::<rolecall_api::iam::GenerateOrganizationsAccessReport>(&user, path)
            .await;
        match answer {
            Ok(_) => assert_eq!(n, needed.len()),
            Err(error) => assert!(error.message.contains(needed[0].0), "{}", error.message),
        }
    }
}
