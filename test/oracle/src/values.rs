//! Numbers, moments, addresses and bytes, as texts that can be compared.

use std::cmp::Ordering;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Compares two decimal numbers exactly; `None` if one is no number.
pub fn numbers(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Decimal::read(left)?, Decimal::read(right)?);
    Some(match (left.negative, right.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => left.size(&right),
        (true, true) => right.size(&left),
    })
}

struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, exponent) = match digits.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
            None => (digits, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if !all_digits(&format!("{whole}{fraction}")) {
            return None;
        }
        let (mut whole, mut fraction) = (whole.to_owned(), fraction.to_owned());
        // The point wanders, one place at a time.
        for _ in 0..exponent.clamp(0, 400) {
            whole.push(if fraction.is_empty() {
                '0'
            } else {
                fraction.remove(0)
            });
        }
        for _ in exponent.clamp(-400, 0)..0 {
            fraction.insert(0, whole.pop().unwrap_or('0'));
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            negative: negative && !zero,
            whole,
            fraction,
        })
    }

    fn size(&self, other: &Self) -> Ordering {
        let length = self.whole.len().cmp(&other.whole.len());
        length
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// Compares two moments; `None` if one is not understood.
pub fn moments(left: &str, right: &str) -> Option<Ordering> {
    Some(moment(left)?.cmp(&moment(right)?))
}

/// Nanoseconds since the epoch, of the W3C profile of ISO 8601 or of seconds since the epoch.
fn moment(text: &str) -> Option<i128> {
    let upper = text.to_ascii_uppercase();
    let text = upper.as_str();
    if all_digits(text.strip_prefix('-').unwrap_or(text)) && text.len() != 4 {
        return Some(i128::from(text.parse::<i64>().ok()?) * 1_000_000_000);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = fixed(parts.next()?, 4)?;
    let month = parts.next();
    let day = parts.next();
    if parts.next().is_some() || (time.is_some() && day.is_none()) {
        return None;
    }
    let month = month.map_or(Some(1), |text| fixed(text, 2))?;
    let day = day.map_or(Some(1), |text| fixed(text, 2))?;
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let start = i128::from(days(year, month, day)) * 86_400_000_000_000;
    Some(start + time.map_or(Some(0), clock)?)
}

/// `hh:mm[:ss[.fff]]` and a zone, in nanoseconds.
fn clock(text: &str) -> Option<i128> {
    let (local, offset_min) = match text.strip_suffix('Z') {
        Some(local) => (local, 0),
        // Without a zone: UTC.
        None if !text.contains(['+', '-']) => (text, 0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (local, zone) = text.split_at_checked(at)?;
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.trim_start_matches(['+', '-']).split_once(':')?;
            let (hours, minutes) = (fixed(hours, 2)?, fixed(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (local, sign * (hours * 60 + minutes))
        }
    };
    let (whole, fraction) = match local.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (local, None),
    };
    let parts: Vec<&str> = whole.split(':').collect();
    let (hours, minutes, seconds) = match (parts.as_slice(), fraction) {
        ([hours, minutes], None) => (fixed(hours, 2)?, fixed(minutes, 2)?, 0),
        ([hours, minutes, seconds], _) => {
            (fixed(hours, 2)?, fixed(minutes, 2)?, fixed(seconds, 2)?)
        }
        _ => return None,
    };
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let nanos = match fraction {
        None => 0,
        Some(text) if all_digits(text) => {
            let nine: String = text.chars().chain("000000000".chars()).take(9).collect();
            nine.parse::<i128>().ok()?
        }
        Some(_) => return None,
    };
    let seconds = (hours * 60 + minutes - offset_min) * 60 + seconds;
    Some(i128::from(seconds) * 1_000_000_000 + nanos)
}

fn fixed(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && all_digits(text)).then(|| text.parse().ok())?
}

const fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, counted one year and one month at a time.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year_days = |year| if leap(year) { 366 } else { 365 };
    let years: i64 = if year >= 1970 {
        (1970..year).map(year_days).sum()
    } else {
        -(year..1970).map(year_days).sum::<i64>()
    };
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    years + months + day - 1
}

/// The text of a moment: `2026-01-31T12:00:00Z`.
pub fn moment_text(epoch_s: i64) -> String {
    let mut left = epoch_s.div_euclid(86_400);
    let second = epoch_s.rem_euclid(86_400);
    let (mut year, mut month) = (1970, 1);
    while left < 0 {
        year -= 1;
        left += if leap(year) { 366 } else { 365 };
    }
    loop {
        let length = days_of(year, month);
        if left < length {
            break;
        }
        left -= length;
        month += 1;
        if month == 13 {
            (year, month) = (year + 1, 1);
        }
    }
    format!(
        "{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}Z",
        left + 1,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Whether an address lies in a block: `192.0.2.0/24`, or one address.
pub fn address_in(address: &str, block: &str) -> bool {
    match (network(address), network(block)) {
        (Some((address, _)), Some((block, length))) => {
            address.len() == block.len()
                && address.iter().take(length).eq(block.iter().take(length))
        }
        _ => false,
    }
}

/// The bits of an address, most significant first (32 or 128), and how many of them count. An IPv4
/// address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
fn network(text: &str) -> Option<(Vec<bool>, usize)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let octets = match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let each = |octet: u8| (0..8).rev().map(move |n| octet >> n & 1 == 1);
    let bits: Vec<bool> = octets.into_iter().flat_map(each).collect();
    let length = match length {
        None => bits.len(),
        Some(text) if all_digits(text) => text.parse().ok()?,
        Some(_) => return None,
    };
    if length > bits.len() {
        return None;
    }
    let mapped: Vec<bool> = (0..96).map(|n| n >= 80).collect();
    if length >= 96 && bits.starts_with(&mapped) {
        return Some((bits.into_iter().skip(96).collect(), length - 96));
    }
    Some((bits, length))
}

/// Whether two base64 texts stand for the same bytes.
pub fn same_bytes(left: &str, right: &str) -> bool {
    match (STANDARD.decode(left), STANDARD.decode(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        assert_eq!(numbers("05.0", "5"), Some(Ordering::Equal));
        assert_eq!(numbers("-1", "0"), Some(Ordering::Less));
        assert_eq!(numbers("-0", "0"), Some(Ordering::Equal));
        assert_eq!(numbers("10", "9.99"), Some(Ordering::Greater));
        assert_eq!(numbers("1.25", "1.3"), Some(Ordering::Less));
        assert_eq!(numbers("ten", "9"), None);
        assert_eq!(numbers("1.25e1", "12.5"), Some(Ordering::Equal));
        assert_eq!(numbers("125e-2", "1.25"), Some(Ordering::Equal));
    }

    #[test]
    fn moments_compare_by_value() {
        assert_eq!(moment_text(1_782_907_200), "2026-07-01T12:00:00Z");
        let noon = Some(Ordering::Equal);
        assert_eq!(moments("2026-07-01T12:00:00Z", "1782907200"), noon);
        assert_eq!(moments("2026-07-01T14:00+02:00", "1782907200"), noon);
        assert_eq!(moments("2026-07-01", "1782907200"), Some(Ordering::Less));
        assert_eq!(moments("2026-02-30", "1782907200"), None);
        assert_eq!(moment_text(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn blocks_hold_addresses() {
        assert!(address_in("192.0.2.77", "192.0.2.1/24"));
        assert!(!address_in("192.0.3.77", "192.0.2.0/24"));
        assert!(address_in("2001:db8::1", "2001:db8::/32"));
        assert!(!address_in("::1", "0.0.0.0/0"));
        assert!(address_in("::ffff:192.0.2.1", "192.0.2.0/24"));
        assert!(address_in("192.0.2.1", "::ffff:192.0.2.0/120"));
    }
}
