//! Random numbers by address: any word of any stream is computed from its key, never from the words before it.
//!
//! Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) turns a counter into four random words under a
//! key. The key is made from seed, purpose and name; the counter from step, sample and index. So results do not
//! depend on threads, on how a batch is split, or on what was drawn before.

/// A stream of random numbers addressed by (step, sample, index).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
}

impl Stream {
    /// The stream of `seed` for `purpose` (for example `noise`) of the node called `name`.
    pub fn new(seed: u64, purpose: &str, name: &str) -> Self {
        // FNV-1a over the parts, each ended by a byte that UTF-8 does not contain, then a finaliser that spreads it.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let parts = [&seed.to_le_bytes()[..], purpose.as_bytes(), name.as_bytes()];
        for byte in parts.into_iter().flat_map(|part| part.iter().chain(&[0xff])) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^= hash >> 33;
        Stream { key: [hash as u32, (hash >> 32) as u32] }
    }

    /// Four words for the numbers `4·quad … 4·quad + 3` of (step, sample).
    #[inline]
    pub fn quad(&self, step: u64, sample: u32, quad: u32) -> [u32; 4] {
        philox([quad, sample, step as u32, (step >> 32) as u32], self.key)
    }

    /// The word of number `index` of (step, sample).
    #[inline]
    pub fn word(&self, step: u64, sample: u32, index: u32) -> u32 {
        self.quad(step, sample, index / 4)[(index % 4) as usize]
    }

    /// Uniform on [0, 1) with 24 bits, exact in `f32` and `f64` alike.
    #[inline]
    pub fn uniform(&self, step: u64, sample: u32, index: u32) -> f64 {
        unit(self.word(step, sample, index))
    }

    /// Standard normal, by Box and Muller's transform of two words, in 32-bit arithmetic of this library (the same
    /// bits everywhere).
    pub fn normal(&self, step: u64, sample: u32, index: u32) -> f64 {
        let words = self.quad(step, sample, index / 2);
        let pair = (index % 2) as usize * 2;
        let radius = (-2.0 * rheobase_models::Real::ln((f64::from(words[pair]) + 0.5) * SCALE)).sqrt();
        radius * cos_turn(f64::from(words[pair + 1]) * SCALE)
    }
}

/// From 32 bits to [0, 1).
const SCALE: f64 = 1.0 / 4_294_967_296.0;

/// The top 24 bits of `word` as a number on [0, 1).
#[inline]
pub fn unit(word: u32) -> f64 {
    f64::from(word >> 8) * (1.0 / 16_777_216.0)
}

/// `cos(2π·turn)` for turn in [0, 1), from Taylor series on an eighth of a turn: no C library, the same bits
/// everywhere.
pub fn cos_turn(turn: f64) -> f64 {
    let eighth = (turn * 8.0).floor();
    let octant = eighth as u32;
    // Distance in turns to the nearest multiple of a quarter turn.
    let quarter = f64::from(octant.div_ceil(2)) * 0.25;
    let x = (turn - quarter) * std::f64::consts::TAU;
    let z = x * x;
    let cos =
        1.0 - z * (1.0 / 2.0 - z * (1.0 / 24.0 - z * (1.0 / 720.0 - z * (1.0 / 40_320.0 - z / 3_628_800.0))));
    let sin = x * (1.0 - z * (1.0 / 6.0 - z * (1.0 / 120.0 - z * (1.0 / 5040.0 - z / 362_880.0))));
    match octant.div_ceil(2) % 4 {
        0 => cos,
        1 => -sin,
        2 => -cos,
        _ => sin,
    }
}

/// Philox4x32-10.
#[inline]
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the authors' Random123 distribution.
    #[test]
    fn philox_gives_the_published_words() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_name() {
        let a = Stream::new(1, "noise", "hidden");
        for b in [
            Stream::new(2, "noise", "hidden"),
            Stream::new(1, "init", "hidden"),
            Stream::new(1, "noise", "h"),
        ] {
            assert_ne!(a.word(0, 0, 0), b.word(0, 0, 0));
        }
        assert_ne!(Stream::new(1, "ab", "c"), Stream::new(1, "a", "bc"));
    }

    #[test]
    fn cosines_are_right() {
        for i in 0..1000 {
            let turn = f64::from(i) / 1000.0;
            assert!((cos_turn(turn) - (turn * std::f64::consts::TAU).cos()).abs() < 1e-8, "{turn}");
        }
    }

    #[test]
    fn moments_are_right() {
        let s = Stream::new(7, "test", "");
        let n = 40_000u32;
        let mean = (0..n).map(|i| s.uniform(3, 1, i)).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
        let normals: Vec<f64> = (0..n).map(|i| s.normal(3, 1, i)).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
