//! What models of a kind have in common: the rest of their [`Info`] by `..Info::MILLIVOLTS`.

use super::{BackwardReads, Emits, Firing, Info, Takes, Time};
use crate::surrogate::Surrogate;

impl Info {
    /// Integrate-and-fire neurons in millivolts, driven by a current in picoamperes.
    pub const MILLIVOLTS: Info = Info {
        name: "",
        class: "",
        summary: "",
        family: "spyketorch",
        equations: &[],
        references: &[],
        potential: Some("v"),
        firing: Firing::Inclusive,
        emits: Emits::Binary,
        takes: Takes::Current,
        time: Time::Seconds,
        layer_sum: None,
        backward_reads: BackwardReads::StateAndInput,
        surrogate: Surrogate::FastSigmoid(1.0),
        input_unit: "pA",
        input_range: [-2000.0, 5000.0],
        example_input: 300.0,
    };
    /// Integrate-and-fire neurons in millivolts, driven by impulses.
    pub const IMPULSES: Info = Info {
        takes: Takes::Impulse,
        input_unit: "mV",
        input_range: [-50.0, 100.0],
        example_input: 1.0,
        ..Info::MILLIVOLTS
    };
    /// Integrate-and-fire neurons whose potential and input are in units of the threshold.
    pub const THRESHOLD_UNITS: Info = Info {
        family: "nengo",
        firing: Firing::Strict,
        surrogate: Surrogate::FastSigmoid(25.0),
        input_unit: "threshold current",
        input_range: [-10.0, 100.0],
        example_input: 1.2,
        ..Info::MILLIVOLTS
    };
    /// Neurons whose output is a rate.
    pub const RATE: Info = Info {
        potential: None,
        firing: Firing::Never,
        emits: Emits::Analogue,
        surrogate: Surrogate::StraightThrough,
        ..Info::THRESHOLD_UNITS
    };
    /// Rectified linear units, whose input is a rate.
    pub const RECTIFIED: Info =
        Info { input_unit: "Hz", input_range: [-1000.0, 1000.0], example_input: 20.0, ..Info::RATE };
    /// Neurons in discrete time, driven by impulses, that are made for training.
    pub const DISCRETE: Info = Info {
        family: "rnnbuilder",
        firing: Firing::Strict,
        takes: Takes::Impulse,
        time: Time::Steps,
        surrogate: Surrogate::SpikeLinear(0.3),
        input_unit: "1",
        input_range: [-20.0, 20.0],
        example_input: 0.3,
        ..Info::MILLIVOLTS
    };
}
