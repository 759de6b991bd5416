//! Population encoding: each feature drives several neurons with overlapping Gaussian receptive fields.

use rheobase_models::Real;
use serde::{Deserialize, Serialize};

use super::chain::{Link, shape_after};
use super::check::{Place, lengthened, parameter};
use super::{Encoder, Encoding, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;

/// A value `x` in [min, max] gives m activities in (0, 1]:
///
/// `a_j = exp(−(x − c_j)² / 2σ²)`, `c_j = min + (2j − 1)/2 · (max − min)/(m − 2)` for j = 0 … m − 1,
/// `σ = (max − min) / (β (m − 2))`.
///
/// The first and the last centre lie half a distance outside the range, so that its ends are covered as well. Of F features,
/// field j of feature i is output `j·F + i`: the first axis of the shape becomes m times as long. `then` says how the
/// activities become input; alone they are currents. Source: Bohte, Kok & La Poutré 2002,
/// doi:10.1016/S0925-2312(01)00658-0 (there with β = 1.5 and then latencies).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Population {
    /// Fields per feature, m; 3 to 1,000.
    pub neurons: usize,
    /// Smallest value of a feature; finite.
    pub min: f32,
    /// Largest value of a feature; finite, above `min`.
    pub max: f32,
    /// How narrow fields are, β; finite, above 0.
    pub beta: f32,
    /// Take values outside [min, max] as the nearest one within, instead of refusing them.
    pub clip: bool,
    /// What turns the activities, which lie in [0, 1], into input; no second population.
    #[serde(deserialize_with = "rheobase_network::kind_or_table::name_or_none")]
    pub then: Option<Box<Encoding>>,
}

impl Default for Population {
    fn default() -> Self {
        Population { neurons: 8, min: 0.0, max: 1.0, beta: 1.5, clip: false, then: None }
    }
}

const NAME: &str = "encode.population";

impl Population {
    /// Appends the activities of one step's values, fields slowest.
    fn activities(&self, row: &[f32], place: Place, out: &mut Vec<f32>) -> Result<()> {
        let [min, max] = [f64::from(self.min), f64::from(self.max)];
        let distance = (max - min) / (self.neurons - 2) as f64;
        let width = distance / f64::from(self.beta);
        for j in 0..self.neurons {
            let centre = min + (2.0 * j as f64 - 1.0) / 2.0 * distance;
            for (i, &x) in row.iter().enumerate() {
                let z = (place.within(i, x, [self.min, self.max], self.clip)? - centre) / width;
                out.push(Real::exp(-0.5 * z * z) as f32);
            }
        }
        Ok(())
    }
}

impl Encoder for Population {
    fn check(&self) -> Result<()> {
        let fine = (3..=1000).contains(&self.neurons);
        parameter(NAME, "neurons", self.neurons, fine, "3 to 1000 fields per feature are needed")?;
        parameter(NAME, "min", self.min, self.min.is_finite(), "must be finite")?;
        let fine = self.max.is_finite() && self.max > self.min;
        parameter(NAME, "max", self.max, fine, "must be finite and above `min`")?;
        let fine = self.beta.is_finite() && self.beta > 0.0;
        parameter(NAME, "beta", self.beta, fine, "must be finite and above 0")?;
        match self.then.as_deref() {
            Some(Encoding::Population(_)) => {
                parameter(NAME, "then", "population", false, "must be another encoder")
            }
            Some(then) => then.check(),
            None => Ok(()),
        }
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.check()?;
        let shape = lengthened(NAME, sample, self.neurons)?;
        shape_after(self.then.as_deref(), shape)
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
        let outputs = sample.features().saturating_mul(self.neurons);
        let link = Link { encoder: NAME, then: self.then.as_deref(), sample_id, epoch, steps };
        link.encode(sample, outputs, out, |row, place, values| self.activities(row, place, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Bernoulli, Latency};

    fn encode(p: &Population, sample: SampleView, steps: usize) -> Result<SampleInput> {
        let mut out = SampleInput::default();
        p.encode(sample, 2, 0, steps, &mut out).map(|()| out)
    }

    #[test]
    fn fields_are_where_the_paper_puts_them() {
        // m = 6 over [0, 4]: centres −0.5, 0.5 … 4.5, width 1/1.5.
        let p = Population { neurons: 6, max: 4.0, ..Population::default() };
        let SampleInput::Constant(got) = encode(&p, SampleView::Static(&[0.5, 4.0]), 1).unwrap() else {
            panic!()
        };
        for j in 0..6 {
            for (i, x) in [0.5, 4.0].into_iter().enumerate() {
                let z = (x - (j as f64 - 0.5)) * 1.5;
                assert!((f64::from(got[2 * j + i]) - (-0.5 * z * z).exp()).abs() < 1e-6, "{j} {i}");
            }
        }
        assert_eq!(got[2], 1.0, "a value at a centre");
        assert_eq!(p.shape(&[3, 2, 2]).unwrap(), [18, 2, 2]);
    }

    #[test]
    fn series_and_what_comes_then() {
        let series = SampleView::Series { features: 1, values: &[0.0, 1.0, 0.5] };
        let p = Population { neurons: 3, ..Population::default() };
        let SampleInput::Dense { features: 3, values } = encode(&p, series, 2).unwrap() else { panic!() };
        assert_eq!((values.len(), &values[..3]), (6, &[values[5], values[4], values[3]][..]));
        let then = Some(Box::new(Encoding::Latency(Latency::default())));
        let spikes = encode(&Population { then, ..p.clone() }, SampleView::Static(&[0.5, 0.0]), 10).unwrap();
        let SampleInput::Spikes(spikes) = spikes else { panic!() };
        // The middle field of the first feature has its centre at ½.
        assert_eq!((spikes.step(0).0, spikes.len()), (&[2][..], 6));
        let then = Some(Box::new(Encoding::Bernoulli(Bernoulli::default())));
        assert_eq!(encode(&Population { then, ..p }, series, 3).unwrap().steps(), Some(3));
    }

    #[test]
    fn faults() {
        let p = Population::default();
        let text = |p: &Population, x: f32| encode(p, SampleView::Static(&[x]), 1).unwrap_err().to_string();
        assert!(text(&p, 1.5).contains("input[2][0] = 1.5: must lie in [0, 1]"));
        assert!(text(&p, f32::NAN).contains("finite"));
        let clipped = Population { clip: true, ..p.clone() };
        assert_eq!(
            encode(&clipped, SampleView::Static(&[1.5]), 1).unwrap(),
            encode(&p, SampleView::Static(&[1.0]), 1).unwrap()
        );
        for (bad, field) in [
            (Population { neurons: 2, ..p.clone() }, "neurons"),
            (Population { neurons: 1001, ..p.clone() }, "neurons"),
            (Population { min: f32::NAN, ..p.clone() }, "min"),
            (Population { max: 0.0, ..p.clone() }, "max"),
            (Population { beta: 0.0, ..p.clone() }, "beta"),
            (Population { then: Some(Box::new(Encoding::Population(p.clone()))), ..p.clone() }, "then"),
        ] {
            assert!(text(&bad, 0.5).starts_with(&format!("encode.population.{field}")));
        }
    }
}
