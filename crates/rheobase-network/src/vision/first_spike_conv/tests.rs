//! Tests of the fused convolution: the same spikes as a convolution that fires once; bad input.

use proptest::prelude::*;

use rheobase_models::lanes::Level;

use super::*;
use crate::plasticity::Connection;
use crate::vision::Inhibition;
use rheobase_base::random::Stream;

/// Spikes and potentials by the definition: all sums, step by step, in ascending input.
fn defined(
    connection: &Connection,
    weights: &[f32],
    thresholds: &[f32],
    input: &SpikeRows,
) -> Vec<Vec<(u32, f32)>> {
    let mut acts = vec![0.0f32; connection.inputs()];
    let mut fired = vec![false; connection.outputs()];
    let step = |step| {
        let (index, value) = input.step(step);
        for (i, v) in index.iter().zip(value).filter(|(i, _)| acts[**i as usize] == 0.0).collect::<Vec<_>>() {
            acts[*i as usize] = *v;
        }
        let mut now = Vec::new();
        for (output, fired) in fired.iter_mut().enumerate().filter(|(_, fired)| !**fired) {
            let mut sum = 0.0;
            connection.inputs_of(output, |w, i| sum += i.map_or(0.0, |i| acts[i]) * weights[w]);
            if sum > thresholds[connection.feature_of(output)] {
                *fired = true;
                now.push((output as u32, sum));
            }
        }
        now
    };
    (0..input.steps()).map(step).collect()
}

/// Spikes at random, some inputs more than once.
fn spikes(seed: u64, steps: usize, inputs: usize, quarters: bool) -> SpikeRows {
    let stream = Stream::new(seed, "spikes", "test");
    let (mut offsets, mut index, mut value) = (vec![0u32], Vec::new(), Vec::new());
    for step in 0..steps {
        for i in 0..inputs {
            let draw = stream.quad(step as u64, 0, i as u32);
            if draw[0].is_multiple_of(4) {
                index.push(i as u32);
                value.push(if quarters { (draw[1] % 8 + 1) as f32 / 4.0 } else { 1.0 });
            }
        }
        offsets.push(index.len() as u32);
    }
    SpikeRows::new(offsets, index, value, inputs).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn it_is_a_convolution_that_fires_once(
        (outputs, groups, channels, side, kernel, stride, padding, dilation, steps, seed) in
            (1usize..20, 1usize..3, 1usize..3, 3usize..9, 1usize..4, 1usize..3, 0usize..2, 1usize..3, 1usize..5, any::<u64>())
    ) {
        let (outputs, channels) = (outputs * groups, channels * groups);
        let (kernel, stride, padding, dilation) = ([kernel, 1.max(kernel - 1)], [stride], [padding], [dilation]);
        let kernels = Kernels { outputs, kernel: &kernel, stride: &stride, padding: &padding, dilation: &dilation, groups };
        let shape = [channels, side, side + 1];
        let Ok(connection) = Connection::convolution("c", kernels, &shape) else { return Ok(()) };
        // Eighths add up exactly in any order, so that spikes and potentials have to be equal.
        let stream = Stream::new(seed, "weights", "test");
        let weights: Vec<f32> = (0..connection.len())
            .map(|i| (stream.quad(0, 0, i as u32)[0] % 17) as f32 / 8.0 - 0.5).collect();
        let thresholds: Vec<f32> = (0..outputs).map(|f| (f % 5) as f32 / 2.0).collect();
        let input = spikes(seed, steps, connection.inputs(), true);
        let mut conv = FirstSpikeConv::new(kernels, &shape).unwrap();
        conv.set_weights(&weights).unwrap();
        conv.set_thresholds(&thresholds).unwrap();
        let (mut potentials, mut out) = (Potentials::default(), SpikeRows::default());
        let want = defined(&connection, &weights, &thresholds, &input);
        let (mut inhibited, mut left) = (SpikeRows::default(), SpikeRows::default());
        conv.first(&input, &mut potentials, &mut out).unwrap();
        Inhibition::new(conv.output_shape(), 0).unwrap().first(&out, &mut inhibited).unwrap();
        conv.first_inhibited(&input, &mut potentials, &mut left).unwrap();
        prop_assert_eq!(&left, &inhibited);
        // Twice: the buffers of a sample leave nothing behind.
        for _ in 0..2 {
            conv.first(&input, &mut potentials, &mut out).unwrap();
            for (step, want) in want.iter().enumerate() {
                let (index, value) = out.step(step);
                let got: Vec<(u32, f32)> = index.iter().copied().zip(value.iter().copied()).collect();
                prop_assert_eq!(&got, want);
            }
        }
    }
}

