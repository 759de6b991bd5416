//! What must hold for every model: one law per file.

mod alone;
mod chunks;
mod columns;
mod finite;
mod fires;
mod jacobian;
mod loops;
mod order;
mod phases;
mod precision;
mod reset;
mod rest;
mod save;
mod silence;
mod simd;
mod sweep;
mod threads;

use rheobase::Recording;
use rheobase::population::{Gradients, Number, State};

use crate::Subject;

/// A law: what it says, and a check of it on one model that tells how it is broken.
pub struct Law {
    /// Name.
    pub name: &'static str,
    /// What must hold.
    pub says: &'static str,
    /// `Err` says where and how it does not.
    pub check: fn(&Subject) -> Result<(), String>,
}

/// All laws.
pub const LAWS: &[Law] = &[
    Law {
        name: "fires",
        says: "the example input makes a default neuron fire, or give output",
        check: fires::check,
    },
    Law { name: "rest", says: "without input a neuron at rest stays there, silent", check: rest::check },
    Law { name: "reset", says: "a neuron after reset is as a fresh one", check: reset::check },
    Law { name: "save", says: "a run from a saved state is the run that went on", check: save::check },
    Law { name: "alone", says: "a neuron among many is the neuron alone", check: alone::check },
    Law { name: "columns", says: "a shared parameter is the same for each", check: columns::check },
    Law { name: "chunks", says: "a run in parts is the whole run", check: chunks::check },
    Law { name: "loops", says: "the fast loop is the step-by-step loop", check: loops::check },
    Law { name: "phases", says: "the phases alone do what the fast loops do", check: phases::check },
    Law { name: "threads", says: "results do not depend on the number of threads", check: threads::check },
    Law { name: "simd", says: "results do not depend on the SIMD level", check: simd::check },
    Law {
        name: "precision",
        says: "32 bits follow 64 bits until a spike on the edge",
        check: precision::check,
    },
    Law {
        name: "jacobian",
        says: "derivatives of a step are its central differences",
        check: jacobian::check,
    },
    Law { name: "sweep", says: "the reverse sweep is forward mode", check: sweep::check },
    Law { name: "order", says: "the error shrinks with dt as the scheme's order says", check: order::check },
    Law {
        name: "finite",
        says: "inputs within the declared range leave the state finite",
        check: finite::check,
    },
    Law { name: "silence", says: "a long silence leaves the state finite", check: silence::check },
];

/// The law called `name`.
pub fn law(name: &str) -> Option<&'static Law> {
    LAWS.iter().find(|l| l.name == name)
}

/// Whether a difference is allowed; NaN is not.
fn within(difference: f64, allowed: f64) -> bool {
    difference.abs() <= allowed
}

/// Whether numbers are equal bit for bit, NaN being one number.
fn same<E: Number>(what: &str, a: &[E], b: &[E]) -> Result<(), String> {
    if a.len() != b.len() {
        return Err(format!("{what}: {} numbers and {}", a.len(), b.len()));
    }
    let differ = |(a, b): (&E, &E)| {
        let (a, b) = (a.to_f64(), b.to_f64());
        a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan())
    };
    match a.iter().zip(b).position(differ) {
        None => Ok(()),
        Some(i) => Err(format!("{what}[{i}]: {:e} and {:e}", a[i].to_f64(), b[i].to_f64())),
    }
}

/// Whether the model's fields of two states are equal bit for bit.
fn same_state<E: Number>(subject: &Subject, a: &State<E>, b: &State<E>) -> Result<(), String> {
    for (i, field) in subject.model.state().iter().enumerate() {
        same(&format!("state {}", field.name), &a.fields[i], &b.fields[i])?;
    }
    Ok(())
}

/// Whether two runs recorded the same.
fn same_recording<E: Number>(a: &Recording<E>, b: &Recording<E>) -> Result<(), String> {
    same("output", a.dense(), b.dense())?;
    if a.bits() != b.bits() {
        return Err("spikes as bits differ".into());
    }
    if a.events() != b.events() {
        return Err("spikes as events differ".into());
    }
    if a.winners != b.winners {
        return Err("winners differ".into());
    }
    for trace in &a.traces {
        if let Some(other) = b.trace(&trace.name) {
            same(&format!("probe {}", trace.name), &trace.data, &other.data)?;
        }
    }
    Ok(())
}

/// Whether gradients are equal bit for bit.
fn same_gradients<E: Number>(a: &Gradients<E>, b: &Gradients<E>) -> Result<(), String> {
    same("dL/d input", &a.input, &b.input)?;
    for (i, (a, b)) in a.initial.iter().zip(&b.initial).enumerate() {
        same(&format!("dL/d initial field {i}"), a, b)?;
    }
    for ((name, a), (_, b)) in a.params.iter().zip(&b.params) {
        same(&format!("dL/d {name}"), a, b)?;
    }
    Ok(())
}

/// Keyed numbers on [−1, 1): derivatives of a made-up loss.
fn upstream<E: Number>(purpose: &str, count: usize) -> Vec<E> {
    let stream = rheobase::random::Stream::new(1, "law upstream", purpose);
    (0..count).map(|i| E::from_f64(2.0 * stream.uniform(0, 0, i as u32) - 1.0)).collect()
}

/// Names of the parameters that have derivatives.
fn differentiable(subject: &Subject) -> Vec<&'static str> {
    let real = |f: &&rheobase::models::record::Field| f.kind == rheobase::models::record::Kind::Real;
    subject.model.params().iter().filter(real).map(|f| f.name).collect()
}

/// Prefixes a failure with where it was.
fn at<T>(place: impl std::fmt::Display, result: Result<T, String>) -> Result<T, String> {
    result.map_err(|e| format!("{place}: {e}"))
}
