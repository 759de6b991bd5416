//! `Report`: what became of every parameter of a model on its way from one framework to another.

use std::fmt;

use serde::Serialize;

/// What became of a parameter, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The same number with the same meaning.
    Exact,
    /// The same behaviour by other numbers: the formula says which.
    Rewritten,
    /// Nearly the same behaviour: how far off is said.
    Approximated,
    /// Not taken over, or not in the file: what is assumed is said.
    Lost,
    /// No counterpart: the model cannot be read or written.
    Refused,
}

impl Fate {
    /// Its word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Exact => "exact",
            Fate::Rewritten => "rewritten",
            Fate::Approximated => "approximated",
            Fate::Lost => "lost",
            Fate::Refused => "refused",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What became of one parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The node, by its name in the model that was read; empty for the model as a whole.
    pub node: String,
    /// The parameter.
    pub parameter: String,
    /// What became of it.
    pub fate: Fate,
    /// How: the formula, the error, what is assumed, or why there is no counterpart.
    pub how: String,
}

/// What became of every parameter, and how the dialect was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The framework and version whose meaning was read or written: `snntorch 1.0.0`.
    pub dialect: String,
    /// How that was found.
    pub because: String,
    /// Node by node.
    pub entries: Vec<Entry>,
}

impl Report {
    /// One more entry.
    pub(crate) fn say(&mut self, node: &str, parameter: &str, fate: Fate, how: impl Into<String>) {
        self.entries.push(Entry { node: node.into(), parameter: parameter.into(), fate, how: how.into() });
    }

    /// How many entries have this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.entries.iter().filter(|e| e.fate == fate).count()
    }

    /// The worst that became of anything.
    pub fn worst(&self) -> Fate {
        self.entries.iter().map(|e| e.fate).max().unwrap_or(Fate::Exact)
    }

    /// The entries that are neither exact nor rewritten: what `--strict` refuses.
    pub fn losses(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|e| e.fate > Fate::Rewritten)
    }

    /// One line: `3 exact, 2 rewritten, 1 lost`.
    pub fn summary(&self) -> String {
        let fates = [Fate::Exact, Fate::Rewritten, Fate::Approximated, Fate::Lost, Fate::Refused];
        let counts = fates.map(|fate| (self.count(fate), fate.word()));
        let said: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        if said.is_empty() { "nothing to report".into() } else { said.join(", ") }
    }
}
