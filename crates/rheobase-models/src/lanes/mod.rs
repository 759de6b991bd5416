//! Lanes: several neurons in one register. The only module of the library with `unsafe` code.
//!
//! Each SIMD level is a type; portable code is generic over [`Lanes`] and runs at a level through
//! [`Elem::dispatch`], which enters a function compiled for that level. Everything between that function and the
//! intrinsics is inlined, so every method here and every model function is `#[inline(always)]`.
//! All levels give the same bits: only IEEE operations that round once, never a fused multiply-add.

mod pack;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

pub use pack::{Pack, PackMask};
#[cfg(target_arch = "x86_64")]
pub use x86::{F32x4, F32x8, F32x16, F64x4, F64x8};

use crate::real::{Float, Real};

/// A block of neurons that are computed together.
pub trait Lanes: Float + Send + Sync + 'static {
    /// The number in one lane.
    type Elem: Elem;
    /// How many lanes.
    const WIDTH: usize;
    /// `x` in every lane.
    fn broadcast(x: Self::Elem) -> Self;
    /// The first `WIDTH` numbers of `from`; lanes beyond its end are 0.
    fn load(from: &[Self::Elem]) -> Self;
    /// Writes the lanes to the first `WIDTH` places of `to`; lanes beyond its end are dropped.
    fn store(self, to: &mut [Self::Elem]);
    /// The truth of lane `i` as bit `i`.
    fn bits(mask: Self::Mask) -> u64;
    /// The mask whose lane `i` is bit `i`.
    fn mask(bits: u64) -> Self::Mask;
    /// The sum of the lanes of each register, of at most 16 lanes: the upper half is added to the lower until one number
    /// is left.
    #[inline(always)]
    fn tree_sums(registers: [Self; 16]) -> [Self::Elem; 16] {
        halved(registers)
    }
    /// Rows as columns, of registers of at most 16 lanes: lane j of register i becomes lane i of register j. As many
    /// registers count as one has lanes.
    #[inline(always)]
    fn transposed(square: [Self; 16]) -> [Self; 16] {
        turned(square)
    }
    /// Of the lanes of two registers of at most 16 lanes, one after the other, every other one from the first on, and from
    /// the second on.
    #[inline(always)]
    fn halves(first: Self, second: Self) -> (Self, Self) {
        every_other(first, second)
    }
    /// Each lane of a register of at most 16 lanes twice, side by side: the lower half of them, and the upper half.
    #[inline(always)]
    fn doubled(self) -> (Self, Self) {
        twice(self)
    }
}

/// [`Lanes::halves`] through memory.
#[inline(always)]
fn every_other<V: Lanes>(first: V, second: V) -> (V, V) {
    let mut numbers = [V::Elem::zero(); 32];
    first.store(&mut numbers[..V::WIDTH]);
    second.store(&mut numbers[V::WIDTH..2 * V::WIDTH]);
    let mut halves = [[V::Elem::zero(); 16]; 2];
    for i in 0..V::WIDTH {
        (halves[0][i], halves[1][i]) = (numbers[2 * i], numbers[2 * i + 1]);
    }
    (V::load(&halves[0][..V::WIDTH]), V::load(&halves[1][..V::WIDTH]))
}

/// [`Lanes::doubled`] through memory.
#[inline(always)]
fn twice<V: Lanes>(lanes: V) -> (V, V) {
    let (mut numbers, mut all) = ([V::Elem::zero(); 16], [V::Elem::zero(); 32]);
    lanes.store(&mut numbers[..V::WIDTH]);
    for i in 0..V::WIDTH {
        (all[2 * i], all[2 * i + 1]) = (numbers[i], numbers[i]);
    }
    (V::load(&all[..V::WIDTH]), V::load(&all[V::WIDTH..2 * V::WIDTH]))
}

