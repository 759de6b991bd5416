//! `Model`: a neuron model behind one object-safe interface, and the catalogue of all of them.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use rheobase_models::Surrogate;
use rheobase_models::catalog::Visitor;
use rheobase_models::catalog::for_each;
use rheobase_models::dual::Dual;
use rheobase_models::lanes::{Elem, Level};
use rheobase_models::neuron::{Fired, Info, Neuron};
use rheobase_models::phases::fire;
use rheobase_models::rate::{RateCurve, RateError};
use rheobase_models::real::Real;
use rheobase_models::record::{Field, Record};

use crate::advance::{self, Advance};
use crate::backward::{Backward, BackwardKernel};
use crate::curve;
use crate::errors::{self, ErrorBounds, ErrorStep};
use crate::formulas::{self, Formulas};
use crate::kernels::{Kernels, advance_by_phases, step_by_phases};
use crate::phases::{Emit, EmitKernel, Integrate, IntegrateKernel};
use crate::rates::{Rates, RatesKernel};
use crate::step::{Step, StepKernel};

use rheobase_base::{Error, Result};

/// A number type the engine runs at: `f32` or `f64`.
pub trait Number: Elem + sealed::Sealed {
    /// The model's step over this number.
    fn kernels(model: &dyn Model) -> &dyn Kernels<Self>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Number for f32 {
    fn kernels(model: &dyn Model) -> &dyn Kernels<f32> {
        model.single()
    }
}

impl Number for f64 {
    fn kernels(model: &dyn Model) -> &dyn Kernels<f64> {
        model.double()
    }
}

/// A neuron model whose type is not known at compile time. All numbers are those of one neuron, fields in the
/// order of the field lists.
pub trait Model: Send + Sync {
    /// Names, equations, references.
    fn info(&self) -> &'static Info;
    /// What the user writes.
    fn params(&self) -> &'static [Field];
    /// What a step needs, computed from the parameters and dt.
    fn coeffs(&self) -> &'static [Field];
    /// What is carried from step to step.
    fn state(&self) -> &'static [Field];
    /// What the potential is compared with to fire: the state field where it changes from step to step, else the
    /// parameter. `None` where it is a constant of the equations, or the model does not fire.
    fn threshold(&self) -> Option<&'static Field> {
        self.state().iter().chain(self.params()).find(|f| f.is_threshold)
    }
    /// The coefficients of steps of length `dt`.
    fn prepare(&self, params: &[f64], dt: f64) -> Vec<f64>;
    /// The gradient with respect to the parameters from that with respect to the coefficients.
    fn pull_back(&self, params: &[f64], dt: f64, coeffs: &[f64]) -> Vec<f64>;
    /// The state at rest.
    fn rest(&self, params: &[f64]) -> Vec<f64>;
    /// The gradient with respect to the parameters from that with respect to the state at rest.
    fn pull_back_rest(&self, params: &[f64], state: &[f64]) -> Vec<f64>;
    /// What a neuron that starts in `state` has sent before its first step: its output under no input, without
    /// integrating; and the derivatives of that with respect to the state. 0 for models without state.
    fn first_output(&self, coeffs: &[f64], state: &[f64], surrogate: &Surrogate) -> (f64, Vec<f64>);
    /// The largest dt for which the model's scheme is declared to be stable.
    fn dt_bound(&self, params: &[f64]) -> f64 {
        let _ = params;
        f64::INFINITY
    }
    /// A rule between parameters that these break, if they break one.
    fn broken_rule(&self, params: &[f64]) -> Option<String> {
        let _ = params;
        None
    }
    /// The static rate curve at constant input `x`, where there is a closed form.
    fn rate(&self, params: &[f64], x: f64) -> Option<f64> {
        let _ = (params, x);
        None
    }
    /// The derivative of the static rate curve at constant input `x`, where there is a closed form.
    fn rate_slope(&self, params: &[f64], x: f64) -> Option<f64> {
        let _ = (params, x);
        None
    }
    /// Output in training as a rate curve and its derivative with respect to the input.
    fn training(&self, params: &[f64], smoothing: Option<f64>, x: f64) -> Option<(f64, f64)> {
        let _ = (params, smoothing, x);
        None
    }
    /// [`Model::training`] of many neurons at once, in single precision. No result depends on the SIMD level.
    fn rates(&self, level: Level, job: Rates<'_>) {
        let _ = level;
        job.one_by_one(|params, smoothing, x| self.training(params, smoothing, x));
    }
    /// Gains and biases from maximum rates and intercepts, by the curve's closed form.
    fn gain_bias(
        &self,
        params: &[f64],
        max_rates: &[f64],
        intercepts: &[f64],
    ) -> std::result::Result<(Vec<f64>, Vec<f64>), RateError> {
        let _ = (params, max_rates, intercepts);
        Err(RateError::NoCurve)
    }
    /// The inverse of [`Model::gain_bias`].
    fn max_rates_intercepts(
        &self,
        params: &[f64],
        gain: &[f64],
        bias: &[f64],
    ) -> Option<(Vec<f64>, Vec<f64>)> {
        let _ = (params, gain, bias);
        None
    }
    /// Time derivative of the state, where the model is a differential equation.
    fn rhs(&self, params: &[f64], state: &[f64], x: f64) -> Option<Vec<f64>> {
        let _ = (params, state, x);
        None
    }
    /// Derivatives of [`Model::rhs`] with respect to the state, row by row: number `i·n + j` of a state of `n` fields is
    /// that of `rhs_i` with respect to field `j`. By dual numbers.
    fn rhs_jacobian(&self, params: &[f64], state: &[f64], x: f64) -> Option<Vec<f64>> {
        let _ = (params, state, x);
        None
    }
    /// What firing depends on in `state` under input `x`, compared with 0 as [`Info::firing`] says.
    fn margin(&self, coeffs: &[f64], state: &[f64], x: f64) -> f64;
    /// The equations written down, with spikes that go back by `surrogate`; `None` where they are not to be had.
    fn formulas(&self, surrogate: &Surrogate) -> Option<Formulas> {
        let _ = surrogate;
        None
    }
    /// How far two runs may lie apart after a step, from how far they may before it: through the step's exact local
    /// Jacobian, and by what it rounds. To first order.
    fn error_bounds(&self, step: &ErrorStep<'_>) -> ErrorBounds;
    /// The step in single precision.
    fn single(&self) -> &dyn Kernels<f32>;
    /// The step in double precision.
    fn double(&self) -> &dyn Kernels<f64>;
}

/// The model `N` as a [`Model`].
struct Erased<N>(PhantomData<N>);

/// Makes a neuron model usable by the engine.
pub fn model<N: Neuron>() -> Arc<dyn Model> {
    Arc::new(Erased::<N>(PhantomData))
}

fn record<T: Real, R: Record<T>>(values: &[f64]) -> R {
    R::from_fn(|i| T::splat(values[i]))
}

/// So many numbers. Not generic: one loop for all models, each of which has but what a number is.
fn numbers(count: usize, of: &mut dyn FnMut(usize) -> f64) -> Vec<f64> {
    (0..count).map(of).collect()
}

fn values<R: Record<f64>>(record: &R) -> Vec<f64> {
    numbers(R::FIELDS.len(), &mut |i| record.get(i))
}

type One = Dual<f64, [f64; 1]>;

/// `gradient_i = Σ_j outputs_j · ∂f_j/∂x_i` by one pass over duals for each `x_i`.
fn pull_back<P: Record<One>, Q: Record<One>>(
    params: &[f64],
    outputs: &[f64],
    f: impl Fn(&P) -> Q,
) -> Vec<f64> {
    numbers(params.len(), &mut |i| {
        let p = P::from_fn(|j| Dual { value: params[j], tangent: [f64::from(u8::from(i == j))] });
        let q = f(&p);
        outputs.iter().enumerate().filter(|(_, g)| **g != 0.0).map(|(j, g)| g * q.get(j).tangent[0]).sum()
    })
}

impl<N: Neuron> Model for Erased<N> {
    fn info(&self) -> &'static Info {
        const { &N::INFO }
    }
    fn params(&self) -> &'static [Field] {
        N::Params::<f64>::FIELDS
    }
    fn coeffs(&self) -> &'static [Field] {
        N::Coeffs::<f64>::FIELDS
    }
    fn state(&self) -> &'static [Field] {
        N::State::<f64>::FIELDS
    }
    fn prepare(&self, params: &[f64], dt: f64) -> Vec<f64> {
        values(&N::prepare(&record::<f64, N::Params<f64>>(params), dt))
    }
    fn pull_back(&self, params: &[f64], dt: f64, coeffs: &[f64]) -> Vec<f64> {
        pull_back(params, coeffs, |p: &N::Params<One>| N::prepare(p, One::constant(dt)))
    }
    fn rest(&self, params: &[f64]) -> Vec<f64> {
        values(&N::rest(&record::<f64, N::Params<f64>>(params)))
    }
    fn pull_back_rest(&self, params: &[f64], state: &[f64]) -> Vec<f64> {
        pull_back(params, state, |p: &N::Params<One>| N::rest(p))
    }
    fn first_output(&self, coeffs: &[f64], state: &[f64], surrogate: &Surrogate) -> (f64, Vec<f64>) {
        if state.is_empty() {
            return (0.0, Vec::new());
        }
        let k = record::<f64, N::Coeffs<f64>>(coeffs);
        let s = record::<f64, N::State<f64>>(state);
        let own = fire::<N, f64>(&k, &s, 0.0, false, surrogate);
        let value = N::emit(&k, s, 0.0, Fired { own, layer: 0.0 }).1.value;
        let k = record::<One, N::Coeffs<One>>(coeffs);
        let mut slope = |i: usize| {
            let s =
                N::State::<One>::from_fn(|j| One { value: state[j], tangent: [f64::from(u8::from(i == j))] });
            let own = fire::<N, One>(&k, &s, One::zero(), false, surrogate);
            N::emit(&k, s, One::zero(), Fired { own, layer: One::zero() }).1.value.tangent[0]
        };
        (value, numbers(state.len(), &mut slope))
    }
    fn dt_bound(&self, params: &[f64]) -> f64 {
        N::dt_bound(&record(params))
    }
    fn broken_rule(&self, params: &[f64]) -> Option<String> {
        N::broken_rule(&record(params))
    }
    fn rate(&self, params: &[f64], x: f64) -> Option<f64> {
        N::rate(&record::<f64, N::Params<f64>>(params)).map(|curve| N::Rate::rate(&curve, x))
    }
    fn rate_slope(&self, params: &[f64], x: f64) -> Option<f64> {
        let curve = N::rate(&record::<One, N::Params<One>>(params))?;
        Some(N::Rate::rate(&curve, One::variable(x, 0)).tangent[0])
    }
    fn training(&self, params: &[f64], smoothing: Option<f64>, x: f64) -> Option<(f64, f64)> {
        let p = record::<One, N::Params<One>>(params);
        let y = N::training(&p, smoothing.map(One::constant), One::variable(x, 0))?;
        Some((y.value, y.tangent[0]))
    }
    fn rates(&self, level: Level, job: Rates<'_>) {
        f32::dispatch_wide(level, RatesKernel::<N>::new(job));
    }
    fn gain_bias(
        &self,
        params: &[f64],
        max_rates: &[f64],
        intercepts: &[f64],
    ) -> std::result::Result<(Vec<f64>, Vec<f64>), RateError> {
        let curve = N::rate(&record::<f64, N::Params<f64>>(params)).ok_or(RateError::NoCurve)?;
        N::Rate::gain_bias(&curve, max_rates, intercepts)
    }
    fn max_rates_intercepts(
        &self,
        params: &[f64],
        gain: &[f64],
        bias: &[f64],
    ) -> Option<(Vec<f64>, Vec<f64>)> {
        let curve = N::rate(&record::<f64, N::Params<f64>>(params))?;
        Some(N::Rate::max_rates_intercepts(&curve, gain, bias))
    }
    fn rhs(&self, params: &[f64], state: &[f64], x: f64) -> Option<Vec<f64>> {
        let p = record::<f64, N::Params<f64>>(params);
        N::rhs(&p, &record::<f64, N::State<f64>>(state), x).map(|s| values(&s))
    }
    fn rhs_jacobian(&self, params: &[f64], state: &[f64], x: f64) -> Option<Vec<f64>> {
        let p = record::<One, N::Params<One>>(params);
        let n = state.len();
        let mut jacobian = vec![0.0; n * n];
        for j in 0..n {
            let s =
                N::State::<One>::from_fn(|i| One { value: state[i], tangent: [f64::from(u8::from(i == j))] });
            let slopes = N::rhs(&p, &s, One::constant(x))?;
            for i in 0..n {
                jacobian[i * n + j] = slopes.get(i).tangent[0];
            }
        }
        Some(jacobian)
    }
    fn margin(&self, coeffs: &[f64], state: &[f64], x: f64) -> f64 {
        let k = record::<f64, N::Coeffs<f64>>(coeffs);
        N::drive(&k, &record::<f64, N::State<f64>>(state), x).margin
    }
    fn formulas(&self, surrogate: &Surrogate) -> Option<Formulas> {
        Some(formulas::formulas::<N>(surrogate))
    }
    fn error_bounds(&self, step: &ErrorStep<'_>) -> ErrorBounds {
        errors::bounds::<N>(step)
    }
    fn single(&self) -> &dyn Kernels<f32> {
        self
    }
    fn double(&self) -> &dyn Kernels<f64> {
        self
    }
}

