//! `Activation`: ReLU, sigmoid and hyperbolic tangent.

use rheobase_models::lanes::{Elem, Kernel, Lanes};
use rheobase_models::real::Real;

use super::elementwise::{map, where_not_zero};
use crate::network::operation::Operation;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::{Reach, Signal};
use rheobase_sim::population::Memory;

/// A function of one value. NaN stays NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// `max(x, 0)`, with slope 0 at 0.
    Relu,
    /// `1/(1 + exp(−x))`.
    Sigmoid,
    /// `tanh(x)`.
    Tanh,
}

impl Activation {
    /// The function. Adding 0 at the end lets no −0 survive.
    #[inline(always)]
    fn of<T: Real>(self, x: T) -> T {
        let y = match self {
            Activation::Relu => x.max(T::zero()),
            Activation::Sigmoid => T::one() / (T::one() + (-x).exp()),
            Activation::Tanh => x.tanh(),
        };
        y + T::zero()
    }

    /// The slope where the function has value `y`.
    fn slope(self, y: f32) -> f32 {
        match self {
            Activation::Relu => f32::from(y > 0.0),
            Activation::Sigmoid => y * (1.0 - y),
            Activation::Tanh => 1.0 - y * y,
        }
    }
}

struct Apply<'a> {
    activation: Activation,
    from: &'a [f32],
    to: &'a mut [f32],
}

impl Kernel<f32> for Apply<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let mut i = 0;
        while i < self.from.len() {
            self.activation.of(V::load(&self.from[i..])).store(&mut self.to[i..]);
            i += V::WIDTH;
        }
    }
}

impl Operator for Activation {
    fn forward(
        &self,
        context: &Context<'_>,
        _: &[&[f32]],
        inputs: &[&Signal],
        _: &mut Memory,
        out: &mut Signal,
    ) {
        let [input] = inputs else { return };
        if input.events.is_some() && *self != Activation::Sigmoid {
            map(input, out, true, |_, _, x| self.of(x));
        } else {
            out.zeros(input.samples, input.width);
            out.reach = input.reach.clone();
            let mut buffer = Vec::new();
            let from = input.dense(&mut buffer);
            f32::dispatch_wide(context.level, Apply { activation: *self, from, to: &mut out.values });
        }
        if context.taping && *self == Activation::Relu {
            out.reach = where_not_zero(&input.reach, out);
        }
    }

    fn operation(&self) -> Option<Operation<'_>> {
        Some(match self {
            Activation::Relu => Operation::Relu,
            Activation::Sigmoid => Operation::Sigmoid,
            Activation::Tanh => Operation::Tanh,
        })
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        let ([input], [Some(gradient)]) = (back.inputs, back.gradients) else { return };
        if input.reach == Reach::Nowhere {
            return;
        }
        let mut buffer = Vec::new();
        let values = back.output.dense(&mut buffer);
        for ((sum, g), y) in gradient.iter_mut().zip(back.upstream).zip(values) {
            *sum += g * self.slope(*y);
        }
    }

    fn is_static(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use rheobase_models::lanes::Level;

    use super::*;
    use crate::network::op::testing::{as_events, backward, context, forward, forward_in, signal};

    const ALL: [Activation; 3] = [Activation::Relu, Activation::Sigmoid, Activation::Tanh];

    fn values() -> Vec<f32> {
        (-50..=50).map(|i| i as f32 * 0.21).chain([0.0, -0.0, -200.0, 200.0]).collect()
    }

    #[test]
    fn numbers_are_those_of_pytorch() {
        // torch.sigmoid and torch.tanh of [-2, -0.5, 0, 1.5].
        let x = signal(1, &[-2.0, -0.5, 0.0, 1.5]);
        let close = |y: &[f32], want: [f32; 4]| {
            assert!(y.iter().zip(want).all(|(a, b)| (a - b).abs() < 2e-7), "{y:?}");
        };
        close(&forward(&Activation::Sigmoid, &[], &x).values, [0.119_202_92, 0.377_540_68, 0.5, 0.817_574_5]);
        close(&forward(&Activation::Tanh, &[], &x).values, [-0.964_027_6, -0.462_117_16, 0.0, 0.905_148_27]);
        close(&forward(&Activation::Relu, &[], &x).values, [0.0, 0.0, 0.0, 1.5]);
    }

    #[test]
    fn gradients_are_central_differences() {
        let xs: Vec<f32> = values().into_iter().filter(|x| *x != 0.0 && x.abs() < 100.0).collect();
        for activation in ALL {
            let gradient = backward(&activation, &[], &signal(1, &xs), &vec![2.0; xs.len()]);
            for (x, g) in xs.iter().zip(gradient) {
                let (x, h) = (f64::from(*x), 1e-6);
                let slope = (activation.of(x + h) - activation.of(x - h)) / (2.0 * h);
                assert!((f64::from(g) - 2.0 * slope).abs() < 1e-5, "{activation:?} at {x}: {g}, {slope}");
            }
        }
    }

    #[test]
    fn forms_and_levels_agree() {
        let x = signal(5, &values());
        for activation in ALL {
            let plain = forward(&activation, &[], &x);
            assert!(plain.values.iter().all(|y| y.is_finite() && (*y != 0.0 || y.is_sign_positive())));
            let sparse = forward(&activation, &[], &as_events(&x));
            assert_eq!(plain.values, sparse.values);
            assert_eq!(sparse.events.is_some(), activation != Activation::Sigmoid);
            for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
                let at = Context { level, ..context() };
                assert_eq!(
                    forward_in(&at, &activation, &[], &x).values,
                    plain.values,
                    "{activation:?} {level:?}"
                );
            }
        }
    }

    #[test]
    fn nan_stays_and_relu_reaches_where_it_is_open() {
        for activation in ALL {
            assert!(forward(&activation, &[], &signal(1, &[f32::NAN])).values[0].is_nan());
        }
        let taping = Context { taping: true, ..context() };
        let y = forward_in(&taping, &Activation::Relu, &[], &signal(2, &[1.0, -1.0, 0.0, 3.0]));
        assert_eq!(y.reach, Reach::Bits(vec![0b01, 0b10]));
    }
}
