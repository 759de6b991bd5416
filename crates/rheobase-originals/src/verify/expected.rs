//! Which arrays a trace of each kind holds: one that is missing is a failure, as is one that nothing compares.
//!
//! Names stand in the tables separated by blanks. Some end in numbers, which the meta or other names say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::TraceFile;
use super::rnnbuilder;
use super::trace::number;

/// The arrays of one trace.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Expected {
    /// What went into the run.
    given: BTreeSet<String>,
    /// What may have gone into it.
    optional: BTreeSet<String>,
    /// What came of it.
    results: BTreeSet<String>,
}

/// A table: what a class is called, what goes into its run, and what comes of it besides what all have.
type Table = &'static [(&'static str, &'static str, &'static str)];

const SPYKETORCH_RESULTS: &str =
    "spikes thresholded state dudt winners post_refractory_periods final_per_neuron_thresh";

const SPYKETORCH: Table = &[
    ("IF", "", "post_time_since_spike"),
    ("LIF", "", LIF_CLOSED_FORM),
    ("UniformLIF", "", LIF_CLOSED_FORM),
    ("LIF_ode", "", ""),
    ("LIF_Simple", "", "winning_spikes"),
    ("EIF", "", "final_theta_rh"),
    ("EIF_Simple", "", "winning_spikes post_previous_state final_theta_rh"),
    ("QIF", "", ""),
    ("AdEx", "", "post_w final_theta_rh"),
    ("Izhikevich", "", "post_w"),
    ("finalize_state_update", "", ""),
];

const LIF_CLOSED_FORM: &str =
    "winning_spikes post_time_since_spike post_time_since_injection post_potential_at_last_injection";

/// Runs of Nengo's step, and of NengoDL's builders with other words before the names. The start of the refractory time
/// is there where the trace's target names the module.
const NENGO_STEP: Table = &[
    ("LIF", "voltage0", "voltage refractory_time"),
    ("NumbaLIF", "voltage0", "voltage refractory_time"),
    ("FastLIF", "voltage0", "voltage refractory_time"),
    ("AdaptiveLIF", "voltage0", "voltage refractory_time adaptation"),
    ("Izhikevich", "voltage0", "voltage recovery"),
    ("SpikingRectifiedLinear", "voltage0", "voltage"),
    ("SpikingLeakyReLU", "voltage0", "voltage"),
    ("AdaptiveLIFRate", "", "adaptation"),
    ("RectifiedLinear", "", ""),
    ("LeakyReLU", "", ""),
    ("LIFRate", "", ""),
    ("SoftLIFRate", "", ""),
];
const NENGO_STARTS: &str = "voltage0 refractory_time0 adaptation0 recovery0";
const STARTS_REFRACTORY: [&str; 3] = ["LIF", "NumbaLIF", "FastLIF"];

const RNNBUILDER: Table = &[
    ("LIF", "initial_mem", "grad_initial_mem state_mem grad_input_memloss"),
    ("NoReset", "initial_mem", "grad_initial_mem state_mem grad_input_memloss"),
    ("Adaptive", "initial_mem", "grad_initial_mem state_mem grad_input_memloss state_rel_thresh"),
    ("Cooldown", "initial_mem", "grad_initial_mem state_mem grad_input_memloss sgn"),
    ("Discontinuous", "", ""),
];

const SLIF_GIVEN: &str = "input threshold0 inh_weights t";
const SLIF_RESULTS: &str = "init_j init_s init_tols init_v init_thr init_rfr init_surrogate \
     post_j post_s post_tols post_v post_thr post_rfr post_surrogate";

impl Expected {
    /// The arrays that a trace should have by its target.
    pub(super) fn of(trace: &TraceFile) -> Expected {
        let target = trace.meta.target.as_str();
        let class = trace.meta.class();
        let mut all = Expected::default();
        if target.starts_with(super::native::PREFIX) {
            all.given("input").results("output").results_are_the_rest(trace, &super::native::GIVEN);
        } else if let Some((given, results)) = super::spyketorch::functional_arrays(trace) {
            all.given(given).results.extend(results);
        } else if target.ends_with("._f_ode") {
            let currents = numbers_after(trace, &["LIF_I", "EIF_I", "QIF_I"]);
            all.given("x").numbered(trace, &["LIF_I", "EIF_I", "QIF_I"], currents);
        } else if target.starts_with("SpykeTorch.neurons.") {
            all.given("input").optional("per_neuron_thresh_given");
            all.results(SPYKETORCH_RESULTS).of_class(SPYKETORCH, class, "");
            all.results(if class == "UniformLIF" { "taus_float64" } else { "" });
        } else if target.ends_with(".SpikeLinear") {
            let factors = listed(trace, "gradient_factors", &["y_", "grad_"]);
            all.given("x grad_output").numbered(trace, &["y_", "grad_"], factors);
        } else if target.starts_with("rnnbuilder.snn.") {
            all.given("input loss_weights").results("output grad_input output_two_calls initial_output");
            all.of_class(RNNBUILDER, class, "");
        } else if target.starts_with("rnnbuilder") {
            all.network(trace);
        } else if target.contains("SLIFCell") {
            all.given(SLIF_GIVEN).results(SLIF_RESULTS);
        } else if target.contains("secant_lif_estimator") {
            all.given("j v thr").results("spike_fx").surrogates(trace);
        } else if target.starts_with("nengo") || target.starts_with("ndl_neurons") {
            all.nengo(trace);
        }
        all
    }