/// [`Lanes::transposed`] through memory.
#[inline(always)]
fn turned<V: Lanes>(mut square: [V; 16]) -> [V; 16] {
    let mut numbers = [[V::Elem::zero(); 16]; 16];
    for i in 0..V::WIDTH {
        square[i].store(&mut numbers[i][..V::WIDTH]);
    }
    for j in 0..V::WIDTH {
        let mut column = [V::Elem::zero(); 16];
        for i in 0..V::WIDTH {
            column[i] = numbers[i][j];
        }
        square[j] = V::load(&column[..V::WIDTH]);
    }
    square
}

/// [`Lanes::tree_sums`] through memory.
#[inline(always)]
fn halved<V: Lanes>(registers: [V; 16]) -> [V::Elem; 16] {
    let mut sums = [V::Elem::zero(); 16];
    for r in 0..16 {
        let mut lanes = [V::Elem::zero(); 16];
        registers[r].store(&mut lanes[..V::WIDTH]);
        let mut half = V::WIDTH / 2;
        while half > 0 {
            for l in 0..half {
                lanes[l] = lanes[l] + lanes[l + half];
            }
            half /= 2;
        }
        sums[r] = lanes[0];
    }
    sums
}

/// A SIMD level this binary can run at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// One number at a time: the plain loop that every other level must equal.
    Scalar,
    /// Arrays of 16 numbers, left to the compiler: the level of processors other than x86-64.
    Pack,
    /// 4 lanes, every x86-64 processor.
    Sse2,
    /// 8 lanes.
    Avx2,
    /// 16 lanes with mask registers.
    Avx512,
}

impl Level {
    /// All levels, slowest first.
    pub const ALL: [Level; 5] = [Level::Scalar, Level::Pack, Level::Sse2, Level::Avx2, Level::Avx512];

    /// The name that `RHEOBASE_SIMD` takes.
    pub fn name(self) -> &'static str {
        match self {
            Level::Scalar => "scalar",
            Level::Pack => "pack",
            Level::Sse2 => "sse2",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }

