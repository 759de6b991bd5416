//! Data sets in CSV files: a line per sample, a column per feature, one column of labels.
//!
//! Separators, quotes and comments are read as in [`super::csv`]. Labels are whole numbers from 0, or texts: then the
//! classes are the texts in alphabetical order.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use super::csv::{NonFinite, each_row, shown};
use super::dataset::{CLASSES_MAX, Dataset, Inputs};
use super::npy::open;
use rheobase_base::{Error, Result, memory, nearest};

/// How the columns of a CSV file are to be understood.
#[derive(Debug, Clone, PartialEq)]
pub struct CsvOptions {
    /// Which column holds the labels.
    pub label: LabelColumn,
    /// Whether the first line holds names; `None`: if its first value is empty or no number.
    pub header: Option<bool>,
    /// Shape of a sample, its product the number of feature columns; empty: `[feature]`.
    pub shape: Vec<usize>,
    /// Every value is divided by this: 255 for bytes, say. Finite and above 0.
    pub scale: f32,
    /// The classes that label texts stand for, in this order; empty: the texts of this file, in alphabetical order.
    /// Give the training file's when reading a test file, which may lack a class.
    pub class_names: Vec<String>,
}

/// Which column holds the labels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LabelColumn {
    /// The last one.
    #[default]
    Last,
    /// The one of this name.
    Name(String),
    /// The one at this position, counted from 0.
    Position(usize),
    /// There is none.
    Absent,
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions {
            label: LabelColumn::default(),
            header: None,
            shape: Vec::new(),
            scale: 1.0,
            class_names: Vec::new(),
        }
    }
}

/// Reads the CSV file `path` into a data set of static inputs.
///
/// # Errors
/// [`Error::File`] with line and column as [`super::read_csv`] does, if labels are missing, or numbers that are not whole
/// or not within 0 to [`CLASSES_MAX`]; [`Error::Unknown`] for a label column or label text of no known name;
/// [`Error::Shape`] if `shape` does not fit the columns; [`Error::Value`] for a scale that is not finite and above 0.
pub fn read_csv_dataset(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Dataset> {
    let path = path.as_ref();
    let (file, size) = open(path)?;
    // A value of four bytes or more is read into four.
    memory::check(size as f64).map_err(|rule| Error::file(path, format!("of {size} bytes {rule}")))?;
    dataset_from(path, file, options)
}

/// The data set in CSV text; `label` names it in errors.
pub(super) fn dataset_from(
    label: impl AsRef<Path>,
    text: impl Read,
    options: &CsvOptions,
) -> Result<Dataset> {
    let path = label.as_ref();
    let name = path.display().to_string();
    if !(options.scale > 0.0 && options.scale.is_finite()) {
        return Err(Error::value(
            name,
            "scale",
            options.scale,
            "values are divided by it: must be finite and above 0",
        ));
    }
    let rows = Rows::read(path, text, options)?;
    let features = rows.names.len();
    let shape = if options.shape.is_empty() { vec![features] } else { options.shape.clone() };
    if shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)) != Some(features) {
        return Err(Error::shape(
            name,
            "shape",
            format!("{shape:?}"),
            format!("its product must be the number of feature columns, {features}"),
        ));
    }
    let (labels, classes) = if rows.labels.is_empty() {
        Default::default()
    } else {
        classes(&name, path, &rows, &options.class_names)?
    };
    let data = Dataset::new(name, shape, Inputs::Static(rows.values), labels)?;
    let data = if classes.is_empty() { data } else { data.with_class_names(classes)? };
    if rows.named { data.with_feature_names(rows.names) } else { Ok(data) }
}

/// What the lines hold.
#[derive(Default)]
struct Rows {
    /// Names of the feature columns.
    names: Vec<String>,
    named: bool,
    values: Vec<f32>,
    labels: Vec<String>,
    /// Where each label stands, for messages.
    places: Vec<String>,
}

