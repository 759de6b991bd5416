//! `Tensor`: an array of numbers as a file holds it, and [`Numbers`] made of one.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use rheobase_base::vector::all_within;
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
#[derive(Debug, Clone)]
pub struct Tensor {
    shape: Vec<usize>,
    elements: Arc<Elements>,
}

#[derive(Debug, Clone)]
enum Elements {
    /// Last axis fastest.
    Rows(Data),
    /// A matrix as it was turned while it was read, and as it stood in the file, once somebody asks for that.
    Turned { turned: Vec<f32>, rows: OnceLock<Data> },
}

impl PartialEq for Tensor {
    fn eq(&self, other: &Tensor) -> bool {
        self.shape == other.shape && self.data() == other.data()
    }
}

impl Tensor {
    /// An array of `shape`; `place` and `field` are what an error names.
    ///
    /// # Errors
    /// A number of elements that is not the shape's product; no elements, and an axis that no array could have.
    pub fn new(place: &str, field: &str, shape: Vec<usize>, data: Data) -> Result<Tensor> {
        let tensor = Tensor { shape, elements: Arc::new(Elements::Rows(data)) };
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
        Tensor { shape: Vec::new(), elements: Arc::new(Elements::Rows(Data::F64(vec![x]))) }
    }

    /// A row of single-precision numbers.
    pub fn row(values: Vec<f32>) -> Tensor {
        Tensor { shape: vec![values.len()], elements: Arc::new(Elements::Rows(Data::F32(values))) }
    }

    /// A matrix of `[rows, columns]`, given column by column.
    pub(crate) fn of_columns(rows: usize, columns: usize, turned: Vec<f32>) -> Tensor {
        debug_assert_eq!(rows * columns, turned.len());
        let elements = Elements::Turned { turned, rows: OnceLock::new() };
        Tensor { shape: vec![rows, columns], elements: Arc::new(elements) }
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its elements.
    pub fn data(&self) -> &Data {
        match &*self.elements {
            Elements::Rows(data) => data,
            Elements::Turned { turned, rows } => {
                rows.get_or_init(|| Data::F32(turn(turned, self.shape[1], self.shape[0])))
            }
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &*self.elements {
            Elements::Rows(Data::F32(x)) => x.len(),
            Elements::Rows(Data::F64(x)) => x.len(),
            Elements::Rows(Data::I64(x)) => x.len(),
            Elements::Turned { turned, .. } => turned.len(),
        }
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `i` in double precision.
    pub fn at(&self, i: usize) -> f64 {
        match self.data() {
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
        single(self.data()).into_owned()
    }

    /// The first element that is NaN or infinite.
    pub fn first_not_finite(&self) -> Option<usize> {
        match self.data() {
            Data::F32(x) if all_within(x, f32::MAX) => None,
            Data::F32(x) => x.iter().position(|x| !x.is_finite()),
            Data::F64(x) => x.iter().position(|x| !x.is_finite()),
            Data::I64(_) => None,
        }
    }

    /// The same array in single precision.
    pub(crate) fn single(&self) -> Tensor {
        let elements = Arc::new(Elements::Rows(Data::F32(self.to_f32())));
        Tensor { shape: self.shape.clone(), elements }
    }

    /// The same elements in another shape of as many.
    pub(crate) fn reshaped(self, shape: Vec<usize>) -> Tensor {
        debug_assert_eq!(shape.iter().product::<usize>(), self.len());
        let elements = match Arc::unwrap_or_clone(self.elements) {
            Elements::Turned { turned, .. } => {
                Elements::Rows(Data::F32(turn(&turned, self.shape[1], self.shape[0])))
            }
            rows => rows,
        };
        Tensor { shape, elements: Arc::new(elements) }
    }

    /// A matrix turned: `[a, b]` becomes `[b, a]`.
    pub(crate) fn turned(self, place: &str, field: &str) -> Result<Vec<f32>> {
        let [rows, columns] = self.shape[..] else {
            return Err(Error::shape(
                place,
                field,
                format!("{:?}", self.shape),
                "a matrix of two axes is needed",
            ));
        };
        Ok(match Arc::try_unwrap(self.elements) {
            Ok(Elements::Turned { turned, .. }) => turned,
            Ok(Elements::Rows(data)) => turn(&single(&data), rows, columns),
            Err(shared) => match &*shared {
                Elements::Turned { turned, .. } => turned.clone(),
                Elements::Rows(data) => turn(&single(data), rows, columns),
            },
        })
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

fn single(data: &Data) -> Cow<'_, [f32]> {
    match data {
        Data::F32(x) => x.into(),
        Data::F64(x) => x.iter().map(|x| *x as f32).collect(),
        Data::I64(x) => x.iter().map(|x| *x as f32).collect(),
    }
}

/// A matrix of `[rows, columns]` turned.
fn turn(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = vec![0.0; values.len()];
    turn_strip(values, |x| x, columns, 0, rows, &mut turned);
    turned
}

/// Rows and columns of a matrix that are turned together.
const TILE: usize = 64;

/// Turns some rows of a matrix of `rows` and `columns`, of which the first is row `first`; `number` is what is stored as a number.
///
/// Tile by tile: each line of the cache is read once and written once, however the lengths of rows fall together in the cache.
pub(crate) fn turn_strip<T: Copy>(
    strip: &[T],
    number: impl Fn(T) -> f32,
    columns: usize,
    first: usize,
    rows: usize,
    turned: &mut [f32],
) {
    let mut tile = [[0.0; TILE]; TILE];
    for (down, strip) in strip.chunks((TILE * columns).max(1)).enumerate() {
        let (first, high) = (first + down * TILE, strip.len() / columns);
        for from in (0..columns).step_by(TILE) {
            let wide = TILE.min(columns - from);
            for (r, row) in strip.chunks_exact(columns).enumerate() {
                for (line, x) in tile.iter_mut().zip(&row[from..from + wide]) {
                    line[r] = number(*x);
                }
            }
            for (c, line) in tile[..wide].iter().enumerate() {
                turned[(from + c) * rows + first..][..high].copy_from_slice(&line[..high]);
            }
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
        for (rows, columns) in [(0, 3), (1, 1), (3, 5), (64, 64), (37, 150), (150, 37)] {
            let values: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let matrix = Tensor::new("", "", vec![rows, columns], Data::F32(values)).unwrap();
            let turned = matrix.clone().turned("", "").unwrap();
            assert_eq!(turned.len(), rows * columns);
            let read_turned = Tensor::of_columns(rows, columns, turned.clone());
            assert_eq!(read_turned, matrix);
            assert_eq!(read_turned.clone().reshaped(vec![rows * columns]).data(), matrix.data());
            assert_eq!(read_turned.turned("", "").unwrap(), turned);
            for (i, x) in turned.iter().enumerate() {
                assert_eq!(*x, ((i % rows) * columns + i / rows) as f32);
            }
        }
        let none = |shape: [usize; 2]| Tensor::new("a", "b", shape.to_vec(), Data::F32(Vec::new()));
        assert!(none([1 << 31, 0]).unwrap().turned("a", "b").unwrap().is_empty());
        assert!(none([1 << 60, 0]).unwrap_err().to_string().contains("2^32"));
        assert!(none([0, 1 << 60]).unwrap_err().to_string().contains("2^32"));
        assert!(none([0, 3]).unwrap().turned("a", "b").unwrap().is_empty());
        let row = Tensor::new("a", "b", vec![3], Data::F32(vec![0.0; 3])).unwrap();
        assert!(row.turned("a", "b").unwrap_err().to_string().contains("two axes"));
    }
}
