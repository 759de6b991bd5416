//! `Layer`: neurons of one model without their state, what populations and networks are made of.

pub(super) mod check;
mod in_place;
mod step;

use std::sync::Arc;

use rheobase_models::Surrogate;
use rheobase_models::lanes::Level;
use rheobase_models::neuron::Emits;
use rheobase_models::record::Field;

use super::coupled::{Couplings, Setting};
use super::lateral::Lateral;
use super::{Column, Initial, Model, Number};
use crate::compete::Competition;
use rheobase_base::Result;
use rheobase_base::random::Stream;

pub use step::{LayerBackward, LayerForward};

/// Neurons of one model without their state: parameters, where the state starts, how a spike's derivative is replaced, and
/// how the neurons see each other. It was checked as a whole when it was built.
pub struct Layer<E: Number> {
    pub(super) name: String,
    pub(super) model: Arc<dyn Model>,
    pub(super) shape: Vec<usize>,
    pub(super) neurons: usize,
    pub(super) dt: f64,
    pub(super) params: Vec<Column<f64>>,
    pub(super) coeffs: Vec<Column<E>>,
    pub(super) initial: Vec<Initial>,
    pub(super) surrogate: Surrogate,
    pub(super) detach_reset: bool,
    pub(super) competition: Option<Competition>,
    pub(super) lateral: Option<Lateral<E>>,
    pub(super) level: Level,
}

impl<E: Number> Layer<E> {
    /// The model.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }
    /// Name used in errors and for random numbers.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Shape, `[N]` or `[C, H, W]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }
    /// Number of neurons.
    pub fn neurons(&self) -> usize {
        self.neurons
    }
    /// Length of a step, in seconds (or 1 for models that count steps).
    pub fn dt(&self) -> f64 {
        self.dt
    }
    /// All parameters with their values, in the model's order.
    pub fn params(&self) -> impl Iterator<Item = (&'static Field, &Column<f64>)> {
        self.model.params().iter().zip(&self.params)
    }
    /// The parameters of neuron `n`.
    pub fn params_of(&self, n: usize) -> Vec<f64> {
        self.params.iter().map(|c| c.get(n)).collect()
    }
    /// What leaves its neurons.
    pub fn emits(&self) -> Emits {
        self.model.info().emits
    }

    /// What a spike's derivative is replaced by.
    pub fn surrogate(&self) -> &Surrogate {
        &self.surrogate
    }
    /// Whether the gradient stops at the reset.
    pub fn detaches_reset(&self) -> bool {
        self.detach_reset
    }
    /// Whether a state field starts where the parameters say.
    pub fn starts_at_rest(&self, field: usize) -> bool {
        matches!(self.initial[field], Initial::Rest)
    }

    /// Where a state field starts, for a neuron of a sample.
    pub fn initial_value(&self, field: usize, sample: usize, neuron: usize) -> f64 {
        match &self.initial[field] {
            Initial::Rest => self.model.rest(&self.params_of(neuron))[field],
            Initial::Value(x) => *x,
            Initial::Each(xs) => xs[neuron],
            Initial::Uniform { low, high, seed } => {
                let name = format!("{}.{}", self.name, self.model.state()[field].name);
                let u = Stream::new(*seed, "initial", &name).uniform(0, sample as u32, neuron as u32);
                low + (high - low) * u
            }
        }
    }

    /// The fields at the start, each `[sample, neuron]`.
    pub fn start(&self, samples: usize) -> Vec<Vec<E>> {
        let shared = self.params.iter().all(Column::is_shared);
        let field = |i: usize| match self.initial[i] {
            Initial::Rest if shared && self.neurons > 0 => {
                vec![E::from_f64(self.initial_value(i, 0, 0)); samples * self.neurons]
            }
            Initial::Value(x) => vec![E::from_f64(x); samples * self.neurons],
            _ => {
                let of = |s: usize| (0..self.neurons).map(move |n| E::from_f64(self.initial_value(i, s, n)));
                (0..samples).flat_map(of).collect()
            }
        };
        (0..self.model.state().len()).map(field).collect()
    }

    /// What each neuron of a sample has sent before its first step, and the derivatives of that with respect to where its
    /// state starts.
    pub fn first_outputs(&self, sample: usize) -> impl Iterator<Item = (f64, Vec<f64>)> {
        let fields = self.model.state().len();
        (0..self.neurons).map(move |n| {
            let coeffs: Vec<f64> = self.coeffs.iter().map(|c| c.get(n).to_f64()).collect();
            let start = |i| E::from_f64(self.initial_value(i, sample, n)).to_f64();
            let state: Vec<f64> = (0..fields).map(start).collect();
            self.model.first_output(&coeffs, &state, &self.surrogate)
        })
    }

    /// Takes other parameters or another step, if they are lawful.
    pub(super) fn change(&mut self, params: Vec<Column<f64>>, dt: f64) -> Result<()> {
        check::check_params(&*self.model, &self.name, &params, self.neurons, dt)?;
        self.coeffs = check::prepare(&*self.model, &params, self.neurons, dt);
        (self.params, self.dt) = (params, dt);
        Ok(())
    }

    /// Whether its neurons see each other.
    pub(super) fn is_coupled(&self) -> bool {
        self.competition.is_some() || self.lateral.is_some() || self.needs_layer_sum()
    }

    /// Whether the model's coupling through the layer's sum of spikes is switched on for some neuron.
    pub(super) fn needs_layer_sum(&self) -> bool {
        let Some(name) = self.model.info().layer_sum else { return false };
        let on = |x: &f64| *x != 0.0;
        self.params().filter(|(f, _)| f.name == name).any(|(_, column)| match column {
            Column::Shared(x) => on(x),
            Column::Each(xs) => xs.iter().any(on),
        })
    }

    /// The shape as [C, H, W]; a flat layer has C features of one place.
    pub(super) fn places(&self) -> [usize; 3] {
        match self.shape[..] {
            [c, h, w] => [c, h, w],
            _ => [self.neurons, 1, 1],
        }
    }

    /// What the step-by-step loop is run with.
    pub(super) fn setting(&self) -> Setting<'_, E> {
        Setting {
            model: &*self.model,
            level: self.level,
            coeffs: &self.coeffs,
            dt: E::from_f64(self.dt),
            surrogate: self.surrogate,
            couplings: Couplings {
                competition: self.competition.as_ref(),
                lateral: self.lateral.as_ref(),
                layer_sum: self.needs_layer_sum(),
                shape: self.places(),
            },
        }
    }
}
