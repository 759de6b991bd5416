//! Tests of convolutions: numbers, forms, gradients, counts, bad settings.

use proptest::prelude::*;
use rheobase_models::lanes::Level;

use super::*;
use crate::network::SampleInput;
use crate::network::describe::WeightStart;
use crate::network::op::testing::{
    as_events, backward, backward_in, context, forward, forward_in, reaching, signal,
};
use crate::network::{Counts, Feed, Network, Parameters, Program, Raw, Tape, TileInput, lower};
use rheobase_base::random::Stream;

fn spec(outputs: usize, kernel: &[usize]) -> describe::Conv {
    describe::Conv {
        outputs,
        kernel: kernel.to_vec(),
        stride: vec![1],
        padding: vec![0],
        dilation: vec![1],
        groups: 1,
        bias: true,
        start: WeightStart::default(),
    }
}

fn conv(spec: &describe::Conv, input: &[usize], weights: &[f32]) -> Conv {
    let mut conv = Conv::new("c", spec, input).unwrap();
    let (shape, _) = Conv::weight_shape("c", spec, input).unwrap();
    assert_eq!(shape.iter().product::<usize>(), weights.len());
    conv.refresh(&[weights]).unwrap();
    conv
}

fn draw(name: &str, len: usize) -> Vec<f32> {
    let stream = Stream::new(5, "test", name);
    (0..len).map(|i| stream.normal(0, 0, i as u32) as f32).collect()
}

/// The definition, in double precision: `[sample, output]`.
fn defined(spec: &describe::Conv, input: [usize; 3], weights: &[f32], bias: &[f32], x: &[f32]) -> Vec<f64> {
    let at = |list: &[usize], axis: usize| if list.len() == 2 { list[axis] } else { list[0] };
    let size = |axis: usize| {
        let reach = at(&spec.dilation, axis) * (at(&spec.kernel, axis) - 1) + 1;
        (input[axis + 1] + 2 * at(&spec.padding, axis) - reach) / at(&spec.stride, axis) + 1
    };
    let (inputs, outputs) = (input[0] / spec.groups, spec.outputs / spec.groups);
    let mut all = Vec::new();
    for x in x.chunks_exact(input.iter().product()) {
        for o in 0..spec.outputs {
            for (row, column) in (0..size(0)).flat_map(|r| (0..size(1)).map(move |c| (r, c))) {
                let mut sum = f64::from(bias[o]);
                for c in 0..inputs {
                    for i in 0..at(&spec.kernel, 0) {
                        for j in 0..at(&spec.kernel, 1) {
                            let y = row * at(&spec.stride, 0) + i * at(&spec.dilation, 0);
                            let z = column * at(&spec.stride, 1) + j * at(&spec.dilation, 1);
                            let (up, left) = (at(&spec.padding, 0), at(&spec.padding, 1));
                            if y < up || z < left || y - up >= input[1] || z - left >= input[2] {
                                continue;
                            }
                            let channel = o / outputs * inputs + c;
                            let v = x[(channel * input[1] + y - up) * input[2] + z - left];
                            let w = weights
                                [((o * inputs + c) * at(&spec.kernel, 0) + i) * at(&spec.kernel, 1) + j];
                            sum += f64::from(v) * f64::from(w);
                        }
                    }
                }
                all.push(sum);
            }
        }
    }
    all
}

