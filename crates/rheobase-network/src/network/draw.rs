//! Parameters of neurons that are drawn: what a [`Draw`] comes to.

use super::describe::{Draw, Network, Numbers};
use super::library::Library;
use super::table::outline_with;
use rheobase_base::{Error, Result};
use rheobase_sim::population::{Column, Values};

impl Draw {
    /// What a population takes for it.
    ///
    /// # Errors
    /// Ends that are no interval.
    pub(super) fn values(&self, place: &str, parameter: &str) -> Result<Values> {
        let [low, high] = self.uniform;
        if !(low.is_finite() && high.is_finite() && low <= high) {
            let rule = "must be two finite numbers, the smaller first";
            let field = format!("draw.{parameter}.uniform");
            return Err(Error::value(place, &field, format!("{:?}", self.uniform), rule));
        }
        Ok(Values::Uniform { low, high, seed: self.seed.unwrap_or(0) })
    }
}

impl Network {
    /// The network, its draws without a seed of their own drawn by this one.
    #[must_use]
    pub fn seeded(mut self, seed: u64) -> Network {
        self.each_neurons(&mut |_, neurons| {
            neurons.draw.values_mut().for_each(|draw| draw.seed = draw.seed.or(Some(seed)));
        });
        self
    }

    /// The network with a number for each neuron in place of every draw: the same network, for readers that know no draws.
    ///
    /// # Errors
    /// A network that cannot be built.
    pub fn drawn(&self, library: &Library) -> Result<Network> {
        let mut network = self.clone();
        if self.neurons_by_name().iter().all(|(_, neurons)| neurons.draw.is_empty()) {
            return Ok(network);
        }
        let rows = outline_with(self, library)?.nodes;
        let mut failed = None;
        network.each_neurons(&mut |name, neurons| {
            let Some(row) = rows.iter().find(|row| row.name == name) else { return };
            for (parameter, draw) in std::mem::take(&mut neurons.draw) {
                match draw.values(name, &parameter) {
                    Ok(values) => {
                        let count = row.shape.iter().product();
                        let column = values.column(&format!("{name}.{parameter}"), count, row.shape[0]);
                        neurons.set.insert(parameter, numbers(column));
                    }
                    Err(error) => failed = Some(error),
                }
            }
        });
        failed.map_or(Ok(network), Err)
    }
}

fn numbers(column: Column<f64>) -> Numbers {
    match column {
        Column::Shared(x) => Numbers::One(x),
        Column::Each(xs) => Numbers::Each(xs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Program, lower};

    /// Three feature maps of 2 × 2 neurons with time constants of their own.
    fn network(draw: &str) -> Result<Network> {
        Network::from_toml(
            &format!(
                "input = [1, 4, 4]\n[[node]]\nname = \"conv\"\nconv = {{ outputs = 3, kernel = [3] }}\n[[node]]\nname = \"cells\"\n\
                 neurons = {{ model = \"lif_exp\", set = {{ v_th = 1.0, v_rest = 0.0, v_reset = 0.0 }}, learn = [\"tau_m[]\"], draw = {draw} }}"
            ),
            "net.toml",
        )
    }

    fn taus(program: &Program) -> Vec<f32> {
        program.parameters().get("cells.tau_m").unwrap().values.clone()
    }

    #[test]
    fn maps_differ_and_their_neurons_do_not() {
        let drawn = |draw: &str| taus(&lower(&network(draw).unwrap(), 0).unwrap());
        let first = drawn("{ tau_m = { uniform = [0.004, 0.08] } }");
        assert_eq!(first.len(), 12);
        assert!(first.iter().all(|tau| (0.004..0.08).contains(tau)));
        assert!(first.chunks(4).all(|map| map.iter().all(|tau| *tau == map[0])));
        assert!(first[0] != first[4] && first[4] != first[8]);
        assert_eq!(drawn("{ tau_m = { uniform = [0.004, 0.08], seed = 0 } }"), first);
        assert_ne!(drawn("{ tau_m = { uniform = [0.004, 0.08], seed = 1 } }"), first);
    }

    #[test]
    fn a_seed_is_taken_where_none_is_given_and_numbers_say_the_same() {
        let network = network("{ tau_m = { uniform = [0.004, 0.08] } }").unwrap().seeded(3).seeded(4);
        let cells = |network: &Network| network.neurons_by_name()[0].1.clone();
        assert_eq!(cells(&network).draw["tau_m"].seed, Some(3));
        let drawn = network.drawn(&Library::default()).unwrap();
        let Numbers::Each(each) = &cells(&drawn).set["tau_m"] else { panic!("one number") };
        assert!(cells(&drawn).draw.is_empty());
        assert_eq!(each.iter().map(|x| *x as f32).collect::<Vec<_>>(), taus(&lower(&network, 0).unwrap()));
        assert_eq!(taus(&lower(&drawn, 7).unwrap()), taus(&lower(&network, 7).unwrap()));
    }

    #[test]
    fn faults_name_the_node_and_the_parameter() {
        for (draw, part) in [
            (
                "{ tau_m = { uniform = [0.1, 0.01] } }",
                "cells.draw.tau_m.uniform = [0.1, 0.01]: must be two finite",
            ),
            ("{ tau_m = { uniform = [0.01, inf] } }", "cells.draw.tau_m.uniform"),
            ("{ tau_n = { uniform = [0.01, 0.1] } }", "tau_m"),
            ("{ v_th = { uniform = [1.0, 2.0] } }", "`v_th` is set and drawn"),
            ("{ tau_m = { uniform = [-2.0, -1.0] } }", "cells.tau_m[0]"),
        ] {
            let error = lower(&network(draw).unwrap(), 0).err().map_or_else(String::new, |e| e.to_string());
            assert!(error.contains(part), "{draw}: {error}");
        }
        let error = network("{ tau_m = { unifrm = [0.1, 0.2] } }").unwrap_err().to_string();
        assert!(error.contains("did you mean `uniform`"), "{error}");
    }
}
