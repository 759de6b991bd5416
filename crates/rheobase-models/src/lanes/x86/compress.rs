//! What bits choose, put together and apart: by the instructions of AVX-512, and by tables of permutations with AVX2.
//!
//! Safety of the whole file: see [`super`]. Registers are written to memory that was reserved for as many numbers as bits are set
//! and one register more; a vector's length is set to what was written.

use std::arch::x86_64::*;

use super::{F32x8, F32x16};
use crate::lanes::{Lanes, Level, plain_compress, plain_expand, plain_places};

/// The set bits of a byte, in ascending order.
const PLACES: [[u8; 8]; 256] = table(false);
/// For each bit of a byte, how many lower ones are set.
const RANKS: [[u8; 8]; 256] = table(true);

const fn table(ranks: bool) -> [[u8; 8]; 256] {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut set, mut bit) = (0, 0);
        while bit < 8 {
            if ranks {
                table[byte][bit] = set;
            }
            if byte >> bit & 1 == 1 {
                if !ranks {
                    table[byte][set as usize] = bit as u8;
                }
                set += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
}

/// The entry of a byte, in eight lanes.
#[inline(always)]
unsafe fn entry(table: &[[u8; 8]; 256], byte: u8) -> __m256i {
    unsafe { _mm256_cvtepu8_epi32(_mm_loadl_epi64(table[usize::from(byte)].as_ptr().cast())) }
}

#[inline(always)]
fn count(bits: &[u64]) -> usize {
    let mut count = 0;
    for word in bits {
        count += word.count_ones() as usize;
    }
    count
}

/// [`crate::lanes::compress`] at a level this processor has.
pub(in crate::lanes) fn compress(level: Level, numbers: &[f32], bits: &[u64], to: &mut Vec<f32>) {
    #[target_feature(enable = "avx512f,avx512dq,avx2,popcnt,bmi1")]
    unsafe fn avx512(numbers: &[f32], bits: &[u64], to: &mut Vec<f32>) {
        to.reserve_exact(count(bits) + 16);
        let mut at = to.len();
        for (numbers, word) in numbers.chunks(64).zip(bits) {
            let mut word = *word;
            for x in numbers.chunks(16) {
                let chosen = word as u16;
                unsafe {
                    let together = _mm512_maskz_compress_ps(chosen, F32x16::load(x).0);
                    _mm512_storeu_ps(to.as_mut_ptr().add(at), together);
                }
                at += chosen.count_ones() as usize;
                word >>= 16;
            }
        }
        unsafe { to.set_len(at) }
    }
    #[target_feature(enable = "avx2,popcnt,bmi1")]
    unsafe fn avx2(numbers: &[f32], bits: &[u64], to: &mut Vec<f32>) {
        to.reserve_exact(count(bits) + 8);
        let mut at = to.len();
        for (numbers, word) in numbers.chunks(64).zip(bits) {
            let mut word = *word;
            for x in numbers.chunks(8) {
                let chosen = word as u8;
                unsafe {
                    let together = _mm256_permutevar8x32_ps(F32x8::load(x).0, entry(&PLACES, chosen));
                    _mm256_storeu_ps(to.as_mut_ptr().add(at), together);
                }
                at += chosen.count_ones() as usize;
                word >>= 8;
            }
        }
        unsafe { to.set_len(at) }
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => unsafe { avx512(numbers, bits, to) },
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => unsafe { avx2(numbers, bits, to) },
        _ => plain_compress(numbers, bits, to),
    }
}

/// [`crate::lanes::expand`] at a level this processor has.
pub(in crate::lanes) fn expand(level: Level, from: &[f32], bits: &[u64], rest: f32, to: &mut [f32]) -> usize {
    #[target_feature(enable = "avx512f,avx512dq,avx2,popcnt,bmi1")]
    unsafe fn avx512(from: &[f32], bits: &[u64], rest: f32, to: &mut [f32]) -> usize {
        let (mut at, rest) = (0, F32x16::broadcast(rest));
        for (to, word) in to.chunks_mut(64).zip(bits) {
            let mut word = *word;
            for to in to.chunks_mut(16) {
                let chosen = word as u16;
                let next = F32x16::load(from.get(at..).unwrap_or_default());
                F32x16(_mm512_mask_expand_ps(rest.0, chosen, next.0)).store(to);
                at += chosen.count_ones() as usize;
                word >>= 16;
            }
        }
        at
    }
    #[target_feature(enable = "avx2,popcnt,bmi1")]
    unsafe fn avx2(from: &[f32], bits: &[u64], rest: f32, to: &mut [f32]) -> usize {
        let (mut at, rest) = (0, F32x8::broadcast(rest));
        for (to, word) in to.chunks_mut(64).zip(bits) {
            let mut word = *word;
            for to in to.chunks_mut(8) {
                let chosen = word as u8;
                let next = F32x8::load(from.get(at..).unwrap_or_default());
                unsafe {
                    let apart = _mm256_permutevar8x32_ps(next.0, entry(&RANKS, chosen));
                    let lane = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
                    let set = _mm256_and_si256(_mm256_set1_epi32(i32::from(chosen)), lane);
                    let mask = _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane));
                    F32x8(_mm256_blendv_ps(rest.0, apart, mask)).store(to);
                }
                at += chosen.count_ones() as usize;
                word >>= 8;
            }
        }
        at
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => unsafe { avx512(from, bits, rest, to) },
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => unsafe { avx2(from, bits, rest, to) },
        _ => plain_expand(from, bits, rest, to),
    }
}

