//! Convolution of time-first rows with a given kernel: spike by spike where spikes are few, else tap by tap for a short
//! kernel and by FFT for a long one.

use rayon::prelude::*;
use rheobase_models::lanes::{Elem, Kernel, Lanes, Level, columns_to_rows};
use rustfft::algorithm::Radix4;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftDirection};

use super::layout::write_columns;
use rheobase_base::Cancel;

/// Rows a thread computes at once when it goes spike by spike.
const CHUNK: usize = 512;
/// Neurons a thread computes at once when it goes spike by spike: their samples stay in the second cache.
const STRIP: usize = 64;
/// Samples from one neuron of a strip to the next: whole cache lines, but not a power of two, which would put all neurons
/// into one cache set.
const STRIDE: usize = CHUNK + 8;
/// Zeros before the taps, and twice as many after: so many that whole registers can be read from any place within them.
const MARGIN: usize = 16;
/// Neurons side by side when going tap by tap: two cache lines of a row.
const TILE: usize = 16;
/// From this many taps on, transforming is faster than multiplying.
const LONG: usize = 160;
/// Up to this share of samples that are not zero, going spike by spike is faster than multiplying.
const SPARSE: f64 = 0.2;

/// A sample that is not zero.
#[derive(Clone, Copy)]
struct Event {
    /// Counted from the first row of its bucket.
    row: usize,
    value: f64,
}

/// The events of [`CHUNK`] rows, by column and then by row.
struct Bucket {
    events: Vec<Event>,
    /// Where each column begins in `events`, and the end of the last.
    begins: Vec<usize>,
}

/// y\[i\] = sum over n of taps\[n\] x\[i + delay - n\] for every column of `x` (rows x `width`, time first).
///
/// A call that was asked to end ([`Cancel`]) leaves `out` half done: whoever calls has to look.
///
/// Which way is taken depends on the data alone, so results do not depend on the number of threads. Says whether all of
/// `x` and of the result is finite.
pub(crate) fn convolve(x: &[f64], width: usize, taps: &[f64], delay: usize, out: &mut [f64]) -> bool {
    if out.is_empty() {
        return true;
    }
    let share = SPARSE * taps.len().min(LONG) as f64 / taps.len() as f64;
    if let Some(finite) = with_events(x, width, share, || taps.to_vec(), delay, out) {
        return finite;
    }
    if taps.len() < LONG {
        by_tap(x, width, taps, delay, out);
    } else {
        let block = fft_length(taps.len(), x.len() / width);
        by_transform(x, width, taps, delay, block, out);
    }
    all_finite(x) && all_finite(out)
}

fn all_finite(x: &[f64]) -> bool {
    x.par_iter().with_min_len(CHUNK).all(|v| v.is_finite())
}

/// As [`convolve`] where spikes are few; `None`, and nothing done, where they are not.
pub(crate) fn by_events(
    x: &[f64],
    width: usize,
    taps: impl FnOnce() -> Vec<f64>,
    delay: usize,
    out: &mut [f64],
) -> Option<bool> {
    if out.is_empty() { Some(true) } else { with_events(x, width, 0.5 * SPARSE, taps, delay, out) }
}

fn with_events(
    x: &[f64],
    width: usize,
    share: f64,
    taps: impl FnOnce() -> Vec<f64>,
    delay: usize,
    out: &mut [f64],
) -> Option<bool> {
    let buckets: Option<Vec<Bucket>> = x
        .par_chunks(CHUNK * width)
        .map(|rows| bucket(rows, width, (share * rows.len() as f64) as usize))
        .collect();
    let buckets = buckets?;
    by_event(Level::best(), &buckets, width, &taps(), delay, out);
    // Where values are this small, no sum of theirs overflows.
    let small = buckets.par_iter().all(|b| b.events.iter().all(|e| e.value.abs() < 1e290));
    Some(small || all_finite(x) && all_finite(out))
}

/// Finds the samples of some rows that are not zero: their columns, and what each is.
struct Search<'a> {
    rows: &'a [f64],
    width: usize,
    /// More than so many are not looked for.
    most: usize,
}

