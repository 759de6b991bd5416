//! `Builder`: the description of a population, checked as a whole when it is built.

use std::marker::PhantomData;
use std::sync::Arc;

use rheobase_models::Surrogate;
use rheobase_models::lanes::Level;
use rheobase_models::neuron::Time;

use super::layer::Layer;
use super::layer::check::{self, position, shown, value_error};
use super::{Column, Initial, Model, Number, Population, State};
use crate::compete::Competition;
use crate::threads;
use rheobase_base::memory;
use rheobase_base::random::Stream;
use rheobase_base::{Error, Result};

/// Numbers per neuron and sample that a [`LayerState`] holds.
const LAYER_FIELDS: usize = 4;

/// Describes a population; nothing is checked before [`Builder::build`].
#[must_use]
pub struct Builder<E> {
    name: Option<String>,
    model: Arc<dyn Model>,
    shape: Vec<usize>,
    batch: usize,
    dt: Option<f64>,
    params: Vec<(String, Values)>,
    initial: Vec<(String, Initial)>,
    kept: Vec<(String, bool)>,
    surrogate: Surrogate,
    detach_reset: bool,
    competition: Option<Competition>,
    lateral: Option<Vec<f64>>,
    clocks: bool,
    level: Option<Level>,
    threads: Option<usize>,
    number: PhantomData<E>,
}

/// A parameter's values: numbers and slices of numbers turn into them.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// One for all neurons.
    One(f64),
    /// One for each neuron.
    Each(Vec<f64>),
    /// Drawn uniformly from [low, high), one per feature map (of a layer `[N]`: per neuron), keyed by seed and name.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Seed.
        seed: u64,
    },
}

impl Values {
    /// One value for each of `neurons` in `features` maps; draws are keyed by `name`.
    pub fn column(&self, name: &str, neurons: usize, features: usize) -> Column<f64> {
        match self {
            Values::One(x) => Column::Shared(*x),
            Values::Each(xs) => Column::Each(xs.clone()),
            Values::Uniform { low, high, seed } => {
                let stream = Stream::new(*seed, "parameter", name);
                let draw = |n: usize| {
                    let feature = n / (neurons / features);
                    low + (high - low) * stream.uniform(0, 0, feature as u32)
                };
                Column::Each((0..neurons).map(draw).collect())
            }
        }
    }
}

impl From<f64> for Values {
    fn from(x: f64) -> Self {
        Values::One(x)
    }
}

impl From<Vec<f64>> for Values {
    fn from(xs: Vec<f64>) -> Self {
        Values::Each(xs)
    }
}

impl From<&[f64]> for Values {
    fn from(xs: &[f64]) -> Self {
        Values::Each(xs.to_vec())
    }
}

impl<const N: usize> From<&[f64; N]> for Values {
    fn from(xs: &[f64; N]) -> Self {
        Values::Each(xs.to_vec())
    }
}

impl From<&Vec<f64>> for Values {
    fn from(xs: &Vec<f64>) -> Self {
        Values::Each(xs.clone())
    }
}

impl<E: Number> Builder<E> {
    pub(super) fn new(model: Arc<dyn Model>, shape: &[usize]) -> Self {
        let surrogate = model.info().surrogate;
        Builder {
            name: None,
            model,
            shape: shape.to_vec(),
            batch: 1,
            dt: None,
            params: Vec::new(),
            initial: Vec::new(),
            kept: Vec::new(),
            surrogate,
            detach_reset: false,
            competition: None,
            lateral: None,
            clocks: false,
            level: None,
            threads: None,
            number: PhantomData,
        }
    }

