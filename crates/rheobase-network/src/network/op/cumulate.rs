//! `Cumulate`: what has begun goes on.

use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use rheobase_sim::population::Memory;

/// Sends the first value of each neuron that is not 0, in its step and in every later one.
#[derive(Debug, Clone)]
pub(crate) struct Cumulate {
    pub(crate) width: usize,
}

impl Operator for Cumulate {
    /// What goes on.
    fn fresh(&self, samples: usize) -> Memory {
        Memory { fields: vec![vec![0.0; samples * self.width]], ..Memory::default() }
    }

    fn forward(
        &self,
        _: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let ([input], Some(held)) = (inputs, memory.fields.first_mut()) else { return };
        let mut buffer = Vec::new();
        for (held, x) in held.iter_mut().zip(input.dense(&mut buffer)) {
            *held = if *held == 0.0 { *x + 0.0 } else { *held };
        }
        let events = out.events.take();
        out.reshape(input.samples, input.width);
        out.values.copy_from_slice(held);
        if input.events.is_some() {
            out.events = events;
            out.find_events();
        }
        // A held value hears the error of later steps too.
        out.reach = if input.reach == Reach::Nowhere { Reach::Nowhere } else { Reach::Everywhere };
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let (Some(before), Some(adjoint)) = (back.before.fields.first(), back.adjoint.fields.first_mut())
        else {
            return;
        };
        let mut gradient = back.gradients.first_mut().and_then(Option::as_mut);
        for (i, (held, adjoint)) in before.iter().zip(adjoint).enumerate() {
            *adjoint += back.upstream[i];
            if *held == 0.0 {
                if let Some(gradient) = &mut gradient {
                    gradient[i] += *adjoint;
                }
                *adjoint = 0.0;
            }
        }
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn reads_output(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, run, signal};

    #[test]
    fn the_first_value_goes_on() {
        let steps = [signal(1, &[0.0, 2.0]), signal(1, &[1.0, 0.0]), signal(1, &[5.0, 6.0])];
        let want = [vec![0.0, 2.0], vec![1.0, 2.0], vec![1.0, 2.0]];
        assert_eq!(run(&Cumulate { width: 2 }, &steps), want);
        assert_eq!(run(&Cumulate { width: 2 }, &steps.each_ref().map(as_events)), want);
    }
}
