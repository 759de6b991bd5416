//! How far two runs of a neuron may lie apart after a step: what the step makes of a difference before it, by the model's
//! exact local Jacobian, and what rounding adds in both runs.

use rheobase_models::neuron::{Drive, Fired, Firing, Info, Neuron};
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

/// What the step makes of one number before it: the numbers after it, with their slope along that number and their rounding.
struct Column {
    integrated: Vec<Rounded>,
    margin: Rounded,
    state: Vec<Rounded>,
    output: Rounded,
}

/// The bounds after a step of `N`: `e' = |J|·e + 2·rounding`, column by column of the Jacobian.
pub(crate) fn bounds<N: Neuron>(step: &ErrorStep<'_>) -> ErrorBounds {
    let parameter = |i: usize| Rounded::splat(step.params[i]);
    let k = N::prepare(&N::Params::<Rounded>::from_fn(parameter), Rounded::splat(step.dt));
    let fields = step.state.len();
    sum(step, &|column| {
        let along = |i: usize| f64::from(u8::from(i == column));
        let s = N::State::<Rounded>::from_fn(|i| Rounded::exact(step.state[i], along(i)));
        let x = Rounded::exact(step.input, along(fields));
        let s = N::integrate(&k, s, x, step.held);
        let drive = N::drive(&k, &s, x);
        let own = fired(step, drive, &N::INFO);
        let integrated = numbers(fields, &|i| s.get(i));
        let (s, out) = N::emit(&k, s, x, Fired { own, layer: Rounded::exact(step.layer, 0.0) });
        let state = numbers(fields, &|i| s.get(i));
        Column { integrated, margin: drive.margin, state, output: out.value }
    })
}

// What follows is compiled once, not once per model.

fn numbers(fields: usize, of: &dyn Fn(usize) -> Rounded) -> Vec<Rounded> {
    (0..fields).map(of).collect()
}

fn fired(step: &ErrorStep<'_>, drive: Drive<Rounded>, info: &Info) -> Rounded {
    match step.fired {
        _ if step.held && info.firing != Firing::Never => Rounded::zero(),
        Some(fired) => Rounded::exact(f64::from(u8::from(fired)), 0.0),
        None => Rounded::fire(drive, info.firing, &info.surrogate),
    }
}

fn sum(step: &ErrorStep<'_>, column: &dyn Fn(usize) -> Column) -> ErrorBounds {
    let fields = step.state.len();
    let mut bounds =
        ErrorBounds { integrated: vec![0.0; fields], margin: 0.0, state: vec![0.0; fields], output: 0.0 };
    for i in 0..=fields {
        let column = column(i);
        let error = if i < fields { step.errors[i] } else { step.input_error };
        // The roundings are the same in every column: they count once.
        let unit = if i == fields { 2.0 * step.unit } else { 0.0 };
        let add = |to: &mut f64, number: &Rounded| {
            *to += times(number.slope.abs(), error) + times(unit, number.rounding);
        };
        bounds.integrated.iter_mut().zip(&column.integrated).for_each(|(to, x)| add(to, x));
        bounds.state.iter_mut().zip(&column.state).for_each(|(to, x)| add(to, x));
        add(&mut bounds.margin, &column.margin);
        add(&mut bounds.output, &column.output);
    }
    bounds
}
