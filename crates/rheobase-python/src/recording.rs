//! What is recorded in a run, and what a run gives back, as plain arrays.

use numpy::Element;
use pyo3::prelude::*;
use rheobase::population::{Number, SpikeRecord};
use rheobase::{Error, Record, Recording, Spikes};

use crate::arrays::array;
use crate::error::raise;
use crate::population::Tape;

/// What is wanted of a run.
pub(crate) struct RecordRequest<'a> {
    pub(crate) spikes: &'a str,
    pub(crate) probes: Vec<(String, usize)>,
    pub(crate) taped: bool,
}

impl RecordRequest<'_> {
    pub(crate) fn record(&self, place: &str) -> PyResult<Record> {
        const FORMS: [(&str, Spikes); 4] = [
            ("none", Spikes::None),
            ("bits", Spikes::Bits),
            ("dense", Spikes::Dense),
            ("events", Spikes::Events),
        ];
        let form = FORMS.iter().find(|f| f.0 == self.spikes);
        let form = form
            .ok_or_else(|| raise(Error::unknown(place, "form of spikes", self.spikes, FORMS.map(|f| f.0))))?;
        Ok(Record { spikes: form.1, probes: self.probes.clone() })
    }
}

/// Arrays of step, batch, neuron, value and offset.
type Events<'py> = [Bound<'py, PyAny>; 5];

/// What a run gives back.
#[derive(IntoPyObject)]
pub(crate) struct Raw<'py> {
    /// Steps that were taken.
    steps: usize,
    /// Steps from the last reset to the start of the run.
    start: u64,
    /// Output, `[time, …]`.
    dense: Option<Bound<'py, PyAny>>,
    /// Whether anything left, in words of 64 neurons, `[time, batch, word]`.
    bits: Option<Bound<'py, PyAny>>,
    events: Option<Events<'py>>,
    /// Name, stride and values of each probe.
    traces: Vec<(String, usize, Bound<'py, PyAny>)>,
    /// `[winner, (step, batch, feature, row, column)]`.
    winners: Bound<'py, PyAny>,
    tape: Option<Py<Tape>>,
    /// What a signal's handler raised, which ended the run.
    interrupt: Option<Bound<'py, PyAny>>,
}

/// The recording of a run as arrays.
pub(crate) fn gathered<'py, E: Number + Element>(
    py: Python<'py>,
    recording: Recording<E>,
    row: &[usize],
    start: u64,
    tape: Option<Py<Tape>>,
    interrupt: Option<PyErr>,
) -> PyResult<Raw<'py>> {
    let [steps, batch, neurons] = recording.shape;
    let shape = |time: usize| -> Vec<usize> { [time].iter().chain(row).copied().collect() };
    let traces = recording
        .traces
        .into_iter()
        .map(|t| {
            let rows = t.data.len() / (batch * neurons);
            Ok((t.name, t.every, array(py, t.data, &shape(rows))?.into_any()))
        })
        .collect::<PyResult<_>>()?;
    let (mut dense, mut bits, mut events) = (None, None, None);
    match recording.spikes {
        SpikeRecord::None => {}
        SpikeRecord::Dense(output) => dense = Some(array(py, output, &shape(steps))?.into_any()),
        SpikeRecord::Bits(b) => {
            let shape = [steps, batch, b.words_per_row()];
            bits = Some(array(py, b.into_words(), &shape)?.into_any());
        }
        SpikeRecord::Events(e) => {
            let n = [e.len()];
            events = Some([
                array(py, e.steps().to_vec(), &n)?.into_any(),
                array(py, e.batches().to_vec(), &n)?.into_any(),
                array(py, e.neurons().to_vec(), &n)?.into_any(),
                array(py, e.values().to_vec(), &n)?.into_any(),
                array(py, e.offsets().to_vec(), &n)?.into_any(),
            ]);
        }
    }
    let winners: Vec<u64> = recording
        .winners
        .iter()
        .flat_map(|w| [w.step, w.batch, w.place[0], w.place[1], w.place[2]].map(|x| x as u64))
        .collect();
    let count = winners.len() / 5;
    Ok(Raw {
        steps,
        start,
        dense,
        bits,
        events,
        traces,
        winners: array(py, winners, &[count, 5])?.into_any(),
        tape,
        interrupt: interrupt.map(|e| e.into_value(py).into_bound(py).into_any()),
    })
}
