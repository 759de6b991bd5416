//! `Formulas`: a model's equations written down, for programs that carry them out with numbers of their own.

use rheobase_models::Surrogate;
use rheobase_models::neuron::{Fired, Neuron};
use rheobase_models::phases::fire;
use rheobase_models::real::{Mask, Real};
use rheobase_models::record::Record;
use rheobase_models::traced::{Formula, Traced, Truth};

/// A model's equations. Inputs and results stand in the order of the field lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Formulas {
    /// Parameters, then dt: the coefficients.
    pub prepare: Formula,
    /// Parameters: the state at rest.
    pub rest: Formula,
    /// Coefficients, state, input: the state after phase 1, and what fires.
    pub integrate: Formula,
    /// Coefficients, state after phase 1, input, what fires: the state after the step, and what leaves.
    pub emit: Formula,
    /// Coefficients and state: what has been sent before the first step.
    pub first: Formula,
}

/// The next fields of a list of numbers.
fn next<R: Record<Traced>>(numbers: &mut std::slice::Iter<'_, Traced>) -> R {
    R::from_fn(|_| numbers.next().copied().unwrap_or(Traced::Known(f64::NAN)))
}

fn list<R: Record<Traced>>(record: &R) -> Vec<Traced> {
    (0..R::FIELDS.len()).map(|i| record.get(i)).collect()
}

/// The equations of `N`, with spikes that go back by `surrogate`.
pub(crate) fn formulas<N: Neuron>(surrogate: &Surrogate) -> Formulas {
    let (params, coeffs, state) = (
        N::Params::<Traced>::FIELDS.len(),
        N::Coeffs::<Traced>::FIELDS.len(),
        N::State::<Traced>::FIELDS.len(),
    );
    let free = Truth::splat(false);
    Formulas {
        prepare: Formula::of(params + 1, |x| list(&N::prepare(&next(&mut x.iter()), x[params]))),
        rest: Formula::of(params, |x| list(&N::rest(&next(&mut x.iter())))),
        integrate: Formula::of(coeffs + state + 1, |x| {
            let (x, all) = (x[coeffs + state], &mut x.iter());
            let k = next(all);
            let s = N::integrate(&k, next(all), x, free);
            let own = fire::<N, Traced>(&k, &s, x, free, surrogate);
            [list(&s), vec![own]].concat()
        }),
        emit: Formula::of(coeffs + state + 2, |x| {
            let ([.., x, own], all) = (x, &mut x.iter()) else { return Vec::new() };
            let fired = Fired { own: *own, layer: Traced::zero() };
            let (s, out) = N::emit(&next(all), next(all), *x, fired);
            [list(&s), vec![out.value]].concat()
        }),
        first: Formula::of(coeffs + state, |x| {
            let all = &mut x.iter();
            let (k, s) = (next(all), next(all));
            let own = fire::<N, Traced>(&k, &s, Traced::zero(), free, surrogate);
            vec![N::emit(&k, s, Traced::zero(), Fired { own, layer: Traced::zero() }).1.value]
        }),
    }
}
