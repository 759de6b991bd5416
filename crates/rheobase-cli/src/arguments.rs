//! Pieces of arguments: numbers, spans `LOW..HIGH`, files with the name of an array in them, `NAME=VALUE`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use rheobase::data::{NonFinite, NpzReader, read_csv, read_npy};
use rheobase::models::record::Field;

use crate::failure::{Failure, Outcome};
use crate::train::run_folder::own_for_output;
use crate::units::Amount;

/// Endings of files that hold numbers.
const DATA_ENDINGS: [&str; 5] = ["npy", "npz", "csv", "tsv", "txt"];

/// A number of threads.
pub(crate) fn threads(text: &str) -> Result<usize, String> {
    let most = rheobase::threads::MOST;
    let number = text.trim().parse().ok().filter(|n| (1..=most).contains(n));
    number.ok_or_else(|| {
        format!("must be at least 1 and at most {most}; leave it out for as many as there are cores")
    })
}

/// One number for all neurons, or one drawn for each from a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NumberOrSpan {
    /// The same for all.
    Same(f64),
    /// Uniform on [low, high), per neuron.
    Between(f64, f64),
}

impl FromStr for NumberOrSpan {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        NumberOrSpan::parse(text, &|text| {
            let amount: Amount = text.parse()?;
            match amount.unit.is_empty() {
                true => Ok(amount.value),
                false => Err(format!("`{text}` must be a plain number here")),
            }
        })
    }
}

impl NumberOrSpan {
    /// Reads `text`, each number of it by `number`. A unit behind a span is that of both its ends.
    pub(crate) fn parse(text: &str, number: &dyn Fn(&str) -> Result<f64, String>) -> Result<Self, String> {
        let Some((low, high)) = text.split_once("..") else { return number(text).map(NumberOrSpan::Same) };
        let unit = high.parse::<Amount>().map_or(String::new(), |a| a.unit);
        let plain = low.parse::<Amount>().is_ok_and(|a| a.unit.is_empty());
        let (low, high) = (number(&if plain { format!("{low}{unit}") } else { low.into() })?, number(high)?);
        if low.is_finite() && high.is_finite() && low <= high {
            Ok(NumberOrSpan::Between(low, high))
        } else {
            Err(format!("`{text}` is not a span: LOW..HIGH needs two finite numbers, the lower one first"))
        }
    }
}

/// A file of numbers, and which array or column of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilePart {
    /// The file.
    pub(crate) path: PathBuf,
    /// Array in an npz, column in a CSV.
    pub(crate) part: Option<String>,
}

impl FilePart {
    /// `text` as FILE or FILE:PART, if it ends as files of numbers do.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        FilePart::ending_in(&DATA_ENDINGS, text)
    }

    /// `text` as FILE or FILE:PART, if it has one of these endings.
    pub(crate) fn ending_in(endings: &[&str], text: &str) -> Option<Self> {
        let is_data = |path: &str| {
            let ending = Path::new(path).extension().map(|e| e.to_string_lossy().to_lowercase());
            ending.is_some_and(|e| endings.contains(&e.as_str()))
        };
        if is_data(text) {
            return Some(FilePart { path: text.into(), part: None });
        }
        let (path, part) = text.rsplit_once(':')?;
        is_data(path).then(|| FilePart { path: path.into(), part: Some(part.into()) })
    }

    /// The numbers, one per neuron. In a file of several arrays or columns, that called `name` is taken unless the
    /// argument says another.
    pub(crate) fn column(&self, name: &str) -> Outcome<Vec<f64>> {
        let path = &self.path;
        let wanted = self.part.as_deref().unwrap_or(name);
        let unknown = |kind, names: Vec<&str>| {
            let e = rheobase::Error::unknown(path.display().to_string(), kind, wanted, names.clone());
            Failure::bad(format!("{e} (it has {})", names.join(", ")))
        };
        match path.extension().map(|e| e.to_string_lossy().to_lowercase()).as_deref() {
            Some("npy") => Ok(read_npy(path)?.to_f64()?),
            Some("npz") => {
                let mut archive = NpzReader::open(path)?;
                let names: Vec<String> = archive.names().map(String::from).collect();
                let name = match (&self.part, &names[..]) {
                    (None, [only]) => only,
                    _ => names
                        .iter()
                        .find(|n| *n == wanted)
                        .ok_or_else(|| unknown("array", names.iter().map(String::as_str).collect()))?,
                };
                Ok(archive.read(name)?.to_f64()?)
            }
            _ => {
                let table = read_csv(path, NonFinite::Allow)?;
                match (&self.part, &table.columns[..]) {
                    (None, [only]) => Ok(only.clone()),
                    _ => table
                        .find(wanted)
                        .map(<[f64]>::to_vec)
                        .ok_or_else(|| unknown("column", table.names.iter().map(String::as_str).collect())),
                }
            }
        }
    }
}

