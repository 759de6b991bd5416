//! The catalogue of models: what can be done with each of them.
//!
//! The list itself stands at the end of `neuron.rs`, one line per model.

use crate::neuron::Neuron;

/// Something to be done with every model.
pub trait Visitor {
    /// Called once per model, in the catalogue's order.
    fn visit<N: Neuron>(&mut self);
}

/// Declares the models' modules and [`for_each`](crate::neuron::for_each).
macro_rules! catalog {
    ($($module:ident::$model:ident,)*) => {
        $(
            pub mod $module;
            pub use $module::$model;
        )*

        /// Shows every model of the library to `visitor`.
        pub fn for_each(visitor: &mut impl $crate::catalog::Visitor) {
            $(visitor.visit::<$model>();)*
        }
    };
}
pub(crate) use catalog;
