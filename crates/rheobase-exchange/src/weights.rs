//! Files of tensors: `.safetensors` and `.npz`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use rheobase_base::{Error, Result, memory};
use rheobase_data::{Array, ArrayData, atomic_write, read_npz, write_npz};
use serde_json::{Value as Json, json};

use crate::layer::Weights;
use crate::tensor::{Data, Tensor};

/// The longest header of a safetensors file, in bytes: what its format allows.
const HEADER: u64 = 100_000_000;

/// Reads the tensors of a `.safetensors`, `.npz`, `.pt` or `.pth` file.
///
/// # Errors
/// A file of another kind, or damaged; tensors of kinds that are not numbers; more than fits into memory.
pub fn read_weights(path: &Path) -> Result<Weights> {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "safetensors" => read_safetensors(path),
        "npz" => from_npz(path),
        "pt" | "pth" | "bin" => crate::torch_file::read(path),
        other => {
            let what =
                format!("`.{other}` is not a file of weights: .safetensors, .pt, .pth or .npz is needed");
            Err(Error::file(path, what))
        }
    }
}

fn from_npz(path: &Path) -> Result<Weights> {
    let mut weights = Weights::new();
    for (name, array) in read_npz(path)?.into_arrays() {
        let (shape, data) = array.into_parts();
        let data = match data {
            ArrayData::F32(x) => Data::F32(x),
            ArrayData::F64(x) => Data::F64(x),
            ArrayData::I64(x) => Data::I64(x),
            ArrayData::Text(_) => continue,
        };
        let tensor = Tensor::new(&path.display().to_string(), &name, shape, data)?;
        weights.insert(name, tensor);
    }
    Ok(weights)
}

/// The header of a safetensors file, where its tensors begin, and how long the file is.
fn header(path: &Path) -> Result<(Json, u64, u64, File)> {
    let fault = |what: String| Error::file(path, what);
    let io = |e: std::io::Error| fault(format!("cannot be read: {e}"));
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut length = [0u8; 8];
    file.read_exact(&mut length).map_err(|_| fault("is shorter than the length of its header".into()))?;
    let length = u64::from_le_bytes(length);
    if length > HEADER || length > size.saturating_sub(8) {
        return Err(fault(format!("says that its header has {length} bytes; the file has {size}")));
    }
    let mut header = vec![0u8; length as usize];
    file.read_exact(&mut header).map_err(io)?;
    let header: Json =
        serde_json::from_slice(&header).map_err(|e| fault(format!("its header is not JSON: {e}")))?;
    Ok((header, 8 + length, size, file))
}

/// The words that a safetensors file holds beside its tensors.
pub(crate) fn metadata(path: &Path) -> Result<BTreeMap<String, String>> {
    let (header, ..) = header(path)?;
    let words = header["__metadata__"].as_object().into_iter().flatten();
    Ok(words.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string()))).collect())
}

/// Writes tensors as `.npz` or `.safetensors`, whole or not at all, with words beside them where the format has room.
///
/// # Errors
/// A file that cannot be written.
pub fn write_weights(path: &Path, weights: &Weights, metadata: &[(&str, String)]) -> Result<()> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npz")) {
        let array = |t: &Tensor| match t.data() {
            Data::F32(x) => Array::new(t.shape(), x.clone()),
            Data::F64(x) => Array::new(t.shape(), x.clone()),
            Data::I64(x) => Array::new(t.shape(), x.clone()),
        };
        let arrays = weights.iter().map(|(n, t)| Ok((n.clone(), array(t)?))).collect::<Result<Vec<_>>>()?;
        return write_npz(path, &arrays);
    }
    let mut header = serde_json::Map::new();
    if !metadata.is_empty() {
        let words = metadata.iter().map(|(k, v)| (k.to_string(), Json::from(v.as_str())));
        header.insert("__metadata__".into(), Json::Object(words.collect()));
    }
    let mut at = 0;
    for (name, tensor) in weights {
        let (dtype, size) = match tensor.data() {
            Data::F32(_) => ("F32", 4),
            Data::F64(_) => ("F64", 8),
            Data::I64(_) => ("I64", 8),
        };
        let end = at + size * tensor.len();
        header.insert(
            name.clone(),
            json!({ "dtype": dtype, "shape": tensor.shape(), "data_offsets": [at, end] }),
        );
        at = end;
    }
    let mut text = Json::Object(header).to_string().into_bytes();
    // Tensors begin at a multiple of 8, so that readers can map them.
    text.resize(text.len().next_multiple_of(8), b' ');
    atomic_write(path, |file| {
        file.write_all(&(text.len() as u64).to_le_bytes())?;
        file.write_all(&text)?;
        weights.values().try_for_each(|tensor| match tensor.data() {
            Data::F32(x) => x.iter().try_for_each(|x| file.write_all(&x.to_le_bytes())),
            Data::F64(x) => x.iter().try_for_each(|x| file.write_all(&x.to_le_bytes())),
            Data::I64(x) => x.iter().try_for_each(|x| file.write_all(&x.to_le_bytes())),
        })
    })
}