/// `NAME=VALUE`: a parameter or state field and what it is set to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    /// The field.
    pub(crate) name: String,
    /// What it is set to, as it was written.
    text: String,
    /// Its value.
    pub(crate) value: Value,
}

/// What a field is set to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A number, or one drawn per neuron.
    NumberOrSpan(NumberOrSpan),
    /// Drawn per feature map of a [C, H, W] layer.
    PerMap(f64, f64),
    /// A number per neuron from a file.
    File(FilePart),
}

impl FromStr for Setting {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(format!("`{text}` is not NAME=VALUE, such as tau_m=0.02"));
        };
        let setting =
            Setting { name: name.trim().into(), text: value.into(), value: value_of(value, &any_unit)? };
        Ok(setting)
    }
}

impl Setting {
    /// The setting in the unit of its field, one of `fields`; a field that is none of these is left for whoever knows more.
    pub(crate) fn in_units_of(&self, option: &str, fields: &[Field]) -> Outcome<Setting> {
        let Some(field) = fields.iter().find(|f| f.name == self.name) else { return Ok(self.clone()) };
        let place = format!("{option} {}", self.name);
        let refused = std::cell::RefCell::new(None);
        let value = value_of(&self.text, &|text| {
            let amount: Amount = text.parse()?;
            amount.in_unit(&place, field.unit).map_err(|failure| {
                let message = failure.message().unwrap_or_default().to_string();
                *refused.borrow_mut() = Some(failure);
                message
            })
        });
        match (value, refused.into_inner()) {
            (Ok(value), _) => Ok(Setting { value, ..self.clone() }),
            (_, Some(failure)) => Err(failure),
            (Err(message), None) => Err(Failure::bad(message)),
        }
    }
}

/// A number, without the prefix of its unit.
pub(crate) fn any_unit(text: &str) -> Result<f64, String> {
    text.parse::<Amount>().map(|a| a.in_base())
}

/// What a field is set to, each number read by `number`.
fn value_of(value: &str, number: &dyn Fn(&str) -> Result<f64, String>) -> Result<Value, String> {
    if let Some(file) = value.strip_prefix('@') {
        let part = FilePart::parse(file);
        return Ok(Value::File(part.ok_or_else(|| {
            format!("`{file}` does not end in {}, or in these and :PART", DATA_ENDINGS.join(", "))
        })?));
    }
    let Some(span) = value.strip_suffix("/map") else {
        return NumberOrSpan::parse(value, number).map(Value::NumberOrSpan);
    };
    match NumberOrSpan::parse(span, number)? {
        NumberOrSpan::Between(low, high) => Ok(Value::PerMap(low, high)),
        NumberOrSpan::Same(_) => Err(format!("`{value}` needs a span: LOW..HIGH/map")),
    }
}

/// `NAME` or `NAME:EVERY`: a probe.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProbeArgument {
    /// What is looked at.
    pub(crate) name: String,
    /// After how many steps each time.
    pub(crate) every: usize,
}

impl FromStr for ProbeArgument {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, every) = match text.split_once(':') {
            None => (text, 1),
            Some((name, every)) => (
                name,
                every.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                    format!("`{every}` must be a whole number of steps, at least 1: NAME:EVERY")
                })?,
            ),
        };
        Ok(ProbeArgument { name: name.into(), every })
    }
}

/// `N` or `C,H,W`: the shape of a layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape(pub(crate) Vec<usize>);

impl FromStr for Shape {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let sizes: Option<Vec<usize>> = text.split([',', 'x']).map(|n| n.trim().parse().ok()).collect();
        match sizes {
            Some(sizes) if sizes.len() == 1 || sizes.len() == 3 => Ok(Shape(sizes)),
            _ => Err(format!("`{text}` is not a shape: write C,H,W (features, rows, columns) or N")),
        }
    }
}

