"""Neurons of Rheobase inside Nengo: neuron types for any ``nengo.Network``, stepped by the engine.

Each type is the one of Nengo (or of NengoDL or nengo-extras) of the same name, with its parameters, its tuning curves and its
state, which can be probed and started as there; only its step is ours. What it sends is in Hz, as in Nengo.

>>> import nengo                                        # doctest: +SKIP
>>> from rheobase.nengo import LIF                      # doctest: +SKIP
>>> with nengo.Network() as net:                        # doctest: +SKIP
...     ensemble = nengo.Ensemble(50, 1, neuron_type=LIF(tau_rc=0.02))

``import rheobase`` alone does not import Nengo; this module needs Nengo 4.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

try:
    import nengo
except ImportError as missing:
    raise ImportError("rheobase.nengo needs Nengo: pip install nengo") from missing
from nengo.params import NumberParam

from ._model import Model, models
from ._native import Population as _Engine

__all__ = [
    "LIF",
    "AdaptiveLIF",
    "AdaptiveLIFRate",
    "FastLIF",
    "Izhikevich",
    "LIFRate",
    "LeakyReLU",
    "RectifiedLinear",
    "SoftLIFRate",
    "SpikingLeakyReLU",
    "SpikingRectifiedLinear",
]


class _Stepped:
    """What all types share: the step, by the engine, in Nengo's own arrays."""

    _fields: ClassVar[tuple[str, ...]] = ()
    """Nengo's names of the model's state fields, in the model's order."""
    _extras: ClassVar[bool] = False
    """Whether names of parameters are those of nengo-extras."""

    @property
    def model(self) -> Model:
        """The model of the catalogue, with the parameters of this type."""
        kind = models[type(self).__name__]
        made = kind.from_nengo_extras if self._extras else kind.from_nengo  # type: ignore[attr-defined]
        return made(**{name: getattr(self, name) for name in self._paramdict if name != "initial_state"})  # type: ignore[attr-defined]

    def step(self, dt: float, J: Any, output: np.ndarray, **state: np.ndarray) -> None:
        """One step of ``dt`` seconds under the currents ``J``: ``output`` becomes what is sent, in Hz, ``state`` advances."""
        if output.dtype not in (np.float32, np.float64):
            return self._step_widened(dt, J, output, state)
        key = (output.size, dt, output.dtype)
        engines: dict[Any, _Engine] = self.__dict__.setdefault("_engines", {})
        engine = engines.get(key)
        if engine is None:
            engine = engines[key] = self.model.population(max(output.size, 1), dt=float(dt), dtype=output.dtype)._own
        J = np.asarray(J, output.dtype)
        if output.size:
            engine.step_in_place(J, [state[name] for name in self._fields], output)
        if self.spiking:  # type: ignore[attr-defined]
            # Nengo's spikes are as high as one step of the rate that they stand for.
            np.divide(output, dt, out=output)

    def _step_widened(self, dt: float, J: Any, output: np.ndarray, state: dict[str, np.ndarray]) -> None:
        """The step of arrays of a dtype that the engine has not, such as half precision: in single precision between steps."""
        wide = {name: values.astype(np.float32) for name, values in state.items()}
        sent = output.astype(np.float32)
        self.step(dt, np.asarray(J, np.float32), sent, **wide)
        output[...] = sent
        for name, values in wide.items():
            state[name][...] = values

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()  # type: ignore[misc]
        state.pop("_engines", None)
        return state


class _ByModel(_Stepped):
    """Types whose tuning curves are not those of the class of Nengo's that they extend."""

    def rates(self, x: Any, gain: Any, bias: Any) -> np.ndarray:
        """Firing rates (in Hz) for represented values ``x``, from the model's closed form."""
        return self.model.rates(self.current(x, gain, bias))  # type: ignore[attr-defined]


class LIFRate(_Stepped, nengo.LIFRate):
    """``nengo.LIFRate``, stepped by Rheobase."""


class LIF(_Stepped, nengo.LIF):
    """``nengo.LIF``, stepped by Rheobase."""

    _fields = ("voltage", "refractory_time")


class AdaptiveLIFRate(_Stepped, nengo.AdaptiveLIFRate):
    """``nengo.AdaptiveLIFRate``, stepped by Rheobase."""

    _fields = ("adaptation",)


class AdaptiveLIF(_Stepped, nengo.AdaptiveLIF):
    """``nengo.AdaptiveLIF``, stepped by Rheobase."""

    _fields = ("voltage", "refractory_time", "adaptation")


class Izhikevich(_Stepped, nengo.Izhikevich):
    """``nengo.Izhikevich``, stepped by Rheobase."""

    _fields = ("voltage", "recovery")


class RectifiedLinear(_Stepped, nengo.RectifiedLinear):
    """``nengo.RectifiedLinear``, stepped by Rheobase."""


class SpikingRectifiedLinear(_Stepped, nengo.SpikingRectifiedLinear):
    """``nengo.SpikingRectifiedLinear``, stepped by Rheobase."""

    _fields = ("voltage",)


class FastLIF(_Stepped, nengo.LIF):
    """The LIF of nengo-extras whose refractory period and spike time are linearised: what its ``step_math`` says."""

    _fields = ("voltage", "refractory_time")
    _extras = True


class SoftLIFRate(_ByModel, nengo.LIFRate):
    """NengoDL's LIF rate, smoothed at threshold over about ``sigma``."""

    sigma = NumberParam("sigma", low=0, low_open=True)

    def __init__(
        self, sigma: float = 1.0, tau_rc: float = 0.02, tau_ref: float = 0.002, amplitude: float = 1, initial_state: Any = None
    ) -> None:
        super().__init__(tau_rc=tau_rc, tau_ref=tau_ref, amplitude=amplitude, initial_state=initial_state)
        self.sigma = sigma


class LeakyReLU(_ByModel, nengo.RectifiedLinear):
    """NengoDL's rectified linear unit with a slope below 0."""

    negative = True
    negative_slope = NumberParam("negative_slope")

    def __init__(self, negative_slope: float = 0.3, amplitude: float = 1, initial_state: Any = None) -> None:
        super().__init__(amplitude=amplitude, initial_state=initial_state)
        self.negative_slope = negative_slope


class SpikingLeakyReLU(_ByModel, nengo.SpikingRectifiedLinear):
    """NengoDL's leaky rectified linear unit that sends positive and negative spikes."""

    _fields = ("voltage",)
    negative = True
    negative_slope = NumberParam("negative_slope")

    def __init__(self, negative_slope: float = 0.3, amplitude: float = 1, initial_state: Any = None) -> None:
        super().__init__(amplitude=amplitude, initial_state=initial_state)
        self.negative_slope = negative_slope