#[test]
fn small_numbers_are_those_of_pytorch() {
    // torch.nn.functional.conv1d([[[1, 2, 3, 4]]], [[[1, 10]]], [0.5]): 1·1 + 10·2 + 0.5 …
    let c = conv(&spec(1, &[2]), &[1, 4], &[1.0, 10.0]);
    let x = signal(1, &[1.0, 2.0, 3.0, 4.0]);
    let (weights, bias) = ([1.0, 10.0], [0.5]);
    assert_eq!(forward(&c, &[&weights, &bias], &x).values, [21.5, 32.5, 43.5]);
    // stride 2, padding 1, dilation 2: places (−1, 1), (1, 3).
    let wide = describe::Conv { stride: vec![2], padding: vec![1], dilation: vec![2], ..spec(1, &[2]) };
    let c = conv(&wide, &[1, 4], &weights);
    assert_eq!(forward(&c, &[&weights, &bias], &x).values, [20.5, 42.5]);
    // conv2d of two channels in two groups: each output sees its own channel.
    let grouped = describe::Conv { groups: 2, ..spec(2, &[2, 1]) };
    let weights = [1.0, 2.0, 3.0, 4.0];
    let c = conv(&grouped, &[2, 2, 2], &weights);
    let x = signal(1, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    assert_eq!(forward(&c, &[&weights], &x).values, [7.0, 10.0, 43.0, 50.0]);
    assert_eq!(Conv::weight_shape("c", &grouped, &[2, 2, 2]).unwrap(), (vec![2, 1, 2, 1], 2));
}

#[test]
fn operations_are_counted_at_borders() {
    // 3 × 3 with padding 1: a corner is seen by 4 windows, an edge by 6, the middle by 9.
    let same = describe::Conv { padding: vec![1], ..spec(5, &[3]) };
    let c = conv(&same, &[1, 3, 3], &[0.0; 45]);
    let seen = |c: &Conv, width: usize, i: usize| {
        let mut x = vec![0.0; width];
        x[i] = 2.0;
        let x = signal(1, &x);
        assert_eq!(
            c.synaptic_operations(&[&x], &|_| true),
            c.synaptic_operations(&[&as_events(&x)], &|_| true)
        );
        c.synaptic_operations(&[&x], &|_| true)
    };
    let counts: Vec<u64> = (0..9).map(|i| seen(&c, 9, i)).collect();
    assert_eq!(counts, [20, 30, 20, 30, 45, 30, 20, 30, 20]);
    // Stride 2 over 4 places with 2 taps and padding 0: each place is seen once. With 3 taps the last is never seen.
    let strided =
        |kernel| conv(&describe::Conv { stride: vec![2], ..spec(1, &[kernel]) }, &[1, 4], &vec![0.0; kernel]);
    assert_eq!((0..4).map(|i| seen(&strided(2), 4, i)).collect::<Vec<_>>(), [1, 1, 1, 1]);
    assert_eq!((0..4).map(|i| seen(&strided(3), 4, i)).collect::<Vec<_>>(), [1, 1, 1, 0]);
    // Groups: targets are the outputs of the group only.
    let grouped = conv(&describe::Conv { groups: 2, ..spec(6, &[1]) }, &[2, 3], &[0.0; 6]);
    assert_eq!(seen(&grouped, 6, 4), 3);
}

#[test]
fn bad_settings_say_what_to_do() {
    let base = spec(4, &[3]);
    let bad = [
        (
            describe::Conv { groups: 3, ..base.clone() },
            "c.groups = 3: must divide the 4 channels of the input",
        ),
        (describe::Conv { groups: 4, outputs: 6, ..base.clone() }, "c.groups = 4: must divide the 6 outputs"),
        (describe::Conv { groups: 0, ..base.clone() }, "c.groups = 0: must be at least 1"),
        (describe::Conv { outputs: 0, ..base.clone() }, "c.outputs = 0: must be at least 1"),
        (describe::Conv { stride: vec![0], ..base.clone() }, "c.stride = 0: must be at least 1"),
        (describe::Conv { dilation: vec![1, 0], ..base.clone() }, "c.dilation[1] = 0: must be at least 1"),
        (
            describe::Conv { padding: vec![1, 1, 1], ..base.clone() },
            "c.padding = [1, 1, 1]: must have one number",
        ),
        (
            describe::Conv { dilation: vec![4], ..base.clone() },
            "c.kernel = 3: reaches over 9 places (dilation 4), but axis 0 of the input has only 8 (padding 0)",
        ),
        (describe::Conv { dilation: vec![usize::MAX], ..base.clone() }, "must be less than 2^31"),
        (
            describe::Conv { outputs: 1 << 28, ..base.clone() },
            "c.outputs = 268435456: gives 2^31 weights or more",
        ),
        (describe::Conv { outputs: usize::MAX, ..base.clone() }, "gives 2^31 weights or more"),
    ];
    for (spec, text) in bad {
        let error = Conv::shape("c", &spec, &[4, 8, 8]).unwrap_err();
        assert_eq!(Conv::new("c", &spec, &[4, 8, 8]).unwrap_err(), error);
        assert!(error.to_string().contains(text), "{error}");
    }
    let error = Conv::shape("c", &base, &[64]).unwrap_err().to_string();
    assert!(error.contains("[C, L] or [C, H, W]"), "{error}");
}

/// dL/d input as it is defined: places add what the windows that see them have, outputs in ascending index.
fn plain_errors(spec: &describe::Conv, input: [usize; 3], c: &Conv, weights: &[f32], up: &[f32]) -> Vec<f32> {
    let (w, inputs, outputs) = (&c.windows, input[0] / spec.groups, spec.outputs / spec.groups);
    let (height, width) = (w.rows.kernel, w.columns.kernel);
    let of_feature = |i: usize, up: &[f32]| {
        let (channel, y, x) = (i / w.places(), i % w.places() / w.columns.input, i % w.columns.input);
        let mut sum = 0.0f32;
        for o in channel / inputs * outputs..(channel / inputs + 1) * outputs {
            for (row, column) in (0..w.rows.outputs).flat_map(|r| (0..w.columns.outputs).map(move |c| (r, c)))
            {
                let tap = |axis: &Axis, window: usize, place: usize| {
                    (0..axis.kernel).find(|k| axis.place(window, *k) == Some(place))
                };
                if let (Some(i), Some(j)) = (tap(&w.rows, row, y), tap(&w.columns, column, x)) {
                    let weight = weights[((o * inputs + channel % inputs) * height + i) * width + j];
                    sum += up[(o * w.rows.outputs + row) * w.columns.outputs + column] * weight;
                }
            }
        }
        sum
    };
    up.chunks_exact(c.width())
        .flat_map(|up| (0..w.channels * w.places()).map(move |i| of_feature(i, up)))
        .collect()
}

/// Inputs and errors, the latest first.
type Steps = Vec<(Signal, Vec<f32>)>;

fn gathered(at: &Context<'_>, conv: &Conv, steps: &Steps) -> Vec<Vec<f32>> {
    let mut raw = vec![vec![0.0; conv.weights.len()], vec![0.0; conv.outputs]];
    let seen: Vec<StepError<'_>> = steps.iter().map(|(input, error)| StepError { input, error }).collect();
    conv.gather(at, &seen, &mut raw);
    conv.finish_gradients(raw)
}

#[test]
fn gradients_are_central_differences() {
    let spec = describe::Conv {
        stride: vec![2, 1],
        padding: vec![1, 0],
        dilation: vec![1, 2],
        groups: 2,
        ..spec(4, &[3, 2])
    };
    let shape = [2, 4, 5];
    let (weights, bias) = (draw("w", 24), draw("b", 4));
    let c = conv(&spec, &shape, &weights);
    let (x, second) = (draw("x", 80), draw("second", 80));
    let width = c.width();
    let (up, later) = (draw("up", 2 * width), draw("later", 2 * width));
    let loss = |w: &[f32], b: &[f32], x: &[f32]| {
        let of = |x: &[f32], up: &[f32]| -> f64 {
            defined(&spec, shape, w, b, x).iter().zip(up).map(|(y, u)| y * f64::from(*u)).sum()
        };
        of(x, &up) + of(&second, &later)
    };
    // The loss is linear in each of its arguments, so a wide difference is exact.
    let slope = |i: usize, values: &[f32], f: &dyn Fn(&[f32]) -> f64| {
        let (mut more, mut less) = (values.to_vec(), values.to_vec());
        (more[i], less[i]) = (more[i] + 1.0, less[i] - 1.0);
        (f(&more) - f(&less)) / f64::from(more[i] - less[i])
    };
    let close = |a: f32, b: f64| assert!((f64::from(a) - b).abs() < 2e-5, "{a} {b}");
    let gradient = backward(&c, &[&weights, &bias], &signal(2, &x), &up);
    for (i, g) in gradient.iter().enumerate() {
        close(*g, slope(i, &x, &|x| loss(&weights, &bias, x)));
    }
    let steps = vec![(as_events(&signal(2, &second)), later.clone()), (signal(2, &x), up.clone())];
    let raw = gathered(&context(), &c, &steps);
    for (i, g) in raw[0].iter().enumerate() {
        close(*g, slope(i, &weights, &|w| loss(w, &bias, &x)));
    }
    for (i, g) in raw[1].iter().enumerate() {
        close(*g, slope(i, &bias, &|b| loss(&weights, b, &x)));
    }
}

#[test]
fn parameters_of_another_length_are_refused() {
    let mut c = conv(&spec(2, &[3]), &[1, 7], &[1.0; 6]);
    let error = c.refresh(&[&[0.0; 5]]).unwrap_err().to_string();
    assert_eq!(error, "c.weight: shape [5], but 6 numbers are needed");
    assert!(c.refresh(&[&[0.0; 6], &[0.0; 3]]).unwrap_err().to_string().contains("c.bias: shape [3]"));
}

/// A program of most operators, and the loss of a run: a weighted sum of what it gives.
fn program() -> Program {
    let network: Network = serde_json::from_str(
        r#"{"input": [2, 6, 6], "node": [
            {"name": "a", "conv": {"outputs": 4, "kernel": [3], "padding": [1], "groups": 2}},
            {"name": "b", "tanh": {}},
            {"name": "c", "pool": {"of": "average", "kernel": [2]}},
            {"name": "d", "conv": {"outputs": 3, "kernel": [2], "dilation": [2]}},
            {"name": "e", "sigmoid": {}},
            {"name": "f", "scale": {"factor": -2.0}},
            {"name": "g", "flatten": {}},
            {"name": "h", "dropout": {"probability": 0.2}},
            {"name": "i", "linear": {"outputs": 2}}]}"#,
    )
    .unwrap();
    lower(&network, 1).unwrap()
}

