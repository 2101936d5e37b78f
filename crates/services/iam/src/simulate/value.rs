//! The values of context entries, which have types.
//!
//! Source: IAM API Reference, `ContextEntry`; IAM User Guide, "IAM JSON policy elements: Condition
//! operators", for how values of each type are written.

use std::net::IpAddr;

use rolecall_base::Timestamp;

/// Whether `value` is written as a value of `kind`, such as `numeric` or `ipList`.
pub(super) fn is_of(kind: &str, value: &str) -> bool {
    match kind.strip_suffix("List").unwrap_or(kind) {
        "numeric" => value.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
        "ip" => is_address(value),
        "date" => is_date(value),
        "binary" => is_base64(value),
        _ => true,
    }
}

/// An address, or a range of them.
fn is_address(value: &str) -> bool {
    let (address, bits) = match value.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (value, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= most))
}

/// A date with or without a time, or seconds since 1970.
fn is_date(value: &str) -> bool {
    let whole = |value: &str| Timestamp::parse_iso8601(value).is_some();
    value.parse::<i64>().is_ok()
        || whole(value)
        || whole(&format!("{value}Z"))
        || whole(&format!("{value}T00:00:00Z"))
        || value
            .strip_suffix('Z')
            .is_some_and(|v| whole(&format!("{v}:00Z")))
}

/// Base64 with its padding (RFC 4648).
fn is_base64(value: &str) -> bool {
    let body = value.trim_end_matches('=');
    let padding = value.len() - body.len();
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    value.len().is_multiple_of(4) && padding <= 2 && body.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_of_their_types() {
        for (kind, right, wrong) in [
            (
                "numeric",
                &["5", "-1.5", "1e2"][..],
                &["five", "", "inf"][..],
            ),
            ("numericList", &["5"], &["x"]),
            ("boolean", &["true", "False"], &["yes", "1"]),
            (
                "ip",
                &["192.0.2.1", "192.0.2.0/24", "2001:db8::/32"],
                &["192.0.2", "192.0.2.1/33"],
            ),
            (
                "date",
                &[
                    "2026-11-22T00:00:00Z",
                    "2026-11-22",
                    "1795305600",
                    "2026-11-22T00:00Z",
                ],
                &["yesterday", "2026-13-01"],
            ),
            ("binary", &["QQ==", "", "QUJD"], &["QQ", "Q===", "Q Q="]),
            ("string", &["", "anything"], &[]),
        ] {
            for value in right {
                assert!(is_of(kind, value), "{value} is {kind}");
            }
            for value in wrong {
                assert!(!is_of(kind, value), "{value} is not {kind}");
            }
        }
    }
}
