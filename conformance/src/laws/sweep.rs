//! Law: the reverse sweep is forward mode: gradients with respect to input, initial state and every parameter, as a plain
//! loop over duals finds them; with the reset detached, with competition, lateral edges and the layer's sum of spikes.

use rheobase::compete::{Competition, Ranking, Scope};
use rheobase::models::Surrogate;
use rheobase::models::dual::Dual;
use rheobase::models::neuron::{Emits, Fired};
use rheobase::models::real::Real;
use rheobase::population::Gradients;
use rheobase::{Input, Record, Upstream};

use super::{at, differentiable, upstream, within};
use crate::Subject;
use crate::phases::One;
use crate::subject::Setup;

/// What a gradient is checked with.
struct Case<'a> {
    setup: Setup<'a>,
    detach_reset: bool,
    competition: Option<Competition>,
    lateral: Option<Vec<f64>>,
}

/// A direction in which the run is differentiated.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Input { t: usize, n: usize },
    Initial { field: usize, n: usize },
    Parameter { i: usize, n: usize },
}

pub(super) fn check(subject: &Subject) -> Result<(), String> {
    let n = 6;
    let plain = |setup| Case { setup, detach_reset: false, competition: None, lateral: None };
    let short = Setup::new(subject, n, 1, 25);
    at("plain", agree(&plain(short.clone())))?;
    at("detached reset", agree(&Case { detach_reset: true, ..plain(short.clone()) }))?;

    let coupled = match subject.model.info().layer_sum {
        Some(name) => short.clone().set(name, 0.03),
        None => short.clone(),
    };
    let size = 0.3 * subject.model.info().example_input.abs();
    let lateral = upstream::<f64>("lateral", n * n).iter().map(|w| w * size).collect();
    let competition =
        Competition { k: 1, scope: Scope::Layer, silence: 3, ranking: Ranking::Exact, radius: 0 };
    let spiking = subject.model.info().emits != Emits::Analogue;
    let all = Case {
        setup: coupled,
        detach_reset: false,
        competition: spiking.then_some(competition),
        lateral: Some(lateral),
    };
    at("coupled", agree(&all))?;
    at("coupled, detached reset", agree(&Case { detach_reset: true, ..all }))?;
    // Beyond a chunk of the tape.
    at("long", agree(&plain(Setup::new(subject, 2, 1, 262))))
}

/// Compares the gradients of a case in some directions of each kind.
fn agree(case: &Case<'_>) -> Result<(), String> {
    let setup = &case.setup;
    let (n, steps) = (setup.neurons, setup.steps);
    let subject = setup.subject;
    let mut builder = setup.builder::<f64>().detach_reset(case.detach_reset);
    if let Some(competition) = case.competition {
        builder = builder.competition(competition);
    }
    if let Some(lateral) = &case.lateral {
        builder = builder.lateral(lateral);
    }
    let mut neurons = builder.build().map_err(|e| e.to_string())?;
    let input = setup.input::<f64>(0, steps);
    let loss = Loss::new(subject, steps, n);
    let fields = subject.model.state();
    let states = fields.iter().zip(&loss.states).map(|(f, g)| (f.name, &g[..])).collect();
    let wanted = differentiable(subject);
    let (_, tape) =
        neurons.run_taped(steps, &Input::Array(&input), &Record::default()).map_err(|e| e.to_string())?;
    let upstream = Upstream { output: Some(&loss.output), states };
    let gradients =
        neurons.gradients(&tape, &Input::Array(&input), &upstream, &wanted).map_err(|e| e.to_string())?;

    let last = steps - 1;
    let input_directions =
        [0, 1, last / 3, last / 2, last - 1, last].map(|t| Direction::Input { t, n: t % n });
    let initial = (0..fields.len()).flat_map(|field| [0, n - 1].map(|n| Direction::Initial { field, n }));
    let position = |name: &&str| subject.model.params().iter().position(|f| f.name == *name);
    let parameters = wanted.iter().filter_map(position);
    let parameters = parameters.flat_map(|i| [0, n - 1].map(|n| Direction::Parameter { i, n }));
    let kinds: [(&str, Vec<Direction>); 3] = [
        ("input", input_directions.to_vec()),
        ("initial state", initial.collect()),
        ("parameters", parameters.collect()),
    ];
    for (kind, directions) in kinds {
        for d in directions {
            let (reverse, forward) = (reverse(&gradients, subject, n, d), forward(case, &loss, d));
            // Sums in another order: relative to what was added up, which may have cancelled.
            let size = reverse.abs().max(forward.value.abs()).max(1e-4 * forward.magnitude);
            if !within(reverse - forward.value, 1e-8 * size) {
                let forward = forward.value;
                return Err(format!("{kind}, {d:?}: reverse {reverse:e}, forward {forward:e}"));
            }
        }
    }
    Ok(())
}

