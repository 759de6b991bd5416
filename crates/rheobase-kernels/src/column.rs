//! A column: one number for all neurons of a layer, or one for each.

use rheobase_models::lanes::{Elem, Lanes};
use rheobase_models::neuron::Neuron;
use rheobase_models::record::Record;

/// One number for all neurons, or one for each.
#[derive(Debug, Clone, PartialEq)]
pub enum Column<R> {
    /// All neurons have this number.
    Shared(R),
    /// Neuron `i` has number `i`.
    Each(Vec<R>),
}

impl<R: Copy> Column<R> {
    /// The number of neuron `i`.
    #[inline(always)]
    pub fn get(&self, i: usize) -> R {
        match self {
            Column::Shared(x) => *x,
            Column::Each(xs) => xs[i],
        }
    }

    /// Whether all neurons share one number.
    pub fn is_shared(&self) -> bool {
        matches!(self, Column::Shared(_))
    }

    /// The column with every number mapped.
    pub fn map<S>(&self, f: impl Fn(R) -> S) -> Column<S> {
        match self {
            Column::Shared(x) => Column::Shared(f(*x)),
            Column::Each(xs) => Column::Each(xs.iter().map(|x| f(*x)).collect()),
        }
    }
}

impl<E: Elem> Column<E> {
    /// The numbers of the neurons from `first` on, as lanes; past the end of the column the last one is repeated.
    #[inline(always)]
    pub fn lanes<V: Lanes<Elem = E>>(&self, first: usize) -> V {
        match self {
            Column::Shared(x) => V::broadcast(*x),
            Column::Each(xs) => match xs.get(first..first + V::WIDTH) {
                Some(whole) => V::load(whole),
                None => V::load(&padded(xs, first)),
            },
        }
    }
}

/// The numbers from `first` on, the last one repeated.
#[cold]
#[inline(never)]
fn padded<E: Elem>(xs: &[E], first: usize) -> [E; 64] {
    let last = xs.len() - 1;
    std::array::from_fn(|i| xs[(first + i).min(last)])
}

/// The coefficients of a layer: loaded once where all neurons share them, else block by block.
pub(crate) struct Coefficients<'a, N: Neuron, V: Lanes> {
    columns: &'a [Column<V::Elem>],
    /// Those that all neurons share.
    shared: N::Coeffs<V>,
    /// Whether some column has one number for each.
    each: bool,
}

impl<'a, N: Neuron, V: Lanes> Coefficients<'a, N, V> {
    #[inline(always)]
    pub(crate) fn of(columns: &'a [Column<V::Elem>]) -> Self {
        let mut each = false;
        let shared = N::Coeffs::<V>::from_fn(
            #[inline(always)]
            |i| match &columns[i] {
                Column::Shared(x) => V::broadcast(*x),
                Column::Each(_) => {
                    each = true;
                    V::zero()
                }
            },
        );
        Coefficients { columns, shared, each }
    }

    /// Those of the neurons from `first` on.
    #[inline(always)]
    pub(crate) fn at(&self, first: usize) -> N::Coeffs<V> {
        if !self.each {
            return self.shared;
        }
        N::Coeffs::<V>::from_fn(
            #[inline(always)]
            |i| self.columns[i].lanes(first),
        )
    }
}
