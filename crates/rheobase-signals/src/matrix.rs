//! `Matrix`: numbers in rows and columns, which knows how many.

use rheobase_base::{Error, Result};

/// Numbers in rows and columns, columns fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    values: Vec<f64>,
    shape: [usize; 2],
}

impl Matrix {
    /// `rows` × `columns` numbers.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are more or fewer.
    pub fn new(values: Vec<f64>, rows: usize, columns: usize) -> Result<Self> {
        if rows.checked_mul(columns) == Some(values.len()) {
            return Ok(Matrix { values, shape: [rows, columns] });
        }
        let got = format!("[{}]", values.len());
        Err(Error::shape("matrix", "values", got, format!("{rows} × {columns} numbers are needed")))
    }

    /// Number of rows and of columns.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// All numbers, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One number, if there is one at that place.
    pub fn get(&self, row: usize, column: usize) -> Option<f64> {
        self.row(row)?.get(column).copied()
    }

    /// One row, if there is one of that number.
    pub fn row(&self, row: usize) -> Option<&[f64]> {
        let [rows, columns] = self.shape;
        (row < rows).then(|| &self.values[row * columns..(row + 1) * columns])
    }

    /// One column; empty if there is none of that number.
    pub fn column(&self, column: usize) -> Vec<f64> {
        let [rows, columns] = self.shape;
        let rows = if column < columns { rows } else { 0 };
        (0..rows).map(|row| self.values[row * columns + column]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_are_where_they_are_and_nowhere_else() {
        let m = Matrix::new(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 2, 3).unwrap();
        assert_eq!((m.shape(), m.row(1), m.row(2)), ([2, 3], Some(&[3.0, 4.0, 5.0][..]), None));
        assert_eq!((m.column(2), m.column(3)), (vec![2.0, 5.0], vec![]));
        assert_eq!((m.get(1, 0), m.get(1, 3), m.get(2, 0)), (Some(3.0), None, None));
        let text = Matrix::new(vec![0.0; 5], 2, 3).unwrap_err().to_string();
        assert_eq!(text, "matrix.values: shape [5], but 2 × 3 numbers are needed");
        assert!(Matrix::new(vec![], usize::MAX, 2).is_err());
    }
}
