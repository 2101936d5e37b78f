//! Filter patterns on unstructured text.
//!
//! Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters,
//! subscription filters, filter log events, and Live Tail": terms are case-sensitive, all must
//! match; `?term` are alternatives, `-term` excludes, quotes hold phrases together, `%…%` is a
//! regular expression. Alternatives beside required terms are ignored.

use rolecall_base::AwsError;

use crate::errors;

/// A parsed filter pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pattern {
    required: Vec<String>,
    excluded: Vec<String>,
    alternatives: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; an empty one matches everything.
    pub(crate) fn parse(text: &str) -> Result<Self, AwsError> {
        let text = text.trim();
        if text.starts_with('{') || text.starts_with('[') {
            return Err(errors::not_built(
                "A JSON or space-delimited filter pattern",
            ));
        }
        if text.starts_with('%') {
            return Err(errors::not_built(
                "A regular expression in a filter pattern",
            ));
        }
        let mut pattern = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (kind, after) = match rest.chars().next() {
                Some(sign @ ('-' | '?')) => (sign, rest.get(1..).unwrap_or_default()),
                _ => ('+', rest),
            };
            let (term, after) = term(after)?;
            match kind {
                '-' => pattern.excluded.push(term),
                '?' => pattern.alternatives.push(term),
                _ => pattern.required.push(term),
            }
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    /// Whether a message matches.
    pub(crate) fn matches(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        if self.excluded.iter().any(has) {
            return false;
        }
        if self.required.is_empty() && !self.alternatives.is_empty() {
            return self.alternatives.iter().any(has);
        }
        self.required.iter().all(has)
    }
}

/// The first term of `text`, quoted or up to the next blank, and what follows it.
fn term(text: &str) -> Result<(String, &str), AwsError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (term, after) = text.split_at_checked(end).unwrap_or((text, ""));
        return Ok((term.to_owned(), after));
    };
    let mut term = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((term, quoted.get(at + 1..).unwrap_or_default())),
            '\\' => term.extend(chars.next().map(|(_, c)| c)),
            c => term.push(c),
        }
    }
    Err(errors::invalid(format!(
        "Invalid filter pattern: unterminated quote in {text}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, message: &str, matches: bool) {
        let parsed = Pattern::parse(pattern).unwrap();
        assert_eq!(parsed.matches(message), matches, "{pattern} on {message}");
    }

    #[test]
    fn the_examples_of_the_user_guide() {
        check("", "anything", true);
        check("ERROR", "[ERROR 400] BAD REQUEST", true);
        check("ERROR", "[error 400]", false);
        check("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true);
        check("ERROR ARGUMENTS", "[ERROR 401] UNAUTHORIZED REQUEST", false);
        check(
            "?ERROR ?ARGUMENTS",
            "[ERROR 401] UNAUTHORIZED REQUEST",
            true,
        );
        check("?ERROR ?ARGUMENTS", "[WARN] nothing", false);
        check(
            "\"INTERNAL SERVER ERROR\"",
            "[ERROR 500] INTERNAL SERVER ERROR",
            true,
        );
        check("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR SERVER", false);
        check("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true);
        check("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false);
    }

    #[test]
    fn what_is_not_built_is_refused() {
        for pattern in ["{ $.level = \"x\" }", "[a, b]", "%ERR.*%", "\"open"] {
            assert_eq!(
                Pattern::parse(pattern).unwrap_err().code,
                "InvalidParameterException"
            );
        }
    }
}
