//! Text patterns: wildcards, ARN segments, policy variables.
//!
//! One compiled form serves actions, resources, and the String and Arn condition operators; the
//! [`Mode`] says what `*` and `?` mean. Most patterns are exact texts or prefixes and never reach
//! the general matcher.

use std::borrow::Cow;

use crate::evaluate::Request;
use crate::key::Key;

/// What the characters of a pattern mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `*` and `?` are ordinary characters (`StringEquals`).
    Literal,
    /// `*` is any run, `?` any character (`StringLike`, actions).
    Like,
    /// An ARN whose wildcards stay inside the first five segments (`ArnLike`).
    Arn,
    /// As [`Mode::Arn`], but a `*` that ends a segment expands beyond the colon (`Resource`).
    ///
    /// "If the `*` wildcard is the last character of a resource ARN segment, it can expand to match
    /// beyond the colon boundaries" (IAM User Guide, element Resource).
    Resource,
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    All,
    Exact(Box<str>),
    Prefix(Box<str>),
    Glob(Box<[Piece]>),
    /// Has policy variables, so the pieces are completed for each request.
    Template(Box<[Piece]>),
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Box<str>),
    /// Any run of characters.
    Run,
    /// Any run of characters but colons.
    SegmentRun,
    /// Any one character.
    One,
    /// Any one character but a colon.
    SegmentOne,
    Variable(Variable),
}

/// `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    key: Key,
    default: Option<Box<str>>,
}

/// A piece as the matcher sees it: variables replaced by their text.
#[derive(Debug, Clone, Copy)]
enum Token<'p> {
    Text(&'p [u8]),
    Run,
    SegmentRun,
    One,
    SegmentOne,
}

impl Pattern {
    /// Compiles `text`; `variables` is whether `${...}` means something (Version 2012-10-17).
    pub(crate) fn new(text: &str, mode: Mode, variables: bool) -> Self {
        let pieces = Compiler {
            mode,
            variables,
            segment: 0,
            text: String::new(),
            out: Vec::new(),
        }
        .compile(text);
        if pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Variable(_)))
        {
            return Self::Template(pieces.into());
        }
        match pieces.as_slice() {
            [] => Self::Exact(Box::default()),
            [Piece::Text(text)] => Self::Exact(text.clone()),
            [Piece::Run] => Self::All,
            [Piece::Text(text), Piece::Run] => Self::Prefix(text.clone()),
            _ => Self::Glob(pieces.into()),
        }
    }

    /// Whether it has policy variables.
    pub(crate) const fn is_template(&self) -> bool {
        matches!(self, Self::Template(_))
    }

    /// Whether the whole of `text` matches.
    #[inline]
    pub(crate) fn matches(&self, text: &str, request: &Request<'_>) -> bool {
        match self {
            Self::Template(pieces) => matches_template(pieces, text, request),
            plain => plain.matches_plain(text.as_bytes()),
        }
    }

    /// As [`Pattern::matches`] for patterns that can't have variables.
    #[inline]
    pub(crate) fn matches_plain(&self, text: &[u8]) -> bool {
        self.matches_folding::<false>(text)
    }

    /// As [`Pattern::matches_plain`] whatever the case of ASCII letters; the pattern is in lower
    /// case.
    #[inline]
    pub(crate) fn matches_ignoring_case(&self, text: &[u8]) -> bool {
        self.matches_folding::<true>(text)
    }

    #[inline]
    fn matches_folding<const FOLD: bool>(&self, text: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Exact(exact) => {
                exact.len() == text.len() && strip::<FOLD>(text, exact.as_bytes()).is_some()
            }
            Self::Prefix(prefix) => strip::<FOLD>(text, prefix.as_bytes()).is_some(),
            Self::Glob(pieces) => walk::<FOLD>(|i| pieces.get(i).and_then(Piece::token), text),
            Self::Template(_) => false,
        }
    }

    /// What every matching text begins with; `None` if that may be anything.
    pub(crate) fn literal_start(&self) -> Option<&[u8]> {
        match self {
            Self::Exact(text) | Self::Prefix(text) => Some(text.as_bytes()),
            Self::Glob(pieces) | Self::Template(pieces) => match pieces.first() {
                Some(Piece::Text(text)) => Some(text.as_bytes()),
                _ => None,
            },
            Self::All => None,
        }
    }

    /// Whether `text` is the pattern's text but for letter case. Wildcards have no meaning here.
    pub(crate) fn equals_ignore_case(&self, text: &str, request: &Request<'_>) -> bool {
        match self {
            Self::Exact(exact) => same_ignoring_case(exact, text),
            Self::Template(pieces) => {
                let mut whole = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(part) => whole.push_str(part),
                        Piece::Variable(variable) => match variable.resolve(request) {
                            Some(value) => whole.push_str(&value),
                            None => return false,
                        },
                        _ => return false,
                    }
                }
                same_ignoring_case(&whole, text)
            }
            Self::All | Self::Prefix(_) | Self::Glob(_) => false,
        }
    }
}

