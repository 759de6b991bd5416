//! Rate encoding by a Poisson process: the value sets the rate in Hz.

use rheobase_models::Real;
use serde::{Deserialize, Serialize};

use super::check::parameter;
use super::keyed::Draw;
use super::{Encoder, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;

/// Feature i spikes as a Poisson process of rate `x_i · max_rate` for `x` in [0, 1].
///
/// The number of spikes in a step is Poisson distributed with mean `λ = x · max_rate · dt`. With `counts` it is the
/// event's value; without, a step has at most one spike, with probability `1 − exp(−λ)`. Of a series, each step takes its own
/// values. Numbers are drawn by inverting the distribution (Devroye 1986, doi:10.1007/978-1-4613-8643-8) from one random word
/// each, so probabilities below 2⁻³² do not occur. Pixels as rates of Poisson processes: Diehl & Cook 2015,
/// doi:10.3389/fncom.2015.00099.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Poisson {
    /// Spikes per second at x = 1, in Hz; above 0.
    pub max_rate: f64,
    /// Length of a step in seconds; above 0, and `max_rate · dt` at most 16.
    pub dt: f64,
    /// Whether several spikes in a step are counted.
    pub counts: bool,
    /// Take values outside [0, 1] as the nearest one within, instead of refusing them.
    pub clip: bool,
    /// Other seeds give other spikes.
    pub seed: u64,
}

impl Default for Poisson {
    fn default() -> Self {
        Poisson { max_rate: 100.0, dt: 0.001, counts: false, clip: false, seed: 0 }
    }
}

const NAME: &str = "encode.poisson";
/// Beyond, one random word of 32 bits would no longer resolve the distribution.
const MEAN_MAX: f64 = 16.0;

impl Encoder for Poisson {
    fn check(&self) -> Result<()> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let rule = "must be finite and above 0";
        parameter(NAME, "max_rate", format!("{} Hz", self.max_rate), positive(self.max_rate), rule)?;
        parameter(NAME, "dt", format!("{} s", self.dt), positive(self.dt), rule)?;
        let mean = self.max_rate * self.dt;
        let rule = format!("a step has at most {MEAN_MAX} spikes on average; take a smaller dt");
        parameter(NAME, "max_rate * dt", mean, mean <= MEAN_MAX, &rule)
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.check()?;
        Ok(sample.to_vec())
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        self.check()?;
        let draw = Draw { encoder: NAME, seed: self.seed, sample: sample_id, epoch, clip: self.clip };
        let prepare = |x: f64| {
            let mean = x * self.max_rate * self.dt;
            (mean, Real::exp(-mean))
        };
        let spike = |word: u32, (mean, none): (f64, f64)| {
            let u = f64::from(word) * (1.0 / 4_294_967_296.0);
            if u < none {
                0.0
            } else if self.counts {
                f32::from(inverse(u, mean, none))
            } else {
                1.0
            }
        };
        draw.spikes(sample, steps, prepare, spike, out)
    }
}

/// The smallest count whose distribution function exceeds `u`; at most 255, which a mean of 16 never reaches.
fn inverse(u: f64, mean: f64, none: f64) -> u8 {
    let (mut probability, mut sum) = (none, none);
    for count in 1..u8::MAX {
        probability = probability * mean / f64::from(count);
        sum += probability;
        // Where rounding keeps the sum below u for ever, the terms have become nothing.
        if u < sum || probability < 1e-18 && f64::from(count) > mean {
            return count;
        }
    }
    u8::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inversion_gives_the_quantiles() {
        use statrs::distribution::{DiscreteCDF, Poisson};
        for mean in [0.01, 0.7, 3.0, 16.0] {
            let exact = Poisson::new(mean).unwrap();
            let none = Real::exp(-mean);
            for i in 0..2000 {
                let u = (f64::from(i) + 0.5) / 2000.0;
                let got = if u < none { 0 } else { u64::from(inverse(u, mean, none)) };
                assert!(exact.cdf(got) > u - 1e-12, "{mean} {u} {got}");
                assert!(got == 0 || exact.cdf(got - 1) <= u + 1e-12, "{mean} {u} {got}");
            }
            // The largest word there is.
            let last = f64::from(u32::MAX) / 4_294_967_296.0;
            assert!(inverse(last, mean, none) < 60);
        }
        // Rounding may leave the sum of all terms below 1.
        assert!(inverse(1.0, 16.0, Real::exp(-16.0_f64)) < 100);
    }
}
