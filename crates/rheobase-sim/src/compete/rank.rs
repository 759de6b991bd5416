//! What makes a winner: the exact order, or the published score.

use rheobase_models::lanes::Elem;

/// How neurons that fire in the same step are ranked.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// The largest potential wins; among equals the lowest index.
    Exact,
    /// The score that SpykeTorch computes in 32-bit numbers from spikes of value `spike` (1/dt there): potentials
    /// within its coarse resolution tie, negative potentials cannot win.
    Published {
        /// The value of a spike.
        spike: f32,
        /// Whether a spike takes the sign of its potential, as most of the source's layers do.
        signed: bool,
    },
}

impl Ranking {
    /// One score per neuron, `None` where it cannot win.
    pub(super) fn scores<E: Elem>(&self, fired: &[E], potential: &[E]) -> Vec<Option<f64>> {
        let spiked = |f: &E| f.to_f64() != 0.0;
        match *self {
            Ranking::Exact => {
                fired.iter().zip(potential).map(|(f, u)| spiked(f).then(|| u.to_f64())).collect()
            }
            Ranking::Published { spike, signed } => {
                let spikes = |f: &E, u: f32| match (spiked(f), signed) {
                    (false, _) => 0.0,
                    (true, true) => spike.copysign(u),
                    (true, false) => spike,
                };
                let potential = || potential.iter().map(|u| u.to_f64() as f32);
                let own = |f: &E, u: f32| if spiked(f) { spikes(f, u) * u } else { 0.0 };
                let highest =
                    fired.iter().zip(potential()).map(|(f, u)| own(f, u)).fold(f32::NEG_INFINITY, f32::max);
                let score = |f: &E, u: f32| {
                    // The source adds the product with one rounding: exact in 64 bits, rounded once.
                    let exact = f64::from(spikes(f, u)) * f64::from(highest) + f64::from(own(f, u));
                    f64::from(exact as f32)
                };
                fired.iter().zip(potential()).map(|(f, u)| Some(score(f, u))).collect()
            }
        }
    }

    /// Whether the search ends when the best score left is `best`: the published one takes the places of earlier
    /// winners for scores of 0, and 0 for the end.
    pub(super) fn ends(&self, best: f64, found: usize) -> bool {
        match self {
            Ranking::Exact => false,
            Ranking::Published { .. } => best == 0.0 || (found > 0 && best < 0.0),
        }
    }
}
