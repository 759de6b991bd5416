"""Data sets: samples with their classes, from arrays, from spike events, from files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _native
from ._numbers import count, layer_shape, numbers
from ._rows import SpikeRows, whole

if TYPE_CHECKING:
    from ._recording import Recording


class Dataset:
    """Samples of one shape with their classes: what networks are fitted to and tested on.

    Samples are values that do not change (``[sample, …]``), series (``[sample, time, …]``, with ``series``), or spikes
    (:meth:`from_events`, :meth:`from_recording`). It is checked when it is made, and never changes.

    Args:
        x: The samples.
        y: Their classes, whole numbers from 0; none if nothing is known of them.
        series: Whether the second axis is time.

    >>> data = Dataset([[0.0, 1.0], [1.0, 0.0]], [1, 0])
    >>> len(data), data.shape, data.classes
    (2, (2,), 2)
    """

    __slots__ = ("_own",)
    _own: _native.Dataset

    def __init__(self, x: Any, y: Any = None, *, series: bool = False) -> None:
        self._own = arrays(x, y, series, "x")._own

    @classmethod
    def _of(cls, native: _native.Dataset) -> Dataset:
        data = object.__new__(cls)
        data._own = native
        return data

    @classmethod
    def from_events(
        cls,
        sample: Any,
        step: Any,
        feature: Any,
        value: Any = None,
        *,
        shape: Any,
        steps: Any,
        samples: int | None = None,
        y: Any = None,
    ) -> Dataset:
        """Samples that are spikes, from one list of events in any order.

        Args:
            sample: Sample of each event, from 0.
            step: Its step, from 0.
            feature: What fired: a number counted over the whole sample.
            value: What it is worth; 1 by default. Events of one feature and step are added.
            shape: Shape of a sample in one step: a number of features, or ``(channels, rows, columns)``.
            steps: Length of every sample in steps, or of each.
            samples: Number of samples; by default as many as classes, or as the events show.
            y: Their classes.
        """
        who, when, what = whole(sample, "sample"), whole(step, "step"), whole(feature, "feature")
        worth = np.ones(len(who)) if value is None else numbers(value, np.float64, "value").reshape(-1)
        for name, column in (("step", when), ("feature", what), ("value", worth)):
            if len(column) != len(who):
                raise ValueError(f"{name}: has {len(column)} numbers, but sample has {len(who)}")
        labels = [] if y is None else whole(y, "y").tolist()
        if samples is None:
            samples = len(labels) or (int(who.max()) + 1 if len(who) else 0)
        many = count(samples, "samples")
        if len(who) and who.max() >= many:
            raise ValueError(f"sample: has {who.max()}, but there are {many} samples, counted from 0")
        lengths = np.broadcast_to(whole(steps, "steps"), (many,))
        layer = layer_shape(shape)
        if len(what) and what.max() >= np.prod(layer):
            raise ValueError(f"feature: has {what.max()}, but a sample of shape {layer} has {np.prod(layer)}")
        key = (who.astype(np.uint64) * (int(lengths.max(initial=0)) + 1) + when) * int(np.prod(layer)) + what
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        sums = np.bincount(which, worth, len(first)).astype(np.float32)
        kept = sums != 0
        events = who[first][kept].astype(np.uint64), when[first][kept], what[first][kept], sums[kept]
        return cls._of(_native.Dataset.of_events("events", layer, lengths.tolist(), events, labels))

    @classmethod
    def from_recording(cls, recording: Recording, y: Any = None) -> Dataset:
        """What a population sent, as samples: one for each of its batch."""
        step, batch, neuron, value, _ = recording.events
        return cls.from_events(
            batch, step, neuron, value, shape=recording.shape, steps=recording.steps, samples=recording.batch or 1, y=y
        )

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        labels: str | os.PathLike[str] | None = None,
        *,
        label: str | int | bool | None = None,
        header: bool | None = None,
        shape: Any = None,
        scale: float = 1.0,
        channels: str | None = None,
        class_names: Sequence[str] = (),
    ) -> Dataset:
        """Samples from a file, as a training job reads them.

        Args:
            path: ``.npz`` (arrays ``x`` and ``y``, or spike events), ``.csv`` (a line for each sample), or the images of an IDX
                file, as MNIST has them.
            labels: The IDX file of the classes.
            label: The column of the classes in a table: its name or its number from 0; by default the last, ``False`` for none.
            header: Whether a table's first line holds names; by default if its first value is not a number.
            shape: Shape of a sample in a table; by default the columns in a row.
            scale: What every value of a table or an ``.npz`` is divided by: 255 for bytes.
            channels: Where those of images stand in an ``.npz``: ``"first"`` or ``"last"``; needed where it is not plain.
            class_names: The classes of a table in their order, where they are words.

        Raises:
            OSError: a file that cannot be read, with the place of what is wrong in it.
        """
        ending = os.fspath(path).lower()
        table: Mapping[str, Any] = {
            "label": None if isinstance(label, bool) else label,
            "labelled": label is not False,
            "header": header,
            "shape": [] if shape is None else layer_shape(shape),
            "scale": float(scale),
            "class_names": list(class_names),
        }
        if ending.endswith(".npz"):
            return cls._of(_native.Dataset.read_npz(path, channels, float(scale)))
        if ending.endswith((".csv", ".tsv", ".txt", ".csv.gz")):
            return cls._of(_native.Dataset.read_csv(path, table))
        return cls._of(_native.Dataset.read_idx(path, labels))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a sample, in one step where it changes over time."""
        return tuple(self._own.shape)

    @property
    def kind(self) -> str:
        """``"values"``, ``"series"`` or ``"events"``."""
        return self._own.kind

    @property
    def classes(self) -> int:
        """Number of classes; 0 where nothing is known of them."""
        return self._own.classes

    @property
    def class_names(self) -> list[str]:
        """Names of the classes, if they have some."""
        return self._own.class_names

    @property
    def feature_names(self) -> list[str]:
        """Names of the features, if they have some."""
        return self._own.feature_names

    @property
    def x(self) -> np.ndarray:
        """The samples as one array, float32: ``[sample, …]``, or ``[sample, time, …]`` where all are equally long."""
        values = self._own.values()
        if values is not None:
            return values
        every = [self[i] for i in range(len(self))]
        if len({len(one) for one in every}) > 1:
            raise ValueError("x: samples differ in length, so they are not one array; take them one by one, data[i]")
        return np.stack(every)

    @property
    def y(self) -> np.ndarray | None:
        """The classes."""
        return self._own.labels() if self._own.classes else None

    def __len__(self) -> int:
        return self._own.samples

    def __getitem__(self, sample: int) -> np.ndarray:
        if not -len(self) <= sample < len(self):
            raise IndexError(f"sample {sample} of {len(self)}")
        return self._own.sample(sample % len(self))

    def subset(self, samples: Any) -> Dataset:
        """The samples of these numbers, in this order."""
        return self._of(self._own.subset(whole(samples, "samples").tolist()))

    def split(self, *shares: float, seed: int = 0) -> list[Dataset]:
        """Parts with these shares, of at most 1 together; each has the classes in the shares of the whole.

        >>> [len(part) for part in Dataset(np.zeros((10, 1)), [0, 1] * 5).split(0.8, 0.2)]
        [8, 2]
        """
        parts = self._own.split([float(share) for share in shares], count(seed, "seed", 0))
        return [self._of(part) for part in parts]

    def encode(
        self, encoder: str | Mapping[str, Any], sample: int, *, steps: int = 16, seed: int = 0, epoch: int = 0
    ) -> SpikeRows | np.ndarray:
        """What a network is shown of a sample.

        Args:
            encoder: Name of an encoder (``"poisson"``, ``"latency"``…), or its settings with ``name``, as a job's ``encode``.
            sample: Number of the sample.
            steps: How long it is shown.
            seed: What chance follows from, together with the numbers of sample and epoch.
            epoch: Which epoch it is for.

        Returns:
            Spikes, or numbers ``[time, …]``.

        >>> rows = Dataset([[0.1, 0.9]]).encode("latency", 0, steps=4)
        >>> rows.step.tolist(), rows.index.tolist()
        ([0, 3], [1, 0])
        """
        from ._settings import Settings

        named = {"name": encoder} if isinstance(encoder, str) else dict(encoder)
        settings = Settings({"encode": named, "data.steps": count(steps, "steps"), "train.seed": count(seed, "seed", 0)})
        if not -len(self) <= sample < len(self):
            raise IndexError(f"sample {sample} of {len(self)}")
        found = self._own.encoded(settings._own, sample % len(self), count(epoch, "epoch", 0))
        return SpikeRows._of(found) if isinstance(found, _native.SpikeRows) else found

    def __repr__(self) -> str:
        known = f", {self.classes} classes" if self.classes else ""
        return f"<Dataset of {len(self)} samples of {self.shape}{known}>"


def arrays(x: Any, y: Any, series: bool, argument: str) -> Dataset:
    """The data set of arrays; a data set is taken as it is."""
    if isinstance(x, Dataset):
        if y is not None:
            raise TypeError(f"y: {argument} is a Dataset, which has its classes")
        return x
    array = numbers(x, np.float32, argument)
    least = 3 if series else 2
    if array.ndim < least:
        axes = "[sample, time, …]" if series else "[sample, …]"
        raise ValueError(f"{argument}: has shape {array.shape}, but {axes} is needed")
    labels = []
    if y is not None:
        known = numbers(y, np.float64, "y")
        if known.shape != (len(array),):
            raise ValueError(f"y: has shape {known.shape}, but {argument} has {len(array)} samples")
        if not ((known >= 0) & (known == np.floor(known)) & (known < 2**32)).all():
            raise ValueError("y: must be whole numbers from 0 on, one for each class")
        labels = known.astype(np.int64).tolist()
    return Dataset._of(_native.Dataset.of_array(argument, array, labels, series))
