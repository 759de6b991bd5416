//! `SlifCell`: ngc-learn's SLIFCell, a spiking layer whose compartments are read and set by name.

use rheobase_models::real::whole_steps;

use rheobase_base::random::Stream;
use rheobase_base::{Error, Result};
use rheobase_sim::population::{Builder, Initial, Record};
use rheobase_sim::{Catalog, Input, Population, Spikes};

use super::refractory_clock::RefractoryClock;
use super::{SlifOptions, SlifSurrogate};

/// A layer of simplified leaky integrate-and-fire cells (Samadi et al. 2017, doi:10.1162/NECO_a_00929) with adaptive
/// thresholds, sticky spikes and lateral inhibition, handled as in ngc-learn: set `j`, advance, read `s`.
///
/// Compartments are `[batch, cell]` in single precision; [`SlifCell::description`] lists them.
///
/// ```
/// # mod rheobase { pub use {rheobase_base::Error, rheobase_originals::*}; }
/// use rheobase::cells::{SlifCell, SlifOptions};
/// let mut cell = SlifCell::new("z1", 3, SlifOptions { tau_m: 50.0, resist_m: 10.0, thr: 0.3, ..Default::default() })?;
/// cell.set("j", &[1.0, 0.0, 1.0])?;
/// for step in 0..2 {
///     cell.advance(f64::from(step), 1.0)?;
/// }
/// assert_eq!(cell.get("s")?, [1.0, 0.0, 1.0]);
/// assert_eq!(cell.get("tols")?, [1.0, 0.0, 1.0]);
/// # Ok::<(), rheobase::Error>(())
/// ```
pub struct SlifCell {
    pub(super) name: String,
    pub(super) options: SlifOptions,
    pub(super) population: Population<f32>,
    pub(super) j: Vec<f32>,
    pub(super) current: Vec<f32>,
    pub(super) s: Vec<f32>,
    pub(super) tols: Vec<f32>,
    pub(super) surrogate: Vec<f32>,
    /// Time since the last spike, which the population counts as refractory steps left.
    pub(super) clock: RefractoryClock,
    /// Thresholds after a reset, `[batch, cell]`.
    pub(super) threshold0: Vec<f32>,
    /// `[from, to]`; drawn when they are first needed.
    pub(super) inh_weights: Option<Vec<f32>>,
}

