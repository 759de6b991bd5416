//! The laws that cannot hold for some model, and why. A test asserts that each of them really fails there.

/// A law that does not hold for a model.
pub struct Exception {
    /// Name of the law.
    pub law: &'static str,
    /// Name of the model.
    pub model: &'static str,
    /// Why it cannot hold.
    pub reason: &'static str,
}

/// All exceptions.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        law: "fires",
        model: "discontinuous",
        reason: "it has no memory: a constant input makes it fire in every step or in none",
    },
    Exception {
        law: "rest",
        model: "adex",
        reason: "the exponential is not 0 at v_rest: the fixed point lies a little above",
    },
    Exception {
        law: "rest",
        model: "cooldown",
        reason: "zero input drives v towards exp(0) = 1; its source starts it at 0",
    },
    Exception {
        law: "rest",
        model: "eif",
        reason: "the exponential is not 0 at v_rest: the fixed point lies a little above",
    },
    Exception {
        law: "rest",
        model: "eif_decay",
        reason: "the exponential is not 0 at v_rest: the fixed point lies a little above",
    },
    Exception { law: "rest", model: "slif", reason: "thr_leak lowers the threshold in every step" },
];

/// Models whose scheme is not of first order, and what it is: `None` where it is exact, so that its error does not
/// depend on dt at all.
pub const ORDERS: &[(&str, Option<f64>, &str)] = &[
    ("lif", None, "the linear equation is solved over the step"),
    ("fast_lif", None, "the linear equation is solved over the step"),
    ("adaptive_lif", None, "the linear equation is solved over the step; below threshold nothing adapts"),
    ("if", None, "the sum of a constant input is its integral"),
];

/// The declared order of a model's scheme: 1 unless [`ORDERS`] says otherwise.
pub fn order(model: &str) -> Option<f64> {
    ORDERS.iter().find(|(name, ..)| *name == model).map_or(Some(1.0), |(_, order, _)| *order)
}

/// The reason why `law` cannot hold for `model`, if there is one.
pub fn reason(law: &str, model: &str) -> Option<&'static str> {
    EXCEPTIONS.iter().find(|e| e.law == law && e.model == model).map(|e| e.reason)
}
