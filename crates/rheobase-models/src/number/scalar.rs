//! `f32` and `f64` as numbers of the equations, and what they share with lanes of them.

use super::real::{Float, Real, Slope};

/// The parts of `Real` that plain numbers and lanes share: firing is a comparison, a gate a selection.
macro_rules! plain_firing {
    () => {
        #[inline(always)]
        fn detach(self) -> Self {
            self
        }
        #[inline(always)]
        fn fire(
            drive: $crate::number::fire::Drive<Self>,
            firing: $crate::number::fire::Firing,
            _: &impl $crate::number::real::Slope,
        ) -> Self {
            use $crate::number::fire::Firing;
            match firing {
                Firing::Strict => Self::indicator(drive.margin.gt(Self::zero())),
                Firing::Inclusive => Self::indicator(drive.margin.ge(Self::zero())),
                Firing::Count => drive.margin.trunc(),
                Firing::Never => Self::zero(),
            }
        }
        #[inline(always)]
        fn gate(own: Self, yes: Self, no: Self) -> Self {
            Self::select(own.gt(Self::splat(0.5)), yes, no)
        }
    };
}
/// The elementary functions of a `Float`, by the algorithms of the named precision.
macro_rules! elementary {
    ($precision:ident) => {
        #[inline(always)]
        fn exp(self) -> Self {
            $crate::number::math::exp::<$crate::number::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn exp_m1(self) -> Self {
            $crate::number::math::exp_m1::<$crate::number::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn ln(self) -> Self {
            $crate::number::math::ln::<$crate::number::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn ln_1p(self) -> Self {
            $crate::number::math::ln_1p::<$crate::number::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn softplus(self) -> Self {
            $crate::number::math::softplus::<$crate::number::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn tanh(self) -> Self {
            $crate::number::math::tanh::<$crate::number::math::$precision, Self>(self)
        }
        #[inline(always)]
        fn cosh(self) -> Self {
            $crate::number::math::cosh::<$crate::number::math::$precision, Self>(self)
        }
    };
}
pub(crate) use {elementary, plain_firing};

/// `Real` and `Float` for one scalar type.
macro_rules! scalar {
    ($t:ident, $bits:ident, $int:ident, $precision:ident, $mantissa:literal, $bias:literal, $sqrt_half:literal) => {
        impl Real for $t {
            type Mask = bool;
            #[inline(always)]
            fn splat(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn lt(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn le(self, other: Self) -> bool {
                self <= other
            }
            #[inline(always)]
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
            #[inline(always)]
            fn abs(self) -> Self {
                <$t>::abs(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                <$t>::floor(self)
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                <$t>::trunc(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$t>::sqrt(self)
            }
            elementary!($precision);
            #[inline(always)]
            fn slope(surrogate: &impl Slope, z: Self) -> Self {
                #[cold]
                #[inline(never)]
                fn out_of_line<S: Slope>(surrogate: &S, z: $t) -> $t {
                    surrogate.slope(z)
                }
                surrogate.usual_slope(z).unwrap_or_else(
                    #[inline(always)]
                    || out_of_line(surrogate, z),
                )
            }
            plain_firing!();
        }
        impl Float for $t {
            type Precision = crate::number::math::$precision;
            #[inline(always)]
            fn pow2(self) -> Self {
                <$t>::from_bits(((self as $int).wrapping_add($bias) as $bits) << $mantissa)
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                const SQRT_HALF: $int = $sqrt_half;
                let bits = self.to_bits() as $int;
                // Wrapping, as lanes do: functions also pass arguments outside their domain and put the result right.
                let e = bits.wrapping_sub(SQRT_HALF) >> $mantissa;
                (<$t>::from_bits(bits.wrapping_sub(e << $mantissa) as $bits), e as $t)
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                <$t>::copysign(self, sign)
            }
        }
    };
}
scalar!(f32, u32, i32, Single, 23, 127, 0x3f35_04f3);
scalar!(f64, u64, i64, Double, 52, 1023, 0x3fe6_a09e_667f_3bcd);
