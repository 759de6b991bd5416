"""What epochs of learning have brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ._learn import Job


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
    """Mean loss of the validation samples, if there are any."""
    validation_accuracy: float | None
    """Share of them that is classified right."""
    test_loss: float | None = None
    """Mean loss of the test samples, in epochs that end with a test (``train.test_every``)."""
    test_accuracy: float | None = None
    """Share of them that is classified right."""


class StageEpoch(NamedTuple):
    """What an epoch of a stage has brought, in which a layer learned by plasticity."""

    epoch: int
    """From 1."""
    samples: int
    """Samples that were learned from."""
    silent: int
    """Those in which nobody won."""
    wins: list[int]
    """How often each feature won."""
    convergence: float
    """How far the weights were from their bounds at its end: mean of w(1 − w)."""
    accuracy: float | None
    """Share of the samples in which the first winner stood for the right class, where that is rewarded."""


class Control(NamedTuple):
    """What a job is compared with: another one on the same test samples, and McNemar's exact test of the two."""

    job: Job
    """The control, trained."""
    accuracy: float
    """Share of the test samples that it classifies right."""
    both: int
    """Test samples that both classify right."""
    only_job: int
    """Those that only the job does."""
    only_control: int
    """Those that only the control does."""
    neither: int
    """Those that neither does."""
    p: float
    """How likely a difference at least as large is, were both equally good: two-sided."""
