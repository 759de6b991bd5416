//! Times the analysis of large populations; `benches/peers/analysis_peers.py` times the peers on the same data.
//!
//! `cargo run --release -p rheobase --example analysis_speed`

use std::hint::black_box;
use std::time::Instant;

use rheobase::analyse::{Kernel, Pairwise, pairwise, rates_kernel, rates_kernel_into};

const NEURONS: usize = 1000;
const SAMPLES: usize = 100_000;
const DT: f64 = 0.001;
const TRAINS: usize = 200;
const SPIKES: usize = 500;
const LENGTH: f64 = 50.0;

/// The best of a few runs, in seconds.
fn best(runs: usize, mut work: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..runs).map(time).fold(f64::INFINITY, f64::min)
}

/// The numbers both programs make their data from: a linear congruential generator, below 1.
fn uniform(state: &mut u32) -> f64 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    f64::from(*state) / 4_294_967_296.0
}

fn rates() {
    let t: Vec<f64> = (0..SAMPLES).map(|i| i as f64 * DT).collect();
    let mut state = 1;
    // 20 Hz: one spike in 50 samples.
    let spikes: Vec<f64> =
        (0..SAMPLES * NEURONS).map(|_| if uniform(&mut state) < 0.02 { 1.0 / DT } else { 0.0 }).collect();
    let mut rates = vec![0.0; spikes.len()];
    for (name, kernel) in Kernel::NAMES {
        let fresh = best(5, || {
            black_box(rates_kernel(&t, &spikes, NEURONS, kernel, 0.04).expect("the data are sound"));
        });
        let reused = best(9, || {
            rates_kernel_into(&t, &spikes, NEURONS, kernel, 0.04, &mut rates).expect("the data are sound");
        });
        println!("rates_kernel {name:9} {fresh:8.4} s, into an array that is there {reused:8.4} s");
    }
    println!("sum of the last rates {:.6e}", rates.iter().sum::<f64>());
}

fn distances() {
    let mut state = 2;
    let trains: Vec<Vec<f64>> = (0..TRAINS)
        .map(|_| {
            let mut train: Vec<f64> = (0..SPIKES).map(|_| uniform(&mut state) * LENGTH).collect();
            train.sort_by(f64::total_cmp);
            train.dedup();
            train
        })
        .collect();
    let window = (0.0, LENGTH);
    let measures = [
        ("victor_purpura", Pairwise::VictorPurpura { cost: 1.0 }),
        ("van_rossum", Pairwise::VanRossum { tau: 0.1 }),
        ("isi_distance", Pairwise::Isi { window }),
        ("spike_distance", Pairwise::Spike { window }),
        ("spike_sync", Pairwise::SpikeSync { window, max_lag: f64::INFINITY }),
    ];
    for (name, measure) in measures {
        let mut sum = 0.0;
        let seconds =
            best(15, || sum = pairwise(&trains, measure).expect("the data are sound").iter().sum::<f64>());
        println!("{name:14} {seconds:8.4} s, sum {sum:.9e}");
    }
}

fn main() {
    println!("{} threads", rayon::current_num_threads());
    println!("{TRAINS} trains of {SPIKES} spikes, all pairs:");
    distances();
    println!("{NEURONS} neurons, {SAMPLES} samples:");
    rates();
}
