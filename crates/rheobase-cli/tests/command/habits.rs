//! What an hour with the command needs: units, sizes of pictures, output for other programs, the reference, a shell's help.

use std::fs;

use crate::train::task;
use crate::{json, names_in, ok, run_in};

#[test]
fn numbers_may_have_units() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let plain = ["simulate", "adex", "--time", "0.3", "--dt", "0.0001", "--input", "800", "--json"];
    let units = ["simulate", "adex", "--time", "300ms", "--dt", "0.1 ms", "--input", "0.8nA", "--json"];
    let [mut plain, mut units] = [plain, units].map(|args| json(place, &args));
    assert!(plain["spikes"].as_u64().unwrap() > 0);
    for found in [&mut plain, &mut units] {
        for changing in ["wall_seconds", "neuron_steps_per_second", "input"] {
            found[changing] = 0.into();
        }
    }
    assert_eq!(plain, units);
    let set =
        |value: &str| ok(place, &["curve", "lif", "--set", value, "--points", "3", "--settle", "100ms"]);
    assert_eq!(set("tau_m=20ms"), set("tau_m=0.02"));
    ok(place, &["simulate", "adex", "--input", "step:100ms,0.8nA,200ms", "--time", "0.3s"]);
    for (args, says) in [
        ("simulate lif --set tau_m=20mV", "--set tau_m = 20 mV: is in s"),
        ("simulate lif --time 3mV", "--time = 3 mV: is in s"),
        ("simulate lif --time 3x", "with a unit, such as 20ms"),
        ("simulate lif --input 0.8nA", "is in threshold current"),
        ("simulate lif_discrete --time 3s", "counts steps here"),
        ("curve adex --from 1mV", "--from = 1 mV: is in pA"),
        ("simulate lif --dt 1mA", "is not a time"),
    ] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(2) && ran.err.contains(says), "{args}: {}", ran.err);
    }
}

#[test]
fn pictures_have_sizes_kinds_and_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let size = ["--width", "85mm", "--height", "6cm", "--font", "7pt", "--dpi", "150"];
    for kind in ["svg", "png", "pdf"] {
        let file = format!("run.{kind}");
        ok(
            place,
            &[&["simulate", "lif", "--seed", "7", "--neurons", "20", "--plot", &file], &size[..]].concat(),
        );
        let bytes = fs::read(place.join(&file)).unwrap();
        let find = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        assert!(find("seed = 7") && find("model = lif") && find("params.tau_m"), "{file}");
    }
    let svg = fs::read_to_string(place.join("run.svg")).unwrap();
    assert!(svg.contains("width=\"240.94pt\" height=\"170.08pt\""), "{}", &svg[..200]);
    ok(place, &["curve", "lif", "--plot", "curve.pdf", "--width", "85mm"]);
    ok(place, &["phase", "adex", "--plot", "phase.pdf", "--width", "85mm"]);
    for (args, says) in [
        ("simulate lif --plot x.svg --width 5mm", "--width: figure.width = 5 mm"),
        ("simulate lif --plot x.svg --width 5km", "is not a length"),
        ("simulate lif --plot x.svg --height 21mm", "leaves no room"),
        ("simulate lif --plot x.gif", "must end in .svg or .png or .pdf"),
        ("phase adex --plot x.svg --height 8cm", "set the width alone"),
    ] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(2) && ran.err.contains(says), "{args}: {}", ran.err);
        assert!(!place.join("x.svg").exists(), "{args}");
    }
}

