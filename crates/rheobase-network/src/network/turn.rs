//! Rows as columns: between maps, as signals have them, and the channels of a place side by side, as weights do.

use rheobase_models::lanes::Lanes;

/// Numbers that stand in rows, of which each begins so many places after the one before.
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Numbers from one row of what is read to the next.
    pub(crate) apart: usize,
    /// Numbers from one row of what is written, a column of what is read, to the next.
    pub(crate) turned_apart: usize,
}

impl Matrix {
    /// One whose rows stand close together, before and after.
    pub(crate) fn close(rows: usize, columns: usize) -> Matrix {
        Matrix { rows, columns, apart: columns, turned_apart: rows }
    }
}

/// Writes `from`, `[row, column]`, as `[column, row]`; where there is a bias, each column's is added.
#[inline(always)]
pub(crate) fn turn<V: Lanes<Elem = f32>>(from: &[f32], matrix: Matrix, bias: Option<&[f32]>, to: &mut [f32]) {
    let Matrix { rows, columns, apart, turned_apart } = matrix;
    for row in (0..rows).step_by(V::WIDTH) {
        for column in (0..columns).step_by(V::WIDTH) {
            let (height, width) = (V::WIDTH.min(rows - row), V::WIDTH.min(columns - column));
            let mut square = [V::zero(); 16];
            for i in 0..V::WIDTH {
                if i < height {
                    square[i] = V::load(&from[(row + i) * apart + column..][..width]);
                }
            }
            let square = V::transposed(square);
            for j in 0..V::WIDTH {
                if j < width {
                    let sum = match bias {
                        Some(bias) => square[j] + V::broadcast(bias[column + j]),
                        None => square[j],
                    };
                    sum.store(&mut to[(column + j) * turned_apart + row..][..height]);
                }
            }
        }
    }
}
