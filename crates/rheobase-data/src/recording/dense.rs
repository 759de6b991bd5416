//! Values per step: booleans, counts, or one height; which axis is time; how long a step is.

use rheobase_models::neuron::Time;

use super::content::Content;
use super::field::{Field, Values, are_whole, rises};
use super::fields::{Facts, Fields, Source};
use super::found::{Found, Said};
use super::matrix::Matrix;
use super::names;
use super::options::{Holds, Role, TrainOptions};
use super::spike_list::meant;
use super::unit::Unit;
use rheobase_signals::SpikeTrains;
use rheobase_signals::SpikeValues;
use rheobase_signals::trains::numbers;

/// Counts of more than so many spikes in a step are taken for something else, unless the caller says that they are counts.
const MOST: f64 = 100.0;
/// Multiples of 1/dt are so many spikes from this 1/dt on; below, they may be counts.
const SMALLEST_HEIGHT: f64 = 50.0;

/// The clock of an array: the times of its rows, or the length of a step, or none.
struct Clock {
    /// Time of the first row, s or steps.
    first: f64,
    step: f64,
    time: Time,
    /// When the first step began.
    start: f64,
    /// Whether nothing but the number of a row says when it was.
    bare: bool,
    /// What may be the length of a step.
    doubt: Option<String>,
}

/// Values per step in a table, or in the one array that can be it.
pub(super) fn of_fields(
    fields: Fields,
    facts: &Facts,
    options: &TrainOptions,
    found: &mut Found,
) -> Said<Content> {
    if fields.source == Source::Table {
        return of_table(fields, facts, options, found);
    }
    let shaped = |f: &Field| matches!(f.data, Values::Numbers(_)) && !facts.has(f) && !f.shape.is_empty();
    let named = options.array.as_ref().and_then(|n| fields.all.iter().position(|f| f.name == *n));
    let usual = || fields.all.iter().position(|f| names::is_spikes(&f.name) && shaped(f));
    let is_time = |f: &Field| names::meaning(&f.name).is_some_and(|m| m.role == Role::Time) && f.is_vector();
    let others: Vec<usize> =
        (0..fields.all.len()).filter(|i| shaped(&fields.all[*i]) && !is_time(&fields.all[*i])).collect();
    let at = match (named.or_else(usual), &others[..]) {
        (Some(at), _) => at,
        (None, [only]) => *only,
        _ => {
            let names: Vec<&str> = fields.all.iter().map(|f| &f.name[..]).collect();
            return Err(format!(
                "does not say which of its arrays are spikes: `{}`; name it as FILE:NAME",
                names.join("`, `")
            ));
        }
    };
    of_field(fields, at, facts, options, found)
}

/// Values per step in one array.
pub(super) fn of_field(
    mut fields: Fields,
    at: usize,
    facts: &Facts,
    options: &TrainOptions,
    found: &mut Found,
) -> Said<Content> {
    let field = fields.all.swap_remove(at);
    let Values::Numbers(values) = field.data else {
        return Err(format!("`{}` holds no numbers", field.name));
    };
    let place = if fields.all.is_empty() && field.name.is_empty() {
        String::new()
    } else {
        format!("array `{}` ", field.name)
    };
    let with = |what: String| format!("{place}{what}");
    let probe = fields.all.iter().any(|f| f.name == format!("{}_every", field.name));
    if options.holds.is_none() && options.array.is_none() && (probe || names::is_potential(&field.name)) {
        return Err(with("is called as potentials and other states are; if these are spikes, say --as counts or --as dense".into()));
    }
    let time = fields.all.iter().find(|f| {
        names::meaning(&f.name).is_some_and(|m| m.role == Role::Time)
            && f.is_vector()
            && field.shape.contains(&f.len())
    });
    let ambiguous_vector = field.shape.len() == 1
        && time.is_none()
        && !matches!(options.holds, Some(Holds::Dense | Holds::Counts));
    if ambiguous_vector {
        may_be_times(&values, facts).map_err(with)?;
    }
    let (shape, values) = oriented(&field.shape, values, time, facts, options).map_err(with)?;
    let clock = clock(time, shape[0], facts, options)?;
    trains(shape, numbers(shape[2]), &values, clock, options, found).map_err(with)
}

