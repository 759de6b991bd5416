//! The phases of a model as plain functions over slices: no type of the model is left.

use rheobase::models::dual::Dual;
use rheobase::models::neuron::{Fired, Neuron, Out};
use rheobase::models::phases::fire;
use rheobase::models::real::Real;
use rheobase::models::record::Record;
use rheobase::models::{Smooth, Surrogate};

/// A number with one derivative.
pub type One<T> = Dual<T, [T; 1]>;

/// Phase 4 from coefficients, integrated state, input, and what fired.
pub type Emit<T> = fn(&[T], &[T], T, Fired<T>) -> (Vec<T>, Out<T>);

/// The phases of a model over numbers `T`; slices hold the fields in the order of the model's records.
#[derive(Clone, Copy)]
pub struct Phases<T> {
    /// Coefficients from parameters and dt.
    pub prepare: fn(&[T], T) -> Vec<T>,
    /// State at rest from parameters.
    pub rest: fn(&[T]) -> Vec<T>,
    /// State after phase 1 from coefficients, state, input, held.
    pub integrate: fn(&[T], &[T], T, bool) -> Vec<T>,
    /// The neuron's own spike from coefficients, integrated state, input, held.
    pub fire: fn(&[T], &[T], T, bool, &Surrogate) -> T,
    /// State and output after phase 4.
    pub emit: Emit<T>,
}

impl<T: Real<Mask = bool>> Phases<T> {
    /// The phases of `N`.
    pub fn of<N: Neuron>() -> Self {
        Phases {
            prepare: |p, dt| fields(&N::prepare(&record::<T, N::Params<T>>(p), dt)),
            rest: |p| fields(&N::rest(&record::<T, N::Params<T>>(p))),
            integrate: |k, s, x, held| {
                fields(&N::integrate(&record::<T, N::Coeffs<T>>(k), record(s), x, held))
            },
            fire: |k, s, x, held, surrogate| {
                fire::<N, T>(&record(k), &record::<T, N::State<T>>(s), x, held, surrogate)
            },
            emit: |k, s, x, fired| {
                let (s, out) = N::emit(&record::<T, N::Coeffs<T>>(k), record(s), x, fired);
                (fields(&s), out)
            },
        }
    }
}

fn record<T: Real, R: Record<T>>(values: &[T]) -> R {
    R::from_fn(|i| values[i])
}

fn fields<T: Real, R: Record<T>>(record: &R) -> Vec<T> {
    (0..R::FIELDS.len()).map(|i| record.get(i)).collect()
}

/// The phases over every number that gradient checks need.
#[derive(Clone, Copy)]
pub struct Numbers {
    /// Spikes are the surrogate's primitive.
    pub smooth: Phases<Smooth>,
    /// The same with a derivative.
    pub smooth_dual: Phases<One<Smooth>>,
    /// Spikes are spikes, and their derivative the surrogate's slope.
    pub dual: Phases<One<f64>>,
}

impl Numbers {
    /// The phases of `N`.
    pub fn of<N: Neuron>() -> Self {
        Numbers { smooth: Phases::of::<N>(), smooth_dual: Phases::of::<N>(), dual: Phases::of::<N>() }
    }
}
