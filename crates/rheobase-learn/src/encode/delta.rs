//! Delta encoding: a series spikes when it has moved by a threshold, up or down.

use serde::{Deserialize, Serialize};

use super::check::{Place, lengthened, parameter, steps_fit, unsupported};
use super::{Encoder, SampleInput};
use rheobase_base::Result;
use rheobase_data::SampleView;

/// Each feature has a level, at first its first value. Where the value is `threshold` or more above the level, the
/// feature's *on* output spikes and the level rises by the threshold; as far below, its *off* output spikes and the
/// level falls.
///
/// With `counts` a step moves the level by as many whole thresholds as there is room for, and their number is the spike's
/// value, as in event cameras (Lichtsteiner, Posch & Delbruck 2008, doi:10.1109/JSSC.2007.914337); without, by one: step-forward
/// encoding (Petro, Kasabov & Kiss 2020, doi:10.1109/TNNLS.2019.2906158). The first step never spikes. Of F features, output i
/// is on and output F + i is off: the first axis of the shape doubles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delta {
    /// How far a value must move, in its own unit; finite, above 0.
    pub threshold: f32,
    /// Whether a large move in one step counts several times.
    pub counts: bool,
}

impl Default for Delta {
    fn default() -> Self {
        Delta { threshold: 0.1, counts: false }
    }
}

const NAME: &str = "encode.delta";
/// Counts up to here are exact in single precision.
const COUNT_MAX: f64 = 16_777_216.0;

impl Delta {
    /// Signed crossings of a value from its level, which moves along.
    fn cross(&self, x: f32, level: &mut f64) -> f64 {
        let threshold = f64::from(self.threshold);
        let mut crossings = ((f64::from(x) - *level) / threshold).trunc();
        if !self.counts {
            crossings = crossings.clamp(-1.0, 1.0);
        }
        *level += crossings * threshold;
        crossings
    }
}

impl Encoder for Delta {
    fn check(&self) -> Result<()> {
        let fine = self.threshold > 0.0 && self.threshold.is_finite();
        parameter(NAME, "threshold", self.threshold, fine, "must be finite and above 0")
    }