/// Refuses numbers along one axis that may be times.
fn may_be_times(values: &[f64], facts: &Facts) -> Said<()> {
    let binary = values.iter().all(|v| *v == 0.0 || *v == 1.0);
    let positive = values.iter().all(|v| *v >= 0.0);
    let mut heights: Vec<f64> = values.iter().copied().filter(|v| *v != 0.0).collect();
    heights.dedup();
    let one_height = heights.iter().all(|v| *v == heights[0]) && values.contains(&0.0);
    if binary || !positive || one_height || facts.dt.is_some() && !rises(values) {
        return Ok(());
    }
    let kind = if are_whole(values) { "whole numbers" } else { "numbers" };
    let rising = if rises(values) { "rising " } else { "" };
    Err(format!(
        "holds {} {rising}{kind} and does not say what they are: times of one train: --unit s|ms|us|steps|samples=RATE; a count per step: --as counts, with --dt",
        values.len()
    ))
}

/// The values as [time, batch, neuron].
fn oriented(
    shape: &[usize],
    values: Vec<f64>,
    time: Option<&Field>,
    facts: &Facts,
    options: &TrainOptions,
) -> Said<([usize; 3], Vec<f64>)> {
    let (t, b, n) = match *shape {
        [t] => (t, 1, 1),
        [t, n] => (t, 1, n),
        [t, b, n] => (t, b, n),
        ref other => {
            return Err(format!(
                "has shape {other:?}, but spikes are [time], [time, neuron] or [time, batch, neuron]"
            ));
        }
    };
    let flat = shape.len() == 2;
    if flat && time.is_none() && options.holds.is_none() && options.time_axis.is_none() {
        Matrix { rows: t, columns: n, values: &values }.check_per_step()?;
    }
    let axis = match (options.time_axis, time) {
        (Some(axis), _) if axis < shape.len() => axis,
        (Some(axis), _) => return Err(format!("has no axis {axis}: its shape is {shape:?}")),
        (None, Some(time)) if shape[0] == time.len() => 0,
        (None, Some(time)) => shape.iter().position(|n| *n == time.len()).unwrap_or(0),
        (None, None) if flat && t < n => {
            counts_only(&values, n, options.holds)?;
            return Err(format!(
                "has shape {shape:?} and does not say which axis is time: --time-axis 0 (rows are steps) or --time-axis 1 (columns are){}",
                if facts.dt.or(options.dt).is_none() { ", with --dt, the width of a step in s" } else { "" }
            ));
        }
        (None, None) => 0,
    };
    if axis == 0 || !flat {
        return match axis {
            0 => Ok(([t, b, n], values)),
            _ => Err(format!("has shape {shape:?}; time must come first there: move that axis")),
        };
    }
    let mut turned = Vec::with_capacity(values.len());
    (0..n).for_each(|step| turned.extend((0..t).map(|neuron| values[neuron * n + step])));
    Ok(([n, 1, t], turned))
}

/// Refuses what is not a count before anything else is asked.
fn counts_only(values: &[f64], row: usize, holds: Option<Holds>) -> Said<()> {
    height(values, row, None, holds).map(drop)
}

