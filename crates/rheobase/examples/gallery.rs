//! Draws every kind of picture from made-up data into a folder: `cargo run --example gallery -- FOLDER`.

#![allow(clippy::disallowed_methods, reason = "made-up data")]

use rheobase::draw::*;
use std::path::Path;

type Named = Vec<(&'static str, Figure)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: gallery FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let mut report = Report::new("Gallery").paragraph("Every kind of picture, drawn from made-up data.");
    let mut sizes = Table::new(["picture", "bytes of SVG"]);
    for (name, figure) in over_time()?.into_iter().chain(curves()?).chain(maps()?) {
        figure.save(folder.join(format!("{name}.svg")))?;
        figure.save(folder.join(format!("{name}.png")))?;
        sizes = sizes.row([name.to_string(), figure.to_svg()?.len().to_string()]);
        report = report.figure(name, &figure)?;
    }
    Ok(report.table("Sizes", sizes).save(folder.join("report.html"))?)
}

/// Numbers in 0..1 that look random, the same each time.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut s = seed | 1;
    move || {
        s = s.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (s >> 33) as f64 / (1u64 << 31) as f64
    }
}

/// Waves of activity: `spikes` times over `seconds` in `count` neurons.
fn waves(count: u32, seconds: f64, spikes: usize) -> (Vec<f64>, Vec<u32>) {
    let mut u = noise(7);
    let draws = std::iter::repeat_with(move || (u() * seconds, (u() * f64::from(count)) as u32, u()));
    let fires = move |&(t, n, keep): &(f64, u32, f64)| {
        let phase = 4.0 * t / seconds - f64::from(n) / f64::from(count);
        keep < 0.15 + 0.85 * (0.5 + 0.5 * (phase * std::f64::consts::TAU).cos()).powi(6)
    };
    draws.filter(fires).take(spikes).map(|(t, n, _)| (t, n)).unzip()
}

fn over_time() -> rheobase::Result<Named> {
    let (t, n) = waves(40, 1.0, 900);
    let small = Raster::new(&t, &n, 40).span(0.0, 1.0).group("excitatory", 0).group("inhibitory", 32);
    let (t_large, n_large) = waves(1000, 10.0, 1_000_000);
    let large = Raster::new(&t_large, &n_large, 1000).group("excitatory", 0).group("inhibitory", 800);
    // A leaky neuron that fires under a step of current and one that does not, in SI units.
    let times: Vec<f64> = (0..5000).map(|i| f64::from(i) * 1e-4).collect();
    let current: Vec<f64> =
        times.iter().map(|t| if (0.05..0.45).contains(t) { 3e-10 } else { 0.0 }).collect();
    let (mut v, mut w, mut spikes) = (vec![-0.07], vec![-0.07], Vec::new());
    for i in 1..times.len() {
        let euler = |u: f64, r: f64| u + 0.005 * (-0.07 - u + r * current[i]);
        v.push(euler(v[i - 1], 1e8));
        w.push(euler(w[i - 1], 6e7));
        if v[i] > -0.05 {
            v[i] = -0.065;
            spikes.push(times[i]);
        }
    }
    let traces = Traces::new(&times, "membrane potential", "V").trace("neuron 0", &v).trace("neuron 1", &w);
    let traces = traces.threshold(-0.05).spikes(&spikes);
    let rows = vec![0; spikes.len()];
    let run = Simulation::new(0.0, 0.5, &spikes, &rows, 2).title("Two LIF neurons, step of current");
    let run = run.input(Traces::new(&times, "input", "A").trace("", &current)).potential(traces.clone());
    let x: Vec<f64> = (0..400).map(|i| f64::from(i) * 0.005).collect();
    let bump = |at: f64, top: f64| x.iter().map(|t| 5.0 + top * (-(t - at).powi(2) / 0.05).exp()).collect();
    let (a, b): (Vec<f64>, Vec<f64>) = (bump(0.6, 40.0), bump(1.1, 25.0));
    let (lower, upper): (Vec<f64>, Vec<f64>) = a.iter().map(|r| (r - r.sqrt(), r + r.sqrt())).unzip();
    let rates = Rates::new(&x).rate_with_band("excitatory", &a, &lower, &upper).rate("inhibitory", &b);
    Ok(vec![
        ("raster", small.figure()?),
        ("raster-million", large.figure()?),
        ("traces", traces.figure()?),
        ("rates", rates.figure()?),
        ("simulation", run.figure()?),
    ])
}

