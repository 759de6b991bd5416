//! `Learner`: changes the weights of one connection, sample after sample.

use std::collections::VecDeque;

use rheobase_models::Real;

use super::check::{finite, length};
use super::order::{Order, check_rates};
use super::state::State;
use super::timed::{Changes, Traces, Windows};
use super::{Activity, Connection, Learned, Plasticity, Rate, Rule};
use crate::vision::SpikeRows;
use crate::vision::windows::value_error;
use rheobase_base::Result;
use rheobase_signals::Tensor;
use rheobase_sim::compete::Place;

/// What changes the weights of a connection, and all that it carries from sample to sample. The weights are the caller's.
/// Nothing of it depends on threads or on how a sample is split.
#[derive(Debug, Clone)]
pub struct Learner {
    place: String,
    settings: Plasticity,
    connection: Connection,
    windows: Option<Windows>,
    /// What is left of the eligibility after a step.
    waits: f32,
    state: State,
}

impl Learner {
    /// A learner that has seen nothing. `place` names the layer in errors; `dt` is the length of a step in seconds, which the
    /// time constants of rules of traces are measured with.
    ///
    /// # Errors
    /// Settings out of range, or that do not go together or with the connection; a `dt` that is not above 0.
    pub fn new(place: &str, settings: &Plasticity, connection: Connection, dt: f64) -> Result<Learner> {
        let features = connection.features();
        settings.check(place, features)?;
        super::check::time_constant(place, "dt", dt)?;
        let windows = match &settings.rule {
            Rule::Order(_) => None,
            Rule::Pair(pair) => Some(pair.windows(dt)),
            Rule::Triplet(triplet) => Some(triplet.windows(dt)),
        };
        let waiting = windows.is_some() && settings.reward.is_some();
        let tau = settings.reward.as_ref().and_then(|reward| reward.tau);
        let state = State {
            samples: 0,
            wins: vec![0; features],
            thresholds: vec![0.0; if settings.homeostasis.is_some() { features } else { 0 }],
            rates: if let Rule::Order(order) = &settings.rule { order.rates(features) } else { Vec::new() },
            traces: windows.as_ref().map_or_else(Traces::default, |w| Traces::new(w, &connection)),
            eligibility: vec![0.0; if waiting { connection.len() } else { 0 }],
            sent: VecDeque::from(vec![Vec::new(); if windows.is_some() { connection.delay() } else { 0 }]),
        };
        Ok(Learner {
            place: place.into(),
            settings: settings.clone(),
            connection,
            windows,
            waits: tau.map_or(1.0, |tau| Real::exp(-dt / tau) as f32),
            state,
        })
    }

    /// Refuses weights that this learner should not begin with.
    ///
    /// # Errors
    /// As many as the connection does not have; one that is not finite, or outside the bounds.
    pub fn check(&self, weights: &[f32]) -> Result<()> {
        self.check_weights(weights)?;
        let [lower, upper] = self.settings.bounds;
        match weights.iter().position(|w| !(lower..=upper).contains(w)) {
            None => Ok(()),
            Some(at) => {
                let rule = format!(
                    "must be within the bounds [{lower}, {upper}]: let weights start there, or set others"
                );
                Err(value_error(&self.place, "weight", Some(at), weights[at], rule))
            }
        }
    }

    fn check_weights(&self, weights: &[f32]) -> Result<()> {
        length(&self.place, "weight", weights.len(), self.connection.len(), "one number for each weight")?;
        finite(&self.place, "weight", weights)
    }

    /// Learns from a whole sample: traces begin at 0, all steps are gone through, thresholds and sums follow. On an error
    /// nothing has changed.
    ///
    /// # Errors
    /// Spikes, winners, rewards or weights that do not fit the connection or the rule, or are not finite.
    pub fn sample(&mut self, weights: &mut [f32], activity: &Activity<'_>) -> Result<Learned> {
        self.check_weights(weights)?;
        let winners = activity.check(&self.place, &self.connection, &self.settings)?;
        self.reset();
        let mut learned = match &self.settings.rule {
            Rule::Order(order) => {
                let order = order.clone();
                self.in_order(&order, weights, activity, winners)
            }
            _ => self.through_steps(weights, activity, winners),
        };
        self.end(weights, activity, &mut learned);
        Ok(learned)
    }

    /// Forgets traces, eligibility and what has not arrived yet, as every sample does at its start.
    pub fn reset(&mut self) {
        self.state.traces.clear();
        self.state.eligibility.fill(0.0);
        self.state.sent.iter_mut().for_each(Vec::clear);
    }

