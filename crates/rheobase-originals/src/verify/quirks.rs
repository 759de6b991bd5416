//! Where the published libraries surprise, what happens here, and why: what the page for those who come from there says.
//!
//! Where traces show a difference it is a rule of the same identifier ([`super::rules`]).

/// What was made of a quirk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The published behaviour is ours.
    Kept,
    /// Ours is the clean behaviour; replaying a trace reproduces the published one from its data.
    Adapted,
    /// The intended behaviour is the default, the published one is reachable by ordinary parameters or is a model of
    /// its own.
    Both,
    /// Only the intended behaviour.
    Intended,
}

impl Verdict {
    /// The words of tables.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Kept => "kept",
            Verdict::Adapted => "clean here, reproduced in replays",
            Verdict::Both => "both",
            Verdict::Intended => "intended only",
        }
    }
}

/// One surprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirk {
    /// Short identifier.
    pub id: &'static str,
    /// What was made of it.
    pub verdict: Verdict,
    /// What the published library does.
    pub theirs: &'static str,
    /// What happens here.
    pub here: &'static str,
}

/// Nengo and NengoDL.
pub const NENGO: &[Quirk] = &[
    Quirk {
        id: "N1",
        verdict: Verdict::Intended,
        theirs: "On TensorFlow a spiking leaky ReLU takes floor + 1 of a negative potential: at an exact negative \
               whole number it emits one spike less than on NumPy and stays there.",
        here: "Counts are truncated towards zero.",
    },
    Quirk {
        id: "N2",
        verdict: Verdict::Kept,
        theirs: "The slope of the leaky ReLU at exactly 0 is 0.",
        here: "The same.",
    },
    Quirk {
        id: "N3",
        verdict: Verdict::Kept,
        theirs: "Truncation gives −0 for a count of no negative spikes.",
        here: "The same; it compares as 0 and sends nothing.",
    },
    Quirk {
        id: "N4",
        verdict: Verdict::Kept,
        theirs: "gain_bias does not know the amplitude: maximum rates are meant before it.",
        here: "The same.",
    },
    Quirk {
        id: "N5",
        verdict: Verdict::Intended,
        theirs: "A LIF that starts above threshold under an input of at most 1 gets a refractory time that is far \
               too long, from the logarithm of a number above 1.",
        here: "It fires at the start of the step.",
    },
    Quirk {
        id: "N6",
        verdict: Verdict::Kept,
        theirs: "Initial voltages are random unless a seed or state is given.",
        here: "At rest unless `initial` says otherwise; drawn values are keyed by a seed.",
    },
    Quirk {
        id: "N7",
        verdict: Verdict::Both,
        theirs: "Where tau_ref is less than dt, LIF, AdaptiveLIF and FastLIF lose what is left of a step after a spike \
               and its refractory period, up to dt − tau_ref of every interval: a LIF with tau_ref = 0 fires at 333 Hz \
               instead of 475 under an input of 10 at dt = 1 ms.",
        here: "The same by default, and `simulate` and `curve` warn; with `carry_over` (`lif`, `adaptive_lif`) the rest \
              of the step is taken into the next, and rates are those of the closed form, up to one spike per step.",
    },
];

/// nengo-extras.
pub const NENGO_EXTRAS: &[Quirk] = &[
    Quirk {
        id: "X1",
        verdict: Verdict::Intended,
        theirs: "Nengo's simulator calls `step`, which FastLIF and SoftLIFRate inherit: they run as LIF and \
               LIFRate. Their own `step_math` works only when it is called directly.",
        here: "`fast_lif` and `soft_lif_rate_exact` are what `step_math` says. Traces of `step` are replayed with \
               `lif` and `lif_rate`.",
    },
    Quirk {
        id: "X2",
        verdict: Verdict::Intended,
        theirs: "rates_isi with its default `zero` fails where a spike falls on the first or last sample.",
        here: "The value is held.",
    },
    Quirk {
        id: "X3",
        verdict: Verdict::Intended,
        theirs: "FastLIF ignores its amplitude.",
        here: "The amplitude is the value of a spike.",
    },
    Quirk {
        id: "X4",
        verdict: Verdict::Kept,
        theirs: "FastLIF interpolates the crossing with the change of a whole step, also where the refractory \
               period has shortened it.",
        here: "The same.",
    },
    Quirk {
        id: "X7",
        verdict: Verdict::Kept,
        theirs: "Kernel estimates of rates fall off towards both ends: there is nothing beyond them.",
        here: "The same.",
    },
    Quirk {
        id: "X8",
        verdict: Verdict::Both,
        theirs: "The Gaussian kernel may have a sample more or less where its width is not a whole number of steps, and is then \
               not symmetric.",
        here: "Symmetric by default; `published-gauss` has the same samples.",
    },
    Quirk {
        id: "X9",
        verdict: Verdict::Both,
        theirs: "Kernels are samples of a density, cut off and moved by whole steps: where tau is a few steps they have \
               neither area 1 nor their centre on the spike. A 25 Hz clock with tau = dt gets mean rates of 39 Hz (expon), \
               0.04 Hz (expogauss), 21.5 Hz (alpha).",
        here: "Area 1 as sampled and cut, the centre of mass on the spike. The published samples are the kernels \
               `published-expon`, `published-gauss`, `published-expogauss`, `published-alpha`.",
    },
];

