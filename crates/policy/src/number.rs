//! Numbers as the `Numeric*` operators know them: decimals of any length, compared exactly.

use std::cmp::Ordering;

/// A decimal number. Zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Where the point stands: the number is `0.digits` times ten to the power of this.
    point: i64,
    /// Without zeros at either end.
    digits: Box<[u8]>,
}

impl Decimal {
    /// Reads a number with an optional sign, point and exponent. `None` if the text is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (text.starts_with('-'), rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let significant: Vec<u8> = whole
            .bytes()
            .chain(fraction.bytes())
            .skip_while(|digit| *digit == b'0')
            .collect();
        let zeros = whole.len() + fraction.len() - significant.len();
        let kept = significant
            .iter()
            .rposition(|digit| *digit != b'0')
            .map_or(0, |last| last + 1);
        let digits: Box<[u8]> = significant.get(..kept).unwrap_or_default().into();
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                point: 0,
                digits,
            });
        }
        let shift = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()?;
        Some(Self {
            negative,
            point: exponent.checked_add(shift)?,
            digits,
        })
    }

    fn cmp_size(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Equal points: the first digit that differs decides, and a longer fraction is more.
            (false, false) => self
                .point
                .cmp(&other.point)
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_size(other),
            (true, true) => other.cmp_size(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn equal_numbers_are_equal_however_written() {
        for (a, b) in [
            ("0", "-0.00"),
            ("10", "+010.0"),
            ("1e2", "100"),
            ("5.", "5"),
            (".5", "0.50"),
            ("12.5E-1", "1.25"),
            ("0.001", "1e-3"),
            ("100", "1.00e+2"),
        ] {
            assert_eq!(number(a), number(b), "{a} {b}");
        }
    }

    #[test]
    fn numbers_are_ordered() {
        let ascending = [
            "-9007199254740993",
            "-9007199254740992",
            "-10",
            "-9.5",
            "-9",
            "-0.1",
            "0",
            "0.099",
            "0.1",
            "0.11",
            "9",
            "10",
            "10.01",
            "99",
            "9007199254740992",
            "9007199254740993",
            "1e400",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(number(a).cmp(&number(b)), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "",
            "+",
            ".",
            "-.",
            "e1",
            "1e",
            "1e+",
            "0x10",
            "inf",
            "NaN",
            "1 ",
            " 1",
            "1_0",
            "1.2.3",
            "--1",
            "1e99999999999999999999",
            "١",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
