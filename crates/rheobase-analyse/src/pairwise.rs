//! Any distance or similarity of spike trains for all pairs of a population, in threads.

use rayon::prelude::*;

use super::coincidence::reach;
use super::interleaving::{Interleaving, Ranked};
use super::pieces::{Pieces, check_train};
use super::profile::{Profile, Scratch, mean};
use super::{event_sync, isi_distance, spike_distance, spike_sync, van_rossum, victor_purpura};
use rheobase_base::check;
use rheobase_base::{Cancel, Result};

/// A symmetric measure of two spike trains, with its parameters. The function of the same name says what they mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pairwise {
    /// [`victor_purpura`](super::victor_purpura()).
    VictorPurpura {
        /// Cost of moving a spike, 1/s.
        cost: f64,
    },
    /// [`van_rossum`](super::van_rossum()).
    VanRossum {
        /// Time constant, s.
        tau: f64,
    },
    /// [`isi_distance`](super::isi_distance()).
    Isi {
        /// Start and end, s.
        window: (f64, f64),
    },
    /// [`spike_distance`](super::spike_distance()).
    Spike {
        /// Start and end, s.
        window: (f64, f64),
    },
    /// [`spike_sync`](super::spike_sync()), a similarity: 1 on the diagonal.
    SpikeSync {
        /// Start and end, s.
        window: (f64, f64),
        /// Longest lag of a coincidence, s.
        max_lag: f64,
    },
    /// The strength of [`event_sync`](super::event_sync()), a similarity: 1 on the diagonal.
    EventSync {
        /// Longest lag of a coincidence, s.
        max_lag: f64,
    },
}

impl Pairwise {
    /// What its numbers are, for pictures.
    pub fn label(self) -> &'static str {
        match self {
            Pairwise::VictorPurpura { .. } => "Victor–Purpura distance",
            Pairwise::VanRossum { .. } => "van Rossum distance",
            Pairwise::Isi { .. } => "ISI-distance",
            Pairwise::Spike { .. } => "SPIKE-distance",
            Pairwise::SpikeSync { .. } => "SPIKE-synchronization",
            Pairwise::EventSync { .. } => "event synchronization",
        }
    }
}

/// The measure for all pairs of `trains`: a symmetric n x n matrix, row-major.
///
/// Trains are spike times in s as the measure needs them. Pairs are shared among rayon's threads; the result is the same
/// to the bit for any number of them, and the same as that of the measure's own function. No trains give an empty matrix.
///
/// # Errors
/// As the measure's own function; the message names the train (`pairwise.trains[3][17]`: spike 17 of train 3).
pub fn pairwise<T: AsRef<[f64]> + Sync>(trains: &[T], measure: Pairwise) -> Result<Vec<f64>> {
    const PLACE: &str = "pairwise";
    let all: Vec<&[f64]> = trains.iter().map(AsRef::as_ref).collect();
    match measure {
        Pairwise::VictorPurpura { cost } => {
            victor_purpura::check_cost(PLACE, cost)?;
            check::trains(PLACE, &all, check::sorted)?;
            let row = |i: usize| {
                let mut saved = Vec::new();
                all[i + 1..].iter().map(|b| victor_purpura::between(all[i], b, cost, &mut saved)).collect()
            };
            symmetric(all.len(), 0.0, row)
        }
        Pairwise::VanRossum { tau } => {
            van_rossum::check_tau(PLACE, tau)?;
            check::trains(PLACE, &all, check::sorted)?;
            let row = |i: usize| {
                let mut scratch = van_rossum::Scratch::default();
                all[i + 1..].iter().map(|b| van_rossum::between(all[i], b, tau, &mut scratch)).collect()
            };
            symmetric(all.len(), 0.0, row)
        }
        Pairwise::Isi { window } => over_time::<isi_distance::Dissimilarity>(&all, window),
        Pairwise::Spike { window } => over_time::<spike_distance::Dissimilarity>(&all, window),
        Pairwise::SpikeSync { window, max_lag } => {
            spike_sync::check_max_lag(PLACE, max_lag)?;
            check::trains(PLACE, &all, |p, f, t| check_train(p, f, t, window))?;
            coincident(&all, window.1 - window.0, |a, b| {
                spike_sync::share(spike_sync::partners(a, b, max_lag), a.0.len() + b.0.len())
            })
        }
        Pairwise::EventSync { max_lag } => {
            spike_sync::check_max_lag(PLACE, max_lag)?;
            check::trains(PLACE, &all, check::distinct)?;
            coincident(&all, f64::INFINITY, |a, b| event_sync::between(a, b, max_lag).strength)
        }
    }
}

/// The measures that are means over a window.
fn over_time<P: Profile>(trains: &[&[f64]], window: (f64, f64)) -> Result<Vec<f64>> {
    check::window("pairwise", window)?;
    check::trains("pairwise", trains, |p, f, t| check_train(p, f, t, window))?;
    let pieces: Vec<Pieces> = trains.iter().map(|t| Pieces::new(t, window)).collect();
    let times: Vec<&[f64]> = pieces.iter().map(|p| &p.times[..]).collect();
    let (ranked, ranks) = Ranked::all(&times);
    symmetric(trains.len(), 0.0, |i| {
        let table = ranked[i].table(ranks);
        let (mut counts, mut scratch) = (Interleaving::default(), Scratch::default());
        let others = pieces[i + 1..].iter().zip(&ranked[i + 1..]);
        others
            .map(|(other, rank)| {
                counts.look_up(&table, rank, &ranked[i]);
                mean::<P>(other, &pieces[i], &counts, window, &mut scratch)
            })
            .collect()
    })
}