/// SpykeTorch-Extended.
pub const SPYKETORCH: &[Quirk] = &[
    Quirk {
        id: "S1",
        verdict: Verdict::Both,
        theirs: "IF, LIF and LIF_ode fall below rest under negative input (their clamp has no effect); EIF, QIF and \
               AdEx do not.",
        here: "`v_min` is the lower bound: −inf or v_rest.",
    },
    Quirk {
        id: "S2",
        verdict: Verdict::Both,
        theirs: "LIF forgets its reset: after a spike it takes up its decay from the potential before it, and fires \
               again from one pulse.",
        here: "`lif_exp` resets. `lif_last_input` is the published neuron.",
    },
    Quirk {
        id: "S3",
        verdict: Verdict::Both,
        theirs: "In LIF an input that is not positive acts in its own step only.",
        here: "`lif_exp` integrates it. `lif_last_input` does not.",
    },
    Quirk {
        id: "S4",
        verdict: Verdict::Intended,
        theirs: "A neuron counts as spiking where its thresholded potential is not 0, so a potential below 0 gives \
               a negative spike and one of exactly 0 none.",
        here: "Whoever reaches the threshold spikes, with value 1. The replay multiplies by the sign.",
    },
    Quirk {
        id: "S5",
        verdict: Verdict::Intended,
        theirs: "With negative potentials nobody wins.",
        here: "Winners are ranked whatever the sign.",
    },
    Quirk {
        id: "S6",
        verdict: Verdict::Kept,
        theirs: "Only those whom a winner silences are refractory; a loser that fired is not.",
        here: "The same; `t_ref` is the refractory period of each neuron itself.",
    },
    Quirk {
        id: "S7",
        verdict: Verdict::Both,
        theirs: "In AdEx and Izhikevich a winner silences the whole layer.",
        here: "`Competition::scope`: feature, location, layer or nobody.",
    },
    Quirk {
        id: "S8",
        verdict: Verdict::Intended,
        theirs: "Silence is counted down in 32-bit times, of which a rest may be left that lasts one step more.",
        here: "Silence is a whole number of steps.",
    },
    Quirk {
        id: "S9",
        verdict: Verdict::Adapted,
        theirs: "Thresholds are cached at the first step; later changes of `threshold` have no effect, nor has a \
               reset.",
        here: "`set` acts from the next step on.",
    },
    Quirk {
        id: "S10",
        verdict: Verdict::Intended,
        theirs: "Without a threshold every potential but 0 fires.",
        here: "A threshold is a number.",
    },
    Quirk {
        id: "S11",
        verdict: Verdict::Both,
        theirs: "EIF_Simple overwrites theta_rh with 0.75 of the threshold and adds the onset of the spike unscaled \
               by the step.",
        here: "`theta_rh` stays as it is set; `onset_scale` is 1, or tau_m/dt for the published strength.",
    },
    Quirk {
        id: "S12",
        verdict: Verdict::Both,
        theirs: "The simple classes decay towards 0, wherever they rest.",
        here: "`v_leak` is v_rest, or 0.",
    },
    Quirk {
        id: "S13",
        verdict: Verdict::Kept,
        theirs: "A reset below the lower bound is undone in the next step.",
        here: "The same.",
    },
    Quirk {
        id: "S14",
        verdict: Verdict::Intended,
        theirs: "Time constants and capacitances that are read but not used; defaults with which everybody fires in \
               the first step.",
        here: "A model has the parameters of its equations, and defaults that rest.",
    },
    Quirk {
        id: "S15",
        verdict: Verdict::Intended,
        theirs: "Samples of a batch are taken for time steps of one.",
        here: "Every sample has winners of its own.",
    },
    Quirk {
        id: "S16",
        verdict: Verdict::Intended,
        theirs: "The exponential overflows; the infinite potential becomes NaN, which wins.",
        here: "The exponent is capped at 80: every number stays finite.",
    },
    Quirk {
        id: "S17",
        verdict: Verdict::Both,
        theirs: "Winners are found by a 32-bit score in which close potentials tie.",
        here: "`Ranking::Exact`: the largest potential, then the lowest index. `Ranking::Published` is the score.",
    },
    Quirk {
        id: "S18",
        verdict: Verdict::Adapted,
        theirs: "A spike is 1/ts rounded to 32 bits.",
        here: "A spike is 1.",
    },
    Quirk {
        id: "S19",
        verdict: Verdict::Intended,
        theirs: "UniformLIF does not use the time constants it draws; UniformEIF and UniformQIF cannot be made.",
        here: "`set` draws any parameter (`Values::Uniform`).",
    },
    Quirk {
        id: "S20",
        verdict: Verdict::Kept,
        theirs: "QIF has the opposite sign of what its documentation says.",
        here: "The sign of the code, which is the usual one.",
    },
    Quirk {
        id: "S21",
        verdict: Verdict::Adapted,
        theirs: "du/dt is taken before the reset by some classes and after it by others.",
        here: "Probes: `potential` is before the reset, the state after it.",
    },
    Quirk {
        id: "S22",
        verdict: Verdict::Adapted,
        theirs: "Clocks are sums of 32-bit times; a reset takes effect with the next call.",
        here: "Probes `time_since_spike` and `time_since_injection`; a reset acts at once.",
    },
    Quirk {
        id: "S23",
        verdict: Verdict::Intended,
        theirs: "A resting potential given as a whole number fails.",
        here: "Parameters are numbers.",
    },
    Quirk {
        id: "S26",
        verdict: Verdict::Kept,
        theirs: "fire takes what is strictly above the threshold, the neurons what is at least at it.",
        here: "The same: `vision::fire` is strict; models say how they compare.",
    },
    Quirk {
        id: "S27",
        verdict: Verdict::Both,
        theirs: "get_k_winners ranks by a 32-bit score in which close potentials tie, which takes spikes of another value than 1 for earlier ones, and for which NaN is a winner.",
        here: "`vision::k_winners` has that score; the node `k_winners` compares exactly. NaN is refused by both.",
    },
    Quirk {
        id: "S28",
        verdict: Verdict::Adapted,
        theirs: "A filter whose window is even stands on one place more, with the parameters of the even window.",
        here: "Sizes are odd; a replay takes the larger one, and the wavelength of the even window.",
    },
    Quirk {
        id: "S29",
        verdict: Verdict::Kept,
        theirs: "Lateral inhibition of intensities does not lower the neighbours, as it says: what is brighter gains.",
        here: "The same; negative shares lower it.",
    },
    Quirk {
        id: "S30",
        verdict: Verdict::Kept,
        theirs: "Intensity2Latency never shows the weakest values that do not fill a bin; negative ones count, but stand behind all zeros.",
        here: "The same.",
    },
    Quirk {
        id: "S31",
        verdict: Verdict::Intended,
        theirs: "Intensity2Latency fails where there are fewer values than bins.",
        here: "Then each value has a bin of its own.",
    },
    Quirk {
        id: "S32",
        verdict: Verdict::Intended,
        theirs: "Filter fails with a list of thresholds, and with kernels that are tensors.",
        here: "One threshold for all filters; a kernel is a `dog` or a `gabor`.",
    },
    Quirk {
        id: "S33",
        verdict: Verdict::Adapted,
        theirs: "STDP compares numbers of spikes, input with output: waves that are not cumulative, or spikes of another scale \
               on one side, come out of order.",
        here: "Steps of first spikes are compared. The replay places each neuron's spike by their number.",
    },
    Quirk {
        id: "S34",
        verdict: Verdict::Kept,
        theirs: "STDP brings all weights of the layer within the bounds at every call, with and without winners.",
        here: "The same; `Learner::check` refuses weights that start outside.",
    },
    Quirk {
        id: "S35",
        verdict: Verdict::Kept,
        theirs: "Of several given winners of a feature the last one counts, and one that never fired is later than every input.",
        here: "The same.",
    },
    Quirk {
        id: "S36",
        verdict: Verdict::Intended,
        theirs: "A list of learning rates given to STDP is changed in place; whole numbers among them fail.",
        here: "Rates are numbers, one for all features or one for each.",
    },
];

