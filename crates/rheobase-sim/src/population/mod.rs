//! A population: many neurons of one model, simulated together.
//!
//! ```
//! # mod rheobase { pub use {rheobase_base::Error, rheobase_sim::*}; }
//! use rheobase::{Catalog, Population, stimulus::Stimulus};
//! let lif = Population::<f32>::builder(Catalog::standard().get("lif")?, &[20]);
//! let run = lif.run(0.3, &[Stimulus::step(0.1, 1.2)])?; // 0.3 s; a current of 1.2 from 0.1 s on
//! assert!(run.spikes()?.times[0][0] > 0.1);
//! # Ok::<(), rheobase::Error>(())
//! ```
//!
//! * [`Population`] and its [`Builder`]: a [`Layer`], which has no state, with its [`State`] and threads; models by name:
//!   [`Catalog`], [`Model`]
//! * input: [`Input`]; parameters: [`Column`]
//! * what is recorded: [`Record`], [`Recording`], [`probe`]
//! * gradients by the reverse sweep: [`Tape`], [`Gradients`]
//!
//! A model is reached through [`Kernels`] alone. Two loops do the work and agree bit for bit: `Kernels::advance` takes
//! tiles of independent neurons through many steps in cache, `coupled` takes a layer step by step where its neurons see
//! each other.

mod builder;
mod coupled;
mod describe;
mod first_output;
mod gradient;
mod lateral;
pub mod layer;
mod layer_state;
mod memory;
pub mod probe;
mod recording;
mod run;
mod state;
mod winning;

pub use builder::{Builder, Values};
pub use gradient::{Gradients, Tape, Upstream};
pub use layer::Layer;
pub(crate) use layer::check::check_params;
pub use layer::check::position;
pub use layer_state::LayerState;
pub use memory::Memory;
pub use recording::{Record, Recording, SpikeRecord, Spikes, Trace, Winner};
pub use rheobase_kernels::rates::Rates;
pub use rheobase_kernels::{
    Catalog, Column, ErrorBounds, ErrorStep, Formulas, Generator, Input, Kernels, Model, Number, model,
};
pub use state::{Initial, State};

/// What a model's step is asked for: the jobs of [`Kernels`].
pub mod kernels {
    pub use rheobase_kernels::advance::{Advance, Probe, Sink};
    pub use rheobase_kernels::backward::Backward;
    pub use rheobase_kernels::event::RawEvent;
    pub use rheobase_kernels::kernels::{Kernels, advance_by_phases, step_by_phases};
    pub use rheobase_kernels::phases::{Emit, Integrate};
    pub use rheobase_kernels::source::RowAt;
    pub use rheobase_kernels::step::Step;
}

use std::sync::Arc;

use rheobase_models::lanes::Level;
use rheobase_models::neuron::Time;
use rheobase_models::real::whole_steps;

use crate::compete::Competition;
use layer::check;
use rheobase_base::{Error, Result};

/// Many neurons of one model, for some samples at once, with their state.
///
/// ```
/// # mod rheobase { pub use {rheobase_base::Error, rheobase_sim::*}; }
/// use rheobase::{Catalog, Input, Population, Record, Spikes};
/// let mut neurons = Population::<f32>::builder(Catalog::standard().get("lif")?, &[100])
///     .dt(0.001)
///     .set("tau_m", 0.01)
///     .build()?;
/// let recording = neurons.run(1000, &Input::Constant(&[1.5]), &Record::spikes(Spikes::Events))?;
/// println!("{} spikes in a second", recording.each_spike().count());
/// # Ok::<(), rheobase::Error>(())
/// ```
pub struct Population<E: Number> {
    layer: Layer<E>,
    batch: usize,
    kept: Vec<bool>,
    clocks: bool,
    pool: Option<Arc<rayon::ThreadPool>>,
    state: State<E>,
}

impl<E: Number> Population<E> {
    /// Starts the description of a population of `model` with the given layer shape, `[N]` or `[C, H, W]`.
    pub fn builder(model: Arc<dyn Model>, shape: &[usize]) -> Builder<E> {
        Builder::new(model, shape)
    }

