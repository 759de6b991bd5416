"""Models of other frameworks: read, written, replayed, with a report of what was lost.

>>> from rheobase import exchange
>>> model = exchange.read("model.nir", framework="snntorch", settings={"reset_mechanism": "zero"})  # doctest: +SKIP
>>> print(model.report)  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._network import Network

__all__ = ["Entry", "Model", "Report", "from_file", "from_torch", "read", "to_torch", "write"]


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
    import json

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
        import json

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
        """Writes ``.nir``, ``.safetensors`` or ``.npz``; with ``like`` under the names of that checkpoint.

        With ``framework`` a NIR graph is written as that framework's reader takes it, weights as those of its own layers.
        """
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
_CONV = "weight bias stride padding dilation groups padding_mode"
_NORM = "weight bias running_mean running_var eps"
_POOL = "kernel_size stride padding ceil_mode count_include_pad divisor_override dilation"
_TORCH = {
    "Linear": "weight bias",
    **dict.fromkeys(("Conv1d", "Conv2d"), _CONV),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d"), _NORM),
    **dict.fromkeys(("AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d"), _POOL),
    "Flatten": "start_dim end_dim",
    "Dropout": "",
    "Dropout1d": "",
    "Dropout2d": "",
    "Identity": "",
}
_OWN = {
    "snntorch": (
        "beta alpha threshold reset_mechanism reset_delay graded_spikes_factor inhibition V R C time_step "
        "recurrent.weight recurrent.bias state_quant surrogate_disable"
    ),
    "spikingjelly": "tau decay_input v_threshold v_reset w c_decay v_decay",
    "sinabs": "tau_mem tau_syn norm_input spike_threshold min_v_mem rec_connect.weight rec_connect.bias kernel_size stride",
    "norse": "input_weights recurrent_weights autapses dt",
    "rockpool": "weight bias leak_mode tau_mem tau_syn alpha beta threshold dt n_synapses max_spikes_per_dt noise_std",
}
# What only passes on to the modules within it.
_CONTAINERS = {
    "Sequential",
    "SequentialState",
    "RecurrentSequential",
    "TorchSequential",
    "DataParallel",
    "DistributedDataParallel",
    "OptimizedModule",
    "Lift",
    "SeqToANNContainer",
    "MultiStepContainer",
    "StepModeContainer",
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
    import json

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


def to_torch(model: Model, module: Any) -> Any:
    """``model`` as modules of a framework, or its weights in a module that is there.

    ``module`` is the name of a framework (snntorch, norse, spikingjelly, sinabs, rockpool): new modules in a chain, which compute the
    same steps; or a module that the model was read from, or one of the same layers, which takes the weights, paired in order.
    The modules are given back. ValueError with the reason where a layer has no counterpart.
    """
    import tempfile

    import torch

    with tempfile.TemporaryDirectory() as folder:
        if isinstance(module, str):
            file = os.path.join(folder, "model.safetensors")
            model.write(file, framework=module)
            return _built(file)
        like, back = os.path.join(folder, "like.pt"), os.path.join(folder, "back.npz")
        state = module.state_dict()
        torch.save(state, like)
        model.write(back, like=like)
        with np.load(back) as arrays:
            given = {name: torch.as_tensor(arrays[name]).to(state[name].dtype) for name in state}
    module.load_state_dict({name: value.reshape(state[name].shape) for name, value in given.items()})
    return module


def from_file(path: str | os.PathLike[str]) -> Any:
    """The modules of a framework that ``rheobase convert --to FRAMEWORK`` wrote into a safetensors file.

    Raises:
        OSError: a file that cannot be read, or holds no layers of a framework.
    """
    return _built(path)


def _built(path: str | os.PathLike[str]) -> Any:
    """The modules that a file describes, with their state."""
    text, tensors = _native.Exchanged.described(path)
    import json

    import torch

    description, arrays = json.loads(text), dict(tensors)
    framework = description["framework"]
    made = []
    for layer in description["layers"]:
        name, (of, kind) = layer["name"], layer["class"].rsplit(".", 1)
        tensor = lambda field, name=name: arrays.get(f"{name}.{field}")
        values = {key: _number(value) for key, value in layer.items() if key not in ("name", "class", "weight", "bias")}
        if kind in ("Linear", "LinearTorch") or kind.startswith("Conv"):
            made.append(_map(framework, kind, tensor("weight"), tensor("bias"), values))
        elif of == "torch.nn":
            values["kernel_size"] = values.pop("kernel", None)
            made.append(getattr(torch.nn, kind)(**{key: value for key, value in values.items() if value is not None}))
        else:
            if framework == "rockpool":
                values |= {field: torch.as_tensor(tensor(field)) for field in ("alpha", "beta", "threshold", "bias")}
            made.append(_NEURONS[framework](kind, values))
    module = _chain(framework, made)
    state = module.state_dict()
    given = {name: torch.as_tensor(array) for name, array in arrays.items()}
    module.load_state_dict({name: value.to(state[name].dtype) if name in state else value for name, value in given.items()})
    return module.eval()


def _number(value: Any) -> Any:
    """Lists of numbers as tensors; sizes of windows stay lists of whole numbers."""
    import torch

    if isinstance(value, list):
        whole = len(value) <= 2 and all(isinstance(x, int) for x in value)
        return tuple(value) * (3 - len(value)) if whole else torch.tensor(value, dtype=torch.float32)
    return value


def _map(framework: str, kind: str, weight: np.ndarray, bias: np.ndarray | None, values: dict[str, Any]) -> Any:
    import torch

    if framework == "rockpool":
        from rockpool.nn.modules import LinearTorch

        return LinearTorch(weight.shape, has_bias=bias is not None)
    if kind == "Linear":
        return torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    axes, groups = weight.ndim - 2, values.get("groups", 1)
    spread = {key: value[:axes] if isinstance(value, tuple) else value for key, value in values.items()}
    conv = torch.nn.Conv1d if axes == 1 else torch.nn.Conv2d
    return conv(weight.shape[1] * groups, weight.shape[0], weight.shape[2:], bias=bias is not None, **spread)


def _snntorch(kind: str, values: dict[str, Any]) -> Any:
    import snntorch

    return getattr(snntorch, kind)(init_hidden=True, **values)


def _norse(kind: str, values: dict[str, Any]) -> Any:
    import norse.torch
    import torch
    from norse.torch.functional import reset

    dt = values.pop("dt")
    if "reset_method" in values:
        values["reset_method"] = getattr(reset, values["reset_method"])
    parameters = getattr(norse.torch, kind.removesuffix("Cell") + "Parameters")
    numbers = {key: torch.as_tensor(value) if isinstance(value, float) else value for key, value in values.items()}
    return getattr(norse.torch, kind)(p=parameters(**numbers), dt=dt)


def _spikingjelly(kind: str, values: dict[str, Any]) -> Any:
    from spikingjelly.activation_based import neuron

    return getattr(neuron, kind)(**values)


def _sinabs_neurons(kind: str, values: dict[str, Any]) -> Any:
    import torch
    from sinabs import activation, layers

    if kind == "SumPool2d":
        return layers.SumPool2d(values["kernel"], values["stride"])
    if kind != "ExpLeak":
        most, amount = values.pop("max_num_spikes_per_bin"), values.pop("subtract_value")
        spikes, reset = values.pop("spike_fn"), getattr(activation, values.pop("reset_fn"))
        values["spike_fn"] = activation.MaxSpike(int(most)) if spikes == "MaxSpike" else getattr(activation, spikes)
        values["reset_fn"] = reset() if amount is None else reset(amount)
        values["spike_threshold"] = torch.as_tensor(values["spike_threshold"])
    return getattr(layers, kind)(**values)


def _rockpool(kind: str, values: dict[str, Any]) -> Any:
    import torch
    from rockpool.nn import modules

    width = len(values["threshold"])
    values["max_spikes_per_dt"] = torch.as_tensor(values["max_spikes_per_dt"])
    return getattr(modules, kind)((width, width), **values)


_NEURONS = {
    "snntorch": _snntorch,
    "norse": _norse,
    "spikingjelly": _spikingjelly,
    "sinabs": _sinabs_neurons,
    "rockpool": _rockpool,
}


def _chain(framework: str, modules: list[Any]) -> Any:
    import torch

    if framework == "norse":
        import norse.torch

        return norse.torch.SequentialState(*modules)
    if framework == "rockpool":
        from rockpool.nn.combinators import Sequential

        return Sequential(*modules)
    return torch.nn.Sequential(*modules)


def _leaves(module: Any) -> list[tuple[str, Any]]:
    """Modules that compute something themselves, in order."""
    found = []
    for name, child in module.named_children():
        framework, kind = _class(child)
        if kind in _CONTAINERS:
            # Names that only wrap say nothing.
            outer = "" if name in ("module", "_orig_mod", "lifted_module") else f"{name}_"
            found += [(f"{outer}{inner}" if outer else inner, leaf) for inner, leaf in _leaves(child)]
        elif (framework == "torch" and kind in _TORCH) or (framework != "torch" and framework in _OWN):
            found.append((name, child))
        else:
            raise ValueError(f"module.{name}: {type(child).__qualname__} has no counterpart, or is not a chain of modules")
    return found


def _class(module: Any) -> tuple[str, str]:
    """Framework and class; layers that a framework derives from torch's own (``layer.Conv2d``) are torch's."""
    framework, kind = type(module).__module__.split(".")[0], type(module).__name__
    if framework in _OWN:
        for base in type(module).__mro__[1:]:
            if base.__module__.startswith("torch.nn.") and base.__name__ in _TORCH:
                return "torch", base.__name__
        # Norse names what runs over all steps without `Cell`.
        if framework == "norse" and hasattr(module, "p") and not kind.endswith("Cell"):
            kind += "Cell"
    return framework, kind


def _values(framework: str, kind: str, module: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path in (_TORCH[kind] if framework == "torch" else _OWN[framework]).split():
        value = module
        for part in path.split("."):
            value = getattr(value, part, None)
        if value is not None and (not callable(value) or path in ("state_quant",)):
            values[_RENAMED.get(path, path)] = value
    if framework == "snntorch" and (quant := values.get("state_quant")) is not None:
        values["state_quant"] = bool(quant)
    if framework == "norse":
        values |= {k: v for k, v in module.p._asdict().items() if k not in ("method", "alpha")}
        if (method := values.pop("reset_method", None)) is not None:
            values["reset_method"] = method.__name__
    if framework == "sinabs":
        values |= _sinabs(module)
    if framework == "rockpool" and "w_rec" in dict(module.named_parameters()):
        values["w_rec"] = module.w_rec
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
