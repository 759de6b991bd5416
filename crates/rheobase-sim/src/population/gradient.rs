//! Gradients of a run: with respect to input, initial state and any parameter.

use super::coupled::{Coupled, Sample};
use super::probe::{Quantity, Recorded};
use super::run::{CHUNK, TILE, Tile};
use super::{Initial, Input, Number, Population, Record, Recording, State};
use rheobase_base::virtual_lane_sum;
use rheobase_base::{Cancel, Error, Result};
use rheobase_kernels::advance::{Advance, Probe, Sink};
use rheobase_kernels::backward::Backward;

/// What is needed to go back through a run: the state at the start of every chunk. The input is kept by the caller.
#[derive(Debug, Clone)]
pub struct Tape<E> {
    steps: usize,
    checkpoints: Vec<State<E>>,
}

impl<E> Tape<E> {
    /// Memory held, in bytes per neuron and step.
    pub fn bytes_per_neuron_step(&self) -> f64 {
        let Some(first) = self.checkpoints.first() else { return 0.0 };
        let per_layer = |l: &super::LayerState<E>| {
            l.held.len() + l.output.len() + l.since_spike.len() + l.since_injection.len()
        };
        let numbers: usize = first.fields.iter().map(Vec::len).sum::<usize>()
            + first.layers.iter().map(per_layer).sum::<usize>();
        let neurons = first.fields.first().map_or(1, Vec::len).max(1);
        (self.checkpoints.len() * numbers * size_of::<E>()) as f64 / (neurons * self.steps.max(1)) as f64
    }
}

/// Derivatives of a loss with respect to what a run gave.
#[derive(Debug, Clone, Default)]
pub struct Upstream<'a, E> {
    /// With respect to the output, `[time, batch, neuron]`.
    pub output: Option<&'a [E]>,
    /// With respect to state fields after each step, by name, `[time, batch, neuron]`.
    pub states: Vec<(&'a str, &'a [E])>,
}

/// Derivatives of a loss with respect to what a run was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients<E> {
    /// With respect to the input, `[time, batch, neuron]`.
    pub input: Vec<E>,
    /// With respect to the state before the run, field by field, `[batch, neuron]`.
    pub initial: Vec<Vec<E>>,
    /// With respect to the wanted parameters, one number per neuron, summed over samples in ascending order. For a
    /// shared parameter the derivative is the sum over neurons: [`Gradients::shared`].
    pub params: Vec<(String, Vec<f64>)>,
}

impl<E> Gradients<E> {
    /// The derivative with respect to the parameter `name` as one number shared by all neurons.
    pub fn shared(&self, name: &str) -> Option<f64> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, g)| rheobase_base::virtual_lane_sum(g))
    }
}

/// What all tiles go back through and from.
struct Back<'a, E> {
    tape: &'a Tape<E>,
    input: &'a Input<'a, E>,
    output: Option<&'a [E]>,
    states: &'a [(usize, &'a [E])],
    /// Coefficients whose gradients are wanted: all or none.
    coeffs: usize,
    cancel: &'a Cancel,
}

/// The steps of a chunk of a tile before they were taken, each `[time, neuron]`.
struct ChunkHistory<E> {
    state: Vec<Vec<E>>,
    x: Vec<E>,
    /// Empty where neurons do not see each other.
    held: Vec<E>,
    own: Vec<E>,
}

/// What one tile gives back.
struct TileGradient<E> {
    input: Vec<E>,
    adjoint: Vec<Vec<E>>,
    coeffs: Vec<Vec<E>>,
}

impl<E: Number> Population<E> {
    /// [`Population::run`] that also keeps what [`Population::gradients`] needs.
    pub fn run_taped(
        &mut self,
        steps: usize,
        input: &Input<'_, E>,
        record: &Record,
    ) -> Result<(Recording<E>, Tape<E>)> {
        if let Some((name, every)) = record.probes.iter().find(|(_, every)| !CHUNK.is_multiple_of(*every)) {
            return Err(Error::value(
                self.layer.name.clone(),
                format!("probe {name}"),
                format!("every {every} steps"),
                format!("must divide {CHUNK}, the length of a chunk of the tape"),
            ));
        }
        let mut checkpoints = Vec::new();
        let keep = |step: usize, state: &State<E>| {
            if step.is_multiple_of(CHUNK) {
                checkpoints.push(state.clone());
            }
        };
        let recording = self.run_chunks(steps, input, record, self.watched(), |_| true, keep)?;
        Ok((recording, Tape { steps, checkpoints }))
    }

