//! Named columns and arrays together, and what single numbers and texts beside them say: steps, rates, units.

use super::field::{Field, Look, Values};
use super::found::Said;
use super::names;
use super::options::TrainOptions;
use super::unit::Unit;

/// Where fields come from, which decides what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A table, whose columns belong together.
    Table,
    /// Arrays, each for itself.
    Arrays,
    /// Variables of MATLAB.
    Matlab,
}

/// Steps of so many s or more without a unit may as well be ms.
const LONGEST_STEP: f64 = 0.05;

/// Fields and what else the file says.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) source: Source,
    pub(super) all: Vec<Field>,
    /// The unit that this kind of file always has, and why.
    pub(super) habit: Option<(Unit, String)>,
}

/// The last part of a name within a structure.
pub(super) fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// What single numbers and texts beside the spikes say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) dt: Option<f64>,
    pub(super) rate: Option<(f64, String)>,
    pub(super) unit: Option<(Unit, String)>,
    /// A number that may be the length of a step in s or in ms.
    pub(super) doubt: Option<String>,
    /// When the recording began and ended, with the unit where its name has one.
    start: Option<(f64, Option<Unit>)>,
    stop: Option<(f64, Option<Unit>)>,
    /// How many neurons there were, by the length of an array with a number for each.
    pub(super) neurons: Option<usize>,
    pub(super) used: Vec<String>,
}

impl Facts {
    pub(super) fn of(fields: &Fields, options: &TrainOptions) -> Said<Facts> {
        let mut facts = Facts::default();
        for field in &fields.all {
            let name = last(&field.name);
            let mut said = true;
            match (field.one(), field.text()) {
                (Some(x), _) if names::rate_in_hz(name).is_some() => match x > 0.0 && x.is_finite() {
                    true => {
                        facts.rate = Some((x * names::rate_in_hz(name).unwrap_or(1.0), field.name.clone()))
                    }
                    false => {
                        return Err(format!("array `{name}` is {x}: a rate must be a finite number above 0"));
                    }
                },
                (Some(x), _) if names::step_length(name).is_some() => facts.step(field, x)?,
                (Some(x), _) if names::edge(name).is_some() && x.is_finite() => {
                    match names::edge(name).unwrap_or_default() {
                        (true, unit) => facts.start = Some((x, unit.or(field.unit))),
                        (false, unit) => facts.stop = Some((x, unit.or(field.unit))),
                    }
                }
                (_, Some(text)) if names::is_unit(name) => match Unit::named(text) {
                    Some(unit) => facts.unit = Some((unit, format!("as `{}` says", field.name))),
                    None => said = false,
                },
                // Numbers and texts without an axis describe, and are not spikes.
                _ => {
                    said = field.shape.is_empty()
                        || matches!(field.data, Values::Texts(_))
                            && field.len() == 1
                            && fields.source != Source::Table
                }
            }
            if said && (fields.source != Source::Table) {
                facts.used.push(field.name.clone());
            }
        }
        facts.unit_in_rows(fields);
        if let (Some(file), Some(given)) = (facts.dt, options.dt)
            && (file - given).abs() > 1e-9 * file
        {
            return Err(format!("has steps of {file} s, but dt = {given} s was given; leave that away"));
        }
        // Brian2's `count` has a number of spikes for each neuron of a group.
        let spikes = fields.all.iter().find(|f| f.name == "i").map(Field::len);
        let count = fields.all.iter().find(|f| f.name == "count").and_then(|f| f.vector());
        if let (Some(spikes), Some(count)) = (spikes, count)
            && count.iter().sum::<f64>() == spikes as f64
        {
            facts.neurons = Some(count.len());
            facts.used.push("count".into());
        }
        Ok(facts)
    }

    /// The length of a step. Without a unit in its name, one of 0.1 is a tenth of a second as well as NEST's tenth of a millisecond.
    fn step(&mut self, field: &Field, x: f64) -> Said<()> {
        let name = last(&field.name);
        let named = field.unit.or(names::step_length(name).filter(|u| *u != Unit::Seconds));
        let in_seconds = name.to_lowercase().ends_with("_s");
        if !(x > 0.0 && x.is_finite()) {
            return Err(format!("array `{name}` must be one finite number above 0"));
        }
        match named {
            Some(unit) => self.dt = Some(unit.time(x, None)),
            None if x < LONGEST_STEP || in_seconds => self.dt = Some(x),
            None => self.doubt = Some(format!("`{}` is {x}, which may be s or ms", field.name)),
        }
        Ok(())
    }

    /// A column of a table that has the same unit of time in every row.
    fn unit_in_rows(&mut self, fields: &Fields) {
        for field in fields.all.iter().filter(|f| names::is_unit(&f.name)) {
            if let Values::Texts(words) = &field.data
                && let [word] = &words.names[..]
                && let Some(unit) = Unit::named(word)
            {
                self.unit = Some((unit, format!("as `{}` says", field.name)));
                self.used.push(field.name.clone());
            }
        }
    }

