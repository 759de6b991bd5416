//! Operations on the intensities of images: what neighbours do to each other before there are spikes.

use super::check::{Shape, finite, steps};
use super::windows::value_error;
use rheobase_base::Result;
use rheobase_base::vector::add;
use rheobase_models::lanes::Level;

/// Divides every intensity by the mean of the square around it, `radius` places to each side, and `eps` more: places outside
/// the image count as 0. Channel by channel, of one or several images `[image, channel, row, column]`.
///
/// # Errors
/// A radius of 0, or one that reaches over the whole image; an `eps` that is not above 0; lengths that do not fit `shape`;
/// intensities that are not finite, or quotients that are not.
pub fn local_normalization(intensities: &mut [f32], shape: Shape, radius: usize, eps: f32) -> Result<()> {
    let place = "local_normalization";
    check_normalization(place, radius, eps, Some(shape))?;
    steps(place, "intensities", intensities, shape)?;
    let [_, height, width] = shape;
    let (side, level) = (2 * radius + 1, Level::best());
    let size = (side * side) as f32;
    let (mut rows, mut sums) = (vec![0.0; height * width], vec![0.0; height * width]);
    for map in intensities.chunks_exact_mut(height * width) {
        // Sums over columns of rows, then over rows of columns.
        rows.fill(0.0);
        sums.fill(0.0);
        for row in 0..height {
            for other in super::inhibition::around(row, radius, height) {
                add(
                    level,
                    &mut rows[row * width..(row + 1) * width],
                    &map[other * width..(other + 1) * width],
                );
            }
        }
        for shift in 0..side {
            // Column c sees column c + shift − radius.
            let (to, from) = (radius.saturating_sub(shift), shift.saturating_sub(radius));
            let Some(count) = width.checked_sub(to.max(from)) else { continue };
            for row in 0..height {
                let at = row * width;
                add(level, &mut sums[at + to..at + to + count], &rows[at + from..at + from + count]);
            }
        }
        for (x, sum) in map.iter_mut().zip(&sums) {
            *x /= *sum / size + eps;
        }
    }
    finite(place, "quotients", intensities)
}

/// # Errors
/// A radius of 0, or one that reaches over the whole image; an `eps` that is not above 0.
pub fn check_normalization(place: &str, radius: usize, eps: f32, shape: Option<Shape>) -> Result<()> {
    if !(eps > 0.0 && eps.is_finite()) {
        return Err(value_error(place, "eps", None, eps, "must be finite and above 0"));
    }
    check_radius(place, "radius", radius, shape)
}

/// # Errors
/// A radius of 0, or one that reaches over the whole image from every place.
fn check_radius(place: &str, field: &str, radius: usize, shape: Option<Shape>) -> Result<()> {
    if radius == 0 {
        return Err(value_error(place, field, None, radius, "must be at least 1"));
    }
    match shape {
        Some([_, height, width]) if radius >= height.max(width) => {
            let rule = format!("must be smaller than the image of {height} × {width}");
            Err(value_error(place, field, None, radius, rule))
        }
        _ => Ok(()),
    }
}

/// Raises every intensity by a share of itself for each neighbour that it exceeds: `percents[d − 1]` of it at distance d, the
/// larger of the distances in rows and columns. Places outside the image count as 0. Channel by channel, of one or several
/// images `[image, channel, row, column]`.
///
/// What is brighter than its surroundings gains on them, which is the inhibition; negative shares lower it instead.
///
/// # Errors
/// No percents, or so many that they reach over the whole image; numbers that are not finite, before or after; lengths that
/// do not fit `shape`.
pub fn intensity_lateral_inhibition(intensities: &mut [f32], shape: Shape, percents: &[f32]) -> Result<()> {
    let place = "intensity_lateral_inhibition";
    check_percents(place, percents, Some(shape))?;
    steps(place, "intensities", intensities, shape)?;
    let kernel = inhibition_kernel(percents);
    let [_, height, width] = shape;
    let (radius, side) = (percents.len(), 2 * percents.len() + 1);
    let mut before = Vec::new();
    for map in intensities.chunks_exact_mut(height * width) {
        before.clear();
        before.extend_from_slice(map);
        for (i, x) in map.iter_mut().enumerate() {
            let (row, column) = (i / width, i % width);
            let mut factor = 0.0;
            for (tap, share) in kernel.iter().enumerate().filter(|(_, share)| **share != 0.0) {
                let y = (row + tap / side).checked_sub(radius).filter(|y| *y < height);
                let z = (column + tap % side).checked_sub(radius).filter(|z| *z < width);
                let other = if let (Some(y), Some(z)) = (y, z) { before[y * width + z] } else { 0.0 };
                if *x > other {
                    factor += *share;
                }
            }
            *x += *x * factor;
        }
    }
    finite(place, "intensities", intensities)
}

