//! Clusters, capacity providers, account settings, tags.

use rolecall_api::ecs as api;
use serde_json::{Value, json};

use crate::support::{fails, ok, world};

const INVALID: &str = "InvalidParameterException";

#[tokio::test]
async fn a_cluster_lives_as_terraform_expects() {
    let world = world();
    let created = ok::<api::CreateCluster>(
        &world,
        json!({
            "clusterName": "dev",
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "tags": [{"key": "Name", "value": "dev"}],
        }),
    )
    .await;
    let expected = json!({
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/dev",
        "clusterName": "dev",
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": 0,
        "pendingTasksCount": 0,
        "activeServicesCount": 0,
        "statistics": [],
        "tags": [{"key": "Name", "value": "dev"}],
        "settings": [{"name": "containerInsights", "value": "enabled"}],
        "capacityProviders": [],
        "defaultCapacityProviderStrategy": [],
    });
    assert_eq!(created["cluster"], expected);
    let describe = json!({"clusters": ["dev"], "include": ["TAGS", "CONFIGURATIONS", "SETTINGS"]});
    let described = ok::<api::DescribeClusters>(&world, describe.clone()).await;
    assert_eq!(described, json!({"clusters": [expected], "failures": []}));

    let put = ok::<api::PutClusterCapacityProviders>(
        &world,
        json!({
            "cluster": "dev",
            "capacityProviders": ["FARGATE_SPOT", "FARGATE"],
            "defaultCapacityProviderStrategy":
                [{"base": 1, "capacityProvider": "FARGATE", "weight": 100}],
        }),
    )
    .await;
    assert_eq!(
        put["cluster"]["capacityProviders"],
        json!(["FARGATE_SPOT", "FARGATE"])
    );
    let described = ok::<api::DescribeClusters>(&world, describe.clone()).await;
    assert_eq!(described["clusters"][0], put["cluster"]);

    ok::<api::PutClusterCapacityProviders>(
        &world,
        json!({"cluster": "dev", "capacityProviders": [], "defaultCapacityProviderStrategy": []}),
    )
    .await;
    let deleted = ok::<api::DeleteCluster>(&world, json!({"cluster": "dev"})).await;
    assert_eq!(deleted["cluster"]["status"], "INACTIVE");
    let described = ok::<api::DescribeClusters>(&world, describe).await;
    assert_eq!(described["clusters"][0]["status"], "INACTIVE");
    let listed = ok::<api::ListClusters>(&world, json!({})).await;
    assert_eq!(listed, json!({"clusterArns": []}));
    let again = fails::<api::DeleteCluster>(&world, json!({"cluster": "dev"})).await;
    assert_eq!(
        again,
        (
            "ClusterNotFoundException".into(),
            "Cluster not found.".into()
        )
    );
    // The name can be used again.
    let anew = ok::<api::CreateCluster>(&world, json!({"clusterName": "dev"})).await;
    assert_eq!(anew["cluster"]["settings"][0]["value"], "disabled");
}

#[tokio::test]
async fn create_cluster_is_idempotent_and_says_when_it_is_not() {
    let world = world();
    let input = json!({"clusterName": "a", "tags": [{"key": "k", "value": "v"}]});
    let first = ok::<api::CreateCluster>(&world, input.clone()).await;
    assert_eq!(ok::<api::CreateCluster>(&world, input).await, first);
    assert_eq!(
        ok::<api::CreateCluster>(&world, json!({"clusterName": "a"})).await,
        first
    );
    let other = json!({"clusterName": "a", "capacityProviders": ["FARGATE"]});
    assert_eq!(
        fails::<api::CreateCluster>(&world, other).await.1,
        "Arguments on this idempotent request are inconsistent with arguments used in previous \
         request(s)."
    );
    let (code, _) = fails::<api::CreateCluster>(&world, json!({"clusterName": "a b"})).await;
    assert_eq!(code, INVALID);
    let default = ok::<api::CreateCluster>(&world, json!({})).await;
    assert_eq!(default["cluster"]["clusterName"], "default");
}

#[tokio::test]
async fn clusters_that_are_not_there_are_failures() {
    let world = world();
    let input = json!({"clusters": ["nope", "arn:aws:ecs:eu-west-1:123456789012:cluster/x"]});
    let described = ok::<api::DescribeClusters>(&world, input).await;
    assert_eq!(
        described,
        json!({"clusters": [], "failures": [
            {"arn": "arn:aws:ecs:us-east-1:123456789012:cluster/nope", "reason": "MISSING"},
            {"arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/x", "reason": "MISSING"},
        ]})
    );
}

