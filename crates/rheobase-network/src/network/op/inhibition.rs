//! `Inhibit`: the feature that fires first at a place silences the others, there and within a radius.

use super::elementwise::where_not_zero;
use super::maps::{back_where_sent, sparse};
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::Signal;
use crate::vision::{Inhibition, maps_of};
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// Passes on what is not inhibited ([`Inhibition`]), step by step since the reset.
#[derive(Debug, Clone)]
pub(crate) struct Inhibit {
    rule: Inhibition,
    width: usize,
}

impl Inhibit {
    /// # Errors
    /// Inputs that are not [feature, row, column]; 2²⁴ neurons or more.
    pub(crate) fn new(place: &str, radius: usize, input: &[usize]) -> Result<Inhibit> {
        let shape = maps_of(place, input)?;
        Ok(Inhibit { rule: Inhibition::new(shape, radius)?, width: input.iter().product() })
    }
}

impl Operator for Inhibit {
    /// Who has which place.
    fn fresh(&self, samples: usize) -> Memory {
        Memory { fields: vec![vec![0.0; samples * self.rule.places()]], ..Memory::default() }
    }

    fn forward(
        &self,
        _: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        memory: &mut Memory,
        out: &mut Signal,
    ) {
        let ([input], Some(owners)) = (inputs, memory.fields.first_mut()) else { return };
        let (places, mut order) = (self.rule.places(), Vec::new());
        sparse(input, self.width, out, |sample, index, value, send| {
            let owners = &mut owners[sample * places..(sample + 1) * places];
            self.rule.step(owners, (index, value), &mut order, send);
        });
        out.reach = where_not_zero(&input.reach, out);
    }

    /// Who is inhibited is a constant.
    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        back_where_sent(back);
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, backward_after, run, signal};

    #[test]
    fn the_first_at_a_place_keeps_it() {
        let steps = [signal(1, &[0.0, 0.0, 0.0, 2.0]), signal(1, &[3.0, 9.0, 4.0, 2.5])];
        let place = Inhibit::new("i", 0, &[2, 1, 2]).unwrap();
        let want = [vec![0.0, 0.0, 0.0, 2.0], vec![0.0, 0.0, 4.0, 2.5]];
        assert_eq!(run(&place, &steps), want);
        assert_eq!(run(&place, &steps.each_ref().map(as_events)), want);
        let near = Inhibit::new("i", 1, &[2, 1, 2]).unwrap();
        assert_eq!(run(&near, &steps)[1], [0.0, 0.0, 0.0, 2.5]);
        assert_eq!(backward_after(&place, &steps, &[1.0, 2.0, 3.0, 4.0]), [0.0, 0.0, 3.0, 4.0]);
        assert!(Inhibit::new("i", 0, &[2, 2]).is_err());
    }
}
