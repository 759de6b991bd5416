//! What stages learn from besides plain images: images that are moved, colours, recordings of cameras.

use std::path::Path;

use super::{ORDER, config, done, weights};
use crate::learn::{Job, TrainConfig};
use rheobase_base::random::Stream;
use rheobase_data::{Array, write_npz};

#[test]
fn images_that_are_moved_are_the_same_on_any_number_of_threads() {
    let job = |augment: &str, threads: &str| {
        let mut settings = config(ORDER);
        settings.set("train.threads", threads).unwrap();
        settings.set("data.augment", augment).unwrap();
        done(settings)
    };
    let plain = job("{}", "1");
    for augment in ["{ shift = 2 }", "{ flip = true }", "{ rotate = 20.0 }", "{ zoom = 0.3 }"] {
        let moved = job(augment, "1");
        assert_ne!(weights(&moved, "maps.weight"), weights(&plain, "maps.weight"), "{augment}");
        assert_ne!(moved.history()[0].loss, plain.history()[0].loss);
        let again = job(augment, "3");
        assert_eq!(moved.fingerprint().unwrap(), again.fingerprint().unwrap());
        // Images to test with stay as they are.
        let (before, after) = (plain.splits().test.inputs(), moved.splits().test.inputs());
        assert_eq!(before, after);
    }
}

#[test]
fn what_images_cannot_be_moved_by_is_refused() {
    for (augment, part) in [
        ("{ rotate = 181.0 }", "data.augment.rotate = 181: must be 0 to 180 degrees"),
        ("{ rotate = -1.0 }", "data.augment.rotate"),
        ("{ zoom = 1.0 }", "data.augment.zoom = 1: must be at least 0 and below 1"),
        ("{ shift = 8 }", "data.augment.shift = 8: must be below 8"),
    ] {
        let mut settings = config(ORDER);
        settings.set("data.augment", augment).unwrap();
        let error = Job::new(settings).err().map_or_else(String::new, |e| e.to_string());
        assert!(error.contains(part), "{augment}: {error}");
    }
    let error = config(ORDER).set("data.augment.flipp", "true").unwrap_err().to_string();
    assert!(error.contains("did you mean `flip`"), "{error}");
}

/// A layer of features on images of `source`, `encode`d, and a readout.
fn job(source: &str, encode: &str) -> TrainConfig {
    let text = format!(
        r#"
        [data]
        steps = 8
        source = {source}
        {encode}
        [[network.node]]
        name = "maps"
        first_spike_conv = {{ outputs = 8, kernel = [3], padding = [1], threshold = 1.5, start = {{ around = {{ mean = 0.8, deviation = 0.05, within = [0.0, 1.0] }} }} }}
        [[network.node]]
        name = "pool"
        pool = {{ of = "max", kernel = [2] }}
        [[network.node]]
        name = "flatten"
        flatten = {{}}
        [[network.node]]
        name = "out"
        linear = {{ outputs = 2 }}
        [[network.node]]
        name = "readout"
        neurons = {{ model = "leaky_integrator", set = {{ tau_m = 1.0 }} }}
        [[stage]]
        layer = "maps"
        epochs = 3
        converged = 0.0
        {ORDER}
        [optimise]
        learning_rate = 0.01
        [train]
        epochs = 10
        batch = 16
        "#
    );
    TrainConfig::from_toml(&text, "job.toml").unwrap()
}

/// Images of 10 × 10 with a bar at some column, red or green: `[sample, row, column, colour]`, 0 to 255.
fn bars(path: &Path, samples: usize, seed: u64) {
    let stream = Stream::new(seed, "test", "bars");
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for sample in 0..samples {
        let column = (stream.uniform(0, sample as u32, 0) * 10.0) as usize;
        for _row in 0..10 {
            for at in 0..10 {
                let bright = if at == column { 255 } else { 0 };
                x.extend(if sample % 2 == 0 { [bright, 0, 0] } else { [0, bright, 0] });
            }
        }
        y.push((sample % 2) as i64);
    }
    let x: Vec<i64> = x;
    write_npz(path, &[("x", Array::new([samples, 10, 10, 3], x).unwrap()), ("y", Array::vector(y))]).unwrap();
}

const COLOURS: &str = r#"
    [encode]
    name = "filters"
    padding = 1
    threshold = 0.1
    filters = [{ dog = { size = 3, center = 0.5, surround = 1.0 } }, { dog = { size = 3, center = 1.0, surround = 0.5 } }]
    [encode.then]
    name = "intensity_to_latency"