const STEPS: usize = 3;

/// The loss and, if asked for, the gradients of the parameters.
fn run(program: &Program, samples: &[SampleInput], back: bool) -> (f64, Vec<Vec<f32>>, Counts) {
    let at = Context { training: true, taping: back, sample_ids: &[3, 9], ..context() };
    let mut state = program.start(samples.len());
    let (mut tape, mut counts) = (Tape::default(), Counts::default());
    let weight = |t: usize, i: usize| 1.0 + t as f32 - 0.5 * i as f32;
    let mut loss = 0.0;
    let input = TileInput { samples, lengths: None, width: 72, wanted: false };
    let see = |t: usize, signals: &[Signal]| {
        let last = &signals[signals.len() - 1].values;
        loss += last.iter().enumerate().map(|(i, y)| f64::from(*y) * f64::from(weight(t, i))).sum::<f64>();
    };
    program.run(&at, &mut state, input.steps(0..STEPS), &mut tape, &mut counts, see).unwrap();
    if !back {
        return (loss, Vec::new(), counts);
    }
    let mut adjoint = program.end(&state, Raw::new());
    let wanted = |t: usize, _: usize, gradient: &mut [f32]| {
        gradient.iter_mut().enumerate().for_each(|(i, g)| *g += weight(t, i));
    };
    program.back(&at, &mut tape, &mut adjoint, &[9], wanted, |_, _| {}).unwrap();
    (loss, program.finish_gradients(adjoint.raw), counts)
}

