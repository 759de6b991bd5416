//! k winners over a whole wave: the neurons that fire first, one per feature, none within a radius of another.

use super::SpikeRows;
use super::check::{Shape, finite, rows, steps};
use super::windows::value_error;
use rheobase_base::{Error, Result};
use rheobase_sim::compete::{Candidate, Place, search};

/// The winners of a wave of thresholded potentials, as SpykeTorch finds them: at most `k`, the earliest first, then the
/// largest potential at the first spike, then the lowest index; one per feature, none within `radius` rows and columns of
/// an earlier one (0: no radius).
///
/// `spikes` are the signs of the potentials if not given. The order is that of a score in 32-bit numbers: with `n` spikes,
/// potential `u` at step T − n and `v` = T · (the largest spike × potential), it is the sum over the steps of
/// spike × u + spike × v. So potentials tie that differ by less than v can resolve, spikes of a value other than 1 count
/// differently, and a score of 0 or less ends the search.
///
/// # Errors
/// `k` = 0; lengths that do not fit `shape`; numbers that are not finite, or too large for the score.
pub fn k_winners(
    potentials: &[f32],
    spikes: Option<&[f32]>,
    shape: Shape,
    k: usize,
    radius: usize,
) -> Result<Vec<Place>> {
    let place = "k_winners";
    check_k(place, k)?;
    let steps = steps(place, "potentials", potentials, shape)?;
    if let Some(spikes) = spikes {
        check_spikes(place, spikes, potentials.len())?;
    }
    let neurons = potentials.len() / steps;
    let spike = |at: usize| spikes.map_or_else(|| super::fire::sign(potentials[at]), |s| s[at]);
    let first = |i: usize| {
        let count = (0..steps).fold(0.0, |sum, t| sum + spike(t * neurons + i));
        // Towards 0, and within the wave.
        (steps as f32 - count).clamp(0.0, (steps - 1) as f32) as usize
    };
    let own: Vec<f32> = (0..neurons).map(|i| potentials[first(i) * neurons + i]).collect();
    let terms = (0..potentials.len()).map(|at| spike(at) * own[at % neurons]);
    let highest = score_unit(place, terms.fold(f32::NEG_INFINITY, f32::max), steps)?;
    let score = |i: usize| {
        (0..steps).fold(0.0, |sum, t| {
            let spike = spike(t * neurons + i);
            sum + fused(spike, highest, spike * own[i])
        })
    };
    let candidates = (0..neurons).map(|i| Candidate::new(i, shape, score(i).into())).collect();
    Ok(search(candidates, k, radius, ends))
}

/// The winners among first spikes: those that [`k_winners`] finds for the cumulative wave that they stand for, to the tie.
///
/// # Errors
/// `k` = 0; spikes of neurons that `shape` does not have; potentials too large for the score.
pub fn k_winners_first(first: &SpikeRows, shape: Shape, k: usize, radius: usize) -> Result<Vec<Place>> {
    let place = "k_winners_first";
    check_k(place, k)?;
    rows(place, first, shape)?;
    let steps = first.steps();
    let highest = first.value().iter().map(|u| u.abs()).fold(0.0, f32::max);
    let highest = score_unit(place, highest, steps)?;
    if steps < LONG && first.value().iter().all(|u| *u > 0.0) {
        return Ok(step_by_step(first, shape, k, radius, highest));
    }
    let mut candidates = Vec::with_capacity(first.len());
    for step in 0..steps {
        candidates.extend(candidates_of(first, step, shape, highest));
    }
    candidates.sort_unstable_by_key(|c| c.index);
    Ok(search(candidates, k, radius, ends))
}

/// Up to so many steps an earlier spike has the higher score, whatever rounding does: what it is ahead is at least the
/// largest potential, 1/T² of the score.
const LONG: usize = 1024;

/// The spikes of a step, with their scores.
fn candidates_of(
    first: &SpikeRows,
    step: usize,
    shape: Shape,
    highest: f32,
) -> impl Iterator<Item = Candidate> + '_ {
    let (index, value) = first.step(step);
    let left = first.steps() - step;
    index.iter().zip(value).map(move |(i, u)| {
        let term = u.signum() * highest + u.abs();
        let score = (0..left).fold(0.0, |sum: f32, _| sum + term);
        Candidate::new(*i as usize, shape, score.into())
    })
}

/// Winners of the first step, then of the next, until there are enough: later steps are not looked at.
fn step_by_step(first: &SpikeRows, shape: Shape, k: usize, radius: usize, highest: f32) -> Vec<Place> {
    let (mut winners, mut won): (Vec<Place>, Vec<Candidate>) = (Vec::new(), Vec::new());
    for step in 0..first.steps() {
        let mut candidates: Vec<Candidate> = candidates_of(first, step, shape, highest).collect();
        candidates.retain(|c| !won.iter().any(|winner| winner.excludes(c, radius)));
        let new = search(candidates, k - winners.len(), radius, |_, _| false);
        won.extend(new.iter().map(|place| Candidate { index: 0, place: *place, score: 0.0 }));
        winners.extend(new);
        if winners.len() == k {
            break;
        }
    }
    winners
}

