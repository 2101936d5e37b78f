//! What the operations declare, held against the public service authorization data: actions,
//! resource types and condition keys as AWS's Service Authorization Reference has them.
//!
//! The data is not part of the repository. `cargo xtask authorization-data` downloads it and prints
//! the folder that `ROLECALL_IAM_DATA` must name; without it this test checks nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rolecall_op::{Access, AccessCheck};
use serde_json::Value as Json;

use crate::house::{Folder, House};
use crate::walk::{furnished, steps};

/// Where Rolecall differs from the data, and why: action, what differs, reason.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "iam:GetAccessKeyLastUsed",
        "resource",
        "a key that nobody has belongs to no user whose ARN could be named",
    ),
    ("iam:ListGroups", "resource", LISTING),
    ("iam:ListInstanceProfiles", "resource", LISTING),
    ("iam:ListOpenIDConnectProviders", "resource", LISTING),
    ("iam:ListRoles", "resource", LISTING),
    ("iam:ListServerCertificates", "resource", LISTING),
    ("iam:ListUsers", "resource", LISTING),
    ("iam:ListVirtualMFADevices", "resource", LISTING),
    (
        "logs:DescribeLogGroups",
        "resource",
        "AWS's refusals name `log-group::log-stream:`, which `log-group:*` matches",
    ),
    ("sts:GetWebIdentityToken", "resource", ITSELF),
    ("sts:TagGetWebIdentityToken", "resource", ITSELF),
    (
        "sts:TagSession",
        "resource",
        "sts:GetFederationToken tags the session of a federated user, which is no role",
    ),
    (
        "sts:TagSession",
        "sts:RoleSessionName",
        "one statement of a trust policy may allow it together with sts:AssumeRole",
    ),
];

/// Why tokens of the caller are not on `*`.
const ITSELF: &str = "AWS's refusals name `arn:aws:sts::ACCOUNT:self`, which a policy may name";

/// Why the listings of IAM are not on `*`.
const LISTING: &str = "AWS's refusals name the path that is listed, as in `...:role/`";

/// The data of the services, read as they are needed.
struct Data {
    folder: PathBuf,
    files: BTreeMap<String, Json>,
}

/// One action as the data has it.
struct Action {
    templates: Vec<String>,
    keys: BTreeSet<String>,
}

impl Data {
    fn file(&mut self, kind: &str, service: &str) -> &Json {
        let path = self.folder.join(kind).join(format!("{service}.json"));
        self.files
            .entry(format!("{kind}/{service}"))
            .or_insert_with(|| read(&path))
    }

    /// The action `service:Name`, with the ARNs that it takes and the keys that it knows.
    fn action(&mut self, action: &str) -> Option<Action> {
        let (service, name) = action.split_once(':').unwrap();
        let found = self
            .file("actions", service)
            .get(name.to_lowercase())?
            .clone();
        if found["name"] != name {
            return None;
        }
        let types = self.file("resourceTypes", service).clone();
        let mut templates = Vec::new();
        let mut keys = texts(&found["conditionKeys"]);
        for taken in found["resourceTypes"].as_array().unwrap() {
            keys.extend(texts(&taken["conditionKeys"]));
            let resource = &types[taken["name"].as_str().unwrap().to_lowercase()];
            keys.extend(texts(&resource["conditionKeys"]));
            templates.push(resource["arn"].as_str().unwrap().to_owned());
        }
        Some(Action { templates, keys })
    }
}