/// The derivative by the reverse sweep.
fn reverse(gradients: &Gradients<f64>, subject: &Subject, n: usize, direction: Direction) -> f64 {
    match direction {
        Direction::Input { t, n: i } => gradients.input[t * n + i],
        Direction::Initial { field, n } => gradients.initial[field][n],
        Direction::Parameter { i, n } => {
            let name = subject.model.params()[i].name;
            gradients.params.iter().find(|(p, _)| p == name).map_or(f64::NAN, |(_, g)| g[n])
        }
    }
}

/// A made-up loss, linear in outputs and states.
struct Loss {
    output: Vec<f64>,
    states: Vec<Vec<f64>>,
}

impl Loss {
    fn new(subject: &Subject, steps: usize, n: usize) -> Self {
        let fields = subject.model.state();
        Loss {
            output: upstream("output", steps * n),
            states: fields.iter().map(|f| upstream(f.name, steps * n)).collect(),
        }
    }
}

/// A derivative, and the largest term of the sum that it is.
#[derive(Clone, Copy)]
struct Derivative {
    value: f64,
    magnitude: f64,
}

impl Derivative {
    fn add(&mut self, weight: f64, number: One<f64>) {
        let term = weight * number.tangent[0];
        self.value += term;
        self.magnitude = self.magnitude.max(term.abs());
    }
}

/// The derivative by a plain loop over numbers that carry it along.
fn forward(case: &Case<'_>, loss: &Loss, direction: Direction) -> Derivative {
    let setup = &case.setup;
    let subject = setup.subject;
    let (n, dt) = (setup.neurons, subject.dt());
    let model = subject.numbers.dual;
    let surrogate: Surrogate = subject.model.info().surrogate;
    let seed = |x: f64, on: bool| if on { One::<f64>::variable(x, 0) } else { One::<f64>::constant(x) };
    let parameters: Vec<Vec<One<f64>>> = (0..n)
        .map(|neuron| {
            let hit = |j: usize| matches!(direction, Direction::Parameter { i, n } if i == j && n == neuron);
            setup.parameters(neuron).iter().enumerate().map(|(j, x)| seed(*x, hit(j))).collect()
        })
        .collect();
    let coeffs: Vec<Vec<One<f64>>> =
        parameters.iter().map(|p| (model.prepare)(p, Dual::constant(dt))).collect();
    let mut state: Vec<Vec<One<f64>>> = parameters.iter().map(|p| (model.rest)(p)).collect();
    if let Direction::Initial { field, n } = direction {
        state[n][field].tangent[0] = 1.0;
    }
    let potential = subject.model.info().potential;
    let potential = subject.model.state().iter().position(|f| Some(f.name) == potential);
    let layer_sum = subject.model.info().layer_sum.is_some_and(|name| {
        subject
            .model
            .params()
            .iter()
            .zip(&setup.columns)
            .any(|(f, c)| f.name == name && c.iter().any(|x| *x != 0.0))
    });
    let mut output = vec![One::<f64>::constant(0.0); n];
    let mut silence = vec![0u32; n];
    let mut total = Derivative { value: 0.0, magnitude: 0.0 };
    for t in 0..setup.steps {
        let mut x: Vec<One<f64>> = (0..n)
            .map(|i| {
                let hit = matches!(direction, Direction::Input { t: at, n } if at == t && n == i);
                seed(setup.input[t * n + i], hit)
            })
            .collect();
        if let Some(weights) = &case.lateral {
            for (i, out) in output.iter().enumerate() {
                for (j, x) in x.iter_mut().enumerate() {
                    *x = *x + *out * One::constant(weights[i * n + j]);
                }
            }
        }
        let integrated: Vec<_> =
            (0..n).map(|i| (model.integrate)(&coeffs[i], &state[i], x[i], silence[i] > 0)).collect();
        let own: Vec<_> = (0..n)
            .map(|i| (model.fire)(&coeffs[i], &integrated[i], x[i], silence[i] > 0, &surrogate))
            .collect();
        if let Some(competition) = case.competition {
            silence.iter_mut().for_each(|s| *s = s.saturating_sub(1));
            let fired: Vec<f64> = own.iter().map(|o| o.value).collect();
            let height = |s: &Vec<One<f64>>| potential.map_or(0.0, |f| s[f].value);
            let heights: Vec<f64> = integrated.iter().map(height).collect();
            let winners = competition.winners([n, 1, 1], &fired, &heights);
            competition.silenced([n, 1, 1], &winners, |i| silence[i] = competition.silence);
        }
        let mut layer = One::<f64>::constant(0.0);
        if layer_sum {
            layer = own.iter().fold(layer, |sum, o| sum + *o);
        }
        for i in 0..n {
            let resetting = if case.detach_reset { own[i].detach() } else { own[i] };
            let (s, _) = (model.emit)(&coeffs[i], &integrated[i], x[i], Fired { own: resetting, layer });
            let (_, out) = (model.emit)(&coeffs[i], &integrated[i], x[i], Fired { own: own[i], layer });
            state[i] = s;
            output[i] = out.value;
            total.add(loss.output[t * n + i], out.value);
            for (field, g) in state[i].iter().zip(&loss.states) {
                total.add(g[t * n + i], *field);
            }
        }
    }
    total
}
