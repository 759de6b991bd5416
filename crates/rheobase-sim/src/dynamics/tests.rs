//! Tests of dynamics against closed forms.

use super::*;
use crate::Catalog;

fn dynamics(name: &str, set: &[(&str, f64)]) -> Dynamics {
    Dynamics::new(Catalog::standard().get(name).unwrap(), set).unwrap()
}

/// A fast search: coarser, shorter.
const COARSE: Search = Search { dt: 1e-4, horizon: 0.4 };

fn names(d: &Dynamics) -> Vec<&str> {
    d.variables().iter().map(|f| f.name).collect()
}

#[test]
fn clocks_are_no_variables() {
    assert_eq!(names(&dynamics("lif", &[])), ["v"]);
    assert_eq!(names(&dynamics("adex", &[])), ["v", "w"]);
    assert_eq!(names(&dynamics("if", &[])), ["v"]);
    assert_eq!(names(&dynamics("izhikevich", &[])), ["v", "w"]);
    assert_eq!(names(&dynamics("adaptive_lif", &[])), ["v", "w"]);
    assert_eq!(names(&dynamics("adaptive_lif_rate", &[])), ["w"]);
    assert_eq!(names(&dynamics("slif", &[])), ["v"]);
    assert!(names(&dynamics("lif_decay", &[])).is_empty());
}

#[test]
fn the_jacobian_is_that_of_differences_for_every_model() {
    for model in Catalog::standard().models() {
        let d = Dynamics::new(model.clone(), &[]).unwrap();
        let (x, name) = (model.info().example_input, model.info().name);
        // Away from rest, where clocks switch.
        let state: Vec<f64> = d.rest().iter().map(|v| v + 0.37).collect();
        let Ok(jacobian) = d.jacobian(&state, x) else {
            assert!(!d.has_rhs(), "{name}");
            continue;
        };
        let n = state.len();
        for j in 0..n {
            let beside = |h: f64| {
                let mut s = state.clone();
                s[j] += h;
                d.rhs(&s, x).unwrap()
            };
            let h = 1e-5;
            let (a, b) = (beside(h), beside(-h));
            for i in 0..n {
                let (slope, exact) = ((a[i] - b[i]) / (2.0 * h), jacobian[i * n + j]);
                assert!((slope - exact).abs() <= 1e-4 * exact.abs().max(1.0), "{name}: {slope} {exact}");
            }
        }
    }
}

