//! `Sequence`: a network as a function of whole sequences, forwards and backwards, for programs that have optimisers and losses
//! of their own.

use std::ops::Range;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rheobase_base::vector::{add, all_finite};
use rheobase_base::{Cancel, Error, Result};
use rheobase_models::lanes::Level;
use rheobase_network::network::{
    Adjoint, Carried, Context, Counts, Feed, Network, Parameters, Program, Raw, Rows, Signal, State, Tape,
    lower,
};

use super::tile;

/// Steps of a tape. The state before each is kept; where its tape is not, its steps run again. No result depends on it.
const CHUNK: usize = 32;

/// What a run keeps for the backward pass. No result depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Whether dL/d input will be asked for.
    pub of_input: bool,
    /// Bytes of tapes, about: steps whose tapes are not kept run again, and a step of training takes up to half as long again
    /// where none is.
    pub bytes: usize,
}

impl Keep {
    fn room(self) -> isize {
        isize::try_from(self.bytes).unwrap_or(isize::MAX)
    }
}

impl Default for Keep {
    /// Not the input's gradient; tapes of 32 MiB.
    fn default() -> Self {
        Keep { of_input: false, bytes: 32 << 20 }
    }
}

/// A network as a function of an input, a state and parameters. Between calls it keeps the last parameters and, if it is asked to, the
/// tapes of the last run; without them the backward pass runs the steps again, to the same bits.
///
/// The input of a batch is `[time, batch, feature]`, a state `[batch, number]` with the parts of [`Sequence::carried`]; an
/// empty state is that after a reset. Dropout does nothing here.
///
/// ```
/// # mod rheobase { pub use {rheobase_base::Error, rheobase_learn::*, rheobase_network::*}; }
/// use rheobase::learn::{Sequence, Upstream};
/// use rheobase::network::{Sequential, linear, neurons};
/// let mut layer = Sequence::new(&Sequential::new([linear(3), neurons("lif_subtract")]).input(&[2])?, 0)?;
/// let x = [0.5f32; 10 * 4 * 2];
/// let (mut out, mut state) = (vec![0.0; 10 * 4 * 3], vec![0.0; 4 * layer.state_width()]);
/// layer.run(&x, (10, 4), &[], &mut out, &mut state, None)?;
/// let upstream = Upstream { output: Some(&out), state: None };
/// let back = layer.back(&x, (10, 4), &[], &upstream, true, false)?;
/// assert_eq!((back.input.len(), back.parameters.len()), (x.len(), 2));
/// # Ok::<(), rheobase::Error>(())
/// ```
pub struct Sequence {
    program: Program,
    carried: Vec<Carried>,
    level: Level,
    /// Samples that go through time together.
    tile: usize,
    tapes: Mutex<Vec<Tape>>,
    /// Of the last run, tile by tile; nothing unless it was kept.
    kept: Mutex<Vec<Option<Kept>>>,
}

/// What the backward pass through a tile begins with.
struct Kept {
    chunks: Vec<Chunk>,
    /// After the last step.
    state: State,
    wanted: bool,
}

/// Some steps of a tile.
struct Chunk {
    steps: Range<usize>,
    before: State,
    tape: Option<Tape>,
}

/// Derivatives of a loss with respect to what a run gave.
#[derive(Debug, Clone, Copy, Default)]
pub struct Upstream<'a> {
    /// With respect to the output, `[time, batch, output]`.
    pub output: Option<&'a [f32]>,
    /// With respect to the state after the last step, `[batch, number]`.
    pub state: Option<&'a [f32]>,
}

/// Derivatives of a loss with respect to what a run was given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SequenceGradients {
    /// With respect to the input, `[time, batch, feature]`; empty unless asked for.
    pub input: Vec<f32>,
    /// With respect to the state before the first step, `[batch, number]`; empty where that was a reset.
    pub state: Vec<f32>,
    /// With respect to the parameters, in their order.
    pub parameters: Vec<Vec<f32>>,
}

/// A batch on its way through a network.
#[derive(Clone, Copy)]
struct Batch<'a> {
    x: &'a [f32],
    steps: usize,
    size: usize,
    state: &'a [f32],
    wanted: bool,
    /// Bytes that tapes may still take.
    room: &'a AtomicIsize,
}

