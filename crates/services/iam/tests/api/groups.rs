//! Groups: their users, their policies, and what a user may by them.

use crate::common::{allow, call, refused, world};

const READ: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

#[tokio::test]
async fn a_user_may_what_its_groups_may_and_an_explicit_deny_of_one_holds() {
    let w = world();
    let root = w.root();
    let ann = w.user("ann", None).await.unwrap();
    let denied = "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to \
                  perform: iam:ListRoles on resource: arn:aws:iam::123456789012:role/ because no \
                  identity-based policy allows the iam:ListRoles action";
    refused!(call!(w, ann, ListRoles, {}), 403, denied);
    call!(w, root, CreateGroup, {"GroupName": "readers"}).unwrap();
    call!(w, root, PutGroupPolicy, {
        "GroupName": "readers", "PolicyName": "p", "PolicyDocument": allow("iam:ListRoles", "*"),
    })
    .unwrap();
    refused!(call!(w, ann, ListRoles, {}), 403, denied);
    call!(w, root, AddUserToGroup, {"GroupName": "READERS", "UserName": "Ann"}).unwrap();
    call!(w, ann, ListRoles, {}).unwrap();

    call!(w, root, CreateGroup, {"GroupName": "blocked"}).unwrap();
    let deny = allow("iam:ListRoles", "*").replace("Allow", "Deny");
    let made = call!(w, root, CreatePolicy, {"PolicyName": "no", "PolicyDocument": deny}).unwrap();
    let arn = made.policy.unwrap().arn.unwrap();
    call!(w, root, AttachGroupPolicy, {"GroupName": "blocked", "PolicyArn": arn}).unwrap();
    call!(w, root, AddUserToGroup, {"GroupName": "blocked", "UserName": "ann"}).unwrap();
    refused!(
        call!(w, ann, ListRoles, {}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: \
         iam:ListRoles on resource: arn:aws:iam::123456789012:role/ with an explicit deny in an \
         identity-based policy: arn:aws:iam::123456789012:policy/no"
    );
    call!(w, root, RemoveUserFromGroup, {"GroupName": "blocked", "UserName": "ann"}).unwrap();
    call!(w, ann, ListRoles, {}).unwrap();
    call!(w, root, RemoveUserFromGroup, {"GroupName": "readers", "UserName": "ann"}).unwrap();
    refused!(call!(w, ann, ListRoles, {}), 403, denied);
}

#[tokio::test]
async fn a_group_goes_only_without_users_and_policies_and_a_user_only_out_of_groups() {
    let w = world();
    let root = w.root();
    let group = call!(w, root, CreateGroup, {"GroupName": "Devs", "Path": "/a/"})
        .unwrap()
        .group
        .unwrap();
    assert!(group.group_id.unwrap().starts_with("AGPA"));
    assert_eq!(
        group.arn.as_deref(),
        Some("arn:aws:iam::123456789012:group/a/Devs")
    );
    refused!(
        call!(w, root, CreateGroup, {"GroupName": "devs"}),
        409,
        "EntityAlreadyExists: Group with name devs already exists."
    );
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    let add = || async { call!(w, root, AddUserToGroup, {"GroupName": "Devs", "UserName": "ann"}) };
    add().await.unwrap();
    add().await.unwrap();
    let shown = call!(w, root, GetGroup, {"GroupName": "devs"}).unwrap();
    assert_eq!(shown.users.unwrap().len(), 1);
    call!(w, root, AttachGroupPolicy, {"GroupName": "Devs", "PolicyArn": READ}).unwrap();
    let used = call!(w, root, GetPolicy, {"PolicyArn": READ}).unwrap();
    assert_eq!(used.policy.unwrap().attachment_count, Some(1));
    let used = call!(w, root, ListEntitiesForPolicy, {
        "PolicyArn": READ, "PolicyUsageFilter": "PermissionsBoundary",
    })
    .unwrap();
    assert_eq!(used.policy_groups, Some(Vec::new()));
    refused!(
        call!(w, root, DeleteUser, {"UserName": "ann"}),
        409,
        "DeleteConflict: Cannot delete entity, must remove users from group first."
    );
    refused!(
        call!(w, root, DeleteGroup, {"GroupName": "Devs"}),
        409,
        "DeleteConflict: Cannot delete entity, must remove users from group first."
    );
    call!(w, root, RemoveUserFromGroup, {"GroupName": "devs", "UserName": "ann"}).unwrap();
    refused!(
        call!(w, root, RemoveUserFromGroup, {"GroupName": "devs", "UserName": "ann"}),
        404,
        "NoSuchEntity: User ann is not in group Devs."
    );
    refused!(
        call!(w, root, DeleteGroup, {"GroupName": "Devs"}),
        409,
        "DeleteConflict: Cannot delete entity, must detach all policies first."
    );
    call!(w, root, DetachGroupPolicy, {"GroupName": "Devs", "PolicyArn": READ}).unwrap();
    call!(w, root, DeleteGroup, {"GroupName": "Devs"}).unwrap();
    call!(w, root, DeleteUser, {"UserName": "ann"}).unwrap();
    refused!(
        call!(w, root, GetGroup, {"GroupName": "Devs"}),
        404,
        "NoSuchEntity: The group with name Devs cannot be found."
    );
}

#[tokio::test]
async fn renaming_group_and_user_keeps_who_is_where() {
    let w = world();
    let root = w.root();
    for (name, op) in [("devs", "ListRoles"), ("ops", "ListUsers")] {
        call!(w, root, CreateGroup, {"GroupName": name}).unwrap();
        call!(w, root, PutGroupPolicy, {
            "GroupName": name, "PolicyName": "p",
            "PolicyDocument": allow(&format!("iam:{op}"), "*"),
        })
        .unwrap();
    }
    let ann = w.user("ann", None).await.unwrap();
    for name in ["ops", "devs"] {
        call!(w, root, AddUserToGroup, {"GroupName": name, "UserName": "ann"}).unwrap();
    }
    call!(w, root, AttachGroupPolicy, {"GroupName": "devs", "PolicyArn": READ}).unwrap();
    call!(w, root, UpdateGroup, {
        "GroupName": "devs", "NewGroupName": "makers", "NewPath": "/x/",
    })
    .unwrap();
    call!(w, ann, ListRoles, {}).unwrap();
    call!(w, root, UpdateUser, {"UserName": "ann", "NewUserName": "anna"}).unwrap();
    let users = call!(w, root, GetGroup, {"GroupName": "makers"})
        .unwrap()
        .users
        .unwrap();
    assert_eq!(users[0].user_name.as_deref(), Some("anna"));
    let page = call!(w, root, ListGroupsForUser, {"UserName": "anna", "MaxItems": 1}).unwrap();
    assert_eq!(page.is_truncated, Some(true));
    assert_eq!(page.groups.unwrap()[0].group_name.as_deref(), Some("ops"));
    let rest = call!(w, root, ListGroupsForUser, {"UserName": "anna", "Marker": page.marker})
        .unwrap()
        .groups
        .unwrap();
    assert_eq!(
        rest[0].arn.as_deref(),
        Some("arn:aws:iam::123456789012:group/x/makers")
    );
    let used = call!(w, root, ListEntitiesForPolicy, {"PolicyArn": READ}).unwrap();
    assert_eq!(
        used.policy_groups.unwrap()[0].group_name.as_deref(),
        Some("makers")
    );
    refused!(
        call!(w, root, UpdateGroup, {"GroupName": "makers", "NewGroupName": "OPS"}),
        409,
        "EntityAlreadyExists: Group with name OPS already exists."
    );
}

#[tokio::test]
async fn groups_have_quotas() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    for n in 0..11 {
        let name = format!("g{n}");
        call!(w, root, CreateGroup, {"GroupName": name}).unwrap();
        let added = call!(w, root, AddUserToGroup, {"GroupName": name, "UserName": "ann"});
        if n < 10 {
            added.unwrap();
        } else {
            refused!(
                added,
                409,
                "LimitExceeded: Cannot exceed quota for GroupsPerUser: 10"
            );
        }
    }
    let long = allow(
        "s3:ListBucket",
        &format!("arn:aws:s3:::{}", "b".repeat(5_100)),
    );
    refused!(
        call!(w, root, PutGroupPolicy, {
            "GroupName": "g1", "PolicyName": "p", "PolicyDocument": long,
        }),
        409,
        "LimitExceeded: Maximum policy size of 5120 bytes exceeded for group g1"
    );
    let listed = call!(w, root, ListGroups, {"MaxItems": 4}).unwrap();
    assert_eq!(listed.groups.unwrap().len(), 4);
    assert_eq!(listed.is_truncated, Some(true));
}

#[tokio::test]
async fn adding_to_a_group_needs_the_permission_on_that_group() {
    let w = world();
    let root = w.root();
    for name in ["devs", "admins"] {
        call!(w, root, CreateGroup, {"GroupName": name}).unwrap();
    }
    let arn = "arn:aws:iam::123456789012:group/devs";
    let ann = w
        .user("ann", Some(&allow("iam:AddUserToGroup", arn)))
        .await
        .unwrap();
    call!(w, ann, AddUserToGroup, {"GroupName": "devs", "UserName": "ann"}).unwrap();
    refused!(
        call!(w, ann, AddUserToGroup, {"GroupName": "admins", "UserName": "ann"}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: \
         iam:AddUserToGroup on resource: group admins because no \
         identity-based policy allows the iam:AddUserToGroup action"
    );
}
