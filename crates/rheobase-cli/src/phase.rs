//! `rheobase phase`: what a model's equations do: fixed points, stability, rheobase, chronaxie, phase plane.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use rheobase::Dynamics;
use rheobase::dynamics::{
    Axis, FixedPoint, FixedPoints, Line, Plane, Response, Search, Threshold, draw_line, draw_plane,
};
use rheobase::models::neuron::Time;
use rheobase::models::record::Field;
use serde_json::{Value as Json, json};

use crate::arguments::{NumberOrSpan, Setting, Value, any_unit, is_stdout};
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::picture_options::{PictureOptions, with_provenance};
use crate::simulate::setup::{check_once, find_model};
use crate::text::{Table, exact, short, with_unit};
use crate::units::{Amount, time_of};

/// Inputs at most: more lines than this cannot be told apart.
const MOST_INPUTS: usize = 6;

/// Fixed points and stability, rheobase and chronaxie of a model; its phase plane as a picture
#[derive(Args)]
#[command(
    after_help = "Models with two variables have a phase plane, those with one a phase line: speed over value. Fixed points are \
those within the window. The rheobase is the smallest constant input that makes a neuron fire which was at rest; the \
chronaxie is how long twice that must last. Without --input there are two: none, and the model's example input.

Examples:
  rheobase phase lif
  rheobase phase adex --input 0,500,800 --plot adex.svg
  rheobase phase izhikevich --x v=-80..40 --y w=-20..10 --initial v=-50 --plot plane.png
  rheobase phase adex --line --hold w=100 --json"
)]
pub(crate) struct Phase {
    /// Model, by name (lif) or class (LIF); `rheobase models` lists them
    model: String,
    /// Set a parameter
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<Setting>,
    /// Constant inputs, commas between them; the field and the trajectory are those of the last one
    #[arg(short, long, value_name = "INPUT", value_delimiter = ',', allow_negative_numbers = true)]
    input: Vec<Amount>,
    /// Variable on the horizontal axis, and from where to where [default: the potential, where it usually is]
    #[arg(long, value_name = "NAME[=LOW..HIGH]")]
    x: Option<AxisArgument>,
    /// Variable on the vertical axis [default: the next one]
    #[arg(long, value_name = "NAME[=LOW..HIGH]", conflicts_with = "line")]
    y: Option<AxisArgument>,
    /// Look along --x alone, even if the model has more variables
    #[arg(long)]
    line: bool,
    /// Hold a state field that is on no axis at this value [default: at rest]
    #[arg(long, value_name = "NAME=VALUE")]
    hold: Vec<Setting>,
    /// Start the trajectory with this state field at this value [default: at rest]
    #[arg(long, value_name = "NAME=VALUE", alias = "start")]
    initial: Vec<Setting>,
    /// Length of the trajectory, in seconds [default: 0.5], or steps for models that count them
    #[arg(short, long, value_name = "TIME", allow_negative_numbers = true)]
    time: Option<Amount>,
    /// Length of a step in seconds [default: 0.00002]: thresholds and the trajectory are simulated
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = crate::units::seconds)]
    dt: Option<f64>,
    /// How long a neuron is watched for the rheobase, in seconds [default: 1]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    horizon: Option<Amount>,
    /// Draw the phase plane (or line) into this .svg, .png or .pdf file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    picture: PictureOptions,
}

/// `NAME` or `NAME=LOW..HIGH`: a variable on an axis.
#[derive(Debug, Clone, PartialEq)]
struct AxisArgument {
    field: String,
    span: Option<String>,
}

impl FromStr for AxisArgument {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((field, span)) = text.split_once('=') else {
            return Ok(AxisArgument { field: text.trim().into(), span: None });
        };
        // The unit is known with the model.
        span_of(span, &any_unit)?;
        Ok(AxisArgument { field: field.trim().into(), span: Some(span.into()) })
    }
}

/// The ends of a span, each read by `number`.
fn span_of(text: &str, number: &dyn Fn(&str) -> Result<f64, String>) -> Result<(f64, f64), String> {
    match NumberOrSpan::parse(text, number)? {
        NumberOrSpan::Between(low, high) if low < high => Ok((low, high)),
        _ => Err(format!("`{text}` is not a span: LOW..HIGH, the lower one first")),
    }
}

