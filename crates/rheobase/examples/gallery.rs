//! Draws every kind of picture from made-up data into a folder: `cargo run --example gallery -- FOLDER`.

use rheobase::draw::*;
use std::path::Path;

type Done = rheobase::Result<()>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: gallery FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let save = |name: &str, figure: Figure| -> Done {
        figure.save(folder.join(format!("{name}.svg")))?;
        figure.save(folder.join(format!("{name}.png")))
    };
    let figures = over_time()?.into_iter().chain(curves()?).chain(maps()?);
    let mut report = Report::new("Gallery of pictures")
        .paragraph("Every kind of picture, drawn from made-up data.")
        .table(
            "What is here",
            Table::new(["picture", "size"]).row(["raster of a million spikes", "1 000 neurons"]),
        );
    for (name, figure) in figures {
        report = report.figure(name, &figure)?;
        save(name, figure)?;
    }
    report.save(folder.join("report.html"))?;
    Ok(())
}

type Named = Vec<(&'static str, Figure)>;

/// A stream of numbers in 0..1, the same each time.
fn noise() -> impl FnMut() -> f64 {
    let mut s = 0x9E37_79B9_7F4A_7C15u64;
    move || {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        (s >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// `count` neurons that fire in a slow rhythm, about `spikes` times over `seconds`.
fn rhythm(count: u32, seconds: f64, spikes: usize) -> (Vec<f64>, Vec<u32>) {
    let mut u = noise();
    let mut out = (Vec::new(), Vec::new());
    while out.0.len() < spikes {
        let (t, n, keep) = (u() * seconds, (u() * f64::from(count)) as u32, u());
        let phase = t * 4.0 - f64::from(n) / f64::from(count);
        if keep < 0.15 + 0.85 * (0.5 + 0.5 * (phase * std::f64::consts::TAU / seconds).cos()).powi(6) {
            out.0.push(t);
            out.1.push(n);
        }
    }
    out
}

fn over_time() -> rheobase::Result<Named> {
    let (t, n) = rhythm(40, 1.0, 900);
    let small =
        Raster::new(&t, &n, 40).span(0.0, 1.0).group("excitatory", 0).group("inhibitory", 32).figure()?;
    let (t, n) = rhythm(1000, 10.0, 1_000_000);
    let large = Raster::new(&t, &n, 1000).group("excitatory", 0).group("inhibitory", 800).figure()?;
    let (times, input, v, w, spikes) = lif();
    let traces = Traces::new(&times, "membrane potential", "V").trace("neuron 0", &v).trace("neuron 1", &w);
    let potential = traces.threshold(-0.050).spikes(&spikes);
    let pulse = Traces::new(&times, "input", "A").trace("", &input);
    let rows = vec![0; spikes.len()];
    let run = Simulation::new(0.0, 0.5, &spikes, &rows, 2).input(pulse).potential(potential.clone());
    let x: Vec<f64> = (0..400).map(|i| f64::from(i) * 0.005).collect();
    let bump = |shift: f64, top: f64| -> Vec<f64> {
        x.iter().map(|t| 5.0 + top * (-(t - shift).powi(2) / 0.05).exp()).collect()
    };
    let (a, b) = (bump(0.6, 40.0), bump(1.1, 25.0));
    let (lower, upper): (Vec<f64>, Vec<f64>) = a.iter().map(|r| (r - r.sqrt(), r + r.sqrt())).unzip();
    let rates = Rates::new(&x).rate_with_band("excitatory", &a, &lower, &upper).rate("inhibitory", &b);
    let title = "LIF neuron, step of current";
    Ok(vec![
        ("raster-small", small),
        ("raster-million", large),
        ("traces", potential.figure()?),
        ("rates", rates.figure()?),
        ("simulation", run.title(title).figure()?),
    ])
}

/// Two leaky neurons under a step of current, in SI units: times, input, potentials, spikes of the first.
fn lif() -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut v, mut w) = (-0.070, -0.070);
    let mut out = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for i in 0..5000 {
        let t = f64::from(i) * 1e-4;
        let current = if (0.05..0.45).contains(&t) { 0.30e-9 } else { 0.0 };
        v += 1e-4 * (-0.070 - v + current * 1e8) / 0.02;
        w += 1e-4 * (-0.070 - w + current * 0.6e8) / 0.02;
        if v > -0.050 {
            v = -0.065;
            out.4.push(t);
        }
        out.0.push(t);
        out.1.push(current);
        out.2.push(v);
        out.3.push(w);
    }
    out
}

fn curves() -> rheobase::Result<Named> {
    let x: Vec<f64> = (0..300).map(|i| f64::from(i) * 0.01).collect();
    let rate = |j: f64| if j > 1.0 { 1.0 / (0.002 + 0.02 * (1.0 / (j - 1.0)).ln_1p()) } else { 0.0 };
    let y: Vec<f64> = x.iter().map(|j| rate(*j)).collect();
    let (dots, counted): (Vec<f64>, Vec<f64>) =
        (0..16).map(|i| f64::from(i) * 0.2).map(|j| (j, (rate(j)).floor())).unzip();
    let fi = FiCurve::new("input current", "nA").closed_form("closed form", &x, &y).rheobase(1.0);
    let fi = fi.simulated("simulation", &dots, &counted).figure()?;
    let mut u = noise();
    let isi: Vec<f64> = (0..5000).map(|_| 0.003 - 0.02 * u().max(1e-12).ln()).collect();
    let lags: Vec<f64> = (0..=100).map(|i| f64::from(i - 50) * 1e-3).collect();
    let hits: Vec<f64> = (0..100)
        .map(|i| (20.0 + 60.0 * (-((f64::from(i) - 54.0) / 4.0).powi(2)).exp() + 9.0 * u()).round())
        .collect();
    let cross = Correlogram::new(&lags, &hits, "coincidences per bin").expected(24.5, 15.0, 34.0);
    let fall =
        |to: f64, n: u32| (0..n).map(|e| to + (2.3 - to) * (-f64::from(e) / 6.0).exp()).collect::<Vec<_>>();
    let (train, test) = (fall(0.05, 30), fall(0.3, 30));
    let hit = |loss: &[f64]| loss.iter().map(|l| 0.99 - 0.38 * l).collect::<Vec<_>>();
    let (a, b) = (hit(&train), hit(&test));
    let learning = LearningCurves::new().loss("training", &train).loss("test", &test);
    let learning = learning.accuracy("training", &a).accuracy("test", &b).figure()?;
    Ok(vec![
        ("fi-curve", fi),
        ("phase-plane", fitzhugh_nagumo()?),
        ("intervals", Intervals::new(&isi).figure()?),
        ("correlogram", cross.figure()?),
        ("learning-curves", learning),
    ])
}

fn fitzhugh_nagumo() -> rheobase::Result<Figure> {
    let f = |[v, w]: [f64; 2]| [v - v.powi(3) / 3.0 - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w)];
    let at: Vec<[f64; 2]> = (0..225)
        .map(|i| [-2.5 + 5.0 / 14.0 * f64::from(i % 15), -1.0 + 3.0 / 14.0 * f64::from(i / 15)])
        .collect();
    let by: Vec<[f64; 2]> = at.iter().map(|p| f(*p)).collect();
    let v = (0..200).map(|i| -2.5 + f64::from(i) * 0.0252);
    let cubic: Vec<[f64; 2]> = v.clone().map(|v| [v, v - v.powi(3) / 3.0 + 0.5]).collect();
    let line: Vec<[f64; 2]> = v.map(|v| [v, (v + 0.7) / 0.8]).collect();
    let mut path = vec![[-1.0, 1.7]];
    for i in 0..4000 {
        let ([v, w], [dv, dw]) = (path[i], f(path[i]));
        path.push([v + 0.02 * dv, w + 0.02 * dw]);
    }
    PhasePlane::new(("v", "", -2.5, 2.5), ("w", "", -1.0, 2.0))
        .field(&at, &by)
        .nullcline("dv/dt = 0", [&cubic[..]])
        .nullcline("dw/dt = 0", [&line[..]])
        .trajectory("trajectory", &path)
        .fixed_point([-0.8048, -0.1310], Stability::Unstable)
        .figure()
}

fn maps() -> rheobase::Result<Named> {
    let distance: Vec<f64> = (0..3600)
        .map(|i| {
            ((i / 60) as f64 - (i % 60) as f64).abs() / 12.0
                + if (i / 60 < 30) == (i % 60 < 30) { 0.0 } else { 4.0 }
        })
        .collect();
    let gabor = |i: usize| {
        let (m, y, x) = (i / 256, (i / 16 % 16) as f64 - 7.5, (i % 16) as f64 - 7.5);
        let (s, c) = (m as f64 * 0.2).sin_cos();
        (-(x * x + y * y) / 18.0).exp() * ((x * c + y * s) * 0.9 + m as f64).cos()
    };
    let fields: Vec<f64> = (0..32 * 256).map(gabor).collect();
    let counts: Vec<u64> = (0..100)
        .map(|i| if i % 11 == 0 { 900 + i } else { (i * 7919) % 13 * u64::from(i % 3 == 0) })
        .collect();
    Ok(vec![
        ("distance-matrix", DistanceMatrix::new(&distance, 60, "Victor–Purpura distance", "").figure()?),
        ("receptive-fields", Weights::new(&fields, 32, 16, 16).figure()?),
        ("weight-matrix", Weights::new(&fields, 1, 32, 256).figure()?),
        ("confusion", Confusion::new(&counts, 10).figure()?),
    ])
}
