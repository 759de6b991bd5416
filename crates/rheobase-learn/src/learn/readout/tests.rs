use super::super::config::TrainConfig;
use super::super::job::Job;
use super::*;

fn readout(classes: usize, inputs: usize) -> Readout {
    Readout { node: 0, inputs, classes, bias: false }
}

#[test]
fn weights_follow_from_who_is_active_in_which_class() {
    // Of two classes: input 0 for the first, 1 and 2 for the second, 3 never.
    let means = [0.5, 0.1, 0.0, 0.0, 0.25, 0.2, 0.3, 0.0];
    assert_eq!(readout(2, 4).votes(&means), [1.0, 0.0, 0.0, 0.5, 0.0, 0.5, 0.0, 0.0]);
    assert_eq!(readout(2, 4).blocks(), [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    let (weights, bias) = readout(2, 2).nearest(&[1.0, 2.0, 3.0, 0.0]);
    assert_eq!((weights, bias), (vec![1.0, 3.0, 2.0, 0.0], vec![-2.5, -4.5]));
}

/// The digits through a readout of their pixels, without anything else that learns.
fn config(by: &str, bias: bool) -> TrainConfig {
    let text = format!(
        r#"
        [data]
        steps = 3
        [[network.node]]
        name = "flatten"
        flatten = {{}}
        [[network.node]]
        name = "out"
        linear = {{ outputs = 10, bias = {bias} }}
        [readout]
        layer = "out"
        by = "{by}"
        [train]
        epochs = 0
        "#
    );
    TrainConfig::from_toml(&text, "job.toml").unwrap()
}

/// Against class means, distances and votes computed here.
#[test]
fn the_nearest_class_mean_is_that_of_the_definition() {
    let mut job = Job::new(config("nearest", true)).unwrap();
    assert!(!job.is_done());
    job.run(|_, _, _| Ok(true)).unwrap();
    assert!(job.is_done());
    let data = &job.splits().train;
    let rheobase_data::Inputs::Static(values) = data.inputs() else { panic!() };
    let mut means = vec![[0.0f64; 64]; 10];
    for (image, label) in values.chunks_exact(64).zip(data.labels()) {
        let n = data.labels().iter().filter(|l| *l == label).count() as f64;
        means[*label as usize].iter_mut().zip(image).for_each(|(m, x)| *m += f64::from(*x) / n);
    }
    let test = &job.splits().test;
    let rheobase_data::Inputs::Static(values) = test.inputs() else { panic!() };
    let nearest = |image: &[f32]| {
        let distance =
            |m: &[f64; 64]| -> f64 { m.iter().zip(image).map(|(m, x)| (m - f64::from(*x)).powi(2)).sum() };
        (0..10).min_by(|a, b| distance(&means[*a]).total_cmp(&distance(&means[*b]))).unwrap()
    };
    let wanted: Vec<usize> = values.chunks_exact(64).map(nearest).collect();
    let tested = job.evaluate(test).unwrap();
    assert_eq!(tested.predictions, wanted);
    assert!(tested.correct > 300, "{}", tested.correct);
}

#[test]
fn a_computed_readout_is_saved_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let mut job = Job::new(config("votes", false)).unwrap();
    job.run(|_, _, _| Ok(true)).unwrap();
    job.checkpoint().unwrap().write(&path).unwrap();
    let mut again = Job::resume(&path).unwrap();
    again.run(|_, _, _| Ok(true)).unwrap();
    assert_eq!(again.fingerprint().unwrap(), job.fingerprint().unwrap());
    let test = &job.splits().test;
    let trained = crate::learn::Trained::read(&path, 0).unwrap();
    assert_eq!(trained.outcome(test).unwrap().predictions, job.evaluate(test).unwrap().predictions);
}

#[test]
fn faults() {
    for (config, wanted) in [
        (config("nearest", false), "network.node.out.bias = false: must be true"),
        (config("votes", true), "network.node.out.bias = true: must be false"),
        (config("blocks", false), "network.node.out.inputs = 64: must be a multiple of the 10 classes"),
    ] {
        let error = Job::new(config).err().unwrap().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let mut changed = config("votes", false);
    changed.train.epochs = 3;
    assert!(changed.check().unwrap_err().to_string().contains("must be 0 with a `readout`"));
    let mut unknown = config("votes", false);
    unknown.readout.as_mut().unwrap().layer = "outt".into();
    assert!(unknown.check().unwrap_err().to_string().contains("did you mean `out`"));
    unknown.readout.as_mut().unwrap().layer = "flatten".into();
    assert!(Job::new(unknown).err().unwrap().to_string().contains("a readout is a `linear` one"));
}
