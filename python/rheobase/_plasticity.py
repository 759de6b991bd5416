"""Plasticity: a connection whose weights follow the spikes on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._numbers import count, layer_shape, numbers
from ._rows import rows, whole
from ._toml import toml


class Changes(NamedTuple):
    """What a sample has changed."""

    winners: list[tuple[int, int, int]]
    """Who won, the first first, as (feature, row, column); empty where all that fire learn."""
    features: np.ndarray
    """Features whose weights may have changed."""


class Learner:
    """One connection that learns by a rule of plasticity, sample after sample; it holds the weights.

    Its settings are those of a job's stages, by the same keys: ``rule`` (``{"order": {"ltp": …, "ltd": …}}``, ``{"pair": …}``,
    ``{"triplet": …}``), ``bounds``, ``winners``, ``reward``, ``homeostasis``, ``normalize``. The page on plasticity says what
    they mean; what comes out is the same to the last bit on every machine.

    Args:
        weights: What it begins with: ``[in, out]``, or ``[out, channel, row, column]`` of a convolution, within the bounds.
        input: Shape of the input of a convolution, ``(channel, row, column)``.
        stride: Places from one window of a convolution to the next.
        padding: Places of 0 around its input.
        delay: Steps from a spike to its arrival.
        dt: Length of a step in seconds, for rules with time constants.
        name: What errors call it.
        settings: The rule and all else that is said of it.

    Raises:
        ValueError: settings out of range or that do not go together, weights outside the bounds.

    >>> learner = Learner([[0.5], [0.5]], rule={"order": {"ltp": 0.1, "ltd": -0.1}}, winners={"k": 1})
    >>> learner.sample([[1, 0], [0, 0]], [[0], [1]]).winners
    [(0, 0, 0)]
    >>> learner.weights.ravel()
    array([0.525, 0.475], dtype=float32)
    """

    __slots__ = ("_own", "_conv")

    def __init__(
        self,
        weights: Any,
        *,
        input: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        delay: int = 0,
        dt: float = 0.001,
        name: str = "learner",
        **settings: Any,
    ) -> None:
        array = numbers(weights, np.float32, "weights")
        kind: Any
        if input is None:
            if array.ndim != 2:
                raise ValueError(f"weights: has shape {array.shape}, but [in, out] is needed; a convolution needs input= as well")
            kind = array.shape
        else:
            if array.ndim < 3:
                raise ValueError(f"weights: has shape {array.shape}, but [out, channel, row, column] is needed")
            shape = layer_shape(input)
            if len(shape) != array.ndim - 1 or array.shape[1] == 0 or shape[0] % array.shape[1]:
                raise ValueError(f"input: is {shape}, but weights of shape {array.shape} do not go with it")
            geometry = {
                "outputs": array.shape[0],
                "kernel": list(array.shape[2:]),
                "stride": _lengths(stride, "stride", 1),
                "padding": _lengths(padding, "padding", 0),
                "dilation": [1],
                "groups": shape[0] // array.shape[1],
            }
            kind = (geometry, shape)
        text = "\n".join(f"{key} = {toml(value, key)}" for key, value in settings.items())
        self._conv = input is not None
        self._own = _native.Learner(name, text, kind, count(delay, "delay", 0), float(dt), array)

    def sample(self, pre: Any, post: Any, *, winners: Any = None, reward: Any = None) -> Changes:
        """Learns from a whole sample.

        Args:
            pre: Spikes of the inputs: :class:`SpikeRows`, or an array ``[time, …]`` that is not 0 where there is one.
            post: Spikes of the outputs, as many steps; where winners are to be found, valued by their potentials.
            winners: The outputs that learn, as (feature, row, column), where they are known.
            reward: One number for the sample, or one for each step, for rules that wait for it.

        Raises:
            ValueError: spikes, winners and rewards that do not fit the connection or the rule. Nothing has changed then.
        """
        return self._learn(pre, post, winners, reward, False)

    def steps(self, pre: Any, post: Any, *, winners: Any = None, reward: Any = None) -> Changes:
        """Goes through some steps of a longer run, with pair and triplet rules: any split gives the same bits."""
        return self._learn(pre, post, winners, reward, True)

    def _learn(self, pre: Any, post: Any, winners: Any, reward: Any, part: bool) -> Changes:
        places = None if winners is None else [_place(place) for place in winners]
        paid = [] if reward is None else numbers(reward, np.float32, "reward").reshape(-1).tolist()
        found, features = self._own.learn(rows(pre, "pre"), rows(post, "post"), places, paid, part)
        return Changes([tuple(place) for place in found], np.array(features, np.uint32))

    def reset(self) -> None:
        """Forgets traces, eligibility and what has not arrived yet, as every sample does at its start."""
        self._own.reset()

    @property
    def weights(self) -> np.ndarray:
        """The weights as they are: a copy. Setting them checks the bounds."""
        return self._own.weights()

    @weights.setter
    def weights(self, weights: Any) -> None:
        array = numbers(weights, np.float32, "weights")
        if array.shape != self.weights.shape:
            raise ValueError(f"weights: has shape {array.shape}, but {self.weights.shape} is needed")
        self._own.set_weights(array)

    @property
    def samples(self) -> int:
        """Samples that are over."""
        return self._own.samples

    @property
    def wins(self) -> np.ndarray:
        """How often each feature has won; spiked, where there are no winners."""
        return self._own.wins()

    @property
    def thresholds(self) -> np.ndarray:
        """What homeostasis adds to the threshold of each feature; empty without it."""
        return self._own.thresholds()

    @property
    def rates(self) -> np.ndarray:
        """``ltp`` and ``ltd`` of each feature of the order rule, ``[feature, 2]``; empty for other rules."""
        return self._own.rates()

    def set_rates(self, ltp: float, ltd: float, feature: int | None = None) -> None:
        """Sets the order rule's rates for the samples to come, of one feature or of all."""
        self._own.set_rates(None if feature is None else count(feature, "feature", 0), (float(ltp), float(ltd)))

    @property
    def convergence(self) -> float:
        """The mean of w(1 − w) of the weights between their bounds: 0 where all are at a bound."""
        return self._own.convergence()

    def save(self) -> dict[str, np.ndarray]:
        """Weights and all that is carried from sample to sample, as arrays by name: ``np.savez(file, **learner.save())``."""
        return {"weights": self.weights, **self._own.save()}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Puts back what :meth:`save` gave, of this learner or one like it."""
        kept = {name: np.ascontiguousarray(saved[name]) for name in saved}
        weights = kept.pop("weights", None)
        if weights is None:
            raise ValueError("saved: has no 'weights'; it is not what save() gave")
        self._own.restore(list(kept.items()))
        self.weights = weights

    def __repr__(self) -> str:
        return f"<Learner of {self.weights.shape} weights after {self.samples} samples>"


def _place(place: Any) -> list[int]:
    numbers = whole(np.atleast_1d(place), "winners").tolist()
    if len(numbers) > 3:
        raise ValueError(f"winners: {place!r} is no (feature, row, column)")
    return numbers + [0] * (3 - len(numbers))


def _lengths(given: Any, argument: str, least: int) -> list[int]:
    many: Iterable[Any] = given if isinstance(given, (tuple, list)) else [given]
    return [count(one, argument, least) for one in many]
