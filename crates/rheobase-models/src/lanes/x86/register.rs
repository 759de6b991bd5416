//! What all register types have in common: operators, comparisons, loading and storing, masks.

/// A register type with its operators.
macro_rules! register {
    ($(#[$doc:meta])* $name:ident($reg:ident, $n:literal of $elem:ident), $precision:ident $to_bits:literal, mask $mask:ident,
     $add:ident $sub:ident $mul:ident $div:ident $sqrt:ident $splat:ident $loadu:ident $storeu:ident
     $min:ident $max:ident $scale:expr, $features:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[repr(transparent)]
        pub struct $name(pub(super) $reg);

        register!(@op $name, Add, add, $add);
        register!(@op $name, Sub, sub, $sub);
        register!(@op $name, Mul, mul, $mul);
        register!(@op $name, Div, div, $div);

        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                self.xor(Self::splat(-0.0))
            }
        }

        impl Real for $name {
            type Mask = $mask;
            #[inline(always)]
            fn splat(x: f64) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($splat(x as $elem)) }
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask {
                self.less(other)
            }
            #[inline(always)]
            fn le(self, other: Self) -> $mask {
                self.less_or_equal(other)
            }
            #[inline(always)]
            fn select(mask: $mask, yes: Self, no: Self) -> Self {
                Self::blend(mask, yes, no)
            }
            // Where a number is NaN, these instructions give their second operand.
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($min(other.0, self.0)) }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($max(other.0, self.0)) }
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.and_not_sign()
            }
            #[inline(always)]
            fn floor(self) -> Self {
                self.round_down()
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                self.round_to_zero()
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($sqrt(self.0)) }
            }
            #[inline(always)]
            fn slope(surrogate: &impl Slope, z: Self) -> Self {
                #[target_feature(enable = $features)]
                #[cold]
                #[inline(never)]
                unsafe fn out_of_line<S: Slope>(surrogate: &S, z: &$name) -> $name {
                    surrogate.slope(*z)
                }
                match surrogate.usual_slope(z) {
                    Some(slope) => slope,
                    // SAFETY: see the head of this file.
                    None => unsafe { out_of_line(surrogate, &z) },
                }
            }
            elementary!($precision);
            plain_firing!();
        }

        impl Float for $name {
            type Precision = crate::math::$precision;
            #[inline(always)]
            fn pow2(self) -> Self {
                // Adding 1.5·2^23 (2^52 for `f64`) leaves the whole number in the low bits of the mantissa.
                (self + Self::splat($to_bits)).shift_into_exponent()
            }
            #[inline(always)]
            fn split(self) -> (Self, Self) {
                self.split_exponent()
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                self.and_not_sign().xor(sign.xor(sign.and_not_sign()))
            }
            #[inline(always)]
            fn scale(self, k: Self) -> Self {
                $scale(self, k)
            }
        }

        impl Lanes for $name {
            type Elem = $elem;
            const WIDTH: usize = $n;
            #[inline(always)]
            fn broadcast(x: $elem) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($splat(x)) }
            }
            #[inline(always)]
            fn load(from: &[$elem]) -> Self {
                match from.first_chunk::<$n>() {
                    // SAFETY: `whole` has the register's length.
                    Some(whole) => unsafe { Self($loadu(whole.as_ptr())) },
                    None => Self::load_some(from),
                }
            }
            #[inline(always)]
            fn store(self, to: &mut [$elem]) {
                match to.first_chunk_mut::<$n>() {
                    // SAFETY: `whole` has the register's length.
                    Some(whole) => unsafe { $storeu(whole.as_mut_ptr(), self.0) },
                    None => self.store_some(to),
                }
            }
            #[inline(always)]
            fn bits(mask: $mask) -> u64 {
                mask.to_bits()
            }
            #[inline(always)]
            fn mask(bits: u64) -> $mask {
                $mask::from_bits(bits)
            }
            #[inline(always)]
            fn tree_sums(registers: [Self; 16]) -> [$elem; 16] {
                Self::sums(registers)
            }
            #[inline(always)]
            fn transposed(square: [Self; 16]) -> [Self; 16] {
                Self::transpose(square)
            }
            #[inline(always)]
            fn halves(first: Self, second: Self) -> (Self, Self) {
                Self::even_and_odd(first, second)
            }
            #[inline(always)]
            fn doubled(self) -> (Self, Self) {
                self.each_twice()
            }
        }
    };
    (@op $name:ident, $trait:ident, $method:ident, $intrinsic:ident) => {
        impl $trait for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($intrinsic(self.0, other.0)) }
            }
        }
    };
}

/// A full-width mask: all bits of a lane set where true.
macro_rules! vector_mask {
    ($(#[$doc:meta])* $name:ident($reg:ident), $and:ident $or:ident $xor:ident $movemask:ident $ones:expr,
     $from_bits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[repr(transparent)]
        pub struct $name($reg);
        impl BitAnd for $name {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($and(self.0, other.0)) }
            }
        }
        impl BitOr for $name {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($or(self.0, other.0)) }
            }
        }
        impl Not for $name {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($xor(self.0, $ones)) }
            }
        }
        impl Mask for $name {
            #[inline(always)]
            fn splat(truth: bool) -> Self {
                Self::from_bits(if truth { u64::MAX } else { 0 })
            }
            #[inline(always)]
            fn any(self) -> bool {
                self.to_bits() != 0
            }
        }
        impl $name {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                // SAFETY: see the head of this file.
                unsafe { $movemask(self.0) as u32 as u64 }
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                // SAFETY: see the head of this file.
                unsafe { Self($from_bits(bits)) }
            }
        }
    };
}

/// A mask register: bit i is the truth of lane i.
macro_rules! mask_register {
    ($(#[$doc:meta])* $name:ident($reg:ident)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[repr(transparent)]
        pub struct $name($reg);
        impl BitAnd for $name {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }
        impl BitOr for $name {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
        impl Not for $name {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                Self(!self.0)
            }
        }
        impl Mask for $name {
            #[inline(always)]
            fn splat(truth: bool) -> Self {
                Self(if truth { $reg::MAX } else { 0 })
            }
            #[inline(always)]
            fn any(self) -> bool {
                self.0 != 0
            }
        }
        impl $name {
            #[inline(always)]
            fn to_bits(self) -> u64 {
                u64::from(self.0)
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                Self(bits as $reg)
            }
        }
    };
}
pub(super) use {mask_register, register, vector_mask};