/// Whether an output goes to standard output: `-`.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Where a table goes that is written to `path`: there, or for `-` to standard output, as CSV.
pub(crate) fn write_table(path: &Path, write: impl FnOnce(&Path) -> Outcome<()>) -> Outcome<()> {
    if !is_stdout(path) {
        return write(path);
    }
    let fault = |e: std::io::Error| Failure::bad(format!("-o -: {e}"));
    let folder = tempfile::tempdir().map_err(fault)?;
    let file = folder.path().join("output.csv");
    write(&file)?;
    crate::terminal::print(&std::fs::read_to_string(&file).map_err(fault)?)
}

/// Checks before a long run that `path` can be written later: its ending is one of `endings`, its folder is there, and
/// if that is the folder of a run, no other process is writing there.
pub(crate) fn check_output(option: &str, path: &Path, endings: &[&str]) -> Outcome<()> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let place = path.display();
    if !endings.contains(&ending.as_str()) {
        return Err(Failure::bad(format!("{option} {place}: must end in .{}", endings.join(" or ."))));
    }
    if path.is_dir() {
        return Err(Failure::bad(format!("{option} {place}: is a folder; name a file in it")));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(Failure::bad(format!("{option} {place}: there is no folder {folder}; make it first")));
    }
    own_for_output(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_numbers_spans_and_files() {
        let value = |text: &str| text.parse::<Setting>().map(|s| s.value);
        assert_eq!(value("a=-2e-3"), Ok(Value::NumberOrSpan(NumberOrSpan::Same(-0.002))));
        assert_eq!(value("a=-70..-60.5"), Ok(Value::NumberOrSpan(NumberOrSpan::Between(-70.0, -60.5))));
        assert_eq!(value("a=1..2/map"), Ok(Value::PerMap(1.0, 2.0)));
        let file = FilePart { path: "b/c.npz".into(), part: Some("x".into()) };
        assert_eq!(value("a=@b/c.npz:x"), Ok(Value::File(file)));
        assert_eq!(value("a=-inf"), Ok(Value::NumberOrSpan(NumberOrSpan::Same(f64::NEG_INFINITY))));
        for bad in ["a", "a=", "a=20 apples", "a=2..1", "a=1..nan", "a=1/map", "a=@b.mat", "a=1.."] {
            assert!(bad.parse::<Setting>().is_err(), "{bad}");
        }
    }

    #[test]
    fn settings_take_the_unit_of_their_field() {
        let fields = [Field::real("tau_m", "s", 0.02, ""), Field::real("v", "mV", 0.0, "")];
        let value = |text: &str| {
            let setting: Setting = text.parse().unwrap();
            setting.in_units_of("--set", &fields).map(|s| s.value).map_err(|f| f.message().map(String::from))
        };
        assert_eq!(value("tau_m=20ms"), Ok(Value::NumberOrSpan(NumberOrSpan::Same(0.02))));
        assert_eq!(value("tau_m=10..20ms"), Ok(Value::NumberOrSpan(NumberOrSpan::Between(0.01, 0.02))));
        assert_eq!(value("v=-0.07V..-60mV/map"), Ok(Value::PerMap(-70.0, -60.0)));
        assert_eq!(value("tau_m=3mV"), Err(Some("--set tau_m = 3 mV: is in s; give a plain number".into())));
    }

    #[test]
    fn files_may_name_a_part() {
        assert_eq!(FilePart::parse("a.csv"), Some(FilePart { path: "a.csv".into(), part: None }));
        assert_eq!(
            FilePart::parse("C:/a.NPZ:in"),
            Some(FilePart { path: "C:/a.NPZ".into(), part: Some("in".into()) })
        );
        assert_eq!(FilePart::parse("constant:1.5"), None);
        assert_eq!(FilePart::parse("a.json"), None);
    }

    #[test]
    fn probes_and_shapes() {
        assert_eq!("v:10".parse(), Ok(ProbeArgument { name: "v".into(), every: 10 }));
        assert!("v:0".parse::<ProbeArgument>().is_err() && "v:x".parse::<ProbeArgument>().is_err());
        assert_eq!("3,4,5".parse(), Ok(Shape(vec![3, 4, 5])));
        assert!("3,4".parse::<Shape>().is_err() && "3,-4,1".parse::<Shape>().is_err());
    }
}
