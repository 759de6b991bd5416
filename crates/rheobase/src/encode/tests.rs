//! What holds for all encoders: rates, order, edges, names and parameters in files.

use super::*;
use crate::data::SampleView;

fn encode(e: &dyn Encoder, values: &[f32], id: u64, epoch: u64, steps: usize) -> Result<SampleInput> {
    let mut out = SampleInput::default();
    e.encode(SampleView::Static(values), id, epoch, steps, &mut out).map(|()| out)
}

fn spikes(e: &dyn Encoder, values: &[f32], id: u64, epoch: u64, steps: usize) -> SpikeRows {
    match encode(e, values, id, epoch, steps).unwrap() {
        SampleInput::Spikes(spikes) => spikes,
        other => panic!("{other:?}"),
    }
}

fn poisson(max_rate: f64, counts: bool) -> Poisson {
    Poisson { max_rate, counts, ..Poisson::default() }
}

/// The mean of n draws of variance v lies within 4.5 standard errors (7 in a million fall outside).
fn assert_mean(sum: f64, n: f64, mean: f64, variance: f64) {
    let error = (sum / n - mean).abs();
    assert!(error <= 4.5 * (variance / n).sqrt() + 1e-12, "{} for {mean}", sum / n);
}

#[test]
fn bernoulli_rates() {
    let values = [0.0, 0.03, 0.5, 0.9, 1.0];
    for gain in [1.0, 0.3] {
        let dense =
            SampleInput::Spikes(spikes(&Bernoulli { gain, ..Default::default() }, &values, 7, 0, 40_000))
                .to_dense(40_000, 5);
        for (i, x) in values.iter().enumerate() {
            let p = f64::from(x * gain);
            let sum: f64 = dense.iter().skip(i).step_by(5).map(|&s| f64::from(s)).sum();
            assert_mean(sum, 40_000.0, p, p * (1.0 - p));
        }
    }
}

#[test]
fn poisson_rates_counts_and_their_variance() {
    for rate in [20.0, 900.0, 16_000.0] {
        let dense =
            SampleInput::Spikes(spikes(&poisson(rate, true), &[0.5, 1.0], 1, 0, 20_000)).to_dense(20_000, 2);
        let single =
            SampleInput::Spikes(spikes(&poisson(rate, false), &[0.5, 1.0], 1, 0, 20_000)).to_dense(20_000, 2);
        for (i, x) in [0.5, 1.0].into_iter().enumerate() {
            let mean = x * rate * 1e-3;
            let counts = || dense.iter().skip(i).step_by(2).map(|&s| f64::from(s));
            assert_mean(counts().sum(), 2e4, mean, mean);
            // The variance of a Poisson variable's squared distance is λ + 2λ².
            assert_mean(counts().map(|c| (c - mean).powi(2)).sum(), 2e4, mean, mean + 2.0 * mean * mean);
            let p = 1.0 - (-mean).exp();
            let fired: f64 = single.iter().skip(i).step_by(2).map(|&s| f64::from(s)).sum();
            assert_mean(fired, 2e4, p, p * (1.0 - p));
        }
        assert!(dense.iter().zip(&single).all(|(c, s)| (*c > 0.0) == (*s > 0.0)));
    }
}

#[test]
fn nothing_never_and_certainty_always_spikes() {
    let sure = spikes(&Bernoulli::default(), &[0.0, 1.0, -0.0], 3, 9, 10_000);
    assert!(sure.index().iter().all(|&i| i == 1) && sure.len() == 10_000);
    assert!(spikes(&poisson(16_000.0, true), &[0.0; 9], 3, 9, 1000).is_empty());
}

#[test]
fn neighbours_samples_epochs_and_seeds_are_independent() {
    let half = [0.5; 8];
    let seed = |seed| Bernoulli { seed, ..Default::default() };
    let reference = spikes(&seed(1), &half, 5, 2, 4000);
    let dense = SampleInput::Spikes(reference.clone()).to_dense(4000, 8);
    for other in [
        spikes(&seed(2), &half, 5, 2, 4000),
        spikes(&seed(1), &half, 6, 2, 4000),
        spikes(&seed(1), &half, 5 + (1 << 32), 2, 4000),
        spikes(&seed(1), &half, 5, 3, 4000),
        spikes(&seed(1), &half, 5, 2 + (1 << 32), 4000),
    ] {
        let other = SampleInput::Spikes(other).to_dense(4000, 8);
        let same = dense.iter().zip(&other).filter(|(a, b)| a == b).count() as f64;
        assert_mean(same, 32_000.0, 0.5, 0.25);
    }
    let row = |t: usize, i: usize| dense[t * 8 + i];
    let beside =
        (0..4000).flat_map(|t| (0..7).map(move |i| (t, i))).filter(|&(t, i)| row(t, i) == row(t, i + 1));
    assert_mean(beside.count() as f64, 28_000.0, 0.5, 0.25);
    let after =
        (0..3999).flat_map(|t| (0..8).map(move |i| (t, i))).filter(|&(t, i)| row(t, i) == row(t + 1, i));
    assert_mean(after.count() as f64, 31_992.0, 0.5, 0.25);
}

