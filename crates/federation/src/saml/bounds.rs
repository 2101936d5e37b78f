//! What a document may be before it is parsed: nobody signs the call that brings it, and there is
//! work that grows faster than the text does.
//!
//! The parser holds the namespaces that an element declares against all that are in scope, and its
//! attributes against one another. So the names that are declared anywhere are few, and so are the
//! attributes of one element: then the work is linear in the text.
//!
//! The text is not tokenized for it. What is counted are signs without which there is no
//! declaration and no attribute, wherever they stand: that counts too much rather than too little,
//! and a comment or a section that hides something hides nothing from it.

use std::collections::BTreeSet;

use roxmltree::Document;

use super::SamlError;

/// How many declarations of namespaces a document may have. Providers that declare two for each
/// value of an attribute are common.
const DECLARATIONS_MAX: usize = 1_000;
/// How many prefixes may be declared, however often.
const PREFIXES_MAX: usize = 32;
/// How many equals signs may stand between one `<` and the next, which is in no attribute's value:
/// no element has more attributes.
const ATTRIBUTES_MAX: usize = 128;
/// How deep elements may be nested.
pub(super) const DEPTH_MAX: usize = 64;

/// Refuses a text that would take more work to parse than its length says.
pub(super) fn check_text(text: &str) -> Result<(), SamlError> {
    let mut prefixes = BTreeSet::new();
    let declarations = text.split("xmlns").skip(1);
    for (n, behind) in declarations.enumerate() {
        let end = behind.find(|c: char| c.is_whitespace() || "='\"<>/".contains(c));
        let (prefix, _) = behind.split_at(end.unwrap_or(behind.len()));
        prefixes.insert(prefix);
        if n >= DECLARATIONS_MAX || prefixes.len() > PREFIXES_MAX {
            return Err(SamlError::Xml);
        }
    }
    let equals = |tag: &str| tag.bytes().filter(|b| *b == b'=').count();
    if text.split('<').any(|tag| equals(tag) > ATTRIBUTES_MAX) {
        return Err(SamlError::Xml);
    }
    Ok(())
}

/// Refuses a document that is nested too deep; parents stand before their children.
pub(super) fn check_depth(document: &Document<'_>) -> Result<(), SamlError> {
    let mut depths: Vec<usize> = Vec::new();
    for node in document.descendants() {
        let parent = node.parent();
        let above = parent.and_then(|parent| depths.get(parent.id().get_usize()));
        let depth = above.map_or(0, |above| above + 1);
        if depth > DEPTH_MAX {
            return Err(SamlError::Xml);
        }
        depths.push(depth);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_prefixes_and_attributes_are_counted_wherever_they_stand() {
        let declared =
            |n: usize| -> String { (0..n).map(|n| format!("<a xmlns:n{n}='u{n}'>")).collect() };
        assert_eq!(check_text(&declared(PREFIXES_MAX)), Ok(()));
        let many = declared(PREFIXES_MAX + 1);
        assert_eq!(check_text(&many), Err(SamlError::Xml));
        let hidden = format!("<?xml version='1.0' encoding='?><!--'?>{many}-->");
        assert_eq!(check_text(&hidden), Err(SamlError::Xml));
        let values = "<v xmlns:xs='s' xmlns:xsi='i' xsi:type='xs:string'/>";
        assert_eq!(check_text(&values.repeat(DECLARATIONS_MAX / 2)), Ok(()));
        let more = values.repeat(DECLARATIONS_MAX / 2 + 1);
        assert_eq!(check_text(&more), Err(SamlError::Xml));
        let defaults = format!("<a {}/>", "xmlns='' ".repeat(ATTRIBUTES_MAX + 1));
        assert_eq!(check_text(&defaults), Err(SamlError::Xml));
    }
}
