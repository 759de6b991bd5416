//! The loop of every optimiser: an elementwise rule taken over a parameter in lanes, one half of a step at a time.

use rheobase_models::Real;
use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};
use rheobase_models::real::Mask;

use super::{Half, Moments, Update};
use crate::learn::check;
use rheobase_base::Result;

/// The most moments that a rule keeps.
pub(super) const MOST: usize = 2;

/// Numbers that one thread takes at once: what is longer is split. No result depends on it.
const PIECE: usize = 32 << 10;

/// What happens to one element. Implementations are `#[inline(always)]` and use operations that round once.
pub(super) trait Rule: Sync {
    /// Names of the moments, [`MOST`] at most.
    const MOMENTS: &'static [&'static str];

    /// Gradients of a larger magnitude are refused.
    const LARGEST: f32 = f32::MAX;

    /// The updated parameter; the moments are updated in place.
    fn apply<T: Real>(&self, parameter: T, gradient: T, moments: &mut [T; MOST]) -> T;
}

/// Takes half of a step by `rule`, or refuses it and changes no more than what was to be written.
pub(super) fn take<R: Rule>(
    rule: &R,
    mut half: Half<'_>,
    gradient: &[f32],
    moments: &mut Moments,
    update: &Update<'_>,
) -> Result<()> {
    if let Half::Parameter { from, to } = &half {
        update.check(gradient.len(), from.len())?;
        check::same_length(update.name, "what is written", to.len(), from.len(), "the parameter")?;
    }
    let mut moments = moments.slices(update.name, R::MOMENTS, gradient.len())?;
    let limit = R::LARGEST;
    let sound = sweep(update.level, rule, half.reborrow(), gradient, moments.each_mut().map(|m| &mut **m));
    match half {
        Half::Parameter { to, .. } if !sound => update.refuse(gradient, limit, to),
        _ => Ok(()),
    }
}

/// Applies `rule` to every element: all slices have the same length, or are empty. Whether gradients were of the magnitude
/// that is allowed, and what was written is finite.
fn sweep<R: Rule>(
    level: Level,
    rule: &R,
    half: Half<'_>,
    gradient: &[f32],
    moments: [&mut [f32]; MOST],
) -> bool {
    if gradient.len() <= PIECE {
        return f32::dispatch(level, Sweep { rule, half, gradient, moments });
    }
    let middle = gradient.len() / 2;
    let (left, right) = gradient.split_at(middle);
    let (half_left, half_right) = half.split_at(middle);
    let [first, second] = moments.map(|m| m.split_at_mut(middle.min(m.len())));
    let (a, b) = rayon::join(
        || sweep(level, rule, half_left, left, [first.0, second.0]),
        || sweep(level, rule, half_right, right, [first.1, second.1]),
    );
    a && b
}

struct Sweep<'a, R> {
    rule: &'a R,
    half: Half<'a>,
    gradient: &'a [f32],
    moments: [&'a mut [f32]; MOST],
}

impl<R: Rule> Kernel<f32> for Sweep<'_, R> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> bool {
        let (largest, finite) = (V::broadcast(R::LARGEST), V::broadcast(f32::MAX));
        let mut sound = V::Mask::splat(true);
        let mut at = 0;
        match self.half {
            Half::Parameter { from, to } => {
                while at < from.len() {
                    let mut moments = load::<R, V>(&self.moments, at);
                    let gradient = V::load(&self.gradient[at..]);
                    let new = self.rule.apply::<V>(V::load(&from[at..]), gradient, &mut moments);
                    new.store(&mut to[at..]);
                    sound = sound & gradient.abs().le(largest) & new.abs().le(finite);
                    at += V::WIDTH;
                }
            }
            Half::Moments => {
                while at < self.gradient.len() {
                    let mut moments = load::<R, V>(&self.moments, at);
                    self.rule.apply::<V>(V::zero(), V::load(&self.gradient[at..]), &mut moments);
                    for n in 0..R::MOMENTS.len() {
                        moments[n].store(&mut self.moments[n][at..]);
                    }
                    at += V::WIDTH;
                }
            }
        }
        !(!sound).any()
    }
}

/// The moments from `at` on.
#[inline(always)]
fn load<R: Rule, V: Lanes<Elem = f32>>(moments: &[&mut [f32]; MOST], at: usize) -> [V; MOST] {
    let mut loaded = [V::zero(); MOST];
    for n in 0..R::MOMENTS.len() {
        loaded[n] = V::load(&moments[n][at..]);
    }
    loaded
}
