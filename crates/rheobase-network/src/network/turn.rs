//! Rows as columns: between maps, as signals have them, and the channels of a place side by side, as weights do.

use rheobase_models::lanes::Lanes;

/// Writes `from`, `[row, column]` with so many columns, as `[column, row]`; where there is a bias, each column's is added.
#[inline(always)]
pub(crate) fn turn<V: Lanes<Elem = f32>>(from: &[f32], columns: usize, bias: Option<&[f32]>, to: &mut [f32]) {
    let rows = from.len() / columns;
    for row in (0..rows).step_by(V::WIDTH) {
        for column in (0..columns).step_by(V::WIDTH) {
            let (height, width) = (V::WIDTH.min(rows - row), V::WIDTH.min(columns - column));
            let mut square = [V::zero(); 16];
            for i in 0..V::WIDTH {
                if i < height {
                    square[i] = V::load(&from[(row + i) * columns + column..][..width]);
                }
            }
            let square = V::transposed(square);
            for j in 0..V::WIDTH {
                if j < width {
                    let sum = match bias {
                        Some(bias) => square[j] + V::broadcast(bias[column + j]),
                        None => square[j],
                    };
                    sum.store(&mut to[(column + j) * rows + row..][..height]);
                }
            }
        }
    }
}
