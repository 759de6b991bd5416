//! A sequence is the same in parts, in any batch, on any threads, and with kept tapes.

use super::*;
use rheobase_network::network::{Layer, Layers, Part, Sum, from, linear, neurons};

const STEPS: usize = 300;
const BATCH: usize = 37;

/// Neurons that hear themselves, with a learned time constant, and a leaky read-out.
fn recurrent() -> Sequence {
    of_hidden(neurons("lif_subtract").learn("tau"))
}

fn of_hidden(hidden: Part) -> Sequence {
    of_neurons(hidden, neurons("leaky_integrator"))
}

fn of_neurons(hidden: Part, integrator: Part) -> Sequence {
    let layers = [
        Layer::new("in", "input", [linear(6)]),
        Layer::new("back", from("hidden").delay(1), [linear(6)]),
        Layer::new("hidden", Sum([from("in"), from("back")]), [hidden]),
        Layer::new("out", "hidden", [linear(2), integrator]),
    ];
    Sequence::new(&Layers::new(layers).output("out").input(&[5]).unwrap(), 3).unwrap()
}

/// Numbers from -1 to 1 of which one in `every` is not 0.
fn noise(n: usize, every: usize) -> Vec<f32> {
    let number = |i: usize| (i.wrapping_mul(2_654_435_761) >> 7) % 2001;
    (0..n)
        .map(|i| if number(i + 9).is_multiple_of(every) { number(i) as f32 / 500.0 - 1.0 } else { 0.0 })
        .collect()
}

fn ran(layer: &Sequence, x: &[f32], batch: usize, state: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let steps = x.len() / batch / 5;
    let (mut out, mut after) = (vec![0.0; steps * batch * 2], vec![0.0; batch * layer.state_width()]);
    layer.run(x, (steps, batch), state, &mut out, &mut after, None).unwrap();
    (out, after)
}

#[test]
fn a_sequence_in_two_parts_is_the_whole() {
    let layer = recurrent();
    for every in [1, 9] {
        let x = noise(STEPS * BATCH * 5, every);
        let (whole, end) = ran(&layer, &x, BATCH, &[]);
        assert!(whole.iter().any(|y| *y != 0.0));
        let (first, second) = x.split_at(111 * BATCH * 5);
        let (mut out, between) = ran(&layer, first, BATCH, &[]);
        let (rest, after) = ran(&layer, second, BATCH, &between);
        out.extend(rest);
        assert_eq!((&out, &after), (&whole, &end));

        let upstream = noise(whole.len(), 3);
        let of_end = noise(end.len(), 2);
        let back = |x: &[f32], state: &[f32], output: &[f32], after: &[f32]| {
            let upstream = Upstream { output: Some(output), state: Some(after) };
            layer.back(x, (x.len() / BATCH / 5, BATCH), state, &upstream, true, false).unwrap()
        };
        let all = back(&x, &[], &upstream, &of_end);
        let (early, late) = upstream.split_at(111 * BATCH * 2);
        let last = back(second, &between, late, &of_end);
        let start = back(first, &[], early, &last.state);
        let input: Vec<f32> = start.input.iter().chain(&last.input).copied().collect();
        assert_eq!(input, all.input);
        for (i, whole) in all.parameters.iter().enumerate() {
            for (j, whole) in whole.iter().enumerate() {
                let parts = start.parameters[i][j] + last.parameters[i][j];
                assert!((parts - whole).abs() <= 1e-4 * whole.abs() + 1e-3, "{i} {j}: {parts} {whole}");
            }
        }
        assert!(all.parameters.iter().all(|p| p.iter().any(|g| *g != 0.0)));
    }
}

#[test]
fn the_bits_of_a_sample_do_not_depend_on_its_batch_or_on_threads() {
    let layer = recurrent();
    let x = noise(40 * BATCH * 5, 4);
    let (all, _) = ran(&layer, &x, BATCH, &[]);
    for sample in [0, 15, 16, 36] {
        let mine: Vec<f32> = x.chunks(5).skip(sample).step_by(BATCH).flatten().copied().collect();
        let (alone, _) = ran(&layer, &mine, 1, &[]);
        let among: Vec<f32> = all.chunks(2).skip(sample).step_by(BATCH).flatten().copied().collect();
        assert_eq!(alone, among);
    }
    let upstream = Upstream { output: Some(&all), state: None };
    let back = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| layer.back(&x, (40, BATCH), &[], &upstream, true, false).unwrap())
    };
    assert_eq!(back(1), back(3));
}

#[test]
fn what_a_step_need_not_leave_changes_no_bit() {
    let x = noise(70 * BATCH * 5, 4);
    // With bounds and without.
    let surrogates =
        [("triangle", 0.5), ("boxcar", 0.3), ("spike_linear", 0.3), ("piecewise_quadratic", 2.0)];
    for (surrogate, parameter) in surrogates.into_iter().chain([("fast_sigmoid", 5.0), ("arctan", 2.0)]) {
        for (model, detach) in [("lif_subtract", false), ("lif_subtract", true), ("no_reset", false)] {
            let gradients = |learns: bool| {
                let hidden = neurons(model).surrogate(surrogate, &[parameter]);
                let hidden = if detach { hidden.detach_reset() } else { hidden };
                let integrator = neurons("leaky_integrator");
                // What coefficients are learned from is all of state and input.
                let layer = match learns {
                    true => of_neurons(hidden.learn("tau"), integrator.learn("gain")),
                    false => of_neurons(hidden, integrator),
                };
                let (out, _) = ran(&layer, &x, BATCH, &[]);
                let upstream = Upstream { output: Some(&out), state: None };
                let found = layer.back(&x, (70, BATCH), &[], &upstream, true, false).unwrap();
                let named = layer.parameters().tensors.iter().zip(found.parameters);
                let weights = named.filter(|(tensor, _)| tensor.name.ends_with("weight")).map(|(_, g)| g);
                weights.chain([found.input]).map(|g| g.iter().map(|x| x.to_bits()).collect()).collect()
            };
            let (all, little): (Vec<Vec<u32>>, Vec<Vec<u32>>) = (gradients(true), gradients(false));
            assert_eq!(all.len(), 4);
            assert!(all.iter().all(|g| g.iter().any(|bits| *bits != 0)), "{model} {surrogate}");
            assert_eq!(all, little, "{model} {surrogate} {detach}");
        }
    }
}

