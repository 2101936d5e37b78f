//! Dates as the `Date*` operators know them: the W3C profile of ISO 8601, or seconds since the
//! epoch.
//!
//! <https://www.w3.org/TR/NOTE-datetime>; the ranges are those that IAM checks on write.

/// Days from 1970-01-01 to a proleptic Gregorian date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// `YYYY-MM-DDThh:mm:ssZ` of seconds since the epoch.
pub(crate) fn format_epoch(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let second = seconds.rem_euclid(86_400);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn number(text: &str, min: i64, max: i64) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse()
        .ok()
        .filter(|value| (min..=max).contains(value))
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A moment in milliseconds since the epoch, saturating; `None` if the text is not a date that IAM
/// takes.
pub(crate) fn parse_date_ms(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    if !lower.contains('t') && !lower.contains('-') {
        return number(&lower, 0, i64::MAX).map(|seconds| seconds.saturating_mul(1_000));
    }
    let (date, time) = lower.split_once('t').unwrap_or((&lower, ""));
    let (negative, date) = match date.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, date),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 0, 292_278_993)?;
    let year = if negative { -year } else { year };
    if year < -292_275_054 {
        return None;
    }
    let month = parts.next().map_or(Some(1), |part| number(part, 1, 12))?;
    let day = parts.next().map_or(Some(1), |part| number(part, 1, 31))?;
    if parts.next().is_some() || day > days_in(year, month) {
        return None;
    }
    let days_ms = days_from_civil(year, month, day).saturating_mul(86_400_000);
    Some(days_ms.saturating_add(time_ms(time)?))
}

/// Milliseconds of `hh[:mm[:ss[.fraction]]][zone]`; nothing at all is midnight.
fn time_ms(time: &str) -> Option<i64> {
    if time.is_empty() {
        return Some(0);
    }
    let (clock, offset_ms) = split_zone(time)?;
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 0, 23)?;
    let minute = parts.next().map_or(Some(0), |part| number(part, 0, 59))?;
    let (second, fraction_ms) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (second, fraction) = part.split_once('.').unwrap_or((part, "0"));
            if fraction.len() > 9 {
                return None;
            }
            number(fraction, 0, 999_999_999)?;
            let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
            (number(second, 0, 59)?, number(&millis, 0, 999)?)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    Some((hour * 3_600 + minute * 60 + second) * 1_000 + fraction_ms - offset_ms)
}

/// Splits a time into its clock part and the zone's offset from UTC.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('z') {
        return Some((clock, 0));
    }
    let Some(at) = time.find(['+', '-']) else {
        return Some((time, 0));
    };
    let (clock, zone) = time.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let zone = zone.get(1..)?;
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let minutes = number(hours, 0, 23)? * 60 + number(minutes, 0, 59)?;
    Some((clock, sign * minutes * 60_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_dates() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:34:56Z", 951_827_696),
            ("2026-11-22T01:19:57Z", 1_795_310_397),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            assert_eq!(parse_date_ms(text), Some(seconds * 1_000), "{text}");
            assert_eq!(format_epoch(seconds), text);
        }
        assert_eq!(parse_date_ms("1000"), Some(1_000_000));
        assert_eq!(parse_date_ms("1970-01-01"), Some(0));
        assert_eq!(parse_date_ms("1970"), Some(1_970_000));
        assert_eq!(parse_date_ms("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_date_ms("1970-01-01T00:00:00.25Z"), Some(250));
        assert!(parse_date_ms("01T").is_some());
        assert!(parse_date_ms("-292275054").is_some());
    }

    #[test]
    fn refuses_what_iam_refuses() {
        for text in [
            "sdfdsf",
            "234-13",
            "2016-12-13t2:00:00.593194+1",
            "2016-12-13t2:00:00.1999999999+10:59",
            "9223372036854775808",
            "2026-02-30T00:00:00Z",
            "2025-02-29",
            "1900-02-29",
            "2026-04-31",
            "",
            "b",
        ] {
            assert_eq!(parse_date_ms(text), None, "{text}");
        }
    }
}
