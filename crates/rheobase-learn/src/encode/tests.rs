//! What holds for all encoders: rates, order, edges, names and parameters in files.

use super::*;
use rheobase_data::SampleView;

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
    let digits = rheobase_data::digits().unwrap();
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

fn read(json: &str) -> Encoding {
    serde_json::from_str(json).unwrap()
}

/// Filters, local normalisation and order coding, as functions one after the other and as encoders that follow each other.
#[test]
fn encoders_of_images_are_the_functions_of_vision() {
    use rheobase_network::vision::{
        FilterBank, intensity_lateral_inhibition, intensity_to_latency, local_normalization, rectify,
    };

    let digits = rheobase_data::digits().unwrap();
    let encoder = read(
        r#"{"name": "intensity_lateral_inhibition", "percents": [0.1, 0.05],
            "then": {"name": "local_normalization", "radius": 2,
            "then": {"name": "filters", "threshold": 0.05, "padding": 1,
                     "filters": [{"dog": {"size": 3, "center": 0.5, "surround": 1.0}}, {"gabor": {"size": 5, "orientation": 30.0}}],
            "then": {"name": "intensity_to_latency", "values": true}}}}"#,
    );
    assert_eq!(encoder.shape(digits.shape()).unwrap(), [2, 6, 6]);
    let fitted = encoder.clone().for_samples(digits.shape()).unwrap();
    assert_eq!(fitted.clone().for_samples(digits.shape()).unwrap(), fitted);
    for id in [0, 500] {
        let SampleView::Static(pixels) = digits.sample(id).unwrap() else { panic!() };
        let (mut x, shape) = (pixels.to_vec(), [1, 8, 8]);
        intensity_lateral_inhibition(&mut x, shape, &[0.1, 0.05]).unwrap();
        local_normalization(&mut x, shape, 2, 1e-12).unwrap();
        let Encoding::IntensityLateralInhibition(first) = &encoder else { panic!() };
        let Some(Encoding::LocalNormalization(second)) = first.then.as_deref() else { panic!() };
        let Some(Encoding::Filters(third)) = second.then.as_deref() else { panic!() };
        let mut seen = Vec::new();
        FilterBank::new(&third.filters, 1, shape).unwrap().responses(&x, &mut seen).unwrap();
        rectify(&mut seen, Some(0.05), false).unwrap();
        let mut want = SpikeRows::default();
        intensity_to_latency(&seen, 7, &mut want).unwrap();
        let got = spikes(&fitted, pixels, 0, 0, 7);
        assert_eq!(got, want);
        assert!(!got.is_empty());
        // Without the values a spike is 1, and a wave goes on.
        let of = Box::new(read(r#"{"name": "intensity_to_latency"}"#));
        let wave = spikes(&Cumulative { of }, &seen, 0, 0, 7);
        let mut held = Vec::new();
        rheobase_network::vision::to_wave(&want, [2, 6, 6], &mut held).unwrap();
        held.iter_mut().for_each(|v| *v = if *v > 0.0 { 1.0 } else { 0.0 });
        assert_eq!(SampleInput::Spikes(wave).to_dense(7, 72), held);
    }
}

#[test]
fn encoders_of_images_say_what_is_wrong() {
    let text = |json: &str, values: &[f32]| encode(&read(json), values, 3, 0, 4).unwrap_err().to_string();
    let filters = |rest: &str| format!(r#"{{"name": "filters", "image": [1, 2, 2]{rest}}}"#);
    assert!(text(r#"{"name": "filters"}"#, &[1.0; 4]).contains("shape of an image"));
    assert!(text(&filters(""), &[1.0; 5]).contains("input[3].features = 5: must be the 4 values"));
    assert!(text(&filters(""), &[1.0, f32::NAN, 0.0, 0.0]).starts_with("encode.filters.input[3][1] = NaN"));
    assert!(text(&filters(r#", "padding": 0"#), &[1.0; 4]).contains("reaches beyond the 2 rows"));
    assert!(text(&filters(r#", "filters": []"#), &[1.0; 4]).contains("at least one filter"));
    let even = r#", "filters": [{"dog": {"size": 4, "center": 1, "surround": 2}}]"#;
    assert!(text(&filters(even), &[1.0; 4]).starts_with("encode.filters.filters[0].size = 4: must be odd"));
    let normal = r#"{"name": "local_normalization", "image": [1, 2, 2], "radius": 2}"#;
    assert!(text(normal, &[1.0; 4]).contains("must be smaller than the image"));
    assert!(
        text(r#"{"name": "rank_order", "per_step": 0}"#, &[1.0]).contains("encode.rank_order.per_step = 0")
    );
    let bins = text(r#"{"name": "intensity_to_latency"}"#, &[1.0, f32::INFINITY]);
    assert!(bins.starts_with("encode.intensity_to_latency.input[3][1] = inf"), "{bins}");
    let shape = read(r#"{"name": "filters"}"#).for_samples(&[64]).unwrap_err().to_string();
    assert!(shape.contains("[64], but [channel, row, column] is needed"), "{shape}");
    let other = read(&filters("")).for_samples(&[1, 8, 8]).unwrap_err().to_string();
    assert!(other.contains("[1, 2, 2] is needed"), "{other}");
    for wrong in [
        r#"{"name": "filters", "filters": [{"dog": {"size": 5, "center": 1, "surround": 2, "sigma": 1}}]}"#,
        r#"{"name": "filters", "filters": [{"dgo": {"size": 5}}]}"#,
    ] {
        assert!(serde_json::from_str::<Encoding>(wrong).is_err());
    }
}
