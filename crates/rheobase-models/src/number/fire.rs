//! What firing is decided on ([`Drive`]) and how ([`Firing`]).

/// What firing depends on: the neuron fires on `margin`, the surrogate's slope is taken at `through`.
#[derive(Debug, Clone, Copy)]
pub struct Drive<T> {
    /// Compared with zero, or truncated to a count.
    pub margin: T,
    /// Where the surrogate's slope is taken; usually the margin.
    pub through: T,
}

impl<T: Copy> Drive<T> {
    /// Fires on `margin`, and the slope is taken there too.
    #[inline(always)]
    pub fn at(margin: T) -> Self {
        Drive { margin, through: margin }
    }
}

/// How the engine turns a margin into a spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    /// Fires where margin > 0.
    Strict,
    /// Fires where margin ≥ 0.
    Inclusive,
    /// The margin truncated towards zero: a signed number of spikes.
    Count,
    /// Does not fire: the output is analogue.
    Never,
}
