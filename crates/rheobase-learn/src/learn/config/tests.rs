//! Tests of training jobs as files.

use std::path::{Path, PathBuf};

use super::*;
use crate::learn::optimise::{AdamW, Sgd};
use crate::learn::{Clip, EarlyStopping, OptimiserKind, RateBounds, ScheduleKind};
use rheobase_data as data;
use rheobase_network::network::{Layer, Network, Placeholder, Stack, from, linear, lower, neurons};

fn read(text: &str) -> Result<TrainConfig> {
    TrainConfig::from_toml(text, "job.toml")
}

fn presets() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|f| f.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

fn preset(name: &str) -> TrainConfig {
    let path = presets().into_iter().find(|p| p.file_name().is_some_and(|n| n == name)).unwrap();
    TrainConfig::read(path).unwrap()
}

#[test]
fn an_empty_file_is_the_digits() {
    let config = read("").unwrap();
    assert_eq!(config, TrainConfig::digits());
    assert_eq!(config, TrainConfig::default());
    config.check().unwrap();
    let (train, _) = data::digits_split(config.train.seed).unwrap();
    let program = lower(&config.network(train.shape()).unwrap(), 0).unwrap();
    assert_eq!(program.output_shape(), [train.classes()]);
}

#[test]
fn the_preset_of_the_digits_shows_every_default() {
    let path = presets().into_iter().find(|p| p.ends_with("digits.toml")).unwrap();
    assert_eq!(TrainConfig::read(&path).unwrap(), TrainConfig::digits());
    // Every key that is written is in the preset, so that it is read where it is looked for.
    let given: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let all = toml::Table::try_from(TrainConfig::digits()).unwrap();
    fn missing(all: &toml::Table, given: &toml::Table) -> Vec<String> {
        all.iter()
            .flat_map(|(key, value)| match (value, given.get(key)) {
                (_, None) => vec![key.clone()],
                (toml::Value::Table(all), Some(toml::Value::Table(given))) => missing(all, given),
                _ => Vec::new(),
            })
            .collect()
    }
    assert_eq!(missing(&all, &given), Vec::<String>::new());
}

