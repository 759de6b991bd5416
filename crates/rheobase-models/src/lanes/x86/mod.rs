//! Lanes in the registers of x86-64, and the entry to each SIMD level.
//!
//! Safety of this folder: the intrinsics of AVX2 and AVX-512 are reached only through [`dispatch`] and
//! [`dispatch_abreast`], which check that the processor has the level before they enter the function compiled for it;
//! SSE2 is part of x86-64; [`columns_to_rows`], [`compress`], [`expand`] and [`places`] check in the same way. Loads and
//! stores go through references to arrays of the register's length, in `compress.rs` to memory that was reserved.

mod columns_to_rows;
mod compress;
mod double;
mod register;
mod single;

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

pub(super) use columns_to_rows::columns_to_rows;
pub(super) use compress::{compress, expand, places};
pub use double::{F64x4, F64x8};
pub use single::{F32x4, F32x8, F32x16};

use super::{Elem, Kernel, Lanes, Level, Pack};

/// The registers that hold numbers of this type.
pub(super) trait Registers: Elem {
    /// That of AVX-512.
    type Avx512: Lanes<Elem = Self>;
    /// That of AVX2.
    type Avx2: Lanes<Elem = Self>;
}

impl Registers for f32 {
    type Avx512 = F32x16;
    type Avx2 = F32x8;
}

impl Registers for f64 {
    type Avx512 = F64x8;
    type Avx2 = F64x4;
}

/// Runs `kernel` over the lanes of AVX-512 or AVX2; gives it back at other levels.
#[inline]
pub(super) fn dispatch<E: Registers, K: Kernel<E>>(level: Level, kernel: K) -> Result<K::Output, K> {
    #[target_feature(enable = "avx512f,avx512dq,avx2,popcnt,bmi1")]
    unsafe fn avx512<E: Registers, K: Kernel<E>>(kernel: K) -> K::Output {
        kernel.run::<E::Avx512>()
    }
    #[target_feature(enable = "avx2,popcnt,bmi1")]
    unsafe fn avx2<E: Registers, K: Kernel<E>>(kernel: K) -> K::Output {
        kernel.run::<E::Avx2>()
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => Ok(unsafe { avx512(kernel) }),
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => Ok(unsafe { avx2(kernel) }),
        _ => Err(kernel),
    }
}

/// Runs `kernel` over four registers of AVX-512 or two of AVX2, which has half as many, side by side.
#[inline]
pub(super) fn dispatch_abreast<E: Registers, K: Kernel<E>>(level: Level, kernel: K) -> Result<K::Output, K> {
    #[target_feature(enable = "avx512f,avx512dq,avx2,popcnt,bmi1")]
    unsafe fn avx512<E: Registers, K: Kernel<E>>(kernel: K) -> K::Output {
        kernel.run::<Pack<E::Avx512, 4>>()
    }
    #[target_feature(enable = "avx2,popcnt,bmi1")]
    unsafe fn avx2<E: Registers, K: Kernel<E>>(kernel: K) -> K::Output {
        kernel.run::<Pack<E::Avx2, 2>>()
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => Ok(unsafe { avx512(kernel) }),
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => Ok(unsafe { avx2(kernel) }),
        _ => Err(kernel),
    }
}

/// A hint that `at` will be read soon; any address may be given.
#[inline(always)]
pub(super) fn prefetch<E>(at: *const E) {
    // SAFETY: a prefetch neither reads nor faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
}
