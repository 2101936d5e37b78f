//! Request times as signatures carry them: `20150830T123600Z`, to the second, in UTC.

use std::fmt;

const DAY_S: i64 = 86_400;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A moment in seconds since the Unix epoch, printed as ISO 8601 basic (`YYYYMMDDTHHMMSSZ`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AmzTime(i64);

impl AmzTime {
    /// From seconds since the Unix epoch, held between the years 0 and 9999.
    #[must_use]
    pub fn from_unix_s(unix_s: i64) -> Self {
        Self(unix_s.clamp(-62_167_219_200, 253_402_300_799))
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub fn unix_s(self) -> i64 {
        self.0
    }

    /// Later by so many seconds (earlier when negative).
    #[must_use]
    pub fn plus_s(self, seconds: i64) -> Self {
        Self::from_unix_s(self.0.saturating_add(seconds))
    }

    /// Reads `20150830T123600Z`; anything else is `None`.
    #[must_use]
    pub fn parse_basic(text: &str) -> Option<Self> {
        let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
        let [
            y1,
            y2,
            y3,
            y4,
            mo1,
            mo2,
            d1,
            d2,
            b'T',
            h1,
            h2,
            mi1,
            mi2,
            s1,
            s2,
            b'Z',
        ] = *bytes
        else {
            return None;
        };
        let year = number(&[y1, y2, y3, y4])?;
        let (month, day) = (number(&[mo1, mo2])?, number(&[d1, d2])?);
        civil(
            year,
            month,
            day,
            [number(&[h1, h2])?, number(&[mi1, mi2])?, number(&[s1, s2])?],
        )
    }

    /// Reads an HTTP date (RFC 9110, IMF-fixdate), `Sun, 30 Aug 2015 12:36:00 GMT`, which a
    /// signer may send in `Date` in place of `X-Amz-Date`.
    #[must_use]
    pub fn parse_http(text: &str) -> Option<Self> {
        let (_weekday, rest) = text.split_once(", ")?;
        let mut words = rest.split(' ');
        let day = number(words.next()?.as_bytes())?;
        let name = words.next()?;
        let month = MONTHS.iter().zip(1_i64..).find(|(m, _)| **m == name)?.1;
        let year = number(words.next()?.as_bytes())?;
        let mut clock = words.next()?.split(':').map(|part| number(part.as_bytes()));
        let hms = [clock.next()??, clock.next()??, clock.next()??];
        if words.next() != Some("GMT") || words.next().is_some() || clock.next().is_some() {
            return None;
        }
        civil(year, month, day, hms)
    }

    /// The day as a credential scope has it: `20150830`.
    #[must_use]
    pub fn date(self) -> String {
        let (year, month, day) = date_of(self.0.div_euclid(DAY_S));
        format!("{year:04}{month:02}{day:02}")
    }
}

impl fmt::Display for AmzTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.0.div_euclid(DAY_S));
        let second = self.0.rem_euclid(DAY_S);
        let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}{month:02}{day:02}T{h:02}{m:02}{s:02}Z")
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

fn civil(year: i64, month: i64, day: i64, [h, m, s]: [i64; 3]) -> Option<AmzTime> {
    if !(1..=12).contains(&month) || day < 1 || h > 23 || m > 59 || s > 59 {
        return None;
    }
    let days = days_of(year, month, day);
    // A day that the month does not have comes back as another date.
    (date_of(days) == (year, month, day)).then_some(AmzTime(days * DAY_S + h * 3600 + m * 60 + s))
}

/// Days since the epoch of a proleptic Gregorian date; years are counted from March so that the
/// leap day is the last.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month > 2 { year } else { year - 1 };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_of`].
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_form_both_ways() {
        for (text, unix) in [
            ("20150830T123600Z", 1_440_938_160),
            ("19700101T000000Z", 0),
            ("20000229T235959Z", 951_868_799),
            ("20260301T000000Z", 1_772_323_200),
            ("99991231T235959Z", 253_402_300_799),
        ] {
            let time = AmzTime::parse_basic(text).unwrap();
            assert_eq!((time.unix_s(), time.to_string().as_str()), (unix, text));
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "201",
            "20150830T123600",
            "2015-08-30T12:36:00Z",
            "20150230T000000Z",
            "20151301T000000Z",
            "20150830T240000Z",
            "20150830T126000Z",
            "20150830t123600z",
            "2015083 T123600Z",
            "20150830T1236000",
        ] {
            assert_eq!(AmzTime::parse_basic(text), None, "{text}");
        }
    }

    #[test]
    fn http_date() {
        let time = AmzTime::parse_http("Sun, 30 Aug 2015 12:36:00 GMT").unwrap();
        assert_eq!(time.to_string(), "20150830T123600Z");
        assert_eq!(AmzTime::parse_http("30 Aug 2015 12:36:00 GMT"), None);
        assert_eq!(AmzTime::parse_http("Sun, 30 Aug 2015 12:36:00 CET"), None);
    }

    #[test]
    fn every_day_of_five_centuries_round_trips() {
        for day in -100_000..100_000 {
            let (y, m, d) = date_of(day);
            assert_eq!(days_of(y, m, d), day);
        }
    }
}
