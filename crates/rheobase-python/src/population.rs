//! Populations of either precision behind one Python class.

use std::sync::Arc;

use numpy::{Element, PyReadonlyArrayDyn, PyReadwriteArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rheobase::population::{Column, LayerState, Number, Tape as NativeTape, Upstream};
use rheobase::{Cancel, Catalog, Error, Input, Population as Neurons, Record, Spikes, Values};

use crate::arguments::{CompetitionArgument, NumberOrSpan, competition, square, surrogate};
use crate::arrays::{array, row_shape};
use crate::enter::enter;
use crate::error::{Raise, raise};
use crate::recording::{Raw, RecordRequest, gathered};
use crate::stimulus::Prepared;

/// Neurons of one precision.
enum Either {
    Single(Neurons<f32>),
    Double(Neurons<f64>),
}

/// Does the same with neurons of either precision.
macro_rules! with {
    ($either:expr, $p:ident => $body:expr) => {
        match $either {
            Either::Single($p) => $body,
            Either::Double($p) => $body,
        }
    };
}

/// What a taped run leaves for the backward pass.
enum EitherTape {
    Single(NativeTape<f32>),
    Double(NativeTape<f64>),
}

/// What `Population.gradients` needs of a run: the state at some of its steps.
#[pyclass(module = "rheobase._native", frozen)]
pub(crate) struct Tape(EitherTape);

/// Neurons with their state.
#[pyclass(module = "rheobase._native")]
pub(crate) struct Population {
    neurons: Either,
    /// Lengths of batch (if it has an axis) and layer.
    row: Vec<usize>,
    /// Numbers that a step of one neuron takes: that of edges into it, at least 1.
    edges: usize,
}

/// A number type of the engine that NumPy knows, too.
trait Precision: Number + Element {
    fn tape(tape: NativeTape<Self>) -> EitherTape;
    fn taped(tape: &EitherTape) -> Option<&NativeTape<Self>>;
}

impl Precision for f32 {
    fn tape(tape: NativeTape<f32>) -> EitherTape {
        EitherTape::Single(tape)
    }
    fn taped(tape: &EitherTape) -> Option<&NativeTape<f32>> {
        match tape {
            EitherTape::Single(tape) => Some(tape),
            EitherTape::Double(_) => None,
        }
    }
}

impl Precision for f64 {
    fn tape(tape: NativeTape<f64>) -> EitherTape {
        EitherTape::Double(tape)
    }
    fn taped(tape: &EitherTape) -> Option<&NativeTape<f64>> {
        match tape {
            EitherTape::Double(tape) => Some(tape),
            EitherTape::Single(_) => None,
        }
    }
}

/// What a population is made of, as the Python side names it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings<'py> {
    model: String,
    name: Option<String>,
    shape: Vec<usize>,
    batch: Option<usize>,
    dt: Option<f64>,
    params: Vec<(String, NumberOrSpan<'py>)>,
    initial: Vec<(String, NumberOrSpan<'py>)>,
    keep_on_reset: Vec<(String, bool)>,
    surrogate: Option<(String, Vec<f64>)>,
    detach_reset: bool,
    competition: Option<CompetitionArgument>,
    lateral: Option<PyReadonlyArrayDyn<'py, f64>>,
    clocks: bool,
    threads: Option<usize>,
}

impl Settings<'_> {
    fn build<E: Number>(&self) -> PyResult<Neurons<E>> {
        let model = Catalog::standard().get(&self.model).raised()?;
        let place = self.name.as_deref().unwrap_or(model.info().name);
        let mut builder = Neurons::builder(Arc::clone(&model), &self.shape)
            .name(place)
            .batch(self.batch.unwrap_or(1))
            .detach_reset(self.detach_reset)
            .clocks(self.clocks);
        if let Some(dt) = self.dt {
            builder = builder.dt(dt);
        }
        for (name, amount) in &self.params {
            builder = amount.set(builder, name)?;
        }
        for (name, amount) in &self.initial {
            builder = amount.start(builder, name)?;
        }
        for (name, keep) in &self.keep_on_reset {
            builder = builder.keep_on_reset(name, *keep);
        }
        if let Some((name, values)) = &self.surrogate {
            builder = builder.surrogate(surrogate(place, name, values)?);
        }
        if let Some(argument) = &self.competition {
            builder = builder.competition(competition(place, argument.clone())?);
        }
        if let Some(weights) = &self.lateral {
            builder = builder.lateral(&square(place, weights)?);
        }
        if let Some(threads) = self.threads {
            builder = builder.threads(threads);
        }
        builder.build().raised()
    }
}

/// What drives a run.
#[derive(FromPyObject)]
enum Drive<'py> {
    Made(PyRef<'py, Prepared>),
    Array(Bound<'py, PyAny>),
}

#[pymethods]
impl Population {
    #[new]
    fn new(settings: Settings<'_>, double: bool) -> PyResult<Self> {
        let row = row_shape(settings.batch, &settings.shape);
        let neurons =
            if double { Either::Double(settings.build()?) } else { Either::Single(settings.build()?) };
        let edges = settings.lateral.as_ref().map_or(1, |_| settings.shape.iter().product());
        Ok(Population { neurons, row, edges })
    }

    /// Advances by `steps`; see `rheobase.Population.run`.
    #[pyo3(signature = (steps, input, spikes, probes, taped))]
    fn run<'py>(
        &mut self,
        py: Python<'py>,
        steps: usize,
        input: Drive<'py>,
        spikes: &str,
        probes: Vec<(String, usize)>,
        taped: bool,
    ) -> PyResult<Raw<'py>> {
        let wanted = RecordRequest { spikes, probes, taped };
        let Population { neurons, row, edges } = self;
        let work = steps.saturating_mul(*edges);
        with!(neurons, p => run(py, p, row, (steps, work), &input, &wanted))
    }

    /// One step under numbers `[batch, neuron]` (or one for all): what left the neurons.
    fn step<'py>(&mut self, py: Python<'py>, input: Drive<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Population { neurons, row, .. } = self;
        with!(neurons, p => step(py, p, row, &input))
    }

    /// One step in the caller's arrays, of any layout: `fields` are the state, in the model's order, and are advanced; `out`
    /// becomes what left the neurons. The population's own state has no part in it.
    fn step_in_place(
        &self,
        x: &Bound<'_, PyAny>,
        fields: Vec<Bound<'_, PyAny>>,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        with!(&self.neurons, p => step_in_place(p, x, &fields, out))
    }

    /// Back through a taped run; see `rheobase.Population.gradients`.
    fn gradients<'py>(
        &self,
        py: Python<'py>,
        tape: &Tape,
        input: Drive<'py>,
        output: Option<Bound<'py, PyAny>>,
        states: Vec<(String, Bound<'py, PyAny>)>,
        wanted: Vec<String>,
    ) -> PyResult<Bound<'py, PyDict>> {
        with!(&self.neurons, p => gradients(py, p, &self.row, tape, &input, (output, &states), &wanted))
    }

    /// A parameter: a number, or an array of one for each neuron.
    fn get<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        with!(&self.neurons, p => {
            let names = p.model().params().iter().map(|f| f.name);
            let found = p.params().find(|(field, _)| field.name == name);
            let (_, column) = found.ok_or_else(|| Error::unknown(p.name(), "parameter", name, names)).raised()?;
            match column {
                Column::Shared(x) => Ok(x.into_pyobject(py)?.into_any()),
                Column::Each(xs) => Ok(array(py, xs.clone(), p.shape())?.into_any()),
            }
        })
    }

    /// Changes a parameter; the state stays.
    fn set(&mut self, name: &str, amount: NumberOrSpan<'_>) -> PyResult<()> {
        with!(&mut self.neurons, p => match amount {
            NumberOrSpan::One(x) => p.set(name, x).raised(),
            NumberOrSpan::Each(xs) => p.set(name, xs.as_slice()?).raised(),
            NumberOrSpan::PerFeature((low, high, seed)) => {
                p.set(name, Values::Uniform { low, high, seed: seed.unwrap_or(0) }).raised()
            }
        })
    }

    fn set_dt(&mut self, dt: f64) -> PyResult<()> {
        with!(&mut self.neurons, p => p.set_dt(dt).raised())
    }

    fn set_competition(&mut self, argument: Option<CompetitionArgument>) -> PyResult<()> {
        with!(&mut self.neurons, p => {
            let new = argument.map(|a| competition(p.name(), a)).transpose()?;
            p.set_competition(new).raised()
        })
    }

    fn reset(&mut self) {
        with!(&mut self.neurons, p => p.reset());
    }

    fn dt(&self) -> f64 {
        with!(&self.neurons, p => p.dt())
    }

    fn name(&self) -> &str {
        with!(&self.neurons, p => p.name())
    }

    fn text(&self) -> String {
        with!(&self.neurons, p => p.to_string())
    }

    /// What the layer has sent before its first step.
    fn first_output<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        with!(&self.neurons, p => Ok(array(py, p.first_output(), &self.row)?.into_any()))
    }

    /// A copy of a state field.
    fn state<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        with!(&self.neurons, p => {
            let fields = p.model().state();
            let i = fields.iter().position(|f| f.name == name);
            let names = fields.iter().map(|f| f.name);
            let i = i.ok_or_else(|| Error::unknown(p.name(), "state field", name, names)).raised()?;
            Ok(array(py, p.state().fields[i].clone(), &self.row)?.into_any())
        })
    }

    /// Sets a state field from whole rows or one number, in the population's precision.
    fn set_state(&mut self, name: &str, values: &Bound<'_, PyAny>) -> PyResult<()> {
        with!(&mut self.neurons, p => {
            let values: PyReadonlyArrayDyn<'_, _> = values.extract()?;
            p.set_state_field(name, values.as_slice()?).raised()
        })
    }

    /// Everything that steps change: fields, what belongs to the layer, steps since the reset.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Saved<'py>> {
        with!(&self.neurons, p => save(py, p, &self.row))
    }

    /// Puts back what `save` gave.
    fn restore(
        &mut self,
        fields: Vec<Bound<'_, PyAny>>,
        layer: Vec<Bound<'_, PyAny>>,
        step: u64,
    ) -> PyResult<()> {
        with!(&mut self.neurons, p => restore(p, &fields, &layer, step))
    }
}