    fn shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.check()?;
        lengthened(NAME, sample, 2)
    }

    fn encode(
        &self,
        sample: SampleView<'_>,
        sample_id: u64,
        _epoch: u64,
        steps: usize,
        out: &mut SampleInput,
    ) -> Result<()> {
        self.check()?;
        let SampleView::Series { features, .. } = sample else {
            return Err(unsupported(
                NAME,
                "takes values that change over time (series), not static ones or spikes",
            ));
        };
        steps_fit(NAME, &sample, sample_id, steps, features.saturating_mul(2))?;
        let mut rows = out.take_spikes();
        let mut level: Vec<f64> = sample.row(0).unwrap_or_default().iter().map(|&x| x.into()).collect();
        let mut off: Vec<(u32, f32)> = Vec::new();
        for step in 0..steps {
            let place = Place { encoder: NAME, sample: sample_id, step: Some(step) };
            for (i, (&x, level)) in sample.row(step).unwrap_or_default().iter().zip(&mut level).enumerate() {
                if !x.is_finite() {
                    return Err(place.fault(i, x, "must be finite"));
                }
                let crossings = self.cross(x, level);
                if crossings.abs() > COUNT_MAX {
                    return Err(place.fault(
                        i,
                        x,
                        "moves by more thresholds than can be counted; take a larger one",
                    ));
                }
                // Both fit: indices were checked with the steps.
                if crossings > 0.0 {
                    rows.push(i as u32, crossings as f32);
                } else if crossings < 0.0 {
                    off.push(((features + i) as u32, -crossings as f32));
                }
            }
            off.drain(..).for_each(|(i, value)| rows.push(i, value));
            rows.end_step();
        }
        *out = SampleInput::Spikes(rows);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(delta: Delta, features: usize, values: &[f32]) -> Result<Vec<f32>> {
        let steps = values.len() / features;
        let mut out = SampleInput::default();
        delta.encode(SampleView::Series { features, values }, 3, 0, steps, &mut out)?;
        Ok(out.to_dense(steps, 2 * features))
    }

    #[test]
    fn crossings_up_and_down_by_one_or_counted() {
        let values = [0.0, 0.4, 0.5, 1.75, 1.75, 1.75, 0.2];
        let one = encode(Delta { threshold: 0.5, counts: false }, 1, &values).unwrap();
        assert_eq!(one, [0., 0., 0., 0., 1., 0., 1., 0., 1., 0., 0., 0., 0., 1.]);
        let all = encode(Delta { threshold: 0.5, counts: true }, 1, &values).unwrap();
        assert_eq!(all, [0., 0., 0., 0., 1., 0., 2., 0., 0., 0., 0., 0., 0., 2.]);
        // On outputs first, then off outputs.
        let two = encode(Delta { threshold: 1.0, counts: false }, 2, &[0.0, 0.0, 1.0, -1.0]).unwrap();
        assert_eq!(two, [0., 0., 0., 0., 1., 0., 0., 1.]);
        assert_eq!(Delta::default().shape(&[3, 8, 8]).unwrap(), [6, 8, 8]);
    }

    /// With counts the level is never a threshold away from the value, so a series can be told from its spikes.
    #[test]
    fn counted_spikes_follow_the_series() {
        let values: Vec<f32> = (0..200).map(|t| (t as f32 * 0.1).sin() * 3.0).collect();
        let spikes = encode(Delta { threshold: 0.25, counts: true }, 1, &values).unwrap();
        let mut level = f64::from(values[0]);
        for (x, s) in values.iter().zip(spikes.chunks(2)) {
            level += f64::from(s[0] - s[1]) * 0.25;
            assert!((f64::from(*x) - level).abs() < 0.25);
        }
    }

    /// A spoken digit (16-bit samples at 8 kHz), if it is at hand: `RHEOBASE_SHARED` or the folder `shared` beside the
    /// repository. Its spikes say where the sound was, to within a threshold, and silence makes none.
    #[test]
    fn speech_is_followed() {
        let shared = std::env::var_os("RHEOBASE_SHARED").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
            std::path::PathBuf::from,
        );
        let path = shared.join("data/fsdd/recordings/7_jackson_0.wav");
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("NOT TESTED: spoken digits are absent ({}); set RHEOBASE_SHARED", path.display());
            return;
        };
        let start = bytes.windows(4).position(|w| w == b"data").unwrap() + 8;
        let (words, _) = bytes[start..].as_chunks::<2>();
        let sound: Vec<f32> = words.iter().map(|&w| f32::from(i16::from_le_bytes(w)) / 32_768.0).collect();
        let spikes = encode(Delta { threshold: 0.01, counts: true }, 1, &sound).unwrap();
        let (mut level, mut active) = (f64::from(sound[0]), 0);
        for (x, s) in sound.iter().zip(spikes.chunks(2)) {
            level += f64::from(s[0] - s[1]) * f64::from(0.01_f32);
            active += usize::from(s[0] + s[1] > 0.0);
            assert!((f64::from(*x) - level).abs() < 0.010_001);
        }
        let share = active as f64 / sound.len() as f64;
        assert!(sound.len() > 2000 && (0.05..0.9).contains(&share), "{share} of {}", sound.len());
    }

    #[test]
    fn faults() {
        let delta = Delta { threshold: 1e-30, counts: true };
        assert!(encode(delta, 1, &[0.0, 1.0]).unwrap_err().to_string().contains("larger one"));
        let text = encode(Delta::default(), 1, &[0.0, f32::NAN]).unwrap_err().to_string();
        assert!(text.contains("input[3][1][0] = NaN"), "{text}");
        for threshold in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(Delta { threshold, counts: false }.check().is_err());
        }
        let mut out = SampleInput::default();
        let fixed = Delta::default().encode(SampleView::Static(&[1.0]), 0, 0, 1, &mut out);
        assert!(fixed.unwrap_err().to_string().contains("series"));
    }
}
