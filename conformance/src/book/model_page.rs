//! A model's page: equations, fields and references from its declaration, words from the head of its file.

use std::sync::Arc;

use rheobase::curve::Curve;
use rheobase::models::neuron::{Emits, Firing, Info, Takes, Time};
use rheobase::population::Model;
use rheobase::verify::originals::originals;

use super::head::{Head, linked};
use super::markdown::{Cells, meaning, plain, range, reference, table, unit};

/// The page of a model. `head` is that of its file, with all heads, for links among them; without it the page has what
/// the declaration says.
pub fn model_page(model: &Arc<dyn Model>, head: Option<(&Head, &[Head])>) -> String {
    let i = model.info();
    let words = |title: &str| {
        let text = head.and_then(|(head, all)| Some(linked(head.section(title)?, all)));
        text.map_or(String::new(), |text| format!("## {title}\n\n{text}\n\n"))
    };
    let mut out = format!("# {} (`{}`)\n\n{}.\n\n", i.class, i.name, capital(i.summary));
    out += &words("What it is for");
    out += &format!("## Equations of one step\n\n```text\n{}\n```\n\n", i.equations.join("\n"));
    out += &words("Discretisation and order of events");
    out += &format!("## Parameters\n\n{}\n", parameters(&**model));
    out += &format!("## State\n\n{}\n", state(&**model));
    out += &format!("## Input and output\n\n{}\n", facts(model));
    out += &words("Limits");
    out += &words("Checked against");
    out += &played(i.name);
    if !i.references.is_empty() {
        let lines: Vec<String> = i.references.iter().map(|r| format!("- {}\n", reference(r))).collect();
        out += &format!("## References\n\n{}\n", lines.concat());
    }
    out += &format!(
        "## Try\n\n```sh\nrheobase simulate {0} --plot {0}.svg\nrheobase curve {0} --plot {0}-curve.svg\n```\n",
        i.name
    );
    out + &python(model)
}

/// The same in Python: a model with a parameter of its own, a run of it, one step without memory, and its curve.
fn python(model: &Arc<dyn Model>) -> String {
    let i = model.info();
    let (default, one) = (format!("rb.{}()", i.class), model.params().first());
    let made = one.map_or_else(|| default.clone(), |f| format!("rb.{}({}={})", i.class, f.name, f.default));
    let probe = match (i.potential, model.state().first()) {
        (Some(potential), _) => format!(", probes=[\"{potential}\"]"),
        (None, Some(field)) => format!(", probes=[\"{}\"]", field.name),
        (None, None) => String::new(),
    };
    let lines = [
        "import rheobase as rb\n".to_string(),
        format!("model = {made}"),
        format!("assert model == {default}                      # that is its default"),
        format!("recording = model.population(20).run({:?}, steps=200{probe})", i.example_input),
        "recording.figure().save(\"run.svg\")".into(),
        "assert recording.output.shape == (200, 20)".into(),
        format!(
            "output, state = model.step([0.0, {:?}])           # one step of two neurons, state in and out",
            i.example_input
        ),
        format!("rates = model.rates([0.0, {:?}])", i.example_input),
    ];
    format!("\n```python\n{}\n```\n", lines.join("\n"))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn parameters(model: &dyn Model) -> String {
    if model.params().is_empty() {
        return "None.\n".into();
    }
    let row = |f: &rheobase::models::record::Field| -> Cells {
        vec![format!("`{}`", f.name), unit(f), f.default.to_string(), range(f), meaning(f)]
    };
    table(&["name", "unit", "default", "range", "meaning"], model.params().iter().map(row).collect())
}

fn state(model: &dyn Model) -> String {
    if model.state().is_empty() {
        return "None.\n".into();
    }
    let defaults: Vec<f64> = model.params().iter().map(|f| f.default).collect();
    let rest = model.rest(&defaults);
    let row = |(f, rest): (&rheobase::models::record::Field, &f64)| -> Cells {
        vec![format!("`{}`", f.name), unit(f), rest.to_string(), meaning(f)]
    };
    table(&["name", "unit", "at rest", "meaning"], model.state().iter().zip(&rest).map(row).collect())
}

/// What goes in and out, and what follows from the declaration.
fn facts(model: &Arc<dyn Model>) -> String {
    let i = model.info();
    let yes = |has: bool| if has { "yes" } else { "no" }.to_string();
    let defaults: Vec<f64> = model.params().iter().map(|f| f.default).collect();
    let ode = model.rhs(&defaults, &model.rest(&defaults), 0.0).is_some();
    let closed = Curve::new(model.clone(), &[]).is_ok_and(|c| c.has_closed_form());
    let bound = model.dt_bound(&defaults);
    let rows = [
        ("takes", takes(i)),
        ("emits", emits(i).into()),
        ("fires", fires(&**model)),
        ("time", if i.time == Time::Seconds { "seconds".into() } else { "steps".into() }),
        (
            "largest step",
            if bound.is_finite() { format!("below {bound} s at the defaults") } else { "any".into() },
        ),
        ("surrogate of its source", format!("`{:?}`: {}", i.surrogate, plain(i.surrogate.info().slope))),
        ("rate curve in closed form", yes(closed)),
        ("right-hand side of an ODE", yes(ode)),
    ];
    table(&["", ""], rows.into_iter().map(|(name, value)| vec![name.to_string(), value]).collect())
}

fn takes(i: &Info) -> String {
    let kind = match i.takes {
        Takes::Current => "a current, constant during a step",
        Takes::Impulse => "impulses: the sum of weight × count in a step",
    };
    let unit =
        if matches!(i.input_unit, "" | "1") { String::new() } else { format!(", in {}", i.input_unit) };
    let [low, high] = i.input_range;
    format!("{kind}{unit}; stays finite from {low} to {high}, {} is an example", i.example_input)
}

fn emits(i: &Info) -> &'static str {
    match i.emits {
        Emits::Binary => "at most one spike per step",
        Emits::Count => "a number of spikes per step",
        Emits::Signed => "a number of spikes per step, which may be negative",
        Emits::Analogue => "a number in every step",
    }
}

fn fires(model: &dyn Model) -> String {
    let i = model.info();
    let potential = i.potential.unwrap_or("x");
    let (sign, reached) = match i.firing {
        Firing::Strict => (">", "passed"),
        Firing::Inclusive => ("≥", "reached"),
        Firing::Count => return "as often as its margin, truncated, says".into(),
        Firing::Never => return "never".into(),
    };
    match model.threshold() {
        Some(threshold) => format!("where `{potential}` {sign} `{}`", threshold.name),
        None => format!("where the threshold in its equations is {reached}"),
    }
}

/// Which classes of the published libraries the model plays.
fn played(name: &str) -> String {
    let lines: Vec<String> = originals()
        .iter()
        .filter_map(|o| {
            let classes: Vec<String> = o.played_by(name).map(|c| format!("`{c}`")).collect();
            (!classes.is_empty()).then(|| format!("- {}: {}\n", o.name, classes.join(", ")))
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("`rheobase verify` replays with it the traces of\n\n{}\n", lines.concat())
}
