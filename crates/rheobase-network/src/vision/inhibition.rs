//! Inhibition between features: at each place, or within a radius, the one that fires first silences the others.

use super::SpikeRows;
use super::check::{Shape, neurons, rows, steps};
use super::windows::value_error;
use rheobase_base::Result;

/// Leaves one feature at each place of a wave of thresholded potentials: the one that fires first, among those of one step
/// the largest, then the first; everything else there becomes 0.
///
/// The wave is taken to be cumulative, as in SpykeTorch: the step of the first spike is found by counting the steps in
/// which some feature is above 0, and a place at which none is in the last step falls silent.
///
/// # Errors
/// Lengths that do not fit `shape`; potentials that are not finite.
pub fn pointwise_inhibition(potentials: &mut [f32], shape: Shape) -> Result<()> {
    let steps = steps("pointwise_inhibition", "potentials", potentials, shape)?;
    let [features, height, width] = shape;
    let (map, neurons) = (height * width, potentials.len() / steps);
    for place in 0..map {
        let largest = |step: usize| {
            let at = |feature: usize| potentials[step * neurons + feature * map + place];
            let best = (1..features).fold(0, |best, f| if at(f) > at(best) { f } else { best });
            (best, at(best))
        };
        let firing = (0..steps).filter(|t| largest(*t).1 > 0.0).count();
        let (winner, _) = largest((steps - firing).min(steps - 1));
        let factor = super::fire::sign(largest(steps - 1).1);
        for row in potentials.chunks_exact_mut(neurons) {
            for feature in 0..features {
                let x = &mut row[feature * map + place];
                // No −0 survives.
                *x = if feature == winner { *x * factor + 0.0 } else { 0.0 };
            }
        }
    }
    Ok(())
}

/// Inhibition between features over time: the first spike at a place silences all other features there for ever, and
/// everything within `radius` rows and columns of it. Among spikes of the same step the larger comes first, then the lower
/// index.
///
/// With radius 0 it is [`pointwise_inhibition`]; the same rule over steps is the nodes `pointwise_inhibition` and
/// `lateral_inhibition`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inhibition {
    shape: Shape,
    radius: usize,
}

/// Nobody has the place yet.
const FREE: f32 = 0.0;
/// A neighbour has silenced the place.
const SILENT: f32 = f32::MAX;

impl Inhibition {
    /// Inhibition in a layer of `shape`.
    ///
    /// # Errors
    /// No neuron; 2²⁴ features or neurons per step or more.
    pub fn new(shape: Shape, radius: usize) -> Result<Inhibition> {
        // Owners are kept as numbers with 24 bits.
        if neurons("inhibition", shape)? >= 1 << 24 {
            let rule = "must be less than 2^24 neurons";
            return Err(value_error("inhibition", "shape", None, format!("{shape:?}"), rule));
        }
        Ok(Inhibition { shape, radius })
    }

    /// Who has which place, to begin with: nobody.
    pub(crate) fn places(&self) -> usize {
        self.shape[1] * self.shape[2]
    }

    /// Leaves the spikes that are not inhibited. `out` is overwritten; its buffers are reused.
    ///
    /// # Errors
    /// Spikes of neurons that the layer does not have.
    pub fn first(&self, first: &SpikeRows, out: &mut SpikeRows) -> Result<()> {
        rows("inhibition", first, self.shape)?;
        out.clear();
        let mut owners = vec![FREE; self.places()];
        let mut order = Vec::new();
        for step in 0..first.steps() {
            let (index, value) = first.step(step);
            self.step(&mut owners, (index, value), &mut order, |i, v| out.push(i, v));
            out.end_step();
        }
        Ok(())
    }

    /// Calls `survives` with the spikes of a step that are not inhibited, in their order, and notes in `owners` who has
    /// which place: 0, nobody; f + 1, feature f. Values that are not above 0 are not spikes; those of an owner pass.
    pub(crate) fn step(
        &self,
        owners: &mut [f32],
        (index, value): (&[u32], &[f32]),
        order: &mut Vec<u32>,
        mut survives: impl FnMut(u32, f32),
    ) {
        let map = self.places();
        if self.radius == 0 {
            self.claim(owners, index, value);
        } else {
            self.claim_apart(owners, index, value, order);
        }
        // Division of 32-bit numbers takes half of the time.
        let map = map as u32;
        for (i, v) in index.iter().zip(value) {
            let (feature, place) = (i / map, (i % map) as usize);
            if owners[place] == (feature + 1) as f32 {
                survives(*i, *v);
            }
        }
    }

    /// Free places go to the largest of their spikes, the first of equals.
    fn claim(&self, owners: &mut [f32], index: &[u32], value: &[f32]) {
        let map = self.places() as u32;
        // While the step lasts, −(n + 1) says that the place goes to spike number n.
        for (n, (i, v)) in index.iter().zip(value).enumerate() {
            let owner = &mut owners[(i % map) as usize];
            let beaten = *owner < FREE && *v > value[(-*owner) as usize - 1];
            if *v > 0.0 && (*owner == FREE || beaten) {
                *owner = -((n + 1) as f32);
            }
        }
        for (n, i) in index.iter().enumerate() {
            let owner = &mut owners[(i % map) as usize];
            if *owner == -((n + 1) as f32) {
                *owner = (i / map + 1) as f32;
            }
        }
    }