#[test]
fn every_measure_has_a_table_or_says_that_it_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    ok(place, &["simulate", "lif", "--neurons", "30", "--input", "noise:1.2,3", "-o", "spikes.npz"]);
    for (measure, head, lines) in [
        ("population", "start,rate,low,high", 11),
        ("correlogram", "lag,pairs,expected,low,high", 6),
        ("van-rossum", "train,0,1,2", 4),
        ("correlation", "train,0,1,2", 4),
    ] {
        let table = ok(
            place,
            &[
                "analyse",
                "spikes.npz",
                "-m",
                measure,
                "--trains",
                "3",
                "--bin",
                "100ms",
                "--max-lag",
                "200ms",
                "--csv",
            ],
        );
        assert!(table.starts_with(&format!("{head}\n")), "{table}");
        assert_eq!(table.lines().count(), lines, "{measure}: {table}");
    }
    for (measures, says) in [("psth,rate", "one table"), ("synchrony", "no table")] {
        let wrong = run_in(place, &["analyse", "spikes.npz", "-m", measures, "--at", "0.5", "--csv"]);
        assert!(wrong.code == Some(2) && wrong.err.contains(says), "{measures}: {}", wrong.err);
    }
}

#[test]
fn output_may_go_to_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    ok(place, &["simulate", "lif", "--neurons", "30", "--input", "noise:1.2,3", "-o", "spikes.npz"]);
    let svg = ok(place, &["plot", "raster", "spikes.npz", "--sort", "rate", "--rate", "-o", "-"]);
    assert!(
        svg.starts_with("<svg") && svg.contains("neuron, by rate") && svg.contains("firing rate"),
        "{svg}"
    );
    assert!(ok(place, &["simulate", "lif", "--plot", "-", "--quiet"]).starts_with("<svg"));
    let spikes = ok(place, &["simulate", "lif", "-o", "-"]);
    assert!(spikes.contains("\nstep,batch,neuron,value,offset\n"), "{spikes}");
    assert!(
        ok(place, &["curve", "lif", "--points", "3", "-o", "-"]).starts_with("input,simulated,closed_form\n")
    );
    let table = ok(place, &["analyse", "spikes.npz", "--measure", "rate,violations", "--csv"]);
    assert!(table.starts_with("train,spikes,rate (hz),95 %,violations,share,duplicates\n"), "{table}");
    assert_eq!(table.lines().count(), 31);
    let smooth = ok(
        place,
        &["analyse", "spikes.npz", "--measure", "smooth", "--tau", "50ms", "--step", "10ms", "--csv"],
    );
    assert!(smooth.starts_with("time,0,1,2,"), "{smooth}");
    assert_eq!(smooth.lines().count(), 101);
    let psth = ok(
        place,
        &[
            "analyse",
            "spikes.npz",
            "--measure",
            "psth",
            "--at",
            "0.3,0.6",
            "--around",
            "-0.1..0.2",
            "--bin",
            "0.01",
            "--csv",
        ],
    );
    assert!(psth.starts_with("start,rate,low,high\n") && psth.lines().count() == 31, "{psth}");
    ok(place, &["plot", "psth", "spikes.npz", "--at", "0.3,0.6", "-o", "psth.png"]);
    for scale in ["counts", "rate", "coefficient"] {
        let svg = ok(place, &["plot", "correlogram", "spikes.npz", "--scale", scale, "-o", "-"]);
        assert!(svg.contains("95 % of such trains"), "{scale}");
    }
    let rule = json(
        place,
        &["analyse", "spikes.npz", "--measure", "bursts", "--bursts", "begin=0.1,spikes=4", "--json"],
    );
    assert_eq!(rule["measures"]["bursts"]["rule"]["max_begin"], 0.1);
    assert_eq!(rule["measures"]["bursts"]["rule"]["min_spikes"], 4);
    for (args, says) in [
        ("analyse spikes.npz --bursts start=1 --measure bursts", "unknown limit `start`"),
        ("analyse spikes.npz --measure psth", "--at 0.5,1.5,2.5"),
        ("analyse spikes.npz --measure psth --at 5", "not all within the recording"),
        ("analyse spikes.npz --measure violations --refractory 0", "above 0"),
        (
            "plot raster spikes.npz --group a=0,b=99 -o x.svg",
            "--group: there is no train 99; trains are 0 to 29",
        ),
        ("plot raster spikes.npz --group a=3 -o x.svg", "the first group starts at neuron 0"),
        ("simulate lif -n 3 --plot x.svg --group a=0,b=3", "--group 3: neurons are 0 to 2"),
        ("plot isi spikes.npz --only none -o x.svg", "--only: there is no train none"),
    ] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(2) && ran.err.contains(says), "{args}: {}", ran.err);
    }
}