impl Kernel<f64> for Search<'_> {
    type Output = Option<Vec<(usize, Event)>>;

    #[inline(always)]
    fn run<V: Lanes<Elem = f64>>(self) -> Self::Output {
        let mut found = Vec::new();
        for (row, values) in self.rows.chunks_exact(self.width).enumerate() {
            for (block, values) in values.chunks(64).enumerate() {
                let mut bits = 0;
                for left in (0..values.len()).step_by(V::WIDTH) {
                    let x = V::load(&values[left..]);
                    // Not a number counts as something, too.
                    bits |= V::bits(!(x.le(V::zero()) & x.ge(V::zero()))) << left;
                }
                while bits != 0 {
                    let j = bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    found.push((64 * block + j, Event { row, value: values[j] }));
                }
            }
            if found.len() > self.most {
                return None;
            }
        }
        Some(found)
    }
}

/// The events of some rows; `None` if there are more than `most`.
fn bucket(rows: &[f64], width: usize, most: usize) -> Option<Bucket> {
    let found = f64::dispatch(Level::best(), Search { rows, width, most })?;
    let mut counts = vec![0; width + 1];
    for (column, _) in &found {
        counts[column + 1] += 1;
    }
    for j in 0..width {
        counts[j + 1] += counts[j];
    }
    let begins = counts.clone();
    let mut events = vec![Event { row: 0, value: 0.0 }; found.len()];
    for (column, event) in found {
        let place = &mut counts[column];
        events[*place] = event;
        *place += 1;
    }
    Some(Bucket { events, begins })
}

/// Every event adds its kernel to its own column.
fn by_event(level: Level, buckets: &[Bucket], width: usize, taps: &[f64], delay: usize, out: &mut [f64]) {
    let mut wide = vec![0.0; MARGIN + taps.len() + 2 * MARGIN];
    wide[MARGIN..][..taps.len()].copy_from_slice(taps);
    let strip = || vec![0.0; STRIP * STRIDE + 8];
    let cancel = Cancel::current();
    out.par_chunks_mut(CHUNK * width).enumerate().for_each_init(strip, |strip, (i, rows)| {
        if cancel.is_asked() {
            return;
        }
        let height = rows.len() / width;
        // An event in row r reaches rows r - delay .. r - delay + taps.
        let origin = i * CHUNK + delay;
        let earliest = (origin + 1).saturating_sub(taps.len()) / CHUNK;
        let latest = ((origin + height - 1) / CHUNK + 1).min(buckets.len());
        let earliest = earliest.min(latest);
        let near = Near { buckets: &buckets[earliest..latest], first: earliest * CHUNK };
        // Columns begin with a cache line, so that what one event has written the next can read at once.
        let aligned = strip.as_ptr().align_offset(64).min(8);
        for left in (0..width).step_by(STRIP) {
            let strip = &mut strip[aligned..][..STRIP.min(width - left) * STRIDE];
            f64::dispatch(level, Spread { near, left, taps: &wide, origin, height, strip });
            columns_to_rows(level, strip, STRIDE, &mut rows[left..], width);
        }
    });
}

/// Buckets side by side.
#[derive(Clone, Copy)]
struct Near<'a> {
    buckets: &'a [Bucket],
    /// The row at which they begin.
    first: usize,
}

/// Sets the columns of a strip to the sum of the kernels of all events that reach them.
struct Spread<'a> {
    near: Near<'a>,
    /// The column at which the strip begins.
    left: usize,
    /// With [`MARGIN`].
    taps: &'a [f64],
    /// The row of an event whose first tap falls on the first row of the strip.
    origin: usize,
    /// Rows of the strip.
    height: usize,
    strip: &'a mut [f64],
}

