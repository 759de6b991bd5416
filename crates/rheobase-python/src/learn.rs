//! Learning: settings, jobs, trained networks, sessions.

use std::borrow::Borrow;
use std::path::PathBuf;

use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::learn::stage::ReceptiveFields;
use rheobase::learn::{
    self, Epoch, Job as Training, Outcome, Paired, Presentation, ReluNetwork, Scaling, Session as Stepping,
    Splits, StageEpoch, TrainConfig, Trained as Read, Weights,
};
use rheobase::network::Library;
use rheobase::network::{Program, State, Synapse, SynapseShape};
use rheobase::show::weights::weights;
use rheobase::{Cancel, Error};

use crate::arrays::array;
use crate::dataset::Dataset;
use crate::enter::enter;
use crate::error::{Raise, TEXT, raise};
use crate::figure::Figure;
use crate::network::Network;

/// The settings of a job.
#[pyclass(module = "rheobase._native")]
#[derive(Clone)]
pub(crate) struct Settings(pub(crate) TrainConfig);

#[pymethods]
impl Settings {
    /// Those of the digits.
    #[new]
    fn new() -> Self {
        Settings(TrainConfig::digits())
    }

    #[staticmethod]
    fn from_toml(text: &str) -> PyResult<Self> {
        Ok(Settings(TrainConfig::from_toml(text, TEXT).raised()?))
    }

    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        Ok(Settings(TrainConfig::read(path).raised()?))
    }

    fn to_toml(&self) -> PyResult<String> {
        self.0.to_toml().raised()
    }

    fn write(&self, path: PathBuf) -> PyResult<()> {
        self.0.write(path).raised()
    }

    fn set(&mut self, key: &str, value: &str) -> PyResult<()> {
        self.0.set(key, value).raised()
    }

    /// What the reference of settings says of a key, or all of it.
    #[staticmethod]
    fn reference(key: Option<String>) -> PyResult<String> {
        key.map_or_else(|| Ok(TrainConfig::REFERENCE.into()), |key| TrainConfig::reference(&key)).raised()
    }

    /// Every key of that, in its order: table, kind of the table, name, value, meaning.
    #[staticmethod]
    fn keys(key: Option<String>) -> PyResult<Vec<[String; 5]>> {
        let keys = TrainConfig::keys(key.as_deref()).raised()?;
        Ok(keys.into_iter().map(|k| [k.table, k.of, k.key, k.value, k.meaning]).collect())
    }

    fn copy(&self) -> Self {
        self.clone()
    }

    fn same(&self, other: &Settings) -> bool {
        self.0 == other.0
    }

    #[getter]
    fn epochs(&self) -> u64 {
        self.0.train.epochs
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.0.train.seed
    }
}

/// The parts of the data of a job.
fn splits(
    train: &Dataset,
    validation: Option<&Dataset>,
    test: Option<&Dataset>,
    settings: &Settings,
) -> PyResult<Splits> {
    let (validation, test) = (validation.map(|v| v.0.clone()), test.map(|t| t.0.clone()));
    Splits::of(train.0.clone(), validation, test, &settings.0).raised()
}

fn epoch<'py>(py: Python<'py>, e: &Epoch) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("epoch", e.epoch)?;
    dict.set_item("learning_rate", e.learning_rate)?;
    dict.set_item("loss", e.loss)?;
    dict.set_item("accuracy", e.accuracy)?;
    dict.set_item("rate", e.rate)?;
    dict.set_item("validation_loss", e.validation_loss)?;
    dict.set_item("validation_accuracy", e.validation_accuracy)?;
    dict.set_item("test_loss", e.test_loss)?;
    dict.set_item("test_accuracy", e.test_accuracy)?;
    Ok(dict)
}

fn history<'py>(py: Python<'py>, all: &[Epoch]) -> PyResult<Vec<Bound<'py, PyDict>>> {
    all.iter().map(|e| epoch(py, e)).collect()
}

