//! `rheobase curve`: firing rate over constant input, the closed form beside simulation.

use std::path::{Path, PathBuf};

use clap::Args;
use rheobase::curve::Settling;
use rheobase::data::{Array, NonFinite, Table as Columns, write_commented, write_npz};
use rheobase::draw::FiCurve;
use rheobase::models::neuron::{Emits, Info, Time};
use rheobase::population::Number;
use rheobase::{Input, Population, Record, Spikes};
use serde_json::{Value, json};

use crate::arguments::{check_output, is_stdout, write_table};
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::picture_options::{PictureOptions, with_provenance};
use crate::simulate::setup::{Setup, steps_in};
use crate::simulate::statistics::Counts;
use crate::simulate::{run, step_warning};
use crate::terminal;
use crate::text::{Table, exact, short};
use crate::units::{Amount, time_of};

/// The first words of the line above a table of a curve; JSON follows.
pub(crate) const ABOUT: &str = "rheobase curve:";
/// Points of a curve at most.
const MOST_POINTS: usize = 1_000_000;

/// Points at most whose rates are compared with those of shorter steps.
const MOST_CHECKED: usize = 32;

/// Firing rate over constant input (f-I curve): the closed form, where there is one, beside simulation
#[derive(Args)]
#[command(
    after_help = "The same neuron is simulated at every point, from rest; parameters given as LOW..HIGH are drawn once; rates are counted after --settle, from the intervals between spikes \
(from the output where a step can hold several spikes or a number). The range is by default 0 to four times the \
model's example input (for outputs that can be negative, the same below 0 too), within the inputs the model allows.

Examples:
  rheobase curve lif --plot curve.svg
  rheobase curve lif --set t_ref=0 --to 3 --points 31 -o curve.csv
  rheobase curve adex --from 0 --to 2000 --time 5"
)]
pub(crate) struct Curve {
    #[command(flatten)]
    setup: Setup,
    /// Smallest input
    #[arg(long, value_name = "INPUT", allow_negative_numbers = true)]
    from: Option<Amount>,
    /// Largest input
    #[arg(long, value_name = "INPUT", allow_negative_numbers = true)]
    to: Option<Amount>,
    /// Number of inputs
    #[arg(long, value_name = "N", default_value_t = 25)]
    points: usize,
    /// Time in which spikes are counted, in seconds [default: 1]; steps for models that count steps [default: 1000]
    #[arg(short, long, value_name = "TIME", allow_negative_numbers = true)]
    time: Option<Amount>,
    /// Time before that, in which the neuron settles [default: 0.5 s, or 500 steps]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    settle: Option<Amount>,
    /// Write the table to this .csv or .npz file; - for CSV on standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Draw the curve into this .svg, .png or .pdf file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    picture: PictureOptions,
}

/// A computed curve.
struct Points {
    input: Vec<f64>,
    simulated: Vec<f64>,
    closed: Option<Vec<f64>>,
    /// The smallest input that makes the neuron fire, between these.
    rheobase: Option<(f64, f64)>,
    /// Parameters that were drawn or read, with what the neuron has.
    drawn: Vec<(&'static str, f64)>,
    warnings: Vec<String>,
}

impl Curve {
    pub(crate) fn run(self) -> Outcome<()> {
        if self.setup.f64 { self.run_in::<f64>() } else { self.run_in::<f32>() }
    }

