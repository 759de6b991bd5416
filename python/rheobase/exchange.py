"""Models of other frameworks: read, written, replayed, with a report of what was lost.

>>> from rheobase import exchange
>>> model = exchange.read("model.nir", framework="snntorch", settings={"reset_mechanism": "zero"})  # doctest: +SKIP
>>> print(model.report)  # doctest: +SKIP
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._network import Network

__all__ = ["Entry", "Model", "Report", "from_torch", "read", "to_torch", "write"]


class Entry(NamedTuple):
    """What became of a parameter: ``fate`` is exact, rewritten, approximated, lost or refused; ``how`` says how."""

    node: str
    parameter: str
    fate: str
    how: str


class Report(NamedTuple):
    """What became of every parameter of a model."""

    dialect: str
    because: str
    entries: tuple[Entry, ...]

    @property
    def losses(self) -> tuple[Entry, ...]:
        """The entries that are neither exact nor rewritten."""
        return tuple(e for e in self.entries if e.fate not in ("exact", "rewritten"))

    def __str__(self) -> str:
        lines = [f"{self.dialect}: {self.because}" if self.because else self.dialect]
        lines += [f"{e.node}.{e.parameter}: {e.fate}: {e.how}" for e in self.entries if e.fate != "exact"]
        return "\n".join(lines)


def _report(text: str) -> Report:
    found = json.loads(text)
    return Report(found["dialect"], found["because"], tuple(Entry(**e) for e in found["entries"]))


class Model:
    """A model of another framework as a network of ours with its weights; :func:`read` and :func:`from_torch` make them."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Exchanged) -> None:
        self._native = native

    @property
    def report(self) -> Report:
        """What became of every parameter."""
        return _report(self._native.report())

    @property
    def network(self) -> Network:
        """The network. ValueError with the reason if something of the model has no counterpart."""
        return Network._of(self._native.network())

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """The network's tensors by name: ``NODE.weight`` ``[in, out]`` of linear nodes, ``[out, in, …]`` of convolutions."""
        return {name: self._native.weight(name) for name in self._native.names()}

    def run(self, input: Any) -> np.ndarray:
        """What the network gives for ``[time, sample, *shape]``: ``[time, sample, *output]``."""
        values = np.ascontiguousarray(input, dtype=np.float32)
        if values.ndim < 3:
            raise ValueError(f"input: shape {values.shape}, but [time, sample, *shape] is needed")
        return self._native.outputs(values)

    def replay(self, run: str | os.PathLike[str]) -> dict[str, Any]:
        """Compares spikes with those that a framework recorded in ``run`` (npz): ``layers`` says where they differ first."""
        return json.loads(self._native.replay(os.fspath(run)))

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        like: str | os.PathLike[str] | None = None,
        framework: str | None = None,
        v_reset: bool = True,
        strict: bool = False,
    ) -> Report:
        """Writes ``.nir``, ``.safetensors`` or ``.npz``; with ``like`` under the names of that checkpoint."""
        like = None if like is None else os.fspath(like)
        return _report(self._native.write(os.fspath(path), like, framework, v_reset, strict))


def read(
    path: str | os.PathLike[str],
    *,
    framework: str | None = None,
    settings: Mapping[str, Any] | None = None,
    weights: str | os.PathLike[str] | None = None,
    network: str | os.PathLike[str] | None = None,
    input: tuple[int, ...] = (),
) -> Model:
    """Reads a NIR graph, a description (JSON) with ``weights``, or a checkpoint into ``network`` (TOML).

    ``framework`` is who wrote it, ``settings`` what the file leaves open, by the framework's own names.
    """
    said = {name: _word(value) for name, value in (settings or {}).items()}
    weights = None if weights is None else os.fspath(weights)
    network = None if network is None else os.fspath(network)
    return Model(_native.Exchanged.read(os.fspath(path), framework, said, weights, network, list(input)))


def write(model: Model, path: str | os.PathLike[str], **options: Any) -> Report:
    """:meth:`Model.write`."""
    return model.write(path, **options)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


# What describes a layer of each class: attributes by the names that descriptions give them.
_TORCH = {
    "Linear": {"weight": "weight", "bias": "bias"},
    "Conv1d": {k: k for k in ("weight", "bias", "stride", "padding", "dilation", "groups", "padding_mode")},
    "BatchNorm1d": {k: k for k in ("weight", "bias", "running_mean", "running_var", "eps")},
    "AvgPool2d": {"kernel_size": "kernel", "stride": "stride", "padding": "padding"},
    "Flatten": {"start_dim": "start_dim", "end_dim": "end_dim"},
    "Dropout": {},
    "Identity": {},
}
_TORCH["Conv2d"], _TORCH["BatchNorm2d"] = _TORCH["Conv1d"], _TORCH["BatchNorm1d"]
_TORCH["MaxPool2d"] = _TORCH["AvgPool1d"] = _TORCH["MaxPool1d"] = _TORCH["AvgPool2d"]
_OWN = {
    "snntorch": (
        "beta alpha threshold reset_mechanism reset_delay graded_spikes_factor inhibition V R C time_step "
        "recurrent.weight recurrent.bias"
    ),
    "spikingjelly": "tau decay_input v_threshold v_reset w c_decay v_decay",
    "sinabs": "tau_mem tau_syn norm_input spike_threshold min_v_mem rec_connect.weight rec_connect.bias kernel_size stride",
    "norse": "input_weights recurrent_weights",
}
_RENAMED = {
    "recurrent.weight": "recurrent_weight",
    "recurrent.bias": "recurrent_bias",
    "rec_connect.weight": "recurrent_weight",
    "rec_connect.bias": "recurrent_bias",
    "kernel_size": "kernel",
}


