//! Law: derivatives of a step are its central differences, on numbers whose spikes are smooth; those of coefficients and
//! of the state at rest are theirs.
//!
//! Points lie around a simulated path. Where forward and backward differences disagree, the step has a kink there and the
//! point is left out; that must stay the minority.

use rheobase::models::dual::Dual;
use rheobase::models::neuron::{BackwardReads, Fired};
use rheobase::models::record::Kind;
use rheobase::models::{Smooth, Surrogate};
use rheobase::random::Stream;
use rheobase::{Record, Spikes};

use super::within;
use crate::Subject;
use crate::phases::{One, Phases};
use crate::subject::Setup;

/// A step's arguments: state, coefficients, input, sum over the layer.
#[derive(Clone)]
struct Point {
    state: Vec<f64>,
    coeffs: Vec<f64>,
    x: f64,
    layer: f64,
    held: bool,
}

impl Point {
    fn get(&self, i: usize) -> f64 {
        let (s, k) = (self.state.len(), self.coeffs.len());
        match i {
            _ if i < s => self.state[i],
            _ if i < s + k => self.coeffs[i - s],
            _ if i == s + k => self.x,
            _ => self.layer,
        }
    }
    fn len(&self) -> usize {
        self.state.len() + self.coeffs.len() + 2
    }
    /// The step's results over any number, argument `i` being `number(i)`: new state, output, offset.
    fn step<T: rheobase::models::Real<Mask = bool>>(
        &self,
        phases: &Phases<T>,
        surrogate: &Surrogate,
        number: impl Fn(usize) -> T,
    ) -> Vec<T> {
        let (s, k) = (self.state.len(), self.coeffs.len());
        let state: Vec<T> = (0..s).map(&number).collect();
        let coeffs: Vec<T> = (s..s + k).map(&number).collect();
        let (x, layer) = (number(s + k), number(s + k + 1));
        let state = (phases.integrate)(&coeffs, &state, x, self.held);
        let own = (phases.fire)(&coeffs, &state, x, self.held, surrogate);
        let (mut results, out) = (phases.emit)(&coeffs, &state, x, Fired { own, layer });
        results.extend([out.value, out.offset]);
        results
    }
}

/// How many differences were compared, and how many left out.
#[derive(Default)]
struct Count {
    compared: usize,
    kinks: usize,
}

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let mut count = Count::default();
    for (point, sizes) in points(subject)? {
        for surrogate in [subject.model.info().surrogate, Surrogate::Sigmoid(2.0)] {
            for i in (0..point.len()).filter(|i| point.get(*i).is_finite()) {
                compare(subject, &point, &surrogate, i, &sizes, &mut count)?;
                read(subject, &point, &surrogate, i)?;
            }
        }
    }
    if count.compared < 3 * count.kinks {
        return Err(format!("{} points compared, {} left out as kinks", count.compared, count.kinks));
    }
    (0..4).try_for_each(|draw| parameters(subject, draw))
}

/// Points around a simulated path, each with the size of every argument.
fn points(subject: &Subject) -> Result<Vec<(Point, Vec<f64>)>, String> {
    let (n, steps) = (8, 40);
    let setup = Setup::new(subject, n, 1, steps);
    let fields = subject.model.state();
    let record = fields.iter().fold(Record::spikes(Spikes::None), |r, f| r.probe(f.name));
    let mut neurons = setup.build::<f64>()?;
    let path = setup.run(&mut neurons, 0, steps, &record)?.traces;
    let sizes: Vec<f64> = fields
        .iter()
        .zip(&path)
        .map(|(f, trace)| {
            let size = trace.data.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            let unit = if f.unit == "s" { subject.dt() } else { 1.0 };
            if size > 0.0 { size } else { unit }
        })
        .collect();
    let stream = Stream::new(1, "law jacobian", subject.name());
    let x_size = subject.model.info().example_input.abs();
    let mut points = Vec::new();
    for t in (0..steps - 1).step_by(3) {
        for i in 0..n {
            let near = |f: usize| {
                let u = stream.uniform(t as u64, i as u32, f as u32) - 0.5;
                path[f].data[t * n + i] + 0.1 * u * sizes[f]
            };
            let coeffs = subject.model.prepare(&setup.parameters(i), subject.dt());
            let x =
                setup.input[(t + 1) * n + i] + 0.01 * x_size * (stream.uniform(t as u64, i as u32, 99) - 0.5);
            let point = Point {
                state: (0..fields.len()).map(near).collect(),
                x,
                layer: 1.7,
                held: (t + i) % 5 == 0,
                coeffs,
            };
            let size = |k: &f64| if *k == 0.0 { 1e-3 } else { k.abs() };
            let mut all = sizes.clone();
            all.extend(point.coeffs.iter().map(size));
            all.extend([x_size, 1.0]);
            points.push((point, all));
        }
    }
    Ok(points)
}