#[tokio::test]
async fn strategies_are_checked_in_aws_words() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({"clusterName": "a"})).await;
    let put = |strategy| {
        json!({
            "cluster": "a",
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategy": strategy,
        })
    };
    let other = put(json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]));
    let (code, message) = fails::<api::PutClusterCapacityProviders>(&world, other).await;
    assert_eq!(code, INVALID);
    assert!(message.starts_with(
        "The specified capacity provider strategy cannot contain a capacity provider that is not \
         associated with the cluster."
    ));
    let unknown =
        json!({"cluster": "a", "capacityProviders": ["x"], "defaultCapacityProviderStrategy": []});
    assert_eq!(
        fails::<api::PutClusterCapacityProviders>(&world, unknown)
            .await
            .0,
        INVALID
    );
}

#[tokio::test]
async fn clusters_are_listed_page_by_page() {
    let world = world();
    for name in ["b", "a", "c"] {
        ok::<api::CreateCluster>(&world, json!({"clusterName": name})).await;
    }
    let first = ok::<api::ListClusters>(&world, json!({"maxResults": 2})).await;
    assert_eq!(first["clusterArns"].as_array().unwrap().len(), 2);
    let next = json!({"maxResults": 2, "nextToken": first["nextToken"]});
    let second = ok::<api::ListClusters>(&world, next).await;
    let expected = json!({"clusterArns": ["arn:aws:ecs:us-east-1:123456789012:cluster/c"]});
    assert_eq!(second, expected);
    assert_eq!(
        fails::<api::ListClusters>(&world, json!({"nextToken": "x"}))
            .await
            .0,
        INVALID
    );
}

