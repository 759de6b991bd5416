"""Trained networks: what they answer, as rates and as spikes, at once and step by step."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._arrays import AsArray
from ._dataset import arrays
from ._epochs import Epoch
from ._network import Network
from ._numbers import count, numbers
from ._rows import whole
from ._settings import Settings

CHECKPOINT = "checkpoint.safetensors"
"""What the command calls the checkpoint in a run's folder."""


class _Answers(NamedTuple):
    classes: np.ndarray
    """The class of the highest score, sample by sample."""
    scores: np.ndarray
    """``[sample, class]``: the higher, the likelier."""
    rates: dict[str, float]
    """Spikes per neuron and step of each spiking layer."""
    accuracy: float | None
    """Share classified right, where the classes are known."""
    loss: float | None
    """Mean loss, where the classes are known."""


class Answers(AsArray, _Answers):
    """What a network gives for some samples; ``numpy.asarray`` takes the scores."""

    __slots__ = ()

    def _array(self) -> np.ndarray:
        return self.scores

    def confusion(self, y: Any) -> np.ndarray:
        """How often samples of each class ``y`` (rows) were taken for each (columns)."""
        known = whole(y, "y")
        if known.shape != self.classes.shape:
            raise ValueError(f"y: has shape {known.shape}, but there are {len(self.classes)} samples")
        classes = self.scores.shape[1]
        if known.size and known.max() >= classes:
            raise ValueError(f"y: has {known.max()}, but there are {classes} classes, counted from 0")
        counts = np.zeros((classes, classes), np.uint64)
        np.add.at(counts, (known, self.classes), 1)
        return counts

    def confusion_figure(self, y: Any, names: Iterable[str] = (), title: str = "", *, ax: Any = None) -> Any:
        """:meth:`confusion` as a picture; drawn into axes of matplotlib where ``ax`` is given."""
        figure = _native.draw_confusion(self.confusion(y), [str(name) for name in names], title)
        return figure if ax is None else figure.draw(ax)


class Conversion(NamedTuple):
    """What a network trained as rates gives as spikes, and what that costs."""

    as_trained: float
    """Share classified right as it was trained."""
    as_rates: float
    """By the same curves no longer smoothed."""
    predicted: float
    """The share expected as spikes, before it was tried."""
    as_spikes: float
    """The share classified right as spikes."""
    classes: np.ndarray
    """The class of the highest score as spikes, sample by sample."""
    course: list[dict[str, float]]
    """Points of the presentation: ``steps``, ``correct``, ``spikes`` and ``operations`` per sample."""
    settled: tuple[int, int]
    """The step after which half and 95 % of the answers no longer change."""
    layers: list[dict[str, Any]]
    """Layer by layer how far spikes are from curves, in Hz, and shares of silent and saturated neurons."""


