use rheobase_models::lanes::Level;

use super::*;
use crate::network::operator::StepError;
use crate::network::signal::{Reach, Signal};
use rheobase_base::random::Stream;

/// Samples, inputs, outputs: below, at and beyond what the kernels take at once.
const SIZES: [[usize; 3]; 11] = [
    [1, 1, 1],
    [3, 5, 20],
    [4, 64, 16],
    [5, 65, 7],
    [16, 70, 130],
    [17, 31, 257],
    [2, 130, 272],
    [9, 33, 144],
    [4, 70, 10],
    [3, 600, 13],
    [5, 44, 2],
];

/// Numbers around 0, of which a share is 0; where the name says so, those that are not 0 are spikes.
fn draw(name: &str, len: usize, zeros: f64) -> Vec<f32> {
    let stream = Stream::new(7, "kernels", name);
    let other = |i: u32| if name == "spikes" { 1.0 } else { stream.uniform(1, 0, i) as f32 - 0.5 };
    let number = |i: u32| if stream.uniform(0, 0, i) < zeros { 0.0 } else { other(i) };
    (0..len as u32).map(number).collect()
}

fn signal([samples, inputs, _]: [usize; 3], name: &str, events: bool) -> Signal {
    let values = draw(name, samples * inputs, 0.7);
    let mut signal = Signal { samples, width: inputs, values, ..Signal::default() };
    if events {
        signal.find_events();
        signal.values.clear();
    }
    signal
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

fn levels() -> impl Iterator<Item = Level> {
    Level::ALL.into_iter().filter(|l| l.is_available())
}

#[test]
fn outputs_add_their_inputs_in_order() {
    for (size @ [samples, inputs, outputs], name) in SIZES.into_iter().flat_map(|s| [(s, "x"), (s, "spikes")])
    {
        let (weights, bias) = (draw("w", inputs * outputs, 0.0), draw("b", outputs, 0.0));
        let x = draw(name, samples * inputs, 0.7);
        let mut want = vec![0.0f32; samples * outputs];
        for (at, sum) in want.iter_mut().enumerate() {
            let (s, o) = (at / outputs, at % outputs);
            for i in 0..inputs {
                *sum += x[s * inputs + i] * weights[i * outputs + o];
            }
            *sum += bias[o];
        }
        for (level, events) in levels().flat_map(|l| [(l, false), (l, true)]) {
            let input = &signal(size, name, events);
            let mut out = vec![f32::NAN; samples * outputs];
            forward(level, Product { weights: &weights, bias: Some(&bias), input, outputs, out: &mut out });
            assert_eq!(bits(&out), bits(&want), "{level:?} {size:?} events: {events}");
        }
    }
}

#[test]
fn errors_of_inputs_are_sums_in_sixteen_lanes_where_they_are_wanted() {
    for size @ [samples, inputs, outputs] in SIZES {
        let (weights, errors) = (draw("w", inputs * outputs, 0.0), draw("e", samples * outputs, 0.0));
        let dot = |i: usize, s: usize| {
            let mut lanes = [0.0f32; 16];
            for o in 0..outputs {
                lanes[o % 16] += weights[i * outputs + o] * errors[s * outputs + o];
            }
            for half in [8, 4, 2, 1] {
                for l in 0..half {
                    lanes[l] += lanes[l + half];
                }
            }
            lanes[0]
        };
        let words = inputs.div_ceil(64);
        let stream = Stream::new(8, "kernels", "reach");
        for share in [0.0, 0.2, 0.9] {
            let mut set = vec![0u64; samples * words];
            for (s, i) in (0..samples).flat_map(|s| (0..inputs).map(move |i| (s, i))) {
                let on = stream.uniform(0, s as u32, i as u32) < share;
                set[s * words + i / 64] |= u64::from(on) << (i % 64);
            }
            for reach in [Reach::Nowhere, Reach::Everywhere, Reach::Bits(set)] {
                let start = draw("g", samples * inputs, 0.0);
                let mut want = start.clone();
                for (s, i) in (0..samples).flat_map(|s| (0..inputs).map(move |i| (s, i))) {
                    if reach.at(s, i, inputs) {
                        want[s * inputs + i] += dot(i, s);
                    }
                }
                for level in levels() {
                    let mut found = start.clone();
                    let turned = by_inputs(level, &weights, outputs);
                    backward(level, (&weights, || &turned[..]), outputs, &reach, &errors, &mut found);
                    assert_eq!(bits(&found), bits(&want), "{level:?} {size:?} {share}");
                    if outputs <= FEW {
                        let turned: Vec<f32> = (0..outputs)
                            .flat_map(|o| weights.iter().skip(o).step_by(outputs))
                            .copied()
                            .collect();
                        let mut found = start.clone();
                        backward_few(level, &turned, outputs, &reach, &errors, &mut found);
                        assert_eq!(bits(&found), bits(&want), "few, {level:?} {size:?} {share}");
                    }
                }
            }
        }
    }
}

#[test]
fn weights_gather_step_by_step_and_sample_by_sample() {
    let names = [["first", "second", "third"], ["spikes"; 3]];
    for (size @ [samples, inputs, outputs], names) in SIZES.into_iter().flat_map(|s| names.map(|n| (s, n))) {
        let errors = names.map(|name| draw(&format!("{name} errors"), samples * outputs, 0.0));
        let start = draw("g", inputs * outputs, 0.0);
        let mut want = start.clone();
        for (name, error) in names.iter().zip(&errors) {
            let x = draw(name, samples * inputs, 0.7);
            for s in 0..samples {
                for (at, sum) in want.iter_mut().enumerate() {
                    *sum += x[s * inputs + at / outputs] * error[s * outputs + at % outputs];
                }
            }
        }
        // All as events, none, some: and with a pause in between.
        for (level, form) in levels().flat_map(|l| [(l, 0b111), (l, 0), (l, 0b010)]) {
            let inputs_seen: Vec<Signal> =
                (0..3).map(|k| signal(size, names[k], form >> k & 1 == 1)).collect();
            let seen: Vec<StepError<'_>> =
                inputs_seen.iter().zip(&errors).map(|(input, error)| StepError { input, error }).collect();
            let mut found = start.clone();
            gather(level, &seen[..2], inputs, outputs, &mut found);
            gather(level, &seen[2..], inputs, outputs, &mut found);
            assert_eq!(bits(&found), bits(&want), "{level:?} {size:?} {form:b}");
        }
    }
}

#[test]
fn weights_gather_tile_by_tile() {
    let names = ["first", "second", "third"];
    for size @ [samples, inputs, outputs] in SIZES {
        let errors = names.map(|name| draw(&format!("{name} errors"), samples * outputs, 0.0));
        let start = draw("g", inputs * outputs, 0.0);
        let mut want = start.clone();
        for (name, error) in names.iter().zip(&errors) {
            let x = draw(name, samples * inputs, 0.7);
            for (at, sum) in want.iter_mut().enumerate() {
                let mut part = 0.0;
                for s in 0..samples {
                    part += x[s * inputs + at / outputs] * error[s * outputs + at % outputs];
                }
                *sum += part;
            }
        }
        for (level, form) in levels().flat_map(|l| [(l, 0b111), (l, 0), (l, 0b010)]) {
            let inputs_seen: Vec<Signal> =
                (0..3).map(|k| signal(size, names[k], form >> k & 1 == 1)).collect();
            let tiles: Vec<StepError<'_>> =
                inputs_seen.iter().zip(&errors).map(|(input, error)| StepError { input, error }).collect();
            let mut found = start.clone();
            gather_tiles(level, &tiles, inputs, outputs, &mut found);
            assert_eq!(bits(&found), bits(&want), "{level:?} {size:?} {form:b}");
        }
    }
}