#[tokio::test]
async fn settings_have_defaults_and_can_be_set_for_everybody_or_one() {
    let world = world();
    let effective = |name| json!({"name": name, "effectiveSettings": true});
    let value = async |name| {
        let listed = ok::<api::ListAccountSettings>(&world, effective(name)).await;
        listed["settings"][0]["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(value("taskLongArnFormat").await, "enabled");
    assert_eq!(value("containerInsights").await, "disabled");
    let default = json!({"name": "containerInsights", "value": "enhanced"});
    ok::<api::PutAccountSettingDefault>(&world, default).await;
    assert_eq!(value("containerInsights").await, "enhanced");
    let made = ok::<api::CreateCluster>(&world, json!({"clusterName": "a"})).await;
    assert_eq!(made["cluster"]["settings"][0]["value"], "enhanced");
    ok::<api::DeleteAccountSetting>(&world, json!({"name": "containerInsights"})).await;
    assert_eq!(value("containerInsights").await, "disabled");
    let windows = json!({"name": "fargateEventWindows", "value": "enabled"});
    assert_eq!(value("fargateEventWindows").await, "disabled");
    ok::<api::PutAccountSetting>(&world, windows).await;
    assert_eq!(value("fargateEventWindows").await, "enabled");
    for (name, bad) in [("containerInsights", "maybe"), ("guardDutyActivate", "on")] {
        let bad = json!({"name": name, "value": bad});
        assert_eq!(
            fails::<api::PutAccountSetting>(&world, bad).await.0,
            INVALID
        );
    }
    let listed = ok::<api::ListAccountSettings>(&world, json!({"effectiveSettings": true})).await;
    let names = |page: &Value| -> Vec<String> {
        let settings = page["settings"].as_array().unwrap().iter();
        settings
            .map(|setting| setting["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let rest = json!({"effectiveSettings": true, "nextToken": listed["nextToken"]});
    let rest = ok::<api::ListAccountSettings>(&world, rest).await;
    let all = [names(&listed), names(&rest)].concat();
    assert_eq!(all.len(), 12);
    assert!(all.is_sorted(), "{all:?}");
}

#[tokio::test]
async fn capacity_providers_of_the_account_are_kept_and_amazons_are_there() {
    let world = world();
    let group = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:11111111-aaaa-4bbb-8ccc-000000000001:autoScalingGroupName/g";
    let create = json!({"name": "own", "autoScalingGroupProvider": {"autoScalingGroupArn": group}});
    let made = ok::<api::CreateCapacityProvider>(&world, create.clone()).await;
    assert_eq!(made["capacityProvider"]["status"], "ACTIVE");
    let scaling = &made["capacityProvider"]["autoScalingGroupProvider"]["managedScaling"];
    assert_eq!(scaling["maximumScalingStepSize"], 10_000);
    assert_eq!(
        fails::<api::CreateCapacityProvider>(&world, create).await.0,
        INVALID
    );
    let all = ok::<api::DescribeCapacityProviders>(&world, json!({})).await;
    let names: Vec<&str> = all["capacityProviders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["own", "FARGATE", "FARGATE_SPOT"]);
    let cluster = json!({"clusterName": "a", "capacityProviders": ["own"]});
    ok::<api::CreateCluster>(&world, cluster).await;
    let of_cluster = json!({"cluster": "a"});
    let shown = ok::<api::DescribeCapacityProviders>(&world, of_cluster).await;
    assert_eq!(shown["capacityProviders"][0]["name"], "own");
    assert_eq!(shown["capacityProviders"].as_array().unwrap().len(), 1);
    let not_its = json!({"cluster": "a", "capacityProviders": ["FARGATE", "own"]});
    let shown = ok::<api::DescribeCapacityProviders>(&world, not_its).await;
    assert_eq!(shown["capacityProviders"].as_array().unwrap().len(), 1);
    assert_eq!(shown["failures"][0]["reason"], "MISSING");
    let none = json!({"cluster": "none"});
    assert_eq!(
        fails::<api::DescribeCapacityProviders>(&world, none)
            .await
            .0,
        "ClusterNotFoundException"
    );
    let delete = json!({"capacityProvider": "own"});
    assert_eq!(
        fails::<api::DeleteCapacityProvider>(&world, delete.clone())
            .await
            .0,
        "ClientException"
    );
    ok::<api::DeleteCluster>(&world, json!({"cluster": "a"})).await;
    ok::<api::DeleteCapacityProvider>(&world, delete).await;
    let reserved =
        json!({"name": "FargateX", "autoScalingGroupProvider": {"autoScalingGroupArn": group}});
    let (_, message) = fails::<api::CreateCapacityProvider>(&world, reserved).await;
    assert!(
        message.starts_with("The specified capacity provider name is invalid."),
        "{message}"
    );
}

#[tokio::test]
async fn what_is_not_built_yet_is_truthfully_empty() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({})).await;
    let services = ok::<api::ListServices>(&world, json!({})).await;
    assert_eq!(services, json!({"serviceArns": []}));
    let described = ok::<api::DescribeServices>(&world, json!({"services": ["web"]})).await;
    assert_eq!(
        described["failures"],
        json!([{"arn": "arn:aws:ecs:us-east-1:123456789012:service/default/web", "reason": "MISSING"}])
    );
    let missing = fails::<api::ListServices>(&world, json!({"cluster": "x"})).await;
    assert_eq!(missing.0, "ClusterNotFoundException");
}

#[tokio::test]
async fn every_resource_can_be_tagged() {
    let world = world();
    ok::<api::CreateCluster>(&world, json!({"clusterName": "a"})).await;
    ok::<api::RegisterTaskDefinition>(&world, crate::support::web()).await;
    let arn = |resource: &str| format!("arn:aws:ecs:us-east-1:123456789012:{resource}");
    for resource in ["cluster/a", "task-definition/web:1"] {
        let tag = json!({
            "resourceArn": arn(resource),
            "tags": [{"key": "k", "value": "1"}, {"key": "l", "value": "2"}],
        });
        ok::<api::TagResource>(&world, tag).await;
        let untag = json!({"resourceArn": arn(resource), "tagKeys": ["k", "not there"]});
        ok::<api::UntagResource>(&world, untag).await;
        let listed =
            ok::<api::ListTagsForResource>(&world, json!({"resourceArn": arn(resource)})).await;
        assert_eq!(listed, json!({"tags": [{"key": "l", "value": "2"}]}));
    }
    let reserved =
        json!({"resourceArn": arn("cluster/a"), "tags": [{"key": "aws:x", "value": "1"}]});
    assert_eq!(fails::<api::TagResource>(&world, reserved).await.0, INVALID);
    for missing in ["cluster/b", "service/a/b", "task-definition/web"] {
        let input = json!({"resourceArn": arn(missing)});
        assert_eq!(
            fails::<api::ListTagsForResource>(&world, input).await.0,
            INVALID
        );
    }
}
