//! What IAM refuses when a document is written, in IAM's words and in IAM's order.
//!
//! The messages are those that AWS returns; where several things are wrong at once, the order of
//! the checks decides which one is reported. See [`adjudication`](crate::adjudication) for the ones
//! that are less certain.

use crate::arn;
use crate::condition::Operator;
use crate::document::{Document, List, RawPrincipalEntries, RawStatement};
use crate::error::PolicyError;
use crate::policy::PolicyKind;

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";

const PARTITIONS: [&str; 9] = [
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
    "aws-global",
];

const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// The actions of trust policies (Service Authorization Reference, AWS Security Token Service).
const TRUST_ACTIONS: [&str; 12] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
    "sts:DecodeAuthorizationMessage",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetFederationToken",
    "sts:GetServiceBearerToken",
    "sts:GetSessionToken",
];

fn refuse<T>(message: impl Into<String>) -> Result<T, PolicyError> {
    Err(PolicyError::new(message))
}

/// Checks a document that follows the grammar.
pub(crate) fn validate(document: &Document, kind: PolicyKind) -> Result<(), PolicyError> {
    check_version(document, kind)?;
    check_legacy(document)?;
    let resource_error = check_resources(document)?;
    check_sids(document, kind)?;
    for statement in &document.statements {
        if statement
            .actions
            .as_ref()
            .is_none_or(|actions| actions.values.is_empty())
        {
            return refuse("Policy statement must contain actions.");
        }
    }
    if let Some(error) = resource_error {
        return Err(error);
    }
    check_actions(document)?;
    for statement in &document.statements {
        check_elements(statement, kind)?;
    }
    Ok(())
}

/// IAM takes any characters from this set, [`crate::Policy::parse`].
pub(crate) fn has_only_allowed_chars(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}'))
}

/// The message for a text that is not a policy at all.
pub(crate) fn not_a_policy(is_json: bool, kind: PolicyKind) -> PolicyError {
    PolicyError::new(match (kind, is_json) {
        (PolicyKind::Trust, false) => "This policy contains invalid Json",
        _ => SYNTAX,
    })
}

/// "Every SCP must include a `Version` element with the value 2012-10-17", and so must every RCP
/// (AWS Organizations User Guide, "SCP syntax", "RCP syntax").
fn check_version(document: &Document, kind: PolicyKind) -> Result<(), PolicyError> {
    let needs_newest = matches!(
        kind,
        PolicyKind::Managed | PolicyKind::Scp | PolicyKind::Rcp
    );
    if needs_newest && !document.has_variables() {
        return refuse("Policy document must be version 2012-10-17 or greater.");
    }
    Ok(())
}

/// What IAM's older parser refuses.
fn check_legacy(document: &Document) -> Result<(), PolicyError> {
    for statement in &document.statements {
        if !matches!(statement.effect.as_str(), "Allow" | "Deny") {
            return refuse(LEGACY);
        }
        for condition in &statement.conditions {
            let Some(operator) = Operator::parse(&condition.operator) else {
                return refuse(SYNTAX);
            };
            if operator.is_date() && !condition.values.iter().all(|value| operator.accepts(value)) {
                return refuse(LEGACY);
            }
        }
    }
    Ok(())
}

/// An `Ok` error is one to report only after other checks have passed.
fn check_resources(document: &Document) -> Result<Option<PolicyError>, PolicyError> {
    let mut error = None;
    for resources in document
        .statements
        .iter()
        .filter_map(|s| s.resources.as_ref())
    {
        let mut values: Vec<&str> = resources.values.iter().map(String::as_str).collect();
        values.sort_unstable();
        error = error.or_else(|| values.iter().find_map(|value| resource_error(value)));
        if error.is_none() && values.iter().any(|value| fails_legacy_resource(value)) {
            return refuse(LEGACY);
        }
    }
    Ok(error.map(PolicyError::new))
}

fn fails_legacy_resource(resource: &str) -> bool {
    if resource == "*" {
        return false;
    }
    let colons = colons_outside_variables(resource);
    (colons < 5 && resource.contains("::")) || resource.split(':').nth(2) == Some("")
}

/// Colons, but for those inside of `${...}`.
fn colons_outside_variables(text: &str) -> usize {
    let mut inside = false;
    text.chars()
        .filter(|c| {
            inside = (inside || *c == '$') && *c != '}';
            *c == ':' && !inside
        })
        .count()
}

fn resource_error(resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    let Some((prefix, rest)) = resource.split_once(':') else {
        return Some(format!(
            "Resource {resource} must be in ARN format or \"*\"."
        ));
    };
    let (partition, after_partition) = match rest.split_once(':') {
        Some((partition, after)) => (partition, Some(after)),
        None => (rest, None),
    };
    if !is_partition(partition) {
        return Some(bad_partition(
            partition,
            after_partition.unwrap_or_default(),
            resource,
        ));
    }
    if prefix != "arn" {
        return Some(format!(
            "Resource {resource} must be in ARN format or \"*\"."
        ));
    }
    let Some(after_partition) = after_partition else {
        return Some(vendor_error());
    };
    let mut segments = after_partition.splitn(4, ':');
    let vendor = segments.next().unwrap_or_default();
    if vendor.contains(['*', '?']) {
        return Some(vendor_error());
    }
    let region = segments.next();
    let path = segments.nth(1);
    service_error(resource, vendor, region, path)
}

