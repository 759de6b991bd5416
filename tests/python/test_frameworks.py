"""Models of other frameworks from Python."""

from pathlib import Path

import numpy as np
import pytest
from rheobase import exchange

DATA = Path(__file__).parents[2] / "crates" / "rheobase-exchange" / "tests" / "data"


def test_a_file_is_read_with_a_report_and_gives_the_recorded_spikes(tmp_path: Path) -> None:
    case = DATA / "snntorch" / "rleaky_all_to_all"
    model = exchange.read(case / "model.nir")
    assert model.report.dialect == "snntorch 1.0.0" and "betray" in model.report.because
    assert {e.parameter for e in model.report.losses} >= {"reset_mechanism", "reset_delay"}
    assert "reset_mechanism: lost" in str(model.report)
    found = model.replay(case / "run.npz")
    assert [layer["differ"] for layer in found["layers"]] == [0]
    run = np.load(case / "run.npz")
    assert np.array_equal(model.run(run["input"]), run["output"])
    assert model.weights["0.weight"].shape == (6, 12) and model.network.input == (6,)
    written = model.write(tmp_path / "back.safetensors")
    assert written.entries[0].fate == "exact"
    assert exchange.read(tmp_path / "back.safetensors").network == model.network


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    file = DATA / "norse" / "tie" / "model.nir"
    with pytest.raises(ValueError, match="did you mean `norse`"):
        exchange.read(file, framework="nors")
    with pytest.raises(ValueError, match="unknown setting"):
        exchange.read(file, framework="norse", settings={"reset": True})
    with pytest.raises(OSError, match="cannot be read"):
        exchange.read("nowhere.nir")
    network = tmp_path / "net.toml"
    network.write_text('input = [6]\nnode = [{ name = "a", linear = { outputs = 2 } }]\n')
    with pytest.raises(OSError, match="Sequential"):
        exchange.read(DATA / "snntorch" / "mlp" / "module.pt", network=network)


def test_files_that_hold_no_layers_of_a_framework_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="weights.safetensors: holds no layers of a framework; `rheobase convert --to"):
        exchange.from_file(DATA / "norse" / "tie" / "weights.safetensors")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"\xff" * 100)
    with pytest.raises(OSError, match="says that its header has"):
        exchange.from_file(damaged)
    with pytest.raises(OSError, match="cannot be read"):
        exchange.from_file(tmp_path / "nowhere.safetensors")


def test_a_chain_of_torch_is_read_and_given_its_weights_back() -> None:
    torch = pytest.importorskip("torch")
    snntorch = pytest.importorskip("snntorch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(6, 12),
        snntorch.Leaky(beta=0.9, init_hidden=True, reset_mechanism="zero"),
        torch.nn.Linear(12, 4),
        snntorch.Leaky(beta=0.8, init_hidden=True),
    )
    model = exchange.from_torch(net, (6,))
    x = (torch.rand(50, 3, 6) < 0.3).float() * 3
    with torch.no_grad():
        expected = torch.stack([net(frame) for frame in x]).numpy()
    assert expected.sum() > 10
    assert np.array_equal(model.run(x.numpy()), expected)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        net[0].weight.zero_()
    exchange.to_torch(model, net)
    assert all(torch.equal(net.state_dict()[name], before[name]) for name in ("0.weight", "0.bias", "2.weight"))


def test_other_modules_are_refused_by_name() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="Bilinear"):
        exchange.from_torch(torch.nn.Sequential(torch.nn.Bilinear(2, 2, 2)), (2,))