#[test]
fn gradients_through_a_network_are_central_differences() {
    let mut program = program();
    let stream = Stream::new(2, "input", "");
    let of = |s: u64| {
        let spike = |i: u32| f32::from(stream.uniform(s, 0, i) < 0.1);
        SampleInput::Dense { features: 72, values: (0..72 * STEPS as u32).map(spike).collect() }
    };
    let samples = [of(0), of(1)];
    let (_, gradients, counts) = run(&program, &samples, true);
    assert_eq!(run(&program, &samples, false).2, counts);
    assert!(counts.operations[0] > 0 && counts.operations[3] > 0, "{counts:?}");
    for (n, gradient) in gradients.iter().enumerate() {
        assert!(gradient.iter().any(|g| *g != 0.0));
        for (i, g) in gradient.iter().enumerate().step_by(5) {
            let mut at = |h: f32| {
                let shift = |p: &mut Program, by: f32| {
                    let change = |p: &mut Parameters| {
                        p.tensors[n].values[i] += by;
                        Ok(())
                    };
                    p.update(change).unwrap();
                };
                shift(&mut program, h);
                let loss = run(&program, &samples, false).0;
                shift(&mut program, -h);
                loss
            };
            let slope = (at(0.02) - at(-0.02)) / 0.04;
            let name = &program.parameters().tensors[n].name;
            assert!((slope - f64::from(*g)).abs() < 3e-3, "{name}[{i}]: {g}, {slope}");
        }
    }
}