fn vendor_error() -> String {
    "Resource vendor must be fully qualified and cannot contain regexes.".to_owned()
}

fn is_partition(partition: &str) -> bool {
    if partition.contains(['*', '?']) {
        let pattern = crate::pattern::Pattern::new(partition, crate::pattern::Mode::Like, false);
        return PARTITIONS
            .iter()
            .any(|known| pattern.matches_plain(known.as_bytes()));
    }
    PARTITIONS.contains(&partition)
}

/// IAM prints the ARN as it understood it, with `*` for the segments that are missing.
fn bad_partition(partition: &str, rest: &str, _resource: &str) -> String {
    let mut segments = rest.splitn(4, ':');
    let several = rest.contains(':');
    let mut next = |first: bool| match segments.next() {
        Some("") if first && !several => "*",
        Some(segment) => segment,
        None => "*",
    };
    let (a, b, c, d) = (next(true), next(false), next(false), next(false));
    format!(
        "Partition \"{partition}\" is not valid for resource \"arn:{partition}:{a}:{b}:{c}:{d}\"."
    )
}

/// What single services say about ARNs of theirs. Segments that are missing are not checked.
fn service_error(
    resource: &str,
    vendor: &str,
    region: Option<&str>,
    path: Option<&str>,
) -> Option<String> {
    let has_region = region.is_some_and(|region| !region.is_empty() && region != "*");
    let path = path?;
    match vendor {
        "iam" if has_region => Some(format!(
            "IAM resource {resource} cannot contain region information."
        )),
        "iam" if !is_iam_path(path) => Some(format!(
            "IAM resource path must either be \"*\" or start with {}.",
            IAM_PATHS.join(", ")
        )),
        "s3" if has_region && !is_regional_s3(path) => Some(format!(
            "Resource {resource} can not contain region information."
        )),
        _ => None,
    }
}

/// `root` is the resource of `sts:AssumeRoot`; a path that begins with a wildcard may be anything.
fn is_iam_path(path: &str) -> bool {
    path == "root"
        || path.starts_with(['*', '?'])
        || IAM_PATHS.iter().any(|prefix| {
            let literal = path.split(['*', '?']).next().unwrap_or_default();
            path.starts_with(prefix) || (literal.len() < path.len() && prefix.starts_with(literal))
        })
}