impl Rows {
    fn read(path: &Path, text: impl Read, options: &CsvOptions) -> Result<Rows> {
        let mut rows = Rows::default();
        let mut at = None;
        let mut unknown = None;
        let names = each_row(text, options.header, |row| {
            if at.is_none() {
                match position(&options.label, row.names) {
                    Ok(found) => at = Some(found),
                    Err(e) => {
                        unknown = Some(e);
                        return Err(String::new());
                    }
                }
            }
            for i in 0..row.fields.len() {
                if Some(i) == at.flatten() {
                    if row.fields[i].is_empty() {
                        return Err(row.fault(i, "the label is missing"));
                    }
                    rows.labels.push(row.fields[i].to_string());
                    rows.places.push(row.fault(i, "label"));
                    continue;
                }
                let value = (row.number(i, NonFinite::Refuse)? / f64::from(options.scale)) as f32;
                if !value.is_finite() {
                    return Err(row.fault(i, "the value is too large for single precision"));
                }
                rows.values.push(value);
            }
            Ok(())
        })
        .map_err(|what| unknown.take().map_or_else(|| Error::file(path, what), |e| e.at(path)))?;
        let label = position(&options.label, &names).map_err(|e| e.at(path))?;
        rows.names =
            names.into_iter().enumerate().filter(|(i, _)| Some(*i) != label).map(|(_, n)| n).collect();
        rows.named = rows.names.iter().any(|n| !n.starts_with("column_"));
        if rows.values.is_empty() {
            let what = if rows.names.is_empty() { "has no column but the labels" } else { "holds no sample" };
            return Err(Error::file(path, what));
        }
        Ok(rows)
    }
}

/// A label column that is not there.
enum Missing {
    Name(String, Vec<String>),
    Position(usize, usize),
}

impl Missing {
    fn at(self, path: &Path) -> Error {
        match self {
            Missing::Name(name, known) if nearest(&name, known.iter().map(String::as_str)).is_some() => {
                let known = known.iter().map(String::as_str);
                Error::unknown(path.display().to_string(), "column", &name, known)
            }
            Missing::Name(name, known) => {
                let list: Vec<&str> = known.iter().take(20).map(String::as_str).collect();
                Error::file(
                    path,
                    format!("has no label column `{name}`; its columns are `{}`", list.join("`, `")),
                )
            }
            Missing::Position(i, n) => {
                Error::file(path, format!("has no label column {i}: it has {n}, counted from 0"))
            }
        }
    }
}

fn position(label: &LabelColumn, names: &[String]) -> std::result::Result<Option<usize>, Missing> {
    match label {
        LabelColumn::Absent => Ok(None),
        LabelColumn::Last => Ok(names.len().checked_sub(1)),
        LabelColumn::Position(i) if *i < names.len() => Ok(Some(*i)),
        LabelColumn::Position(i) => Err(Missing::Position(*i, names.len())),
        LabelColumn::Name(name) => match names.iter().position(|n| n == name) {
            Some(i) => Ok(Some(i)),
            None => Err(Missing::Name(name.clone(), names.to_vec())),
        },
    }
}

