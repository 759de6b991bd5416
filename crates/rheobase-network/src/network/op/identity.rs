//! `Identity`: the same, in another shape.

use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::Signal;
use rheobase_sim::population::Memory;

/// Sends what comes in.
#[derive(Debug, Clone)]
pub(crate) struct Identity;

impl Operator for Identity {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], inputs: &[&Signal], _: &mut Memory, out: &mut Signal) {
        if let [input] = inputs {
            out.copy_from(input);
        }
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], _: Back<'_>) {}

    fn passes_back(&self) -> bool {
        true
    }

    fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation::Same)
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn reads_output(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }
}
