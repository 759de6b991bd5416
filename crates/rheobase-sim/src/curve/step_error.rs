//! Whether steps of a given length give the rate that they should: that of the closed form, or of far shorter steps.

use rheobase_models::neuron::{Emits, Takes, Time};

use super::{Curve, Settling};
use rheobase_base::Result;

/// Where the rate that should come out is known from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// The model's closed form.
    ClosedForm,
    /// A simulation with steps of this length.
    Steps(f64),
}

/// A rate that the length of the steps has changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepError {
    /// The constant input.
    pub input: f64,
    /// The rate at the given length of step.
    pub rate: f64,
    /// The rate that should come out.
    pub expected: f64,
    /// Where that is known from.
    pub from: Expected,
    /// A length of step with which all rates would be right, if one was found.
    pub enough: Option<f64>,
}

impl StepError {
    /// How far the rate is off, as a fraction of what it should be: below 0 where it is too low.
    pub fn relative(&self) -> f64 {
        (self.rate - self.expected) / self.expected
    }
}

/// Shorter steps that are tried, in parts of the given one; the last is the reference where there is no closed form.
const FINER: [usize; 5] = [2, 5, 10, 20, 50];
/// Parts of a step that hint at an error: they show four fifths of what a scheme of first order has. Where they show
/// less than half of what is tolerated, the far longer simulation with the finest parts is spared.
const HINT: usize = 5;
/// Steps of a simulation at most, over which lengths are tried.
const MOST_STEPS: usize = 400_000;
/// Spikes that must be counted before a rate is judged.
const FEWEST_SPIKES: f64 = 3.0;
/// Spikes by which irregular trains may differ at their ends.
const LOOSE_SPIKES: f64 = 2.0;

impl Curve {
    /// The rate at constant `inputs` that steps of [`Settling::dt`] change most, if they change one by more than the
    /// fraction `tolerance`. `None` for models that count steps, take impulses (as many as there are steps) or put out
    /// numbers, and where too few spikes fall into [`Settling::measure`] to tell.
    ///
    /// # Errors
    /// As [`Curve::simulated`].
    pub fn step_error(&self, inputs: &[f64], tolerance: f64) -> Result<Option<StepError>> {
        let info = self.model.info();
        if info.time == Time::Steps || info.takes == Takes::Impulse || info.emits == Emits::Analogue {
            return Ok(None);
        }
        let rates = self.simulated(inputs)?;
        let (expected, from, finest) = match self.has_closed_form() {
            true => (self.at(inputs)?, Expected::ClosedForm, self.affordable().last()),
            false => {
                let Some(parts) = self.affordable().last() else { return Ok(None) };
                let hint = self.in_parts(HINT).simulated(inputs)?;
                if parts <= HINT || self.worst(&rates, &hint, 0.4 * tolerance).is_none() {
                    return Ok(None);
                }
                let finer = self.in_parts(parts);
                (finer.simulated(inputs)?, Expected::Steps(finer.settling.dt), None)
            }
        };
        let Some(i) = self.worst(&rates, &expected, tolerance) else { return Ok(None) };
        let reference = match from {
            Expected::ClosedForm => finest,
            Expected::Steps(_) => self.affordable().rev().nth(1),
        };
        let mut enough = None;
        for parts in self.affordable().filter(|n| Some(*n) <= reference) {
            let finer = self.in_parts(parts);
            if self.worst(&finer.simulated(inputs)?, &expected, tolerance).is_none() {
                enough = Some(finer.settling.dt);
                break;
            }
        }
        Ok(Some(StepError { input: inputs[i], rate: rates[i], expected: expected[i], from, enough }))
    }

    /// Time in which rates are measured.
    fn span(&self) -> f64 {
        self.settling.measure as f64 * self.settling.dt
    }

    /// What a spike counts.
    fn amplitude(&self) -> f64 {
        let mut values = self.model.params().iter().zip(&self.params);
        values.find(|(field, _)| field.name == "amplitude").map_or(1.0, |(_, x)| *x)
    }

    /// The parts into which a step can be cut without too many steps.
    fn affordable(&self) -> impl DoubleEndedIterator<Item = usize> {
        let steps = self.settling.settle.saturating_add(self.settling.measure).max(1);
        FINER.into_iter().filter(move |n| steps.saturating_mul(*n) <= MOST_STEPS)
    }

    /// The same curve with each step cut into parts.
    fn in_parts(&self, parts: usize) -> Curve {
        let Settling { dt, settle, measure } = self.settling;
        let (dt, settle, measure) = (dt / parts as f64, settle * parts, measure * parts);
        self.clone().settling(Settling { dt, settle, measure })
    }

    /// The input whose rate is furthest off, if one is off by more than `tolerance`.
    fn worst(&self, rates: &[f64], expected: &[f64], tolerance: f64) -> Option<usize> {
        let loose = if self.has_closed_form() { 0.0 } else { LOOSE_SPIKES };
        let off = |i: &usize| {
            let (rate, expected) = (rates[*i], expected[*i]);
            let difference = (rate - expected).abs();
            let spikes = |rate: f64| rate.abs() * self.span() / self.amplitude();
            let judged = spikes(expected.abs().max(rate.abs())) >= FEWEST_SPIKES
                && spikes(difference) > loose
                && expected != 0.0;
            if judged { difference / expected.abs() } else { 0.0 }
        };
        (0..rates.len()).filter(|i| off(i) > tolerance).max_by(|a, b| off(a).total_cmp(&off(b)))
    }
}
