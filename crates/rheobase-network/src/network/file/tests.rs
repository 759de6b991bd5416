//! Tests of networks in files.

use proptest::prelude::*;

use crate::network::*;
use rheobase_base::Error;
use rheobase_sim::compete::{Competition, Ranking, Scope};

fn read(text: &str) -> rheobase_base::Result<Network> {
    Network::from_toml(text, "net.toml")
}

fn message(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn a_file_is_read_with_its_defaults() {
    let network = read(
        r#"
        input = [1, 8, 8]
        [[node]]
        name = "features"
        conv = { outputs = 4, kernel = [3] }
        [[node]]
        name = "cells"
        neurons.model = "lif"
        neurons.set = { tau_rc = 0.02, tau_ref = [1, 2.5] }
        [[node]]
        name = "flat"
        flatten = {}
        "#,
    )
    .unwrap();
    assert_eq!((network.format, network.dt, &network.output[..]), (1, 0.001, ""));
    let Kind::Conv(conv) = &network.nodes[0].kind else { panic!() };
    assert_eq!((&conv.stride[..], &conv.padding[..], conv.groups, conv.bias), (&[1][..], &[0][..], 1, true));
    let Kind::Neurons(cells) = &network.nodes[1].kind else { panic!() };
    assert_eq!(cells.set["tau_rc"], Numbers::One(0.02));
    assert_eq!(cells.set["tau_ref"], Numbers::Each(vec![1.0, 2.5]));
    assert_eq!(network.nodes[2].kind, Kind::Flatten(Nothing {}));
}

#[test]
fn unknown_keys_are_named_with_line_and_nearest() {
    let cases = [
        ("imput = [3]", "net.toml, line 1: unknown key `imput`; did you mean `input`?"),
        (
            "input = [3]\n[[node]]\nname = \"a\"\nliner = { outputs = 2 }",
            "net.toml, line 4: unknown key `liner`; did you mean `linear`?",
        ),
        (
            "[[node]]\nname = \"a\"\n[node.linear]\noutputs = 2\nbais = true",
            "net.toml, line 5: unknown key `bais`; did you mean `bias`?",
        ),
        (
            "[[node]]\nname = \"a\"\n[node.neurons]\nmodel = \"lif\"\ncompetition = { k = 1, scop = \"layer\" }",
            "net.toml, line 5: unknown key `scop`; did you mean `scope`?",
        ),
        (
            "[[node]]\nname = \"a\"\ncombine = \"stck\"\nrelu = {}",
            "net.toml, line 3: unknown name `stck`; did you mean `stack`?",
        ),
        ("[[node]]\nname = \"a\"\nrelu = { slope = 1 }", "net.toml, line 3: unknown key `slope`"),
        (
            "[[node]]\nname = \"a\"\n[[node.network.node]]\nname = \"b\"\npol = {}",
            "net.toml, line 5: unknown key `pol`; did you mean `pool`?",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(message(text), expected);
    }
}

#[test]
fn wrong_types_and_kinds_are_named_with_their_line() {
    let cases = [
        ("input = [3]\ndt = \"fast\"", "line 2: needs a number, not the text \"fast\""),
        ("input = [3, -1]", "line 1: needs a whole number of at least 0, not -1"),
        ("input = [3]\ninput = [4]", "line 2: duplicate key"),
        ("input = [3", "line 1: "),
        (
            "[[node]]\nname = \"a\"\n\n[node.linear]\noutputs = 1.5",
            "line 5: needs a whole number of at least 0, not 1.5",
        ),
        ("[[node]]\nname = \"a\"\nlinear = {}", "line 3: the table needs a key `outputs`"),
        ("[[node]]\nname = \"a\"\nrelu = {}\ntanh = {}", "`relu` and `tanh` in one node"),
        ("[[node]]\nname = \"a\"", "node `a` has no kind"),
        ("[[node]]\nrelu = {}", "line 1: the table needs a key `name`"),
        (
            "[[node]]\nname = \"a\"\nfrom = [\"input\", { node = \"a\", dely = 1 }]\nrelu = {}",
            "line 3: expected a node's name, or { node = \"name\", delay = 1 }",
        ),
        (
            "[[node]]\nname = \"a\"\n[node.neurons]\nmodel = \"lif\"\nset = { tau_rc = \"long\" }",
            "line 5: expected a number, or a list",
        ),
        (
            "[[node]]\nname = \"a\"\nlinear = { outputs = 1, start = { uniform = nan } }",
            "node[0].linear.start.uniform = nan",
        ),
    ];
    for (text, expected) in cases {
        let message = message(text);
        assert!(message.starts_with("net.toml"), "{message}");
        assert!(message.contains(expected), "{text}\n{message}\n{expected}");
    }
}

#[test]
fn inner_networks_take_the_step_of_the_outer() {
    let text = "dt = 0.5\n[[node]]\nname = \"a\"\n[[node.network.node]]\nname = \"b\"\nrelu = {}\n[[node]]\nname = \"c\"\nnetwork = { dt = 2, node = [] }";
    let network = read(text).unwrap();
    let dts: Vec<f64> = network
        .nodes
        .iter()
        .map(|n| match &n.kind {
            Kind::Network(inner) => inner.dt,
            _ => 0.0,
        })
        .collect();
    assert_eq!(dts, [0.5, 2.0]);
}

#[test]
fn no_shape_of_the_input_is_an_error_when_it_is_lowered() {
    let network = read("[[node]]\nname = \"a\"\nlinear = { outputs = 2 }").unwrap();
    assert!(lower(&network, 0).is_err());
}

#[test]
fn files_are_written_and_read_and_missing_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    let network = Sequential::new([linear(3), neurons("lif").set("tau_rc", 0.1)]).input(&[2]).unwrap();
    network.write(&path).unwrap();
    assert_eq!(Network::read(&path).unwrap(), network);
    let missing = folder.path().join("no.toml");
    assert!(matches!(Network::read(&missing), Err(Error::File { path, .. }) if path == missing));
    std::fs::write(&path, b"input = [\xff]").unwrap();
    assert!(Network::read(&path).unwrap_err().to_string().contains("is not text"));
}

#[test]
fn whole_numbers_that_toml_lacks_are_refused_when_written() {
    let network = Sequential::new([linear(usize::MAX)]).input(&[2]).unwrap();
    assert!(network.to_toml().is_err());
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        proptest::num::f64::ANY.prop_filter("a number", |x| !x.is_nan()),
        Just(-0.0),
        Just(f64::NEG_INFINITY),
        Just(0.1),
        Just(1e300),
    ]
}

