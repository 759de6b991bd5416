//! `Neuron`: what a model is. One neuron, one step, any number.
//!
//! A step has four phases; the model writes the first and the last:
//! 1. **integrate** (model) advances the state by dt under the input; a held neuron takes its resting potential.
//! 2. **fire** (engine) compares the margin of [`Neuron::drive`] with zero, or truncates it to a count.
//! 3. **compete** (layer, optional) finds winners and silences others in the coming steps.
//! 4. **emit** (model) resets, adapts, and says what leaves the neuron.

pub mod adaptive;
pub mod adaptive_lif;
pub mod adaptive_lif_rate;
pub mod adex;
pub mod cooldown;
pub mod cuba_lif;
pub mod discontinuous;
pub mod eif;
pub mod eif_decay;
pub mod fast_lif;
pub mod if_;
pub mod izhikevich;
pub mod izhikevich_ms;
mod kinds;
pub mod leaky_integrator;
pub mod leaky_relu;
pub mod lif;
pub mod lif_count;
pub mod lif_decay;
pub mod lif_discrete;
pub mod lif_euler;
pub mod lif_exp;
pub mod lif_last_input;
pub mod lif_rate;
pub mod lif_subtract;
pub mod membrane;
mod memoryless;
pub mod no_reset;
pub mod perfect_integrator;
pub mod prelude;
pub mod qif;
pub mod rectified_linear;
pub mod slif;
pub mod soft_lif_rate;
pub mod soft_lif_rate_exact;
pub mod spiking_leaky_relu;
pub mod spiking_rectified_linear;

use crate::rate::RateCurve;
use crate::real::Real;
use crate::record::Record;
use crate::surrogate::Surrogate;

pub use crate::number::fire::{Drive, Firing};

/// What fired: handed from the engine to [`Neuron::emit`].
#[derive(Debug, Clone, Copy)]
pub struct Fired<T> {
    /// This neuron's spike: 0 or 1, or a signed count.
    pub own: T,
    /// The sum over the layer; filled only if [`Info::layer_sum`] asks for it.
    pub layer: T,
}

/// What leaves a neuron in a step.
#[derive(Debug, Clone, Copy)]
pub struct Out<T> {
    /// The spike's value (area of the impulse) or the analogue output.
    pub value: T,
    /// When within the step it left, in the model's time unit from the start of the step; 0 where the model does
    /// not say.
    pub offset: T,
}

impl<T: Real> Out<T> {
    /// `value`, at no particular time within the step.
    #[inline(always)]
    pub fn value(value: T) -> Self {
        Out { value, offset: T::zero() }
    }
}

/// What leaves the neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emits {
    /// Nothing or one spike.
    Binary,
    /// Several spikes in a step.
    Count,
    /// Several spikes in a step, which may be negative.
    Signed,
    /// A number in every step.
    Analogue,
}

/// What the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A current, constant during the step.
    Current,
    /// Impulses: the sum of weight × count.
    Impulse,
}

/// What going back through a step reads of it, where no coefficient is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackwardReads {
    /// State and input before the step.
    StateAndInput,
    /// The potential before the reset. The state is the potential alone and the input is just added: from 0 the input v leads to the
    /// potential v, and the step's derivatives are those of any state and input that lead there. Whether the neuron fires changes no
    /// derivative but the spike's own, so where that is 0 nothing is read.
    Potential,
    /// Nothing: the derivatives are the same for every state and input, as of a leaky integrator.
    Nothing,
}

/// The unit in which the model counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Seconds.
    Seconds,
    /// Steps of dt: time constants count steps.
    Steps,
}