/// One or two variables, looked at.
pub(crate) enum View<'a> {
    Line(Line<'a>, Axis),
    Plane(Plane<'a>, [Axis; 2]),
}

/// A threshold, or why there is none.
type Maybe = Result<Threshold, String>;

impl Phase {
    /// What the picture is of.
    fn about(dynamics: &Dynamics, dt: f64) -> serde_json::Value {
        let named = dynamics.model().params().iter().zip(dynamics.params());
        let set: serde_json::Map<_, _> = named.map(|(f, x)| (f.name.to_string(), json!(x))).collect();
        json!({ "model": dynamics.model().info().name, "params": set, "dt": dt })
    }

    pub(crate) fn run(self) -> Outcome<()> {
        if let Some(path) = &self.plot {
            self.picture.check("--plot", path)?;
        }
        let model = find_model(&self.model)?;
        let set = numbers("--set", &self.set, model.params())?;
        let hold = numbers("--hold", &self.hold, model.state())?;
        let start = numbers("--initial", &self.initial, model.state())?;
        let dynamics = Dynamics::new(model, &set)?;
        let inputs = self.inputs(&dynamics)?;
        let search = self.search(&dynamics)?;
        let dt = search.dt;
        let view = self.view(&dynamics, &inputs, &hold)?;
        let found = match &view {
            View::Line(line, _) => FixedPoints::along(line, &inputs)?,
            View::Plane(plane, _) => FixedPoints::within(plane, &inputs)?,
        };
        let last = inputs[inputs.len() - 1];
        let path_wanted = !self.initial.is_empty() || self.time.is_some();
        let figure = match (&self.plot, &view) {
            (None, _) | (_, View::Line(..)) if path_wanted => {
                let rule =
                    "are those of a trajectory, which is drawn in a plane of two variables with --plot";
                return Err(Failure::bad(format!("--initial and --time: {rule}")));
            }
            (None, _) => None,
            (Some(_), View::Line(line, axis)) => Some(draw_line(&dynamics, line, axis, &found)?),
            (Some(_), View::Plane(plane, axes)) => {
                let response = self.trajectory(&dynamics, last, search.dt, &start)?;
                Some(draw_plane(&dynamics, plane, axes, &found, &response)?)
            }
        };
        let rheobase = maybe(dynamics.rheobase(search))?;
        let chronaxie = match &rheobase {
            Ok(_) => maybe(dynamics.chronaxie(search))?,
            Err(why) => Err(why.clone()),
        };
        if let (Some(figure), Some(path)) = (figure, &self.plot) {
            self.picture.save(with_provenance(figure, &Phase::about(&dynamics, dt)), path)?;
            if is_stdout(path) {
                return Ok(());
            }
        }
        let json = to_json(&dynamics, &view, &found, &rheobase, &chronaxie);
        self.format.print_part(
            &json,
            |_| fixed_points(&found, &dynamics),
            || {
                let mut out = to_text(&dynamics, &view, &found, &rheobase, &chronaxie);
                if let Some(file) = &self.plot {
                    out += &format!("wrote {}\n", file.display());
                }
                out
            },
        )
    }

    fn inputs(&self, dynamics: &Dynamics) -> Outcome<Vec<f64>> {
        let info = dynamics.model().info();
        if self.input.is_empty() {
            return Ok(vec![0.0, info.example_input]);
        }
        if self.input.len() > MOST_INPUTS {
            let n = self.input.len();
            return Err(Failure::bad(format!("--input: has {n} inputs; at most {MOST_INPUTS} are possible")));
        }
        let [low, high] = info.input_range;
        let in_unit = |x: &Amount| x.in_unit("--input", info.input_unit);
        let inputs = self.input.iter().map(in_unit).collect::<Outcome<Vec<f64>>>()?;
        for (i, x) in inputs.iter().enumerate() {
            if !(low..=high).contains(x) {
                let (x, low, high, name) = (exact(*x), exact(low), exact(high), info.name);
                let rule = format!("must lie in {low} to {high}, where {name} is declared to stay finite");
                return Err(Failure::bad(format!("--input {x}: {rule}")));
            }
            if inputs[..i].contains(x) {
                return Err(Failure::bad(format!("--input {}: is given twice; keep one", exact(*x))));
            }
        }
        Ok(inputs)
    }

    fn search(&self, dynamics: &Dynamics) -> Outcome<Search> {
        let usual = dynamics.usual_search();
        if let (Time::Steps, Some(dt)) = (dynamics.model().info().time, self.dt) {
            let name = dynamics.model().info().name;
            return Err(Failure::bad(format!(
                "{name}.dt = {dt:?}: this model counts steps; leave --dt away"
            )));
        }
        let horizon = time_of("--horizon", &self.horizon, dynamics.model().info().time)?;
        Ok(Search { dt: self.dt.unwrap_or(usual.dt), horizon: horizon.unwrap_or(usual.horizon) })
    }

    fn view<'a>(&self, dynamics: &'a Dynamics, inputs: &[f64], hold: &[(&str, f64)]) -> Outcome<View<'a>> {
        let variables = dynamics.variables();
        let taken =
            |other: &Option<AxisArgument>, f: &Field| other.as_ref().is_some_and(|o| o.field == f.name);
        let potential = dynamics.model().info().potential;
        let first = variables
            .iter()
            .filter(|f| !taken(&self.y, f))
            .max_by_key(|f| u8::from(potential == Some(f.name)))
            .map_or("v", |f| f.name);
        let x = self.axis(dynamics, &self.x, first, inputs)?;
        let second = variables.iter().find(|f| f.name != x.field).map(|f| f.name);
        let y = match (self.line, &self.y, second) {
            (true, ..) | (false, None, None) => None,
            (false, _, second) => Some(self.axis(dynamics, &self.y, second.unwrap_or_default(), inputs)?),
        };
        Ok(match y {
            None => View::Line(dynamics.line(&x, hold)?, x),
            Some(y) => View::Plane(dynamics.plane(&x, &y, hold)?, [x, y]),
        })
    }

    /// The axis that was asked for, else that of `field`.
    fn axis(
        &self,
        dynamics: &Dynamics,
        asked: &Option<AxisArgument>,
        field: &str,
        inputs: &[f64],
    ) -> Outcome<Axis> {
        let field = asked.as_ref().map_or(field, |a| &a.field);
        if let Some(span) = asked.as_ref().and_then(|a| a.span.as_ref()) {
            let unit = dynamics.variables().iter().find(|f| f.name == field).map_or("", |f| f.unit);
            let number = |text: &str| {
                let amount: Amount = text.parse()?;
                let place = format!("axis of {field}");
                amount.in_unit(&place, unit).map_err(|e| e.message().unwrap_or_default().to_string())
            };
            let (low, high) = span_of(span, &number).map_err(Failure::bad)?;
            return Ok(Axis::new(field, low, high));
        }
        if !dynamics.has_rhs() || !dynamics.variables().iter().any(|f| f.name == field) {
            // Refused where the section is made, with the reason.
            return Ok(Axis::new(field, 0.0, 1.0));
        }
        Ok(dynamics.usual_axis(field, inputs)?)
    }

    fn trajectory(
        &self,
        dynamics: &Dynamics,
        input: f64,
        dt: f64,
        start: &[(&str, f64)],
    ) -> Outcome<Response> {
        let time = time_of("--time", &self.time, dynamics.model().info().time)?;
        let time = time.unwrap_or_else(|| dynamics.usual_time());
        Ok(dynamics.respond(input, None, time, dt, start)?)
    }
}

