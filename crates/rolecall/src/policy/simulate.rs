//! `rolecall policy simulate`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use rolecall_policy::{
    Context, Explanation, Layers, NamedPolicy, Policy, PolicyKind, Principal, Request, evaluate,
    explain,
};
use serde_json::{Value, json};

use super::args::{Output, SimulateArgs};

/// Compiled policies with the names of their files.
type Files = Vec<(String, Policy)>;

/// Everything that decides.
struct Question {
    identity: Files,
    boundary: Option<Files>,
    session: Option<Files>,
    resource: Option<(String, Policy)>,
    scps: Vec<Files>,
    must_allow: bool,
}

/// One answer.
struct Answer {
    action: String,
    resource: String,
    allowed: bool,
    why: String,
    fixes: Vec<(String, String)>,
}

pub(super) fn run(args: &SimulateArgs) -> Result<ExitCode> {
    let question = Question::read(args)?;
    let mut context = Context::new();
    for (key, values) in keys(&args.context)? {
        match values.as_slice() {
            [only] => context.set(key, only.clone()),
            many => context.set_list(key, many.iter().cloned()),
        };
    }
    let caller = args
        .caller
        .clone()
        .unwrap_or_else(|| user_of(&args.resource));
    let principal = principal(&caller)?;
    let everything = ["*".to_owned()];
    let resources = if args.resource.is_empty() {
        &everything[..]
    } else {
        &args.resource
    };
    let mut answers = Vec::new();
    for action in &args.action {
        for resource in resources {
            let request = Request {
                principal: &principal,
                action,
                resource,
                resource_account: resource.split(':').nth(4).filter(|a| !a.is_empty()),
                context: &context,
            };
            answers.push(question.answer(&request));
        }
    }
    let text = match args.output {
        Output::Text => answers.iter().map(Answer::text).collect(),
        Output::Json => {
            let all: Vec<Value> = answers.iter().map(Answer::value).collect();
            serde_json::to_string_pretty(&all).context("encode the decisions")? + "\n"
        }
    };
    super::print(&text)?;
    Ok(if answers.iter().all(|answer| answer.allowed) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::FINDINGS)
    })
}

impl Question {
    fn read(args: &SimulateArgs) -> Result<Self> {
        let files = |paths: &[PathBuf], kind| -> Result<Files> {
            paths.iter().map(|path| compile(path, kind)).collect()
        };
        let one = |path: &Option<PathBuf>, kind| -> Result<Option<Files>> {
            path.as_ref()
                .map(|path| Ok(vec![compile(path, kind)?]))
                .transpose()
        };
        let resource = match (&args.resource_policy, &args.trust) {
            (Some(path), _) => Some(compile(path, PolicyKind::Resource)?),
            (None, Some(path)) => Some(compile(path, PolicyKind::Trust)?),
            (None, None) => None,
        };
        Ok(Self {
            identity: files(&args.policy, PolicyKind::Identity)?,
            boundary: one(&args.boundary, PolicyKind::Identity)?,
            session: one(&args.session, PolicyKind::Session)?,
            resource,
            scps: args
                .scp
                .iter()
                .map(|path| Ok(vec![compile(path, PolicyKind::Scp)?]))
                .collect::<Result<_>>()?,
            must_allow: args.trust.is_some(),
        })
    }

