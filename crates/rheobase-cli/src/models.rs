//! `rheobase models`: the catalogue as a table, one model in full, the surrogates.

use clap::Args;
use rheobase::Catalog;
use rheobase::models::neuron::{Emits, Firing, Info, Takes, Time};
use rheobase::models::record::{Field, Kind};
use rheobase::models::surrogate::SURROGATES;
use rheobase::population::{Model, probe};
use serde_json::{Value, json};

use crate::failure::Outcome;
use crate::format::Format;
use crate::simulate::setup::find_model;
use crate::terminal;
use crate::text::{Table, short, with_unit, wrap};

/// List the neuron models, or show one: parameters, state, equations, source
#[derive(Args)]
#[command(after_help = "Examples:
  rheobase models                  all models
  rheobase models adex             everything about one
  rheobase models adex --json      the same for programs
  rheobase models --surrogates     slopes that stand in for a spike's derivative in training")]
pub(crate) struct Models {
    /// Model to show, by name (lif) or class (LIF)
    #[arg(conflicts_with = "surrogates")]
    name: Option<String>,
    /// List the surrogates instead of the models
    #[arg(long)]
    surrogates: bool,
    #[command(flatten)]
    format: Format,
}

impl Models {
    pub(crate) fn run(self) -> Outcome<()> {
        let catalog = Catalog::standard();
        let width = terminal::width();
        if let Some(name) = self.name {
            let model = find_model(&name)?;
            let json = model_json(&*model);
            return self.format.print_part(&json, |m| m["parameters"].clone(), || model_page(&*model, width));
        }
        if self.surrogates {
            return self.format.print(&surrogates_json(), || surrogates_table(width));
        }
        let brief: Vec<Value> = catalog.models().iter().map(|m| brief_json(m.info())).collect();
        self.format.print(&brief, || list(catalog, width))
    }
}

fn emits(info: &Info) -> &'static str {
    match info.emits {
        Emits::Binary => "binary",
        Emits::Count => "count",
        Emits::Signed => "signed",
        Emits::Analogue => "analogue",
    }
}

fn takes(info: &Info) -> &'static str {
    match info.takes {
        Takes::Current => "current",
        Takes::Impulse => "impulse",
    }
}

fn time(info: &Info) -> &'static str {
    match info.time {
        Time::Seconds => "seconds",
        Time::Steps => "steps",
    }
}

fn firing(info: &Info) -> &'static str {
    match info.firing {
        Firing::Strict => "where the margin is > 0",
        Firing::Inclusive => "where the margin is ≥ 0",
        Firing::Count => "as often as the margin, truncated, says",
        Firing::Never => "never: the output is analogue",
    }
}

/// Below this many letters a model takes two lines.
const ONE_LINE: usize = 120;

fn list(catalog: &Catalog, width: usize) -> String {
    if width >= ONE_LINE {
        let mut table = Table::new(&["NAME", "CLASS", "FAMILY", "TAKES", "EMITS", "SUMMARY"]);
        for m in catalog.models() {
            let i = m.info();
            table.row([i.name, i.class, i.family, takes(i), emits(i), i.summary].map(String::from));
        }
        return table.render(width);
    }
    let mut table = Table::new(&["NAME", "CLASS", "FAMILY", "TAKES", "EMITS"]);
    for m in catalog.models() {
        let i = m.info();
        table.row([i.name, i.class, i.family, takes(i), emits(i)].map(String::from));
    }
    let lines = table.render(width);
    let summaries = std::iter::once(None).chain(catalog.models().iter().map(|m| Some(m.info().summary)));
    let mut out = String::new();
    for (line, summary) in lines.lines().zip(summaries) {
        out += &format!("{line}\n");
        for part in summary.map_or(Vec::new(), |s| wrap(s, width.saturating_sub(4))) {
            out += &format!("    {part}\n");
        }
    }
    out + "\n`rheobase models NAME` shows one of them in full.\n"
}

fn model_page(model: &dyn Model, width: usize) -> String {
    let i = model.info();
    let mut out = format!("{} ({} in Python), family {}\n", i.name, i.class, i.family);
    out += &format!("{}\n\n", wrap(i.summary, width).join("\n"));
    let mut facts = Table::bare();
    let [low, high] = i.input_range.map(short);
    let unit = if matches!(i.input_unit, "" | "1") {
        String::new()
    } else {
        format!(" in units of {}", i.input_unit)
    };
    let example = short(i.example_input);
    let input = format!("{}{unit}, such as {example}; stays finite from {low} to {high}", takes(i));
    facts.row(["input".into(), input]);
    facts.row(["output".into(), emits(i).into()]);
    facts.row(["fires".into(), firing(i).into()]);
    if let Some(threshold) = model.threshold() {
        facts.row(["threshold".into(), threshold.name.into()]);
    }
    facts.row(["time in".into(), time(i).into()]);
    let slope = format!("{:?}: {}", i.surrogate, i.surrogate.info().slope);
    facts.row(["surrogate".into(), slope]);
    out += &facts.render(width);
    out += "\nEquations of one step\n";
    for e in i.equations {
        // Gaps within an equation part its clauses: they stay unless the line is too long.
        let lines = if e.chars().count() + 2 <= width { vec![(*e).to_string()] } else { wrap(e, width - 6) };
        out += &format!("  {}\n", lines.join("\n      "));
    }
    out += "\nParameters (--set NAME=VALUE)\n";
    out += &parameters(model.params()).render(width);
    out += "\nState (--probe NAME, --initial NAME=VALUE)\n";
    let mut state = Table::new(&["NAME", "UNIT", "MEANING"]).indented(2);
    model.state().iter().for_each(|f| state.row([f.name.into(), unit_of(f), meaning(f)]));
    out += &if model.state().is_empty() { "  none\n".to_string() } else { state.render(width) };
    out += "\nProbes that every model has (--probe NAME)\n";
    let mut probes = Table::bare().indented(2);
    probe::COMMON.iter().for_each(|p| probes.row([p.0.into(), p.2.into()]));
    out += &probes.render(width);
    out += "\nReferences\n";
    i.references
        .iter()
        .for_each(|r| out += &format!("  {}\n", wrap(r, width.saturating_sub(2)).join("\n  ")));
    out + &format!("\nTry\n  rheobase simulate {0} --plot {0}.svg\n", i.name)
}