#[test]
fn a_run_is_drawn_and_reported_whole() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    ok(place, &["train", "job.toml", "--quiet", "--set", "train.batch=16"]);
    for kind in ["learning", "confusion", "weights"] {
        let file = format!("{kind}.svg");
        ok(place, &["plot", kind, "runs/job-0", "-o", &file, "--width", "85mm"]);
    }
    let learning = fs::read_to_string(place.join("learning.svg")).unwrap();
    assert!(learning.contains(">test<") && learning.contains("test: "), "the test is marked");
    assert!(fs::read_to_string(place.join("weights.svg")).unwrap().contains("linear.weight"));
    let ran = run_in(place, &["plot", "weights", "runs/job-0:nothing", "-o", "x.svg"]);
    assert!(ran.code == Some(2) && ran.err.contains("unknown parameter `nothing`"), "{}", ran.err);

    ok(place, &["report", "runs/job-0"]);
    let page = fs::read_to_string(place.join("runs/job-0/report.html")).unwrap();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no `{text}`"));
    assert!(at("<h2>Result") < at("<h2>Settings") && at("<h2>Settings") < at("<h2>Layers"));
    assert!(at("<h2>Layers") < at("<h2>Learning") && at("<h2>Learning") < at("<h2>confusion.png"));
    assert!(page.contains("<td>train.batch</td>") && page.contains("<td>hidden</td>"));
    for once in ["test accuracy", "Loss and accuracy over the epochs", "data.source"] {
        assert_eq!(page.matches(once).count(), 1, "{once}");
    }
}

#[test]
fn settings_are_explained_and_one_value_is_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    assert!(ok(place, &["settings"]).starts_with("# Settings"));
    assert!(ok(place, &["settings", "train.epochs"]).contains("| `epochs` |"));
    fs::write(place.join("all.toml"), ok(place, &["settings", "--defaults"])).unwrap();
    ok(place, &["inspect", "all.toml"]);
    let ran = run_in(place, &["settings", "learning_rat"]);
    assert!(ran.code == Some(2) && ran.err.contains("did you mean `learning_rate`"), "{}", ran.err);
    fs::write(place.join("bad.toml"), "[train]\nepoch = 3\n").unwrap();
    for args in ["train bad.toml", "train --set train.epoch=3", "sweep --set train.epoch=3,4"] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert!(ran.err.contains("`rheobase settings` explains every key"), "{args}: {}", ran.err);
    }
    let node = |name: &str, from: &str, kind: &str| {
        format!("[[network.node]]\nname = \"{name}\"\nfrom = {from}\n{kind}\n")
    };
    let one = node("a", "\"input\"", "linear = { outputs = 8 }")
        + &node(
            "b",
            "{ node = \"a\", delay = 1 }",
            "neurons = { model = \"lif\", learn = \"tau_m\", surrogate = \"triangle\" }",
        )
        + &node("c", "\"b\"", "linear = { outputs = 3 }");
    let job = fs::read_to_string(place.join("job.toml")).unwrap();
    fs::write(place.join("one.toml"), format!("{job}{one}")).unwrap();
    let list = one
        .replace("\"input\"", "[\"input\"]")
        .replace("{ node = \"a\", delay = 1 }", "[{ node = \"a\", delay = 1 }]");
    let list = list
        .replace("from = \"b\"", "from = [\"b\"]")
        .replace("\"tau_m\"", "[\"tau_m\"]")
        .replace("\"triangle\"", "[\"triangle\"]");
    fs::write(place.join("list.toml"), format!("{job}{list}")).unwrap();
    let [a, b] = ["one.toml", "list.toml"]
        .map(|file| json(place, &["train", file, "--epochs", "1", "--json"])["fingerprint"].clone());
    assert_eq!(a, b);
}

