//! The calls that a question is about.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rolecall_api::ecs;
use rolecall_client::{Client, Credentials};
use rolecall_record::{CallRecord, Query, Reader};
use serde::Serialize;

use super::holder::Holder;
use super::report::Report;

/// What to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The last denial.
    Last,
    /// The call of this request id.
    Request(String),
    /// A task, by ARN or id.
    Task(String),
    /// The denial whose message stands in this text.
    Message(String),
}

impl What {
    /// What somebody means who writes `text`.
    ///
    /// ```
    /// use rolecall::explain::What;
    ///
    /// assert!(matches!(What::of("arn:aws:ecs:us-east-1:123456789012:task/a/b"), What::Task(_)));
    /// assert!(matches!(What::of("1c8d3a05-0f3f-4d5c-8a3e-3d1f0a9b2c77"), What::Request(_)));
    /// assert!(matches!(What::of("User: x is not authorized"), What::Message(_)));
    /// ```
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let is_id = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if text.contains(char::is_whitespace) {
            Self::Message(text.to_owned())
        } else if is_id || text.contains(":task/") {
            Self::Task(text.to_owned())
        } else {
            Self::Request(text.to_owned())
        }
    }
}

/// The server, with the root key of its data directory.
#[derive(Clone, Debug)]
pub struct Api {
    /// The client.
    pub client: Client,
    /// The key.
    pub credentials: Credentials,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Found {
    /// The task, if one was asked about and the server still knows it.
    pub task: Option<TaskInfo>,
    /// The calls, the one that matters most first.
    pub reports: Vec<Report>,
}

/// What a server says of a task.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TaskInfo {
    /// Its ARN.
    pub arn: String,
    /// Its last status.
    pub status: String,
    /// Why it stopped.
    pub stopped_reason: Option<String>,
    /// Its roles: what for, and the ARN.
    pub roles: BTreeMap<String, String>,
    /// Mistakes that it looks like.
    pub hints: Vec<String>,
}

/// Finds the calls in the record of the data directory `data`.
///
/// # Errors
/// If the record cannot be read.
pub async fn find(data: &Path, api: Option<&Api>, what: &What) -> Result<Found> {
    let reader = Reader::of_data(data);
    let mut found = Found::default();
    // What was answered just now is in the record a moment later.
    for _ in 0..4 {
        tokio::time::sleep(rolecall_record::FLUSH + Duration::from_millis(20)).await;
        found = look(&reader, api, what).await?;
        if !found.reports.is_empty() || *what == What::Last {
            break;
        }
    }
    Ok(found)
}

async fn look(reader: &Reader, api: Option<&Api>, what: &What) -> Result<Found> {
    let calls: Vec<CallRecord<'static>> = match what {
        What::Last => {
            let last = reader.calls(Query::denied()).next();
            let last = last.transpose().context("read the record")?;
            last.map(|entry| entry.call).into_iter().collect()
        }
        What::Request(id) => {
            let call = reader.find(id).context("read the record")?;
            call.into_iter().collect()
        }
        What::Message(text) => {
            let call = reader.behind(text).context("read the record")?;
            call.into_iter().collect()
        }
        What::Task(task) => return of_task(reader, api, task).await,
    };
    Ok(Found {
        task: None,
        reports: calls.iter().map(Report::of).collect(),
    })
}

/// The denials of a task's roles: their sessions are named after the task. The one that stopped it
/// comes first.
async fn of_task(reader: &Reader, api: Option<&Api>, task: &str) -> Result<Found> {
    let id = task.rsplit('/').next().unwrap_or(task);
    let mut info = match api {
        Some(api) => describe(api, task).await,
        None => None,
    };
    let stopped = info.as_ref().and_then(|info| info.stopped_reason.clone());
    let mut calls: Vec<CallRecord<'static>> = Vec::new();
    for entry in reader.calls(Query::denied()) {
        let call = entry.context("read the record")?.call;
        let message = call.denial().and_then(|denied| denied.message.as_deref());
        let stopped_it = match (&stopped, message) {
            (Some(stopped), Some(message)) => !message.is_empty() && stopped.contains(message),
            _ => false,
        };
        let about = call.caller.session_name.as_deref() == Some(id)
            || call.parameters.as_ref().is_some_and(|p| p.contains(id));
        match (stopped_it, about) {
            (true, _) => calls.insert(0, call),
            (false, true) => calls.push(call),
            (false, false) => {}
        }
    }
    if let (Some(api), Some(info)) = (api, &mut info) {
        info.hints = swapped(api, info, &calls).await;
    }
    let mut reports: Vec<Report> = Vec::new();
    for report in calls.iter().map(Report::of) {
        if !reports.iter().any(|known| known.repeats(&report)) {
            reports.push(report);
        }
    }
    Ok(Found {
        task: info,
        reports,
    })
}

