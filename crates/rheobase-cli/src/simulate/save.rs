//! What a run leaves in a file: `-o out.npz` and `-o out.csv`.

use std::path::Path;

use rheobase::Population;
use rheobase::Recording;
use rheobase::data::{
    Array, ArrayData, NonFinite, SpikeEvent, SpikeEvents, Table, spike_arrays, write_csv, write_npz,
    write_spikes_csv,
};
use rheobase::models::lanes::Elem;
use rheobase::population::{Number, Winner};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::memory::fits;
use crate::simulate::disk;
use crate::simulate::room::Room;

/// The help on output files.
pub(crate) const HELP: &str = "Output files (-o), written whole or not at all:
  FILE.npz
    events [E,3] (step, batch, neuron), value [E], offset [E], dt, shape [3];
    for models without spikes instead: output [time, batch, neuron]
    NAME [time/EVERY, batch, neuron] and NAME_every for each probe: number i was
    taken after step (i+1)·EVERY-1; probe_NAME where the name is taken
    input [1, 1, neuron] if it is constant; param_NAME [neuron] for parameters
    that differ between neurons; winners [W,5] (step, batch, feature, row, column)
    meta: a JSON text that says what was run
  FILE.csv
    without --probe a line per spike: step, batch, neuron, value, offset
    with --probe a line per step: step, time (of its start), NAME[0], NAME[1]…,
    spikes[0]… (what left each neuron since the line before)";

/// Names of arrays that a probe does not take.
const TAKEN: [&str; 9] = ["events", "value", "offset", "dt", "shape", "output", "input", "winners", "meta"];
/// Columns of a CSV at most, as spreadsheets have it.
const MOST_COLUMNS: usize = 16_384;

/// Bytes of a spike or a winner, as it is recorded and in the form of the file.
const KEPT: usize = 40;
const WRITTEN: usize = 40;
/// Bytes that a spike takes in a file at least: the shortest line of a csv, and the least that was found of deflated arrays.
const LEAST_CSV: f64 = 10.0;
const LEAST_NPZ: f64 = 2.0;

/// A probe's numbers, `[time / every, batch, neuron]`.
struct SavedProbe<E> {
    name: String,
    every: usize,
    data: Vec<E>,
}

/// Everything of a run that goes into its file.
pub(crate) struct Output<E> {
    shape: [usize; 3],
    dt: f64,
    events: SpikeEvents,
    dense: Option<Vec<E>>,
    probes: Vec<SavedProbe<E>>,
    winners: Vec<Winner>,
    /// Room for spikes and winners.
    room: Room,
}

/// What a file tells besides the recording.
pub(crate) struct About<'a, E: Number> {
    pub(crate) population: &'a Population<E>,
    pub(crate) constant: Option<Vec<f64>>,
    pub(crate) meta: Value,
}

impl<E: Number> Output<E> {
    /// Room for what the file `path` holds of a run of `shape` = [time, batch, neuron] with these probes; `analogue` if
    /// there are no spikes.
    pub(crate) fn new(
        path: &Path,
        shape: [usize; 3],
        dt: f64,
        probes: &[(String, usize)],
        analogue: bool,
    ) -> Outcome<Self> {
        let row = shape[1] * shape[2];
        let numbers = probes.iter().map(|(_, every)| (shape[0] / every).saturating_mul(row));
        let numbers = numbers.fold(0usize, usize::saturating_add);
        let dense = if analogue { shape[0].saturating_mul(row) } else { 0 };
        let numbers = numbers.saturating_add(dense);
        // What was recorded, and its form in the file: a csv has a column of spikes beside each neuron's probes.
        let written = if is_csv(path) { 16 } else { size_of::<E>() };
        fits("-o", numbers, size_of::<E>() + written)?;
        disk::fits(path, numbers as f64 * size_of::<E>() as f64)?;
        let keep = |(name, every): &(String, usize)| {
            let (name, every) = (name.clone(), *every);
            Ok(SavedProbe { name, every, data: reserved(shape[0] / every * row)? })
        };
        Ok(Output {
            shape,
            dt,
            events: SpikeEvents::new(shape, dt)?,
            dense: analogue.then(|| reserved(dense)).transpose()?,
            probes: probes.iter().map(keep).collect::<Outcome<_>>()?,
            winners: Vec::new(),
            room: Room::new("-o", KEPT, WRITTEN, shape[0]).in_file(path, least(path, probes.is_empty())),
        })
    }

    /// Room for its spikes.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Takes a piece of the run that starts at step `start`; its first traces are the probes.
    pub(crate) fn take(&mut self, start: usize, piece: &Recording<E>) -> Outcome<()> {
        for e in piece.each_spike() {
            self.events.push(SpikeEvent { step: e.step + start as u64, ..e })?;
        }
        if let Some(dense) = &mut self.dense {
            dense.extend_from_slice(piece.dense());
        }
        for (kept, trace) in self.probes.iter_mut().zip(&piece.traces) {
            kept.data.extend_from_slice(&trace.data);
        }
        self.winners.extend(piece.winners.iter().map(|w| Winner { step: w.step + start, ..*w }));
        self.room.ask(self.events.len() + self.winners.len(), start + piece.shape[0])
    }

    /// Writes the file, whose ending says its kind.
    pub(crate) fn write(self, path: &Path, about: About<'_, E>) -> Outcome<()> {
        match (is_csv(path), self.probes.is_empty() && self.dense.is_none()) {
            (true, true) => Ok(write_spikes_csv(path, &self.events)?),
            (true, false) => Ok(write_csv(path, &self.table(), NonFinite::Allow)?),
            (false, _) => Ok(write_npz(path, &self.arrays(about)?)?),
        }
    }

