//! Mistakes that people make: what a mismatch looks like.

use super::Mismatch;
use super::closest::raw;
use crate::arn;
use crate::evaluate::Request;
use crate::pattern::{Mode, Pattern};
use crate::policy::Statement;
use crate::principal::PrincipalKind;

/// The mistake behind a mismatch, or `None` if it looks like none.
pub(super) fn of(
    mismatch: &Mismatch,
    statement: &Statement,
    request: &Request<'_>,
) -> Option<String> {
    match mismatch {
        Mismatch::Action => action(statement, request),
        Mismatch::Principal => principal(statement, request),
        Mismatch::Resource {
            element: "Resource",
            patterns,
        } => patterns.iter().find_map(|p| resource(p, request)),
        Mismatch::Resource { .. } => None,
        Mismatch::Condition {
            operator,
            key,
            wanted,
            seen,
        } => condition(operator, key, wanted, seen.as_deref(), request),
    }
}

/// A listed action that is spelt almost like the one that was asked for.
fn action(statement: &Statement, request: &Request<'_>) -> Option<String> {
    const NEAR: usize = 2;
    let listed = raw(statement).actions.filter(|list| !list.negated)?.values;
    let near = listed.into_iter().find(|listed| {
        !listed.contains(['*', '?'])
            && distance(
                &listed.to_ascii_lowercase(),
                &request.action.to_ascii_lowercase(),
            ) <= NEAR
    })?;
    Some(format!("it says {near}, the call needs {}", request.action))
}

/// How many letters have to be put in, left out or replaced to turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (b, above) in to.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(a != *b);
            left = replaced.min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Whom the statement names, beside who calls.
fn principal(statement: &Statement, request: &Request<'_>) -> Option<String> {
    let names: Vec<&str> = statement
        .principals
        .as_ref()?
        .names()
        .map(|(_, name)| name)
        .collect();
    let caller = match request.principal.kind {
        PrincipalKind::Service => request.principal.service?,
        PrincipalKind::AssumedRole => request.principal.issuer_arn?,
        PrincipalKind::Anonymous => "nobody in particular",
        _ => request.principal.arn,
    };
    Some(format!(
        "it names {}, the caller is {caller}",
        names.join(", ")
    ))
}

fn resource(pattern: &str, request: &Request<'_>) -> Option<String> {
    let covers =
        |text: &str| Pattern::new(text, Mode::Resource, true).matches(request.resource, request);
    if request.resource == "*" {
        return Some(format!(
            "{} is not about one resource: only the Resource \"*\" covers it",
            request.action
        ));
    }
    if Pattern::new(&pattern.to_lowercase(), Mode::Resource, true)
        .matches(&request.resource.to_lowercase(), request)
    {
        return Some("the letters differ in case only, and ARNs are case-sensitive".to_owned());
    }
    for (end, what) in [
        (":*", "goes on after a colon"),
        ("/*", "goes on after a slash"),
        ("-??????", "ends in a hyphen and six random characters"),
    ] {
        if covers(&format!("{pattern}{end}")) {
            return Some(format!("the resource {what}: \"{pattern}{end}\" covers it"));
        }
    }
    for end in [":*", "/*"] {
        if let Some(short) = pattern.strip_suffix(end).filter(|short| covers(short)) {
            return Some(format!(
                "the resource ends before the \"{end}\": \"{short}\" covers it"
            ));
        }
    }
    other_segment(pattern, request).or_else(|| other_type(pattern, request))
}

/// A pattern that would match but for one or two of partition, service, region and account.
fn other_segment(pattern: &str, request: &Request<'_>) -> Option<String> {
    const NAMES: [(usize, &str); 4] = [
        (1, "partition"),
        (2, "service"),
        (3, "region"),
        (4, "account"),
    ];
    let theirs = arn::split(pattern)?;
    let ours = arn::split(request.resource)?;
    let bare = theirs[5].strip_suffix(":*").unwrap_or(theirs[5]);
    let named = [theirs[5], bare];
    if !named
        .iter()
        .any(|name| Pattern::new(name, Mode::Like, true).matches(ours[5], request))
    {
        return None;
    }
    let differ: Vec<String> = NAMES
        .iter()
        .filter_map(|(i, name)| Some((name, theirs.get(*i)?, ours.get(*i)?)))
        .filter(|(_, theirs, ours)| !Pattern::new(theirs, Mode::Like, true).matches(ours, request))
        .map(
            |(name, theirs, ours)| match (theirs.is_empty(), ours.is_empty()) {
                (true, _) => format!("it has no {name}, the resource has {ours}"),
                (_, true) => format!("it has the {name} {theirs}, such a resource has none"),
                _ => format!("its {name} is {theirs}, the resource's is {ours}"),
            },
        )
        .collect();
    (!differ.is_empty()).then(|| differ.join("; "))
}

/// A pattern for another type of resource of the same service.
fn other_type(pattern: &str, request: &Request<'_>) -> Option<String> {
    let theirs = arn::split(pattern)?;
    let ours = arn::split(request.resource)?;
    let kind = |resource: &str| resource.split(['/', ':']).next().map(str::to_owned);
    let (theirs, service, ours) = (kind(theirs[5])?, theirs[2] == ours[2], kind(ours[5])?);
    (service && theirs != ours && !theirs.contains(['*', '?', '$'])).then(|| {
        format!(
            "it is about a {theirs}, {} is checked on a {ours}",
            request.action
        )
    })
}

fn condition(
    operator: &str,
    key: &str,
    wanted: &[String],
    seen: Option<&[String]>,
    request: &Request<'_>,
) -> Option<String> {
    let base = operator.rsplit(':').next().unwrap_or(operator);
    let base = base.strip_suffix("IfExists").unwrap_or(base);
    let Some(seen) = seen else {
        return (base != "Null").then(|| {
            format!("this call has no {key} at all; {base}IfExists holds without the key, too")
        });
    };
    let as_like = |fold: bool| {
        wanted.iter().any(|wanted| {
            let folded = |text: &str| {
                if fold {
                    text.to_lowercase()
                } else {
                    text.to_owned()
                }
            };
            let pattern = Pattern::new(&folded(wanted), Mode::Like, true);
            seen.iter()
                .any(|seen| pattern.matches(&folded(seen), request))
        })
    };
    match base {
        "StringEquals" | "StringEqualsIgnoreCase" if as_like(false) => Some(format!(
            "{base} takes * and ? as plain characters; StringLike does not"
        )),
        "ArnLike" | "ArnEquals" if as_like(false) => Some(format!(
            "a * of {base} ends at the next colon; write every segment of the ARN"
        )),
        "StringEquals" | "StringLike" if as_like(true) => {
            Some("the values differ in case only; StringEqualsIgnoreCase would hold".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("logs:putlogevent", "logs:putlogevents", 1),
            ("kitten", "sitting", 3),
            ("ecr:batchgetimages", "ecr:batchgetimage", 1),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
    }
}
