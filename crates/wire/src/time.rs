//! Points in time as each protocol writes and reads them.
//!
//! Smithy `@timestampFormat`:
//! <https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait>

use rolecall_api::{Service, Timestamp, TimestampFormat};

/// The time as text in ISO 8601 or RFC 822; seconds since 1970 as a decimal otherwise.
pub(crate) fn text(service: &Service, format: TimestampFormat, t: Timestamp) -> String {
    match format {
        TimestampFormat::Iso8601 if t.epoch_millis() % 1000 == 0 || whole_seconds(service) => {
            t.iso8601_seconds()
        }
        TimestampFormat::Iso8601 => t.iso8601_millis(),
        TimestampFormat::Rfc822 => t.http_date(),
        TimestampFormat::UnixTimestamp => epoch(t),
    }
}

/// IAM and STS answer with whole seconds.
fn whole_seconds(service: &Service) -> bool {
    matches!(service.id, "iam" | "sts")
}

/// Seconds since 1970, with a fraction only if there is one.
pub(crate) fn epoch(t: Timestamp) -> String {
    let ms = t.epoch_millis();
    let sign = if ms < 0 { "-" } else { "" };
    let (whole, fraction) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let text = format!("{sign}{whole}.{fraction:03}");
    text.trim_end_matches('0').to_owned()
}

/// The point `seconds` after 1970, to the millisecond; `None` if it is not a time.
pub(crate) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let ms = (seconds * 1000.0).round();
    // Years -9999 to 9999, the range of the text forms.
    if !(-377_705_116_800_000.0..=253_402_300_799_999.0).contains(&ms) {
        return None;
    }
    Some(Timestamp::from_epoch_millis(ms as i64))
}

/// Reads a time from text in any of the three formats, `format` first.
pub(crate) fn parse(format: TimestampFormat, text: &str) -> Option<Timestamp> {
    let one = |f| match f {
        TimestampFormat::Iso8601 => Timestamp::parse_iso8601(text),
        TimestampFormat::Rfc822 => http_date(text),
        TimestampFormat::UnixTimestamp => text.parse().ok().and_then(from_seconds),
    };
    one(format)
        .or_else(|| one(TimestampFormat::Iso8601))
        .or_else(|| one(TimestampFormat::UnixTimestamp))
        .or_else(|| one(TimestampFormat::Rfc822))
}

/// An HTTP date; a fraction of a second, which some services add, counts too.
fn http_date(text: &str) -> Option<Timestamp> {
    let Some((before, after)) = text.split_once('.') else {
        return Timestamp::parse_http_date(text);
    };
    let (digits, zone) = after.split_once(' ')?;
    let whole = Timestamp::parse_http_date(&format!("{before} {zone}"))?;
    let fraction: f64 = format!("0.{digits}").parse().ok()?;
    let ms = (fraction * 1000.0).round() as i64;
    Some(Timestamp::from_epoch_millis(whole.epoch_millis() + ms))
}
