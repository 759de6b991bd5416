//! The book in `docs/`: its generated pages are up to date, its links lead somewhere, a new model gets a page.

#[path = "toy/bouncer.rs"]
mod bouncer;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use conformance::book::{heads, model_page, pages};
use rheobase::Catalog;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Markdown file below a folder, by its path in it.
fn markdown(folder: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder.join(below)).expect("a folder of the book") {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            markdown(folder, &path, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.insert(path);
        }
    }
}

#[test]
fn generated_pages_are_up_to_date() {
    let stale = |(path, text): &(PathBuf, String)| {
        std::fs::read_to_string(root().join("docs").join(path)).map_or(true, |committed| committed != *text)
    };
    let pages = pages(&root()).expect("the models' files can be read");
    let stale: Vec<PathBuf> = pages.into_iter().filter(stale).map(|(path, _)| path).collect();
    assert!(stale.is_empty(), "run `cargo run -p conformance --example book`, which changes {stale:?}");
}

#[test]
fn every_model_file_is_in_the_catalogue() {
    let heads =
        heads(&root().join("crates/rheobase-models/src/neuron")).expect("the models' files can be read");
    let missing: Vec<&str> = heads
        .iter()
        .map(|head| head.model.as_str())
        .filter(|name| Catalog::standard().get(name).is_err())
        .collect();
    assert!(missing.is_empty(), "no line in crates/rheobase-models/src/catalog.rs: {missing:?}");
}

#[test]
fn there_is_no_page_of_a_model_that_is_gone() {
    let mut found = BTreeSet::new();
    markdown(&root().join("docs"), Path::new("models"), &mut found);
    let generated: BTreeSet<PathBuf> =
        pages(&root()).expect("the models' files can be read").into_keys().collect();
    let left_over: Vec<_> = found.difference(&generated).collect();
    assert!(left_over.is_empty(), "delete {left_over:?}");
}

/// What a link to a heading says.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_page_is_in_the_contents_and_every_link_leads_somewhere() {
    let docs = root().join("docs");
    let mut found = BTreeSet::new();
    markdown(&docs, Path::new(""), &mut found);
    let contents = std::fs::read_to_string(docs.join("SUMMARY.md")).expect("contents");
    for page in &found {
        let text = std::fs::read_to_string(docs.join(page)).expect("a page");
        let here = page.to_string_lossy();
        assert!(
            here == "SUMMARY.md" || contents.contains(&format!("({here})")),
            "{here} is not in SUMMARY.md"
        );
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let inside = !target.starts_with("http");
            let (name, heading) = target.split_once('#').unwrap_or((target, ""));
            let here_or_there =
                |folder: &Path| if name.is_empty() { docs.join(page) } else { folder.join(name) };
            let file = docs.join(page).parent().map(here_or_there).unwrap_or_default();
            assert!(!inside || file.is_file(), "{here} links to {target}, which is not there");
            if inside && !heading.is_empty() {
                let text = std::fs::read_to_string(&file).expect("a page");
                let mut headings = text.lines().filter_map(|l| l.strip_prefix('#')).map(anchor);
                assert!(headings.any(|h| h == heading), "{here} links to {target}, but no heading is so");
            }
        }
    }
}

#[test]
fn every_model_says_what_it_is_checked_against_and_where_it_comes_from() {
    let pages = pages(&root()).expect("the models' files can be read");
    for model in Catalog::standard().models() {
        let page = &pages[&PathBuf::from(format!("models/{}.md", model.info().name))];
        for section in [
            "What it is for",
            "Discretisation and order of events",
            "Limits",
            "Checked against",
            "References",
        ] {
            assert!(page.contains(&format!("## {section}\n")), "{}: {section}", model.info().name);
        }
    }
}

#[test]
fn a_model_that_joins_in_a_test_gets_a_page() {
    let page = model_page(&rheobase::model::<bouncer::Bouncer>(), None);
    for words in [
        "# Bouncer (`bouncer`)",
        "| `tau_m` | s | 0.02 | > 0 and finite | Membrane time constant. |",
        "0.04 s",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}
