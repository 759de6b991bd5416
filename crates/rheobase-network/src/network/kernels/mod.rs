//! The three products of a linear map, with lanes: out of events or of all inputs, back to the inputs, and to the
//! weights.
//!
//! Every sum has one order, whatever the form, the SIMD level or the threads: outputs add their inputs in ascending
//! index; errors of inputs are sums in 16 virtual lanes with a fixed tree; a weight adds its gradient with time
//! descending and samples ascending. A term of 0 changes no sum, so leaving it out gives the same bits.
//!
//! Loops over registers count: an adaptor of the standard library that is not inlined there is a call, before which all
//! registers go to memory.

/// Calls `$body` for blocks of outputs: `$n` registers from output `$o` on. All are full but the last one. `$most` side by
/// side only where there are more registers than those of AVX2, else `$many`, in the end one.
macro_rules! blocks {
    ($V:ident, $outputs:expr, $most:literal $many:literal, |$o:ident, $n:ident| $body:block) => {{
        let mut $o = 0;
        while $V::WIDTH >= 16 && $o + $most * $V::WIDTH <= $outputs {
            const $n: usize = $most;
            $body
            $o += $most * $V::WIDTH;
        }
        while $o + $many * $V::WIDTH <= $outputs {
            const $n: usize = $many;
            $body
            $o += $many * $V::WIDTH;
        }
        while $o < $outputs {
            const $n: usize = 1;
            $body
            $o += $V::WIDTH;
        }
    }};
}

mod backward;
mod forward;
mod gather;
#[cfg(test)]
mod tests;

use rheobase_models::lanes::Lanes;

/// Rows of a product that share a loaded register.
const GROUP: usize = 4;

pub(crate) use backward::{FEW, backward, backward_few, by_inputs};
pub(crate) use forward::{Product, forward};
pub(crate) use gather::{gather, gather_bias, gather_tiles};

/// Where a block of `N` registers from output `o` on ends: only the last block of one register may not be full.
#[inline(always)]
fn end<V: Lanes<Elem = f32>, const N: usize>(o: usize, outputs: usize) -> usize {
    if N > 1 { o + N * V::WIDTH } else { outputs.min(o + V::WIDTH) }
}

/// Adds `Σ_k x[k, r]·y[k]` to the sums of `R` rows `r`, k ascending; `x` is `[k][r]`, `y[k]` are the `width` numbers from
/// `k·stride` on, `N` registers.
#[inline(always)]
fn products<V: Lanes<Elem = f32>, const R: usize, const N: usize>(
    mut sums: [[V; N]; R],
    x: &[f32],
    y: &[f32],
    (stride, width): (usize, usize),
) -> [[V; N]; R] {
    let x = x.as_chunks::<R>().0;
    let width = if N > 1 { N * V::WIDTH } else { width };
    for k in 0..x.len() {
        let y = &y[k * stride..k * stride + width];
        let mut row = [V::zero(); N];
        for r in 0..N {
            row[r] = V::load(&y[r * V::WIDTH..]);
        }
        for i in 0..R {
            let x = V::broadcast(x[k][i]);
            for r in 0..N {
                sums[i][r] = sums[i][r] + x * row[r];
            }
        }
    }
    sums
}
