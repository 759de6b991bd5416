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

from . import analyse, exchange, vision
from ._cell import SLIFCell
from ._dataset import Dataset
from ._dynamics import Dynamics, FixedPoint, PhasePortrait, Threshold
from ._epochs import Control, Epoch, StageEpoch
from ._learn import Job, digits, fit, maps_figure, report
from ._measures import Burst, Correlogram, Distances, IsiStatistics, MeanRates, RateOverTime
from ._model import Learned, Model, PerFeature, models
from ._native import Figure, __version__
from ._native import probes as _probes
from ._native import surrogates as _surrogates
from ._network import (
    AveragePool,
    Conv,
    Delayed,
    Dropout,
    Flatten,
    Identity,
    Layer,
    Layers,
    Linear,
    MaxPool,
    Network,
    Neurons,
    Part,
    ReLU,
    Scale,
    Sequential,
    Sigmoid,
    Stack,
    Sum,
    SumPool,
    Synapse,
    Tanh,
)
from ._plasticity import Learner
from ._population import Competition, Gradients, Population, State
from ._read import CameraEvents, read_events, read_trains
from ._recording import Events, Recording
from ._rows import SpikeRows
from ._runs import Comparison, sweep
from ._settings import SettingKey, Settings
from ._sound import Sound, read_wav
from ._stimulus import Stimulus
from ._trained import Answers, Conversion, Session, Trained, from_relu
from ._trains import SpikeTrains
from ._verify import Verified, verify

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