/// [`crate::lanes::places`] at a level this processor has.
pub(in crate::lanes) fn places(
    level: Level,
    bits: &[u64],
    words: usize,
    to: &mut Vec<u32>,
    ends: &mut Vec<u32>,
) {
    #[target_feature(enable = "avx512f,avx512dq,avx2,popcnt,bmi1")]
    unsafe fn avx512(bits: &[u64], words: usize, to: &mut Vec<u32>, ends: &mut Vec<u32>) {
        to.reserve_exact(count(bits) + 16);
        let mut at = to.len();
        unsafe {
            let sixteen = _mm512_set1_epi32(16);
            for row in bits.chunks_exact(words.max(1)) {
                let mut place = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
                for word in row {
                    let mut word = *word;
                    for _ in 0..4 {
                        let chosen = word as u16;
                        let together = _mm512_maskz_compress_epi32(chosen, place);
                        _mm512_storeu_si512(to.as_mut_ptr().add(at).cast(), together);
                        at += chosen.count_ones() as usize;
                        place = _mm512_add_epi32(place, sixteen);
                        word >>= 16;
                    }
                }
                ends.push(at as u32);
            }
            to.set_len(at);
        }
    }
    #[target_feature(enable = "avx2,popcnt,bmi1")]
    unsafe fn avx2(bits: &[u64], words: usize, to: &mut Vec<u32>, ends: &mut Vec<u32>) {
        to.reserve_exact(count(bits) + 8);
        let mut at = to.len();
        unsafe {
            let eight = _mm256_set1_epi32(8);
            for row in bits.chunks_exact(words.max(1)) {
                let mut first = _mm256_setzero_si256();
                for word in row {
                    for chosen in word.to_le_bytes() {
                        let places = _mm256_add_epi32(entry(&PLACES, chosen), first);
                        _mm256_storeu_si256(to.as_mut_ptr().add(at).cast(), places);
                        at += chosen.count_ones() as usize;
                        first = _mm256_add_epi32(first, eight);
                    }
                }
                ends.push(at as u32);
            }
            to.set_len(at);
        }
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => unsafe { avx512(bits, words, to, ends) },
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => unsafe { avx2(bits, words, to, ends) },
        _ => plain_places(bits, words, to, ends),
    }
}
