//! Stages on the digits: what they learn, that nothing depends on how they are run, and what they refuse.

mod inputs;

use std::path::Path;

use super::*;
use crate::learn::{Checkpoint, Job, TrainConfig, Trained};

/// A job on the digits with a stage over 100 samples, whose settings follow `stage`.
fn config(stage: &str) -> TrainConfig {
    let text = format!(
        r#"
        [data]
        steps = 10
        [encode]
        name = "intensity_to_latency"
        [[network.node]]
        name = "wave"
        cumulate = {{}}
        [[network.node]]
        name = "maps"
        conv = {{ outputs = 6, kernel = [3], padding = [1], bias = false, start = {{ around = {{ mean = 0.8, deviation = 0.05, within = [0.0, 1.0] }} }} }}
        [[network.node]]
        name = "spikes"
        fire = {{ threshold = 2.0 }}
        [[network.node]]
        name = "pool"
        pool = {{ of = "max", kernel = [2] }}
        [[network.node]]
        name = "flatten"
        flatten = {{}}
        [[network.node]]
        name = "out"
        linear = {{ outputs = 10 }}
        [[stage]]
        layer = "maps"
        samples = 100
        epochs = 2
        {stage}
        [train]
        epochs = 1
        "#
    );
    TrainConfig::from_toml(&text, "job.toml").unwrap()
}

const ORDER: &str =
    "plasticity = { rule = { order = { ltp = 0.05, ltd = -0.04 } }, winners = { k = 3, radius = 1 } }";

fn done(config: TrainConfig) -> Job {
    let mut job = Job::new(config).unwrap();
    job.run(|_, _, _| Ok(true)).unwrap();
    job
}

fn weights<'a>(job: &'a Job, name: &str) -> &'a [f32] {
    &job.program().parameters().get(name).unwrap().values
}

