//! Gradient clipping: gradients that are too long are shortened before the update.

use rheobase_models::record::Range;
use serde::{Deserialize, Serialize};

use super::check;
use rheobase_base::Result;

/// How gradients are clipped, as plain data: `{ kind = "norm", limit = 1.0 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Clip {
    /// All gradients together are scaled so that the norm of them all is at most `limit` (Pascanu, Mikolov & Bengio
    /// 2013, arXiv:1211.5063).
    Norm {
        /// Above 0.
        limit: f64,
    },
    /// Every element is brought to within ±`limit`.
    Value {
        /// Above 0.
        limit: f64,
    },
}

impl Clip {
    /// Refuses a limit that is not above 0.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] with the setting and its rule.
    pub fn check(&self) -> Result<()> {
        let (Clip::Norm { limit } | Clip::Value { limit }) = *self;
        check::within("clip", "limit", limit, Range { high: 1e30, ..Range::above(0.0) })
    }

    /// Clips named gradients in place and gives the norm of them all before.
    ///
    /// # Errors
    /// [`rheobase_base::Error::Value`] if the limit is out of range or an element is not finite (with its gradient's name and
    /// its index; nothing has changed then).
    pub fn apply(&self, gradients: &mut [(&str, &mut [f32])]) -> Result<f64> {
        self.check()?;
        let norm = global_norm(gradients.iter().map(|(name, values)| (*name, &**values)))?;
        match *self {
            Clip::Norm { limit } if norm > limit => {
                let factor = limit / norm;
                for x in gradients.iter_mut().flat_map(|(_, values)| values.iter_mut()) {
                    *x = (f64::from(*x) * factor) as f32;
                }
            }
            Clip::Norm { .. } => {}
            Clip::Value { limit } => {
                let limit = limit as f32;
                for x in gradients.iter_mut().flat_map(|(_, values)| values.iter_mut()) {
                    *x = x.clamp(-limit, limit);
                }
            }
        }
        Ok(norm)
    }
}

/// The square root of the sum of all squares: array by array in the order given, each summed in 16 virtual lanes.
///
/// # Errors
/// [`rheobase_base::Error::Value`] with name and index of the first element that is not finite.
pub fn global_norm<'a>(gradients: impl IntoIterator<Item = (&'a str, &'a [f32])>) -> Result<f64> {
    let mut total = 0.0;
    for (name, values) in gradients {
        let sum = squares(values);
        if !sum.is_finite() {
            // Squares of finite `f32`s are far from the end of `f64`, so some element is not finite.
            check::bounded(name, "gradient", values, f32::MAX, "must be finite: lower the learning rate")?;
        }
        total += sum;
    }
    Ok(total.sqrt())
}

/// Sum of squares in 16 lanes, added up in halves.
fn squares(values: &[f32]) -> f64 {
    let mut lanes = [0.0f64; 16];
    for chunk in values.chunks(16) {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            let x = f64::from(*x);
            *lane += x * x;
        }
    }
    let mut width = 8;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_of_all_is_clipped_and_directions_stay() {
        let (mut a, mut b) = ([3.0, 0.0], [0.0, 4.0, 0.0]);
        let clip = Clip::Norm { limit: 1.0 };
        assert_eq!(clip.apply(&mut [("a", &mut a), ("b", &mut b)]), Ok(5.0));
        assert_eq!((a, b), ([0.6, 0.0], [0.0, 0.8, 0.0]));
        let norm = clip.apply(&mut [("a", &mut a), ("b", &mut b)]).unwrap();
        assert!((norm - 1.0).abs() < 1e-7);
    }

    #[test]
    fn short_gradients_and_none_are_left_alone() {
        let mut a = [0.1, -0.2];
        Clip::Norm { limit: 1.0 }.apply(&mut [("a", &mut a)]).unwrap();
        assert_eq!(a, [0.1, -0.2]);
        assert_eq!(Clip::Norm { limit: 1.0 }.apply(&mut []), Ok(0.0));
        assert_eq!(Clip::Norm { limit: 1.0 }.apply(&mut [("a", &mut [0.0; 3])]), Ok(0.0));
    }

    #[test]
    fn values_are_clipped_one_by_one_and_huge_ones_do_not_overflow() {
        let mut a = [2.0, -0.5, -9.0];
        Clip::Value { limit: 1.0 }.apply(&mut [("a", &mut a)]).unwrap();
        assert_eq!(a, [1.0, -0.5, -1.0]);
        let mut huge = [f32::MAX; 40];
        let norm = Clip::Norm { limit: 2.0 }.apply(&mut [("a", &mut huge)]).unwrap();
        assert!(norm.is_finite());
        assert!((global_norm([("a", &huge[..])]).unwrap() - 2.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_finite_is_named_and_nothing_changes() {
        for bad in [f32::NAN, f32::INFINITY] {
            let (mut a, mut b) = ([5.0], [1.0, bad]);
            let error = Clip::Norm { limit: 1.0 }.apply(&mut [("a", &mut a), ("w.b", &mut b)]).unwrap_err();
            assert!(error.to_string().starts_with("w.b.gradient[1] = "), "{error}");
            assert_eq!(a, [5.0]);
        }
        assert!(Clip::Value { limit: 0.0 }.check().is_err());
        assert!(Clip::Norm { limit: f64::NAN }.check().is_err());
    }

    #[test]
    fn the_sum_does_not_depend_on_the_slice_beyond_its_own_order() {
        let values: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.37) % 3.0 - 1.5).collect();
        let plain: f64 = values.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        assert!((squares(&values) - plain).abs() < 1e-9 * plain);
        assert_eq!(squares(&[]), 0.0);
    }

    #[test]
    fn unknown_keys_are_refused() {
        let read = |text: &str| serde_json::from_str::<Clip>(text);
        assert_eq!(read(r#"{"kind": "norm", "limit": 1}"#).unwrap(), Clip::Norm { limit: 1.0 });
        assert!(read(r#"{"kind": "norm", "limit": 1, "max": 2}"#).is_err());
    }
}
