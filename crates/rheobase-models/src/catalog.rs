//! The catalogue of models: one line for each, and what can be done with all of them.

use crate::neuron::Neuron;

/// Something to be done with every model.
pub trait Visitor {
    /// Called once per model, in the catalogue's order.
    fn visit<N: Neuron>(&mut self);
}

/// Makes [`for_each`] of the list `module::Model`.
macro_rules! catalog {
    ($($module:ident::$model:ident,)*) => {
        /// Shows every model of the library to `visitor`.
        pub fn for_each(visitor: &mut impl Visitor) {
            $(visitor.visit::<crate::neuron::$module::$model>();)*
        }
    };
}

// A model is one file in `neuron/`, declared in `neuron.rs`, and one line here.
catalog! {
    // exact and NEF-style neurons
    lif::Lif,
    fast_lif::FastLif,
    adaptive_lif::AdaptiveLif,
    izhikevich::Izhikevich,
    spiking_rectified_linear::SpikingRectifiedLinear,
    spiking_leaky_relu::SpikingLeakyRelu,
    // rate neurons
    rectified_linear::RectifiedLinear,
    leaky_relu::LeakyRelu,
    lif_rate::LifRate,
    soft_lif_rate::SoftLifRate,
    soft_lif_rate_exact::SoftLifRateExact,
    adaptive_lif_rate::AdaptiveLifRate,
    // integrate-and-fire family on millivolts
    perfect_integrator::PerfectIntegrator,
    if_::If,
    lif_exp::LifExp,
    lif_euler::LifEuler,
    lif_decay::LifDecay,
    lif_last_input::LifLastInput,
    eif::Eif,
    eif_decay::EifDecay,
    qif::Qif,
    adex::AdEx,
    izhikevich_ms::IzhikevichMs,
    // discrete-time neurons for training
    lif_subtract::LifSubtract,
    no_reset::NoReset,
    adaptive::Adaptive,
    cooldown::Cooldown,
    discontinuous::Discontinuous,
    lif_discrete::LifDiscrete,
    lif_count::LifCount,
    // common parts of networks
    cuba_lif::CubaLif,
    leaky_integrator::LeakyIntegrator,
    // competitive cells
    slif::Slif,
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Told;

    impl Visitor for Told {
        fn visit<N: Neuron>(&mut self) {
            let i = N::INFO;
            let texts = [i.name, i.class, i.summary, i.family, i.input_unit];
            assert!(texts.iter().all(|text| !text.is_empty()), "{i:?}");
            assert!(!i.equations.is_empty() && !i.references.is_empty(), "{i:?}");
        }
    }

    /// What models of a kind have in common leaves open what is a model's own.
    #[test]
    fn every_model_says_what_it_is_and_where_it_comes_from() {
        for_each(&mut Told);
    }
}