/// What a tile gives back of the forward pass: nothing but the places it has written, row by row in time, and its state.
struct Written<'a> {
    rows: Vec<&'a mut [f32]>,
    state: &'a mut [f32],
}

impl Sequence {
    /// The network `network`, with weights that start as `seed` says.
    ///
    /// # Errors
    /// Those of [`lower`]; layers whose neurons compete; `RHEOBASE_SIMD` that names no level.
    pub fn new(network: &Network, seed: u64) -> Result<Sequence> {
        let program = lower(network, seed)?;
        let carried = program.carried()?;
        let level = Level::from_env().map_err(|what| Error::unsupported("sequence", what))?;
        let tile = tile::of_program(&program);
        Ok(Sequence { program, carried, level, tile, tapes: Mutex::default(), kept: Mutex::default() })
    }

    /// The parameters, as they were last set.
    pub fn parameters(&self) -> &Parameters {
        self.program.parameters()
    }

    /// The network, and how its steps go.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Shape of a sample's input in one step.
    pub fn input_shape(&self) -> &[usize] {
        self.program.input_shape()
    }

    /// Shape of a sample's output in one step.
    pub fn output_shape(&self) -> &[usize] {
        self.program.output_shape()
    }

    /// The parts of a sample's state.
    pub fn carried(&self) -> &[Carried] {
        &self.carried
    }

    /// Numbers of a sample's state.
    pub fn state_width(&self) -> usize {
        self.carried.last().map_or(0, |part| part.at.end)
    }

    /// The state after a reset, of one sample; those of others are the same.
    pub fn reset_state(&self) -> Vec<f32> {
        let mut row = vec![0.0; self.state_width()];
        self.program.state_to(&self.program.start(1), &mut row);
        row
    }

    /// Sets all parameters, in their order.
    ///
    /// # Errors
    /// Another number of parameters or values; values that are not finite or not in their range: nothing has changed.
    pub fn set_parameters(&mut self, values: &[&[f32]]) -> Result<()> {
        let tensors = &self.program.parameters().tensors;
        let lengths = |of: &mut dyn Iterator<Item = usize>| of.collect::<Vec<usize>>();
        let (got, want) = (
            lengths(&mut values.iter().map(|v| v.len())),
            lengths(&mut tensors.iter().map(|t| t.values.len())),
        );
        if got != want {
            return Err(Error::shape(
                "sequence",
                "parameters",
                format!("{got:?} values"),
                format!("{want:?} are needed"),
            ));
        }
        if tensors.iter().zip(values).all(|(t, values)| t.values == *values) {
            return Ok(());
        }
        self.forget();
        self.program.update(|parameters| {
            parameters
                .tensors
                .iter_mut()
                .zip(values)
                .for_each(|(t, values)| t.values.copy_from_slice(values));
            Ok(())
        })
    }

