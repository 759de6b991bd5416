//! The original's classes: which model plays each, with which settings and defaults.

use super::super::trace::Meta;
use rheobase_sim::compete::Scope;

/// How one of the original's classes is played here.
#[derive(Clone, Copy)]
pub(super) struct Class {
    pub(super) theirs: &'static str,
    pub(super) ours: &'static str,
    /// Whether the value of a spike is 1/dt; else 1.
    pub(super) per_dt: bool,
    /// Whether spikes take the sign of the potential.
    pub(super) signed: bool,
    /// Whether the potential is clamped at rest.
    pub(super) clamped: bool,
    /// Whether a neuron that fired goes to rest, whatever `v_reset` is.
    pub(super) resets_to_rest: bool,
    /// Whether du/dt is taken after the reset.
    pub(super) dudt_after_reset: bool,
    /// Whether the returned state is the potential before the reset.
    pub(super) returns_potential: bool,
    /// Whether setting the thresholds (or using them for the first time) sets the rheobase threshold to 0.75 of them.
    pub(super) theta_follows: bool,
    /// Whom a winner silences; `None` where the attribute `inhibition_mode` says.
    pub(super) scope: Option<Scope>,
    /// Whether a step is one of the model's, however long it is.
    pub(super) counts_steps: bool,
    /// Defaults that differ from [`DEFAULTS`].
    defaults: &'static [(&'static str, f64)],
}

const BASE: Class = Class {
    theirs: "",
    ours: "",
    per_dt: true,
    signed: true,
    clamped: false,
    resets_to_rest: false,
    dudt_after_reset: false,
    returns_potential: false,
    theta_follows: false,
    scope: Some(Scope::Feature),
    counts_steps: false,
    defaults: &[],
};

const LIF: Class = Class { theirs: "LIF", ours: "lif_last_input", resets_to_rest: true, scope: None, ..BASE };

pub(super) const CLASSES: [Class; 11] = [
    Class { theirs: "IF", ours: "if", resets_to_rest: true, dudt_after_reset: true, ..BASE },
    LIF,
    // It draws time constants and does not use them.
    Class { theirs: "UniformLIF", ..LIF },
    Class { theirs: "LIF_ode", ours: "lif_euler", resets_to_rest: true, ..BASE },
    Class {
        theirs: "LIF_Simple",
        ours: "lif_decay",
        per_dt: false,
        resets_to_rest: true,
        dudt_after_reset: true,
        scope: None,
        ..BASE
    },
    Class { theirs: "EIF", ours: "eif", clamped: true, ..BASE },
    Class {
        theirs: "EIF_Simple",
        ours: "eif_decay",
        per_dt: false,
        dudt_after_reset: true,
        returns_potential: true,
        theta_follows: true,
        scope: None,
        ..BASE
    },
    Class { theirs: "QIF", ours: "qif", clamped: true, defaults: &[("a", 0.001)], ..BASE },
    Class {
        theirs: "AdEx",
        ours: "adex",
        clamped: true,
        signed: false,
        scope: Some(Scope::Layer),
        defaults: &[("a", 0.6), ("b", 0.7), ("tau_w", 1.0)],
        ..BASE
    },
    Class {
        theirs: "Izhikevich",
        ours: "izhikevich_ms",
        signed: false,
        scope: Some(Scope::Layer),
        counts_steps: true,
        defaults: &[("a", 0.02), ("b", 0.2), ("d", 8.0)],
        ..BASE
    },
    Class {
        theirs: "finalize_state_update",
        ours: "perfect_integrator",
        clamped: true,
        defaults: &[("ts", 0.01), ("refractory_timesteps", 0.0)],
        ..BASE
    },
];

/// Defaults of most classes.
const DEFAULTS: [(&str, f64); 7] = [
    ("ts", 0.001),
    ("tau_rc", 0.02),
    ("C", 0.281),
    ("delta_t", 0.5),
    ("resting_potential", 0.0),
    ("refractory_timesteps", 2.0),
    ("n_winners", 1.0),
];

/// The class that a trace is of.
pub(super) fn of(meta: &Meta) -> Option<&'static Class> {
    CLASSES.iter().find(|c| c.theirs == meta.class())
}

impl Class {
    /// An argument of the original, or its default.
    pub(super) fn given(&self, meta: &Meta, name: &str) -> Option<f64> {
        let default = || self.defaults.iter().chain(&DEFAULTS).find(|d| d.0 == name).map(|d| d.1);
        let onset = || Some(onset(meta.number("threshold")?));
        meta.number(name)
            .or_else(default)
            .or_else(|| if ["theta_rh", "u_c"].contains(&name) { onset() } else { None })
    }
    /// Length of a step in the original.
    pub(super) fn ts(&self, meta: &Meta) -> f64 {
        self.given(meta, "ts").unwrap_or(0.001)
    }
    /// For how many steps winners silence.
    pub(super) fn silence(&self, meta: &Meta) -> u32 {
        self.given(meta, "refractory_timesteps").unwrap_or(0.0) as u32
    }
}

/// Rheobase threshold and cut-off where none is given.
pub(super) fn onset(threshold: f64) -> f64 {
    threshold - 0.25 * threshold.abs()
}

/// The original's parameters and attributes, and ours, where they are one number that every step reads.
pub(in super::super) const PARAMETERS: [(&str, &str); 9] = [
    ("tau_rc", "tau_m"),
    ("C", "c_m"),
    ("delta_t", "delta_t"),
    ("theta_rh", "theta_rh"),
    ("u_c", "v_c"),
    ("a", "a"),
    ("b", "b"),
    ("d", "d"),
    ("tau_w", "tau_w"),
];

/// What is not a parameter of a model here, or depends on the class.
pub(in super::super) const SETTINGS: &[(&str, &str)] = &[
    ("ts", "`Builder::dt`"),
    ("threshold, per_neuron_thresh", "`v_th`, for all or per neuron; also on a live layer"),
    ("resting_potential", "`v_rest`, and `v_min` for the classes that clamp at rest"),
    ("v_reset", "`v_reset`; the classes IF, LIF, LIF_ode and LIF_Simple go to rest"),
    ("refractory_timesteps", "`Competition::silence`, with `t_ref` = 0"),
    ("n_winners", "`Competition::k`"),
    ("inhibition_mode", "`Competition::scope`"),
    ("get_params", "`Population` displayed"),
    ("UniformLIF, UniformEIF, UniformQIF", "`Builder::set` with `Values::Uniform`; in networks `draw`"),
];