#[test]
fn potentials_of_any_weights_agree_up_to_rounding() {
    let kernels = Kernels::new(30, &[5, 5]);
    let shape = [2, 28, 28];
    let connection = Connection::convolution("c", kernels, &shape).unwrap();
    let stream = Stream::new(3, "weights", "test");
    let weights: Vec<f32> =
        (0..connection.len()).map(|i| 0.8 + 0.05 * stream.normal(0, 0, i as u32) as f32).collect();
    let input = spikes(4, 6, connection.inputs(), false);
    let mut conv = FirstSpikeConv::new(kernels, &shape).unwrap();
    conv.set_weights(&weights).unwrap();
    conv.set_thresholds(&[15.0; 30]).unwrap();
    let (mut potentials, mut out) = (Potentials::default(), SpikeRows::default());
    conv.first(&input, &mut potentials, &mut out).unwrap();
    let want = defined(&connection, &weights, &[15.0; 30], &input);
    assert!(out.len() > 10_000, "{} spikes", out.len());
    for (step, want) in want.iter().enumerate() {
        let (index, value) = out.step(step);
        assert!(index.iter().eq(want.iter().map(|(i, _)| i)), "other spikes in step {step}");
        // Fifty sums of single precision in another order.
        assert!(value.iter().zip(want).all(|(got, (_, want))| (got - want).abs() <= 1e-6 * want.abs()));
    }
}

#[test]
fn levels_give_the_same_bits_and_features_can_be_set_alone() {
    let kernels = Kernels::new(17, &[3]);
    let shape = [3, 9];
    let weights: Vec<f32> = (0..17 * 9).map(|i| (i as f32 * 0.37).sin()).collect();
    let input = spikes(9, 5, 27, true);
    let run = |level, conv: &FirstSpikeConv| {
        let (mut sums, mut seen) = (vec![0.0; conv.sums()], vec![0.0; conv.inputs()]);
        let (mut scratch, mut fired) = (Scratch::default(), Vec::new());
        for step in 0..input.steps() {
            let (index, value) = input.step(step);
            let (sums, seen, scratch) = (&mut sums[..], &mut seen[..], &mut scratch);
            let one = Step::<false> { conv, index, value, sums, seen, scratch };
            one.run(level, |i, u| fired.push((step, i, u.to_bits())));
        }
        fired
    };
    let mut conv = FirstSpikeConv::new(kernels, &shape).unwrap();
    conv.set_weights(&weights).unwrap();
    conv.set_thresholds(&[0.7; 17]).unwrap();
    let scalar = run(Level::Scalar, &conv);
    assert!(scalar.len() > 20, "{} spikes", scalar.len());
    for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
        assert_eq!(run(level, &conv), scalar, "{level:?}");
    }
    let mut other = conv.clone();
    other.set_weights(&vec![0.0; weights.len()]).unwrap();
    assert!(run(Level::best(), &other).is_empty());
    other.set_features(&weights, &(0..17).collect::<Vec<u32>>()).unwrap();
    assert_eq!(run(Level::best(), &other), scalar);
}

#[test]
fn faults() {
    let new = |kernel: &[usize], input: &[usize]| FirstSpikeConv::new(Kernels::new(2, kernel), input);
    let error = new(&[5], &[1, 4, 9]).unwrap_err().to_string();
    assert!(error.contains("first_spike_conv.kernel = 5: reaches over 5 places"), "{error}");
    let mut conv = new(&[2], &[1, 3, 3]).unwrap();
    let error = conv.set_weights(&[0.5; 7]).unwrap_err().to_string();
    assert_eq!(error, "first_spike_conv.weights: shape [7], but 8 numbers are needed");
    let error = conv.set_weights(&[f32::NAN; 8]).unwrap_err().to_string();
    assert_eq!(error, "first_spike_conv.weights[0] = NaN: must be finite");
    let error = conv.set_thresholds(&[1.0, -1.0]).unwrap_err().to_string();
    assert!(error.contains("thresholds[1] = -1: must be at least 0"), "{error}");
    let error = conv.set_features(&[0.5; 8], &[2]).unwrap_err().to_string();
    assert!(error.contains("features[0] = 2: must be below 2"), "{error}");
    let spikes = SpikeRows::new(vec![0, 1], vec![9], vec![1.0], 10).unwrap();
    let error = conv.first(&spikes, &mut Potentials::default(), &mut SpikeRows::default()).unwrap_err();
    assert!(error.to_string().contains("index[0] = 9: must be below 9"), "{error}");
}