#[test]
fn every_preset_is_a_job_whose_network_fits() {
    let mut seen = 0;
    for path in presets() {
        let config = TrainConfig::read(&path).unwrap_or_else(|e| panic!("{e}"));
        config.check().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let shape: &[usize] = match &config.data.source {
            Source::Digits => &[1, 8, 8],
            Source::Idx(_) => &[1, 28, 28],
            Source::Npz(files) if files.channels.is_some() => &[3, 32, 32],
            Source::Events(_) => &[2, 18, 18],
            _ => &[700],
        };
        let network = config.network(shape).unwrap();
        lower(&network, 0).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(read(&config.to_toml().unwrap()).unwrap(), config, "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 16);
}

#[test]
fn presets_say_what_they_seem_to_say() {
    let recurrent = preset("digits-recurrent.toml");
    let bounds = RateBounds { lower: Some(0.01), upper: Some(0.5), strength: 0.1, ..RateBounds::default() };
    assert_eq!(recurrent.regularise.rates["hidden"], bounds);
    assert_eq!(recurrent.optimise.clip, Some(Clip::Norm { limit: 1.0 }));
    let patience = EarlyStopping { patience: 8, ..EarlyStopping::default() };
    assert_eq!(recurrent.train.early_stopping, Some(patience));
    let NetworkConfig::Inline(network) = &recurrent.network else { panic!() };
    assert_eq!(network.nodes[1].from[1].delay(), 1);
    let spikes = preset("spikes.toml");
    let adamw = AdamW { weight_decay: 1e-4, ..AdamW::default() };
    assert_eq!(spikes.optimise.rule, OptimiserKind::AdamW(adamw));
    let Source::Idx(files) = preset("mnist.toml").data.source else { panic!() };
    assert!(files.test_labels.unwrap().ends_with("examples/t10k-labels-idx1-ubyte.gz"));
}

#[test]
fn a_file_changes_what_it_names_only() {
    let config = read("[train]\nepochs = 3\n[optimise.rule]\nkind = \"sgd\"\nmomentum = 0.5").unwrap();
    let mut expected = TrainConfig::digits();
    expected.train.epochs = 3;
    expected.optimise.rule = OptimiserKind::Sgd(Sgd { momentum: 0.5, ..Sgd::default() });
    assert_eq!(config, expected);
}

#[test]
fn unknown_keys_are_named_with_line_and_nearest() {
    let cases = [
        ("[trian]\nepochs = 3", "job.toml, line 1: unknown key `trian`; did you mean `train`?"),
        ("[train]\n\nepohcs = 3", "job.toml, line 3: unknown key `epohcs`; did you mean `epochs`?"),
        ("[data]\nsource = \"digit\"", "job.toml, line 2: unknown name `digit`; did you mean `digits`?"),
        ("[data.source.csv]\ntrian = \"a\"", "job.toml, line 2: unknown key `trian`; did you mean `train`?"),
        ("[network]\nfiel = \"a\"", "job.toml, line 2: unknown key `fiel`; did you mean `file`?"),
        (
            "[[network.node]]\nname = \"a\"\nlinear = { output = 1 }",
            "job.toml, line 3: unknown key `output`; did you mean `outputs`?",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).unwrap_err().to_string(), expected);
    }
    // Tables that choose a kind are read as a whole: the line is the table's.
    let cases = [
        ("[loss]\nkind = \"cross_entropi\"", "unknown name `cross_entropi`; did you mean `cross_entropy`?"),
        ("[loss]\nkind = \"first_spike\"\ntua = 1", "unknown key `tua`; did you mean `tau`?"),
        ("[encode]\nname = \"poisson\"\nmax_rat = 1", "unknown key `max_rat`; did you mean `max_rate`?"),
        ("[optimise]\nrule = { kind = \"adam\", beta3 = 1 }", "unknown key `beta3`; did you mean `beta1`?"),
    ];
    for (text, expected) in cases {
        let message = read(text).unwrap_err().to_string();
        assert!(message.starts_with("job.toml, line ") && message.ends_with(expected), "{message}");
    }
}

#[test]
fn wrong_types_and_contradictions_are_named() {
    let cases = [
        (
            "[train]\nepochs = \"many\"",
            "job.toml: line 2: needs a whole number of at least 0, not the text \"many\"",
        ),
        ("[train]\nseed = -1", "job.toml: line 2: needs a whole number of at least 0, not -1"),
        ("[optimise]\nlearning_rate = nan", "job.toml.optimise.learning_rate = nan: must be a number"),
        ("[network]\nfile = \"a\"\ndt = 1", "a network is in its `file` or here, not both"),
        (
            "[loss]\nreadout = \"mean\"",
            "line 1: the table has no `kind`, which is one of `cross_entropy`, `rate_error`",
        ),
        ("loss = 3", "needs a table with its `kind`, or that alone: one of `cross_entropy`"),
        ("[optimise]\nclip = \"norm\"", "line 2: the table needs a key `limit`"),
    ];
    for (text, expected) in cases {
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}\n{expected}");
    }
}

#[test]
fn settings_are_changed_one_by_one() {
    let mut config = TrainConfig::digits();
    let changes = [
        ("train.epochs", "5"),
        ("train.seed", "7"),
        ("optimise.learning_rate", "1e-2"),
        ("optimise.rule.kind", "sgd"),
        ("optimise.rule.momentum", "0.25"),
        ("optimise.schedule", "{ kind = \"constant\" }"),
        ("optimise.clip", "{ kind = \"value\", limit = 2 }"),
        ("data.source.idx.images", "a b.gz"),
        ("data.source.idx.labels", "\"labels\""),
        ("encode.name", "poisson"),
        ("encode.max_rate", "50"),
        ("network.node.hidden_linear.linear.outputs", "32"),
        ("network.node.2.neurons.set", "{ tau = 3 }"),
        ("network.node.hidden.neurons.set.v_th", "2"),
        ("regularise.rates.hidden.upper", "0.5"),
        ("train.early_stopping.patience", "3"),
        ("data.validation", "0.1"),
        ("train.truncate", "8"),
    ];
    for (key, value) in changes {
        config.set(key, value).unwrap_or_else(|e| panic!("{key}: {e}"));
    }
    config.check().unwrap();
    assert_eq!((config.train.epochs, config.train.seed, config.train.truncate), (5, 7, Some(8)));
    let sgd = Sgd { momentum: 0.25, ..Sgd::default() };
    assert_eq!(config.optimise.rule, OptimiserKind::Sgd(sgd));
    assert!(matches!(config.optimise.schedule, ScheduleKind::Constant(_)));
    assert_eq!(config.optimise.clip, Some(Clip::Value { limit: 2.0 }));
    let Source::Idx(files) = &config.data.source else { panic!() };
    assert_eq!((&files.images, &files.labels), (&PathBuf::from("a b.gz"), &PathBuf::from("labels")));
    let Encoding::Poisson(poisson) = &config.encode else { panic!() };
    assert_eq!((poisson.max_rate, poisson.seed), (50.0, 0));
    let Encoding::Poisson(seeded) = config.encoding() else { panic!() };
    assert_eq!(seeded.seed, 7);
    let text = config.to_toml().unwrap();
    assert!(text.contains("outputs = 32") && text.contains("v_th = 2") && text.contains("tau = 3"), "{text}");
    config.set("optimise.clip", "none").unwrap();
    config.set("train.early_stopping", "none").unwrap();
    assert_eq!((config.optimise.clip, config.train.early_stopping), (None, None));
    config.set("data.source", "digits").unwrap();
    assert_eq!(config.data.source, Source::Digits);
    config.set("network.file", "net.toml").unwrap();
    assert_eq!(config.network, NetworkConfig::File("net.toml".into()));
}

