//! Tests of programs: counts, what an earlier run left, operators of one's own.

use super::*;
use crate::network::{Layer, Layers, SampleInput, Stack, TileInput, from, linear, lower};

#[test]
fn a_sample_that_has_ended_does_not_count_where_its_input_comes_later_either() {
    let late = Layer::new("late", Stack([from("input").delay(1)]), [linear(2)]);
    let program = lower(&Layers::new([late]).input(&[4]).unwrap(), 1).unwrap();
    let (samples, lengths) = ([(); 2].map(|()| SampleInput::Constant(vec![1.0; 4])), [3, 5]);
    let input = TileInput { samples: &samples, lengths: Some(&lengths), width: 4, wanted: false };
    let context = Context {
        step: 0,
        sample_ids: &[0, 1],
        epoch: 0,
        training: false,
        taping: false,
        level: Level::best(),
    };
    let (mut state, mut tape, mut counts) = (program.start(2), Tape::default(), Counts::default());
    program.run(&context, &mut state, input.steps(0..5), &mut tape, &mut counts, |_, _| {}).unwrap();
    // Nothing arrives at first; then 8 operations for both samples twice, and for the longer one twice.
    assert_eq!(counts.operations.iter().sum::<u64>(), 8 * (2 + 2 + 1 + 1));
}

#[test]
fn an_operator_of_ones_own_takes_the_place_of_another() {
    use crate::network::{Back, Sequential};

    /// What the one within it sends, times three.
    struct Thrice(Box<dyn Operator>);

    impl Operator for Thrice {
        fn refresh(&mut self, parameters: &[&[f32]]) -> Result<()> {
            self.0.refresh(parameters)
        }
        fn forward(
            &self,
            context: &Context<'_>,
            parameters: &[&[f32]],
            inputs: &[&Signal],
            memory: &mut Memory,
            out: &mut Signal,
        ) {
            self.0.forward(context, parameters, inputs, memory, out);
            out.values.iter_mut().for_each(|x| *x *= 3.0);
        }
        fn backward(&self, context: &Context<'_>, parameters: &[&[f32]], back: Back<'_>) {
            self.0.backward(context, parameters, back);
        }
    }

    let mut program = lower(&Sequential::new([linear(2), linear(3)]).input(&[4]).unwrap(), 1).unwrap();
    let context =
        Context { step: 0, sample_ids: &[0], epoch: 0, training: false, taping: false, level: Level::best() };
    let samples = [SampleInput::Constant(vec![0.5, -1.0, 2.0, 0.25])];
    let input = TileInput { samples: &samples, lengths: None, width: 4, wanted: false };
    let mut tape = Tape::default();
    let mut sent = |program: &Program| {
        let (mut state, mut counts, mut sent) = (program.start(1), Counts::default(), Vec::new());
        let see = |_: usize, signals: &[Signal]| sent = signals[program.output()].values.clone();
        program.run(&context, &mut state, input.steps(0..1), &mut tape, &mut counts, see).unwrap();
        sent
    };
    let before = sent(&program);
    program.replace_operators(|n, inner| if n == 1 { Box::new(Thrice(inner)) } else { inner });
    // What the tape holds of the program before is not used again.
    let after = sent(&program);
    assert!(before.iter().all(|x| *x != 0.0));
    assert_eq!(after, before.iter().map(|x| 3.0 * x).collect::<Vec<f32>>());
}

#[test]
fn what_an_earlier_run_left_is_used_again_only_where_it_is_the_same() {
    use crate::network::{conv, flatten, max_pool, neurons};
    let delayed = Layer::new("delayed", Stack([from("maps").delay(1)]), [flatten(), linear(2)]);
    let maps = [conv(2, 3), max_pool(2), neurons("lif_subtract").set("v_th", 0.2)];
    let layers = Layers::new([
        Layer::new("still", "input", [conv(2, 3), max_pool(2)]),
        Layer::new("maps", "input", maps),
        delayed,
        Layer::new("out", Stack([from("still"), from("maps")]), [flatten(), linear(3)]),
    ]);
    let mut program = lower(&layers.input(&[1, 8, 8]).unwrap(), 1).unwrap();
    let context =
        Context { step: 0, sample_ids: &[0], epoch: 0, training: false, taping: false, level: Level::best() };
    let frame = |k: usize| (0..64).map(|i| ((i * 5 + k) % 11) as f32 / 4.0 - 1.0).collect::<Vec<f32>>();
    // The same input, another, and back; two streams in turn on one tape; weights that change in between.
    let (mut streams, mut tape) = ([program.start(1), program.start(1)], Tape::default());
    let mut spikes = 0;
    for (step, (stream, k)) in
        [(0, 1), (0, 1), (1, 1), (1, 2), (0, 1), (0, 1), (0, 3), (1, 3), (1, 3), (0, 3)]
            .into_iter()
            .enumerate()
    {
        if step == 5 || step == 8 {
            let change = |p: &mut super::super::Parameters| {
                p.tensors.iter_mut().for_each(|t| t.values.iter_mut().for_each(|w| *w *= 1.25));
                Ok(())
            };
            program.update(change).unwrap();
        }
        let samples = [SampleInput::Constant(frame(k))];
        let input = TileInput { samples: &samples, lengths: None, width: 64, wanted: false };
        let mut fresh = streams[stream].clone();
        let run = |state: &mut State, tape: &mut Tape| {
            let (mut sent, mut counts) = (Vec::new(), Counts::default());
            let see = |_: usize, signals: &[Signal]| {
                sent = signals.iter().map(|s| s.dense(&mut Vec::new()).to_vec()).collect();
            };
            program.run(&context, state, input.steps(0..1), tape, &mut counts, see).unwrap();
            (sent, counts)
        };
        let want = run(&mut fresh, &mut Tape::default());
        spikes += want.1.spikes.iter().sum::<u64>();
        assert_eq!(run(&mut streams[stream], &mut tape), want, "{step}");
        assert_eq!(streams[stream].memories, fresh.memories, "{step}");
    }
    assert!(spikes > 0);
}
