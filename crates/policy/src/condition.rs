//! Condition operators.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Conditions with multiple
//! context keys or values".

use std::net::IpAddr;

use base64::Engine as _;

use crate::document::RawCondition;
use crate::evaluate::Request;
use crate::key::{Item, Key, Seen};
use crate::number::Decimal;
use crate::pattern::{Mode, Pattern};
use crate::time::parse_date_ms;

/// One key under one operator: true or false for a request.
#[derive(Debug)]
pub(crate) struct Condition {
    quantifier: Quantifier,
    if_exists: bool,
    negated: bool,
    key: Key,
    test: Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    ForAllValues,
    ForAnyValue,
}

/// What the operator compares with. A value that its operator can't read is left out and so never
/// equals anything.
#[derive(Debug)]
enum Test {
    /// `String*`.
    Text(Box<[Pattern]>),
    /// `String*IgnoreCase`.
    TextIgnoringCase(Box<[Pattern]>),
    /// `Arn*`: only patterns that an ARN can match.
    Arn(Box<[Pattern]>),
    /// `Bool`; a variable may stand for the value.
    Bool(Box<[Pattern]>),
    Number(Comparison, Box<[Decimal]>),
    /// Milliseconds since the epoch.
    Date(Comparison, Box<[i64]>),
    Binary(Box<[Vec<u8>]>),
    Ip(Box<[Network]>),
    /// `Null`: whether an absent, and whether a present key satisfies it.
    Null {
        absent: bool,
        present: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    String(Mode),
    StringIgnoringCase,
    Number(Comparison),
    Date(Comparison),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// An operator's name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    quantifier: Quantifier,
    if_exists: bool,
    family: Family,
    negated: bool,
}

impl Operator {
    /// `None` if there is no such operator. Names are case-sensitive.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Quantifier::ForAllValues, rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Quantifier::ForAnyValue, rest)
        } else {
            (Quantifier::None, name)
        };
        let (rest, if_exists) = match rest.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (family, negated) = base_operator(rest)?;
        if family == Family::Null && if_exists {
            return None;
        }
        Some(Self {
            quantifier,
            if_exists,
            family,
            negated,
        })
    }

    pub(crate) const fn is_date(&self) -> bool {
        matches!(self.family, Family::Date(_))
    }

    /// Whether IAM takes a value when a document is written: only dates are looked at.
    pub(crate) fn accepts(&self, value: &str) -> bool {
        !self.is_date() || self.reads(value)
    }

    /// Whether a value is one that the operator can compare with.
    pub(crate) fn reads(&self, value: &str) -> bool {
        match self.family {
            Family::String(_) | Family::StringIgnoringCase => true,
            Family::Number(_) => Decimal::parse(value).is_some(),
            Family::Date(_) => parse_date_ms(value).is_some(),
            Family::Bool | Family::Null => is_bool(value),
            Family::Binary => parse_binary(value).is_some(),
            Family::Ip => Network::parse(value).is_some(),
            Family::Arn => value == "*" || has_six_parts(value),
        }
    }

    /// Whether the operator takes `*` and `?` as plain characters, where another one would not.
    pub(crate) const fn is_literal(&self) -> bool {
        matches!(
            self.family,
            Family::String(Mode::Literal) | Family::StringIgnoringCase
        )
    }

    /// The operator that takes `*` and `?` as wildcards where this one does not.
    pub(crate) const fn like_name(&self) -> &'static str {
        if self.negated {
            "StringNotLike"
        } else {
            "StringLike"
        }
    }
}

