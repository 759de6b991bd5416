//! The integral over time of what two trains do at each moment, many stretches of time at once.

use std::marker::PhantomData;

use rheobase_models::Real;
use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use super::interleaving::Interleaving;
use super::pieces::{Pieces, length};
use rheobase_base::virtual_lane_sum;

/// Spikes whose stretches are computed together; sums run in as many lanes, whatever the registers hold.
const BLOCK: usize = 16;

/// A measure of two trains at one time.
pub(crate) trait Profile {
    /// Whether it needs the distances of spikes to the other train.
    const DISTANCES: bool;

    /// Its value at `time`, during one running piece of each train. It must not care which train comes first.
    fn at<V: Real>(x: Running<V>, y: Running<V>, time: V) -> V;
}

/// The piece of a train that is running.
#[derive(Clone, Copy)]
pub(crate) struct Running<V> {
    pub(crate) start: V,
    /// Its length, the inter-spike interval.
    pub(crate) isi: V,
    /// One over it.
    pub(crate) inverse: V,
    /// The distances of the spikes at its start and at its end to the nearest of the other train.
    pub(crate) distances: [V; 2],
}

/// Memory for one pair, to be used again for the next.
#[derive(Default)]
pub(crate) struct Scratch {
    a: Side,
    b: Side,
}

/// What one train needs to know of the other.
#[derive(Default)]
struct Side {
    /// How far the nearest spike of the other train is from each edge; beyond the first and the last spike their own.
    distances: Vec<f64>,
    /// For each spike, 1/2 if the other train has one at that time, else 1.
    share: Vec<f64>,
    /// For each spike, the piece of the other train that it falls into.
    other: Columns,
}

/// Pieces, field by field, as [`Running`] has them.
#[derive(Default)]
struct Columns {
    start: Vec<f64>,
    end: Vec<f64>,
    inverse: Vec<f64>,
    before: Vec<f64>,
    after: Vec<f64>,
}

impl Columns {
    fn resize(&mut self, n: usize) {
        let Columns { start, end, inverse, before, after } = self;
        for column in [start, end, inverse, before, after] {
            column.resize(n, 0.0);
        }
    }
}

/// The mean of `P` over the window.
///
/// What two simultaneous spikes begin is counted half for each, and the trains' parts are added last: exchanging the
/// trains gives the same bits.
pub(crate) fn mean<P: Profile>(
    a: &Pieces,
    b: &Pieces,
    counts: &Interleaving,
    window: (f64, f64),
    scratch: &mut Scratch,
) -> f64 {
    let integral = Integral::<P> { a, b, counts, window, scratch, profile: PhantomData };
    f64::dispatch(Level::best(), integral) / (window.1 - window.0)
}

struct Integral<'a, P> {
    a: &'a Pieces,
    b: &'a Pieces,
    counts: &'a Interleaving,
    window: (f64, f64),
    scratch: &'a mut Scratch,
    profile: PhantomData<P>,
}

impl<P: Profile> Kernel<f64> for Integral<'_, P> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Lanes<Elem = f64>>(self) -> f64 {
        let Integral { a, b, counts, window: (from, to), scratch, .. } = self;
        look_around::<P, V>(a, b, &counts.first, &mut scratch.a);
        look_around::<P, V>(b, a, &counts.second, &mut scratch.b);
        if P::DISTANCES {
            look_up_distances(&counts.first, &scratch.b.distances, &mut scratch.a.other);
            look_up_distances(&counts.second, &scratch.a.distances, &mut scratch.b.other);
        }
        let end = if a.times[0] < b.times[0] { a.times[0] } else { b.times[0] };
        let lead = if end > from {
            (end - from) * P::at(first(a, &scratch.a), first(b, &scratch.b), 0.5 * (from + end))
        } else {
            0.0
        };
        let (begun_by_a, begun_by_b) = (begun::<P, V>(a, &scratch.a, to), begun::<P, V>(b, &scratch.b, to));
        lead + (begun_by_a + begun_by_b)
    }
}

/// A train's first piece.
#[inline(always)]
fn first(x: &Pieces, side: &Side) -> Running<f64> {
    let distances = [side.distances[0], side.distances[1]];
    Running { start: x.edges[0], isi: length(x.edges[0], x.edges[1]), inverse: x.inverse[0], distances }
}

/// Finds the piece of `y` that each spike of `x` falls into, and how far the nearest spike of `y` is.
#[inline(always)]
fn look_around<P: Profile, V: Lanes<Elem = f64>>(x: &Pieces, y: &Pieces, counts: &[u32], side: &mut Side) {
    let n = counts.len();
    let Side { distances, share, other } = side;
    distances.resize(n + 2, 0.0);
    share.resize(n, 0.0);
    other.resize(n);
    let to = other.start.iter_mut().zip(&mut other.end).zip(&mut other.inverse);
    for (((start, end), inverse), &count) in to.zip(counts) {
        let count = count as usize;
        let edges = &y.edges[count..][..2];
        (*start, *end, *inverse) = (edges[0], edges[1], y.inverse[count]);
    }
    let (t, share, inner) = (&x.times[..n], &mut share[..n], &mut distances[1..n + 1]);
    let (starts, ends) = (&other.start[..n], &other.end[..n]);
    for i in (0..n).step_by(V::WIDTH) {
        let (t, start, end) = (V::load(&t[i..]), V::load(&starts[i..]), V::load(&ends[i..]));
        V::select(t.le(start), V::splat(0.5), V::one()).store(&mut share[i..]);
        if P::DISTANCES {
            (t - start).min(end - t).store(&mut inner[i..]);
        }
    }
    if counts[0] == 0 {
        // Nothing but the auxiliary spike is there.
        share[0] = 1.0;
    }
    distances[0] = distances[1];
    distances[n + 1] = distances[n];
}

