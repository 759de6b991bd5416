//! Rate neurons without memory: the output of a step is a static curve at the step's input.

/// `p` itself, for neurons whose parameters are those of the curve.
#[inline(always)]
pub(super) fn itself<P: Copy>(p: &P) -> P {
    *p
}

/// All of a memoryless neuron's step and its rate, in its `impl Neuron`, from its curve, the type of its parameters and
/// the function that makes the curve's parameters of them.
macro_rules! memoryless {
    (Rate = $rate:ident, $params:ident, $curve:expr) => {
        type Rate = $rate;
        type Params<T: Real> = $params<T>;
        type Coeffs<T: Real> = $params<T>;
        type State<T: Real> = Empty<T>;

        #[inline(always)]
        fn prepare<T: Real>(p: &$params<T>, _: T) -> $params<T> {
            *p
        }
        #[inline(always)]
        fn integrate<T: Real>(_: &$params<T>, s: Empty<T>, _: T, _: T::Mask) -> Empty<T> {
            s
        }
        #[inline(always)]
        fn drive<T: Real>(_: &$params<T>, _: &Empty<T>, _: T) -> Drive<T> {
            Drive::at(T::zero())
        }
        #[inline(always)]
        fn emit<T: Real>(k: &$params<T>, s: Empty<T>, x: T, _: Fired<T>) -> (Empty<T>, Out<T>) {
            (s, Out::value(<Self::Rate as RateCurve>::rate(&$curve(k), x)))
        }
        #[inline(always)]
        fn rate<T: Real>(p: &$params<T>) -> Option<<Self::Rate as RateCurve>::Params<T>> {
            Some($curve(p))
        }
    };
}
pub(super) use memoryless;
