//! What encoders check alike: parameters, values, and how long a sample may last.

use rheobase_base::{Error, Result};
use rheobase_data::SampleView;

/// Where a value stands, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) encoder: &'a str,
    pub(super) sample: u64,
    /// The step, where values change over time.
    pub(super) step: Option<usize>,
}

impl Place<'_> {
    pub(super) fn fault(&self, feature: usize, value: impl ToString, rule: &str) -> Error {
        let step = self.step.map_or(String::new(), |t| format!("[{t}]"));
        Error::value(self.encoder, format!("input[{}]{step}", self.sample), value, rule).at(feature)
    }

    /// `x` within [low, high]: refused outside unless `clip`, and always if it is not finite.
    pub(super) fn within(&self, feature: usize, x: f32, [low, high]: [f32; 2], clip: bool) -> Result<f64> {
        if (low..=high).contains(&x) {
            return Ok(x.into());
        }
        if clip && x.is_finite() {
            return Ok(x.clamp(low, high).into());
        }
        if !x.is_finite() {
            return Err(self.fault(feature, x, "must be finite"));
        }
        let rule = format!("must lie in [{low}, {high}]; scale the data, or set clip = true");
        Err(self.fault(feature, x, &rule))
    }
}

pub(super) const UNIT: [f32; 2] = [0.0, 1.0];

/// A parameter that breaks `rule` unless `fine`.
pub(super) fn parameter(
    encoder: &str,
    field: &str,
    value: impl ToString,
    fine: bool,
    rule: &str,
) -> Result<()> {
    if fine {
        return Ok(());
    }
    Err(Error::value(encoder, field, value, rule))
}

/// Whether `steps` steps of `sample` can be written, `outputs` values each.
pub(super) fn steps_fit(
    encoder: &str,
    sample: &SampleView<'_>,
    id: u64,
    steps: usize,
    outputs: usize,
) -> Result<()> {
    let fault = |rule: String| parameter(encoder, &format!("input[{id}].steps"), steps, false, &rule);
    if steps == 0 {
        return fault("at least one step is needed".into());
    }
    if outputs == 0 {
        return fault("the sample has no feature".into());
    }
    if let Some(own) = sample.steps().filter(|&own| own < steps) {
        return fault(format!("the sample has only {own} steps, and is not lengthened"));
    }
    let cells = steps.checked_mul(outputs).filter(|&n| u32::try_from(n).is_ok());
    if cells.is_none() {
        return fault(format!("of {outputs} values each are too many: 2³² or more; take fewer steps"));
    }
    Ok(())
}

/// Whether events are as [`SampleView::Events`] says: sorted, single, within the sample, finite.
pub(super) fn events_fit(
    place: Place,
    [step, feature]: [&[u32]; 2],
    value: &[f32],
    [steps, features]: [usize; 2],
) -> Result<()> {
    if step.len() != feature.len() || step.len() != value.len() {
        return Err(unsupported(place.encoder, "every event needs a step, a feature and a value"));
    }
    let mut last = None;
    for ((&t, &i), &x) in step.iter().zip(feature).zip(value) {
        let place = Place { step: Some(t as usize), ..place };
        if t as usize >= steps || i as usize >= features {
            let rule = format!("lies outside the sample of {steps} steps and {features} features");
            return Err(place.fault(i as usize, x, &rule));
        }
        if last.is_some_and(|last| last >= (t, i)) {
            return Err(place.fault(
                i as usize,
                x,
                "events are sorted by (step, feature), one at most for each",
            ));
        }
        if !x.is_finite() {
            return Err(place.fault(i as usize, x, "must be finite"));
        }
        last = Some((t, i));
    }
    Ok(())
}

/// `sample` with its first axis `times` as long.
pub(super) fn lengthened(encoder: &str, sample: &[usize], times: usize) -> Result<Vec<usize>> {
    let mut shape = sample.to_vec();
    let first = shape.first_mut().and_then(|first| {
        *first = first.checked_mul(times)?;
        Some(())
    });
    let size = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
    if first.is_none() || size.is_none_or(|n| u32::try_from(n).is_err()) {
        return Err(Error::shape(
            encoder,
            "shape",
            format!("{sample:?}"),
            format!("a sample with an axis, and fewer than 2³² values after taking each {times} times"),
        ));
    }
    Ok(shape)
}

pub(super) fn unsupported(encoder: &str, what: &str) -> Error {
    Error::unsupported(encoder, what)
}