#[test]
fn stages_are_read_changed_and_written() {
    let text = r#"
        [[stage]]
        layer = "hidden_linear"
        [stage.plasticity]
        rule = { order = { ltp = 0.1, ltd = -0.1 } }
        winners = { k = 2 }
    "#;
    let mut config = read(text).unwrap();
    config.check().unwrap();
    let stage = &config.stage[0];
    assert_eq!((stage.epochs, stage.samples, stage.converged), (1, None, 0.01));
    for (key, value) in [
        ("stage.hidden_linear.epochs", "3"),
        ("stage.0.inhibition", "{ radius = 2 }"),
        ("stage.0.plasticity.rule.order.ltp", "[0.5]"),
        ("network.node.hidden", "{ name = \"hidden\", fire = { threshold = 1.0 } }"),
    ] {
        config.set(key, value).unwrap_or_else(|e| panic!("{key}: {e}"));
    }
    assert_eq!((config.stage[0].epochs, config.stage[0].inhibition.unwrap().radius), (3, 2));
    let NetworkConfig::Inline(network) = &config.network else { panic!() };
    assert_eq!(network.nodes[2].kind.word(), "fire");
    assert_eq!(read(&config.to_toml().unwrap()).unwrap(), config);
    // One rule gives way to another; what is optional can be taken away.
    config.set("stage.0.plasticity.rule.pair.a_plus", "0.5").unwrap();
    config.set("stage.hidden_linear.inhibition", "none").unwrap();
    assert!(
        matches!(&config.stage[0].plasticity.rule, rheobase_network::plasticity::Rule::Pair(p) if p.a_plus == 0.5)
    );
    assert!(config.stage[0].inhibition.is_none());
    for (key, value, says) in [
        (
            "stage.hiden_linear.epochs",
            "3",
            "stage: unknown stage `hiden_linear`; did you mean `hidden_linear`?",
        ),
        ("stage.0.epohcs", "3", "unknown key `epohcs`; did you mean `epochs`?"),
        ("stage.0.plasticity.rule.order.ltp", "0.1", "the table needs a key `ltd`"),
        ("stage.0.plasticity.rule", "{ ordr = {} }", "unknown name `ordr`; did you mean `order`?"),
    ] {
        let said = config.clone().set(key, value).expect_err(key).to_string();
        assert!(said.contains(says), "{key}: {said}");
    }
    let error =
        read("[[stage]]\nlayer = \"a\"\nplasticity = { rule = { order = { ltp = 1 } } }").unwrap_err();
    assert!(error.to_string().starts_with("job.toml: line 3: the table needs a key `ltd`"), "{error}");
    let error = read("[[stage]]\nlayer = \"a\"\nwinners = { k = 1 }").unwrap_err().to_string();
    assert!(error.starts_with("job.toml, line 3: unknown key `winners`"), "{error}");
}

