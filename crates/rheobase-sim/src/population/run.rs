//! Running a population: tiles over threads, chunk by chunk in time, and NaN found where it arose.

use std::ops::Range;

use rayon::prelude::*;
use rheobase_models::lanes::Elem;

use super::coupled::{Coupled, Sample};
use super::probe::{Quantity, Recorded, RecordedProbe};
use super::{Input, Number, Population, Record, Recording, SpikeRecord, Spikes, State, Trace, Winner};
use rheobase_base::vector::all_finite;
use rheobase_base::{Cancel, Error, Result, memory};
use rheobase_kernels::Kernels;
use rheobase_kernels::advance::{Advance, Probe, Sink};
use rheobase_kernels::event::RawEvent;
use rheobase_kernels::source::RowAt;
use rheobase_signals::{SpikeBits, SpikeEvent, SpikeEvents};

/// Neurons per tile: a multiple of 64, so that tiles own whole words of bits; state and row fit the first cache.
pub(super) const TILE: usize = 1024;
/// The same for input that comes from memory: rows of several pages, which the processor can read ahead.
const STREAMED_TILE: usize = 16 * 1024;
/// Steps between looks for NaN; also how far a tile runs before its results are joined.
pub(super) const CHUNK: usize = 256;

/// Products of neurons (or lateral weights) and steps between two looks at whether a run should end: a tenth of
/// a second of them at most.
const WATCHED: usize = 1 << 26;

/// Bytes of a recording from which it is asked whether they fit.
const ASKED_FROM: f64 = 1e8;

/// Neurons of one sample that are taken together.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub(super) sample: usize,
    pub(super) first: usize,
    pub(super) count: usize,
}

/// What a tile gives back after a chunk.
struct TileResult<E> {
    state: Vec<Vec<E>>,
    layer: Option<super::LayerState<E>>,
    words: Vec<u64>,
    dense: Vec<E>,
    events: Vec<RawEvent>,
    traces: Vec<Vec<E>>,
    winners: Vec<(usize, crate::compete::Place)>,
    bad_input: Option<usize>,
    /// Whether there may be NaN.
    has_nan: bool,
}

/// A record with its names looked up.
struct Plan {
    spikes: Spikes,
    probes: Vec<(Quantity, usize)>,
    coupled: bool,
}

impl Plan {
    /// Length of a chunk of about `steps`: one after which every probe takes up again as at the start.
    fn chunk(&self, steps: usize) -> usize {
        let period = self.probes.iter().fold(1, |n, (_, every)| lcm(n, *every));
        steps.div_ceil(period).saturating_mul(period)
    }
}

impl<E: Number> Population<E> {
    /// Advances all neurons by `steps` steps under `input` and gives back what `record` asks for.
    ///
    /// # Errors
    /// Input of the wrong length or not finite, unknown probes, and NaN that arises in the run, with step, sample
    /// and neuron. After an error the state is as it was before the call.
    pub fn run(&mut self, steps: usize, input: &Input<'_, E>, record: &Record) -> Result<Recording<E>> {
        self.run_chunks(steps, input, record, self.watched(), |_| true, |_, _| {})
    }

    /// Steps between two looks at whether a run should end.
    pub(super) fn watched(&self) -> usize {
        let edges = if self.layer.lateral.is_some() { self.layer.neurons } else { 1 };
        let per_step = self.batch.saturating_mul(self.layer.neurons).saturating_mul(edges).max(1);
        // A power of two, so that chunks of the tape begin with one of them.
        1 << (WATCHED / per_step).clamp(1, CHUNK).ilog2()
    }

    /// [`Population::run`] that calls `progress` with the number of steps done after each chunk of the run, some ten times a
    /// second; if that returns false the run ends there, and the recording has as many steps.
    pub fn run_watched(
        &mut self,
        steps: usize,
        input: &Input<'_, E>,
        record: &Record,
        progress: impl FnMut(usize) -> bool,
    ) -> Result<Recording<E>> {
        self.run_chunks(steps, input, record, self.watched(), progress, |_, _| {})
    }