    fn run_in<E: Number>(self) -> Outcome<()> {
        if let Some(path) = self.output.as_ref().filter(|path| !is_stdout(path)) {
            check_output("-o", path, &["csv", "npz"])?;
        }
        if let Some(path) = &self.plot {
            self.picture.check("--plot", path)?;
        }
        let model = self.setup.model()?;
        let info = model.info();
        let input = self.inputs(info)?;
        let dt = self.setup.step_length(&*model, None)?;
        // What is drawn is drawn for one neuron, which stands at every point.
        let one = self.setup.builder::<E>(&model, &[1], dt)?.build()?;
        let curve = one.curve(0)?.settling(self.settling(info, dt)?);
        let mut builder = self.setup.plain::<E>(&model, &[input.len()], dt)?;
        for (field, x) in model.params().iter().zip(curve.params()) {
            builder = builder.set(field.name, *x);
        }
        let mut population = builder.build()?;
        let simulated = self.simulated(&mut population, &input)?;
        let closed = if curve.has_closed_form() { Some(curve.at(&input)?) } else { None };
        let drawn = self.setup.drawn(&one);
        let warnings = self.warnings(&curve, &input, &simulated, dt)?;
        let mut points = Points { input, simulated, closed, rheobase: None, drawn, warnings };
        if info.emits != Emits::Analogue {
            let fires = |x: f64| model.rate(curve.params(), x).is_some_and(|r| r > 0.0);
            points.rheobase = match points.onset() {
                Some(between) if points.closed.is_some() => Some(bisect(between, fires)),
                Some(between) => Some(self.narrowed(&mut population, between)?),
                None => None,
            };
        }
        if let Some(path) = &self.output {
            let about = self.about(&population, &points);
            write_table(path, |file| Curve::save(file, &points, Some(&about).filter(|_| !is_stdout(path))))?;
        }
        self.draw(&population, &points)?;
        points.warnings.iter().for_each(|w| terminal::warn(&format!("warning: {w}")));
        if self.output.iter().chain(&self.plot).any(|path| is_stdout(path)) {
            return Ok(());
        }
        if self.format.csv {
            return write_table(Path::new("-"), |path| Curve::save(path, &points, None));
        }
        self.format.print(&points.json(info), || {
            let mut out = points.text(info);
            for file in self.output.iter().chain(&self.plot) {
                out += &format!("wrote {}\n", file.display());
            }
            out
        })
    }

    fn inputs(&self, info: &Info) -> Outcome<Vec<f64>> {
        if !(2..=MOST_POINTS).contains(&self.points) {
            return Err(Failure::bad(format!("--points {}: must be from 2 to {MOST_POINTS}", self.points)));
        }
        let [lowest, highest] = info.input_range;
        let far = 4.0 * info.example_input;
        let symmetric = matches!(info.emits, Emits::Signed | Emits::Analogue);
        let (low, high) = (if symmetric { -far.abs() } else { far.min(0.0) }, far.max(0.0));
        let given = |option: &str, amount: &Option<Amount>| {
            amount.as_ref().map(|a| a.in_unit(option, info.input_unit)).transpose()
        };
        let from = given("--from", &self.from)?.unwrap_or(low.max(lowest));
        let to = given("--to", &self.to)?.unwrap_or(high.min(highest));
        for (option, x) in [("--from", from), ("--to", to)] {
            if !(lowest..=highest).contains(&x) {
                let (low, high, name) = (exact(lowest), exact(highest), info.name);
                let rule = format!("must lie in {low} to {high}, where {name} is declared to stay finite");
                return Err(Failure::bad(format!("{option} {}: {rule}", exact(x))));
            }
        }
        if from >= to {
            return Err(Failure::bad(format!(
                "--from {}: must be less than --to, which is {}",
                exact(from),
                exact(to)
            )));
        }
        Ok(grid(from, to, self.points))
    }

    /// How long neurons settle and spikes are counted.
    fn settling(&self, info: &Info, dt: f64) -> Outcome<Settling> {
        let (time, settle) = if info.time == Time::Steps { (1000.0, 500.0) } else { (1.0, 0.5) };
        let measure = steps_in("--time", time_of("--time", &self.time, info.time)?.unwrap_or(time), dt)?;
        let settle = match time_of("--settle", &self.settle, info.time)?.unwrap_or(settle) {
            0.0 => 0,
            settle => steps_in("--settle", settle, dt)?,
        };
        Ok(Settling { dt, settle, measure })
    }

