//! Pictures of what was found along one variable or two: a phase line, or a phase plane.

use super::Show;
use rheobase_models::neuron::Time;

use rheobase_base::{Error, Result, check};
use rheobase_draw::{Figure, PhaseLine, PhasePlane, Stability, short};
use rheobase_sim::dynamics::{Axis, Dynamics, FixedPoint, Kind, Line, Plane, Response};

/// The fixed points under one input.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedPoints {
    /// The constant input.
    pub input: f64,
    /// The fixed points under it.
    pub points: Vec<FixedPoint>,
}

impl FixedPoints {
    /// Those along a line, under each of `inputs`.
    ///
    /// # Errors
    /// An input that is not finite.
    pub fn along(line: &Line<'_>, inputs: &[f64]) -> Result<Vec<FixedPoints>> {
        let found = inputs.iter().map(|x| Ok(FixedPoints { input: *x, points: line.fixed_points(*x)? }));
        found.collect()
    }

    /// Those within a plane, under each of `inputs`.
    ///
    /// # Errors
    /// An input that is not finite.
    pub fn within(plane: &Plane<'_>, inputs: &[f64]) -> Result<Vec<FixedPoints>> {
        let found = inputs.iter().map(|x| Ok(FixedPoints { input: *x, points: plane.fixed_points(*x)? }));
        found.collect()
    }
}

/// Arrows in a row, and in a column.
const ARROWS: usize = 18;
/// Points of a curve.
const POINTS: usize = 600;

fn no_input(dynamics: &Dynamics) -> Error {
    check::bad(dynamics.model().info().name, "inputs", None, "none", "must be at least one")
}

fn stability(p: &FixedPoint) -> Stability {
    match p.kind {
        kind if kind.is_stable() => Stability::Stable,
        Kind::Saddle => Stability::Saddle,
        Kind::UnstableNode | Kind::UnstableFocus => Stability::Unstable,
        _ => Stability::Neutral,
    }
}

/// An input with its unit; units that are words stand only where the input is named.
fn named(dynamics: &Dynamics, input: f64) -> String {
    let unit = dynamics.model().info().input_unit;
    let unit = if unit == "1" || unit.contains(' ') { "" } else { unit };
    format!("input {} {unit}", short(input)).trim_end().into()
}

/// The unit of a state field, empty for pure numbers.
fn unit_of(dynamics: &Dynamics, field: &str) -> &'static str {
    let unit = dynamics.model().state().iter().find(|f| f.name == field).map_or("", |f| f.unit);
    if unit == "1" { "" } else { unit }
}

/// The phase plane of the first two variables, or the phase line of a single one, where it usually is: without input, and
/// under the model's example input, whose trajectory from rest is drawn.
impl Show for Dynamics {
    fn figure(&self) -> Result<Figure> {
        let info = self.model().info();
        let inputs = [0.0, info.example_input];
        let mut fields = self.variables();
        fields.sort_by_key(|f| info.potential != Some(f.name));
        let axes: Vec<Axis> =
            fields.iter().take(2).map(|f| self.usual_axis(f.name, &inputs)).collect::<Result<_>>()?;
        match <[Axis; 2]>::try_from(axes) {
            Ok(axes) => {
                let plane = self.plane(&axes[0], &axes[1], &[])?;
                let response =
                    self.respond(inputs[1], None, self.usual_time(), self.usual_search().dt, &[])?;
                draw_plane(self, &plane, &axes, &FixedPoints::within(&plane, &inputs)?, &response)
            }
            Err(axes) => {
                // What has no variable is refused as a line, with the reason.
                let axis = axes.into_iter().next().unwrap_or_else(|| Axis::new("v", 0.0, 1.0));
                let line = self.line(&axis, &[])?;
                draw_line(self, &line, &axis, &FixedPoints::along(&line, &inputs)?)
            }
        }
    }
}

