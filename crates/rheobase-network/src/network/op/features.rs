//! `InhibitFeatures`: maps that may not fire.

use super::elementwise::{map, where_not_zero};
use super::maps::back_where_sent;
use crate::network::operator::{Back, Context, Operator};
use crate::network::signal::Signal;
use crate::vision::{check_features, maps_of};
use rheobase_base::Result;
use rheobase_sim::population::Memory;

/// Stops the maps of some features.
#[derive(Debug, Clone)]
pub(crate) struct InhibitFeatures {
    /// Of each feature, whether it passes.
    passes: Vec<bool>,
    /// Places of a map.
    places: usize,
}

impl InhibitFeatures {
    /// # Errors
    /// Inputs that are not [feature, row, column]; features that are not there.
    pub(crate) fn new(place: &str, features: &[usize], input: &[usize]) -> Result<InhibitFeatures> {
        let shape = maps_of(place, input)?;
        check_features(place, features, shape)?;
        let passes = (0..shape[0]).map(|f| !features.contains(&f)).collect();
        Ok(InhibitFeatures { passes, places: shape[1] * shape[2] })
    }
}

impl Operator for InhibitFeatures {
    fn forward(&self, _: &Context<'_>, _: &[&[f32]], inputs: &[&Signal], _: &mut Memory, out: &mut Signal) {
        let [input] = inputs else { return };
        map(input, out, true, |_, i, x| if self.passes[i / self.places] { x } else { 0.0 });
        out.reach = where_not_zero(&input.reach, out);
    }

    fn backward(&self, _: &Context<'_>, _: &[&[f32]], back: Back<'_>) {
        back_where_sent(back);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn is_static(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::testing::{as_events, forward, signal};

    #[test]
    fn maps_fall_silent() {
        let op = InhibitFeatures::new("f", &[1], &[3, 1, 2]).unwrap();
        let x = signal(1, &[1.0, 2.0, 3.0, 4.0, 0.0, 6.0]);
        let want = [1.0, 2.0, 0.0, 0.0, 0.0, 6.0];
        assert_eq!(forward(&op, &[], &x).values, want);
        assert_eq!(forward(&op, &[], &as_events(&x)).values, want);
        let error = InhibitFeatures::new("f", &[3], &[3, 1, 2]).unwrap_err().to_string();
        assert!(error.contains("f.features[0] = 3: must be below 3"), "{error}");
    }
}
