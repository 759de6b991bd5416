//! Every recorded case of other frameworks, replayed: equal, refused with its reason, or wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rheobase_data::read_npz;
use rheobase_exchange::*;
use serde_json::Value as Json;

/// Where NIR has lost what no setting can say, and the report says so: the settings that the file leaves open.
const LOST: [(&str, &str); 2] =
    [("rockpool/lif_recurrent model.nir", "w_rec"), ("spyx/mlp model.nir", "LI layers")];

/// What came of one case.
#[derive(Debug)]
enum Came {
    Equal,
    Refused(String),
    Wrong(String),
}

/// Python writes NaN where JSON has no number.
fn text_of(case: &Path) -> String {
    fs::read_to_string(case.join("meta.json")).unwrap().replace("NaN", "null").replace("Infinity", "null")
}

fn meta(case: &Path) -> Json {
    serde_json::from_str(&text_of(case)).unwrap()
}

/// The tensors that a case's description names.
fn weights_of(case: &Path) -> rheobase_base::Result<Weights> {
    let npz = case.join("weights.npz");
    read_weights(&if npz.exists() { npz } else { case.join("weights.safetensors") })
}

fn came(reading: rheobase_base::Result<Reading>, case: &Path) -> Came {
    let reading = match reading {
        Ok(reading) => reading,
        Err(e) => return Came::Wrong(e.to_string()),
    };
    let model = match reading.model() {
        Ok(model) => model,
        Err(e) => return Came::Refused(e.to_string()),
    };
    match replay(model, &case.join("run.npz")) {
        Ok(run) if run.equal() => match run.output {
            Some(far) if far > 1e-3 => Came::Wrong(format!("output is off by {far}")),
            _ => Came::Equal,
        },
        Ok(run) => {
            let (layer, d) = run.first().unwrap();
            Came::Wrong(format!("{layer}: {d:?}"))
        }
        Err(e) => Came::Wrong(e.to_string()),
    }
}

/// As a description with weights says it.
fn by_layers(case: &Path, framework: &str) -> Came {
    let made = || {
        let mut foreign = Foreign::from_json(&text_of(case), "meta.json", &weights_of(case)?)?;
        foreign.input = read_npz(case.join("run.npz"))?.get("input")?.shape()[2..].to_vec();
        foreign.framework = framework.into();
        from_layers(&foreign)
    };
    came(made(), case)
}

/// What NIR leaves open, from the case's description.
fn settings(case: &Path, framework: &str) -> Settings {
    let (mut settings, meta, weights) = (Settings::new(), meta(case), weights_of(case).unwrap());
    let names: Vec<&str> = dialect(framework).unwrap().settings.iter().map(|s| s.name).collect();
    for (number, layer) in meta["layers"].as_array().unwrap().iter().enumerate() {
        for name in &names {
            let value = match &layer[*name] {
                Json::Object(o) if o.contains_key("tensor") => {
                    let numbers = weights[o["tensor"].as_str().unwrap()].to_f64();
                    if numbers.iter().any(|x| *x != numbers[0]) {
                        continue;
                    }
                    numbers[0].to_string()
                }
                Json::Object(o) if o.contains_key("kind") => {
                    if let Some(x) = o.get("subtract_value").and_then(Json::as_f64) {
                        settings.insert("subtract_value".into(), x.to_string());
                    }
                    o["kind"].as_str().unwrap().to_string()
                }
                Json::String(s) => s.clone(),
                Json::Bool(b) => b.to_string(),
                Json::Number(n) => n.to_string(),
                Json::Array(a) if !a.is_empty() && a.iter().all(|x| x == &a[0]) => a[0].to_string(),
                _ => continue,
            };
            // snnTorch's exporter names nodes by their place in the chain.
            let of_layer =
                if framework == "snntorch" { format!("{number}.{name}") } else { name.to_string() };
            settings.insert(of_layer, value);
        }
    }
    settings
}

fn by_nir(case: &Path, file: &str, framework: &str) -> Came {
    let options =
        Options { from: Some(framework.into()), settings: settings(case, framework), ..Options::default() };
    came(read(&case.join(file), &options), case)
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|p| p.is_dir()).collect();
    found.sort();
    found
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_string()
}