fn competition() -> impl Strategy<Value = Competition> {
    let ranking = prop_oneof![
        Just(Ranking::Exact),
        (proptest::num::f32::NORMAL, any::<bool>())
            .prop_map(|(spike, signed)| Ranking::Published { spike, signed })
    ];
    (1..9_usize, 0..9_usize, 0..9_u32, ranking).prop_map(|(k, radius, silence, ranking)| Competition {
        k,
        radius,
        scope: Scope::Location,
        silence,
        ranking,
    })
}

fn part() -> impl Strategy<Value = Part> {
    let start = prop_oneof![
        number().prop_map(WeightStart::Uniform),
        number().prop_map(WeightStart::Normal),
        number().prop_map(WeightStart::Constant),
        (number(), number(), prop::option::of([number(), number()]))
            .prop_map(|(mean, deviation, within)| { WeightStart::Around { mean, deviation, within } })
    ];
    let cells =
        (number(), prop::collection::vec(number(), 0..4), any::<bool>(), prop::option::of(competition()));
    prop_oneof![
        (0..99_usize, start.clone()).prop_map(|(n, start)| linear(n).start(start)),
        (0..99_usize, 1..5_usize, start)
            .prop_map(|(n, k, start)| conv(n, [k, 2]).start(start).without_bias()),
        (1..5_usize, 1..5_usize).prop_map(|(k, s)| max_pool(k).stride([s, 2])),
        (1..5_usize).prop_map(average_pool),
        Just(flatten()),
        Just(identity()),
        Just(sigmoid()),
        number().prop_map(scale),
        number().prop_map(dropout),
        number().prop_map(|x| custom("mine").set("a", x).set("a key with \"quotes\" and é", -x)),
        cells.prop_map(|(x, each, detach, competition)| {
            let part = neurons("lif").set("tau_rc", x).set("v", &each).initial("v", &each);
            let part = part.initial("w", x).learn("v[]").surrogate("triangle", &[x]);
            let part = if detach { part.detach_reset() } else { part };
            competition.map_or(part.clone(), |c| part.compete(c))
        }),
    ]
}

fn network() -> impl Strategy<Value = Network> {
    let chain = || prop::collection::vec(part(), 1..4);
    let inputs = (any::<bool>(), 1..9_usize).prop_map(|(stack, delay)| {
        let sources = [from("input"), from("a").delay(delay), Placeholder("b")];
        if stack { Stack(sources) } else { List(sources) }
    });
    (chain(), chain(), inputs, number(), prop::collection::vec(1..99_usize, 0..4)).prop_map(
        |(first, inner, inputs, dt, shape)| {
            let block = Part::from(Sequential::new(inner));
            let layers = [Layer::new("a", "input", first), Layer::new("b", inputs, [linear(2), block])];
            Network::of(layers).dt(dt).output("a").input(&shape).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn any_network_comes_back_to_the_bit(network in network()) {
        let text = network.to_toml().unwrap();
        let back = read(&text).unwrap();
        // Debug tells −0 from 0, which `==` does not.
        prop_assert_eq!(format!("{back:?}"), format!("{network:?}"), "{}", text);
    }
}

#[test]
fn an_input_of_many_axes_is_refused_in_few_words() {
    let mut network = read("[[node]]\nname = \"a\"\nlinear = { outputs = 2 }").unwrap();
    network.input = vec![1; 100_000];
    let error = outline(&network).unwrap_err().to_string();
    assert!(error.contains("100000 in all") && error.len() < 300, "{error}");
}