fn curves() -> rheobase::Result<Named> {
    let rate = |j: &f64| if *j > 1.0 { 1.0 / (0.002 + 0.02 * (1.0 / (j - 1.0)).ln_1p()) } else { 0.0 };
    let x: Vec<f64> = (0..300).map(|i| f64::from(i) * 0.01).collect();
    let y: Vec<f64> = x.iter().map(rate).collect();
    let (dots, counted): (Vec<f64>, Vec<f64>) = x.iter().step_by(20).map(|j| (*j, rate(j).floor())).unzip();
    let fi = FiCurve::new("input current", "nA").closed_form("closed form", &x, &y).rheobase(1.0);
    let fi = fi.simulated("simulation", &dots, &counted);
    let mut u = noise(1);
    let intervals: Vec<f64> = (0..5000).map(|_| 0.003 - 0.02 * u().max(1e-9).ln()).collect();
    let lags: Vec<f64> = (0..=100).map(|i| f64::from(i - 50) * 1e-3).collect();
    let peak = |i: i32| 60.0 * (-((f64::from(i) - 54.0) / 4.0).powi(2)).exp();
    let hits: Vec<f64> = (0..100).map(|i| (20.0 + peak(i) + 9.0 * u()).round()).collect();
    let cross = Correlogram::new(&lags, &hits, "coincidences per bin").expected(24.5, 15.0, 34.0);
    let fall = |to: f64| (0..30).map(|e| to + (2.3 - to) * (-f64::from(e) / 6.0).exp()).collect::<Vec<_>>();
    let hit = |loss: &[f64]| loss.iter().map(|l| 0.99 - 0.38 * l).collect::<Vec<_>>();
    let (train, test) = (fall(0.05), fall(0.3));
    let (right, right_test) = (hit(&train), hit(&test));
    let learning = LearningCurves::new().loss("training", &train).loss("test", &test);
    let learning = learning.accuracy("training", &right).accuracy("test", &right_test);
    Ok(vec![
        ("fi-curve", fi.figure()?),
        ("phase-plane", fitzhugh_nagumo()?),
        ("intervals", Intervals::new(&intervals).figure()?),
        ("correlogram", cross.figure()?),
        ("learning-curves", learning.figure()?),
    ])
}

fn fitzhugh_nagumo() -> rheobase::Result<Figure> {
    let f = |[v, w]: [f64; 2]| [v - v.powi(3) / 3.0 - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w)];
    let cell = |i: i32, n: i32, from: f64, to: f64| from + (to - from) * (f64::from(i) + 0.5) / f64::from(n);
    let grid = (0..196).map(|i| [cell(i % 14, 14, -2.5, 2.5), cell(i / 14, 14, -1.0, 2.0)]);
    let (at, by): (Vec<_>, Vec<_>) = grid.map(|p| (p, f(p))).unzip();
    let v = (0..200).map(|i| cell(i, 200, -2.5, 2.5));
    let cubic: Vec<[f64; 2]> = v.clone().map(|v| [v, v - v.powi(3) / 3.0 + 0.5]).collect();
    let line: Vec<[f64; 2]> = v.map(|v| [v, (v + 0.7) / 0.8]).collect();
    let step = |p: &[f64; 2]| Some([p[0] + 0.02 * f(*p)[0], p[1] + 0.02 * f(*p)[1]]);
    let path: Vec<[f64; 2]> = std::iter::successors(Some([-1.0, 1.7]), step).take(4000).collect();
    let plane = PhasePlane::new(("v", "", -2.5, 2.5), ("w", "", -1.0, 2.0)).field(&at, &by);
    let plane = plane.nullcline("dv/dt = 0", [&cubic[..]]).nullcline("dw/dt = 0", [&line[..]]);
    plane.trajectory("trajectory", &path).fixed_point([-0.8048, -0.1310], Stability::Unstable).figure()
}

fn maps() -> rheobase::Result<Named> {
    let apart =
        |i: i32, j: i32| f64::from((i - j).abs()) / 12.0 + if (i < 30) == (j < 30) { 0.0 } else { 4.0 };
    let distance: Vec<f64> = (0..3600).map(|i| apart(i / 60, i % 60)).collect();
    let gabor = |i: i32| {
        let (m, y, x) = (f64::from(i / 256), f64::from(i / 16 % 16) - 7.5, f64::from(i % 16) - 7.5);
        let (s, c) = (0.2 * m).sin_cos();
        (-(x * x + y * y) / 18.0).exp() * ((x * c + y * s) * 0.9 + m).cos()
    };
    let fields: Vec<f64> = (0..32 * 256).map(gabor).collect();
    let confused = |i: u64| match (i % 11, i % 3) {
        (0, _) => 900 + i,
        (_, 0) => i * 7919 % 13,
        _ => 0,
    };
    let counts: Vec<u64> = (0..100).map(confused).collect();
    Ok(vec![
        ("distance-matrix", DistanceMatrix::new(&distance, 60, "Victor–Purpura distance", "").figure()?),
        ("receptive-fields", Weights::new(&fields, 32, 16, 16).figure()?),
        ("weight-matrix", Weights::new(&fields, 1, 32, 256).figure()?),
        ("confusion", Confusion::new(&counts, 10).figure()?),
    ])
}