fn bytes(job: &Job, folder: &Path) -> Vec<u8> {
    let path = folder.join("checkpoint.safetensors");
    job.checkpoint().unwrap().write(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_stage_learns_first_and_its_layer_then_stays() {
    let mut job = Job::new(config(ORDER)).unwrap();
    let start = weights(&job, "maps.weight").to_vec();
    let (mut learned, mut shown) = (None, Vec::new());
    job.run(|job, now, _| {
        match now.stage {
            Some(stage) => {
                shown.push((now.epoch, now.batches, now.new));
                assert_eq!((stage.stage, stage.stages, stage.epochs, stage.features), (0, 1, 2, 6));
                assert!(weights(job, "out.weight") == weights(&Job::new(config(ORDER))?, "out.weight"));
            }
            None => drop(learned.get_or_insert_with(|| weights(job, "maps.weight").to_vec())),
        }
        Ok(true)
    })
    .unwrap();
    assert_eq!(shown, [(1, (64, 100), 64), (1, (100, 100), 36), (2, (64, 100), 64), (2, (100, 100), 36)]);
    assert_ne!(learned.as_deref(), Some(&start[..]));
    assert_eq!(learned.as_deref(), Some(weights(&job, "maps.weight")));
    let run = &job.stages()[0];
    assert_eq!((run.history().len(), run.history()[1].samples), (2, 100));
    assert_eq!(run.wins().iter().sum::<u64>(), run.history().iter().flat_map(|e| &e.wins).sum::<u64>());
    assert_eq!(run.course().points.last().unwrap().samples, 200);
    assert_eq!(run.course().kernels[0].weights, start);
    assert_eq!(run.course().kernels.last().unwrap().weights, weights(&job, "maps.weight"));
    // Without its epochs the layer is as it started.
    let mut control = config(ORDER);
    control.set("stage.maps.epochs", "0").unwrap();
    let control = done(control);
    assert_eq!(weights(&control, "maps.weight"), start);
    assert!(control.stages()[0].history().is_empty() && control.warnings().is_empty());
}

/// What is frozen gets no gradient, and all else the same one.
#[test]
fn a_frozen_layer_changes_no_other_gradient() {
    use crate::learn::optimise::AdamW;
    use crate::learn::{Batch, LossKind, OptimiserKind, Pass, Rule, Target, Trainer, WeightPenalty};

    let text = r#"
        input = [6]
        node = [
            { name = "a", linear = { outputs = 5 } },
            { name = "b", neurons = { model = "lif_subtract" } },
            { name = "c", linear = { outputs = 4 } },
            { name = "d", neurons = { model = "lif_subtract" } },
            { name = "e", linear = { outputs = 3 } },
        ]
    "#;
    let network: Network = rheobase_network::toml_text::read(text, "net.toml").unwrap();
    let inputs: Vec<SampleInput> = (0..20)
        .map(|i| SampleInput::Constant((0..6).map(|k| ((i * 7 + k * 5) % 9) as f32 / 3.0).collect()))
        .collect();
    let targets: Vec<Target<'_>> = (0..20).map(|i| Target::Class(i % 3)).collect();
    let (ids, lengths): (Vec<u64>, Vec<usize>) = ((0..20).collect(), vec![8; 20]);
    let batch =
        Batch { source: 0, inputs: &inputs, targets: &targets, lengths: &lengths, ids: &ids, epoch: 0 };
    let pass =
        Pass { loss: LossKind::default(), rates: Vec::new(), truncate: 0, chunk: 3, level: Level::best() };
    let optimiser = OptimiserKind::AdamW(AdamW::default());
    let rule = Rule { optimiser, clip: None, weights: WeightPenalty { l1: 0.0, l2: 0.1 } };
    let learned = |frozen: &[&str]| {
        let mut trainer = Trainer::new(rheobase_network::network::lower(&network, 0).unwrap(), &optimiser);
        let before: Vec<Vec<f32>> =
            trainer.program().parameters().tensors.iter().map(|t| t.values.clone()).collect();
        frozen.iter().for_each(|name| trainer.freeze(name).unwrap());
        let outcome = trainer.learn(&pass, &rule, 0.01, &batch).unwrap();
        let stayed = trainer.program().parameters().tensors.iter().zip(before).map(|(t, b)| t.values == b);
        (outcome.gradients, stayed.collect::<Vec<bool>>(), outcome.tape_bytes)
    };
    let (all, stayed, tape) = learned(&[]);
    assert_eq!(stayed, [false; 6]);
    for (frozen, which) in [(&["a"][..], &[0, 1][..]), (&["c"], &[2, 3]), (&["a", "c"], &[0, 1, 2, 3])] {
        let (gradients, stayed, smaller) = learned(frozen);
        for (i, (with, without)) in all.iter().zip(&gradients).enumerate() {
            assert_eq!(stayed[i], which.contains(&i), "{frozen:?} {i}");
            let zero = without.iter().all(|g| *g == 0.0);
            assert!(if which.contains(&i) { zero } else { with == without && !zero }, "{frozen:?} {i}");
        }
        assert!(if frozen == ["c"] { smaller <= tape } else { smaller < tape }, "{frozen:?}");
    }
}

#[test]
fn results_depend_neither_on_threads_nor_on_stops() {
    let folder = tempfile::tempdir().unwrap();
    let normalized = format!(
        "{}, normalize = {{ sum = 5.0 }}, homeostasis = {{ rise = 0.01, tau = 50.0 }} }}",
        &ORDER[..ORDER.len() - 2]
    );
    for stage in [ORDER, &normalized] {
        let mut one = config(stage);
        one.train.threads = 1;
        let whole = bytes(&done(one), folder.path());
        // Stopped after every portion, and gone on with from the file alone.
        let path = folder.path().join("stopped.safetensors");
        let mut many = config(stage);
        many.train.threads = 3;
        let mut job = Job::new(many).unwrap();
        let mut stops = 0;
        while !job.is_done() {
            job.run(|_, _, _| Ok(false)).unwrap();
            job.checkpoint().unwrap().write(&path).unwrap();
            job = Job::resume(&path).unwrap();
            stops += 1;
        }
        // Two portions in each epoch of the stage, and the batches of the training.
        assert_eq!(stops, 4 + 45, "{stage}");
        assert!(bytes(&job, folder.path()) == whole, "{stage}");
    }
}

#[test]
fn what_comes_before_the_layer_is_run_ahead_to_the_same_bits() {
    let mut config = config(ORDER);
    // A step later all comes a step later, and nothing can be run ahead.
    for late in ["\"wave\"", "{ node = \"wave\", delay = 1 }"] {
        config.set("network.node.maps.from", &format!("[{late}]")).unwrap();
        let job = Job::new(config.clone()).unwrap();
        let stage = Stage::new(job.network(), job.program(), &config.stage[0]).unwrap();
        assert_eq!(stage.cut.front.is_some(), late == "\"wave\"");
        assert_eq!(stage.cut.connection.delay(), usize::from(late != "\"wave\""));
        let names: Vec<&str> = stage.cut.back.nodes().map(|(name, ..)| name).collect();
        assert_eq!(names.last(), Some(&"spikes"));
    }
    config.set("network.node.maps.from", "[\"wave\"]").unwrap();
    let job = Job::new(config.clone()).unwrap();
    let mut ahead = Stage::new(job.network(), job.program(), &config.stage[0]).unwrap();
    let mut whole = Stage::new(job.network(), job.program(), &config.stage[0]).unwrap();
    whole.cut.front = None;
    whole.cut.back =
        rheobase_network::network::lower_part(job.network(), job.program().library(), 0, 3).unwrap().unwrap();
    (whole.cut.layer, whole.cut.neurons) = (1, 2);
    let learn = |stage: &mut Stage| {
        for sample in 0..20 {
            let (input, steps) = job.input(&job.splits().train, sample).unwrap();
            stage.learn(&input, steps, Feedback::None).unwrap();
        }
        stage.weights().to_vec()
    };
    assert_eq!(learn(&mut ahead), learn(&mut whole));
    assert_ne!(ahead.weights(), weights(&job, "maps.weight"));
}

/// A convolution that fires once is the same layer as a wave, a convolution and neurons that fire once.
#[test]
fn first_spike_convolutions_learn_as_their_parts_do() {
    let mut parts = config(ORDER);
    let mut whole = config(ORDER);
    // Sums of halves are exact, whatever their order.
    for (config, kind) in [(&mut parts, "conv"), (&mut whole, "first_spike_conv")] {
        let more = if kind == "conv" { "bias = false" } else { "threshold = 2.0" };
        let node = format!(
            "{{ name = \"maps\", {kind} = {{ outputs = 6, kernel = [3], padding = [1], {more}, start = {{ constant = 0.5 }} }} }}"
        );
        config.set("network.node.maps", &node).unwrap();
        config
            .set("stage.maps.plasticity.rule", "{ order = { ltp = 0.25, ltd = -0.25, stabilizer = false } }")
            .unwrap();
    }
    whole.set("network.node.spikes", "{ name = \"spikes\", identity = {} }").unwrap();
    whole.set("network.node.wave", "{ name = \"wave\", identity = {} }").unwrap();
    let (parts, whole) = (done(parts), done(whole));
    assert_eq!(parts.stages()[0].wins(), whole.stages()[0].wins());
    assert!(parts.stages()[0].wins().iter().sum::<u64>() > 100);
    assert_eq!(weights(&parts, "maps.weight"), weights(&whole, "maps.weight"));
    assert_eq!(weights(&parts, "out.weight"), weights(&whole, "out.weight"));
}

#[test]
fn rewarded_classes_are_told_apart() {
    // Two patterns, two features; each starts with a leaning to the wrong one.
    let network = rheobase_network::network::Sequential::new([
        rheobase_network::network::linear(2).without_bias().named("classes"),
        rheobase_network::network::fire_once(0.9),
    ]);
    let network = network.input(&[4]).unwrap();
    let mut program = rheobase_network::network::lower(&network, 0).unwrap();
    let start = [0.4, 0.6, 0.4, 0.6, 0.6, 0.4, 0.6, 0.4];
    program.update(|p| p.set("classes.weight", &start)).unwrap();
    let settings = TrainConfig::from_toml(
        "[[stage]]\nlayer = \"classes\"\n[stage.plasticity]\nrule = { order = { ltp = 0.1, ltd = -0.1 } }\nwinners = { k = 1 }\nreward = {}",
        "job.toml",
    );
    let settings = settings.unwrap().stage.remove(0);
    let mut stage = Stage::new(&network, &program, &settings).unwrap();
    let sample = |class: u32| {
        let index = vec![2 * class, 2 * class + 1];
        SampleInput::Spikes(SpikeRows::new(vec![0, 2], index, vec![1.0; 2], 4).unwrap())
    };
    let right = |stage: &mut Stage, class: usize| {
        let learned = stage.learn(&sample(class as u32), 1, Feedback::Class { class, classes: 2 }).unwrap();
        learned.winners.first().map(|w| stage.class_of(*w, 2).unwrap() == class)
    };
    assert_eq!([right(&mut stage, 0), right(&mut stage, 1)], [Some(false); 2]);
    for class in (0..60).map(|i| i % 2) {
        right(&mut stage, class);
    }
    assert_eq!([right(&mut stage, 0), right(&mut stage, 1)], [Some(true); 2]);
    let error = stage.learn(&sample(0), 1, Feedback::Class { class: 0, classes: 3 }).unwrap_err().to_string();
    assert!(error.contains("stage.classes.features = 2: must be a multiple of the 3 classes"), "{error}");
    let error = stage.learn(&sample(0), 1, Feedback::None).unwrap_err().to_string();
    assert!(error.contains("stage.classes.reward = none: is needed with every sample"), "{error}");
}

/// A recurrent layer of neurons learns by pairs of its own spikes, one step apart.
#[test]
fn recurrent_edges_learn_from_the_spikes_of_their_own_neurons() {
    let text = r#"
        input = [2]
        [[node]]
        name = "in"
        scale = { factor = 1.2 }
        [[node]]
        name = "again"
        from = [{ node = "cells", delay = 1 }]
        linear = { outputs = 2, bias = false, start = { constant = 0.2 } }
        [[node]]
        name = "cells"
        from = ["in", "again"]
        neurons = { model = "lif_subtract" }
        [[node]]
        name = "out"
        linear = { outputs = 2 }
    "#;
    let network: Network = rheobase_network::toml_text::read(text, "net.toml").unwrap();
    let program = rheobase_network::network::lower(&network, 0).unwrap();
    let settings = TrainConfig::from_toml(
        "[[stage]]\nlayer = \"again\"\n[stage.plasticity]\nrule = { pair = { a_plus = 0.1, a_minus = 0.1 } }",
        "job.toml",
    );
    let mut stage = Stage::new(&network, &program, &settings.unwrap().stage[0]).unwrap();
    assert!(stage.cut.front.is_none() && stage.cut.back.nodes().all(|(name, ..)| name != "out"));
    // Neuron 0 spikes in step 0, neuron 1 in step 1: what 0 sends arrives when 1 spikes.
    let rows = SpikeRows::new(vec![0, 1, 2, 2], vec![0, 1], vec![1.0; 2], 2).unwrap();
    stage.learn(&SampleInput::Spikes(rows), 3, Feedback::None).unwrap();
    assert_eq!(stage.wins(), [1, 1]);
    let [own_0, from_0_to_1, from_1_to_0, own_1] = stage.weights() else { panic!() };
    assert!((*from_0_to_1 - 0.3).abs() < 1e-6 && *from_1_to_0 < 0.2, "{:?}", stage.weights());
    assert!(own_0 < &0.2 && own_1 < &0.2);
}

#[test]
fn what_was_of_no_use_is_said_with_numbers() {
    let said = |stage: &str, set: &[(&str, &str)]| -> Vec<String> {
        let mut config = config(stage);
        set.iter().for_each(|(key, value)| config.set(key, value).unwrap());
        let job = done(config);
        let warnings = job.warnings().iter().filter(|w| w.about() == "maps");
        warnings.map(ToString::to_string).collect()
    };
    let silent = said(ORDER, &[("network.node.spikes.fire.threshold", "1000")]);
    let text = "stage of `maps`: no neuron won in 200 samples, so nothing was learned; lower the threshold";
    assert!(silent.len() == 1 && silent[0].starts_with(text), "{silent:?}");
    let slow = said(
        ORDER,
        &[
            ("stage.maps.plasticity.rule.order.ltp", "1e-6"),
            ("stage.maps.plasticity.rule.order.ltd", "-1e-6"),
        ],
    );
    assert!(slow.iter().any(|w| w.contains("after 2 epochs the mean of w(1 − w) is 0.1") && w.contains("not below 0.01")), "{slow:?}");
    let never = said(
        ORDER,
        &[("stage.maps.converged", "0"), ("stage.maps.epochs", "1"), ("stage.maps.samples", "1")],
    );
    assert!(never.len() == 1 && never[0].contains("3 of 6 features never won in 1 samples"), "{never:?}");
    // It ends when it has converged, not later.
    let mut fast = config(ORDER);
    fast.set("stage.maps.epochs", "50").unwrap();
    fast.set("stage.maps.plasticity.rule.order", "{ ltp = 1.0, ltd = -0.8 }").unwrap();
    let fast = done(fast);
    assert!(fast.stages()[0].has_converged() && fast.stages()[0].history().len() < 50);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_learned() {
    let cases = [
        ("stage.maps.layer", "mpas", "stage.layer: unknown node `mpas`; did you mean `maps`?"),
        ("stage.maps.layer", "pool", "`pool` (pool) has no weights that a rule could change"),
        ("stage.maps.layer", "out", "stage.out.bias = true: must be false in `out`"),
        ("stage.maps.converged", "0.3", "stage.maps.converged = 0.3: must be 0 to 0.25"),
        ("stage.maps.samples", "0", "stage.maps.samples = 0: must be at least 1"),
        ("stage.maps.samples", "2000", "stage.maps.samples = 2000: must be at most 1437"),
        ("stage.maps.inhibition", "{ radios = 1 }", "unknown key `radios`; did you mean `radius`?"),
        ("stage.maps.plasticity.bounds", "[0.0, 0.5]", "must be within the bounds [0, 0.5]"),
        ("stage.maps.plasticity.bounds", "[1.0, 0.0]", "stage.maps.bounds = [1, 0]: must be"),
        ("stage.maps.plasticity.winners.k", "0", "stage.maps.k = 0"),
        ("stage.maps.plasticity.rule.order.ltp", "[0.1, 0.2]", "stage.maps.ltp: shape [2], but"),
        ("stage.maps.plasticity.rule.order.ltd", "0.1", "must have the other sign than ltp"),
        (
            "stage.maps.plasticity.reward",
            "{}",
            "stage.maps.features = 6: must be a multiple of the 10 classes",
        ),
        ("stage.maps.plasticity.reward", "{ tau = 1.0 }", "is for pair and triplet rules"),
        ("network.node.maps.conv.bias", "true", "stage.maps.bias = true: must be false in `maps`"),
        ("network.node.maps.conv.kernel", "[99]", "maps.kernel"),
        ("network.node.spikes", "{ name = \"spikes\", relu = {} }", "no neurons that spike follow it"),
        ("network.node.spikes.from", "[\"pool\"]", "cycle"),
        ("train.epochs", "0", ""),
    ];
    for (key, value, says) in cases {
        let mut changed = config(ORDER);
        let said = changed.set(key, value).and_then(|()| Job::new(changed).map(drop));
        match says {
            "" => said.unwrap(),
            says => {
                let said = said.expect_err(key).to_string();
                assert!(said.contains(says), "{key} = {value}: {said}");
            }
        }
    }
    let mut twice = config(ORDER);
    twice.stage.push(twice.stage[0].clone());
    let error = Job::new(twice).err().unwrap().to_string();
    assert!(error.contains("stage.layer = `maps`: has a stage already"), "{error}");
}

#[test]
fn neurons_behind_a_layer_are_one_layer_of_its_shape() {
    let error = |behind: &str| {
        let text = format!(
            "input = [1, 6, 6]\n[[node]]\nname = \"maps\"\nconv = {{ outputs = 2, kernel = [3], bias = false, start = {{ constant = 0.5 }} }}\n{behind}"
        );
        let network: Network = rheobase_network::toml_text::read(&text, "net.toml").unwrap();
        let program = rheobase_network::network::lower(&network, 0).unwrap();
        Stage::new(&network, &program, &config(ORDER).stage[0]).err().unwrap().to_string()
    };
    let pooled = "[[node]]\nname = \"pool\"\npool = { of = \"max\", kernel = [2] }\n[[node]]\nname = \"spikes\"\nfire = { threshold = 1.0 }";
    let said = error(pooled);
    assert!(
        said.contains(
            "stage.maps.spikes: shape [2, 2, 2], but the neurons behind `maps` need its shape [2, 4, 4]"
        ),
        "{said}"
    );
    let two = "[[node]]\nname = \"a\"\nfire = { threshold = 1.0 }\n[[node]]\nname = \"b\"\nfrom = [\"maps\"]\nfire = { threshold = 2.0 }";
    let said = error(two);
    assert!(said.contains("both `a` and `b` follow it"), "{said}");
    let analogue = "[[node]]\nname = \"a\"\nneurons = { model = \"leaky_integrator\" }";
    assert!(error(analogue).contains("no neurons that spike follow it"));
}

#[test]
fn thresholds_rise_with_wins_where_they_can() {
    let homeostasis = "plasticity = { rule = { order = { ltp = 0.05, ltd = -0.04 } }, winners = { k = 1 }, homeostasis = { rise = 0.5 } }";
    let even = |stage: &str| {
        let job = done(config(stage));
        let wins = job.stages()[0].wins();
        (*wins.iter().max().unwrap(), *wins.iter().min().unwrap())
    };
    let (with, without) = (
        even(homeostasis),
        even("plasticity = { rule = { order = { ltp = 0.05, ltd = -0.04 } }, winners = { k = 1 } }"),
    );
    assert!(with.0 < without.0 && with.1 > without.1, "{with:?} {without:?}");
    let mut once = config(homeostasis);
    let conv = "{ name = \"maps\", first_spike_conv = { outputs = 6, kernel = [3], padding = [1], threshold = 2.0, start = { constant = 0.8 } } }";
    once.set("network.node.maps", conv).unwrap();
    let wins = done(once).stages()[0].wins();
    assert!(*wins.iter().min().unwrap() > 0, "{wins:?}");
    let mut neurons = config(homeostasis);
    neurons
        .set("network.node.spikes", "{ name = \"spikes\", neurons = { model = \"lif_subtract\" } }")
        .unwrap();
    let wins = done(neurons.clone()).stages()[0].wins();
    assert!(*wins.iter().min().unwrap() > 0, "{wins:?}");
    neurons.set("network.node.spikes.neurons.model", "spiking_rectified_linear").unwrap();
    let said = Job::new(neurons).err().unwrap().to_string();
    assert!(
        said.contains("`homeostasis` raises the thresholds of `fire`")
            && said.contains("`spikes` is spiking_rectified_linear"),
        "{said}"
    );
}

#[test]
fn stages_follow_each_other_from_the_front() {
    let deep = |order: [&str; 2]| {
        let mut config = config(ORDER);
        let text = config.to_toml().unwrap();
        let more = r#"
            [[network.node]]
            name = "second"
            from = ["pool_wave"]
            conv = { outputs = 4, kernel = [2], bias = false, start = { around = { mean = 0.8, deviation = 0.05, within = [0.0, 1.0] } } }
            [[network.node]]
            name = "second_spikes"
            fire = { threshold = 3.0 }
            [[network.node]]
            name = "pool_wave"
            from = ["pool"]
            cumulate = {}
        "#;
        config = TrainConfig::from_toml(&(text + more), "job.toml").unwrap();
        config.set("network.node.flatten.from", "[\"second_spikes\"]").unwrap();
        config.set("network.output", "out").unwrap();
        let first = config.stage[0].clone();
        config.stage = order.map(|layer| StageConfig { layer: layer.into(), ..first.clone() }).to_vec();
        Job::new(config)
    };
    let mut job = deep(["maps", "second"]).unwrap();
    let mut stages = Vec::new();
    job.run(|_, now, _| {
        stages.extend(now.stage.filter(|_| now.batches.0 == now.batches.1).map(|s| (s.stage, now.epoch)));
        Ok(true)
    })
    .unwrap();
    assert_eq!(stages, [(0, 1), (0, 2), (1, 1), (1, 2)]);
    assert!(job.stages()[1].wins().iter().sum::<u64>() > 0);
    let said = deep(["second", "maps"]).err().unwrap().to_string();
    assert!(said.contains("stage.maps: its layer feeds `second`, whose stage comes before it"), "{said}");
}

#[test]
fn a_stage_can_be_made_longer_until_something_has_learned_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let mut short = config(ORDER);
    short.train.epochs = 0;
    done(short.clone()).checkpoint().unwrap().write(&path).unwrap();
    let longer = |run: TrainConfig| {
        let mut config = run;
        config.set("stage.maps.epochs", "3")?;
        Ok::<_, Error>(config)
    };
    let mut job = Job::resume_with(&path, &rheobase_network::network::Library::default(), longer).unwrap();
    assert!(!job.is_done());
    job.run(|_, _, _| Ok(true)).unwrap();
    let mut long = short;
    long.set("stage.maps.epochs", "3").unwrap();
    assert_eq!(job.fingerprint().unwrap(), done(long).fingerprint().unwrap());
    // What was learned can be used.
    assert!(Trained::read(&path, 1).is_ok());
    done(config(ORDER)).checkpoint().unwrap().write(&path).unwrap();
    let said = Job::resume_with(&path, &rheobase_network::network::Library::default(), longer)
        .err()
        .unwrap()
        .to_string();
    assert!(said.contains("the stage of `maps` has ended, and more was learned after it"), "{said}");
    let other = |mut run: TrainConfig| {
        run.set("stage.maps.plasticity.winners.k", "4")?;
        run.set("stage.maps.samples", "99")?;
        Ok::<_, Error>(run)
    };
    let said = Job::resume_with(&path, &rheobase_network::network::Library::default(), other)
        .err()
        .unwrap()
        .to_string();
    assert!(
        said.contains("stage.maps.plasticity.winners.k = 4 (it was 3)")
            && said.contains("stage.maps.samples = 99 (it was 100)"),
        "{said}"
    );
    // A header without its stages is damaged.
    let mut broken = Checkpoint::read(&path).unwrap();
    broken.header.extra["stages"] = serde_json::json!({});
    broken.write(&path).unwrap();
    assert!(Job::resume(&path).err().unwrap().to_string().contains("damaged header: no stage of `maps`"));
}

/// What no longer changes is computed once, and nothing shows that it was: parameters, moments, epochs, rates.
#[test]
fn what_has_settled_is_computed_once_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    for change in
        [("train.batch", "32"), ("data.validation", "0.2"), ("network.node.spikes.fire.again", "true")]
    {
        let mut settings = config(ORDER);
        settings.set("train.epochs", "2").unwrap();
        settings.set(change.0, change.1).unwrap();
        let once = done(settings.clone());
        let mut again = Job::new(settings).unwrap();
        again.never_settle();
        again.run(|_, _, _| Ok(true)).unwrap();
        assert_eq!((once.settled_source(), again.settled_source()), (Some(5), None), "{change:?}");
        assert!(once.history()[1].rate > 0.0);
        assert_eq!(once.history(), again.history());
        assert_eq!(bytes(&once, folder.path()), bytes(&again, folder.path()), "{change:?}");
    }
}

/// Where samples differ from epoch to epoch, or what lies behind looks further back, all of the network runs in each.
#[test]
fn what_does_not_settle_is_computed_again() {
    for change in [
        ("data.augment.shift", "1"),
        ("encode", "{ name = 'bernoulli' }"),
        ("encode", "{ name = 'direct' }"),
        ("network.node.flatten", "{ name = 'flatten', dropout = { probability = 0.5 } }"),
        ("train.memory", "'1 MB'"),
    ] {
        let mut settings = config(ORDER);
        settings.set("stage.maps.epochs", "0").unwrap();
        match change {
            ("network.node.flatten", node) => {
                let mut text = settings.to_toml().unwrap();
                text = text.replace("[network.node.flatten]\n", "[network.node.dropout]\nprobability = 0.5\n\n[[network.node]]\nname = \"row\"\n\n[network.node.flatten]\n");
                assert!(text.contains("probability"), "{node}");
                settings = TrainConfig::from_toml(&text, "job.toml").unwrap();
                let job = done(settings);
                // What comes before the dropout still settles.
                assert_eq!(job.settled_source(), Some(4));
                continue;
            }
            (key, value) => settings.set(key, value).unwrap(),
        }
        assert_eq!(done(settings).settled_source(), None, "{change:?}");
    }
}

/// Neurons of a model that learn by pairs of spikes, with thresholds that rise and stay.
fn rising(more: &str) -> TrainConfig {
    let text = format!(
        r#"
        [data]
        steps = 20
        [encode]
        name = "poisson"
        max_rate = 200.0
        [[network.node]]
        name = "flatten"
        flatten = {{}}
        [[network.node]]
        name = "in"
        linear = {{ outputs = 12, bias = false, start = {{ around = {{ mean = 0.5, deviation = 0.2, within = [0.0, 1.0] }} }} }}
        [[network.node]]
        name = "cells"
        neurons = {{ model = "cuba_lif", set = {{ v_th = 0.5 }}, competition = {{ k = 1, scope = "layer", silence = 5 }} {more} }}
        [[network.node]]
        name = "out"
        linear = {{ outputs = 10, bias = false }}
        [readout]
        layer = "out"
        by = "votes"
        [[stage]]
        layer = "in"
        samples = 100
        epochs = 2
        converged = 0.0
        [stage.plasticity]
        rule = {{ pair = {{ a_plus = 0.02, a_minus = 0.01 }} }}
        winners = {{ k = 1 }}
        normalize = {{ sum = 8.0 }}
        homeostasis = {{ rise = 0.03125, keep = true }}
        [train]
        epochs = 0
        "#
    );
    TrainConfig::from_toml(&text, "job.toml").unwrap()
}

#[test]
fn thresholds_that_rose_stay_to_the_same_bits_however_it_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let whole = done(rising(", learn = [\"v_th[]\"]"));
    let wins = whole.stages()[0].wins();
    let silent: usize = whole.stages()[0].history().iter().map(|epoch| epoch.silent).sum();
    assert!(silent < 100 && wins.iter().sum::<u64>() == 200 - silent as u64, "{silent} {wins:?}");
    let thresholds = weights(&whole, "cells.v_th").to_vec();
    assert!(
        wins.iter().zip(&thresholds).all(|(wins, x)| *x == 0.5 + 0.03125 * *wins as f32),
        "{thresholds:?}"
    );
    // In two runs, the first of which ended its stage.
    let path = folder.path().join("first.safetensors");
    let mut first = rising(", learn = [\"v_th[]\"]");
    first.set("stage.in.epochs", "1").unwrap();
    let first = done(first);
    assert_ne!(weights(&first, "cells.v_th"), thresholds);
    first.checkpoint().unwrap().write(&path).unwrap();
    let library = rheobase_network::network::Library::default();
    let mut resumed =
        Job::resume_with(&path, &library, |mut run| run.set("stage.in.epochs", "2").map(|()| run)).unwrap();
    assert!(!resumed.is_done());
    resumed.run(|_, _, _| Ok(true)).unwrap();
    assert_eq!(bytes(&resumed, folder.path()), bytes(&whole, folder.path()));
    let error = Job::new(rising("")).err().unwrap().to_string();
    assert!(error.contains("homeostasis.keep = true") && error.contains("learn = [\"v_th[]\"]"), "{error}");
}