/// What became of some samples.
fn outcome<'py>(
    py: Python<'py>,
    found: Outcome,
    program: &Program,
    samples: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("loss", found.loss / samples as f64)?;
    dict.set_item("correct", found.correct)?;
    dict.set_item("samples", samples)?;
    let classes: Vec<u32> = found.predictions.iter().map(|c| *c as u32).collect();
    dict.set_item("classes", array(py, classes, &[samples])?)?;
    let scores = found.scores.len() / samples;
    dict.set_item("scores", array(py, found.scores, &[samples, scores])?)?;
    let rates = PyDict::new(py);
    for (((name, _, shape), spikes), count) in
        program.nodes().zip(program.spiking()).zip(&found.counts.spikes)
    {
        if spikes {
            let neurons: usize = shape.iter().product();
            rates.set_item(name, *count as f64 / (neurons as f64 * found.sample_steps as f64).max(1.0))?;
        }
    }
    dict.set_item("rates", rates)?;
    Ok(dict)
}

/// What the parameters of a program are, by name.
fn parameters<'py>(py: Python<'py>, program: &Program) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for tensor in &program.parameters().tensors {
        dict.set_item(&tensor.name, array(py, tensor.values.clone(), &tensor.shape)?)?;
    }
    Ok(dict)
}

/// An epoch of a stage.
type StageRow = (u64, usize, usize, Vec<u64>, f64, Option<f64>);

/// A training job.
#[pyclass(module = "rheobase._native")]
pub(crate) struct Job(Training);

#[pymethods]
impl Job {
    /// A job as its settings describe it.
    #[new]
    fn new(py: Python<'_>, settings: &Settings) -> PyResult<Self> {
        let config = settings.0.clone();
        Ok(Job(enter(py, usize::MAX, |_| Training::new(config)).whole()?))
    }

    /// A job on samples in hand.
    #[staticmethod]
    fn given(
        py: Python<'_>,
        network: &Network,
        train: &Dataset,
        validation: Option<PyRef<'_, Dataset>>,
        test: Option<PyRef<'_, Dataset>>,
        settings: &Settings,
    ) -> PyResult<Self> {
        let data = splits(train, validation.as_deref(), test.as_deref(), settings)?;
        Ok(Job(enter(py, usize::MAX, |_| Training::given(&network.0, data, &settings.0)).whole()?))
    }

    /// The job of a checkpoint, with some settings changed.
    #[staticmethod]
    fn resume(py: Python<'_>, path: PathBuf, changes: Vec<(String, String)>) -> PyResult<Self> {
        let change = |config| changed(config, &changes);
        let resumed = enter(py, usize::MAX, |_| Training::resume_with(&path, &Library::default(), change));
        Ok(Job(resumed.whole()?))
    }

    /// The same on samples in hand.
    #[staticmethod]
    fn resume_given(
        py: Python<'_>,
        path: PathBuf,
        train: &Dataset,
        validation: Option<PyRef<'_, Dataset>>,
        test: Option<PyRef<'_, Dataset>>,
        changes: Vec<(String, String)>,
    ) -> PyResult<Self> {
        // How samples are split is a setting of the run.
        let before = Settings(Read::read(&path, 0).raised()?.config().clone());
        let data = splits(train, validation.as_deref(), test.as_deref(), &before)?;
        let change = |config| changed(config, &changes);
        Ok(Job(enter(py, usize::MAX, |_| Training::resume_given(&path, data, change)).whole()?))
    }

    /// Learns until the job is done, `watch` (called after every batch, with the epoch where it is done) gives false, or a
    /// signal comes.
    fn run(&mut self, py: Python<'_>, watch: &Bound<'_, PyAny>) -> PyResult<()> {
        let watch = watch.clone().unbind();
        let mut failed: Option<PyErr> = None;
        let entered = enter(py, usize::MAX, |cancel| {
            self.0.run(|_, now, done| Ok(goes_on(&watch, cancel, now, done, &mut failed)))
        });
        if let Some(failed) = failed {
            return Err(failed);
        }
        entered.whole()
    }

    /// One update from a batch in hand, in an epoch of so many.
    fn learn_batch(&mut self, py: Python<'_>, batch: &Dataset, batches: usize) -> PyResult<Progress> {
        let now = enter(py, usize::MAX, |_| self.0.learn_batch(&batch.0, batches)).whole()?;
        Ok(progress(&now))
    }

