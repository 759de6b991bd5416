//! The page of dialects: the head of each file, and what its NIR files leave open.

use std::path::Path;

use rheobase::exchange::{DIALECTS, Dialect};

use super::markdown::table;

/// The page. `folder` holds the files of the dialects.
///
/// # Errors
/// A dialect's file that cannot be read.
pub(super) fn page(folder: &Path) -> Result<String, String> {
    let mut out = String::from(
        "# What frameworks mean\n\nThe order of events in a step of each framework, as its recorded runs have it, and what is read from the NIR \
         files that it writes. [Models of other frameworks](exchange.md) says how to use them.\n",
    );
    for dialect in DIALECTS {
        out += &section(folder, dialect)?;
    }
    Ok(out)
}

fn section(folder: &Path, dialect: &Dialect) -> Result<String, String> {
    // The dialect without a framework has the name of its format.
    let stem = if dialect.name == "nir" { "plain" } else { dialect.name };
    let path = folder.join(format!("{stem}.rs"));
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let head: Vec<&str> = text.lines().map_while(|l| l.strip_prefix("//!")).map(str::trim).collect();
    let mut out = format!("\n## {}\n\n{}\n", dialect.name, head.join("\n"));
    if !dialect.sign.is_empty() {
        out += &format!("\nRecognised by: {}.\n", dialect.sign);
    }
    if !dialect.settings.is_empty() {
        let row = |s: &rheobase::exchange::Setting| {
            let words = if s.words.is_empty() { "a number".to_string() } else { s.words.join(", ") };
            vec![format!("`{}`", s.name), s.of.join(", "), s.assumed.to_string(), words]
        };
        let rows = dialect.settings.iter().map(row).collect();
        out += &format!(
            "\nIts NIR files leave open:\n\n{}",
            table(&["`--with`", "of nodes", "assumed", "may be"], rows)
        );
    }
    Ok(out)
}
