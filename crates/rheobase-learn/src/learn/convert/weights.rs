//! `Weights`: the named arrays of a trained network, from a NumPy archive or a safetensors file.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::Dtype;

use crate::learn::checkpoint::frame_of;
use rheobase_base::{Error, Result};
use rheobase_data::read_npz;

/// Named arrays of single-precision numbers, all finite.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    /// What they are called in errors: the file.
    place: String,
    arrays: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    /// Arrays of other elements, which nothing can be made of.
    others: BTreeMap<String, String>,
}

impl Weights {
    /// No arrays yet; `place` is what errors call them.
    pub fn new(place: impl Into<String>) -> Self {
        Weights { place: place.into(), ..Weights::default() }
    }

    /// These and one more, the last axis fastest.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, shape: &[usize], values: Vec<f32>) -> Self {
        self.arrays.insert(name.into(), (shape.to_vec(), values));
        self
    }

    /// Reads a `.npz` or `.safetensors` file.
    ///
    /// # Errors
    /// [`Error::File`] for a file of another kind or that is damaged.
    pub fn read(path: &Path) -> Result<Weights> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("npz") => Weights::from_npz(path),
            Some("safetensors") => Weights::from_safetensors(path),
            _ => {
                Err(Error::file(path, "is not a file of weights that can be read: .npz and .safetensors can"))
            }
        }
    }

    fn from_npz(path: &Path) -> Result<Weights> {
        let mut weights = Weights::new(path.display().to_string());
        let archive = read_npz(path)?;
        for (name, array) in archive.arrays() {
            match array.to_f32() {
                Ok(values) => drop(weights.arrays.insert(name.clone(), (array.shape().to_vec(), values))),
                Err(_) => drop(weights.others.insert(name.clone(), array.data().kind().into())),
            }
        }
        Ok(weights)
    }

    fn from_safetensors(path: &Path) -> Result<Weights> {
        let mut weights = Weights::new(path.display().to_string());
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, format!("cannot be read: {e}")))?;
        let (metadata, data) = frame_of(&bytes).map_err(|what| Error::file(path, what))?;
        for (name, info) in metadata.tensors() {
            let (start, end) = info.data_offsets;
            let part = data.get(start..end).ok_or_else(|| {
                Error::file(path, format!("tensor `{name}` lies outside of the file: it is damaged"))
            })?;
            let values: Vec<f32> = match info.dtype {
                Dtype::F32 => part.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
                Dtype::F64 => part.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
                other => {
                    weights.others.insert(name, other.to_string());
                    continue;
                }
            };
            weights.arrays.insert(name, (info.shape.clone(), values));
        }
        Ok(weights)
    }

    /// The array called `name`.
    ///
    /// # Errors
    /// An unknown name, with the nearest; another shape, or numbers that are not finite.
    pub fn of(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        if let Some(kind) = self.others.get(name) {
            let what = format!("`{name}` holds {kind}; save it as float32");
            return Err(Error::unsupported(self.place.clone(), what));
        }
        let Some((own, values)) = self.arrays.get(name) else {
            return Err(Error::unknown(&self.place, "array", name, self.arrays.keys().map(String::as_str)));
        };
        if own != shape {
            return Err(Error::shape(
                self.place.clone(),
                name,
                format!("{own:?}"),
                format!("{shape:?} is needed; look at the layers before it, and at `layout`"),
            ));
        }
        match values.iter().position(|x| !x.is_finite()) {
            None => Ok(values.clone()),
            Some(i) => Err(Error::value(self.place.clone(), name, values[i], "must be finite").at(i)),
        }
    }
}