    /// Ends an epoch of batches in hand.
    fn end_batches<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let done = enter(py, usize::MAX, |_| self.0.end_batches()).whole()?;
        epoch(py, &done)
    }

    fn evaluate<'py>(&self, py: Python<'py>, samples: &Dataset) -> PyResult<Bound<'py, PyDict>> {
        let found = enter(py, usize::MAX, |_| self.0.evaluate(&samples.0)).whole()?;
        outcome(py, found, self.0.program(), samples.0.samples())
    }

    /// Samples through the network, whose classes need not be known.
    fn outcome<'py>(&self, py: Python<'py>, samples: &Dataset) -> PyResult<Bound<'py, PyDict>> {
        let found = enter(py, usize::MAX, |_| self.0.outcome(&samples.0)).whole()?;
        outcome(py, found, self.0.program(), samples.0.samples())
    }

    /// The job's test samples through the network.
    fn test<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let data = &self.0.splits().test;
        let found = enter(py, usize::MAX, |_| self.0.evaluate(data)).whole()?;
        outcome(py, found, self.0.program(), data.samples())
    }

    /// Names of what the job is compared with.
    fn controls(&self) -> Vec<String> {
        self.0.config().control.iter().map(|control| control.name.clone()).collect()
    }

    /// The job of a control, at its start.
    fn control(&self, py: Python<'_>, name: &str) -> PyResult<Self> {
        let all = &self.0.config().control;
        let known = || all.iter().map(|control| &control.name[..]);
        let control = all.iter().find(|control| control.name == name);
        let control = control.ok_or_else(|| Error::unknown("control", "control", name, known())).raised()?;
        Ok(Job(enter(py, usize::MAX, |_| self.0.control(control)).whole()?))
    }

    /// This job and another on the same test samples: how many both get right, only this, only the other, neither, and how
    /// likely a difference as large is between equals.
    fn paired(&self, py: Python<'_>, other: &Job) -> PyResult<(usize, usize, usize, usize, f64)> {
        let both = enter(py, usize::MAX, |_| {
            let [mine, theirs] = [&self.0, &other.0].map(|job| job.evaluate(&job.splits().test));
            self.0.paired(&mine?, &other.0, &theirs?)
        });
        let Paired { both, first, second, neither, p } = both.whole()?;
        Ok((both, first, second, neither, p))
    }

    /// What kernels of a layer, those that it has now, look like in the network's input: `[feature, channel, row, column]`.
    fn receptive_fields<'py>(&self, py: Python<'py>, layer: &str) -> PyResult<Bound<'py, PyAny>> {
        let (program, place) = (self.0.program(), format!("network.{layer}"));
        program.node(layer).raised()?;
        let weights = program.parameters().get(&format!("{layer}.weight")).map(|w| &w.values[..]);
        let fields = weights.ok().and_then(|w| ReceptiveFields::new(self.0.network(), program, layer, w));
        let fields = fields.ok_or_else(|| {
            let what = "is no convolution of images behind other such convolutions, pooling, and nodes that only choose spikes";
            Error::unsupported(place, what)
        });
        let ReceptiveFields { shape: [channels, rows, columns], values } = fields.raised()?;
        let features = values.len() / (channels * rows * columns).max(1);
        Ok(array(py, values, &[features, channels, rows, columns])?.into_any())
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.checkpoint()?.write(&path)).raised()
    }

    fn history<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        history(py, self.0.history())
    }
    /// The epochs of each stage that are done, by layer: samples, how many were silent, wins of features, how far weights are
    /// from their bounds, share of right winners.
    fn stages(&self) -> Vec<(String, Vec<StageRow>)> {
        let row = |e: &StageEpoch| (e.epoch, e.samples, e.silent, e.wins.clone(), e.convergence, e.accuracy);
        self.0
            .stages()
            .iter()
            .map(|s| (s.config().layer.clone(), s.history().iter().map(row).collect()))
            .collect()
    }
    fn fingerprint(&self) -> PyResult<String> {
        self.0.fingerprint().raised()
    }
    fn is_done(&self) -> bool {
        self.0.is_done()
    }
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(|w| w.to_string()).collect()
    }
    fn settings(&self) -> Settings {
        Settings(self.0.config().clone())
    }
    fn network(&self) -> Network {
        Network(self.0.network().clone())
    }
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        parameters(py, self.0.program())
    }
}

