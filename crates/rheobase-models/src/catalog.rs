//! The catalogue: one line per model.

use crate::neuron::{self, Neuron};

/// Something to be done with every model.
pub trait Visitor {
    /// Called once per model, in the catalogue's order.
    fn visit<N: Neuron>(&mut self);
}

macro_rules! catalog {
    ($($model:ident,)*) => {
        /// Shows every model to `visitor`.
        pub fn for_each(visitor: &mut impl Visitor) {
            $(visitor.visit::<neuron::$model>();)*
        }
    };
}

catalog! {
    Lif,
    SpikingLeakyRelu,
    AdEx,
    Adaptive,
    Cooldown,
    Slif,
}
