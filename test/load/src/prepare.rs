//! What the measured operations find: roles, 1,000 task definitions, a user with policies.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::ServerArgs;
use crate::exchange::Connection;
use crate::operation::{register, role};
use crate::signed::{Call, Target};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    /// Also make a user who may do just what is measured, and a key of it.
    #[arg(long)]
    user: bool,
    /// How many task definitions, one a family.
    #[arg(long, default_value_t = 1000)]
    definitions: usize,
}

/// What the user may do, in the words of a policy that somebody wrote with care.
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
{"Sid":"Read","Effect":"Allow","Action":["ecs:Describe*","ecs:List*","logs:Get*","ecr:Describe*"],"Resource":"*"},
{"Sid":"Register","Effect":"Allow","Action":"ecs:RegisterTaskDefinition","Resource":"arn:aws:ecs:*:123456789012:task-definition/load-*:*"},
{"Sid":"Run","Effect":"Allow","Action":"ecs:RunTask","Resource":"arn:aws:ecs:*:123456789012:task-definition/*","Condition":{"ArnLike":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/prod"}}},
{"Sid":"Roles","Effect":"Allow","Action":["iam:CreateRole","iam:GetRole"],"Resource":"arn:aws:iam::123456789012:role/load-*"},
{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/load-*","Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}},
{"Sid":"Never","Effect":"Deny","Action":["iam:*User*","iam:*AccessKey*"],"Resource":"*"}]}"#;

pub(crate) async fn run(args: &Args) -> Result<Value> {
    let target = args.server.target();
    let mut connection = Connection::new(&target.address);
    for name in ["load-execution", "load-task"] {
        send(&mut connection, &target, &role(name)).await?;
    }
    for n in 0..args.definitions {
        let call = register(&format!("load-definition-{n}"));
        send(&mut connection, &target, &call).await?;
    }
    if !args.user {
        return Ok(json!({}));
    }
    let iam = |action, form: &[(&str, &str)]| Call::query("iam", action, form);
    let user = ("UserName", "load");
    send(&mut connection, &target, &iam("CreateUser", &[user])).await?;
    let policy = [user, ("PolicyName", "load"), ("PolicyDocument", POLICY)];
    send(&mut connection, &target, &iam("PutUserPolicy", &policy)).await?;
    let key = send(&mut connection, &target, &iam("CreateAccessKey", &[user])).await?;
    Ok(json!({
        "access_key_id": element(&key, "AccessKeyId")?,
        "secret_access_key": element(&key, "SecretAccessKey")?,
    }))
}

async fn send(connection: &mut Connection, target: &Target, call: &Call) -> Result<String> {
    let answer = connection.exchange(&call.sign(target)?).await?;
    let body = String::from_utf8_lossy(answer.body).into_owned();
    if !(200..300).contains(&answer.status) {
        bail!("{} was answered {} {body}", call.body, answer.status);
    }
    Ok(body)
}

fn element<'a>(body: &'a str, name: &str) -> Result<&'a str> {
    body.split_once(&format!("<{name}>"))
        .and_then(|(_, rest)| rest.split_once("</"))
        .map(|(value, _)| value)
        .with_context(|| format!("no {name} in the answer"))
}