/// A train and the reach of each of its spikes.
type Reaching<'a> = (&'a [f64], &'a [f64]);

/// The measures that count coincidences.
fn coincident(
    trains: &[&[f64]],
    missing: f64,
    between: impl Fn(Reaching<'_>, Reaching<'_>) -> f64 + Sync,
) -> Result<Vec<f64>> {
    let reaches: Vec<Vec<f64>> = trains.iter().map(|t| reach(t, missing)).collect();
    symmetric(trains.len(), 1.0, |i| {
        let others = trains[i + 1..].iter().zip(&reaches[i + 1..]);
        others.map(|(b, reach_b)| between((trains[i], &reaches[i]), (b, reach_b))).collect()
    })
}

/// A symmetric matrix from its diagonal and, for each row, what is right of the diagonal.
fn symmetric(n: usize, diagonal: f64, row: impl Fn(usize) -> Vec<f64> + Sync) -> Result<Vec<f64>> {
    let cancel = Cancel::current();
    let row = |i| cancel.check().map(|()| cancel.scope(|| row(i)));
    let rows: Vec<Vec<f64>> = (0..n).into_par_iter().with_max_len(1).map(row).collect::<Result<_>>()?;
    cancel.check()?;
    let mut matrix = vec![diagonal; n * n];
    for (i, row) in rows.iter().enumerate() {
        for (offset, value) in row.iter().enumerate() {
            let j = i + 1 + offset;
            matrix[i * n + j] = *value;
            matrix[j * n + i] = *value;
        }
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate as analyse;

    const WINDOW: (f64, f64) = (0.0, 10.0);
    const MAX_LAG: f64 = 0.2;

    fn trains() -> Vec<Vec<f64>> {
        let train = |k: usize| {
            let times = (0..40 * k).map(|i| 0.01 * ((i * i * (k + 3) + 17 * i * k) % 1001) as f64);
            let mut times: Vec<f64> = times.collect();
            times.sort_by(f64::total_cmp);
            times.dedup();
            times
        };
        (0..9).map(train).chain([vec![5.0], vec![0.0], vec![10.0]]).collect()
    }

    fn every_measure() -> [Pairwise; 6] {
        [
            Pairwise::VictorPurpura { cost: 3.0 },
            Pairwise::VanRossum { tau: 0.3 },
            Pairwise::Isi { window: WINDOW },
            Pairwise::Spike { window: WINDOW },
            Pairwise::SpikeSync { window: WINDOW, max_lag: MAX_LAG },
            Pairwise::EventSync { max_lag: MAX_LAG },
        ]
    }

    fn alone(measure: Pairwise, a: &[f64], b: &[f64]) -> f64 {
        match measure {
            Pairwise::VictorPurpura { cost } => analyse::victor_purpura(a, b, cost).unwrap(),
            Pairwise::VanRossum { tau } => analyse::van_rossum(a, b, tau).unwrap(),
            Pairwise::Isi { window } => analyse::isi_distance(a, b, window).unwrap(),
            Pairwise::Spike { window } => analyse::spike_distance(a, b, window).unwrap(),
            Pairwise::SpikeSync { window, max_lag } => analyse::spike_sync(a, b, window, max_lag).unwrap(),
            Pairwise::EventSync { max_lag } => analyse::event_sync(a, b, max_lag).unwrap().strength,
        }
    }

    #[test]
    fn entries_are_the_measures_of_the_pairs_to_the_bit() {
        let trains = trains();
        let n = trains.len();
        for measure in every_measure() {
            let matrix = pairwise(&trains, measure).unwrap();
            for (i, a) in trains.iter().enumerate() {
                for (j, b) in trains.iter().enumerate() {
                    assert_eq!(matrix[i * n + j], alone(measure, a, b), "{measure:?} {i} {j}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let trains = trains();
        for measure in every_measure() {
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| pairwise(&trains, measure).unwrap())
            };
            assert_eq!(run(1), run(4), "{measure:?}");
        }
    }

    #[test]
    fn errors_name_the_train() {
        for measure in every_measure() {
            let e = pairwise(&[vec![], vec![1.0, 0.5]], measure).unwrap_err().to_string();
            assert!(e.starts_with("pairwise.trains[1][1] = 0.5 s"), "{e}");
            assert!(pairwise::<Vec<f64>>(&[], measure).unwrap().is_empty());
        }
        assert!(pairwise(&[vec![1.0]], Pairwise::VictorPurpura { cost: -1.0 }).is_err());
        assert!(pairwise(&[vec![1.0]], Pairwise::VanRossum { tau: f64::NAN }).is_err());
        assert!(pairwise(&[vec![]], Pairwise::Spike { window: (1.0, 1.0) }).is_err());
        assert!(pairwise(&[vec![1.0]], Pairwise::EventSync { max_lag: f64::NAN }).is_err());
    }
}