/// The class of every label, and the names of the classes where they have some.
fn classes(place: &str, path: &Path, rows: &Rows, known: &[String]) -> Result<(Vec<u32>, Vec<String>)> {
    let numbers: Option<Vec<f64>> = rows.labels.iter().map(|t| t.parse().ok()).collect();
    if let (Some(numbers), true) = (numbers, known.is_empty()) {
        let fits = |x: f64| x >= 0.0 && x < CLASSES_MAX as f64 && x.trunc() == x;
        if let Some(i) = numbers.iter().position(|&x| !fits(x)) {
            let what = format!(
                "{} is `{}`: labels are classes, whole numbers from 0 to {}; use `class_names` for others",
                rows.places[i],
                shown(&rows.labels[i]),
                CLASSES_MAX - 1
            );
            return Err(Error::file(path, what));
        }
        return Ok((numbers.iter().map(|&x| x as u32).collect(), Vec::new()));
    }
    let names: Vec<String> = if known.is_empty() {
        rows.labels.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect()
    } else {
        known.to_vec()
    };
    if names.len() > CLASSES_MAX {
        let what = format!("{} different labels, more than {CLASSES_MAX}", names.len());
        return Err(Error::file(path, format!("holds {what}; is the label column the right one?")));
    }
    let index: std::collections::HashMap<&str, u32> =
        names.iter().enumerate().map(|(i, n)| (n.as_str(), i as u32)).collect();
    let labels = rows.labels.iter().map(|label| {
        index
            .get(label.as_str())
            .copied()
            .ok_or_else(|| Error::unknown(place, "class", &shown(label), names.iter().map(String::as_str)))
    });
    Ok((labels.collect::<Result<_>>()?, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, options: &CsvOptions) -> Result<Dataset> {
        dataset_from("t.csv", text.as_bytes(), options)
    }

    fn with(label: LabelColumn) -> CsvOptions {
        CsvOptions { label, ..CsvOptions::default() }
    }

    #[test]
    fn labels_by_name_position_or_last_with_or_without_header() {
        let plain = "0.5,1,2\n0.25,2,0\n";
        let named = "a,b,digit\n0.5,1,2\n0.25,2,0\n";
        let first = "digit;a;b\n2;0.5;1\n0;0.25;2\n";
        for (text, label) in [
            (plain, LabelColumn::Last),
            (plain, LabelColumn::Position(2)),
            (named, LabelColumn::Name("digit".into())),
            (first, LabelColumn::Name("digit".into())),
            (first, LabelColumn::Position(0)),
        ] {
            let data = read(text, &with(label)).unwrap();
            assert_eq!(data.inputs(), &Inputs::Static(vec![0.5, 1.0, 0.25, 2.0]), "{text}");
            assert_eq!((data.labels(), data.classes()), (&[2, 0][..], 3));
            let names: &[&str] = if text == plain { &[] } else { &["a", "b"] };
            assert_eq!(data.feature_names(), names);
        }
        let bare = read(plain, &with(LabelColumn::Absent)).unwrap();
        assert_eq!((bare.features(), bare.labels().len()), (3, 0));
    }

    #[test]
    fn texts_are_classes_in_alphabetical_order_or_the_given_one() {
        let text = "5.1,setosa\n6.2,virginica\n5.9,setosa\n";
        let data = read(text, &CsvOptions::default()).unwrap();
        assert_eq!((data.labels(), data.class_name(1)), (&[0, 1, 0][..], "virginica".into()));
        let names = ["virginica", "versicolor", "setosa"].map(String::from).to_vec();
        let options = CsvOptions { class_names: names, ..CsvOptions::default() };
        let data = read(text, &options).unwrap();
        assert_eq!((data.labels(), data.classes()), (&[2, 0, 2][..], 3));
        let text = read("5.1,setsa\n", &options).unwrap_err().to_string();
        assert!(text.contains("did you mean `setosa`"), "{text}");
        let first = CsvOptions { label: LabelColumn::Position(0), header: Some(false), ..Default::default() };
        assert_eq!(read("setosa,1\nother,2\n", &first).unwrap().labels(), [1, 0]);
    }

    #[test]
    fn shape_and_scale() {
        let options = CsvOptions { shape: vec![1, 2, 2], scale: 16.0, ..CsvOptions::default() };
        let data = read("0,8,16,4,1\n", &options).unwrap();
        assert_eq!(
            (data.shape(), data.inputs()),
            (&[1, 2, 2][..], &Inputs::Static(vec![0.0, 0.5, 1.0, 0.25]))
        );
        assert!(read("0,8,16,1\n", &options).unwrap_err().to_string().contains("feature columns, 3"));
        for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            let options = CsvOptions { scale, ..CsvOptions::default() };
            assert!(read("1,0\n", &options).unwrap_err().to_string().starts_with("t.csv.scale"));
        }
    }

    #[test]
    fn faults_name_the_place() {
        let named = |n: &str| with(LabelColumn::Name(n.into()));
        for (text, options, part) in [
            ("", CsvOptions::default(), "empty"),
            ("a,b\n", CsvOptions::default(), "no sample"),
            ("a\n1\n", CsvOptions::default(), "no column but the labels"),
            ("a,digit\n1,0\n", named("digits"), "did you mean `digit`"),
            ("a,digit\n", named("digits"), "did you mean `digit`"),
            ("a,b\n1,0\n", named("digits"), "its columns are `a`, `b`"),
            ("1,0\n", with(LabelColumn::Position(2)), "has no label column 2: it has 2"),
            ("1,0\nnan,0\n", CsvOptions::default(), "line 2, column 1 (`column_1`): `nan` is not finite"),
            ("1,0\n1e39,0\n", CsvOptions::default(), "line 2, column 1 (`column_1`): the value is too large"),
            ("1,0\n1,\n", CsvOptions::default(), "line 2, column 2 (`column_2`): the label is missing"),
            ("1,0\n1,-1\n", CsvOptions::default(), "line 2, column 2 (`column_2`): label is `-1`"),
            ("1,0.5\n", CsvOptions::default(), "label is `0.5`"),
            ("1,nan\n", CsvOptions::default(), "label is `nan`"),
            ("1,4000000000\n", CsvOptions::default(), "0 to 65535"),
            ("1,0\n1,0,3\n", CsvOptions::default(), "line 2 has 3 values"),
            ("x,0\n1,0\n", CsvOptions { header: Some(false), ..Default::default() }, "`x` is not a number"),
        ] {
            let got = read(text, &options).unwrap_err().to_string();
            assert!(got.starts_with("t.csv") && got.contains(part), "{text:?}: {got}");
        }
    }
}