#[test]
fn kept_tapes_change_no_bit_and_are_used_once() {
    let mut layer = recurrent();
    let x = noise(40 * BATCH * 5, 4);
    let (out, after) = ran(&layer, &x, BATCH, &[]);
    // No tape, some, all.
    let states = [(&[][..], true), (&[], false), (&after, true), (&after, false)];
    let cases = states.into_iter().flat_map(|case| [0, 1, 20_000, usize::MAX].map(|bytes| (case, bytes)));
    for ((state, of_input), bytes) in cases {
        let upstream = Upstream { output: Some(&out), state: Some(&after) };
        let back =
            |layer: &Sequence, last| layer.back(&x, (40, BATCH), state, &upstream, of_input, last).unwrap();
        let again = back(&layer, false);
        let (mut twice, mut end) = (out.clone(), after.clone());
        let mut keep = |layer: &Sequence| {
            layer.run(&x, (40, BATCH), state, &mut twice, &mut end, Some(Keep { of_input, bytes })).unwrap();
        };
        keep(&layer);
        assert!(layer.kept.lock().unwrap().iter().all(Option::is_some));
        assert_eq!(back(&layer, true), again);
        assert!(layer.kept.lock().unwrap().is_empty());
        assert_eq!(back(&layer, true), again);
        // What was kept for other parameters is of no use.
        keep(&layer);
        let other: Vec<Vec<f32>> =
            layer.parameters().tensors.iter().map(|t| t.values.iter().map(|x| x * 0.9).collect()).collect();
        let before: Vec<Vec<f32>> = layer.parameters().tensors.iter().map(|t| t.values.clone()).collect();
        layer.set_parameters(&other.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        assert!(layer.kept.lock().unwrap().is_empty());
        layer.set_parameters(&before.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    }
}

#[test]
fn a_potential_alone_goes_back_as_state_and_input_do() {
    let x = noise(70 * BATCH * 5, 4);
    // Whoever learns a time constant needs the state and the input of each step.
    let mut found = [neurons("lif_subtract"), neurons("lif_subtract").learn("tau")].map(|hidden| {
        let layer = of_hidden(hidden.surrogate("triangle", &[0.5]));
        let (mut out, mut after) = (vec![0.0; 70 * BATCH * 2], vec![0.0; BATCH * layer.state_width()]);
        let keep = Keep { of_input: true, ..Keep::default() };
        layer.run(&x, (70, BATCH), &[], &mut out, &mut after, Some(keep)).unwrap();
        let upstream = Upstream { output: Some(&noise(out.len(), 2)), state: Some(&noise(after.len(), 2)) };
        let gradients = layer.back(&x, (70, BATCH), &[], &upstream, true, true).unwrap();
        let names = layer.parameters().tensors.iter().map(|t| t.name.clone());
        let of_weights: Vec<_> =
            names.zip(gradients.parameters).filter(|(name, _)| !name.ends_with("tau")).collect();
        (of_weights, gradients.input, out)
    });
    assert!(found[0].1.iter().any(|g| *g != 0.0));
    assert_eq!(found[0].0.len(), 6);
    let other = std::mem::take(&mut found[1]);
    assert_eq!(found[0], other);
}

#[test]
fn a_state_alone_has_a_gradient() {
    let layer = Sequence::new(
        &Layers::new([Layer::new("li", "input", [neurons("leaky_integrator")])])
            .output("li")
            .input(&[1])
            .unwrap(),
        0,
    )
    .unwrap();
    let ones = [1.0; 4];
    let upstream = Upstream { output: Some(&ones), state: None };
    let found = layer.back(&[0.0; 4], (4, 1), &[2.0], &upstream, false, false).unwrap();
    let (mut out, mut after) = ([0.0; 4], [0.0]);
    layer.run(&[0.0; 4], (4, 1), &[2.0], &mut out, &mut after, None).unwrap();
    assert!((found.state[0] - out.iter().sum::<f32>() / 2.0).abs() < 1e-5, "{found:?} {out:?}");
    assert!(found.input.is_empty() && out[0] > 0.0);
}

#[test]
fn what_does_not_fit_is_said() {
    let mut layer = recurrent();
    let (mut out, mut after) = (vec![0.0; 2], vec![0.0; layer.state_width()]);
    let mut run = |x: &[f32], state: &[f32]| {
        layer.run(x, (1, 1), state, &mut out, &mut after, None).unwrap_err().to_string()
    };
    assert!(run(&[0.0; 4], &[]).contains("5 are needed"));
    assert!(
        run(&[0.0, 0.0, f32::INFINITY, 0.0, 0.0], &[]).contains("input[0][0, 2] = inf"),
        "{}",
        run(&[0.0, 0.0, f32::INFINITY, 0.0, 0.0], &[])
    );
    assert!(run(&[0.0; 5], &[0.0]).contains("state"));
    assert!(layer.set_parameters(&[&[0.0]]).unwrap_err().to_string().contains("parameters"));
}