fn base_operator(name: &str) -> Option<(Family, bool)> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    Some(match name {
        "StringEquals" => (Family::String(Mode::Literal), false),
        "StringNotEquals" => (Family::String(Mode::Literal), true),
        "StringLike" => (Family::String(Mode::Like), false),
        "StringNotLike" => (Family::String(Mode::Like), true),
        "StringEqualsIgnoreCase" => (Family::StringIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Family::StringIgnoringCase, true),
        "NumericEquals" => (Family::Number(Equal), false),
        "NumericNotEquals" => (Family::Number(Equal), true),
        "NumericLessThan" => (Family::Number(Less), false),
        "NumericLessThanEquals" => (Family::Number(LessOrEqual), false),
        "NumericGreaterThan" => (Family::Number(Greater), false),
        "NumericGreaterThanEquals" => (Family::Number(GreaterOrEqual), false),
        "DateEquals" => (Family::Date(Equal), false),
        "DateNotEquals" => (Family::Date(Equal), true),
        "DateLessThan" => (Family::Date(Less), false),
        "DateLessThanEquals" => (Family::Date(LessOrEqual), false),
        "DateGreaterThan" => (Family::Date(Greater), false),
        "DateGreaterThanEquals" => (Family::Date(GreaterOrEqual), false),
        "Bool" => (Family::Bool, false),
        "BinaryEquals" => (Family::Binary, false),
        "IpAddress" => (Family::Ip, false),
        "NotIpAddress" => (Family::Ip, true),
        "ArnEquals" | "ArnLike" => (Family::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Family::Arn, true),
        "Null" => (Family::Null, false),
        _ => return None,
    })
}

impl Condition {
    /// `None` if the operator does not exist.
    pub(crate) fn new(raw: &RawCondition, variables: bool) -> Option<Self> {
        let operator = Operator::parse(&raw.operator)?;
        let values = raw.values.iter().map(String::as_str);
        let patterns = |mode| {
            values
                .clone()
                .map(|value| Pattern::new(value, mode, variables))
                .collect()
        };
        let test = match operator.family {
            Family::String(mode) => Test::Text(patterns(mode)),
            Family::Arn => Test::Arn(
                values
                    .clone()
                    .filter_map(|value| arn_pattern(value, variables))
                    .collect(),
            ),
            Family::StringIgnoringCase => Test::TextIgnoringCase(patterns(Mode::Literal)),
            Family::Bool => Test::Bool(patterns(Mode::Literal)),
            Family::Number(comparison) => {
                Test::Number(comparison, values.filter_map(Decimal::parse).collect())
            }
            Family::Date(comparison) => {
                Test::Date(comparison, values.filter_map(parse_date_ms).collect())
            }
            Family::Binary => Test::Binary(values.filter_map(parse_binary).collect()),
            Family::Ip => Test::Ip(values.filter_map(Network::parse).collect()),
            Family::Null => Test::Null {
                absent: values
                    .clone()
                    .any(|value| value.eq_ignore_ascii_case("true")),
                present: values
                    .clone()
                    .any(|value| value.eq_ignore_ascii_case("false")),
            },
        };
        Some(Self {
            quantifier: operator.quantifier,
            if_exists: operator.if_exists,
            negated: operator.negated,
            key: Key::new(&raw.key),
            test,
        })
    }

    /// The condition's key.
    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    /// Whether the request satisfies the condition.
    pub(crate) fn holds(&self, request: &Request<'_>) -> bool {
        let seen = self.key.seen(request);
        if let Test::Null { absent, present } = self.test {
            return if seen.is_absent() { absent } else { present };
        }
        let satisfies = |item: &Item<'_>| self.matches(item, request) != self.negated;
        match self.quantifier {
            Quantifier::ForAllValues => seen.is_null() || seen.all(satisfies),
            Quantifier::ForAnyValue => !seen.is_null() && seen.any(satisfies),
            Quantifier::None => match seen {
                Seen::Absent => self.if_exists || self.negated,
                seen => seen.any(|item| self.matches(item, request)) != self.negated,
            },
        }
    }

