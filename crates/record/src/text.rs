//! Bounds of the texts in a record.

use std::borrow::Cow;

/// What stands for a parameter that the service model calls sensitive, as CloudTrail writes it.
pub const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The most bytes of one text of a record. A name in a request may be as long as its body.
pub const TEXT_MAX: usize = 8_192;

/// The most bytes of a call's parameters; longer ones are left out as a whole.
///
/// Source: CloudTrail User Guide, "CloudTrail record contents": `requestParameters` has a maximum
/// size of 100 KB; a larger one is omitted.
pub const PARAMETERS_MAX: usize = 100 * 1024;

/// Shortens a text to `max` bytes, or a few less, so that no character is cut.
pub fn shorten(text: &mut String, max: usize) {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.shrink_to_fit();
    }
}

/// [`shorten`] of a text that may be borrowed.
pub(crate) fn shorten_text(text: &mut Cow<'_, str>, max: usize) {
    if text.len() <= max {
        return;
    }
    match text {
        Cow::Owned(text) => shorten(text, max),
        Cow::Borrowed(whole) => {
            *whole = whole
                .get(..whole.floor_char_boundary(max))
                .unwrap_or_default();
        }
    }
}

/// [`shorten`] of each of the texts.
pub(crate) fn shorten_all(texts: &mut Cow<'_, [String]>, max: usize) {
    if texts.iter().any(|text| text.len() > max) {
        for text in texts.to_mut() {
            shorten(text, max);
        }
    }
}
