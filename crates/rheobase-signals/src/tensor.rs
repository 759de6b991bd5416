//! `Tensor`: a named array of a checkpoint: `f32` for weights and moments, `u64` for counters and orders.

use rheobase_base::{Error, Result};

/// The elements of a [`Tensor`], last axis fastest.
#[derive(Debug, Clone, PartialEq)]
pub enum TensorData {
    /// Weights, moments.
    F32(Vec<f32>),
    /// Counters, orders of samples.
    U64(Vec<u64>),
}

/// What kind of element a [`Tensor`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// Single precision.
    F32,
    /// Whole numbers of 64 bits.
    U64,
}

impl Element {
    /// Name as NumPy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Element::F32 => "float32",
            Element::U64 => "uint64",
        }
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::U64 => 8,
        }
    }
}

/// An array with a shape. Its number of elements always is the product of its shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: TensorData,
}

impl Tensor {
    /// A tensor of `shape` over `data`, last axis fastest; an empty shape means a single element.
    ///
    /// # Errors
    /// [`Error::Shape`] if the product of `shape` is not the number of elements.
    pub fn f32(shape: &[usize], data: Vec<f32>) -> Result<Self> {
        Self::new(shape, TensorData::F32(data))
    }

    /// The same of whole numbers.
    ///
    /// # Errors
    /// As [`Tensor::f32`].
    pub fn u64(shape: &[usize], data: Vec<u64>) -> Result<Self> {
        Self::new(shape, TensorData::U64(data))
    }

    /// A tensor of any kind.
    ///
    /// # Errors
    /// As [`Tensor::f32`].
    pub fn new(shape: &[usize], data: TensorData) -> Result<Self> {
        let count = match &data {
            TensorData::F32(v) => v.len(),
            TensorData::U64(v) => v.len(),
        };
        if shape.iter().try_fold(1usize, |n, axis| n.checked_mul(*axis)) == Some(count) {
            return Ok(Tensor { shape: shape.to_vec(), data });
        }
        Err(Error::shape(
            "tensor",
            "shape",
            format!("{shape:?}"),
            format!("its product must be the number of elements, {count}"),
        ))
    }

    /// A tensor from little-endian bytes.
    pub fn from_bytes(shape: &[usize], element: Element, bytes: &[u8]) -> Result<Self> {
        let data = match element {
            Element::F32 => {
                TensorData::F32(bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
            }
            Element::U64 => {
                TensorData::U64(bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect())
            }
        };
        Self::new(shape, data)
    }

    /// Lengths of the axes, slowest first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements.
    pub fn data(&self) -> &TensorData {
        &self.data
    }

    /// What kind of element it has.
    pub fn element(&self) -> Element {
        match self.data {
            TensorData::F32(_) => Element::F32,
            TensorData::U64(_) => Element::U64,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.data {
            TensorData::F32(v) => v.len(),
            TensorData::U64(v) => v.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All elements as little-endian bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.data {
            TensorData::F32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            TensorData::U64(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        }
    }

    /// Index and value of the first element that is NaN or infinite.
    pub fn first_not_finite(&self) -> Option<(usize, f32)> {
        match &self.data {
            TensorData::F32(v) => v.iter().copied().enumerate().find(|(_, x)| !x.is_finite()),
            TensorData::U64(_) => None,
        }
    }
}