impl Kernel<f64> for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Elem = f64>>(self) {
        let Spread { near, left, taps, origin, height, strip } = self;
        for (j, column) in (left..).zip(strip.chunks_exact_mut(STRIDE)) {
            let column = &mut column[..height.next_multiple_of(V::WIDTH)];
            column.fill(0.0);
            for (bucket, first) in near.buckets.iter().zip((near.first..).step_by(CHUNK)) {
                for event in &bucket.events[bucket.begins[j]..bucket.begins[j + 1]] {
                    add_kernel::<V>(column, origin, first + event.row, event.value, taps);
                }
            }
        }
    }
}

/// Adds `taps` times `value` from row `row` on to `column`, whose first sample is row `origin`, whole registers of both:
/// the zeros around the taps change nothing.
#[inline(always)]
fn add_kernel<V: Lanes<Elem = f64>>(column: &mut [f64], origin: usize, row: usize, value: f64, taps: &[f64]) {
    // Registers that the kernel takes wherever in the first it begins.
    let count = (taps.len() - 3 * MARGIN + V::WIDTH - 1).div_ceil(V::WIDTH);
    // Counted from so many registers before the column, so that nothing is negative; what ends before it is left out.
    let Some(begin) = (row + count * V::WIDTH).checked_sub(origin) else { return };
    let (register, lane) = (begin / V::WIDTH, begin % V::WIDTH);
    let (skipped, to) = (count.saturating_sub(register), register.saturating_sub(count) * V::WIDTH);
    if to >= column.len() {
        return;
    }
    let taps = &taps[MARGIN - lane + skipped * V::WIDTH..][..(count - skipped) * V::WIDTH];
    let value = V::broadcast(value);
    for (y, tap) in column[to..].chunks_exact_mut(V::WIDTH).zip(taps.chunks_exact(V::WIDTH)) {
        (V::load(y) + value * V::load(tap)).store(y);
    }
}

/// Every output is a sum over the kernel, sixteen neurons at a time.
fn by_tap(x: &[f64], width: usize, taps: &[f64], delay: usize, out: &mut [f64]) {
    let total = x.len() / width;
    let cancel = Cancel::current();
    out.par_chunks_mut(CHUNK * width).enumerate().for_each(|(i, rows)| {
        if cancel.is_asked() {
            return;
        }
        let height = rows.len() / width;
        // Row r of the tile is row `earliest` + r of x, moved on by the taps so that it cannot be negative.
        let earliest = i * CHUNK + delay + 1;
        let mut tile = vec![[0.0; TILE]; height + taps.len() - 1];
        for left in (0..width).step_by(TILE) {
            let columns = TILE.min(width - left);
            for (r, place) in tile.iter_mut().enumerate() {
                *place = [0.0; TILE];
                if let Some(row) = (earliest + r).checked_sub(taps.len()).filter(|row| *row < total) {
                    place[..columns].copy_from_slice(&x[row * width + left..][..columns]);
                }
            }
            for (window, row) in tile.windows(taps.len()).zip(rows.chunks_exact_mut(width)) {
                let mut sums = [0.0; TILE];
                for (values, tap) in window.iter().rev().zip(taps) {
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum += tap * value;
                    }
                }
                row[left..left + columns].copy_from_slice(&sums[..columns]);
            }
        }
    });
}

/// Overlap-add block length: a power of two that keeps most of a block useful, and no longer than the whole.
fn fft_length(taps: usize, samples: usize) -> usize {
    let whole = (samples + taps).next_power_of_two();
    (8 * taps).next_power_of_two().max(1024).min(whole)
}

fn by_transform(x: &[f64], width: usize, taps: &[f64], delay: usize, block: usize, out: &mut [f64]) {
    let cancel = Cancel::current();
    for first in (0..width).step_by(TILE).take_while(|_| !cancel.is_asked()) {
        let columns: Vec<Vec<f64>> = (first..width.min(first + TILE))
            .into_par_iter()
            .map(|j| {
                let column: Vec<f64> = x.iter().skip(j).step_by(width).copied().collect();
                overlap_add(&column, taps, delay, block)
            })
            .collect();
        write_columns(out, width, first, &columns);
    }
}

