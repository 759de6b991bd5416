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
    shared: Option<N::Coeffs<V>>,
}

impl<'a, N: Neuron, V: Lanes> Coefficients<'a, N, V> {
    #[inline(always)]
    pub(crate) fn of(columns: &'a [Column<V::Elem>]) -> Self {
        let mut shared = true;
        for column in columns {
            shared &= column.is_shared();
        }
        Coefficients { columns, shared: if shared { Some(load::<N, V>(columns, 0)) } else { None } }
    }

    /// Those of the neurons from `first` on.
    #[inline(always)]
    pub(crate) fn at(&self, first: usize) -> N::Coeffs<V> {
        match &self.shared {
            Some(shared) => *shared,
            None => load::<N, V>(self.columns, first),
        }
    }
}

#[inline(always)]
fn load<N: Neuron, V: Lanes>(columns: &[Column<V::Elem>], first: usize) -> N::Coeffs<V> {
    N::Coeffs::<V>::from_fn(
        #[inline(always)]
        |i| columns[i].lanes(first),
    )
}
