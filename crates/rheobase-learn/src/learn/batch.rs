//! `BatchPass`: a batch through a network, forwards and back, tile by tile.
//!
//! A batch is cut into tiles of as many samples as the network says (`tile.rs`), whatever the number of threads; each tile's
//! gradients start from +0 and are added in the order of the tiles. So results do not depend on threads, nor on how a batch is split at
//! multiples of a tile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rheobase_models::lanes::Level;

use super::loss::{Loss, LossKind, Target};
use super::regularise::RateBounds;
use super::tile;
use rheobase_base::vector::add;
use rheobase_base::{Cancel, Error, Result};
use rheobase_network::network::SampleInput;
use rheobase_network::network::{
    Adjoint, Context, Counts, Feed, FromSource, Program, Raw, Signal, State, Still, Tape, TileInput,
};

/// The samples of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Number of the source that the inputs stand for: 0 for the network's input.
    pub source: usize,
    /// The input of each sample.
    pub inputs: &'a [SampleInput],
    /// What each should give.
    pub targets: &'a [Target<'a>],
    /// Steps of each sample.
    pub lengths: &'a [usize],
    /// The number of each sample in its data set: what random numbers are addressed by.
    pub ids: &'a [u64],
    /// Epoch: the other address.
    pub epoch: u64,
}

impl Batch<'_> {
    /// Number of samples, if the input of each stays the same in all steps, and these are as many for each; else 0.
    fn still(&self) -> usize {
        let still = self.inputs.iter().all(|input| matches!(input, SampleInput::Constant(_)))
            && self.lengths.windows(2).all(|two| two[0] == two[1]);
        if still { self.inputs.len() } else { 0 }
    }
}

/// How a batch is taken through a network.
#[derive(Debug, Clone)]
pub struct Pass {
    /// What is wrong with an output.
    pub loss: LossKind,
    /// Bounds on the rates of layers, by node.
    pub rates: Vec<(String, RateBounds)>,
    /// Steps after which the backward pass is cut; 0 for never.
    pub truncate: usize,
    /// Steps that a tape holds; what lies before is run again from a checkpoint. No result depends on it.
    pub chunk: usize,
    /// SIMD level. No result depends on it.
    pub level: Level,
}

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The sum of the samples' losses, regularisers included.
    pub loss: f64,
    /// How many samples were classified right, where targets are classes.
    pub correct: usize,
    /// The class of the highest score, sample by sample.
    pub predictions: Vec<usize>,
    /// The scores, `[sample, class]`.
    pub scores: Vec<f32>,
    /// Spikes and operations.
    pub counts: Counts,
    /// Steps × samples.
    pub sample_steps: u64,
    /// Gradients of the parameters of the mean loss, in their order; empty if they were not asked for.
    pub gradients: Vec<Vec<f32>>,
    /// The largest tape in bytes.
    pub tape_bytes: usize,
}

impl Outcome {
    /// Adds what became of the samples that follow; gradients are left as they are.
    pub fn add(&mut self, next: Outcome) {
        self.loss += next.loss;
        self.correct += next.correct;
        self.predictions.extend(next.predictions);
        self.scores.extend(next.scores);
        self.counts.add(&next.counts);
        self.sample_steps += next.sample_steps;
        self.tape_bytes = self.tape_bytes.max(next.tape_bytes);
    }
}

/// What a tile gives back.
struct TileResult {
    outcome: Outcome,
    raw: Raw,
}

/// Memory that is used again from tile to tile.
#[derive(Default)]
pub struct Workspaces {
    tapes: Mutex<Vec<Tape>>,
    raws: Mutex<Vec<Raw>>,
}

/// Takes a buffer from the pool.
fn take<T>(pool: &Mutex<Vec<T>>) -> Option<T> {
    pool.lock().ok().and_then(|mut pool| pool.pop())
}

/// Returns it to the pool.
fn give<T>(pool: &Mutex<Vec<T>>, thing: T) {
    if let Ok(mut pool) = pool.lock() {
        pool.push(thing);
    }
}