fn clock(time: Option<&Field>, rows: usize, facts: &Facts, options: &TrainOptions) -> Said<Clock> {
    let plain = |dt: Option<f64>| match dt {
        Some(step) => Clock {
            first: 0.0,
            step,
            time: Time::Seconds,
            start: 0.0,
            bare: true,
            doubt: facts.doubt.clone(),
        },
        None => Clock {
            first: 0.0,
            step: 1.0,
            time: Time::Steps,
            start: 0.0,
            bare: true,
            doubt: facts.doubt.clone(),
        },
    };
    let dt = options.dt.or(facts.dt);
    let Some(times) = time.and_then(|f| f.vector()).filter(|t| t.len() == rows) else { return Ok(plain(dt)) };
    let name = time.map_or("", |f| &f.name);
    let named = time.and_then(|f| f.unit).or(names::meaning(name).and_then(|m| m.unit));
    let said = named.or(facts.unit.as_ref().map(|u| u.0)).or(options.unit);
    let Some(step) = constant_step(times).map_err(|what| format!("column `{name}` {what}"))? else {
        return Ok(plain(dt));
    };
    match said {
        Some(Unit::Steps) => Ok(match dt {
            Some(dt) => Clock {
                first: times[0] * dt,
                step: step * dt,
                time: Time::Seconds,
                start: times[0] * dt,
                bare: false,
                doubt: None,
            },
            None => {
                Clock { first: times[0], step, time: Time::Steps, start: times[0], bare: false, doubt: None }
            }
        }),
        Some(Unit::Samples(0.0)) => Err(format!(
            "`{name}` counts samples, but not how many there are in a second; give --unit samples=RATE"
        )),
        unit => {
            let unit = unit.unwrap_or(Unit::Seconds);
            let (first, step) = (unit.time(times[0], None), unit.time(step, None));
            if said.is_none() && are_whole(times) && rows > 1 {
                return Err(format!(
                    "has times that are whole numbers, `{name}`, and does not say their unit: give --unit s|ms|us|steps|samples=RATE"
                ));
            }
            if let Some(dt) = dt
                && (step - dt).abs() > 1e-3 * step
            {
                return Err(format!("has lines {step} s apart, but dt = {dt} s was given; leave that away"));
            }
            // Who stamps steps with their end has no row at 0.
            let start = if (first - step).abs() <= 1e-6 * step { 0.0 } else { first };
            Ok(Clock { first, step, time: Time::Seconds, start, bare: false, doubt: None })
        }
    }
}

fn of_table(fields: Fields, facts: &Facts, options: &TrainOptions, found: &mut Found) -> Said<Content> {
    let tagged = fields.all.iter().any(|f| f.name.to_lowercase().starts_with("spikes["));
    let role = |f: &Field| names::meaning(&f.name).map(|m| (m.role, m.unit));
    let steps = |f: &Field| matches!(role(f), Some((Role::Time, Some(Unit::Steps))));
    let mut time = fields.all.iter().find(|f| {
        matches!(role(f), Some((Role::Time, unit)) if unit != Some(Unit::Steps))
            && !f.name.eq_ignore_ascii_case("sample")
    });
    let step = fields.all.iter().find(|f| steps(f));
    let skipped = |f: &Field| steps(f) || time.is_some_and(|t| t.name == f.name);
    let chosen: Vec<&Field> = fields
        .all
        .iter()
        .filter(|f| !skipped(f) && (!tagged || f.name.to_lowercase().starts_with("spikes[")))
        .collect();
    let names: Vec<String> = match tagged || chosen.iter().all(|f| names::is_unnamed(&f.name)) {
        true => numbers(chosen.len()),
        false => chosen.iter().map(|f| f.name.clone()).collect(),
    };
    if options.neurons.is_some_and(|n| n != chosen.len()) {
        return Err(format!("has {} columns of neurons; leave their number away", chosen.len()));
    }
    let columns: Option<Vec<&[f64]>> = chosen.iter().map(|f| f.vector()).collect();
    let unnamed = time.is_none() && step.is_none() && chosen.iter().all(|f| names::is_unnamed(&f.name));
    let Some(columns) = columns else {
        return Err("has a column of text, which is not a number of spikes; a line per spike needs --columns neuron=NAME,time=NAME".into());
    };
    let rows = columns.first().map_or(0, |c| c.len());
    let values: Vec<f64> = (0..rows).flat_map(|row| columns.iter().map(move |c| c[row])).collect();
    if unnamed || options.time_axis == Some(1) {
        let matrix = Field { shape: vec![rows, columns.len()], ..Field::numbers("", values) };
        let fields = Fields { source: Source::Arrays, all: vec![matrix], habit: None };
        return of_field(fields, 0, facts, options, found);
    }
    // A line may stand for several steps.
    let every = step
        .and_then(|f| f.vector())
        .map_or(Ok(None), constant_step)
        .map_err(|what| format!("column `{}` {what}", step.map_or("", |f| &f.name)))?
        .unwrap_or(1.0);
    if rows == 1 {
        time = None;
    }
    let scaled = TrainOptions { dt: options.dt.map(|dt| dt * every), ..options.clone() };
    let mut clock = clock(time, rows, facts, &scaled)?;
    if time.is_none() && step.is_some() && clock.time == Time::Steps {
        clock.step = every;
    }
    trains([rows, 1, chosen.len()], names, &values, clock, options, found)
}

