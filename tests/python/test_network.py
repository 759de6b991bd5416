"""Networks: from parts, from TOML and back, and what is wrong with them."""

import math
import pickle

import pytest

import rheobase as rb


def test_a_chain_is_what_its_file_says():
    network = rb.Sequential(
        rb.Conv(4, 3, padding=1),
        rb.Neurons(rb.LIF(tau_m=0.01, v_min=-math.inf), surrogate=("boxcar", 0.25), detach_reset=True),
        rb.MaxPool(2),
        rb.Flatten(),
        rb.Linear(128, bias=False).named("hidden_weights"),
        rb.LIFSubtract(tau=rb.Learned(8.0, each=True)),
        rb.Dropout(0.1),
        rb.Linear(10),
        rb.LI(),
        input=(1, 8, 8),
        dt=0.002,
    )
    text = network.to_toml()
    for part in ("tau_m = 0.01", "v_min = -inf", '"boxcar", 0.25', 'learn = ["tau[]"]', "detach_reset = true"):
        assert part in text, part
    assert network.nodes[4] == "hidden_weights" and network.dt == 0.002 and network.input == (1, 8, 8)
    assert rb.Network.from_toml(text) == network == pickle.loads(pickle.dumps(network))
    rows = {name: (what, shape, learned) for name, what, shape, learned in network.table()}
    assert rows["conv"] == ("conv", (4, 8, 8), 4 * 9 + 4) and rows["lif_subtract"][2] == 128
    assert "hidden_weights" in repr(network) and network != rb.Sequential(rb.Linear(2))


def test_files_are_written_and_read(tmp_path):
    network = rb.Sequential(rb.Linear(3), input=2)
    network.write(tmp_path / "net.toml")
    assert rb.Network.read(tmp_path / "net.toml") == network
    with pytest.raises(OSError, match="none.toml"):
        rb.Network.read(tmp_path / "none.toml")


def test_layers_refer_to_each_other():
    network = rb.Layers(
        rb.Layer("hidden", rb.Stack("input", rb.Delayed("hidden")), rb.Linear(5), rb.LIFSubtract()),
        rb.Layer("skip", "input", rb.Linear(5)),
        rb.Layer("both", rb.Sum("hidden", "skip", rb.Delayed("skip", 3)), rb.Identity()),
        rb.Layer("last", "both", rb.Sequential(rb.Linear(2), rb.ReLU())),
        input=4,
        output="both",
    )
    rows = {name: shape for name, _, shape, _ in network.table()}
    assert rows["hidden_linear"] == (5,) and rows["both"] == (5,)
    assert 'delay = 3' in network.to_toml() and 'output = "both"' in network.to_toml()


def test_every_kind_of_node_can_be_made_by_its_name():
    network = rb.Sequential(rb.Part("fire", threshold=15.0), rb.Part("cumulate"), input=3)
    assert "threshold = 15.0" in network.to_toml()
    competition = rb.Competition(k=2, scope="layer")
    network = rb.Sequential(rb.Neurons(rb.LIF(), competition=competition, initial={"v": 0.5}, learn=["initial.v"]), input=3)
    assert 'scope = "layer"' in network.to_toml() and "initial.v" in network.to_toml()


@pytest.mark.parametrize("cls", rb.models.values(), ids=rb.models)
def test_every_model_is_a_part(cls):
    assert rb.Sequential(rb.Linear(3), cls(), input=2).table()[1][0] == cls.name


def test_parameters_are_drawn_by_the_seed_of_the_training():
    drawn = rb.Sequential(rb.Flatten(), rb.Linear(4), rb.LIFExp(tau_m=rb.PerFeature(0.01, 0.03)), rb.Linear(10))
    assert "draw" in drawn.to_toml() and "seed" not in drawn.to_toml()
    fixed = rb.Sequential(rb.LIFExp(tau_m=rb.PerFeature(0.01, 0.03, 5)), input=3)
    assert "seed = 5" in fixed.to_toml() and fixed.table()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: rb.Network.from_toml("node = [{ name = 'a', linea = {} }]"), ValueError, "did you mean `linear`"),
        (lambda: rb.Network.from_toml("nodes = 3"), ValueError, "line 1"),
        (lambda: rb.Network(), TypeError, "Sequential"),
        (lambda: rb.Sequential(3), TypeError, "a part of a network is needed"),
        (lambda: rb.Sequential(rb.LIF), TypeError, "a part of a network is needed"),
        (lambda: rb.Sequential(rb.Part("linear", outputs=3, biass=True)), ValueError, "bias"),
        (lambda: rb.Sequential(rb.Part("linear", outputs="many")), ValueError, "part: line 1: needs a whole number"),
        (lambda: rb.Sequential(rb.Part("linear", outputs=object())), TypeError, "is not a setting"),
        (lambda: rb.Linear(0), ValueError, "outputs = 0"),
        (lambda: rb.Linear(2.5), TypeError, "whole number"),
        (lambda: rb.Sequential(rb.Linear(2), input=0), ValueError, "input = 0"),
        (lambda: rb.Sequential(rb.Linear(2)).table(), ValueError, "no input shape"),
        (lambda: rb.Sequential(rb.Conv(2, 3), input=5).table(), ValueError, "conv"),
        (lambda: rb.Sequential(rb.LIF(tau_m=rb.PerFeature(0.2, 0.1)), input=3).table(), ValueError, "the smaller first"),
        (lambda: rb.Neurons("lif"), TypeError, "a model such as LIF"),
        (lambda: rb.Layers(rb.Layer("a", "b", rb.Linear(2)), input=2).table(), ValueError, "b"),
        (lambda: rb.Layers(rb.Layer("a", rb.Sum("input", "a"), rb.Linear(2)), input=2).table(), ValueError, "a → a"),
        (lambda: rb.Layers(rb.Layer("a", "input"), input=2), ValueError, "has no parts"),
        (lambda: rb.Layers(rb.Linear(2)), TypeError, "a Layer is needed"),
        (lambda: rb.Layer("a", 3, rb.Linear(2)), TypeError, "the name of a layer"),
    ],
)
def test_bad_networks_say_why(call, error, words):
    with pytest.raises(error, match=words):
        call()
