//! Every version of every policy is read, and every default version compiled.

use super::*;

const EXECUTION: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

#[test]
fn a_known_policy() {
    let policy = get(EXECUTION).unwrap();
    assert_eq!(policy.name(), "AmazonECSTaskExecutionRolePolicy");
    assert_eq!(policy.path(), "/service-role/");
    assert_eq!(policy.arn(), EXECUTION);
    assert_eq!(policy.default_version(), "v1");
    assert_eq!(policy.created().iso8601_seconds(), "2017-11-16T18:48:22Z");
    let versions: Vec<_> = policy.versions().collect();
    assert_eq!(versions.len(), 1);
    assert!(versions[0].is_default && versions[0].id() == "v1");
    assert_eq!(
        policy.document("v1").unwrap(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#
    );
    for other in ["v2", "v0", "v01", "v+1", "1", "v", "", "v99999"] {
        assert_eq!(policy.document(other), None, "{other}");
    }
    assert!(policy.compiled().is_some());
}

#[test]
fn what_is_not_there() {
    for arn in [
        "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy",
        "arn:aws:iam::aws:policy/service-role/amazonecstaskexecutionrolepolicy",
        "arn:aws:iam::aws:policy/Nothing",
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
        "AdministratorAccess",
        "",
    ] {
        assert!(get(arn).is_none(), "{arn}");
        assert!(compiled_default(arn).is_none());
    }
}

#[test]
fn ids_look_like_ids_and_differ() {
    let mut ids: Vec<String> = iter().map(ManagedPolicy::policy_id).collect();
    for id in &ids {
        assert!(id.len() == 21 && id.starts_with("ANPA"), "{id}");
        assert!(
            id.bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        );
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), catalogue().len());
}

#[test]
fn a_compiled_policy_is_kept() {
    let first = compiled_default(EXECUTION).unwrap();
    let second = compiled_default(EXECUTION).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
}

#[test]
fn every_version_is_a_policy() {
    let mut versions = 0;
    let mut refused = Vec::new();
    for policy in iter() {
        assert!(std::ptr::eq(get(&policy.arn()).unwrap(), policy));
        let mut last = u16::MAX;
        for version in policy.versions() {
            let name = format!("{} {}", policy.name(), version.id());
            assert!(version.number < last, "{name} is out of order");
            last = version.number;
            assert!(
                version.created >= policy.created(),
                "{name} is older than its policy"
            );
            let text = policy
                .document(&version.id())
                .unwrap_or_else(|| panic!("{name} is gone"));
            let value: serde_json::Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(value.get("Statement").is_some(), "{name}");
            if let Err(error) = Policy::load(&text, PolicyKind::Identity) {
                refused.push(format!("{name}: {error}"));
            }
            versions += 1;
        }
    }
    assert_eq!((catalogue().len(), versions), (1594, 6194));
    assert!(
        refused.is_empty(),
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
}
