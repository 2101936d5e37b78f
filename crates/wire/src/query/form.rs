//! `application/x-www-form-urlencoded` text to pairs.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A decoded pair.
pub(super) struct Pair<'a> {
    /// The key, such as `Tags.member.1.Key`.
    pub(super) key: Cow<'a, str>,
    /// The value.
    pub(super) value: Cow<'a, str>,
}

/// All pairs of the query string and the body, sorted so that the keys below one prefix are
/// neighbours, a key before those below it, and equal keys in the order sent.
///
/// # Errors
/// If the text is not UTF-8 under its percent-encoding.
pub(super) fn pairs<'a>(query: &'a str, body: &'a [u8]) -> Result<Vec<Pair<'a>>, NotText> {
    let body = std::str::from_utf8(body).map_err(|_| NotText)?;
    let mut pairs = Vec::new();
    for text in [query, body] {
        for pair in text.split('&').filter(|p| !p.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push(Pair {
                key: decode(key)?,
                value: decode(value)?,
            });
        }
    }
    pairs.sort_by(|a, b| by_parts(&a.key, &b.key));
    Ok(pairs)
}

/// Bytes that are not text.
#[derive(Debug)]
pub(crate) struct NotText;

/// The value of the first pair named `name`, without looking at the rest.
pub(crate) fn find<'a>(query: &'a str, body: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    let body = std::str::from_utf8(body).unwrap_or_default();
    [query, body].into_iter().find_map(|text| {
        text.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then(|| decode(value).ok())?
        })
    })
}

/// Orders keys part by part: the dot sorts before everything else.
fn by_parts(a: &str, b: &str) -> Ordering {
    let rank = |b: u8| if b == b'.' { 0 } else { u16::from(b) + 1 };
    a.bytes().map(rank).cmp(b.bytes().map(rank))
}

/// Undoes the percent-encoding, and `+` for a blank.
fn decode(text: &str) -> Result<Cow<'_, str>, NotText> {
    if !text.bytes().any(|b| b == b'%' || b == b'+') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'+' => out.push(b' '),
            b'%' => {
                let mut ahead = bytes.clone();
                let high = ahead.next().and_then(|h| char::from(h).to_digit(16));
                let low = ahead.next().and_then(|l| char::from(l).to_digit(16));
                match (high, low) {
                    (Some(high), Some(low)) => {
                        out.push(u8::try_from(high * 16 + low).map_err(|_| NotText)?);
                        bytes = ahead;
                    }
                    // A percent sign that encodes nothing stands for itself.
                    _ => out.push(b'%'),
                }
            }
            b => out.push(b),
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_grouped() {
        let pairs = pairs("", b"B.10=x&A=1+2%2F%C3%A9&B.1.C=y&B.1=z&B-1=w&100%=p").unwrap();
        let keys: Vec<_> = pairs
            .iter()
            .map(|p| format!("{}={}", p.key, p.value))
            .collect();
        assert_eq!(
            keys,
            ["100%=p", "A=1 2/é", "B.1=z", "B.1.C=y", "B.10=x", "B-1=w"]
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(pairs("", b"A=%FF").is_err());
        assert!(pairs("", b"A=\xff").is_err());
    }

    #[test]
    fn one_pair_is_found() {
        let body = b"X=Action&Action=GetRole&Action=Other";
        assert_eq!(find("", body, "Action").as_deref(), Some("GetRole"));
        assert_eq!(find("Action=A", body, "Action").as_deref(), Some("A"));
        assert_eq!(find("", body, "Version"), None);
    }
}