def from_torch(module: Any, input: tuple[int, ...]) -> Model:
    """A chain of torch modules (``torch.nn.Sequential`` and what is like it) in memory; ``input`` is a sample's shape in one step.

    Modules are read in the order in which they were added, so only chains can be read.
    """
    layers: list[dict[str, Any]] = []
    tensors: dict[str, np.ndarray] = {}
    frameworks = set()
    for name, leaf in _leaves(module):
        framework, kind = _class(leaf)
        if framework != "torch":
            frameworks.add(framework)
        values = _values(framework, kind, leaf)
        layer: dict[str, Any] = {"name": name, "class": f"torch.nn.{kind}" if framework == "torch" else f"{framework}.{kind}"}
        for key, value in values.items():
            array = _array(value)
            if array is not None and array.ndim > 0:
                tensors[f"{name}.{key}"] = np.ascontiguousarray(array, dtype=np.float64)
                layer[key] = {"tensor": f"{name}.{key}"}
            else:
                layer[key] = value if array is None else array.item()
        layers.append(layer)
    if len(frameworks) > 1:
        raise ValueError(f"module: layers of {sorted(frameworks)}: a model is of one framework")
    described = {"framework": frameworks.pop() if frameworks else "nir", "input": list(input), "layers": layers}
    return Model(_native.Exchanged.layers(json.dumps(described), list(tensors.items())))


def to_torch(model: Model, module: Any) -> None:
    """Gives the weights of ``model`` to a module it was read from, or one of the same layers: what is paired is paired in order."""
    import tempfile

    import torch

    with tempfile.TemporaryDirectory() as folder:
        like, back = os.path.join(folder, "like.pt"), os.path.join(folder, "back.npz")
        state = module.state_dict()
        torch.save(state, like)
        model.write(back, like=like)
        with np.load(back) as arrays:
            given = {name: torch.as_tensor(arrays[name]).to(state[name].dtype) for name in state}
    module.load_state_dict({name: value.reshape(state[name].shape) for name, value in given.items()})


def _leaves(module: Any) -> list[tuple[str, Any]]:
    """Modules that compute something themselves, in order."""
    found = []
    for name, child in module.named_children():
        framework, kind = _class(child)
        known = kind in _TORCH if framework == "torch" else framework in _OWN
        if known and kind not in ("Sequential", "SequentialState"):
            found.append((name, child))
        elif kind in ("Sequential", "SequentialState"):
            found += [(f"{name}_{inner}", leaf) for inner, leaf in _leaves(child)]
        else:
            raise ValueError(f"module.{name}: {type(child).__qualname__} has no counterpart, or is not a chain of modules")
    return found


def _class(module: Any) -> tuple[str, str]:
    return type(module).__module__.split(".")[0], type(module).__name__


def _values(framework: str, kind: str, module: Any) -> dict[str, Any]:
    if framework == "torch":
        return {ours: getattr(module, theirs) for theirs, ours in _TORCH[kind].items()}
    values: dict[str, Any] = {}
    for path in _OWN[framework].split():
        value = module
        for part in path.split("."):
            value = getattr(value, part, None)
        if value is not None and not callable(value):
            values[_RENAMED.get(path, path)] = value
    if framework == "norse":
        values |= {k: v for k, v in module.p._asdict().items() if k not in ("method", "alpha")}
        values["dt"] = module.dt
        if (method := values.pop("reset_method", None)) is not None:
            values["reset_method"] = method.__name__
    if framework == "sinabs":
        values |= _sinabs(module)
    return values


def _sinabs(module: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if (spike := getattr(module, "spike_fn", None)) is not None:
        values["spike_fn"] = spike.__name__ if isinstance(spike, type) else type(spike).__name__
        values["max_num_spikes_per_bin"] = getattr(spike, "max_num_spikes_per_bin", None)
    if (reset := getattr(module, "reset_fn", None)) is not None:
        values["reset_fn"] = {"kind": type(reset).__name__} | {
            key: getattr(reset, key) for key in ("subtract_value", "reset_value") if hasattr(reset, key)
        }
    return values


def _array(value: Any) -> np.ndarray | None:
    """A tensor or a tuple of numbers as an array."""
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if isinstance(value, (tuple, list)):
        return np.asarray(value, dtype=np.float64)
    return None
