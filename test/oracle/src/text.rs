//! Wildcards and policy variables, character by character.

/// One place of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any run of characters.
    Run,
    /// `?` that does not stand for a colon.
    OneInside,
    /// `*` that does not run over a colon.
    RunInside,
}

/// Whether a pattern matches the whole of a text. Exponential in the worst case, and plain.
pub fn matches(pattern: &[Piece], text: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    let next = text.split_first();
    match first {
        Piece::Char(wanted) => next.is_some_and(|(c, text)| c == wanted && matches(rest, text)),
        Piece::One => next.is_some_and(|(_, text)| matches(rest, text)),
        Piece::OneInside => next.is_some_and(|(c, text)| *c != ':' && matches(rest, text)),
        Piece::Run => matches(rest, text) || next.is_some_and(|(_, text)| matches(pattern, text)),
        Piece::RunInside => {
            matches(rest, text) || next.is_some_and(|(c, text)| *c != ':' && matches(pattern, text))
        }
    }
}

/// A text in which `*` and `?` are wildcards.
pub fn wildcards(text: &str) -> Vec<Piece> {
    text.chars().map(wildcard).collect()
}

/// A text in which nothing is special.
pub fn plain(text: &str) -> Vec<Piece> {
    text.chars().map(Piece::Char).collect()
}

const fn wildcard(c: char) -> Piece {
    match c {
        '*' => Piece::Run,
        '?' => Piece::One,
        other => Piece::Char(other),
    }
}

/// What stands at the beginning of a text.
enum Head<'t> {
    /// `${*}`, `${?}` or `${$}`.
    Escape(char),
    /// `${key}` or `${key, 'default'}`.
    Variable(&'t str, Option<&'t str>),
}

/// A text with its variables replaced by what `value` knows of their keys. `None` if a variable
/// has neither value nor default: then the text stands for nothing. In what is put in, wildcards
/// are plain characters.
pub fn expand(
    text: &str,
    wild: bool,
    value: &dyn Fn(&str) -> Option<String>,
) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match variable(rest) {
            Some((Head::Escape(escaped), after)) => {
                pieces.push(Piece::Char(escaped));
                rest = after;
            }
            Some((Head::Variable(key, default), after)) => {
                let found = value(key).or_else(|| default.map(str::to_owned))?;
                pieces.extend(plain(&found));
                rest = after;
            }
            None => {
                pieces.push(if wild { wildcard(c) } else { Piece::Char(c) });
                rest = rest.strip_prefix(c)?;
            }
        }
    }
    Some(pieces)
}

/// The variable that a text begins with, and what follows it.
fn variable(text: &str) -> Option<(Head<'_>, &str)> {
    let inner = text.strip_prefix("${")?;
    for (escape, c) in [("*}", '*'), ("?}", '?'), ("$}", '$')] {
        if let Some(after) = inner.strip_prefix(escape) {
            return Some((Head::Escape(c), after));
        }
    }
    // Spaces around the parts are tolerated, though the documentation has exactly one.
    let end = inner.find([',', '}'])?;
    let (key, tail) = inner.split_at_checked(end)?;
    let key = key.trim();
    if key.is_empty() {
        return None;
    }
    if let Some(after) = tail.strip_prefix('}') {
        return Some((Head::Variable(key, None), after));
    }
    let quoted = tail.strip_prefix(',')?.trim_start_matches(' ');
    let (default, after) = quoted.strip_prefix('\'')?.split_once('\'')?;
    let after = after.trim_start_matches(' ').strip_prefix('}')?;
    Some((Head::Variable(key, Some(default)), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_their_values_are_plain() {
        let value = |key: &str| (key == "a:b").then(|| "x*".to_owned());
        assert_eq!(expand("${a:b}", true, &value), Some(plain("x*")));
        assert_eq!(expand("${c:d, 'y'}${*}", true, &value), Some(plain("y*")));
        assert_eq!(expand("${c:d}", true, &value), None);
        assert_eq!(expand("${}", false, &value), Some(plain("${}")));
        assert_eq!(expand("${a,b}", false, &value), Some(plain("${a,b}")));
    }

    #[test]
    fn wildcards_match_whole_texts() {
        let text: Vec<char> = "a:bc".chars().collect();
        assert!(matches(&wildcards("a*c"), &text));
        assert!(matches(&wildcards("a??c"), &text));
        assert!(!matches(&wildcards("a*b"), &text));
        assert!(!matches(&[Piece::RunInside], &text));
    }
}
