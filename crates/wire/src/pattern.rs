//! The models' regular expressions, which are Java's, as matchers.
//!
//! A text must match as a whole (`java.util.regex.Matcher.matches`), and `\d`, `\w`, `\s` are
//! ASCII, as in Java without `UNICODE_CHARACTER_CLASS`.

use rolecall_api::shape::Matcher;

/// The matcher of `java`. An expression that nothing here can run matches no text at all; a test
/// holds that there is none among the services.
pub(crate) fn compile(java: &'static str) -> Matcher {
    if let Some((least, most)) = any_of_length(java) {
        return Box::new(move |text| {
            // Java's dot stops at line terminators and counts UTF-16 units.
            let length = text.encode_utf16().count();
            let line_end = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
            (least..=most).contains(&length) && !text.contains(line_end)
        });
    }
    let whole = format!(r"\A(?:{})\z", translate(java));
    if let Ok(regex) = regex::Regex::new(&whole) {
        return Box::new(move |text| regex.is_match(text));
    }
    // Look-around and back-references need a backtracking engine; past its step limit it is no
    // match.
    match fancy_regex::Regex::new(&whole) {
        Ok(regex) => Box::new(move |text| regex.is_match(text).unwrap_or(false)),
        Err(_) => Box::new(|_| false),
    }
}

/// The limits of `^.{1,100000}$`, which is too large to compile as it stands.
fn any_of_length(java: &str) -> Option<(usize, usize)> {
    let (least, most) = java
        .strip_prefix("^.{")?
        .strip_suffix("}$")?
        .split_once(',')?;
    Some((least.parse().ok()?, most.parse().ok()?))
}

/// The same expression in the syntax of the `regex` crate.
fn translate(java: &str) -> String {
    let mut out = String::with_capacity(java.len() + 16);
    let mut chars = java.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, in_class, &mut out),
            '[' => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            // Two of these are set operators in a class of the regex crate, not in Java's.
            '-' | '~' if in_class && chars.peek() == Some(&c) => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

fn escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, in_class: bool, out: &mut String) {
    let class = |inside: &str, out: &mut String| {
        if in_class {
            out.push_str(inside);
        } else {
            out.push('[');
            out.push_str(inside);
            out.push(']');
        }
    };
    const WORD: &str = "_a-zA-Z0-9";
    const SPACE: &str = r"\x20\t\n\x0B\x0C\r";
    match chars.next() {
        Some('d') => class("0-9", out),
        Some('w') => class(WORD, out),
        Some('s') => class(SPACE, out),
        Some('D') => out.push_str("[^0-9]"),
        Some('W') => out.push_str(&format!("[^{WORD}]")),
        Some('S') => out.push_str(&format!("[^{SPACE}]")),
        Some('u') => {
            let unit: String = chars.by_ref().take(4).collect();
            out.push_str(&format!(r"\x{{{}}}", code_point(&unit, chars)));
        }
        Some(other) => {
            out.push('\\');
            out.push(other);
        }
        None => out.push_str(r"\\"),
    }
}

/// The hexadecimal code point of a `\u` escape; two that are a UTF-16 surrogate pair are one.
fn code_point(unit: &str, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let value = |digits: &str| u32::from_str_radix(digits, 16).ok();
    if let Some(high @ 0xD800..=0xDBFF) = value(unit) {
        let mut ahead = chars.clone();
        let low: String = ahead.by_ref().take(6).collect();
        if let Some(low @ 0xDC00..=0xDFFF) = low.strip_prefix(r"\u").and_then(value) {
            *chars = ahead;
            return format!("{:X}", 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
        }
    }
    unit.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_every_service_compiles() {
        for service in rolecall_api::SERVICES {
            for pattern in service.patterns {
                if any_of_length(pattern.text).is_some() {
                    continue;
                }
                let whole = format!(r"\A(?:{})\z", translate(pattern.text));
                let simple = regex::Regex::new(&whole).is_ok();
                assert!(
                    simple || fancy_regex::Regex::new(&whole).is_ok(),
                    "{} in {}: {whole}",
                    pattern.text,
                    service.id
                );
            }
        }
    }

    #[test]
    fn texts_match_as_in_java() {
        for (java, text, expected) in [
            (r"[\w+=,.@-]+", "a+b-C_9", true),
            (r"[\w+=,.@-]+", "a b", false),
            (r"[\w+=,.@-]+", "ä", false),
            (r"[\w-_]*", "a-b_c", true),
            (r"[a-zA-Z0-9-:]+", "a-b:c", true),
            ("^[a-z]+$", "abc\n", false),
            ("v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?", "v12.x", true),
            ("v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?", "xv12", false),
            (r"^(?!\s*$).+", "  ", false),
            (r"^(?!\s*$).+", " a", true),
            (r"[\u0009\u000A\u000D\u0020-\u00FF]+", "{\n\"é\"\t}", true),
            (r"[\u0009\u000A\u000D\u0020-\u00FF]+", "日", false),
            (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "größe 日本 1/2", true),
            (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "a<b", false),
            (r"[\s\S]*\S[\s\S]*", "\n x \n", true),
            (r"(?i)all|[0-9]{12}", "ALL", true),
            (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", "/", true),
            (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", "/a/b/", true),
            (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", "/a", false),
            (
                r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF\t]*",
                "a 😀\t",
                true,
            ),
            (r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF\t]*", "\n", false),
            ("^.{1,100000}$", "a", true),
            ("^.{1,100000}$", "", false),
            ("^.{1,100000}$", "a\nb", false),
        ] {
            assert_eq!(compile(java)(text), expected, "{java} on {text:?}");
        }
    }
}
