//! A page per framework: the head of its dialect's file, what its NIR files leave open, how to read, write and replay, and what
//! became of layers of ours that were written for it as the page was made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rheobase::exchange::{DIALECTS, Dialect, Fate, Model, Report, Setting, Target, write};
use rheobase::network::{Part, Sequential, linear, neurons, outline};

use super::markdown::{plain, table};

/// Frameworks that are written for.
const WRITTEN: [&str; 5] = ["snntorch", "norse", "spikingjelly", "sinabs", "rockpool"];

/// A recorded run of each framework in this repository, with its weights.
const RUNS: [(&str, &str); 7] = [
    ("snntorch", "snntorch/rleaky_all_to_all/weights.safetensors"),
    ("norse", "norse/tie/weights.safetensors"),
    ("spikingjelly", "spikingjelly/tie/weights.safetensors"),
    ("sinabs", "sinabs/tie/weights.safetensors"),
    ("rockpool", "rockpool/tie/weights.safetensors"),
    ("spyx", "spyx/rlif/weights.safetensors"),
    ("nengo", "nengo/tie/weights.npz"),
];

/// What layers of torch itself become, in chains of all frameworks built on it.
const TORCH: &str = "Between them may stand layers of torch: Linear, Conv1d, Conv2d (padding `same` too), pools of average and maximum, \
                     Flatten of all axes of a sample, BatchNorm (folded into the map before it), Dropout and Identity (left out). Refused are \
                     `ceil_mode`, `divisor_override`, pools with gaps, and padding with anything but zeros.";

/// The pages by their paths below `docs/`. `folder` holds the files of the dialects.
///
/// # Errors
/// A dialect's file that cannot be read; a network that cannot be made.
pub(super) fn pages(folder: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let page = |dialect: &&Dialect| Ok((path(dialect).into(), page(folder, dialect)?));
    DIALECTS.iter().map(page).collect()
}

/// Where the page of a dialect stands below `docs/`.
pub(super) fn path(dialect: &Dialect) -> String {
    format!("exchange/{}.md", dialect.name)
}

/// What a dialect's page is called.
pub(super) fn title(dialect: &Dialect) -> String {
    match dialect.name {
        "nir" => "NIR's own equations".into(),
        name => format!("{} {}", called(name), dialect.version),
    }
}

/// What a framework calls itself.
fn called(name: &str) -> &str {
    match name {
        "snntorch" => "snnTorch",
        "norse" => "Norse",
        "spikingjelly" => "SpikingJelly",
        "sinabs" => "Sinabs",
        "rockpool" => "Rockpool",
        "spyx" => "Spyx",
        "nengo" => "Nengo",
        other => other,
    }
}

fn page(folder: &Path, dialect: &Dialect) -> Result<String, String> {
    // The dialect without a framework has the name of its format.
    let stem = if dialect.name == "nir" { "plain" } else { dialect.name };
    let file = folder.join(format!("{stem}.rs"));
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let head: Vec<&str> = text.lines().map_while(|l| l.strip_prefix("//!")).map(str::trim).collect();
    let mut out = format!("# {}\n\n{}\n", title(dialect), head.join("\n"));
    if dialect.name != "nir" && dialect.name != "nengo" {
        out += &format!("\n{TORCH}\n");
    }
    out += "\n[Models of other frameworks](../exchange.md) says what the words mean.\n";
    out += &reading(dialect);
    if WRITTEN.contains(&dialect.name) {
        out += &writing(dialect.name)?;
    } else if dialect.name == "nir" {
        out += &writing("")?;
    }
    let script = format!("examples/exchange/train_{}.py", dialect.name);
    if folder.ancestors().any(|root| root.join(&script).is_file()) {
        out += &format!(
            "\n## From a training\n\n`python {script}` trains digits in {1}, replays the trained network here, compares its accuracy, and has \
             another framework read what is written; [its figures](../exchange.md#from-a-training-to-another-framework). \
             `examples/exchange/record_{0}.py` records a run for `rheobase replay`.\n",
            dialect.name,
            called(dialect.name)
        );
    }
    Ok(out)
}

