//! The generated part of the book in `docs/`: a page per model, the surrogates, and where the published libraries' names
//! are to be found here.
//!
//! `cargo run -p conformance --example book` writes the pages; a test asserts that the committed ones are these.

mod coming_from;
mod dialects;
mod formats;
mod head;
mod markdown;
mod model_page;
mod settings;
mod surrogates;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rheobase::Catalog;
use rheobase::exchange::DIALECTS;
use rheobase::population::Model;

pub use head::{Head, heads};
pub use model_page::model_page;

use markdown::{Cells, table};

/// What stands at the top of generated pages.
const NOTE: &str =
    "<!-- Written by `cargo run -p conformance --example book`: change the model, not this page. -->\n\n";

/// The pages written by hand, in the order of the book, with their titles.
const WRITTEN: [(&str, &str); 10] = [
    ("README.md", "Rheobase"),
    ("semantics.md", "What happens in a step"),
    ("vision.md", "Spiking vision"),
    ("plasticity.md", "Plasticity"),
    ("stages.md", "Learning without labels"),
    ("rates.md", "Rates into spikes"),
    ("python.md", "Python"),
    ("runs.md", "Runs and their folders"),
    ("exchange.md", "Models of other frameworks"),
    ("speed.md", "Speed"),
];

/// Pages for those who come from another library, with code side by side, written by hand too.
const COMING: [(&str, &str); 10] = [
    ("brian2", "Brian2"),
    ("nengo", "Nengo and NengoDL"),
    ("nengo-extras", "nengo-extras"),
    ("nest", "NEST"),
    ("ngc-learn", "ngc-learn"),
    ("norse", "Norse"),
    ("rnnbuilder", "rnnbuilder"),
    ("snntorch", "snnTorch"),
    ("spikingjelly", "SpikingJelly"),
    ("spyketorch", "SpykeTorch"),
];

/// Pages for those who use neurons inside another program, written by hand too.
const INSIDE: [(&str, &str); 3] = [("torch", "PyTorch"), ("jax", "JAX"), ("nengo", "Nengo")];

/// Pages of what vision networks take, and of networks with their controls, written by hand too.
const VISION: [(&str, &str); 5] = [
    ("colours", "Colours and larger images"),
    ("cameras", "Recordings of cameras"),
    ("kheradpisheh-2018", "Kheradpisheh et al. 2018"),
    ("mozafari-2019", "Mozafari et al. 2019"),
    ("diehl-cook-2015", "Diehl & Cook 2015, current-based"),
];

/// Every generated page of the book by its path below `docs/`. `root` is the repository, whose model files are read for
/// the words of their heads.
///
/// # Errors
/// Model files that cannot be read, and models without one.
pub fn pages(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let heads = heads(&root.join("crates/rheobase-models/src/neuron"))?;
    let models = Catalog::standard().models();
    let mut pages = BTreeMap::new();
    for model in models {
        let name = model.info().name;
        let head = heads
            .iter()
            .find(|h| h.model == name)
            .ok_or_else(|| format!("no file says `name: \"{name}\"`"))?;
        pages.insert(
            format!("models/{name}.md").into(),
            format!("{NOTE}{}", model_page(model, Some((head, &heads)))),
        );
    }
    pages.insert("models.md".into(), format!("{NOTE}{}", index(models)));
    pages.insert("surrogates.md".into(), format!("{NOTE}{}", surrogates::page()));
    pages.insert("coming-from.md".into(), format!("{NOTE}{}", coming_from::page()));
    let folder = root.join("crates/rheobase-exchange/src/dialect");
    pages.extend(dialects::pages(&folder)?.into_iter().map(|(path, page)| (path, format!("{NOTE}{page}"))));
    pages.insert("formats.md".into(), format!("{NOTE}{}", formats::page()));
    let reference = settings::page(root)?;
    // The library carries it, too: the command and Python show it.
    pages.insert("../crates/rheobase-learn/src/learn/config/settings.md".into(), reference.clone());
    pages.insert("settings.md".into(), format!("{NOTE}{reference}"));
    pages.insert("SUMMARY.md".into(), summary(models));
    Ok(pages)
}

/// The table of all models.
fn index(models: &[std::sync::Arc<dyn Model>]) -> String {
    let row = |m: &std::sync::Arc<dyn Model>| -> Cells {
        let i = m.info();
        vec![format!("[`{0}`](models/{0}.md)", i.name), i.class.into(), i.family.into(), i.summary.into()]
    };
    let rows = models.iter().map(row).collect();
    format!(
        "# Models\n\nEach is one file of equations in `crates/rheobase-models/src/neuron/`. `rheobase models NAME` shows the same \
         on the command line.\n\n{}",
        table(&["name", "class", "family", "what it is"], rows)
    )
}

/// The table of contents, as mdBook reads it.
fn summary(models: &[std::sync::Arc<dyn Model>]) -> String {
    let mut out = String::from("# Summary\n\n");
    for (path, title) in WRITTEN {
        out += &format!("- [{title}]({path})\n");
        for (page, title) in VISION.iter().filter(|_| path == "vision.md") {
            out += &format!("  - [{title}](vision/{page}.md)\n");
        }
        for dialect in DIALECTS.iter().filter(|_| path == "exchange.md") {
            out += &format!("  - [{}]({})\n", dialects::title(dialect), dialects::path(dialect));
        }
    }
    for (page, program) in INSIDE {
        out += &format!("- [Inside {program}](frameworks/{page}.md)\n");
    }
    out += "- [Models](models.md)\n";
    for m in models {
        out += &format!("  - [{}](models/{}.md)\n", m.info().class, m.info().name);
    }
    out += "- [Surrogates](surrogates.md)\n- [Settings](settings.md)\n- [Data formats](formats.md)\n";
    out += "- [Coming from another library](coming-from.md)\n";
    for (page, library) in COMING {
        out += &format!("  - [{library}](coming-from/{page}.md)\n");
    }
    out
}