    /// Goes through some steps of a longer run, with pair and triplet rules: traces go on where they were. Any split into
    /// such parts gives the same bits. Thresholds and sums are left alone; a reward is given step by step.
    ///
    /// # Errors
    /// Those of [`Learner::sample`]; the order rule, which has to see whole samples; winners that are not given.
    pub fn steps(&mut self, weights: &mut [f32], activity: &Activity<'_>) -> Result<Learned> {
        let fault =
            |field: &str, value: &str, rule: &str| Err(value_error(&self.place, field, None, value, rule));
        if self.windows.is_none() {
            return fault("rule", "order", "sees whole samples, not parts of them: call `sample`");
        }
        if self.settings.winners.is_some() && activity.winners.is_none() {
            return fault(
                "winners",
                "none",
                "are those of a whole sample: give them, or leave the setting out",
            );
        }
        let steps = activity.pre.steps();
        if self.settings.reward.is_some() {
            length(&self.place, "reward", activity.reward.len(), steps, "one number for each step")?;
        }
        self.check_weights(weights)?;
        let winners = activity.check(&self.place, &self.connection, &self.settings)?;
        Ok(self.through_steps(weights, activity, winners))
    }

    /// What thresholds are raised by, per feature; empty without homeostasis.
    pub fn thresholds(&self) -> &[f32] {
        &self.state.thresholds
    }

    /// How often each feature has won; spiked, where there are no winners.
    pub fn wins(&self) -> &[u64] {
        &self.state.wins
    }

    /// Samples that are over.
    pub fn samples(&self) -> u64 {
        self.state.samples
    }

    /// The order rule's `ltp` and `ltd` of each feature as they are now; empty for other rules.
    pub fn rates(&self) -> &[[f32; 2]] {
        &self.state.rates
    }

