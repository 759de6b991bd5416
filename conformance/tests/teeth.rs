//! The laws have teeth: a model with a fault breaks the laws that are there for it.

use std::sync::atomic::{AtomicU32, Ordering};

use conformance::{LAWS, Subject};
use rheobase::Catalog;
use rheobase::models::Surrogate;
use rheobase::models::neuron::{BackwardReads, Drive, Emits, Fired, Firing, Info, Neuron, Out, Takes, Time};
use rheobase::models::rate::NoRate;
use rheobase::models::real::{Mask, Real};
use rheobase::models::record;
use rheobase::models::record::Range;

record! {
    /// Parameters.
    pub struct Params {
        /// Membrane time constant.
        tau_m: "s" = 0.02, within(Range::above(0.0));
    }
}
record! {
    /// Coefficients.
    pub struct Coeffs {
        /// `dt / tau_m`.
        leak: "1" = 0.0;
    }
}
record! {
    /// State.
    pub struct State {
        /// Membrane potential.
        v: "1" = 0.0;
    }
}

/// The faults.
const NONE: u8 = 0;
const FORGETS_ITS_DERIVATIVE: u8 = 1;
const FORGETS_A_PARAMETERS: u8 = 2;
const DECLARES_ANOTHER_EQUATION: u8 = 3;
const DRIFTS: u8 = 4;
const EXPLODES: u8 = 5;
const LOOKS_AT_OTHER_LANES: u8 = 6;
const CANCELS: u8 = 7;
const REMEMBERS_OUTSIDE: u8 = 8;
const IS_SILENT: u8 = 9;
const READS_NOTHING: u8 = 10;
const READS_ITS_POTENTIAL: u8 = 11;
const ADDS_ITS_INPUT: u8 = 12;

/// A leaky integrator with a fault.
struct Faulty<const FAULT: u8>;

static OUTSIDE: AtomicU32 = AtomicU32::new(0);

impl<const FAULT: u8> Neuron for Faulty<FAULT> {
    const INFO: Info = Info {
        name: "faulty",
        class: "Faulty",
        summary: "leaky integrator with a fault",
        family: "test",
        equations: &[],
        references: &[],
        potential: Some("v"),
        firing: Firing::Strict,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        backward_reads: match FAULT {
            READS_NOTHING => BackwardReads::Nothing,
            READS_ITS_POTENTIAL | ADDS_ITS_INPUT => BackwardReads::Potential,
            _ => BackwardReads::StateAndInput,
        },
        surrogate: Surrogate::Arctan(2.0),
        input_unit: "1",
        input_range: [-10.0, 10.0],
        example_input: 1.4,
    };
    type Params<T: Real> = Params<T>;
    type Coeffs<T: Real> = Coeffs<T>;
    type State<T: Real> = State<T>;
    type Rate = NoRate;

    #[inline(always)]
    fn prepare<T: Real>(p: &Params<T>, dt: T) -> Coeffs<T> {
        let tau_m = if FAULT == FORGETS_A_PARAMETERS { p.tau_m.detach() } else { p.tau_m };
        Coeffs { leak: dt / tau_m }
    }
    #[inline(always)]
    fn rest<T: Real>(_: &Params<T>) -> State<T> {
        State { v: T::zero() }
    }
    #[inline(always)]
    fn integrate<T: Real>(k: &Coeffs<T>, s: State<T>, x: T, held: T::Mask) -> State<T> {
        let old = if FAULT == FORGETS_ITS_DERIVATIVE { s.v.detach() } else { s.v };
        let mut v = old + (x - old) * k.leak;
        if FAULT == ADDS_ITS_INPUT {
            // So it does, but its reset is to 0, so that whether it fires changes derivatives.
            v = old * (T::one() - k.leak) + x;
        }
        if FAULT == DRIFTS {
            v = v + T::splat(1e-3);
        }
        if FAULT == EXPLODES {
            v = -(v.abs() * T::splat(1.5));
        }
        if FAULT == LOOKS_AT_OTHER_LANES && v.gt(T::splat(0.9)).any() {
            v = v * T::splat(0.5);
        }
        if FAULT == CANCELS {
            v = (v + T::splat(1e5)) - T::splat(1e5);
        }
        if FAULT == REMEMBERS_OUTSIDE {
            v = v + T::splat(1e-6 * f64::from(OUTSIDE.fetch_add(1, Ordering::Relaxed) % 1000));
        }
        State { v: T::select(held, T::zero(), v) }
    }
    #[inline(always)]
    fn drive<T: Real>(_: &Coeffs<T>, s: &State<T>, _: T) -> Drive<T> {
        Drive::at(s.v - T::splat(if FAULT == IS_SILENT { 1e6 } else { 1.0 }))
    }
    #[inline(always)]
    fn emit<T: Real>(_: &Coeffs<T>, s: State<T>, _: T, n: Fired<T>) -> (State<T>, Out<T>) {
        (State { v: T::gate(n.own, T::zero(), s.v) }, Out::value(n.own))
    }
    #[inline(always)]
    fn rhs<T: Real>(p: &Params<T>, s: &State<T>, x: T) -> Option<State<T>> {
        let scale = T::splat(if FAULT == DECLARES_ANOTHER_EQUATION { 0.9 } else { 1.0 });
        Some(State { v: (scale * x - s.v) / p.tau_m })
    }
}

/// The laws that the model with a fault breaks.
fn broken<const FAULT: u8>() -> Vec<&'static str> {
    let catalog = Catalog::standard().clone().with::<Faulty<FAULT>>();
    let subject = Subject::of::<Faulty<FAULT>>(&catalog).expect("listed");
    LAWS.iter().filter(|law| (law.check)(&subject).is_err()).map(|law| law.name).collect()
}

#[test]
fn each_fault_is_found_by_its_laws() {
    let finds = |what: &str, broken: Vec<&str>, laws: &[&str]| {
        for law in laws {
            assert!(broken.contains(law), "{what}: {law} holds; broken are {broken:?}");
        }
    };
    assert_eq!(broken::<NONE>(), [""; 0]);
    finds("forgets its derivative", broken::<FORGETS_ITS_DERIVATIVE>(), &["jacobian"]);
    finds("forgets a parameter's", broken::<FORGETS_A_PARAMETERS>(), &["jacobian"]);
    finds("declares another equation", broken::<DECLARES_ANOTHER_EQUATION>(), &["order"]);
    finds("drifts", broken::<DRIFTS>(), &["rest", "order"]);
    finds("explodes", broken::<EXPLODES>(), &["finite"]);
    finds("looks at other lanes", broken::<LOOKS_AT_OTHER_LANES>(), &["alone", "simd"]);
    finds("cancels", broken::<CANCELS>(), &["precision"]);
    let all = ["reset", "save", "alone", "chunks", "loops", "threads", "simd"];
    finds("remembers outside its state", broken::<REMEMBERS_OUTSIDE>(), &all);
    finds("reads nothing", broken::<READS_NOTHING>(), &["jacobian"]);
    finds("reads its potential alone", broken::<READS_ITS_POTENTIAL>(), &["jacobian"]);
    finds("adds its input, and resets to 0", broken::<ADDS_ITS_INPUT>(), &["jacobian"]);
    finds("is silent", broken::<IS_SILENT>(), &["fires"]);
}
