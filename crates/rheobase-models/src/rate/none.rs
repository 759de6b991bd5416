//! The absent rate curve.

use super::{RateCurve, RateError};
use crate::real::Real;
use crate::record::Empty;

/// For models without a closed-form rate curve: simulate them instead.
#[derive(Debug, Clone, Copy)]
pub struct NoRate;

impl RateCurve for NoRate {
    type Params<T: Real> = Empty<T>;

    #[inline(always)]
    fn rate<T: Real>(_: &Empty<T>, _: T) -> T {
        T::splat(f64::NAN)
    }
    fn gain_bias(_: &Empty<f64>, _: &[f64], _: &[f64]) -> Result<(Vec<f64>, Vec<f64>), RateError> {
        Err(RateError::NoCurve)
    }
}
