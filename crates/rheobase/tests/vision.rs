//! Spiking vision as nodes of a network: the same as over first spikes, in event and dense form, however many samples.

use rheobase::encode::{SampleInput, SpikeRows};
use rheobase::models::lanes::Level;
use rheobase::network::{Context, Counts, Feed, Network, Program, Tape, TileInput, lower};
use rheobase::random::Stream;
use rheobase::vision::{
    Inhibition, Padding, Pooling, feature_inhibition_first, first_spikes, k_winners_first, pad_first, to_wave,
};

const SHAPE: [usize; 3] = [4, 6, 5];
const WIDTH: usize = 120;
const STEPS: usize = 7;

/// First spikes whose values differ by more than the published score can confuse.
fn sample(number: u32) -> SpikeRows {
    let stream = Stream::new(5, "test", "vision");
    let draw = |i: usize| stream.quad(0, number, i as u32);
    let (mut offsets, mut index, mut value) = (vec![0u32], Vec::new(), Vec::new());
    for step in 0..STEPS {
        for i in (0..WIDTH).filter(|i| draw(*i)[0] as usize % (STEPS + 2) == step) {
            index.push(i as u32);
            value.push((draw(i)[1] % 5 + 1) as f32);
        }
        offsets.push(index.len() as u32);
    }
    SpikeRows::new(offsets, index, value, WIDTH).expect("sorted")
}

fn program(nodes: &str) -> Program {
    let network: Network = toml_network(nodes);
    lower(&network, 0).expect("a network")
}

fn toml_network(nodes: &str) -> Network {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.toml");
    let nodes: String =
        nodes.lines().enumerate().map(|(n, kind)| format!("[[node]]\nname = \"n{n}\"\n{kind}\n")).collect();
    std::fs::write(&path, format!("input = {SHAPE:?}\n{nodes}")).expect("written");
    Network::read(&path).expect("read")
}

/// What the last node sends, sample by sample, `[time, feature]`.
fn run(program: &Program, inputs: &[SampleInput]) -> Vec<Vec<f32>> {
    let ids: Vec<u64> = (0..inputs.len() as u64).collect();
    let context =
        Context { step: 0, sample_ids: &ids, epoch: 0, training: false, taping: false, level: Level::best() };
    let input = TileInput { samples: inputs, lengths: None, width: WIDTH, wanted: false };
    let (mut state, mut tape) = (program.start(inputs.len()), Tape::default());
    let mut sent = vec![Vec::new(); inputs.len()];
    let see = |_: usize, signals: &[rheobase::network::Signal]| {
        let (last, mut buffer) = (signals.last().expect("a node"), Vec::new());
        let values = last.dense(&mut buffer);
        for (sample, sent) in sent.iter_mut().enumerate() {
            sent.extend_from_slice(&values[sample * last.width..(sample + 1) * last.width]);
        }
    };
    program
        .run(&context, &mut state, input.steps(0..STEPS), &mut tape, &mut Counts::default(), see)
        .expect("runs");
    sent
}

/// Runs nodes on the cumulative waves of three samples, together and alone, as values and as events, and compares with the
/// cumulative wave of what `want` makes of the first spikes.
fn compare(nodes: &str, shape: [usize; 3], want: impl Fn(&SpikeRows) -> SpikeRows) {
    let program = program(nodes);
    let samples: Vec<SpikeRows> = (0..3).map(sample).collect();
    let wave = |first: &SpikeRows, shape| {
        let mut wave = Vec::new();
        to_wave(first, shape, &mut wave).expect("fits");
        wave
    };
    let dense: Vec<SampleInput> =
        samples.iter().map(|s| SampleInput::Dense { features: WIDTH, values: wave(s, SHAPE) }).collect();
    let events: Vec<SampleInput> = dense.iter().map(as_events).collect();
    let wanted: Vec<Vec<f32>> = samples.iter().map(|s| wave(&want(s), shape)).collect();
    assert_eq!(run(&program, &dense), wanted, "{nodes}");
    assert_eq!(run(&program, &events), wanted, "{nodes}");
    assert_eq!(run(&program, &dense[1..2]), wanted[1..2], "{nodes}");
}

fn as_events(input: &SampleInput) -> SampleInput {
    let (mut offsets, mut index, mut value) = (vec![0u32], Vec::new(), Vec::new());
    for row in input.to_dense(STEPS, WIDTH).chunks(WIDTH) {
        for (i, v) in row.iter().enumerate().filter(|(_, v)| **v != 0.0) {
            index.push(i as u32);
            value.push(*v);
        }
        offsets.push(index.len() as u32);
    }
    SampleInput::Spikes(SpikeRows::new(offsets, index, value, WIDTH).expect("sorted"))
}

fn made(f: impl FnOnce(&mut SpikeRows) -> rheobase::Result<()>) -> SpikeRows {
    let mut out = SpikeRows::default();
    f(&mut out).expect("fits");
    out
}

