//! `Augmentation`: training images moved a little, anew in every epoch.

use super::config::AugmentConfig;
use rheobase_base::random::Stream;
use rheobase_base::{Error, Result};
use rheobase_data::{Dataset, SampleView};
use rheobase_network::vision::Motion;

/// Moves images by chance. Drawn from the address (seed, who learns, epoch, sample): the same on any number of threads.
#[derive(Debug, Clone)]
pub(super) struct Augmentation {
    config: AugmentConfig,
    shape: [usize; 3],
    seed: u64,
    shift: Stream,
    flip: Stream,
    rotate: Stream,
    zoom: Stream,
}

impl Augmentation {
    /// For the training by gradients. None if nothing is moved.
    ///
    /// # Errors
    /// Samples that are not images; images that would be moved out of sight.
    pub(super) fn new(config: AugmentConfig, dataset: &Dataset, seed: u64) -> Result<Option<Augmentation>> {
        if config == AugmentConfig::default() {
            return Ok(None);
        }
        let (&[maps, rows, columns], Some(SampleView::Static(_))) = (dataset.shape(), dataset.sample(0))
        else {
            let what = format!(
                "moves images, [maps, rows, columns] that do not change over time, and not {:?}; leave it out",
                dataset.shape()
            );
            return Err(Error::unsupported("data.augment", what));
        };
        if config.shift >= rows.min(columns) {
            let rule = format!(
                "must be below {}, or images of {rows} × {columns} are moved out of sight",
                rows.min(columns)
            );
            return Err(Error::value("data.augment", "shift", config.shift, rule));
        }
        Ok(Some(Augmentation::of(config, [maps, rows, columns], seed, "train")))
    }

    fn of(config: AugmentConfig, shape: [usize; 3], seed: u64, name: &str) -> Augmentation {
        let stream = |purpose: &str| Stream::new(seed, purpose, name);
        let (shift, flip, rotate, zoom) = (stream("shift"), stream("flip"), stream("rotate"), stream("zoom"));
        Augmentation { config, shape, seed, shift, flip, rotate, zoom }
    }

    /// The same with draws of its own, for somebody else who learns.
    pub(super) fn of_name(&self, name: &str) -> Augmentation {
        Augmentation::of(self.config, self.shape, self.seed, name)
    }

    fn motion(&self, id: u64, epoch: u64) -> Motion {
        let AugmentConfig { shift, flip, rotate, zoom } = self.config;
        let (low, high) = (id as u32, (id >> 32) as u32);
        let width = 2 * shift + 1;
        let moved = |axis: u32| {
            let u = self.shift.uniform(epoch, low, 2 * high + axis);
            ((u * width as f64) as usize).min(width - 1) as isize - shift as isize
        };
        // From −1 to 1.
        let around = |stream: &Stream| 2.0 * stream.uniform(epoch, low, high) - 1.0;
        Motion {
            down: moved(0),
            right: moved(1),
            mirrored: flip && self.flip.uniform(epoch, low, high) < 0.5,
            degrees: rotate * around(&self.rotate),
            zoom: 1.0 + zoom * around(&self.zoom),
        }
    }

    /// The image of sample number `id`, moved as epoch and number say.
    ///
    /// # Errors
    /// Values that are not finite.
    pub(super) fn moved(&self, image: &[f32], id: u64, epoch: u64) -> Result<Vec<f32>> {
        let mut out = Vec::with_capacity(image.len());
        self.motion(id, epoch).image(image, self.shape, &mut out)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_data::{Inputs, digits_split};

    fn augment(config: AugmentConfig, data: &Dataset) -> Augmentation {
        Augmentation::new(config, data, 7).unwrap().unwrap()
    }

    fn image() -> (Vec<f32>, Dataset) {
        let image: Vec<f32> = (1..=12).map(|i| i as f32).collect();
        let data = Dataset::new("x", [1, 3, 4], Inputs::Static(image.clone()), Vec::new()).unwrap();
        (image, data)
    }

    #[test]
    fn all_moves_occur_alike_and_nothing_else() {
        let (image, data) = image();
        let shift = augment(AugmentConfig { shift: 1, ..Default::default() }, &data);
        let mut seen = std::collections::BTreeMap::new();
        for id in 0..9000 {
            let moved = shift.moved(&image, id, 2).unwrap();
            *seen.entry(moved.iter().map(|x| *x as u32).collect::<Vec<_>>()).or_insert(0u32) += 1;
        }
        assert_eq!(seen.len(), 9);
        assert!(seen.values().all(|n| (900..1100).contains(n)), "{:?}", seen.values());
        // Down by one and left by one.
        assert!(seen.contains_key(&vec![0, 0, 0, 0, 2, 3, 4, 0, 6, 7, 8, 0]));
        let epoch =
            |of: &Augmentation, epoch| -> Vec<Motion> { (0..8).map(|id| of.motion(id, epoch)).collect() };
        assert_ne!(epoch(&shift, 0), epoch(&shift, 1));
        assert_ne!(epoch(&shift, 0), epoch(&shift.of_name("stage first"), 0));
    }

    #[test]
    fn half_are_mirrored_and_turns_and_sizes_are_spread_over_their_ranges() {
        let (_, data) = image();
        let config = AugmentConfig { shift: 0, flip: true, rotate: 10.0, zoom: 0.2 };
        let all = augment(config, &data);
        let motions: Vec<Motion> = (0..4000).map(|id| all.motion(id, 0)).collect();
        let mirrored = motions.iter().filter(|m| m.mirrored).count();
        assert!((1850..2150).contains(&mirrored), "{mirrored}");
        let check = |of: fn(&Motion) -> f64, middle: f64, most: f64| {
            let away: Vec<f64> = motions.iter().map(|m| of(m) - middle).collect();
            assert!(away.iter().all(|x| x.abs() <= most));
            let spread = away.iter().map(|x| x * x).sum::<f64>() / 4000.0;
            // Of a uniform distribution.
            assert!((spread / (most * most / 3.0) - 1.0).abs() < 0.1, "{spread}");
        };
        check(|m| m.degrees, 0.0, 10.0);
        check(|m| m.zoom, 1.0, 0.2);
        assert!(motions.iter().all(|m| (m.down, m.right) == (0, 0)));
    }

    #[test]
    fn what_is_no_image_or_too_small_is_refused() {
        let (train, _) = digits_split(0).unwrap();
        assert!(Augmentation::new(AugmentConfig::default(), &train, 0).unwrap().is_none());
        let shift = |shift| AugmentConfig { shift, ..Default::default() };
        let error = Augmentation::new(shift(8), &train, 0).unwrap_err().to_string();
        assert!(error.starts_with("data.augment.shift = 8: must be below 8"), "{error}");
        let row = Dataset::new("x", [4], Inputs::Static(vec![0.0; 4]), Vec::new()).unwrap();
        assert!(Augmentation::new(shift(1), &row, 0).unwrap_err().to_string().contains("moves images"));
    }
}
