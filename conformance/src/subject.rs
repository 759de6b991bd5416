//! A subject: a model of a catalogue, with parameters and inputs drawn for it by a keyed generator.

use std::sync::{Arc, OnceLock};

use rheobase::models::catalog::Visitor;
use rheobase::models::catalog::for_each;
use rheobase::models::neuron::{Neuron, Time};
use rheobase::models::record::{Field, Kind, Range};
use rheobase::population::{Builder, Model, Number};
use rheobase::random::Stream;
use rheobase::{Catalog, Input, Population, Record, Recording, Spikes};

use crate::phases::Numbers;

/// A model to be put to the laws.
pub struct Subject {
    /// The model as the engine runs it.
    pub model: Arc<dyn Model>,
    /// Its phases over the numbers of gradient checks.
    pub numbers: Numbers,
}

/// Every model of the library.
pub fn subjects() -> &'static [Subject] {
    struct Collect(Vec<Subject>);
    impl Visitor for Collect {
        fn visit<N: Neuron>(&mut self) {
            self.0.extend(Subject::of::<N>(Catalog::standard()));
        }
    }
    static ALL: OnceLock<Vec<Subject>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Collect(Vec::new());
        for_each(&mut all);
        all.0
    })
}

impl Subject {
    /// The model `N` of `catalog`, if it is listed there.
    pub fn of<N: Neuron>(catalog: &Catalog) -> Option<Self> {
        Some(Subject { model: catalog.get(N::INFO.name).ok()?, numbers: Numbers::of::<N>() })
    }

    /// The model's name.
    pub fn name(&self) -> &'static str {
        self.model.info().name
    }

    /// The step's default length.
    pub fn dt(&self) -> f64 {
        if self.model.info().time == Time::Steps { 1.0 } else { 0.001 }
    }

    /// Parameters within their ranges and rules: the defaults for `draw` 0, else drawn around them.
    pub fn parameters(&self, draw: u64) -> Vec<f64> {
        let fields = self.model.params();
        let defaults: Vec<f64> = fields.iter().map(|f| f.default).collect();
        if draw == 0 {
            return defaults;
        }
        let stream = Stream::new(1, "law parameters", self.name());
        let lawful = |p: &Vec<f64>| {
            let within = fields.iter().zip(p).all(|(f, x)| f.broken_rule(*x).is_none());
            within && self.model.broken_rule(p).is_none() && 2.0 * self.dt() < self.model.dt_bound(p)
        };
        (0..100)
            .map(|attempt| {
                let drawn = |(i, f)| around(f, stream.uniform(draw, attempt, i as u32));
                fields.iter().enumerate().map(drawn).collect()
            })
            .find(lawful)
            .unwrap_or(defaults)
    }

    /// The state fields that measure time: they run whatever the input.
    pub fn clocks(&self) -> Vec<bool> {
        self.model.state().iter().map(|f| matches!(f.unit, "s" | "steps")).collect()
    }

    /// Input `[time, neuron]` around the model's example, some of it 0 or negative, within its range; every number is
    /// one that 32 bits hold.
    pub fn input(&self, steps: usize, neurons: usize) -> Vec<f64> {
        let stream = Stream::new(1, "law input", self.name());
        let info = self.model.info();
        let [low, high] = info.input_range;
        let mut input = Vec::with_capacity(steps * neurons);
        for t in 0..steps {
            for n in 0..neurons {
                let level = 0.4 + 1.6 * stream.uniform(0, 1, n as u32);
                let kind = stream.uniform(t as u64, 2, n as u32);
                let noise = 0.5 + stream.uniform(t as u64, 3, n as u32);
                let x = match kind {
                    ..0.08 => 0.0,
                    ..0.12 => -level,
                    ..0.16 => 4.0 * level,
                    _ => level * noise,
                };
                input.push(f64::from((x * info.example_input).clamp(low, high) as f32));
            }
        }
        input
    }
}