    /// The run itself, in chunks of about `chunk` steps; `checkpoint` sees the step and the state at the start of every chunk.
    pub(super) fn run_chunks(
        &mut self,
        steps: usize,
        input: &Input<'_, E>,
        record: &Record,
        chunk: usize,
        mut progress: impl FnMut(usize) -> bool,
        mut checkpoint: impl FnMut(usize, &State<E>),
    ) -> Result<Recording<E>> {
        // Whether it is finite is seen where it is used: going through a large array twice would take twice as long.
        input.check_shape(&self.layer.name, steps, self.batch, self.layer.neurons)?;
        check_denormals(&self.layer.name)?;
        let plan = self.plan(record)?;
        let mut recording = self.empty_recording(steps, record)?;
        let whole = plan.chunk(chunk);
        let mut before: Option<State<E>> = None;
        let mut done = 0;
        let cancel = Cancel::current();
        while done < steps {
            checkpoint(done, &self.state);
            let chunk = whole.min(steps - done);
            if done == 0 && chunk < steps {
                before = Some(self.state.clone());
            }
            let tiles = cancel.check().and_then(|()| self.chunk(done, chunk, input, &plan));
            let result = tiles.and_then(|tiles| {
                self.check_nan(done, chunk, input, &plan, &tiles)?;
                self.join(done, chunk, tiles, &mut recording)
            });
            if let Err(e) = result {
                // A chunk that fails has not touched the state.
                if let Some(before) = before {
                    self.state = before;
                }
                return Err(e);
            }
            done += chunk;
            self.state.step += chunk as u64;
            if !progress(done) && done < steps {
                recording.cut(done);
                return Ok(recording);
            }
        }
        Ok(recording)
    }

    fn plan(&self, record: &Record) -> Result<Plan> {
        let mut probes = Vec::new();
        for (name, every) in &record.probes {
            let quantity = Quantity::named(&*self.layer.model, name)?;
            let clock = matches!(quantity, Quantity::SinceSpike | Quantity::SinceInjection);
            if clock && !self.clocks {
                return Err(Error::unsupported(
                    self.layer.name.clone(),
                    format!("probe `{name}` needs a population built with clocks(true)"),
                ));
            }
            if *every == 0 {
                return Err(Error::value(
                    self.layer.name.clone(),
                    format!("probe {name}"),
                    "every 0 steps",
                    "must be at least 1",
                ));
            }
            probes.push((quantity, *every));
        }
        let beyond_state = probes.iter().any(|(q, _)| !matches!(q, Quantity::State(_)));
        let coupled = self.layer.is_coupled() || self.clocks || beyond_state;
        Ok(Plan { spikes: record.spikes, probes, coupled })
    }

    fn empty_recording(&self, steps: usize, record: &Record) -> Result<Recording<E>> {
        let shape = [steps, self.batch, self.layer.neurons];
        self.check_recording(steps, record)?;
        Ok(Recording {
            shape,
            spikes: match record.spikes {
                Spikes::None => SpikeRecord::None,
                Spikes::Bits => SpikeRecord::Bits(SpikeBits::with_room(shape)?),
                Spikes::Dense => SpikeRecord::Dense(Vec::new()),
                Spikes::Events => SpikeRecord::Events(SpikeEvents::new(shape, self.layer.dt)?),
            },
            traces: record
                .probes
                .iter()
                .map(|(name, every)| Trace { name: name.clone(), every: *every, data: Vec::new() })
                .collect(),
            winners: Vec::new(),
        })
    }

    /// What is known to be recorded must fit; lists of spikes look after themselves as they grow.
    fn check_recording(&self, steps: usize, record: &Record) -> Result<()> {
        let dense = if record.spikes == Spikes::Dense { steps } else { 0 };
        let rows =
            record.probes.iter().map(|(_, every)| steps / every.max(&1)).fold(dense, usize::saturating_add);
        let bits = if record.spikes == Spikes::Bits { steps * self.batch } else { 0 };
        let bytes = rows as f64 * (self.batch * self.layer.neurons * size_of::<E>()) as f64
            + bits as f64 * 8.0 * self.layer.neurons.div_ceil(64) as f64;
        // Asking takes longer than a short run.
        if bytes < ASKED_FROM {
            return Ok(());
        }
        memory::check(bytes).map_err(|rule| {
            Error::value(
                self.layer.name.clone(),
                "record",
                format!("{rows} rows of {} numbers", self.batch * self.layer.neurons),
                rule,
            )
        })
    }

    /// The tiles of the population, of at most `size` neurons.
    pub(super) fn tiles(&self, size: usize) -> Vec<Tile> {
        (0..self.batch)
            .flat_map(|sample| (0..self.layer.neurons).step_by(size).map(move |first| (sample, first)))
            .map(|(sample, first)| Tile { sample, first, count: size.min(self.layer.neurons - first) })
            .collect()
    }

