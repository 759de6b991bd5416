//! NIR's neuron for a model of the catalogue: that whose exact solution over a step of constant input is the model's step.

use std::collections::BTreeMap;

use rheobase_models::Real;

use crate::report::Fate;

/// A neuron of NIR.
pub(super) struct Made {
    pub(super) kind: &'static str,
    pub(super) fields: Vec<(&'static str, Vec<f64>)>,
    pub(super) said: Vec<(&'static str, Fate, &'static str)>,
}

/// The parameters of a layer, a number per neuron, and its step in s.
struct Layer<'a> {
    values: &'a BTreeMap<&'a str, Vec<f64>>,
    dt: f64,
}

type Fields = Vec<(&'static str, Vec<f64>)>;

/// The neuron of NIR for `model`.
///
/// # Errors
/// Why there is none.
pub(super) fn neuron(
    model: &str,
    values: &BTreeMap<&str, Vec<f64>>,
    dt: f64,
) -> std::result::Result<Made, String> {
    let layer = Layer { values, dt };
    Ok(match model {
        "leaky_integrator" => layer.leaky_integrator(),
        "discontinuous" => layer.discontinuous(),
        "lif_discrete" => layer.lif_discrete()?,
        "lif_subtract" => layer.lif_subtract(),
        "cuba_lif" => layer.cuba_lif(),
        "lif_exp" | "lif_euler" => layer.lif_of_capacity(model),
        "lif" => layer.lif(),
        other => return Err(format!("NIR has no neuron that does what `{other}` does")),
    })
}

impl Layer<'_> {
    fn get(&self, name: &str) -> Vec<f64> {
        self.values[name].clone()
    }

    /// A number for every neuron, from parameters of its own.
    fn each<const N: usize>(&self, names: [&str; N], f: impl Fn([f64; N]) -> f64) -> Vec<f64> {
        let columns = names.map(|name| &self.values[name]);
        (0..self.count()).map(|i| f(columns.map(|column| column[i]))).collect()
    }

    fn all(&self, x: f64) -> Vec<f64> {
        vec![x; self.count()]
    }

    fn count(&self) -> usize {
        self.values.values().map(Vec::len).max().unwrap_or(0)
    }

    fn any(&self, name: &str, rule: impl Fn(f64) -> bool) -> bool {
        self.values[name].iter().any(|x| rule(*x))
    }

    /// The time constant of what keeps this share over a step.
    fn tau(&self, keep: f64) -> f64 {
        -self.dt / Real::ln(keep)
    }

    /// What is gained over a step.
    fn rise(&self, tau: f64) -> f64 {
        -Real::exp_m1(-self.dt / tau)
    }

    /// `v_threshold` and `v_reset`, as they are called here.
    fn spike(&self, threshold: &str, reset: &str) -> Fields {
        vec![("v_threshold", self.get(threshold)), ("v_reset", self.get(reset))]
    }

    fn leaky_integrator(&self) -> Made {
        let r = self.each(["gain", "tau_m"], |[gain, tau]| gain / self.rise(tau));
        Made {
            kind: "LI",
            fields: vec![("tau", self.get("tau_m")), ("r", r), ("v_leak", self.get("v_rest"))],
            said: vec![("tau_m, gain", Fate::Rewritten, "r = gain/(1 − exp(−dt/tau_m))")],
        }
    }

    fn discontinuous(&self) -> Made {
        Made {
            kind: "Threshold",
            fields: vec![("threshold", self.get("v_th"))],
            said: vec![("v_th", Fate::Exact, "threshold")],
        }
    }

    fn lif_discrete(&self) -> std::result::Result<Made, String> {
        if self.any("beta", |b| b <= 0.0) {
            return Err("beta = 0 has no time constant: NIR's LIF needs tau > 0".into());
        }
        if self.any("beta", |b| b >= 1.0) && self.any("beta", |b| b < 1.0) {
            return Err("some neurons leak and some do not: NIR has one kind of neuron per node".into());
        }
        let leaks = self.any("beta", |b| b < 1.0);
        let current = self.any("alpha", |a| a > 0.0);
        if current && (!leaks || self.any("alpha", |a| a <= 0.0 || a >= 1.0)) {
            return Err("CubaLIF needs 0 < alpha < 1 and beta < 1 for all neurons of a node".into());
        }
        let tau = |name| self.each([name], |[keep]| self.tau(keep));
        let (kind, mut fields) = match (leaks, current) {
            (false, _) => ("IF", vec![("r", self.each(["gain", "w_in"], |[gain, w]| gain * w / self.dt))]),
            (true, false) => {
                let r = self.each(["gain", "w_in", "beta"], |[gain, w, beta]| gain * w / (1.0 - beta));
                ("LIF", vec![("tau", tau("beta")), ("r", r), ("v_leak", self.get("v_rest"))])
            }
            (true, true) => {
                let share = |x, keep| self.each([x, keep], |[x, keep]| x / (1.0 - keep));
                let fields = vec![
                    ("tau_mem", tau("beta")),
                    ("tau_syn", tau("alpha")),
                    ("r", share("gain", "beta")),
                    ("w_in", share("w_in", "alpha")),
                    ("v_leak", self.get("v_rest")),
                ];
                ("CubaLIF", fields)
            }
        };
        fields.extend(self.spike("v_th", "v_reset"));
        Ok(Made { kind, fields, said: self.said_of_lif_discrete() })
    }

    fn said_of_lif_discrete(&self) -> Vec<(&'static str, Fate, &'static str)> {
        let solved =
            "tau = −dt/ln(beta), r = gain/(1 − beta): the same step where the reader solves it exactly";
        let mut said = vec![("alpha, beta, gain, w_in", Fate::Rewritten, solved)];
        if self.any("subtract", |x| x > 0.0) {
            let how = match self.any("drop", |x| x > 0.0) {
                true => "NIR resets to a value, not by subtraction",
                false => "NIR has no neuron that is not reset",
            };
            said.push(("subtract, drop", Fate::Lost, how));
        } else {
            said.push(("v_th, v_reset", Fate::Exact, "v_threshold, v_reset"));
        }
        if self.any("late", |x| x > 0.0) {
            said.push(("late", Fate::Lost, "NIR resets in the step of the spike"));
        }
        if self.any("at_least", |x| x > 0.0) {
            said.push(("at_least", Fate::Lost, "NIR's neurons fire above the threshold, not at it"));
        }
        said
    }

    fn lif_subtract(&self) -> Made {
        let fields = vec![
            ("tau", self.each(["tau"], |[tau]| tau * self.dt)),
            ("r", self.each(["tau"], |[tau]| 1.0 / (1.0 - Real::exp(-1.0 / tau)))),
            ("v_leak", self.all(0.0)),
            ("v_threshold", self.get("v_th")),
            ("v_reset", self.all(0.0)),
        ];
        let drop = "NIR resets to a value, not by subtraction: v_reset = 0 is written";
        Made {
            kind: "LIF",
            fields,
            said: vec![
                ("tau", Fate::Rewritten, "tau·dt, r = 1/(1 − exp(−1/tau))"),
                ("drop", Fate::Lost, drop),
            ],
        }
    }

    fn cuba_lif(&self) -> Made {
        let impulse = "w_in·tau_syn/dt: an impulse is a current that lasts one step";
        let mut said = vec![
            ("tau_m, tau_syn, r", Fate::Exact, "tau_mem, tau_syn, r"),
            ("w_in", Fate::Rewritten, impulse),
        ];
        if self.any("subtract", |x| x > 0.0) {
            said.push(("subtract", Fate::Lost, "NIR resets to a value, not by subtraction"));
        }
        let mut fields = vec![
            ("tau_mem", self.get("tau_m")),
            ("tau_syn", self.get("tau_syn")),
            ("r", self.get("r")),
            ("w_in", self.each(["w_in", "tau_syn"], |[w, tau]| w * tau / self.dt)),
            ("v_leak", self.get("v_rest")),
        ];
        fields.extend(self.spike("v_th", "v_reset"));
        Made { kind: "CubaLIF", fields, said }
    }

    /// `lif_exp` and `lif_euler`, which have a capacity and are the same neuron solved twice.
    fn lif_of_capacity(&self, model: &str) -> Made {
        let fate = if model == "lif_exp" { Fate::Rewritten } else { Fate::Approximated };
        let mut said =
            vec![("tau_m, c_m", fate, "r = tau_m/c_m; Euler's step is off by dt/(2·tau_m) of itself")];
        said.extend(self.no_refractory_period());
        if self.any("v_min", f64::is_finite) {
            said.push(("v_min", Fate::Lost, "NIR has no lower bound"));
        }
        let r = self.each(["tau_m", "c_m"], |[tau, capacity]| tau / capacity);
        let mut fields = vec![("tau", self.get("tau_m")), ("r", r), ("v_leak", self.get("v_rest"))];
        fields.extend(self.spike("v_th", "v_reset"));
        Made { kind: "LIF", fields, said }
    }

    fn lif(&self) -> Made {
        let mut said = vec![("tau_m", Fate::Exact, "tau; threshold 1, r = 1")];
        said.extend(self.no_refractory_period());
        let fields = vec![
            ("tau", self.get("tau_m")),
            ("r", self.all(1.0)),
            ("v_leak", self.all(0.0)),
            ("v_threshold", self.all(1.0)),
            ("v_reset", self.all(0.0)),
        ];
        Made { kind: "LIF", fields, said }
    }

    fn no_refractory_period(&self) -> Option<(&'static str, Fate, &'static str)> {
        self.any("t_ref", |t| t > 0.0).then_some(("t_ref", Fate::Lost, "NIR has no refractory period"))
    }
}