#[test]
fn a_leaky_neuron_rests_where_its_closed_form_says() {
    let d = dynamics("lif", &[("tau_m", 0.02)]);
    let line = d.line(&Axis::new("v", -1.0, 3.0), &[]).unwrap();
    for x in [0.0, 0.5, 1.7] {
        let points = line.fixed_points(x).unwrap();
        assert_eq!(points.len(), 1, "{points:?}");
        let p = &points[0];
        assert!((p.at[0] - x).abs() < 1e-12 && (p.eigenvalues[0].re + 50.0).abs() < 1e-9, "{p:?}");
        assert_eq!((p.kind, p.beyond_threshold), (Kind::StableNode, x > 1.0));
    }
    assert!((line.threshold(0.0).unwrap().unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn a_parabola_has_two_rests_one_or_none() {
    let d = dynamics("qif", &[]);
    let line = d.line(&Axis::new("v", -90.0, -20.0), &[]).unwrap();
    let kinds = |x| line.fixed_points(x).unwrap().iter().map(|p| p.kind).collect::<Vec<_>>();
    assert_eq!(kinds(0.0), [Kind::StableNode, Kind::UnstableNode]);
    // The parabola's depth, a/4·(v_c − v_rest)², is the rheobase.
    let (a, tau, c) = (0.04, 0.02, 0.281);
    let rheobase = a / 4.0 * 15.0 * 15.0 * c / tau;
    assert_eq!(kinds(0.999_999 * rheobase).len(), 2, "two that are closer than the grid");
    assert!(kinds(1.001 * rheobase).is_empty());
    let points = line.fixed_points(0.0).unwrap();
    assert!((points[0].at[0] + 65.0).abs() < 1e-12 && (points[1].at[0] + 50.0).abs() < 1e-12);
    assert!((points[1].eigenvalues[0].re - a * 15.0 / tau).abs() < 1e-9);
    let found = d.rheobase(COARSE).unwrap();
    assert!(found.source == Source::Equations && (found.fires / rheobase - 1.0).abs() < 1e-9, "{found:?}");
    // A spike that starts within the horizon needs more: close to the rheobase it comes late.
    let late = d.strength_duration(&[0.4], COARSE).unwrap()[0].unwrap().fires;
    assert!(late > rheobase && late < 1.5 * rheobase, "{late} {rheobase}");
}

#[test]
fn what_equations_say_of_the_rheobase_is_what_neurons_do() {
    for name in ["eif", "slif", "lif_exp", "lif", "lif_euler"] {
        let d = dynamics(name, &[]);
        let found = d.rheobase(COARSE).unwrap();
        assert_ne!(found.source, Source::Simulation, "{name}");
        let simulated = d.strength_duration(&[0.4], COARSE).unwrap()[0].unwrap();
        assert!((simulated.fires / found.fires - 1.0).abs() < 0.02, "{name}: {simulated:?} {found:?}");
    }
}

#[test]
fn a_perfect_integrator_has_no_isolated_rest_and_no_rheobase() {
    let d = dynamics("if", &[]);
    assert!(d.line(&Axis::new("v", -80.0, 0.0), &[]).unwrap().fixed_points(0.0).unwrap().is_empty());
    let said = d.rheobase(COARSE).unwrap_err().to_string();
    assert!(said.contains("no leak"), "{said}");
    assert!(dynamics("spiking_rectified_linear", &[]).rheobase(COARSE).is_err());
}

#[test]
fn izhikevichs_points_and_eigenvalues_are_those_of_the_quadratic_formula() {
    let d = dynamics("izhikevich", &[]);
    let plane = d.plane(&Axis::new("v", -90.0, 40.0), &Axis::new("w", -25.0, 20.0), &[]).unwrap();
    let points = plane.fixed_points(0.0).unwrap();
    assert_eq!(points.len(), 2, "{points:?}");
    let (a, b) = (0.02, 0.2);
    for (point, v) in points.iter().zip([-70.0, -50.0]) {
        assert!((point.at[0] - v).abs() < 1e-9 && (point.at[1] - b * v).abs() < 1e-9, "{point:?}");
        // Of [[0.08·v + 5, −1], [a·b, −a]] per ms.
        let (j, trace) = (0.08 * v + 5.0, 0.08 * v + 5.0 - a);
        let determinant = -a * j + a * b;
        let root = (trace * trace / 4.0 - determinant).sqrt();
        for (e, exact) in point.eigenvalues.iter().zip([trace / 2.0 + root, trace / 2.0 - root]) {
            assert!(e.im == 0.0 && (e.re - 1000.0 * exact).abs() < 1e-8, "{e:?} {exact}");
        }
    }
    assert_eq!([points[0].kind, points[1].kind], [Kind::StableNode, Kind::Saddle]);
}

#[test]
fn points_of_nullclines_stand_still() {
    let d = dynamics("adex", &[]);
    let plane = d.plane(&Axis::new("v", -80.0, -40.0), &Axis::new("w", -200.0, 900.0), &[]).unwrap();
    for x in [0.0, 800.0] {
        let lines = plane.nullclines(x).unwrap();
        for (i, lines) in lines.iter().enumerate() {
            assert!(!lines.is_empty());
            for p in lines.iter().flatten() {
                let slopes = d.rhs(&[p[0], p[1], 0.0], x).unwrap();
                assert!(slopes[i].abs() < 1e-6, "{p:?} {slopes:?}");
            }
        }
    }
    let field = plane.field(7, 5, 800.0).unwrap();
    assert_eq!((field.at.len(), field.by.len()), (35, 35));
    assert_eq!(field.by[9], d.rhs(&[field.at[9][0], field.at[9][1], 0.0], 800.0).unwrap()[..2]);
    let threshold = plane.threshold(0.0).unwrap();
    assert!(threshold.concat().iter().all(|p| (p[0] + 40.4).abs() < 1e-9) && threshold.len() == 1);
}

#[test]
fn adex_loses_its_two_fixed_points_above_the_rheobase() {
    let d = dynamics("adex", &[]);
    // Where the nullclines touch: at v = theta_rh + delta_t·ln(1 + a·R), with R = tau_m/c_m.
    let (r, a, delta) = (0.00937 / 0.281, 4.0, 2.0);
    let slope: f64 = 1.0 + a * r;
    let v = -50.4 + delta * slope.ln();
    let saddle_node = (slope * (v + 70.6) - delta * slope) / r;
    let plane = d.plane(&Axis::new("v", -90.0, -40.0), &Axis::new("w", -100.0, 200.0), &[]).unwrap();
    assert_eq!(plane.fixed_points(0.99 * saddle_node).unwrap().len(), 2);
    assert_eq!(plane.fixed_points((1.0 - 1e-5) * saddle_node).unwrap().len(), 2);
    assert!(plane.fixed_points(1.001 * saddle_node).unwrap().is_empty());
    // From rest it fires a little earlier: adaptation lags behind.
    let rheobase = d.rheobase(COARSE).unwrap().fires;
    assert!(rheobase < 1.001 * saddle_node && rheobase > 0.8 * saddle_node, "{rheobase} {saddle_node}");
}

#[test]
fn lapicques_neuron_has_lapicques_constants() {
    for (tau_m, name) in [(0.02, "lif"), (0.007, "lif"), (0.02, "fast_lif")] {
        let d = dynamics(name, &[("tau_m", tau_m)]);
        let rheobase = d.rheobase(COARSE).unwrap();
        assert!(
            rheobase.source == Source::ClosedForm && (rheobase.fires - 1.0).abs() < 1e-12,
            "{rheobase:?}"
        );
        let how = Search { dt: 1e-5, horizon: 0.1 };
        let chronaxie = d.chronaxie(how).unwrap();
        let exact = tau_m * std::f64::consts::LN_2;
        let room = if name == "lif" { 1e-9 } else { 0.01 * tau_m };
        assert!(chronaxie.silent <= exact + room && exact <= chronaxie.fires + room, "{chronaxie:?} {exact}");
        assert!((chronaxie.fires - chronaxie.silent - how.dt).abs() < 1e-12);
    }
    // I(d) = 1/(1 − exp(−d/tau)), and the curve is twice the rheobase at the chronaxie.
    let d = dynamics("lif", &[]);
    let durations = [0.001, 0.01, 0.05, 0.02 * std::f64::consts::LN_2];
    let curve = d.strength_duration(&durations, COARSE).unwrap();
    for (t, threshold) in durations.iter().zip(curve) {
        let steps = (t / COARSE.dt - 1e-9).ceil();
        let exact = -1.0 / (-steps * COARSE.dt / 0.02).exp_m1();
        let Some(threshold) = threshold else {
            assert!(exact > d.model().info().input_range[1], "{t}");
            continue;
        };
        assert!((threshold.fires / exact - 1.0).abs() < 1e-5, "{t}: {threshold:?} {exact}");
    }
}

#[test]
fn simulated_rheobases_lie_where_leaky_neurons_have_them() {
    // Without adaptation the adaptive neuron is the plain one.
    let d = dynamics("adaptive_lif", &[("inc_w", 0.0)]);
    let found = d.rheobase(COARSE).unwrap();
    assert!(found.source == Source::Simulation && (found.fires - 1.0).abs() < 1e-5, "{found:?}");
    let chronaxie = d.chronaxie(COARSE).unwrap();
    let exact = 0.02 * std::f64::consts::LN_2;
    assert!(chronaxie.silent <= exact && exact <= chronaxie.fires, "{chronaxie:?}");
}

#[test]
fn what_cannot_fire_says_so() {
    let said =
        |name: &str, set: &[(&str, f64)]| dynamics(name, set).rheobase(COARSE).unwrap_err().to_string();
    assert!(said("lif_rate", &[]).contains("does not fire: its output is a number"));
    assert!(said("lif_decay", &[]).contains("takes impulses"));
    assert!(said("lif_exp", &[("v_rest", 0.0), ("v_th", -10.0)]).contains("without any input"));
    assert!(said("lif_exp", &[("v_th", 1e6)]).contains("does not fire at inputs up to"));
    let d = dynamics("lif", &[]);
    assert!(d.rheobase(Search { dt: 0.0, horizon: 1.0 }).is_err());
    assert!(d.rheobase(Search { dt: 1e-9, horizon: 1.0 }).is_err());
    assert!(d.rheobase(Search { dt: 1e-3, horizon: f64::NAN }).is_err());
    assert!(d.strength_duration(&[0.0], COARSE).is_err() && d.strength_duration(&[9.0], COARSE).is_err());
}

#[test]
fn models_without_equations_say_so() {
    let d = dynamics("lif_decay", &[]);
    let error = d.line(&Axis::new("v", 0.0, 1.0), &[]).err().unwrap();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    assert!(d.rhs(&d.rest(), 0.0).is_err() && d.jacobian(&d.rest(), 0.0).is_err());
}

#[test]
fn bad_sections_are_refused() {
    let d = dynamics("adex", &[]);
    let (v, w) = (Axis::new("v", -80.0, -40.0), Axis::new("w", 0.0, 10.0));
    let said = |x: &Axis, y: &Axis, held: &[(&str, f64)]| d.plane(x, y, held).err().unwrap().to_string();
    assert!(said(&v, &v, &[]).contains("on both axes"));
    assert!(said(&v, &Axis::new("u", 0.0, 1.0), &[]).contains("unknown state field `u`"));
    assert!(said(&v, &Axis::new("refractory", 0.0, 1.0), &[]).contains("does not move"));
    assert!(said(&v, &Axis::new("w", 1.0, 1.0), &[]).contains("to a greater one"));
    assert!(said(&v, &Axis::new("w", f64::NAN, 1.0), &[]).contains("to a greater one"));
    assert!(said(&v, &Axis::new("w", f64::NEG_INFINITY, 1.0), &[]).contains("to a greater one"));
    assert!(said(&v, &w, &[("v", 1.0)]).contains("on an axis"));
    assert!(said(&v, &w, &[("refractory", f64::NAN)]).contains("finite"));
    let plane = d.plane(&v, &w, &[]).unwrap();
    assert!(plane.fixed_points(f64::NAN).is_err() && plane.nullclines(f64::INFINITY).is_err());
    assert!(plane.field(0, 5, 0.0).is_err() && plane.field(usize::MAX, 5, 0.0).is_err());
    assert!(d.rhs(&[0.0], 0.0).is_err() && d.rhs(&[f64::NAN, 0.0, 0.0], 0.0).is_err());
    let model = Catalog::standard().get("adex").unwrap();
    assert!(Dynamics::new(model.clone(), &[("tau_m", -1.0)]).is_err());
    assert!(Dynamics::new(model, &[("tau", 1.0)]).is_err());
}

#[test]
fn a_pulse_moves_the_neuron_and_a_strong_one_makes_it_fire() {
    let d = dynamics("lif", &[]);
    let pulse = |amplitude| Some(Pulse { amplitude, start: 0.01, duration: 0.02 });
    let weak = d.respond(0.0, pulse(1.2), 0.1, 1e-4, &[]).unwrap();
    assert!(weak.spikes.is_empty() && weak.input.iter().filter(|x| **x > 0.0).count() == 200);
    let v = &weak.states[0];
    let peak = 1.2 * -(-1.0f64).exp_m1();
    assert!((v[299] - peak).abs() < 1e-9 && (v[499] - peak * (-1.0f64).exp()).abs() < 1e-9);
    assert!((weak.times()[299] - 0.03).abs() < 1e-12);
    let strong = d.respond(0.0, pulse(3.0), 0.1, 1e-4, &[]).unwrap();
    let first = 0.01 + 0.02 * 1.5f64.ln();
    assert!((strong.spikes[0] - first).abs() < 1e-6, "{:?}", strong.spikes);
    let path = strong.path(0, 0);
    assert_eq!(path.len(), strong.spikes.len() + 1);
    assert!(path[0].last().unwrap()[0] > 1.0 && path[1][0][0] == 0.0);
    assert!(
        d.respond(0.0, Some(Pulse { amplitude: 1.0, start: 1.0, duration: 0.1 }), 0.1, 1e-4, &[]).is_err()
    );
    assert!(d.respond(f64::NAN, None, 0.1, 1e-4, &[]).is_err());
    assert!(d.respond(0.0, None, -0.1, 1e-4, &[]).is_err() && d.respond(0.0, None, 1.0, 1e-9, &[]).is_err());
    assert!(d.respond(0.0, None, 0.1, 1e-4, &[("u", 1.0)]).is_err());
}

#[test]
fn every_model_with_equations_has_an_axis_on_which_it_can_be_looked_at() {
    for model in Catalog::standard().models() {
        let d = Dynamics::new(model.clone(), &[]).unwrap();
        for field in d.variables() {
            let axis = d.usual_axis(field.name, &[0.0, model.info().example_input]).unwrap();
            assert!(axis.low < axis.high, "{}: {axis:?}", model.info().name);
            d.line(&axis, &[]).unwrap().fixed_points(model.info().example_input).unwrap();
        }
    }
}
