//! What named columns and arrays mean: a list of spikes, trains, or values per step. What they do not say is asked for.

use super::camera::CameraEvents;
use super::content::Content;
use super::dense;
use super::field::{Field, Values, are_whole, rises};
use super::fields::{Facts, Fields, Known, Source, last, unit_of};
use super::found::{Found, Said};
use super::lists::latest;
use super::matrix::{Matrix, described_columns};
use super::names;
use super::options::{Holds, Role, TrainOptions};
use super::spike_list::{Ids, SpikeList, in_seconds};
use super::unit::Unit;

impl Fields {
    /// What the fields hold.
    pub(super) fn understood(mut self, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        found.parts = self.all.iter().map(Field::described).collect();
        if options.holds == Some(Holds::Potentials) {
            return Err(
                "holds potentials, as was said, and so no spikes to read; simulate or detect spikes first"
                    .into(),
            );
        }
        self.drop_index(found);
        self.all = described_columns(self.all, options);
        let facts = Facts::of(&self, options)?;
        if let Some(columns) = self.camera_columns(options)? {
            return self.camera(columns, &facts, options, found);
        }
        let mut roles = self.roles(options)?;
        match options.holds {
            Some(Holds::Dense | Holds::Counts) => return dense::of_fields(self, &facts, options, found),
            Some(Holds::Trains | Holds::TrainsInColumns) => return self.trains(&facts, options, found),
            _ => {}
        }
        if let Some(name) = &options.array {
            let at = self.all.iter().position(|f| f.name == *name || last(&f.name) == name);
            if let Some(at) = at.filter(|_| roles.time != at) {
                return self.one(at, &facts, options, found);
            }
        }
        if options.holds == Some(Holds::Events) && options.columns.is_empty() && roles.time.is_none() {
            return Err(format!(
                "names no column of times among `{}`; say which is which: --columns neuron=NAME,time=NAME",
                self.names()
            ));
        }
        if let Some(grouped) = self.times_in_groups(&roles, options) {
            return grouped.trains(
                &facts,
                &TrainOptions { holds: Some(Holds::Trains), ..options.clone() },
                found,
            );
        }
        match (roles.time, roles.neuron) {
            (Some(_), Some(_)) => self.spikes(&mut roles, &facts, options, found),
            (Some(time), None) => self.timed(time, &facts, options, found),
            (None, _) => self.untimed(&facts, options, found),
        }
    }

    /// A first column without a name that counts rows is what pandas writes for its index.
    fn drop_index(&mut self, found: &mut Found) {
        let counts = |f: &Field| {
            f.vector()
                .is_some_and(|v| v.iter().enumerate().all(|(i, x)| *x == i as f64 || *x == i as f64 + 1.0))
        };
        let index = |f: &Field| {
            f.name == "column_1" || f.name.eq_ignore_ascii_case("unnamed: 0") || f.name == "index"
        };
        let named = self.all.iter().skip(1).any(|f| !names::is_unnamed(&f.name));
        if self.source == Source::Table && named && self.all.first().is_some_and(|f| index(f) && counts(f)) {
            self.all.remove(0);
            found.notes.push("the first column counts the rows and is left out".into());
        }
    }

    /// Events of a camera in columns.
    fn camera(
        self,
        at: [usize; 4],
        facts: &Facts,
        options: &TrainOptions,
        found: &mut Found,
    ) -> Said<Content> {
        let known = unit_of(&self.all[at[2]], 1, facts, self.habit.as_ref(), options)?;
        if known.unit == Unit::Steps {
            return Err("has events of a camera, whose times are no steps: give --unit s|ms|us".into());
        }
        let mut columns = [const { &[] as &[f64] }; 4];
        for (column, at) in columns.iter_mut().zip(at) {
            *column = self.all[at]
                .vector()
                .ok_or_else(|| format!("`{}` is no list of numbers", self.all[at].name))?;
        }
        if let Some(other) = columns.iter().position(|c| c.len() != columns[2].len()) {
            return Err(format!(
                "`{}` has {} entries, but there are {} times",
                self.all[at[other]].name,
                columns[other].len(),
                columns[2].len()
            ));
        }
        found.say(format!("events of a camera; times in {}", known.text()));
        let micros: Vec<f64>;
        if known.unit != Unit::Microseconds {
            micros = columns[2].iter().map(|t| (known.unit.time(*t, None) * 1e6).round()).collect();
            columns[2] = &micros;
        }
        CameraEvents::of_columns(columns).map(Content::Camera)
    }