/// Reads a safetensors file.
///
/// # Errors
/// Those of [`read_weights`].
pub fn read_safetensors(path: &Path) -> Result<Weights> {
    let fault = |what: String| Error::file(path, what);
    let io = |e: std::io::Error| fault(format!("cannot be read: {e}"));
    let (header, body, size, mut file) = header(path)?;
    let mut weights = Weights::new();
    for (name, entry) in header.as_object().ok_or_else(|| fault("its header is not an object".into()))? {
        if name == "__metadata__" {
            continue;
        }
        let damaged = |what: &str| fault(format!("tensor `{name}`: {what}"));
        let numbers =
            |key: &str| -> Option<Vec<u64>> { entry[key].as_array()?.iter().map(Json::as_u64).collect() };
        let shape = numbers("shape").ok_or_else(|| damaged("has no shape"))?;
        let (Some(offsets), Some(dtype)) = (numbers("data_offsets"), entry["dtype"].as_str()) else {
            return Err(damaged("has no dtype or no offsets"));
        };
        let &[from, to] = &offsets[..] else { return Err(damaged("must have two offsets")) };
        let kind = Kind::named(dtype).ok_or_else(|| damaged(&format!("has elements of kind {dtype}")))?;
        let count = shape.iter().try_fold(kind.size() as u64, |n, d| n.checked_mul(*d));
        if from > to || to > size - body || count != Some(to - from) {
            return Err(damaged("its shape and offsets do not fit into the file"));
        }
        memory::check((to - from) as f64).map_err(|rule| damaged(&rule))?;
        file.seek(SeekFrom::Start(body + from)).map_err(io)?;
        let mut bytes = vec![0u8; (to - from) as usize];
        file.read_exact(&mut bytes).map_err(io)?;
        let shape = shape.iter().map(|d| *d as usize).collect();
        weights
            .insert(name.clone(), Tensor::new(&path.display().to_string(), name, shape, kind.read(&bytes))?);
    }
    Ok(weights)
}

/// What elements of tensors are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F64,
    F32,
    F16,
    Bf16,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}

impl Kind {
    fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "F64" => Kind::F64,
            "F32" => Kind::F32,
            "F16" => Kind::F16,
            "BF16" => Kind::Bf16,
            "I64" => Kind::I64,
            "I32" => Kind::I32,
            "I16" => Kind::I16,
            "I8" => Kind::I8,
            "U8" => Kind::U8,
            "BOOL" => Kind::Bool,
            _ => return None,
        })
    }

    /// Bytes of one.
    pub(crate) fn size(self) -> usize {
        match self {
            Kind::F64 | Kind::I64 => 8,
            Kind::F32 | Kind::I32 => 4,
            Kind::F16 | Kind::Bf16 | Kind::I16 => 2,
            Kind::I8 | Kind::U8 | Kind::Bool => 1,
        }
    }

    /// The numbers that little-endian bytes stand for.
    pub(crate) fn read(self, bytes: &[u8]) -> Data {
        fn each<const N: usize, T>(bytes: &[u8], f: impl Fn([u8; N]) -> T) -> Vec<T> {
            bytes.as_chunks().0.iter().map(|c| f(*c)).collect()
        }
        match self {
            Kind::F64 => Data::F64(each(bytes, f64::from_le_bytes)),
            Kind::F32 => Data::F32(each(bytes, f32::from_le_bytes)),
            Kind::F16 => Data::F32(each(bytes, |b| half(u16::from_le_bytes(b)))),
            Kind::Bf16 => Data::F32(each(bytes, |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))),
            Kind::I64 => Data::I64(each(bytes, i64::from_le_bytes)),
            Kind::I32 => Data::I64(each(bytes, |b| i64::from(i32::from_le_bytes(b)))),
            Kind::I16 => Data::I64(each(bytes, |b| i64::from(i16::from_le_bytes(b)))),
            Kind::I8 => Data::I64(each(bytes, |b: [u8; 1]| i64::from(b[0] as i8))),
            Kind::U8 | Kind::Bool => Data::I64(each(bytes, |b: [u8; 1]| i64::from(b[0]))),
        }
    }
}

/// A number of half precision.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * f32::from_bits((127 - 24) << 23),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * f32::from_bits(((exponent - 25 + 127) as u32) << 23),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_what_the_standard_says() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ];
        for (bits, value) in cases {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(
            half(0x7c01).is_nan() && half(0xfc00) == f32::NEG_INFINITY && half(0x8000).is_sign_negative()
        );
    }
}
