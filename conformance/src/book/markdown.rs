//! Tables, references and units as Markdown.

use rheobase::models::record::{Field, Kind};

/// The cells of a row.
pub(super) type Cells = Vec<String>;

/// A table with a head.
pub(super) fn table(head: &[&str], rows: Vec<Cells>) -> String {
    let line =
        |cells: &mut dyn Iterator<Item = String>| format!("|{}|\n", cells.collect::<Vec<_>>().join("|"));
    let mut out = line(&mut head.iter().map(|h| format!(" {h} ")));
    out += &line(&mut head.iter().map(|_| "---".to_string()));
    for row in rows {
        out += &line(&mut row.iter().map(|cell| format!(" {} ", cell.replace('|', "\\|"))));
    }
    out
}

/// Plain words that Markdown would take for emphasis or HTML.
pub(super) fn plain(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "&lt;")
}

/// A reference with its DOI or arXiv number as a link.
pub(super) fn reference(text: &str) -> String {
    let linked = |word: &str| {
        let end = word.len() - word.chars().rev().take_while(|c| matches!(c, ';' | ',' | '.' | ')')).count();
        let (id, rest) = word.split_at(end);
        let url = match (id.strip_prefix("doi:"), id.strip_prefix("arXiv:")) {
            (Some(doi), _) => format!("https://doi.org/{doi}"),
            (_, Some(number)) => format!("https://arxiv.org/abs/{number}"),
            _ => return plain(word),
        };
        format!("[{id}]({url}){rest}")
    };
    text.split(' ').map(linked).collect::<Vec<_>>().join(" ")
}

/// The unit of a field; 1 for pure numbers.
pub(super) fn unit(f: &Field) -> String {
    if f.unit.is_empty() { "1".into() } else { f.unit.into() }
}

/// The rule of a field's values.
pub(super) fn range(f: &Field) -> String {
    match f.kind {
        Kind::Switch => "0 (off) or 1 (on)".into(),
        Kind::Whole => format!("{}, whole", f.range.to_string().trim_start_matches("must be ")),
        Kind::Real => f.range.to_string().trim_start_matches("must be ").into(),
    }
}

/// The meaning of a field; says where it is the threshold or kept by a reset.
pub(super) fn meaning(f: &Field) -> String {
    let mut words = plain(&f.doc.split_whitespace().collect::<Vec<_>>().join(" "));
    if f.is_threshold && !words.starts_with("Threshold") {
        let mut letters = words.chars();
        let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        words = format!("Threshold: {first}{}", letters.as_str());
    }
    if f.kept_by_reset {
        words += " (kept by a reset)";
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_linked() {
        assert_eq!(reference("A 2014, doi:10.1/x.y"), "A 2014, [doi:10.1/x.y](https://doi.org/10.1/x.y)");
        assert_eq!(
            reference("arXiv:1803.09574; b"),
            "[arXiv:1803.09574](https://arxiv.org/abs/1803.09574); b"
        );
    }

    #[test]
    fn bars_do_not_break_tables() {
        assert_eq!(table(&["a"], vec![vec!["|z|".into()]]), "| a |\n|---|\n| \\|z\\| |\n");
    }
}
