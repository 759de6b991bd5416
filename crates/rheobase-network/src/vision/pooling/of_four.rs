//! The largest of four: windows of two by two that stand side by side, in lanes.

use rheobase_models::lanes::{Kernel, Lanes};
use rheobase_models::real::Mask;

use super::first_largest_of_four;

/// Maps, and what becomes of them.
pub(super) struct OfFour<'a> {
    /// `[map, row, column]`.
    pub(super) values: &'a [f32],
    /// Rows and columns of a map.
    pub(super) places: [usize; 2],
    /// Rows and columns of its windows.
    pub(super) windows: [usize; 2],
    /// The largest value of every window: written.
    pub(super) out: &'a mut [f32],
    /// The tap that sees it: written.
    pub(super) taps: &'a mut [u8],
}

impl Kernel<f32> for OfFour<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let ([rows, columns], [height, width]) = (self.places, self.windows);
        for map in 0..self.values.len() / (rows * columns) {
            for y in 0..height {
                let upper = &self.values[(map * rows + 2 * y) * columns..][..2 * columns];
                let (upper, lower) = upper.split_at(columns);
                let at = (map * height + y) * width;
                let (out, taps) = (&mut self.out[at..at + width], &mut self.taps[at..at + width]);
                for x in (0..width).step_by(V::WIDTH) {
                    let end = width.min(x + V::WIDTH);
                    let lines = [&upper[2 * x..2 * end], &lower[2 * x..2 * end]];
                    windows::<V>(lines, &mut out[x..end], &mut taps[x..end]);
                }
            }
        }
    }
}

/// As many windows as there are lanes, or fewer.
#[inline(always)]
fn windows<V: Lanes<Elem = f32>>(lines: [&[f32]; 2], out: &mut [f32], taps: &mut [u8]) {
    let [upper, lower] = lines;
    let (a, b) = every_other::<V>(upper);
    let (c, d) = every_other::<V>(lower);
    let numbers = a.le(a) & b.le(b) & c.le(c) & d.le(d);
    if (!numbers).any() {
        for x in 0..out.len() {
            let four = [upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]];
            (out[x], taps[x]) = first_largest_of_four(four);
            out[x] += 0.0;
        }
        return;
    }
    // The lower one where it is larger; then the right one where it is larger, or as large and comes first.
    let (left_lower, right_lower) = (c.gt(a), d.gt(b));
    let (left, right) = (V::select(left_lower, c, a), V::select(right_lower, d, b));
    let is_right = right.gt(left) | (right.ge(left) & left_lower & !right_lower);
    (V::select(is_right, right, left) + V::zero()).store(out);
    let is_right = V::bits(is_right);
    let is_lower = is_right & V::bits(right_lower) | !is_right & V::bits(left_lower);
    for at in (0..taps.len()).step_by(8) {
        let bytes = (spread(is_right >> at) | spread(is_lower >> at) << 1).to_le_bytes();
        let count = bytes.len().min(taps.len() - at);
        taps[at..at + count].copy_from_slice(&bytes[..count]);
    }
}

/// Every other number, from the first on and from the second on.
#[inline(always)]
fn every_other<V: Lanes<Elem = f32>>(line: &[f32]) -> (V, V) {
    let second = if line.len() > V::WIDTH { V::load(&line[V::WIDTH..]) } else { V::zero() };
    V::halves(V::load(line), second)
}

/// The lowest eight bits, a byte for each: 0 or 1.
#[inline(always)]
fn spread(bits: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let own = ((bits & 0xff) * EACH) & 0x8040_2010_0804_0201;
    ((own + 0x7f * EACH) >> 7) & EACH
}

#[cfg(test)]
mod tests {
    use rheobase_base::random::Stream;
    use rheobase_models::lanes::{Elem, Level};

    use super::super::first_largest;
    use super::*;

    #[test]
    fn lanes_find_the_first_of_the_largest() {
        let stream = Stream::new(3, "of four", "");
        // Few numbers: ties of every kind, zeros of both signs, and NaN in some places.
        let numbers = [-1.0, -0.0, 0.0, 1.0, 2.0, f32::NEG_INFINITY, f32::NAN];
        for ([rows, columns], kinds) in
            [([2, 2], 6), ([5, 9], 7), ([8, 8], 6), ([6, 24], 7), ([4, 71], 6), ([3, 130], 7)]
        {
            let (windows, maps) = ([rows / 2, columns / 2], 3);
            let draw = |i: usize| numbers[(stream.uniform(0, 0, i as u32) * f64::from(kinds)) as usize];
            let values: Vec<f32> = (0..maps * rows * columns).map(draw).collect();
            let count = maps * windows[0] * windows[1];
            let want: Vec<(u32, u8)> = (0..count)
                .map(|o| {
                    let (map, y, x) =
                        (o / (windows[0] * windows[1]), o / windows[1] % windows[0], o % windows[1]);
                    let at = (map * rows + 2 * y) * columns + 2 * x;
                    let four = [at, at + 1, at + columns, at + columns + 1].map(|i| values[i]);
                    let (value, tap) = first_largest(four.into_iter().zip(0..));
                    ((value + 0.0).to_bits(), tap)
                })
                .collect();
            for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
                let (mut out, mut taps) = (vec![7.0; count], vec![9; count]);
                let places = [rows, columns];
                let job = OfFour { values: &values, places, windows, out: &mut out, taps: &mut taps };
                f32::dispatch_wide(level, job);
                let found: Vec<(u32, u8)> = out.iter().map(|x| x.to_bits()).zip(taps).collect();
                assert_eq!(found, want, "{level:?} {rows} {columns}");
            }
        }
    }
}
