//! Rates, events and filters against what nengo-extras 0.5.0 computed.

mod helpers;

use helpers::{Arrays, read, traces};
use rheobase::analyse::{Kernel, lowpass_filter, rates_isi, rates_kernel, spikes2events};

/// |a - b| <= 1e-9 max(|b|, S), with S the largest magnitude of that neuron in `want`; `neuron` tells whose an element is.
fn compare(what: &str, got: &[f64], want: &[f64], neuron: impl Fn(usize) -> usize) {
    assert_eq!(got.len(), want.len(), "{what}");
    let neurons = (0..want.len()).map(&neuron).max().map_or(0, |n| n + 1);
    let mut scale = vec![0.0_f64; neurons];
    for (i, b) in want.iter().enumerate() {
        scale[neuron(i)] = scale[neuron(i)].max(b.abs());
    }
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        let allowed = 1e-9 * b.abs().max(scale[neuron(i)]);
        assert!((a - b).abs() <= allowed, "{what}, element {i}: {a}, reference {b}");
    }
}

fn check_rates(name: &str, trace: &Arrays) -> usize {
    let t = &trace["t"].1;
    let (shape, spikes) = &trace["spikes"];
    let (samples, neurons) = (shape[0], shape[1]);
    let transposed: Vec<f64> =
        (0..spikes.len()).map(|i| spikes[(i % samples) * neurons + i / samples]).collect();
    let events = spikes2events(t, &transposed, neurons).unwrap();
    let counts: Vec<f64> = events.iter().map(|e| e.len() as f64).collect();
    assert_eq!(counts, trace["n_events"].1, "{name}");
    assert_eq!(events.concat(), trace["events_concat"].1, "{name}");
    let mut compared = 0;
    for (key, (_, want)) in trace {
        let parts: Vec<&str> = key.split('_').collect();
        let got = match parts[..] {
            ["isi", mid, kind] => rates_isi(t, spikes, neurons, mid == "mid1", kind.parse().unwrap()),
            ["kernel", kind, tau] => {
                rates_kernel(t, spikes, neurons, kind.parse().unwrap(), tau.parse().unwrap())
            }
            _ => continue,
        };
        compare(&format!("{name} {key}"), &got.unwrap(), want, |i| i % neurons);
        compared += 1;
    }
    compared
}

#[test]
fn all_reference_traces_agree() {
    let Some(folder) = traces() else {
        eprintln!(
            "NOT CHECKED: no reference traces; put them into conformance/traces or set RHEOBASE_SHARED to the folder \
             that holds reference/traces"
        );
        return;
    };
    let mut compared = 0;
    for name in ["dup", "edge", "lifsim", "poisson", "regular"] {
        compared += check_rates(name, &read(&folder.join(format!("nengox_rates_{name}.npz"))));
    }
    let filters = read(&folder.join("nengox_lowpass_filter.npz"));
    let (shape, x) = &filters["x"];
    for (key, (_, want)) in filters.iter().filter(|(key, _)| *key != "x") {
        let (kind, tau) = key.split_once('_').unwrap();
        let kernel: Kernel = kind.parse().unwrap();
        let got = lowpass_filter(x, shape[0], shape[1], tau.parse().unwrap(), kernel).unwrap();
        compare(key, &got, want, |i| i / shape[1]);
        compared += 1;
    }
    // 15 arrays in `dup`, 16 in `edge` and `poisson`, 18 with the cubic kind, 9 of the filters.
    assert_eq!(compared, 15 + 16 + 18 + 16 + 18 + 9);
}
