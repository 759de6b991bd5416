//! A population: many neurons of one model, simulated together.
//!
//! * [`Population`] and its [`Builder`]; models by name: [`Catalog`], [`Model`]
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
pub(crate) mod layer;
mod layer_state;
pub mod probe;
mod recording;
mod run;
mod state;
mod winning;

pub use builder::Builder;
pub(crate) use builder::{check_params, position};
pub use gradient::{Gradients, Tape, Upstream};
pub use layer_state::LayerState;
pub use recording::{Record, Recording, Spikes, Trace, Winner};
pub use rheobase_kernels::{
    Catalog, Column, ErrorBounds, ErrorStep, Generator, Input, Kernels, Model, Number, model,
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

use rheobase_models::Surrogate;
use rheobase_models::lanes::Level;
use rheobase_models::neuron::Time;
use rheobase_models::real::whole_steps;

use crate::compete::Competition;
use crate::{Error, Result};
use lateral::Lateral;

/// Many neurons of one model, for some samples at once, with their state.
///
/// ```
/// use rheobase::{Catalog, Input, Population, Record, Spikes};
/// let mut neurons = Population::<f32>::builder(Catalog::standard().get("lif")?, &[100])
///     .dt(0.001)
///     .set("tau_m", 0.01)
///     .build()?;
/// let recording = neurons.run(1000, &Input::Constant(&[1.5]), &Record::spikes(Spikes::Events))?;
/// println!("{} spikes in a second", recording.events.map_or(0, |e| e.len()));
/// # Ok::<(), rheobase::Error>(())
/// ```
pub struct Population<E: Number> {
    name: String,
    model: Arc<dyn Model>,
    shape: Vec<usize>,
    neurons: usize,
    batch: usize,
    dt: f64,
    params: Vec<Column<f64>>,
    coeffs: Vec<Column<E>>,
    initial: Vec<Initial>,
    kept: Vec<bool>,
    surrogate: Surrogate,
    detach_reset: bool,
    competition: Option<Competition>,
    lateral: Option<Lateral<E>>,
    clocks: bool,
    level: Level,
    pool: Option<Arc<rayon::ThreadPool>>,
    state: State<E>,
}

impl<E: Number> Population<E> {
    /// Starts the description of a population of `model` with the given layer shape, `[N]` or `[C, H, W]`.
    pub fn builder(model: Arc<dyn Model>, shape: &[usize]) -> Builder<E> {
        Builder::new(model, shape)
    }

    /// The model.
    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }
    /// Name used in errors and for random numbers.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Shape of the layer.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }
    /// Neurons in the layer.
    pub fn neurons(&self) -> usize {
        self.neurons
    }
    /// Samples.
    pub fn batch(&self) -> usize {
        self.batch
    }
    /// Length of a step, in seconds (or 1 for models that count steps).
    pub fn dt(&self) -> f64 {
        self.dt
    }
    /// The SIMD level that runs use.
    pub fn level(&self) -> Level {
        self.level
    }

    /// All parameters with their values, in the model's order: what a readable description is made of.
    pub fn params(&self) -> impl Iterator<Item = (&'static rheobase_models::record::Field, &Column<f64>)> {
        self.model.params().iter().zip(&self.params)
    }

    /// The state, which the caller may store and give back with [`Population::set_state`].
    pub fn state(&self) -> &State<E> {
        &self.state
    }

    /// Replaces the state by one of the same model, batch and layer.
    pub fn set_state(&mut self, state: State<E>) -> Result<()> {
        self.state.check_like(&state, &self.name)?;
        self.state = state;
        Ok(())
    }

    /// Sets one state field from `[batch, neuron]` values, or one value for all.
    pub fn set_state_field(&mut self, field: &str, values: &[E]) -> Result<()> {
        let i = builder::position(self.model.state(), field, &self.name, "state field")?;
        let n = self.batch * self.neurons;
        if values.len() != 1 && values.len() != n {
            return Err(Error::Shape {
                place: self.name.clone(),
                field: field.into(),
                got: format!("[{}]", values.len()),
                want: format!("[batch, neuron] = [{}, {}] or one number is needed", self.batch, self.neurons),
            });
        }
        if let Some(bad) = values.iter().position(|v| !v.to_f64().is_finite()) {
            return Err(Error::Value {
                place: self.name.clone(),
                field: field.into(),
                index: Some(bad),
                value: values[bad].to_f64().to_string(),
                rule: "must be a finite number".into(),
            });
        }
        for (k, to) in self.state.fields[i].iter_mut().enumerate() {
            *to = values[if values.len() == 1 { 0 } else { k }];
        }
        Ok(())
    }

    /// Back to the initial state, except for fields that a reset keeps.
    pub fn reset(&mut self) {
        let fresh = self.fresh_state();
        for (i, field) in fresh.fields.into_iter().enumerate() {
            if !self.kept[i] {
                self.state.fields[i] = field;
            }
        }
        self.state.layers = fresh.layers;
        self.state.step = 0;
    }

    /// Changes a parameter of a live layer, for all neurons; the state stays.
    pub fn set(&mut self, name: &str, value: f64) -> Result<()> {
        self.replace(name, Column::Shared(value))
    }

    /// Changes a parameter of a live layer, neuron by neuron; the state stays.
    pub fn set_each(&mut self, name: &str, values: &[f64]) -> Result<()> {
        self.replace(name, Column::Each(values.to_vec()))
    }

    /// How the neurons compete, if they do.
    pub fn competition(&self) -> Option<Competition> {
        self.competition
    }

    /// Changes the competition of a live layer; the state stays, and so does silence that is under way, unless there
    /// is no competition any more.
    pub fn set_competition(&mut self, competition: Option<Competition>) -> Result<()> {
        builder::check_competition(&self.name, competition.as_ref())?;
        self.competition = competition;
        if competition.is_none() {
            self.state.layers.iter_mut().for_each(|layer| layer.held.fill(E::default()));
        }
        Ok(())
    }

    /// Changes the length of a step of a live layer; the state stays. What counts steps (refractory periods, clocks)
    /// goes on with as many of the new steps as make the same time.
    pub fn set_dt(&mut self, dt: f64) -> Result<()> {
        builder::check_dt(&self.name, dt)?;
        builder::check_params(&*self.model, &self.name, &self.params, self.neurons, dt)?;
        self.coeffs = builder::prepare(&*self.model, &self.params, self.neurons, dt);
        let recount = |n: &mut E| *n = E::from_f64(whole_steps(n.to_f64() * self.dt, dt));
        if self.model.info().time == Time::Seconds {
            let fields = self.model.state().iter().zip(&mut self.state.fields);
            fields.filter(|(f, _)| f.unit == "steps").for_each(|(_, ns)| ns.iter_mut().for_each(recount));
        }
        for layer in &mut self.state.layers {
            layer.since_spike.iter_mut().chain(&mut layer.since_injection).for_each(recount);
        }
        self.dt = dt;
        Ok(())
    }

    fn replace(&mut self, name: &str, column: Column<f64>) -> Result<()> {
        let i = builder::position(self.model.params(), name, &self.name, "parameter")?;
        let mut params = self.params.clone();
        params[i] = column;
        builder::check_params(&*self.model, &self.name, &params, self.neurons, self.dt)?;
        self.coeffs = builder::prepare(&*self.model, &params, self.neurons, self.dt);
        self.params = params;
        Ok(())
    }

    /// The layer's shape as [C, H, W]; a flat layer has C features of one place.
    fn places(&self) -> [usize; 3] {
        match self.shape[..] {
            [c, h, w] => [c, h, w],
            _ => [self.neurons, 1, 1],
        }
    }

    /// The parameters of neuron `n`.
    pub fn params_of(&self, n: usize) -> Vec<f64> {
        self.params.iter().map(|c| c.get(n)).collect()
    }
}
