//! `SlifCell` driven as the traces of ngc-learn's SLIFCell were: set `j`, reset, advance, read every compartment.

use std::path::{Path, PathBuf};

use rheobase::cells::{SlifCell, SlifOptions};
use rheobase::verify::{TraceFile, find_traces};

const COMPARTMENTS: [&str; 7] = ["j", "s", "tols", "v", "thr", "rfr", "surrogate"];

/// The traces: committed here, or in the folder that `RHEOBASE_SHARED` names.
fn traces() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("RHEOBASE_SHARED").map_or_else(|| here.join("../../shared"), PathBuf::from);
    let folders = [here.join("traces"), shared.join("reference/traces")];
    folders
        .into_iter()
        .map(|folder| find_traces(&[folder]).unwrap_or_default())
        .find(|files| !files.is_empty())
        .unwrap_or_default()
}

fn options(trace: &TraceFile) -> SlifOptions {
    let meta = &trace.meta;
    let default = SlifOptions::default();
    SlifOptions {
        tau_m: meta.number_or("tau_m", default.tau_m),
        resist_m: meta.number_or("resist_m", default.resist_m),
        thr: meta.number_or("thr", default.thr),
        resist_inh: meta.number_or("resist_inh", 0.0),
        thr_persist: meta.is_on("thr_persist"),
        thr_gain: meta.number_or("thr_gain", 0.0),
        thr_leak: meta.number_or("thr_leak", 0.0),
        rho_b: meta.number_or("rho_b", 0.0),
        refract_time: meta.number_or("refract_time", 0.0),
        sticky_spikes: meta.is_on("sticky_spikes"),
        thr_jitter: meta.number_or("thr_jitter", default.thr_jitter),
        batch_size: meta.number_or("batch_size", 1.0) as usize,
        keep_input: false,
        threshold0: Some(trace.array("threshold0").expect("thresholds")),
        inh_weights: Some(trace.array("inh_weights").expect("weights")),
        ..default
    }
}

/// Whether the trace's input was set before step `t`.
fn is_clamped(trace: &TraceFile, t: usize) -> bool {
    match trace.meta.text("clamp").unwrap_or("each") {
        "first" => t == 0,
        clamp => t.is_multiple_of(clamp.strip_prefix("every").and_then(|k| k.parse().ok()).unwrap_or(1)),
    }
}

fn follow(trace: &TraceFile) {
    let meta = &trace.meta;
    let shape = trace.shape("input").expect("a shape");
    let row = shape[1] * shape[2];
    let mut cell = SlifCell::new("z1", shape[2], options(trace)).expect("a cell");
    let input = trace.array("input").expect("input");
    let times = trace.array("t").expect("times");
    let resets = meta.steps("reset_before_step");
    let want = COMPARTMENTS.map(|n| trace.array(&format!("post_{n}")).expect("a compartment"));
    for (t, time) in times.iter().enumerate() {
        let now = t * row..(t + 1) * row;
        if resets.contains(&t) {
            cell.reset();
        }
        if is_clamped(trace, t) {
            let x: Vec<f32> = input[now.clone()].iter().map(|x| *x as f32).collect();
            cell.set("j", &x).expect("input");
        }
        cell.advance(*time, meta.number_or("dt", 1.0)).expect("a step");
        for (name, want) in COMPARTMENTS.iter().zip(&want) {
            for (a, b) in cell.get(name).expect("a compartment").iter().zip(&want[now.clone()]) {
                let near = (f64::from(*a) - b).abs() <= 1e-4 * b.abs().max(1.0);
                assert!(near, "{}: {name} at step {t}: {a} {b}", meta.name);
            }
        }
    }
}

#[test]
fn every_compartment_follows_the_published_cell() {
    let mut count = 0;
    for file in traces() {
        let trace = TraceFile::read(&file).expect("a trace");
        if trace.meta.target.contains("SLIFCell") {
            follow(&trace);
            count += 1;
        }
    }
    if count == 0 {
        eprintln!("NOT TESTED: the reference traces are absent; set RHEOBASE_SHARED");
    }
    println!("{count} traces followed");
}
