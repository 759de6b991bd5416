"""Rheobase simulates, differentiates and analyses spiking neurons: the same bits on every machine.

>>> import rheobase as rb
>>> recording = rb.LIF(tau_m=0.02).population(20).run(1.2, time=0.3, probes=["v"])
>>> recording["v"].shape
(300, 20)
>>> recording.figure().to_svg()[:4]
'<svg'

``rheobase.models`` lists the neuron models. Errors are of four kinds: ``ValueError`` for values and shapes, ``TypeError`` for
what is not a number and for unknown names, ``OSError`` for files, and ``KeyboardInterrupt``, which ends any long call.
"""

from importlib import import_module
from typing import Any

from ._model import Learned, Model, PerFeature, models
from ._native import Figure, __version__
from ._native import probes as _probes
from ._native import surrogates as _surrogates

_LATER = {
    "_cell": "SLIFCell",
    "_dataset": "Dataset",
    "_dynamics": "Dynamics FixedPoint PhasePortrait Threshold",
    "_epochs": "Control Epoch StageEpoch",
    "_learn": "Job digits fit maps_figure report",
    "_measures": "Burst Correlogram Distances IsiStatistics MeanRates RateOverTime",
    "_network": "AveragePool Conv Delayed Dropout Flatten Identity Layer Layers Linear MaxPool Network Neurons Part ReLU Scale Sequential "
    "Sigmoid Stack Sum SumPool Synapse Tanh",
    "_plasticity": "Learner",
    "_population": "Competition Gradients Population State",
    "_read": "CameraEvents read_events read_trains",
    "_recording": "Events Recording",
    "_rows": "SpikeRows",
    "_runs": "Comparison sweep",
    "_settings": "SettingKey Settings",
    "_sound": "Sound read_wav",
    "_stimulus": "Stimulus",
    "_trained": "Answers Conversion Session Trained from_relu",
    "_trains": "SpikeTrains",
    "_verify": "Verified verify",
}
"""What is loaded when it is first asked for, by the module that it is in: no program needs all, and all would wait for it."""

_MODULE_OF = {name: module for module, names in _LATER.items() for name in names.split()}
_MODULE_OF.update({name: name for name in ("analyse", "exchange", "vision")})


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_MODULE_OF[name]}", __name__)
    found = globals()[name] = module if name == _MODULE_OF[name] else getattr(module, name)
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULE_OF})


probes: dict[str, str] = dict(_probes())
"""What can be probed in every model besides its state fields, with its meaning."""

surrogates: dict[str, dict] = {surrogate["name"]: surrogate for surrogate in _surrogates()}
"""What can stand in for the derivative of a spike, by name: slope, parameters, source."""

globals().update(models)

__all__ = [
    "analyse",
    "exchange",
    "Answers",
    "AveragePool",
    "Burst",
    "CameraEvents",
    "Comparison",
    "Competition",
    "Control",
    "Conv",
    "Conversion",
    "Correlogram",
    "Dataset",
    "Delayed",
    "digits",
    "Distances",
    "Dropout",
    "Dynamics",
    "Epoch",
    "Events",
    "Figure",
    "fit",
    "FixedPoint",
    "Flatten",
    "from_relu",
    "Gradients",
    "Identity",
    "IsiStatistics",
    "Job",
    "Layer",
    "Layers",
    "Learned",
    "Learner",
    "Linear",
    "maps_figure",
    "MaxPool",
    "MeanRates",
    "Model",
    "models",
    "Network",
    "Neurons",
    "Part",
    "PerFeature",
    "PhasePortrait",
    "Population",
    "probes",
    "RateOverTime",
    "read_events",
    "read_trains",
    "read_wav",
    "Recording",
    "ReLU",
    "report",
    "Scale",
    "Sequential",
    "Session",
    "SettingKey",
    "Settings",
    "Sigmoid",
    "SLIFCell",
    "Sound",
    "SpikeRows",
    "SpikeTrains",
    "StageEpoch",
    "Stack",
    "State",
    "Stimulus",
    "Sum",
    "SumPool",
    "Synapse",
    "surrogates",
    "sweep",
    "Tanh",
    "Threshold",
    "Trained",
    "Verified",
    "verify",
    "vision",
    *models,
]