#[test]
fn shells_and_readers_of_manuals_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(ok(place, &["completions", shell]).contains("simulate"), "{shell}");
    }
    ok(place, &["man", "pages", "--quiet"]);
    let pages = names_in(&place.join("pages"));
    assert!(
        pages.contains(&"rheobase.1".into()) && pages.contains(&"rheobase-simulate.1".into()),
        "{pages:?}"
    );
}

#[test]
fn what_is_not_a_result_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    let said = run_in(place, &["train", "job.toml", "--out", "a"]).err;
    assert_eq!(said.lines().filter(|l| l.starts_with("epoch ")).count(), 3, "{said}");
    let quiet = run_in(place, &["--quiet", "train", "job.toml", "--out", "b"]);
    assert!(
        quiet.err.is_empty() && quiet.out.contains("test accuracy") && !quiet.out.contains("Try next"),
        "{}",
        quiet.err
    );
    let coloured = run_in(place, &["models", "lyf", "--color", "always"]).err;
    assert!(coloured.contains("\u{1b}[31m"), "{coloured:?}");
    assert!(!run_in(place, &["models", "lyf"]).err.contains('\u{1b}'));
}

#[test]
fn old_names_of_options_still_work() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    ok(place, &["simulate", "lif", "--neurons", "5", "--input", "noise:1.2,3", "-o", "s.npz"]);
    let run = |args: &str| ok(place, &args.split(' ').collect::<Vec<_>>());
    for (old, new) in [
        ("plot correlogram s.npz -o - --scale rate", "plot correlogram s.npz -o - --normalise rate"),
        ("plot raster s.npz -o - --rate", "plot raster s.npz -o - --with-rate"),
        (
            "analyse s.npz --measure isi --refractoriness 0.004",
            "analyze s.npz --measure isi --lvr-constant 4ms",
        ),
        (
            "phase adex --plot - --start v=-50 --colour never",
            "phase adex --plot - --initial v=-0.05V --color never",
        ),
    ] {
        assert_eq!(run(old), run(new), "{old}");
    }
    task(place);
    run("train job.toml --out a --quiet");
    run("train job.toml -o b --quiet");
    assert!(run("compare a b -o -").starts_with("<svg") && run("compare a b --plot -").starts_with("<svg"));
}

#[test]
fn every_table_is_csv_and_json_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    ok(place, &["simulate", "lif", "--neurons", "5", "--input", "noise:1.2,3", "-o", "s.npz"]);
    let trained = ok(place, &["train", "job.toml", "-o", "run", "--quiet", "--csv"]);
    assert!(trained.starts_with("name,value\n") && trained.contains("\naccuracy,"), "{trained}");
    for (args, head) in [
        ("models", "name,class,"),
        ("models lif", "name,default,"),
        ("settings", "table,of,key,meaning,value"),
        ("settings optimise", "table,of,key,meaning,value"),
        ("settings --defaults", "name,value"),
        ("models --surrogates", "name,parameters,"),
        ("simulate lif", "name,value"),
        ("curve lif --points 3", "input,simulated,closed_form"),
        ("phase adex", "input,beyond_threshold,stability,"),
        ("inspect run", "name,"),
        ("inspect s.npz", "train,first,last,spikes"),
        ("analyse s.npz", "train,spikes,"),
        ("eval run", "name,value"),
        ("compare run", "folder,epochs,"),
        ("to-rates run -o rates --force", "layer,error,"),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let csv = ok(place, &[&args[..], &["--csv", "--quiet"]].concat());
        assert!(csv.starts_with(head) && csv.lines().count() > 1, "{args:?}: {csv}");
        let columns = |line: &str| line.split('"').step_by(2).map(|s| s.matches(',').count()).sum::<usize>();
        assert!(
            csv.lines().all(|line| columns(line) == columns(&csv)
                || columns(line) == columns(csv.lines().next().unwrap_or(""))),
            "{args:?}: {csv}"
        );
        json(place, &[&args[..], &["--json", "--quiet"]].concat());
        let both = run_in(place, &[&args[..], &["--json", "--csv"]].concat());
        assert_eq!(both.code, Some(2), "{args:?}");
    }
}