    /// Times without a word on who fired.
    fn timed(self, time: usize, facts: &Facts, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let others = self
            .all
            .iter()
            .enumerate()
            .any(|(i, f)| i != time && f.shape.len() < 3 && !facts.has(f) && f.len() > 0);
        if !others || !options.columns.is_empty() {
            let unit = self.unit(time, facts, options)?;
            let name = self.all[time].name.clone();
            return self.single(time, unit, format!("one train, in `{name}`"), facts, options, found);
        }
        dense::of_fields(self, facts, options, found)
    }

    /// One train of times.
    fn single(
        self,
        at: usize,
        unit: Known,
        what: String,
        facts: &Facts,
        options: &TrainOptions,
        found: &mut Found,
    ) -> Said<Content> {
        let field = self.all.into_iter().nth(at);
        let Some(Values::Numbers(mut times)) = field.map(|f| f.data) else {
            return Err("has times that are not numbers".into());
        };
        times.retain(|t| !t.is_nan());
        let dt = unit.dt(facts, options);
        in_seconds(&mut times, unit.unit, dt);
        found.say(format!("{what}; times in {}", unit.text()));
        let window = facts.window(unit.unit, dt, || latest(&times), options)?;
        Ok(Content::Spikes(SpikeList {
            ids: Ids::single(times.len()),
            times,
            steps: unit.counts_steps(facts, options),
            dt,
            window,
            ..Default::default()
        }))
    }

    /// One field that the caller named, or the only one.
    fn one(self, at: usize, facts: &Facts, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let field = &self.all[at];
        if let Values::Lists(_) = field.data {
            return self.trains_of(vec![at], facts, options, found);
        }
        let Some(values) = field.vector() else { return dense::of_field(self, at, facts, options, found) };
        let times = names::meaning(&field.name).is_some_and(|m| m.role == Role::Time);
        let binary = values.iter().all(|v| *v == 0.0 || *v == 1.0);
        let unit_of_times = !binary && unit_of_times(values, options)?;
        if times || unit_of_times {
            let unit = self.unit(at, facts, options)?;
            let name = self.all[at].name.clone();
            return self.single(at, unit, format!("one train, in `{name}`"), facts, options, found);
        }
        dense::of_field(self, at, facts, options, found)
    }

    /// Fields of which none is called a time.
    fn untimed(self, facts: &Facts, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let used: Vec<usize> = (0..self.all.len()).filter(|i| !facts.has(&self.all[*i])).collect();
        let lists: Vec<usize> =
            used.iter().copied().filter(|i| matches!(self.all[*i].data, Values::Lists(_))).collect();
        match lists[..] {
            [at] => return self.trains_of(vec![at], facts, options, found),
            [_, _, ..] => {
                let names: Vec<&str> = lists.iter().map(|i| &self.all[*i].name[..]).collect();
                return Err(format!(
                    "holds the lists `{}`; name the one with the spikes, as FILE:NAME",
                    names.join("`, `")
                ));
            }
            [] => {}
        }
        let words = self.all.iter().any(|f| matches!(f.data, Values::Texts(_)) && f.len() > 1);
        if self.source == Source::Table {
            if words {
                return Err(format!(
                    "names no column of times among `{}`; say which is which: --columns neuron=NAME,time=NAME",
                    self.names()
                ));
            }
            return self.bare_table(facts, options, found);
        }
        if let [at] = used[..] {
            return self.one(at, facts, options, found);
        }
        if let Some(at) = used.iter().copied().find(|i| names::is_spikes(&self.all[*i].name)) {
            return self.one(at, facts, options, found);
        }
        let vectors = used
            .iter()
            .all(|i| self.all[*i].shape.len() == 1 && matches!(self.all[*i].data, Values::Numbers(_)));
        let ascending = used.iter().all(|i| self.all[*i].vector().is_some_and(rises));
        let numbered = used.iter().all(|i| self.all[*i].name.parse::<u64>().is_ok());
        let unnamed = used.iter().any(|i| names::is_unnamed(&self.all[*i].name));
        if vectors && ascending && !used.is_empty() && !unnamed {
            let lengths: Vec<usize> = used.iter().map(|i| self.all[*i].len()).collect();
            if numbered || lengths.iter().any(|n| *n != lengths[0]) {
                return self.trains(facts, options, found);
            }
        }
        let hint = if vectors && ascending {
            "; if each is a train of times: --as trains, with --unit s|ms|us|samples=RATE"
        } else {
            ""
        };
        Err(format!(
            "does not say which of its arrays are spikes: `{}`; name the one with the spikes as FILE:NAME, or what each is: --columns neuron=NAME,time=NAME{hint}",
            self.names()
        ))
    }

