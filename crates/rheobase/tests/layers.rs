//! Layers as SpykeTorch-like networks use them: competition per sample, live thresholds, per-feature parameters,
//! probes, and the description.

use rheobase::compete::{Competition, Scope};
use rheobase::population::{Builder, Column, Values};
use rheobase::{Catalog, Error, Input, Population, Record, Result, Spikes};

const SHAPE: [usize; 3] = [3, 4, 4];
const N: usize = 48;

fn layer(model: &str) -> Builder<f32> {
    Population::builder(Catalog::standard().get(model).unwrap(), &SHAPE).set("t_ref", 0.0)
}

/// A drive that differs from neuron to neuron, step to step and sample to sample.
fn drive(steps: usize, batch: usize, scale: f32) -> Vec<f32> {
    (0..steps * batch * N).map(|i| scale * ((i * 7919 % 1009) as f32 / 1009.0)).collect()
}

fn record() -> Record {
    Record::spikes(Spikes::Dense).probe("v").probe("held").probe("potential")
}

#[test]
fn every_sample_of_a_batch_has_its_own_winners() -> Result<()> {
    let competition = Competition { k: 2, silence: 3, radius: 1, ..Competition::default() };
    let x = drive(40, 2, 6.0);
    let mut both = layer("lif_decay").batch(2).competition(competition).build()?;
    let together = both.run(40, &Input::Array(&x), &record())?;
    for sample in 0..2 {
        let own: Vec<f32> = x.chunks(N).skip(sample).step_by(2).flatten().copied().collect();
        let mut one = layer("lif_decay").competition(competition).build()?;
        let alone = one.run(40, &Input::Array(&own), &record())?;
        let places = |r: &rheobase::Recording<f32>, s| {
            r.winners.iter().filter(|w| w.batch == s).map(|w| (w.step, w.place)).collect::<Vec<_>>()
        };
        assert!(!alone.winners.is_empty());
        assert_eq!(places(&together, sample), places(&alone, 0));
    }
    Ok(())
}

#[test]
fn winners_silence_their_scope_for_whole_steps() -> Result<()> {
    for scope in [Scope::Feature, Scope::Location, Scope::Layer, Scope::Nobody] {
        let competition = Competition { scope, silence: 3, ..Competition::default() };
        let mut population = layer("if").competition(competition).build()?;
        // One neuron is driven over threshold once: feature 1, row 2, column 3.
        let mut x = vec![0.0f32; 6 * N];
        x[16 + 11] = 20.0 * 281.0;
        let r = population.run(6, &Input::Array(&x), &record())?;
        assert_eq!(r.winners.len(), 1);
        assert_eq!(r.winners[0].place, [1, 2, 3]);
        for (i, held) in r.trace("held").unwrap().data.iter().enumerate() {
            let (t, n) = (i / N, i % N);
            let inside = match scope {
                Scope::Feature => n / 16 == 1,
                Scope::Location => n % 16 == 11,
                Scope::Layer => true,
                Scope::Nobody => false,
            };
            let want = if inside { 3usize.saturating_sub(t) } else { 0 };
            assert_eq!(*held, want as f32, "{scope:?} step {t} neuron {n}");
        }
    }
    Ok(())
}

#[test]
fn winning_spikes_are_the_winners_and_nothing_else() -> Result<()> {
    let competition = Competition { k: 2, ..Competition::default() };
    let x = drive(30, 1, 8.0);
    let mut population = layer("lif_decay").competition(competition).build()?;
    let r = population.run(30, &Input::Array(&x), &record())?;
    let winning = population.winning_spikes(&r)?;
    assert_eq!(winning.iter().filter(|s| **s != 0.0).count(), r.winners.len());
    assert!(r.dense().iter().filter(|s| **s != 0.0).count() > r.winners.len(), "losers fire too");
    for w in &r.winners {
        assert_eq!(winning[w.step * N + w.place[0] * 16 + w.place[1] * 4 + w.place[2]], 1.0);
    }
    let sparse = population.run(1, &Input::Constant(&[0.0]), &Record::spikes(Spikes::Events))?;
    assert!(matches!(population.winning_spikes(&sparse), Err(Error::Shape { .. })));
    Ok(())
}