    /// Its neurons without their state.
    pub fn layer(&self) -> &Layer<E> {
        &self.layer
    }
    /// The model.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.layer.model
    }
    /// Name used in errors and for random numbers.
    pub fn name(&self) -> &str {
        &self.layer.name
    }
    /// Shape of the layer.
    pub fn shape(&self) -> &[usize] {
        &self.layer.shape
    }
    /// Neurons in the layer.
    pub fn neurons(&self) -> usize {
        self.layer.neurons
    }
    /// Samples.
    pub fn batch(&self) -> usize {
        self.batch
    }
    /// Length of a step, in seconds (or 1 for models that count steps).
    pub fn dt(&self) -> f64 {
        self.layer.dt
    }
    /// The SIMD level that runs use.
    pub fn level(&self) -> Level {
        self.layer.level
    }

    /// All parameters with their values, in the model's order: what a readable description is made of.
    pub fn params(&self) -> impl Iterator<Item = (&'static rheobase_models::record::Field, &Column<f64>)> {
        self.layer.params()
    }

    /// The state, which the caller may store and give back with [`Population::set_state`].
    pub fn state(&self) -> &State<E> {
        &self.state
    }

    /// Replaces the state by one of the same model, batch and layer.
    pub fn set_state(&mut self, state: State<E>) -> Result<()> {
        self.state.check_like(&state, &self.layer.name)?;
        self.state = state;
        Ok(())
    }

    /// Sets one state field from `[batch, neuron]` values, or one value for all.
    pub fn set_state_field(&mut self, field: &str, values: &[E]) -> Result<()> {
        let i = position(self.layer.model.state(), field, &self.layer.name, "state field")?;
        let n = self.batch * self.layer.neurons;
        if values.len() != 1 && values.len() != n {
            return Err(Error::shape(
                self.layer.name.clone(),
                field,
                format!("[{}]", values.len()),
                format!("[batch, neuron] = [{}, {}] or one number is needed", self.batch, self.layer.neurons),
            ));
        }
        if let Some(bad) = values.iter().position(|v| !v.to_f64().is_finite()) {
            return Err(Error::value(
                self.layer.name.clone(),
                field,
                values[bad].to_f64(),
                "must be a finite number",
            )
            .at(bad));
        }
        for (k, to) in self.state.fields[i].iter_mut().enumerate() {
            *to = values[if values.len() == 1 { 0 } else { k }];
        }
        Ok(())
    }

    /// Back to the initial state, except for fields that a reset keeps.
    pub fn reset(&mut self) {
        let fresh = State::start(&self.layer, self.batch);
        for (i, field) in fresh.fields.into_iter().enumerate() {
            if !self.kept[i] {
                self.state.fields[i] = field;
            }
        }
        self.state.layers = fresh.layers;
        self.state.step = 0;
    }

    /// Changes a parameter of a live layer: a number for all neurons, a slice with one for each, or a draw. The state stays.
    pub fn set(&mut self, name: &str, values: impl Into<Values>) -> Result<()> {
        let column =
            values.into().column(&format!("{}.{name}", self.layer.name), self.neurons(), self.shape()[0]);
        self.replace(name, column)
    }

    /// How the neurons compete, if they do.
    pub fn competition(&self) -> Option<Competition> {
        self.layer.competition
    }

    /// Changes the competition of a live layer; the state stays, and so does silence that is under way, unless there
    /// is no competition any more.
    pub fn set_competition(&mut self, competition: Option<Competition>) -> Result<()> {
        check::check_competition(&self.layer.name, competition.as_ref())?;
        self.layer.competition = competition;
        if competition.is_none() {
            self.state.layers.iter_mut().for_each(|layer| layer.held.fill(E::default()));
        }
        Ok(())
    }

    /// Changes the length of a step of a live layer; the state stays. What counts steps (refractory periods, clocks)
    /// goes on with as many of the new steps as make the same time.
    pub fn set_dt(&mut self, dt: f64) -> Result<()> {
        check::check_dt(&self.layer.name, dt)?;
        let before = self.layer.dt;
        self.layer.change(self.layer.params.clone(), dt)?;
        let recount = |n: &mut E| *n = E::from_f64(whole_steps(n.to_f64() * before, dt));
        if self.layer.model.info().time == Time::Seconds {
            let fields = self.layer.model.state().iter().zip(&mut self.state.fields);
            fields.filter(|(f, _)| f.unit == "steps").for_each(|(_, ns)| ns.iter_mut().for_each(recount));
        }
        for layer in &mut self.state.layers {
            layer.since_spike.iter_mut().chain(&mut layer.since_injection).for_each(recount);
        }
        Ok(())
    }

    fn replace(&mut self, name: &str, column: Column<f64>) -> Result<()> {
        let i = position(self.layer.model.params(), name, &self.layer.name, "parameter")?;
        let mut params = self.layer.params.clone();
        params[i] = column;
        self.layer.change(params, self.layer.dt)
    }

    /// The parameters of neuron `n`.
    pub fn params_of(&self, n: usize) -> Vec<f64> {
        self.layer.params_of(n)
    }
}
