//! The equations: one neuron, one step, any number type.