#[test]
fn thresholds_change_on_a_live_layer() -> Result<()> {
    let mut population = layer("lif_exp").build()?;
    let weak = Input::Constant(&[100.0f32]);
    let silent = population.run(100, &weak, &record())?;
    assert!(silent.dense().iter().all(|s| *s == 0.0));
    let before = population.state().fields[0].clone();
    let each: Vec<f64> = (0..N).map(|n| if n < 16 { -60.0 } else { -50.0 }).collect();
    population.set("v_th", &each)?;
    assert_eq!(population.state().fields[0], before, "the state stays");
    let r = population.run(100, &weak, &record())?;
    for n in 0..N {
        assert_eq!((0..100).any(|t| r.dense()[t * N + n] != 0.0), n < 16, "neuron {n}");
    }
    let error = population.set("v_th", &[1.0]).unwrap_err().to_string();
    assert!(error.contains("lif_exp.v_th") && error.contains("48"), "{error}");
    assert!(population.set("v_th", f64::NAN).is_err());
    Ok(())
}

#[test]
fn competition_changes_on_a_live_layer() -> Result<()> {
    let long = Competition { silence: 50, ..Competition::default() };
    let mut population = layer("lif_decay").competition(long).build()?;
    let strong = [20.0f32];
    population.run(1, &Input::Constant(&strong), &record())?;
    assert!(population.state().layers[0].held.iter().any(|h| *h > 0.0));
    assert!(population.set_competition(Some(Competition { k: 0, ..long })).is_err());
    population.set_competition(None)?;
    let r = population.run(2, &Input::Constant(&strong), &record())?;
    assert!(r.winners.is_empty() && r.dense().iter().all(|s| *s == 1.0));
    Ok(())
}

#[test]
fn uniform_parameters_are_drawn_once_per_feature_map_and_used() -> Result<()> {
    for model in ["lif_exp", "lif_last_input", "lif_euler", "eif", "qif"] {
        let mut drawn =
            layer(model).set("tau_m", Values::Uniform { low: 0.005, high: 0.05, seed: 7 }).build()?;
        let taus: Vec<f64> = match drawn.params().find(|(f, _)| f.name == "tau_m").unwrap().1 {
            Column::Each(xs) => xs.clone(),
            Column::Shared(_) => panic!("tau_m of {model} is shared"),
        };
        for map in taus.chunks(16) {
            assert!(map.iter().all(|tau| *tau == map[0] && (0.005..0.05).contains(tau)));
        }
        assert!(taus[0] != taus[16] && taus[16] != taus[32]);

        let x: Vec<f32> = (0..200).flat_map(|t| [if t % 9 < 5 { 260.0 } else { 0.0 }; N]).collect();
        let got = drawn.run(200, &Input::Array(&x), &record())?;
        let mut given = layer(model).set("tau_m", &taus).build()?;
        assert_eq!(got, given.run(200, &Input::Array(&x), &record())?);
        let v = &got.trace("v").unwrap().data[10 * N..11 * N];
        for map in v.chunks(16) {
            assert!(map.iter().all(|v| *v == map[0]));
        }
        assert!(v[0] != v[16] && v[16] != v[32], "{model}: time constants are used: {v:?}");
    }
    Ok(())
}

