//! There are no trails, and the answers say so.

use rolecall_api::cloudtrail::{DescribeTrails, GetTrail, GetTrailStatus, ListTrails};
use rolecall_testkit::World;
use serde_json::json;

#[tokio::test]
async fn there_are_no_trails() {
    let registry = rolecall_cloudtrail::register(rolecall_op::Registry::default());
    let world = World::new(registry).unwrap();
    let root = world.root();
    let described = world
        .call::<DescribeTrails>(&root, json!({}))
        .await
        .unwrap();
    assert_eq!(described.trail_list, Some(Vec::new()));
    let listed = world.call::<ListTrails>(&root, json!({})).await.unwrap();
    assert_eq!(listed.trails, Some(Vec::new()));
    let named = json!({ "Name": "all" });
    let unknown = "Unknown trail: all for the user: 123456789012";
    let error = world
        .call::<GetTrail>(&root, named.clone())
        .await
        .unwrap_err();
    assert_eq!(
        (&*error.code, error.message.as_str()),
        ("TrailNotFoundException", unknown)
    );
    let error = world
        .call::<GetTrailStatus>(&root, named)
        .await
        .unwrap_err();
    assert_eq!(
        (&*error.code, error.message.as_str()),
        ("TrailNotFoundException", unknown)
    );

    let allowed = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Action":"cloudtrail:GetTrail",
        "Resource":"arn:aws:cloudtrail:us-east-1:123456789012:trail/all"}}"#;
    let user = world.user("reader", Some(allowed)).await.unwrap();
    let call = world.call::<GetTrail>(&user, json!({ "Name": "all" }));
    assert_eq!(call.await.unwrap_err().code, "TrailNotFoundException");
    let call = world.call::<GetTrail>(&user, json!({ "Name": "other" }));
    assert_eq!(call.await.unwrap_err().code, "AccessDeniedException");
}