fn changed(mut config: TrainConfig, changes: &[(String, String)]) -> rheobase::Result<TrainConfig> {
    for (key, value) in changes {
        config.set(key, value)?;
    }
    Ok(config)
}

/// Epoch, batches that are done and that there are, loss, accuracy, rate; where a stage learns, its number, how many there
/// are, and how far its weights are from their bounds.
type Progress = (u64, usize, usize, f64, f64, f64, Option<(usize, usize, f64)>);

fn progress(now: &learn::Progressed) -> Progress {
    let stage = now.stage.map(|s| (s.stage + 1, s.stages, s.convergence));
    (now.epoch, now.batches.0, now.batches.1, now.loss, now.accuracy, now.rate, stage)
}

/// Shows progress to Python; whether to go on.
fn goes_on(
    watch: &Py<PyAny>,
    cancel: &Cancel,
    now: &learn::Progressed,
    done: Option<&Epoch>,
    failed: &mut Option<PyErr>,
) -> bool {
    let shown = Python::attach(|py| -> PyResult<bool> {
        let finished = done.map(|e| epoch(py, e)).transpose()?;
        watch.call1(py, (progress(now), finished))?.extract(py)
    });
    match shown {
        Ok(on) => on && !cancel.is_asked(),
        Err(error) => {
            *failed = Some(error);
            false
        }
    }
}

/// The network of a checkpoint.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Trained(Read);

#[pymethods]
impl Trained {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, threads: usize) -> PyResult<Self> {
        Ok(Trained(enter(py, usize::MAX, |_| Read::read(&path, threads)).whole()?))
    }

    fn outcome<'py>(&self, py: Python<'py>, samples: &Dataset) -> PyResult<Bound<'py, PyDict>> {
        let mut data = samples.0.clone();
        let names = &self.0.samples().class_names;
        if !names.is_empty() && !data.labels().is_empty() {
            data = data.with_class_names(names.clone()).raised()?;
        }
        let found = enter(py, usize::MAX, |_| self.0.outcome(&data)).whole()?;
        outcome(py, found, self.0.program(), data.samples())
    }

    /// What the network, trained as rates, gives as spikes: as JSON.
    fn as_spikes(
        &self,
        py: Python<'_>,
        shown: Shown,
        samples: &Dataset,
        calibration: Option<PyRef<'_, Dataset>>,
    ) -> PyResult<String> {
        let presentation = shown.presentation().raised()?;
        let calibration = calibration.map(|c| c.0.clone());
        let run = |_: &Cancel| self.0.as_spikes(&presentation, calibration.as_ref(), &samples.0);
        json(&enter(py, usize::MAX, run).whole()?)
    }

    /// Its weights as maps.
    fn weights_figure(&self, name: Option<&str>, map: Option<(usize, usize)>) -> PyResult<Figure> {
        Ok(Figure(weights(&self.0, name, map).raised()?))
    }

    /// Fits the layers' rates, writes the network of rates to a file; the layers as JSON.
    fn to_rates(&self, py: Python<'_>, samples: &Dataset, path: PathBuf) -> PyResult<String> {
        let found = enter(py, usize::MAX, |_| self.0.fitted_rates(&samples.0)).whole()?;
        py.detach(|| found.checkpoint.write(&path)).raised()?;
        json(&found.layers)
    }

    fn history<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        history(py, self.0.history())
    }
    fn fingerprint(&self) -> PyResult<String> {
        self.0.fingerprint().raised()
    }
    fn settings(&self) -> Settings {
        Settings(self.0.config().clone())
    }
    fn network(&self) -> Network {
        Network(self.0.network().clone())
    }
    fn class_names(&self) -> Vec<String> {
        self.0.samples().class_names.clone()
    }
    /// Shape of the samples it was trained on.
    fn sample_shape(&self) -> Vec<usize> {
        self.0.samples().shape.clone()
    }
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        parameters(py, self.0.program())
    }
}