    /// Whether one value of the request is one of the policy's values, before negation.
    fn matches(&self, item: &Item<'_>, request: &Request<'_>) -> bool {
        match &self.test {
            Test::Text(patterns) => {
                let text = item.text();
                patterns
                    .iter()
                    .any(|pattern| pattern.matches(&text, request))
            }
            Test::TextIgnoringCase(patterns) => {
                let text = item.text();
                patterns
                    .iter()
                    .any(|pattern| pattern.equals_ignore_case(&text, request))
            }
            Test::Arn(patterns) => {
                let text = item.text();
                // What the value of a variable brought may lack colons.
                let arn = |pattern: &Pattern| !pattern.is_template() || has_six_parts(&text);
                patterns
                    .iter()
                    .any(|pattern| pattern.matches(&text, request) && arn(pattern))
            }
            Test::Bool(patterns) => {
                let text = item.text();
                is_bool(&text)
                    && patterns
                        .iter()
                        .any(|pattern| pattern.equals_ignore_case(&text, request))
            }
            Test::Number(comparison, values) => number_of(item)
                .is_some_and(|seen| values.iter().any(|value| comparison.holds(&seen, value))),
            Test::Date(comparison, values) => date_ms_of(item)
                .is_some_and(|seen| values.iter().any(|value| comparison.holds(&seen, value))),
            Test::Binary(values) => {
                parse_binary(&item.text()).is_some_and(|seen| values.contains(&seen))
            }
            Test::Ip(networks) => address_of(item)
                .is_some_and(|seen| networks.iter().any(|network| network.contains(seen))),
            Test::Null { .. } => false,
        }
    }
}

impl Comparison {
    fn holds<T: PartialOrd>(self, seen: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => seen == wanted,
            Self::Less => seen < wanted,
            Self::LessOrEqual => seen <= wanted,
            Self::Greater => seen > wanted,
            Self::GreaterOrEqual => seen >= wanted,
        }
    }
}

fn is_bool(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// "Each of the six colon-delimited components of the ARN is checked separately": a text of fewer
/// is no ARN.
fn has_six_parts(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b':').nth(4).is_some()
}

/// `None` if no ARN can match. A lone `*` is not an ARN, and is used as "any ARN".
fn arn_pattern(value: &str, variables: bool) -> Option<Pattern> {
    if value == "*" {
        return Some(Pattern::All);
    }
    let pattern = Pattern::new(value, Mode::Arn, variables);
    (pattern.is_template() || has_six_parts(value)).then_some(pattern)
}

fn number_of(item: &Item<'_>) -> Option<Decimal> {
    Decimal::parse(&item.text())
}

fn date_ms_of(item: &Item<'_>) -> Option<i64> {
    match item {
        Item::Epoch(seconds) => Some(seconds.saturating_mul(1_000)),
        item => parse_date_ms(&item.text()),
    }
}

fn parse_binary(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

fn address_of(item: &Item<'_>) -> Option<IpAddr> {
    match item {
        Item::Ip(address) => Some(*address),
        item => item.text().parse().ok(),
    }
}

/// An address range in CIDR notation (RFC 4632, RFC 4291); one address without a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        if prefix > bits {
            return None;
        }
        // An IPv4-mapped IPv6 address is the IPv4 address, as in `contains`.
        let network = match (address, address.to_canonical()) {
            (IpAddr::V6(_), v4 @ IpAddr::V4(_)) if prefix >= 96 => Self {
                address: v4,
                prefix: prefix - 96,
            },
            _ => Self { address, prefix },
        };
        Some(network)
    }

    /// An IPv4-mapped IPv6 address is the IPv4 address.
    fn contains(&self, seen: IpAddr) -> bool {
        match (self.address, seen.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(seen)) => {
                let difference = u64::from(network.to_bits() ^ seen.to_bits());
                difference >> (32 - self.prefix) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(seen)) => {
                let difference = network.to_bits() ^ seen.to_bits();
                difference.checked_shr(128 - self.prefix).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_taken_apart() {
        assert!(Operator::parse("ForAllValues:StringNotLikeIfExists").is_some());
        for name in [
            "NullIfExists",
            "stringequals",
            "ForAnyValue::StringEquals",
            "",
            "Bools",
        ] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }

    #[test]
    fn networks() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("::ffff:192.0.2.0/120", "192.0.2.9", true),
            ("::ffff:192.0.2.0/120", "192.0.3.9", false),
            ("::ffff:0.0.0.0/96", "192.0.2.9", true),
        ] {
            let network = Network::parse(network).unwrap();
            assert_eq!(
                network.contains(address.parse().unwrap()),
                expected,
                "{network:?} {address}"
            );
        }
        for text in ["10.0.0.0/33", "::/129", "10.0.0", "x", "10.0.0.0/-1"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
