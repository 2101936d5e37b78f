//! The rules themselves. Each names the page that it follows.

use std::collections::{HashMap, HashSet};

use super::{Known, Look, Rule, Severity, values};
use crate::action::{Action, ActionSet};
use crate::condition::Operator;
use crate::document::{List, RawPrincipalEntries};
use crate::pattern::{Mode, Pattern};
use crate::policy::PolicyKind;

/// Actions with which a caller can give itself more permissions (IAM User Guide, "Security best
/// practices", "Apply least-privilege permissions").
const ESCALATION: [&str; 15] = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "sts:AssumeRole",
];

/// Keys that say who calls; any of them limits a `Principal` of `*` (IAM User Guide, "AWS JSON
/// policy elements: Principal", "All principals").
const WHO: [&str; 14] = [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:userid",
    "aws:username",
    "sts:ExternalId",
];

/// Keys that tie a service to the resource it acts for (IAM User Guide, "The confused deputy
/// problem").
const SOURCE: [&str; 4] = [
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

/// Services that send no source when they assume a role.
const WITHOUT_SOURCE: [&str; 1] = ["ec2.amazonaws.com"];

/// Services for which AWS applies resource control policies (AWS Organizations User Guide, "List of
/// AWS services that support RCPs", September 2026).
#[rustfmt::skip]
const CONTROLLED: [&str; 62] = [
    "aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets",
    "clouddirectory", "cloudfront", "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild",
    "codecommit", "codepipeline", "cognito-identity", "cognito-idp", "comprehend",
    "comprehendmedical", "compute-optimizer", "cost-optimization-hub", "dax", "dsql", "dynamodb",
    "ecr", "ecr-public", "events", "firehose", "fis", "fms", "gamelift", "health", "inspector-
    scan", "kendra", "kinesisvideo", "kms", "logs", "memorydb", "networkmonitor", "notifications",
    "opensearch", "pca-connector-ad", "personalize", "polly", "pricing", "resource-groups",
    "rolesanywhere", "s3", "secretsmanager", "servicediscovery", "signin", "sqs", "sts",
    "support", "swf", "textract", "timestream-influxdb", "transcribe", "transfer", "translate",
    "wafv2", "workspaces", "xray",
];

impl Look<'_> {
    /// IAM User Guide, "Security best practices in IAM": least privilege.
    pub(super) fn actions(&mut self) {
        let Some(list) = &self.statement.actions else {
            return;
        };
        if list.values.is_empty() {
            self.empty(if list.negated { "NotAction" } else { "Action" });
        }
        self.redundant(list);
        if !self.allows() || !self.grants() {
            return;
        }
        if list.negated {
            self.find(
                Rule::AllowNotAction,
                Severity::Security,
                "allows every action but those in NotAction, also of services yet to come",
                "List what is allowed in Action.",
            );
            return;
        }
        let all = |value: &String| matches!(value.as_str(), "*" | "*:*");
        if list.values.iter().any(all) {
            self.find(
                Rule::AllActions,
                Severity::Security,
                "allows every action of every service",
                "List the actions that are needed.",
            );
            return;
        }
        if self.every_resource("") && self.kind != PolicyKind::Trust {
            for value in &list.values {
                if let Some((service, "*")) = value.split_once(':') {
                    self.find(
                        Rule::WholeService,
                        Severity::Security,
                        format!("allows every action of {service} on every resource"),
                        "List the actions that are needed, and the resources by their ARNs.",
                    );
                }
            }
        }
        self.not_resource();
        self.pass_role();
        self.escalation(list);
    }

    fn not_resource(&mut self) {
        if self
            .statement
            .resources
            .as_ref()
            .is_some_and(|list| list.negated)
        {
            self.find(
                Rule::AllowNotResource,
                Severity::Security,
                "allows its actions on every resource but those in NotResource",
                "List what is allowed in Resource; keep NotResource for Deny.",
            );
        }
    }

    /// IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
    fn pass_role(&mut self) {
        let limited = self.has_key(&["iam:PassedToService"]);
        if self.includes("iam:PassRole") && self.every_resource("role/") && !limited {
            self.find(
                Rule::PassRole,
                Severity::Security,
                "lets the caller pass every role to every service",
                "Name the roles in Resource and the services in a condition on iam:PassedToService.",
            );
        }
    }

    fn escalation(&mut self, list: &List) {
        if !self.every_resource("") || !self.statement.conditions.is_empty() {
            return;
        }
        // A whole service was found already.
        let named = List {
            negated: false,
            values: list
                .values
                .iter()
                .filter(|value| !value.ends_with(":*"))
                .cloned()
                .collect(),
        };
        let set = ActionSet::new(&named);
        let found: Vec<&str> = ESCALATION
            .into_iter()
            .filter(|action| set.matches(&Action::new(action)))
            .collect();
        if !found.is_empty() {
            self.find(
                Rule::Escalation,
                Severity::Security,
                format!(
                    "allows {} on every resource, with which the caller can give itself any \
                     permission",
                    found.join(", ")
                ),
                "Name the users, roles or policies in Resource, or require a permissions boundary \
                 with iam:PermissionsBoundary.",
            );
        }
    }

    /// IAM Access Analyzer policy check reference, "Suggestion - Redundant action".
    fn redundant(&mut self, list: &List) {
        let values: Vec<String> = list.values.iter().map(|v| v.to_ascii_lowercase()).collect();
        let service = |value: &str| value.split(':').next().unwrap_or_default().to_owned();
        let mut seen = HashSet::new();
        // Patterns by service; `*` stands for its own.
        let mut wide: HashMap<String, Vec<&str>> = HashMap::new();
        for value in values.iter().filter(|value| value.contains(['*', '?'])) {
            wide.entry(service(value)).or_default().push(value);
        }
        for (value, written) in values.iter().zip(&list.values) {
            let near = wide.get(&service(value)).into_iter().flatten();
            let mut others = near.chain(wide.get("*").into_iter().flatten());
            let covered = others.any(|other| *other != value && covers(other, value));
            if !seen.insert(value) || covered {
                self.find(
                    Rule::Redundant,
                    Severity::Suggestion,
                    format!("lists {written}, which another of its actions includes"),
                    "Remove it.",
                );
            }
        }
    }

    /// Who may: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
    pub(super) fn principals(&mut self) {
        let Some(principals) = &self.statement.principals else {
            return;
        };
        if !self.grants() {
            return;
        }
        match (principals.negated, self.allows()) {
            (true, true) => {
                self.find(
                    Rule::AllowNotPrincipal,
                    Severity::Security,
                    "allows everyone but those in NotPrincipal, anonymous callers too",
                    "Name who is allowed in Principal.",
                );
                return;
            }
            (true, false) => {
                self.find(
                    Rule::DenyNotPrincipal,
                    Severity::Warning,
                    "denies with NotPrincipal, which never excepts principals with a permissions \
                     boundary",
                    "Deny \"*\" under a condition ArnNotEquals on aws:PrincipalArn.",
                );
                return;
            }
            (false, false) => return,
            (false, true) => {}
        }
        match &principals.entries {
            RawPrincipalEntries::Star => self.public(),
            RawPrincipalEntries::Typed(entries) => {
                if entries
                    .iter()
                    .any(|(kind, name)| kind == "AWS" && name == "*")
                {
                    self.public();
                }
                for (kind, name) in entries {
                    match kind.as_str() {
                        "Service" => self.deputy(name),
                        "Federated" => self.any_identity(name),
                        _ => {}
                    }
                }
            }
        }
    }

    fn public(&mut self) {
        if !self.has_key(&WHO) {
            self.find(
                Rule::Public,
                Severity::Security,
                "allows everyone in every account",
                "Name accounts, users or roles in Principal, or add a condition on \
                 aws:PrincipalOrgID, aws:PrincipalAccount or aws:PrincipalArn.",
            );
        }
    }

    /// Amazon ECS Developer Guide, "Task IAM role": trust policies with `aws:SourceArn`.
    fn deputy(&mut self, service: &str) {
        if self.has_key(&SOURCE) || WITHOUT_SOURCE.contains(&service) {
            return;
        }
        let severity = match self.kind {
            PolicyKind::Trust => Severity::Suggestion,
            _ => Severity::Warning,
        };
        self.find(
            Rule::ConfusedDeputy,
            severity,
            format!("lets {service} act here for resources of any account"),
            "Add conditions on aws:SourceArn (ArnLike) and aws:SourceAccount (StringEquals).",
        );
    }

    /// IAM User Guide, "Create a role for OpenID Connect federation": which identities.
    fn any_identity(&mut self, provider: &str) {
        if !self.includes("sts:AssumeRoleWithWebIdentity") {
            return;
        }
        let host = provider
            .split_once(":oidc-provider/")
            .map_or(provider, |(_, host)| host);
        let tied = self.statement.conditions.iter().any(|condition| {
            let key = condition.key.to_ascii_lowercase();
            key.strip_prefix(&host.to_ascii_lowercase())
                .is_some_and(|claim| !matches!(claim, ":aud" | ":azp"))
        });
        // Some providers give each application an audience of its own.
        let own_audience = !matches!(
            host,
            "token.actions.githubusercontent.com" | "gitlab.com" | "app.terraform.io"
        ) && self.has_key(&[
            &format!("{host}:aud"),
            &format!("{host}:app_id"),
            &format!("{host}:azp"),
        ]);
        if !tied && !own_audience {
            self.find(
                Rule::AnyIdentity,
                Severity::Security,
                format!("lets every identity of {host} take the role"),
                format!("Add a condition on {host}:sub, and one on {host}:aud."),
            );
        }
    }

    /// IAM User Guide, "Condition operators".
    pub(super) fn conditions(&mut self) {
        for condition in &self.statement.conditions {
            let (operator, key) = (&condition.operator, &condition.key);
            if condition.values.is_empty() {
                self.empty(&format!("{operator} {key}"));
            }
            if operator.starts_with("ForAllValues:") && self.allows() && !self.requires(key) {
                self.find(
                    Rule::ForAllValuesAllow,
                    Severity::Security,
                    format!("allows, by {operator}, requests that have no {key} at all"),
                    format!("Add {{\"Null\": {{\"{key}\": \"false\"}}}} to the condition."),
                );
            }
            let Some(parsed) = Operator::parse(operator) else {
                continue;
            };
            for value in &condition.values {
                self.value(parsed, operator, key, value);
            }
        }
    }

    fn value(&mut self, parsed: Operator, operator: &str, key: &str, value: &str) {
        if self.variables && value.contains("${") {
            return;
        }
        if !parsed.reads(value) {
            self.find(
                Rule::UnreadableValue,
                Severity::Warning,
                format!("compares {key} by {operator} with \"{value}\", which is never equal"),
                "Write the value in the form that the operator takes.",
            );
        } else if parsed.is_literal() && value.contains(['*', '?']) {
            self.find(
                Rule::PlainWildcard,
                Severity::Warning,
                format!("takes the wildcards of \"{value}\" under {operator} as plain characters"),
                format!("Use {}.", parsed.like_name()),
            );
        }
    }

    /// Whether another condition is only satisfied if the key is there.
    fn requires(&self, key: &str) -> bool {
        self.statement.conditions.iter().any(|condition| {
            let null = condition.operator == "Null"
                && condition
                    .values
                    .iter()
                    .all(|value| value.eq_ignore_ascii_case("false"));
            let any = condition.operator.starts_with("ForAnyValue:");
            condition.key.eq_ignore_ascii_case(key) && (null || any)
        })
    }

    /// IAM User Guide, "Version" and "Resource".
    pub(super) fn texts(&mut self) {
        let statement = self.statement;
        if let Some(list) = &statement.resources {
            let element = if list.negated {
                "NotResource"
            } else {
                "Resource"
            };
            if list.values.is_empty() {
                self.empty(element);
            }
            for value in &list.values {
                if value.starts_with("arn:") && value.split(':').count() < 6 {
                    self.find(
                        Rule::ShortArn,
                        Severity::Warning,
                        format!("has {value} in {element}, which lacks segments of an ARN"),
                        "Write all six segments: arn:partition:service:region:account:resource.",
                    );
                }
            }
        }
        let conditions = statement.conditions.iter().flat_map(|c| &c.values);
        let mut texts = values(statement.resources.as_ref()).chain(conditions.map(String::as_str));
        if let Some(text) = texts
            .find(|text| text.contains("${"))
            .filter(|_| !self.variables)
        {
            self.find(
                Rule::PlainVariable,
                Severity::Warning,
                format!("has \"{text}\", where the variable is plain text"),
                "Set Version to 2012-10-17.",
            );
        }
    }

    /// AWS Organizations User Guide, "Resource control policies (RCPs)".
    pub(super) fn controls(&mut self) {
        if self.kind != PolicyKind::Rcp {
            return;
        }
        for action in values(self.statement.actions.as_ref()) {
            let service = action.split(':').next().unwrap_or_default();
            let applies = |known: &str| known.eq_ignore_ascii_case(service);
            if service != "*" && !CONTROLLED.into_iter().any(applies) {
                self.find(
                    Rule::NotControlled,
                    Severity::Warning,
                    format!("denies {action}, but AWS applies no resource control policies to it"),
                    "Deny it in a service control policy or in the resource's own policy.",
                );
            }
        }
    }

    fn empty(&mut self, element: &str) {
        self.find(
            Rule::Empty,
            Severity::Warning,
            format!("has no value in {element}"),
            "Add values, or remove the element.",
        );
    }

    /// Service Authorization Reference.
    pub(super) fn names(&mut self, known: &dyn Known) {
        let statement = self.statement;
        for value in values(statement.actions.as_ref()) {
            let Some((service, name)) = value.split_once(':') else {
                continue;
            };
            if service.contains(['*', '?']) || name == "*" {
                continue;
            }
            let problem = if known.has_service(service) {
                let pattern = Pattern::new(&name.to_ascii_lowercase(), Mode::Like, false);
                let exists = known
                    .actions(service)
                    .iter()
                    .any(|action| pattern.matches_ignoring_case(action.as_bytes()));
                (!exists).then(|| format!("has {value}, which is no action of {service}"))
            } else {
                Some(format!("has {value}, whose service is not known"))
            };
            if let Some(problem) = problem {
                let help = "Look for the right name in the Service Authorization Reference.";
                self.find(Rule::UnknownAction, Severity::Warning, problem, help);
            }
        }
        for condition in &statement.conditions {
            let key = &condition.key;
            let prefix = key.split(':').next().unwrap_or_default();
            let judged = prefix.eq_ignore_ascii_case("aws") || known.has_service(prefix);
            if judged && !known.has_key(key) {
                self.find(
                    Rule::UnknownKey,
                    Severity::Warning,
                    format!("asks for {key}, which is no condition key"),
                    "Look for the right name in the Service Authorization Reference.",
                );
            }
        }
    }
}

/// Whether one action pattern, in lower case, matches all that another does. Cautious:
/// with wildcards in `narrow`, only the prefix of a `wide` that ends in `*` is compared.
fn covers(wide: &str, narrow: &str) -> bool {
    if !narrow.contains(['*', '?']) {
        return Pattern::new(wide, Mode::Like, false).matches_plain(narrow.as_bytes());
    }
    wide.strip_suffix('*')
        .is_some_and(|start| !start.contains(['*', '?']) && narrow.starts_with(start))
}