/// How its models are read, and what its files leave open.
fn reading(dialect: &Dialect) -> String {
    let name = dialect.name;
    let mut out = String::from("\n## Reading\n");
    if name != "nengo" {
        out += &format!(
            "\n```sh\nrheobase inspect model.nir --from {name}\nrheobase convert model.nir ours.safetensors --from {name}\nrheobase replay model.nir \
             run.npz --from {name}\n```\n"
        );
    }
    if let Some((_, weights)) = RUNS.iter().find(|(framework, _)| *framework == name) {
        let case = weights.rsplit_once('/').map_or("", |(case, _)| case);
        let file = weights.rsplit('/').next().unwrap_or_default();
        out += &format!(
            "\nA description of its layers with their weights holds all; here a run that it computed itself, \
             replayed:\n\n```python\nimport numpy as np\nfrom rheobase import exchange\n\ncase = \
             \"crates/rheobase-exchange/tests/data/{case}\"\nrun = np.load(f\"{{case}}/run.npz\")  # `input` [step, sample, …], \
             spikes of each layer\nmodel = exchange.read(f\"{{case}}/meta.json\", weights=f\"{{case}}/{file}\", \
             input=run[\"input\"].shape[2:])\nprint(model.report)\nassert all(layer[\"differ\"] == 0 for layer in \
             model.replay(f\"{{case}}/run.npz\")[\"layers\"])\n```\n"
        );
    } else {
        out += "\n```python\nfrom rheobase import exchange\n\nfile = \
                \"crates/rheobase-exchange/tests/data/nir_versions/recurrent/model_1.0.8.nir\"\nprint(exchange.read(file, \
                framework=\"nir\").report)\n```\n";
    }
    if !dialect.sign.is_empty() {
        out += &format!("\nIts NIR files are recognised by: {}.\n", dialect.sign);
    }
    if !dialect.omits.is_empty() {
        out += &format!("\nNever in its NIR files: {}.\n", dialect.omits);
    }
    if !dialect.settings.is_empty() {
        let row = |s: &Setting| {
            let words = if s.words.is_empty() { "a number".to_string() } else { s.words.join(", ") };
            vec![format!("`{}`", s.name), s.of.join(", "), s.assumed.to_string(), words]
        };
        let rows = dialect.settings.iter().map(row).collect();
        out += &format!(
            "\nIts NIR files leave open:\n\n{}",
            table(&["`--with`", "of nodes", "assumed", "may be"], rows)
        );
    }
    out
}

/// Layers of ours, and what each is called here.
fn layers() -> Vec<(&'static str, Part)> {
    let discrete = || neurons("lif_discrete");
    vec![
        ("`lif_discrete`, the threshold subtracted", discrete()),
        ("`lif_discrete`, reset to `v_reset`", discrete().set("subtract", 0.0)),
        ("`lif_discrete` without a leak (`beta = 1`)", discrete().set("beta", 1.0).set("subtract", 0.0)),
        ("`lif_discrete` with a current (`alpha = 0.8`)", discrete().set("alpha", 0.8).set("subtract", 0.0)),
        ("`lif_discrete`, reset one step late", discrete().set("late", 1.0)),
        ("`lif_discrete`, firing at the threshold", discrete().set("at_least", 1.0)),
        ("`lif_count`, several spikes in a step", neurons("lif_count")),
        ("`lif_subtract`", neurons("lif_subtract")),
        ("`leaky_integrator`", neurons("leaky_integrator")),
        ("`cuba_lif`", neurons("cuba_lif")),
        ("`lif`", neurons("lif")),
        ("`lif_exp`", neurons("lif_exp")),
        ("`izhikevich`, `adex` and the like", neurons("izhikevich")),
    ]
}

/// What became of layers that were written, as modules and as NIR for the framework's reader; for no framework as NIR.
fn writing(framework: &str) -> Result<String, String> {
    let mut out = String::from("\n## Writing\n");
    let (command, head): (String, &[&str]) = match framework {
        "" => ("rheobase convert ours.safetensors model.nir".into(), &["here", "in NIR"]),
        name => (
            format!(
                "rheobase convert ours.safetensors layers.safetensors --to {name}\nrheobase convert ours.safetensors model.nir --to {name}"
            ),
            &["here", "as its layer", "as NIR for its reader"],
        ),
    };
    out += &format!("\n```sh\n{command}\n```\n\nWhat became of a layer of neurons behind a linear one:\n\n");
    let mut rows = Vec::new();
    for (name, part) in layers() {
        let network = Sequential::new([linear(2), part]).input(&[3]).map_err(|e| e.to_string())?;
        let mut row = vec![name.to_string()];
        if !framework.is_empty() {
            row.push(fate(&network, "safetensors", framework)?);
        }
        row.push(fate(&network, "nir", framework)?);
        rows.push(row);
    }
    Ok(out + &table(head, rows))
}

/// The worst that became of the neurons of a network, and why.
fn fate(network: &rheobase::network::Network, ending: &str, framework: &str) -> Result<String, String> {
    let tensors = outline(network).map_err(|e| e.to_string())?.nodes.into_iter().flat_map(|n| n.tensors);
    let weights = tensors.map(|t| (t.name, vec![0.5; t.shape.iter().product()])).collect();
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let to = (!framework.is_empty()).then(|| framework.to_string());
    let target = Target { to, ..Target::default() };
    let path = folder.path().join(format!("model.{ending}"));
    let mut report = Report::default();
    let written = write(&Model::new(network.clone(), weights), &path, &target, &mut report);
    let said: Vec<String> = report
        .losses()
        .map(|e| match e.fate {
            Fate::Refused => format!("refused: {}", plain(&e.how)),
            fate => format!("{}: `{}`, {}", fate.word(), e.parameter, plain(&e.how)),
        })
        .collect();
    match written {
        // What else is wrong than what the report says.
        Err(e) if report.worst() < Fate::Refused => Err(e.to_string()),
        _ if !said.is_empty() => Ok(said.join("; ")),
        _ if report.worst() == Fate::Exact => Ok("exact".into()),
        _ => Ok("the same steps".into()),
    }
}