/// One column's convolution in blocks of `block` samples; NaN around samples that are not finite, or where a transform
/// overflows. Blocks go through the complex transform in pairs: taps are real, so real and imaginary parts do not mix.
fn overlap_add(x: &[f64], taps: &[f64], delay: usize, block: usize) -> Vec<f64> {
    let (forward, inverse) =
        (Radix4::new(block, FftDirection::Forward), Radix4::new(block, FftDirection::Inverse));
    let zero = Complex::new(0.0, 0.0);
    let mut kernel = vec![zero; block];
    for (k, tap) in kernel.iter_mut().zip(taps) {
        // The inverse transform is not scaled.
        k.re = tap / block as f64;
    }
    forward.process(&mut kernel);
    let mut samples = vec![zero; block];
    let mut full = vec![0.0; x.len() + delay + 2 * block];
    let useful = block + 1 - taps.len();
    for (i, pair) in x.chunks(2 * useful).enumerate() {
        samples.fill(zero);
        let (first, second) = pair.split_at(useful.min(pair.len()));
        for (s, x) in samples.iter_mut().zip(first) {
            s.re = *x;
        }
        for (s, x) in samples.iter_mut().zip(second) {
            s.im = *x;
        }
        forward.process(&mut samples);
        for (s, k) in samples.iter_mut().zip(&kernel) {
            *s *= k;
        }
        inverse.process(&mut samples);
        let start = 2 * i * useful;
        for (j, s) in samples.iter().enumerate() {
            full[start + j] += s.re;
            full[start + useful + j] += s.im;
        }
    }
    full[delay..delay + x.len()].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_agree_for_short_and_long_kernels() {
        let width = 3;
        for (rows, taps) in [(50, 7), (5000, 300), (40, 90), (1, 1), (3000, 2500)] {
            let kernel: Vec<f64> = (0..taps).map(|n| 1.0 / (1.0 + n as f64)).collect();
            let x: Vec<f64> = (0..rows * width).map(|i| ((i * 7919) % 13) as f64 - 6.0).collect();
            let delay = taps / 3;
            let (mut a, mut b, mut c) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; x.len()]);
            let buckets: Vec<Bucket> =
                x.chunks(CHUNK * width).map(|rows| bucket(rows, width, usize::MAX).unwrap()).collect();
            by_event(Level::best(), &buckets, width, &kernel, delay, &mut a);
            by_transform(&x, width, &kernel, delay, fft_length(taps, rows), &mut b);
            by_tap(&x, width, &kernel, delay, &mut c);
            for (i, ((a, b), c)) in a.iter().zip(&b).zip(&c).enumerate() {
                assert!(
                    (a - b).abs() < 1e-11 && (a - c).abs() < 1e-11,
                    "{rows} rows, {taps} taps, {i}: {a} {b} {c}"
                );
            }
        }
    }

    #[test]
    fn every_level_finds_and_spreads_the_same() {
        let (width, rows) = (70, CHUNK + 30);
        let x: Vec<f64> = (0..rows * width).map(|i| if i * 31 % 57 == 0 { i as f64 } else { -0.0 }).collect();
        let taps: Vec<f64> = (0..45).map(|n| 1.0 / (3.0 + n as f64)).collect();
        let run = |level: Level| {
            let search = |rows| f64::dispatch(level, Search { rows, width, most: usize::MAX }).unwrap();
            let found: Vec<(usize, usize, f64)> =
                search(&x).into_iter().map(|(column, e)| (column, e.row, e.value)).collect();
            let buckets: Vec<Bucket> =
                x.chunks(CHUNK * width).map(|rows| bucket(rows, width, usize::MAX).unwrap()).collect();
            let mut out = vec![f64::NAN; x.len()];
            by_event(level, &buckets, width, &taps, 20, &mut out);
            (found, out)
        };
        let plain = run(Level::Scalar);
        assert_eq!(plain.0.len(), x.iter().filter(|v| **v != 0.0).count());
        for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
            assert!(run(level) == plain, "{level:?}");
        }
    }
}
