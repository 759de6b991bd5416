//! Pictures of the command: what is written on them, and options that a picture does not read.

use std::fs;
use std::path::Path;

use crate::{ok, run_in};

/// Three kinds of leaves, by name.
fn leaves(place: &Path) {
    let mut csv = String::from("length,width,kind\n");
    for i in 0..60 {
        let (kind, length, width) = [("ash", 1, 6), ("elm", 4, 1), ("oak", 7, 7)][i % 3];
        csv += &format!("{length}.{},{width}.{},{kind}\n", i % 7, i % 5);
    }
    fs::write(place.join("leaves.csv"), csv).unwrap();
    let job = "[data]\nsteps = 5\n[data.source.csv]\ntrain = \"leaves.csv\"\n[train]\nepochs = 2\nbatch = 8\n\
               [[network.node]]\nname = \"a\"\nlinear = { outputs = 3 }\n\
               [[network.node]]\nname = \"b\"\nneurons = { model = \"leaky_integrator\" }\n";
    fs::write(place.join("leaves.toml"), job).unwrap();
}

#[test]
fn classes_go_by_their_names_and_runs_say_where_pictures_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    leaves(place);
    let listed = ok(place, &["inspect", "leaves.csv"]);
    assert!(
        listed.contains("60 of values in the shape [2]") && listed.contains("3: ash, elm, oak"),
        "{listed}"
    );
    ok(place, &["train", "leaves.toml", "--seed", "3", "-o", "run"]);
    let classes = ok(place, &["predict", "run", "leaves.csv"]);
    assert_eq!(classes, ok(place, &["predict", "run", "--data", "leaves.csv"]));
    ok(place, &["eval", "run", "leaves.csv", "--label", "kind"]);
    assert_eq!(run_in(place, &["eval", "run", "leaves.csv", "--data", "leaves.csv"]).code, Some(2));
    let confusion = ok(place, &["plot", "confusion", "run", "-o", "-"]);
    for name in ["ash", "elm", "oak"] {
        assert_eq!(confusion.matches(&format!(">{name}<")).count(), 2, "{name}: {confusion}");
    }
    for kind in ["confusion", "learning", "weights"] {
        let svg = ok(place, &["plot", kind, "run", "-o", "-"]);
        for said in ["data = run", &format!("picture = {kind}"), "seed = 3", "train.epochs = 2", "leaves.csv"]
        {
            assert!(svg.contains(said), "{kind}: {said}");
        }
    }
    fs::remove_file(place.join("run/checkpoint.safetensors")).unwrap();
    let numbered = ok(place, &["plot", "confusion", "run", "-o", "-"]);
    assert!(numbered.contains(">2<") && !numbered.contains(">oak<"), "{numbered}");
}

#[test]
fn samples_have_no_neurons_that_do_not_exist() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let run =
        ["simulate", "lif", "--neurons", "5", "--batch", "4", "--input", "noise:1.1,2", "-o", "batch.npz"];
    ok(place, &run);
    let svg = ok(place, &["plot", "raster", "batch.npz", "-o", "-"]);
    let labels = |text: &str| svg.matches(&format!(">{text}<")).count();
    assert_eq!((labels("0"), labels("2")), (4, 4), "{svg}");
    assert_eq!(labels("5") + labels("15") + labels("19"), 0, "{svg}");
    assert_eq!(labels("sample 3"), 1);
}

#[test]
fn a_peak_lies_within_its_bin_and_some_of_the_trains_are_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let rows: String = (0..110).map(|i| format!("{i},0.5\n{i},1.045\n{i},1.9\n")).collect();
    fs::write(place.join("s.csv"), format!("neuron,time\n{rows}")).unwrap();
    let args = ["analyse", "s.csv", "-m", "psth", "--at", "1", "--around", "-0.1..0.1", "--bin", "0.02"];
    let text = ok(place, &args);
    assert!(
        text.contains("highest rate 50 Hz, 0.04 to 0.06 s after the stimulus; 1 stimuli, 110 trains"),
        "{text}"
    );
    let svg = ok(place, &["plot", "correlogram", "s.csv", "-o", "-"]);
    assert!(svg.contains("100 of 110 trains, each with itself"), "{svg}");
}

