//! Checkpoints: training state in one file, whole or not at all, checked when it is read.
//!
//! A safetensors file. Names of tensors are `group/name` (`weights/hidden.weight`). Its metadata has one entry,
//! `rheobase`, the text of a JSON object:
//!
//! | key | what |
//! |---|---|
//! | `format` | [`FORMAT`] |
//! | `checksum` | XXH3 (64 bits, seed 0) of the whole file with these sixteen digits as zeros |
//! | `fingerprint` | of all tensors, see [`fingerprint`](super::fingerprint()) |
//! | `header` | [`Header`] |
//!
//! A file of which a single bit has changed, wherever it is, is refused. Files of format 1 have no checksum: only their
//! tensors are protected, by the fingerprint ([`Protection`]).

mod file;

pub use file::FORMAT;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use self::file::frame_of;
use self::file::{Fault, from_bytes, to_bytes};
use rheobase_base::{Error, Result, nearest};
use rheobase_files::atomic_write;
use rheobase_signals::tensor::{Element, Tensor, TensorData};

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
    protection: Protection,
}

/// Which parts of a file are known to be as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protection {
    /// Every byte.
    #[default]
    Whole,
    /// The tensors alone: damage to the header (settings, description, history) is not noticed. Files of format 1, which
    /// are written no more.
    Tensors,
}

/// A tensor that a group of a checkpoint has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedTensor {
    /// Its name within the group.
    pub name: String,
    /// Its kind of element.
    pub element: Element,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl Checkpoint {
    /// A checkpoint yet without tensors.
    pub fn new(header: Header) -> Self {
        Checkpoint { header, ..Checkpoint::default() }
    }

    /// How the file it was read from is protected; [`Protection::Whole`], as it would be written, if from none.
    pub fn protection(&self) -> Protection {
        self.protection
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
    pub fn expect(&self, path: &Path, group: &str, wanted: &[ExpectedTensor]) -> Result<()> {
        let names = || wanted.iter().map(|w| w.name.as_str());
        for ExpectedTensor { name, element, shape } in wanted {
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
        let bytes = to_bytes(self).map_err(|e| match e {
            Fault::Value(e) => *e,
            Fault::Text(what) => Error::file(path, what),
        })?;
        atomic_write(path, |file| file.write_all(&bytes))
    }

    /// Reads a file and checks it: complete, of a known format, every bit as it was written (of format 1, those of the
    /// tensors: see [`Checkpoint::protection`]), all elements finite.
    ///
    /// # Errors
    /// [`Error::File`] with what is wrong, and where.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
        from_bytes(&bytes).map_err(|what| Error::file(path, what))
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