/// rnnbuilder.
pub const RNNBUILDER: &[Quirk] = &[
    Quirk {
        id: "R1",
        verdict: Verdict::Intended,
        theirs: "The output is single precision whatever the model's precision.",
        here: "The precision of the population.",
    },
    Quirk {
        id: "R2",
        verdict: Verdict::Intended,
        theirs: "`configure(input_mode=…)` fails.",
        here: "There is no such switch.",
    },
    Quirk {
        id: "R3",
        verdict: Verdict::Intended,
        theirs: "A Placeholder with an initial value fails.",
        here: "`first_output` is what a recurrent edge sees first.",
    },
    Quirk {
        id: "R4",
        verdict: Verdict::Adapted,
        theirs: "All layers share one surrogate object, the default argument.",
        here: "A surrogate is a value of its population.",
    },
    Quirk {
        id: "R5",
        verdict: Verdict::Kept,
        theirs: "The surrogate's width does not scale with the threshold of Discontinuous.",
        here: "The same.",
    },
    Quirk {
        id: "R6",
        verdict: Verdict::Kept,
        theirs: "Adaptive and Cooldown answer one step late.",
        here: "The same: `drive` looks at the old membrane.",
    },
    Quirk {
        id: "R7",
        verdict: Verdict::Intended,
        theirs: "Whether a layer without a known shape works in a cycle depends on the hash seed of the process.",
        here: "Shapes are given.",
    },
    Quirk {
        id: "R8",
        verdict: Verdict::Kept,
        theirs: "No refractory period and no lower bound of the membrane.",
        here: "The same.",
    },
    Quirk {
        id: "R9",
        verdict: Verdict::Kept,
        theirs: "The initial membrane is a parameter that is trained.",
        here: "`Gradients::initial` is its derivative; `Initial::Each` sets it.",
    },
];