    /// Name used in errors and for random numbers; the model's name if none is given.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_string());
        self
    }
    /// Number of samples simulated side by side (1 by default).
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }
    /// Length of a step in seconds; 1 ms by default, and 1 for models that count steps.
    pub fn dt(mut self, dt: f64) -> Self {
        self.dt = Some(dt);
        self
    }
    /// A parameter: a number for all neurons, a slice with one for each, or a draw.
    pub fn set(mut self, name: &str, values: impl Into<Values>) -> Self {
        self.params.push((name.to_string(), values.into()));
        self
    }
    /// Where a state field starts.
    pub fn initial(mut self, field: &str, initial: Initial) -> Self {
        self.initial.push((field.to_string(), initial));
        self
    }
    /// Whether a reset leaves a state field as it is.
    pub fn keep_on_reset(mut self, field: &str, keep: bool) -> Self {
        self.kept.push((field.to_string(), keep));
        self
    }
    /// The slope that stands in for the derivative of a spike.
    pub fn surrogate(mut self, surrogate: Surrogate) -> Self {
        self.surrogate = surrogate;
        self
    }
    /// Whether gradients stop at the reset.
    pub fn detach_reset(mut self, detach: bool) -> Self {
        self.detach_reset = detach;
        self
    }
    /// Lets the neurons of each sample compete. The layer's shape says what is a feature map: `[C, H, W]`, or `[C]`.
    pub fn competition(mut self, competition: Competition) -> Self {
        self.competition = Some(competition);
        self
    }
    /// A current edge with delay 1 from the layer to itself: `weights[i·N + j]` from neuron i to neuron j.
    pub fn lateral(mut self, weights: &[f64]) -> Self {
        self.lateral = Some(weights.to_vec());
        self
    }
    /// Whether to keep the times since the last spike and the last positive input, for the probes of these names.
    pub fn clocks(mut self, clocks: bool) -> Self {
        self.clocks = clocks;
        self
    }
    /// The SIMD level; the best one, or that of `RHEOBASE_SIMD`, by default. Results do not depend on it.
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }
    /// Number of threads; all of the process's by default. Results do not depend on it.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Checks everything and makes the population, at its initial state.
    pub fn build(self) -> Result<Population<E>> {
        let neurons = self.extent()?;
        if let Err(rule) = memory::check(self.bytes(neurons)) {
            let of_batch = neurons < self.batch;
            let (field, value) = if of_batch {
                ("batch", self.batch.to_string())
            } else {
                ("shape", format!("{:?}", self.shape))
            };
            return Err(value_error(&self.place(), field, value, &rule));
        }
        let place = self.place();
        let mut kept: Vec<bool> = self.model.state().iter().map(|f| f.kept_by_reset).collect();
        for (field, keep) in &self.kept {
            kept[position(self.model.state(), field, &place, "state field")?] = *keep;
        }
        let pool = self.threads.map(|n| threads::pool(&place, Some(n))).transpose()?;
        let (batch, clocks) = (self.batch, self.clocks);
        let layer = self.build_layer()?;
        let state = State::start(&layer, batch);
        Ok(Population { layer, batch, kept, clocks, pool, state })
    }

    /// What errors call the population.
    fn place(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.model.info().name.to_string())
    }

    /// The number of neurons, if shape and batch can be.
    fn extent(&self) -> Result<usize> {
        let fail =
            |field: &str, value: String, rule: &str| Err(value_error(&self.place(), field, value, rule));
        let neurons = self.shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).unwrap_or(0);
        let rank_known = self.shape.len() == 1 || self.shape.len() == 3;
        if !rank_known || neurons == 0 || neurons > u32::MAX as usize {
            let rule = "must be [N] or [C, H, W] with at least one and less than 2^32 neurons";
            return fail("shape", format!("{:?}", self.shape), rule);
        }
        if self.batch == 0 || self.batch > u32::MAX as usize {
            return fail("batch", self.batch.to_string(), "must be at least 1 and less than 2^32");
        }
        if neurons.checked_mul(self.batch).is_none_or(|n| n > u32::MAX as usize) {
            let rule = "must be so many that batch × neurons is less than 2^32; run fewer samples at a time";
            return fail("batch", self.batch.to_string(), rule);
        }
        Ok(neurons)
    }

    /// Checks what belongs to the layer, and makes it. It takes no memory per neuron but that of parameters of their own.
    ///
    /// # Errors
    /// As those of [`Builder::build`], of everything but batch, threads and memory.
    pub fn build_layer(self) -> Result<Layer<E>> {
        let neurons = self.extent()?;
        let (name, info) = (self.place(), self.model.info());
        let fail = |field: &str, value: String, rule: &str| Err(value_error(&name, field, value, rule));
        let dt = self.dt.unwrap_or(if info.time == Time::Steps { 1.0 } else { 0.001 });
        check::check_dt(&name, dt)?;
        if let Some((field, x)) = self.surrogate.broken_rule() {
            let rule = field.broken_rule(x).unwrap_or_default();
            let surrogate = self.surrogate.info().name;
            return fail(&format!("surrogate {surrogate}.{}", field.name), shown(x), &rule);
        }
        let params = self.columns(&name, neurons)?;
        check::check_params(&*self.model, &name, &params, neurons, dt)?;
        let coeffs = check::prepare(&*self.model, &params, neurons, dt);

        let fields = self.model.state();
        let mut initial = vec![Initial::Rest; fields.len()];
        for (field, start) in self.initial {
            let i = position(fields, &field, &name, "state field")?;
            check::check_initial::<E>(&name, &field, &start, neurons)?;
            initial[i] = start;
        }
        let lateral = match self.lateral {
            None => None,
            Some(weights) => Some(check::check_lateral(&name, weights, neurons)?),
        };
        check::check_competition(&name, self.competition.as_ref())?;
        let level = match self.level {
            Some(level) if level.is_available() => level,
            Some(level) => {
                return fail("level", level.name().into(), "this processor does not have this SIMD level");
            }
            None => Level::from_env().map_err(|what| Error::unsupported(name.clone(), what))?,
        };
        Ok(Layer {
            name,
            model: self.model,
            shape: self.shape,
            neurons,
            dt,
            params,
            coeffs,
            initial,
            surrogate: self.surrogate,
            detach_reset: self.detach_reset,
            competition: self.competition,
            lateral,
            level,
        })
    }

    /// Bytes that the population will take at least, while it is built and run: parameters and coefficients that differ
    /// among neurons, two copies of the state and of what belongs to the layer.
    fn bytes(&self, neurons: usize) -> f64 {
        let each = self.params.iter().filter(|(_, given)| !matches!(given, Values::One(_))).count();
        let coeffs = if each == 0 { 0 } else { self.model.coeffs().len() };
        let per_neuron = 2 * (8 * each + size_of::<E>() * coeffs);
        let per_sample = 2 * size_of::<E>() * (self.model.state().len() + LAYER_FIELDS);
        neurons as f64 * (per_neuron as f64 + self.batch as f64 * per_sample as f64)
    }

    /// The parameters as columns, unset ones at their defaults.
    fn columns(&self, name: &str, neurons: usize) -> Result<Vec<Column<f64>>> {
        let fields = self.model.params();
        let mut columns: Vec<_> = fields.iter().map(|f| Column::Shared(f.default)).collect();
        for (param, given) in &self.params {
            let i = position(fields, param, name, "parameter")?;
            columns[i] = given.column(&format!("{name}.{param}"), neurons, self.shape[0]);
        }
        Ok(columns)
    }
}
