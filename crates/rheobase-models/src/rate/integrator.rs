//! The rate of a neuron without leak, in physical units, under constant current.

use super::RateCurve;
use crate::real::Real;
use crate::record::Range;

crate::record! {
    /// Parameters of the curve.
    pub struct IntegratorParams {
        /// Membrane capacitance.
        c_m: "nF" = 0.281, within(Range::above(0.0));
        /// Threshold.
        v_th: "mV" = -50.0;
        /// Potential after a spike.
        v_reset: "mV" = -65.0;
        /// Refractory period.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
    }
}

/// `x / (c_m·(v_th − v_reset) + x·t_ref)` for x > 0, else 0.
#[derive(Debug, Clone, Copy)]
pub struct IntegratorCurve;

impl RateCurve for IntegratorCurve {
    type Params<T: Real> = IntegratorParams<T>;

    #[inline(always)]
    fn rate<T: Real>(p: &IntegratorParams<T>, x: T) -> T {
        let (zero, one) = (T::zero(), T::one());
        let driven = x.gt(zero);
        let x = T::select(driven, x, one);
        let charge = (p.c_m * (p.v_th - p.v_reset)).max(zero);
        T::select(driven, x / (charge + x * p.t_ref), zero)
    }
}
