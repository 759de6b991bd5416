//! What `simulate` and `curve` share: the model, its parameters, step, seed, threads and precision.

use std::sync::Arc;

use clap::Args;
use rheobase::models::neuron::Time;
use rheobase::models::real::whole_steps;
use rheobase::population::{Builder, Model, Number, Values};
use rheobase::random::Stream;
use rheobase::{Catalog, Initial, Population};

use crate::arguments::{NumberOrSpan, Setting, Value};
use crate::failure::{Failure, Outcome};
use crate::memory::fits;
use crate::text::exact;

#[derive(Args)]
pub(crate) struct Setup {
    /// Model, by name (lif) or class (LIF); `rheobase models` lists them
    pub(crate) model: String,
    /// Set a parameter: a number (with a unit, such as 20ms, or in the parameter's own), LOW..HIGH (drawn per neuron), LOW..HIGH/map (per feature map), @FILE (one each)
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<Setting>,
    /// Length of a step in seconds, or such as 0.1ms [default: 0.001]; models that count steps have none
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = crate::units::seconds)]
    pub(crate) dt: Option<f64>,
    /// Seed of everything random: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Threads [default: all cores]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = crate::arguments::threads)]
    threads: Option<usize>,
    /// Compute in 64-bit numbers instead of 32-bit ones
    #[arg(long)]
    pub(crate) f64: bool,
}

impl Setup {
    /// The model, from the catalogue.
    pub(crate) fn model(&self) -> Outcome<Arc<dyn Model>> {
        find_model(&self.model)
    }

    /// Length of a step: as asked for, else as `file` has it, else the default.
    pub(crate) fn step_length(&self, model: &dyn Model, file: Option<f64>) -> Outcome<f64> {
        if model.info().time == Time::Seconds {
            return Ok(self.dt.or(file).unwrap_or(0.001));
        }
        match self.dt {
            None | Some(1.0) => Ok(1.0),
            Some(dt) => Err(Failure::bad(format!(
                "{}.dt = {dt:?}: this model counts steps, whose length is 1; leave --dt away",
                model.info().name
            ))),
        }
    }

    /// The population's description with all parameters set.
    pub(crate) fn builder<E: Number>(
        &self,
        model: &Arc<dyn Model>,
        shape: &[usize],
        dt: f64,
    ) -> Outcome<Builder<E>> {
        let neurons = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).unwrap_or(usize::MAX);
        let name = model.info().name;
        let mut builder = self.plain(model, shape, dt)?;
        for (i, setting) in self.set.iter().enumerate() {
            check_once(&self.set[..i], setting, "--set")?;
            let setting = setting.in_units_of("--set", model.params())?;
            let field = &setting.name;
            builder = match &setting.value {
                Value::NumberOrSpan(NumberOrSpan::Same(x)) => builder.set(field, *x),
                Value::NumberOrSpan(NumberOrSpan::Between(low, high)) => {
                    let stream = Stream::new(self.seed, "parameter", &format!("{name}.{field}"));
                    builder.set(field, drawn(stream, *low, *high, neurons))
                }
                Value::PerMap(low, high) => {
                    builder.set(field, Values::Uniform { low: *low, high: *high, seed: self.seed })
                }
                Value::File(file) => builder.set(field, &file.column(field)?),
            };
        }
        Ok(builder)
    }

    /// The description with all parameters at their defaults, if such a population fits into memory.
    pub(crate) fn plain<E: Number>(
        &self,
        model: &Arc<dyn Model>,
        shape: &[usize],
        dt: f64,
    ) -> Outcome<Builder<E>> {
        let neurons = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).unwrap_or(usize::MAX);
        // State, coefficients and a copy of the state per chunk, in the worst case all of 64 bits.
        fits(
            &format!("{} with {neurons} neurons", model.info().name),
            neurons,
            8 * (3 * model.state().len() + model.coeffs().len() + model.params().len() + 4),
        )?;
        let builder = Population::builder(model.clone(), shape).dt(dt);
        Ok(match self.threads {
            Some(threads) => builder.threads(threads),
            None => builder,
        })
    }

    /// The parameters of the first neuron that were drawn or read from a file.
    pub(crate) fn drawn<E: Number>(&self, population: &Population<E>) -> Vec<(&'static str, f64)> {
        let fixed = |name: &str| {
            let of = self.set.iter().find(|s| s.name == name);
            of.is_none_or(|s| matches!(s.value, Value::NumberOrSpan(NumberOrSpan::Same(_))))
        };
        let fields = population.model().params().iter().map(|f| f.name).zip(population.params_of(0));
        fields.filter(|(name, _)| !fixed(name)).collect()
    }

    /// The builder with state fields started as `initial` says.
    pub(crate) fn with_initial<E: Number>(
        &self,
        model: &dyn Model,
        mut builder: Builder<E>,
        initial: &[Setting],
    ) -> Outcome<Builder<E>> {
        for (i, setting) in initial.iter().enumerate() {
            check_once(&initial[..i], setting, "--initial")?;
            let setting = setting.in_units_of("--initial", model.state())?;
            let start = match &setting.value {
                Value::NumberOrSpan(NumberOrSpan::Same(x)) => Initial::Value(*x),
                Value::NumberOrSpan(NumberOrSpan::Between(low, high)) => {
                    Initial::Uniform { low: *low, high: *high, seed: self.seed }
                }
                Value::PerMap(..) => {
                    return Err(Failure::bad(format!(
                        "--initial {}: states are drawn per neuron; write LOW..HIGH",
                        setting.name
                    )));
                }
                Value::File(file) => Initial::Each(file.column(&setting.name)?),
            };
            builder = builder.initial(&setting.name, start);
        }
        Ok(builder)
    }
}

/// The model called `name`; where no name is near, the error says where all of them are.
pub(crate) fn find_model(name: &str) -> Outcome<Arc<dyn Model>> {
    Catalog::standard().get(name).map_err(|e| match e {
        rheobase::Error::Unknown { nearest: None, .. } => {
            Failure::bad(format!("{e}; `rheobase models` lists them all"))
        }
        e => e.into(),
    })
}

/// A field given twice would leave one of the two without effect.
pub(crate) fn check_once(before: &[Setting], setting: &Setting, option: &str) -> Outcome<()> {
    match before.iter().any(|s| s.name == setting.name) {
        false => Ok(()),
        true => Err(Failure::bad(format!("{option} {}: is given twice; keep one", setting.name))),
    }
}

/// Uniform numbers on [low, high), one per neuron.
pub(crate) fn drawn(stream: Stream, low: f64, high: f64, neurons: usize) -> Vec<f64> {
    (0..neurons).map(|n| low + (high - low) * stream.uniform(0, 0, n as u32)).collect()
}

/// Whole steps of length `dt` in `time`, which the option called `option` gave.
pub(crate) fn steps_in(option: &str, time: f64, dt: f64) -> Outcome<usize> {
    let refused = |rule: &str| Err(Failure::bad(format!("{option} {}: {rule}", exact(time))));
    if !(time > 0.0 && time.is_finite()) {
        return refused("must be > 0 and finite");
    }
    let steps = whole_steps(time, dt);
    if !(1.0..=1e15).contains(&steps) {
        return refused(&format!("makes {} steps of {}; 1 to 1e15 are possible", exact(steps), exact(dt)));
    }
    Ok(steps as usize)
}