    /// Whether the field only describes others.
    pub(super) fn has(&self, field: &Field) -> bool {
        self.used.contains(&field.name)
    }

    /// When the recording began and ended, of times in `unit`, the last of them at `latest()` (s or steps).
    pub(super) fn window(
        &self,
        unit: Unit,
        dt: Option<f64>,
        latest: impl Fn() -> f64,
        options: &TrainOptions,
    ) -> Said<(Option<f64>, Option<f64>)> {
        let of = |edge: Option<(f64, Option<Unit>)>| edge.map(|(x, own)| own.unwrap_or(unit).time(x, dt));
        let (start, stop) = (of(self.start), of(self.stop));
        match (stop, self.stop) {
            (Some(_), _) if !options.stop.is_empty() => Ok((start, None)),
            (Some(end), Some((x, None))) if latest() > end + 1e-6 * end.abs() => Err(format!(
                "says that it ends at {x}, but has spikes up to {} {}: give --stop, when the recording ended",
                latest(),
                if unit == Unit::Steps && dt.is_none() { "steps" } else { "s" }
            )),
            _ => Ok((start, stop)),
        }
    }
}

/// A unit, and how it is known.
pub(super) struct Known {
    pub(super) unit: Unit,
    pub(super) why: String,
}

impl Known {
    pub(super) fn text(&self) -> String {
        format!("{} ({})", self.unit.text(), self.why)
    }

    pub(super) fn dt(&self, facts: &Facts, options: &TrainOptions) -> Option<f64> {
        match self.unit {
            Unit::Samples(rate) => Some(1.0 / rate),
            _ => options.dt.or(facts.dt),
        }
    }

    pub(super) fn counts_steps(&self, facts: &Facts, options: &TrainOptions) -> bool {
        self.unit == Unit::Steps && self.dt(facts, options).is_none()
    }
}

/// Whether the tool that wrote the file counts steps that last no time.
fn own_steps(habit: Option<&(Unit, String)>) -> bool {
    habit.is_some_and(|(unit, _)| *unit == Unit::Steps)
}

/// What times are counted in: as the caller says, as the file says, as the tool always has it, or, of broken numbers, s.
pub(super) fn unit_of(
    field: &Field,
    trains: usize,
    facts: &Facts,
    habit: Option<&(Unit, String)>,
    options: &TrainOptions,
) -> Said<Known> {
    let known = |unit, why: String| Ok(Known { unit, why });
    let named = names::meaning(&field.name).and_then(|m| m.unit);
    let beside = field.unit.map(|unit| (unit, format!("as stands beside `{}`", field.name)));
    let by_name = beside.or(named.map(|unit| (unit, format!("as `{}` says", field.name))));
    let empty = Vec::new();
    let values = match &field.data {
        Values::Numbers(values) => values,
        _ => &empty,
    };
    if let Some(unit) = options.unit {
        return known(unit, "as --unit says".into());
    }
    match by_name.or(facts.unit.clone()).or(habit.cloned()) {
        Some((Unit::Samples(0.0), why)) => {
            return match &facts.rate {
                Some((rate, name)) => known(Unit::Samples(*rate), format!("{why}, rate from `{name}`")),
                None => Err(format!(
                    "counts samples, {why}, but not how many there are in a second; give --unit samples=RATE (in Hz)"
                )),
            };
        }
        Some((Unit::Steps, why)) if !own_steps(habit) && options.dt.or(facts.dt).is_none() => {
            return Err(format!(
                "counts steps, {why}, but not how long one is: give --dt, the resolution of the run in s; or --unit steps, to count in steps"
            ));
        }
        Some((unit, why)) => return known(unit, why),
        None => {}
    }
    if values.is_empty() {
        return known(Unit::Seconds, "no unit in the file, and no spike".into());
    }
    if field.look.whole && values.iter().any(|x| *x != 0.0) {
        let rate = facts.rate.as_ref().map_or(String::new(), |(rate, name)| {
            format!(" (`{name}` is {rate}: if these are samples at that rate, --unit samples={rate})")
        });
        return Err(format!(
            "has times that are whole numbers, `{}`, and does not say their unit: give --unit s|ms|us|steps|samples=RATE{rate}",
            field.name
        ));
    }
    let Look { low, high, .. } = field.look;
    let high = high.max(0.0);
    let mean = values.len() as f64 / (high - low.min(0.0)) / trains.max(1) as f64;
    if high > 10.0 && mean < 0.5 {
        return Err(format!(
            "does not say the unit of its times, which go up to {high}: in s a train of {} spikes lasts that long, in ms {:.3} s; give --unit s|ms|us",
            values.len() / trains.max(1),
            high / 1e3
        ));
    }
    known(Unit::Seconds, "the file does not say; broken numbers are taken for s, else give --unit".into())
}
