"""Stimuli: inputs over time that are made step by step and never stored."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _native
from ._numbers import numbers


class Stimulus:
    """An input over time, in the unit of the model's input; stimuli are added up with ``+``.

    Times are in seconds and rates in Hz; for models that count steps, times are steps and rates are per step. Time starts at
    the population's last reset. Whatever is random depends on ``seed`` of the run, the model's name, and the place in the sum.

    >>> Stimulus.constant(0.5) + Stimulus.step(0.1, 1.0, off=0.2)
    Stimulus.constant(0.5) + Stimulus.step(0.1, 1.0, 0.2)
    """

    __slots__ = ("_parts",)
    _parts: tuple[Any, ...]
    # NumPy's numbers and arrays leave the sum to this class.
    __array_ufunc__ = None

    def __init__(self) -> None:
        raise TypeError("make a stimulus by its kind, such as Stimulus.step(0.1, 1.2)")

    @classmethod
    def _of(cls, *parts: tuple[str, list[float]] | np.ndarray) -> Stimulus:
        stimulus = object.__new__(cls)
        stimulus._parts = parts
        return stimulus

    @classmethod
    def constant(cls, value: Any) -> Stimulus:
        """The same in every step: one number, or one for each neuron."""
        array = numbers(value, np.float64, "value")
        return cls._of(("constant", [float(array)]) if array.ndim == 0 else array.reshape(-1).copy())

    @classmethod
    def array(cls, values: Any) -> Stimulus:
        """Numbers step by step, to be added to others: ``[time]``, ``[time, neuron]`` or ``[time, batch, neuron]``.

        One neuron and one sample serve all. There must be as many steps as the run has.
        """
        array = numbers(values, np.float64, "values")
        if not 1 <= array.ndim <= 3 or array.size == 0:
            raise ValueError(f"values: has shape {array.shape}, but [time], [time, neuron] or [time, batch, neuron] is needed")
        neurons = 1 if array.ndim == 1 else array.shape[-1]
        return cls._of(array.reshape(len(array), -1, neurons).copy())

    @classmethod
    def uniform(cls, low: float, high: float) -> Stimulus:
        """The same in every step, drawn uniformly on [low, high) for each neuron."""
        return cls._numbers("uniform", low, high)

    @classmethod
    def step(cls, on: float, amplitude: float, off: float = math.inf) -> Stimulus:
        """``amplitude`` from time ``on`` until ``off``, else 0."""
        return cls._numbers("step", on, amplitude, off)

    @classmethod
    def ramp(cls, start: float, end: float) -> Stimulus:
        """From ``start`` towards ``end``, which it reaches after as many steps as the run has."""
        return cls._numbers("ramp", start, end)

    @classmethod
    def sine(cls, mean: float, amplitude: float, hertz: float) -> Stimulus:
        """``mean + amplitude * sin(2 * pi * hertz * t)``."""
        return cls._numbers("sine", mean, amplitude, hertz)

    @classmethod
    def noise(cls, mean: float, std: float) -> Stimulus:
        """Normal, independent in every step and neuron."""
        return cls._numbers("noise", mean, std)

    @classmethod
    def poisson(cls, rate: float, weight: float) -> Stimulus:
        """Events at random times, independent in every neuron.

        An event is a pulse of area ``weight`` (a current of weight/dt for one step), or an impulse of ``weight`` where the
        model takes impulses.
        """
        return cls._numbers("poisson", rate, weight)

    @classmethod
    def _numbers(cls, kind: str, *values: float) -> Stimulus:
        return cls._of((kind, [float(value) for value in values]))

    def _prepared(self, model: str, steps: int, batch: int, neurons: int, dt: float, seed: int) -> _native.Prepared:
        return _native.Prepared(list(self._parts), model, steps, batch, neurons, dt, seed)

    def __add__(self, other: Any) -> Stimulus:
        if not isinstance(other, Stimulus):
            other = Stimulus.constant(other)
        return Stimulus._of(*self._parts, *other._parts)

    __radd__ = __add__

    def __repr__(self) -> str:
        def text(part: Any) -> str:
            if isinstance(part, np.ndarray) and part.ndim == 3:
                return f"Stimulus.array(<{' x '.join(map(str, part.shape))} numbers>)"
            if isinstance(part, np.ndarray):
                return f"Stimulus.constant({np.array2string(part, separator=', ', threshold=6)})"
            kind, values = part
            shown = values[:2] if kind == "step" and values[2] == math.inf else values
            return f"Stimulus.{kind}({', '.join(map(repr, shown))})"

        return " + ".join(map(text, self._parts))