#[test]
fn the_same_bits_in_any_order_with_reused_memory_and_from_several_threads() {
    let sample = |id: u64| -> Vec<f32> { (0..13).map(|i| ((i * 7 + id) % 11) as f32 / 10.0).collect() };
    for name in ["direct", "bernoulli", "poisson", "latency", "population"] {
        let encoder = Encoding::named(name).unwrap();
        let alone: Vec<SampleInput> =
            (0..20).map(|id| encode(&encoder, &sample(id), id, 1, 17).unwrap()).collect();
        let mut reused = SampleInput::default();
        // Whatever it held before.
        encode(&Encoding::default(), &[9.0; 40], 0, 0, 3).map(|held| reused = held).unwrap();
        for id in (0..20).rev() {
            encoder.encode(SampleView::Static(&sample(id)), id, 1, 17, &mut reused).unwrap();
            assert_eq!(reused, alone[id as usize], "{name}");
        }
        std::thread::scope(|scope| {
            for id in 0..20 {
                let (encoder, alone) = (&encoder, &alone);
                scope.spawn(move || {
                    assert_eq!(encode(encoder, &sample(id), id, 1, 17).unwrap(), alone[id as usize]);
                });
            }
        });
        // A static sample is a series that does not move, and a shorter run is the beginning of a longer one.
        if name != "latency" {
            let values: Vec<f32> = (0..17).flat_map(|_| sample(4)).collect();
            let mut series = SampleInput::default();
            let view = SampleView::Series { features: 13, values: &values };
            encoder.encode(view, 4, 1, 9, &mut series).unwrap();
            let width = encoder.shape(&[13]).unwrap()[0];
            assert_eq!(series.to_dense(9, width), alone[4].to_dense(9, width), "{name}");
        }
    }
}

/// Whoever changes this changes published results.
#[test]
fn drawn_spikes_are_stable() {
    let drawn = spikes(&Bernoulli::default(), &[0.5; 8], 1, 0, 4);
    assert_eq!(
        (drawn.offsets(), drawn.index()),
        (&[0, 3, 8, 12, 16][..], &[1, 3, 7, 3, 4, 5, 6, 7, 0, 1, 2, 4, 1, 2, 3, 7][..])
    );
}

#[test]
fn values_outside_are_refused_or_clipped_and_nan_never_passes() {
    for name in ["bernoulli", "poisson", "latency"] {
        let encoder = Encoding::named(name).unwrap();
        let text = format!(r#"{{"name": "{name}", "clip": true}}"#);
        let clips: Encoding = serde_json::from_str(&text).unwrap();
        for bad in [-0.001, 1.001, f32::MAX] {
            let text = encode(&encoder, &[0.5, bad], 12, 0, 5).unwrap_err().to_string();
            assert!(
                text.starts_with(&format!("encode.{name}.input[12][1] = {bad}: must lie in [0, 1]")),
                "{text}"
            );
            let clamped = encode(&encoder, &[0.5, bad.clamp(0.0, 1.0)], 12, 0, 5).unwrap();
            assert_eq!(encode(&clips, &[0.5, bad], 12, 0, 5).unwrap(), clamped);
        }
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for e in [&encoder, &clips] {
                let text = encode(e, &[0.5, bad], 12, 0, 5).unwrap_err().to_string();
                assert!(text.contains("input[12][1]") && text.contains("must be finite"), "{text}");
            }
        }
    }
    let series = SampleView::Series { features: 1, values: &[0.5, 1.5] };
    let mut out = SampleInput::default();
    let text = Bernoulli::default().encode(series, 3, 0, 2, &mut out).unwrap_err().to_string();
    assert!(text.contains("input[3][1][0] = 1.5"), "{text}");
}

