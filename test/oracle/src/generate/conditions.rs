//! Condition keys, their values in requests, and conditions about them.

use serde_json::{Map, Value, json};

use super::patterns::{blurred, list, with_variable};
use super::{Theme, spelled};
use crate::cast::CAST;
use crate::random::Random;

/// What kind of values a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Family {
    #[default]
    String,
    Arn,
    Number,
    Date,
    Bool,
    Address,
    Bytes,
}

/// The keys that requests set themselves.
const KEYS: &[(&str, Family)] = &[
    ("aws:PrincipalTag/team", Family::String),
    ("aws:RequestTag/team", Family::String),
    ("aws:ResourceTag/Team", Family::String),
    ("aws:TagKeys", Family::String),
    ("aws:CalledVia", Family::String),
    ("aws:RequestedRegion", Family::String),
    ("aws:SourceArn", Family::Arn),
    ("ecs:cluster", Family::Arn),
    ("ecs:task-cpu", Family::Number),
    ("aws:MultiFactorAuthAge", Family::Number),
    ("aws:CurrentTime", Family::Date),
    ("aws:TokenIssueTime", Family::Date),
    ("aws:SecureTransport", Family::Bool),
    ("aws:MultiFactorAuthPresent", Family::Bool),
    ("aws:SourceIp", Family::Address),
    ("aws:VpcSourceIp", Family::Address),
    ("kms:digest", Family::Bytes),
];

/// The keys that follow from the caller and the resource.
const DERIVED: &[(&str, Family)] = &[
    ("aws:username", Family::String),
    ("aws:userid", Family::String),
    ("aws:PrincipalArn", Family::Arn),
    ("aws:PrincipalAccount", Family::String),
    ("aws:PrincipalType", Family::String),
    ("aws:PrincipalIsAWSService", Family::Bool),
    ("aws:PrincipalServiceName", Family::String),
    ("aws:ResourceAccount", Family::String),
];

const STRINGS: &[&str] = &[
    "blue",
    "Blue",
    "green",
    "a*",
    "",
    "alice",
    "web",
    "${aws:username}",
    "us-east-1",
    "b?ue",
];
const ARNS: &[&str] = &[
    "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
    "arn:aws:ecs:us-east-1:123456789012:task/prod/abc",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:iam::123456789012:role/team/deploy",
    "arn:aws:s3:::bucket/a:b",
    "arn:aws:s3:::bucket",
];
const NUMBERS: &[&str] = &[
    "0", "256", "256.0", "0256", "-1", "1024", "255.5", "abc", "", "-0",
];
const DATES: &[&str] = &[
    "2026-07-01T12:00:00Z",
    "2026-07-01T14:00:00+02:00",
    "2026-07-01T12:00Z",
    "2026-07-01",
    "2026-07",
    "1782907200",
    "2026-07-01T12:00:00.5Z",
    "2026-06-30T23:59:59-05:00",
    "2026-02-29T00:00:00Z",
    "someday",
];
const EPOCHS: &[i64] = &[
    1_782_907_200,
    1_782_864_000,
    1_782_907_199,
    0,
    1_782_907_201,
];
const BOOLS: &[&str] = &["true", "false", "true", "false", "TRUE", "False", "yes"];
const ADDRESSES: &[&str] = &[
    "192.0.2.1",
    "192.0.2.200",
    "198.51.100.7",
    "2001:db8::1",
    "::1",
];
const BLOCKS: &[&str] = &[
    "192.0.2.0/24",
    "192.0.2.1",
    "192.0.2.77/25",
    "198.51.100.7/32",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:DB8:0::1",
    "::/0",
];
/// What may be read in several ways, or in none.
const ODD: &[&str] = &[
    "+5",
    "5.",
    ".5",
    " 5",
    "1e3",
    "99999999999999999999",
    "99999999999999999998",
    "9007199254740993",
    "2026",
    "2026-07-01T12:00:00",
    "2026-07-01t12:00:00z",
    "2026-07-01T12:00:00+0000",
    "2026-07-01T12:00:00.000Z",
    "2026-07-01T24:00:00Z",
    "192.0.2.0/33",
    "192.0.2",
    "192.0.2.0/",
    "::ffff:192.0.2.1",
    "arn:aws:s3",
    "arn:aws:ecs:*",
    "arn:*",
    "*",
    "**",
    "*:*:*:*:*:*",
    "caf\u{e9}",
    "CAF\u{c9}",
    "True",
    "1",
    "${",
    "${}",
    "${aws:username",
    "${aws:username,'x'}",
    "${aws:username, 'x}'}",
    "${ aws:username}",
    "${a${aws:username}}",
    "$${aws:username}",
    "${foo}",
    "${aws:RequestTag/none, 'a}b' }",
    "${aws:RequestTag/none,  'x'}",
    "${aws:RequestTag/none, 'it's'}",
    "${aws:RequestTag/none, x}",
    "AAEC\n",
    "AAE=",
    "AAE",
];
const BYTES: &[&str] = &["AAEC", "aGVsbG8=", "aGVsbG9=", "!!", ""];

