//! Columns written as rows, through squares of registers and past the caches.
//!
//! Safety of the whole file: see [`super`]. A streamed store goes through a reference to an aligned array of the
//! register's length; the fence that orders it before all that follows comes before the function returns.

use std::arch::x86_64::*;

use super::{F64x4, F64x8};
use crate::lanes::{Lanes, Level, plain_columns_to_rows};

/// Columns that are written at once: eight cache lines of a row.
const GROUP: usize = 64;

/// Rows of a group, on their way to where they belong.
#[repr(align(64))]
struct Block<const N: usize>([[f64; GROUP]; N]);

/// A register of which as many as it has lanes make a square.
trait Square<const N: usize>: Lanes<Elem = f64> {
    /// Lane j of register i becomes lane i of register j.
    fn transpose(square: [Self; N]) -> [Self; N];
    /// Writes the lanes past the caches; `to` is aligned to the register.
    fn stream(self, to: &mut [f64; N]);
}

impl Square<4> for F64x4 {
    #[inline(always)]
    fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        unsafe {
            let (low, high) = (_mm256_unpacklo_pd(a.0, b.0), _mm256_unpackhi_pd(a.0, b.0));
            let (low_2, high_2) = (_mm256_unpacklo_pd(c.0, d.0), _mm256_unpackhi_pd(c.0, d.0));
            [
                Self(_mm256_permute2f128_pd::<0x20>(low, low_2)),
                Self(_mm256_permute2f128_pd::<0x20>(high, high_2)),
                Self(_mm256_permute2f128_pd::<0x31>(low, low_2)),
                Self(_mm256_permute2f128_pd::<0x31>(high, high_2)),
            ]
        }
    }
    #[inline(always)]
    fn stream(self, to: &mut [f64; 4]) {
        debug_assert!(to.as_ptr().cast::<__m256d>().is_aligned());
        unsafe { _mm256_stream_pd(to.as_mut_ptr(), self.0) }
    }
}

/// From four registers of pairs, those that hold rows 0, 2, 4 and 6 (or 1, 3, 5 and 7).
#[inline(always)]
fn every_other(pairs: [__m512d; 4]) -> [F64x8; 4] {
    unsafe {
        let (a, b) = (
            _mm512_shuffle_f64x2::<0x88>(pairs[0], pairs[1]),
            _mm512_shuffle_f64x2::<0xdd>(pairs[0], pairs[1]),
        );
        let (c, d) = (
            _mm512_shuffle_f64x2::<0x88>(pairs[2], pairs[3]),
            _mm512_shuffle_f64x2::<0xdd>(pairs[2], pairs[3]),
        );
        [
            F64x8(_mm512_shuffle_f64x2::<0x88>(a, c)),
            F64x8(_mm512_shuffle_f64x2::<0x88>(b, d)),
            F64x8(_mm512_shuffle_f64x2::<0xdd>(a, c)),
            F64x8(_mm512_shuffle_f64x2::<0xdd>(b, d)),
        ]
    }
}

impl Square<8> for F64x8 {
    #[inline(always)]
    fn transpose([a, b, c, d, e, f, g, h]: [Self; 8]) -> [Self; 8] {
        unsafe {
            let [r0, r2, r4, r6] = every_other([
                _mm512_unpacklo_pd(a.0, b.0),
                _mm512_unpacklo_pd(c.0, d.0),
                _mm512_unpacklo_pd(e.0, f.0),
                _mm512_unpacklo_pd(g.0, h.0),
            ]);
            let [r1, r3, r5, r7] = every_other([
                _mm512_unpackhi_pd(a.0, b.0),
                _mm512_unpackhi_pd(c.0, d.0),
                _mm512_unpackhi_pd(e.0, f.0),
                _mm512_unpackhi_pd(g.0, h.0),
            ]);
            [r0, r1, r2, r3, r4, r5, r6, r7]
        }
    }
    #[inline(always)]
    fn stream(self, to: &mut [f64; 8]) {
        debug_assert!(to.as_ptr().cast::<__m512d>().is_aligned());
        unsafe { _mm512_stream_pd(to.as_mut_ptr(), self.0) }
    }
}

/// [`crate::lanes::columns_to_rows`] at a level this processor has.
pub(in crate::lanes) fn columns_to_rows(
    level: Level,
    columns: &[f64],
    stride: usize,
    rows: &mut [f64],
    width: usize,
) {
    #[target_feature(enable = "avx512f,avx512dq,avx2")]
    unsafe fn avx512(columns: &[f64], stride: usize, rows: &mut [f64], width: usize) {
        in_squares::<8, F64x8>(columns, stride, rows, width);
    }
    #[target_feature(enable = "avx2")]
    unsafe fn avx2(columns: &[f64], stride: usize, rows: &mut [f64], width: usize) {
        in_squares::<4, F64x4>(columns, stride, rows, width);
    }
    match level {
        // SAFETY: the level was found on this processor.
        Level::Avx512 if level.is_available() => unsafe { avx512(columns, stride, rows, width) },
        // SAFETY: as above.
        Level::Avx2 if level.is_available() => unsafe { avx2(columns, stride, rows, width) },
        _ => plain_columns_to_rows(columns, stride, rows, width),
    }
}

#[inline(always)]
fn in_squares<const N: usize, V: Square<N>>(columns: &[f64], stride: usize, rows: &mut [f64], width: usize) {
    if rows.is_empty() {
        return;
    }
    let mut block = Block([[0.0; GROUP]; N]);
    for (group, columns) in columns.chunks(GROUP * stride).enumerate() {
        let rows = &mut rows[group * GROUP..];
        let mut top = 0;
        for rows in rows.chunks_mut(N * width) {
            if rows.len() <= (N - 1) * width {
                // Fewer than N rows are left.
                plain_columns_to_rows(&columns[top..], stride, rows, width);
                break;
            }
            let mut squares = columns.chunks_exact(N * stride);
            let mut left = 0;
            for square in squares.by_ref() {
                let mut lanes = [V::broadcast(0.0); N];
                for j in 0..N {
                    lanes[j] = V::load(&square[j * stride + top..][..N]);
                }
                let lanes = V::transpose(lanes);
                for i in 0..N {
                    lanes[i].store(&mut block.0[i][left..left + N]);
                }
                left += N;
            }
            for column in squares.remainder().chunks(stride) {
                for i in 0..N {
                    block.0[i][left] = column[top + i];
                }
                left += 1;
            }
            for (row, values) in rows.chunks_mut(width).zip(&block.0) {
                stream_row::<N, V>(&values[..left], &mut row[..left]);
            }
            top += N;
        }
    }
    // SAFETY: part of every x86-64.
    unsafe { _mm_sfence() };
}

/// Writes whole cache lines past the caches, and what is left at both ends as usual.
#[inline(always)]
fn stream_row<const N: usize, V: Square<N>>(values: &[f64], row: &mut [f64]) {
    let before = row.as_ptr().align_offset(64).min(row.len());
    let whole = before + (row.len() - before) / 8 * 8;
    row[..before].copy_from_slice(&values[..before]);
    for (to, from) in
        row[before..whole].as_chunks_mut::<N>().0.iter_mut().zip(values[before..].as_chunks::<N>().0)
    {
        V::load(from).stream(to);
    }
    row[whole..].copy_from_slice(&values[whole..]);
}