#[test]
fn samples_and_lengths_that_do_not_fit() {
    let mut out = SampleInput::default();
    let events = SampleView::Events { features: 2, steps: 3, step: &[0], feature: &[1], value: &[1.0] };
    for name in ["bernoulli", "poisson", "latency", "delta", "population"] {
        let failed = Encoding::named(name).unwrap().encode(events, 0, 0, 2, &mut out);
        assert!(failed.unwrap_err().to_string().starts_with(&format!("encode.{name}: takes")));
    }
    for name in ["direct", "bernoulli", "poisson", "latency", "population"] {
        let encoder = Encoding::named(name).unwrap();
        let text = |steps| encode(&encoder, &[0.5; 3], 8, 0, steps).unwrap_err().to_string();
        assert!(text(0).contains("input[8].steps = 0"), "{}", text(0));
        assert!(text(usize::MAX).contains("too many"), "{}", text(usize::MAX));
        assert!(encoder.shape(&[1, 4, 4]).unwrap().ends_with(&[4, 4]));
    }
    for shape in [&[][..], &[1 << 31], &[usize::MAX]] {
        assert!(Delta::default().shape(shape).is_err());
    }
}

#[test]
fn parameters_are_checked_and_named() {
    for gain in [0.0, -1.0, 1.1, f32::NAN] {
        let text = Bernoulli { gain, ..Default::default() }.check().unwrap_err().to_string();
        assert!(text.starts_with("encode.bernoulli.gain"), "{text}");
    }
    for (p, field) in [
        (Poisson { max_rate: 0.0, ..Default::default() }, "max_rate = 0 Hz"),
        (Poisson { max_rate: f64::NAN, ..Default::default() }, "max_rate = NaN Hz"),
        (Poisson { dt: -1.0, ..Default::default() }, "dt = -1 s"),
        (Poisson { dt: f64::INFINITY, ..Default::default() }, "dt"),
        (Poisson { max_rate: 17.0, dt: 1.0, ..Default::default() }, "max_rate * dt = 17"),
    ] {
        let text = p.check().unwrap_err().to_string();
        assert!(text.starts_with(&format!("encode.poisson.{field}")), "{text}");
        // Not only if asked.
        assert!(encode(&p, &[0.5], 0, 0, 1).is_err());
    }
}

#[test]
fn names_and_parameters_in_files() {
    for name in Encoding::NAMES {
        let encoder = Encoding::named(name).unwrap();
        assert!(encoder.check().is_ok());
        let text = serde_json::to_string(&encoder).unwrap();
        assert_eq!(serde_json::from_str::<Encoding>(&text).unwrap(), encoder);
        let short: Encoding = serde_json::from_str(&format!(r#"{{"name": "{name}"}}"#)).unwrap();
        assert_eq!((short.name(), &short), (name, &encoder));
        let unknown = serde_json::from_str::<Encoding>(&format!(r#"{{"name": "{name}", "gian": 1}}"#));
        assert!(unknown.unwrap_err().to_string().contains("gian"));
    }
    let nested = r#"{"name": "population", "neurons": 5, "then": {"name": "poisson", "max_rate": 50}}"#;
    let nested: Encoding = serde_json::from_str(nested).unwrap();
    let Encoding::Population(p) = nested.clone().with_seed(7) else { panic!() };
    assert!(matches!(p.then.as_deref(), Some(Encoding::Poisson(p)) if p.seed == 7 && p.max_rate == 50.0));
    assert!(serde_json::from_str::<Encoding>(r#"{"name": "rate"}"#).is_err());
    assert!(Encoding::named("latncy").unwrap_err().to_string().contains("did you mean `latency`"));
}

/// Real digits through every encoder that takes them: many spikes where there is ink, none where there is none.
#[test]
fn digits_can_be_encoded() {
    let digits = crate::data::digits().unwrap();
    for (id, name) in ["bernoulli", "poisson", "latency", "population", "direct"].into_iter().enumerate() {
        let encoder = Encoding::named(name).unwrap();
        let width: usize = encoder.shape(digits.shape()).unwrap().iter().product();
        let sample = digits.sample(id).unwrap();
        let mut out = SampleInput::default();
        encoder.encode(sample, id as u64, 0, 50, &mut out).unwrap();
        let dense = out.to_dense(50, width);
        assert!(dense.iter().any(|&x| x > 0.0), "{name}");
        let SampleView::Static(pixels) = sample else { panic!() };
        for (i, _) in pixels.iter().enumerate().filter(|(_, x)| **x == 0.0 && name != "population") {
            assert!(dense.iter().skip(i).step_by(width).all(|&x| x == 0.0), "{name}");
        }
    }
}