/// The keys of a request.
pub(crate) fn context(random: &mut Random) -> Map<String, Value> {
    let mut context = Map::new();
    if random.chance(15) {
        return context;
    }
    for (key, family) in KEYS {
        if random.chance(55) {
            continue;
        }
        let value = if random.chance(4) {
            // What ForAllValues and ForAnyValue take for nothing.
            match random.below(4) {
                0 => json!([]),
                1 => json!(["", ""]),
                _ => json!(""),
            }
        } else if matches!(*key, "aws:TagKeys" | "aws:CalledVia") || random.chance(4) {
            let count = random.below(4);
            (0..count).map(|_| text(random, *family)).collect()
        } else {
            own_value(random, *family)
        };
        context.insert(spelled(random, key), value);
    }
    if random.chance(3) {
        // What follows from the caller can't be set.
        let (key, family) = random.pick(DERIVED);
        context.insert(key.to_owned(), text(random, family));
    }
    context
}

/// A value in the form that its family has in a request.
fn own_value(random: &mut Random, family: Family) -> Value {
    let as_text = random.chance(25);
    match family {
        Family::Number if !as_text => json!(random.pick(&[0, 256, 1024, -1])),
        Family::Date if !as_text => json!({"epoch": random.pick(EPOCHS)}),
        Family::Bool if !as_text => json!(random.chance(50)),
        Family::Address if !as_text => json!({"ip": random.pick(ADDRESSES)}),
        family => text(random, family),
    }
}

fn text(random: &mut Random, family: Family) -> Value {
    if random.chance(6) {
        return random.pick(ODD).into();
    }
    let list = match family {
        Family::String => STRINGS,
        Family::Arn => ARNS,
        Family::Number => NUMBERS,
        Family::Date => DATES,
        Family::Bool => BOOLS,
        Family::Address => ADDRESSES,
        Family::Bytes => BYTES,
    };
    random.pick(list).into()
}

/// A `Condition` element: one operator or two, with one key or two.
pub(crate) fn condition(random: &mut Random, theme: &Theme) -> Value {
    let mut operators = Map::new();
    for _ in 0..1 + random.below(2) {
        let (key, own) = if random.chance(65) {
            random.pick(KEYS)
        } else {
            random.pick(DERIVED)
        };
        let family = if random.chance(8) {
            random.pick(&[
                Family::String,
                Family::Arn,
                Family::Number,
                Family::Date,
                Family::Bool,
            ])
        } else {
            own
        };
        let (name, family) = operator(random, family);
        let value = if name == "Null" {
            list(random, |random| random.pick(&["true", "false"]).to_owned())
        } else {
            typed(random, family, |random| wanted(random, theme, key, family))
        };
        let keys = operators.entry(name).or_insert_with(|| json!({}));
        if let Some(keys) = keys.as_object_mut() {
            let key = spelled(random, key);
            keys.insert(key, value);
        }
    }
    Value::Object(operators)
}

