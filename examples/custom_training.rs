//! A model of your own learns to read digits, and is read back: `cargo run --release -p rheobase --example custom_training`.

use rheobase::learn::{Job, TrainConfig, Trained};
use rheobase::models::{neuron::prelude::*, record};
use rheobase::network::{Library, Sequential, flatten, linear, neurons};
use rheobase::{Catalog, Result};

record! {
    #[doc = "Parameters."] pub struct Params { #[doc = "What is left of v after a step."] keep: "1" = 0.9; }
    #[doc = "State."] pub struct State { #[doc = "Membrane potential, never below 0."] v: "1" = 0.0; }
}
struct Forgiving;
#[rustfmt::skip] // a line per item
impl Neuron for Forgiving {
    const INFO: Info = Info { name: "forgiving", class: "Forgiving", summary: "leaky neuron that forgets inhibition",
        equations: &["v ← max(keep·v + I, 0)", "v > 1: spike, v ← v − 1"], ..Info::DISCRETE };
    type Params<T: Real> = Params<T>; type Coeffs<T: Real> = Params<T>; type State<T: Real> = State<T>; type Rate = NoRate;
    #[inline(always)] fn prepare<T: Real>(p: &Params<T>, _: T) -> Params<T> { *p }
    #[inline(always)] fn integrate<T: Real>(k: &Params<T>, s: State<T>, i: T, held: T::Mask) -> State<T> {
        State { v: T::select(held, T::zero(), (k.keep * s.v + i).max(T::zero())) }
    }
    #[inline(always)] fn drive<T: Real>(_: &Params<T>, s: &State<T>, _: T) -> Drive<T> { Drive::at(s.v - T::one()) }
    #[inline(always)] fn emit<T: Real>(_: &Params<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (State { v: s.v - n.own }, Out::value(n.own))
    }
}
fn main() -> Result<()> {
    let library = Library { catalog: Catalog::standard().clone().with::<Forgiving>(), ..Library::default() };
    let network = Sequential::new([flatten(), linear(64), neurons("forgiving").learn("keep"), linear(10)]);
    let mut config = TrainConfig { network: network.input(&[1, 8, 8])?.into(), ..TrainConfig::digits() };
    config.train.epochs = 3;
    let mut job = Job::new_with(config, &library)?;
    job.run(|_, _, _| Ok(true))?;
    let path = std::env::temp_dir().join("forgiving.safetensors");
    job.checkpoint()?.write(&path)?;
    let test = Trained::read_with(&path, 0, &library)?.outcome(&job.splits().test)?;
    println!("{} of {} right", test.correct, job.splits().test.samples());
    Ok(())
}
