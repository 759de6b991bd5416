//! What `simulate` tells at the end: as text, as JSON, and in the file.

use rheobase::Population;
use rheobase::data::SpikeValues;
use rheobase::models::neuron::{Emits, Time};
use rheobase::population::{Column, Number};
use serde::Serialize;
use serde_json::{Value, json};

use crate::simulate::statistics::Spread;
use crate::simulate::{RunResult, Simulate};
use crate::terminal;
use crate::text::{Table, grouped, short};

/// What the command tells at the end.
#[derive(Serialize)]
pub(crate) struct Summary {
    model: &'static str,
    input: String,
    neurons: usize,
    batch: usize,
    steps: usize,
    dt: f64,
    seed: u64,
    precision: &'static str,
    /// Spikes: where a step counts several, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    spikes: Option<u64>,
    /// Spikes per second (per step for models that count steps), over the neurons.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Spread>,
    /// Output per second of models whose spikes have signs or amplitudes, or the numbers that others send.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cv_isi: Option<f64>,
    #[serde(skip)]
    cv_neurons: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    winners: Option<u64>,
    probes: serde_json::Map<String, Value>,
    wall_seconds: f64,
    neuron_steps_per_second: f64,
    files: Vec<String>,
    /// What was of no use, and what to change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
    #[serde(skip)]
    spreads: Vec<(String, Spread)>,
    #[serde(skip)]
    counts_steps: bool,
    #[serde(skip)]
    analogue: bool,
}

impl Summary {
    pub(crate) fn new<E: Number>(
        args: &Simulate,
        population: &Population<E>,
        steps: usize,
        input: String,
        done: &RunResult<E>,
    ) -> Self {
        let info = population.model().info();
        let (batch, neurons, dt) = (population.batch(), population.neurons(), population.dt());
        let duration = steps as f64 * dt;
        let analogue = info.emits == Emits::Analogue;
        let spiking = |x: Option<Spread>| x.filter(|_| !analogue);
        let cv = done.counts.cv().filter(|_| info.emits == Emits::Binary);
        let wall_seconds = done.wall.as_secs_f64();
        let spreads: Vec<_> = done.probes.iter().map(|(name, e)| (name.clone(), e.spread())).collect();
        Summary {
            model: info.name,
            input,
            neurons,
            batch,
            steps,
            dt,
            seed: args.setup.seed,
            precision: E::NAME,
            spikes: (!analogue).then(|| done.counts.spikes()),
            rate: spiking(done.counts.spike_rates(duration)),
            output: match info.emits {
                Emits::Binary => None,
                Emits::Count | Emits::Signed => done.counts.output_rates(duration),
                Emits::Analogue => done.counts.output(),
            },
            silent: (!analogue).then(|| done.counts.silent()),
            cv_isi: cv.map(|c| c.0),
            cv_neurons: cv.map_or(0, |c| c.1),
            winners: args.wta.map(|_| done.winners),
            probes: spreads.iter().map(|(name, s)| (name.clone(), json!(s))).collect(),
            wall_seconds,
            neuron_steps_per_second: (steps as f64 * (batch * neurons) as f64) / wall_seconds.max(1e-9),
            files: args.output.iter().chain(&args.plot).map(|p| p.display().to_string()).collect(),
            warnings: Vec::new(),
            spreads,
            counts_steps: info.time == Time::Steps,
            analogue,
        }
    }

    /// What a file must hold so that the run can be repeated.
    pub(crate) fn meta<E: Number>(&self, population: &Population<E>) -> Value {
        let parameter = |column: &Column<f64>| match column {
            Column::Shared(x) if x.is_finite() => json!(x),
            Column::Shared(x) => json!(x.to_string()),
            Column::Each(_) => json!("per neuron"),
        };
        let params: serde_json::Map<String, Value> =
            population.params().map(|(f, column)| (f.name.to_string(), parameter(column))).collect();
        json!({
            "program": concat!("rheobase ", env!("CARGO_PKG_VERSION")),
            "model": self.model,
            "params": params,
            "input": self.input,
            "shape": population.shape(),
            "batch": self.batch,
            "steps": self.steps,
            "dt": self.dt,
            "seed": self.seed,
            "precision": self.precision,
            "clock": if self.counts_steps { "steps" } else { "s" },
            "counts": match &population.spike_values()[..] {
                [SpikeValues::Counts(amplitude)] => json!(amplitude),
                _ => Value::Null,
            },
        })
    }

    /// The summary for reading.
    pub(crate) fn text(&self) -> String {
        let (time_unit, rate_unit) = if self.counts_steps { ("steps", "per step") } else { ("s", "Hz") };
        let duration = short(self.steps as f64 * self.dt);
        let batch = if self.batch > 1 { format!(" × {} samples", self.batch) } else { String::new() };
        let length = match self.counts_steps {
            true => format!("{} steps", self.steps),
            false => format!("{} steps of {} s ({duration} {time_unit})", self.steps, short(self.dt)),
        };
        let plural = if self.neurons == 1 { "" } else { "s" };
        let mut out = format!("{}: {} neuron{plural}{batch}, {length}\n", self.model, self.neurons);
        let single = self.neurons * self.batch == 1;
        let spread = |s: &Spread, unit: &str| {
            let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
            if single && s.min == s.max {
                return format!("{}{unit}", short(s.mean));
            }
            format!("mean {}, lowest {}, highest {}{unit}", short(s.mean), short(s.min), short(s.max))
        };
        let mut table = Table::bare();
        table.row(["input".into(), self.input.clone()]);
        if let Some(spikes) = self.spikes {
            table.row(["spikes".into(), grouped(spikes)]);
        }
        if let Some(rate) = &self.rate {
            table.row(["rate".into(), spread(rate, rate_unit)]);
        }
        if let Some(output) = &self.output {
            table.row(["output".into(), spread(output, if self.analogue { "" } else { rate_unit })]);
        }
        if let Some(silent) = self.silent {
            table.row(["silent".into(), format!("{} % of the neurons", short(100.0 * silent))]);
        }
        if let Some(cv) = self.cv_isi {
            let of = if self.cv_neurons == 1 { "1 neuron" } else { &format!("{} neurons", self.cv_neurons) };
            table.row([
                "CV of ISI".into(),
                format!(
                    "{}, mean of {of} with 3 spikes or more",
                    if cv < 1e-6 { "0".into() } else { short(cv) }
                ),
            ]);
        }
        if let Some(winners) = self.winners {
            table.row(["winners".into(), grouped(winners)]);
        }
        for (name, s) in &self.spreads {
            table.row([name.clone(), spread(s, "")]);
        }
        let wall = short(self.wall_seconds);
        table.row([
            "speed".into(),
            format!("{wall} s, {} neuron-steps per second", short(self.neuron_steps_per_second)),
        ]);
        for file in &self.files {
            table.row(["wrote".into(), file.clone()]);
        }
        out += &table.render(terminal::width());
        out
    }
}