    /// A table whose columns have no names, or names of neurons.
    fn bare_table(self, facts: &Facts, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let columns: Vec<&[f64]> = self.all.iter().filter_map(Field::vector).collect();
        let rows = columns.first().map_or(0, |c| c.len());
        let named = self.all.iter().any(|f| !names::is_unnamed(&f.name));
        let missing = columns.iter().any(|c| c.iter().any(|x| x.is_nan()));
        let tail_only = columns.iter().all(|c| {
            let end = c.iter().position(|x| x.is_nan()).unwrap_or(c.len());
            c[end..].iter().all(|x| x.is_nan())
        });
        let filled = |c: &[f64]| -> Vec<f64> { c.iter().copied().filter(|x| !x.is_nan()).collect() };
        let rising = columns.iter().all(|c| rises(&filled(c)));
        if missing && tail_only && rising && named {
            return self.trains(facts, options, found);
        }
        if missing {
            return Err("has empty cells; a train per column has them at its end alone, each in rising order (--as trains-in-columns), a line per spike has none".into());
        }
        let whole = columns.iter().all(|c| are_whole(c));
        if columns.len() == 1 && unit_of_times(columns[0], options)? {
            let unit = self.unit(0, facts, options)?;
            return self.single(0, unit, "one train".into(), facts, options, found);
        }
        if options.time_axis.is_some() {
            return dense::of_fields(self, facts, options, found);
        }
        if !named && !whole && columns.len() > 1 {
            let values: Vec<f64> = (0..rows).flat_map(|row| columns.iter().map(move |c| c[row])).collect();
            Matrix { rows, columns: columns.len(), values: &values }.check_per_step()?;
        }
        let binary = columns.iter().all(|c| c.iter().all(|x| *x == 0.0 || *x == 1.0));
        let climbing = |c: &[f64]| rows > 2 && rises(c) && c.first() != c.last();
        if !whole
            && columns.iter().any(|c| climbing(c))
            && columns.iter().all(|c| c.iter().all(|x| *x >= 0.0))
        {
            let pair = match columns.len() {
                1 => "",
                2 => "--columns neuron,time (or time,neuron) with --unit s|ms|us; or ",
                _ => {
                    "--columns neuron,time,skip… (in their order; time,x,y,polarity of a camera) with --unit s|ms|us; or "
                }
            };
            return Err(format!(
                "does not say what its {} columns are, which rise as times do: {pair}--as trains-in-columns, each a train, or --as trains, each line one, with --unit s|ms|us|samples=RATE",
                columns.len()
            ));
        }
        if whole && !binary && (!named || columns.iter().any(|c| climbing(c))) {
            let pair = if columns.len() >= 2 {
                "--columns neuron,time (in their order) with --unit s|ms|us|steps|samples=RATE; "
            } else {
                "times: --unit s|ms|us|steps|samples=RATE; "
            };
            return Err(format!(
                "holds whole numbers that may be times, numbers of neurons, or counts, and does not say which: {pair}a count per step and neuron: --as counts, with --dt, and --time-axis 1 where a column is a step"
            ));
        }
        dense::of_fields(self, facts, options, found)
    }

    fn unit(&self, at: usize, facts: &Facts, options: &TrainOptions) -> Said<Known> {
        let known = unit_of(&self.all[at], 0, facts, self.habit.as_ref(), options);
        // What stands alone may as well be counts.
        let counts = self.all.len() == 1 && self.all[at].vector().is_some_and(are_whole);
        known.map_err(|what| match counts {
            true => format!("{what}; if they are no times but a count per step: --as counts, with --dt"),
            false => what,
        })
    }
}

/// Whether a unit was given that makes times of numbers without a name. Steps do so of no counts.
fn unit_of_times(values: &[f64], options: &TrainOptions) -> Said<bool> {
    match options.unit {
        None => Ok(false),
        Some(Unit::Steps) if rises(values) && values.iter().any(|x| *x > 1.0) => Err(
            "holds rising numbers, which in steps may be times (--as trains) or a count for each step (--as counts)"
                .into(),
        ),
        Some(unit) => Ok(unit != Unit::Steps),
    }
}
