//! From intensities to latencies: bins of equal count, and ranks.

use super::SpikeRows;
use super::check::finite;
use super::windows::value_error;
use rheobase_base::Result;

/// Gives every intensity a step: the largest come first, and every step has as many. `out` is overwritten, its buffers reused,
/// with `bins` steps of first spikes of the intensities' values; [`super::to_wave`] makes them cumulative.
///
/// Of n intensities that are not 0 every bin takes ⌊n / bins⌋, or one where they are fewer than the bins; the weakest,
/// which are left over, do not fire. Among equals the lower index comes first. Negative intensities are counted but stand
/// behind all zeros, so that they fire only where there are as many bins as that.
///
/// Mozafari et al. 2019, doi:10.3389/fnins.2019.00625.
///
/// # Errors
/// 0 bins; intensities that are not finite; 2³² or more values over all bins.
pub fn intensity_to_latency(intensities: &[f32], bins: usize, out: &mut SpikeRows) -> Result<()> {
    let place = "intensity_to_latency";
    check_steps(place, "bins", bins, intensities)?;
    let count = intensities.iter().filter(|x| **x != 0.0).count();
    let size = (count / bins).max(1);
    let mut order = descending(intensities, |x| x > 0.0);
    let (positive, zeros) = (order.len(), intensities.len() - count);
    if size * bins > positive + zeros {
        order.extend(descending(intensities, |x| x < 0.0));
    }
    // Zeros take places of bins, and send nothing.
    let place_of = |n: usize| if n < positive { n } else { n + zeros };
    write(intensities, &order, bins, |n| place_of(n) / size, out);
    Ok(())
}

/// Gives the `per_step` largest intensities the first step, the next ones the second, and so on: order coding. What has not
/// come after the last of `steps`, and what is not above 0, does not fire. Among equals the lower index comes first. `out`
/// is overwritten; its buffers are reused.
///
/// Thorpe & Gautrais 1998, doi:10.1007/978-1-4615-4831-7_19.
///
/// # Errors
/// 0 per step or 0 steps; intensities that are not finite; 2³² or more values over all steps.
pub fn rank_order(intensities: &[f32], per_step: usize, steps: usize, out: &mut SpikeRows) -> Result<()> {
    let place = "rank_order";
    if per_step == 0 {
        return Err(value_error(place, "per_step", None, per_step, "must be at least 1"));
    }
    check_steps(place, "steps", steps, intensities)?;
    let order = descending(intensities, |x| x > 0.0);
    write(intensities, &order, steps, |n| n / per_step, out);
    Ok(())
}

fn check_steps(place: &str, field: &str, steps: usize, intensities: &[f32]) -> Result<()> {
    let cells = steps.checked_mul(intensities.len()).filter(|n| u32::try_from(*n).is_ok());
    if steps == 0 || cells.is_none() {
        let rule = "must be at least 1, and give less than 2^32 values over all steps";
        return Err(value_error(place, field, None, steps, rule));
    }
    finite(place, "intensities", intensities)
}

/// Indices of the intensities that are `wanted`, the largest first, among equals the lower index first.
fn descending(intensities: &[f32], wanted: impl Fn(f32) -> bool) -> Vec<u32> {
    // Keys whose order as whole numbers is that of falling values, then of rising indices.
    let key = |i: usize, x: f32| {
        let bits = x.to_bits();
        let rising = if x < 0.0 { !bits } else { bits | 1 << 31 };
        u64::from(!rising) << 32 | i as u64
    };
    let wanted = intensities.iter().enumerate().filter(|(_, x)| wanted(**x));
    let mut keys: Vec<u64> = wanted.map(|(i, x)| key(i, *x)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| key as u32).collect()
}

/// Writes the intensities of `order` to the steps `step_of` their ranks, which do not fall.
fn write(
    intensities: &[f32],
    order: &[u32],
    steps: usize,
    step_of: impl Fn(usize) -> usize,
    out: &mut SpikeRows,
) {
    out.clear();
    let (mut next, mut together) = (0, Vec::new());
    for step in 0..steps {
        together.clear();
        while next < order.len() && step_of(next) == step {
            together.push(order[next]);
            next += 1;
        }
        together.sort_unstable();
        for i in &together {
            out.push(*i, intensities[*i as usize]);
        }
        out.end_step();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(out: &SpikeRows) -> Vec<(Vec<u32>, Vec<f32>)> {
        (0..out.steps()).map(|t| out.step(t)).map(|(i, v)| (i.to_vec(), v.to_vec())).collect()
    }

    #[test]
    fn bins_are_of_equal_count_and_the_weakest_are_left_over() {
        let mut out = SpikeRows::default();
        intensity_to_latency(&[0.1, 0.9, 0.0, 0.5, 0.5, 0.2, 0.0, 0.7], 2, &mut out).unwrap();
        // Six values: three per bin. Seven of them: three per bin, the weakest never.
        assert_eq!(steps(&out), [(vec![1, 3, 7], vec![0.9, 0.5, 0.7]), (vec![0, 4, 5], vec![0.1, 0.5, 0.2])]);
        intensity_to_latency(&[0.1, 0.9, 0.05, 0.5, 0.5, 0.2, 0.0, 0.7], 2, &mut out).unwrap();
        assert_eq!(steps(&out)[1].0, [0, 4, 5]);
    }

    #[test]
    fn fewer_values_than_bins_come_one_by_one() {
        let mut out = SpikeRows::default();
        intensity_to_latency(&[0.1, 0.9, 0.0], 4, &mut out).unwrap();
        assert_eq!(out.offsets(), [0, 1, 2, 2, 2]);
        intensity_to_latency(&[0.0; 3], 4, &mut out).unwrap();
        assert!(out.is_empty() && out.steps() == 4);
    }

    #[test]
    fn negative_values_count_but_stand_behind_zeros() {
        let mut out = SpikeRows::default();
        // Four values in two bins of two: 3 and 2 (place 0 and 1), then a zero and −1.
        intensity_to_latency(&[-1.0, 3.0, 0.0, -2.0, 2.0], 2, &mut out).unwrap();
        assert_eq!(steps(&out), [(vec![1, 4], vec![3.0, 2.0]), (vec![0], vec![-1.0])]);
    }

    #[test]
    fn ranks() {
        let mut out = SpikeRows::default();
        rank_order(&[0.5, 0.9, -1.0, 0.5, 0.1], 1, 3, &mut out).unwrap();
        assert_eq!((out.offsets(), out.index()), (&[0, 1, 2, 3][..], &[1, 0, 3][..]));
        rank_order(&[0.5, 0.9, -1.0, 0.5, 0.1], 2, 3, &mut out).unwrap();
        assert_eq!((out.offsets(), out.index()), (&[0, 2, 4, 4][..], &[0, 1, 3, 4][..]));
    }

    #[test]
    fn faults() {
        let mut out = SpikeRows::default();
        let mut error = |x: &[f32], bins| intensity_to_latency(x, bins, &mut out).unwrap_err().to_string();
        assert!(error(&[1.0], 0).contains("bins = 0: must be at least 1"));
        assert!(error(&[1.0, f32::NAN], 1).contains("intensities[1] = NaN"));
        assert!(error(&[1.0; 2], usize::MAX).contains("2^32"));
        assert!(rank_order(&[1.0], 0, 1, &mut out).unwrap_err().to_string().contains("per_step = 0"));
    }
}