/// # Errors
/// No percents, or so many that they reach over the whole image; numbers that are not finite.
pub fn check_percents(place: &str, percents: &[f32], shape: Option<Shape>) -> Result<()> {
    check_radius(place, "percents", percents.len(), shape)?;
    finite(place, "percents", percents)
}

/// The shares by place: `[row, column]` of a square with `percents.len()` places to each side of its centre, which is 0.
pub fn inhibition_kernel(percents: &[f32]) -> Vec<f32> {
    let radius = percents.len();
    let side = 2 * radius + 1;
    let distance = |i: usize| (i / side).abs_diff(radius).max((i % side).abs_diff(radius));
    (0..side * side).map(|i| distance(i).checked_sub(1).map_or(0.0, |d| percents[d])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_taken_over_the_whole_square() {
        let mut x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        local_normalization(&mut x, [2, 1, 4], 1, 1e-12).unwrap();
        let want =
            [1.0 / 3.0, 2.0 / 6.0, 3.0 / 9.0, 4.0 / 7.0, 5.0 / 11.0, 6.0 / 18.0, 7.0 / 21.0, 8.0 / 15.0];
        assert!(x.iter().zip(want).all(|(a, b): (_, f32)| (a - 9.0 * b).abs() < 1e-6), "{x:?}");
        let mut zero = [0.0; 4];
        local_normalization(&mut zero, [1, 2, 2], 1, 1e-12).unwrap();
        assert_eq!(zero, [0.0; 4]);
    }

    #[test]
    fn what_is_brighter_than_its_neighbours_gains() {
        assert_eq!(inhibition_kernel(&[0.5]), [0.5, 0.5, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5]);
        let mut x = [1.0, 3.0, 2.0];
        intensity_lateral_inhibition(&mut x, [1, 1, 3], &[0.1, 0.01]).unwrap();
        // Outside is 0: of 8 neighbours at distance 1, and of 16 at distance 2, the first exceeds all but one each.
        let want = [1.0 + 0.7 + 0.15, 3.0 * (1.0 + 0.8 + 0.16), 2.0 * (1.0 + 0.7 + 0.16)];
        assert!(x.iter().zip(want).all(|(a, b): (_, f32)| (a - b).abs() < 1e-5), "{x:?} {want:?}");
    }

    #[test]
    fn faults() {
        let normal = |radius, eps, x: f32| {
            local_normalization(&mut [x; 6], [1, 2, 3], radius, eps).unwrap_err().to_string()
        };
        assert!(normal(0, 1e-12, 1.0).contains("radius = 0: must be at least 1"));
        assert!(normal(3, 1e-12, 1.0).contains("radius = 3: must be smaller than the image of 2 × 3"));
        assert!(normal(1, 0.0, 1.0).contains("eps = 0"));
        assert!(normal(1, f32::NAN, 1.0).contains("eps = NaN"));
        assert!(normal(1, 1e-12, f32::NAN).contains("intensities[0] = NaN"));
        let lateral = |percents: &[f32]| {
            intensity_lateral_inhibition(&mut [1.0; 6], [1, 2, 3], percents).unwrap_err().to_string()
        };
        assert!(lateral(&[]).contains("at least 1"));
        assert!(lateral(&[0.1; 3]).contains("percents = 3: must be smaller"));
        assert!(lateral(&[f32::NAN]).contains("percents[0] = NaN"));
    }
}
