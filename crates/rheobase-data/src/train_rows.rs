//! Spike trains from a table with a line per spike: `neuron`, `step` or `time`, and if need be `batch`, `value`, `offset`.

use rheobase_models::neuron::Time;

use super::csv::Table;
use super::train_files::{Said, TrainOptions};
use rheobase_signals::SpikeValues;
use rheobase_signals::trains::{SpikeTrains, fits, numbers};

/// Trains at most: beyond this a number in a file is a mistake.
const MOST_TRAINS: usize = 10_000_000;

/// What may be said of a spike.
pub(super) const SPIKE_COLUMNS: [&str; 6] = ["step", "time", "batch", "neuron", "value", "offset"];

/// One line.
struct Row {
    time: f64,
    batch: usize,
    neuron: usize,
    value: f64,
}

/// Trains from lines in any order. A line is one spike, or as many as its value counts; lines of one neuron at one time are several
/// spikes. Times are in seconds where the table has them or `options.dt` is known, else in steps.
/// The recording is taken to last from 0 (or an earlier spike) to the end of the last spike's step.
pub(super) fn from_rows(table: &Table, options: &TrainOptions) -> Said<SpikeTrains> {
    let timed = table.find("time").is_some();
    let mut rows = rows_in(table, timed, options.dt)?;
    rows.sort_by(|a, b| a.time.total_cmp(&b.time).then((a.batch, a.neuron).cmp(&(b.batch, b.neuron))));
    let values = SpikeValues::guessed(rows.iter().map(|r| r.value), options.dt);
    fits(rows.iter().map(|r| values.count(r.value)).sum())
        .map_err(|rule| format!("column `value` {rule}"))?;
    let least = rows.iter().map(|r| r.neuron + 1).max().unwrap_or(0);
    if options.neurons.is_some_and(|n| n < least) {
        return Err(format!("has a spike of neuron {}; give at least {least} neurons", least - 1));
    }
    let neurons = options.neurons.unwrap_or(least);
    let samples = rows.iter().map(|r| r.batch + 1).max().unwrap_or(1);
    if neurons.saturating_mul(samples) > MOST_TRAINS {
        return Err(format!(
            "needs {neurons} neurons x {samples} samples; at most {MOST_TRAINS} trains are read"
        ));
    }
    let clock = if timed || options.dt.is_some() { Time::Seconds } else { Time::Steps };
    let step = if timed { options.dt } else { Some(options.dt.unwrap_or(1.0)) };
    let (first, last) = (rows.first().map_or(0.0, |r| r.time), rows.last().map_or(0.0, |r| r.time));
    let start = first.min(0.0);
    let end = step.map_or(last, |dt| ((last / dt + 1e-6).floor() + 1.0) * dt).max(last);
    let end = if end > start { end } else { start + 1.0 };
    let mut trains = SpikeTrains::silent(samples, numbers(neurons), (start, end), step, clock);
    for row in &rows {
        trains.add(row.batch * neurons + row.neuron, row.time, values.count(row.value), row.value);
    }
    Ok(trains)
}

fn rows_in(table: &Table, timed: bool, dt: Option<f64>) -> Said<Vec<Row>> {
    if let Some(other) = table.names.iter().find(|n| !SPIKE_COLUMNS.contains(&n.as_str())) {
        return Err(format!(
            "column `{other}` is unknown beside `neuron`; a line per spike has {}",
            SPIKE_COLUMNS.join(", ")
        ));
    }
    let column = |name: &str| table.find(name);
    let offsets = column("offset").filter(|_| !timed);
    if dt.is_none() && offsets.is_some_and(|o| o.iter().any(|x| *x != 0.0)) {
        return Err("has offsets in seconds but steps without a length; give dt".into());
    }
    let at = |name: &str, row: usize, absent: f64| column(name).map_or(absent, |c| c[row]);
    (0..table.rows())
        .map(|row| {
            let time = match timed {
                true => at("time", row, 0.0),
                false => {
                    whole(row, "step", at("step", row, 0.0))? as f64 * dt.unwrap_or(1.0)
                        + offsets.map_or(0.0, |o| o[row])
                }
            };
            let value = at("value", row, 1.0);
            if value == 0.0 {
                return Err(format!(
                    "data row {}, column `value`: is 0, which is no spike; remove the line",
                    row + 1
                ));
            }
            Ok(Row {
                time,
                batch: whole(row, "batch", at("batch", row, 0.0))?,
                neuron: whole(row, "neuron", at("neuron", row, 0.0))?,
                value,
            })
        })
        .collect()
}

fn whole(row: usize, column: &str, x: f64) -> Said<usize> {
    // Beyond 2⁵³ neighbouring whole numbers cannot be told apart.
    if (0.0..9_007_199_254_740_992.0).contains(&x) && x.fract() == 0.0 {
        return Ok(x as usize);
    }
    let rule = "steps, samples and neurons are whole numbers from 0";
    Err(format!("data row {}, column `{column}`: is {x}, but {rule}", row + 1))
}