/// Shapes, settings, values and activity of a random convolution.
#[derive(Debug, Clone)]
struct Case {
    spec: describe::Conv,
    input: [usize; 3],
    samples: usize,
    active: f64,
    counts: bool,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    // Windows that slide by one place most often; lines that fill no register, and several.
    let one_most = |most: usize| prop_oneof![3 => Just(1usize), 1 => 1..most];
    let axis = |most: usize| (1..most, 1usize..6, one_most(4), 0usize..3, one_most(3));
    // Channels of a group that fill no register, one, and more.
    let inputs = prop::sample::select(vec![1usize, 2, 3, 8, 9, 17]);
    let channels = (inputs, 1usize..20, 1usize..4);
    let rest = (1usize..4, prop::sample::select(vec![0.0, 0.05, 0.5, 1.0]), any::<bool>(), any::<u64>());
    (axis(9), axis(24), channels, rest).prop_filter_map("kernel fits", |(a, b, (c, o, groups), rest)| {
        let spec = describe::Conv {
            stride: vec![a.2, b.2],
            padding: vec![a.3, b.3],
            dilation: vec![a.4, b.4],
            groups,
            ..spec(o * groups, &[a.1, b.1])
        };
        let input = [c * groups, a.0, b.0];
        Conv::shape("c", &spec, &input).ok()?;
        let (samples, active, counts, seed) = rest;
        Some(Case { spec, input, samples, active, counts, seed })
    })
}

