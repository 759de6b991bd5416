//! `Step`: what neurons of ours compute in a step, as the numbers that frameworks in discrete time have.
//!
//! `i ← alpha·i + x`; `v ← rest + beta·(v − rest) + gain·i + bias`; spikes; reset. Whatever multiplies the input is in `gain`, so
//! that a framework whose input has a gain of its own is given the same step in other units of the potential.

use std::collections::BTreeMap;

use rheobase_network::network::{Neurons, Numbers};
use rheobase_sim::model::Catalog;

use crate::layer::{Layer, Value};
use crate::report::Fate;
use crate::tensor::{Tensor, all, map, zip};

/// How a potential is reset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reset {
    /// It is not.
    Never,
    /// To this potential.
    To(Numbers),
    /// By this much for each spike.
    By(Numbers),
}

/// A step of neurons.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// Share of the current that is kept; `None` where the input acts as it is.
    pub(crate) alpha: Option<Numbers>,
    /// Share of the potential that is kept.
    pub(crate) beta: Numbers,
    /// Rise of the potential with each unit of input.
    pub(crate) gain: Numbers,
    /// Potential that the membrane decays to.
    pub(crate) rest: Numbers,
    /// Threshold; `None` for integrators, which send their potential.
    pub(crate) threshold: Option<Numbers>,
    /// Its reset.
    pub(crate) reset: Reset,
    /// When that comes, as `lif_discrete` counts it.
    pub(crate) late: f64,
    /// Whether a potential at threshold fires.
    pub(crate) at_least: bool,
    /// Most spikes in a step.
    pub(crate) most: f64,
    /// What is added to the potential in every step.
    pub(crate) bias: Numbers,
    /// Lower bound of the potential.
    pub(crate) bound: Option<Numbers>,
}

/// What a framework is given: its layer, and what became of what.
pub(crate) struct Written {
    /// The layer, by the framework's names.
    pub(crate) layer: Layer,
    /// Parameter, fate, how.
    pub(crate) said: Said,
}

