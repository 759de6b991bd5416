use super::*;
use crate::learn::TrainConfig;
use rheobase_network::network::Library;

/// A readout of the digits' pixels, and the same with fewer epochs.
fn config(control: &str) -> TrainConfig {
    let text = format!(
        r#"
        [data]
        steps = 1
        [[network.node]]
        name = "flatten"
        flatten = {{}}
        [[network.node]]
        name = "out"
        linear = {{ outputs = 10 }}
        [train]
        epochs = 3
        {control}
        "#
    );
    TrainConfig::from_toml(&text, "job.toml").unwrap()
}

fn done(mut job: Job) -> Job {
    job.run(|_, _, _| Ok(true)).unwrap();
    job
}

#[test]
fn a_control_is_the_job_with_other_settings_on_the_same_samples() {
    let control = "[[control]]\nname = 'short'\nset = { 'train.epochs' = 1, optimise = { learning_rate = 0.001 }, 'data.steps' = 2 }";
    let job = done(Job::new(config(control)).unwrap());
    let other = done(job.control(&job.config().control[0]).unwrap());
    let settings = other.config();
    assert_eq!((settings.train.epochs, settings.data.steps, settings.optimise.learning_rate), (1, 2, 0.001));
    assert!(settings.control.is_empty());
    let mut alone = config("");
    alone.set("train.epochs", "1").unwrap();
    alone.set("data.steps", "2").unwrap();
    alone.set("optimise.learning_rate", "0.001").unwrap();
    assert_eq!(other.fingerprint().unwrap(), done(Job::new(alone).unwrap()).fingerprint().unwrap());
    let (mine, theirs) =
        (job.evaluate(&job.splits().test).unwrap(), other.evaluate(&job.splits().test).unwrap());
    let paired = job.paired(&mine, &other, &theirs).unwrap();
    assert_eq!(paired.both + paired.first, mine.correct);
    assert_eq!(paired.both + paired.second, theirs.correct);
    assert_eq!(paired.neither + paired.both + paired.first + paired.second, 360);
    assert!(paired.first > paired.second && paired.p < 0.01, "{paired:?}");
    assert_eq!(job.paired(&mine, &job, &mine).unwrap().p, 1.0);
}

#[test]
fn a_control_can_leave_out_what_is_optional() {
    let mut settings = config(
        "[[control]]\nname = 'trained'\nset = { readout = 'none', 'train.epochs' = 1, 'network.node.out.linear.bias' = true }",
    );
    settings.set("readout", "{ layer = 'out', by = 'votes' }").unwrap();
    settings.set("network.node.out.linear.bias", "false").unwrap();
    settings.set("train.epochs", "0").unwrap();
    settings.check().unwrap();
    let control = settings.control[0].job(&settings).unwrap();
    assert!(control.readout.is_none() && control.train.epochs == 1);
}

/// Also of samples that were given, which no file holds.
#[test]
fn controls_of_given_samples_get_them_too() {
    let mut settings = config("[[control]]\nname = 'short'\nset = { 'train.epochs' = 1 }");
    let splits = crate::learn::splits(&settings).unwrap();
    settings.data.source = crate::learn::config::Source::Given;
    let job = done(Job::with_data(settings, splits, &Library::default()).unwrap());
    let other = job.control(&job.config().control[0]).unwrap();
    assert_eq!(other.splits().test.inputs(), job.splits().test.inputs());
}

#[test]
fn faults() {
    for (control, wanted) in [
        ("[[control]]\nname = ''\nset = {}", "control.name = ``: must say what the control is"),
        (
            "[[control]]\nname = 'a'\nset = {}\n[[control]]\nname = 'a'\nset = {}",
            "control.name = `a`: names another",
        ),
        ("[[control]]\nname = 'a'\nset = { 'train.epoch' = 1 }", "control.a: "),
        ("[[control]]\nname = 'a'\nset = { 'train.batch' = 0 }", "train.batch = 0: must be at least 1"),
        ("[[control]]\nname = 'a'\nset = { 'stage.maps.epochs' = 0 }", "control.a: "),
    ] {
        let error = config(control).check().unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let job = done(Job::new(config("[[control]]\nname = 'other data'\nset = { 'train.seed' = 1, 'data.source' = { csv = { train = 'a.csv' } } }")).unwrap());
    assert!(job.control(&job.config().control[0]).is_err());
    let tested = job.evaluate(&job.splits().test).unwrap();
    let mut fewer = tested.clone();
    fewer.predictions.pop();
    assert!(job.paired(&tested, &job, &fewer).unwrap_err().to_string().contains("one for each of the 360"));
}
