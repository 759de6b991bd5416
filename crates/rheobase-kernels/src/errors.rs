//! How far two runs of a neuron may lie apart after a step: what the step makes of a difference before it, by the model's
//! exact local Jacobian, and what rounding adds in both runs.

use rheobase_models::neuron::{Fired, Firing, Neuron};
use rheobase_models::real::Real;
use rheobase_models::record::Record;
use rheobase_models::rounded::{Rounded, times};

/// A step of one neuron, and how far two runs may lie apart before it. Numbers are in the order of the model's fields.
#[derive(Debug, Clone, Copy)]
pub struct ErrorStep<'a> {
    /// Parameters.
    pub params: &'a [f64],
    /// Length of the step.
    pub dt: f64,
    /// State before the step.
    pub state: &'a [f64],
    /// Bounds of the difference of two runs in each state field.
    pub errors: &'a [f64],
    /// Input, lateral edges included.
    pub input: f64,
    /// Bound of the difference in the input.
    pub input_error: f64,
    /// Whether the neuron is held at rest in this step.
    pub held: bool,
    /// Sum of spikes over the layer, for models that ask for it.
    pub layer: f64,
    /// Whether the neuron fires, where the margin does not decide it.
    pub fired: Option<bool>,
    /// Unit roundoff of the precision: 2⁻²⁴ or 2⁻⁵³.
    pub unit: f64,
}

/// How far two runs may lie apart after a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorBounds {
    /// In each state field after integration, before firing.
    pub integrated: Vec<f64>,
    /// In what firing is decided on.
    pub margin: f64,
    /// In each state field after the step.
    pub state: Vec<f64>,
    /// In what leaves the neuron.
    pub output: f64,
}

/// The bounds after a step of `N`: `e' = |J|·e + 2·rounding`, column by column of the Jacobian.
pub(crate) fn bounds<N: Neuron>(step: &ErrorStep<'_>) -> ErrorBounds {
    let parameter = |i: usize| Rounded::splat(step.params[i]);
    let k = N::prepare(&N::Params::<Rounded>::from_fn(parameter), Rounded::splat(step.dt));
    let fields = step.state.len();
    let layer = Rounded::exact(step.layer, 0.0);
    let mut bounds =
        ErrorBounds { integrated: vec![0.0; fields], margin: 0.0, state: vec![0.0; fields], output: 0.0 };
    for column in 0..=fields {
        let along = |i: usize| f64::from(u8::from(i == column));
        let s = N::State::<Rounded>::from_fn(|i| Rounded::exact(step.state[i], along(i)));
        let x = Rounded::exact(step.input, along(fields));
        let integrated = N::integrate(&k, s, x, step.held);
        let drive = N::drive(&k, &integrated, x);
        let own = match step.fired {
            _ if step.held && N::INFO.firing != Firing::Never => Rounded::zero(),
            Some(fired) => Rounded::exact(f64::from(u8::from(fired)), 0.0),
            None => Rounded::fire(drive, N::INFO.firing, &N::INFO.surrogate),
        };
        let before_reset: Vec<Rounded> = (0..fields).map(|i| integrated.get(i)).collect();
        let (state, out) = N::emit(&k, integrated, x, Fired { own, layer });
        let error = if column < fields { step.errors[column] } else { step.input_error };
        // The roundings are the same in every column: they count once.
        let unit = if column == fields { 2.0 * step.unit } else { 0.0 };
        let add = |to: &mut f64, number: Rounded| {
            *to += times(number.slope.abs(), error) + times(unit, number.rounding);
        };
        for i in 0..fields {
            add(&mut bounds.integrated[i], before_reset[i]);
            add(&mut bounds.state[i], state.get(i));
        }
        add(&mut bounds.margin, drive.margin);
        add(&mut bounds.output, out.value);
    }
    bounds
}