    /// Names that should be there and are not.
    pub(super) fn missing(&self, trace: &TraceFile) -> Vec<String> {
        self.given.iter().chain(&self.results).filter(|name| !trace.has(name)).cloned().collect()
    }

    /// Names that are there, and are neither what went into the run nor among those `compared`.
    pub(super) fn unheard(&self, trace: &TraceFile, compared: &[&str]) -> Vec<String> {
        let heard = |name: &String| {
            self.given.contains(name) || self.optional.contains(name) || compared.contains(&name.as_str())
        };
        trace.names().into_iter().filter(|name| !heard(name)).collect()
    }

    fn given(&mut self, names: &str) -> &mut Self {
        self.given.extend(names.split_whitespace().map(String::from));
        self
    }
    fn optional(&mut self, names: &str) -> &mut Self {
        self.optional.extend(names.split_whitespace().map(String::from));
        self
    }
    fn results(&mut self, names: &str) -> &mut Self {
        self.results.extend(names.split_whitespace().map(String::from));
        self
    }
    /// The row of a class; `after` stands before the names of states after each step.
    fn of_class(&mut self, table: Table, class: &str, after: &str) -> &mut Self {
        for (_, given, results) in table.iter().filter(|row| row.0 == class) {
            self.given(given);
            self.results.extend(results.split_whitespace().map(|name| format!("{after}{name}")));
        }
        self
    }
    /// A result for each of `numbers` after each of `prefixes`.
    fn numbered(&mut self, trace: &TraceFile, prefixes: &[&str], numbers: Vec<String>) -> &mut Self {
        for prefix in prefixes {
            self.results.extend(numbers.iter().map(|x| name_with(trace, prefix, x)));
        }
        self
    }
    /// Arrays that say how a run began are given, all others results.
    fn results_are_the_rest(&mut self, trace: &TraceFile, given: &[&str]) {
        let is_given = |name: &String| name == "input" || given.iter().any(|p| name.starts_with(p));
        let (given, results): (Vec<_>, Vec<_>) = trace.names().into_iter().partition(is_given);
        self.given.extend(given);
        self.results.extend(results);
    }

    fn network(&mut self, trace: &TraceFile) {
        self.given("input loss_weights").results("output grad_input output_second_call_with_state");
        let named = trace.meta.params.get("param_names").and_then(Value::as_array).map_or(0, Vec::len);
        let numbers = numbers_after(trace, &["param", "grad"]);
        let seen = numbers.iter().filter_map(|i| i.parse::<usize>().ok()).max().map_or(0, |last| last + 1);
        for i in 0..named.max(seen) {
            self.given(&format!("param{i}")).results(&format!("grad{i}"));
        }
        for i in 0..rnnbuilder::recorded_states(trace) {
            self.results(&format!("fullstate{i}"));
        }
    }

    fn surrogates(&mut self, trace: &TraceFile) {
        let pairs = trace.meta.params.get("pairs").and_then(Value::as_array).into_iter().flatten();
        for pair in pairs.filter_map(Value::as_array) {
            let constants: Vec<String> = pair.iter().filter_map(number).map(|x| format!("{x:?}")).collect();
            for prefix in ["d_spike_", "d_spike_scaled_", "surr_"] {
                self.results.insert(name_with(trace, prefix, &constants.join("_")));
            }
        }
    }