    /// Sets the order rule's `ltp` and `ltd` for the samples to come: of one feature, or of all.
    ///
    /// # Errors
    /// Another rule; a feature that there is not; rates out of range.
    pub fn set_rates(&mut self, feature: Option<usize>, [ltp, ltd]: [f32; 2]) -> Result<()> {
        let features = self.state.rates.len();
        if features == 0 {
            return Err(value_error(&self.place, "rates", None, ltp, "are for the order rule"));
        }
        check_rates(&self.place, "rates", &Rate::Same(ltp), &Rate::Same(ltd), 1)?;
        match feature {
            None => self.state.rates.fill([ltp, ltd]),
            Some(f) if f < features => self.state.rates[f] = [ltp, ltd],
            Some(f) => {
                let rule = format!("must be below {features}, the features");
                return Err(value_error(&self.place, "rates.feature", None, f, rule));
            }
        }
        Ok(())
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The settings.
    pub fn settings(&self) -> &Plasticity {
        &self.settings
    }

    /// All that is carried on, by name, for a checkpoint.
    ///
    /// # Errors
    /// None in practice: the lengths of the arrays are their own.
    pub fn tensors(&self) -> Result<Vec<(String, Tensor)>> {
        self.state.tensors()
    }

    /// Takes back what [`Learner::tensors`] of a learner with the same settings and connection gave. On an error nothing has
    /// changed.
    ///
    /// # Errors
    /// Arrays that are missing, of another kind or length; numbers that are not finite.
    pub fn restore(&mut self, kept: &[(String, Tensor)]) -> Result<()> {
        self.state.restore(&self.place, self.connection.inputs(), kept)
    }

    /// The order rule: winners learn from who was first.
    fn in_order(
        &self,
        order: &Order,
        weights: &mut [f32],
        activity: &Activity<'_>,
        winners: Option<Vec<Place>>,
    ) -> Learned {
        let winners = winners.unwrap_or_default();
        let steps = activity.pre.steps() as u32;
        let first = first_arrivals(activity.pre, self.connection.inputs(), self.connection.delay());
        let mut done = vec![false; self.connection.features()];
        for winner in winners.iter().rev().filter(|w| !std::mem::replace(&mut done[w[0]], true)) {
            let Some(output) = self.connection.output(*winner) else { continue };
            let fires = first_spike(activity.post, output as u32);
            let early = |input: Option<usize>| input.map_or(steps, |i| first[i]) <= fires;
            let rates = self.rates_under(activity.reward, winner[0]);
            if rates != [0.0; 2] {
                order.update(self.settings.bounds, rates, &self.connection, output, weights, early);
            }
        }
        self.clamp(weights);
        let features = (0..done.len()).filter(|f| done[*f]).map(|f| f as u32).collect();
        Learned { winners, features }
    }

    /// The rates of a feature under the sample's reward.
    fn rates_under(&self, reward: &[f32], feature: usize) -> [f32; 2] {
        let rates = self.state.rates[feature];
        match (reward, self.settings.reward.as_ref().and_then(|r| r.punish.as_ref())) {
            ([r], Some(punish)) if *r < 0.0 => [0, 1].map(|n| punish[n].of(feature) * -r),
            ([r], _) => rates.map(|rate| rate * r),
            _ => rates,
        }
    }

    /// The rules of traces, step by step.
    fn through_steps(
        &mut self,
        weights: &mut [f32],
        activity: &Activity<'_>,
        winners: Option<Vec<Place>>,
    ) -> Learned {
        self.clamp(weights);
        let Learner { settings, connection, windows: Some(windows), state, .. } = self else {
            return Learned::default();
        };
        let learns: Option<Vec<bool>> = winners.as_ref().map(|winners| {
            let mut learns = vec![false; connection.outputs()];
            winners.iter().filter_map(|w| connection.output(*w)).for_each(|o| learns[o] = true);
            learns
        });
        let mut changed = vec![false; connection.features()];
        for (output, _) in state.traces.0[2].iter().enumerate().filter(|(_, o1)| **o1 != 0.0) {
            changed[connection.feature_of(output)] = true;
        }
        let (steps, mut fired) = (activity.pre.steps(), Vec::new());
        for step in 0..steps {
            fired.clear();
            let post = activity.post.step(step).0.iter().copied();
            fired.extend(post.filter(|o| learns.as_ref().is_none_or(|learns| learns[*o as usize])));
            for output in &fired {
                changed[connection.feature_of(*output as usize)] = true;
            }
            state.sent.push_back(activity.pre.step(step).0.to_vec());
            let arrived = state.sent.pop_front().unwrap_or_default();
            let mut changes = match &settings.reward {
                None => Changes::Weights,
                Some(_) => {
                    state.eligibility.iter_mut().for_each(|c| *c *= self.waits);
                    Changes::Eligibility(&mut state.eligibility)
                }
            };
            windows.step(
                connection,
                &mut state.traces,
                (&arrived, &fired),
                settings.bounds,
                weights,
                &mut changes,
            );
            let reward = match activity.reward {
                [r] if step + 1 == steps => *r,
                all if all.len() == steps => all[step],
                _ => 0.0,
            };
            if reward != 0.0 {
                let [lower, upper] = settings.bounds;
                for (w, c) in weights.iter_mut().zip(&state.eligibility) {
                    *w = (*w + reward * c).clamp(lower, upper);
                }
                changed.fill(true);
            }
        }
        let features = (0..changed.len()).filter(|f| changed[*f]).map(|f| f as u32).collect();
        Learned { winners: winners.unwrap_or_default(), features }
    }

    /// What a sample leaves behind.
    fn end(&mut self, weights: &mut [f32], activity: &Activity<'_>, learned: &mut Learned) {
        let connection = &self.connection;
        let fired: Vec<usize> = if activity.winners.is_some() || self.settings.winners.is_some() {
            learned.winners.iter().map(|w| w[0]).collect()
        } else {
            activity.post.index().iter().map(|o| connection.feature_of(*o as usize)).collect()
        };
        fired.iter().for_each(|f| self.state.wins[*f] += 1);
        if let Some(homeostasis) = self.settings.homeostasis {
            homeostasis.sample(&mut self.state.thresholds, fired.into_iter());
        }
        if let Some(normalize) = self.settings.normalize {
            for feature in &learned.features {
                normalize.apply(connection, weights, self.settings.bounds, *feature as usize);
            }
        }
        self.state.samples += 1;
        if let Rule::Order(order) = &self.settings.rule {
            order.anneal(self.state.samples, &mut self.state.rates);
        }
    }

    fn clamp(&self, weights: &mut [f32]) {
        let [lower, upper] = self.settings.bounds;
        weights.iter_mut().for_each(|w| *w = w.clamp(lower, upper));
    }
}

/// The step in which each input first arrives; the number of steps for those that do not.
fn first_arrivals(pre: &SpikeRows, inputs: usize, delay: usize) -> Vec<u32> {
    let steps = pre.steps();
    let mut first = vec![steps as u32; inputs];
    for step in (0..steps.saturating_sub(delay)).rev() {
        for i in pre.step(step).0 {
            first[*i as usize] = (step + delay) as u32;
        }
    }
    first
}

/// The step in which an output first fires; the number of steps if it does not.
fn first_spike(post: &SpikeRows, output: u32) -> u32 {
    let steps = post.steps();
    (0..steps).find(|step| post.step(*step).0.binary_search(&output).is_ok()).unwrap_or(steps) as u32
}
