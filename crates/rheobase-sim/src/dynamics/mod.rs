//! Dynamics: what a model's equations do, before any network.
//!
//! A [`Dynamics`] is a model with its parameters. For models that are differential equations it gives the right-hand
//! side on a grid, nullclines, fixed points with their stability, and thresholds, along one variable ([`Line`]) or two
//! ([`Plane`]). For all models that take a current and fire it gives [`Dynamics::rheobase`], [`Dynamics::chronaxie`]
//! and the strength–duration curve, and for all models the [`Response`] to a pulse. The f–I curve is
//! [`crate::Curve`]'s.
//!
//! Phase planes, stability and excitability after Izhikevich 2007, *Dynamical Systems in Neuroscience* (ISBN
//! 978-0-262-09043-8).
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_sim::*}; }
//! use rheobase::{Catalog, Dynamics, dynamics::Kind};
//! let adex = Dynamics::new(Catalog::standard().get("adex")?, &[("a", 2.0)])?;
//! let plane = adex.plane(&adex.usual_axis("v", &[0.0, 800.0])?, &adex.usual_axis("w", &[0.0, 800.0])?, &[])?;
//! let points = plane.fixed_points(0.0)?;
//! assert_eq!(points.iter().filter(|p| p.kind == Kind::Saddle).count(), 1);
//! # Ok::<(), rheobase::Error>(())
//! ```

mod axis;
mod contour;
mod excitability;
mod fixed_point;
mod line;
mod plane;
mod response;
mod section;

use std::sync::Arc;

pub use axis::Axis;
pub use excitability::{Search, Source, Threshold};
pub use fixed_point::{Eigenvalue, FixedPoint, Kind};
pub use line::Line;
pub use plane::{Plane, VectorField};
pub use response::{Pulse, Response};

use rheobase_models::neuron::{Firing, Time};
use rheobase_models::record::Field;

use crate::population::{Column, Model, Number, Population, check_params, position};
use rheobase_base::{Error, Result};

/// A model with its parameters, seen as a dynamical system.
#[derive(Clone)]
pub struct Dynamics {
    model: Arc<dyn Model>,
    params: Vec<f64>,
    /// Positions of the state fields that move by the differential equation.
    variables: Vec<usize>,
}

impl std::fmt::Debug for Dynamics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let params: Vec<_> = self.model.params().iter().map(|p| p.name).zip(&self.params).collect();
        f.debug_struct("Dynamics").field("model", &self.model.info().name).field("params", &params).finish()
    }
}

impl<E: Number> Population<E> {
    /// The dynamics of neuron `n`.
    ///
    /// # Errors
    /// [`Error::Value`] if there is no neuron `n`.
    pub fn dynamics(&self, n: usize) -> Result<Dynamics> {
        if n >= self.neurons() {
            return Err(value(self.name(), "neuron", n, format!("must be below {}", self.neurons())));
        }
        Ok(Dynamics::of(self.model().clone(), self.params_of(n)))
    }
}

impl Dynamics {
    /// `model` with some parameters set and the others at their defaults.
    ///
    /// # Errors
    /// Unknown parameters, values out of range, and combinations that the model rules out.
    pub fn new(model: Arc<dyn Model>, set: &[(&str, f64)]) -> Result<Dynamics> {
        let place = model.info().name;
        let mut params: Vec<f64> = model.params().iter().map(|f| f.default).collect();
        for (name, x) in set {
            params[position(model.params(), name, place, "parameter")?] = *x;
        }
        let columns: Vec<Column<f64>> = params.iter().map(|x| Column::Shared(*x)).collect();
        // Without a step, any dt is within the bound.
        check_params(&*model, place, &columns, 1, f64::MIN_POSITIVE)?;
        Ok(Dynamics::of(model, params))
    }

    fn of(model: Arc<dyn Model>, params: Vec<f64>) -> Dynamics {
        let variables = variables(&*model, &params);
        Dynamics { model, params, variables }
    }

