//! A model of your own, written once: the resonate-and-fire neuron (Izhikevich 2001, doi:10.1016/S0893-6080(01)00078-8) is
//! simulated, differentiated and found by name: `cargo run -p rheobase --example custom_model`.

use rheobase::models::{neuron::prelude::*, record};
use rheobase::{Catalog, Input, Population, Record, Spikes, Upstream};

record! {
    /// Parameters; prepared, they are per step.
    pub struct Params {
        /// Damping.
        b: "1/s" = -40.0;
        /// Angular frequency of the oscillation below threshold.
        omega: "1/s" = 300.0;
    }
}
record! {
    /// State: a current-like and a voltage-like variable.
    pub struct State { #[doc = "Current."] x: "1" = 0.0; #[doc = "Voltage."] y: "1" = 0.0; }
}

struct Resonator;
#[rustfmt::skip] // a line per item
impl Neuron for Resonator {
    const INFO: Info = Info {
        name: "resonator", class: "Resonator", summary: "damped oscillator that fires", family: "mine",
        equations: &["x ← x + dt·(b·x − omega·y) + I", "y ← y + dt·(omega·x + b·y)", "y ≥ 1: spike, x ← 0, y ← 1"],
        potential: Some("y"), time: Time::Seconds, references: &[], ..Info::DISCRETE
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Params<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;
    #[inline(always)] fn prepare<T: Real>(p: &Params<T>, dt: T) -> Params<T> { Params { b: p.b * dt, omega: p.omega * dt } }
    #[inline(always)] fn integrate<T: Real>(k: &Params<T>, s: State<T>, i: T, held: T::Mask) -> State<T> {
        let (x, y) = (s.x + (k.b * s.x - k.omega * s.y) + i, s.y + (k.omega * s.x + k.b * s.y));
        State { x: T::select(held, T::zero(), x), y: T::select(held, T::zero(), y) }
    }
    #[inline(always)] fn drive<T: Real>(_: &Params<T>, s: &State<T>, _: T) -> Drive<T> { Drive::at(s.y - T::one()) }
    #[inline(always)] fn emit<T: Real>(_: &Params<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (State { x: T::gate(n.own, T::zero(), s.x), y: T::gate(n.own, T::one(), s.y) }, Out::value(n.own))
    }
}

fn main() -> rheobase::Result<()> {
    let catalog = Catalog::standard().clone().with::<Resonator>(); // the one line
    let mut neuron = Population::<f64>::builder(catalog.get("resonator")?, &[1]).dt(0.0005).build()?;
    for gap in [30, 42, 55] {
        neuron.reset();
        // Two impulses add up if the second comes a period of the oscillation (42 steps) after the first.
        let input: Vec<f64> = (0..200).map(|t| if t == 0 || t == gap { 0.9 } else { 0.0 }).collect();
        let (run, tape) = neuron.run_taped(200, &Input::Array(&input), &Record::spikes(Spikes::Dense))?;
        let upstream = Upstream { output: Some(&[1.0; 200]), states: Vec::new() };
        let slope = neuron.gradients(&tape, &Input::Array(&input), &upstream, &["omega"])?.shared("omega");
        println!("gap {gap}: {} spikes, d/d omega {slope:?}", run.dense().iter().sum::<f64>());
    }
    Ok(())
}