/// All cases of frameworks below `root`, with the framework's name.
fn cases(root: &Path) -> Vec<(String, PathBuf)> {
    let frameworks = folders(root).into_iter().filter(|f| !f.ends_with("nir_versions"));
    frameworks.flat_map(|f| folders(&f).into_iter().map(move |case| (name_of(&f), case))).collect()
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// All recorded cases, where they are at hand.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/exchange");
    if !root.is_dir() {
        println!("skipped: {} is not there", root.display());
        return None;
    }
    Some(root)
}

/// Runs all cases in all ways, prints what came of each, and gives back how many were equal and which were wrong.
fn run_all(root: &Path) -> (usize, Vec<String>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (framework, case) in cases(root) {
        let mut ways = vec![("layers".to_string(), by_layers(&case, &framework))];
        for file in ["model.nir", "model_dt1.nir", "model_fused.nir"] {
            if case.join(file).exists() {
                ways.push((file.into(), by_nir(&case, file, &framework)));
            }
        }
        for (way, came) in ways {
            let place = format!("{framework}/{} {way}", name_of(&case));
            let (word, text) = match &came {
                Came::Equal => ("equal", String::new()),
                Came::Refused(why) => ("refused", why.clone()),
                Came::Wrong(why) => ("WRONG", why.clone()),
            };
            let lost = LOST.iter().find(|(known, _)| *known == place);
            let word = if word == "WRONG" && lost.is_some_and(|(_, word)| said(&case, &framework, word)) {
                "lost"
            } else {
                word
            };
            println!("{word:8} {place:42} {text}");
            *counts.entry(word).or_default() += 1;
            if word == "WRONG" {
                wrong.push(place);
            }
        }
    }
    println!("{counts:?}");
    (counts["equal"], wrong)
}

/// Whether the report names beforehand what is lost.
fn said(case: &Path, framework: &str, word: &str) -> bool {
    let options = Options { from: Some(framework.into()), ..Options::default() };
    let report = read(&case.join("model.nir"), &options).unwrap().report;
    report.entries.iter().any(|e| e.fate == Fate::Lost && (e.parameter == word || e.how.contains(word)))
}

#[test]
fn every_case_is_equal_or_refused() {
    let Some(root) = shared() else { return };
    let (equal, wrong) = run_all(&root);
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(equal >= 165, "{equal}");
}

#[test]
fn the_committed_cases_are_equal() {
    let (equal, wrong) = run_all(&committed());
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(equal, 16);
}

#[test]
fn what_wrote_a_file_is_found_by_its_numbers_or_left_open() {
    let root = shared().unwrap_or_else(committed);
    let (mut found, mut open) = (0, Vec::new());
    for (framework, case) in cases(&root) {
        for file in ["model.nir", "model_dt1.nir", "model_fused.nir"] {
            if !case.join(file).exists() {
                continue;
            }
            let Ok(reading) = read(&case.join(file), &Options::default()) else { continue };
            let dialect = reading.report.dialect.split(' ').next().unwrap().to_string();
            match dialect == framework {
                true => found += 1,
                // Left open is said.
                false => {
                    let place = format!("{framework}/{} {file}", name_of(&case));
                    assert_eq!(dialect, "nir", "{place}");
                    assert_eq!(reading.report.entries[0].parameter, "framework", "{place}");
                    open.push(place);
                }
            }
        }
    }
    println!("{found} found, {} left open: {open:?}", open.len());
    assert!(found > 10 * open.len() && found > 5, "{found} {open:?}");
}

#[test]
fn what_is_written_is_read_back_to_the_bit() {
    let root = shared().unwrap_or_else(committed);
    let folder = tempfile::tempdir().unwrap();
    let mut written = 0;
    for (framework, case) in cases(&root) {
        let nir = case.join("model.nir");
        if !nir.exists() {
            continue;
        }
        let options = Options { from: Some(framework.clone()), ..Options::default() };
        let Ok(reading) = read(&nir, &options) else { continue };
        let Ok(model) = reading.model() else { continue };
        for name in ["back.safetensors", "back.nir"] {
            let path = folder.path().join(name);
            if let Err(e) = write(model, &path, &Target::default(), &mut Report::default()) {
                // What NIR has no node for is refused with a reason, and nothing is written.
                assert!(name == "back.nir" && e.to_string().contains("refused"), "{framework}: {e}");
                continue;
            }
            let back = read(&path, &Options::default()).unwrap();
            let back = back.model().unwrap();
            assert_eq!(
                (&back.network, &back.weights),
                (&model.network, &model.weights),
                "{}",
                case.display()
            );
            fs::remove_file(&path).unwrap();
            written += 1;
        }
    }
    println!("{written} files written and read back");
    assert!(written > 10);
}