    /// Goes back through a taped run: from the derivatives of a loss with respect to outputs and states, those with
    /// respect to input, initial state and the parameters named in `wanted`.
    ///
    /// `input` must be that of the run, and parameters those it ran with. A parameter also acts through the initial
    /// state where that is the model's rest and the run began with it.
    ///
    /// # Errors
    /// A tape of another model, batch or layer; arrays of the wrong length, unknown names, parameters that are switches
    /// or whole numbers.
    pub fn gradients(
        &self,
        tape: &Tape<E>,
        input: &Input<'_, E>,
        upstream: &Upstream<'_, E>,
        wanted: &[&str],
    ) -> Result<Gradients<E>> {
        if let Some(first) = tape.checkpoints.first() {
            self.state.check_like(first, &self.layer.name)?;
        }
        input.check(&self.layer.name, tape.steps, self.batch, self.layer.neurons)?;
        let states = self.check_upstream(tape.steps, upstream)?;
        let wanted: Vec<usize> =
            wanted.iter().map(|name| self.differentiable(name)).collect::<Result<_>>()?;
        let coeffs = if wanted.is_empty() { 0 } else { self.layer.coeffs.len() };
        let coupled = self.layer.is_coupled();
        let tiles = self.tiles(if coupled { self.layer.neurons } else { TILE });
        let cancel = Cancel::current();
        let back = Back { tape, input, output: upstream.output, states: &states, coeffs, cancel: &cancel };
        let gradient = |tile| Ok((tile, self.tile_gradient(tile, &back)?));
        let done: Vec<(Tile, TileGradient<E>)> =
            self.over(tiles, gradient).into_iter().collect::<Result<_>>()?;

        let n = self.batch * self.layer.neurons;
        let mut gradients = Gradients {
            input: vec![E::default(); tape.steps * n],
            initial: vec![vec![E::default(); n]; self.layer.model.state().len()],
            params: Vec::new(),
        };
        let mut coeff_sums = vec![vec![0.0f64; self.layer.neurons]; coeffs];
        let mut rest_sums = vec![vec![0.0f64; self.layer.neurons]; self.layer.model.state().len()];
        for (tile, done) in done {
            let column = tile.sample * self.layer.neurons + tile.first;
            for (t, row) in done.input.chunks(tile.count).enumerate() {
                gradients.input[t * n + column..][..tile.count].copy_from_slice(row);
            }
            for (i, field) in done.adjoint.iter().enumerate() {
                gradients.initial[i][column..column + tile.count].copy_from_slice(field);
                for (sum, g) in rest_sums[i][tile.first..].iter_mut().zip(field) {
                    *sum += g.to_f64();
                }
            }
            for (sums, part) in coeff_sums.iter_mut().zip(&done.coeffs) {
                for (sum, g) in sums[tile.first..].iter_mut().zip(part) {
                    *sum += g.to_f64();
                }
            }
        }
        gradients.params = self.pull_back_params(tape, &wanted, &coeff_sums, &rest_sums, &cancel)?;
        Ok(gradients)
    }

