//! A spike train as the intervals between its spikes within a window, with the edges corrected.

use super::check;
use super::interleaving::Interleaving;
use crate::Result;

/// One interval between spikes.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// Its length, the inter-spike interval.
    pub(crate) isi: f64,
    pub(crate) inverse: f64,
}

/// A train within a window, as the ISI distance and the SPIKE distance see it.
///
/// Before the first spike and after the last stands an auxiliary spike: at the window's edge or, where that would make the
/// edge interval shorter than its neighbour, as far out as the neighbour is long. A train without spikes has one at each
/// edge. (T. Kreuz, M. Mulansky, N. Bozanic, J Neurophysiol 113:3432 (2015), doi:10.1152/jn.00848.2014.)
pub(crate) struct Pieces {
    /// The spikes.
    pub(crate) times: Vec<f64>,
    /// Piece c is what lies after c spikes: one more than there are spikes.
    pub(crate) pieces: Vec<Piece>,
}

impl Pieces {
    /// From checked spikes within the window.
    pub(crate) fn new(spikes: &[f64], (from, to): (f64, f64)) -> Self {
        let times = if spikes.is_empty() { vec![from, to] } else { spikes.to_vec() };
        let n = times.len();
        let (first, last) = (times[0], times[n - 1]);
        let (lead, trail) = if n > 1 {
            (from.min(first - (times[1] - first)), to.max(last + (last - times[n - 2])))
        } else {
            (from, to)
        };
        let mut pieces = Vec::with_capacity(n + 1);
        pieces.push(piece(lead, first));
        pieces.extend(times.windows(2).map(|w| piece(w[0], w[1])));
        pieces.push(piece(last, trail));
        Self { times, pieces }
    }
}

fn piece(start: f64, end: f64) -> Piece {
    // An edge piece of length 0 lasts no time; this keeps what is computed of it finite.
    let isi = if end - start > 1e-300 { end - start } else { 1e-300 };
    Piece { start, end, isi, inverse: 1.0 / isi }
}

/// Checks what both distances need: a window, strictly ascending times, all of them inside.
pub(crate) fn check_train(place: &str, field: &str, times: &[f64], window: (f64, f64)) -> Result<()> {
    check::window(place, window)?;
    check::distinct(place, field, times)?;
    check::inside(place, field, times, window)
}

/// A train and something more about each of its pieces.
pub(crate) type With<'a, E> = (&'a Pieces, &'a [E]);

/// Sums `value` times duration over the stretches of time in which neither train has a spike.
///
/// `value` gets the running piece of each train with what belongs to it, and the middle of the stretch; it must not care
/// which train comes first. What two simultaneous spikes begin is counted half for each, and the trains' parts are added
/// last: exchanging the trains gives the same bits.
#[inline(always)]
pub(crate) fn integrate<E>(
    a: With<'_, E>,
    b: With<'_, E>,
    counts: &Interleaving,
    (from, to): (f64, f64),
    value: impl Fn((&Piece, &E), (&Piece, &E), f64) -> f64 + Copy,
) -> f64 {
    let first = |x: With<'_, E>| x.0.pieces[0].end;
    let end = min(first(a), first(b));
    let lead = if end > from {
        (end - from) * value((&a.0.pieces[0], &a.1[0]), (&b.0.pieces[0], &b.1[0]), 0.5 * (from + end))
    } else {
        0.0
    };
    lead + (begun_by(a, b, &counts.first, to, value) + begun_by(b, a, &counts.second, to, value))
}

/// The part of the sum that spikes of `x` begin.
#[inline(always)]
fn begun_by<E>(
    x: With<'_, E>,
    y: With<'_, E>,
    counts: &[u32],
    to: f64,
    value: impl Fn((&Piece, &E), (&Piece, &E), f64) -> f64,
) -> f64 {
    let mut sum = 0.0;
    let own = x.0.pieces[1..].iter().zip(&x.1[1..]);
    for ((piece, extra), &count) in own.zip(counts) {
        let (other, other_extra) = (&y.0.pieces[count as usize], &y.1[count as usize]);
        let end = min(min(piece.end, other.end), to);
        let share = if count > 0 && other.start == piece.start { 0.5 } else { 1.0 };
        let middle = 0.5 * (piece.start + end);
        sum += share * (end - piece.start) * value((piece, extra), (other, other_extra), middle);
    }
    sum
}

/// The smaller of two numbers that are not NaN, in one instruction.
pub(crate) fn min(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}