/// `strip_prefix`, that does not go on where the first byte decides. With `FOLD`, `prefix` is in
/// lower case and the case of letters in `text` does not matter.
#[inline]
fn strip<'t, const FOLD: bool>(text: &'t [u8], prefix: &[u8]) -> Option<&'t [u8]> {
    let Some(expected) = prefix.first() else {
        return Some(text);
    };
    let first = text.first()?;
    if FOLD {
        if first.to_ascii_lowercase() != *expected {
            return None;
        }
        let (head, rest) = text.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(rest)
    } else if first == expected {
        text.strip_prefix(prefix)
    } else {
        None
    }
}

fn same_ignoring_case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

impl Variable {
    fn resolve<'r>(&'r self, request: &Request<'r>) -> Option<Cow<'r, str>> {
        self.key
            .variable(request)
            .or_else(|| self.default.as_deref().map(Cow::Borrowed))
    }
}

impl Piece {
    /// `None` for variables, which [`matches_template`] replaces first.
    #[inline]
    fn token(&self) -> Option<Token<'_>> {
        match self {
            Self::Text(text) => Some(Token::Text(text.as_bytes())),
            Self::Run => Some(Token::Run),
            Self::SegmentRun => Some(Token::SegmentRun),
            Self::One => Some(Token::One),
            Self::SegmentOne => Some(Token::SegmentOne),
            Self::Variable(_) => None,
        }
    }
}

/// A variable without a value makes the whole pattern match nothing. Wildcard characters in a value
/// are ordinary characters.
fn matches_template(pieces: &[Piece], text: &str, request: &Request<'_>) -> bool {
    let mut values = Vec::with_capacity(pieces.len());
    for piece in pieces {
        values.push(match piece {
            Piece::Variable(variable) => match variable.resolve(request) {
                Some(value) => Some(value),
                None => return false,
            },
            _ => None,
        });
    }
    let token = |i: usize| match values.get(i) {
        Some(Some(value)) => Some(Token::Text(value.as_bytes())),
        _ => pieces.get(i).and_then(Piece::token),
    };
    walk::<false>(token, text.as_bytes())
}

/// The end of `text` from where `expected` may begin. `None` if it begins nowhere.
#[inline]
fn skip_to<'t, const FOLD: bool>(text: &'t [u8], expected: &[u8]) -> Option<&'t [u8]> {
    let Some(first) = expected.first() else {
        return Some(text);
    };
    let at = text
        .iter()
        .position(|byte| *byte == *first || (FOLD && byte.to_ascii_lowercase() == *first))?;
    text.get(at..)
}

/// Splits the first character off UTF-8 bytes.
#[inline]
fn split_char(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&first, rest) = text.split_first()?;
    let more = match first {
        0..0xC0 => return Some((first, rest)),
        0xC0..0xE0 => 1,
        0xE0..0xF0 => 2,
        0xF0.. => 3,
    };
    Some((first, rest.get(more..).unwrap_or_default()))
}