class Trained:
    """The network of a checkpoint, ready to be used; it needs none of the samples it was trained on.

    Args:
        path: A checkpoint of Python's or the command's, or the folder of a run.
        threads: Number of threads; all by default.
    """

    __slots__ = ("_own",)
    _own: _native.Trained

    def __init__(self, path: str | os.PathLike[str], *, threads: int | None = None) -> None:
        self._own = _native.Trained(_checkpoint(path), 0 if threads is None else count(threads, "threads"))

    @property
    def history(self) -> list[Epoch]:
        """The epochs that were done."""
        return [Epoch(**epoch) for epoch in self._own.history()]

    @property
    def fingerprint(self) -> str:
        """Hash of what was learned."""
        return self._own.fingerprint()

    def figure(self, *, log: bool = False, ax: Any = None) -> Any:
        """Loss (on a logarithmic axis with ``log``) and accuracy over the epochs, of training, and of validation and test where
        epochs have them; drawn into two axes of matplotlib where ``ax`` is given."""
        figure = _native.draw_learning([list(epoch) for epoch in self.history], log)
        return figure if ax is None else figure.draw(ax)

    def weights_figure(self, name: str | None = None, *, map: tuple[int, int] | None = None, ax: Any = None) -> Any:
        """Weights as maps: of a dense layer what each neuron has from its inputs, as an image where the inputs are one.

        Args:
            name: A parameter, or its node; the first weights by default.
            map: Rows and columns of the image that the inputs are.
            ax: Axes of matplotlib to draw into, which are then what comes back.

        Raises:
            TypeError: a name that is none.
            ValueError: a ``map`` of another number of inputs.
        """
        figure = self._own.weights_figure(name, map)
        return figure if ax is None else figure.draw(ax)

    @property
    def settings(self) -> Settings:
        """The settings of its job."""
        return Settings._of(self._own.settings())

    @property
    def network(self) -> Network:
        """The network's description."""
        return Network._of(self._own.network())

    @property
    def class_names(self) -> list[str]:
        """Names of the classes, if they have some."""
        return self._own.class_names()

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of the samples it was trained on."""
        return tuple(self._own.sample_shape())

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """What was learned, by name: copies. Weights are ``[in, out]``."""
        return self._own.parameters()

    def predict(self, x: Any, *, series: bool = False) -> Answers:
        """Samples through the network."""
        return _answers(self._own.outcome(arrays(x, None, series, "x")._own), False)

    def evaluate(self, x: Any, y: Any = None, *, series: bool = False) -> Answers:
        """Samples of known classes through the network: arrays, or a :class:`Dataset`."""
        return _answers(self._own.outcome(arrays(x, y, series, "x")._own), True)

    def as_spikes(
        self,
        x: Any,
        y: Any,
        *,
        steps: int = 200,
        start: int | None = None,
        synapse: float | tuple[str, float] | None = 0.005,
        output_synapse: float | tuple[str, float] | None = None,
        scale_firing_rates: float | None = None,
        percentile: float | None = None,
        rate: float = 200.0,
        initial_potential: float = 0.0,
        calibration: Any = None,
        series: bool = False,
    ) -> Conversion:
        """A network whose layers were trained as rates, run as spikes on samples of known classes.

        Args:
            x: The samples.
            y: Their classes.
            steps: Steps that a sample is shown.
            start: The step from which on the output is averaged; two fifths of them by default.
            synapse: What the spikes of every layer go through: the time constant of an exponential in seconds,
                ``("alpha", 0.005)``, or nothing.
            output_synapse: What the output goes through, of which the last value is the answer then.
            scale_firing_rates: Factor on all rates; outputs are divided by it.
            percentile: Scales each layer so that this percentile of its activities comes to ``rate``.
            rate: The rate of ``percentile``, in Hz.
            initial_potential: Where potentials begin: 0 at rest, below 1 at this share of the way to threshold.
            calibration: The samples that percentiles are taken of: those it was trained on.
            series: Whether samples change over time.
        """
        shown = {
            "steps": count(steps, "steps"),
            "start": None if start is None else count(start, "start", 0),
            "synapse": _synapse(synapse),
            "output_synapse": _synapse(output_synapse),
            "scale": None if scale_firing_rates is None else float(scale_firing_rates),
            "percentile": None if percentile is None else float(percentile),
            "rate": float(rate),
            "initial_potential": float(initial_potential),
        }
        import json

        data = None if calibration is None else arrays(calibration, None, series, "calibration")._own
        found = json.loads(self._own.as_spikes(shown, arrays(x, y, series, "x")._own, data))
        shares = [found[name] / found["samples"] for name in ("as_trained", "as_rates", "as_spikes")]
        classes = np.array(found["predictions"], dtype=np.uint32)
        return Conversion(
            shares[0], shares[1], found["predicted"], shares[2], classes, found["moments"], tuple(found["settled"]), found["layers"]
        )

    def to_rates(self, x: Any, path: str | os.PathLike[str], *, series: bool = False) -> tuple[Trained, list[dict[str, Any]]]:
        """The spiking layers measured on samples and fitted by rate curves: the network of rates, whose checkpoint is written to
        ``path``, and layer by layer the curve with its root mean square error in Hz."""
        import json

        layers = json.loads(self._own.to_rates(arrays(x, None, series, "x")._own, os.fspath(path)))
        return Trained(path), layers

    def session(self, batch: int | None = None) -> Session:
        """The network fed step by step, from a reset."""
        return Session(self, batch)

    def __repr__(self) -> str:
        return f"<Trained, {self.fingerprint}>"


class Session:
    """A trained network fed step by step, with its state kept in between; no encoder stands before it.

    Args:
        trained: The network.
        batch: Number of samples side by side; without it there is one, and no axis for it.
    """

    __slots__ = ("_own", "batch", "input_shape", "output_shape")

    def __init__(self, trained: Trained, batch: int | None = None) -> None:
        self.batch = None if batch is None else count(batch, "batch")
        self._own = _native.Session(trained._own, self.batch or 1)
        inputs, outputs = self._own.shapes()
        axis = () if self.batch is None else (self.batch,)
        self.input_shape: tuple[int, ...] = (*axis, *inputs)
        """Shape of what goes in, in a step."""
        self.output_shape: tuple[int, ...] = (*axis, *outputs)
        """Shape of what comes out, in a step."""

    def step(self, x: Any) -> np.ndarray:
        """One step: what the network gives, float32.

        Raises:
            ValueError: input of another shape or not finite, which changes nothing; NaN that arises, after which only a reset
                helps.
        """
        array = numbers(x, np.float32, "x")
        if array.shape != self.input_shape:
            raise ValueError(f"x: has shape {array.shape}, but {self.input_shape} is needed")
        return self._own.step(array).reshape(self.output_shape)

    def reset(self) -> None:
        """Back to the start."""
        self._own.reset()

    def save(self) -> _native.SessionState:
        """The state, to be given back to :meth:`restore`."""
        return self._own.state()

    def restore(self, state: _native.SessionState) -> None:
        """Goes on from a state of this network."""
        self._own.set_state(state)

    @property
    def spikes(self) -> dict[str, int]:
        """Spikes of each spiking layer since the reset."""
        return dict(self._own.spikes())


def from_relu(network: str | os.PathLike[str], weights: str | os.PathLike[str], path: str | os.PathLike[str]) -> Trained:
    """A trained network of ReLU as one of rates, to be run as spikes: :meth:`Trained.as_spikes` with a ``percentile``.

    Args:
        network: The TOML file that describes its layers.
        weights: Its weights, ``.npz`` or ``.safetensors``.
        path: The checkpoint to write.
    """
    _native.from_relu(os.fspath(network), os.fspath(weights), os.fspath(path))
    return Trained(path)


def _synapse(given: float | tuple[str, float] | None) -> tuple[str, float] | None:
    if given is None:
        return None
    shape, tau = given if isinstance(given, tuple) else ("exponential", given)
    return shape, float(tau)


def _checkpoint(path: str | os.PathLike[str]) -> str:
    file = os.fspath(path)
    return os.path.join(file, CHECKPOINT) if os.path.isdir(file) else file


def _answers(found: dict[str, Any], known: bool) -> Answers:
    accuracy = found["correct"] / found["samples"] if known else None
    return Answers(found["classes"], found["scores"], found["rates"], accuracy, found["loss"] if known else None)