/// Fields, then what belongs to the layer (silence, last output, two clocks), then the number of steps.
type Saved<'py> = (Vec<Bound<'py, PyAny>>, Vec<Bound<'py, PyAny>>, u64);

fn save<'py, E: Precision>(py: Python<'py>, p: &Neurons<E>, row: &[usize]) -> PyResult<Saved<'py>> {
    let state = p.state();
    let as_array = |numbers: Vec<E>| Ok(array(py, numbers, row)?.into_any());
    let fields = state.fields.iter().map(|f| as_array(f.clone())).collect::<PyResult<_>>()?;
    let of_layer = |part: fn(&LayerState<E>) -> &Vec<E>| {
        as_array(state.layers.iter().flat_map(|l| part(l).iter().copied()).collect())
    };
    let layer = vec![
        of_layer(|l| &l.held)?,
        of_layer(|l| &l.output)?,
        of_layer(|l| &l.since_spike)?,
        of_layer(|l| &l.since_injection)?,
    ];
    Ok((fields, layer, state.step))
}

fn restore<E: Precision>(
    p: &mut Neurons<E>,
    fields: &[Bound<'_, PyAny>],
    layer: &[Bound<'_, PyAny>],
    step: u64,
) -> PyResult<()> {
    let numbers = |object: &Bound<'_, PyAny>| -> PyResult<Vec<E>> {
        let given: PyReadonlyArrayDyn<'_, E> = object.extract()?;
        Ok(given.as_slice()?.to_vec())
    };
    let fields = fields.iter().map(numbers).collect::<PyResult<Vec<_>>>()?;
    let layer = layer.iter().map(numbers).collect::<PyResult<Vec<_>>>()?;
    let mut state = p.state().clone();
    state.fields = fields;
    let n = p.neurons();
    let [held, output, since_spike, since_injection] = &layer[..] else {
        return Err(not_of(p.name()));
    };
    for (sample, of_sample) in state.layers.iter_mut().enumerate() {
        let part = |all: &Vec<E>| {
            let range = sample * n..(sample + 1) * n;
            all.get(range).map(<[E]>::to_vec).ok_or_else(|| not_of(p.name()))
        };
        *of_sample = LayerState {
            held: part(held)?,
            output: part(output)?,
            since_spike: part(since_spike)?,
            since_injection: part(since_injection)?,
        };
    }
    state.step = step;
    if let Some((field, _)) = p
        .model()
        .state()
        .iter()
        .zip(&state.fields)
        .find(|(_, numbers)| numbers.iter().any(|x| !x.to_f64().is_finite()))
    {
        return Err(raise(Error::value(p.name(), field.name, "state", "must be finite numbers")));
    }
    p.set_state(state).raised()
}

fn not_of(place: &str) -> PyErr {
    raise(Error::unsupported(
        place,
        "the state is that of another population; save and restore need the same model, batch and layer",
    ))
}

/// Runs `work` with the input that `drive` is.
fn driven<E: Precision, R>(
    drive: &Drive<'_>,
    place: &str,
    work: impl FnOnce(&Input<'_, E>) -> PyResult<R>,
) -> PyResult<R> {
    match drive {
        Drive::Made(made) => {
            let signal = made.signal();
            if let Some(constant) = signal.constant() {
                let numbers: Vec<E> = constant.into_iter().map(E::from_f64).collect();
                return work(&Input::Constant(&numbers));
            }
            let fill = move |step, sample, first, out: &mut [E]| signal.fill(step, sample, first, out);
            work(&Input::Generated(&fill))
        }
        Drive::Array(object) => {
            let numbers: PyReadonlyArrayDyn<'_, E> = object.extract()?;
            match numbers.shape().len() {
                1 => work(&Input::Constant(numbers.as_slice()?)),
                2 => work(&Input::Array(numbers.as_slice()?)),
                _ => Err(not_of(place)),
            }
        }
    }
}

fn run<'py, E: Precision>(
    py: Python<'py>,
    p: &mut Neurons<E>,
    row: &[usize],
    (steps, work): (usize, usize),
    drive: &Drive<'py>,
    wanted: &RecordRequest<'_>,
) -> PyResult<Raw<'py>> {
    let record = wanted.record(p.name())?;
    let place = p.name().to_string();
    let start = p.state().step;
    driven::<E, _>(drive, &place, |input| {
        let size = work.saturating_mul(p.neurons() * p.batch());
        let entered = enter(py, size, |cancel| {
            if wanted.taped {
                let (recording, tape) = p.run_taped(steps, input, &record)?;
                return Ok((recording, Some(tape)));
            }
            // What was recorded until then is kept: the run ends itself, and nothing in it ends it with an error.
            let recording =
                Cancel::default().scope(|| p.run_watched(steps, input, &record, |_| !cancel.is_asked()))?;
            Ok((recording, None))
        });
        let (recording, tape) = match entered.result {
            Err(Error::Cancelled) if let Some(interrupt) = entered.interrupt => return Err(interrupt),
            result => result.map_err(raise)?,
        };
        let tape = tape.map(|tape| Py::new(py, Tape(E::tape(tape)))).transpose()?;
        gathered(py, recording, row, start, tape, entered.interrupt)
    })
}