impl SlifCell {
    /// A layer of `n_units` cells called `name`, at rest.
    ///
    /// # Errors
    /// Arguments out of range, arrays of the wrong length or not finite, and a name that cannot be a file's.
    pub fn new(name: &str, n_units: usize, options: SlifOptions) -> Result<Self> {
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return Err(Error::value(
                "SlifCell",
                "name",
                format!("`{name}`"),
                "must be usable as a file's name: not empty, without / and \\",
            ));
        }
        options.check(name)?;
        let thresholds = match &options.threshold0 {
            Some(given) => given.clone(),
            None => draw_thresholds(name, n_units, &options),
        };
        let population = population(name, n_units, &options, &thresholds)?;
        let n = population.batch() * n_units;
        let mut cell = SlifCell {
            name: name.to_string(),
            threshold0: population.state().fields[1].clone(),
            population,
            j: vec![0.0; n],
            current: vec![0.0; n],
            s: vec![0.0; n],
            tols: vec![0.0; n],
            surrogate: vec![1.0; n],
            clock: RefractoryClock::new(n, options.refract_time),
            inh_weights: None,
            options,
        };
        if let Some(weights) = cell.options.inh_weights.take() {
            let weights: Vec<f32> = weights.iter().map(|w| *w as f32).collect();
            cell.set("inh_weights", &weights)?;
        } else if cell.options.resist_inh > 0.0 {
            cell.inh_weights = Some(cell.draw_weights()?);
        }
        Ok(cell)
    }

    /// Name of the cell.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Number of cells.
    pub fn n_units(&self) -> usize {
        self.population.neurons()
    }
    /// Samples side by side.
    pub fn batch_size(&self) -> usize {
        self.population.batch()
    }
    /// The arguments it was made with.
    pub fn options(&self) -> &SlifOptions {
        &self.options
    }

    /// One step of length `dt` at time `t`, which cells that spike remember as the time of their last spike.
    ///
    /// In order: current from input and last spikes; surrogate; potential; spike; reset; threshold; refractory clock;
    /// sticky spike; time of last spike.
    ///
    /// # Errors
    /// `t` or `dt` not finite, `dt` not within (0, 2·tau_m), and numbers that leave the range of single precision. The
    /// cell is then as before.
    pub fn advance(&mut self, t: f64, dt: f64) -> Result<()> {
        let fail = |field: &str, value: f64, rule: String| {
            Err(Error::value(self.name.clone(), field, format!("{value} ms"), rule))
        };
        if !(t as f32).is_finite() {
            return fail("t", t, "must be a finite number".into());
        }
        let bound = 2.0 * self.options.tau_m;
        if !(dt > 0.0 && dt < bound) {
            return fail(
                "dt",
                dt,
                format!("must be > 0 and < 2·tau_m = {bound} ms, the bound of Euler's method"),
            );
        }
        if dt != self.population.dt() {
            let times = self.clock.times(self.population.dt());
            self.population.set_dt(dt)?;
            self.put_clock(times)?;
        }
        let current = self.present_current();
        let record = Record::spikes(Spikes::Dense).probe("margin").probe("slope");
        let mut r = self.population.run(1, &Input::Array(&current), &record)?;
        if let (Some(slope), Some(margin)) = (r.traces.pop(), r.traces.pop()) {
            self.surrogate = slope.data;
            self.clock.advance(margin.data.iter().map(|m| *m > 0.0));
        }
        self.s = r.spikes.into_dense();
        for (last, s) in self.tols.iter_mut().zip(&self.s) {
            *last = (1.0 - s) * *last + s * t as f32;
        }
        if !self.options.keep_input {
            self.j.clone_from(&current);
        }
        self.current = current;
        Ok(())
    }

    /// Back to rest: compartments to 0, the refractory clock to its end, the surrogate to 1, and thresholds to their
    /// starting values unless they persist.
    pub fn reset(&mut self) {
        let thresholds = if self.options.thr_persist {
            self.population.state().fields[1].clone()
        } else {
            self.threshold0.clone()
        };
        self.population.reset();
        self.put_thresholds(thresholds);
        self.clock = RefractoryClock::new(self.s.len(), self.options.refract_time);
        for compartment in [&mut self.j, &mut self.current, &mut self.s, &mut self.tols] {
            compartment.fill(0.0);
        }
        self.surrogate.fill(1.0);
    }

    /// `resist_m·j`, less what the cells' last spikes inhibit.
    fn present_current(&self) -> Vec<f32> {
        let n = self.n_units();
        let resist_m = self.options.resist_m as f32;
        let resist_inh = self.options.resist_inh as f32;
        let mut current: Vec<f32> = self.j.iter().map(|j| j * resist_m).collect();
        let Some(weights) = self.inh_weights.as_ref().filter(|_| resist_inh > 0.0) else { return current };
        let mut sums = vec![0.0f32; n];
        for (current, s) in current.chunks_mut(n).zip(self.s.chunks(n)) {
            sums.fill(0.0);
            for (row, s) in weights.chunks(n).zip(s).filter(|(_, s)| **s != 0.0) {
                for (sum, w) in sums.iter_mut().zip(row) {
                    *sum += s * w;
                }
            }
            for (j, sum) in current.iter_mut().zip(&sums) {
                *j -= sum * resist_inh;
            }
        }
        current
    }

    /// Replaces all thresholds; there must be as many as cells in all samples.
    pub(super) fn put_thresholds(&mut self, thresholds: Vec<f32>) {
        let mut state = self.population.state().clone();
        state.fields[1] = thresholds;
        // The state is the population's own but for one field of the same length, which is all that is checked.
        let _ = self.population.set_state(state);
    }

    /// Sets the times since the last spikes; there must be as many as cells in all samples.
    pub(super) fn put_clock(&mut self, times: Vec<f64>) -> Result<()> {
        let (refract_time, dt) = (self.options.refract_time, self.population.dt());
        let left = |time: &f64| whole_steps(refract_time - time, dt).max(0.0) as f32;
        self.population.set_state_field("refractory", &times.iter().map(left).collect::<Vec<_>>())?;
        self.clock = RefractoryClock::at(times);
        Ok(())
    }

    /// The lateral weights drawn for this cell's seed and name: uniform on [0.025, 1), 0 from a cell to itself.
    pub(super) fn draw_weights(&self) -> Result<Vec<f32>> {
        let n = self.n_units();
        let count = n.checked_mul(n).filter(|c| *c <= isize::MAX as usize / 8).ok_or_else(|| {
            Error::value(self.name.clone(), "n_units", n, "is too large for a matrix of lateral weights")
        })?;
        let stream = Stream::new(self.options.seed, "inhibition", &self.name);
        let draw = |i: usize| {
            let (from, to) = (i / n, i % n);
            let u = 0.025 + (1.0 - 0.025) * stream.uniform(from as u64, 0, to as u32);
            if from == to { 0.0 } else { u as f32 }
        };
        Ok((0..count).map(draw).collect())
    }
}

/// Starting thresholds drawn uniformly within the jitter.
fn draw_thresholds(name: &str, n: usize, options: &SlifOptions) -> Vec<f64> {
    let stream = Stream::new(options.seed, "threshold", name);
    let draw = |i: usize| options.thr + options.thr_jitter * (2.0 * stream.uniform(0, 0, i as u32) - 1.0);
    (0..n).map(draw).collect()
}

/// The cells as a population whose input is the current J.
fn population(name: &str, n: usize, options: &SlifOptions, thresholds: &[f64]) -> Result<Population<f32>> {
    let builder: Builder<f32> = Population::builder(Catalog::standard().get("slif")?, &[n]);
    builder
        .name(name)
        .batch(options.batch_size)
        .dt(options.tau_m)
        .surrogate(SlifSurrogate::surrogate(options.surrogate))
        .set("tau_m", options.tau_m)
        .set("resist_m", 1.0)
        .set("thr_gain", options.thr_gain)
        .set("thr_leak", options.thr_leak)
        .set("rho_b", options.rho_b)
        .set("refract_time", options.refract_time)
        .set("sticky_spikes", f64::from(u8::from(options.sticky_spikes)))
        .initial("thr", Initial::Each(thresholds.to_vec()))
        .build()
}