    fn nengo(&mut self, trace: &TraceFile) {
        let target = trace.meta.target.as_str();
        let built = target.strip_prefix("nengo_dl ").and_then(|t| t.strip_suffix(" builder"));
        let step = target.strip_suffix(".step_math").or_else(|| target.strip_suffix(".step"));
        if target.ends_with("{softplus,lif_j}") {
            let sigmas = listed(trace, "sigmas", &["softplus_"]);
            self.given("x j").results("lif_j").numbered(trace, &["softplus_"], sigmas);
        } else if target.ends_with(".lowpass_filter") {
            let kinds = ["expon_", "gauss_", "alpha_"];
            self.given("x").numbered(trace, &kinds, numbers_after(trace, &kinds));
        } else if target.ends_with("{rates_isi,rates_kernel,spikes2events}") {
            self.rates(trace);
        } else if let Some(class) = built {
            self.given("input").results("inference_output training_output training_grad_input");
            self.optional(NENGO_STARTS).of_class(NENGO_STEP, class, "inference_post_");
        } else if let Some(target) = step {
            let class = target.rsplit('.').next().unwrap_or_default();
            self.given("input").results("output").optional(NENGO_STARTS).of_class(NENGO_STEP, class, "post_");
            if target.contains("neurons.") && STARTS_REFRACTORY.contains(&class) {
                self.given("refractory_time0");
            }
        } else {
            self.curve(trace);
        }
    }

    fn rates(&mut self, trace: &TraceFile) {
        self.given("t spikes").results("n_events events_concat");
        self.results("isi_mid0_linear isi_mid0_nearest isi_mid0_previous");
        self.results("isi_mid1_zero isi_mid1_linear isi_mid1_nearest isi_mid1_previous");
        let kinds = ["kernel_expon_", "kernel_gauss_", "kernel_expogauss_", "kernel_alpha_"];
        self.numbered(trace, &kinds, numbers_after(trace, &kinds));
        // The original fails to hold rates where a spike falls on the first or the last sample.
        let spikes = trace.array("spikes").unwrap_or_default();
        let neurons = trace.shape("spikes").ok().and_then(|s| s.last().copied()).unwrap_or(0);
        let at_an_end =
            spikes.iter().take(neurons).chain(spikes.iter().rev().take(neurons)).any(|s| *s != 0.0);
        self.results(if at_an_end { "" } else { "isi_mid0_zero" });
        // It fails to draw cubics through few spikes, in both or in none.
        let cubic = ["isi_mid0_cubic", "isi_mid1_cubic"];
        if cubic.iter().any(|name| trace.has(name)) && !at_an_end {
            self.results(&cubic.join(" "));
        }
    }

    fn curve(&mut self, trace: &TraceFile) {
        let target = trace.meta.target.as_str();
        let class = trace.meta.class();
        self.given("J max_rates intercepts x x2");
        self.results("gain bias max_rates_back intercepts_back rates_x2");
        let column = target == "nengo_dl.neurons.SoftLIFRate";
        self.results(if column { "rates_xcol" } else { "rates_x" });
        if ["LIFRate", "SoftLIFRate", "RectifiedLinear", "LeakyReLU"].contains(&class) {
            self.results("step_output");
            if class != "LeakyReLU" {
                self.given("J32").results("step_output_f32");
            }
        }
        if target.starts_with("nengo.") {
            self.given("generic_max_rates").results("generic_gain generic_bias");
        }
        if target == "nengo_extras.neurons.SoftLIFRate" {
            self.given("deriv_x");
            for prefix in ["deriv_x_gain", "deriv_gain"] {
                let found: Vec<String> =
                    trace.names().into_iter().filter(|n| n.starts_with(prefix)).collect();
                let none = found.is_empty().then(|| format!("{prefix}…"));
                self.results.extend(found.into_iter().chain(none));
            }
        }
    }
}

/// The numbers that follow any of `prefixes` in a trace's names, as they are written there, each once.
fn numbers_after(trace: &TraceFile, prefixes: &[&str]) -> Vec<String> {
    let mut all: Vec<(f64, String)> = Vec::new();
    for name in trace.names() {
        let written = prefixes.iter().find_map(|prefix| {
            let rest = name.strip_prefix(prefix)?;
            Some((rest.parse::<f64>().ok()?, rest.to_string()))
        });
        let new = written.filter(|(x, _)| all.iter().all(|(y, _)| x != y));
        all.extend(new);
    }
    all.into_iter().map(|(_, written)| written).collect()
}

/// The numbers that a parameter of the trace lists, as Python writes them, or those that names have.
fn listed(trace: &TraceFile, param: &str, prefixes: &[&str]) -> Vec<String> {
    match trace.meta.params.get(param).and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(number).map(|x| format!("{x:?}")).collect(),
        None => numbers_after(trace, prefixes),
    }
}

/// The trace's name of an array that ends in `numbers`, parted by `_`, however they are written there.
fn name_with(trace: &TraceFile, prefix: &str, numbers: &str) -> String {
    let parsed = |text: &str| text.split('_').map(|x| x.parse::<f64>().ok()).collect::<Option<Vec<f64>>>();
    let want = parsed(numbers);
    let same = |name: &String| name.strip_prefix(prefix).is_some_and(|rest| parsed(rest) == want);
    let known = trace.names().into_iter().filter(|_| want.is_some()).find(same);
    known.unwrap_or_else(|| format!("{prefix}{numbers}"))
}