fn read(path: &Path) -> Json {
    let text = std::fs::read_to_string(path);
    serde_json::from_str(&text.unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

fn texts(list: &Json) -> BTreeSet<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .map(|item| item.as_str().unwrap().to_lowercase())
        .collect()
}

/// Whether `arn` has the form of `template`, whose `${...}` stand for at least one character.
fn fits(template: &str, arn: &str) -> bool {
    let mut rest = arn;
    let mut pieces = template.split("${").enumerate();
    let (_, first) = pieces.next().unwrap();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    for (_, piece) in pieces {
        let (_, literal) = piece.split_once('}').unwrap();
        if literal.is_empty() {
            return !rest.is_empty();
        }
        let Some(at) = rest
            .char_indices()
            .skip(1)
            .find(|(at, _)| rest[*at..].starts_with(literal))
        else {
            return false;
        };
        rest = &rest[at.0 + literal.len()..];
    }
    rest.is_empty()
}

/// `aws:RequestTag/team` as `aws:requesttag/${tagkey}`.
fn general(key: &str) -> String {
    let (before, tag) = key.split_once('/').unwrap_or((key, ""));
    let general = if tag.is_empty() {
        before.to_owned()
    } else {
        format!("{before}/${{TagKey}}")
    };
    general.to_lowercase()
}

/// What of `check` the data does not have, each with a short name for [`DIFFERENCES`].
fn differences(data: &mut Data, check: &AccessCheck) -> Vec<(String, String)> {
    let Some(action) = data.action(check.action) else {
        return vec![("action".to_owned(), "there is no such action".to_owned())];
    };
    let mut found = Vec::new();
    let resource = &check.resource;
    let right = match action.templates.is_empty() {
        true => resource == "*",
        false => action
            .templates
            .iter()
            .any(|template| fits(template, resource)),
    };
    if !right {
        let takes = &action.templates;
        found.push((
            "resource".to_owned(),
            format!("{resource} is none of {takes:?}"),
        ));
    }
    for key in &check.keys {
        if !action.keys.contains(&general(&key.name)) {
            found.push((
                key.name.clone(),
                format!("the data has only {:?}", action.keys),
            ));
        }
    }
    found
}

/// Every check that an example declares, in a house without and one with the resources.
async fn declared() -> Vec<AccessCheck> {
    let folder = Folder::new().await;
    let mut all = Vec::new();
    for house in [House::new(&folder).await, furnished(&folder).await] {
        let caller = house.policy(None).await;
        for step in steps() {
            if let Ok(Access::Checks(checks)) = house.declared(&step.built, &caller, &step.input) {
                all.extend(checks);
            }
        }
    }
    all
}

#[tokio::test]
async fn what_the_operations_ask_for_is_what_aws_asks_for() {
    let Some(folder) = std::env::var_os("ROLECALL_IAM_DATA") else {
        println!(
            "SKIPPED: ROLECALL_IAM_DATA is not set. Run `cargo xtask authorization-data` and set \
             it to the folder that it prints to check actions, resources and condition keys."
        );
        return;
    };
    let mut data = Data {
        folder: folder.into(),
        files: BTreeMap::new(),
    };
    let mut unused: BTreeSet<(&str, &str)> = DIFFERENCES.iter().map(|d| (d.0, d.1)).collect();
    let mut problems = BTreeSet::new();
    let mut actions = BTreeSet::new();
    for check in declared().await {
        actions.insert(check.action);
        for (what, detail) in differences(&mut data, &check) {
            let known = DIFFERENCES
                .iter()
                .find(|d| d.0 == check.action && d.1 == what);
            match known {
                Some(known) => {
                    unused.remove(&(known.0, known.1));
                }
                None => {
                    problems.insert(format!("{} ({what}): {detail}", check.action));
                }
            }
        }
    }
    let problems: Vec<String> = problems.into_iter().collect();
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
    assert!(
        unused.is_empty(),
        "these differences are gone, drop them: {unused:?}"
    );
    assert!(
        actions.len() > 100,
        "only {} actions were declared",
        actions.len()
    );
}

#[test]
fn templates_stand_for_at_least_one_character() {
    let cluster = "arn:${Partition}:ecs:${Region}:${Account}:cluster/${ClusterName}";
    assert!(fits(
        cluster,
        "arn:aws:ecs:us-east-1:123456789012:cluster/a"
    ));
    assert!(!fits(
        cluster,
        "arn:aws:ecs:us-east-1:123456789012:cluster/"
    ));
    assert!(!fits(cluster, "arn:aws:ecs:us-east-1:123456789012:task/a"));
    assert!(!fits(cluster, "*"));
    let stream = "arn:${Partition}:logs:${Region}:${Account}:log-group:${G}:log-stream:${S}";
    assert!(fits(
        stream,
        "arn:aws:logs:us-east-1:123456789012:log-group:/a/b:log-stream:c"
    ));
}
