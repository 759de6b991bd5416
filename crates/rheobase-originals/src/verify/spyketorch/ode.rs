//! The original's right-hand sides, `tau_m·dv/dt` over a grid of potentials, against `rhs`.

use super::super::compare::{DOUBLE, Pair};
use super::super::{Outcome, TraceFile};
use super::classes::{PARAMETERS, onset};
use rheobase_base::Result;
use rheobase_sim::Catalog;

/// The original's classes that have one, and the models that state the same equation.
const CLASSES: [(&str, &str); 3] = [("LIF", "lif_exp"), ("EIF", "eif"), ("QIF", "qif")];

pub(super) fn replay(trace: &TraceFile) -> Result<Outcome> {
    let meta = &trace.meta;
    let grid = trace.array("x")?;
    let shape = trace.shape("x")?;
    let threshold = meta.number_or("threshold", 0.0);
    let mut arrays = Vec::new();
    for name in trace.names().iter().filter(|n| *n != "x") {
        let parts = name
            .split_once("_I")
            .and_then(|(class, x)| Some((CLASSES.iter().find(|c| c.0 == class)?, x.parse::<f64>().ok()?)));
        let Some(((class, ours), current)) = parts else {
            return Ok(Outcome::NotCovered(format!("array `{name}` names no known right-hand side")));
        };
        let model = Catalog::standard().get(ours)?;
        let mut params: Vec<f64> = model.params().iter().map(|f| f.default).collect();
        let mut set = |name: &str, value: f64| {
            if let Some(i) = model.params().iter().position(|f| f.name == name) {
                params[i] = value;
            }
        };
        set("theta_rh", onset(threshold));
        set("v_c", onset(threshold));
        set("v_rest", meta.number_or("resting_potential", 0.0));
        for (theirs, ours) in PARAMETERS {
            let own = meta.number(&format!("{class}_{theirs}"));
            if let Some(x) = own.or_else(|| meta.number(theirs)) {
                set(ours, x);
            }
        }
        let tau_m = meta.number_or("tau_rc", 0.02);
        let slope = |v: &f64| {
            let state: Vec<f64> =
                model.state().iter().map(|f| if f.name == "v" { *v } else { 0.0 }).collect();
            model.rhs(&params, &state, current).map_or(f64::NAN, |s| s[0] * tau_m)
        };
        let got: Vec<f64> = grid.iter().map(slope).collect();
        let want = trace.array(name)?;
        // All points belong to one curve: one scale.
        let pair = Pair { name, got: &got, want: &want, shape: &shape, neurons: 1, bounds: &[] };
        arrays.push(pair.close(DOUBLE, None, |_| false));
    }
    Ok(Outcome::Compared { arrays, flips: 0 })
}
