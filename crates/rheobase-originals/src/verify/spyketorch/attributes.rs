//! What was done to the original's attributes during a run: thresholds that are cached, modes, live parameters.

use serde_json::Value;

use super::super::TraceFile;
use super::super::trace::{Meta, number};
use super::classes::{Class, PARAMETERS};
use rheobase_base::Result;
use rheobase_sim::Population;
use rheobase_sim::compete::Scope;

/// Attributes of one number that the original reads anew in every step.
const LIVE: [&str; 8] = ["delta_t", "theta_rh", "u_c", "a", "b", "d", "tau_w", "v_reset"];

/// The original's attributes as the run goes on.
pub(super) struct Attributes<'a> {
    meta: &'a Meta,
    class: &'a Class,
    /// Shape of a sample.
    shape: [usize; 3],
    /// The attribute `threshold`, used only until thresholds are cached.
    threshold: f64,
    /// Thresholds per neuron: given, set, or cached at the first step and used from then on.
    thresholds: Option<Vec<f64>>,
}

impl<'a> Attributes<'a> {
    /// The attributes after construction; the population gets its thresholds.
    pub(super) fn new(
        trace: &'a TraceFile,
        class: &'a Class,
        shape: [usize; 3],
        population: &mut Population<f32>,
    ) -> Result<Self> {
        let meta = &trace.meta;
        let threshold = meta.number_or("threshold", 0.0);
        let name = "per_neuron_thresh_given";
        let thresholds = match trace.has(name) {
            true => broadcast(&trace.array(name)?, &trace.shape(name)?, 1, shape),
            false => None,
        };
        match &thresholds {
            Some(each) => population.set("v_th", each)?,
            None => population.set("v_th", threshold)?,
        }
        Ok(Attributes { meta, class, shape, threshold, thresholds })
    }

    /// Why the run cannot be followed, if it cannot.
    pub(super) fn not_covered(
        trace: &TraceFile,
        samples: usize,
        shape: [usize; 3],
    ) -> Result<Option<String>> {
        let meta = &trace.meta;
        if meta.number("threshold").is_none() {
            return Ok(Some("threshold = None makes every potential but 0 fire".into()));
        }
        let name = "per_neuron_thresh_given";
        if trace.has(name) && broadcast(&trace.array(name)?, &trace.shape(name)?, 1, shape).is_none() {
            return Ok(Some(format!("thresholds that differ among {samples} samples")));
        }
        let known = |(name, value): &(&str, &Value)| match *name {
            "threshold" | "resting_potential" | "refractoriness" => number(value).is_some(),
            "per_neuron_thresh" => constant(value).is_some(),
            "inhibition_mode" => value.is_string(),
            _ => LIVE.contains(name) && number(value).is_some(),
        };
        let unknown = all_changes(meta).into_iter().find(|change| !known(change));
        Ok(unknown.map(|(name, value)| format!("attribute `{name}` set to {value} during the run")))
    }

    /// Brings the population to what the original's step `t` sees.
    pub(super) fn before(&mut self, t: usize, population: &mut Population<f32>) -> Result<()> {
        if t > 0 {
            self.after_step(population)?;
        }
        for (name, value) in changes(self.meta, t) {
            self.change(name, value, population)?;
        }
        Ok(())
    }

    /// Thresholds are cached by the step that first uses them.
    pub(super) fn after_step(&mut self, population: &mut Population<f32>) -> Result<()> {
        if self.thresholds.is_none() {
            self.thresholds = Some(vec![self.threshold; self.shape.iter().product()]);
            if self.class.theta_follows {
                population.set("theta_rh", 0.75 * self.threshold)?;
            }
        }
        Ok(())
    }

    fn change(&mut self, name: &str, value: &Value, population: &mut Population<f32>) -> Result<()> {
        let x = number(value).unwrap_or(0.0);
        match name {
            "threshold" => {
                self.threshold = x;
                if self.thresholds.is_none() {
                    population.set("v_th", x)?;
                }
            }
            "per_neuron_thresh" => {
                let x = constant(value).unwrap_or(0.0);
                self.thresholds = Some(vec![x; self.shape.iter().product()]);
                population.set("v_th", x)?;
                if self.class.theta_follows {
                    population.set("theta_rh", 0.75 * x)?;
                }
            }
            "inhibition_mode" | "refractoriness" => {
                if let Some(mut competition) = population.competition() {
                    match value.as_str() {
                        Some(mode) if self.class.scope.is_none() => competition.scope = scope(mode),
                        Some(_) => {}
                        None => competition.silence = (x / self.class.ts(self.meta)).round() as u32,
                    }
                    population.set_competition(Some(competition))?;
                }
            }
            "resting_potential" => {
                if self.class.clamped {
                    // The bound may not lie above rest in between.
                    population.set("v_min", f64::NEG_INFINITY)?;
                }
                population.set("v_rest", x)?;
                if self.class.clamped {
                    population.set("v_min", x)?;
                }
                if self.class.resets_to_rest {
                    population.set("v_reset", x)?;
                }
            }
            "v_reset" if self.class.resets_to_rest => {}
            _ => {
                let ours = PARAMETERS.iter().find(|p| p.0 == name).map_or(name, |p| p.1);
                if population.model().params().iter().any(|f| f.name == ours) {
                    population.set(ours, x)?;
                }
            }
        }
        Ok(())
    }
}

/// Whom winners silence in a mode of inhibition.
pub(super) fn scope(mode: &str) -> Scope {
    match mode {
        "feature" => Scope::Feature,
        "location" => Scope::Location,
        _ => Scope::Nobody,
    }
}

/// The changes before step `t`; those after construction count as before step 0.
fn changes(meta: &Meta, t: usize) -> Vec<(&str, &Value)> {
    let after_init = meta.params.get("attrs_set_after_init").filter(|_| t == 0);
    let before_step = meta.params.get("set_before_step").and_then(|steps| steps.get(t.to_string()));
    pairs(after_init).chain(pairs(before_step)).collect()
}

/// The changes of the whole run.
fn all_changes(meta: &Meta) -> Vec<(&str, &Value)> {
    let steps = pairs(meta.params.get("set_before_step")).flat_map(|(_, step)| pairs(Some(step)));
    pairs(meta.params.get("attrs_set_after_init")).chain(steps).collect()
}

fn pairs(object: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    object.and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// The number that fills a tensor, written as `{tensor_full, shape}` or as a plain number.
fn constant(value: &Value) -> Option<f64> {
    number(value.get("tensor_full").unwrap_or(value))
}

/// An array of up to four dimensions spread over `samples` samples of `shape`, as tensors are; `None` if it does not
/// fit.
pub(super) fn broadcast(
    values: &[f64],
    from: &[usize],
    samples: usize,
    shape: [usize; 3],
) -> Option<Vec<f64>> {
    let to = [samples, shape[0], shape[1], shape[2]];
    let mut sizes = [1; 4];
    sizes.get_mut(4usize.checked_sub(from.len())?..)?.copy_from_slice(from);
    if sizes.iter().zip(&to).any(|(from, to)| *from != 1 && from != to) {
        return None;
    }
    let pick = |mut i: usize| {
        let mut index = [0; 4];
        for d in (0..4).rev() {
            index[d] = if sizes[d] == 1 { 0 } else { i % to[d] };
            i /= to[d];
        }
        index.iter().zip(&sizes).fold(0, |flat, (i, n)| flat * n + i)
    };
    (0..to.iter().product()).map(|i| values.get(pick(i)).copied()).collect()
}
