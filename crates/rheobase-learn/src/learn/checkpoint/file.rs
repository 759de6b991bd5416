//! A checkpoint's bytes: a safetensors file in which no bit can change unnoticed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher;

use safetensors::tensor::{Dtype, Metadata, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use twox_hash::XxHash3_64;

use super::super::fingerprint::fingerprint;
use super::{Checkpoint, Header, Protection};
use rheobase_base::Error;
use rheobase_signals::tensor::{Element, Tensor};

/// The version of the file this library writes. It reads 1 too, which had no checksum.
pub const FORMAT: u64 = 2;
/// The version without a checksum.
const UNPROTECTED: u64 = 1;
const ENTRY: &str = "rheobase";
/// What every file of this format begins with after the eight bytes of its header's length. The checksum follows, so
/// that it is found, and checked, before anything is parsed.
const START: &[u8] = br#"{"__metadata__":{"rheobase":"{\"format\":2,\"checksum\":\""#;
const LENGTH: usize = size_of::<u64>();
/// What the checksum's digits are while it is taken.
const BLANK: &[u8] = b"0000000000000000";
const ADVICE: &str = "use a copy of it or an earlier checkpoint, or train again";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub(super) format: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) checksum: Option<String>,
    pub(super) fingerprint: String,
    pub(super) header: Header,
}

/// Why no bytes could be made of a checkpoint.
pub(super) enum Fault {
    Value(Box<Error>),
    Text(String),
}