#[test]
fn a_kind_stands_for_its_table() {
    let text =
        "encode = \"poisson\"\nloss = \"rate_error\"\n[optimise]\nrule = \"sgd\"\nschedule = \"constant\"";
    let whole = "encode = { name = \"poisson\" }\nloss = { kind = \"rate_error\" }\n[optimise]\nrule = { kind = \"sgd\" }\n\
        schedule = { kind = \"constant\" }";
    let (short, long) = (read(text).unwrap(), read(whole).unwrap());
    assert_eq!(short, long);
    assert_ne!(short, TrainConfig::digits());
    let then = |then: &str| read(&format!("encode = {{ name = \"filters\", then = {then} }}")).unwrap();
    assert_eq!(then("\"latency\""), then("{ name = \"latency\" }"));
    let mut set = TrainConfig::digits();
    set.set("optimise.rule", "sgd").unwrap();
    set.set("optimise.schedule", "constant").unwrap();
    set.set("loss", "rate_error").unwrap();
    set.set("encode", "poisson").unwrap();
    assert_eq!(set, short);
}

#[test]
fn settings_that_do_not_exist_change_nothing() {
    let mut config = TrainConfig::digits();
    let cases = [
        ("train.epohcs", "5", "setting `train.epohcs`: unknown key `epohcs`; did you mean `epochs`?"),
        ("trian.epochs", "5", "unknown key `trian`; did you mean `train`?"),
        ("epochs", "5", "unknown key `epochs`; did you mean `train.epochs`?"),
        ("loss", "mse", "unknown name `mse`; did you mean `rate_error`?"),
        ("", "5", "unknown key ``"),
        ("train.epochs.more", "5", "settings: `train.epochs` is 30, which has no `more` in it"),
        ("train.epochs", "many", "needs a whole number of at least 0, not the text \"many\""),
        ("train.epochs", "none", "needs a whole number of at least 0, not the text \"none\""),
        ("train.epochs", "5\nseed = 2", "not the text"),
        ("network.node.hiden.linear.outputs", "5", "unknown node `hiden`; did you mean `hidden`?"),
        ("network.node.99.linear.outputs", "5", "unknown node `99`"),
        ("encode.name", "poison", "unknown name `poison`; did you mean `poisson`?"),
        ("data.source.idx.image", "a", "unknown key `image`; did you mean `images`?"),
    ];
    for (key, value, expected) in cases {
        match config.set(key, value) {
            Err(e) => assert!(e.to_string().contains(expected), "{key}: {e}\n{expected}"),
            Ok(()) => panic!("{key} = {value} passed"),
        }
        assert_eq!(config, TrainConfig::digits());
    }
}

#[test]
fn values_out_of_range_and_contradictions_are_refused() {
    let cases = [
        ("data.steps", "0", "data.steps = 0"),
        ("data.test", "1.0", "data.test = 1"),
        ("data.validation", "-0.1", "data.validation = -0.1"),
        ("data.source", "{ idx = {} }", "data.source.idx.images = ``: must name a file"),
        (
            "data.source",
            "{ idx = { images = \"a\", labels = \"b\", test_images = \"c\" } }",
            "belong together",
        ),
        ("data.source", "{ csv = { train = \"a\", scale = 0 } }", "data.source.csv.scale = 0"),
        ("encode", "{ name = \"bernoulli\", seed = 3 }", "set `train.seed` instead"),
        ("encode", "{ name = \"poisson\", dt = 0.01 }", "must be `network.dt`, which is 0.001 s"),
        ("loss.smoothing", "1.0", "smoothing = 1"),
        ("optimise.learning_rate", "0", "optimise.learning_rate = 0"),
        ("optimise.learning_rate", "inf", "optimise.learning_rate = inf"),
        ("optimise.rule.beta1", "1", "beta1 = 1"),
        ("optimise.schedule.factor", "2", "factor = 2"),
        ("optimise.clip", "{ kind = \"norm\", limit = 0 }", "clip.limit = 0"),
        ("regularise.rates.hiden.upper", "0.5", "unknown node `hiden`; did you mean `hidden`?"),
        ("regularise.weights.l1", "-1", "l1 = -1"),
        ("network.node", "[]", "network.node = none"),
        ("network.file", "\"\"", "network.file = ``"),
        ("train.epochs", "0", "train.epochs = 0"),
        ("train.batch", "0", "train.batch = 0"),
        ("train.truncate", "0", "train.truncate = 0"),
        ("train.early_stopping.patience", "3", "data.validation = 0: must be above 0"),
    ];
    for (key, value, expected) in cases {
        let mut config = TrainConfig::digits();
        config.set(key, value).unwrap_or_else(|e| panic!("{key}: {e}"));
        let message = config.check().expect_err(key).to_string();
        assert!(message.contains(expected), "{key}: {message}\n{expected}");
    }
    let mut config = TrainConfig::digits();
    config.train.seed = u64::MAX;
    assert!(config.check().unwrap_err().to_string().contains("below 2^63"));
    assert!(config.to_toml().is_err());
}