/// Resource types of S3 that live in a region (Service Authorization Reference, Amazon S3).
fn is_regional_s3(path: &str) -> bool {
    path.starts_with(['*', '?'])
        || [
            "accesspoint",
            "job",
            "storage-lens",
            "async-request",
            "access-grants",
        ]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

fn check_sids(document: &Document, kind: PolicyKind) -> Result<(), PolicyError> {
    let mut sids: Vec<&str> = document
        .statements
        .iter()
        .filter_map(|statement| statement.sid.as_deref())
        .filter(|sid| !sid.is_empty())
        .collect();
    sids.sort_unstable();
    if sids.windows(2).any(|pair| pair.first() == pair.last()) {
        return refuse("Statement IDs (SID) in a single policy must be unique.");
    }
    // Services other than IAM allow more in the policies of their resources.
    let plain = |sid: &&str| sid.bytes().all(|b| b.is_ascii_alphanumeric());
    if kind != PolicyKind::Resource && !sids.iter().all(plain) {
        return refuse(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
             expression [0-9A-Za-z]*",
        );
    }
    Ok(())
}

fn check_actions(document: &Document) -> Result<(), PolicyError> {
    for action in document
        .statements
        .iter()
        .filter_map(|s| s.actions.as_ref())
        .flat_map(|list| &list.values)
    {
        if action == "*" {
            continue;
        }
        let Some((vendor, name)) = action.split_once(':') else {
            return refuse(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            );
        };
        if name.contains(':') {
            return refuse("Actions/Condition can contain only one colon.");
        }
        let is_vendor_char = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        if vendor != "*" && !vendor.bytes().all(is_vendor_char) {
            return refuse(format!("Vendor {vendor} is not valid"));
        }
    }
    Ok(())
}

/// Which elements a statement must and must not have.
fn check_elements(statement: &RawStatement, kind: PolicyKind) -> Result<(), PolicyError> {
    match kind {
        PolicyKind::Identity | PolicyKind::Managed | PolicyKind::Session | PolicyKind::Scp => {
            require_resources(statement.resources.as_ref())?;
            if statement.principals.is_some() {
                return refuse("Policy document should not specify a principal.");
            }
        }
        PolicyKind::Trust => {
            check_trust_actions(statement)?;
            if statement.resources.is_some() {
                return refuse("Has prohibited field Resource.");
            }
            if statement
                .principals
                .as_ref()
                .is_some_and(|principals| principals.negated)
            {
                return refuse("Has prohibited field NotPrincipal.");
            }
            check_principals(statement, kind)?;
        }
        PolicyKind::Resource => check_principals(statement, kind)?,
        PolicyKind::Rcp => {
            require_resources(statement.resources.as_ref())?;
            check_resource_control(statement)?;
        }
    }
    if matches!(kind, PolicyKind::Scp | PolicyKind::Rcp) {
        return check_short_arns(statement, kind);
    }
    Ok(())
}

/// What AWS Organizations asks of the resource control policies that customers write ("RCP
/// syntax"): only `Deny`, of named services' actions, for everyone.
fn check_resource_control(statement: &RawStatement) -> Result<(), PolicyError> {
    match &statement.principals {
        None => return refuse("Missing required field Principal"),
        Some(principals) if principals.negated => {
            return refuse("Has prohibited field NotPrincipal.");
        }
        Some(principals) => {
            if let RawPrincipalEntries::Typed(entries) = &principals.entries {
                let (kind, name) = entries.first().map_or(("", ""), |(k, n)| (k, n));
                return Err(PolicyError::invalid_principal(kind, name));
            }
        }
    }
    let actions = statement.actions.as_ref();
    if actions.is_some_and(|list| list.negated) {
        return refuse("Has prohibited field NotAction.");
    }
    for action in actions.iter().flat_map(|list| &list.values) {
        let vendor = action.split(':').next().unwrap_or_default();
        if vendor.contains(['*', '?']) {
            return refuse(format!("Vendor {vendor} is not valid"));
        }
    }
    if statement.effect != "Deny" {
        return refuse("A resource control policy can only have the Effect Deny.");
    }
    Ok(())
}

fn require_resources(resources: Option<&List>) -> Result<(), PolicyError> {
    match resources {
        Some(list) if !list.values.is_empty() => Ok(()),
        _ => refuse("Policy statement must contain resources."),
    }
}

fn check_trust_actions(statement: &RawStatement) -> Result<(), PolicyError> {
    let known = |action: &String| TRUST_ACTIONS.iter().any(|k| k.eq_ignore_ascii_case(action));
    match &statement.actions {
        Some(list) if !list.negated && list.values.iter().all(known) => Ok(()),
        _ => refuse(
            "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and \
             sts:AssumeRoleWithWebIdentity",
        ),
    }
}

/// Organizations do not pad short ARNs, so one without a wildcard at its end would be without
/// effect.
fn check_short_arns(statement: &RawStatement, kind: PolicyKind) -> Result<(), PolicyError> {
    for resource in statement.resources.iter().flat_map(|list| &list.values) {
        let short = resource != "*" && colons_outside_variables(resource) < 5;
        if short && (kind == PolicyKind::Rcp || !resource.ends_with('*')) {
            return refuse(format!(
                "Resource {resource} must be in ARN format or \"*\"."
            ));
        }
    }
    Ok(())
}

fn check_principals(statement: &RawStatement, kind: PolicyKind) -> Result<(), PolicyError> {
    let Some(principals) = &statement.principals else {
        return refuse("Missing required field Principal");
    };
    let entries = match &principals.entries {
        RawPrincipalEntries::Star if kind == PolicyKind::Trust => {
            // Word for word from CreateRole (github.com/aws/aws-cdk, issue 5732).
            return refuse("AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".");
        }
        RawPrincipalEntries::Star => return Ok(()),
        RawPrincipalEntries::Typed(entries) => entries,
    };
    if entries.is_empty() {
        return refuse(
            "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in \
             policy has a statement with no principals!",
        );
    }
    for (kind, name) in entries {
        if !is_principal(kind, name) {
            return Err(PolicyError::invalid_principal(kind, name));
        }
    }
    Ok(())
}

fn is_principal(kind: &str, name: &str) -> bool {
    match kind {
        "AWS" => {
            name == "*"
                || arn::account_of_root(name).is_some()
                || arn::is_user_or_role(name)
                || arn::is_session(name)
                || arn::is_unique_id(name)
        }
        "Service" => is_service(name),
        "Federated" => is_provider(name),
        _ => name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()),
    }
}

fn is_service(name: &str) -> bool {
    let suffix = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".aws.internal",
        ".amazon.com",
        ".aws",
    ];
    let is_label = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    suffix.iter().any(|suffix| {
        name.strip_suffix(suffix)
            .is_some_and(|label| !label.is_empty() && label.bytes().all(is_label))
    })
}

/// A SAML or OIDC provider's ARN, or the domain of a provider that AWS knows.
fn is_provider(name: &str) -> bool {
    match arn::split(name) {
        Some(["arn", _, "iam", "", account, resource]) => {
            arn::is_account(account)
                && (resource.starts_with("saml-provider/")
                    || resource.starts_with("oidc-provider/"))
        }
        Some(_) => false,
        None => name.contains('.') && !name.contains(['*', '?', ' ', ':']),
    }
}