/// The other train's `distances` around each spike.
#[inline(always)]
fn look_up_distances(counts: &[u32], distances: &[f64], other: &mut Columns) {
    for ((before, after), &count) in other.before.iter_mut().zip(&mut other.after).zip(counts) {
        let around = &distances[count as usize..][..2];
        (*before, *after) = (around[0], around[1]);
    }
}

/// The part of the integral that spikes of `x` begin.
#[inline(always)]
fn begun<P: Profile, V: Lanes<Elem = f64>>(x: &Pieces, side: &Side, to: f64) -> f64 {
    let n = side.share.len();
    let Side { distances, share, other } = side;
    let own = [&x.edges[1..], &x.edges[2..], &x.inverse[1..], &distances[1..], &distances[2..]];
    let other = [&other.start[..], &other.end, &other.inverse, &other.before, &other.after];
    let mut sums = [0.0; BLOCK];
    let whole = n - n % BLOCK;
    for i in (0..whole).step_by(BLOCK) {
        add::<P, V>(part(own, i, BLOCK), part(other, i, BLOCK), &share[i..i + BLOCK], to, &mut sums);
    }
    let (own, other) = (part(own, whole, n - whole), part(other, whole, n - whole));
    add::<P, f64>(own, other, &share[whole..], to, &mut sums);
    virtual_lane_sum(&sums)
}

/// `n` numbers of each column from the `i`-th on.
#[inline(always)]
fn part([a, b, c, d, e]: [&[f64]; 5], i: usize, n: usize) -> [&[f64]; 5] {
    [&a[i..][..n], &b[i..][..n], &c[i..][..n], &d[i..][..n], &e[i..][..n]]
}

/// Adds what one spike after the other begins to one sum after the other.
#[inline(always)]
fn add<P: Profile, V: Lanes<Elem = f64>>(
    own: [&[f64]; 5],
    other: [&[f64]; 5],
    share: &[f64],
    to: f64,
    sums: &mut [f64; BLOCK],
) {
    for k in (0..share.len()).step_by(V::WIDTH) {
        let (x, end) = running::<V>(own, k);
        let (y, other_end) = running::<V>(other, k);
        let stop = end.min(other_end).min(V::broadcast(to));
        let value = P::at(x, y, V::splat(0.5) * (x.start + stop));
        let sum = V::load(&sums[k..]) + V::load(&share[k..]) * (stop - x.start) * value;
        sum.store(&mut sums[k..]);
    }
}

/// Pieces from the `k`-th on, and where they end.
#[inline(always)]
fn running<V: Lanes<Elem = f64>>(columns: [&[f64]; 5], k: usize) -> (Running<V>, V) {
    let [start, end, inverse, before, after] = columns;
    let (start, end) = (V::load(&start[k..]), V::load(&end[k..]));
    let distances = [V::load(&before[k..]), V::load(&after[k..])];
    (Running { start, isi: length(start, end), inverse: V::load(&inverse[k..]), distances }, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Mixed;

    impl Profile for Mixed {
        const DISTANCES: bool = true;
        fn at<V: Real>(x: Running<V>, y: Running<V>, time: V) -> V {
            let of = |r: Running<V>| (r.distances[0] * r.inverse + r.distances[1]) * (time - r.start) / r.isi;
            of(x) * of(y)
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let train =
            |n: usize, step: f64| (0..n).map(|i| (i as f64 * step) % 7.0 + i as f64).collect::<Vec<_>>();
        let sorted = |mut t: Vec<f64>| {
            t.sort_by(f64::total_cmp);
            t
        };
        let window = (0.0, 90.0);
        for (n, m) in [(0, 3), (1, 16), (15, 33), (16, 70), (65, 17)] {
            let (a, b) = (sorted(train(n, 0.37)), sorted(train(m, 0.59)));
            let (a, b) = (Pieces::new(&a, window), Pieces::new(&b, window));
            let mut counts = Interleaving::default();
            counts.merge(&a.times, &b.times);
            let run = |level: Level| {
                let scratch = &mut Scratch::default();
                let profile = PhantomData::<Mixed>;
                f64::dispatch(level, Integral { a: &a, b: &b, counts: &counts, window, scratch, profile })
            };
            let plain = run(Level::Scalar);
            for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
                assert_eq!(run(level).to_bits(), plain.to_bits(), "{level:?} {n} {m}");
            }
        }
    }
}
