"""Learning: networks fitted to arrays, jobs as files describe them, trained networks, sessions."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import _native
from ._network import Network
from ._numbers import count, numbers
from ._progress import Bar
from ._toml import toml

CHECKPOINT = "checkpoint.safetensors"
"""What the command calls the checkpoint in a run's folder."""


class Epoch(NamedTuple):
    """What an epoch has brought."""

    epoch: int
    """From 1."""
    learning_rate: float
    """That of its last update."""
    loss: float
    """Mean loss of the samples as they were learned from."""
    accuracy: float
    """Share of them that was classified right."""
    rate: float
    """Spikes per neuron and step, over all layers that spike."""
    validation_loss: float | None
    validation_accuracy: float | None


class Answers(NamedTuple):
    """What a network gives for some samples."""

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


class Settings:
    """The settings of a training job, as its file has them: ``rheobase train`` reads the same.

    Without anything set they are those of the digits that come with the library.

    >>> settings = Settings({"train.epochs": 5, "optimise.learning_rate": 0.002})
    >>> "epochs = 5" in settings.to_toml()
    True
    """

    __slots__ = ("_own",)
    _own: _native.Settings

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._own = _native.Settings()
        for key, value in (values or {}).items():
            self.set(key, value)

    @classmethod
    def _of(cls, native: _native.Settings) -> Settings:
        settings = object.__new__(cls)
        settings._own = native
        return settings

    @classmethod
    def from_toml(cls, text: str) -> Settings:
        """The settings of a TOML text; errors name the line."""
        return cls._of(_native.Settings.from_toml(text))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Settings:
        """The settings of a TOML file; paths in it start from its folder."""
        return cls._of(_native.Settings.read(path))

    def set(self, key: str, value: Any) -> None:
        """Changes one setting by its path: ``set("train.epochs", 5)``; ``None`` takes an optional one away.

        Raises:
            ValueError: unknown keys, with the nearest known one, and values of a wrong type. Nothing has changed then.
        """
        self._own.set(key, "none" if value is None else toml(value, key))

    def to_toml(self) -> str:
        """All settings as TOML."""
        return self._own.to_toml()

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the TOML file ``path``, whole or not at all."""
        self._own.write(path)

    def copy(self) -> Settings:
        """The same settings, to be changed apart."""
        return Settings._of(self._own.copy())

    def __eq__(self, other: object) -> bool:
        return self._own.same(other._own) if isinstance(other, Settings) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Settings.from_toml, (self.to_toml(),)

    def __repr__(self) -> str:
        return f"Settings.from_toml({self.to_toml()!r})"


Samples = tuple[Any, Any]


class Job:
    """A training job: a network, its samples, and the state of its training.

    :func:`fit` makes one of arrays; ``Job(settings)`` makes one as a file describes it. What a job has written, the command
    resumes, and the other way round, to the same bits.
    """

    __slots__ = ("_own",)
    _own: _native.Job

    def __init__(self, settings: Settings | str | os.PathLike[str]) -> None:
        if not isinstance(settings, Settings):
            settings = Settings.read(settings)
        self._hold(_native.Job(settings._own))

    @classmethod
    def _of(cls, native: _native.Job) -> Job:
        job = object.__new__(cls)
        job._hold(native)
        return job

    def _hold(self, native: _native.Job) -> None:
        self._own = native
        for text in self.warnings:
            warnings.warn(text, stacklevel=4)

    @classmethod
    def resume(
        cls,
        path: str | os.PathLike[str],
        x: Any = None,
        y: Any = None,
        *,
        validation: Samples | None = None,
        test: Samples | None = None,
        series: bool = False,
        set: Mapping[str, Any] | None = None,
    ) -> Job:
        """The job of a checkpoint (or of a run's folder), where it stopped.

        Args:
            path: The checkpoint, or the folder that holds it.
            x: The samples it was fitted to, where it was fitted to arrays; other ones are refused.
            y: Their classes.
            validation: Samples and classes it was judged by, where they were given.
            test: Samples and classes to test with, where they were given.
            series: Whether samples change over time.
            set: Settings to change, such as ``{"train.epochs": 40}``; what was learned from must stay.
        """
        file = _checkpoint(path)
        changes = [(key, "none" if value is None else toml(value, key)) for key, value in (set or {}).items()]
        if x is None:
            return cls._of(_native.Job.resume(file, changes))
        judged, tested = _pair(validation, series, "validation"), _pair(test, series, "test")
        return cls._of(_native.Job.resume_given(file, _samples(x, y, series, "x"), judged, tested, changes))

    def run(
        self,
        callback: Callable[[Epoch], bool | None] | None = None,
        *,
        progress: bool | None = None,
    ) -> Job:
        """Learns until the job is done; gives back the job.

        Args:
            callback: Called with each epoch when it is done; ``False`` ends the training there.
            progress: Whether a bar is shown; by default on a terminal and in a notebook.

        Warns:
            UserWarning: of layers that are silent or always fire, with what to change.

        Raises:
            KeyboardInterrupt: after Ctrl-C. The job is then at the end of a batch: running it again goes on, to the same bits.
        """
        bar = Bar(progress)

        def watch(now: tuple[Any, ...], finished: dict[str, Any] | None) -> bool:
            bar.show(now)
            if finished is None or callback is None:
                return True
            return callback(Epoch(**finished)) is not False

        said = set(self.warnings)
        try:
            self._own.run(watch)
        finally:
            bar.close()
        for text in self.warnings:
            if text not in said:
                warnings.warn(text, stacklevel=2)
        return self

    @property
    def history(self) -> list[Epoch]:
        """The epochs that are done."""
        return [Epoch(**epoch) for epoch in self._own.history()]

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to learn."""
        return self._own.is_done()

    @property
    def fingerprint(self) -> str:
        """Hash of what was learned: the same on every machine, and in the command."""
        return self._own.fingerprint()

    @property
    def warnings(self) -> list[str]:
        """What does nothing so far, with what to change: silent layers, weak input, labels."""
        return self._own.warnings()

    @property
    def settings(self) -> Settings:
        """The settings."""
        return Settings._of(self._own.settings())

    @property
    def network(self) -> Network:
        """The network's description."""
        return Network._of(self._own.network())

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """What is learned, by name, as it is now: copies. Weights are ``[in, out]``."""
        return self._own.parameters()

    def test(self) -> Answers:
        """The job's own test samples through the network."""
        return _answers(self._own.test(), True)

    def evaluate(self, x: Any, y: Any, *, series: bool = False) -> Answers:
        """Samples of known classes through the network."""
        return _answers(self._own.evaluate(_samples(x, y, series, "x")), True)

    def predict(self, x: Any, *, series: bool = False) -> Answers:
        """Samples through the network."""
        array, _, over_time = _samples(x, None, series, "x")
        nobody = [0] * len(array)
        return _answers(self._own.evaluate((array, nobody, over_time)), False)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes a checkpoint, whole or not at all: to the file ``path``, or into the folder; gives back the file."""
        file = Path(path)
        file = file / CHECKPOINT if file.is_dir() else file
        self._own.save(file)
        return file

    def trained(self) -> Trained:
        """The network as it is now, as a checkpoint would have it."""
        with tempfile.TemporaryDirectory() as folder:
            return Trained(self.save(folder))

    def session(self, batch: int | None = None) -> Session:
        """The network as it is now, fed step by step."""
        return self.trained().session(batch)

    def figure(self) -> _native.Figure:
        """Loss and accuracy over the epochs."""
        return _native.draw_learning([list(epoch) for epoch in self.history])

    def _repr_svg_(self) -> str | None:
        return self.figure().to_svg() if self.history else None

    def __repr__(self) -> str:
        done = self.history
        said = f"loss {done[-1].loss:.4g}, accuracy {done[-1].accuracy:.1%}" if done else "nothing learned yet"
        return f"<Job after {len(done)} epochs: {said}>"


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
        return _answers(self._own.outcome(_samples(x, None, series, "x")), False)

    def evaluate(self, x: Any, y: Any, *, series: bool = False) -> Answers:
        """Samples of known classes through the network."""
        return _answers(self._own.outcome(_samples(x, y, series, "x")), True)

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
            calibration: The samples that percentiles are taken of: those it was trained on.
            series: Whether samples change over time.
        """
        shown = {
            "steps": count(steps, "steps"),
            "start": None if start is None else count(start, "start"),
            "synapse": _synapse(synapse),
            "output_synapse": _synapse(output_synapse),
            "scale": None if scale_firing_rates is None else float(scale_firing_rates),
            "percentile": None if percentile is None else float(percentile),
            "rate": float(rate),
        }
        data = None if calibration is None else _samples(calibration, None, series, "calibration")
        found = json.loads(self._own.as_spikes(shown, _samples(x, y, series, "x"), data))
        shares = [found[name] / found["samples"] for name in ("as_trained", "as_rates", "as_spikes")]
        classes = np.array(found["predictions"], dtype=np.uint32)
        return Conversion(
            shares[0], shares[1], found["predicted"], shares[2], classes, found["moments"], tuple(found["settled"]), found["layers"]
        )

    def to_rates(self, x: Any, path: str | os.PathLike[str], *, series: bool = False) -> tuple[Trained, list[dict[str, Any]]]:
        """The spiking layers measured on samples and fitted by rate curves: the network of rates, whose checkpoint is written to
        ``path``, and layer by layer the curve with its root mean square error in Hz."""
        layers = json.loads(self._own.to_rates(_samples(x, None, series, "x"), Path(path)))
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


def fit(
    network: Network,
    x: Any,
    y: Any,
    *,
    epochs: int | None = None,
    batch: int | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    loss: str | Mapping[str, Any] | None = None,
    encode: str | Mapping[str, Any] | None = None,
    validation: float | Samples | None = None,
    test: float | Samples | None = None,
    patience: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    series: bool = False,
    settings: Settings | Mapping[str, Any] | None = None,
    callback: Callable[[Epoch], bool | None] | None = None,
    progress: bool | None = None,
) -> Job:
    """Trains a network to tell the classes of samples; gives back the job, which predicts, goes on, and is saved.

    >>> import rheobase as rb
    >>> (x, y), test = rb.digits()
    >>> network = rb.Sequential(rb.Flatten(), rb.Linear(10), rb.LI())
    >>> job = rb.fit(network, x, y, test=test, epochs=2, steps=4, progress=False)
    >>> job.test().accuracy > 0.8
    True

    Args:
        network: The network; one without input shape takes that of the samples.
        x: Samples ``[sample, …]``, shown for ``steps`` steps, or with ``series`` ``[sample, time, …]``.
        y: Their classes, whole numbers from 0.
        epochs: How often every sample is learned from (30).
        batch: Samples per update (32).
        steps: Steps that a sample is shown for, or the longest of one that changes over time (16).
        learning_rate: Length of an update (0.005).
        loss: Kind of loss, or its settings (cross-entropy of the mean output).
        encode: How samples become input, or its settings (values as currents).
        validation: Share of the samples to judge by while learning, or samples and classes.
        test: Share of the samples to test with at the end (0.2), or samples and classes.
        patience: Ends the training so many epochs after the validation loss was smallest.
        seed: What everything random follows from (0).
        threads: Number of threads; all by default. No result depends on it.
        series: Whether samples change over time.
        settings: All other settings of a job, by the keys that its file has.
        callback: Called with each epoch when it is done; ``False`` ends the training there.
        progress: Whether a bar is shown; by default on a terminal and in a notebook.

    Raises:
        ValueError: settings, shapes and labels that do not fit, with what to change.
        KeyboardInterrupt: after Ctrl-C; use :class:`Job` to be able to go on.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network: a Network is needed, not {network!r}")
    chosen = settings.copy() if isinstance(settings, Settings) else Settings(settings)
    keys = {
        "train.epochs": epochs,
        "train.batch": batch,
        "train.seed": seed,
        "train.threads": threads,
        "data.steps": steps,
        "optimise.learning_rate": learning_rate,
        "loss.kind" if isinstance(loss, str) else "loss": loss,
        "encode.name" if isinstance(encode, str) else "encode": encode,
        "data.validation": validation if isinstance(validation, (int, float)) else None,
        "data.test": test if isinstance(test, (int, float)) else None,
        "train.early_stopping": None if patience is None else {"patience": patience},
    }
    given = _pair(validation, series, "validation"), _pair(test, series, "test")
    if patience is not None and given[0] is not None:
        # The settings ask for a share where nothing says that samples are given apart.
        keys["data.validation"] = 0.5
    for key, value in keys.items():
        if value is not None:
            chosen.set(key, value)
    native = _native.Job.given(network._own, _samples(x, y, series, "x"), *given, chosen._own)
    return Job._of(native).run(callback, progress=progress)


def digits() -> tuple[Samples, Samples]:
    """The handwritten digits that come with the library (UCI, CC BY 4.0): to train with, and to test with.

    Samples are ``[sample, 1, 8, 8]`` from 0 to 1, float32; classes are whole numbers.
    """
    return tuple(_native.digits())  # type: ignore[return-value]


def _samples(x: Any, y: Any, series: bool, argument: str) -> tuple[np.ndarray, list[int] | None, bool]:
    array = numbers(x, np.float32, argument)
    least = 3 if series else 2
    if array.ndim < least:
        axes = "[sample, time, …]" if series else "[sample, …]"
        raise ValueError(f"{argument}: has shape {array.shape}, but {axes} is needed")
    if y is None:
        return array, None, series
    labels = numbers(y, np.float64, "y")
    if labels.shape != (len(array),):
        raise ValueError(f"y: has shape {labels.shape}, but {argument} has {len(array)} samples")
    if not ((labels >= 0) & (labels == np.floor(labels)) & (labels < 2**32)).all():
        raise ValueError("y: must be whole numbers from 0 on, one for each class")
    return array, labels.astype(np.int64).tolist(), series


def _pair(given: Any, series: bool, argument: str) -> Any:
    if given is None or isinstance(given, (int, float)):
        return None
    try:
        x, y = given
    except (TypeError, ValueError):
        raise TypeError(f"{argument}: a share, or samples and their classes in a tuple are needed") from None
    return _samples(x, y, series, argument)


def from_relu(network: str | os.PathLike[str], weights: str | os.PathLike[str], path: str | os.PathLike[str]) -> Trained:
    """A trained network of ReLU as one of rates, to be run as spikes: :meth:`Trained.as_spikes` with a ``percentile``.

    Args:
        network: The TOML file that describes its layers.
        weights: Its weights, ``.npz`` or ``.safetensors``.
        path: The checkpoint to write.
    """
    _native.from_relu(Path(network), Path(weights), Path(path))
    return Trained(path)


def _synapse(given: float | tuple[str, float] | None) -> tuple[str, float] | None:
    if given is None:
        return None
    shape, tau = given if isinstance(given, tuple) else ("exponential", given)
    return shape, float(tau)


def _checkpoint(path: str | os.PathLike[str]) -> Path:
    file = Path(path)
    return file / CHECKPOINT if file.is_dir() else file


def _answers(found: dict[str, Any], known: bool) -> Answers:
    accuracy = found["correct"] / found["samples"] if known else None
    return Answers(found["classes"], found["scores"], found["rates"], accuracy, found["loss"] if known else None)