#[test]
fn ranges_and_inputs_have_units_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    ok(
        place,
        &["simulate", "lif", "--neurons", "5", "--input", "noise:1.2,3", "--probe", "v", "-o", "s.npz"],
    );
    let run = |args: &str| ok(place, &args.split(' ').collect::<Vec<_>>());
    for (units, plain) in [
        ("analyse s.npz --from 100ms --to 0.4s", "analyse s.npz --from 0.1 --to 0.4"),
        ("plot traces s.npz --from 100ms --to 0.4s -o -", "plot traces s.npz --from 0.1 --to 0.4 -o -"),
        (
            "analyse s.npz --measure psth --at 300ms,0.6s --around -100ms..200ms --bin 10ms",
            "analyse s.npz --measure psth --at 0.3,0.6 --around -0.1..0.2 --bin 0.01",
        ),
        (
            "analyse s.npz --measure victor-purpura --cost 0.02kHz",
            "analyse s.npz --measure victor-purpura --cost 20",
        ),
        (
            "analyse s.npz --measure bursts --bursts begin=100ms,within=0.2s",
            "analyse s.npz --measure bursts --bursts begin=0.1,within=0.2",
        ),
        ("phase adex --input 0,0.8nA --json", "phase adex --input 0,800 --json"),
        ("phase adex --x v=-80mV..-0.04V --json", "phase adex --x v=-80..-40 --json"),
    ] {
        assert_eq!(run(units), run(plain), "{units}");
    }
    for (args, says) in [
        ("analyse s.npz --from 1mV", "--from = 1 mV: is in s"),
        ("analyse s.npz --start 1mV", "--start = 1 mV: is in s"),
        ("analyse s.npz --measure psth --at 0.3 --around 1mV..2mV", "--around = 1 mV: is in s"),
        ("analyse s.npz --cost 3ms", "--cost = 3 ms: is in Hz"),
        ("analyse s.npz --bursts spikes=3ms", "--bursts spikes=3ms: must be a whole number"),
        ("phase adex --input 3ms", "--input = 3 ms: is in pA"),
        ("phase adex --x v=1ms..2ms", "axis of v = 1 ms: is in mV"),
    ] {
        let ran = run_in(place, &args.split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(2) && ran.err.contains(says), "{args}: {}", ran.err);
    }
}

#[test]
fn a_test_after_every_epoch_is_a_curve() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    for (seed, out) in [("0", "runs/a"), ("1", "runs/b")] {
        ok(
            place,
            &["train", "job.toml", "--seed", seed, "--epochs", "4", "--set", "train.test_every=2", "-o", out],
        );
    }
    ok(place, &["train", "job.toml", "--epochs", "4", "-o", "plain"]);
    let metrics = fs::read_to_string(place.join("runs/a/metrics.csv")).unwrap();
    let lines: Vec<&str> = metrics.lines().collect();
    assert!(lines[0].ends_with("test_loss,test_accuracy") && lines[1].ends_with(",,"), "{metrics}");
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(place.join("runs/a/report.json")).unwrap()).unwrap();
    // The last epoch's test is that of the report; testing changes nothing of what is learned.
    assert_eq!(report["history"][3]["test_accuracy"], report["test"]["accuracy"]);
    assert!(report["history"][2]["test_accuracy"].is_null());
    let plain: serde_json::Value =
        serde_json::from_slice(&fs::read(place.join("plain/report.json")).unwrap()).unwrap();
    assert_eq!(report["fingerprint"], plain["fingerprint"]);
    let one = ok(place, &["plot", "learning", "runs/a", "--log", "-o", "-"]);
    let both = ok(place, &["plot", "learning", "runs", "-o", "-"]);
    assert!(one.contains(">test<") && one.contains(">training<"), "{one}");
    assert!(both.contains(">test<") && both.contains("Mean and range over 2 seeds"), "{both}");
    ok(place, &["plot", "learning", "runs/a/metrics.csv", "-o", "x.svg"]);
    ok(place, &["plot", "learning", "runs/a/report.json", "-o", "x.svg"]);
    ok(place, &["report", "runs/a"]);
    ok(place, &["train", "--resume", "-o", "runs/a", "--epochs", "5", "--set", "train.test_every=1"]);
    let metrics = fs::read_to_string(place.join("runs/a/metrics.csv")).unwrap();
    assert!(!metrics.lines().last().unwrap().ends_with(",,"), "{metrics}");
}