    /// The part of a state that belongs to a tile.
    pub(super) fn part(&self, state: &State<E>, tile: Tile) -> Vec<Vec<E>> {
        let start = tile.sample * self.layer.neurons + tile.first;
        state.fields.iter().map(|f| f[start..start + tile.count].to_vec()).collect()
    }

    pub(super) fn row_at(&self, tile: Tile, step: usize, since_reset: u64) -> RowAt {
        RowAt {
            step,
            since_reset,
            sample: tile.sample,
            batch: self.batch,
            first: tile.first,
            count: tile.count,
            layer: self.layer.neurons,
        }
    }

    /// Takes every tile through `work` on the population's threads; on the caller's, where one is enough: to wake another takes
    /// longer than a short run.
    pub(super) fn over<R: Send>(&self, tiles: Vec<Tile>, work: impl Fn(Tile) -> R + Sync + Send) -> Vec<R> {
        if tiles.len() == 1 || self.pool.as_ref().is_some_and(|pool| pool.current_num_threads() == 1) {
            return tiles.into_iter().map(work).collect();
        }
        let all = || tiles.into_par_iter().map(work).collect();
        match &self.pool {
            Some(pool) => pool.install(all),
            None => all(),
        }
    }

    fn chunk(
        &self,
        step: usize,
        steps: usize,
        input: &Input<'_, E>,
        plan: &Plan,
    ) -> Result<Vec<(Tile, TileResult<E>)>> {
        let tiles = self.tiles(match input {
            _ if plan.coupled => self.layer.neurons,
            Input::Array(_) => STREAMED_TILE,
            _ => TILE,
        });
        let kernels = E::kernels(&*self.layer.model);
        let run =
            |tile: Tile| (tile, self.run_tile(kernels, &self.state, tile, step..step + steps, input, plan));
        let done = self.over(tiles, run);
        match done.iter().find_map(|(tile, d)| d.bad_input.map(|t| (tile, t))) {
            None => Ok(done),
            Some((tile, t)) => Err(self.bad_input(tile, step, step + t, input)),
        }
    }

    /// One tile through one chunk, from `state`.
    fn run_tile(
        &self,
        kernels: &dyn Kernels<E>,
        state: &State<E>,
        tile: Tile,
        span: Range<usize>,
        input: &Input<'_, E>,
        plan: &Plan,
    ) -> TileResult<E> {
        let (step, steps) = (span.start, span.len());
        let mut done = TileResult {
            state: self.part(state, tile),
            layer: None,
            words: Vec::new(),
            dense: Vec::new(),
            events: Vec::new(),
            traces: Vec::new(),
            winners: Vec::new(),
            bad_input: None,
            has_nan: true,
        };
        let at = self.row_at(tile, step, state.step);
        if plan.coupled {
            let mut layer = state.layers[tile.sample].clone();
            let probe = |(quantity, every): &(Quantity, usize)| RecordedProbe {
                quantity: *quantity,
                every: *every,
                data: Vec::new(),
            };
            let mut taken = Recorded {
                outputs_wanted: plan.spikes != Spikes::None,
                probes: plan.probes.iter().map(probe).collect(),
                ..Recorded::of(&[])
            };
            let mut steps_of = Coupled::new(self.layer.setting());
            let mut sample = Sample { fields: &mut done.state, at: 0, layer: &mut layer };
            let mut buffer = vec![E::default(); tile.count];
            for t in 0..steps {
                let at = RowAt { step: at.step + t, since_reset: at.since_reset + t as u64, ..at };
                let x = input.row(at, &mut buffer);
                if !all_finite(self.layer.level, x) {
                    done.bad_input = Some(t);
                    break;
                }
                steps_of.step(x, at.since_reset, t, &mut sample, &mut taken);
            }
            done.layer = Some(layer);
            done.winners = taken.winners;
            done.traces = taken.probes.into_iter().map(|p| p.data).collect();
            spread(&mut done, plan.spikes, taken.outputs, taken.offsets, tile.count);
        } else {
            let mut probes: Vec<_> = plan
                .probes
                .iter()
                .map(|(quantity, every)| Probe {
                    field: match quantity {
                        Quantity::State(i) => *i,
                        _ => 0,
                    },
                    every: *every,
                    data: Vec::new(),
                })
                .collect();
            let sink = match plan.spikes {
                Spikes::None => Sink::None,
                Spikes::Bits => Sink::Bits(&mut done.words),
                Spikes::Dense => Sink::Dense(&mut done.dense),
                Spikes::Events => Sink::Events(&mut done.events),
            };
            kernels.advance(
                self.layer.level,
                Advance {
                    coeffs: &self.layer.coeffs,
                    first: tile.first,
                    state: &mut done.state,
                    input,
                    at,
                    steps,
                    sink,
                    probes: &mut probes,
                    bad_input: &mut done.bad_input,
                    has_nan: &mut done.has_nan,
                },
            );
            done.has_nan |= !done.dense.is_empty();
            done.traces = probes.into_iter().map(|p| p.data).collect();
        }
        done
    }