/// A neuron of NIR that a framework's reader takes for its own.
pub(crate) struct NirNeuron {
    /// Its kind.
    pub(crate) kind: &'static str,
    /// Its numbers.
    pub(crate) fields: Vec<(&'static str, Numbers)>,
    /// Parameter, fate, how.
    pub(crate) said: Said,
}

/// Parameter, fate, how.
pub(crate) type Said = Vec<(&'static str, Fate, String)>;

fn zero() -> Numbers {
    Numbers::One(0.0)
}

/// Whether all numbers are `x`.
pub(crate) fn are(numbers: &Numbers, x: f64) -> bool {
    all(numbers, |y| y == x)
}

/// The number of all neurons of a layer.
///
/// # Errors
/// Numbers that differ.
pub(crate) fn same(name: &str, numbers: &Numbers) -> Result<f64, String> {
    match numbers {
        Numbers::One(x) => Ok(*x),
        Numbers::Each(xs) if xs.iter().all(|x| x == &xs[0]) => Ok(xs[0]),
        Numbers::Each(_) => Err(format!("{name} differs from neuron to neuron; a layer has one there")),
    }
}

impl Step {
    /// The step of a layer; `learned` are the values that its network has learned, by field.
    ///
    /// # Errors
    /// Models that do something else in a step.
    pub(crate) fn of(
        neurons: &Neurons,
        learned: &BTreeMap<String, Numbers>,
        dt: f64,
    ) -> Result<Step, String> {
        let model = Catalog::standard().get(&neurons.model).map_err(|e| e.to_string())?;
        let get = |name: &str| {
            let field = model.params().iter().find(|p| p.name == name);
            let given = learned.get(name).or(neurons.set.get(name)).cloned();
            given.unwrap_or(Numbers::One(field.map_or(0.0, |f| f.default)))
        };
        let set = |x: &Numbers| all(x, |x| x > 0.0);
        let unset = |x: &Numbers| all(x, |x| x == 0.0);
        if neurons.competition.is_some() {
            return Err("competition within a layer has no counterpart".into());
        }
        let start = neurons.initial.keys().any(|name| name != "v");
        if start || neurons.initial.get("v").is_some_and(|v| *v != get("v_rest")) {
            return Err("a state that does not start at rest has no counterpart".into());
        }
        let mut step = Step {
            alpha: None,
            beta: zero(),
            gain: Numbers::One(1.0),
            rest: zero(),
            threshold: None,
            reset: Reset::Never,
            late: 0.0,
            at_least: false,
            most: 1.0,
            bias: zero(),
            bound: None,
        };
        let product = |a: &Numbers, b: &Numbers| zip(a, b, |a, b| a * b);
        match &neurons.model[..] {
            "leaky_integrator" => {
                step.beta = map(&get("tau_m"), |tau| rheobase_models::Real::exp(-dt / tau));
                (step.gain, step.rest) = (get("gain"), get("v_rest"));
                return Ok(step);
            }
            "lif_subtract" => {
                step.beta = map(&get("tau"), |tau| rheobase_models::Real::exp(-1.0 / tau));
                step.reset = Reset::By(product(&get("drop"), &get("v_th")));
                step.threshold = Some(get("v_th"));
                return Ok(step);
            }
            "lif_discrete" => {
                step.rest = get("v_rest");
                let (late, at_least) = (get("late"), get("at_least"));
                let (Numbers::One(late), true) = (&late, set(&at_least) || unset(&at_least)) else {
                    return Err(
                        "neurons of a layer that differ in late or at_least have no counterpart".into()
                    );
                };
                (step.late, step.at_least) = (*late, set(&at_least));
            }
            "lif_count" => {
                let Numbers::One(most) = get("n_max") else {
                    return Err("neurons of a layer that differ in n_max have no counterpart".into());
                };
                (step.most, step.at_least, step.bias) = (most, true, get("bias"));
                step.bound = Some(get("v_min")).filter(|bound| !all(bound, |x| x == f64::NEG_INFINITY));
            }
            other => return Err(format!("`{other}` does not compute the step of any of its neurons")),
        }
        (step.beta, step.gain) = (get("beta"), product(&get("gain"), &get("w_in")));
        step.threshold = Some(get("v_th"));
        let (alpha, subtract, drop) = (get("alpha"), get("subtract"), get("drop"));
        step.alpha = Some(alpha).filter(|alpha| !unset(alpha));
        step.reset = match (set(&subtract), unset(&subtract)) {
            (true, _) if unset(&drop) => Reset::Never,
            (true, _) => Reset::By(product(&drop, &get("v_th"))),
            (_, true) => Reset::To(get("v_reset")),
            _ => {
                return Err(
                    "neurons of a layer that differ in their kind of reset have no counterpart".into()
                );
            }
        };
        Ok(step)
    }

    /// The same step in units of the potential in which the input's gain is `gain`.
    pub(crate) fn with_gain(&self, gain: &Numbers) -> Result<Step, String> {
        if !all(&self.gain, |x| x > 0.0) || !all(gain, |x| x > 0.0) {
            return Err("a gain of 0 or below has no counterpart".into());
        }
        // An integrator sends its potential, whose units are others' then.
        if self.threshold.is_none() {
            let as_here = all(&zip(gain, &self.gain, |a, b| (a - b).abs() / a.abs()), |off| off < 1e-6);
            let how = "an integrator's potential, which it sends, rises by another share of its input there";
            return if as_here { Ok(self.clone()) } else { Err(how.into()) };
        }
        let unit = zip(gain, &self.gain, |wanted, has| if wanted == has { 1.0 } else { wanted / has });
        let scaled = |x: &Numbers| zip(&unit, x, |unit, x| if x == 0.0 { 0.0 } else { unit * x });
        Ok(Step {
            gain: gain.clone(),
            rest: scaled(&self.rest),
            threshold: self.threshold.as_ref().map(scaled),
            reset: match &self.reset {
                Reset::Never => Reset::Never,
                Reset::To(x) => Reset::To(scaled(x)),
                Reset::By(x) => Reset::By(scaled(x)),
            },
            bias: scaled(&self.bias),
            bound: self.bound.as_ref().map(scaled),
            ..self.clone()
        })
    }

    /// What a reset by subtraction takes, in units of the threshold times `unit`.
    fn share_taken(&self, unit: &Numbers) -> Option<Numbers> {
        let (Reset::By(x), Some(threshold)) = (&self.reset, &self.threshold) else { return None };
        Some(zip(&zip(x, unit, |x, unit| x * unit), threshold, |x, threshold| x / threshold))
    }

    /// Whether a reset by subtraction takes the threshold, but for rounding.
    pub(crate) fn takes_threshold(&self) -> bool {
        self.share_taken(&Numbers::One(1.0)).is_some_and(|x| all(&x, |x| (x - 1.0).abs() < 1e-6))
    }

    /// Whether what it takes has become the threshold by the next step, which is as good as taking that then.
    pub(crate) fn takes_threshold_next(&self) -> bool {
        self.late == 1.0 && self.takes_threshold()
            || self.late == 0.0
                && !self.takes_threshold()
                && self.share_taken(&self.beta).is_some_and(|x| all(&x, |x| (x - 1.0).abs() < 1e-6))
    }

    /// The same step, and its threshold, with potentials counted from rest.
    ///
    /// # Errors
    /// Integrators, which send their potential.
    pub(crate) fn above_rest(&self) -> Result<(Step, Numbers), String> {
        let none = "an integrator that sends its potential has no counterpart there";
        let moved = |x: &Numbers| zip(x, &self.rest, |x, rest| if rest == 0.0 { x } else { x - rest });
        let threshold = moved(self.threshold.as_ref().ok_or(none)?);
        let reset = match &self.reset {
            Reset::To(v) => Reset::To(moved(v)),
            other => other.clone(),
        };
        let bound = self.bound.as_ref().map(moved);
        let step = Step { rest: zero(), threshold: Some(threshold.clone()), reset, bound, ..self.clone() };
        Ok((step, threshold))
    }

    /// Says that a reset comes at another time there.
    pub(crate) fn resets_at_once(&self, said: &mut Said) {
        let how = "a reset comes in the step of the spike there";
        Self::differs(said, "late", self.late > 0.0 && self.reset != Reset::Never, how);
    }

    /// Says that `name` differs, where it does.
    fn differs(said: &mut Said, name: &'static str, differs: bool, how: &str) {
        if differs {
            said.push((name, Fate::Lost, how.into()));
        }
    }

    /// What frameworks of one kind of neuron leave out: more spikes per step, biases, bounds, and which comparison they make.
    pub(crate) fn plain(&self, at_least: bool) -> Said {
        let mut said = Vec::new();
        let compares = if at_least { "v ≥ v_th fires there" } else { "only v > v_th fires there" };
        Self::differs(&mut said, "at_least", self.threshold.is_some() && self.at_least != at_least, compares);
        Self::differs(&mut said, "n_max", self.most > 1.0, "at most one spike in a step there");
        Self::differs(&mut said, "bias", self.bias != zero(), "there is no bias of the potential");
        Self::differs(&mut said, "v_min", self.bound.is_some(), "there is no lower bound");
        said
    }
}

impl Written {
    /// A layer of `class`.
    pub(crate) fn new(class: &str, said: Said) -> Written {
        Written { layer: Layer::new("", class, Vec::new()), said }
    }

    /// With numbers.
    pub(crate) fn with(mut self, name: &str, numbers: &Numbers) -> Written {
        self.layer = self.layer.with_numbers(name, numbers);
        self
    }

    /// With a number.
    pub(crate) fn with_number(self, name: &str, x: f64) -> Written {
        self.with_value(name, Value::Tensor(Tensor::scalar(x)))
    }

    /// With a value.
    pub(crate) fn with_value(mut self, name: &str, value: Value) -> Written {
        self.layer = self.layer.with(name, value);
        self
    }

    /// Says what became of something.
    pub(crate) fn say(mut self, name: &'static str, fate: Fate, how: impl Into<String>) -> Written {
        self.said.push((name, fate, how.into()));
        self
    }
}
