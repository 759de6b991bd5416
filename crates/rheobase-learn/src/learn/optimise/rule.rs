//! The loop of every optimiser: an elementwise rule taken over a parameter in lanes.

use rheobase_models::Real;
use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

/// What happens to one element. Implementations are `#[inline(always)]` and use operations that round once.
pub(super) trait Rule {
    /// The updated parameter; the N moments are updated in place.
    fn apply<T: Real, const N: usize>(&self, parameter: T, gradient: T, moments: &mut [T; N]) -> T;
}

/// One rule over one parameter with its N moments. All slices must have the same length.
struct Sweep<'a, R, const N: usize> {
    rule: &'a R,
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    moments: [&'a mut [f32]; N],
}

impl<R: Rule, const N: usize> Kernel<f32> for Sweep<'_, R, N> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let mut at = 0;
        while at < self.parameter.len() {
            let mut moments = [V::zero(); N];
            for n in 0..N {
                moments[n] = V::load(&self.moments[n][at..]);
            }
            let (p, g) = (V::load(&self.parameter[at..]), V::load(&self.gradient[at..]));
            self.rule.apply::<V, N>(p, g, &mut moments).store(&mut self.parameter[at..]);
            for n in 0..N {
                moments[n].store(&mut self.moments[n][at..]);
            }
            at += V::WIDTH;
        }
    }
}

/// Applies `rule` to every element. All slices must have the same length.
pub(super) fn sweep<R: Rule, const N: usize>(
    level: Level,
    rule: &R,
    parameter: &mut [f32],
    gradient: &[f32],
    moments: [&mut [f32]; N],
) {
    f32::dispatch(level, Sweep { rule, parameter, gradient, moments });
}
