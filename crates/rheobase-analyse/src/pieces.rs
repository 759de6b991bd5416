//! A spike train as the intervals between its spikes within a window, with the edges corrected.

use rheobase_models::Real;

use rheobase_base::Result;
use rheobase_base::check;

/// A train within a window, as the ISI distance and the SPIKE distance see it.
///
/// Before the first spike and after the last stands an auxiliary spike: at the window's edge or, where that would make the
/// edge interval shorter than its neighbour, as far out as the neighbour is long. A train without spikes has one at each
/// edge. (T. Kreuz, M. Mulansky, N. Bozanic, J Neurophysiol 113:3432 (2015), doi:10.1152/jn.00848.2014.)
pub(crate) struct Pieces {
    /// The spikes; of a train without any, the window's edges.
    pub(crate) times: Vec<f64>,
    /// The same between the auxiliary ones: piece c, which lies after c spikes, is that from edge c to edge c + 1.
    pub(crate) edges: Vec<f64>,
    /// One over the length of each piece.
    pub(crate) inverse: Vec<f64>,
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
        let edges = [&[lead], &times[..], &[trail]].concat();
        let inverse = edges.windows(2).map(|e| 1.0 / length(e[0], e[1])).collect();
        Self { times, edges, inverse }
    }
}

/// How long a piece lasts. An edge piece of length 0 lasts no time; this keeps what is computed of it finite.
#[inline(always)]
pub(crate) fn length<V: Real>(start: V, end: V) -> V {
    let (difference, least) = (end - start, V::splat(1e-300));
    V::select(difference.gt(least), difference, least)
}

/// Checks what distances over time need: a window, strictly ascending times, all of them inside; its edges are.
pub(crate) fn check_train(place: &str, field: &str, times: &[f64], window: (f64, f64)) -> Result<()> {
    check::window(place, window)?;
    check::distinct(place, field, times)?;
    check::inside(place, field, times, window, |_| 0.0)
}
