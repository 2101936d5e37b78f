//! Exclusive XML Canonicalization 1.0, without comments: the bytes that are hashed and signed.

use std::collections::BTreeMap;

use roxmltree::{Node, NodeId, NodeType};

use super::SamlError;

/// How deep elements may be nested.
const DEPTH_MAX: usize = 64;

/// Namespace prefixes (`""` is the default) and what they stand for in the output so far.
type Scope = BTreeMap<String, String>;

/// The canonical form of `node`, without the element `left_out`. `inclusive` are prefixes that are
/// declared where they are known, used or not.
pub(super) fn canonical(
    node: Node<'_, '_>,
    left_out: Option<NodeId>,
    inclusive: &[&str],
) -> Result<String, SamlError> {
    let mut out = String::new();
    element(node, left_out, inclusive, &Scope::new(), 0, &mut out)?;
    Ok(out)
}

fn element(
    node: Node<'_, '_>,
    left_out: Option<NodeId>,
    inclusive: &[&str],
    scope: &Scope,
    depth: usize,
    out: &mut String,
) -> Result<(), SamlError> {
    if depth > DEPTH_MAX {
        return Err(SamlError::Xml);
    }
    let source = node.document().input_text();
    let name = source
        .get(node.range())
        .and_then(|text| text.strip_prefix('<'))
        .and_then(|text| {
            text.split(|c: char| c.is_whitespace() || c == '/' || c == '>')
                .next()
        })
        .ok_or(SamlError::Xml)?;
    out.push('<');
    out.push_str(name);

    let mut attributes = Vec::new();
    let mut used = vec![prefix_of(name)];
    for attribute in node.attributes() {
        let name = source.get(attribute.range_qname()).ok_or(SamlError::Xml)?;
        if name.contains(':') {
            used.push(prefix_of(name));
        }
        attributes.push((
            attribute.namespace().unwrap_or(""),
            attribute.name(),
            name,
            attribute,
        ));
    }
    let known = inclusive
        .iter()
        .map(|prefix| if *prefix == "#default" { "" } else { prefix })
        .filter(|prefix| lookup(node, prefix).is_some());
    used.extend(known);
    used.sort_unstable();
    used.dedup();

    let mut scope = scope.clone();
    for prefix in used.into_iter().filter(|prefix| *prefix != "xml") {
        let uri = lookup(node, prefix).unwrap_or("");
        if scope.get(prefix).map_or("", String::as_str) == uri {
            continue;
        }
        out.push_str(if prefix.is_empty() {
            " xmlns"
        } else {
            " xmlns:"
        });
        out.push_str(prefix);
        out.push_str("=\"");
        escape_attribute(uri, out);
        out.push('"');
        scope.insert(prefix.to_owned(), uri.to_owned());
    }
    attributes.sort_by_key(|(namespace, local, _, _)| (*namespace, *local));
    for (_, _, name, attribute) in attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape_attribute(attribute.value(), out);
        out.push('"');
    }
    out.push('>');
    for child in node.children() {
        match child.node_type() {
            NodeType::Element if Some(child.id()) == left_out => {}
            NodeType::Element => element(child, left_out, inclusive, &scope, depth + 1, out)?,
            NodeType::Text => escape_text(child.text().unwrap_or(""), out),
            NodeType::PI => instruction(child, out),
            NodeType::Comment | NodeType::Root => {}
        }
    }
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    Ok(())
}

fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn lookup<'a>(node: Node<'a, '_>, prefix: &str) -> Option<&'a str> {
    node.lookup_namespace_uri((!prefix.is_empty()).then_some(prefix))
}

fn instruction(node: Node<'_, '_>, out: &mut String) {
    if let Some(instruction) = node.pi() {
        out.push_str("<?");
        out.push_str(instruction.target);
        if let Some(value) = instruction.value {
            out.push(' ');
            out.push_str(value);
        }
        out.push_str("?>");
    }
}

fn escape_text(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
}

fn escape_attribute(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::parse;

    fn of(text: &str, path: &[usize]) -> String {
        let document = parse(text).unwrap();
        let mut node = document.root_element();
        for n in path {
            node = node.children().filter(Node::is_element).nth(*n).unwrap();
        }
        canonical(node, None, &[]).unwrap()
    }

    /// The example of "Exclusive XML Canonicalization", section 2.2: both surroundings of the same
    /// element give the same form.
    #[test]
    fn surroundings_do_not_count() {
        let form = "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>";
        let first = "<n0:pdu xmlns:n0='http://a.example'><n1:elem2 xmlns:n1='http://example.net' xml:lang='en'><n3:stuff xmlns:n3='ftp://example.org'/></n1:elem2></n0:pdu>";
        let second = "<n2:pdu xmlns:n1='http://example.com' xmlns:n2='http://foo.example' xml:lang='fr' xml:space='retain'><n1:elem2 xmlns:n1='http://example.net' xml:lang='en'><n3:stuff xmlns:n3='ftp://example.org'/></n1:elem2></n2:pdu>";
        assert_eq!(of(first, &[0]), form);
        assert_eq!(of(second, &[0]), form);
    }

    #[test]
    fn attributes_are_sorted_and_characters_escaped() {
        let text = "<e xmlns='urn:d' xmlns:b='urn:b' xmlns:a='urn:z' b:y='1' a:x='2' z=\"&quot;&#10;&lt;\" c='&amp;'><!-- gone -->a&gt;b&#13;<f xmlns=''/><![CDATA[<x>]]></e>";
        assert_eq!(
            of(text, &[]),
            "<e xmlns=\"urn:d\" xmlns:a=\"urn:z\" xmlns:b=\"urn:b\" c=\"&amp;\" z=\"&quot;&#xA;&lt;\" b:y=\"1\" a:x=\"2\">a&gt;b&#xD;<f xmlns=\"\"></f>&lt;x&gt;</e>"
        );
    }
}