fn step<'py, E: Precision>(
    py: Python<'py>,
    p: &mut Neurons<E>,
    row: &[usize],
    drive: &Drive<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let place = p.name().to_string();
    let record = Record::spikes(Spikes::Dense);
    let recording = driven::<E, _>(drive, &place, |input| {
        enter(py, p.neurons() * p.batch(), |_| p.run(1, input, &record)).whole()
    })?;
    Ok(array(py, recording.spikes.into_dense(), row)?.into_any())
}

/// A step in NumPy's own memory where that is contiguous, else in copies that are written back.
fn step_in_place<E: Precision>(
    p: &Neurons<E>,
    x: &Bound<'_, PyAny>,
    fields: &[Bound<'_, PyAny>],
    out: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let x: PyReadonlyArrayDyn<'_, E> = x.extract()?;
    let mut arrays: Vec<PyReadwriteArrayDyn<'_, E>> = Vec::with_capacity(fields.len() + 1);
    for object in fields.iter().chain([out]) {
        arrays.push(object.extract()?);
    }
    let copied: Vec<E>;
    let x = match x.as_slice() {
        Ok(x) => x,
        Err(_) => {
            copied = x.as_array().iter().copied().collect();
            &copied
        }
    };
    let contiguous = arrays.iter().all(|array| array.is_c_contiguous());
    let mut copies: Vec<Vec<E>> = Vec::new();
    let mut slices: Vec<&mut [E]> = if contiguous {
        arrays.iter_mut().map(|array| Ok(array.as_slice_mut()?)).collect::<PyResult<_>>()?
    } else {
        copies.extend(arrays.iter().map(|array| array.as_array().iter().copied().collect::<Vec<E>>()));
        copies.iter_mut().map(Vec::as_mut_slice).collect()
    };
    if let Some((out, fields)) = slices.split_last_mut() {
        p.layer().step_in_place(x, fields, out).raised()?;
    }
    for (array, numbers) in arrays.iter_mut().zip(&copies) {
        array.as_array_mut().iter_mut().zip(numbers).for_each(|(to, from)| *to = *from);
    }
    Ok(())
}

/// dL/d output, and dL/d state fields by name.
type Errors<'a, 'py> = (Option<Bound<'py, PyAny>>, &'a [(String, Bound<'py, PyAny>)]);

fn gradients<'py, E: Precision>(
    py: Python<'py>,
    p: &Neurons<E>,
    row: &[usize],
    tape: &Tape,
    drive: &Drive<'py>,
    (output, states): Errors<'_, 'py>,
    wanted: &[String],
) -> PyResult<Bound<'py, PyDict>> {
    let tape = E::taped(&tape.0).ok_or_else(|| not_of(p.name()))?;
    let output: Option<PyReadonlyArrayDyn<'_, E>> = output.map(|o| o.extract()).transpose()?;
    let of_states = states
        .iter()
        .map(|(name, array)| Ok((name.as_str(), array.extract::<PyReadonlyArrayDyn<'_, E>>()?)))
        .collect::<PyResult<Vec<_>>>()?;
    let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let gradients = driven::<E, _>(drive, p.name(), |input| {
        let upstream = Upstream {
            output: output.as_ref().map(|o| o.as_slice()).transpose()?,
            states: of_states.iter().map(|(n, a)| Ok((*n, a.as_slice()?))).collect::<PyResult<_>>()?,
        };
        enter(py, usize::MAX, |_| p.gradients(tape, input, &upstream, &names)).whole()
    })?;
    let dict = PyDict::new(py);
    let per_step = p.neurons() * p.batch();
    let mut shape = vec![gradients.input.len() / per_step];
    shape.extend(row);
    let parameters = PyDict::new(py);
    for name in wanted {
        let shared = p.params().any(|(field, column)| field.name == name && column.is_shared());
        let each =
            gradients.params.iter().find(|(n, _)| n == name).map(|(_, g)| g.clone()).unwrap_or_default();
        if shared {
            parameters.set_item(name, gradients.shared(name))?;
        } else {
            parameters.set_item(name, array(py, each, p.shape())?)?;
        }
    }
    let initial = PyDict::new(py);
    for (field, numbers) in p.model().state().iter().zip(gradients.initial) {
        initial.set_item(field.name, array(py, numbers, row)?)?;
    }
    dict.set_item("input", array(py, gradients.input, &shape)?)?;
    dict.set_item("initial", initial)?;
    dict.set_item("parameters", parameters)?;
    Ok(dict)
}
