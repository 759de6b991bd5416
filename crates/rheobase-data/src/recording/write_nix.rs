//! Trains as Neo writes them into NIX: a segment for each trial, and in it a multi tag for each train.
//!
//! What Neo links to from several places stands in one: within the segment, where Neo looks for it.
//! Layout: <https://nixio.readthedocs.io>, <https://neo.readthedocs.io/en/latest/neo.io.html>.

use rheobase_signals::SpikeTrains;

use super::found::Said;
use super::write_hdf5::{check_clock, identity, text};
use crate::hdf5_tree::{Tree, Value};

/// When all was made: the same for the same trains. NIX takes 0 for no date.
const MADE: &str = "19700101T000001";

/// The bytes of a file with one block.
pub(super) fn bytes(trains: &SpikeTrains) -> Said<Vec<u8>> {
    check_clock(trains)?;
    let mut things = Things { made: 0 };
    let digits = trains.samples.saturating_sub(1).to_string().len();
    let mut segments = Vec::new();
    for trial in 0..trains.samples.max(1) {
        let mut tags = Vec::new();
        for neuron in 0..trains.neurons() {
            tags.push(things.train(trains, trial, neuron));
        }
        let kind = "neo.segment";
        let name = format!("{kind}.{trial:032x}");
        let metadata = things.metadata(&name, kind, &format!("trial {trial:0digits$}"), None);
        let parts = Tree::group(vec![("metadata", metadata), ("multi_tags", Tree::named(tags))]);
        segments.push((name.clone(), things.named(parts, &name, kind).1));
    }
    let kind = "neo.block";
    let name = format!("{kind}.{:032x}", 0);
    let metadata = things.metadata(&name, kind, "rheobase", None);
    let empty = || Tree::group(Vec::new());
    let parts = Tree::group(vec![
        ("data_arrays", empty()),
        ("groups", Tree::named(segments)),
        ("metadata", metadata),
        ("multi_tags", empty()),
    ]);
    let block = things.named(parts, &name, kind).1;
    let data = Tree::named(vec![(name, block)]);
    Tree::group(vec![("data", data), ("metadata", empty())])
        .with("format", text("nix"))
        .with("version", Value::Words(vec![1, 2, 1]))
        .with("id", text(&identity(0)))
        .with("created_at", text(MADE))
        .with("updated_at", text(MADE))
        .bytes()
}

/// Things of NIX, each with an identity of its own, which rises: Neo reads trains in its order.
struct Things {
    made: usize,
}

impl Things {
    /// A thing with its identity.
    fn thing(&mut self, tree: Tree, name: &str) -> (String, Tree) {
        self.made += 1;
        let id = identity(self.made);
        let tree = tree
            .with("name", text(name))
            .with("entity_id", text(&id))
            .with("created_at", text(MADE))
            .with("updated_at", text(MADE));
        (id, tree)
    }

    /// A thing that is of some type.
    fn named(&mut self, tree: Tree, name: &str, kind: &str) -> (String, Tree) {
        let (id, tree) = self.thing(tree, name);
        (id, tree.with("type", text(kind)))
    }

    /// What is known of a thing: what a user calls it, and its window in s.
    fn metadata(&mut self, name: &str, kind: &str, called: &str, window: Option<(f64, f64)>) -> Tree {
        let mut facts = vec![
            ("neo_name", self.thing(Tree::array(Value::Texts(vec![called.into()])), "neo_name").1),
            ("nix_name", self.thing(Tree::array(Value::Texts(vec![name.into()])), "nix_name").1),
        ];
        if let Some((start, stop)) = window {
            for (edge, time) in [("t_start", start), ("t_stop", stop)] {
                let (_, fact) = self.thing(Tree::array(Value::Floats(vec![time])), edge);
                facts.push((edge, fact.with("unit", text("s"))));
            }
        }
        let parts =
            Tree::group(vec![("properties", Tree::group(facts)), ("sections", Tree::group(Vec::new()))]);
        self.named(parts, name, &format!("{kind}.metadata")).1
    }

    /// A train, under its identity.
    fn train(&mut self, trains: &SpikeTrains, trial: usize, neuron: usize) -> (String, Tree) {
        let place = trial * trains.neurons() + neuron;
        let kind = "neo.spiketrain";
        let name = format!("{kind}.{place:032x}");
        let window = trains.windows.get(trial).copied().unwrap_or(trains.window);
        let metadata = self.metadata(&name, kind, &trains.names[neuron], Some(window));
        let times = Tree::group(vec![("data", Tree::array(Value::Floats(trains.times[place].clone())))]);
        let (_, times) = self.named(times, &format!("{name}.times"), &format!("{kind}.times"));
        let parts = Tree::group(vec![("metadata", metadata), ("positions", times.with("unit", text("s")))]);
        self.named(parts, &name, kind)
    }
}
