//! Checkpoints: training state in one file, whole or not at all, checked when it is read.
//!
//! A safetensors file. Names of tensors are `group/name` (`weights/hidden.weight`). Its metadata has one entry,
//! `rheobase`, a JSON object: `format` (1), `fingerprint` of all tensors, and `header`, see [`Header`].

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fingerprint::fingerprint;
use super::tensor::{Element, Tensor, TensorData};
use crate::data::atomic_write;
use crate::{Error, Result, nearest};

/// The version of the file this library writes, and the only one it reads.
pub const FORMAT: u64 = 1;
const ENTRY: &str = "rheobase";

/// Everything in a checkpoint that is not a tensor.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the file is for, such as `training`.
    pub kind: String,
    /// The network, as its description writes it.
    pub architecture: Value,
    /// Epochs that are complete.
    pub epoch: u64,
    /// Updates that have been made, over all epochs.
    pub step: u64,
    /// Where each stream of random numbers is, by name.
    #[serde(default)]
    pub random: BTreeMap<String, u64>,
    /// Settings and history: whatever else the caller needs to go on.
    #[serde(default)]
    pub extra: Value,
}

/// A header and named tensors.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checkpoint {
    /// What is not a tensor.
    pub header: Header,
    tensors: BTreeMap<String, Tensor>,
}

/// A tensor that a group of a checkpoint has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name within the group.
    pub name: String,
    /// Its kind of element.
    pub element: Element,
    /// Its shape.
    pub shape: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u64,
    fingerprint: String,
    header: Header,
}

impl Checkpoint {
    /// A checkpoint yet without tensors.
    pub fn new(header: Header) -> Self {
        Checkpoint { header, tensors: BTreeMap::new() }
    }

    /// Adds a tensor as `group/name`.
    ///
    /// # Errors
    /// [`Error::Value`] if the group has it already, group or name is empty, or the group contains `/`.
    pub fn insert(&mut self, group: &str, name: &str, tensor: Tensor) -> Result<()> {
        let full = format!("{group}/{name}");
        let refused = |rule| Err(super::check::broken("checkpoint", "tensor", &full, rule));
        if group.is_empty() || name.is_empty() || group.contains('/') {
            return refused("must be group/name, neither empty, the group without `/`");
        }
        if self.tensors.contains_key(&full) {
            return refused("is in the checkpoint already; names must differ");
        }
        self.tensors.insert(full, tensor);
        Ok(())
    }

