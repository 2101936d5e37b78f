//! Exclusive XML Canonicalization 1.0, without comments: the bytes that are hashed and signed.

use std::collections::BTreeMap;

use roxmltree::{Node, NodeId, NodeType};

use super::SamlError;
use super::bounds::DEPTH_MAX;

/// Namespace prefixes (`""` is the default) and what they stand for in the output so far.
type Scope<'a> = BTreeMap<&'a str, &'a str>;

/// The canonical form of `node`, without the element `left_out`. `inclusive` are prefixes that are
/// declared where they are known, used or not. A form longer than `limit` bytes is refused: a long
/// namespace that is declared again for each element makes it longer than the text.
pub(super) fn canonical(
    node: Node<'_, '_>,
    left_out: Option<NodeId>,
    inclusive: &[&str],
    limit: usize,
) -> Result<String, SamlError> {
    let mut form = Form {
        left_out,
        inclusive,
        limit,
        scope: Scope::new(),
        out: String::new(),
    };
    form.element(node, 0)?;
    Ok(form.out)
}

struct Form<'a, 'l> {
    left_out: Option<NodeId>,
    inclusive: &'l [&'a str],
    limit: usize,
    scope: Scope<'a>,
    out: String,
}

impl<'a> Form<'a, '_> {
    fn element(&mut self, node: Node<'a, '_>, depth: usize) -> Result<(), SamlError> {
        if depth > DEPTH_MAX || self.out.len() > self.limit {
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
        self.out.push('<');
        self.out.push_str(name);

        let mut attributes = Vec::new();
        let mut used = vec![prefix_of(name)];
        for attribute in node.attributes() {
            let name = source.get(attribute.range_qname()).ok_or(SamlError::Xml)?;
            if name.contains(':') {
                used.push(prefix_of(name));
            }
            let namespace = attribute.namespace().unwrap_or("");
            attributes.push((namespace, attribute.name(), name, attribute));
        }
        let known = self.inclusive.iter().copied();
        used.extend(known.filter(|prefix| lookup(node, prefix).is_some()));
        let replaced = self.declare(node, used);

        attributes.sort_by_key(|(namespace, local, _, _)| (*namespace, *local));
        for (_, _, name, attribute) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape_attribute(attribute.value(), &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
        for child in node.children() {
            match child.node_type() {
                NodeType::Element if Some(child.id()) == self.left_out => {}
                NodeType::Element => self.element(child, depth + 1)?,
                NodeType::Text => escape_text(child.text().unwrap_or(""), &mut self.out),
                NodeType::PI => instruction(child, &mut self.out),
                NodeType::Comment | NodeType::Root => {}
            }
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        for (prefix, before) in replaced {
            match before {
                Some(uri) => self.scope.insert(prefix, uri),
                None => self.scope.remove(prefix),
            };
        }
        Ok(())
    }

    /// Declares those of the prefixes that stand for something else so far; what they stood for.
    fn declare(
        &mut self,
        node: Node<'a, '_>,
        mut used: Vec<&'a str>,
    ) -> Vec<(&'a str, Option<&'a str>)> {
        used.sort_unstable();
        used.dedup();
        let mut replaced = Vec::new();
        for prefix in used.into_iter().filter(|prefix| *prefix != "xml") {
            let uri = lookup(node, prefix).unwrap_or("");
            if self.scope.get(prefix).copied().unwrap_or("") == uri {
                continue;
            }
            self.out.push_str(if prefix.is_empty() {
                " xmlns"
            } else {
                " xmlns:"
            });
            self.out.push_str(prefix);
            self.out.push_str("=\"");
            escape_attribute(uri, &mut self.out);
            self.out.push('"');
            replaced.push((prefix, self.scope.insert(prefix, uri)));
        }
        replaced
    }
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
        canonical(node, None, &[], 10_000).unwrap()
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

    /// A namespace of 1,000 characters that each of 1,000 elements declares anew.
    #[test]
    fn a_form_that_grows_beyond_its_limit_is_refused() {
        let uri = "u".repeat(1_000);
        let text = format!("<r xmlns:p='{uri}'>{}</r>", "<p:a/>".repeat(1_000));
        let document = parse(&text).unwrap();
        let of = |limit| canonical(document.root_element(), None, &[], limit);
        assert_eq!(of(100_000), Err(SamlError::Xml));
        assert!(of(2_000_000).is_ok());
        let declared = canonical(document.root_element(), None, &["p"], 100_000).unwrap();
        assert!(declared.len() < 20_000, "once, by the outermost");
    }
}