/// The speed of the variable over its value, under each input of `found`.
///
/// # Errors
/// An input that is not finite; no input at all.
pub fn draw_line(dynamics: &Dynamics, line: &Line<'_>, axis: &Axis, found: &[FixedPoints]) -> Result<Figure> {
    if found.is_empty() {
        return Err(no_input(dynamics));
    }
    let unit = unit_of(dynamics, &axis.field);
    let speed = format!(
        "{}/{}",
        if unit.is_empty() { "1" } else { unit },
        if dynamics.model().info().time == Time::Steps { "step" } else { "s" }
    );
    let slopes: Vec<_> = found.iter().map(|f| line.slopes(POINTS, f.input)).collect::<Result<_>>()?;
    let derivative = format!("d{}/dt", axis.field);
    let mut figure = PhaseLine::new((&axis.field, unit), (&derivative, &speed));
    for (f, slopes) in found.iter().zip(&slopes) {
        figure = figure.curve(named(dynamics, f.input), slopes);
        for p in &f.points {
            figure = figure.fixed_point(p.at[0], stability(p));
        }
    }
    if let Some(at) = found.last().map(|f| line.threshold(f.input)).transpose()?.flatten() {
        figure = figure.threshold(at);
    }
    figure.title(dynamics.model().info().class).figure()
}

/// The plane with what was found under each input; the field and the trajectory `response` are those of the last.
///
/// # Errors
/// An input that is not finite; no input at all.
pub fn draw_plane(
    dynamics: &Dynamics,
    plane: &Plane<'_>,
    axes: &[Axis; 2],
    found: &[FixedPoints],
    response: &Response,
) -> Result<Figure> {
    let Some(last) = found.last().map(|f| f.input) else { return Err(no_input(dynamics)) };
    let field = plane.field(ARROWS, ARROWS, last)?;
    let threshold = plane.threshold(last)?;
    let nullclines: Vec<_> = found.iter().map(|f| plane.nullclines(f.input)).collect::<Result<_>>()?;
    let fields = dynamics.model().state();
    let position = |axis: &Axis| fields.iter().position(|f| f.name == axis.field).unwrap_or(usize::MAX);
    let path = response.path(position(&axes[0]), position(&axes[1]));

    let [x, y] = axes;
    let mut figure = PhasePlane::new(
        (&x.field, unit_of(dynamics, &x.field), x.low, x.high),
        (&y.field, unit_of(dynamics, &y.field), y.low, y.high),
    )
    .field(&field.at, &field.by)
    .threshold(threshold.iter().map(Vec::as_slice));
    for (variable, axis) in axes.iter().enumerate() {
        let of = |i: usize| -> &Vec<Vec<[f64; 2]>> { &nullclines[i][variable] };
        let n = nullclines.len();
        let name = format!("d{}/dt = 0", axis.field);
        let same = (0..n).all(|i| of(i) == of(n - 1));
        if !of(n - 1).is_empty() {
            let name = if same { name.clone() } else { format!("{name}, {}", named(dynamics, last)) };
            figure = figure.nullcline(name, of(n - 1).iter().map(Vec::as_slice));
        }
        for i in (0..n - 1).filter(|i| !same && !of(*i).is_empty()) {
            let pieces = of(i).iter().map(Vec::as_slice);
            let name = named(dynamics, found[i].input);
            figure = if of(n - 1).is_empty() {
                figure.nullcline(format!("d{}/dt = 0, {name}", axis.field), pieces)
            } else {
                figure.same_nullcline(name, pieces)
            };
        }
    }
    figure = figure.trajectory_in_pieces(
        format!("trajectory, {}", named(dynamics, last)),
        path.iter().map(Vec::as_slice),
    );
    for f in found {
        for p in &f.points {
            figure = figure.fixed_point([p.at[0], p.at[1]], stability(p));
        }
    }
    figure.title(dynamics.model().info().class).figure()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_sim::Catalog;

    fn drawn(model: &str) -> Result<String> {
        Dynamics::new(Catalog::standard().get(model)?, &[])?.figure()?.to_svg()
    }

    #[test]
    fn equations_show_their_plane_or_line_or_say_that_they_have_none() {
        let plane = drawn("adex").unwrap();
        assert!(plane.contains("dv/dt = 0") && plane.contains("trajectory"), "{plane}");
        let line = drawn("qif").unwrap();
        assert!(line.contains("dv/dt (") && !line.contains("trajectory"), "{line}");
        let none = drawn("lif_rate").unwrap_err().to_string();
        assert!(none.contains("lif_rate"), "{none}");
    }
}