#[test]
fn options_that_a_picture_does_not_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    ok(
        place,
        &["simulate", "lif", "--neurons", "4", "--input", "noise:1.1,2", "--probe", "v", "-o", "s.npz"],
    );
    for (args, says) in [
        (
            "rates s.npz --group a=0,b=2",
            "--group: `plot rates` does not read it; it is for `plot raster`; leave it away",
        ),
        ("isi s.npz --sort rate", "--sort: `plot isi`"),
        ("isi s.npz --with-rate", "--with-rate: `plot isi`"),
        ("raster s.npz --overlay", "--overlay: `plot raster` does not read it; it is for `plot traces`"),
        ("isi s.npz --log", "it is for `plot learning`"),
        ("raster s.npz --map 2,2", "it is for `plot weights`"),
        ("raster s.npz --normalise rate", "it is for `plot correlogram`"),
        ("raster s.npz --distance isi", "it is for `plot distances`"),
        ("isi s.npz --at 0.1", "it is for `plot psth`"),
        ("raster s.npz --bin 0.1", "it is for `plot rates`, `plot isi`, `plot correlogram`, `plot psth`"),
        ("isi s.npz --refractory 0.1", "it is for `rheobase analyse`"),
        ("fi curve.csv --only 1", "--only: `plot fi`"),
    ] {
        let ran = run_in(place, &format!("plot {args} -o x.svg").split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(2) && ran.err.contains(says), "{args}: {}", ran.err);
        assert!(!place.join("x.svg").exists());
    }
    for (args, says) in [
        (
            "--refractory 3ms",
            "note: --refractory changes nothing here: it is for --measure violations, and what is measured is rate, isi, fano, synchrony",
        ),
        ("-m rate --at 0.1", "--at changes nothing here: it is for --measure psth"),
        (
            "-m rate,isi --pair 0,1",
            "--pair changes nothing here: it is for --measure correlogram, and what is measured is rate, isi",
        ),
        (
            "-m isi --bin 0.1",
            "--bin changes nothing here: it is for --measure fano, population, psth, synchrony, correlogram, correlation",
        ),
    ] {
        let ran = run_in(place, &format!("analyse s.npz {args}").split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(0) && ran.err.contains(says), "{args}: {}", ran.err);
    }
    for picture in ["raster s.npz", "traces s.npz:v", "rates s.npz", "isi s.npz"] {
        let svg = ok(place, &format!("plot {picture} -o -").split(' ').collect::<Vec<_>>());
        for said in ["model = lif", "params.tau_m = 0.02", "seed = 0", "dt = 0.001"] {
            assert!(svg.contains(said), "{picture}: {said}");
        }
        assert_eq!(svg.matches("program = ").count(), 1, "{picture}");
    }
    let smooth = |more: &str| {
        ok(place, &format!("plot rates s.npz --tau 20ms {more}-o -").split(' ').collect::<Vec<_>>())
    };
    assert_eq!(smooth(""), smooth("--kernel gauss "), "a width alone smooths as the usual kernel does");
    assert!(smooth("").contains("kernel gauss, tau 0.02 s"), "{}", smooth(""));
    for args in [
        "raster s.npz --sort rate --group a=0,b=2 --with-rate --only 0,2,3",
        "traces s.npz:v --only 1,2 --overlay",
        "rates s.npz --kernel gauss --tau 20ms --step 5ms",
        "correlogram s.npz --pair 0,1 --bin 2ms --max-lag 50ms --normalise coefficient",
        "distances s.npz --distance victor-purpura --cost 10",
    ] {
        ok(place, &format!("plot {args} -o -").split(' ').collect::<Vec<_>>());
    }
}
