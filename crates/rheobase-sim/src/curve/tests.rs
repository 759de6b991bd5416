//! Tests of static curves.

use super::*;
use crate::Catalog;

fn curve(name: &str, set: &[(&str, f64)]) -> Curve {
    Curve::new(Catalog::standard().get(name).expect("a model"), set).expect("valid parameters")
}

#[test]
fn gain_and_bias_come_back_for_every_closed_form() {
    let (max_rates, intercepts) = ([50.0, 120.0, 390.0], [-0.9, 0.1, 0.95]);
    for name in
        ["lif", "fast_lif", "lif_rate", "spiking_leaky_relu", "rectified_linear", "soft_lif_rate_exact"]
    {
        let c = curve(name, &[]);
        assert!(c.has_closed_form());
        let (gain, bias) = c.gain_bias(&max_rates, &intercepts).expect("reachable");
        let (rates, starts) = c.max_rates_intercepts(&gain, &bias).expect("fires at 1");
        for i in 0..3 {
            assert!((rates[i] - max_rates[i]).abs() < 1e-8, "{name}: {rates:?}");
            assert!((starts[i] - intercepts[i]).abs() < 1e-8, "{name}: {starts:?}");
        }
    }
}

#[test]
fn the_search_agrees_with_the_closed_form() {
    let c = curve("lif", &[]);
    let (max_rates, intercepts) = ([50.0, 120.0], [-0.5, 0.1]);
    let (gain, bias) = c.search_gain_bias(&max_rates, &intercepts).expect("reachable");
    let rates = c.rates(Points::Shared(&[1.0]), &gain, &bias).expect("finite");
    assert!(rates.iter().zip(max_rates).all(|(r, m)| (r - m).abs() < 2.0), "{rates:?}");
}

#[test]
fn simulated_rates_settle_at_the_closed_form() {
    let (lif, inputs) = (curve("lif", &[]), [0.5, 1.1, 2.0, 7.0]);
    let sharp = lif.at(&inputs).expect("closed form");
    // Without adaptation the adaptive neuron is the plain one.
    for name in ["adaptive_lif", "adaptive_lif_rate"] {
        let c = curve(name, &[("inc_w", 0.0)]);
        assert!(!c.has_closed_form());
        let simulated = c.at(&inputs).expect("simulated");
        for (a, b) in simulated.iter().zip(&sharp) {
            assert!((a - b).abs() <= 1e-4 * b, "{name}: {simulated:?} {sharp:?}");
        }
    }
    // With it, the rate r solves r = f(x − inc_w·r).
    for name in ["adaptive_lif", "adaptive_lif_rate"] {
        let c = curve(name, &[("tau_w", 0.1), ("inc_w", 0.01)]);
        let r = c.at(&[4.0]).expect("simulated")[0];
        let f = lif.at(&[4.0 - 0.01 * r]).expect("closed form")[0];
        assert!((r - f).abs() < 0.02 * f, "{name}: {r} {f}");
    }
}

#[test]
fn models_without_a_closed_form_find_gain_and_bias_all_the_same() {
    let c = curve("izhikevich", &[]);
    let (gain, bias) = c.gain_bias(&[40.0], &[0.0]).expect("found");
    let rates = c.rates(Points::Shared(&[-1.0, 1.0]), &gain, &bias).expect("simulated");
    assert!(rates[0] == 0.0 && (rates[1] - 40.0).abs() < 4.0, "{rates:?}");
    assert!(matches!(c.slope_at(&[1.0]), Err(Error::Unsupported { .. })));
    assert!(matches!(c.training(None, &[1.0]), Err(Error::Unsupported { .. })));
}

#[test]
fn points_are_a_column_or_one_row_per_point() {
    let (gain, bias) = ([1.0, 2.0], [0.0, 10.0]);
    let column = current(Points::Shared(&[1.0, 2.0, 3.0]), &gain, &bias).expect("fits");
    assert_eq!(column, [1.0, 12.0, 2.0, 14.0, 3.0, 16.0]);
    assert_eq!(current(Points::Each(&[1.0, 3.0]), &gain, &bias).expect("fits"), [1.0, 16.0]);
    assert!(current(Points::Each(&[1.0, 3.0, 4.0]), &gain, &bias).is_err());
    assert!(current(Points::Shared(&[1.0]), &gain, &[0.0]).is_err());
    assert!(current(Points::Shared(&[f64::NAN]), &gain, &bias).is_err());
}

