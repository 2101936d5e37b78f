//! `rolecall explain`, from a refusal to what allows the call, and from a task that did not start
//! to one that does.

use rolecall_testkit::Node;
use rolecall_testkit::binary;
use rolecall_testkit::clients::Said;
use rolecall_testkit::image::busybox;
use serde_json::{Value, json};

use crate::host::{EXECUTION_ACTIONS, EXECUTION_ROLE, Host, TASK_ROLE};

/// Runs `rolecall` with these arguments on a node's data.
pub(crate) fn rolecall(node: &Node, args: &[&str]) -> Said {
    let mut command = node.command(binary().unwrap());
    command.args(args).arg("--data").arg(node.data());
    Said::by(&mut command).unwrap()
}

/// What it says, and says to programs.
fn explained(node: &Node, what: &[&str]) -> (String, Value) {
    let text = rolecall(node, &[&["explain"], what].concat());
    assert_eq!(text.status, 0, "{text:?}");
    let json = rolecall(node, &[&["explain", "--output", "json"], what].concat());
    let flat = text.out.split_whitespace().collect::<Vec<_>>().join(" ");
    (flat, json.json())
}

#[test]
fn a_refused_call_by_its_id_its_message_and_as_the_last_one() {
    let node = Node::start().unwrap();
    let nothing = rolecall(&node, &["explain"]);
    assert_eq!(nothing.status, 1, "{nothing:?}");
    let statement = json!({"Effect": "Allow", "Action": "ecs:*",
        "Resource": "arn:aws:ecs:*:*:cluster/prod"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let ann = node.user("ann", &policy).unwrap();
    let list = [("ecs", "list_clusters", json!({}))];
    let refused = node.boto3_as(&ann, &list).unwrap().remove(0);
    assert_eq!(refused.code.as_deref(), Some("AccessDeniedException"));

    let (text, json) = explained(&node, &[]);
    for part in [
        "Denied: ecs:ListClusters on *",
        "caller arn:aws:iam::123456789012:user/ann",
        "closest statement 0 of the identity-based policy inline",
        "look ecs:ListClusters is not about one resource",
        "Fix: add to a policy of the user ann",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let report = &json["reports"][0];
    let id = report["request_id"].as_str().unwrap();
    for what in [id, refused.message.as_str()] {
        let (again, _) = explained(&node, &[what]);
        assert_eq!(again, text);
    }
    let unknown = rolecall(&node, &["explain", "00000000-0000-4000-8000-000000000000"]);
    assert_eq!(unknown.status, 1);
    let mut elsewhere = node.command(binary().unwrap());
    elsewhere
        .arg("explain")
        .arg("--data")
        .arg(node.scratch().join("nowhere"));
    let nowhere = Said::by(&mut elsewhere).unwrap();
    assert_eq!(nowhere.status, 2);
    assert!(
        nowhere.err.contains("there is no record of calls"),
        "{nowhere:?}"
    );

    let fix = &report["denied"]["fixes"][0];
    assert_eq!(fix["change"], "add");
    let policy = json!({"Version": "2012-10-17", "Statement": [statement, fix["statement"]]});
    let put = json!({"UserName": "ann", "PolicyName": "inline",
        "PolicyDocument": policy.to_string()});
    assert_eq!(
        node.boto3(&[("iam", "put_user_policy", put)]).unwrap()[0].status,
        200
    );
    assert_eq!(node.boto3_as(&ann, &list).unwrap()[0].status, 200);
}

#[test]
fn the_fix_as_terraform_and_cloud_formation() {
    let node = Node::start().unwrap();
    let none = json!({"Version": "2012-10-17", "Statement":
        [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    let ann = node.user("ann", &none).unwrap();
    node.boto3_as(&ann, &[("ecs", "list_clusters", json!({}))])
        .unwrap();
    let terraform = rolecall(&node, &["explain", "--format", "terraform"]).out;
    assert!(
        terraform.contains("  actions   = [\"ecs:ListClusters\"]\n"),
        "{terraform}"
    );
    let yaml = rolecall(&node, &["explain", "--format", "cloudformation"]).out;
    assert!(
        yaml.contains("- Effect: \"Allow\"\n  Action: \"ecs:ListClusters\"\n"),
        "{yaml}"
    );
}

/// A task definition whose roles are these.
fn with_roles(host: &Host, execution: &str, own: &str) -> String {
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    host.register_definition(&json!({
        "executionRoleArn": role(execution),
        "taskRoleArn": role(own),
        "containerDefinitions": [{
            "name": "app",
            "image": host.image(crate::host::REPOSITORY, "v1"),
            "command": ["true"],
            "logConfiguration": host.awslogs(crate::host::GROUP),
        }],
    }))
}

#[test]
fn a_task_that_did_not_start() {
    let Some(host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), crate::host::REPOSITORY, "v1");

    // The roles are swapped.
    let swapped = with_roles(&host, TASK_ROLE, EXECUTION_ROLE);
    let task = host.run_task(crate::host::CLUSTER, &swapped);
    host.stopped(&task);
    let (text, json) = explained(&host.node, &[&task]);
    let id = task.rsplit('/').next().unwrap();
    for part in [
        format!("Task {task}"),
        "Denied: ecr:GetAuthorizationToken on *".to_owned(),
        format!("caller arn:aws:sts::123456789012:assumed-role/task/{id}"),
        "are executionRoleArn and taskRoleArn swapped?".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    assert_eq!(
        json["task"]["roles"]["execution"],
        "arn:aws:iam::123456789012:role/task"
    );
    let (by_id, _) = explained(&host.node, &[id]);
    assert_eq!(by_id, text);

    // The right way round, but without one permission.
    let actions: Vec<&str> = EXECUTION_ACTIONS
        .into_iter()
        .filter(|action| *action != "ecr:BatchGetImage")
        .collect();
    host.grant(EXECUTION_ROLE, &actions);
    let right = with_roles(&host, EXECUTION_ROLE, TASK_ROLE);
    let task = host.run_task(crate::host::CLUSTER, &right);
    host.stopped(&task);
    let (text, json) = explained(&host.node, &[&task]);
    assert!(text.contains("Denied: ecr:BatchGetImage on"), "{text}");
    let fix = &json["reports"][0]["denied"]["fixes"][0];
    assert_eq!(fix["place"], "a policy of the role execution");
    let policy = json!({"Version": "2012-10-17", "Statement": [fix["statement"]]});
    let put = json!({"RoleName": EXECUTION_ROLE, "PolicyName": "fix",
        "PolicyDocument": policy.to_string()});
    assert_eq!(
        host.boto3(&[("iam", "put_role_policy", put)]).unwrap()[0].status,
        200
    );
    let task = host.run_task(crate::host::CLUSTER, &right);
    assert_eq!(host.stopped(&task)["containers"][0]["exitCode"], 0);
}

#[test]
fn a_task_whose_role_trusts_another_service() {
    let Some(host) = Host::new() else {
        return;
    };
    host.push(&busybox().unwrap(), crate::host::REPOSITORY, "v1");
    let trust = |service: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})
    };
    let update = |document: &Value| {
        let input = json!({"RoleName": TASK_ROLE, "PolicyDocument": document.to_string()});
        let answers = host
            .boto3(&[("iam", "update_assume_role_policy", input)])
            .unwrap();
        assert_eq!(answers[0].status, 200, "{answers:?}");
    };
    update(&trust("ecs.amazonaws.com"));
    let definition = with_roles(&host, EXECUTION_ROLE, TASK_ROLE);
    let task = host.run_task(crate::host::CLUSTER, &definition);
    host.stopped(&task);
    let (text, json) = explained(&host.node, &[&task]);
    let part = "it names ecs.amazonaws.com, the caller is ecs-tasks.amazonaws.com";
    assert!(text.contains(part), "{text}");
    let fix = &json["reports"][0]["denied"]["fixes"][0];
    assert_eq!(fix["place"], "the trust policy of the role task");
    let mut fixed = trust("ecs.amazonaws.com");
    fixed["Statement"]
        .as_array_mut()
        .unwrap()
        .push(fix["statement"].clone());
    update(&fixed);
    let task = host.run_task(crate::host::CLUSTER, &definition);
    assert_eq!(host.stopped(&task)["containers"][0]["exitCode"], 0);
}
