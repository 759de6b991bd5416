//! The reference of settings: every key that the reader knows is on the page, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rheobase::Error;
use rheobase::learn::TrainConfig;

/// A part of the page: keys, and how its kinds are told apart where it has kinds.
#[derive(Default)]
struct Section {
    /// The key that says the kind, where one does.
    tag: Option<String>,
    /// Keys of each kind; those of a table without kinds under the empty name.
    keys: BTreeMap<String, BTreeSet<String>>,
}

fn sections() -> BTreeMap<String, Section> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md");
    let page = std::fs::read_to_string(page).expect("docs/settings.md");
    let mut all: BTreeMap<String, Section> = BTreeMap::new();
    let (mut path, mut kind, mut in_keys) = (None, String::new(), false);
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            path = Some(if title.starts_with('`') {
                title.trim_matches('`').to_string()
            } else {
                String::new()
            });
            kind.clear();
        } else if let Some(name) = line.strip_prefix("Keys of `") {
            kind = name.trim_end_matches("`:").to_string();
        }
        let Some(path) = &path else { continue };
        in_keys = line.starts_with("| key |") || (in_keys && line.starts_with('|'));
        let section = all.entry(path.clone()).or_default();
        let first = line.strip_prefix("| `").and_then(|rest| rest.split('`').next());
        match first {
            Some(key) if in_keys => drop(section.keys.entry(kind.clone()).or_default().insert(key.into())),
            Some(written) if written.ends_with('"') => {
                section.tag = section.tag.take().or(written.split_once(" = ").map(|(tag, _)| tag.into()));
            }
            _ => {}
        }
    }
    all
}

/// `inner` at `path`, with the kinds that the way there takes.
fn at(path: &str, inner: String, all: &BTreeMap<String, Section>) -> String {
    let steps: Vec<&str> = path.split('.').filter(|s| !s.is_empty()).collect();
    let mut text = inner;
    for (i, step) in steps.iter().enumerate().rev() {
        let (key, many) = step.strip_suffix("[]").map_or((*step, false), |key| (key, true));
        let value = if many { format!("[{{ {text} }}]") } else { format!("{{ {text} }}") };
        let outer = all.get(&steps[..i].join("."));
        let kind = outer.and_then(|s| {
            let tag = s.tag.as_ref()?;
            let (kind, _) = s.keys.iter().find(|(_, keys)| keys.contains(key))?;
            Some(format!("{tag} = \"{kind}\", "))
        });
        text = format!("{}{key} = {value}", kind.unwrap_or_default());
    }
    text
}

#[test]
fn every_key_that_is_read_is_on_the_page_and_no_other() {
    let all = sections();
    let mut probed = 0;
    for (path, section) in &all {
        for (kind, keys) in &section.keys {
            let inner = match (&section.tag, kind.is_empty()) {
                (_, true) => "zzz = 1".to_string(),
                (Some(tag), false) => format!("{tag} = \"{kind}\", zzz = 1"),
                (None, false) => format!("{kind} = {{ zzz = 1 }}"),
            };
            let text = at(path, inner, &all);
            let text = if path.is_empty() { text.replace(", ", "\n") } else { text };
            let known = match TrainConfig::from_toml(&text, "probe") {
                Err(Error::Unknown { kind: "key", known, .. }) => known,
                other => panic!("{text}: {other:?}"),
            };
            let mut known: BTreeSet<String> = known.into_iter().collect();
            // The key that chose the kind is one, too.
            if let Some(tag) = &section.tag {
                assert!(known.remove(tag), "`{path}` {kind}");
            }
            // A network's table is also that of its file.
            if path == "network" {
                assert!(known.remove("file"));
            }
            assert_eq!(*keys, known, "`{path}` {kind}: left the page, right what is read");
            probed += 1;
        }
    }
    assert!(probed > 50, "{probed}");
}

#[test]
fn the_job_on_the_page_is_one() {
    let job = TrainConfig::REFERENCE
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a job");
    let config = TrainConfig::from_toml(job, "page").expect("settings");
    config.check().expect("settings");
    let network = config.network(&[4]).expect("a network");
    rheobase::network::outline(&network).expect("a network");
}
