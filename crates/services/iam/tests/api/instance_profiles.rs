//! Instance profiles.

use crate::common::{TASKS, call, refused, world};

#[tokio::test]
async fn an_instance_profile_holds_one_role() {
    let w = world();
    let root = w.root();
    for role in ["app", "other"] {
        call!(w, root, CreateRole, {"RoleName": role, "AssumeRolePolicyDocument": TASKS}).unwrap();
    }
    let made = call!(w, root, CreateInstanceProfile, {
        "InstanceProfileName": "Box", "Path": "/x/", "Tags": [{"Key": "a", "Value": "b"}],
    })
    .unwrap()
    .instance_profile
    .unwrap();
    assert_eq!(
        made.arn.as_deref(),
        Some("arn:aws:iam::123456789012:instance-profile/x/Box")
    );
    assert!(made.instance_profile_id.unwrap().starts_with("AIPA"));
    refused!(
        call!(w, root, CreateInstanceProfile, {"InstanceProfileName": "box"}),
        409,
        "EntityAlreadyExists: Instance Profile box already exists."
    );
    call!(w, root, AddRoleToInstanceProfile, {"InstanceProfileName": "Box", "RoleName": "app"})
        .unwrap();
    refused!(
        call!(w, root, AddRoleToInstanceProfile, {
            "InstanceProfileName": "Box", "RoleName": "other",
        }),
        409,
        "LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    );
    let got = call!(w, root, GetInstanceProfile, {"InstanceProfileName": "box"}).unwrap();
    let roles = got.instance_profile.unwrap().roles.unwrap();
    assert_eq!(roles[0].role_name.as_deref(), Some("app"));
    let of_role = call!(w, root, ListInstanceProfilesForRole, {"RoleName": "app"}).unwrap();
    let of_role = of_role.instance_profiles.unwrap();
    assert_eq!(of_role[0].instance_profile_name.as_deref(), Some("Box"));
    let none = call!(w, root, ListInstanceProfilesForRole, {"RoleName": "other"}).unwrap();
    assert!(none.instance_profiles.unwrap().is_empty());
    refused!(
        call!(w, root, DeleteInstanceProfile, {"InstanceProfileName": "Box"}),
        409,
        "DeleteConflict: Cannot delete entity, must remove roles from instance profile first."
    );
    refused!(
        call!(w, root, RemoveRoleFromInstanceProfile, {
            "InstanceProfileName": "Box", "RoleName": "other",
        }),
        404,
        "NoSuchEntity: The role with name other cannot be found."
    );
    call!(w, root, RemoveRoleFromInstanceProfile, {
        "InstanceProfileName": "Box", "RoleName": "app",
    })
    .unwrap();
    call!(w, root, TagInstanceProfile, {
        "InstanceProfileName": "Box", "Tags": [{"Key": "A", "Value": "c"}],
    })
    .unwrap();
    let tags = call!(w, root, ListInstanceProfileTags, {"InstanceProfileName": "Box"}).unwrap();
    assert_eq!(tags.tags.unwrap().len(), 2);
    let list = call!(w, root, ListInstanceProfiles, {"PathPrefix": "/x/"}).unwrap();
    assert_eq!(list.instance_profiles.unwrap().len(), 1);
    call!(w, root, DeleteInstanceProfile, {"InstanceProfileName": "Box"}).unwrap();
    refused!(
        call!(w, root, GetInstanceProfile, {"InstanceProfileName": "Box"}),
        404,
        "NoSuchEntity: Instance Profile Box cannot be found."
    );
}
