//! A bank of filters over images: what each kernel sees at each place.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use super::check::{Shape, finite, neurons};
use super::kernel::FilterKernel;
use super::windows::value_error;
use rheobase_base::{Error, Result};

/// Filters that are ready for images of one shape. A filter is laid over every place of every channel (it is not turned, as
/// in a convolution of signals it would be); smaller kernels stand in the middle of the largest, places outside the image
/// are 0.
///
/// Output `k·C + c` of `[filter · channel, row, column]` is what filter k sees in channel c of C. Every output adds its
/// taps in ascending place, from +0, in single precision.
#[derive(Debug, Clone)]
pub struct FilterBank {
    shape: Shape,
    padding: usize,
    side: usize,
    /// Of each kernel the taps that are not 0: offset in the padded image, and weight.
    taps: Vec<Vec<(usize, f32)>>,
}

impl FilterBank {
    /// Filters for images `[channel, row, column]` with `padding` places of 0 around them.
    ///
    /// # Errors
    /// No filter; those of [`FilterKernel::values`]; kernels larger than the padded image; 2³¹ values or more.
    pub fn new(filters: &[FilterKernel], padding: usize, shape: Shape) -> Result<FilterBank> {
        let place = "filters";
        neurons(place, shape)?;
        let Some(side) = filters.iter().map(FilterKernel::size).max() else {
            return Err(value_error(place, "filters", None, "[]", "must have at least one filter"));
        };
        let padded = |n: usize| n.saturating_add(padding.saturating_mul(2));
        let width = padded(shape[2]);
        neurons(place, [shape[0], padded(shape[1]), width])?;
        let mut taps = Vec::with_capacity(filters.len());
        for (n, filter) in filters.iter().enumerate() {
            let (values, size) = (filter.values(&format!("{place}[{n}]"))?, filter.size());
            let first = (side - size) / 2;
            let offset = |i: usize| (first + i / size) * width + first + i % size;
            let taps_of = values.iter().enumerate().filter(|(_, w)| **w != 0.0);
            taps.push(taps_of.map(|(i, w)| (offset(i), *w)).collect());
        }
        for (axis, n) in [("rows", shape[1]), ("columns", shape[2])] {
            if side > padded(n) {
                let rule = format!(
                    "reaches beyond the {n} {axis} of the image (padding {padding}); take a smaller filter or more padding"
                );
                return Err(value_error(place, "size", None, side, rule));
            }
        }
        let bank = FilterBank { shape, padding, side, taps };
        neurons(place, bank.output())?;
        Ok(bank)
    }

    /// Shape of what the filters see.
    pub fn output(&self) -> Shape {
        let left = |n: usize| n + 2 * self.padding - self.side + 1;
        [self.taps.len() * self.shape[0], left(self.shape[1]), left(self.shape[2])]
    }

    /// What the filters see in an image `[channel, row, column]`. `out` is overwritten; its buffers are reused.
    ///
    /// # Errors
    /// Images of another size; values that are not finite, and responses that are not.
    pub fn responses(&self, image: &[f32], out: &mut Vec<f32>) -> Result<()> {
        let [channels, height, width] = self.shape;
        if image.len() != channels * height * width {
            return Err(Error::shape(
                "filters",
                "image",
                format!("[{}]", image.len()),
                format!("{:?} is needed", self.shape),
            ));
        }
        finite("filters", "image", image)?;
        let [_, rows, columns] = self.output();
        let (line, map) = (width + 2 * self.padding, rows * columns);
        let mut padded = vec![0.0; (height + 2 * self.padding) * line];
        out.clear();
        out.resize(self.taps.len() * channels * map, 0.0);
        for channel in 0..channels {
            for row in 0..height {
                let to = (row + self.padding) * line + self.padding;
                let from = (channel * height + row) * width;
                padded[to..to + width].copy_from_slice(&image[from..from + width]);
            }
            for (k, taps) in self.taps.iter().enumerate() {
                let at = (k * channels + channel) * map;
                let out = &mut out[at..at + map];
                f32::dispatch(Level::best(), Correlate { padded: &padded, line, taps, columns, out });
            }
        }
        finite("filters", "responses", out)
    }
}

/// One filter over one padded channel.
struct Correlate<'a> {
    padded: &'a [f32],
    line: usize,
    taps: &'a [(usize, f32)],
    columns: usize,
    out: &'a mut [f32],
}