/// Compares all derivatives with respect to argument `i` at one point.
fn compare(
    subject: &Subject,
    point: &Point,
    surrogate: &Surrogate,
    i: usize,
    sizes: &[f64],
    count: &mut Count,
) -> Result<(), String> {
    let size = sizes[i];
    let h = 1e-6 * size;
    let value = |j: usize, d: f64| Smooth(point.get(j) + if i == j { d } else { 0.0 });
    let at = |d: f64| point.step(&subject.numbers.smooth, surrogate, |j| value(j, d));
    let (low, here, high) = (at(-h), at(0.0), at(h));
    let dual: Vec<One<Smooth>> = point.step(&subject.numbers.smooth_dual, surrogate, |j| {
        if i == j { Dual::variable(value(j, 0.0), 0) } else { Dual::constant(value(j, 0.0)) }
    });
    for (o, dual) in dual.iter().enumerate() {
        if dual.value.0.to_bits() != here[o].0.to_bits() {
            return Err(format!("result {o}: {:?} with derivatives, {:?} without", dual.value, here[o]));
        }
        let (forward, backward) = ((high[o].0 - here[o].0) / h, (here[o].0 - low[o].0) / h);
        let central = (high[o].0 - low[o].0) / (2.0 * h);
        let slope = dual.tangent[0].0;
        // Rounding of the results, spread over 2h, and what is nothing beside the size that the result usually has.
        let usual = if o < point.state.len() { sizes[o] } else { 1.0 };
        let noise = 1e-14 * high[o].0.abs().max(low[o].0.abs()) / h + 1e-10 * usual / size;
        let allowed = 2e-5 * central.abs().max(slope.abs()) + noise;
        if (forward - backward).abs() > 1e-3 * central.abs().max(slope.abs()) + 10.0 * noise {
            count.kinks += 1;
        } else if within(slope - central, allowed) {
            count.compared += 1;
        } else {
            return Err(format!(
                "d result {o}/d argument {i} = {slope:e}, central difference {central:e}, at {point:?}",
                point = (&point.state, point.x, point.held, surrogate)
            ));
        }
    }
    Ok(())
}