    fn answer(&self, request: &Request<'_>) -> Answer {
        let identity = named(&self.identity);
        let boundary = self.boundary.as_ref().map(named);
        let session = self.session.as_ref().map(named);
        let scps: Vec<_> = self.scps.iter().map(named).collect();
        let scps: Vec<&[NamedPolicy<'_>]> = scps.iter().map(Vec::as_slice).collect();
        let resource = self.resource.as_ref();
        let layers = Layers {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: resource.map(|(name, policy)| NamedPolicy { name, policy }),
            scps: &scps,
            resource_policy_must_allow: self.must_allow,
            ..Layers::default()
        };
        let decision = evaluate(request, &layers);
        let explanation = explain(request, &layers, &decision);
        Answer {
            action: request.action.to_owned(),
            resource: request.resource.to_owned(),
            allowed: decision.allowed(),
            fixes: fixes(&explanation),
            why: explanation.summary,
        }
    }
}

fn fixes(explanation: &Explanation<'_>) -> Vec<(String, String)> {
    let reliefs = explanation.reliefs.iter().map(|relief| {
        let (number, policy) = (relief.location.statement, relief.location.policy);
        match &relief.replacement {
            Some(json) => (
                format!("replace statement {number} of {policy} with"),
                json.clone(),
            ),
            None => (
                format!("take statement {number} out of {policy}"),
                relief.statement.clone(),
            ),
        }
    });
    let suggestions = explanation.suggestions.iter().chain(&explanation.then);
    let added = suggestions.map(|s| (format!("add to the {}", s.layer), s.statement.clone()));
    reliefs.chain(added).collect()
}

fn named(files: &Files) -> Vec<NamedPolicy<'_>> {
    files
        .iter()
        .map(|(name, policy)| NamedPolicy { name, policy })
        .collect()
}

fn compile(path: &Path, kind: PolicyKind) -> Result<(String, Policy)> {
    let text = super::read(path)?;
    let name = path.display().to_string();
    let policy = Policy::parse(&text, kind).with_context(|| format!("take {name} as a policy"))?;
    Ok((name, policy))
}

/// `KEY=VALUE`, the values of each key together.
pub(super) fn keys(given: &[String]) -> Result<Vec<(String, Vec<String>)>> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for text in given {
        let (key, value) = text
            .split_once('=')
            .with_context(|| format!("`{text}` is not KEY=VALUE"))?;
        match all
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(key))
        {
            Some((_, values)) => values.push(value.to_owned()),
            None => all.push((key.to_owned(), vec![value.to_owned()])),
        }
    }
    Ok(all)
}

/// A user of the account that the first of `resources` with an account has.
pub(super) fn user_of(resources: &[String]) -> String {
    let account = resources
        .iter()
        .find_map(|arn| arn.split(':').nth(4).filter(|account| !account.is_empty()));
    let account = account.unwrap_or("123456789012");
    format!("arn:aws:iam::{account}:user/simulated")
}

/// The caller that a text names.
pub(super) fn principal(text: &str) -> Result<Principal<'_>> {
    let malformed = || {
        format!(
            "`{text}` is not the ARN of a user, a role or a session, nor a service such as \
             ecs-tasks.amazonaws.com"
        )
    };
    let account = text.split(':').nth(4).unwrap_or_default();
    let name = text.split(':').nth(5).unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    match name.split('/').next().unwrap_or_default() {
        "root" => Ok(Principal::root(account, text)),
        "user" => Ok(Principal::user(account, text, "AIDASIMULATED")),
        "role" => Ok(Principal::role_session(
            account,
            text,
            text,
            "AROASIMULATED",
            "simulated",
        )),
        "assumed-role" => Ok(Principal::role_session(
            account,
            text,
            "",
            "AROASIMULATED",
            last,
        )),
        _ if text.ends_with(".amazonaws.com") => Ok(Principal::service(text)),
        _ => anyhow::bail!(malformed()),
    }
}

impl Answer {
    fn text(&self) -> String {
        let word = if self.allowed { "allowed" } else { "denied " };
        let mut text = format!(
            "{word}  {} on {}\n         {}\n",
            self.action, self.resource, self.why
        );
        for (what, statement) in &self.fixes {
            text.push_str(&format!("         {what}:\n           {statement}\n"));
        }
        text
    }

    fn value(&self) -> Value {
        let fixes: Vec<Value> = self
            .fixes
            .iter()
            .map(|(what, statement)| {
                let statement: Value = serde_json::from_str(statement).unwrap_or(Value::Null);
                json!({"what": what, "statement": statement})
            })
            .collect();
        json!({
            "action": self.action,
            "resource": self.resource,
            "allowed": self.allowed,
            "why": self.why,
            "fixes": fixes,
        })
    }
}