#[test]
fn networks_come_from_files_beside_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = Stack([from("input"), Placeholder("a")]);
    let layers = [Layer::new("a", inputs, [linear(3), neurons("lif_subtract")])];
    let network = Network::of(layers).input(&[]).unwrap();
    network.write(folder.path().join("net.toml")).unwrap();
    let job = folder.path().join("job.toml");
    std::fs::write(&job, "[network]\nfile = \"net.toml\"\n[data.source.csv]\ntrain = \"a.csv\"\nlabel = 2")
        .unwrap();
    let config = TrainConfig::read(&job).unwrap();
    let Source::Csv(files) = &config.data.source else { panic!() };
    assert_eq!(files.train, folder.path().join("a.csv"));
    assert_eq!(files.options().label, data::LabelColumn::Position(2));
    let loaded = config.network(&[5]).unwrap();
    assert_eq!(loaded, Network { input: vec![5], ..network });
    loaded.write(folder.path().join("net.toml")).unwrap();
    let message = config.network(&[6]).unwrap_err().to_string();
    assert!(message.contains("shape [5], but data and encoder give [6]"), "{message}");
    std::fs::remove_file(folder.path().join("net.toml")).unwrap();
    assert!(config.network(&[5]).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn jobs_are_written_whole_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.toml");
    let mut config = TrainConfig::digits();
    config.set("optimise.learning_rate", "0.1").unwrap();
    config.write(&path).unwrap();
    assert_eq!(TrainConfig::read(&path).unwrap(), config);
}

#[test]
fn what_differs_is_named_key_by_key_and_may_change_or_not() {
    let before = TrainConfig::digits();
    for (key, value, shown) in [
        ("train.epochs", "40", "train.epochs = 40 (it was 30)"),
        ("train.checkpoint_every", "0", "train.checkpoint_every = 0 (it was 1)"),
        ("optimise.learning_rate", "0.1", "optimise.learning_rate = 0.1 (it was 0.005)"),
        ("optimise.schedule.factor", "0.5", "optimise.schedule.factor = 0.5 (it was 0.95)"),
    ] {
        let mut wanted = before.clone();
        wanted.set(key, value).unwrap();
        let taken = before.resumed_as(&wanted, "job.toml").unwrap();
        assert_eq!(taken.iter().map(ToString::to_string).collect::<Vec<_>>(), [shown]);
    }
    let mut wanted = before.clone();
    wanted.train.threads = 7;
    assert_eq!(before.resumed_as(&wanted, "job.toml").unwrap(), []);
    let fixed = [
        ("train.batch", "8", "train.batch = 8 (it was 32)"),
        ("train.seed", "1", "train.seed = 1 (it was 0)"),
        ("train.truncate", "4", "train.truncate = 4 (it was none)"),
        ("data.steps", "3", "data.steps = 3 (it was 16)"),
        ("data.source.csv.train", "a.csv", "data.source = { csv = {"),
        ("encode.gain", "2", "encode.gain = 2.0 (it was 1.0)"),
        ("loss.smoothing", "0.1", "loss.smoothing = 0.1 (it was 0.0)"),
        ("optimise.rule.kind", "sgd", "optimise.rule.kind = \"sgd\" (it was \"adam\")"),
        ("optimise.clip", "{ kind = \"norm\", limit = 1 }", "optimise.clip.limit = 1.0 (it was none)"),
        ("regularise.weights.l1", "0.1", "regularise.weights.l1 = 0.1 (it was 0.0)"),
        (
            "network.node.hidden_linear.linear.outputs",
            "9",
            "network.node.hidden_linear.linear.outputs = 9 (it was 128)",
        ),
        (
            "network.node",
            "[{ name = \"a\", flatten = {} }]",
            "network.node = a (it was flatten, hidden_linear",
        ),
        ("network.file", "net.toml", "network.node = none (it was"),
    ];
    let mut all = before.clone();
    for (key, value, shown) in fixed {
        let mut wanted = before.clone();
        wanted.set(key, value).unwrap();
        wanted.set("train.epochs", "2").unwrap();
        let error = before.resumed_as(&wanted, "job.toml").unwrap_err().to_string();
        assert!(error.starts_with("job.toml: differs from the run in what must stay: "), "{error}");
        assert!(error.contains(shown), "{error}");
        assert!(!error.contains("train.epochs"), "{error}");
        if !key.starts_with("network") {
            all.set(key, value).unwrap();
        }
    }
    // All of them at once are all named.
    let error = before.resumed_as(&all, "job.toml").unwrap_err().to_string();
    let missing =
        fixed.iter().filter(|(key, _, shown)| !key.starts_with("network") && !error.contains(shown));
    assert_eq!(missing.count(), 0, "{error}");
}