#[test]
fn slopes_follow_from_the_probes_and_match_the_right_hand_side() -> Result<()> {
    let dt = 1e-3;
    for model in ["if", "lif_euler", "eif", "qif"] {
        let model = Catalog::standard().get(model)?;
        let mut population = Population::<f64>::builder(model.clone(), &SHAPE).dt(dt).build()?;
        let before: Vec<f64> = population.state().fields.iter().map(|f| f[0]).collect();
        let r = population.run(1, &Input::Constant(&[150.0]), &Record::default().probe("potential"))?;
        let slope = (r.trace("potential").unwrap().data[0] - before[0]) / dt;
        let rhs = model.rhs(&population.params_of(0), &before, 150.0).unwrap()[0];
        assert!((slope - rhs).abs() < 1e-9 * rhs.abs(), "{}: {slope} and {rhs}", model.info().name);
    }
    Ok(())
}

#[test]
fn clocks_count_from_spikes_and_from_positive_input() -> Result<()> {
    let mut population = layer("if").clocks(true).build()?;
    let mut x = vec![0.0f32; 5 * N];
    x[N] = 20.0 * 281.0;
    x[2 * N] = -1.0;
    let record = Record::default().probe("time_since_spike").probe("time_since_injection");
    let r = population.run(5, &Input::Array(&x), &record)?;
    let of_first = |name: &str| -> Vec<i32> {
        r.trace(name).unwrap().data.iter().step_by(N).map(|t| (t * 1000.0).round() as i32).collect()
    };
    assert_eq!(of_first("time_since_spike"), [1, 0, 1, 2, 3]);
    assert_eq!(of_first("time_since_injection"), [1, 1, 2, 3, 4]);
    Ok(())
}

#[test]
fn clocks_do_not_drift() -> Result<()> {
    let steps = 40_000;
    for dt in [0.0001, 0.0003, 0.001] {
        let mut population =
            Population::<f32>::builder(Catalog::standard().get("if")?, &[1]).dt(dt).clocks(true).build()?;
        let record = Record::default().probe("time_since_spike").probe("time_since_injection");
        let r = population.run(steps, &Input::Constant(&[0.0]), &record)?;
        for name in ["time_since_spike", "time_since_injection"] {
            for (n, time) in r.trace(name).unwrap().data.iter().enumerate() {
                let exact = (n + 1) as f64 * dt;
                assert!((f64::from(*time) / exact - 1.0).abs() < 2e-7, "{name} dt {dt} step {n}: {time}");
            }
        }
    }
    // The model's own clock counts steps.
    let mut last = Population::<f32>::builder(Catalog::standard().get("lif_last_input")?, &[1]).build()?;
    last.run(steps, &Input::Constant(&[0.0]), &Record::default())?;
    let at = last.model().state().iter().position(|f| f.name == "since_input").unwrap();
    assert_eq!(last.state().fields[at], [steps as f32]);
    Ok(())
}

#[test]
fn counts_of_steps_keep_their_time_where_dt_changes() -> Result<()> {
    let mut cell = Population::<f32>::builder(Catalog::standard().get("slif")?, &[1])
        .set("refract_time", 0.005)
        .clocks(true)
        .build()?;
    cell.run(2, &Input::Constant(&[1e6]), &Record::default())?;
    let left = |cell: &Population<f32>| cell.state().fields[2][0];
    assert_eq!((left(&cell), cell.state().layers[0].since_spike[0]), (3.0, 1.0));
    cell.set_dt(0.0005)?;
    assert_eq!((left(&cell), cell.state().layers[0].since_spike[0]), (6.0, 2.0));
    Ok(())
}

#[test]
fn the_last_input_neuron_echoes_a_pulse_and_the_exact_one_does_not() -> Result<()> {
    // One pulse of 16 mV over rest at a threshold of 10, silence for two steps.
    let fired = |model: &str| -> Result<Vec<usize>> {
        let mut population = Population::<f64>::builder(Catalog::standard().get(model)?, &[1])
            .set("t_ref", 0.0)
            .set("v_th", -55.0)
            .competition(Competition { silence: 2, ..Competition::default() })
            .build()?;
        let mut x = vec![0.0; 30];
        x[0] = 16.0 * 281.0;
        let r = population.run(30, &Input::Array(&x), &Record::spikes(Spikes::Dense))?;
        Ok((0..30).filter(|t| r.dense()[*t] != 0.0).collect())
    };
    assert_eq!(fired("lif_last_input")?, [0, 3, 6, 9]);
    assert_eq!(fired("lif_exp")?, [0]);
    Ok(())
}

