//! The words at the head of a model's file: what it is for, order of events, limits, what it is checked against.

use std::path::Path;

/// A model file's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// The model's name.
    pub model: String,
    /// The Rust type.
    pub kind: String,
    /// Title and text of each section.
    pub sections: Vec<(String, String)>,
}

impl Head {
    /// The text of a section.
    pub fn section(&self, title: &str) -> Option<&str> {
        self.sections.iter().find(|(t, _)| t == title).map(|(_, text)| text.as_str())
    }

    /// The head of a model file; `None` if it declares no model.
    pub fn of(source: &str) -> Option<Head> {
        let quoted =
            |line: &str| Some(line.trim().strip_prefix("name: \"")?.strip_suffix("\",")?.to_string());
        let model = source.lines().find_map(quoted)?;
        let kind =
            source.lines().find_map(|l| l.strip_prefix("impl Neuron for ")?.strip_suffix(" {"))?.to_string();
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in source.lines().map_while(|l| l.strip_prefix("//!")).map(str::trim) {
            if let Some(title) = line.strip_prefix("# ") {
                sections.push((title.into(), String::new()));
            } else if let Some((_, text)) = sections.last_mut() {
                *text += line;
                text.push('\n');
            }
        }
        for (_, text) in &mut sections {
            *text = text.trim().to_string();
        }
        Some(Head { model, kind, sections })
    }
}

/// The heads of all model files of a folder, sorted by model.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn heads(folder: &Path) -> Result<Vec<Head>, String> {
    let unreadable = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut heads = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "rs") {
            heads.extend(Head::of(&std::fs::read_to_string(&path).map_err(unreadable)?));
        }
    }
    heads.sort_by(|a, b| a.model.cmp(&b.model));
    Ok(heads)
}

/// Text of a head with its links to types turned into links to pages: `` [`super::Lif`] `` becomes a link to `lif.md`.
pub(super) fn linked(text: &str, heads: &[Head]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        let Some((name, after)) = after.split_once("`]") else { break };
        out += before;
        let kind = name.rsplit("::").next().unwrap_or(name);
        out += &match heads.iter().find(|h| h.kind == kind) {
            Some(head) => format!("[`{0}`]({0}.md)", head.model),
            None => format!("`{name}`"),
        };
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_links_are_found() {
        let source = "//! A: b.\n//!\n//! # Limits\n//! One [`super::a::A`],\n//! two [`Params::x`].\n\nimpl Neuron for A {\n    const \
                      INFO: Info = Info {\n        name: \"a\",\n";
        let head = Head::of(source).expect("a head");
        assert_eq!((head.model.as_str(), head.kind.as_str()), ("a", "A"));
        let limits = head.section("Limits").expect("a section");
        assert_eq!(linked(limits, std::slice::from_ref(&head)), "One [`a`](a.md),\ntwo `Params::x`.");
        assert!(Head::of("//! no model").is_none());
    }
}