impl<N: Neuron> Kernels<f32> for Erased<N> {
    fn integrate(&self, level: Level, job: Integrate<'_, f32>) {
        f32::dispatch_wide(level, IntegrateKernel::<N, f32>::new(job));
    }
    fn emit(&self, level: Level, job: Emit<'_, f32>) {
        f32::dispatch_wide(level, EmitKernel::<N, f32>::new(job));
    }
    fn backward(&self, level: Level, job: Backward<'_, f32>) {
        f32::dispatch_wide(level, BackwardKernel::<N, f32>::new(job));
    }
    fn advance(&self, level: Level, job: Advance<'_, f32>) {
        if const { curve::is_curve::<N>() } {
            curve::run::<N, f32>(level, job);
        } else if let Some(job) = advance::run::<N, f32>(level, job) {
            advance_by_phases(self, level, job);
        }
    }
    fn step(&self, level: Level, job: Step<'_, f32>) {
        if let Err(kernel) = f32::dispatch_wide_registers(level, StepKernel::<N, f32>::new(job)) {
            step_by_phases(self, level, kernel.job);
        }
    }
}

impl<N: Neuron> Kernels<f64> for Erased<N> {
    fn integrate(&self, level: Level, job: Integrate<'_, f64>) {
        f64::dispatch_wide(level, IntegrateKernel::<N, f64>::new(job));
    }
    fn emit(&self, level: Level, job: Emit<'_, f64>) {
        f64::dispatch_wide(level, EmitKernel::<N, f64>::new(job));
    }
    fn backward(&self, level: Level, job: Backward<'_, f64>) {
        f64::dispatch_wide(level, BackwardKernel::<N, f64>::new(job));
    }
    fn advance(&self, level: Level, job: Advance<'_, f64>) {
        if const { curve::is_curve::<N>() } {
            curve::run::<N, f64>(level, job);
        } else if let Some(job) = advance::run::<N, f64>(level, job) {
            advance_by_phases(self, level, job);
        }
    }
    fn step(&self, level: Level, job: Step<'_, f64>) {
        step_by_phases(self, level, job);
    }
}