/// A value of a field: near its default, spread by `u` in [0, 1).
fn around(field: &Field, u: f64) -> f64 {
    let default = field.default;
    match field.kind {
        Kind::Switch => f64::from(u8::from(u < 0.5)),
        Kind::Whole => default,
        Kind::Real if !default.is_finite() => default,
        Kind::Real if field.range.low.is_finite() && field.range.high.is_finite() => {
            let Range { low, high, .. } = field.range;
            if default == low { low + 0.1 * u * (high - low) } else { low + (0.05 + 0.9 * u) * (high - low) }
        }
        // Now and then a refractory period below dt, which leaves the rest of a step.
        Kind::Real if field.range.low_allowed && field.unit == "s" && default > 0.0 && u < 0.3 => 0.002 * u,
        Kind::Real if field.range.low >= 0.0 && default > 0.0 => default * 2f64.powf(u - 0.5),
        Kind::Real if field.range.low >= 0.0 && field.unit == "s" => 0.004 * u,
        Kind::Real if field.range.low >= 0.0 => 0.1 * u,
        Kind::Real if field.range.high <= 0.0 => default - 0.1 * u,
        Kind::Real => default + (0.05 * default.abs()).max(0.02) * (2.0 * u - 1.0),
    }
}

/// A population of a subject, to be built at either precision.
#[derive(Clone)]
pub struct Setup<'a> {
    /// Whose.
    pub subject: &'a Subject,
    /// Neurons in the layer.
    pub neurons: usize,
    /// Samples.
    pub batch: usize,
    /// Steps of a whole run.
    pub steps: usize,
    /// Parameter by parameter, one number per neuron.
    pub columns: Vec<Vec<f64>>,
    /// `[time, batch, neuron]`.
    pub input: Vec<f64>,
}

impl<'a> Setup<'a> {
    /// Neurons of four parameter sets in turn, the first of them the defaults; what couples the neurons of a layer is
    /// switched off.
    pub fn new(subject: &'a Subject, neurons: usize, batch: usize, steps: usize) -> Self {
        let sets: Vec<Vec<f64>> = (0..4).map(|draw| subject.parameters(draw)).collect();
        let fields = subject.model.params();
        let columns = fields
            .iter()
            .enumerate()
            .map(|(i, f)| {
                let off = subject.model.info().layer_sum == Some(f.name);
                (0..neurons).map(|n| if off { 0.0 } else { sets[n % 4][i] }).collect()
            })
            .collect();
        let input = subject.input(steps, batch * neurons);
        Setup { subject, neurons, batch, steps, columns, input }
    }

    /// The same with the parameters of neuron 0 for all.
    pub fn shared(mut self) -> Self {
        for column in &mut self.columns {
            let first = column[0];
            column.fill(first);
        }
        self
    }

    /// Sets a parameter of all neurons.
    pub fn set(mut self, name: &str, value: f64) -> Self {
        if let Some(i) = self.subject.model.params().iter().position(|f| f.name == name) {
            self.columns[i].fill(value);
        }
        self
    }

    /// The parameters of neuron `n`.
    pub fn parameters(&self, n: usize) -> Vec<f64> {
        self.columns.iter().map(|c| c[n]).collect()
    }

    /// The description of the population.
    pub fn builder<E: Number>(&self) -> Builder<E> {
        self.builder_of(self.subject.model.clone())
    }

    /// The same of `model`, which has the same parameters.
    pub fn builder_of<E: Number>(&self, model: Arc<dyn Model>) -> Builder<E> {
        let mut builder = Population::builder(model, &[self.neurons]).batch(self.batch).threads(1);
        for (field, column) in self.subject.model.params().iter().zip(&self.columns) {
            builder = if column.iter().all(|x| *x == column[0]) {
                builder.set(field.name, column[0])
            } else {
                builder.set(field.name, column)
            };
        }
        builder
    }

    /// The population.
    pub fn build<E: Number>(&self) -> Result<Population<E>, String> {
        self.builder().build().map_err(|e| e.to_string())
    }

    /// The input of the steps `from` to `to`.
    pub fn input<E: Number>(&self, from: usize, to: usize) -> Vec<E> {
        let row = self.batch * self.neurons;
        self.input[from * row..to * row].iter().map(|x| E::from_f64(*x)).collect()
    }

    /// Runs the steps `from` to `to` of the input.
    pub fn run<E: Number>(
        &self,
        population: &mut Population<E>,
        from: usize,
        to: usize,
        record: &Record,
    ) -> Result<Recording<E>, String> {
        let input = self.input(from, to);
        population.run(to - from, &Input::Array(&input), record).map_err(|e| e.to_string())
    }
}

/// Every form of spikes.
pub const FORMS: [Spikes; 4] = [Spikes::None, Spikes::Bits, Spikes::Dense, Spikes::Events];