"#;

#[test]
fn colours_are_on_and_off_channels_of_the_same_network() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    bars(&at("train.npz"), 120, 0);
    bars(&at("test.npz"), 60, 1);
    let source = |test: &str, more: &str| {
        format!("{{ npz = {{ train = {:?}, test = {:?} {more} }} }}", at("train.npz"), at(test))
    };
    let last = ", channels = \"last\", scale = 255";
    let mut coloured = Job::new(job(&source("test.npz", last), COLOURS)).unwrap();
    let shapes = (coloured.splits().train.shape(), coloured.program().input_shape());
    assert_eq!(shapes, (&[3, 10, 10][..], &[6, 10, 10][..]));
    coloured.run(|_, _, _| Ok(true)).unwrap();
    assert_eq!(coloured.stages()[0].kernel(), [6, 3, 3]);
    // Bars of both colours are equally bright: only colours tell them apart.
    let tested = coloured.evaluate(&coloured.splits().test).unwrap();
    assert!(tested.correct >= 55, "{}", tested.correct);

    let refused =
        |source: String| Job::new(job(&source, COLOURS)).err().map_or_else(String::new, |e| e.to_string());
    let error = refused(source("test.npz", ", scale = 255"));
    assert!(error.contains("images of 10 × 10 with 3 channels behind them"), "{error}");
    write_npz(
        at("grey.npz"),
        &[("x", Array::new([2, 10, 10, 1], vec![0_i64; 200]).unwrap()), ("y", Array::vector(vec![0_i64, 1]))],
    )
    .unwrap();
    let error = refused(source("grey.npz", last));
    assert!(error.contains("[1, 10, 10]") && error.contains("[3, 10, 10] is needed"), "{error}");
    let error = refused(source("test.npz", ", channels = \"last\", scale = 0"));
    assert!(error.contains("data.source.npz.scale = 0: must be finite and above 0"), "{error}");
}

/// A folder for each class, a recording in each file, as N-MNIST has them: bars of 10 pixels that go right or down, an edge that
/// brightens before one that darkens.
fn recordings(folder: &Path, samples: usize, seed: u64) {
    let stream = Stream::new(seed, "test", "recordings");
    for sample in 0..samples {
        let class = sample % 2;
        let place = folder.join(["down", "right"][class]);
        std::fs::create_dir_all(&place).unwrap();
        let start = (stream.uniform(0, sample as u32, 0) * 4.0) as u32;
        let mut bytes = Vec::new();
        for step in 0..6_u32 {
            for (at, bright, late) in [(start + step, 1_u32, 0), (start + step.saturating_sub(1), 0, 400)] {
                for along in 0..10_u32 {
                    let (x, y) = if class == 1 { (at, along) } else { (along, at) };
                    let t = 1000 * step + late + along;
                    bytes.extend([x as u8, y as u8, (bright << 7 | t >> 16) as u8, (t >> 8) as u8, t as u8]);
                }
            }
        }
        std::fs::write(place.join(format!("{sample}.bin")), bytes).unwrap();
    }
}

#[test]
fn recordings_of_a_camera_go_through_the_same_network() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    recordings(&at("train"), 80, 0);
    recordings(&at("test"), 40, 1);
    let source = format!(
        "{{ events = {{ train = {:?}, test = {:?}, dt = 0.001, steps = 8, size = [10, 10] }} }}",
        at("train"),
        at("test")
    );
    let encode = "[encode]\nname = \"first_spikes\"";
    let mut events = Job::new(job(&source, encode)).unwrap();
    assert_eq!(events.program().input_shape(), [2, 10, 10]);
    events.run(|_, _, _| Ok(true)).unwrap();
    let last = events.stages()[0].history().last().unwrap();
    assert!(last.wins.iter().sum::<u64>() > 80 && last.silent == 0, "{last:?}");
    let tested = events.evaluate(&events.splits().test).unwrap();
    assert!(tested.correct >= 36, "{}", tested.correct);

    let text = "[encode]\nname = \"intensity_to_latency\"";
    let error = Job::new(job(&source, text)).unwrap().run(|_, _, _| Ok(true)).unwrap_err().to_string();
    assert!(error.contains("first_spikes"), "{error}");
    let mut moved = job(&source, encode);
    moved.set("data.augment.shift", "1").unwrap();
    let error = Job::new(moved).err().map_or_else(String::new, |e| e.to_string());
    assert!(error.contains("moves images"), "{error}");
}
