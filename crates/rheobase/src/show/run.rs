//! A run: input, potentials with threshold, and raster on one time axis.

use rheobase_draw::{Figure, Simulation, Traces};
use rheobase_models::neuron::{Emits, Time};
use rheobase_sim::population::{Column, Number, Record};
use rheobase_sim::{Population, Recording, Run};

#[cfg(feature = "analyse")]
use super::{PopulationRate, Spikes};
use super::{Rows, Show};
use rheobase_base::Result;
use rheobase_signals::SpikeValues;
#[cfg(feature = "analyse")]
use rheobase_signals::Window;

/// Neurons whose input and potential are drawn.
const DRAWN: usize = 6;
/// Samples of a trace at most: more cannot be seen.
const SAMPLES: usize = 50_000;

/// The picture of a run, gathered while the run goes on, piece by piece. Only the first sample is drawn.
pub struct RunPicture {
    title: String,
    analogue: bool,
    /// Name and unit of the potential, if there is one.
    potential: Option<(&'static str, &'static str)>,
    /// The field that is the threshold, if it is one, and its value where that is one number for all neurons.
    threshold: Option<(&'static str, Option<f64>)>,
    input_unit: &'static str,
    neurons: usize,
    batch: usize,
    drawn: usize,
    every: usize,
    steps: usize,
    clock: Time,
    dt: f64,
    /// Probe by probe, neuron by neuron.
    traces: Vec<Vec<Vec<f64>>>,
    outputs: Vec<Vec<f64>>,
    times: Vec<f64>,
    who: Vec<u32>,
    /// How many spikes each mark of the raster is.
    counts: Vec<u64>,
    /// What the values of each neuron's spikes stand for; one for all neurons alike.
    values: Vec<SpikeValues>,
    rows: Rows,
}

impl RunPicture {
    /// An empty picture of a run of `steps` steps.
    pub fn new<E: Number>(population: &Population<E>, steps: usize) -> Self {
        let (model, neurons, dt) = (population.model(), population.neurons(), population.dt());
        let info = model.info();
        let shared = |name: &str| match population.params().find(|(f, _)| f.name == name)? {
            (_, Column::Shared(x)) => Some(*x),
            (_, Column::Each(_)) => None,
        };
        // A threshold that is a state changes with time, whatever parameter it started from.
        let is_state = |name: &str| model.state().iter().any(|f| f.name == name);
        let threshold =
            model.threshold().map(|f| (f.name, if is_state(f.name) { None } else { shared(f.name) }));
        let potential = info.potential.and_then(|name| model.state().iter().find(|f| f.name == name));
        let drawn = neurons.min(DRAWN);
        RunPicture {
            title: info.class.into(),
            analogue: info.emits == Emits::Analogue,
            potential: potential.map(|f| (f.name, f.unit)),
            threshold,
            input_unit: info.input_unit,
            neurons,
            batch: population.batch(),
            drawn,
            every: steps.div_ceil(SAMPLES),
            steps,
            clock: info.time,
            dt,
            traces: Vec::new(),
            outputs: vec![Vec::new(); drawn],
            times: Vec::new(),
            who: Vec::new(),
            counts: Vec::new(),
            values: population.spike_values(),
            rows: Rows::default(),
        }
    }

    /// Says how the raster's rows stand, and what is below them.
    pub fn rows(mut self, rows: Rows) -> Self {
        self.rows = rows;
        self
    }

    /// What has to be recorded for it.
    pub fn record<E: Number>(population: &Population<E>, steps: usize) -> Record {
        Record::usual(&**population.model(), steps.div_ceil(SAMPLES))
    }

    /// Takes a piece of the run that starts at step `start`; the picture's probes are its traces from `first` on.
    pub fn take<E: Number>(&mut self, start: usize, piece: &Recording<E>, first: usize) {
        let row = piece.shape[1] * self.neurons;
        self.traces.resize(piece.traces.len() - first, vec![Vec::new(); self.drawn]);
        for (all, trace) in self.traces.iter_mut().zip(&piece.traces[first..]) {
            for values in trace.data.chunks(row) {
                all.iter_mut().zip(values).for_each(|(to, x)| to.push(x.to_f64()));
            }
        }
        for (step, values) in piece.dense().chunks(row).enumerate() {
            if (start + step + 1).is_multiple_of(self.every) {
                self.outputs.iter_mut().zip(values).for_each(|(to, x)| to.push(x.to_f64()));
            }
        }
        for e in piece.each_spike().filter(|e| e.batch == 0) {
            self.times.push((start as u64 + e.step) as f64 * self.dt + f64::from(e.offset));
            self.who.push(e.neuron);
            let values = self.values[e.neuron as usize % self.values.len()];
            self.counts.push(values.count(e.value.into()) as u64);
        }
    }