/// Matches tokens against all of `text`.
///
/// On a mismatch the last run takes one character more. A segment run that reaches a colon gives up
/// to the last unbounded run before it; nothing further back can help, because the shortest match
/// of all that stands between two unbounded runs leaves the most for what follows.
#[inline]
fn walk<'p, const FOLD: bool>(token: impl Fn(usize) -> Option<Token<'p>>, text: &[u8]) -> bool {
    let mut at = 0;
    let mut rest = text;
    let mut run: Option<(usize, &[u8])> = None;
    let mut segment_run: Option<(usize, &[u8])> = None;
    loop {
        let next = match token(at) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Token::Run) => {
                at += 1;
                if token(at).is_none() {
                    return true;
                }
                run = Some((at, rest));
                segment_run = None;
                continue;
            }
            Some(Token::SegmentRun) => {
                at += 1;
                segment_run = Some((at, rest));
                continue;
            }
            Some(Token::Text(expected)) => strip::<FOLD>(rest, expected),
            Some(Token::One) => split_char(rest).map(|(_, rest)| rest),
            Some(Token::SegmentOne) => split_char(rest)
                .filter(|(first, _)| *first != b':')
                .map(|(_, rest)| rest),
        };
        if let Some(next) = next {
            at += 1;
            rest = next;
            continue;
        }
        if let Some((after, from)) = segment_run
            && let Some((first, from)) = split_char(from)
            && first != b':'
        {
            segment_run = Some((after, from));
            at = after;
            rest = from;
            continue;
        }
        segment_run = None;
        let Some((after, from)) = run else {
            return false;
        };
        let Some((_, from)) = split_char(from) else {
            return false;
        };
        let next = match token(after) {
            Some(Token::Text(expected)) => skip_to::<FOLD>(from, expected),
            _ => Some(from),
        };
        let Some(from) = next else {
            return false;
        };
        run = Some((after, from));
        at = after;
        rest = from;
    }
}

struct Compiler {
    mode: Mode,
    variables: bool,
    /// How many colons were passed, up to 5.
    segment: usize,
    text: String,
    out: Vec<Piece>,
}

impl Compiler {
    fn compile(mut self, pattern: &str) -> Vec<Piece> {
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if c == '$'
                && self.variables
                && let Some(after) = self.variable(rest)
            {
                rest = after;
                continue;
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '*' if self.mode != Mode::Literal => {
                    rest = rest.trim_start_matches('*');
                    let piece = self.run(rest);
                    self.push(piece);
                }
                '?' if self.mode != Mode::Literal => {
                    let bounded = self.in_segment();
                    self.push(if bounded {
                        Piece::SegmentOne
                    } else {
                        Piece::One
                    });
                }
                c => {
                    self.segment += usize::from(c == ':' && self.segment < 5);
                    self.text.push(c);
                }
            }
        }
        self.flush();
        self.out
    }

    /// Whether wildcards are confined to the current segment.
    fn in_segment(&self) -> bool {
        matches!(self.mode, Mode::Arn | Mode::Resource) && self.segment < 5
    }

    fn run(&self, rest: &str) -> Piece {
        let ends_segment = rest.is_empty() || rest.starts_with(':');
        if self.in_segment() && !(self.mode == Mode::Resource && ends_segment) {
            Piece::SegmentRun
        } else {
            Piece::Run
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.out.push(Piece::Text(text.into()));
        }
    }

    fn push(&mut self, piece: Piece) {
        self.flush();
        self.out.push(piece);
    }

    /// Takes a `${...}` off the front of `rest`. `None` if there is none that means anything here.
    fn variable<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        let inner = rest.strip_prefix("${")?;
        for special in ["*", "?", "$"] {
            if let Some(after) = inner
                .strip_prefix(special)
                .and_then(|r| r.strip_prefix('}'))
            {
                self.text.push_str(special);
                return Some(after);
            }
        }
        if self.mode == Mode::Resource && self.segment < 5 {
            return None;
        }
        let end = inner.find([',', '}'])?;
        let (name, after) = inner.split_at_checked(end)?;
        let (default, after) = match after.strip_prefix(',') {
            None => (None, after.strip_prefix('}')?),
            Some(after) => {
                let quoted = after.trim_start_matches(' ').strip_prefix('\'')?;
                let (default, after) = quoted.split_once('\'')?;
                (
                    Some(default.into()),
                    after.trim_start_matches(' ').strip_prefix('}')?,
                )
            }
        };
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        self.push(Piece::Variable(Variable {
            key: Key::new(name),
            default,
        }));
        Some(after)
    }
}

#[cfg(test)]
mod tests;
