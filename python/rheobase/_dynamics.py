"""What a model's equations do: right-hand side, phase plane, excitability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._model import Model, _plain
from ._numbers import vector


class Threshold(NamedTuple):
    """Where firing begins: between two neighbouring values."""

    silent: float
    """The largest value known to leave the neuron silent."""
    fires: float
    """The smallest value known to make it fire."""
    source: str
    """What it follows from: the closed form, the equations, or simulations."""


class FixedPoint(NamedTuple):
    """Where nothing changes, and what happens close to it."""

    at: dict[str, float]
    """The variables there."""
    kind: str
    """Such as ``"stable node"`` or ``"saddle"``."""
    stable: bool
    eigenvalues: np.ndarray
    """Complex, per second (per step, for models that count steps)."""


class PhasePortrait:
    """What is seen in the plane of two variables, or along one. Notebooks show :attr:`figure`."""

    def __init__(self, seen: Mapping[str, Any], figure: _native.Figure, inputs: Sequence[float]) -> None:
        self.axes: dict[str, tuple[float, float]] = {name: (low, high) for name, low, high in seen["axes"]}
        """The variables, and from where to where they are looked at."""
        names = list(self.axes)
        self.fixed_points: dict[float, list[FixedPoint]] = {
            x: [
                FixedPoint(dict(zip(names, at)), kind, stable, np.array([complex(*e) for e in eigenvalues]))
                for at, kind, stable, eigenvalues in points
            ]
            for x, points in zip(inputs, seen["fixed_points"])
        }
        """Fixed points in the window, under each input."""
        self.nullclines: dict[str, list[np.ndarray]] = dict(zip(names, seen["nullclines"]))
        """Where each variable stands still under the last input: lines as arrays ``[point, 2]``. None along one variable."""
        self.threshold: list[np.ndarray] = seen["threshold"]
        """Where the neuron begins to fire under the last input, in the same form."""
        self.figure = figure
        """The picture: vector field and trajectory are those of the last input."""

    def _repr_svg_(self) -> str:
        return self.figure.to_svg()


class Dynamics:
    """A model with its parameters as a dynamical system, from ``model.dynamics()``.

    Models that are differential equations have a right-hand side and a phase plane; all that take a current and fire have a
    rheobase; all respond. After Izhikevich 2007, *Dynamical Systems in Neuroscience* (ISBN 978-0-262-09043-8).

    >>> import rheobase as rb
    >>> rb.LIF().dynamics().rheobase().fires
    1.000000...
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        values = _plain(model._values)
        each = [name for name, value in values if not isinstance(value, float)]
        if each:
            raise ValueError(f"{each[0]}: differs from neuron to neuron, but this looks at one; give it one number")
        self._own = _native.Dynamics(model.name, values)

    @property
    def variables(self) -> tuple[str, ...]:
        """The state fields that move by the differential equation; none if the model is no such equation."""
        return tuple(self._own.variables())

    @property
    def rest(self) -> dict[str, float]:
        """The state at rest."""
        return dict(zip(self._names, self._own.rest()))

    @property
    def _names(self) -> list[str]:
        return [field["name"] for field in self.model.info["state"]]

    def _state(self, state: Mapping[str, float]) -> np.ndarray:
        for name in state:
            if name not in self._names:
                raise TypeError(f"state: {self.model.info['class']} has no {name!r}, only {', '.join(self._names)}")
        return np.array([float(x) for x in {**self.rest, **state}.values()])

    def rhs(self, state: Mapping[str, float], input: float) -> dict[str, float]:
        """Time derivative of the state, per second, under a constant input; fields left out are at rest."""
        return dict(zip(self._names, self._own.rhs(self._state(state), float(input))))

    def jacobian(self, state: Mapping[str, float], input: float) -> np.ndarray:
        """Derivatives of :meth:`rhs` with respect to the state, ``[rhs, field]``, exact."""
        return self._own.jacobian(self._state(state), float(input))

    def rheobase(self, *, dt: float | None = None, horizon: float | None = None) -> Threshold:
        """The smallest constant current that makes a neuron fire which was at rest.

        Args:
            dt: Length of a step where it has to be simulated (20 µs by default).
            horizon: How long neurons are watched (1 s by default).

        Raises:
            ValueError: models that do not fire, take impulses, fire by themselves, or have no leak.
        """
        return Threshold(*self._own.rheobase(dt, horizon))

    def chronaxie(self, *, dt: float | None = None, horizon: float | None = None) -> Threshold:
        """How long twice the rheobase must last to make a neuron fire, in seconds; arguments as of :meth:`rheobase`."""
        return Threshold(*self._own.chronaxie(dt, horizon))

    def strength_duration(
        self, durations: Any, *, dt: float | None = None, horizon: float | None = None
    ) -> list[Threshold | None]:
        """The smallest current for pulses of each duration; ``None`` where none that is allowed is strong enough."""
        found = self._own.strength_duration(vector(durations, "durations"), dt, horizon)
        return [None if one is None else Threshold(*one) for one in found]

    def respond(
        self,
        input: float = 0.0,
        *,
        pulse: tuple[float, float, float] | None = None,
        time: float = 0.5,
        dt: float | None = None,
        start: Mapping[str, float] | None = None,
    ) -> dict[str, np.ndarray]:
        """What one neuron does, in 64 bits: arrays of time, state fields, input, potential and output, and its spikes' times.

        Args:
            input: The constant input.
            pulse: Amplitude, start and duration of a pulse on top of it.
            time: How long.
            dt: Length of a step (20 µs by default).
            start: State fields that do not start at rest.
        """
        return self._own.respond(float(input), pulse, float(time), dt, list((start or {}).items()))

    def phase_portrait(
        self,
        inputs: Any = None,
        *,
        axes: Mapping[str, tuple[float, float] | None] | Sequence[str] | None = None,
        held: Mapping[str, float] | None = None,
    ) -> PhasePortrait:
        """Fixed points, nullclines and the vector field in the plane of two variables, or along one.

        Args:
            inputs: Constant inputs; none and the model's example by default.
            axes: One or two variables, and from where to where; by default the first two, where neurons go.
            held: Values of the state fields on no axis; at rest by default.

        Raises:
            ValueError: models that are not differential equation, variables that do not move.
        """
        if inputs is None:
            inputs = [0.0, self.model.info["example_input"]]
        inputs = vector(inputs, "inputs").tolist()
        if axes is None:
            axes = self.variables[:2]
        spans = axes.items() if isinstance(axes, Mapping) else [(name, None) for name in axes]
        chosen = [(name, None if span is None else (float(span[0]), float(span[1]))) for name, span in spans]
        if len(chosen) > 2:
            raise ValueError(f"axes: has {len(chosen)} variables, but two are drawn at most")
        seen, figure = self._own.portrait(chosen, inputs, list((held or {}).items()))
        return PhasePortrait(seen, figure, inputs)