pub(super) fn to_bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>, Fault> {
    for (name, tensor) in &checkpoint.tensors {
        if let Some((index, x)) = tensor.first_not_finite() {
            return Err(Fault::Value(Box::new(
                Error::value(
                    "checkpoint",
                    name.clone(),
                    x,
                    "must be finite; the last checkpoint is left as it is",
                )
                .at(index),
            )));
        }
    }
    let stored = Stored {
        format: FORMAT,
        checksum: Some(String::from_utf8_lossy(BLANK).into_owned()),
        fingerprint: fingerprint(checkpoint.tensors()),
        header: checkpoint.header.clone(),
    };
    let json = serde_json::to_string(&stored).map_err(|e| Fault::Text(format!("header: {e}")))?;
    // One entry only: the writer keeps entries in a hash map, whose order changes from run to run.
    let entries = HashMap::from([(ENTRY.to_string(), json)]);
    let tensors = checkpoint.tensors.iter().map(|(name, tensor)| (name, Stowed(tensor)));
    let mut bytes = safetensors::serialize(tensors, Some(entries))
        .map_err(|e| Fault::Text(format!("cannot be made: {e}")))?;
    let digits = checksum(&bytes).filter(|_| written(&bytes) == Some(BLANK));
    let Some(digits) = digits else {
        return Err(Fault::Text("cannot be made: its header begins otherwise than it should".into()));
    };
    let from = LENGTH + START.len();
    bytes[from..from + digits.len()].copy_from_slice(digits.as_bytes());
    Ok(bytes)
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<Checkpoint, String> {
    let protection = match (written(bytes), checksum(bytes)) {
        (Some(digits), Some(found)) if digits != found.as_bytes() => {
            return Err(damaged(bytes, digits, &found));
        }
        (Some(_), _) => Protection::Whole,
        (None, _) => Protection::Tensors,
    };
    parsed(bytes, protection)
        .map_err(|what| format!("{what}; the file is damaged, or no checkpoint of this version: {ADVICE}"))
}

/// The digits of the checksum as they stand in the file, if it begins as those of this format do.
fn written(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(LENGTH..)?.strip_prefix(START)?.get(..BLANK.len())
}

/// The checksum of a file of this format; none if it is too short to have one.
fn checksum(bytes: &[u8]) -> Option<String> {
    let (before, rest) = bytes.split_at_checked(LENGTH + START.len())?;
    let mut hash = XxHash3_64::with_seed(0);
    hash.write(before);
    hash.write(BLANK);
    hash.write(rest.get(BLANK.len()..)?);
    Some(format!("{:016x}", hash.finish()))
}

fn damaged(bytes: &[u8], written: &[u8], found: &str) -> String {
    let written = written.escape_ascii();
    let cut = match frame(bytes) {
        Err(Unframed::Cut { needs }) => {
            format!("; it has {} bytes and would need {needs}: cut off", bytes.len())
        }
        _ => String::new(),
    };
    format!("the file is damaged: its checksum is {found}, but {written} was written{cut}; {ADVICE}")
}

fn parsed(bytes: &[u8], protection: Protection) -> Result<Checkpoint, String> {
    let (metadata, data) = frame(bytes).map_err(|e| e.text(bytes.len()))?;
    let stored = stored(&metadata, protection)?;
    let mut tensors = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let element = match info.dtype {
            Dtype::F32 => Element::F32,
            Dtype::U64 => Element::U64,
            other => {
                return Err(format!("tensor `{name}` holds {other}; checkpoints hold float32 and uint64"));
            }
        };
        let (start, end) = info.data_offsets;
        let part = data.get(start..end).ok_or_else(|| format!("tensor `{name}` lies outside of the file"))?;
        let tensor =
            Tensor::from_bytes(&info.shape, element, part).map_err(|e| format!("tensor `{name}`: {e}"))?;
        if let Some((index, x)) = tensor.first_not_finite() {
            return Err(format!("tensor `{name}`[{index}] = {x}: must be finite"));
        }
        tensors.insert(name, tensor);
    }
    let checkpoint = Checkpoint { header: stored.header, tensors, protection };
    let found = fingerprint(checkpoint.tensors());
    match found == stored.fingerprint {
        true => Ok(checkpoint),
        false => Err(format!("its tensors have fingerprint {found}, but {} was written", stored.fingerprint)),
    }
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

/// [`frame`] of a safetensors file of anyone's, with words for what is wrong.
pub(in crate::learn) fn frame_of(bytes: &[u8]) -> Result<(Metadata, &[u8]), String> {
    frame(bytes).map_err(|e| match e {
        Unframed::Cut { needs } => format!("is cut off: it has {} bytes and would need {needs}", bytes.len()),
        Unframed::Other(what) => format!("is not a safetensors file: {what}"),
    })
}

/// Why a file is not even a safetensors file.
enum Unframed {
    Cut { needs: u64 },
    Other(String),
}

impl Unframed {
    fn text(self, length: usize) -> String {
        match self {
            Unframed::Cut { needs } => {
                format!("cut off or not a checkpoint: it has {length} bytes and would need {needs}")
            }
            Unframed::Other(what) => format!("not a checkpoint: {what}"),
        }
    }
}

/// The parts of the file: length of the header, header, data. The library's own reader adds lengths of the header
/// unchecked, which overflows on crafted files; its header type checks everything else.
fn frame(bytes: &[u8]) -> Result<(Metadata, &[u8]), Unframed> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>().ok_or(Unframed::Cut { needs: LENGTH as u64 })?;
    let length = u64::from_le_bytes(*length);
    let whole = length.saturating_add(LENGTH as u64);
    let too_short = || Unframed::Cut { needs: whole };
    let header = usize::try_from(length).map_err(|_| too_short())?;
    let (header, data) = rest.split_at_checked(header).ok_or_else(too_short)?;
    let metadata: Metadata = serde_json::from_slice(header)
        .map_err(|e| Unframed::Other(format!("its safetensors header does not parse: {e}")))?;
    let needs = metadata.data_len();
    if needs > data.len() {
        return Err(Unframed::Cut { needs: (needs as u64).saturating_add(whole) });
    }
    if needs < data.len() {
        return Err(Unframed::Other(format!("{} bytes follow its last tensor", data.len() - needs)));
    }
    Ok((metadata, data))
}

/// This library's own part of the header.
fn stored(metadata: &Metadata, protection: Protection) -> Result<Stored, String> {
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY)).ok_or_else(|| {
        format!("a safetensors file without the entry `{ENTRY}`: not a checkpoint of this library")
    })?;
    let broken = |e: serde_json::Error| format!("its entry `{ENTRY}` does not parse: {e}");
    let value: Value = serde_json::from_str(text).map_err(broken)?;
    let Some(format) = value.get("format") else {
        return Err(format!("its entry `{ENTRY}` states no format: not a checkpoint of this library"));
    };
    match (format.as_u64(), protection) {
        (Some(FORMAT), Protection::Whole) | (Some(UNPROTECTED), Protection::Tensors) => {
            serde_json::from_value(value).map_err(broken)
        }
        (Some(FORMAT), Protection::Tensors) => Err("its checksum is not where it was written".into()),
        _ => Err(format!(
            "format {format}, but this version reads {UNPROTECTED} and {FORMAT}: use the version that wrote it"
        )),
    }
}