/// Trains from values [time, batch, neuron].
fn trains(
    shape: [usize; 3],
    names: Vec<String>,
    values: &[f64],
    clock: Clock,
    options: &TrainOptions,
    found: &mut Found,
) -> Said<Content> {
    if shape.contains(&0) {
        return Err(format!("has shape {shape:?} as [time, batch, neuron]; a recording has no empty axis"));
    }
    if options.neurons.is_some_and(|n| n != shape[2]) {
        return Err(format!("has {} neurons; leave their number away", shape[2]));
    }
    let row = shape[1] * shape[2];
    let dt = Some(clock.step).filter(|_| clock.time == Time::Seconds);
    let height = height(values, row, dt, options.holds)?;
    let spikes = |value: &f64| SpikeValues::Counts(height).count(*value);
    let most = values.iter().map(spikes).fold(0.0, f64::max);
    meant(values.iter().map(spikes).sum(), values.len())?;
    let what = match (height == 1.0, most <= 1.0) {
        (true, true) => "one spike or none per step".to_string(),
        (true, false) => format!("counts up to {most} per step"),
        (false, true) => format!("spikes of height {height}"),
        (false, false) => format!("up to {most} spikes of height {height} per step"),
    };
    if clock.time == Time::Steps && options.unit != Some(Unit::Steps) {
        let tall = match height > SMALLEST_HEIGHT {
            true => format!(" (a height of 1/dt would mean --dt {})", 1.0 / height),
            false => String::new(),
        };
        return Err(format!(
            "holds {what}, and does not say how long a step is{}: give --dt, in s{tall}; or --unit steps, to count in steps",
            clock.doubt.map_or(String::new(), |doubt| format!(" ({doubt})"))
        ));
    }
    // Who writes heights of 1/dt (Nengo) means by a row the end of its step; a clock of its own says so itself.
    let ends = clock.bare && dt.is_some_and(|dt| height >= SMALLEST_HEIGHT && height == 1.0 / dt);
    let late = if ends { clock.step } else { 0.0 };
    found.say(match clock.time {
        Time::Seconds if ends => format!(
            "{what}, in steps of {} s; times are the ends of steps, as where heights are 1/dt (Nengo)",
            clock.step
        ),
        Time::Seconds => format!("{what}, in steps of {} s", clock.step),
        Time::Steps => format!("{what}; times in steps (--unit)"),
    });
    let start = options.start.first().copied().map_or(clock.start, |s| s);
    let shift = start - clock.start;
    let end = options.stop.first().copied().unwrap_or(start + shape[0] as f64 * clock.step);
    let mut trains = SpikeTrains::silent(shape[1], names, (start, end), Some(clock.step), clock.time);
    for (i, value) in values.iter().enumerate().filter(|(_, v)| **v != 0.0) {
        let time = clock.first + late + shift + (i / row) as f64 * clock.step;
        if time <= end + 1e-6 * clock.step {
            trains.add(i % row, time.min(end), spikes(value), value / height);
        }
    }
    Ok(Content::Trains(trains))
}

