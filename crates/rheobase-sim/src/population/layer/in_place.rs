//! A step of a layer in the caller's own memory: for programs that keep the state of all that they simulate.

use rayon::prelude::*;
use rheobase_base::vector::all_finite;
use rheobase_base::{Error, Result};
use rheobase_kernels::advance::{Advance, Sink};
use rheobase_kernels::source::{Input, RowAt};
use rheobase_models::phases::SETTLE;

use super::Layer;
use crate::population::Number;

/// Neurons that are taken together: their numbers stay in the first cache.
const TILE: usize = 1024;
/// Tiles from which several threads are worth waking, which takes as long as some twenty tiles.
const SHARED_FROM: usize = 64;

/// Some neurons of a step: input, state field by field, what they send.
struct Part<'a, E> {
    first: usize,
    x: &'a [E],
    fields: Vec<&'a mut [E]>,
    out: &'a mut [E],
}

impl<E: Number> Layer<E> {
    /// One step of all neurons under `x`, one number each, in the caller's memory: the state `fields` (field by field, one
    /// number per neuron) becomes that after the step, `out` what left the neurons. What has decayed to almost nothing
    /// becomes 0.
    ///
    /// # Errors
    /// Neurons that see each other; lengths that do not fit; input that is not finite: nothing has changed. NaN that arises.
    pub fn step_in_place(&self, x: &[E], fields: &mut [&mut [E]], out: &mut [E]) -> Result<()> {
        self.check_in_place(x, fields, out)?;
        let mut parts: Vec<Part<'_, E>> = x
            .chunks(TILE)
            .zip(out.chunks_mut(TILE))
            .enumerate()
            .map(|(i, (x, out))| Part { first: i * TILE, x, fields: Vec::with_capacity(fields.len()), out })
            .collect();
        for field in fields {
            for (part, numbers) in parts.iter_mut().zip(field.chunks_mut(TILE)) {
                part.fields.push(numbers);
            }
        }
        if parts.len() < SHARED_FROM {
            parts.into_iter().try_for_each(|part| self.step_part(part))
        } else {
            parts.into_par_iter().map(|part| self.step_part(part)).collect::<Vec<_>>().into_iter().collect()
        }
    }

    fn check_in_place(&self, x: &[E], fields: &[&mut [E]], out: &[E]) -> Result<()> {
        let (n, names) = (self.neurons, self.model.state());
        if self.is_coupled() {
            return Err(Error::unsupported(
                self.name.clone(),
                "its neurons see each other, so a step needs more than their state; use a population",
            ));
        }
        let lengths: Vec<usize> = fields.iter().map(|field| field.len()).collect();
        if x.len() != n || out.len() != n || lengths != vec![n; names.len()] {
            return Err(Error::shape(
                self.name.clone(),
                "input, output, state",
                format!("{}, {}, and fields of {lengths:?} numbers", x.len(), out.len()),
                format!("{n}, {n}, and {} fields of {n}, are needed", names.len()),
            ));
        }
        if all_finite(self.level, x) { Ok(()) } else { Input::Array(x).check(&self.name, 1, 1, n) }
    }

    fn step_part(&self, part: Part<'_, E>) -> Result<()> {
        let Part { first, x, mut fields, out } = part;
        let mut state: Vec<Vec<E>> = fields.iter().map(|field| field.to_vec()).collect();
        let count = x.len();
        let at =
            RowAt { step: 0, since_reset: SETTLE - 1, sample: 0, batch: 1, first: 0, count, layer: count };
        let (mut sent, mut bad_input, mut has_nan) = (Vec::with_capacity(count), None, false);
        E::kernels(&*self.model).advance(
            self.level,
            Advance {
                coeffs: &self.coeffs,
                first,
                state: &mut state,
                input: &Input::Array(x),
                at,
                steps: 1,
                sink: Sink::Dense(&mut sent),
                probes: &mut [],
                bad_input: &mut bad_input,
                has_nan: &mut has_nan,
            },
        );
        out.copy_from_slice(&sent);
        fields.iter_mut().zip(&state).for_each(|(to, from)| to.copy_from_slice(from));
        if has_nan { Err(self.nan_in(&state, first)) } else { Ok(()) }
    }

    /// The first NaN of the state of the neurons from `first` on.
    fn nan_in(&self, state: &[Vec<E>], first: usize) -> Error {
        let nan = |field: &Vec<E>| field.iter().position(|x| x.to_f64().is_nan());
        let names = self.model.state().iter().map(|field| field.name);
        let found = names.zip(state).find_map(|(name, field)| Some((name, nan(field)?)));
        let (field, i) = found.unwrap_or_default();
        Error::not_a_number(&self.name, field, [0, 0, first + i])
    }
}

#[cfg(test)]
mod tests {
    use crate::population::{Catalog, Input, Population, Record, Spikes};

    #[test]
    fn steps_in_place_are_those_of_a_population() {
        for n in [1, 37, 1024, 9 * 1024 + 5, 65 * 1024 + 5] {
            let build = || {
                let model = Catalog::standard().get("adaptive_lif").unwrap();
                let each: Vec<f64> = (0..n).map(|i| 0.01 + 1e-6 * i as f64).collect();
                Population::<f64>::builder(model, &[n]).set("tau_m", &each[..]).build().unwrap()
            };
            let (mut whole, other) = (build(), build());
            let mut state = other.state().fields.clone();
            let mut out = vec![0.0; n];
            let mut spikes = 0.0;
            for step in 0..60 {
                let x: Vec<f64> = (0..n).map(|i| ((i * 7 + step * 3) % 11) as f64 * 0.7).collect();
                let run = whole.run(1, &Input::Array(&x), &Record::spikes(Spikes::Dense)).unwrap();
                let mut fields: Vec<&mut [f64]> = state.iter_mut().map(Vec::as_mut_slice).collect();
                other.layer().step_in_place(&x, &mut fields, &mut out).unwrap();
                assert_eq!(run.dense(), out);
                spikes += out.iter().sum::<f64>();
            }
            assert_eq!(state, whole.state().fields);
            assert!(spikes > n as f64);
        }
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let neurons =
            Population::<f32>::builder(Catalog::standard().get("lif").unwrap(), &[2]).build().unwrap();
        let (mut v, mut refractory, mut out) = ([0.5f32; 2], [0.0f32; 2], [7.0f32; 2]);
        let mut step = |x: &[f32], fields: usize| {
            let mut all: Vec<&mut [f32]> = vec![&mut v, &mut refractory];
            neurons.layer().step_in_place(x, &mut all[..fields], &mut out).unwrap_err().to_string()
        };
        assert!(step(&[1.0, f32::NAN], 2).contains("input[0, 0, 1] = NaN"), "{}", step(&[1.0, f32::NAN], 2));
        assert!(step(&[1.0], 2).contains("2 fields of 2"));
        assert!(step(&[1.0, 1.0], 1).contains("2 fields of 2"));
        assert_eq!((v, out), ([0.5; 2], [7.0; 2]));
    }
}