    /// Free places go to the largest spikes, one by one, each silencing its surroundings.
    fn claim_apart(&self, owners: &mut [f32], index: &[u32], value: &[f32], order: &mut Vec<u32>) {
        let [_, height, width] = self.shape;
        let map = self.places();
        order.clear();
        let free = |n: &u32| value[*n as usize] > 0.0 && owners[index[*n as usize] as usize % map] == FREE;
        order.extend((0..index.len() as u32).filter(free));
        // Stable: the lower index comes first among equals.
        order.sort_by(|a, b| value[*b as usize].total_cmp(&value[*a as usize]));
        for n in &*order {
            let i = index[*n as usize] as usize;
            let (feature, place) = (i / map, i % map);
            if owners[place] != FREE {
                continue;
            }
            for row in around(place / width, self.radius, height) {
                for column in around(place % width, self.radius, width) {
                    let owner = &mut owners[row * width + column];
                    *owner = if *owner == FREE { SILENT } else { *owner };
                }
            }
            owners[place] = (feature + 1) as f32;
        }
    }
}

/// The places within `radius` of one, of `count`.
pub(crate) fn around(place: usize, radius: usize, count: usize) -> std::ops::Range<usize> {
    place.saturating_sub(radius)..place.saturating_add(radius).saturating_add(1).min(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vision::{first_spikes, to_wave};

    fn rows_of(wave: &[f32], shape: Shape) -> SpikeRows {
        let mut rows = SpikeRows::default();
        first_spikes(wave, shape, &mut rows).unwrap();
        rows
    }

    #[test]
    fn the_first_then_the_largest_then_the_lowest_index_has_the_place() {
        // Three features, one place, three steps.
        let shape = [3, 1, 1];
        let mut p = [0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 9.0, 3.0, 4.0];
        pointwise_inhibition(&mut p, shape).unwrap();
        assert_eq!(p, [0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 3.0, 0.0]);
    }

    #[test]
    fn a_spike_silences_its_surroundings() {
        // One row of five places, two features; all in one step.
        let shape = [2, 1, 5];
        let rows = rows_of(&[3.0, 0.0, 5.0, 0.0, 1.0, 0.0, 6.0, 5.0, 1.0, 2.0], shape);
        let mut out = SpikeRows::default();
        Inhibition::new(shape, 1).unwrap().first(&rows, &mut out).unwrap();
        // 6 at place 1 silences 0 to 2, then 2 at place 4 of feature 1 silences 3 and 4.
        assert_eq!((out.index(), out.value()), (&[6, 9][..], &[6.0, 2.0][..]));
        Inhibition::new(shape, 0).unwrap().first(&rows, &mut out).unwrap();
        assert_eq!(out.index(), [0, 2, 6, 8, 9]);
    }

    #[test]
    fn without_spikes_or_neurons() {
        let mut p = [0.0; 4];
        pointwise_inhibition(&mut p, [2, 1, 2]).unwrap();
        assert_eq!(p, [0.0; 4]);
        assert!(Inhibition::new([0, 1, 1], 0).is_err());
        assert!(Inhibition::new([1 << 12, 1 << 12, 1], 0).unwrap_err().to_string().contains("2^24"));
    }

    proptest! {
        /// First spikes and cumulative waves agree, ties included; and radius 0 is the same rule either way.
        #[test]
        fn both_forms_agree(
            (steps, features, height, width, seed) in (1u32..6, 1usize..5, 1usize..4, 1usize..4, any::<u64>())
        ) {
            let shape = [features, height, width];
            let n = features * height * width;
            let stream = rheobase_base::random::Stream::new(seed, "inhibition", "test");
            let draw = |i: usize| stream.quad(0, 0, i as u32);
            let (mut offsets, mut index, mut value) = (vec![0u32], Vec::new(), Vec::new());
            for t in 0..steps {
                for i in (0..n).filter(|i| draw(*i)[0] % (steps + 1) == t) {
                    index.push(i as u32);
                    value.push((draw(i)[1] % 3 + 1) as f32);
                }
                offsets.push(index.len() as u32);
            }
            let rows = SpikeRows::new(offsets, index, value, n).unwrap();
            let mut wave = Vec::new();
            to_wave(&rows, shape, &mut wave).unwrap();
            let (mut out, mut apart) = (SpikeRows::default(), SpikeRows::default());
            let rule = Inhibition::new(shape, 0).unwrap();
            rule.first(&rows, &mut out).unwrap();
            pointwise_inhibition(&mut wave, shape).unwrap();
            prop_assert_eq!(&out, &rows_of(&wave, shape));
            let mut owners = vec![FREE; rule.places()];
            for step in 0..rows.steps() {
                let (index, value) = rows.step(step);
                rule.claim_apart(&mut owners, index, value, &mut Vec::new());
                for (i, v) in index.iter().zip(value) {
                    let (feature, place) = (*i as usize / rule.places(), *i as usize % rule.places());
                    if owners[place] == (feature + 1) as f32 {
                        apart.push(*i, *v);
                    }
                }
                apart.end_step();
            }
            prop_assert_eq!(out, apart);
        }
    }
}