    /// Where the length of the steps has changed a rate, or keeps rates far apart.
    fn warnings(
        &self,
        curve: &rheobase::Curve,
        input: &[f64],
        simulated: &[f64],
        dt: f64,
    ) -> Outcome<Vec<String>> {
        let few: Vec<f64> = input.iter().copied().step_by(input.len().div_ceil(MOST_CHECKED)).collect();
        let off = step_warning::of_curve(curve, &few, dt)?;
        let quantised = step_warning::quantised(curve.model().info(), simulated, dt);
        Ok(off.into_iter().chain(quantised).collect())
    }

    fn simulated<E: Number>(&self, population: &mut Population<E>, input: &[f64]) -> Outcome<Vec<f64>> {
        let info = population.model().info();
        let Settling { dt, settle, measure: counted } = self.settling(info, population.dt())?;
        // Not a reset, which some fields survive.
        let start = population.state().clone();
        let analogue = info.emits == Emits::Analogue;
        let record = Record::spikes(if analogue { Spikes::Dense } else { Spikes::Events });
        let constant: Vec<E> = input.iter().map(|x| E::from_f64(*x)).collect();
        // Half a step less: the first counted step must not be lost to rounding.
        let mut counts = Counts::new(1, input.len(), dt, (settle as f64 - 0.5) * dt);
        run::in_pieces(
            population,
            settle + counted,
            &Input::Constant(&constant),
            &record,
            |start, piece| {
                counts.take(start, &piece);
                Ok(())
            },
        )?;
        population.set_state(start)?;
        let duration = counted as f64 * dt;
        Ok(match info.emits {
            Emits::Binary => counts.interval_rates(duration),
            Emits::Count | Emits::Signed => counts.mean_rates(duration),
            Emits::Analogue => counts.mean_outputs(),
        })
    }

    /// The interval in which the neuron begins to fire, made narrower by more simulations.
    fn narrowed<E: Number>(
        &self,
        population: &mut Population<E>,
        mut between: (f64, f64),
    ) -> Outcome<(f64, f64)> {
        let fine = 1e-3 * between.0.abs().max(between.1.abs());
        while between.1 - between.0 > fine {
            let input = grid(between.0, between.1, population.neurons());
            let simulated = self.simulated(population, &input)?;
            let finer =
                Points { input, simulated, closed: None, rheobase: None, drawn: vec![], warnings: vec![] };
            match finer.onset() {
                Some(narrower) if narrower != between => between = narrower,
                _ => break,
            }
        }
        Ok(between)
    }

    /// What was simulated, for pictures of the table: units, steps, and where it comes from.
    fn about<E: Number>(&self, population: &Population<E>, points: &Points) -> Value {
        let info = population.model().info();
        let params = population.params().map(|(f, c)| (f.name.to_string(), json!(c.get(0))));
        json!({
            "model": info.name,
            "class": info.class,
            "params": params.collect::<serde_json::Map<_, _>>(),
            "dt": population.dt(),
            "seed": self.setup.seed,
            "input_unit": info.input_unit,
            "rate_unit": Points::unit(info),
            "rheobase": points.rheobase.map(|(low, high)| 0.5 * (low + high)),
        })
    }

    /// Writes the columns; `about`, if it is given, as a line of comment above them or as `meta`.
    fn save(path: &Path, points: &Points, about: Option<&Value>) -> Outcome<()> {
        let mut columns = vec![("input", &points.input), ("simulated", &points.simulated)];
        columns.extend(points.closed.as_ref().map(|c| ("closed_form", c)));
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
            let (names, columns) =
                columns.into_iter().map(|(name, column)| (name.to_string(), column.clone())).unzip();
            let comment = about.map_or(String::new(), |about| format!("{ABOUT} {about}"));
            let table = Columns { names, columns };
            return Ok(write_commented(path, &comment, &table, NonFinite::Refuse)?);
        }
        let mut arrays: Vec<_> = columns.into_iter().map(|(n, c)| (n, Array::vector(c.clone()))).collect();
        arrays.extend(about.map(|about| ("meta", Array::text(about.to_string()))));
        Ok(write_npz(path, &arrays)?)
    }

