//! Where the unmodified clients are that `cargo xtask setup` installed, and how they are called.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::node::{Key, Node};

/// Makes the calls that it is given as JSON, one after the other, and prints what came of each.
const BOTO3: &str = include_str!("boto3_calls.py");

/// The folder that the clients were installed into: `ROLECALL_CLIENTS`, or `target/clients`.
#[must_use]
pub fn folder() -> PathBuf {
    std::env::var_os("ROLECALL_CLIENTS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients"),
        PathBuf::from,
    )
}

fn installed(path: &str) -> io::Result<PathBuf> {
    let path = folder().join(path);
    if path.exists() {
        return Ok(path);
    }
    let text = format!(
        "{} is not there: cargo xtask setup installs it",
        path.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, text))
}

/// A Python that has boto3.
///
/// # Errors
/// When it is not installed.
pub fn python() -> io::Result<PathBuf> {
    installed("venv/bin/python")
}

/// The aws command line, version 1.
///
/// # Errors
/// When it is not installed.
pub fn aws_v1() -> io::Result<PathBuf> {
    installed("venv/bin/aws")
}

/// The aws command line, version 2.
///
/// # Errors
/// When it is not installed.
pub fn aws_v2() -> io::Result<PathBuf> {
    installed("aws-v2/aws")
}

/// What a command-line client answered.
#[derive(Debug)]
pub struct Said {
    /// The exit status; 255 when a signal ended it.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn by(command: &mut Command) -> io::Result<Self> {
        let done = command.output().map_err(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            io::Error::new(error.kind(), format!("{program}: {error}"))
        })?;
        Ok(Self::from(done))
    }

    /// Standard output as JSON; `Null` when it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or(Value::Null)
    }
}

impl From<Output> for Said {
    fn from(done: Output) -> Self {
        Self {
            status: done.status.code().unwrap_or(255),
            out: String::from_utf8_lossy(&done.stdout).into_owned(),
            err: String::from_utf8_lossy(&done.stderr).into_owned(),
        }
    }
}

/// What boto3 made of one call.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u64,
    /// The error's code, when the call was refused.
    pub code: Option<String>,
    /// The error's message.
    pub message: String,
    /// The output as boto3 parsed it, without `ResponseMetadata`; dates as ISO 8601 text.
    pub output: Value,
}

impl Answer {
    /// `(code, message)` of a refusal; empty words for a success.
    #[must_use]
    pub fn error(&self) -> (&str, &str) {
        (self.code.as_deref().unwrap_or_default(), &self.message)
    }

    /// The text at a JSON pointer in the output.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.output
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// One call for boto3: service, operation in snake case, parameters.
pub type Call<'a> = (&'a str, &'a str, Value);

impl Node {
    /// Makes calls with boto3 as the root user, in one Python.
    ///
    /// # Errors
    /// When Python fails; an error of the service is an [`Answer`].
    pub fn boto3(&self, calls: &[Call<'_>]) -> io::Result<Vec<Answer>> {
        self.boto3_as(&self.root, calls)
    }

    /// Makes calls with boto3 as somebody, in one Python.
    ///
    /// # Errors
    /// As [`Node::boto3`].
    pub fn boto3_as(&self, key: &Key, calls: &[Call<'_>]) -> io::Result<Vec<Answer>> {
        let input: Vec<Value> = calls
            .iter()
            .map(|(service, op, params)| json!({"service": service, "op": op, "in": params}))
            .collect();
        let mut process = self
            .command_as(key, python()?)
            .args(["-c", BOTO3])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(Value::from(input).to_string().as_bytes())?;
        }
        let said = Said::from(process.wait_with_output()?);
        let answers: Vec<Value> = serde_json::from_str(&said.out)
            .map_err(|error| io::Error::other(format!("boto3: {error}: {}", said.err)))?;
        Ok(answers.into_iter().map(answer).collect())
    }

    /// Makes a user with one access key and this inline policy.
    ///
    /// # Errors
    /// When one of the calls is refused.
    pub fn user(&self, name: &str, policy: &Value) -> io::Result<Key> {
        let answers = self.boto3(&[
            ("iam", "create_user", json!({"UserName": name})),
            (
                "iam",
                "put_user_policy",
                json!({
                    "UserName": name,
                    "PolicyName": "inline",
                    "PolicyDocument": policy.to_string(),
                }),
            ),
            ("iam", "create_access_key", json!({"UserName": name})),
        ])?;
        if let Some(bad) = answers.iter().find(|answer| answer.code.is_some()) {
            return Err(io::Error::other(format!("make user {name}: {bad:?}")));
        }
        let last = answers
            .last()
            .ok_or_else(|| io::Error::other("no answer"))?;
        Ok(Key::new(
            last.text("/AccessKey/AccessKeyId"),
            last.text("/AccessKey/SecretAccessKey"),
        ))
    }
}

fn answer(mut value: Value) -> Answer {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Answer {
        status: value.get("status").and_then(Value::as_u64).unwrap_or(0),
        code: text("code"),
        message: text("message").unwrap_or_default(),
        output: value.get_mut("out").map(Value::take).unwrap_or_default(),
    }
}