    /// Drops what was kept of the last run.
    pub fn forget(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Runs `(steps, batch)` steps and samples: writes the output `[time, batch, output]` and the state after the last step.
    /// `keep` says what is kept for [`Sequence::back`]: the state before every 32 steps, and as many tapes as it has room for.
    ///
    /// # Errors
    /// Arrays of the wrong length; input or state that is not finite; NaN that arises; a call that was asked to end
    /// ([`Cancel`]). What was written until then is of no use.
    pub fn run(
        &self,
        x: &[f32],
        (steps, size): (usize, usize),
        state: &[f32],
        output: &mut [f32],
        state_after: &mut [f32],
        keep: Option<Keep>,
    ) -> Result<()> {
        let room = AtomicIsize::new(keep.map_or(0, Keep::room));
        let batch = Batch {
            wanted: keep.is_some_and(|keep| self.wanted(keep.of_input, state)),
            ..self.batch(x, (steps, size), state, &room)?
        };
        self.forget();
        let width: usize = self.output_shape().iter().product();
        self.check_length("output", output.len(), steps * size * width)?;
        self.check_length("state", state_after.len(), size * self.state_width())?;
        let mut tiles: Vec<Written<'_>> = split(state_after, (size, self.tile), self.state_width())
            .map(|state| Written { rows: Vec::with_capacity(steps), state })
            .collect();
        hand_out(output, (size, self.tile), width, |tile, row| tiles[tile].rows.push(row));
        let cancel = Cancel::current();
        let run = |(tile, place): (usize, Written<'_>)| {
            cancel.scope(|| self.run_tile(&batch, tile, place, keep.is_some()))
        };
        let done: Vec<Result<Option<Kept>>> = tiles.into_par_iter().enumerate().map(run).collect();
        let kept: Vec<Option<Kept>> = done.into_iter().collect::<Result<_>>()?;
        if keep.is_some() {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        }
        Ok(())
    }

    /// Whether the backward pass has to reach the input: it is asked for, or the gradient of the state comes that way.
    fn wanted(&self, of_input: bool, state: &[f32]) -> bool {
        of_input || !(state.is_empty() || self.program.learns_from_all_carried())
    }

    /// Goes back through such a run, from the derivatives of a loss with respect to what it gave. `last` says that it is the last
    /// one, with the same input and state: its tapes are used up, if they were kept.
    ///
    /// # Errors
    /// Those of [`Sequence::run`].
    pub fn back(
        &self,
        x: &[f32],
        (steps, size): (usize, usize),
        state: &[f32],
        upstream: &Upstream<'_>,
        of_input: bool,
        last: bool,
    ) -> Result<SequenceGradients> {
        let wanted = self.wanted(of_input, state);
        let room = AtomicIsize::new(Keep::default().room());
        let batch = Batch { wanted, ..self.batch(x, (steps, size), state, &room)? };
        let mut kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.resize_with(if last { size.div_ceil(self.tile) } else { 0 }, || None);
        let width: usize = self.output_shape().iter().product();
        for (name, part, wanted) in [
            ("dL/d output", upstream.output, steps * size * width),
            ("dL/d state", upstream.state, size * self.state_width()),
        ] {
            part.map_or(Ok(()), |part| self.check_length(name, part.len(), wanted))?;
        }
        let features: usize = self.input_shape().iter().product();
        let mut gradients = SequenceGradients {
            input: vec![0.0; if of_input { x.len() } else { 0 }],
            state: vec![0.0; state.len()],
            parameters: Vec::new(),
        };
        let none = &mut [][..];
        let mut tiles: Vec<Written<'_>> = match state.is_empty() {
            true => {
                (0..size.div_ceil(self.tile)).map(|_| Written { rows: Vec::new(), state: &mut [] }).collect()
            }
            false => split(&mut gradients.state, (size, self.tile), self.state_width())
                .map(|state| Written { rows: Vec::new(), state })
                .collect(),
        };
        let rows = if of_input { &mut gradients.input[..] } else { none };
        hand_out(rows, (size, self.tile), features, |tile, row| tiles[tile].rows.push(row));
        let cancel = Cancel::current();
        let mut sum = Raw::new();
        let mut spare: Vec<Raw> = Vec::new();
        let mut tiles = tiles.into_iter().enumerate();
        // As many at a time as there are threads: what is added up does not pile up.
        loop {
            let wave: Vec<_> = tiles.by_ref().take(rayon::current_num_threads()).collect();
            if wave.is_empty() {
                break;
            }
            let back =
                |(tile, place, from)| cancel.scope(|| self.back_tile((&batch, tile), upstream, place, from));
            let wave: Vec<_> = wave
                .into_iter()
                .map(|(tile, place)| {
                    let kept = kept.get_mut(tile).and_then(Option::take);
                    (tile, place, (kept, spare.pop().unwrap_or_default()))
                })
                .collect();
            let done: Vec<Result<Raw>> = wave.into_par_iter().map(back).collect();
            for raw in done {
                let mut raw = raw?;
                sum.add(self.level, &mut raw);
                spare.push(raw);
            }
        }
        if sum.is_empty() {
            sum = self.program.raw_gradients(sum);
        }
        gradients.parameters = self.program.finish_gradients(sum);
        Ok(gradients)
    }

