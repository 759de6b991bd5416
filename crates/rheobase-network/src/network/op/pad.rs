//! `Pad`: places around every map.

use super::maps::sparse;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use crate::vision::{Padding, maps_of};
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// Surrounds every map with places of value 0.
#[derive(Debug, Clone)]
pub(crate) struct Pad {
    padding: Padding,
    shape: [usize; 3],
    width: usize,
}

impl Pad {
    /// Shape of the output for an input `[C, H, W]`.
    ///
    /// # Errors
    /// Inputs of another rank; 2³¹ values or more.
    pub(crate) fn shape(place: &str, padding: &Padding, input: &[usize]) -> Result<Vec<usize>> {
        Ok(padding.shape(maps_of(place, input)?)?.to_vec())
    }

    /// # Errors
    /// Those of [`Pad::shape`].
    pub(crate) fn new(place: &str, padding: Padding, input: &[usize]) -> Result<Pad> {
        let shape = maps_of(place, input)?;
        Ok(Pad { padding, shape, width: padding.shape(shape)?.iter().product() })
    }
}

impl Operator for Pad {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], inputs: &[&Signal], _: &mut Memory, out: &mut Signal) {
        let [input] = inputs else { return };
        sparse(input, self.width, out, |_, index, value, send| {
            for (i, v) in index.iter().zip(value) {
                send(self.padding.place(*i as usize, self.shape) as u32, *v);
            }
        });
        out.reach = match &input.reach {
            Reach::Bits(_) => Reach::Everywhere,
            same => same.clone(),
        };
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let ([input], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
        let rows = gradient.chunks_exact_mut(input.width.max(1)).zip(back.upstream.chunks_exact(self.width));
        for (to, from) in rows {
            for (i, sum) in to.iter_mut().enumerate() {
                *sum += from[self.padding.place(i, self.shape)];
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, backward, forward, signal};

    #[test]
    fn places_are_added_and_gradients_come_back() {
        let padding = Padding { left: 1, right: 0, top: 0, bottom: 1 };
        let pad = Pad::new("p", padding, &[1, 1, 2]).unwrap();
        assert_eq!(Pad::shape("p", &padding, &[1, 1, 2]).unwrap(), [1, 2, 3]);
        let x = signal(2, &[1.0, 2.0, 0.0, 4.0]);
        let want = [0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0];
        assert_eq!(forward(&pad, &[], &x).values, want);
        let events = forward(&pad, &[], &as_events(&x));
        assert_eq!((events.values, events.events.unwrap().index), (want.to_vec(), vec![1, 2, 2]));
        let up: Vec<f32> = (0..12u8).map(f32::from).collect();
        assert_eq!(backward(&pad, &[], &x, &up), [1.0, 2.0, 7.0, 8.0]);
        let error = Pad::new("p", padding, &[4]).unwrap_err().to_string();
        assert!(error.contains("p.input: shape [4], but [feature, row, column]"), "{error}");
    }
}
