//! An organization of one unit and one member, and what limits whom.

use rolecall_base::Timestamp;
use rolecall_store::{Store, Txn};

use super::*;
use crate::resolve::Unresolved;
use crate::{Caller, Origin};

const MANAGEMENT: &str = "123456789012";
const MEMBER: &str = "210987654321";

fn account(id: &str) -> AccountId {
    AccountId::new(id).unwrap()
}

fn target(id: &str, parent: Option<&str>, scps: &[&str]) -> Target {
    Target {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        name: id.to_owned(),
        kind: TargetKind::Unit,
        created: Timestamp::from_epoch_seconds(0),
        tags: Tags::default(),
        scps: scps.iter().map(|id| (*id).to_owned()).collect(),
        rcps: vec!["p-RCPFullAWSAccess".to_owned()],
    }
}

fn organization(enabled: &[ControlType]) -> Organization {
    Organization {
        id: Organization::id_of(&account(MANAGEMENT)),
        management: account(MANAGEMENT),
        created: Timestamp::from_epoch_seconds(0),
        all_features: true,
        root: "r-root".to_owned(),
        enabled: enabled.to_vec(),
        service_access: BTreeMap::new(),
        root_features: BTreeSet::new(),
    }
}

/// A member in one unit below the root, whose own policies are `scps`.
async fn store(enabled: &[ControlType], scps: &[&str]) -> Store {
    let full = "p-FullAWSAccess";
    let (organization, leaf) = (organization(enabled), target(MEMBER, Some("ou-a"), scps));
    let store = Store::memory();
    let put = move |tx: &mut Txn| {
        tx.put(ORGANIZATION_KEY, organization.clone());
        tx.put("r-root", target("r-root", None, &[full]));
        tx.put("ou-a", target("ou-a", Some("r-root"), &[full]));
        tx.put(MANAGEMENT, target(MANAGEMENT, Some("r-root"), &[full]));
        tx.put(MEMBER, leaf.clone());
        Ok::<_, rolecall_base::AwsError>(())
    };
    store.transact(put).await.unwrap();
    store
}

#[tokio::test]
async fn the_policies_come_by_level_from_the_root() {
    let store = store(&[ControlType::Service], &["p-FullAWSAccess"]).await;
    let snap = store.snapshot();
    let member = Membership::of(&snap, &account(MEMBER)).unwrap().unwrap();
    let levels = member.policies(&snap, ControlType::Service).unwrap();
    let names: Vec<Vec<&str>> = levels
        .iter()
        .map(|level| level.iter().map(|named| named.name.as_str()).collect())
        .collect();
    assert_eq!(names, vec![vec![FULL_AWS_ACCESS.arn]; 3]);
    let rcps = member.policies(&snap, ControlType::Resource).unwrap();
    assert!(rcps.is_empty(), "they are not enabled");
    let id = Organization::id_of(&account(MANAGEMENT));
    assert_eq!(member.org_path(), format!("{id}/r-root/ou-a/"));
    let management = Membership::of(&snap, &account(MANAGEMENT));
    let management = management.unwrap().unwrap();
    let levels = management.policies(&snap, ControlType::Service).unwrap();
    assert!(management.is_management() && levels.is_empty());
    assert!(
        Membership::of(&snap, &account("999999999999"))
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn what_is_missing_is_refused_not_skipped() {
    let store = store(&[ControlType::Service], &["p-gone1234"]).await;
    let snap = store.snapshot();
    let member = Membership::of(&snap, &account(MEMBER)).unwrap().unwrap();
    let missing = member.policies(&snap, ControlType::Service).unwrap_err();
    assert_eq!(missing, Unresolved("p-gone1234".to_owned()));
    let cut = |tx: &mut Txn| {
        tx.delete::<Target>("ou-a");
        Ok::<_, rolecall_base::AwsError>(())
    };
    store.transact(cut).await.unwrap();
    let found = Membership::of(&store.snapshot(), &account(MEMBER));
    assert!(found.is_err());
}

#[test]
fn ids_follow_from_the_account_and_have_aws_form() {
    let id = Organization::id_of(&account(MANAGEMENT));
    assert_eq!(id, Organization::id_of(&account(MANAGEMENT)));
    assert_ne!(id, Organization::id_of(&account(MEMBER)));
    let letters = id.strip_prefix("o-").unwrap();
    assert_eq!(letters.len(), 10);
    assert!(
        letters
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    );
}

#[test]
fn awss_own_policies_compile_and_are_found() {
    for kind in ControlType::ALL {
        assert!(kind.full_access().is_some());
        let policy = ControlPolicy::aws_managed(kind.full_access_id()).unwrap();
        assert!(policy.is_aws_managed());
        assert_eq!(ControlType::parse(kind.as_str()), Some(kind));
    }
    assert!(has_resource_control_policies("ecr:PutImage"));
    assert!(has_resource_control_policies("sts:AssumeRole"));
    assert!(!has_resource_control_policies("ecs:RunTask"));
}

#[tokio::test]
async fn no_caller_is_made_of_a_closed_account() {
    let store = store(&[], &["p-FullAWSAccess"]).await;
    let key = |account_id: &str| crate::AccessKey {
        id: "AKIAEXAMPLE".to_owned(),
        secret: "s".to_owned(),
        account: account(account_id),
        user: None,
        status: crate::KeyStatus::Active,
        created: Timestamp::from_epoch_seconds(0),
    };
    let callers = |id: &str| {
        let snap = store.snapshot();
        let of_key = Caller::of_key(&snap, &key(id));
        [of_key, Origin::Root.caller(&snap, &account(id))].map(|caller| caller.is_some())
    };
    assert_eq!(callers(MEMBER), [true, true]);
    let close = |tx: &mut Txn| {
        let kind = TargetKind::Account {
            email: "member@example.com".to_owned(),
            created: true,
            status: AccountStatus::Suspended,
        };
        let leaf = target(MEMBER, Some("ou-a"), &[]);
        tx.put(MEMBER, Target { kind, ..leaf });
        Ok::<_, rolecall_base::AwsError>(())
    };
    store.transact(close).await.unwrap();
    assert_eq!(callers(MEMBER), [false, false]);
    assert_eq!(callers(MANAGEMENT), [true, true]);
}
