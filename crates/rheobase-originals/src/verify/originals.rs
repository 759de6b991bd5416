//! What the published libraries call things and what they are here: the tables that the replays read, for people.

use super::quirks::{self, Quirk};
use super::{nengo, rnnbuilder, slif, spyketorch};
use rheobase_sim::Catalog;
use rheobase_sim::population::probe::Quantity;

/// One published library.
#[derive(Debug, Clone, PartialEq)]
pub struct Original {
    /// Its name, with the version whose runs are the traces.
    pub name: &'static str,
    /// Its classes (some with the method that was run) and our models.
    pub classes: Vec<(&'static str, &'static str)>,
    /// Its parameters and ours, as far as a model has them.
    pub parameters: Vec<(&'static str, &'static str)>,
    /// Its states, as traces name them, and our fields and probes.
    pub states: Vec<(&'static str, &'static str)>,
    /// Its functions and filters, and ours.
    pub functions: &'static [(&'static str, &'static str)],
    /// Its settings that are not a parameter of a model here, and what is.
    pub settings: &'static [(&'static str, &'static str)],
    /// Where it surprises, and what happens here.
    pub quirks: &'static [Quirk],
}

impl Original {
    /// Its classes that the model called `model` plays.
    pub fn played_by(&self, model: &str) -> impl Iterator<Item = &'static str> {
        self.classes.iter().filter(move |(_, ours)| *ours == model).map(|(theirs, _)| *theirs)
    }
}

/// Classes in the table of Nengo's that nengo-extras brings.
const FROM_EXTRAS: [&str; 2] = ["NumbaLIF", "FastLIF"];

/// The classes of nengo-extras, or those of Nengo and NengoDL: their replays share a table.
fn nengo_classes(extras: bool) -> Vec<(&'static str, &'static str)> {
    let shared = nengo::CLASSES.into_iter().filter(|(theirs, _)| FROM_EXTRAS.contains(theirs) == extras);
    shared.chain(nengo::EXTRAS.into_iter().filter(|_| extras)).collect()
}

/// The pairs whose second name is a parameter or state of a model among `classes`, or a probe that every model has.
fn known(
    pairs: &[(&'static str, &'static str)],
    classes: &[(&'static str, &'static str)],
) -> Vec<(&'static str, &'static str)> {
    let models = || classes.iter().filter_map(|(_, ours)| Catalog::standard().get(ours).ok());
    let has = |name: &str| {
        models().any(|m| m.params().iter().any(|f| f.name == name) || Quantity::named(&*m, name).is_ok())
    };
    pairs.iter().filter(|(_, ours)| has(ours)).copied().collect()
}

/// The libraries whose neurons are here.
pub fn originals() -> Vec<Original> {
    let (nengo, extras) = (nengo_classes(false), nengo_classes(true));
    vec![
        Original {
            name: "Nengo 4.1.0 and NengoDL 3.6.0",
            parameters: known(&nengo::PARAMETERS, &nengo),
            states: known(&nengo::STATES, &nengo),
            classes: nengo,
            functions: &[],
            settings: nengo::SETTINGS,
            quirks: quirks::NENGO,
        },
        Original {
            name: "nengo-extras 0.5.0",
            parameters: known(&nengo::PARAMETERS, &extras),
            states: known(&nengo::STATES, &extras),
            classes: extras,
            functions: &[],
            settings: nengo::EXTRAS_SETTINGS,
            quirks: quirks::NENGO_EXTRAS,
        },
        Original {
            name: "SpykeTorch-Extended",
            classes: spyketorch::classes(),
            parameters: spyketorch::PARAMETERS.to_vec(),
            states: spyketorch::STATES.to_vec(),
            functions: spyketorch::FUNCTIONS,
            settings: spyketorch::SETTINGS,
            quirks: quirks::SPYKETORCH,
        },
        Original {
            name: "rnnbuilder 0.1.1",
            classes: rnnbuilder::CLASSES.to_vec(),
            parameters: rnnbuilder::PARAMETERS.to_vec(),
            states: rnnbuilder::STATES.to_vec(),
            functions: &[],
            settings: rnnbuilder::SETTINGS,
            quirks: quirks::RNNBUILDER,
        },
        Original {
            name: "ngc-learn 3.2.3",
            classes: vec![("SLIFCell", slif::MODEL)],
            parameters: slif::SAME.iter().map(|name| (*name, *name)).collect(),
            states: slif::STATES.to_vec(),
            functions: &[],
            settings: slif::SETTINGS,
            quirks: quirks::NGC_LEARN,
        },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::quirks::Verdict;
    use super::*;
    use crate::verify::rules::RULES;

    #[test]
    fn tables_name_what_is_there() {
        for original in originals() {
            let models: Vec<_> =
                original.classes.iter().map(|(_, ours)| Catalog::standard().get(ours).unwrap()).collect();
            for (theirs, ours) in &original.parameters {
                let known = models.iter().any(|m| m.params().iter().any(|f| f.name == *ours));
                assert!(known, "{}: {theirs} → {ours}", original.name);
            }
            for (theirs, ours) in &original.states {
                let known = models.iter().any(|m| Quantity::named(&**m, ours).is_ok());
                assert!(known, "{}: {theirs} → {ours}", original.name);
            }
        }
    }

    #[test]
    fn nothing_of_the_replays_tables_is_left_out() {
        let all = originals();
        let classes = all.iter().map(|o| o.classes.len()).sum::<usize>();
        let read = nengo::CLASSES.len() + nengo::EXTRAS.len() + spyketorch::classes().len();
        assert_eq!(classes, read + rnnbuilder::CLASSES.len() + 1);
        for pair in nengo::PARAMETERS {
            assert!(all.iter().any(|o| o.parameters.contains(&pair)), "{pair:?}");
        }
    }

    #[test]
    fn every_rule_is_a_quirk_that_is_not_kept() {
        let all: Vec<Quirk> = originals().iter().flat_map(|o| o.quirks.iter().copied()).collect();
        let ids: BTreeSet<&str> = all.iter().map(|q| q.id).collect();
        assert_eq!(ids.len(), all.len(), "an identifier is used twice");
        for rule in RULES {
            let quirk = all.iter().find(|q| q.id == rule.id);
            assert!(quirk.is_some_and(|q| q.verdict == Verdict::Intended), "{}", rule.id);
        }
    }
}
