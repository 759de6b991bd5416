//! `Shift`: training images moved by some pixels, anew in every epoch.

use super::check::broken;
use rheobase_base::random::Stream;
use rheobase_base::{Error, Result};
use rheobase_data::{Dataset, SampleView};

/// Moves images by up to so many rows and columns, each move alike; what comes in from outside is 0. Drawn from the address
/// (seed, epoch, sample).
#[derive(Debug, Clone)]
pub(super) struct Shift {
    pixels: usize,
    shape: [usize; 3],
    stream: Stream,
}

impl Shift {
    /// None if `pixels` is 0.
    ///
    /// # Errors
    /// Samples that are not images; images that would be moved out of sight.
    pub(super) fn new(pixels: usize, dataset: &Dataset, seed: u64) -> Result<Option<Shift>> {
        if pixels == 0 {
            return Ok(None);
        }
        let (&[maps, rows, columns], Some(SampleView::Static(_))) = (dataset.shape(), dataset.sample(0))
        else {
            let what = format!(
                "moves images, [maps, rows, columns] that do not change over time, and not {:?}; leave it out",
                dataset.shape()
            );
            return Err(Error::unsupported("data.shift", what));
        };
        if pixels >= rows.min(columns) {
            let rule = format!(
                "must be below {}, or images of {rows} × {columns} are moved out of sight",
                rows.min(columns)
            );
            return Err(broken("data", "shift", pixels, rule));
        }
        Ok(Some(Shift { pixels, shape: [maps, rows, columns], stream: Stream::new(seed, "shift", "train") }))
    }

    /// The image of sample number `id`, moved as epoch and number say.
    pub(super) fn moved(&self, image: &[f32], id: u64, epoch: u64) -> Vec<f32> {
        let [maps, rows, columns] = self.shape;
        let width = 2 * self.pixels + 1;
        let draw = |axis: u32| {
            let u = self.stream.uniform(epoch, id as u32, 2 * (id >> 32) as u32 + axis);
            ((u * width as f64) as usize).min(width - 1)
        };
        let (down, right) = (draw(0), draw(1));
        // Row r of the result is row r + pixels − down of the image.
        let source =
            |at: usize, by: usize, length: usize| (at + self.pixels).checked_sub(by).filter(|s| *s < length);
        let mut out = vec![0.0; image.len()];
        for map in 0..maps {
            for r in 0..rows {
                let Some(from) = source(r, down, rows) else { continue };
                for c in 0..columns {
                    if let Some(from_column) = source(c, right, columns) {
                        out[(map * rows + r) * columns + c] =
                            image[(map * rows + from) * columns + from_column];
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_data::{Inputs, digits_split};

    #[test]
    fn all_moves_occur_alike_and_nothing_else() {
        let image: Vec<f32> = (1..=12).map(|i| i as f32).collect();
        let data = Dataset::new("x", [1, 3, 4], Inputs::Static(image.clone()), Vec::new()).unwrap();
        let shift = Shift::new(1, &data, 7).unwrap().unwrap();
        let mut seen = std::collections::BTreeMap::new();
        for id in 0..9000 {
            let moved = shift.moved(&image, id, 2);
            *seen.entry(moved.iter().map(|x| *x as u32).collect::<Vec<_>>()).or_insert(0u32) += 1;
        }
        assert_eq!(seen.len(), 9);
        assert!(seen.values().all(|n| (900..1100).contains(n)), "{:?}", seen.values());
        // Down by one and left by one.
        assert!(seen.contains_key(&vec![0, 0, 0, 0, 2, 3, 4, 0, 6, 7, 8, 0]));
        assert_ne!(
            (0..8).map(|id| shift.moved(&image, id, 0)).collect::<Vec<_>>(),
            (0..8).map(|id| shift.moved(&image, id, 1)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn what_is_no_image_or_too_small_is_refused() {
        let (train, _) = digits_split(0).unwrap();
        assert!(Shift::new(0, &train, 0).unwrap().is_none());
        let error = Shift::new(8, &train, 0).unwrap_err().to_string();
        assert!(error.starts_with("data.shift = 8: must be below 8"), "{error}");
        let row = Dataset::new("x", [4], Inputs::Static(vec![0.0; 4]), Vec::new()).unwrap();
        assert!(Shift::new(1, &row, 0).unwrap_err().to_string().contains("moves images"));
    }
}