#[test]
fn checkpoints_of_every_layout_hold_the_same_numbers() {
    let root = shared().unwrap_or_else(committed);
    let mut read = 0;
    for (_, case) in cases(&root) {
        let expected = read_weights(&case.join("weights.safetensors"));
        for file in ["weights.pt", "weights_views.pt", "weights_legacy.pt", "weights_float64.pt"] {
            let path = case.join(file);
            if !path.exists() {
                continue;
            }
            let (found, expected) = (read_weights(&path).unwrap(), expected.as_ref().unwrap());
            for (name, tensor) in expected {
                let found = found.get(name).unwrap_or_else(|| panic!("{}: {name}", path.display()));
                assert_eq!(
                    (found.shape(), found.to_f64()),
                    (tensor.shape(), tensor.to_f64()),
                    "{}: {name}",
                    path.display()
                );
            }
            read += 1;
        }
    }
    println!("{read} checkpoints");
    assert!(read >= 3);
}

#[test]
fn a_pickled_module_is_refused_by_name() {
    let error = read_weights(&committed().join("snntorch/mlp/module.pt")).unwrap_err().to_string();
    assert!(
        error.contains("`torch.nn.modules.container.Sequential`") && error.contains("state_dict"),
        "{error}"
    );
}

#[test]
fn a_checkpoint_goes_into_a_network_of_ours_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let network = folder.path().join("net.toml");
    let text = "input = [6]\nnode = [\n{ name = \"a\", linear = { outputs = OUT } },\n{ name = \"b\", neurons = { model = \"lif_discrete\" } },\n{ name = \"c\", linear = { outputs = 6 } },\n]";
    let case = committed().join("snntorch/mlp");
    let weights = read_weights(&case.join("weights.pt")).unwrap();
    let outputs = weights["0.weight"].shape()[0].to_string();
    let last = weights["2.weight"].shape()[0].to_string();
    fs::write(&network, text.replace("OUT", &outputs).replace("outputs = 6 ", &format!("outputs = {last} ")))
        .unwrap();
    let options = Options { network: Some(network), ..Options::default() };
    let reading = read(&case.join("weights.pt"), &options).unwrap();
    let model = reading.model().unwrap();
    // Turned: a.weight is [in, out].
    assert_eq!(f64::from(model.weights["a.weight"][1]), weights["0.weight"].at(6));
    assert!(reading.report.entries.iter().any(|e| e.fate == Fate::Lost && e.node == "1.beta"));
    let back = folder.path().join("back.safetensors");
    let target = Target { like: Some(case.join("weights.pt")), ..Target::default() };
    write(model, &back, &target, &mut Report::default()).unwrap();
    let back = read_weights(&back).unwrap();
    for (name, tensor) in &weights {
        assert_eq!((back[name].shape(), back[name].to_f64()), (tensor.shape(), tensor.to_f64()), "{name}");
    }
}

#[test]
fn older_files_and_nested_graphs_are_read_alike() {
    let folder = committed().join("nir_versions/recurrent");
    let read = |version: &str| {
        let reading = read(&folder.join(format!("model_{version}.nir")), &Options::default()).unwrap();
        (reading.model().unwrap().clone(), reading.report)
    };
    let (new, report) = read("1.0.8");
    let (old, _) = read("1.0.1");
    assert_eq!(old, read("1.0.4").0);
    assert_eq!(old.weights, new.weights);
    // Only 1.0.8 has v_reset.
    assert_ne!(old.network, new.network);
    assert!(report.entries.iter().any(|e| e.parameter == "edge in a cycle" && e.fate == Fate::Rewritten));
    let delays: Vec<usize> =
        new.network.nodes.iter().flat_map(|n| &n.from).map(rheobase_network::network::Link::delay).collect();
    assert_eq!(delays.iter().sum::<usize>(), 1, "{delays:?}");
}
