//! Patterns of actions and resources, made by blurring what is asked for.

use serde_json::Value;

use super::{ACTIONS, RESOURCES, Theme, spelled};
use crate::random::Random;

/// One to three of something; one alone is often no array.
pub(crate) fn list(random: &mut Random, mut one: impl FnMut(&mut Random) -> String) -> Value {
    let count = 1 + random.below(3);
    if count == 1 && random.chance(60) {
        return one(random).into();
    }
    (0..count).map(|_| Value::from(one(random))).collect()
}

/// A pattern of actions; where the service must be named, not of all.
pub(crate) fn action(random: &mut Random, asked: &str, of_a_service: bool) -> String {
    if !of_a_service && random.chance(12) {
        return "*".to_owned();
    }
    let base = if random.chance(65) {
        asked
    } else {
        random.pick(ACTIONS)
    };
    let (service, name) = base.split_once(':').unwrap_or((base, "*"));
    let name = match random.below(4) {
        0 => name.to_owned(),
        1 => "*".to_owned(),
        _ => blurred(random, name),
    };
    spelled(random, &format!("{service}:{name}"))
}

/// A pattern of resources.
pub(crate) fn resource(random: &mut Random, theme: &Theme) -> String {
    if random.chance(20) {
        return "*".to_owned();
    }
    let mut base = if random.chance(70) {
        theme.resource
    } else {
        random.pick(RESOURCES)
    };
    if base == "*" {
        base = "arn:aws:ecs:us-east-1:123456789012:cluster/prod";
    }
    let mut segments: Vec<String> = base.splitn(6, ':').map(str::to_owned).collect();
    for _ in 0..random.below(3) {
        let n = random.pick(&[1, 3, 3, 4, 4, 5, 5, 5, 5]);
        if let Some(segment) = segments.get_mut(n) {
            *segment = match random.below(6) {
                0 if !segment.is_empty() => "*".to_owned(),
                1 if n == 5 => with_variable(random, segment),
                2 if n == 4 && random.chance(20) => "${aws:PrincipalAccount}".to_owned(),
                // Where there is no region or account, a wildcard is refused.
                _ if segment.is_empty() => String::new(),
                _ => blurred(random, segment),
            };
        }
    }
    if random.chance(10) {
        // A wildcard that must run over colons to match.
        let _ = segments.drain(4..5).count();
        if let Some(segment) = segments.get_mut(3) {
            segment.replace_range(.., "*");
        }
    }
    if random.chance(6) {
        // A short ARN, with or without a wildcard at its end.
        segments.truncate(3 + random.below(3));
        if random.chance(50) {
            segments.push("*".to_owned());
        }
    }
    segments.join(":")
}

/// A text with a wildcard or two in it.
pub(crate) fn blurred(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..1 + random.below(2) {
        let from = random.below(chars.len() + 1);
        match random.below(5) {
            // One character becomes any.
            0 => {
                if let Some(c) = chars.get_mut(from) {
                    *c = '?';
                }
            }
            // The end becomes anything.
            1 => {
                chars.truncate(from);
                chars.push('*');
            }
            // Nothing at all may be a run, too.
            2 => chars.insert(from, '*'),
            _ => {
                let to = (from + random.below(6)).min(chars.len());
                chars.splice(from..to, ['*']);
            }
        }
    }
    chars.into_iter().collect()
}

/// A text, some part of which has become a variable.
pub(crate) fn with_variable(random: &mut Random, text: &str) -> String {
    let variable = random.pick(&[
        "${aws:username}",
        "${aws:PrincipalTag/team}",
        "${AWS:principaltag/Team}",
        "${aws:PrincipalTag/team, 'blue'}",
        "${aws:RequestTag/team, ''}",
        "${aws:RequestTag/team, 'a*'}",
        "${aws:userid}",
        "${aws:TagKeys}",
        "${aws:CalledVia, 'web'}",
        "${ecs:task-cpu}",
        "${aws:PrincipalArn}",
        "${aws:CurrentTime}",
        "${aws:SecureTransport}",
        "${aws:SourceIp}",
        "${*}",
        "${?}",
        "${$}",
    ]);
    let parts: Vec<&str> = text.split('/').collect();
    let n = random.below(parts.len() + 1);
    let mut parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
    match parts.get_mut(n) {
        Some(part) => *part = variable.to_owned(),
        None => parts.push(variable.to_owned()),
    }
    parts.join("/")
}
