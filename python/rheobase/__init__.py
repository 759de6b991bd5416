"""Rheobase simulates, differentiates and analyses spiking neurons: the same bits on every machine.

>>> import rheobase as rb
>>> recording = rb.LIF(tau_m=0.02).population(20).run(1.2, time=0.3, probes=["v"])
>>> recording["v"].shape
(300, 20)
>>> recording.figure().to_svg()[:4]
'<svg'

``rheobase.models`` lists the neuron models. Errors are of four kinds: ``ValueError`` for values and shapes, ``TypeError`` for
what is no number and for unknown names, ``OSError`` for files, and ``KeyboardInterrupt``, which ends any long call.
"""

from . import analyse
from ._cell import SLIFCell
from ._dynamics import Dynamics, FixedPoint, PhasePortrait, Threshold
from ._model import Model, PerFeature, models
from ._native import Figure, __version__
from ._native import probes as _probes
from ._native import surrogates as _surrogates
from ._population import Competition, Gradients, Population, State
from ._recording import Events, Recording
from ._stimulus import Stimulus
from ._trains import Burst, Correlogram, Distances, IsiStatistics, MeanRates, RateOverTime, SpikeTrains, read_trains

probes: dict[str, str] = dict(_probes())
"""What can be probed in every model besides its state fields, with its meaning."""

surrogates: dict[str, dict] = {surrogate["name"]: surrogate for surrogate in _surrogates()}
"""What can stand in for the derivative of a spike, by name: slope, parameters, source."""

globals().update(models)

__all__ = [
    "Burst",
    "Competition",
    "Correlogram",
    "Distances",
    "Dynamics",
    "Events",
    "Figure",
    "FixedPoint",
    "Gradients",
    "IsiStatistics",
    "MeanRates",
    "Model",
    "PerFeature",
    "PhasePortrait",
    "Population",
    "RateOverTime",
    "Recording",
    "SLIFCell",
    "SpikeTrains",
    "State",
    "Stimulus",
    "Threshold",
    "analyse",
    "models",
    "probes",
    "read_trains",
    "surrogates",
    *models,
]
