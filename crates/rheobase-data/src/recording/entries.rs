//! Columns with an entry for each spike.

use super::content::Content;
use super::field::{Field, Values, are_whole};
use super::fields::{Facts, Fields, unit_of};
use super::found::{Found, Said};
use super::lists::latest;
use super::names;
use super::options::{Holds, Role, TrainOptions};
use super::roles::Roles;
use super::spike_list::{Ids, SpikeList, in_seconds};
use super::unit::Unit;

impl Fields {
    /// An entry per spike.
    pub(super) fn spikes(
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
        let neurons = ids(Some(neurons), rows)?;
        let unit = unit_of(&self.all[time], neurons.names.len(), facts, self.habit.as_ref(), options)?;
        let trial = roles.trial;
        let mut list = SpikeList {
            dt: unit.dt(facts, options),
            steps: unit.counts_steps(facts, options),
            ..Default::default()
        };
        list.stepped = unit.unit == Unit::Steps;
        let mut fields: Vec<Option<Field>> = self.all.into_iter().map(Some).collect();
        let mut take = |at: usize| fields.get_mut(at).and_then(Option::take);
        list.ids = neurons;
        list.trials = trial.map(|at| ids(take(at), rows)).transpose()?;
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
        list.window = facts.window(unit.unit, list.dt, || latest(&list.times), options)?;
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
        Some(Field { name, data: Values::Numbers(values), look, .. }) => Ids::of_looked(&values, look, &name),
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
