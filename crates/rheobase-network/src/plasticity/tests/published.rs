//! The triplet rule against the published dependence on frequency.

use super::*;

/// Change of the weight after 60 pairs at a frequency, post 10 ms after pre or before it. Sjöström et al. 2001,
/// doi:10.1016/S0896-6273(01)00542-6, as fitted by Pfister & Gerstner 2006: frequency in Hz; mean and standard error.
const MEASURED: [(f64, [(f64, f64); 2]); 5] = [
    (0.1, [(-0.04, 0.05), (-0.29, 0.08)]),
    (10.0, [(0.14, 0.10), (-0.41, 0.11)]),
    (20.0, [(0.29, 0.14), (-0.34, 0.10)]),
    (40.0, [(0.53, 0.11), (0.56, 0.32)]),
    (50.0, [(0.56, 0.26), (0.75, 0.19)]),
];

fn change(rule: Rule, frequency: f64, after: bool) -> f64 {
    let period = (1000.0 / frequency) as usize;
    let steps = 60 * period;
    let train = |shift: usize| {
        let of = |t: usize| {
            if t >= shift && (t - shift).is_multiple_of(period) { vec![(0, 1.0)] } else { Vec::new() }
        };
        valued(&(0..steps).map(of).collect::<Vec<_>>(), 1)
    };
    let (early, late) = (train(0), train(10));
    let (pre, post) = if after { (early, late) } else { (late, early) };
    let settings = Plasticity { bounds: [-10.0, 10.0], ..Plasticity::new(rule) };
    let mut weights = [0.0];
    learner(&settings, &dense(1, 1)).sample(&mut weights, &Activity::new(&pre, &post)).unwrap();
    f64::from(weights[0])
}

/// Squared differences in units of the standard errors, over all ten points.
fn error(rule: Rule) -> f64 {
    let square = |(frequency, both): &(f64, [(f64, f64); 2])| {
        let of = |n: usize| ((change(rule.clone(), *frequency, n == 0) - both[n].0) / both[n].1).powi(2);
        of(0) + of(1)
    };
    MEASURED.iter().map(square).sum()
}

#[test]
fn triplets_follow_the_measured_frequencies_and_pairs_cannot() {
    let nearest = Triplet {
        a3_plus: 5e-2,
        a2_minus: 8e-3,
        tau_y: 0.040,
        pairing: Pairing::Nearest,
        ..Triplet::default()
    };
    let full = Triplet {
        a2_plus: 5e-10,
        a3_plus: 6.2e-3,
        a2_minus: 7e-3,
        a3_minus: 2.3e-4,
        tau_x: 0.101,
        tau_y: 0.125,
        ..Triplet::default()
    };
    // Ten points: an error of 10 would be one standard error for each. The fits have a third of that.
    for rule in [Triplet::default(), nearest, full] {
        let error = error(Rule::Triplet(rule));
        assert!(error < 4.0, "{rule:?}: {error}");
        // Potentiation takes over above 30 Hz, whichever comes first.
        assert!(
            change(Rule::Triplet(rule), 20.0, false) < -0.2 && change(Rule::Triplet(rule), 50.0, false) > 0.5
        );
    }
    let pair =
        Pair { a_plus: 4.5e-3, a_minus: 7.1e-3, tau_plus: 0.0168, tau_minus: 0.0337, ..Pair::default() };
    assert!(error(Rule::Pair(pair)) > 40.0);
}