    /// Full names and tensors in ascending order of names.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// Names within `group` and tensors, in ascending order of names.
    pub fn group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, &'a Tensor)> {
        self.tensors().filter_map(move |(name, tensor)| {
            name.strip_prefix(group).and_then(|rest| rest.strip_prefix('/')).map(|name| (name, tensor))
        })
    }

    /// The tensor `group/name`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name of the group if there is none.
    pub fn tensor(&self, group: &str, name: &str) -> Result<&Tensor> {
        self.tensors.get(&format!("{group}/{name}")).ok_or_else(|| {
            Error::unknown(format!("checkpoint.{group}"), "tensor", name, self.group(group).map(|(n, _)| n))
        })
    }

    /// The elements of the `f32` tensor `group/name`.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none; [`Error::Value`] if it holds something else.
    pub fn f32(&self, group: &str, name: &str) -> Result<&[f32]> {
        match self.tensor(group, name)?.data() {
            TensorData::F32(values) => Ok(values),
            TensorData::U64(_) => Err(wrong_element(group, name, Element::U64, Element::F32)),
        }
    }

    /// The elements of the `u64` tensor `group/name`.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none; [`Error::Value`] if it holds something else.
    pub fn u64(&self, group: &str, name: &str) -> Result<&[u64]> {
        match self.tensor(group, name)?.data() {
            TensorData::U64(values) => Ok(values),
            TensorData::F32(_) => Err(wrong_element(group, name, Element::F32, Element::U64)),
        }
    }

    /// Checks that `group` holds the tensors `wanted` and no others. `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::File`] for a tensor that is missing, of another shape or another kind; [`Error::Unknown`] for one that
    /// is too many. Names come with the nearest one of the other side.
    pub fn expect(&self, path: &Path, group: &str, wanted: &[Wanted]) -> Result<()> {
        let names = || wanted.iter().map(|w| w.name.as_str());
        for Wanted { name, element, shape } in wanted {
            let full = format!("{group}/{name}");
            let Some(tensor) = self.tensors.get(&full) else {
                let extra = self.group(group).map(|(n, _)| n).filter(|n| names().all(|w| w != *n));
                let hint = nearest(name, extra).map_or(String::new(), |n| format!(" (it has `{group}/{n}`)"));
                let what = format!("tensor `{full}` is missing{hint}: the file is of another architecture");
                return Err(Error::file(path, what));
            };
            if (tensor.element(), tensor.shape()) != (*element, shape.as_slice()) {
                let what = format!(
                    "tensor `{full}` is {} {:?}, but {} {shape:?} is needed: the file is of another architecture",
                    tensor.element().name(),
                    tensor.shape(),
                    element.name(),
                );
                return Err(Error::file(path, what));
            }
        }
        match self.group(group).find(|(name, _)| names().all(|w| w != *name)) {
            None => Ok(()),
            Some((extra, _)) => {
                Err(Error::unknown(format!("{}: {group}", path.display()), "tensor", extra, names()))
            }
        }
    }

    /// Checks kind and architecture. `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::File`] with the first place in the architecture that differs, and both values there.
    pub fn expect_header(&self, path: &Path, kind: &str, architecture: &Value) -> Result<()> {
        if self.header.kind != kind {
            let what = format!("it is a checkpoint of kind `{}`, but `{kind}` is needed", self.header.kind);
            return Err(Error::file(path, what));
        }
        match difference("architecture".into(), &self.header.architecture, architecture) {
            None => Ok(()),
            Some(what) => {
                let hint = "resume with the description it was made with, or start anew";
                Err(Error::file(path, format!("it is of another architecture: {what}; {hint}")))
            }
        }
    }

    /// Writes the file, whole or not at all. The same checkpoint gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Value`] with tensor and index if an element is not finite; [`Error::File`] if it cannot be written.
    /// What stood at `path` is then untouched.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = self.to_bytes().map_err(|e| match e {
            Fault::Value(e) => *e,
            Fault::Text(what) => Error::file(path, what),
        })?;
        atomic_write(path, |file| file.write_all(&bytes))
    }

    /// Reads a file and checks it: complete, of this format, every bit as it was written, all elements finite.
    ///
    /// # Errors
    /// [`Error::File`] with what is wrong, and where.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
        Self::from_bytes(&bytes).map_err(|what| Error::file(path, what))
    }

    fn to_bytes(&self) -> std::result::Result<Vec<u8>, Fault> {
        for (name, tensor) in &self.tensors {
            if let Some((index, x)) = tensor.first_not_finite() {
                return Err(Fault::Value(Box::new(Error::Value {
                    place: "checkpoint".into(),
                    field: name.clone(),
                    index: Some(index),
                    value: x.to_string(),
                    rule: "must be finite; the last checkpoint is left as it is".into(),
                })));
            }
        }
        let stored =
            Stored { format: FORMAT, fingerprint: fingerprint(self.tensors()), header: self.header.clone() };
        let json = serde_json::to_string(&stored).map_err(|e| Fault::Text(format!("header: {e}")))?;
        // One entry only: the writer keeps entries in a hash map, whose order changes from run to run.
        let entries = HashMap::from([(ENTRY.to_string(), json)]);
        safetensors::serialize(
            self.tensors.iter().map(|(name, tensor)| (name, Stowed(tensor))),
            Some(entries),
        )
        .map_err(|e| Fault::Text(format!("cannot be made: {e}")))
    }

    fn from_bytes(bytes: &[u8]) -> std::result::Result<Self, String> {
        let (metadata, data) = frame(bytes)?;
        let stored = stored(&metadata)?;
        let mut tensors = BTreeMap::new();
        for (name, info) in metadata.tensors() {
            let element = match info.dtype {
                Dtype::F32 => Element::F32,
                Dtype::U64 => Element::U64,
                other => {
                    let what = format!("tensor `{name}` holds {other}; checkpoints hold float32 and uint64");
                    return Err(what);
                }
            };
            let (start, end) = info.data_offsets;
            let part =
                data.get(start..end).ok_or_else(|| format!("tensor `{name}` lies outside of the file"))?;
            let tensor = Tensor::from_bytes(&info.shape, element, part)
                .map_err(|e| format!("tensor `{name}`: {e}"))?;
            if let Some((index, x)) = tensor.first_not_finite() {
                return Err(format!(
                    "tensor `{name}`[{index}] = {x}: must be finite; take an earlier checkpoint"
                ));
            }
            tensors.insert(name, tensor);
        }
        let checkpoint = Checkpoint { header: stored.header, tensors };
        let found = fingerprint(checkpoint.tensors());
        if found == stored.fingerprint {
            return Ok(checkpoint);
        }
        let wanted = stored.fingerprint;
        Err(format!(
            "its tensors have fingerprint {found}, but {wanted} was written: the file was damaged or edited; take an earlier checkpoint"
        ))
    }
}

