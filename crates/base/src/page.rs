//! Pagination: opaque tokens that say where the next page begins.

/// A page of items and, if there are more, the token of the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page, in order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<String>,
}

/// A token that was not issued by [`token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pagination token is invalid")]
pub struct InvalidToken;

/// Cuts one page out of `items`, which must come in the order of their keys.
///
/// `after` is the key of the last item of the page before, as [`read_token`] gives it; the page
/// holds at most `max` items.
pub fn page<T>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> String,
    after: Option<&str>,
    max: usize,
) -> Page<T> {
    let mut taken = Vec::new();
    let mut rest = items
        .into_iter()
        .filter(|i| after.is_none_or(|a| key(i).as_str() > a));
    while taken.len() < max {
        match rest.next() {
            Some(item) => taken.push(item),
            None => {
                return Page {
                    items: taken,
                    next: None,
                };
            }
        }
    }
    let more = rest.next().is_some();
    let next = if more {
        taken.last().map(|i| token(&key(i)))
    } else {
        None
    };
    Page { items: taken, next }
}

/// The opaque token for the page after `key`: hexadecimal, so that it survives any protocol.
pub fn token(key: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(2 + key.len() * 2);
    text.push_str("r1");
    for byte in key.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The key inside a token made by [`token`].
pub fn read_token(text: &str) -> Result<String, InvalidToken> {
    let digits = text.strip_prefix("r1").ok_or(InvalidToken)?.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return Err(InvalidToken);
    }
    let nibble = |b: u8| char::from(b).to_digit(16).ok_or(InvalidToken);
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for pair in digits.chunks_exact(2) {
        if let [high, low] = pair {
            let byte = nibble(*high)? * 16 + nibble(*low)?;
            bytes.push(u8::try_from(byte).map_err(|_| InvalidToken)?);
        }
    }
    String::from_utf8(bytes).map_err(|_| InvalidToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gap_or_repeat() {
        let all: Vec<String> = (0..7).map(|n| format!("k{n}")).collect();
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = page(all.clone(), Clone::clone, after.as_deref(), 3);
            seen.extend(page.items);
            match page.next {
                Some(next) => after = Some(read_token(&next).unwrap()),
                None => break,
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        let page = page(vec!["a".to_owned(), "b".to_owned()], Clone::clone, None, 2);
        assert_eq!(page.next, None);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        for bad in ["", "x", "r1f", "r1zz", "r1ff"] {
            assert_eq!(read_token(bad), Err(InvalidToken), "{bad}");
        }
    }
}