#[test]
fn files_of_data_may_lie_elsewhere() {
    let job = |path: &str| read(&format!("[data.source.csv]\ntrain = \"{path}\"\nscale = 2.0")).unwrap();
    let (before, mut wanted) = (job("a.csv"), job("b/a.csv"));
    let taken = before.resumed_as(&wanted, "job.toml").unwrap();
    assert_eq!(taken[0].to_string(), "data.source.csv.train = \"b/a.csv\" (it was \"a.csv\")");
    wanted.set("data.source.csv.scale", "3").unwrap();
    assert!(before.resumed_as(&wanted, "job.toml").unwrap_err().to_string().contains("scale = 3.0"));
    assert!(taken.iter().all(Difference::may_change));
}

#[test]
fn a_folder_stands_for_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let files = |from: &Path| IdxFiles { folder: Some(from.to_path_buf()), ..IdxFiles::default() }.files();
    assert!(files(place).unwrap_err().to_string().contains("holds no train-images-idx3-ubyte"));
    let touch = |name: &str| std::fs::write(place.join(name), "").unwrap();
    touch("train-images-idx3-ubyte.gz");
    touch("train-labels.idx1-ubyte");
    let found = files(place).unwrap();
    assert_eq!(
        (found.images, found.labels),
        (place.join("train-images-idx3-ubyte.gz"), place.join("train-labels.idx1-ubyte"))
    );
    assert_eq!((found.test_images, found.test_labels, found.folder), (None, None, None));
    touch("t10k-images-idx3-ubyte.gz");
    std::fs::create_dir(place.join("test")).unwrap();
    touch("test/labels-idx1-ubyte");
    let found = files(place).unwrap();
    assert_eq!(found.test_images, Some(place.join("t10k-images-idx3-ubyte.gz")));
    assert_eq!(found.test_labels, Some(place.join("test/labels-idx1-ubyte")));
    touch("train-labels-idx1-ubyte.gz");
    assert!(files(place).unwrap_err().to_string().contains("holds both"));
    let mut both = TrainConfig::digits();
    both.set("data.source.idx.folder", "somewhere").unwrap();
    both.set("data.source.idx.images", "a").unwrap();
    assert!(both.check().unwrap_err().to_string().contains("`folder` stands for all files"));
}

#[test]
fn a_single_table_stands_for_a_list_of_one() {
    let node = "name = \"a\"\nlinear = { outputs = 2 }\n";
    let rule = "layer = \"a\"\nplasticity = { rule = { order = {} }, winners = { competition = {} } }\n";
    let read = |text: String| TrainConfig::from_toml(&text, "job.toml");
    let list = read(format!("[[network.node]]\n{node}"));
    assert_eq!(read(format!("[network.node]\n{node}")).unwrap(), list.unwrap());
    let [one, list] = ["[stage]", "[[stage]]"].map(|head| read(format!("{head}\n{rule}")));
    assert_eq!(one.map_err(|e| e.to_string()), list.map_err(|e| e.to_string()));
    let [one, list] = ["[control]", "[[control]]"]
        .map(|head| read(format!("{head}\nname = \"x\"\n[control.set]\n\"train.epochs\" = 1\n")));
    assert_eq!(one.map_err(|e| e.to_string()), list.map_err(|e| e.to_string()));
    let wrong = read("[network.node]\nname = \"a\"\nlinaer = 2\n".into()).unwrap_err().to_string();
    assert!(wrong.contains("line 3") && wrong.contains("linear"), "{wrong}");
}