/// Whether the derivatives with respect to argument `i` are the same from what the model says that the backward pass reads: from a state
/// of 0, under the potential that the step leads to as its input, or under no input.
fn read(subject: &Subject, point: &Point, surrogate: &Surrogate, i: usize) -> Result<(), String> {
    let of_coeffs = (point.state.len()..point.state.len() + point.coeffs.len()).contains(&i);
    let reads = subject.model.info().backward_reads;
    if reads == BackwardReads::StateAndInput || point.held || of_coeffs {
        return Ok(());
    }
    let with = |x: f64| Point { state: vec![0.0; point.state.len()], x, ..point.clone() };
    let smooth = |point: &Point| -> Vec<[u64; 2]> {
        let results: Vec<One<Smooth>> =
            point.step(&subject.numbers.smooth_dual, surrogate, |j| variable(Smooth(point.get(j)), i == j));
        results.into_iter().map(|d| [d.value.0.to_bits(), d.tangent[0].0.to_bits()]).collect()
    };
    let wrong = |what: &str| Err(format!("{what}: argument {i}, input {:?}", point.x));
    if reads == BackwardReads::Nothing {
        let tangents =
            |point: &Point| smooth(point).into_iter().map(|[_, tangent]| tangent).collect::<Vec<_>>();
        return if tangents(point) == tangents(&with(0.0)) {
            Ok(())
        } else {
            wrong("derivatives depend on what is read")
        };
    }
    let numbers = |numbers: &[f64]| numbers.iter().map(|x| Smooth(*x)).collect::<Vec<_>>();
    let integrate = subject.numbers.smooth.integrate;
    let potential = integrate(&numbers(&point.coeffs), &numbers(&point.state), Smooth(point.x), false);
    let [potential] = potential[..] else { return wrong("more than a potential is carried") };
    if smooth(point) != smooth(&with(potential.0)) {
        return wrong("does not just add its input");
    }
    // Where a spike has no slope, any other potential of that kind serves as well.
    let triangle = Surrogate::Triangle(0.5);
    let spiking = |point: &Point| -> Vec<One<f64>> {
        point.step(&subject.numbers.dual, &triangle, |j| variable(point.get(j), i == j))
    };
    let fires = |x: f64| {
        let coeffs: Vec<One<f64>> = point.coeffs.iter().map(|k| Dual::constant(*k)).collect();
        let x = Dual { value: x, tangent: [1.0] };
        let state = (subject.numbers.dual.integrate)(&coeffs, &[Dual::constant(0.0)], x, false);
        (subject.numbers.dual.fire)(&coeffs, &state, x, false, &triangle).tangent[0] != 0.0
    };
    let slopes = |point: &Point| spiking(point).iter().map(|d| d.tangent[0].to_bits()).collect::<Vec<_>>();
    let same = |x: f64| fires(x) || slopes(&with(x)) == slopes(&with(-1e30));
    if fires(-1e30) || !same(potential.0) || !same(potential.0 + 1e3) {
        return wrong("where a spike has no slope, derivatives depend on the potential");
    }
    Ok(())
}

fn variable<T: rheobase::models::Real>(value: T, is_variable: bool) -> One<T> {
    if is_variable { Dual::variable(value, 0) } else { Dual::constant(value) }
}

/// Coefficients and rest as functions of the parameters.
fn parameters(subject: &Subject, draw: u64) -> Result<(), String> {
    let p = subject.parameters(draw);
    let dt = subject.dt();
    let fields = subject.model.params();
    type Function<'a> = &'a dyn Fn(&[f64]) -> Vec<f64>;
    let functions: [(&str, Function<'_>, Function<'_>); 2] = [
        ("coefficient", &|p| subject.model.prepare(p, dt), &|g| subject.model.pull_back(&p, dt, g)),
        ("rest", &|p| subject.model.rest(p), &|g| subject.model.pull_back_rest(&p, g)),
    ];
    for (what, f, pull_back) in functions {
        let here = f(&p);
        for o in 0..here.len() {
            let unit: Vec<f64> = (0..here.len()).map(|j| f64::from(u8::from(j == o))).collect();
            let gradient = pull_back(&unit);
            for i in (0..p.len()).filter(|i| fields[*i].kind == Kind::Real && p[*i].is_finite()) {
                let h = 1e-6 * if p[i] == 0.0 { 1e-3 } else { p[i].abs() };
                let at = |d: f64| {
                    let mut moved = p.clone();
                    moved[i] += d;
                    f(&moved)[o]
                };
                let (low, high) = (at(-h), at(h));
                let central = (high - low) / (2.0 * h);
                let kink = ((high - here[o]) - (here[o] - low)).abs() / h;
                let noise = 1e-14 * here[o].abs() / h;
                let size = central.abs().max(gradient[i].abs());
                if kink <= 1e-3 * size + 10.0 * noise && !within(central - gradient[i], 2e-5 * size + noise) {
                    return Err(format!(
                        "set {draw}: d {what} {o}/d {} = {:e}, central difference {central:e}",
                        fields[i].name, gradient[i]
                    ));
                }
            }
        }
    }
    Ok(())
}