    /// The error for an input that is not finite.
    fn bad_input(&self, tile: &Tile, first: usize, step: usize, input: &Input<'_, E>) -> Error {
        let mut buffer = vec![E::default(); tile.count];
        let row = input.row(self.row_at(*tile, step, self.state.step + (step - first) as u64), &mut buffer);
        let bad = row.iter().position(|x| !x.to_f64().is_finite()).unwrap_or(0);
        Error::value(
            self.layer.name.clone(),
            format!("input[{step}, {}, {}]", tile.sample, tile.first + bad),
            row.get(bad).map_or_else(String::new, |x| x.to_f64().to_string()),
            "must be a finite number",
        )
    }

    /// Looks for NaN in the state after a chunk and in what left the neurons, and finds where it arose first by running
    /// the tiles that have it again, step by step.
    fn check_nan(
        &self,
        step: usize,
        steps: usize,
        input: &Input<'_, E>,
        plan: &Plan,
        tiles: &[(Tile, TileResult<E>)],
    ) -> Result<()> {
        let mut first: Option<(usize, usize, usize, &str)> = None;
        for (tile, _) in tiles.iter().filter(|(_, done)| done.has_nan && self.first_nan(done).is_some()) {
            if let Some((t, neuron, field)) = self.when_nan(*tile, step, steps, input, plan) {
                let found = (t, tile.sample, tile.first + neuron, field);
                if first.is_none_or(|(t, sample, n, _)| (found.0, found.1, found.2) < (t, sample, n)) {
                    first = Some(found);
                }
            }
        }
        let Some((t, batch, neuron, field)) = first else { return Ok(()) };
        let step = self.state.step as usize + t;
        Err(Error::not_a_number(&self.layer.name, field, [step, batch, neuron]))
    }

    /// A neuron of a tile with NaN after a run of one step, and the name of its field.
    fn first_nan(&self, done: &TileResult<E>) -> Option<(usize, &'static str)> {
        let nan = |numbers: &[E]| numbers.iter().position(|x| x.to_f64().is_nan());
        let fields = self.layer.model.state().iter().zip(&done.state);
        let in_state = fields.filter_map(|(field, numbers)| Some((nan(numbers)?, field.name)));
        in_state.min_by_key(|(n, _)| *n).or_else(|| Some((nan(&done.dense)?, "output")))
    }

    /// The step of the chunk, the neuron of the tile and the field in which NaN first arose.
    fn when_nan(
        &self,
        tile: Tile,
        step: usize,
        steps: usize,
        input: &Input<'_, E>,
        plan: &Plan,
    ) -> Option<(usize, usize, &'static str)> {
        let kernels = E::kernels(&*self.layer.model);
        let plan = Plan { spikes: plan.spikes, probes: Vec::new(), coupled: plan.coupled };
        let mut state = self.state.clone();
        for t in 0..steps {
            let done = self.run_tile(kernels, &state, tile, step + t..step + t + 1, input, &plan);
            if let Some((neuron, field)) = self.first_nan(&done) {
                return Some((t, neuron, field));
            }
            put(&mut state, self.layer.neurons, tile, done.state, done.layer);
            state.step += 1;
        }
        None
    }

