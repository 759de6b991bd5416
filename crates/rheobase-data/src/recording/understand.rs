//! What named columns and arrays mean: a list of spikes, trains, or values per step. What they do not say is asked for.

use super::camera::CameraEvents;
use super::content::Content;
use super::dense;
use super::field::{Field, Values, are_whole, rises};
use super::fields::{Facts, Fields, Known, Source, last, unit_of};
use super::found::{Found, Said};
use super::matrix::{Matrix, described_columns};
use super::names::{self, Meaning};
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

    /// Times of the same name in a group for each neuron: a train each, with the name of its group.
    fn times_in_groups(&mut self, roles: &Roles, options: &TrainOptions) -> Option<Fields> {
        let name = last(&self.all[roles.time?].name).to_string();
        let inside = |f: &Field| f.name.len() > name.len() && last(&f.name) == name && f.is_vector();
        let groups = self.all.iter().filter(|f| inside(f)).count();
        if groups < 2 || roles.neuron.is_some() || options.array.is_some() || !options.columns.is_empty() {
            return None;
        }
        let mut all = Vec::with_capacity(groups);
        for field in std::mem::take(&mut self.all).into_iter().filter(inside) {
            let group = field.name[..field.name.len() - name.len() - 1].to_string();
            all.push(Field { name: group, ..field });
        }
        let path = all.iter().map(|f| f.name.rsplit_once('.').map_or("", |(front, _)| front).to_string());
        let mut paths: Vec<String> = path.collect();
        paths.dedup();
        if paths.len() == 1 {
            all.iter_mut().for_each(|f| f.name = last(&f.name).to_string());
        }
        Some(Fields { source: self.source, all, habit: self.habit.clone() })
    }

    fn names(&self) -> String {
        self.all.iter().map(|f| &f.name[..]).collect::<Vec<_>>().join("`, `")
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

    /// Which field is what, as the caller says or as they are called.
    fn roles(&self, options: &TrainOptions) -> Said<Roles> {
        let mut roles = Roles::default();
        for (place, (name, role)) in options.columns.iter().enumerate() {
            let at = match name {
                None if place < self.all.len() => place,
                None => {
                    return Err(format!("has {} columns, but {} were described", self.all.len(), place + 1));
                }
                Some(name) => self.find(name)?,
            };
            match role {
                Role::Skip => roles.skipped.push(at),
                role => *roles.get(*role) = Some(at),
            }
        }
        if !options.columns.is_empty()
            && roles.time.is_some()
            && options.columns.iter().all(|(name, _)| name.is_none())
        {
            return Ok(roles);
        }
        let per_spike = roles.time.map(|at| self.all[at].len());
        let mut known: Vec<(usize, Meaning)> =
            self.all.iter().enumerate().filter_map(|(i, f)| Some((i, names::meaning(&f.name)?))).collect();
        known.sort_by_key(|(_, m)| m.weak);
        for (at, meaning) in known {
            let field = &self.all[at];
            let texts = matches!(field.data, Values::Texts(_));
            let fits = field.is_vector()
                && !matches!(field.data, Values::Lists(_))
                && (!texts || matches!(meaning.role, Role::Neuron | Role::Trial | Role::Population));
            let scalar = field.shape.is_empty() || (field.len() == 1 && names::is_unit(&field.name));
            if roles.has(at)
                || !fits
                || scalar
                || per_spike.is_some_and(|n| n != field.len() && meaning.role != Role::Neuron)
            {
                continue;
            }
            match meaning.role {
                // A column `sample` beside the times counts trials.
                Role::Time
                    if roles.time.is_some()
                        && roles.trial.is_none()
                        && field.name.eq_ignore_ascii_case("sample") =>
                {
                    roles.trial = Some(at);
                }
                role if roles.get(role).is_none() => *roles.get(role) = Some(at),
                _ => {}
            }
        }
        // Words alone are who, numbers beside them what they are called by.
        if let (Some(neuron), Some(time)) = (roles.neuron, roles.time)
            && self.all[neuron].len() != self.all[time].len()
        {
            let other = self.all.iter().enumerate().position(|(i, f)| {
                i != time
                    && f.len() == self.all[time].len()
                    && names::meaning(&f.name).is_some_and(|m| m.role == Role::Neuron)
            });
            if let Some(other) = other {
                roles.neuron = Some(other);
            }
        }
        Ok(roles)
    }

    fn find(&self, name: &str) -> Said<usize> {
        let exact = self.all.iter().position(|f| f.name == name || last(&f.name) == name);
        let close = || self.all.iter().position(|f| last(&f.name).eq_ignore_ascii_case(name));
        exact.or_else(close).ok_or_else(|| {
            let names = self.all.iter().map(|f| &f.name[..]);
            let hint = rheobase_base::nearest(name, names)
                .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            format!("has no column `{name}` among `{}`{hint}", self.names())
        })
    }

    /// The columns x, y, time and polarity of a camera's events, as the caller says or as they are called.
    fn camera_columns(&self, options: &TrainOptions) -> Said<Option<[usize; 4]>> {
        let described = |role: Role| -> Said<Option<usize>> {
            let place = options.columns.iter().position(|(_, r)| *r == role);
            match place.map(|at| (at, &options.columns[at].0)) {
                None => Ok(None),
                Some((_, Some(name))) => self.find(name).map(Some),
                Some((at, None)) if at < self.all.len() => Ok(Some(at)),
                Some((at, None)) => {
                    Err(format!("has {} columns, but {} were described", self.all.len(), at + 1))
                }
            }
        };
        let roles = [Role::X, Role::Y, Role::Time, Role::Polarity];
        if options.columns.iter().any(|(_, r)| matches!(r, Role::X | Role::Y | Role::Polarity)) {
            let mut at = [0; 4];
            for (at, role) in at.iter_mut().zip(roles) {
                *at = described(role)?.ok_or_else(|| {
                    format!("needs --columns with all of x, y, time and polarity for a camera's events, not without {}", role.text())
                })?;
            }
            return Ok(Some(at));
        }
        if !options.columns.is_empty()
            || options.array.is_some()
            || options.holds.is_some_and(|h| h != Holds::Events)
        {
            return Ok(None);
        }
        let Some(at) = names::of_camera(self.all.iter().map(|f| &f.name[..])) else { return Ok(None) };
        let rows = self.all[at[2]].len();
        let fits = at.iter().all(|i| self.all[*i].vector().is_some_and(|v| v.len() == rows));
        let polar = self.all[at[3]].vector().is_some_and(|v| v.iter().all(|x| matches!(x, 0.0 | 1.0 | -1.0)));
        Ok(Some(at).filter(|_| fits && polar))
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

    /// An entry per spike.
    fn spikes(
        mut self,
        roles: &mut Roles,
        facts: &Facts,
        options: &TrainOptions,
        found: &mut Found,
    ) -> Said<Content> {
        let (time, neuron) = (roles.time.unwrap_or_default(), roles.neuron.unwrap_or_default());
        let rows = self.all[time].len();
        self.only_spikes(roles, rows, options, found)?;
        let neurons = std::mem::replace(&mut self.all[neuron], Field::numbers("", Vec::new()));
        let ids = ids(Some(neurons), rows)?;
        let unit = unit_of(&self.all[time], ids.names.len(), facts, self.habit.as_ref(), options)?;
        let trial = roles.trial;
        let mut list = SpikeList {
            dt: unit.dt(facts, options),
            steps: unit.counts_steps(facts, options),
            ..Default::default()
        };
        list.stepped = unit.unit == Unit::Steps;
        let mut fields: Vec<Option<Field>> = self.all.into_iter().map(Some).collect();
        let mut take = |at: usize| fields.get_mut(at).and_then(Option::take);
        list.ids = ids;
        list.trials = trial.map(|at| self::ids(take(at), rows)).transpose()?;
        list.values = roles.value.and_then(&mut take).and_then(|f| match f.data {
            Values::Numbers(v) => Some(v),
            _ => None,
        });
        if let Some(row) =
            list.values.as_ref().and_then(|v| v.iter().position(|x| *x == 0.0 || !x.is_finite()))
        {
            let value = list.values.as_ref().map_or(0.0, |v| v[row]);
            return Err(format!(
                "data row {}, column `value`: is {value}, which is not a spike; remove the line",
                row + 1
            ));
        }
        let offsets = roles.offset.and_then(&mut take);
        list.times = match take(time).map(|f| f.data) {
            Some(Values::Numbers(times)) => times,
            _ => return Err("has times that are not numbers".into()),
        };
        steps_are_whole(&list.times, unit.unit)?;
        in_seconds(&mut list.times, unit.unit, list.dt);
        if let Some(Field { name, data: Values::Numbers(offsets), .. }) = offsets {
            add_offsets(&mut list, &name, &offsets)?;
        }
        if list.values.as_ref().is_some_and(|v| v.iter().all(|x| *x == 1.0)) {
            list.values = None;
        }
        list.window = facts.window(unit.unit, list.dt, latest(&list.times), options)?;
        if let Some(count) = facts.neurons {
            add_silent(&mut list.ids, count);
        }
        found.say(format!("times in {}", unit.text()));
        if trial.is_some() {
            found.say("trials, each with a clock of its own".into());
        }
        Ok(Content::Spikes(list))
    }

    /// Refuses what only looks like an entry per spike, and names what is not used.
    fn only_spikes(&self, roles: &Roles, rows: usize, options: &TrainOptions, found: &mut Found) -> Said<()> {
        for role in [Role::Neuron, Role::Trial, Role::Value, Role::Offset] {
            if let Some(field) = roles.of(role).map(|at| &self.all[at])
                && field.len() != rows
            {
                let time = roles.time.map_or("", |at| &self.all[at].name);
                return Err(format!(
                    "array `{}` has {rows} entries, but `{}` has {}; each needs one per spike",
                    time,
                    field.name,
                    field.len()
                ));
            }
        }
        let others: Vec<&Field> = self
            .all
            .iter()
            .enumerate()
            .filter(|(i, f)| !roles.has(*i) && f.len() == rows && f.is_vector() && rows > 1)
            .map(|(_, f)| f)
            .collect();
        if let (Some(time), Some(neuron)) = (roles.time, roles.neuron) {
            let sampled = others
                .iter()
                .find(|f| f.vector().is_some_and(|v| !are_whole(v) || v.iter().all(|x| *x < 0.0)));
            if let Some(sampled) = sampled
                && options.holds != Some(Holds::Events)
                && on_a_grid(&self.all[time], &self.all[neuron])
            {
                return Err(format!(
                    "holds samples of `{}`, one for each neuron at every time, and so no spikes; give the file of the spikes (--as events, if these are spikes)",
                    sampled.name
                ));
            }
        }
        if let Some(at) = roles.population
            && let Values::Texts(words) = &self.all[at].data
            && words.names.len() > 1
        {
            return Err(format!(
                "holds the populations `{}`, whose neurons are numbered alike; split the table, or make the names of neurons differ",
                words.names.join("`, `")
            ));
        }
        let unused: Vec<&str> =
            others.iter().filter(|f| !names::is_unit(&f.name)).map(|f| &f.name[..]).collect();
        if !unused.is_empty() {
            found.notes.push(format!("not used: `{}`", unused.join("`, `")));
        }
        Ok(())
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
        let window = facts.window(unit.unit, dt, latest(&times), options)?;
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

    /// A train for each list, array, row or column.
    fn trains(self, facts: &Facts, options: &TrainOptions, found: &mut Found) -> Said<Content> {
        let used: Vec<usize> = (0..self.all.len())
            .filter(|i| !facts.has(&self.all[*i]) && !matches!(self.all[*i].data, Values::Texts(_)))
            .filter(|i| {
                options
                    .array
                    .as_ref()
                    .is_none_or(|n| self.all[*i].name == *n || last(&self.all[*i].name) == n)
            })
            .collect();
        let used = if used.is_empty() && !self.all.is_empty() { vec![0] } else { used };
        if self.source != Source::Table && used.len() > 1 && self.all.len() > 1 {
            // A matrix or a list of lists stands for all trains; several vectors are a train each.
            let large: Vec<usize> = used
                .iter()
                .copied()
                .filter(|i| !self.all[*i].is_vector() || matches!(self.all[*i].data, Values::Lists(_)))
                .collect();
            if let [at] = large[..]
                && self.all[at].len() > 1
            {
                return self.trains_of(vec![at], facts, options, found);
            }
        }
        self.trains_of(used, facts, options, found)
    }

    fn trains_of(
        self,
        used: Vec<usize>,
        facts: &Facts,
        options: &TrainOptions,
        found: &mut Found,
    ) -> Said<Content> {
        let by_columns = options.holds == Some(Holds::TrainsInColumns);
        let mut lists: Vec<Vec<f64>> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let by_rows = self.source == Source::Table && options.holds == Some(Holds::Trains);
        let what;
        if by_rows {
            let rows = used.first().map_or(0, |i| self.all[*i].len());
            let columns: Vec<&[f64]> = used.iter().filter_map(|i| self.all[*i].vector()).collect();
            lists = (0..rows).map(|r| columns.iter().map(|c| c[r]).collect()).collect();
            what = "a train per line";
        } else if let ([at], Values::Numbers(values)) = (&used[..], &self.all[used[0]].data)
            && self.all[*at].shape.len() == 2
            && (self.all[*at].shape[0] != 1 || by_columns)
        {
            let [rows, columns] = [self.all[*at].shape[0], self.all[*at].shape[1]];
            lists = match by_columns {
                true => (0..columns).map(|c| (0..rows).map(|r| values[r * columns + c]).collect()).collect(),
                false => values.chunks(columns.max(1)).map(<[f64]>::to_vec).collect(),
            };
            what = if by_columns { "a train per column" } else { "a train per row" };
        } else if let ([at], Values::Lists(all)) = (&used[..], &self.all[used[0]].data) {
            lists = all.clone();
            names = rheobase_signals::trains::numbers(self.all[*at].len());
            what = "a train per cell";
        } else {
            for at in &used {
                let Some(values) = self.all[*at].vector().or(match &self.all[*at].data {
                    Values::Numbers(v) if v.is_empty() => Some(v),
                    _ => None,
                }) else {
                    return Err(format!(
                        "`{}` has shape {:?}, but a train is a list of times",
                        self.all[*at].name, self.all[*at].shape
                    ));
                };
                lists.push(values.to_vec());
                names.push(self.all[*at].name.clone());
            }
            what = if self.source == Source::Table { "a train per column" } else { "a train per array" };
            let numbered: Option<Vec<String>> =
                names.iter().map(|n| n.strip_prefix("arr_").map(String::from)).collect();
            names = match numbered {
                Some(numbers) => numbers,
                None if names.iter().all(|n| names::is_unnamed(n)) => Vec::new(),
                None => names,
            };
        }
        if names.len() != lists.len() {
            names = rheobase_signals::trains::numbers(lists.len());
        }
        lists.iter_mut().for_each(|l| l.retain(|t| !t.is_nan()));
        let said = |i: &usize| {
            let field = &self.all[*i];
            // That cells are called samples is no proof of what they are.
            let named = names::meaning(&field.name).and_then(|m| m.unit);
            field.unit.or(named.filter(|unit| !matches!(unit, Unit::Samples(_) | Unit::Steps)))
        };
        let beside = used.first().and_then(said).filter(|unit| used.iter().all(|i| said(i) == Some(*unit)));
        let together = Field { unit: beside, ..Field::numbers(what, lists.concat()) };
        let unit = unit_of(&together, lists.len(), facts, self.habit.as_ref(), options)?;
        let dt = unit.dt(facts, options);
        lists.iter_mut().for_each(|l| in_seconds(l, unit.unit, dt));
        found.say(format!("{what}; times in {}", unit.text()));
        let order = ordered(&names);
        let names = order.iter().map(|i| names[*i].clone()).collect();
        let lists: Vec<Vec<f64>> = order.iter().map(|i| std::mem::take(&mut lists[*i])).collect();
        let latest = lists.iter().map(|l| latest(l)).fold(f64::NEG_INFINITY, f64::max);
        let window = facts.window(unit.unit, dt, latest, options)?;
        let steps = unit.counts_steps(facts, options);
        Ok(Content::Spikes(SpikeList { dt, steps, window, ..SpikeList::of_lists(lists, names) }))
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

/// The last of some times.
fn latest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// Places in the order in which people count, where all names are numbers.
fn ordered(names: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    if names.iter().all(|n| n.parse::<u64>().is_ok()) {
        order.sort_by_key(|i| names[*i].parse::<u64>().unwrap_or(0));
    }
    order
}

/// Which field is what.
#[derive(Default)]
struct Roles {
    neuron: Option<usize>,
    time: Option<usize>,
    trial: Option<usize>,
    value: Option<usize>,
    offset: Option<usize>,
    population: Option<usize>,
    skipped: Vec<usize>,
}

impl Roles {
    fn get(&mut self, role: Role) -> &mut Option<usize> {
        match role {
            Role::Neuron => &mut self.neuron,
            Role::Trial => &mut self.trial,
            Role::Value => &mut self.value,
            Role::Offset => &mut self.offset,
            Role::Population => &mut self.population,
            // The roles of a camera's events never get here.
            Role::Time | Role::Skip | Role::X | Role::Y | Role::Polarity => &mut self.time,
        }
    }

    fn of(&self, role: Role) -> Option<usize> {
        match role {
            Role::Neuron => self.neuron,
            Role::Time => self.time,
            Role::Trial => self.trial,
            Role::Value => self.value,
            Role::Offset => self.offset,
            Role::Population => self.population,
            Role::Skip | Role::X | Role::Y | Role::Polarity => None,
        }
    }

    fn has(&self, at: usize) -> bool {
        let all = [self.neuron, self.time, self.trial, self.value, self.offset, self.population];
        all.contains(&Some(at)) || self.skipped.contains(&at)
    }
}

fn steps_are_whole(times: &[f64], unit: Unit) -> Said<()> {
    if !matches!(unit, Unit::Steps) {
        return Ok(());
    }
    match times.iter().position(|x| !((0.0..9_007_199_254_740_992.0).contains(x) && x.fract() == 0.0)) {
        None => Ok(()),
        Some(row) => Err(format!(
            "data row {}, column `step`: is {}, but steps, samples and neurons are whole numbers from 0",
            row + 1,
            times[row]
        )),
    }
}

/// Offsets within steps: NEST takes them off, in ms; elsewhere they are added, in s.
fn add_offsets(list: &mut SpikeList, name: &str, offsets: &[f64]) -> Said<()> {
    let nest = name.to_lowercase().ends_with("time_offset");
    if offsets.iter().all(|x| *x == 0.0) {
        return Ok(());
    }
    if list.steps {
        return Err(
            "has offsets within steps, and does not say how long a step is: give --dt, the resolution of the run in s"
                .into(),
        );
    }
    for (time, offset) in list.times.iter_mut().zip(offsets) {
        *time += if nest { -offset / 1e3 } else { *offset };
    }
    Ok(())
}

fn ids(field: Option<Field>, rows: usize) -> Said<Ids> {
    match field {
        None => Ok(Ids::single(rows)),
        Some(Field { data: Values::Texts(words), .. }) => Ok(Ids::of_words(words)),
        Some(Field { name, data: Values::Numbers(values), .. }) => Ids::of_numbers(&values, &name),
        Some(Field { name, .. }) => Err(format!("column `{name}` holds lists, not a neuron for each spike")),
    }
}

/// Neurons that did not fire, numbered from 0.
pub(super) fn add_silent(ids: &mut Ids, count: usize) {
    let numbers: Option<Vec<usize>> = ids.names.iter().map(|n| n.parse().ok()).collect();
    if let Some(numbers) = numbers.filter(|all| all.iter().all(|n| *n < count)) {
        ids.which.iter_mut().for_each(|w| *w = numbers[*w as usize] as u32);
        ids.names = rheobase_signals::trains::numbers(count);
    }
}

/// Whether every neuron has an entry at every one of several evenly spaced times.
fn on_a_grid(time: &Field, neuron: &Field) -> bool {
    let Some(times) = time.vector() else { return false };
    let mut distinct = times.to_vec();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    let neurons = match &neuron.data {
        Values::Texts(words) => words.names.len(),
        Values::Numbers(values) => {
            let mut all = values.clone();
            all.sort_unstable_by(f64::total_cmp);
            all.dedup();
            all.len()
        }
        Values::Lists(_) => return false,
    };
    distinct.len() > 1 && distinct.len() * neurons == times.len()
}
