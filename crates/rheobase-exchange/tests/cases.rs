//! Every recorded case of other frameworks, replayed: equal, refused with its reason, or wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rheobase::data::read_npz;
use rheobase_exchange::*;
use serde_json::Value as Json;

/// Where NIR has lost what no setting can say, and the report says so: the settings that the file leaves open.
const LOST: [(&str, &str); 1] = [("rockpool/lif_recurrent model.nir", "w_rec")];

/// What came of one case.
#[derive(Debug)]
enum Came {
    Equal,
    Refused(String),
    Wrong(String),
}

/// Python writes NaN where JSON has no number.
fn text_of(case: &Path) -> String {
    fs::read_to_string(case.join("meta.json")).unwrap().replace("NaN", "null")
}

fn meta(case: &Path) -> Json {
    serde_json::from_str(&text_of(case)).unwrap()
}

/// The tensors that a case's description names.
fn weights_of(case: &Path) -> rheobase::Result<Weights> {
    let npz = case.join("weights.npz");
    read_weights(&if npz.exists() { npz } else { case.join("weights.safetensors") })
}

fn came(reading: rheobase::Result<Reading>, case: &Path) -> Came {
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
    let read = || {
        let mut foreign = Foreign::from_json(&text_of(case), "meta.json", &weights_of(case)?)?;
        foreign.input = read_npz(case.join("run.npz"))?.get("input")?.shape()[2..].to_vec();
        foreign.framework = framework.into();
        from_layers(&foreign)
    };
    came(read(), case)
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
            let of_layer = if framework == "snntorch" { format!("{number}.{name}") } else { name.to_string() };
            settings.insert(of_layer, value);
        }
    }
    settings
}

fn by_nir(case: &Path, file: &str, framework: &str) -> Came {
    let options = Options {
        from: Some(framework.into()),
        settings: settings(case, framework),
        ..Options::default()
    };
    came(read_nir(&case.join(file), &options), case)
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    found.sort();
    found
}

#[test]
fn every_case_is_equal_or_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/exchange");
    if !root.is_dir() {
        println!("skipped: {} is not there", root.display());
        return;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for framework in folders(&root) {
        let name = framework.file_name().unwrap().to_str().unwrap().to_string();
        if name == "nir_versions" {
            continue;
        }
        for case in folders(&framework) {
            let mut ways = vec![("layers".to_string(), by_layers(&case, &name))];
            for file in ["model.nir", "model_dt1.nir", "model_fused.nir"] {
                if case.join(file).exists() {
                    ways.push((file.into(), by_nir(&case, file, &name)));
                }
            }
            for (way, came) in ways {
                let place = format!("{name}/{} {way}", case.file_name().unwrap().to_str().unwrap());
                let (word, text) = match &came {
                    Came::Equal => ("equal", String::new()),
                    Came::Refused(why) => ("refused", why.clone()),
                    Came::Wrong(why) => ("WRONG", why.clone()),
                };
                let lost = LOST.iter().any(|(known, _)| *known == place);
                let word = if lost && word == "WRONG" { "lost" } else { word };
                println!("{word:8} {place:42} {text}");
                *counts.entry(word).or_default() += 1;
                if word == "WRONG" {
                    wrong.push(place);
                }
            }
        }
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{wrong:?}");
}