/// Settings as pairs of name and number.
fn numbers<'a>(option: &str, settings: &'a [Setting], fields: &[Field]) -> Outcome<Vec<(&'a str, f64)>> {
    let pair = |(i, s): (usize, &'a Setting)| {
        check_once(&settings[..i], s, option)?;
        match s.in_units_of(option, fields)?.value {
            Value::NumberOrSpan(NumberOrSpan::Same(x)) => Ok((s.name.as_str(), x)),
            _ => {
                Err(Failure::bad(format!("{option} {}: must be one number: one neuron is looked at", s.name)))
            }
        }
    };
    settings.iter().enumerate().map(pair).collect()
}

/// What a model does not have is worth saying, but no failure.
fn maybe(threshold: rheobase::Result<Threshold>) -> Outcome<Maybe> {
    match threshold {
        Ok(threshold) => Ok(Ok(threshold)),
        Err(rheobase::Error::Unsupported { what, .. }) => Ok(Err(what)),
        Err(e) => Err(e.into()),
    }
}

impl View<'_> {
    pub(crate) fn axes(&self) -> &[Axis] {
        match self {
            View::Line(_, axis) => std::slice::from_ref(axis),
            View::Plane(_, axes) => axes,
        }
    }
}

/// The unit of a state field, empty for pure numbers.
pub(crate) fn unit_of(dynamics: &Dynamics, field: &str) -> &'static str {
    let unit = dynamics.model().state().iter().find(|f| f.name == field).map_or("", |f| f.unit);
    if unit == "1" { "" } else { unit }
}

fn time_unit(dynamics: &Dynamics) -> &'static str {
    if dynamics.model().info().time == Time::Steps { "steps" } else { "s" }
}

/// The unit of the input after a number; units that are words stand only where the input is named.
pub(crate) fn input_unit(dynamics: &Dynamics) -> &'static str {
    let unit = dynamics.model().info().input_unit;
    if unit.contains(' ') { "" } else { unit }
}

/// What a rate of change is counted per.
pub(crate) fn per(dynamics: &Dynamics) -> &'static str {
    if dynamics.model().info().time == Time::Steps { "step" } else { "s" }
}

fn headed(name: &str, unit: &str) -> String {
    if unit.is_empty() || unit == "1" { name.to_string() } else { format!("{name} ({unit})") }
}

