//! `Identity`: the same, in another shape.

use crate::network::memory::Memory;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::Signal;

/// Sends what comes in.
#[derive(Debug, Clone)]
pub(crate) struct Identity;

impl Operator for Identity {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], inputs: &[&Signal], _: &mut Memory, out: &mut Signal) {
        if let [input] = inputs {
            out.clone_from(input);
        }
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        if let [Some(gradient)] = back.gradients {
            for (sum, g) in gradient.iter_mut().zip(back.upstream) {
                *sum += g;
            }
        }
    }

    fn is_static(&self) -> bool {
        true
    }
}
