//! The machine's limits, measured: arithmetic in lanes, copying memory.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use crate::shortest;

/// Sums of products in sixteen independent chains: what the arithmetic units can do without fused multiply-add.
struct Peak {
    rounds: usize,
}

impl Kernel<f32> for Peak {
    type Output = f32;
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) -> f32 {
        let scale = V::splat(std::hint::black_box(0.999));
        let shift = V::splat(std::hint::black_box(0.001));
        // Chains by name, so that each has a register: an array may stay in memory.
        macro_rules! chains {
            ($($c:ident)*) => {{
                $(let mut $c = V::splat(1.0);)*
                for _ in 0..self.rounds {
                    $($c = $c * scale + shift;)*
                }
                V::zero() $(+ $c)*
            }};
        }
        let sum = chains!(a b c d e f g h i j k l m n o p);
        let mut lanes = [0.0; 16];
        sum.store(&mut lanes);
        lanes[0]
    }
}

/// Additions and multiplications per second of one core at `level`, on numbers of 32 bits.
pub fn arithmetic_peak(level: Level) -> f64 {
    let width = match level {
        Level::Avx512 => 16.0,
        Level::Avx2 => 8.0,
        Level::Sse2 => 4.0,
        _ => 1.0,
    };
    let rounds = 200_000;
    let seconds = shortest(20, || {
        std::hint::black_box(f32::dispatch(level, Peak { rounds }));
    });
    rounds as f64 * 16.0 * 2.0 * width / seconds
}

/// Bytes per second of reading when an array of so many bytes is copied: half of what the copy moves.
pub fn copy_read_bandwidth(bytes: usize) -> f64 {
    let from = vec![1u8; bytes];
    let mut to = vec![0u8; bytes];
    let seconds = shortest(7, || {
        to.copy_from_slice(&from);
        std::hint::black_box(&mut to);
    });
    from.len() as f64 / seconds
}
