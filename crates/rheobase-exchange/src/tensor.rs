//! `Tensor`: an array of numbers as a file holds it, and [`Numbers`] made of one.

use std::sync::Arc;

use rheobase_base::{Error, Result};
use rheobase_network::network::Numbers;

/// The elements of a tensor, last axis fastest.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Single precision; half precision is widened to it.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Whole numbers and truth values.
    I64(Vec<i64>),
}

/// An array with a shape; an empty shape is one number. Clones share their elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Arc<Data>,
}

/// Rows and columns of a matrix that are turned together.
const BLOCK: usize = 16;

impl Tensor {
    /// An array of `shape`; `place` and `field` are what an error names.
    ///
    /// # Errors
    /// A number of elements that is not the shape's product; no elements, and an axis that no array could have.
    pub fn new(place: &str, field: &str, shape: Vec<usize>, data: Data) -> Result<Tensor> {
        let tensor = Tensor { shape, data: Arc::new(data) };
        let product = tensor.shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
        if product != Some(tensor.len()) {
            return Err(Error::shape(
                place,
                field,
                format!("{:?}", tensor.shape),
                format!("it has {} numbers", tensor.len()),
            ));
        }
        if tensor.is_empty() && tensor.shape.iter().any(|d| *d >= 1 << 32) {
            let rule = "an axis of an array without numbers is below 2^32: the shape is false";
            return Err(Error::shape(place, field, format!("{:?}", tensor.shape), rule));
        }
        Ok(tensor)
    }

    /// One number.
    pub fn scalar(x: f64) -> Tensor {
        Tensor { shape: Vec::new(), data: Arc::new(Data::F64(vec![x])) }
    }

    /// A row of single-precision numbers.
    pub fn row(values: Vec<f32>) -> Tensor {
        Tensor { shape: vec![values.len()], data: Arc::new(Data::F32(values)) }
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &*self.data {
            Data::F32(x) => x.len(),
            Data::F64(x) => x.len(),
            Data::I64(x) => x.len(),
        }
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `i` in double precision.
    pub fn at(&self, i: usize) -> f64 {
        match &*self.data {
            Data::F32(x) => f64::from(x[i]),
            Data::F64(x) => x[i],
            Data::I64(x) => x[i] as f64,
        }
    }

    /// All elements in double precision.
    pub fn to_f64(&self) -> Vec<f64> {
        (0..self.len()).map(|i| self.at(i)).collect()
    }

    /// All elements in single precision, which is what networks compute with.
    pub fn to_f32(&self) -> Vec<f32> {
        match &*self.data {
            Data::F32(x) => x.clone(),
            Data::F64(x) => x.iter().map(|x| *x as f32).collect(),
            Data::I64(x) => x.iter().map(|x| *x as f32).collect(),
        }
    }

    /// The first element that is NaN or infinite.
    pub fn first_not_finite(&self) -> Option<usize> {
        match &*self.data {
            Data::F32(x) => x.iter().position(|x| !x.is_finite()),
            Data::F64(x) => x.iter().position(|x| !x.is_finite()),
            Data::I64(_) => None,
        }
    }

    /// The same array in single precision.
    pub(crate) fn single(&self) -> Tensor {
        Tensor { shape: self.shape.clone(), data: Arc::new(Data::F32(self.to_f32())) }
    }

    /// The same elements in another shape of as many.
    pub(crate) fn reshaped(mut self, shape: Vec<usize>) -> Tensor {
        debug_assert_eq!(shape.iter().product::<usize>(), self.len());
        self.shape = shape;
        self
    }

    /// A matrix turned: `[a, b]` becomes `[b, a]`.
    pub(crate) fn turned(&self, place: &str, field: &str) -> Result<Vec<f32>> {
        let [rows, columns] = self.shape[..] else {
            return Err(Error::shape(
                place,
                field,
                format!("{:?}", self.shape),
                "a matrix of two axes is needed",
            ));
        };
        let values = match &*self.data {
            Data::F32(x) => std::borrow::Cow::Borrowed(&x[..]),
            _ => self.to_f32().into(),
        };
        let mut turned = vec![0.0; self.len()];
        if turned.is_empty() {
            return Ok(turned);
        }
        // Block by block, so that lines of the cache are used up while they are there.
        for (row, column) in (0..rows)
            .step_by(BLOCK)
            .flat_map(|row| (0..columns).step_by(BLOCK).map(move |column| (row, column)))
        {
            for c in column..columns.min(column + BLOCK) {
                for r in row..rows.min(row + BLOCK) {
                    turned[c * rows + r] = values[r * columns + c];
                }
            }
        }
        Ok(turned)
    }

    /// As a number for all neurons, where it is one number or all are the same, or one for each.
    pub(crate) fn numbers(&self) -> Numbers {
        let first = if self.is_empty() { f64::NAN } else { self.at(0) };
        match (1..self.len()).all(|i| self.at(i) == first) {
            true => Numbers::One(first),
            false => Numbers::Each(self.to_f64()),
        }
    }
}

/// `f` of every number.
pub(crate) fn map(x: &Numbers, f: impl Fn(f64) -> f64) -> Numbers {
    match x {
        Numbers::One(x) => Numbers::One(f(*x)),
        Numbers::Each(xs) => Numbers::Each(xs.iter().map(|x| f(*x)).collect()),
    }
}

/// `f` of every pair; one number stands for all.
pub(crate) fn zip(a: &Numbers, b: &Numbers, f: impl Fn(f64, f64) -> f64) -> Numbers {
    match (a, b) {
        (Numbers::One(a), b) => map(b, |b| f(*a, b)),
        (a, Numbers::One(b)) => map(a, |a| f(a, *b)),
        (Numbers::Each(a), Numbers::Each(b)) => {
            Numbers::Each(a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect())
        }
    }
}

/// Whether `rule` holds for all numbers.
pub(crate) fn all(x: &Numbers, rule: impl Fn(f64) -> bool) -> bool {
    match x {
        Numbers::One(x) => rule(*x),
        Numbers::Each(xs) => xs.iter().all(|x| rule(*x)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_turned_has_its_rows_as_columns() {
        for (rows, columns) in [(0, 3), (1, 1), (3, 5), (16, 16), (37, 50)] {
            let values: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let matrix = Tensor::new("", "", vec![rows, columns], Data::F32(values)).unwrap();
            let turned = matrix.turned("", "").unwrap();
            assert_eq!(turned.len(), rows * columns);
            for (i, x) in turned.iter().enumerate() {
                assert_eq!(*x, ((i % rows) * columns + i / rows) as f32);
            }
        }
        let none = |shape: [usize; 2]| Tensor::new("a", "b", shape.to_vec(), Data::F32(Vec::new()));
        assert!(none([1 << 31, 0]).unwrap().turned("a", "b").unwrap().is_empty());
        assert!(none([1 << 60, 0]).unwrap_err().to_string().contains("2^32"));
        assert!(none([0, 1 << 60]).unwrap_err().to_string().contains("2^32"));
        let row = Tensor::new("a", "b", vec![3], Data::F32(vec![0.0; 3])).unwrap();
        assert!(row.turned("a", "b").unwrap_err().to_string().contains("two axes"));
    }
}