/// A wrong decision is worth what was right before, and the other way round, after a break too.
#[test]
fn balanced_rewards_follow_the_share_of_right_decisions() {
    let parts = [
        rheobase_network::network::linear(2).without_bias().named("classes"),
        rheobase_network::network::fire_once(0.5),
    ];
    let network = rheobase_network::network::Sequential::new(parts).input(&[2]).unwrap();
    let mut program = rheobase_network::network::lower(&network, 0).unwrap();
    program.update(|p| p.set("classes.weight", &[0.8, 0.2, 0.8, 0.2])).unwrap();
    let text = "[[stage]]\nlayer = \"classes\"\n[stage.plasticity]\nrule = { order = { ltp = 0.01, ltd = -0.01, stabilizer = false } }\n\
                winners = { k = 1 }\nreward = { balance = 4.0 }";
    let settings = TrainConfig::from_toml(text, "job.toml").unwrap().stage.remove(0);
    let sample = SampleInput::Spikes(SpikeRows::new(vec![0, 1], vec![0], vec![1.0], 2).unwrap());
    let mut stage = Stage::new(&network, &program, &settings).unwrap();
    // Feature 0 wins: right twice, then wrong.
    let mut expected = 0.8f32;
    for (class, reward) in [(0, 1.0), (0, 0.75), (1, -0.4375)] {
        let feedback = Feedback::Class { class, classes: 2 };
        stage.learn(&sample, 1, feedback).unwrap();
        expected += 0.01 * reward;
        assert!((stage.weights()[0] - expected).abs() < 1e-6, "{} {expected}", stage.weights()[0]);
    }
    program.update(|p| p.set("classes.weight", stage.weights())).unwrap();
    let mut again = Stage::new(&network, &program, &settings).unwrap();
    again.restore(&stage.tensors().unwrap()).unwrap();
    for stage in [&mut stage, &mut again] {
        stage.learn(&sample, 1, Feedback::Class { class: 0, classes: 2 }).unwrap();
    }
    assert_eq!(stage.weights(), again.weights());
    assert_eq!(stage.tensors().unwrap(), again.tensors().unwrap());
    let wrong = text.replace("4.0", "0.5");
    let wrong = TrainConfig::from_toml(&wrong, "job.toml").unwrap().stage.remove(0);
    let error = Stage::new(&network, &program, &wrong).err().unwrap().to_string();
    assert!(
        error.contains("reward.balance = 0.5: must be a finite number of samples, at least 1"),
        "{error}"
    );
}