impl Case {
    fn values(&self) -> Vec<f32> {
        let stream = Stream::new(self.seed, "x", "");
        let one = |i: u32| {
            let value = match self.counts {
                true => (stream.uniform(1, 0, i) * 5.0).floor() - 1.0,
                false => stream.normal(1, 0, i),
            };
            if stream.uniform(0, 0, i) < self.active { value as f32 } else { 0.0 }
        };
        (0..self.samples as u32 * self.input.iter().product::<usize>() as u32).map(one).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]
    #[test]
    fn forms_and_levels_give_the_same_bits(case in cases()) {
        let shape = case.input;
        let mut c = Conv::new("c", &case.spec, &shape).unwrap();
        let weights = draw("w", c.weights.len());
        let bias = draw("b", case.spec.outputs);
        c.refresh(&[&weights]).unwrap();
        let x = case.values();
        let dense = signal(case.samples, &x);
        let sparse = as_events(&dense);
        let bits = |s: &[f32]| s.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let plain = forward(&c, &[&weights, &bias], &dense);
        for (y, want) in plain.values.iter().zip(defined(&case.spec, shape, &weights, &bias, &x)) {
            prop_assert!((f64::from(*y) - want).abs() < 1e-4, "{} {}", y, want);
        }
        let operations = c.synaptic_operations(&[&dense], &|_| true);
        prop_assert_eq!(operations, c.synaptic_operations(&[&sparse], &|_| true));
        let up = draw("up", plain.values.len());
        let some = reaching(dense.clone(), |s, i| (s + i * 7) % 3 == 0);
        let gradient = backward(&c, &[&weights, &bias], &dense, &up);
        // Few errors are spread, many gathered.
        let few: Vec<f32> = up.iter().enumerate().map(|(i, e)| if i % 5 == 0 { *e } else { 0.0 }).collect();
        let of_few = plain_errors(&case.spec, shape, &c, &weights, &few);
        prop_assert_eq!(bits(&gradient), bits(&plain_errors(&case.spec, shape, &c, &weights, &up)));
        let history = |s: &Signal| vec![(s.clone(), draw("later", up.len())), (s.clone(), up.clone())];
        let weight_gradient = gathered(&context(), &c, &history(&dense));
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
            let at = Context { level, ..context() };
            for form in [&dense, &sparse] {
                prop_assert_eq!(
                    bits(&forward_in(&at, &c, &[&weights, &bias], form).values),
                    bits(&plain.values)
                );
                let found = gathered(&at, &c, &history(form));
                prop_assert_eq!(bits(&found[0]), bits(&weight_gradient[0]));
                prop_assert_eq!(bits(&found[1]), bits(&weight_gradient[1]));
            }
            prop_assert_eq!(bits(&backward_in(&at, &c, &[&weights, &bias], &sparse, &up)), bits(&gradient));
            prop_assert_eq!(bits(&backward_in(&at, &c, &[&weights, &bias], &dense, &few)), bits(&of_few));
            let part = backward_in(&at, &c, &[&weights, &bias], &some, &up);
            for (i, (a, b)) in part.iter().zip(&gradient).enumerate() {
                let wanted = some.reach.at(i / some.width, i % some.width, some.width);
                prop_assert_eq!(a.to_bits(), if wanted { b.to_bits() } else { 0 });
            }
        }
    }
}

#[test]
fn few_errors_spread_over_usual_kernels_have_the_bits_of_the_plain_loop() {
    // Kernels that are unrolled: squares of 3 and 5 taps over channels that fill registers, and a line of 3 taps further apart.
    let cases: [(&[usize], &[usize], usize); 4] =
        [(&[3], &[16, 7, 9], 1), (&[5], &[12, 11, 8], 1), (&[3], &[40, 30], 2), (&[5, 3], &[16, 9, 8], 1)];
    for (kernel, input, dilation) in cases {
        let spec = describe::Conv { dilation: vec![dilation], bias: false, ..spec(6, kernel) };
        let (shape, _) = Conv::weight_shape("c", &spec, input).unwrap();
        let c = conv(&spec, input, &draw("weights", shape.iter().product()));
        let places = input.iter().product::<usize>();
        let mut upstream = draw("errors", 2 * c.width());
        upstream.iter_mut().enumerate().filter(|(i, _)| i % 5 > 0).for_each(|(_, e)| *e = 0.0);
        let back = |level: Level| {
            let mut gradient = draw("gradient", 2 * places);
            let reach = &Reach::Everywhere;
            let job = ToInputs { conv: &c, reach, upstream: &upstream, gradient: &mut gradient };
            f32::dispatch_wide(level, job);
            gradient.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
        };
        let want = back(Level::Scalar);
        assert_ne!(want, draw("gradient", 2 * places).into_iter().map(f32::to_bits).collect::<Vec<u32>>());
        for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
            assert!(back(level) == want, "{level:?} {kernel:?} {input:?}");
        }
    }
}
