//! A train for each list, array, row or column.

use super::content::Content;
use super::field::{Field, Look, Values};
use super::fields::{Facts, Fields, Source, last, unit_of};
use super::found::{Found, Said};
use super::names;
use super::options::{Holds, TrainOptions};
use super::roles::Roles;
use super::spike_list::{SpikeList, in_seconds};
use super::unit::Unit;

impl Fields {
    /// Times of the same name in a group for each neuron: a train each, with the name of its group.
    pub(super) fn times_in_groups(&mut self, roles: &Roles, options: &TrainOptions) -> Option<Fields> {
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

    /// A train for each list, array, row or column.
    pub(super) fn trains(self, facts: &Facts, options: &TrainOptions, found: &mut Found) -> Said<Content> {
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

    pub(super) fn trains_of(
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
        let latest = || lists.iter().map(|l| latest(l)).fold(f64::NEG_INFINITY, f64::max);
        let window = facts.window(unit.unit, dt, latest, options)?;
        let steps = unit.counts_steps(facts, options);
        Ok(Content::Spikes(SpikeList { dt, steps, window, ..SpikeList::of_lists(lists, names) }))
    }
}

/// The last of some times.
pub(super) fn latest(times: &[f64]) -> f64 {
    Look::at(times).high
}

/// Places in the order in which people count, where all names are numbers.
fn ordered(names: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    if names.iter().all(|n| n.parse::<u64>().is_ok()) {
        order.sort_by_key(|i| names[*i].parse::<u64>().unwrap_or(0));
    }
    order
}
