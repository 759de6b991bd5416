//! A section through a model's state space: some variables free, all other fields held.

use super::{Axis, Dynamics, Eigenvalue, FixedPoint, value};
use crate::population::position;
use rheobase_base::Result;

/// `N` free variables on their axes; everything else is held.
pub(super) struct Section<'a, const N: usize> {
    pub(super) dynamics: &'a Dynamics,
    pub(super) axes: [Axis; N],
    fields: [usize; N],
    held: Vec<f64>,
}

impl<'a, const N: usize> Section<'a, N> {
    /// Checks axes and held values; what is not given is held at rest.
    pub(super) fn new(dynamics: &'a Dynamics, axes: [Axis; N], held: &[(&str, f64)]) -> Result<Self> {
        if !dynamics.has_rhs() {
            return Err(dynamics.no_rhs());
        }
        let place = dynamics.place();
        let mut fields = [0; N];
        for (i, axis) in axes.iter().enumerate() {
            fields[i] = dynamics.check_axis(axis)?;
            if fields[..i].contains(&fields[i]) {
                return Err(value(place, "axis", &axis.field, "is on both axes; take two variables"));
            }
        }
        let mut state = dynamics.rest();
        for (name, x) in held {
            let i = position(dynamics.model.state(), name, place, "state field")?;
            if fields.contains(&i) {
                return Err(value(place, name, x, "is on an axis and cannot be held, too"));
            }
            dynamics.check_finite(name, *x)?;
            state[i] = *x;
        }
        Ok(Section { dynamics, axes, fields, held: state })
    }

    /// The whole state at point `p`.
    pub(super) fn state(&self, p: [f64; N]) -> Vec<f64> {
        let mut state = self.held.clone();
        for (field, x) in self.fields.iter().zip(p) {
            state[*field] = x;
        }
        state
    }

    /// Derivatives of the free variables.
    pub(super) fn slopes(&self, p: [f64; N], x: f64) -> [f64; N] {
        let d = self.dynamics;
        // A section is only made of models that have a right-hand side.
        let all = d.model.rhs(&d.params, &self.state(p), x);
        all.map_or([f64::NAN; N], |all| self.fields.map(|i| all[i]))
    }

    /// Derivatives of the slopes with respect to the free variables, row by row.
    pub(super) fn jacobian(&self, p: [f64; N], x: f64) -> [[f64; N]; N] {
        let d = self.dynamics;
        let n = self.held.len();
        let all = d.model.rhs_jacobian(&d.params, &self.state(p), x);
        all.map_or([[f64::NAN; N]; N], |all| self.fields.map(|i| self.fields.map(|j| all[i * n + j])))
    }

    /// The margin of firing at `p`, under coefficients of a usual step.
    pub(super) fn margin(&self, coeffs: &[f64], p: [f64; N], x: f64) -> f64 {
        self.dynamics.model.margin(coeffs, &self.state(p), x)
    }

    /// Coefficients of a usual step, for [`Section::margin`].
    pub(super) fn coeffs(&self) -> Vec<f64> {
        let d = self.dynamics;
        d.model.prepare(&d.params, d.usual_search().dt)
    }

    /// Whether `p` is in the window.
    pub(super) fn holds(&self, p: [f64; N]) -> bool {
        self.axes.iter().zip(p).all(|(axis, x)| axis.holds(x))
    }

    /// The fixed point at `p` with its stability.
    pub(super) fn fixed_point(&self, p: [f64; N], x: f64, eigenvalues: Vec<Eigenvalue>) -> FixedPoint {
        let beyond = self.dynamics.fires_at(self.margin(&self.coeffs(), p, x));
        FixedPoint::new(self.state(p), p.to_vec(), eigenvalues, beyond)
    }
}
