//! The measures as methods of spike trains, which know their window and their step.

use rheobase_base::{Error, Result, memory};
use rheobase_models::neuron::Time;
use rheobase_signals::{EDGE, Matrix, SpikeTrains};

use super::correlogram::{Correlogram, auto_correlogram, cross_correlogram};
use super::isi::{IsiStatistics, isi_statistics};
use super::kernel::Kernel;
use super::pairwise::{Pairwise, pairwise};
use super::rates_kernel::rates_kernel;

/// Rates of trains over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// When each row was taken, s (steps where trains count steps).
    pub times: Vec<f64>,
    /// Hz (per step where trains count steps): `[time, train]`.
    pub values: Matrix,
    /// What the trains are called.
    pub names: Vec<String>,
    /// What times are counted in.
    pub clock: Time,
}

/// How far apart, or how similar, trains are.
#[derive(Debug, Clone, PartialEq)]
pub struct Distances {
    /// `[train, train]`, symmetric, without unit.
    pub values: Matrix,
    /// What they are.
    pub measure: Pairwise,
    /// What the trains are called.
    pub names: Vec<String>,
}

/// What [`SpikeTrains`] can be asked: each method is the function of a similar name, with the trains' own window and step.
///
/// ```
/// # mod rheobase { pub use {rheobase_analyse as analyse, rheobase_base::Error, rheobase_models as models, rheobase_signals as data}; }
/// use rheobase::analyse::{Kernel, Measures, Pairwise};
/// use rheobase::data::{SpikeEvents, SpikeTrains, SpikeValues};
/// use rheobase::models::neuron::Time;
/// let spikes = SpikeEvents::from_dense([4, 1, 2], 0.01, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0])?;
/// let trains = SpikeTrains::from_events(&spikes, Time::Seconds, SpikeValues::Single)?;
/// let distances = trains.distances(Pairwise::VictorPurpura { cost: 10.0 })?;
/// assert!((distances.values.get(0, 1).unwrap() - 0.1).abs() < 1e-12); // one spike is moved by 10 ms
/// assert_eq!(trains.rates(Kernel::Gauss, 0.01)?.values.shape(), [4, 2]);
/// # Ok::<(), rheobase::Error>(())
/// ```
pub trait Measures {
    /// Rates by [`rates_kernel`], a row per step; of a recording without steps, 20 rows in each `tau` (s, or steps).
    ///
    /// # Errors
    /// Those of [`rates_kernel`]; a recording of fewer than two rows, or of more than fit into memory.
    fn rates(&self, kernel: Kernel, tau: f64) -> Result<Rates>;

    /// Every train against every other, by [`pairwise`].
    ///
    /// # Errors
    /// Those of [`pairwise`].
    fn distances(&self, measure: Pairwise) -> Result<Distances>;

    /// The intervals of each train, by [`isi_statistics`].
    ///
    /// # Errors
    /// Those of [`isi_statistics`], with the train.
    fn isi(&self) -> Result<Vec<IsiStatistics>>;

    /// Lags of the spikes of train `b` after those of `a`, by [`cross_correlogram`] at 95 %; of one and the same train, by
    /// [`auto_correlogram`].
    ///
    /// # Errors
    /// Those of these functions; no such train.
    fn correlogram(&self, a: usize, b: usize, bin: f64, max_lag: f64) -> Result<Correlogram>;
}

impl Measures for SpikeTrains {
    fn rates(&self, kernel: Kernel, tau: f64) -> Result<Rates> {
        let (start, end) = self.window;
        let step = self.dt.unwrap_or(tau / 20.0);
        let rows = ((end - start) / step).round();
        let fail = |rule: String| Error::value("rates", "tau", tau, rule);
        if !(tau > 0.0 && tau.is_finite() && rows >= 2.0) {
            return Err(fail(format!("must be above 0, and the recording two steps long; it has {rows}")));
        }
        let trains = self.times.len();
        // Spikes, rates, times.
        memory::check(8.0 * rows * (2.0 * trains as f64 + 1.0)).map_err(fail)?;
        let rows = rows as usize;
        let times: Vec<f64> = (0..rows).map(|i| start + i as f64 * step).collect();
        let mut spikes = vec![0.0; rows * trains];
        for (train, times) in self.times.iter().enumerate() {
            for t in times {
                let row = (((t - start) / step + EDGE) as usize).min(rows - 1);
                spikes[row * trains + train] += 1.0 / step;
            }
        }
        let values = Matrix::new(rates_kernel(&times, &spikes, trains, kernel, tau)?, rows, trains)?;
        Ok(Rates { times, values, names: names(self), clock: self.clock })
    }