impl Kernel<f32> for Correlate<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        for row in 0..self.out.len() / self.columns.max(1) {
            let out = &mut self.out[row * self.columns..(row + 1) * self.columns];
            let mut column = 0;
            while column < self.columns {
                let (at, count) = (row * self.line + column, V::WIDTH.min(self.columns - column));
                let mut sum = V::zero();
                for (offset, weight) in self.taps {
                    let from = at + offset;
                    sum = sum + V::broadcast(*weight) * V::load(&self.padded[from..from + count]);
                }
                // No −0 survives.
                (sum + V::zero()).store(&mut out[column..column + count]);
                column += V::WIDTH;
            }
        }
    }
}

/// What is left of responses: those below `threshold` become 0 (none without one), then, if `absolute`, signs are dropped.
///
/// # Errors
/// A threshold that is not finite.
pub fn rectify(responses: &mut [f32], threshold: Option<f32>, absolute: bool) -> Result<()> {
    super::fire::check_threshold("filters", threshold)?;
    for x in responses {
        if threshold.is_some_and(|t| *x < t) {
            *x = 0.0;
        }
        *x = if absolute { x.abs() } else { *x };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::{Dog, Gabor};

    #[test]
    fn taps_are_summed_where_they_see_the_image() {
        let shape = [2, 6, 19];
        let image: Vec<f32> = (0..2 * 6 * 19).map(|i| (i * 37 % 11) as f32).collect();
        let filters: Vec<_> = Dog::on_off(3, 0.5, 1.0).into_iter().chain(Gabor::bank(5, 2, 10.0)).collect();
        let bank = FilterBank::new(&filters, 1, shape).unwrap();
        let mut out = Vec::new();
        bank.responses(&image, &mut out).unwrap();
        let [maps, rows, columns] = bank.output();
        assert_eq!([maps, rows, columns], [8, 4, 17]);
        for (i, got) in out.iter().enumerate() {
            let (map, row, column) = (i / (rows * columns), i / columns % rows, i % columns);
            let (filter, channel) = (&filters[map / 2], map % 2);
            let (size, kernel) = (filter.size(), filter.values("k").unwrap());
            let first = (5 - size) / 2;
            let mut want = 0.0f32;
            for (tap, w) in kernel.iter().enumerate() {
                let y = (row + first + tap / size).checked_sub(1).filter(|y| *y < 6);
                let x = (column + first + tap % size).checked_sub(1).filter(|x| *x < 19);
                if let (Some(y), Some(x)) = (y, x) {
                    want += w * image[(channel * 6 + y) * 19 + x];
                }
            }
            assert_eq!(*got, want, "{map} {row} {column}");
        }
    }

    #[test]
    fn small_responses_are_dropped_before_their_sign() {
        let mut x = [-2.0, -0.5, 0.25, 0.5, 3.0];
        rectify(&mut x, Some(0.5), true).unwrap();
        assert_eq!(x, [0.0, 0.0, 0.0, 0.5, 3.0]);
        let mut x = [-2.0, 0.25];
        rectify(&mut x, None, true).unwrap();
        assert_eq!(x, [2.0, 0.25]);
        assert!(rectify(&mut x, Some(f32::NAN), false).is_err());
    }

    #[test]
    fn faults() {
        let dogs = Dog::on_off(7, 1.0, 2.0);
        let error =
            |filters: &[_], padding, shape| FilterBank::new(filters, padding, shape).unwrap_err().to_string();
        let text = error(&dogs, 0, [1, 6, 9]);
        assert!(
            text.contains("filters.size = 7: reaches beyond the 6 rows of the image (padding 0)"),
            "{text}"
        );
        assert!(error(&dogs, 1, [1, 6, 4]).contains("4 columns"));
        assert!(error(&[], 1, [1, 6, 4]).contains("at least one filter"));
        assert!(error(&dogs, usize::MAX, [1, 6, 4]).contains("2^31"));
        let bank = FilterBank::new(&dogs, 1, [1, 6, 6]).unwrap();
        let error = |image: &[f32]| bank.responses(image, &mut Vec::new()).unwrap_err().to_string();
        assert!(error(&[0.0; 3]).contains("[1, 6, 6] is needed"));
        assert!(error(&[f32::NAN; 36]).contains("image[0] = NaN"));
        assert!(error(&[f32::MAX; 36]).contains("responses["));
    }
}