/// Why no bytes could be made of a checkpoint.
enum Fault {
    Value(Box<Error>),
    Text(String),
}

/// A tensor as the writer of safetensors sees it.
struct Stowed<'a>(&'a Tensor);

impl View for Stowed<'_> {
    fn dtype(&self) -> Dtype {
        match self.0.element() {
            Element::F32 => Dtype::F32,
            Element::U64 => Dtype::U64,
        }
    }
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.bytes())
    }
    fn data_len(&self) -> usize {
        self.0.len() * self.0.element().size()
    }
}

/// The parts of the file: length of the header, header, data. The library's own reader adds lengths of the header
/// unchecked, which overflows on crafted files; its header type checks everything else.
fn frame(bytes: &[u8]) -> std::result::Result<(Metadata, &[u8]), String> {
    let cut = |needs: u64| {
        format!("cut off or not a checkpoint: it has {} bytes and would need {needs}", bytes.len())
    };
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| cut(8))?;
    let length = u64::from_le_bytes(*length);
    let too_short = || cut(length.saturating_add(8));
    let length = usize::try_from(length).map_err(|_| too_short())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(too_short)?;
    let metadata: Metadata = serde_json::from_slice(header)
        .map_err(|e| format!("not a checkpoint: its safetensors header does not parse: {e}"))?;
    let needs = metadata.data_len();
    if needs > data.len() {
        return Err(cut((needs as u64).saturating_add(8 + length as u64)));
    }
    if needs < data.len() {
        return Err(format!("{} bytes follow its last tensor: not a checkpoint", data.len() - needs));
    }
    Ok((metadata, data))
}

/// This library's own part of the header.
fn stored(metadata: &Metadata) -> std::result::Result<Stored, String> {
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY)).ok_or_else(|| {
        format!("a safetensors file without the entry `{ENTRY}`: not a checkpoint of this library")
    })?;
    let broken = |e: serde_json::Error| format!("its entry `{ENTRY}` does not parse: {e}");
    let value: Value = serde_json::from_str(text).map_err(broken)?;
    match value.get("format") {
        Some(format) if format.as_u64() == Some(FORMAT) => serde_json::from_value(value).map_err(broken),
        Some(format) => {
            Err(format!("format {format}, but this version reads {FORMAT}: use the version that wrote it"))
        }
        None => Err(format!("its entry `{ENTRY}` states no format: not a checkpoint of this library")),
    }
}

fn wrong_element(group: &str, name: &str, got: Element, want: Element) -> Error {
    let rule = format!("must hold {}", want.name());
    super::check::broken(&format!("checkpoint.{group}"), name, got.name(), rule)
}

/// The first place where two JSON values differ, with both values.
fn difference(place: String, file: &Value, wanted: &Value) -> Option<String> {
    match (file, wanted) {
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).find_map(|key| {
            difference(
                format!("{place}.{key}"),
                a.get(key).unwrap_or(&Value::Null),
                b.get(key).unwrap_or(&Value::Null),
            )
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.into_iter().find_map(|(i, (a, b))| difference(format!("{place}[{i}]"), a, b))
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!("{place} is {} in the file, but {} is wanted", brief(a), brief(b))),
    }
}

/// A value as JSON, its first 60 characters.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(60).chain("…".chars()).collect() }
}

#[cfg(test)]
mod tests;