fn to_text(
    dynamics: &Dynamics,
    view: &View<'_>,
    found: &[FixedPoints],
    rheobase: &Maybe,
    chronaxie: &Maybe,
) -> String {
    let info = dynamics.model().info();
    let mut out = format!("{}: {}\n", info.name, info.summary);
    let axes = view.axes();
    let spans: Vec<String> = axes
        .iter()
        .map(|a| {
            format!(
                "{} from {} to {}",
                a.field,
                short(a.low),
                with_unit(short(a.high), unit_of(dynamics, &a.field))
            )
        })
        .collect();
    out += &format!("fixed points with {}\n", spans.join(", "));
    let places: Vec<String> = axes.iter().map(|a| headed(&a.field, unit_of(dynamics, &a.field))).collect();
    let mut table = Table::bare();
    table.row([
        headed("INPUT", info.input_unit),
        places.join(", "),
        "STABILITY".into(),
        format!("EIGENVALUES (1/{})", per(dynamics)),
    ]);
    for f in found {
        if f.points.is_empty() {
            table.row([short(f.input), "none".into(), String::new(), String::new()]);
        }
        for p in &f.points {
            let at: Vec<String> = p.at.iter().map(|x| short(*x)).collect();
            let beyond = if p.beyond_threshold { ", beyond threshold" } else { "" };
            let stability = format!("{}{beyond}", p.kind.name());
            table.row([short(f.input), at.join(", "), stability, eigenvalues(p)]);
        }
    }
    out += &table.render(usize::MAX);
    out += &threshold_text("rheobase", rheobase, input_unit(dynamics));
    if rheobase.is_ok() {
        out += &threshold_text("chronaxie", chronaxie, time_unit(dynamics));
    }
    out
}

fn eigenvalues(p: &FixedPoint) -> String {
    match p.eigenvalues[..] {
        [a, b] if a.im != 0.0 && b.im == -a.im => format!("{} ± {}i", short(a.re), short(a.im)),
        _ => p.eigenvalues.iter().map(|e| short(e.re)).collect::<Vec<_>>().join(", "),
    }
}

fn threshold_text(name: &str, threshold: &Maybe, unit: &str) -> String {
    match threshold {
        Ok(t) => {
            format!("{name} {} ({})\n", with_unit(short(t.fires), unit), t.source.name())
        }
        Err(why) => format!("{name}: none; the model {why}\n"),
    }
}

/// A line per fixed point.
fn fixed_points(found: &[FixedPoints], dynamics: &Dynamics) -> Json {
    let one = |input: f64, p: &FixedPoint| {
        let state = dynamics.model().state().iter().zip(&p.state);
        let state: serde_json::Map<_, _> = state.map(|(f, x)| (f.name.to_string(), json!(x))).collect();
        json!({ "input": input, "stability": p.kind.name(), "beyond_threshold": p.beyond_threshold, "state": state })
    };
    found.iter().flat_map(|f| f.points.iter().map(move |p| one(f.input, p))).collect()
}

fn to_json(
    dynamics: &Dynamics,
    view: &View<'_>,
    found: &[FixedPoints],
    rheobase: &Maybe,
    chronaxie: &Maybe,
) -> Json {
    let info = dynamics.model().info();
    let named = |fields: &[Field], values: &[f64]| -> Json {
        // JSON has no infinity: bounds that are absent are the texts inf and -inf.
        let number = |x: f64| if x.is_finite() { json!(x) } else { json!(x.to_string()) };
        let pair = |(f, x): (&Field, &f64)| (f.name.to_string(), number(*x));
        fields.iter().zip(values).map(pair).collect::<serde_json::Map<_, _>>().into()
    };
    let point = |p: &FixedPoint| {
        json!({
            "state": named(dynamics.model().state(), &p.state),
            "eigenvalues": p.eigenvalues.iter().map(|e| [e.re, e.im]).collect::<Vec<_>>(),
            "stability": p.kind.name(),
            "beyond_threshold": p.beyond_threshold,
        })
    };
    let threshold = |t: &Maybe, unit: &str| match t {
        Ok(t) => json!({ "value": t.fires, "silent": t.silent, "unit": unit, "source": t.source.name() }),
        Err(why) => json!({ "value": null, "why": why }),
    };
    json!({
        "model": info.name,
        "params": named(dynamics.model().params(), dynamics.params()),
        "input_unit": info.input_unit,
        "axes": view.axes().iter().map(|a| json!({ "field": a.field, "low": a.low, "high": a.high })).collect::<Vec<_>>(),
        "inputs": found.iter().map(|f| json!({
            "input": f.input,
            "fixed_points": f.points.iter().map(point).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "rheobase": threshold(rheobase, info.input_unit),
        "chronaxie": threshold(chronaxie, time_unit(dynamics)),
    })
}