#[test]
fn sources_that_cannot_be_begun_from_are_refused() {
    use crate::learn::{Batch, Pass, Target, Workspaces};

    let text = r#"
        input = [4]
        node = [
            { name = "a", linear = { outputs = 3 } },
            { name = "b", linear = { outputs = 3 } },
            { name = "c", from = ["a", "b"], identity = {} },
            { name = "d", linear = { outputs = 2 } },
        ]
        "#;
    let network: Network = rheobase_network::toml_text::read(text, "net.toml").unwrap();
    let program = rheobase_network::network::lower(&network, 0).unwrap();
    let inputs = [SampleInput::Constant(vec![1.0; 3])];
    let (loss, level) = (TrainConfig::digits().loss, Level::best());
    let pass = Pass { loss, rates: Vec::new(), truncate: 0, chunk: 10, level };
    let run = |source| {
        let batch = Batch {
            source,
            inputs: &inputs,
            targets: &[Target::Class(0)],
            lengths: &[2],
            ids: &[0],
            epoch: 0,
        };
        pass.run(&program, &batch, true, &Workspaces::default())
    };
    assert!(run(1).is_ok() && run(4).is_ok());
    // `b` alone does not feed what comes behind it; 5 is the output, and there is no 6.
    for source in [2, 5, 6, 100] {
        let error = run(source).unwrap_err().to_string();
        assert!(
            error.contains(&format!("network.source = {source}: must be 0 for the network's input")),
            "{error}"
        );
    }
}