#[test]
fn slopes_are_the_differences_of_rates() {
    for (name, x) in
        [("soft_lif_rate", 0.1), ("soft_lif_rate_exact", 0.1), ("lif_rate", 0.9), ("leaky_relu", -0.7)]
    {
        let c = curve(name, &[]);
        let (gain, bias, h) = ([3.0], [0.2], 1e-6);
        let at = |x: f64| c.rates(Points::Shared(&[x]), &gain, &bias).expect("finite")[0];
        let slope = c.slopes(Points::Shared(&[x]), &gain, &bias).expect("closed form")[0];
        let difference = (at(x + h) - at(x - h)) / (2.0 * h);
        assert!((slope - difference).abs() < 1e-5 * slope.abs().max(1.0), "{name}: {slope} {difference}");
    }
}

#[test]
fn errors_name_neuron_value_and_rule() {
    let c = curve("lif", &[]);
    let e = c.gain_bias(&[100.0, 600.0], &[0.0, 0.0]).expect_err("beyond 1/t_ref");
    assert_eq!(e.to_string(), "lif.max_rates[1] = 600 Hz: must be > 0 and < 500 Hz, the curve's limit");
    let e = c.gain_bias(&[100.0], &[1.0]).expect_err("an intercept at the maximum");
    assert_eq!(e.to_string(), "lif.intercepts[0] = 1: must be a finite number < 1");
    assert!(c.gain_bias(&[100.0], &[]).is_err());
    assert!(c.max_rates_intercepts(&[0.0], &[0.0]).is_err());
    assert!(c.training(Some(0.0), &[1.0]).is_err());
    let model = Catalog::standard().get("lif").expect("a model");
    assert!(Curve::new(model.clone(), &[("tau_m", -1.0)]).is_err());
    assert!(Curve::new(model, &[("tau", 1.0)]).is_err());
}

#[test]
fn smoothing_makes_the_lif_train_as_the_smoothed_curve() {
    let (x, sigma) = ([-3.0, 0.9, 1.0, 1.5], 0.02);
    let soft = curve("soft_lif_rate", &[("sigma", sigma)]);
    let (rates, slopes) = curve("lif", &[]).training(Some(sigma), &x).expect("trains");
    assert_eq!(rates, soft.at(&x).expect("closed form"));
    assert_eq!(slopes, soft.slope_at(&x).expect("closed form"));
    let (sharp, steep) = curve("lif", &[]).training(None, &x).expect("trains");
    assert_eq!((sharp[2], steep[2]), (0.0, 0.0));
}

#[test]
fn gains_that_numbers_cannot_hold_are_errors_that_say_why() {
    let said = |c: &Curve, rate: f64, intercept: f64| {
        c.gain_bias(&[rate], &[intercept]).expect_err("cannot be met").to_string()
    };
    let lif = curve("lif", &[]);
    let e = said(&lif, 1.3, 0.0);
    assert!(e.starts_with("lif.max_rates[0] = 1.3 Hz: with intercepts[0] = 0 it needs the gain -0e0"), "{e}");
    assert!(e.contains("with tau_m = 0.02 s") && e.contains("ask for at least 1.425 Hz"), "{e}");
    let (gain, bias) = lif.gain_bias(&[1.43], &[0.0]).expect("what the error proposes");
    assert!(lif.rates(Points::Shared(&[1.0]), &gain, &bias).expect("finite")[0] > 1.36);
    let e = said(&curve("lif", &[("tau_m", 1e15)]), 100.0, 0.0);
    assert!(
        e.contains("the gain inf and the bias NaN") && e.contains("make tau_m = 1000000000000000 s smaller"),
        "{e}"
    );
    let e = said(&curve("rectified_linear", &[]), 1e300, 1.0 - f64::EPSILON / 2.0);
    assert!(e.contains("intercept further from 1"), "{e}");
    let e = said(&curve("lif_exp", &[]), 499.999, 0.0);
    assert!(e.contains("reaches 499.999 Hz, the largest of max_rates; ask for lower ones"), "{e}");
}

#[test]
fn max_rates_and_intercepts_are_finite_and_of_neurons_that_fire() {
    let lif = curve("lif", &[]);
    // 1 + ln of a negative number, a rate below 0, a gain that falls, a silent neuron.
    for (gain, bias) in [(1.0, -0.5), (1.0, -6.0), (-2.0, 4.0), (0.5, 0.5)] {
        assert!(lif.max_rates_intercepts(&[gain], &[bias]).is_err(), "{gain} {bias}");
        assert!(lif.search_max_rates_intercepts(&[gain], &[bias]).is_err(), "{gain} {bias}");
    }
    assert!(curve("rectified_linear", &[]).max_rates_intercepts(&[1.0], &[-2.0]).is_err());
}