#[test]
fn nodes_do_what_the_functions_do() {
    let inhibited = |radius| move |s: &SpikeRows| made(|out| Inhibition::new(SHAPE, radius)?.first(s, out));
    compare("pointwise_inhibition = {}", SHAPE, inhibited(0));
    compare("lateral_inhibition = { radius = 0 }", SHAPE, inhibited(0));
    compare("lateral_inhibition = { radius = 2 }", SHAPE, inhibited(2));
    compare("feature_inhibition = { features = [0, 2] }", SHAPE, |s| {
        made(|out| feature_inhibition_first(s, SHAPE, &[0, 2], out))
    });
    let padding = Padding { left: 1, right: 2, top: 0, bottom: 3 };
    let padded = padding.shape(SHAPE).expect("small");
    compare("pad = { left = 1, right = 2, bottom = 3 }", padded, |s| {
        made(|out| pad_first(s, SHAPE, padding, out))
    });
    compare("cumulate = {}", SHAPE, Clone::clone);
}

#[test]
fn winners_are_those_of_the_whole_wave() {
    for (k, radius) in [(1, 0), (3, 1), (4, 0), (9, 2)] {
        compare(&format!("k_winners = {{ k = {k}, radius = {radius} }}"), SHAPE, |s| {
            let winners = k_winners_first(s, SHAPE, k, radius).expect("fits");
            let won = |i: usize| winners.contains(&[i / 30, i / 5 % 6, i % 5]);
            let mut wave = Vec::new();
            to_wave(s, SHAPE, &mut wave).expect("fits");
            wave.iter_mut().enumerate().filter(|(at, _)| !won(at % WIDTH)).for_each(|(_, x)| *x = 0.0);
            made(|out| first_spikes(&wave, SHAPE, out))
        });
    }
}

#[test]
fn a_layer_fires_once_is_inhibited_and_pooled() {
    let fired = |s: &SpikeRows| {
        let mut wave = Vec::new();
        to_wave(s, SHAPE, &mut wave).expect("fits");
        let once = made(|out| rheobase::vision::fire_first(&wave, SHAPE, Some(2.0), out));
        let ones = vec![1.0; once.len()];
        SpikeRows::new(once.offsets().to_vec(), once.index().to_vec(), ones, WIDTH).expect("sorted")
    };
    compare("fire = { threshold = 2.0 }\ncumulate = {}", SHAPE, fired);
    compare("fire = { threshold = 2.0, again = true }", SHAPE, fired);
    let pool = Pooling::max(SHAPE, [2, 3], Some([2, 2]), [0, 1]).expect("fits");
    let nodes = "fire = { threshold = 2.0, again = true }\npointwise_inhibition = {}\n\
                 pool = { of = \"max\", kernel = [2, 3], stride = [2], padding = [0, 1] }";
    compare(nodes, pool.pooled(), |s| {
        let kept = made(|out| Inhibition::new(SHAPE, 0)?.first(&fired(s), out));
        made(|out| pool.first(&kept, out))
    });
}

#[test]
fn nodes_that_do_not_fit_say_why() {
    for (node, words) in [
        ("k_winners = { k = 0 }", "n0.k = 0: must be at least 1"),
        ("feature_inhibition = { features = [4] }", "n0.features[0] = 4: must be below 4"),
        ("fire = { threshold = 1e300 }", "n0.threshold = inf: must be finite"),
        ("flatten = {}\npointwise_inhibition = {}", "n1.input: shape [120], but [feature, row, column]"),
        ("pool = { of = \"max\", kernel = [7] }", "n0.kernel = 7: reaches over 7 places"),
        ("pad = { left = 2000000000 }", "2^31"),
    ] {
        let Err(error) = lower(&toml_network(node), 0) else { panic!("{node} fits") };
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// A convolution that fires once, and the three nodes that it is: the same spikes, whether inputs come once or go on.
#[test]
fn a_first_spike_convolution_is_a_convolution_that_fires_once() {
    let settings = "outputs = 5, kernel = [3, 2], padding = [1, 0], stride = [1, 2]";
    let fused = format!("first_spike_conv = {{ {settings}, threshold = 3.0 }}");
    let apart =
        format!("cumulate = {{}}\nconv = {{ {settings}, bias = false }}\nfire = {{ threshold = 3.0 }}");
    let stream = Stream::new(3, "test", "weights");
    // Eighths add up exactly in any order.
    let weights: Vec<f32> =
        (0..5 * 4 * 6).map(|i| (stream.quad(0, 0, i)[0] % 17) as f32 / 8.0 - 0.5).collect();
    let inputs: Vec<SampleInput> = (0..3).map(|n| SampleInput::Spikes(sample(n))).collect();
    let waves = (0..3).map(|n| {
        let mut wave = Vec::new();
        to_wave(&sample(n), SHAPE, &mut wave).expect("a wave");
        SampleInput::Dense { features: WIDTH, values: wave }
    });
    let waves: Vec<SampleInput> = waves.collect();
    let sent = |nodes: &str, tensor: &str, inputs: &[SampleInput]| {
        let mut program = program(nodes);
        program.update(|parameters| parameters.set(tensor, &weights)).expect("weights");
        run(&program, inputs)
    };
    let want = sent(&apart, "n1.weight", &inputs);
    assert!(want.iter().flatten().filter(|x| **x == 1.0).count() > 100);
    assert_eq!(sent(&fused, "n0.weight", &inputs), want);
    assert_eq!(sent(&fused, "n0.weight", &waves), want);
}
