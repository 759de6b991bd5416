//! `Scale`: times a number.

use super::elementwise::map;
use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use crate::vision::windows::value_error;
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// Multiplies every value by a number.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    factor: f32,
}

impl Scale {
    /// # Errors
    /// A factor that is not finite in single precision.
    pub(crate) fn new(place: &str, factor: f64) -> Result<Scale> {
        let single = factor as f32;
        if !single.is_finite() {
            let rule = "must be a finite number within single precision (at most 3.4e38)";
            return Err(value_error(place, "factor", None, factor, rule));
        }
        Ok(Scale { factor: single })
    }
}

impl Operator for Scale {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], inputs: &[&Signal], _: &mut Memory, out: &mut Signal) {
        if let [input] = inputs {
            map(input, out, true, |_, _, x| x * self.factor);
        }
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        if let ([input], [Some(gradient)]) = (back.inputs, back.gradients)
            && input.reach != Reach::Nowhere
        {
            for (sum, g) in gradient.iter_mut().zip(back.upstream) {
                *sum += g * self.factor;
            }
        }
    }

    fn operation(&self) -> Option<Operation<'_>> {
        Some(Operation::Scale(self.factor))
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
    fn values_and_gradients_are_scaled() {
        let scale = Scale::new("s", -0.5).unwrap();
        let x = signal(1, &[2.0, 0.0, -4.0]);
        let y = forward(&scale, &[], &x);
        assert_eq!(y.values, [-1.0, 0.0, 2.0]);
        assert!(y.values[1].is_sign_positive());
        assert_eq!(backward(&scale, &[], &x, &[1.0, 2.0, 3.0]), [-0.5, -1.0, -1.5]);
    }

    #[test]
    fn events_stay_events_unless_they_become_0() {
        let x = as_events(&signal(2, &[2.0, 0.0, 0.0, 1e-30]));
        let y = forward(&Scale::new("s", 1e-30).unwrap(), &[], &x);
        let events = y.events.unwrap();
        assert_eq!((events.starts, events.index, events.value), (vec![0, 1, 1], vec![0], vec![2e-30]));
        assert_eq!(y.values, [2e-30, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn factors_are_finite() {
        for factor in [f64::NAN, f64::INFINITY, 1e300] {
            let error = Scale::new("s", factor).unwrap_err().to_string();
            assert!(error.starts_with("s.factor = ") && error.contains("finite"), "{error}");
        }
    }
}