fn unit_of(f: &Field) -> String {
    if f.unit.is_empty() { "1".into() } else { f.unit.into() }
}

fn meaning(f: &Field) -> String {
    let doc = f.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    if f.kept_by_reset { format!("{doc} (kept by a reset)") } else { doc }
}

/// The rule of a field's range without its first words.
fn rule(f: &Field) -> String {
    match f.kind {
        Kind::Switch => "0 (off) or 1 (on)".into(),
        Kind::Whole | Kind::Real => {
            let range = f.range.to_string();
            let range = range.strip_prefix("must be ").unwrap_or(&range).replace(" and finite", "");
            let range =
                range.replace("a finite number or -inf", "any or -inf").replace("a finite number", "any");
            if f.kind == Kind::Whole { format!("{range}, whole") } else { range }
        }
    }
}

fn parameters(fields: &[Field]) -> Table {
    let mut table = Table::new(&["NAME", "UNIT", "DEFAULT", "RANGE", "MEANING"]).indented(2);
    for f in fields {
        table.row([f.name.into(), unit_of(f), f.default.to_string(), rule(f), meaning(f)]);
    }
    table
}

fn surrogates_table(width: usize) -> String {
    let mut out = String::new();
    for s in &SURROGATES {
        out += &format!("{}\n", s.name);
        let mut table = Table::bare().indented(4);
        table.row(["slope".into(), s.slope.into()]);
        table.row(["primitive".into(), s.primitive.into()]);
        for f in s.parameters {
            let doc = format!("{}; default {}, {}", meaning(f), with_unit(f.default, f.unit), rule(f));
            table.row([f.name.into(), doc]);
        }
        table.row(["source".into(), s.source.into()]);
        out += &table.render(width);
    }
    out
}

/// A number as JSON has it, or the text of one that JSON lacks.
fn number_json(x: f64) -> Value {
    if x.is_finite() { json!(x) } else { json!(x.to_string()) }
}

fn field_json(f: &Field) -> Value {
    json!({
        "name": f.name,
        "unit": unit_of(f),
        "default": number_json(f.default),
        "low": number_json(f.range.low),
        "low_allowed": f.range.low_allowed,
        "high": number_json(f.range.high),
        "high_allowed": f.range.high_allowed,
        "kind": match f.kind { Kind::Real => "real", Kind::Switch => "switch", Kind::Whole => "whole" },
        "meaning": meaning(f),
    })
}

fn brief_json(i: &Info) -> Value {
    json!({
        "name": i.name,
        "class": i.class,
        "family": i.family,
        "summary": i.summary,
        "takes": takes(i),
        "emits": emits(i),
        "time": time(i),
    })
}

fn model_json(model: &dyn Model) -> Value {
    let i = model.info();
    let state = |f: &Field| {
        json!({
            "name": f.name, "unit": unit_of(f), "meaning": meaning(f), "kept_by_reset": f.kept_by_reset,
        })
    };
    let mut all = brief_json(i);
    let rest = json!({
        "input_unit": i.input_unit,
        "input_range": i.input_range.map(number_json),
        "example_input": i.example_input,
        "fires": firing(i),
        "potential": i.potential,
        "threshold": model.threshold().map(|f| f.name),
        "surrogate": { "name": i.surrogate.info().name, "value": format!("{:?}", i.surrogate) },
        "equations": i.equations,
        "references": i.references,
        "parameters": model.params().iter().map(field_json).collect::<Vec<_>>(),
        "state": model.state().iter().map(state).collect::<Vec<_>>(),
        "probes": probe::COMMON.iter().map(|p| json!({ "name": p.0, "meaning": p.2 })).collect::<Vec<_>>(),
    });
    if let (Value::Object(all), Value::Object(rest)) = (&mut all, rest) {
        all.extend(rest);
    }
    all
}

fn surrogates_json() -> Value {
    let one = |s: &rheobase::models::surrogate::SurrogateInfo| {
        json!({
            "name": s.name,
            "slope": s.slope,
            "primitive": s.primitive,
            "parameters": s.parameters.iter().map(field_json).collect::<Vec<_>>(),
            "source": s.source,
        })
    };
    SURROGATES.iter().map(one).collect()
}