/// What one spike is in dense values: 1 for counts, else the height that all are multiples of.
fn height(values: &[f64], row: usize, dt: Option<f64>, holds: Option<Holds>) -> Said<f64> {
    let place = |i: usize| format!("step {}, train {}", i / row.max(1), i % row.max(1));
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(format!("is {} at {}: must be finite", values[i], place(i)));
    }
    let what = "spikes are booleans, counts, or 0 and one height; this looks like another quantity (a potential?), so name the array of the \
                spikes, or columns `time` and `neuron` for a line per spike";
    if values.len() > 1 && values.iter().all(|v| *v < 0.0) {
        return Err(format!("is below 0 everywhere, {} at {}: {what}", values[0], place(0)));
    }
    if holds == Some(Holds::Counts) {
        return match values.iter().position(|v| v.fract() != 0.0 || *v < 0.0) {
            None => Ok(1.0),
            Some(i) => Err(format!("is {} at {}: counts are whole numbers from 0", values[i], place(i))),
        };
    }
    // Heights of 1/dt and its multiples, which Nengo writes.
    let least = values.iter().map(|v| v.abs()).filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
    let multiples = |of: f64| values.iter().all(|v| ((v / of) - (v / of).round()).abs() <= 1e-4);
    if let Some(dt) = dt
        && least.is_finite()
        && 1.0 / dt >= SMALLEST_HEIGHT
        && multiples(1.0 / dt)
    {
        return Ok(1.0 / dt);
    }
    let whole = values.iter().position(|v| v.fract() != 0.0);
    if holds == Some(Holds::Dense) && least.is_finite() && multiples(least) {
        return Ok(least);
    }
    // Counts of 2, 4 and 6 alone may be heights; one height throughout is no count.
    if whole.is_none() && holds.is_none() && (2.0..=MOST).contains(&least) && multiples(least) {
        return Err(format!(
            "holds nothing but 0 and multiples of {least}: spikes of that height are --as dense, so many spikes in a step --as counts"
        ));
    }
    let found = SpikeValues::height(values.iter().copied(), dt);
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    if whole.is_none() && found == Some(1.0) && largest > MOST {
        let tall = if multiples(least) && least > MOST {
            format!("; all are multiples of {least}, which is 1/dt for dt = {}: give --dt", 1.0 / least)
        } else {
            String::new()
        };
        return Err(format!(
            "goes up to {largest}: counts of spikes in a step say so with --as counts{tall}; times with --unit, a train each with --as trains"
        ));
    }
    found.ok_or_else(|| {
        let i = whole.unwrap_or(0);
        format!("is {} at {}: {what}", values[i], place(i))
    })
}

/// The step of a column that goes on evenly (to a thousandth); none where it has one row.
fn constant_step(column: &[f64]) -> Said<Option<f64>> {
    let (Some(first), Some(second)) = (column.first(), column.get(1)) else { return Ok(None) };
    let step = second - first;
    // Times are written with few digits: each may be off by half of the last one.
    let even = |w: &[f64]| ((w[1] - w[0]) - step).abs() <= 1e-3 * step + 4e-16 * w[1].abs();
    match column.windows(2).position(|w| !(step > 0.0 && even(w))) {
        // The mean of all steps is nearer than the first alone.
        None => Ok(Some(rounded((column[column.len() - 1] - first) / (column.len() - 1) as f64))),
        Some(i) => Err(format!(
            "goes from {} to {} in data rows {} and {}, not on by {step}: a line per step needs a constant step (for a \
             line per spike, call the columns `time` and `neuron`, or say --columns neuron=NAME,time=NAME)",
            column[i],
            column[i + 1],
            i + 1,
            i + 2
        )),
    }
}

/// Without the last digits, which the difference of two times does not have.
fn rounded(step: f64) -> f64 {
    format!("{step:.11e}").parse().unwrap_or(step)
}