/// `a · b + c` with one rounding, as the source computes it: exact in 64 bits but for what the sum loses there.
fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

/// The search ends at a score of 0: places of earlier winners have it, and neurons that do not fire. Only a first winner
/// may have less, where every neuron does.
fn ends(best: f64, found: usize) -> bool {
    best == 0.0 || (found > 0 && best < 0.0)
}

/// What an earlier step is worth.
fn score_unit(place: &str, highest: f32, steps: usize) -> Result<f32> {
    let unit = highest * steps as f32;
    if (unit * steps as f32).is_finite() {
        return Ok(unit);
    }
    let rule = format!("times the square of the {steps} steps must be within single precision");
    Err(value_error(place, "potentials", None, highest, rule))
}

/// # Errors
/// No winner wanted.
pub(crate) fn check_k(place: &str, k: usize) -> Result<()> {
    if k > 0 {
        Ok(())
    } else {
        Err(value_error(place, "k", None, k, "must be at least 1, the number of winners"))
    }
}

fn check_spikes(place: &str, spikes: &[f32], wanted: usize) -> Result<()> {
    if spikes.len() == wanted {
        return finite(place, "spikes", spikes);
    }
    Err(Error::shape(
        place,
        "spikes",
        format!("[{}]", spikes.len()),
        format!("one for each of the {wanted} potentials is needed"),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vision::to_wave;

    #[test]
    fn the_earliest_then_the_largest_then_the_lowest_index() {
        // Three features over 1 × 2 places; two steps.
        let p = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 9.0, 8.0, 1.0, 1.0, 0.0, 9.0];
        let shape = [3, 1, 2];
        let winners = |k, radius| k_winners(&p, None, shape, k, radius).unwrap();
        assert_eq!(winners(5, 0), [[1, 0, 0], [0, 0, 0], [2, 0, 1]]);
        assert_eq!(winners(1, 0), [[1, 0, 0]]);
        assert_eq!(winners(5, 1), [[1, 0, 0]]);
    }

    #[test]
    fn spikes_of_another_value_are_counted_as_they_are() {
        // A count of 1000 is earlier than the first step, whose potential is 0.
        let p = [0.0, 2.0];
        assert_eq!(k_winners(&p, Some(&[0.0, 1000.0]), [1, 1, 1], 1, 0).unwrap(), [[0usize; 3]; 0]);
        assert_eq!(k_winners(&p, Some(&[0.0, 1.0]), [1, 1, 1], 1, 0).unwrap(), [[0, 0, 0]]);
    }

    #[test]
    fn faults() {
        let error =
            |p: &[f32], s: Option<&[f32]>, k| k_winners(p, s, [1, 1, 1], k, 0).unwrap_err().to_string();
        assert!(error(&[1.0], None, 0).contains("k = 0: must be at least 1"));
        assert!(error(&[1.0], Some(&[1.0, 1.0]), 1).contains("one for each of the 1"));
        assert!(error(&[1.0], Some(&[f32::NAN]), 1).contains("spikes[0] = NaN"));
        assert!(error(&[f32::NAN], None, 1).contains("potentials[0] = NaN"));
        assert!(error(&[f32::MAX; 2], None, 1).contains("single precision"));
        assert!(k_winners_first(&SpikeRows::default(), [1, 1, 1], 0, 0).is_err());
        assert!(k_winners_first(&SpikeRows::default(), [1, 1, 1], 2, 0).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn both_forms_agree(
            (steps, features, side, k, radius, seed) in
                (1u32..6, 1usize..5, 1usize..5, 1usize..6, 0usize..3, any::<u64>())
        ) {
            let shape = [features, side, side];
            let n = features * side * side;
            let stream = rheobase_base::random::Stream::new(seed, "winners", "test");
            let draw = |i: usize| stream.quad(0, 0, i as u32);
            let (mut offsets, mut index, mut value) = (vec![0u32], Vec::new(), Vec::new());
            for t in 0..steps {
                for i in (0..n).filter(|i| draw(*i)[0] % (steps + 1) == t) {
                    index.push(i as u32);
                    // Some tie exactly, some only in the score.
                    value.push((draw(i)[1] % 3 + 1) as f32 + (draw(i)[2] % 3) as f32 * 1e-6);
                }
                offsets.push(index.len() as u32);
            }
            let rows = SpikeRows::new(offsets, index, value, n).unwrap();
            let mut wave = Vec::new();
            to_wave(&rows, shape, &mut wave).unwrap();
            prop_assert_eq!(
                k_winners_first(&rows, shape, k, radius).unwrap(),
                k_winners(&wave, None, shape, k, radius).unwrap()
            );
        }
    }
}