/// The constants of a model: what tables, documentation, Python and the command line say of it.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Name on the command line and in files: `lif`.
    pub name: &'static str,
    /// Name in Python and Rust: `LIF`.
    pub class: &'static str,
    /// One line: what it is and what it is for.
    pub summary: &'static str,
    /// Where it belongs: `nengo`, `spyketorch`, `rnnbuilder`, `ngc-learn`, `common`…
    pub family: &'static str,
    /// The equations of one step, in order, one per line.
    pub equations: &'static [&'static str],
    /// Where it comes from, with DOI where there is one.
    pub references: &'static [&'static str],
    /// The state field that is the membrane potential, if there is one.
    pub potential: Option<&'static str>,
    /// How it fires.
    pub firing: Firing,
    /// What leaves it.
    pub emits: Emits,
    /// What goes in.
    pub takes: Takes,
    /// Its unit of time.
    pub time: Time,
    /// The parameter that, where it is not 0, makes [`Fired::layer`] hold the sum of spikes over the layer.
    pub layer_sum: Option<&'static str>,
    /// What going back through a step reads of it.
    pub backward_reads: BackwardReads,
    /// The surrogate its source trains it with, if it names one.
    pub surrogate: Surrogate,
    /// The unit of the input.
    pub input_unit: &'static str,
    /// The inputs within which the model is declared to stay finite, and which plots and tests use.
    pub input_range: [f64; 2],
    /// A constant input that makes a default neuron fire now and then (or give a middling output).
    pub example_input: f64,
}

/// A neuron model: its equations, written once.
///
/// Every method is `#[inline(always)]`: it must end up inside functions compiled for a SIMD level.
pub trait Neuron: Send + Sync + 'static {
    /// The model's constants.
    const INFO: Info;
    /// What the user writes, in physical units.
    type Params<T: Real>: Record<T>;
    /// What a step of length dt needs.
    type Coeffs<T: Real>: Record<T>;
    /// What is carried from step to step.
    type State<T: Real>: Record<T>;
    /// Its static rate curve, or [`crate::rate::NoRate`].
    type Rate: RateCurve;

    /// Coefficients for steps of length `dt` (in seconds, or 1 for models that count steps): the only place where
    /// dt exists.
    fn prepare<T: Real>(p: &Self::Params<T>, dt: T) -> Self::Coeffs<T>;
    /// The state of a neuron at rest: the fields' defaults, unless the model says otherwise.
    #[inline(always)]
    fn rest<T: Real>(_: &Self::Params<T>) -> Self::State<T> {
        Self::State::from_fn(
            #[inline(always)]
            |i| T::splat(Self::State::<T>::FIELDS[i].default),
        )
    }
    /// Phase 1.
    fn integrate<T: Real>(k: &Self::Coeffs<T>, s: Self::State<T>, x: T, held: T::Mask) -> Self::State<T>;
    /// What firing depends on, after `integrate`.
    fn drive<T: Real>(k: &Self::Coeffs<T>, s: &Self::State<T>, x: T) -> Drive<T>;
    /// Phase 4.
    fn emit<T: Real>(k: &Self::Coeffs<T>, s: Self::State<T>, x: T, n: Fired<T>) -> (Self::State<T>, Out<T>);

    /// Parameters of the static rate curve for this neuron.
    #[inline(always)]
    fn rate<T: Real>(_: &Self::Params<T>) -> Option<<Self::Rate as RateCurve>::Params<T>> {
        None
    }
    /// Output in training as a rate curve, smoothed by `smoothing` if that is given and the model can be smoothed.
    #[inline(always)]
    fn training<T: Real>(p: &Self::Params<T>, _smoothing: Option<T>, x: T) -> Option<T> {
        Some(<Self::Rate as RateCurve>::rate(&Self::rate(p)?, x))
    }
    /// Time derivative of the state, where the model is a differential equation.
    #[inline(always)]
    fn rhs<T: Real>(_: &Self::Params<T>, _: &Self::State<T>, _: T) -> Option<Self::State<T>> {
        None
    }
    /// The largest dt for which the scheme is declared to be stable.
    #[inline(always)]
    fn dt_bound(_: &Self::Params<f64>) -> f64 {
        f64::INFINITY
    }
    /// A rule between parameters that these break, if they break one.
    fn broken_rule(_: &Self::Params<f64>) -> Option<String> {
        None
    }
}

/// In an `impl Neuron`: its parameters, coefficients and state are the records of the same file, its rate curve is `$rate`.
macro_rules! own_records {
    (Rate = $rate:ident) => {
        own_records!();
        type Rate = $rate;
    };
    () => {
        type Params<T: Real> = Params<T>;
        type Coeffs<T: Real> = Coeffs<T>;
        type State<T: Real> = State<T>;
    };
}
pub(crate) use own_records;
