//! Parts of a recording, and which spikes belong to them.

/// A part of a recording in which spikes are counted, in s: those from `start` on and before `end`.
///
/// Windows that adjoin share no spike and lose none. Only where a recording itself ends is its end included
/// ([`Window::to_the_end`]), as nothing adjoins there. A spike within rounding of an edge (10⁻¹² of it, at least 10⁻¹² s; in
/// bins 10⁻⁸ of their width) is on it: multiples of a step stay together whatever their last bit. A pair (start, end) turns into
/// a window that leaves its end out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Where it begins, s.
    pub start: f64,
    /// Where it ends, s.
    pub end: f64,
    /// Whether a spike at `end` belongs to it: the recording ends there.
    pub end_included: bool,
}

impl From<(f64, f64)> for Window {
    fn from((start, end): (f64, f64)) -> Self {
        Window { start, end, end_included: false }
    }
}

impl Window {
    /// The window up to the end of the recording, that end included.
    pub fn to_the_end(start: f64, end: f64) -> Self {
        Window { start, end, end_included: true }
    }

    /// From start to end, s.
    pub fn length(self) -> f64 {
        self.end - self.start
    }

    /// A width of bins near `wanted`: whole steps of `dt`, or without steps what fills the window with bins of one width.
    pub fn bin(self, wanted: f64, dt: Option<f64>) -> f64 {
        let length = self.length();
        match dt {
            Some(dt) => (wanted / dt).round().clamp(1.0, (length / dt).floor().max(1.0)) * dt,
            None => length / (length / wanted).round().max(1.0),
        }
    }

    /// Its start and its end.
    pub fn edges(self) -> (f64, f64) {
        (self.start, self.end)
    }

    /// Of checked times none of which lies beyond its edges, those that belong to it. Times are on an edge if they are
    /// less than what `tolerance` says of the edge away from it.
    pub fn part(self, times: &[f64], tolerance: impl Fn(f64) -> f64) -> &[f64] {
        if self.end_included {
            return times;
        }
        let end = self.end - tolerance(self.end);
        &times[..times.partition_point(|t| *t < end)]
    }
}

/// A spike this close below a bin's edge, in bins, belongs to the bin that begins there: times that are whole multiples
/// of the width stay together whatever their last bit.
pub const EDGE: f64 = 1e-8;

/// How far from an edge, in s, a spike is still on it, where nothing says how fine times are.
pub fn rounding(edge: f64) -> f64 {
    1e-12 * f64::max(edge.abs(), 1.0)
}