#[test]
fn trains_go_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let spikes = "unit,time_ms\nleft,10\nright,20\nleft,30\nmiddle,40\nright,55\nmiddle,70\n";
    fs::write(place.join("s.csv"), spikes).unwrap();
    let run = |args: &str| ok(place, &args.split(' ').collect::<Vec<_>>());
    for (named, numbered) in [
        ("plot raster s.csv -o - --group a=left,b=middle", "plot raster s.csv -o - --group a=0,b=1"),
        ("plot raster s.csv -o - --only right,left", "plot raster s.csv -o - --only 2,0"),
        ("analyse s.csv -m correlogram --pair left,right", "analyse s.csv -m correlogram --pair 0,2"),
    ] {
        assert_eq!(run(named), run(numbered), "{named}");
    }
    // A number is the train of that name where there is one.
    fs::write(place.join("ids.csv"), "neuron,time_ms\n1,10\n2,20\n2,30\n5,40\n5,50\n5,60\n").unwrap();
    for (train, spikes) in [("0", "1 spike<"), ("1", "1 spike<"), ("2", "2 spikes<"), ("5", "3 spikes<")] {
        let drawn = run(&format!("plot raster ids.csv -o - --only {train}"));
        assert!(drawn.contains(spikes), "{train}: {drawn}");
    }
    let grouped = run("plot raster s.csv -o - --sort rate --with-rate --group a=left,b=middle");
    assert!(
        grouped.contains("a: 1 neuron, bins of ") && grouped.contains("b: mean of 2 neurons"),
        "{grouped}"
    );
    let ran = run_in(place, &["plot", "raster", "s.csv", "-o", "-", "--only", "lift"]);
    assert!(
        ran.err.contains("--only: there is no train lift; trains are 0 to 2, or left to right"),
        "{}",
        ran.err
    );
}

#[test]
fn a_run_of_neurons_that_do_the_same_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let same = ok(place, &["simulate", "lif", "-n", "40", "--plot", "-"]);
    assert!(
        same.contains("traces of 6 of 40 neurons") && same.contains("neurons 0 to 5: all the same"),
        "{same}"
    );
    let apart = ok(
        place,
        &[
            "simulate",
            "lif",
            "-n",
            "40",
            "--input",
            "noise:1.2,3",
            "--plot",
            "-",
            "--sort",
            "rate",
            "--with-rate",
        ],
    );
    assert!(!apart.contains("all the same") && apart.contains(">neuron 5<"), "{apart}");
    assert!(apart.contains("neuron, by rate") && apart.contains("mean of 40 neurons"), "{apart}");
}

#[test]
fn a_page_of_a_sweep_has_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    task(place);
    ok(place, &["sweep", "job.toml", "--set", "train.batch=8,16", "--seeds", "2", "--quiet", "-o", "sweep"]);
    let told = ok(place, &["report", "sweep"]);
    assert!(told.contains("1 of 1 files"), "{told}");
    let page = fs::read_to_string(place.join("sweep/report.html")).unwrap();
    assert!(page.contains("<h2>Runs</h2>") && page.contains("batch = 16"), "{page}");
    assert!(page.contains("mean ± standard deviation") && page.contains("<h2>Learning</h2>"));
}