    fn draw<E: Number>(&self, population: &Population<E>, points: &Points) -> Outcome<()> {
        let Some(path) = &self.plot else { return Ok(()) };
        let info = population.model().info();
        let unit = if info.input_unit == "1" { "" } else { info.input_unit };
        let mut figure = FiCurve::new("input", unit).title(info.class).clock(info.time);
        if info.emits == Emits::Analogue {
            figure = figure.output("output", "");
        }
        if let Some(closed) = &points.closed {
            figure = figure.closed_form("closed form", &points.input, closed);
        }
        figure = figure.simulated("simulation", &points.input, &points.simulated);
        if let Some((low, high)) = points.rheobase {
            figure = figure.rheobase(0.5 * (low + high));
        }
        let figure = figure.step(population.dt()).figure()?;
        self.picture.save(with_provenance(figure, &self.about(population, points)), path)
    }
}

/// The ends of the smallest interval within `between` at whose upper end `fires`, and not at the lower one.
fn bisect(between: (f64, f64), fires: impl Fn(f64) -> bool) -> (f64, f64) {
    (0..60).fold(between, |(low, high), _| {
        let middle = 0.5 * (low + high);
        if fires(middle) { (low, middle) } else { (middle, high) }
    })
}

/// `n` evenly spaced numbers from `low` to `high`.
fn grid(low: f64, high: f64, n: usize) -> Vec<f64> {
    (0..n).map(|i| low + (high - low) * (i as f64 / (n - 1) as f64)).collect()
}

impl Points {
    /// The two neighbouring inputs between which the neuron begins to fire; `None` where it never or always does.
    fn onset(&self) -> Option<(f64, f64)> {
        let rates = self.closed.as_ref().unwrap_or(&self.simulated);
        let first = rates.iter().position(|r| *r != 0.0).filter(|i| *i > 0 && rates[*i] > 0.0)?;
        Some((self.input[first - 1], self.input[first]))
    }

    fn unit(info: &Info) -> &'static str {
        match (info.emits, info.time) {
            (Emits::Analogue, _) => "",
            (_, Time::Seconds) => "Hz",
            (_, Time::Steps) => "per step",
        }
    }

    fn json(&self, info: &Info) -> Value {
        let drawn: serde_json::Map<_, _> =
            self.drawn.iter().map(|(n, x)| (n.to_string(), json!(x))).collect();
        json!({
            "model": info.name,
            "drawn": drawn,
            "warnings": self.warnings,
            "input_unit": info.input_unit,
            "rate_unit": Points::unit(info),
            "rheobase": self.rheobase.map(|(low, high)| [low, high]),
            "input": self.input,
            "simulated": self.simulated,
            "closed_form": self.closed,
        })
    }

    fn text(&self, info: &Info) -> String {
        let unit = Points::unit(info);
        let with = |name: &str, unit: &str| match unit {
            "" | "1" => name.to_string(),
            unit => format!("{name} ({unit})"),
        };
        let heads = [with("INPUT", info.input_unit), with("SIMULATED", unit), with("CLOSED FORM", unit)];
        let mut table = Table::bare();
        match &self.closed {
            Some(_) => table.row(heads),
            None => {
                let [input, simulated, _] = heads;
                table.row([input, simulated]);
            }
        }
        for (i, x) in self.input.iter().enumerate() {
            let (x, simulated) = (short(*x), short(self.simulated[i]));
            match &self.closed {
                Some(closed) => table.row([x, simulated, short(closed[i])]),
                None => table.row([x, simulated]),
            }
        }
        let drawn = self.drawn.iter().map(|(name, x)| format!("{name} = {} for every point\n", exact(*x)));
        let mut out = format!("{}: {}\n", info.name, info.summary);
        out.extend(drawn);
        out += &table.render(usize::MAX);
        match self.rheobase {
            Some((low, high)) if high - low <= 1e-9 * high.abs() => {
                out += &format!("rheobase {} (closed form)\n", short(high));
            }
            Some((low, high)) => {
                out += &format!("rheobase between {} and {} (simulated)\n", short(low), short(high))
            }
            None => {}
        }
        if self.closed.is_none() {
            out += "this model has no closed form\n";
        }
        out
    }
}