/// How a network of rates is shown samples as spikes.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Shown {
    steps: usize,
    start: Option<usize>,
    synapse: Option<(String, f64)>,
    output_synapse: Option<(String, f64)>,
    scale: Option<f64>,
    percentile: Option<f64>,
    rate: f64,
    initial_potential: f64,
}

impl Shown {
    fn presentation(self) -> rheobase::Result<Presentation> {
        let synapse = |given: Option<(String, f64)>| match given {
            None => Ok(None),
            Some((shape, tau)) if shape == "exponential" => Ok(Some((SynapseShape::Exponential, tau))),
            Some((shape, tau)) if shape == "alpha" => Ok(Some((SynapseShape::Alpha, tau))),
            Some((shape, _)) => Err(Error::unknown("synapse", "shape", &shape, ["exponential", "alpha"])),
        };
        let made = |(shape, tau)| Synapse { shape, tau };
        let usual = Presentation::new(self.steps);
        Ok(Presentation {
            from: self.start.unwrap_or(usual.from),
            synapse: synapse(self.synapse)?.map(made),
            output_synapse: synapse(self.output_synapse)?.map(made),
            scaling: match (self.scale, self.percentile) {
                (Some(factor), _) => Scaling::By(factor),
                (None, Some(percentile)) => Scaling::Percentile { percentile, rate: self.rate },
                (None, None) => Scaling::None,
            },
            initial_potential: self.initial_potential,
            ..usual
        })
    }
}

fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value)
        .map_err(|e| raise(Error::unsupported("result", format!("cannot be handed over: {e}"))))
}

/// Writes the network of rates that comes of a network of ReLU as a checkpoint.
#[pyfunction]
pub(crate) fn from_relu(py: Python<'_>, network: PathBuf, weights: PathBuf, path: PathBuf) -> PyResult<()> {
    let made = || ReluNetwork::read(&network)?.converted(&Weights::read(&weights)?)?.write(&path);
    py.detach(made).raised()
}

/// A trained network fed step by step.
#[pyclass(module = "rheobase._native")]
pub(crate) struct Session(Stepping<Owner>);

/// What a session's program belongs to.
struct Owner(Py<Trained>);

impl Borrow<Program> for Owner {
    fn borrow(&self) -> &Program {
        self.0.get().0.program()
    }
}

/// The state of a session, to be given back to it.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct SessionState(State);

#[pymethods]
impl Session {
    #[new]
    fn new(trained: Py<Trained>, samples: usize) -> PyResult<Self> {
        Stepping::new(Owner(trained), samples).map(Session).raised()
    }

    /// Shapes of what goes in and comes out in a step, without the samples.
    fn shapes(&self) -> (Vec<usize>, Vec<usize>) {
        let program = self.0.program();
        (program.input_shape().to_vec(), program.output_shape().to_vec())
    }

    fn step<'py>(
        &mut self,
        py: Python<'py>,
        input: PyReadonlyArrayDyn<'py, f32>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (session, x) = (&mut self.0, input.as_slice()?);
        let answer = py.detach(|| session.step(x)).raised()?;
        let outputs = session.program().output_shape();
        let shape: Vec<usize> = [session.samples()].iter().chain(outputs).copied().collect();
        Ok(array(py, answer, &shape)?.into_any())
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn state(&self) -> SessionState {
        SessionState(self.0.state().clone())
    }

    fn set_state(&mut self, state: &SessionState) -> PyResult<()> {
        self.0.set_state(state.0.clone()).raised()
    }

    /// Spikes of each layer of spiking neurons since the reset.
    fn spikes(&self) -> Vec<(String, u64)> {
        let program = self.0.program();
        let counts = self.0.counts().spikes.iter().copied().chain(std::iter::repeat(0));
        let all = program.nodes().zip(program.spiking()).zip(counts);
        all.filter(|((_, spiking), _)| *spiking).map(|(((name, ..), _), n)| (name.to_string(), n)).collect()
    }
}