/// Over wide ranges an answer is a finite gain above 0 that meets the rate, or an error.
#[test]
fn what_gain_bias_answers_holds() {
    let stream = rheobase_base::random::Stream::new(5, "test", "gain and bias");
    let (mut met, mut refused) = (0, 0);
    for (m, name) in [
        "lif",
        "fast_lif",
        "lif_rate",
        "soft_lif_rate",
        "soft_lif_rate_exact",
        "rectified_linear",
        "leaky_relu",
    ]
    .into_iter()
    .enumerate()
    {
        for i in 0..400u64 {
            let u = |k: u32| stream.uniform(i, m as u32, k);
            let power = |k: u32, low: f64, high: f64| 10f64.powf(low + (high - low) * u(k));
            let fields = Catalog::standard().get(name).expect("a model").params();
            let set: Vec<(&str, f64)> = [
                ("tau_m", power(0, -9.0, 16.0)),
                ("t_ref", power(1, -8.0, 2.0)),
                ("amplitude", power(2, -3.0, 3.0)),
            ]
            .into_iter()
            .filter(|(name, _)| fields.iter().any(|f| f.name == *name))
            .collect();
            let c = curve(name, &set);
            let rate = power(3, -12.0, 12.0);
            let intercept = if u(4) < 0.5 { 1.0 - power(5, -17.0, 0.0) } else { 1.0 - power(5, 0.0, 300.0) };
            let Ok((gain, bias)) = c.gain_bias(&[rate], &[intercept]) else {
                refused += 1;
                continue;
            };
            met += 1;
            assert!(
                gain[0] > 0.0 && gain[0].is_finite() && bias[0].is_finite(),
                "{name} {set:?} {rate} {intercept}"
            );
            if name.starts_with("soft") {
                // Gain and bias are those of the sharp curve.
                continue;
            }
            let amplitude = set.iter().find(|(name, _)| *name == "amplitude").map_or(1.0, |(_, x)| *x);
            let got = c.rates(Points::Shared(&[1.0]), &gain, &bias).expect("finite")[0] / amplitude;
            assert!((got / rate - 1.0).abs() < 0.051, "{name} {set:?} {rate} {intercept}: {got}");
        }
    }
    assert!(met > 300 && refused > 300, "{met} {refused}");
}

#[test]
fn a_search_gives_gains_above_0_or_says_why_not() {
    for name in ["if", "lif_exp", "lif_euler", "slif", "izhikevich", "eif", "qif"] {
        let c = curve(name, &[]).settling(Settling { dt: 0.001, settle: 100, measure: 300 });
        for (rate, intercept) in [(0.01, 0.0), (40.0, 0.999), (150.0, -1e12), (900.0, 0.0)] {
            match c.gain_bias(&[rate], &[intercept]) {
                Ok((gain, bias)) => {
                    assert!(gain[0] > 0.0 && gain[0].is_finite() && bias[0].is_finite(), "{name} {rate}")
                }
                Err(e) => assert!(e.to_string().starts_with(name), "{e}"),
            }
        }
    }
}

#[test]
fn steps_that_change_a_rate_are_found_with_the_length_that_would_do() {
    let how = Settling { dt: 0.001, settle: 0, measure: 1000 };
    let lif = curve("lif", &[("t_ref", 0.0)]).settling(how);
    let error = lif.step_error(&[1.1, 10.0], 0.05).expect("simulated").expect("far off");
    assert_eq!((error.input, error.from, error.enough), (10.0, Expected::ClosedForm, Some(0.0002)));
    assert!((error.rate - 333.3).abs() < 1.0 && (error.expected - 474.6).abs() < 0.1, "{error:?}");
    let carrying = lif.with("carry_over", 1.0).expect("a switch");
    assert_eq!(carrying.step_error(&[1.1, 10.0], 0.05).expect("simulated"), None);
    assert_eq!(curve("lif", &[]).settling(how).step_error(&[1.1, 10.0], 0.05).expect("simulated"), None);
    // Forward Euler through an exponential: no closed form.
    let eif = curve("eif", &[]).settling(how).step_error(&[300.0, 500.0], 0.05).expect("simulated");
    let error = eif.expect("20 % off");
    assert!(error.from == Expected::Steps(0.001 / 50.0) && error.relative().abs() > 0.05, "{error:?}");
    let finer = Settling { dt: error.enough.expect("a length"), measure: 5000, ..how };
    assert_eq!(curve("eif", &[]).settling(finer).step_error(&[300.0, 500.0], 0.06).expect("simulated"), None);
    // Impulses come once per step: what is fed depends on dt itself.
    assert_eq!(curve("cuba_lif", &[]).settling(how).step_error(&[0.3], 0.05).expect("simulated"), None);
    assert_eq!(curve("lif_subtract", &[]).step_error(&[0.5], 0.05).expect("simulated"), None);
}
