//! What a SLIF cell does, by itself and against the same population with an engine's lateral edge.

use super::{SlifCell, SlifOptions, SlifSurrogate};
use rheobase_base::{Error, Result};
use rheobase_sim::population::{Initial, Record};
use rheobase_sim::{Catalog, Input, Population, Spikes};

fn cell(options: SlifOptions) -> Result<SlifCell> {
    SlifCell::new("z1", 4, options)
}

/// Spikes of the first unit under an input per step.
fn spikes_of(cell: &mut SlifCell, input: &[f32]) -> Result<Vec<f32>> {
    let mut spikes = Vec::new();
    for (t, x) in input.iter().enumerate() {
        cell.set("j", &[*x])?;
        cell.advance(t as f64, 1.0)?;
        spikes.push(cell.get("s")?[0]);
    }
    Ok(spikes)
}

#[test]
fn the_published_example_spikes_as_published() -> Result<()> {
    let options = SlifOptions { tau_m: 50.0, resist_m: 10.0, thr: 0.3, ..Default::default() };
    let spikes = spikes_of(&mut cell(options)?, &[1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0])?;
    assert_eq!(spikes, [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    Ok(())
}

#[test]
fn inhibition_is_the_engines_lateral_edge() -> Result<()> {
    let options = SlifOptions { resist_inh: 2.0, batch_size: 2, seed: 5, ..Default::default() };
    let mut cell = cell(options)?;
    let weights: Vec<f64> = cell.get("inh_weights")?.iter().map(|w| f64::from(-w * 2.0)).collect();
    let thresholds: Vec<f64> = cell.get("thr")?[..4].iter().map(|x| f64::from(*x)).collect();
    let mut layer = Population::<f32>::builder(Catalog::standard().get("slif")?, &[4])
        .batch(2)
        .dt(1.0)
        .set("tau_m", 20.0)
        .initial("thr", Initial::Each(thresholds))
        .lateral(&weights)
        .build()?;
    let x: Vec<f32> = (0..8).map(|i| 1.0 + 0.2 * i as f32).collect();
    let (mut spikes, mut inhibited) = (0.0, false);
    cell.set("j", &x)?;
    for t in 0..200 {
        cell.advance(f64::from(t), 1.0)?;
        let want = layer.run(1, &Input::Array(&x), &Record::spikes(Spikes::Dense))?.spikes.into_dense();
        assert_eq!(cell.get("s")?, want, "step {t}");
        spikes += want.iter().sum::<f32>();
        inhibited |= cell.get("current")?.iter().zip(&x).any(|(j, x)| j < x);
    }
    assert!(spikes > 20.0 && inhibited);
    Ok(())
}

#[test]
fn input_is_kept_or_written_over() -> Result<()> {
    let mut kept = cell(SlifOptions { resist_m: 1.5, ..Default::default() })?;
    let mut written = cell(SlifOptions { resist_m: 1.5, keep_input: false, ..Default::default() })?;
    for c in [&mut kept, &mut written] {
        c.set("j", &[0.125])?;
        for t in 0..3 {
            c.advance(f64::from(t), 1.0)?;
        }
    }
    assert_eq!((kept.get("j")?[0], kept.get("current")?[0]), (0.125, 0.1875));
    assert_eq!(written.get("j")?[0], 0.125 * 1.5f32.powi(3));
    Ok(())
}

#[test]
fn spikes_stick_and_are_remembered_through_the_refractory_period() -> Result<()> {
    let options = SlifOptions { refract_time: 3.0, thr_jitter: 0.0, ..Default::default() };
    let mut plain = cell(options.clone())?;
    let mut sticky = cell(SlifOptions { sticky_spikes: true, ..options })?;
    let input = [10.0, 10.0, 10.0, 10.0];
    assert_eq!(spikes_of(&mut plain, &input)?, [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(plain.get("tols")?[0], 3.0);
    assert_eq!(spikes_of(&mut sticky, &input[..3])?, [1.0, 1.0, 1.0]);
    assert_eq!(sticky.get("tols")?[0], 2.0);
    Ok(())
}

#[test]
fn a_reset_is_a_fresh_cell_but_for_thresholds_that_persist() -> Result<()> {
    for thr_persist in [false, true] {
        let options = SlifOptions { thr_gain: 0.1, thr_persist, ..Default::default() };
        let (fresh, mut used) = (cell(options.clone())?, cell(options)?);
        spikes_of(&mut used, &[10.0; 5])?;
        let risen = used.get("thr")?;
        used.reset();
        for name in ["j", "s", "tols", "v", "rfr", "surrogate", "current"] {
            assert_eq!(used.get(name)?, fresh.get(name)?, "{name}");
        }
        assert_eq!(used.get("thr")?, if thr_persist { risen } else { fresh.get("thr")? });
    }
    Ok(())
}

#[test]
fn the_surrogate_is_either_secant_of_the_current() -> Result<()> {
    for (surrogate, power) in [(SlifSurrogate::Sech, 1), (SlifSurrogate::SechSquared, 2)] {
        let mut cell = cell(SlifOptions { surrogate, ..Default::default() })?;
        cell.set("j", &[12.5, 0.0, -1.0, 1e30])?;
        cell.advance(0.0, 1.0)?;
        let got = cell.get("surrogate")?;
        assert!((f64::from(got[0]) - (1.0 / 1.0f64.cosh()).powi(power)).abs() < 1e-6);
        assert_eq!(got[1..], [0.0; 3]);
    }
    Ok(())
}

#[test]
fn draws_depend_on_seed_and_name_and_keep_their_ranges() -> Result<()> {
    let make = |name, seed| SlifCell::new(name, 50, SlifOptions { seed, ..Default::default() });
    let (a, b) = (make("a", 1)?, make("a", 1)?);
    assert_eq!((a.get("thr")?, a.get("inh_weights")?), (b.get("thr")?, b.get("inh_weights")?));
    for other in [make("a", 2)?, make("b", 1)?] {
        assert!(other.get("thr")? != a.get("thr")? && other.get("inh_weights")? != a.get("inh_weights")?);
    }
    let thresholds = a.get("thr")?;
    assert!(thresholds.iter().all(|x| (0.35..=0.45).contains(x)));
    assert!(thresholds.iter().any(|x| *x < 0.37) && thresholds.iter().any(|x| *x > 0.43));
    let weights = a.get("inh_weights")?;
    for (i, w) in weights.iter().enumerate() {
        assert!(if i % 51 == 0 { *w == 0.0 } else { (0.025..1.0).contains(w) }, "{i}: {w}");
    }
    Ok(())
}

#[test]
fn files_hold_what_a_reset_restores_or_what_persists() -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for thr_persist in [false, true] {
        let options = SlifOptions { thr_gain: 0.1, batch_size: 2, thr_persist, ..Default::default() };
        let mut from = cell(options.clone())?;
        from.set("j", &[10.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0])?;
        from.advance(0.0, 1.0)?;
        let path = from.save(folder.path())?;
        assert!(path.ends_with("z1.npz"));
        let array = rheobase_data::read_npz(&path)?.get("threshold")?.clone();
        assert_eq!(array.shape(), if thr_persist { [2, 4] } else { [1, 4] });
        let mut to = cell(SlifOptions { seed: 9, ..options })?;
        to.load(folder.path())?;
        let saved = from.get(if thr_persist { "thr" } else { "threshold0" })?;
        assert_eq!((to.get("thr")?, to.get("threshold0")?), (saved.clone(), saved));
    }
    let mut larger = SlifCell::new("z1", 5, SlifOptions::default())?;
    let before = larger.get("thr")?;
    let message = larger.load(folder.path()).expect_err("too few thresholds").to_string();
    assert!(message.contains("z1.npz") && message.contains("[1, 5]"), "{message}");
    assert_eq!(larger.get("thr")?, before);
    assert!(larger.load("no such folder").is_err());
    Ok(())
}

#[test]
fn bad_arguments_are_named_with_their_rule() {
    let message = |options| cell(options).err().map(|e| e.to_string()).unwrap_or_default();
    let default = SlifOptions::default;
    assert_eq!(message(SlifOptions { tau_m: -2.0, ..default() }), "z1.tau_m = -2 ms: must be > 0 and finite");
    for (name, options) in [
        ("refract_time", SlifOptions { refract_time: f64::NAN, ..default() }),
        ("resist_inh", SlifOptions { resist_inh: -1.0, ..default() }),
        ("thr_jitter", SlifOptions { thr_jitter: -1.0, ..default() }),
        ("batch_size", SlifOptions { batch_size: 0, ..default() }),
        ("resist_m", SlifOptions { resist_m: f64::INFINITY, ..default() }),
        ("thr", SlifOptions { threshold0: Some(vec![1.0; 3]), ..default() }),
        ("thr", SlifOptions { threshold0: Some(vec![f64::NAN; 4]), ..default() }),
        ("inh_weights", SlifOptions { inh_weights: Some(vec![1.0; 15]), ..default() }),
        ("inh_weights", SlifOptions { inh_weights: Some(vec![f64::NAN; 16]), ..default() }),
    ] {
        assert!(message(options).contains(name), "{name}");
    }
    assert!(SlifCell::new("z1", 0, default()).is_err());
    assert!(SlifCell::new("a/b", 1, default()).is_err());
}

#[test]
fn bad_compartments_and_steps_change_nothing() -> Result<()> {
    let mut cell = cell(SlifOptions { keep_input: false, resist_m: 1e30, ..Default::default() })?;
    let Err(Error::Unknown { nearest, .. }) = cell.get("tol") else { panic!("`tol` is not a compartment") };
    assert_eq!(nearest.as_deref(), Some("tols"));
    for (name, values) in [
        ("volt", &[0.0; 4][..]),
        ("v", &[0.0; 3]),
        ("v", &[f32::NAN]),
        ("current", &[0.0]),
        ("inh_weights", &[0.0]),
    ] {
        assert!(cell.set(name, values).is_err(), "{name} {values:?}");
    }
    cell.set("j", &[1.0])?;
    cell.advance(0.0, 1.0)?;
    let before: Vec<Vec<f32>> =
        ["j", "s", "v", "rfr", "tols"].map(|n| cell.get(n).unwrap_or_default()).into();
    // A second product with the resistance is beyond single precision.
    for (t, dt) in [(1.0, 1.0), (f64::NAN, 1.0), (1.0, 0.0), (1.0, 40.0), (1.0, f64::NAN)] {
        assert!(cell.advance(t, dt).is_err(), "{t} {dt}");
    }
    let after: Vec<Vec<f32>> = ["j", "s", "v", "rfr", "tols"].map(|n| cell.get(n).unwrap_or_default()).into();
    assert_eq!(before, after);
    Ok(())
}

#[test]
fn the_description_names_every_compartment_and_argument() -> Result<()> {
    let cell = cell(SlifOptions { tau_m: 17.5, ..Default::default() })?;
    let description = cell.description();
    for c in &description.compartments {
        assert!(cell.get(c.name).is_ok(), "{}", c.name);
    }
    let text = description.to_string();
    for word in ["z1: 4 cells", "tau_m          17.5 ms", "threshold0", "spike where v > thr", "derived"] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    Ok(())
}