/// The sum over the tiles of a batch, in their order, whichever is done first.
#[derive(Default)]
struct Total {
    outcome: Outcome,
    raw: Raw,
    /// Tiles added so far.
    added: usize,
    /// What was done before its turn.
    waiting: BTreeMap<usize, Result<TileResult>>,
    error: Option<Error>,
}

impl Total {
    fn add(&mut self, tile: usize, done: Result<TileResult>, level: Level, workspaces: &Workspaces) {
        self.waiting.insert(tile, done);
        while let Some(done) = self.waiting.remove(&self.added) {
            self.added += 1;
            match done {
                Ok(done) if self.error.is_none() => self.add_next(done, level, workspaces),
                Ok(_) => {}
                Err(error) => {
                    self.error.get_or_insert(error);
                }
            }
        }
    }

    fn add_next(&mut self, done: TileResult, level: Level, workspaces: &Workspaces) {
        self.outcome.add(done.outcome);
        let mut raw = done.raw;
        self.raw.add(level, &mut raw);
        if !raw.is_empty() {
            give(&workspaces.raws, raw);
        }
    }
}

impl Pass {
    /// Takes a batch through `program`, and back if `learning`.
    ///
    /// # Errors
    /// Lists of different lengths, samples without steps, targets that do not fit, NaN that arises; a call that was asked to
    /// end ([`Cancel`]).
    pub fn run(
        &self,
        program: &Program,
        batch: &Batch<'_>,
        learning: bool,
        workspaces: &Workspaces,
    ) -> Result<Outcome> {
        let n = batch.inputs.len();
        if batch.targets.len() != n || batch.lengths.len() != n || batch.ids.len() != n || n == 0 {
            return Err(Error::shape(
                "batch",
                "targets, lengths, ids",
                format!("{}, {}, {}", batch.targets.len(), batch.lengths.len(), batch.ids.len()),
                format!("one for each of the {n} samples is needed, and at least one sample"),
            ));
        }
        let bounded = self.bounded(program)?;
        let cancel = Cancel::current();
        let size = tile::of_program(program);
        let tiles = n.div_ceil(size);
        let samples = batch.still();
        let still = program.still(self.level, batch.source, &batch.inputs[..samples]);
        let (next, total) = (AtomicUsize::new(0), Mutex::new(Total::default()));
        let work = || {
            let mut tape = take(&workspaces.tapes).unwrap_or_default();
            loop {
                let tile = next.fetch_add(1, Ordering::Relaxed);
                let first = tile * size;
                if tile >= tiles || cancel.is_asked() {
                    break;
                }
                let raw = if learning { take(&workspaces.raws) } else { None };
                let raw = raw.unwrap_or_default().of_tile(samples);
                let count = size.min(n - first);
                let part =
                    Tile { pass: self, program, batch, first, count, bounded: &bounded, still: &still };
                let done = cancel.scope(|| part.run(learning, &mut tape, raw));
                total.lock().unwrap_or_else(PoisonError::into_inner).add(tile, done, self.level, workspaces);
            }
            give(&workspaces.tapes, tape);
        };
        (0..rayon::current_num_threads().min(tiles)).into_par_iter().for_each(|_| work());
        cancel.check()?;
        let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = total.error {
            return Err(error);
        }
        let mut outcome = total.outcome;
        if learning {
            outcome.gradients = program.finish_gradients(total.raw);
        }
        Ok(outcome)
    }

    /// The numbers of the nodes with bounds on their rates.
    fn bounded(&self, program: &Program) -> Result<Vec<(usize, RateBounds)>> {
        let names: Vec<&str> = program.nodes().map(|(name, ..)| name).collect();
        let spiking: Vec<bool> = program.spiking().collect();
        self.rates
            .iter()
            .map(|(name, bounds)| {
                let n = names.iter().position(|n| n == name);
                let n =
                    n.ok_or_else(|| Error::unknown("regularise.rates", "node", name, names.iter().copied()))?;
                if !(spiking[n] && program.list()[n].layer) {
                    return Err(Error::unsupported(format!("regularise.rates.{name}"), "this node sends no spikes that pass a gradient; bound the rate of a layer of neurons"));
                }
                Ok((n + 1, *bounds))
            })
            .collect()
    }
}

