//! The arguments of `rolecall explain` and `rolecall policy`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use rolecall_advise::render;
use rolecall_base::Timestamp;
use rolecall_policy::PolicyKind;

use crate::cli::DataArgs;

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  rolecall explain                         the last call that was denied
  rolecall explain 3f0c…-…-…-…-…           the call whose answer had this request id
  rolecall explain arn:aws:ecs:…:task/…    why a task did not start, or what its roles were denied
  rolecall explain 'User: … is not …'      the denial behind a message
  rolecall explain --format terraform      the fix as a block of Terraform

The record in the data directory is read, so run this as the user who runs the server. Exit status:
0 something was found, 1 nothing was, 2 the record cannot be read.";

#[derive(Clone, Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// A request id, a task's ARN or id, or a message; nothing for the last denial.
    #[arg(value_name = "WHAT")]
    pub(crate) what: Option<String>,
    /// The last denial.
    #[arg(long, conflicts_with = "what")]
    pub(crate) last: bool,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// How the fix is written.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say whether AWS would take a policy, and what it grants too widely.
    Check(CheckArgs),
    /// Decide a request under policies in files, as the server would.
    Simulate(SimulateArgs),
    /// Write the least-privilege policy of a role or user from what it called.
    Generate(GenerateArgs),
    /// Say what a role or user may do and never did.
    Diff(DiffArgs),
}

const CHECK_EXAMPLES: &str = "\
Examples:
  rolecall policy check policy.json
  rolecall policy check --type trust trust.json
  terraform show -json | jq … | rolecall policy check -

Exit status: 0 nothing to say or suggestions only, 1 errors or warnings, 2 a file cannot be read.";

#[derive(Clone, Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct CheckArgs {
    /// The policies; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Where the policies are used.
    #[arg(long = "type", value_enum, default_value_t = Kind::Identity)]
    pub(crate) kind: Kind,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

const SIMULATE_EXAMPLES: &str = "\
Examples:
  rolecall policy simulate --policy ci.json --action ecs:RunTask \\
    --resource arn:aws:ecs:us-east-1:123456789012:task-definition/web:1 \\
    --context ecs:cluster=arn:aws:ecs:us-east-1:123456789012:cluster/prod
  rolecall policy simulate --trust trust.json --action sts:AssumeRole \\
    --resource arn:aws:iam::123456789012:role/web --caller ecs-tasks.amazonaws.com

Exit status: 0 everything is allowed, 1 something is denied, 2 the question is malformed.";

#[derive(Clone, Debug, Args)]
#[command(after_help = SIMULATE_EXAMPLES)]
pub(crate) struct SimulateArgs {
    /// A policy of the caller. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// The caller's permissions boundary.
    #[arg(long, value_name = "FILE")]
    pub(crate) boundary: Option<PathBuf>,
    /// The policy of the caller's session.
    #[arg(long, value_name = "FILE")]
    pub(crate) session: Option<PathBuf>,
    /// The policy of the resource.
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    pub(crate) resource_policy: Option<PathBuf>,
    /// The trust policy of the role that is assumed.
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// A service control policy; several stand for as many levels, root first.
    #[arg(long, value_name = "FILE")]
    pub(crate) scp: Vec<PathBuf>,
    /// An action. May be repeated.
    #[arg(long, required = true, value_name = "ACTION")]
    pub(crate) action: Vec<String>,
    /// A resource's ARN. May be repeated [default: *]
    #[arg(long, value_name = "ARN")]
    pub(crate) resource: Vec<String>,
    /// A condition key with a value; given twice, it is a list.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    /// Who calls: the ARN of a user, a role or a role's session, or a service's name [default: a
    /// user of the first resource's account]
    #[arg(long, value_name = "ARN")]
    pub(crate) caller: Option<String>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

const GENERATE_EXAMPLES: &str = "\
Examples:
  rolecall policy generate --role web > web.json
  rolecall policy generate --role web-execution --format terraform
  rolecall policy generate --user ci --since 2h

Names stay as they were seen; ids that are made anew with every use (of tasks, revisions, sessions)
become wildcards. What was denied is left out. Exit status: 0 a policy was written, 1 nothing was
observed, 2 the question is malformed.";

#[derive(Clone, Debug, Args)]
#[command(after_help = GENERATE_EXAMPLES, group(ArgGroup::new("whose").required(true)))]
pub(crate) struct GenerateArgs {
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    /// Allow what was denied, too.
    #[arg(long)]
    pub(crate) include_denied: bool,
    /// Write one inline policy, wider where it would not fit, rather than managed ones.
    #[arg(long)]
    pub(crate) inline: bool,
    /// How the policy is written.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  rolecall policy diff --role web
  rolecall policy diff --user ci --since 7d --output json

The server is asked for the policies, so it must be running. Exit status: 0 all that is granted was
used, 1 some was not, 2 the question is malformed.";

#[derive(Clone, Debug, Args)]
#[command(after_help = DIFF_EXAMPLES, group(ArgGroup::new("whose").required(true)))]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) whose: WhoseArgs,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct WhoseArgs {
    /// A role's name or ARN.
    #[arg(long, value_name = "NAME", group = "whose")]
    pub(crate) role: Option<String>,
    /// A user's name or ARN.
    #[arg(long, value_name = "NAME", group = "whose")]
    pub(crate) user: Option<String>,
    /// Only calls since then: 90m, 24h, 7d, or a time such as 2026-11-22T06:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) since: Option<Since>,
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

/// The beginning of a span of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    At(Timestamp),
    Ago(Duration),
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    let unit_s = match text.chars().last() {
        Some('s') => Some(1),
        Some('m') => Some(60),
        Some('h') => Some(3_600),
        Some('d') => Some(86_400),
        _ => None,
    };
    let number = text
        .strip_suffix(['s', 'm', 'h', 'd'])
        .and_then(|number| number.parse::<u64>().ok());
    if let (Some(unit_s), Some(number)) = (unit_s, number) {
        return Ok(Since::Ago(Duration::from_secs(
            number.saturating_mul(unit_s),
        )));
    }
    Timestamp::parse_iso8601(text)
        .map(Since::At)
        .ok_or_else(|| format!("`{text}` is neither a span such as 24h nor a time"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Json,
    Terraform,
    #[value(name = "cloudformation")]
    CloudFormation,
}

impl From<Format> for render::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Terraform => Self::Terraform,
            Format::CloudFormation => Self::CloudFormation,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// An inline policy of a user, group or role.
    Identity,
    /// A managed policy.
    Managed,
    /// A role's trust policy.
    Trust,
    /// A resource's policy.
    Resource,
    /// A session's policy.
    Session,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

impl From<Kind> for PolicyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Managed => Self::Managed,
            Kind::Trust => Self::Trust,
            Kind::Resource => Self::Resource,
            Kind::Session => Self::Session,
            Kind::Scp => Self::Scp,
            Kind::Rcp => Self::Rcp,
        }
    }
}