    fn arrays(self, about: About<'_, E>) -> Outcome<Vec<(String, Array)>> {
        let [_, batch, neurons] = self.shape;
        let is_single = E::NAME == "float32";
        let numbers = |data: Vec<E>| -> ArrayData {
            if is_single {
                ArrayData::F32(data.into_iter().map(|x| x.to_f64() as f32).collect())
            } else {
                ArrayData::F64(data.into_iter().map(Elem::to_f64).collect())
            }
        };
        let mut arrays = match self.dense {
            None => spike_arrays(&self.events)?,
            Some(dense) => vec![
                ("output".into(), Array::new(self.shape, numbers(dense))?),
                ("dt".into(), Array::scalar(self.dt)),
                ("shape".into(), Array::vector(self.shape.map(|n| n as i64).to_vec())),
            ],
        };
        for probe in self.probes {
            let name = if TAKEN.contains(&probe.name.as_str()) {
                format!("probe_{}", probe.name)
            } else {
                probe.name
            };
            let rows = probe.data.len() / (batch * neurons);
            arrays.push((format!("{name}_every"), Array::scalar(probe.every as f64)));
            arrays.push((name, Array::new([rows, batch, neurons], numbers(probe.data))?));
        }
        if let Some(mut constant) = about.constant {
            if constant.len() == 1 {
                constant = vec![constant[0]; neurons];
            }
            arrays.push(("input".into(), Array::new([1, 1, neurons], constant)?));
        }
        for (field, column) in about.population.params().filter(|(_, column)| !column.is_shared()) {
            let values: Vec<f64> = (0..neurons).map(|n| column.get(n)).collect();
            arrays.push((format!("param_{}", field.name), Array::vector(values)));
        }
        if !self.winners.is_empty() {
            let rows: Vec<i64> = self
                .winners
                .iter()
                .flat_map(|w| [w.step, w.batch, w.place[0], w.place[1], w.place[2]].map(|x| x as i64))
                .collect();
            arrays.push(("winners".into(), Array::new([self.winners.len(), 5], rows)?));
        }
        arrays.push(("meta".into(), Array::text(about.meta.to_string())));
        Ok(arrays)
    }

    /// A line per step (or per stride of the probes), a column per probe and neuron.
    fn table(self) -> Table {
        let [steps, _, neurons] = self.shape;
        let every = self.probes.first().map_or(1, |p| p.every);
        let rows = steps / every;
        let last = |row: usize| (row + 1) * every - 1;
        let mut table = Table::default();
        let mut add = |name: String, column: Vec<f64>| {
            table.names.push(name);
            table.columns.push(column);
        };
        add("step".into(), (0..rows).map(|r| last(r) as f64).collect());
        add("time".into(), (0..rows).map(|r| last(r) as f64 * self.dt).collect());
        let name = if self.dense.is_some() { "output" } else { "spikes" };
        for probe in &self.probes {
            let prefix = if probe.name == name { "probe_" } else { "" };
            for n in 0..neurons {
                let column = (0..rows).map(|r| probe.data[r * neurons + n].to_f64()).collect();
                add(format!("{prefix}{}[{n}]", probe.name), column);
            }
        }
        let mut sent = vec![vec![0.0; rows]; neurons];
        for e in self.events.iter().filter(|e| (e.step as usize) < rows * every) {
            sent[e.neuron as usize][e.step as usize / every] += f64::from(e.value);
        }
        for (i, x) in self.dense.iter().flatten().enumerate().filter(|(i, _)| i / neurons < rows * every) {
            sent[i % neurons][i / neurons / every] += x.to_f64();
        }
        for (n, column) in sent.into_iter().enumerate() {
            add(format!("{name}[{n}]"), column);
        }
        table
    }
}

/// Bytes that a spike takes at least in a file of spikes alone, or in one whose probes are reckoned before.
fn least(path: &Path, alone: bool) -> f64 {
    match (is_csv(path), alone) {
        (true, true) => LEAST_CSV,
        // It is a number of a column that is there in any case.
        (true, false) => 0.0,
        (false, _) => LEAST_NPZ,
    }
}

fn is_csv(path: &Path) -> bool {
    crate::arguments::is_stdout(path) || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"))
}

/// Room for so many numbers: a list that grows takes three times as much.
fn reserved<E>(numbers: usize) -> Outcome<Vec<E>> {
    let mut list = Vec::new();
    list.try_reserve_exact(numbers)
        .map_err(|_| Failure::bad(format!("-o: {numbers} numbers do not fit into memory")))?;
    Ok(list)
}

/// Checks before the run that a CSV can hold what is asked for.
pub(crate) fn check_csv(
    path: &Path,
    shape: [usize; 3],
    probes: &[(String, usize)],
    analogue: bool,
) -> Outcome<()> {
    let refused = |rule: String| Err(Failure::bad(format!("-o {}: {rule}", path.display())));
    if probes.is_empty() && !analogue {
        return Ok(());
    }
    if shape[1] > 1 {
        return refused("a CSV with a line per step holds one sample; write .npz".into());
    }
    if probes.iter().any(|p| p.1 != probes[0].1) {
        return refused("the probes have different strides; give all the same, or write .npz".into());
    }
    let columns = (probes.len() + 1).saturating_mul(shape[2]).saturating_add(2);
    if columns > MOST_COLUMNS {
        return refused(format!("would have {columns} columns; write .npz, or take fewer neurons"));
    }
    Ok(())
}
