//! Measures of spike trains against the values that Elephant, PySpike and SciPy gave for the same trains.
//! `peers/make_analysis_reference.py` computes them.

use rheobase::analyse::{
    Pairwise, bin_counts, count_correlation, cross_correlogram, fano_factor, isi_statistics, pairwise,
    poisson_interval, population_rate, spike_sync_of_all,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    window: (f64, f64),
    bin: f64,
    trains: Vec<Vec<f64>>,
    gridded: Vec<Vec<f64>>,
    victor_purpura: Vec<ByCost>,
    van_rossum: Vec<ByTau>,
    isi_distance: Vec<f64>,
    spike_distance: Vec<f64>,
    spike_sync: Vec<f64>,
    spike_sync_of_all: f64,
    isi: Vec<Isi>,
    fano: f64,
    correlation: Vec<f64>,
    histogram: Vec<u64>,
    correlograms: Vec<Lags>,
    poisson_intervals: Vec<Poisson>,
    fano_range: FanoRange,
}

#[derive(Deserialize)]
struct ByCost {
    cost: f64,
    matrix: Vec<f64>,
}

#[derive(Deserialize)]
struct ByTau {
    tau: f64,
    matrix: Vec<f64>,
}

#[derive(Deserialize)]
struct Isi {
    train: Vec<f64>,
    mean: f64,
    cv: f64,
    cv2: f64,
    lv: f64,
    lvr: f64,
}

#[derive(Deserialize)]
struct Lags {
    first: usize,
    second: usize,
    lags: Vec<i64>,
    counts: Vec<u64>,
}

#[derive(Deserialize)]
struct Poisson {
    count: u64,
    level: f64,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct FanoRange {
    counts: Vec<u64>,
    level: f64,
    low: f64,
    high: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("peers/analysis_reference.json")).unwrap()
}

/// Relative to the value, or to `scale` where that is larger.
fn close(what: &str, got: &[f64], want: &[f64], scale: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(scale), "{what}, element {i}: {a}, reference {b}");
    }
}

#[test]
fn distances_of_costs_and_kernels() {
    let r = reference();
    for v in &r.victor_purpura {
        let got = pairwise(&r.trains, Pairwise::VictorPurpura { cost: v.cost }).unwrap();
        close(&format!("Victor-Purpura {}", v.cost), &got, &v.matrix, 1e-3);
    }
    for v in &r.van_rossum {
        let got = pairwise(&r.trains, Pairwise::VanRossum { tau: v.tau }).unwrap();
        // Elephant makes one spike against none 1; the publication makes it sqrt(1/2).
        let got: Vec<f64> = got.iter().map(|d| d * std::f64::consts::SQRT_2).collect();
        close(&format!("van Rossum {}", v.tau), &got, &v.matrix, 1e-3);
    }
}

#[test]
fn distances_over_time() {
    let r = reference();
    let window = r.window;
    let max_lag = f64::INFINITY;
    close("ISI", &pairwise(&r.trains, Pairwise::Isi { window }).unwrap(), &r.isi_distance, 1e-3);
    close("SPIKE", &pairwise(&r.trains, Pairwise::Spike { window }).unwrap(), &r.spike_distance, 1e-3);
    let got = pairwise(&r.trains, Pairwise::SpikeSync { window, max_lag }).unwrap();
    close("SPIKE synchronisation", &got, &r.spike_sync, 0.0);
    let all = spike_sync_of_all(&r.trains, window, max_lag).unwrap();
    close("SPIKE synchronisation of all", &[all], &[r.spike_sync_of_all], 0.0);
}

#[test]
fn intervals_counts_and_correlations() {
    let r = reference();
    for v in &r.isi {
        let s = isi_statistics(&v.train).unwrap();
        let got = [s.mean, s.cv, s.cv2, s.lv, s.lvr].map(Option::unwrap);
        close("intervals", &got, &[v.mean, v.cv, v.cv2, v.lv, v.lvr], 1e-6);
    }
    let counts: Vec<u64> = r.gridded.iter().map(|t| t.len() as u64).collect();
    // Elephant divides the squares by n, the unbiased variance by n - 1.
    let fano = fano_factor(&counts, 0.95).unwrap().factor.unwrap() * 2.0 / 3.0;
    close("Fano", &[fano], &[r.fano], 0.0);
    let c = count_correlation(&r.gridded, r.window, r.bin).unwrap();
    close("correlation", &c.matrix, &r.correlation, 1e-3);
    assert_eq!(population_rate(&r.gridded, r.window, r.bin, 0.95).unwrap().counts, r.histogram);
    let summed = r.gridded.iter().map(|t| bin_counts(t, r.window, r.bin).unwrap().counts);
    let summed = summed.reduce(|a, b| a.iter().zip(b).map(|(a, b)| a + b).collect()).unwrap();
    assert_eq!(summed, r.histogram);
    for v in &r.correlograms {
        let reach = v.lags[v.lags.len() - 1] as f64 * r.bin;
        let (a, b) = (&r.gridded[v.first], &r.gridded[v.second]);
        let got = cross_correlogram(a, b, r.window, r.bin, reach, 0.95).unwrap();
        assert_eq!(got.counts, v.counts, "{} {}", v.first, v.second);
    }
}

#[test]
fn intervals_of_confidence() {
    let r = reference();
    for v in &r.poisson_intervals {
        let got = poisson_interval(v.count, v.level).unwrap();
        close(&format!("{} at {}", v.count, v.level), &[got.low, got.high], &[v.low, v.high], 0.0);
    }
    let got = fano_factor(&r.fano_range.counts, r.fano_range.level).unwrap().poisson.unwrap();
    close("Fano range", &[got.low, got.high], &[r.fano_range.low, r.fano_range.high], 0.0);
}
