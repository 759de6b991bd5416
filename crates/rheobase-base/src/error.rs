//! The one error type of this crate: place, field, value, rule, and what to do.

use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as data. `place` names the population, file or argument that was being looked at.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value breaks a rule: `hidden.lif.tau_rc[17] = -2 s: must be > 0`.
    #[error("{place}.{field}{} = {value}: {rule}", brackets(.index))]
    Value {
        /// Population, file or argument.
        place: String,
        /// The field within it.
        field: String,
        /// Which element, where the field is an array.
        index: Option<usize>,
        /// The offending value, with its unit.
        value: String,
        /// The rule it breaks and what to do.
        rule: String,
    },
    /// A name nobody knows.
    #[error("{place}: unknown {kind} `{name}`{}", did_you_mean(.nearest))]
    Unknown {
        /// Where the name was used.
        place: String,
        /// What it should have named: `model`, `parameter`, `column`…
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The known name closest to it, if any is close.
        nearest: Option<String>,
    },
    /// An array of the wrong shape.
    #[error("{place}.{field}: shape {got}, but {want}")]
    Shape {
        /// Population, file or argument.
        place: String,
        /// The array's name.
        field: String,
        /// Its shape.
        got: String,
        /// The shape that is needed, and why.
        want: String,
    },
    /// A file whose contents cannot be used.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, where in it, and what to do.
        what: String,
    },
    /// Not a number arose in a run, which was stopped there.
    #[error(
        "{place}: {field} became NaN at step {step}, sample {batch}, neuron {neuron}; look at the input and parameters of that neuron, or take a smaller dt"
    )]
    NotANumber {
        /// The population.
        place: String,
        /// The state field (or `input`) that is NaN.
        field: String,
        /// Step since the state was last reset, from 0.
        step: usize,
        /// Sample in the batch.
        batch: usize,
        /// Neuron within the layer.
        neuron: usize,
    },
    /// Something that this model or setting does not offer.
    #[error("{place}: {what}")]
    Unsupported {
        /// Model or setting.
        place: String,
        /// What is not there, and what is there instead.
        what: String,
    },
    /// A call that was asked to end before it was done; see [`Cancel`](crate::Cancel).
    #[error("ended before it was done, as asked; nothing has changed")]
    Cancelled,
}

fn brackets(i: &Option<usize>) -> String {
    i.map_or(String::new(), |i| format!("[{i}]"))
}

fn did_you_mean(n: &Option<String>) -> String {
    n.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?"))
}

impl Error {
    /// A file that cannot be used, and why.
    pub fn file(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Error::File { path: path.into(), what: what.into() }
    }

    /// An unknown name, with the nearest of `known`.
    pub fn unknown<'a>(
        place: impl Into<String>,
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Error::Unknown {
            place: place.into(),
            kind,
            name: name.to_string(),
            nearest: nearest(name, known).map(str::to_string),
        }
    }
}

/// The name in `known` closest to `name`, if at most a third of its letters differ (at least one may). Case is ignored;
/// two neighbouring letters that are swapped count as one difference.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&name, &k.to_lowercase()), k))
        .filter(|(d, k)| *d <= (name.chars().count().max(k.chars().count()) / 3).max(1))
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_typos_and_nothing_far() {
        let known = ["tau_rc", "tau_ref", "amplitude"];
        assert_eq!(nearest("tau_rf", known), Some("tau_rc"));
        assert_eq!(nearest("amplitud", known), Some("amplitude"));
        assert_eq!(nearest("voltage", known), None);
    }

    #[test]
    fn swapped_letters_are_one_difference() {
        assert_eq!(nearest("tua_m", ["tau_w", "v_rest", "tau_m"]), Some("tau_m"));
        assert_eq!(nearest("VT_H", ["v_min", "v_th"]), Some("v_th"));
    }

    #[test]
    fn errors_name_place_field_value_and_rule() {
        let e = Error::Value {
            place: "exc.lif".into(),
            field: "tau_m".into(),
            index: Some(17),
            value: "-2 s".into(),
            rule: "must be > 0".into(),
        };
        assert_eq!(e.to_string(), "exc.lif.tau_m[17] = -2 s: must be > 0");
    }
}