/// Some samples of a batch.
struct Tile<'a> {
    pass: &'a Pass,
    program: &'a Program,
    batch: &'a Batch<'a>,
    first: usize,
    count: usize,
    bounded: &'a [(usize, RateBounds)],
    still: &'a Still,
}

/// What the backward pass starts from.
struct Slopes {
    /// dL/d output, `[time, sample, class]`.
    output: Vec<f32>,
    /// dL/d rate of bounded nodes, `[sample, neuron]`.
    rates: Vec<Vec<f32>>,
}

impl Tile<'_> {
    fn run(&self, learning: bool, tape: &mut Tape, mut raw: Raw) -> Result<TileResult> {
        let range = self.first..self.first + self.count;
        let lengths = &self.batch.lengths[range.clone()];
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let signal = TileInput {
            samples: &self.batch.inputs[range.clone()],
            lengths: Some(lengths),
            width: self.width(),
            wanted: false,
        };
        let input = FromSource { source: self.batch.source, signal, still: Some((self.still, self.first)) };
        let context = Context {
            step: 0,
            sample_ids: &self.batch.ids[range],
            epoch: self.batch.epoch,
            training: learning,
            taping: false,
            level: self.pass.level,
        };
        let chunk = self.chunk(steps);
        let classes: usize = self.program.output_shape().iter().product();
        let mut outputs = vec![0.0; steps * self.count * classes];
        let mut counts = Counts::default();
        let mut spikes: Vec<Vec<f32>> =
            self.bounded.iter().map(|(node, _)| vec![0.0; self.count * self.program.width(*node)]).collect();
        let mut state = self.program.start(self.count);
        let mut checkpoints: Vec<State> = Vec::new();
        let one_chunk = learning && chunk >= steps;
        for first in (0..steps).step_by(chunk.max(1)) {
            if learning && !one_chunk {
                checkpoints.push(state.clone());
            }
            let see = |t: usize, signals: &[Signal]| {
                let row = &mut outputs[(first + t) * self.count * classes..][..self.count * classes];
                row.copy_from_slice(signals[self.program.output()].dense(&mut Vec::new()));
                for ((node, _), spikes) in self.bounded.iter().zip(&mut spikes) {
                    count_spikes(&signals[*node], first + t, lengths, spikes);
                }
            };
            let context = Context { taping: one_chunk, ..context };
            let steps = chunk.min(steps - first);
            self.program.run(
                &context,
                &mut state,
                input.steps(first..first + steps),
                tape,
                &mut counts,
                see,
            )?;
        }
        let (mut outcome, slopes) = self.judge(&outputs, classes, lengths, &spikes)?;
        outcome.counts = counts;
        if learning {
            let mut adjoint = self.program.end(&state, raw);
            let taping = Context { taping: true, ..context };
            for first in (0..steps).step_by(chunk.max(1)).collect::<Vec<_>>().into_iter().rev() {
                let length = chunk.min(steps - first);
                if let Some(before) = checkpoints.pop() {
                    let (mut state, mut none) = (before, Counts::default());
                    self.program.run(
                        &taping,
                        &mut state,
                        input.steps(first..first + length),
                        tape,
                        &mut none,
                        |_, _| {},
                    )?;
                }
                outcome.tape_bytes = outcome.tape_bytes.max(tape.bytes());
                self.back(&taping, tape, &mut adjoint, first, &slopes, lengths)?;
                if self.pass.truncate > 0 && first > 0 {
                    adjoint.cut();
                }
            }
            self.program.back_to_start(&taping, &mut adjoint);
            raw = adjoint.raw;
        }
        Ok(TileResult { outcome, raw })
    }

    /// Width of the source that the inputs stand for; a number that no source has is refused by the run.
    fn width(&self) -> usize {
        let known = self.batch.source <= self.program.list().len();
        if known { self.program.width(self.batch.source) } else { 0 }
    }

    /// Steps that a tape holds: truncation cuts at its own multiples.
    fn chunk(&self, steps: usize) -> usize {
        let most = if self.pass.truncate == 0 { self.pass.chunk } else { self.pass.truncate };
        most.clamp(1, steps.max(1))
    }

    /// Goes back through the chunk on the tape, which begins with step `first`.
    fn back(
        &self,
        context: &Context<'_>,
        tape: &mut Tape,
        adjoint: &mut Adjoint,
        first: usize,
        slopes: &Slopes,
        lengths: &[usize],
    ) -> Result<()> {
        let row = self.count * self.program.width(self.program.output());
        let wanted = |t: usize, source: usize, gradient: &mut [f32]| {
            if source == self.program.output() {
                add(context.level, gradient, &slopes.output[(first + t) * row..][..row]);
            }
            for ((node, _), slopes) in self.bounded.iter().zip(&slopes.rates) {
                if *node == source {
                    let width = gradient.len() / self.count;
                    for (s, _) in lengths.iter().enumerate().filter(|(_, length)| first + t < **length) {
                        let range = s * width..(s + 1) * width;
                        for (g, slope) in gradient[range.clone()].iter_mut().zip(&slopes[range]) {
                            *g += slope;
                        }
                    }
                }
            }
        };
        let mut seen = vec![self.program.output()];
        seen.extend(self.bounded.iter().map(|(node, _)| *node));
        seen.sort_unstable();
        seen.dedup();
        self.program.back(context, tape, adjoint, &seen, wanted, |_, _| {})
    }

    /// Losses, predictions, and what the backward pass starts from.
    fn judge(
        &self,
        outputs: &[f32],
        classes: usize,
        lengths: &[usize],
        spikes: &[Vec<f32>],
    ) -> Result<(Outcome, Slopes)> {
        let share = 1.0 / self.batch.inputs.len() as f32;
        let mut outcome = Outcome::default();
        let mut slopes = Slopes {
            output: vec![0.0; outputs.len()],
            rates: spikes.iter().map(|s| vec![0.0; s.len()]).collect(),
        };
        for (s, length) in lengths.iter().enumerate() {
            let at = |t: usize| (t * self.count + s) * classes;
            let trace: Vec<f32> =
                (0..*length).flat_map(|t| outputs[at(t)..at(t) + classes].iter().copied()).collect();
            let mut gradient = vec![0.0; trace.len()];
            let target = &self.batch.targets[self.first + s];
            let judged = self.pass.loss.evaluate(&trace, classes, target, &mut gradient)?;
            for (t, row) in gradient.chunks_exact(classes).enumerate() {
                for (to, g) in slopes.output[at(t)..at(t) + classes].iter_mut().zip(row) {
                    *to = g * share;
                }
            }
            outcome.loss += judged.loss;
            outcome.predictions.push(judged.prediction());
            outcome.correct +=
                usize::from(matches!(target, Target::Class(c) if *c as usize == judged.prediction()));
            outcome.scores.extend(&judged.scores);
            outcome.sample_steps += *length as u64;
            for (((_, bounds), counts), slopes) in self.bounded.iter().zip(spikes).zip(&mut slopes.rates) {
                let width = counts.len() / self.count;
                let range = s * width..(s + 1) * width;
                outcome.loss +=
                    bounds.evaluate(&counts[range.clone()], *length, &mut slopes[range.clone()])?;
                slopes[range].iter_mut().for_each(|x| *x *= share);
            }
        }
        Ok((outcome, slopes))
    }
}

/// Adds the spikes of a step, of samples that have not ended.
fn count_spikes(signal: &Signal, t: usize, lengths: &[usize], counts: &mut [f32]) {
    let Some(events) = &signal.events else { return };
    for (s, _) in lengths.iter().enumerate().filter(|(_, length)| t < **length) {
        let (index, value) = events.of(s);
        for (i, v) in index.iter().zip(value) {
            counts[s * signal.width + *i as usize] += v;
        }
    }
}
