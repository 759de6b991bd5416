//! Moving columns in and out of time-first arrays.

use rayon::prelude::*;

/// Writes `columns` (one vector over time each) into columns `first..` of the time-first `rows` of `width`.
pub(crate) fn write_columns(rows: &mut [f64], width: usize, first: usize, columns: &[Vec<f64>]) {
    if columns.is_empty() {
        return;
    }
    rows.par_chunks_mut(width).with_min_len(1024).enumerate().for_each(|(i, row)| {
        for (place, column) in row[first..].iter_mut().zip(columns) {
            *place = column[i];
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_land_in_their_places() {
        let mut rows = vec![0.0; 6];
        write_columns(&mut rows, 3, 1, &[vec![1.0, 2.0], vec![3.0, 4.0]]);
        assert_eq!(rows, [0.0, 1.0, 3.0, 0.0, 2.0, 4.0]);
    }
}
