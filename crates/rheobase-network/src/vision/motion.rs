//! Images that are moved: mirrored, turned, scaled, shifted.

use super::check::{Shape, finite, neurons};
use super::windows::value_error;
use rheobase_base::{Error, Result};

/// How an image is moved: mirrored first, then turned and scaled about its centre, then shifted. What comes in from outside
/// is 0; between places values are interpolated from the four around (bilinear).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Rows by which it goes down; up if negative.
    pub down: isize,
    /// Columns by which it goes right; left if negative.
    pub right: isize,
    /// Whether left and right are exchanged.
    pub mirrored: bool,
    /// By how much it is turned, counterclockwise, degrees; finite.
    pub degrees: f64,
    /// By how much it is larger; finite and above 0.
    pub zoom: f64,
}

impl Default for Motion {
    /// None.
    fn default() -> Self {
        Motion { down: 0, right: 0, mirrored: false, degrees: 0.0, zoom: 1.0 }
    }
}

impl Motion {
    /// Moves every map of an image `[feature, row, column]`. `out` is overwritten, reusing its buffer. Without turn and zoom
    /// values stay as they are.
    ///
    /// # Errors
    /// A length that does not fit `shape`; numbers that are not finite; a zoom that is not above 0.
    pub fn image(&self, image: &[f32], shape: Shape, out: &mut Vec<f32>) -> Result<()> {
        const PLACE: &str = "moved";
        let count = neurons(PLACE, shape)?;
        if image.len() != count {
            let want = format!("one of {shape:?}, {count} values, is needed");
            return Err(Error::shape(PLACE, "image", format!("[{}]", image.len()), want));
        }
        finite(PLACE, "image", image)?;
        if !self.degrees.is_finite() {
            return Err(value_error(PLACE, "degrees", None, self.degrees, "must be finite"));
        }
        if !(self.zoom > 0.0 && self.zoom.is_finite()) {
            return Err(value_error(PLACE, "zoom", None, self.zoom, "must be finite and above 0"));
        }
        let [_, rows, columns] = shape;
        out.clear();
        for map in image.chunks_exact(rows * columns) {
            let map = Map { values: map, rows, columns, mirrored: self.mirrored };
            match self.degrees == 0.0 && self.zoom == 1.0 {
                true => self.shifted(&map, out),
                false => self.turned(&map, out),
            }
        }
        Ok(())
    }

    fn shifted(&self, map: &Map<'_>, out: &mut Vec<f32>) {
        for row in 0..map.rows as isize {
            for column in 0..map.columns as isize {
                out.push(map.at(row.saturating_sub(self.down), column.saturating_sub(self.right)));
            }
        }
    }

    fn turned(&self, map: &Map<'_>, out: &mut Vec<f32>) {
        let angle = self.degrees.to_radians();
        let (sin, cos) = (libm::sin(angle) / self.zoom, libm::cos(angle) / self.zoom);
        let middle = |n: usize| (n as f64 - 1.0) / 2.0;
        let (middle_row, middle_column) = (middle(map.rows), middle(map.columns));
        for row in 0..map.rows {
            for column in 0..map.columns {
                let y = row as f64 - self.down as f64 - middle_row;
                let x = column as f64 - self.right as f64 - middle_column;
                // Rows count downwards: what is turned counterclockwise came from clockwise.
                out.push(map.between(y * cos + x * sin + middle_row, x * cos - y * sin + middle_column));
            }
        }
    }
}

/// A map of an image, 0 around it.
struct Map<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    mirrored: bool,
}

impl Map<'_> {
    fn at(&self, row: isize, column: isize) -> f32 {
        let within = |i: isize, n: usize| usize::try_from(i).ok().filter(|i| *i < n);
        match (within(row, self.rows), within(column, self.columns)) {
            (Some(row), Some(column)) => {
                let column = if self.mirrored { self.columns - 1 - column } else { column };
                self.values[row * self.columns + column]
            }
            _ => 0.0,
        }
    }

    fn between(&self, row: f64, column: f64) -> f32 {
        let (top, left) = (row.floor(), column.floor());
        let (down, right) = (row - top, column - left);
        let (top, left) = (top as isize, left as isize);
        let value = |r: isize, c: isize| f64::from(self.at(top.saturating_add(r), left.saturating_add(c)));
        let above = value(0, 0) * (1.0 - right) + value(0, 1) * right;
        let below = value(1, 0) * (1.0 - right) + value(1, 1) * right;
        (above * (1.0 - down) + below * down) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(motion: Motion, image: &[f32], shape: Shape) -> Vec<f32> {
        let mut out = vec![9.0];
        motion.image(image, shape, &mut out).unwrap();
        out
    }

    const IMAGE: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    #[test]
    fn every_motion_goes_where_its_name_says() {
        let of = |motion| moved(motion, &IMAGE, [1, 3, 3]);
        let none = Motion::default();
        assert_eq!(of(none), IMAGE);
        assert_eq!(of(Motion { down: 1, right: -1, ..none }), [0.0, 0.0, 0.0, 2.0, 3.0, 0.0, 5.0, 6.0, 0.0]);
        assert_eq!(of(Motion { mirrored: true, ..none }), [3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 9.0, 8.0, 7.0]);
        // The right column comes to the top.
        let turned = of(Motion { degrees: 90.0, ..none });
        let want = [3.0, 6.0, 9.0, 2.0, 5.0, 8.0, 1.0, 4.0, 7.0];
        assert!(turned.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5), "{turned:?}");
        // Twice as large: half of the way to the neighbours of the centre.
        assert_eq!(of(Motion { zoom: 2.0, ..none }), [3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0]);
        assert_eq!(of(Motion { down: isize::MIN, ..none }), [0.0; 9]);
        assert_eq!(of(Motion { right: isize::MAX, zoom: 0.5, ..none }), [0.0; 9]);
    }

    #[test]
    fn maps_are_moved_alike_and_a_full_turn_is_none() {
        let image: Vec<f32> = (0..2 * 4 * 5).map(|i| (i % 7) as f32).collect();
        let motion = Motion { down: 1, degrees: 30.0, zoom: 1.3, mirrored: true, ..Motion::default() };
        let both = moved(motion, &image, [2, 4, 5]);
        assert_eq!(both[..20], moved(motion, &image[..20], [1, 4, 5])[..]);
        assert_eq!(both[20..], moved(motion, &image[20..], [1, 4, 5])[..]);
        let turn = moved(Motion { degrees: 360.0, ..Motion::default() }, &image, [2, 4, 5]);
        assert!(turn.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn what_cannot_be_moved_is_refused() {
        let none = Motion::default();
        let error = |motion: Motion, image: &[f32]| {
            motion.image(image, [1, 3, 3], &mut Vec::new()).unwrap_err().to_string()
        };
        assert!(error(none, &IMAGE[..8]).contains("one of [1, 3, 3], 9 values"));
        assert!(error(none, &[f32::NAN; 9]).contains("image"));
        for zoom in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(error(Motion { zoom, ..none }, &IMAGE).starts_with("moved.zoom"));
        }
        assert!(error(Motion { degrees: f64::NAN, ..none }, &IMAGE).starts_with("moved.degrees"));
    }
}