    /// The model.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }
    /// The parameters, in the model's order.
    pub fn params(&self) -> &[f64] {
        &self.params
    }
    /// The state at rest, in the order of the model's state.
    pub fn rest(&self) -> Vec<f64> {
        self.model.rest(&self.params)
    }
    /// The membrane potential at `share` of the way from rest (0) to where a neuron fires without input (1), with its field's
    /// name; `None` for models without a potential, and where no higher one fires.
    pub fn potential_at(&self, share: f64) -> Option<(&'static str, f64)> {
        let name = self.model.info().potential?;
        let i = self.model.state().iter().position(|f| f.name == name)?;
        let coeffs = self.model.prepare(&self.params, self.usual_search().dt);
        let mut state = self.rest();
        let rest = state[i];
        let mut margin = |v: f64| {
            state[i] = v;
            self.model.margin(&coeffs, &state, 0.0)
        };
        // Margins are linear in the potential; counts fire from 1 on.
        let fires = if self.model.info().firing == Firing::Count { 1.0 } else { 0.0 };
        let (at_rest, higher) = (margin(rest), margin(rest + 1.0));
        let to_threshold = (fires - at_rest) / (higher - at_rest);
        (higher > at_rest && to_threshold > 0.0).then_some((name, rest + share * to_threshold))
    }
    /// Whether the model is a differential equation, so that it has a right-hand side.
    pub fn has_rhs(&self) -> bool {
        self.model.rhs(&self.params, &self.rest(), 0.0).is_some()
    }
    /// The state fields that move by the differential equation: the potential, and all whose derivative depends on
    /// the state. Clocks such as a refractory period's are none. Empty for models that are not differential equation.
    pub fn variables(&self) -> Vec<&'static Field> {
        self.variables.iter().map(|i| &self.model.state()[*i]).collect()
    }

    /// Time derivative of `state` (fields in the model's order) under input `x`, per second (or per step, for models that
    /// count them).
    ///
    /// # Errors
    /// [`Error::Unsupported`] for models that are not differential equation; a state of the wrong length; numbers that
    /// are not finite.
    pub fn rhs(&self, state: &[f64], x: f64) -> Result<Vec<f64>> {
        self.check_state(state, x)?;
        self.model.rhs(&self.params, state, x).ok_or_else(|| self.no_rhs())
    }

    /// Derivatives of [`Dynamics::rhs`] with respect to the state, `[rhs, field]` row by row, exact by dual numbers.
    ///
    /// # Errors
    /// As [`Dynamics::rhs`].
    pub fn jacobian(&self, state: &[f64], x: f64) -> Result<Vec<f64>> {
        self.check_state(state, x)?;
        self.model.rhs_jacobian(&self.params, state, x).ok_or_else(|| self.no_rhs())
    }

    /// The model's name, for errors.
    fn place(&self) -> &'static str {
        self.model.info().name
    }

    /// The unit in which durations are written.
    fn time_unit(&self) -> &'static str {
        if self.model.info().time == Time::Steps { "steps" } else { "s" }
    }

    fn no_rhs(&self) -> Error {
        let what = "is not a differential equation but a rule from step to step, so it has no phase plane; \
                    its f-I curve and responses can be computed";
        Error::unsupported(self.place(), what)
    }

    fn check_state(&self, state: &[f64], x: f64) -> Result<()> {
        let fields = self.model.state();
        if state.len() != fields.len() {
            let names: Vec<_> = fields.iter().map(|f| f.name).collect();
            return Err(Error::shape(
                self.place(),
                "state",
                format!("[{}]", state.len()),
                format!("one number for each of {} is needed", names.join(", ")),
            ));
        }
        for (field, x) in fields.iter().zip(state) {
            self.check_finite(field.name, *x)?;
        }
        self.check_finite("input", x)
    }

    fn check_finite(&self, field: &str, x: f64) -> Result<()> {
        if x.is_finite() { Ok(()) } else { Err(value(self.place(), field, x, "must be a finite number")) }
    }
}

/// The potential, and all fields whose derivative depends on the state, looked at in two places.
fn variables(model: &dyn Model, params: &[f64]) -> Vec<usize> {
    let rest = model.rest(params);
    let n = rest.len();
    let beside: Vec<f64> = rest.iter().map(|x| x + 1.0).collect();
    let jacobians: Vec<Vec<f64>> = [rest, beside]
        .iter()
        .filter_map(|state| model.rhs_jacobian(params, state, model.info().example_input))
        .collect();
    let potential = model.info().potential;
    (0..if jacobians.is_empty() { 0 } else { n })
        .filter(|i| {
            let moves = |j: &Vec<f64>| j[i * n..(i + 1) * n].iter().any(|d| *d != 0.0);
            potential == Some(model.state()[*i].name) || jacobians.iter().any(moves)
        })
        .collect()
}

fn value(place: &str, field: &str, x: impl ToString, rule: impl Into<String>) -> Error {
    Error::value(place, field, x, rule)
}

#[cfg(test)]
mod tests;