/// ngc-learn.
pub const NGC_LEARN: &[Quirk] = &[
    Quirk {
        id: "L1",
        verdict: Verdict::Adapted,
        theirs: "The current is written back into the input: unless that is set anew, the resistance multiplies it \
               again in every step.",
        here: "The input is what is given. The replay feeds the last current.",
    },
    Quirk {
        id: "L2",
        verdict: Verdict::Both,
        theirs: "The surrogate is documented as the derivative of tanh, sech², and computed as sech.",
        here: "`Surrogate::Secant` is sech, `Surrogate::SecantSquared` sech².",
    },
    Quirk {
        id: "L3",
        verdict: Verdict::Kept,
        theirs: "The surrogate depends on the current, not on the distance to threshold.",
        here: "The same.",
    },
    Quirk {
        id: "L4",
        verdict: Verdict::Both,
        theirs: "A refractory time of one step has no effect; what counts is the time less dt.",
        here: "The same; give one step more for the full time.",
    },
    Quirk {
        id: "L5",
        verdict: Verdict::Adapted,
        theirs: "Thresholds change their shape with the batch.",
        here: "Thresholds are `[batch, cell]` throughout.",
    },
    Quirk {
        id: "L6",
        verdict: Verdict::Kept,
        theirs: "The threshold leaks towards 0, not towards where it started.",
        here: "The same.",
    },
    Quirk {
        id: "L7",
        verdict: Verdict::Kept,
        theirs: "The lower bound of the voltage is declared and not used.",
        here: "The same: v has no lower bound.",
    },
    Quirk {
        id: "L8",
        verdict: Verdict::Kept,
        theirs: "With rho_b a silent layer lowers all thresholds down to 0.025, and gain and leak have no effect.",
        here: "The same.",
    },
    Quirk {
        id: "L9",
        verdict: Verdict::Intended,
        theirs: "The refractory clock is a sum of dt in single precision: a time of 0.002 at dt = 0.0001 lasts 21 steps.",
        here: "Whole steps are counted: 20.",
    },
];