    /// Whether this processor has the level.
    pub fn is_available(self) -> bool {
        match self {
            Level::Scalar => true,
            Level::Pack => cfg!(not(target_arch = "x86_64")),
            #[cfg(target_arch = "x86_64")]
            Level::Sse2 => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                // Every processor with AVX2 counts bits and finds the lowest, too.
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("popcnt")
                    && std::arch::is_x86_feature_detected!("bmi1")
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && Level::Avx2.is_available()
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The highest level this processor has.
    pub fn best() -> Level {
        Level::ALL.into_iter().rev().find(|l| l.is_available()).unwrap_or(Level::Scalar)
    }

    /// The level named by the environment variable `RHEOBASE_SIMD`, or the best one if it is not set.
    /// `Err` holds the value and the available names if it names no level of this processor.
    pub fn from_env() -> Result<Level, String> {
        let Some(name) = std::env::var_os("RHEOBASE_SIMD") else { return Ok(Level::best()) };
        let name = name.to_string_lossy();
        Level::ALL.into_iter().find(|l| l.name() == name && l.is_available()).ok_or_else(|| {
            let names: Vec<_> =
                Level::ALL.into_iter().filter(|l| l.is_available()).map(Level::name).collect();
            format!("RHEOBASE_SIMD = {name}: this processor has {}", names.join(", "))
        })
    }
}

/// A computation that can run over any lanes of `E`. Implementations of `run` are `#[inline(always)]`.
pub trait Kernel<E: Elem> {
    /// What it returns.
    type Output;
    /// The computation.
    fn run<V: Lanes<Elem = E>>(self) -> Self::Output;
}

/// A number that lanes are made of: `f32` or `f64`.
pub trait Elem: Float<Mask = bool> + Lanes<Elem = Self> + PartialOrd + Default + Into<f64> {
    /// Runs `kernel` over the registers of `level`; gives it back where the level has none for this number (`f64` has
    /// none at SSE2).
    fn dispatch_registers<K: Kernel<Self>>(level: Level, kernel: K) -> Result<K::Output, K>;
    /// [`Elem::dispatch_registers`] for larger kernels, which are not compiled for the short registers of SSE2, and for
    /// `f64` not at all.
    fn dispatch_wide_registers<K: Kernel<Self>>(level: Level, kernel: K) -> Result<K::Output, K>;
    /// [`Elem::dispatch_registers`], or else number by number.
    #[inline]
    fn dispatch<K: Kernel<Self>>(level: Level, kernel: K) -> K::Output {
        Self::dispatch_registers(level, kernel).unwrap_or_else(|kernel| kernel.run::<Self>())
    }
    /// [`Elem::dispatch_wide_registers`], or else number by number.
    #[inline]
    fn dispatch_wide<K: Kernel<Self>>(level: Level, kernel: K) -> K::Output {
        Self::dispatch_wide_registers(level, kernel).unwrap_or_else(|kernel| kernel.run::<Self>())
    }
    /// Runs `kernel` over several registers side by side, so that their chains of dependent operations overlap; gives
    /// it back at levels that have no registers to spare.
    fn dispatch_abreast<K: Kernel<Self>>(level: Level, kernel: K) -> Result<K::Output, K>;
    /// Rounds to this precision.
    fn from_f64(x: f64) -> Self;
    /// As `f64`, exactly.
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.into()
    }
    /// Name as NumPy writes it.
    const NAME: &'static str;
}

macro_rules! scalar_lanes {
    ($t:ident) => {
        impl Lanes for $t {
            type Elem = $t;
            const WIDTH: usize = 1;
            #[inline(always)]
            fn broadcast(x: $t) -> Self {
                x
            }
            #[inline(always)]
            fn load(from: &[$t]) -> Self {
                from.first().copied().unwrap_or_default()
            }
            #[inline(always)]
            fn store(self, to: &mut [$t]) {
                if let Some(x) = to.first_mut() {
                    *x = self;
                }
            }
            #[inline(always)]
            fn bits(mask: bool) -> u64 {
                mask as u64
            }
            #[inline(always)]
            fn mask(bits: u64) -> bool {
                bits & 1 == 1
            }
        }
    };
}
scalar_lanes!(f32);
scalar_lanes!(f64);

impl Elem for f32 {
    const NAME: &'static str = "float32";
    #[inline]
    fn dispatch_registers<K: Kernel<f32>>(level: Level, kernel: K) -> Result<K::Output, K> {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Sse2 => Ok(kernel.run::<F32x4>()),
            _ => f32::dispatch_wide_registers(level, kernel),
        }
    }
    #[inline]
    fn dispatch_wide_registers<K: Kernel<f32>>(level: Level, kernel: K) -> Result<K::Output, K> {
        registers(level, kernel)
    }
    #[inline]
    fn dispatch_abreast<K: Kernel<f32>>(level: Level, kernel: K) -> Result<K::Output, K> {
        #[cfg(target_arch = "x86_64")]
        return x86::dispatch_abreast(level, kernel);
        #[cfg(not(target_arch = "x86_64"))]
        Err(kernel)
    }
    #[inline(always)]
    fn from_f64(x: f64) -> f32 {
        x as f32
    }
}

impl Elem for f64 {
    const NAME: &'static str = "float64";
    #[inline]
    fn dispatch_registers<K: Kernel<f64>>(level: Level, kernel: K) -> Result<K::Output, K> {
        registers(level, kernel)
    }
    #[inline]
    fn dispatch_wide_registers<K: Kernel<f64>>(_: Level, kernel: K) -> Result<K::Output, K> {
        Err(kernel)
    }
    #[inline]
    fn dispatch_abreast<K: Kernel<f64>>(_: Level, kernel: K) -> Result<K::Output, K> {
        Err(kernel)
    }
    #[inline(always)]
    fn from_f64(x: f64) -> f64 {
        x
    }
}

/// Runs `kernel` over the registers of AVX-512 or AVX2; elsewhere over arrays that the compiler makes registers of.
#[cfg(target_arch = "x86_64")]
use x86::dispatch as registers;

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn registers<E: Elem, K: Kernel<E>>(level: Level, kernel: K) -> Result<K::Output, K>
where
    Pack<E, 16>: Lanes<Elem = E>,
{
    match level {
        Level::Pack => Ok(kernel.run::<Pack<E, 16>>()),
        _ => Err(kernel),
    }
}