    fn distances(&self, measure: Pairwise) -> Result<Distances> {
        let n = self.times.len();
        let values = Matrix::new(pairwise(&self.times, measure)?, n, n)?;
        Ok(Distances { values, measure, names: names(self) })
    }

    fn isi(&self) -> Result<Vec<IsiStatistics>> {
        rheobase_base::check::trains("isi", &self.times, rheobase_base::check::distinct)?;
        self.times.iter().map(|times| isi_statistics(times)).collect()
    }

    fn correlogram(&self, a: usize, b: usize, bin: f64, max_lag: f64) -> Result<Correlogram> {
        let train = |field: &str, i: usize| {
            let rule = format!("must be below the number of trains, {}", self.times.len());
            self.times.get(i).ok_or_else(|| Error::value("correlogram", field, i, rule))
        };
        match (train("a", a)?, train("b", b)?) {
            (times, _) if a == b => auto_correlogram(times, self.window, bin, max_lag, 0.95),
            (one, other) => cross_correlogram(one, other, self.window, bin, max_lag, 0.95),
        }
    }
}

fn names(trains: &SpikeTrains) -> Vec<String> {
    (0..trains.times.len()).map(|i| trains.label(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trains() -> SpikeTrains {
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let mut trains = SpikeTrains::silent(1, names, (0.5, 1.5), Some(0.01), Time::Seconds);
        trains.times = vec![vec![0.6, 0.7, 0.9], vec![0.61, 1.2], vec![]];
        trains
    }

    #[test]
    fn methods_give_what_the_functions_give() {
        let t = trains();
        let cost = Pairwise::VictorPurpura { cost: 20.0 };
        let d = t.distances(cost).unwrap();
        assert_eq!((d.values.values(), d.names[1].as_str()), (&pairwise(&t.times, cost).unwrap()[..], "b"));
        assert_eq!(t.isi().unwrap()[0], isi_statistics(&t.times[0]).unwrap());
        let c = t.correlogram(0, 1, 0.01, 0.1).unwrap();
        assert_eq!(c, cross_correlogram(&t.times[0], &t.times[1], t.window, 0.01, 0.1, 0.95).unwrap());
        let own = t.correlogram(1, 1, 0.01, 0.1).unwrap();
        assert_eq!(own, auto_correlogram(&t.times[1], t.window, 0.01, 0.1, 0.95).unwrap());
    }

    #[test]
    fn rates_begin_with_the_window_and_hold_every_spike() {
        let mut t = trains();
        let r = t.rates(Kernel::Gauss, 0.02).unwrap();
        assert_eq!((r.values.shape(), r.times[0], &r.names[2][..]), ([100, 3], 0.5, "c"));
        let peak = r.values.column(1).iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert!([11, 70].contains(&peak), "{peak}");
        let spikes: f64 = r.values.column(0).iter().sum::<f64>() * 0.01;
        assert!((spikes - 3.0).abs() < 1e-6 && r.values.column(2).iter().all(|x| *x == 0.0), "{spikes}");
        t.dt = None;
        assert_eq!(t.rates(Kernel::Gauss, 0.02).unwrap().values.shape(), [1000, 3]);
    }

    #[test]
    fn what_cannot_be_says_why() {
        let mut t = trains();
        for tau in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(t.rates(Kernel::Gauss, tau).unwrap_err().to_string().starts_with("rates.tau = "));
        }
        let text = t.correlogram(0, 3, 0.01, 0.1).unwrap_err().to_string();
        assert_eq!(text, "correlogram.b = 3: must be below the number of trains, 3");
        t.times[1] = vec![0.7, 0.7];
        assert!(t.isi().unwrap_err().to_string().starts_with("isi.trains[1][1] = 0.7 s: occurs twice"));
    }
}