    /// Spikes that it has.
    pub fn spikes(&self) -> usize {
        self.who.len()
    }

    /// What is drawn of it: `LIF, sample 0 of 4, traces of 3 of 1000 neurons`.
    fn title(&self) -> String {
        let mut title = self.title.clone();
        if self.batch > 1 {
            title += &format!(", sample 0 of {}", self.batch);
        }
        if self.drawn < self.neurons {
            title += &format!(", traces of {} of {} neurons", self.drawn, self.neurons);
        }
        title
    }

    /// The picture of what was taken.
    ///
    /// # Errors
    /// Nothing was taken; values that are not finite.
    pub fn figure(&self) -> Result<Figure> {
        let rows = self.traces.first().and_then(|t| t.first()).map_or(0, Vec::len);
        let at = |i: usize| ((i + 1) * self.every - 1) as f64 * self.dt;
        let times: Vec<f64> = (0..rows).map(at).collect();
        let input = traces(&times, "input", self.input_unit, self.series(0)).clock(self.clock);
        if self.analogue {
            let output = traces(&times, "output", "", &self.outputs).clock(self.clock);
            return Ok(Figure::stack([input.panel()?, output.panel()?])?.title(self.title()));
        }
        let end = self.steps as f64 * self.dt;
        let mut figure = Simulation::new(0.0, end, &self.times, &self.who, self.neurons)
            .title(self.title())
            .clock(self.clock)
            .counts(&self.counts)
            .order(self.rows.order)
            .input(input);
        for (name, first) in &self.rows.groups {
            figure = figure.group(name, *first);
        }
        if let Some((name, unit)) = self.potential {
            let mut potential = traces(&times, name, unit, self.series(1));
            if let Some(threshold) = self.threshold() {
                potential = potential.threshold(threshold);
                if let Some((name, _)) = self.threshold {
                    potential = potential.threshold_name(name);
                }
            }
            figure = figure.potential(potential);
        }
        #[cfg(feature = "analyse")]
        if self.rows.with_rate(self.neurons, self.spikes()) {
            let rate = PopulationRate::new(&self.raster(end), &self.rows.groups, None, 0.95)?;
            return figure.rate(rate.rates()).figure();
        }
        figure.figure()
    }

    /// The spikes of a run that ends then.
    #[cfg(feature = "analyse")]
    fn raster(&self, end: f64) -> Spikes<'_> {
        Spikes {
            times: &self.times,
            neurons: &self.who,
            counts: Some(&self.counts),
            count: self.neurons,
            window: Window::to_the_end(0.0, end),
            dt: Some(self.dt),
            clock: self.clock,
        }
    }

    /// The values of the picture's probe number `i`, per drawn neuron.
    fn series(&self, i: usize) -> &[Vec<f64>] {
        self.traces.get(i).map_or(&[], Vec::as_slice)
    }

    /// What the potential is compared with, where that is one number for all neurons at all times: the parameter that
    /// the model says it is; else the margin shows it, which is then the potential less this number.
    fn threshold(&self) -> Option<f64> {
        if let Some((_, Some(value))) = self.threshold {
            return Some(value);
        }
        let (potential, margin) = (self.series(2), self.series(3));
        let pairs = || potential.iter().flatten().zip(margin.iter().flatten());
        let (first, _) = pairs().next().map(|(u, m)| (u - m, u))?;
        let size = pairs().fold(first.abs(), |s, (u, m)| s.max(u.abs()).max(m.abs()));
        pairs().all(|(u, m)| (u - m - first).abs() <= 1e-5 * size).then(|| {
            // The difference of two rounded numbers: its last digits mean nothing.
            let digits = 1e-5 * size.max(f64::MIN_POSITIVE);
            (first / digits).round() * digits
        })
    }
}

impl<E: Number> Show for Run<E> {
    fn figure(&self) -> Result<Figure> {
        let steps = self.recording.shape[0];
        let mut picture = RunPicture::new(&self.population, steps);
        picture.take(0, &self.recording, 0);
        picture.figure()
    }
}

/// Traces of the drawn neurons.
fn traces<'a>(times: &'a [f64], label: &str, unit: &str, series: &'a [Vec<f64>]) -> Traces<'a> {
    let unit = if unit == "1" { "" } else { unit };
    let values: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    Traces::new(times, label, unit).neurons(&values)
}