/// The models that can be asked for by name.
#[derive(Clone)]
pub struct Catalog {
    models: Vec<Arc<dyn Model>>,
}

impl Catalog {
    /// Every model of the library.
    pub fn standard() -> &'static Catalog {
        static STANDARD: OnceLock<Catalog> = OnceLock::new();
        STANDARD.get_or_init(|| {
            let mut catalog = Catalog { models: Vec::new() };
            for_each(&mut catalog);
            catalog
        })
    }

    /// The catalogue with one more model; it takes the place of one of the same name.
    pub fn with<N: Neuron>(self) -> Self {
        self.with_model(model::<N>())
    }

    /// [`Catalog::with`] of a model that is not written as a [`Neuron`].
    pub fn with_model(mut self, model: Arc<dyn Model>) -> Self {
        match self.models.iter_mut().find(|m| m.info().name == model.info().name) {
            Some(there) => *there = model,
            None => self.models.push(model),
        }
        self
    }

    /// The models in order.
    pub fn models(&self) -> &[Arc<dyn Model>] {
        &self.models
    }

    /// The model called `name`, on the command line (`lif`) or in Python (`LIF`).
    pub fn get(&self, name: &str) -> Result<Arc<dyn Model>> {
        self.models.iter().find(|m| m.info().name == name || m.info().class == name).cloned().ok_or_else(
            || Error::unknown("catalogue", "model", name, self.models.iter().map(|m| m.info().name)),
        )
    }
}

impl Visitor for Catalog {
    fn visit<N: Neuron>(&mut self) {
        self.models.push(model::<N>());
    }
}
