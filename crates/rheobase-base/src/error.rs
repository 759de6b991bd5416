//! The one error type of this crate: place, field, value, rule, and what to do.

use std::fmt;
use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as data. `place` names the population, file or argument that was being looked at.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A value breaks a rule: `hidden.lif.tau_rc[17] = -2 s: must be > 0`.
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
    Unknown {
        /// Where the name was used.
        place: String,
        /// What it should have named: `model`, `parameter`, `column`…
        kind: &'static str,
        /// The name as given.
        name: String,
        /// The known name that means the same in the field's language, or else the closest, if any is close.
        nearest: Option<String>,
        /// All known names, in their order.
        known: Vec<String>,
    },
    /// An array of the wrong shape.
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
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, where in it, and what to do.
        what: String,
    },
    /// Not a number arose in a run, which was stopped there.
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
    Unsupported {
        /// Model or setting.
        place: String,
        /// What is not there, and what is there instead.
        what: String,
    },
    /// A call that was asked to end before it was done; see [`Cancel`](crate::Cancel).
    Cancelled,
}

// Written out: a derive would make the kernels' build depend on the features that others ask of its parser.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Value { place, field, index: Some(i), value, rule } => {
                write!(f, "{place}.{field}[{i}] = {value}: {rule}")
            }
            Error::Value { place, field, index: None, value, rule } => {
                write!(f, "{place}.{field} = {value}: {rule}")
            }
            Error::Unknown { place, kind, name, nearest: Some(nearest), .. } => {
                write!(f, "{place}: unknown {kind} `{name}`; did you mean `{nearest}`?")
            }
            Error::Unknown { place, kind, name, nearest: None, known } => {
                write!(f, "{place}: unknown {kind} `{name}`")?;
                write_known(f, known)
            }
            Error::Shape { place, field, got, want } => write!(f, "{place}.{field}: shape {got}, but {want}"),
            Error::File { path, what } => write!(f, "{}: {what}", path.display()),
            Error::NotANumber { place, field, step, batch, neuron } => write!(
                f,
                "{place}: {field} became NaN at step {step}, sample {batch}, neuron {neuron}; look at the input and \
                 parameters of that neuron, or take a smaller dt"
            ),
            Error::Unsupported { place, what } => write!(f, "{place}: {what}"),
            Error::Cancelled => f.write_str("ended before it was done, as asked; nothing has changed"),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// A value that breaks a rule; [`at`](Self::at) says which element it is.
    pub fn value(
        place: impl Into<String>,
        field: impl Into<String>,
        value: impl ToString,
        rule: impl Into<String>,
    ) -> Self {
        let value = value.to_string();
        Error::Value { place: place.into(), field: field.into(), index: None, value, rule: rule.into() }
    }

    /// The same of element `i` of its field (`None`: of the field as a whole), where it is about a value.
    pub fn at(mut self, i: impl Into<Option<usize>>) -> Self {
        if let Error::Value { index, .. } = &mut self {
            *index = i.into();
        }
        self
    }

    /// An array of the wrong shape.
    pub fn shape(
        place: impl Into<String>,
        field: impl Into<String>,
        got: impl Into<String>,
        want: impl Into<String>,
    ) -> Self {
        Error::Shape { place: place.into(), field: field.into(), got: got.into(), want: want.into() }
    }

    /// NaN that arose, at a step since the reset, in a sample of the batch and a neuron of the layer.
    pub fn not_a_number(
        place: impl Into<String>,
        field: impl Into<String>,
        [step, batch, neuron]: [usize; 3],
    ) -> Self {
        Error::NotANumber { place: place.into(), field: field.into(), step, batch, neuron }
    }

    /// Something that is not there, and what is there instead.
    pub fn unsupported(place: impl Into<String>, what: impl Into<String>) -> Self {
        Error::Unsupported { place: place.into(), what: what.into() }
    }

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
        let known: Vec<String> = known.into_iter().map(str::to_string).collect();
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_string);
        Error::Unknown { place: place.into(), kind, name: name.to_string(), nearest, known }
    }
}

/// Names that an error lists before it counts the rest.
const LISTED: usize = 20;

fn write_known(f: &mut fmt::Formatter<'_>, known: &[String]) -> fmt::Result {
    for (i, name) in known.iter().take(LISTED).enumerate() {
        write!(f, "{}`{name}`", if i == 0 { "; known: " } else { ", " })?;
    }
    match known.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// What other libraries and papers call things, in lower case, and what they are called here.
const SYNONYMS: [(&str, &str); 14] = [
    ("atan", "arctan"),
    ("batch_size", "batch"),
    ("ce", "cross_entropy"),
    ("crossentropy", "cross_entropy"),
    ("leaky", "lif_discrete"),
    ("lifnode", "lif_discrete"),
    ("lr", "learning_rate"),
    ("mse", "rate_error"),
    ("n_epochs", "epochs"),
    ("num_epochs", "epochs"),
    ("optim", "optimise"),
    ("optimizer", "optimise"),
    ("optimiser", "optimise"),
    ("regularization", "regularise"),
];

/// The name in `known` that means the same as `name` in other libraries; or else the closest, if at most a third of its
/// letters differ (at least one may). Case is ignored; two neighbouring letters that are swapped count as one difference.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let synonym = SYNONYMS.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours);
    known
        .into_iter()
        .map(|k| {
            (if Some(k) == synonym { 0 } else { strsim::damerau_levenshtein(&name, &k.to_lowercase()) }, k)
        })
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
    fn nearest_knows_what_others_call_it() {
        assert_eq!(nearest("LR", ["rule", "learning_rate"]), Some("learning_rate"));
        assert_eq!(nearest("mse", ["cross_entropy", "rate_error"]), Some("rate_error"));
        assert_eq!(nearest("mse", ["cross_entropy"]), None);
        assert_eq!(nearest("leaky", ["leaky"]), Some("leaky"));
    }

    #[test]
    fn unknown_names_without_a_near_one_list_what_there_is() {
        let names: Vec<String> = (0..23).map(|i| format!("column{i}")).collect();
        let e = Error::unknown("a.csv", "column", "x", names.iter().map(String::as_str)).to_string();
        assert!(e.starts_with("a.csv: unknown column `x`; known: `column0`, `column1`, "), "{e}");
        assert!(e.ends_with("`column19` and 3 more"), "{e}");
        assert_eq!(Error::unknown("a", "array", "x", []).to_string(), "a: unknown array `x`");
    }

    #[test]
    fn errors_name_place_field_value_and_rule() {
        let e = Error::value("exc.lif", "tau_m", "-2 s", "must be > 0");
        assert_eq!(e.to_string(), "exc.lif.tau_m = -2 s: must be > 0");
        assert_eq!(e.at(17).to_string(), "exc.lif.tau_m[17] = -2 s: must be > 0");
        let e = Error::shape("net", "weight", "[2]", "[3] is needed");
        assert_eq!(e.at(1).to_string(), "net.weight: shape [2], but [3] is needed");
        let e = Error::unknown("lif", "parameter", "tau_q", ["tau_m", "v_th"]);
        assert_eq!(e.to_string(), "lif: unknown parameter `tau_q`; did you mean `tau_m`?");
        let e = Error::unknown("lif", "parameter", "x", ["tau_m"]);
        assert_eq!(e.to_string(), "lif: unknown parameter `x`; known: `tau_m`");
        assert_eq!(Error::file("a/b", "is empty").to_string(), "a/b: is empty");
        assert_eq!(Error::unsupported("lif", "has no curve").to_string(), "lif: has no curve");
    }
}
