//! Models written in the layers of other frameworks: what is written computes what was read.

use std::path::Path;

use rheobase_exchange::*;

/// Frameworks that layers are written for.
const FRAMEWORKS: [&str; 5] = ["snntorch", "norse", "spikingjelly", "sinabs", "rockpool"];

/// A case in this repository, from its description: model and recorded run.
fn case(name: &str) -> (Model, std::path::PathBuf) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let weights = read_weights(&folder.join("weights.safetensors")).unwrap();
    let text = std::fs::read_to_string(folder.join("meta.json")).unwrap();
    let mut foreign = Foreign::from_json(&text, "meta.json", &weights).unwrap();
    let run = folder.join("run.npz");
    foreign.input = rheobase_data::read_npz(&run).unwrap().get("input").unwrap().shape()[2..].to_vec();
    foreign.framework = name.split('/').next().unwrap().into();
    (from_layers(&foreign).unwrap().model().unwrap().clone(), run)
}

/// What came of a model in the layers of a framework.
#[derive(Debug, PartialEq)]
enum Came {
    Equal,
    Lost,
    Refused,
}

fn through(model: &Model, run: &Path, framework: &str) -> Came {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layers.safetensors");
    let target = Target { to: Some(framework.into()), ..Target::default() };
    let mut report = Report::default();
    match write(model, &path, &target, &mut report) {
        Ok(()) => {}
        Err(e) => {
            assert!(report.worst() == Fate::Refused, "{framework}: {report:?}");
            assert!(e.to_string().contains("refused"), "{framework}: {e}");
            assert!(!path.exists());
            return Came::Refused;
        }
    };
    let back = read(&path, &Options::default()).unwrap();
    assert!(back.report.dialect.starts_with(framework), "{}", back.report.dialect);
    let equal = replay(back.model().unwrap(), run).unwrap().equal();
    match report.losses().next() {
        None => {
            assert!(equal, "{framework}: differs, and nothing was said to be lost");
            Came::Equal
        }
        Some(_) => Came::Lost,
    }
}

#[test]
fn every_case_comes_back_from_its_own_framework_s_layers() {
    for name in
        ["snntorch/mlp", "snntorch/tie", "norse/tie", "spikingjelly/tie", "sinabs/tie", "rockpool/tie"]
    {
        let (model, run) = case(name);
        let framework = name.split('/').next().unwrap();
        assert_eq!(through(&model, &run, framework), Came::Equal, "{name}");
    }
}

#[test]
fn other_frameworks_compute_the_same_or_the_report_says_what_is_lost() {
    let mut equal = 0;
    for name in ["snntorch/mlp", "norse/tie", "spikingjelly/tie", "sinabs/tie", "rockpool/tie"] {
        let (model, run) = case(name);
        for framework in FRAMEWORKS {
            let came = through(&model, &run, framework);
            println!("{name} in {framework}: {came:?}");
            equal += usize::from(came == Came::Equal);
        }
    }
    assert!(equal >= 6, "{equal}");
    // A tie fires in one and not in the other: that is said.
    let (model, run) = case("norse/tie");
    assert_eq!(through(&model, &run, "spikingjelly"), Came::Lost);
}

#[test]
fn a_chain_is_needed_and_frameworks_are_named() {
    let (model, run) = case("snntorch/rleaky_all_to_all");
    assert_eq!(through(&model, &run, "snntorch"), Came::Refused);
    let folder = tempfile::tempdir().unwrap();
    let said = |to: &str| {
        let target = Target { to: Some(to.into()), ..Target::default() };
        let path = folder.path().join("a.safetensors");
        write(&case("norse/tie").0, &path, &target, &mut Report::default()).unwrap_err().to_string()
    };
    assert!(said("nors").contains("did you mean `norse`"), "{}", said("nors"));
    assert!(said("nengo").contains("nothing is written for it"), "{}", said("nengo"));
}

#[test]
fn graphs_for_a_reader_have_the_numbers_that_it_computes_with() {
    let settings = |said: &[(&str, &str)]| said.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let folder = tempfile::tempdir().unwrap();
    for (name, said) in [
        ("spikingjelly/tie", vec![]),
        ("norse/tie", vec![("dt", "0.001")]),
        ("sinabs/tie", vec![("norm_input", "false")]),
        ("rockpool/tie", vec![]),
    ] {
        let (model, run) = case(name);
        let framework = name.split('/').next().unwrap();
        let path = folder.path().join(format!("{framework}.nir"));
        let target = Target { to: Some(framework.into()), ..Target::default() };
        let mut report = Report::default();
        write(&model, &path, &target, &mut report).unwrap();
        let lost: Vec<&str> = report.losses().map(|e| &e.how[..]).collect();
        // Sinabs' reader gives an IF a lower bound; the others take all.
        assert!(lost.iter().all(|how| how.contains("lower bound")), "{name}: {lost:?}");
        let options =
            Options { from: Some(framework.into()), settings: settings(&said), ..Options::default() };
        let back = read(&path, &options).unwrap();
        assert!(replay(back.model().unwrap(), &run).unwrap().equal(), "{name}");
        // Old readers raise an error on these.
        let text = std::fs::read(&path).unwrap();
        let has = |word: &[u8]| text.windows(word.len()).any(|w| w == word);
        assert_eq!(has(b"v_reset"), !matches!(framework, "sinabs" | "rockpool"), "{name}");
        assert!(!has(b"metadata"), "{name}");
    }
}