    fn batch<'a>(
        &self,
        x: &'a [f32],
        (steps, size): (usize, usize),
        state: &'a [f32],
        room: &'a AtomicIsize,
    ) -> Result<Batch<'a>> {
        let features: usize = self.input_shape().iter().product();
        self.check_length("input", x.len(), steps * size * features)?;
        if !state.is_empty() {
            self.check_length("state", state.len(), size * self.state_width())?;
            self.check_finite("state", state, self.state_width())?;
        }
        Ok(Batch { x, steps, size, state, wanted: false, room })
    }

    fn check_length(&self, field: &str, got: usize, want: usize) -> Result<()> {
        if got == want {
            return Ok(());
        }
        Err(Error::shape("sequence", field, format!("{got} numbers"), format!("{want} are needed")))
    }

    fn check_finite(&self, field: &str, numbers: &[f32], width: usize) -> Result<()> {
        if all_finite(self.level, numbers) {
            return Ok(());
        }
        let i = numbers.iter().position(|x| !x.is_finite()).unwrap_or(0);
        Err(Error::value(
            "sequence",
            format!("{field}[{}, {}]", i / width.max(1), i % width.max(1)),
            numbers[i],
            "must be a finite number",
        ))
    }

    /// The input of a tile.
    fn rows<'a>(&self, batch: &Batch<'a>, tile: usize) -> Rows<'a> {
        let first = tile * self.tile;
        Rows {
            values: batch.x,
            batch: batch.size,
            first,
            count: self.tile.min(batch.size - first),
            width: self.input_shape().iter().product(),
            wanted: batch.wanted,
            level: self.level,
        }
    }

    /// The state that a tile begins with.
    fn begin(&self, batch: &Batch<'_>, rows: &Rows<'_>) -> State {
        let width = self.state_width();
        match batch.state {
            [] => self.program.start(rows.count),
            all => self.program.state_from(&all[rows.first * width..][..rows.count * width], rows.count),
        }
    }

    fn context<'a>(&self, ids: &'a [u64], taping: bool) -> Context<'a> {
        Context { step: 0, sample_ids: ids, epoch: 0, training: false, taping, level: self.level }
    }

    fn run_tile(
        &self,
        batch: &Batch<'_>,
        tile: usize,
        place: Written<'_>,
        keep: bool,
    ) -> Result<Option<Kept>> {
        let input = self.rows(batch, tile);
        let (output, mut buffer, mut rows) = (self.program.output(), Vec::new(), place.rows);
        let kept = self.run_chunks(batch, &input, keep, |t, signals| {
            rows[t].copy_from_slice(signals[output].dense(&mut buffer));
        })?;
        self.program.state_to(&kept.state, place.state);
        Ok(keep.then_some(kept))
    }

    /// Runs all steps of a tile; `see` is shown the signals of each. Where something is to be kept, what the backward pass needs.
    fn run_chunks(
        &self,
        batch: &Batch<'_>,
        input: &Rows<'_>,
        keep: bool,
        mut see: impl FnMut(usize, &[Signal]),
    ) -> Result<Kept> {
        let mut kept = Kept { chunks: Vec::new(), state: self.begin(batch, input), wanted: batch.wanted };
        let mut without = self.take_tape();
        for first in (0..batch.steps).step_by(CHUNK) {
            let steps = first..batch.steps.min(first + CHUNK);
            if !keep {
                self.run_chunk(input, &steps, &mut kept.state, (&mut without, false), &mut see)?;
                continue;
            }
            let before = kept.state.clone();
            let taping = batch.room.load(Ordering::Relaxed) > 0;
            let mut tape = taping.then(|| self.take_tape());
            let onto = tape.as_mut().unwrap_or(&mut without);
            self.run_chunk(input, &steps, &mut kept.state, (onto, taping), &mut see)?;
            if let Some(tape) = &tape {
                batch.room.fetch_sub(tape.bytes() as isize, Ordering::Relaxed);
            }
            kept.chunks.push(Chunk { steps, before, tape });
        }
        self.give_tape(without);
        Ok(kept)
    }

    /// Takes `state` through some steps of a tile.
    fn run_chunk(
        &self,
        input: &Rows<'_>,
        steps: &Range<usize>,
        state: &mut State,
        (tape, taping): (&mut Tape, bool),
        mut see: impl FnMut(usize, &[Signal]),
    ) -> Result<()> {
        let (ids, mut counts) = (vec![0; input.count], Counts::default());
        // The first step whose input is not finite: that is said, not what comes of it.
        let mut broken = None;
        let see = |t: usize, signals: &[Signal]| {
            let Signal { values, events, .. } = &signals[0];
            let numbers = events.as_ref().map_or(values, |events| &events.value);
            if broken.is_none() && !all_finite(self.level, numbers) {
                broken = Some(steps.start + t);
            }
            see(steps.start + t, signals);
        };
        let context = self.context(&ids, taping);
        let done = self.program.run(&context, state, input.steps(steps.clone()), tape, &mut counts, see);
        match broken {
            Some(t) => self.check_finite(&format!("input[{t}]"), input.step(t), input.width),
            None => done,
        }
    }

    fn back_tile(
        &self,
        (batch, tile): (&Batch<'_>, usize),
        upstream: &Upstream<'_>,
        mut place: Written<'_>,
        (kept, raw): (Option<Kept>, Raw),
    ) -> Result<Raw> {
        let input = self.rows(batch, tile);
        let kept = kept.filter(|kept| kept.wanted == batch.wanted && kept.state.samples() == input.count);
        let again = kept.is_none();
        let kept = match kept {
            Some(kept) => kept,
            None => self.run_chunks(batch, &input, true, |_, _| {})?,
        };
        let mut adjoint = self.adjoint_at_end(&kept.state, upstream, input.first, raw);
        for Chunk { steps, mut before, tape } in kept.chunks.into_iter().rev() {
            let mut tape = match tape {
                Some(tape) => {
                    if again {
                        batch.room.fetch_add(tape.bytes() as isize, Ordering::Relaxed);
                    }
                    tape
                }
                None => {
                    let mut tape = self.take_tape();
                    self.run_chunk(&input, &steps, &mut before, (&mut tape, true), |_, _| {})?;
                    tape
                }
            };
            self.back_chunk(&input, upstream, (steps.start, &mut tape), &mut adjoint, &mut place.rows)?;
            self.give_tape(tape);
        }
        let ids = vec![0; input.count];
        if batch.state.is_empty() {
            self.program.back_to_start(&self.context(&ids, true), &mut adjoint);
        } else {
            self.program.adjoint_to(&adjoint, input.count, place.state);
        }
        Ok(adjoint.raw)
    }

    fn adjoint_at_end(&self, state: &State, upstream: &Upstream<'_>, first: usize, raw: Raw) -> Adjoint {
        let width = self.state_width();
        match upstream.state {
            None => self.program.end(state, raw),
            Some(all) => self.program.end_from(state, &all[first * width..][..state.samples() * width], raw),
        }
    }

    /// Goes back through the chunk on the tape, which begins with step `first`.
    fn back_chunk(
        &self,
        input: &Rows<'_>,
        upstream: &Upstream<'_>,
        (first, tape): (usize, &mut Tape),
        adjoint: &mut Adjoint,
        of_input: &mut [&mut [f32]],
    ) -> Result<()> {
        let width: usize = self.output_shape().iter().product();
        let ids = vec![0; input.count];
        let wanted = |t: usize, _: usize, gradient: &mut [f32]| {
            let row = ((first + t) * input.batch + input.first) * width;
            if let Some(all) = upstream.output {
                add(self.level, gradient, &all[row..][..input.count * width]);
            }
        };
        let given = |t: usize, gradient: &[f32]| {
            if let Some(row) = of_input.get_mut(first + t) {
                row.copy_from_slice(gradient);
            }
        };
        let seen = [self.program.output()];
        let seen = if upstream.output.is_some() { &seen[..] } else { &[] };
        self.program.back(&self.context(&ids, true), tape, adjoint, seen, wanted, given)
    }

    fn take_tape(&self) -> Tape {
        self.tapes.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_tape(&self, tape: Tape) {
        self.tapes.lock().unwrap_or_else(PoisonError::into_inner).push(tape);
    }
}

/// The rows of the tiles, of so many samples each, of a batch in `[batch, width]`.
fn split(rows: &mut [f32], (size, tile): (usize, usize), width: usize) -> impl Iterator<Item = &mut [f32]> {
    let mut rest = rows;
    (0..size).step_by(tile).map(move |first| {
        let (part, after) = std::mem::take(&mut rest).split_at_mut(tile.min(size - first) * width);
        rest = after;
        part
    })
}

/// Hands the parts of `[time, batch, width]` out to their tiles, step by step.
fn hand_out<'a>(
    all: &'a mut [f32],
    (size, tile): (usize, usize),
    width: usize,
    mut to: impl FnMut(usize, &'a mut [f32]),
) {
    for row in all.chunks_exact_mut((size * width).max(1)) {
        split(row, (size, tile), width).enumerate().for_each(|(tile, part)| to(tile, part));
    }
}

#[cfg(test)]
mod tests;