/// An operator that suits the family, with a qualifier now and then.
fn operator(random: &mut Random, family: Family) -> (String, Family) {
    if random.chance(10) {
        return ("Null".to_owned(), family);
    }
    let name = match family {
        Family::String => random.pick(&[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ]),
        Family::Arn => random.pick(&[
            "ArnEquals",
            "ArnNotEquals",
            "ArnLike",
            "ArnNotLike",
            "StringLike",
            "StringEquals",
        ]),
        Family::Number | Family::Date => random.pick(&[
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        ]),
        Family::Bool => "Bool",
        Family::Address => random.pick(&["IpAddress", "NotIpAddress"]),
        Family::Bytes => "BinaryEquals",
    };
    let prefix = match family {
        Family::Number => "Numeric",
        Family::Date => "Date",
        _ => "",
    };
    let qualifier = match random.below(10) {
        0 | 1 => "ForAllValues:",
        2 | 3 => "ForAnyValue:",
        _ => "",
    };
    let suffix = if random.chance(20) { "IfExists" } else { "" };
    (format!("{qualifier}{prefix}{name}{suffix}"), family)
}

/// Texts of a policy; numbers and Booleans sometimes without quotes.
fn typed(random: &mut Random, family: Family, one: impl FnMut(&mut Random) -> String) -> Value {
    let bare = random.chance(30);
    let value = list(random, one);
    match (&value, family) {
        (Value::String(text), Family::Number) if bare => match text.parse::<i64>() {
            Ok(number) => json!(number),
            Err(_) => value,
        },
        (Value::String(text), Family::Bool) if bare => match text.parse::<bool>() {
            Ok(value) => json!(value),
            Err(_) => value,
        },
        _ => value,
    }
}

/// A value that a policy wants: what the request has, or something near.
fn wanted(random: &mut Random, theme: &Theme, key: &str, family: Family) -> String {
    let mut base = match family {
        Family::Address => random.pick(BLOCKS).to_owned(),
        family => text(random, family).as_str().unwrap_or_default().to_owned(),
    };
    let has = theme
        .context
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key));
    if let (Some((_, Value::String(has))), true) = (has, random.chance(40)) {
        base.clone_from(has);
    }
    if let (Family::String | Family::Arn, None, true) = (family, has, random.chance(60)) {
        base = of_a_caller(random, theme, key);
    }
    if !matches!(family, Family::String | Family::Arn) {
        if family == Family::Bool && random.chance(4) {
            return "${aws:SecureTransport}".to_owned();
        }
        return base;
    }
    match random.below(8) {
        0 | 1 => blurred(random, &base),
        2 => with_variable(random, &base),
        3 => base.to_ascii_uppercase(),
        _ => base,
    }
}

/// What a derived key may be.
fn of_a_caller(random: &mut Random, theme: &Theme, key: &str) -> String {
    let mut caller = theme.caller;
    if random.chance(35) {
        let indexes: Vec<usize> = (0..CAST.len()).collect();
        let n = random.pick(&indexes);
        caller = CAST.get(n).copied().unwrap_or(caller);
    }
    match key {
        "aws:username" => caller.arn.rsplit('/').next().unwrap_or_default().to_owned(),
        "aws:userid" if caller.session.is_empty() => caller.id.to_owned(),
        "aws:userid" => {
            let first = if caller.kind == "role" {
                caller.id
            } else {
                caller.account
            };
            format!("{first}:{}", caller.session)
        }
        "aws:PrincipalArn" if caller.kind == "role" => caller.issuer.to_owned(),
        "aws:PrincipalArn" | "aws:PrincipalServiceName" => caller.arn.to_owned(),
        "aws:PrincipalType" => random
            .pick(&[
                "User",
                "AssumedRole",
                "FederatedUser",
                "Account",
                "Anonymous",
            ])
            .to_owned(),
        _ => caller.account.to_owned(),
    }
}
