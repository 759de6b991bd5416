//! How far a run may lie from a recorded one where both only round: errors carried from step to step by the model's own
//! Jacobian at the recorded states, starting from the rounding of the precision.

use std::collections::BTreeMap;

use rheobase_models::neuron::Firing;

use rheobase_sim::Population;
use rheobase_sim::population::{ErrorBounds, ErrorStep, Number};

/// Half of the distance from 1 to the next number: the relative error of one rounding.
pub(super) fn unit_roundoff<E: Number>() -> f64 {
    let half = f64::from(f32::EPSILON) / 2.0;
    if E::from_f64(1.0 + half / 4.0).to_f64() == 1.0 { half } else { f64::EPSILON / 2.0 }
}

/// The recorded states by field, `[time, batch·neuron]`.
type Recorded<'a> = &'a [(&'a str, &'a [f64])];

/// What is known of a step besides the population.
pub(super) struct Known<'a> {
    /// The step.
    pub(super) t: usize,
    /// Its inputs, lateral edges included.
    pub(super) input: &'a [f64],
    /// Bounds of what rounding may have made of them.
    pub(super) input_errors: &'a [f64],
    /// What left the neurons, for models that look at the sum over the layer.
    pub(super) output: &'a [f64],
    /// For each neuron whether it fired, where that was decided by no more than the tolerance.
    pub(super) fired: &'a [Option<bool>],
}

/// The bounds of every neuron as a run goes on.
pub(super) struct Carried {
    unit: f64,
    /// `[batch·neuron][field]`: of the state after the last step.
    errors: Vec<Vec<f64>>,
    /// Our state after the last step, by which a reset in between is noticed.
    last: Vec<Vec<u64>>,
    /// State before the step.
    before: Vec<Vec<f64>>,
    /// Which neurons were held in the step.
    held: Vec<bool>,
    /// What has been bounded so far, by probe: `[time, batch·neuron]`.
    pub(super) by_probe: BTreeMap<String, Vec<f64>>,
}

impl Carried {
    pub(super) fn new<E: Number>(population: &Population<E>) -> Self {
        let n = population.batch() * population.neurons();
        Carried {
            unit: unit_roundoff::<E>(),
            errors: vec![Vec::new(); n],
            last: vec![Vec::new(); n],
            before: vec![Vec::new(); n],
            held: vec![false; n],
            by_probe: BTreeMap::new(),
        }
    }

    /// Looks at the population before step `t`. Jacobians are taken at the recorded state. Where a neuron has been put
    /// elsewhere since the last step, by the start of the run or a reset, its error is the rounding of that state.
    pub(super) fn look<E: Number>(&mut self, t: usize, population: &Population<E>, recorded: Recorded<'_>) {
        let fields = population.model().state();
        let n = self.errors.len();
        for i in 0..n {
            let ours = state_of(population, i);
            let bits: Vec<u64> = ours.iter().map(|x| x.to_bits()).collect();
            let moved = self.last[i] != bits;
            if moved {
                self.errors[i] = ours.iter().map(|x| 2.0 * self.unit * x.abs()).collect();
            }
            self.before[i] = ours;
            let known = recorded.iter().filter(|_| !moved && t > 0);
            for (name, values) in known {
                let field = fields.iter().position(|f| f.name == *name);
                if let (Some(f), x) = (field, values[(t - 1) * n + i])
                    && x.is_finite()
                {
                    self.before[i][f] = x;
                }
            }
            let (sample, neuron) = (i / population.neurons(), i % population.neurons());
            let layer = population.state().layers.get(sample);
            self.held[i] = layer.is_some_and(|l| l.held.get(neuron).is_some_and(|h| h.to_f64() > 0.0));
        }
    }

