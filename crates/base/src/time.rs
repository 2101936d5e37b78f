//! Points in time, in the forms that the AWS protocols write them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z, the finest that the AWS
/// protocols carry (Smithy `epoch-seconds`, `date-time`).
///
/// Stored and serialized as that number.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    pub const fn from_epoch_millis(epoch_ms: i64) -> Self {
        Self(epoch_ms)
    }

    /// From whole seconds since the epoch.
    pub const fn from_epoch_seconds(epoch_s: i64) -> Self {
        Self(epoch_s.saturating_mul(1000))
    }

    /// Milliseconds since the epoch.
    pub const fn epoch_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn epoch_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Seconds since the epoch with the milliseconds as the fraction.
    pub fn epoch_seconds_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// This point moved later by `d`, saturating.
    #[must_use]
    pub fn plus(self, d: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// This point moved earlier by `d`, saturating.
    #[must_use]
    pub fn minus(self, d: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The time from `earlier` to this point, zero if it lies later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// `2026-11-22T01:02:03Z`: ISO 8601 without a fraction, as IAM and STS print times.
    pub fn iso8601_seconds(self) -> String {
        self.zoned("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `2026-11-22T01:02:03.456Z`: ISO 8601 with milliseconds.
    pub fn iso8601_millis(self) -> String {
        format!(
            "{}.{:03}Z",
            self.zoned("%Y-%m-%dT%H:%M:%S"),
            self.0.rem_euclid(1000)
        )
    }

    /// `20261122T010203Z`: the basic form of SigV4's `X-Amz-Date`.
    pub fn amz_date(self) -> String {
        self.zoned("%Y%m%dT%H%M%SZ")
    }

    /// `Sun, 22 Nov 2026 01:02:03 GMT`: the IMF-fixdate of HTTP (RFC 9110, 5.6.7).
    pub fn http_date(self) -> String {
        self.zoned("%a, %d %b %Y %H:%M:%S GMT")
    }

    /// Reads ISO 8601 (RFC 3339) with or without a fraction, with any offset.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let t: jiff::Timestamp = text.parse().ok()?;
        Some(Self(t.as_millisecond()))
    }

    /// Reads the basic form of SigV4's `X-Amz-Date`, `20261122T010203Z`.
    pub fn parse_amz_date(text: &str) -> Option<Self> {
        if text.len() != 16 || !text.ends_with('Z') {
            return None;
        }
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
        Some(Self(
            civil
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()?
                .timestamp()
                .as_millisecond(),
        ))
    }

    /// Reads an IMF-fixdate of HTTP (RFC 9110, 5.6.7).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let civil =
            jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text.trim()).ok()?;
        Some(Self(
            civil
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()?
                .timestamp()
                .as_millisecond(),
        ))
    }

    fn zoned(self, format: &str) -> String {
        // Times outside year -9999..9999 are clamped: no client sends or shows them.
        let clamped = self.0.clamp(-377_705_023_201_000, 253_402_207_200_000);
        jiff::Timestamp::from_millisecond(clamped)
            .map(|t| {
                t.to_zoned(jiff::tz::TimeZone::UTC)
                    .strftime(format)
                    .to_string()
            })
            .unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso8601_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_what_it_wrote() {
        let t = Timestamp::from_epoch_millis(1_795_310_523_456);
        assert_eq!(t.iso8601_millis(), "2026-11-22T01:22:03.456Z");
        assert_eq!(t.iso8601_seconds(), "2026-11-22T01:22:03Z");
        assert_eq!(t.amz_date(), "20261122T012203Z");
        assert_eq!(t.http_date(), "Sun, 22 Nov 2026 01:22:03 GMT");
        let whole = Timestamp::from_epoch_seconds(t.epoch_seconds());
        assert_eq!(Timestamp::parse_iso8601(&t.iso8601_millis()), Some(t));
        assert_eq!(Timestamp::parse_amz_date(&t.amz_date()), Some(whole));
        assert_eq!(Timestamp::parse_http_date(&t.http_date()), Some(whole));
    }

    #[test]
    fn malformed_times_are_refused() {
        for bad in [
            "",
            "20261122",
            "20261122T012203",
            "20261322T012203Z",
            "yesterday",
        ] {
            assert_eq!(Timestamp::parse_amz_date(bad), None, "{bad}");
            assert_eq!(Timestamp::parse_iso8601(bad), None, "{bad}");
        }
    }
}