    /// Parameter gradients from those of coefficients and of the state at rest, neuron by neuron.
    fn pull_back_params(
        &self,
        tape: &Tape<E>,
        wanted: &[usize],
        coeffs: &[Vec<f64>],
        rest: &[Vec<f64>],
        cancel: &Cancel,
    ) -> Result<Vec<(String, Vec<f64>)>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let from_rest = tape.checkpoints.first().is_some_and(|s| s.step == 0);
        let mut params = vec![Vec::with_capacity(self.layer.neurons); wanted.len()];
        for n in 0..self.layer.neurons {
            cancel.check()?;
            let values = self.params_of(n);
            let of_coeffs: Vec<f64> = coeffs.iter().map(|c| c[n]).collect();
            let mut of_params = self.layer.model.pull_back(&values, self.layer.dt, &of_coeffs);
            if from_rest {
                let at_rest =
                    |i: usize| if self.layer.initial[i] == Initial::Rest { rest[i][n] } else { 0.0 };
                let of_rest: Vec<f64> = (0..rest.len()).map(at_rest).collect();
                for (sum, g) in of_params.iter_mut().zip(self.layer.model.pull_back_rest(&values, &of_rest)) {
                    *sum += g;
                }
            }
            for (column, i) in params.iter_mut().zip(wanted) {
                column.push(of_params[*i]);
            }
        }
        let name = |i: &usize| self.layer.model.params()[*i].name.to_string();
        Ok(wanted.iter().map(name).zip(params).collect())
    }

    /// The numbers of a tile in step `step` of `[time, batch, neuron]`.
    fn row_of<'a>(&self, from: &'a [E], tile: Tile, step: usize) -> &'a [E] {
        let start = (step * self.batch + tile.sample) * self.layer.neurons + tile.first;
        &from[start..start + tile.count]
    }

    /// Back through all chunks of one tile.
    fn tile_gradient(&self, tile: Tile, back: &Back<'_, E>) -> Result<TileGradient<E>> {
        let Back { tape, input, output, states, coeffs, cancel } = *back;
        let (fields, n) = (self.layer.model.state().len(), tile.count);
        let mut gradient = TileGradient {
            input: vec![E::default(); tape.steps * n],
            adjoint: vec![vec![E::default(); n]; fields],
            coeffs: vec![vec![E::default(); n]; coeffs],
        };
        // What lateral edges carry from a step's input into the output of the step before it.
        let mut carried = vec![E::default(); if self.layer.lateral.is_some() { n } else { 0 }];
        let none = vec![E::default(); n];
        let layer_sum = self.layer.needs_layer_sum();
        for (i, checkpoint) in tape.checkpoints.iter().enumerate().rev() {
            let first = i * CHUNK;
            let steps = CHUNK.min(tape.steps - first);
            let before = match self.layer.is_coupled() {
                true => self.replay(tile, checkpoint, first, steps, back)?,
                false => self.replay_independent(tile, checkpoint, first, steps, input),
            };
            for t in (0..steps).rev() {
                cancel.check()?;
                for (field, g) in states {
                    let step = self.row_of(g, tile, first + t);
                    for (a, g) in gradient.adjoint[*field].iter_mut().zip(step) {
                        *a = *a + *g;
                    }
                }
                let mut upstream = output.map_or(&none[..], |o| self.row_of(o, tile, first + t));
                let sum: Vec<E>;
                if self.layer.lateral.is_some() {
                    sum = upstream.iter().zip(&carried).map(|(u, c)| *u + *c).collect();
                    upstream = &sum;
                }
                let now = t * n..(t + 1) * n;
                let state: Vec<&[E]> = before.state.iter().map(|field| &field[now.clone()]).collect();
                let to = (first + t) * n..(first + t + 1) * n;
                E::kernels(&*self.layer.model).backward(
                    self.layer.level,
                    Backward {
                        coeffs: &self.layer.coeffs,
                        first: tile.first,
                        neurons: n,
                        samples: 1,
                        surrogate: &self.layer.surrogate,
                        detach_reset: self.layer.detach_reset,
                        state: &state,
                        x: &before.x[now.clone()],
                        held: before.held.get(now.clone()),
                        layer_sum: layer_sum.then(|| virtual_lane_sum(&before.own[now.clone()])),
                        output: upstream,
                        adjoint: &mut gradient.adjoint,
                        input: &mut gradient.input[to.clone()],
                        of_coeffs: &mut gradient.coeffs,
                    },
                );
                if let Some(lateral) = &self.layer.lateral {
                    lateral.pull_back(&gradient.input[to], &mut carried);
                }
            }
        }
        Ok(gradient)
    }

    /// The steps of a chunk as they were before they were taken, of neurons that do not see each other.
    fn replay_independent(
        &self,
        tile: Tile,
        checkpoint: &State<E>,
        first: usize,
        steps: usize,
        input: &Input<'_, E>,
    ) -> ChunkHistory<E> {
        let mut state = self.part(checkpoint, tile);
        // What a step leaves is what the next one finds.
        let mut probes: Vec<Probe<E>> = state
            .iter()
            .enumerate()
            .map(|(field, start)| Probe { field, every: 1, data: start.clone() })
            .collect();
        E::kernels(&*self.layer.model).advance(
            self.layer.level,
            Advance {
                coeffs: &self.layer.coeffs,
                first: tile.first,
                state: &mut state,
                input,
                at: self.row_at(tile, first, checkpoint.step),
                steps: steps.saturating_sub(1),
                sink: Sink::None,
                probes: &mut probes,
                bad_input: &mut None,
                has_nan: &mut false,
            },
        );
        let mut buffer = vec![E::default(); tile.count];
        let mut x = Vec::with_capacity(steps * tile.count);
        for t in 0..steps {
            let at = self.row_at(tile, first + t, checkpoint.step + t as u64);
            x.extend_from_slice(input.row(at, &mut buffer));
        }
        ChunkHistory {
            state: probes.into_iter().map(|p| p.data).collect(),
            x,
            held: Vec::new(),
            own: Vec::new(),
        }
    }

    /// The steps of a chunk as they were before they were taken, of neurons that see each other.
    fn replay(
        &self,
        tile: Tile,
        checkpoint: &State<E>,
        first: usize,
        steps: usize,
        back: &Back<'_, E>,
    ) -> Result<ChunkHistory<E>> {
        let mut fields = self.part(checkpoint, tile);
        let mut layer = checkpoint.layers[tile.sample].clone();
        let mut taken = Recorded::of(&[Quantity::Input, Quantity::Own]);
        let mut steps_of = Coupled::new(self.layer.setting());
        let mut buffer = vec![E::default(); tile.count];
        let (mut states, mut held) = (vec![Vec::new(); fields.len()], Vec::new());
        for t in 0..steps {
            back.cancel.check()?;
            held.extend_from_slice(&layer.held);
            states
                .iter_mut()
                .zip(&fields)
                .for_each(|(all, now): (&mut Vec<E>, _)| all.extend_from_slice(now));
            let at = self.row_at(tile, first + t, checkpoint.step + t as u64);
            let x = back.input.row(at, &mut buffer);
            let mut sample = Sample { fields: &mut fields, at: 0, layer: &mut layer };
            steps_of.step(x, at.since_reset, t, &mut sample, &mut taken);
        }
        let mut rows = taken.probes.into_iter().map(|p| p.data);
        let (x, own) = (rows.next().unwrap_or_default(), rows.next().unwrap_or_default());
        Ok(ChunkHistory { state: states, x, held, own })
    }

    /// Position of a parameter that has derivatives.
    fn differentiable(&self, name: &str) -> Result<usize> {
        let i = super::position(self.layer.model.params(), name, &self.layer.name, "parameter")?;
        if self.layer.model.params()[i].kind == rheobase_models::record::Kind::Real {
            return Ok(i);
        }
        Err(Error::unsupported(
            format!("{}.{name}", self.layer.name),
            "a switch or whole number has no derivative",
        ))
    }

    fn check_upstream<'a>(&self, steps: usize, upstream: &Upstream<'a, E>) -> Result<Vec<(usize, &'a [E])>> {
        let check = |field: &str, data: &[E]| {
            if steps.checked_mul(self.batch * self.layer.neurons) == Some(data.len()) {
                return Ok(());
            }
            Err(Error::shape(
                self.layer.name.clone(),
                format!("derivative of {field}"),
                format!("{} numbers", data.len()),
                format!(
                    "[time, batch, neuron] = [{steps}, {}, {}] is needed",
                    self.batch, self.layer.neurons
                ),
            ))
        };
        if let Some(output) = upstream.output {
            check("output", output)?;
        }
        upstream
            .states
            .iter()
            .map(|(name, data)| {
                check(name, data)?;
                let i = super::position(self.layer.model.state(), name, &self.layer.name, "state field")?;
                Ok((i, *data))
            })
            .collect()
    }
}