#[test]
fn rates_of_physical_neurons_follow_their_curves() -> Result<()> {
    for (model, x) in [("if", 200.0), ("lif_exp", 300.0), ("lif_euler", 300.0)] {
        let model = Catalog::standard().get(model)?;
        let mut population = Population::<f64>::builder(model.clone(), &[1]).dt(1e-5).build()?;
        let params = population.params_of(0);
        let r = population.run(400_000, &Input::Constant(&[x]), &Record::spikes(Spikes::Dense))?;
        let counted = r.dense().iter().sum::<f64>() / 4.0;
        let curve = model.rate(&params, x).unwrap();
        assert!((counted - curve).abs() < 0.5, "{}: {counted} and {curve} Hz", model.info().name);
        assert_eq!(model.rate(&params, 0.0), Some(0.0));
        let (gain, bias) = model.gain_bias(&params, &[80.0], &[0.2]).unwrap();
        let reached = model.rate(&params, gain[0] + bias[0]).unwrap();
        assert!((reached - 80.0).abs() < 4.0, "{}: {reached} Hz", model.info().name);
    }
    Ok(())
}

#[test]
fn a_bound_on_dt_and_a_lower_bound_on_v_hold() -> Result<()> {
    let error = layer("lif_decay").set("tau_m", 0.003).build().map(drop).unwrap_err().to_string();
    assert!(error.contains("lif_decay.dt"), "{error}");
    let x = [-500.0f32];
    let end = |builder: Builder<f32>| -> Result<Vec<f32>> {
        let mut population = builder.build()?;
        population.run(10, &Input::Constant(&x), &Record::default())?;
        Ok(population.state().fields[0].clone())
    };
    assert!(end(layer("if").set("v_min", -65.0))?.iter().all(|v| *v == -65.0));
    assert!(end(layer("if"))?.iter().all(|v| *v < -80.0));
    Ok(())
}

#[test]
fn a_population_describes_itself() -> Result<()> {
    let population = layer("lif_exp")
        .name("v1")
        .set("tau_m", Values::Uniform { low: 0.01, high: 0.03, seed: 1 })
        .competition(Competition { k: 4, silence: 2, ..Competition::default() })
        .build()?;
    let text = population.to_string();
    for part in [
        "v1: LIFExp (",
        "shape [3, 4, 4], batch 1, dt = 0.001 s",
        "one for each of 48 neurons",
        "= -50 mV  (Threshold.)",
        "up to 4 winners per sample and step by largest potential, radius 0, silencing their feature maps for 2 steps",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    Ok(())
}

#[test]
fn default_neurons_fire_at_their_example_input_and_sit_still_without() -> Result<()> {
    for name in [
        "perfect_integrator",
        "if",
        "lif_exp",
        "lif_euler",
        "lif_decay",
        "lif_last_input",
        "eif",
        "eif_decay",
        "qif",
        "izhikevich_ms",
    ] {
        let model = Catalog::standard().get(name)?;
        let mut population = Population::<f32>::builder(model.clone(), &[1]).build()?;
        let still = population.run(1000, &Input::Constant(&[0.0]), &record())?;
        assert!(still.dense().iter().all(|s| *s == 0.0), "{name} fires without input");
        population.reset();
        let example = [model.info().example_input as f32];
        let rate: f32 = population.run(1000, &Input::Constant(&example), &record())?.dense().iter().sum();
        println!("{name}: {rate} Hz");
        assert!((5.0..150.0).contains(&rate), "{name}: {rate} Hz");
    }
    Ok(())
}