    /// Joins what the tiles of a chunk have given back, in the order of the tiles.
    fn join(
        &mut self,
        step: usize,
        steps: usize,
        tiles: Vec<(Tile, TileResult<E>)>,
        recording: &mut Recording<E>,
    ) -> Result<()> {
        // With the run: zeros for all of it would take seconds before the first look at whether it should end.
        if let SpikeRecord::Bits(bits) = &mut recording.spikes {
            bits.grow(steps);
        }
        let (mut events, mut states) = (Vec::new(), Vec::with_capacity(tiles.len()));
        let starts: Vec<usize> = recording.traces.iter().map(|t| t.data.len()).collect();
        let dense_start = recording.dense().len();
        let row = self.batch * self.layer.neurons;
        for (tile, done) in tiles {
            let column = tile.sample * self.layer.neurons + tile.first;
            if let SpikeRecord::Bits(bits) = &mut recording.spikes {
                let per_row = tile.count.div_ceil(64);
                for (t, words) in done.words.chunks(per_row).enumerate() {
                    let word = tile.first / 64;
                    bits.row_mut(step + t, tile.sample)[word..word + per_row].copy_from_slice(words);
                }
            }
            if let SpikeRecord::Dense(output) = &mut recording.spikes {
                scatter(output, dense_start, &done.dense, tile.count, row, column);
            }
            for ((trace, data), start) in recording.traces.iter_mut().zip(&done.traces).zip(&starts) {
                scatter(&mut trace.data, *start, data, tile.count, row, column);
            }
            events.extend(done.events.iter().map(|e| SpikeEvent {
                step: step as u64 + e.step,
                batch: tile.sample as u32,
                neuron: tile.first as u32 + e.neuron,
                value: e.value,
                offset: e.offset,
            }));
            let winner = |(t, place)| Winner { step: step + t, batch: tile.sample, place };
            recording.winners.extend(done.winners.into_iter().map(winner));
            states.push((tile, done.state, done.layer));
        }
        recording.winners.sort_by_key(|w| (w.step, w.batch));
        if let SpikeRecord::Events(list) = &mut recording.spikes {
            events.sort_unstable_by_key(|e| (e.step, e.batch, e.neuron));
            for e in events {
                // An offset is a time of the 32-bit format, which may round above the step's length.
                list.push(SpikeEvent { offset: e.offset.min(self.layer.dt as f32), ..e })?;
            }
        }
        // Last, when nothing can fail any more.
        for (tile, state, layer) in states {
            put(&mut self.state, self.layer.neurons, tile, state, layer);
        }
        Ok(())
    }
}

impl<E> Recording<E> {
    /// Ends with the first `steps` steps, after which nothing was recorded.
    fn cut(&mut self, steps: usize) {
        self.shape[0] = steps;
        if let SpikeRecord::Events(events) = &mut self.spikes {
            events.truncate(steps);
        }
    }
}

/// Writes a tile's state back.
fn put<E: Elem>(
    state: &mut State<E>,
    neurons: usize,
    tile: Tile,
    part: Vec<Vec<E>>,
    layer: Option<super::LayerState<E>>,
) {
    let start = tile.sample * neurons + tile.first;
    for (to, from) in state.fields.iter_mut().zip(part) {
        to[start..start + tile.count].copy_from_slice(&from);
    }
    if let Some(layer) = layer {
        state.layers[tile.sample] = layer;
    }
}

/// Copies rows of `width` numbers into the rows of a larger array from `start` on, at `column`.
fn scatter<E: Elem>(to: &mut Vec<E>, start: usize, from: &[E], width: usize, row: usize, column: usize) {
    let rows = from.len() / width.max(1);
    if to.len() < start + rows * row {
        to.resize(start + rows * row, E::default());
    }
    for (r, line) in from.chunks(width).enumerate() {
        let at = start + r * row + column;
        to[at..at + width].copy_from_slice(line);
    }
}

/// Turns dense outputs of the step-by-step loop into the wanted form.
fn spread<E: Elem>(done: &mut TileResult<E>, form: Spikes, outputs: Vec<E>, offsets: Vec<E>, count: usize) {
    let zero = E::default();
    match form {
        Spikes::None => {}
        Spikes::Dense => done.dense = outputs,
        Spikes::Bits => {
            for row in outputs.chunks(count) {
                let words = row.chunks(64).map(|part| {
                    part.iter().enumerate().fold(0u64, |w, (i, x)| w | (u64::from(*x != zero) << i))
                });
                done.words.extend(words);
            }
        }
        Spikes::Events => {
            for (i, (value, offset)) in
                outputs.iter().zip(&offsets).enumerate().filter(|(_, (v, _))| **v != zero)
            {
                done.events.push(RawEvent {
                    step: (i / count) as u64,
                    neuron: (i % count) as u32,
                    value: value.to_f64() as f32,
                    offset: offset.to_f64() as f32,
                });
            }
        }
    }
}

/// Denormal numbers must be on: a host process may have switched them off, which would change results.
fn check_denormals(place: &str) -> Result<()> {
    let tiny = std::hint::black_box(f32::MIN_POSITIVE) * std::hint::black_box(0.25);
    if tiny > 0.0 && tiny + tiny > tiny {
        return Ok(());
    }
    Err(Error::unsupported(
        place,
        "the host process has switched denormal numbers off (flush to zero), which changes results; switch \
               them on before calling",
    ))
}

fn lcm(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}
