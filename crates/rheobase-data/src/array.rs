//! A plain array of numbers or text with a shape: what a NumPy file holds.

use rheobase_base::shape::checked_len;
use rheobase_base::{Error, Result};

/// An n-dimensional array, last axis fastest (C order). Its number of elements always is the product of its shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    data: ArrayData,
}

/// The elements of an [`Array`] in C order.
#[derive(Debug, Clone, PartialEq)]
pub enum ArrayData {
    /// Single precision; half precision is read into it without loss.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Whole numbers of any width and booleans (0 and 1).
    I64(Vec<i64>),
    /// Text. Trailing NUL characters cannot be stored in NumPy's files.
    Text(Vec<String>),
}

impl ArrayData {
    /// As [`Array::to_f64`] has them, in the same memory where an element takes 8 bytes.
    pub(crate) fn into_f64(self) -> std::result::Result<Vec<f64>, String> {
        match self {
            ArrayData::F64(v) => Ok(v),
            ArrayData::F32(v) => Ok(v.into_iter().map(f64::from).collect()),
            ArrayData::I64(v) => each(v.into_iter(), as_double, "float64"),
            ArrayData::Text(_) => Err(no_number()),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            ArrayData::F32(v) => v.len(),
            ArrayData::F64(v) => v.len(),
            ArrayData::I64(v) => v.len(),
            ArrayData::Text(v) => v.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind of element in a word, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            ArrayData::F32(_) => "float32",
            ArrayData::F64(_) => "float64",
            ArrayData::I64(_) => "int64",
            ArrayData::Text(_) => "text",
        }
    }
}

impl From<Vec<f32>> for ArrayData {
    fn from(v: Vec<f32>) -> Self {
        ArrayData::F32(v)
    }
}

impl From<Vec<f64>> for ArrayData {
    fn from(v: Vec<f64>) -> Self {
        ArrayData::F64(v)
    }
}

impl From<Vec<i64>> for ArrayData {
    fn from(v: Vec<i64>) -> Self {
        ArrayData::I64(v)
    }
}

impl From<Vec<String>> for ArrayData {
    fn from(v: Vec<String>) -> Self {
        ArrayData::Text(v)
    }
}

impl Array {
    /// An array of `shape` over `data` in C order; an empty shape means a single element (0-d).
    ///
    /// # Errors
    /// [`Error::Shape`] if the product of `shape` is not the number of elements.
    pub fn new(shape: impl Into<Vec<usize>>, data: impl Into<ArrayData>) -> Result<Self> {
        let (shape, data) = (shape.into(), data.into());
        if checked_len(&shape) == Some(data.len()) {
            return Ok(Array { shape, data });
        }
        Err(Error::shape(
            "array",
            "shape",
            format!("{shape:?}"),
            format!("its product must be the number of elements, {}", data.len()),
        ))
    }

    /// A 1-d array over `data`.
    pub fn vector(data: impl Into<ArrayData>) -> Self {
        let data = data.into();
        Array { shape: vec![data.len()], data }
    }

    /// A 0-d array holding one number.
    pub fn scalar(value: f64) -> Self {
        Array { shape: Vec::new(), data: ArrayData::F64(vec![value]) }
    }

    /// A 0-d array holding one text.
    pub fn text(value: impl Into<String>) -> Self {
        Array { shape: Vec::new(), data: ArrayData::Text(vec![value.into()]) }
    }

    /// Lengths of the axes, slowest first; empty for a single element.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in C order.
    pub fn data(&self) -> &ArrayData {
        &self.data
    }

    /// Takes the array apart into shape and elements.
    pub fn into_parts(self) -> (Vec<usize>, ArrayData) {
        (self.shape, self.data)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// All elements as `f64`. Floats (NaN and infinities too) are taken as they are.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for text, and for a whole number that no `f64` equals (beyond 2⁵³), with its index.
    pub fn to_f64(&self) -> Result<Vec<f64>> {
        self.try_f64().map_err(as_unsupported)
    }

    /// All elements as `f32`. Doubles are rounded to the nearest; NaN and infinities are taken as they are.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for text, for a finite double beyond the range of `f32`, and for a whole number that
    /// no `f32` equals (beyond 2²⁴), with its index.
    pub fn to_f32(&self) -> Result<Vec<f32>> {
        self.try_f32().map_err(as_unsupported)
    }

    /// All elements as `i64`; floats must be whole.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for text, and for a float that no `i64` equals, with its index.
    pub fn to_i64(&self) -> Result<Vec<i64>> {
        self.try_i64().map_err(as_unsupported)
    }

    /// The one text of a 0-d or one-element text array, such as a `meta` entry.
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            ArrayData::Text(v) if v.len() == 1 => v.first().map(String::as_str),
            _ => None,
        }
    }

    /// [`Array::to_f64`] with the bare message, for callers that know file and array name.
    pub(crate) fn try_f64(&self) -> std::result::Result<Vec<f64>, String> {
        match &self.data {
            ArrayData::F64(v) => Ok(v.clone()),
            ArrayData::F32(v) => Ok(v.iter().map(|&x| f64::from(x)).collect()),
            ArrayData::I64(v) => each(v.iter().copied(), as_double, "float64"),
            ArrayData::Text(_) => Err(no_number()),
        }
    }

    /// [`Array::to_f32`] with the bare message.
    pub(crate) fn try_f32(&self) -> std::result::Result<Vec<f32>, String> {
        match &self.data {
            ArrayData::F32(v) => Ok(v.clone()),
            ArrayData::F64(v) => each(
                v.iter().copied(),
                |x| Some(x as f32).filter(|y| y.is_finite() || !x.is_finite()),
                "float32",
            ),
            ArrayData::I64(v) => each(
                v.iter().copied(),
                |x| Some(x as f32).filter(|&y| y as i64 == x && x != i64::MAX),
                "float32",
            ),
            ArrayData::Text(_) => Err(no_number()),
        }
    }

    /// [`Array::to_i64`] with the bare message.
    pub(crate) fn try_i64(&self) -> std::result::Result<Vec<i64>, String> {
        match &self.data {
            ArrayData::I64(v) => Ok(v.clone()),
            ArrayData::F32(v) => each(v.iter().copied(), |x| whole(f64::from(x)), "int64"),
            ArrayData::F64(v) => each(v.iter().copied(), whole, "int64"),
            ArrayData::Text(_) => Err(no_number()),
        }
    }
}

