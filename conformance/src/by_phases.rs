//! `ByPhases`: a model of the catalogue run by another implementation of its kernels, which has the phases and nothing
//! else.

use std::sync::Arc;

use rheobase::models::Surrogate;
use rheobase::models::lanes::Level;
use rheobase::models::neuron::Info;
use rheobase::models::record::Field;
use rheobase::population::kernels::{
    Advance, Backward, Emit, Integrate, Step, advance_by_phases, step_by_phases,
};
use rheobase::population::{ErrorBounds, ErrorStep, Kernels, Model, Number};

/// A model without its fast loops.
pub struct ByPhases(pub Arc<dyn Model>);

impl Model for ByPhases {
    fn info(&self) -> &'static Info {
        self.0.info()
    }
    fn params(&self) -> &'static [Field] {
        self.0.params()
    }
    fn coeffs(&self) -> &'static [Field] {
        self.0.coeffs()
    }
    fn state(&self) -> &'static [Field] {
        self.0.state()
    }
    fn prepare(&self, params: &[f64], dt: f64) -> Vec<f64> {
        self.0.prepare(params, dt)
    }
    fn pull_back(&self, params: &[f64], dt: f64, coeffs: &[f64]) -> Vec<f64> {
        self.0.pull_back(params, dt, coeffs)
    }
    fn rest(&self, params: &[f64]) -> Vec<f64> {
        self.0.rest(params)
    }
    fn pull_back_rest(&self, params: &[f64], state: &[f64]) -> Vec<f64> {
        self.0.pull_back_rest(params, state)
    }
    fn first_output(&self, coeffs: &[f64], state: &[f64], surrogate: &Surrogate) -> (f64, Vec<f64>) {
        self.0.first_output(coeffs, state, surrogate)
    }
    fn margin(&self, coeffs: &[f64], state: &[f64], x: f64) -> f64 {
        self.0.margin(coeffs, state, x)
    }
    fn error_bounds(&self, step: &ErrorStep<'_>) -> ErrorBounds {
        self.0.error_bounds(step)
    }
    fn single(&self) -> &dyn Kernels<f32> {
        self
    }
    fn double(&self) -> &dyn Kernels<f64> {
        self
    }
}

impl<E: Number> Kernels<E> for ByPhases {
    fn integrate(&self, level: Level, job: Integrate<'_, E>) {
        E::kernels(&*self.0).integrate(level, job);
    }
    fn emit(&self, level: Level, job: Emit<'_, E>) {
        E::kernels(&*self.0).emit(level, job);
    }
    fn backward(&self, level: Level, job: Backward<'_, E>) {
        E::kernels(&*self.0).backward(level, job);
    }
    fn advance(&self, level: Level, job: Advance<'_, E>) {
        advance_by_phases(self, level, job);
    }
    fn step(&self, level: Level, job: Step<'_, E>) {
        step_by_phases(self, level, job);
    }
}
