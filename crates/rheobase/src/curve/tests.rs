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
