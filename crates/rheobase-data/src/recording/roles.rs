//! Which column or array is what, as the caller says or as it is called.

use super::field::Values;
use super::fields::{Fields, last};
use super::found::Said;
use super::names::{self, Meaning};
use super::options::{Holds, Role, TrainOptions};

impl Fields {
    pub(super) fn names(&self) -> String {
        self.all.iter().map(|f| &f.name[..]).collect::<Vec<_>>().join("`, `")
    }

    /// Which field is what, as the caller says or as they are called.
    pub(super) fn roles(&self, options: &TrainOptions) -> Said<Roles> {
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

    pub(super) fn find(&self, name: &str) -> Said<usize> {
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
    pub(super) fn camera_columns(&self, options: &TrainOptions) -> Said<Option<[usize; 4]>> {
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
}

/// Which field is what.
#[derive(Default)]
pub(super) struct Roles {
    pub(super) neuron: Option<usize>,
    pub(super) time: Option<usize>,
    pub(super) trial: Option<usize>,
    pub(super) value: Option<usize>,
    pub(super) offset: Option<usize>,
    pub(super) population: Option<usize>,
    pub(super) skipped: Vec<usize>,
}

impl Roles {
    pub(super) fn get(&mut self, role: Role) -> &mut Option<usize> {
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

    pub(super) fn of(&self, role: Role) -> Option<usize> {
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

    pub(super) fn has(&self, at: usize) -> bool {
        let all = [self.neuron, self.time, self.trial, self.value, self.offset, self.population];
        all.contains(&Some(at)) || self.skipped.contains(&at)
    }
}
