"""Learning: networks fitted to arrays, and jobs as files describe them."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _native
from ._dataset import Dataset, arrays
from ._epochs import Control, Epoch, StageEpoch
from ._network import Network
from ._numbers import count, numbers
from ._progress import Bar
from ._settings import Settings
from ._toml import toml
from ._trained import Answers, Session, Trained, _answers, _checkpoint

if TYPE_CHECKING:
    from pathlib import Path

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
            x: The samples it was fitted to (or a :class:`Dataset`), where it was fitted to some in hand; others are refused.
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
        return cls._of(_native.Job.resume_given(file, arrays(x, y, series, "x")._own, judged, tested, changes))

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
        bar = Bar(progress, self.settings)

        def watch(now: tuple[Any, ...], finished: dict[str, Any] | None) -> bool:
            bar.show(now)
            if finished is None or callback is None:
                return True
            return callback(Epoch(**finished)) is not False

        with self._watched(bar):
            self._own.run(watch)
        return self

    @contextlib.contextmanager
    def _watched(self, bar: Bar) -> Iterator[None]:
        """Closes the bar at the end, and warns of what is new to warn of."""
        said = set(self.warnings)
        try:
            yield
        finally:
            bar.close()
        for text in self.warnings:
            if text not in said:
                warnings.warn(text, stacklevel=4)

    def _run_batches(
        self, batches: Iterable[Any], series: bool, callback: Callable[[Epoch], bool | None] | None, progress: bool | None
    ) -> Job:
        """Learns from batches in hand, an update from each: as many epochs as the settings say, or until it is stopped."""
        bar = Bar(progress, self.settings)
        known = len(batches) if isinstance(batches, Sized) else None
        with self._watched(bar):
            while not self.is_done:
                done = 0
                for done, batch in enumerate(batches, 1):
                    bar.show(self._own.learn_batch(_batch(batch, series)._own, max(known or 0, done)))
                known = known or done
                epoch = Epoch(**self._own.end_batches())
                if callback is not None and callback(epoch) is False:
                    break
        return self

    @property
    def history(self) -> list[Epoch]:
        """The epochs that are done."""
        return [Epoch(**epoch) for epoch in self._own.history()]

    @property
    def stages(self) -> dict[str, list[StageEpoch]]:
        """The epochs that are done of each layer that learns in a stage."""
        return {layer: [StageEpoch(*epoch) for epoch in epochs] for layer, epochs in self._own.stages()}

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

    def controls(self, *, progress: bool | None = None) -> dict[str, Control]:
        """Trains and tests what the settings compare the job with (``[[control]]``), by name; the job itself should be done.

        Args:
            progress: Whether bars are shown; by default on a terminal and in a notebook.
        """
        found = {}
        for name in self._own.controls():
            control = Job._of(self._own.control(name)).run(progress=progress)
            both, job, only_control, neither, p = self._own.paired(control._own)
            found[name] = Control(control, control.test().accuracy, both, job, only_control, neither, p)
        return found

    def receptive_fields(self, layer: str) -> np.ndarray:
        """What the features of a convolution look like in the network's input: ``[feature, channel, row, column]``.

        Each is the sum of what its inputs look like, by their weights; a maximum looks like the mean of its window.
        """
        return self._own.receptive_fields(layer)

    def evaluate(self, x: Any, y: Any = None, *, series: bool = False) -> Answers:
        """Samples of known classes through the network: arrays, or a :class:`Dataset`."""
        return _answers(self._own.evaluate(arrays(x, y, series, "x")._own), True)

    def predict(self, x: Any, *, series: bool = False) -> Answers:
        """Samples through the network: an array, or a :class:`Dataset`."""
        return _answers(self._own.outcome(arrays(x, None, series, "x")._own), False)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes a checkpoint, whole or not at all: to the file ``path``, or into the folder; gives back the file."""
        from pathlib import Path

        file = Path(_checkpoint(path))
        self._own.save(file)
        return file

    def trained(self) -> Trained:
        """The network as it is now, as a checkpoint would have it."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            return Trained(self.save(folder))

    def session(self, batch: int | None = None) -> Session:
        """The network as it is now, fed step by step."""
        return self.trained().session(batch)

    def figure(self, *, log: bool = False, ax: Any = None) -> Any:
        """Loss (on a logarithmic axis with ``log``) and accuracy over the epochs, of training, and of validation and test where
        epochs have them; drawn into two axes of matplotlib where ``ax`` is given."""
        figure = _native.draw_learning([list(epoch) for epoch in self.history], log)
        return figure if ax is None else figure.draw(ax)

    def report(self, path: str | os.PathLike[str], title: str | None = None) -> Path:
        """Writes one HTML page that needs nothing else: settings, epochs, stages, learning curves, the answer to the test."""
        import json
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            self.settings.write(place / "config.toml")
            if self.history:
                _table(place / "metrics.csv", self.history)
            for layer, epochs in self.stages.items():
                _table(place / f"stage-{layer}.csv", [epoch._replace(wins=sum(epoch.wins)) for epoch in epochs])
            tested = self.test()
            found = {"accuracy": tested.accuracy, "loss": tested.loss, "rates": dict(tested.rates)}
            text = json.dumps({"test": found, "fingerprint": self.fingerprint})
            (place / "report.json").write_text(text, encoding="utf-8")
            self.save(place)
            return report(folder, path, title=title or "Training")

    def _repr_svg_(self) -> str | None:
        return self.figure().to_svg() if self.history else None

    def __repr__(self) -> str:
        done = self.history
        said = f"loss {done[-1].loss:.4g}, accuracy {done[-1].accuracy:.1%}" if done else "nothing learned yet"
        return f"<Job after {len(done)} epochs: {said}>"


def fit(
    network: Network,
    x: Any,
    y: Any = None,
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
        x: Samples ``[sample, …]``, shown for ``steps`` steps, or with ``series`` ``[sample, time, …]``; a :class:`Dataset`, which may
            be spikes; or any iterable of batches, each a tuple of samples and classes or a :class:`Dataset`. An update follows each
            batch, an epoch is once through: give a list, a loader, or a function that makes a generator.
        y: Their classes, whole numbers from 0; those of batches and data sets come with them.
        epochs: How often every sample is learned from (30).
        batch: Samples per update (32); batches that are given are taken as they are.
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
    batches = _batches(x, y)
    if batches is not None:
        first = _batch(next(iter(batches), None), series)
        validation, test = (_whole(part, name) for part, name in ((validation, "validation"), (test, "test")))
    given = _pair(validation, series, "validation"), _pair(test, series, "test")
    if patience is not None and given[0] is not None:
        # The settings ask for a share where nothing says that samples are given apart.
        keys["data.validation"] = 0.5
    for key, value in keys.items():
        if value is not None:
            chosen.set(key, value)
    if batches is None:
        native = _native.Job.given(network._own, arrays(x, y, series, "x")._own, *given, chosen._own)
        return Job._of(native).run(callback, progress=progress)
    # The first batch stands for what there is to learn from; nothing is split off from it.
    native = _native.Job.given(network._own, first._own, given[0], given[1] or first._own, chosen._own)
    return Job._of(native)._run_batches(batches, series, callback, progress)


def maps_figure(
    values: Any,
    *,
    columns: int | None = None,
    names: Iterable[str] = (),
    label: str = "weight",
    title: str = "",
    ax: Any = None,
) -> Any:
    """Maps side by side on one scale: receptive fields, kernels, images, or one matrix.

    Args:
        values: ``[map, row, column]``, or one ``[row, column]``.
        columns: How many stand side by side.
        names: What each is called.
        label: What the scale of colours measures.
        title: Words above.
        ax: Axes of matplotlib to draw into, which are then what comes back.
    """
    array = numbers(values, np.float64, "values")
    if array.ndim not in (2, 3):
        raise ValueError(f"values: has shape {array.shape}, but [map, row, column] is needed")
    maps = array.reshape(-1, *array.shape[-2:])
    many = None if columns is None else count(columns, "columns")
    figure = _native.draw_maps(maps, many, [str(name) for name in names], label, title)
    return figure if ax is None else figure.draw(ax)


def report(
    folder: str | os.PathLike[str], path: str | os.PathLike[str] | None = None, *, title: str | None = None, dt: float | None = None
) -> Path:
    """One HTML page of everything in a folder of results, as ``rheobase report`` makes it; gives back its path.

    Args:
        folder: The folder: of a training run, or with spikes, probes, curves, pictures.
        path: The page; ``report.html`` in the folder by default.
        title: Its heading; the folder's name by default.
        dt: Length of a step in seconds, for files that have none.

    Raises:
        OSError: a folder that is none, a page that cannot be written.
    """
    # Few want it, and everyone would wait for it at the import.
    import subprocess
    from pathlib import Path

    page = Path(folder) / "report.html" if path is None else Path(path)
    extra = [*(["--title", title] if title else []), *(["--dt", str(float(dt))] if dt is not None else [])]
    command = [sys.executable, "-m", "rheobase", "report", os.fspath(folder), "-o", os.fspath(page), *extra]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        raise OSError(done.stderr.strip().removeprefix("error: "))
    return page


def digits() -> tuple[Samples, Samples]:
    """The handwritten digits that come with the library (UCI, CC BY 4.0): to train with, and to test with.

    Samples are ``[sample, 1, 8, 8]`` from 0 to 1, float32; classes are whole numbers.
    """
    train, test = (Dataset._of(part) for part in _native.Dataset.digits())
    return (train.x, train.y), (test.x, test.y)


def _pair(given: Any, series: bool, argument: str) -> _native.Dataset | None:
    if given is None or isinstance(given, (int, float)):
        return None
    if isinstance(given, Dataset):
        return given._own
    try:
        x, y = given
    except (TypeError, ValueError):
        raise TypeError(f"{argument}: a share, a Dataset, or samples and their classes in a tuple are needed") from None
    return arrays(x, y, series, argument)._own


def _batches(x: Any, y: Any) -> Iterable[Any] | None:
    """What gives batches, if ``x`` does: an iterable of pairs, or a function that makes a generator of them."""
    if y is not None or isinstance(x, (Dataset, np.ndarray, str)):
        return None
    if callable(x):
        return _Again(x)
    if isinstance(x, Iterator):
        raise TypeError("x: an iterator can be gone through once only; give a list, or the function that makes the generator")
    return x if isinstance(x, Iterable) else None


class _Again:
    """A function that makes generators, as what can be gone through again."""

    def __init__(self, make: Callable[[], Iterable[Any]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Any]:
        return iter(self._make())


def _batch(batch: Any, series: bool) -> Dataset:
    if isinstance(batch, Dataset):
        return batch
    try:
        x, y = batch
    except (TypeError, ValueError):
        raise TypeError("x: every batch must be samples and their classes in a tuple, or a Dataset") from None
    return arrays(x, y, series, "x")


def _whole(part: Any, argument: str) -> Any:
    if isinstance(part, (int, float)):
        raise TypeError(f"{argument}: batches are not split; give samples and their classes in a tuple, or a Dataset")
    return part


def _table(file: Path, rows: list[Any]) -> None:
    """A table with the fields of named tuples as columns; a field without a number is empty, a column without one left out."""
    kept = [i for i in range(len(rows[0])) if any(row[i] is not None for row in rows)]
    lines = [[rows[0]._fields[i] for i in kept], *([row[i] for i in kept] for row in rows)]
    file.write_text("".join(",".join("" if x is None else str(x) for x in line) + "\n" for line in lines), encoding="utf-8")