/// Asks the processor to bring what lies `ahead` numbers after `from` closer. A hint: nothing is read.
#[inline(always)]
pub fn prefetch<E>(from: &[E], ahead: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..size_of_val(from).div_ceil(64) {
        x86::prefetch(from.as_ptr().wrapping_add(ahead).wrapping_byte_add(64 * line));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, ahead);
}

/// Writes columns as rows: element i of every column goes to row i. Where the level can, past the caches, as suits
/// results that do not fit into them.
///
/// A column begins every `stride` elements of `columns`, a row every `width` elements of `rows`; the last of each may be
/// cut short. What a row holds beyond the columns stays.
///
/// # Panics
/// If columns are shorter than there are rows, or rows than there are columns.
pub fn columns_to_rows(level: Level, columns: &[f64], stride: usize, rows: &mut [f64], width: usize) {
    #[cfg(target_arch = "x86_64")]
    x86::columns_to_rows(level, columns, stride, rows, width);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = level;
        plain_columns_to_rows(columns, stride, rows, width);
    }
}

fn plain_columns_to_rows(columns: &[f64], stride: usize, rows: &mut [f64], width: usize) {
    for (i, row) in rows.chunks_mut(width).enumerate() {
        for (j, column) in columns.chunks(stride).enumerate() {
            row[j] = column[i];
        }
    }
}

/// Appends the numbers whose bit is set, in their order. Every word is for 64 numbers; bits beyond the last number are 0.
pub fn compress(level: Level, numbers: &[f32], bits: &[u64], to: &mut Vec<f32>) {
    #[cfg(target_arch = "x86_64")]
    x86::compress(level, numbers, bits, to);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = level;
        plain_compress(numbers, bits, to);
    }
}

fn plain_compress(numbers: &[f32], bits: &[u64], to: &mut Vec<f32>) {
    for (numbers, word) in numbers.chunks(64).zip(bits) {
        to.extend(set(*word).filter_map(|i| numbers.get(i)));
    }
}

/// The reverse of [`compress`], with `rest` at all other places. Says how many bits are set, which is how many numbers were used.
pub fn expand(level: Level, from: &[f32], bits: &[u64], rest: f32, to: &mut [f32]) -> usize {
    #[cfg(target_arch = "x86_64")]
    return x86::expand(level, from, bits, rest, to);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = level;
        plain_expand(from, bits, rest, to)
    }
}

fn plain_expand(from: &[f32], bits: &[u64], rest: f32, to: &mut [f32]) -> usize {
    let (mut next, mut used) = (from.iter(), 0);
    to.fill(rest);
    for (to, word) in to.chunks_mut(64).zip(bits) {
        for i in set(*word) {
            used += 1;
            if let (Some(to), Some(x)) = (to.get_mut(i), next.next()) {
                *to = *x;
            }
        }
    }
    used
}

/// Appends the places of the bits that are set in rows of so many words, each counted from 0, in ascending order; and to `ends` where
/// each row ends in `to`.
pub fn places(level: Level, bits: &[u64], words: usize, to: &mut Vec<u32>, ends: &mut Vec<u32>) {
    #[cfg(target_arch = "x86_64")]
    x86::places(level, bits, words, to, ends);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = level;
        plain_places(bits, words, to, ends);
    }
}

fn plain_places(bits: &[u64], words: usize, to: &mut Vec<u32>, ends: &mut Vec<u32>) {
    for row in bits.chunks_exact(words.max(1)) {
        for (w, word) in row.iter().enumerate() {
            to.extend(set(*word).map(|i| (w * 64 + i) as u32));
        }
        ends.push(to.len() as u32);
    }
}

/// The bits of a word that are set, in ascending order.
fn set(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (word != 0).then(|| word.trailing_zeros() as usize);
        word &= word.wrapping_sub(1);
        lowest
    })
}