fn whole(x: f64) -> Option<i64> {
    // 2⁶³ itself is not an i64. NaN fails the comparison.
    let limit = 9_223_372_036_854_775_808.0;
    (x >= -limit && x < limit && x.trunc() == x).then_some(x as i64)
}

fn each<A: Copy + std::fmt::Debug, B>(
    v: impl Iterator<Item = A>,
    convert: impl Fn(A) -> Option<B>,
    kind: &str,
) -> std::result::Result<Vec<B>, String> {
    v.enumerate()
        .map(|(i, x)| convert(x).ok_or_else(|| format!("element {i} is {x:?}, which {kind} cannot hold")))
        .collect()
}

/// Every `i64` is finite as `f64`, and exact if it comes back; `i64::MAX` would saturate on its way back.
fn as_double(x: i64) -> Option<f64> {
    Some(x as f64).filter(|&y| y as i64 == x && x != i64::MAX)
}

fn no_number() -> String {
    "holds text, but numbers are needed".into()
}

fn as_unsupported(what: String) -> Error {
    Error::unsupported("array", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_and_elements_agree_or_are_refused() {
        assert!(Array::new([2, 3], vec![0.0_f64; 6]).is_ok());
        assert!(Array::new([], vec![0.0_f64]).is_ok());
        assert!(Array::new([0, 7], Vec::<f32>::new()).is_ok());
        let text = Array::new([2, 3], vec![0_i64; 5]).unwrap_err().to_string();
        assert!(text.contains("[2, 3]") && text.contains('5'), "{text}");
        assert!(Array::new([0, usize::MAX, 2], Vec::<f32>::new()).is_err());
        assert!(Array::new([usize::MAX, usize::MAX], vec![0_i64]).is_err());
    }

    #[test]
    fn conversions_are_exact_or_name_the_element() {
        let ints = Array::vector(vec![1, -(1 << 53), 1 << 24]);
        assert_eq!(ints.to_f64().unwrap()[1], -9_007_199_254_740_992.0);
        assert_eq!(ints.to_f32().unwrap()[2], 16_777_216.0);
        for bad in [(1 << 53) + 1, i64::MAX, i64::MAX - 1] {
            let text = Array::vector(vec![0, bad]).to_f64().unwrap_err().to_string();
            assert!(text.contains("element 1") && text.contains(&bad.to_string()), "{text}");
        }
        assert_eq!(Array::vector(vec![i64::MIN]).to_f64().unwrap(), [-(2.0_f64.powi(63))]);
        assert!(Array::vector(vec![1e39]).to_f32().is_err());
        assert!(Array::vector(vec![f64::INFINITY]).to_f32().unwrap()[0].is_infinite());
        for bad in [0.5, f64::NAN, f64::INFINITY, 2.0_f64.powi(63)] {
            assert!(Array::vector(vec![bad]).to_i64().is_err());
        }
        assert_eq!(Array::scalar(-3.0).to_i64().unwrap(), [-3]);
        assert!(Array::text("x").to_f64().is_err());
        for array in [Array::vector(vec![1_i64, -7]), Array::vector(vec![0.5]), Array::vector(vec![0.25_f32])]
        {
            let same = array.to_f64().unwrap();
            assert_eq!(array.into_parts().1.into_f64().unwrap(), same);
        }
        let refused = Array::vector(vec![0, i64::MAX]).into_parts().1.into_f64().unwrap_err();
        assert!(refused.contains("element 1 is 9223372036854775807"), "{refused}");
        assert!(Array::text("x").into_parts().1.into_f64().is_err());
        assert_eq!(Array::text("x").as_text(), Some("x"));
    }
}
