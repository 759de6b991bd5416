//! The handwritten digits that come with the library: 1,797 images of 8 × 8.
//!
//! Source: E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository,
//! 1998, doi:[10.24432/C50P49](https://doi.org/10.24432/C50P49), licence
//! [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/); its test set, unchanged, as packaged by scikit-learn.
//!
//! Each pixel counts the ink in a 4 × 4 block of a 32 × 32 scan, 0 to 16, here divided by 16 (exact). Thirteen people
//! wrote these digits, and the file does not say who wrote which: **the same writers are in the training and in the test
//! part**, so the accuracy says how well known hands are read, not new ones.

use std::io::Read;

use super::csv_dataset::{CsvOptions, dataset_from};
use super::dataset::Dataset;
use super::split::pair;
use rheobase_base::{Error, Result};

/// Whom to thank, in one line, for reports and pictures made of these data.
pub const CREDIT: &str = "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI Machine Learning \
                          Repository, doi:10.24432/C50P49, CC BY 4.0";

/// Samples in the training and the test part.
pub const SIZES: [usize; 2] = [1437, 360];

const NAME: &str = "digits";
const FILE: &[u8] = include_bytes!("digits.csv.gz");
/// More than the file unpacks to, so that nothing here depends on its being whole.
const UNPACKED_MAX: u64 = 1 << 20;

/// All 1,797 digits in the order of the source: static inputs of shape `[1, 8, 8]` within [0, 1], classes 0 to 9.
///
/// # Errors
/// [`Error::File`] if the library was built with a damaged copy.
pub fn digits() -> Result<Dataset> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(FILE)
        .take(UNPACKED_MAX)
        .read_to_end(&mut text)
        .map_err(|e| Error::file(NAME, format!("the embedded copy is damaged: {e}")))?;
    let options =
        CsvOptions { header: Some(false), shape: vec![1, 8, 8], scale: 16.0, ..CsvOptions::default() };
    dataset_from(NAME, &text[..], &options)
}

/// The digits as (training, test): 1,437 and 360 samples, each class alike, chosen and shuffled by `seed`; 0 is what
/// the command takes.
///
/// # Errors
/// As [`digits`].
pub fn digits_split(seed: u64) -> Result<(Dataset, Dataset)> {
    let all = digits()?;
    let parts = all.split_indices(&SIZES, seed)?;
    pair(parts.iter().map(|part| all.subset(part)).collect::<Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Inputs;

    fn hash(numbers: impl IntoIterator<Item = usize>) -> u64 {
        numbers.into_iter().fold(0xcbf2_9ce4_8422_2325, |h, n| {
            (n as u64).to_le_bytes().iter().fold(h, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
        })
    }

    #[test]
    fn the_digits_are_those_of_the_source() {
        let all = digits().unwrap();
        assert_eq!((all.samples(), all.shape(), all.classes()), (1797, &[1, 8, 8][..], 10));
        assert_eq!(all.class_counts(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        let Inputs::Static(values) = all.inputs() else { panic!("digits do not move") };
        assert_eq!(values.iter().fold(0.0_f32, |m, &x| m.max(x)), 1.0);
        assert_eq!(values.iter().map(|x| f64::from(*x) * 16.0).sum::<f64>(), 561_718.0);
        // The first rows of the first image, a zero.
        assert_eq!(
            values[..8].iter().map(|x| x * 16.0).collect::<Vec<_>>(),
            [0., 0., 5., 13., 9., 1., 0., 0.]
        );
        assert_eq!(all.labels()[..4], [0, 1, 2, 3]);
    }

    #[test]
    fn the_split_is_disjoint_stratified_and_stable() {
        let all = digits().unwrap();
        let parts = all.split_indices(&SIZES, 0).unwrap();
        let mut together = parts.concat();
        together.sort_unstable();
        assert_eq!(together, (0..1797).collect::<Vec<_>>());
        let (train, test) = digits_split(0).unwrap();
        assert_eq!([train.samples(), test.samples()], SIZES);
        for (n, total) in test.class_counts().iter().zip(all.class_counts()) {
            let share = total as f64 * 360.0 / 1797.0;
            assert!((*n as f64 - share).abs() < 1.0, "{n} of {share}");
        }
        // Whoever changes these changes every published accuracy and fingerprint.
        assert_eq!(hash(parts[0].iter().copied()), 0x6adf_83cb_51cf_4da3);
        assert_eq!(hash(parts[1].iter().copied()), 0x6cd2_5aba_f1bd_716a);
        assert_ne!(all.split_indices(&SIZES, 1).unwrap(), parts);
    }
}