    /// The bounds after a step, before the population's spikes are settled.
    pub(super) fn step<E: Number>(&self, population: &Population<E>, known: &Known<'_>) -> Vec<ErrorBounds> {
        let per_sample = population.neurons();
        let model = population.model();
        let fires = !matches!(model.info().firing, Firing::Never | Firing::Count);
        let sums = known.output.chunks(per_sample).map(|sample| sample.iter().sum::<f64>());
        let sums: Vec<f64> = sums.collect();
        let bounds = |i: usize| {
            model.error_bounds(&ErrorStep {
                params: &population.params_of(i % per_sample),
                dt: population.dt(),
                state: &self.before[i],
                errors: &self.errors[i],
                input: known.input[i],
                input_error: known.input_errors.get(known.t * self.errors.len() + i).map_or(0.0, |e| *e),
                held: self.held[i],
                layer: sums[i / per_sample],
                fired: known.fired[i].filter(|_| fires),
                unit: self.unit,
            })
        };
        (0..self.errors.len()).map(bounds).collect()
    }

    /// Takes the bounds of a step over for the next one, and keeps them for what is compared.
    pub(super) fn take<E: Number>(&mut self, population: &Population<E>, bounds: Vec<ErrorBounds>) {
        let info = population.model().info();
        let fields = population.model().state();
        let potential = fields.iter().position(|f| Some(f.name) == info.potential);
        for (i, bound) in bounds.into_iter().enumerate() {
            let mut keep = |name: &str, x: f64| match self.by_probe.get_mut(name) {
                Some(all) => all.push(x),
                None => _ = self.by_probe.insert(name.into(), vec![x]),
            };
            let of_potential = potential.map_or(0.0, |f| bound.integrated[f]);
            keep("potential", of_potential);
            keep("thresholded", of_potential);
            keep("output", bound.output);
            for (field, x) in fields.iter().zip(&bound.state) {
                keep(field.name, *x);
            }
            self.last[i] = state_of(population, i).iter().map(|x| x.to_bits()).collect();
            self.errors[i] = bound.state;
        }
    }

    /// A neuron that goes by the recorded state again differs from it by rounding, in the fields that are recorded.
    pub(super) fn restart<E: Number>(&mut self, i: usize, fields: &[usize], population: &Population<E>) {
        let state = state_of(population, i);
        for f in fields {
            self.errors[i][*f] = 2.0 * self.unit * state[*f].abs();
        }
        self.last[i] = state.iter().map(|x| x.to_bits()).collect();
    }
}

/// Bounds of a clock `[time, row]` that is kept as a sum of steps in single precision; it starts anew where it jumps
/// against the direction it runs in (`runs`: 1 up, −1 down).
pub(super) fn of_clock(times: &[f64], row: usize, runs: f64) -> Vec<f64> {
    let unit = unit_roundoff::<f32>();
    let mut bounds: Vec<f64> = Vec::with_capacity(times.len());
    for (i, time) in times.iter().enumerate() {
        let last = i.checked_sub(row).filter(|last| (time - times[*last]) * runs > 0.0);
        let size = last.map_or(0.0, |last| times[last].abs()).max(time.abs());
        bounds.push(last.map_or(0.0, |last| bounds[last]) + 2.0 * unit * size);
    }
    bounds
}

/// The state of neuron `i` of all samples' neurons.
fn state_of<E: Number>(population: &Population<E>, i: usize) -> Vec<f64> {
    population.state().fields.iter().map(|field| field[i].to_f64()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_steps_stays_within_its_bounds() {
        let (mut sum, step) = (0.0f32, 1e-4f64);
        let counts: Vec<u32> = (1..=3000).chain(1..=500).collect();
        let exact: Vec<f64> = counts.iter().map(|n| f64::from(*n) * step).collect();
        let bounds = of_clock(&exact, 1, 1.0);
        let mut furthest = 0.0f64;
        for ((n, time), bound) in counts.iter().zip(&exact).zip(&bounds) {
            sum = if *n == 1 { step as f32 } else { sum + step as f32 };
            furthest = furthest.max((f64::from(sum) - time).abs() / bound);
        }
        assert!((0.01..1.0).contains(&furthest), "{furthest}");
        assert!(bounds[3000] < 1e-10 && bounds[2999] < 1e-2 * exact[2999]);
    }

    #[test]
    fn roundoffs_are_those_of_the_precisions() {
        assert_eq!(unit_roundoff::<f32>(), 2f64.powi(-24));
        assert_eq!(unit_roundoff::<f64>(), 2f64.powi(-53));
    }
}
