//! The rate of a leaky integrate-and-fire neuron in physical units, under constant current.

use super::RateCurve;
use crate::real::Real;
use crate::record::Range;

crate::record! {
    /// Parameters of the curve.
    pub struct MembraneParams {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
        /// Membrane capacitance.
        c_m: "nF" = 0.281, within(Range::above(0.0));
        /// Resting potential.
        v_rest: "mV" = -65.0;
        /// Threshold.
        v_th: "mV" = -50.0;
        /// Potential after a spike.
        v_reset: "mV" = -65.0;
        /// Refractory period.
        t_ref: "s" = 0.002, within(Range::at_least(0.0));
    }
}

/// `1 / (t_ref + tau_m·ln(1 + (v_th − v_reset)/(v_rest + x·tau_m/c_m − v_th)))` where the current lifts the membrane
/// above v_th, else 0. A neuron that is reset above v_th fires as soon as its refractory period is over.
#[derive(Debug, Clone, Copy)]
pub struct MembraneCurve;

impl RateCurve for MembraneCurve {
    type Params<T: Real> = MembraneParams<T>;

    #[inline(always)]
    fn rate<T: Real>(p: &MembraneParams<T>, x: T) -> T {
        let (zero, one) = (T::zero(), T::one());
        let excess = p.v_rest + x * p.tau_m / p.c_m - p.v_th;
        let above = excess.gt(zero);
        // Where the neuron is silent any positive number keeps the discarded branch finite.
        let excess = T::select(above, excess, one);
        let climb = ((p.v_th - p.v_reset) / excess).max(zero).ln_1p();
        T::select(above, one / (p.t_ref + p.tau_m * climb), zero)
    }
}