/// What the server knows of a task, `None` if it does not know it or does not answer.
async fn describe(api: &Api, task: &str) -> Option<TaskInfo> {
    let api = api.in_region_of(task);
    let clusters = match task.rsplit('/').nth(1).filter(|_| task.starts_with("arn:")) {
        Some(cluster) if !cluster.contains(':') => vec![cluster.to_owned()],
        _ => {
            let list = ecs::ListClustersRequest::default();
            let answer = api.client.call::<ecs::ListClusters>(&api.credentials, list);
            answer.await.ok()?.cluster_arns.unwrap_or_default()
        }
    };
    for cluster in clusters {
        let request = ecs::DescribeTasksRequest {
            cluster: Some(cluster),
            tasks: Some(vec![task.to_owned()]),
            ..ecs::DescribeTasksRequest::default()
        };
        let answer = api
            .client
            .call::<ecs::DescribeTasks>(&api.credentials, request);
        let tasks = answer.await.ok()?.tasks.unwrap_or_default();
        if let Some(task) = tasks.into_iter().next() {
            return Some(known(&api, task).await);
        }
    }
    None
}

async fn known(api: &Api, task: ecs::Task) -> TaskInfo {
    let mut roles = BTreeMap::new();
    let request = ecs::DescribeTaskDefinitionRequest {
        task_definition: task.task_definition_arn.clone(),
        ..ecs::DescribeTaskDefinitionRequest::default()
    };
    let answer = api
        .client
        .call::<ecs::DescribeTaskDefinition>(&api.credentials, request);
    let definition = answer.await.ok().and_then(|answer| answer.task_definition);
    let overrides = task.overrides.unwrap_or_default();
    let of = |own: Option<String>, defined: Option<String>| own.or(defined);
    let (execution, own) = match definition {
        Some(definition) => (definition.execution_role_arn, definition.task_role_arn),
        None => (None, None),
    };
    for (what, role) in [
        ("execution", of(overrides.execution_role_arn, execution)),
        ("task role", of(overrides.task_role_arn, own)),
    ] {
        if let Some(role) = role {
            roles.insert(what.to_owned(), role);
        }
    }
    TaskInfo {
        arn: task.task_arn.unwrap_or_default(),
        status: task.last_status.unwrap_or_default(),
        stopped_reason: task.stopped_reason,
        roles,
        hints: Vec::new(),
    }
}

/// Whether what one of the task's roles was denied is allowed to the other one.
async fn swapped(api: &Api, info: &TaskInfo, calls: &[CallRecord<'static>]) -> Vec<String> {
    let (Some(execution), Some(own)) = (info.roles.get("execution"), info.roles.get("task role"))
    else {
        return Vec::new();
    };
    if execution == own {
        return Vec::new();
    }
    let mut hints = Vec::new();
    for (role, what, other) in [
        (execution, "execution role", own),
        (own, "task role", execution),
    ] {
        let denied = calls
            .iter()
            .filter(|call| call.caller.issuer_arn.as_deref() == Some(role))
            .find_map(CallRecord::denial);
        let name = other.rsplit('/').next().unwrap_or(other);
        let (Some(denied), Ok(holder)) = (denied, Holder::role(api, name).await) else {
            continue;
        };
        if holder.allows(denied) {
            hints.push(format!(
                "the {what} may not do {}, and the other role, {name}, may: are executionRoleArn \
                 and taskRoleArn swapped?",
                denied.action
            ));
        }
    }
    hints
}

impl Api {
    /// The same server, called in the region of an ARN.
    fn in_region_of(&self, arn: &str) -> Self {
        let region = arn.split(':').nth(3).filter(|region| !region.is_empty());
        match region {
            Some(region) => Self {
                client: Client::new(self.client.endpoint(), region, "rolecall-explain"),
                credentials: self.credentials.clone(),
            },
            None => self.clone(),
        }
    }
}
