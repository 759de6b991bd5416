"""SLIFCell: ngc-learn's layer of SLIF cells, handled by its compartments."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import _native
from ._numbers import count, numbers


class SLIFCell:
    """A layer of simplified leaky integrate-and-fire cells with adaptive thresholds, sticky spikes and lateral inhibition.

    Handled as in ngc-learn: set ``j``, advance, read ``s``. Compartments are attributes, ``[batch, cell]`` in 32 bits:
    reading one copies it, setting one takes one number, one for each cell, or all of them; :meth:`help` lists them. Times are
    in milliseconds by convention. Samadi et al. 2017, doi:10.1162/NECO_a_00929.

    Args:
        name: Name, of its file and for random numbers.
        n_units: Number of cells.
        tau_m: Membrane time constant.
        resist_m: Membrane resistance: multiplies the input.
        thr: Threshold that cells start from.
        resist_inh: Strength of lateral inhibition by the cells' last spikes; 0 for none.
        thr_persist: Whether thresholds survive a reset.
        thr_gain: Rise of a cell's threshold with each of its spikes.
        thr_leak: Fraction of the threshold lost in each step.
        rho_b: If > 0, thresholds instead follow the number of spikes in the layer.
        refract_time: Time in which the potential is frozen, the step of the spike included.
        sticky_spikes: Whether a spike stays on through the refractory period.
        thr_jitter: Half width of the uniform jitter of starting thresholds.
        batch_size: Samples side by side.
        seed: Seed of jitter and lateral weights.
        keep_input: Whether ``j`` stays as it was set; if not, every step writes its current over it, as ngc-learn does.
        surrogate: ``"sech"``, what ngc-learn computes, or ``"sech_squared"``, which its documentation names.
        threshold0: Starting thresholds, in place of drawn ones.
        inh_weights: Lateral weights ``[from, to]``, in place of drawn ones.

    >>> cell = SLIFCell("z1", 3, tau_m=50.0, resist_m=10.0, thr=0.3)
    >>> cell.j = [1, 0, 1]
    >>> for t in range(2):
    ...     cell.advance_state(t, 1.0)
    >>> cell.s
    array([[1., 0., 1.]], dtype=float32)
    """

    __slots__ = ("_own", "name", "n_units", "batch_size")
    _own: _native.SlifCell
    name: str
    """Name of the cell."""
    n_units: int
    """Number of cells."""
    batch_size: int
    """Samples side by side."""

    def __init__(
        self,
        name: str,
        n_units: int,
        *,
        tau_m: float = 20.0,
        resist_m: float = 1.0,
        thr: float = 0.4,
        resist_inh: float = 0.0,
        thr_persist: bool = False,
        thr_gain: float = 0.0,
        thr_leak: float = 0.0,
        rho_b: float = 0.0,
        refract_time: float = 0.0,
        sticky_spikes: bool = False,
        thr_jitter: float = 0.05,
        batch_size: int = 1,
        seed: int = 0,
        keep_input: bool = True,
        surrogate: str = "sech",
        threshold0: Any = None,
        inh_weights: Any = None,
    ) -> None:
        options = {
            "tau_m": float(tau_m),
            "resist_m": float(resist_m),
            "thr": float(thr),
            "resist_inh": float(resist_inh),
            "thr_persist": bool(thr_persist),
            "thr_gain": float(thr_gain),
            "thr_leak": float(thr_leak),
            "rho_b": float(rho_b),
            "refract_time": float(refract_time),
            "sticky_spikes": bool(sticky_spikes),
            "thr_jitter": float(thr_jitter),
            "batch_size": count(batch_size, "batch_size"),
            "seed": count(seed, "seed", 0),
            "keep_input": bool(keep_input),
            "surrogate": surrogate,
            "threshold0": None if threshold0 is None else numbers(threshold0, np.float64, "threshold0"),
            "inh_weights": None if inh_weights is None else numbers(inh_weights, np.float64, "inh_weights"),
        }
        object.__setattr__(self, "_own", _native.SlifCell(name, count(n_units, "n_units"), options))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "n_units", n_units)
        object.__setattr__(self, "batch_size", batch_size)

    @property
    def compartments(self) -> tuple[str, ...]:
        """Names of the compartments."""
        return tuple(self._own.compartments())

    def __getattr__(self, compartment: str) -> np.ndarray:
        if compartment.startswith("_"):
            raise AttributeError(compartment)
        try:
            return self._own.get(compartment)
        except ValueError as error:
            raise AttributeError(str(error)) from None

    def __setattr__(self, compartment: str, values: Any) -> None:
        if compartment not in self.compartments:
            raise AttributeError(f"{self.name}: has no compartment {compartment!r}, only {', '.join(self.compartments)}")
        self._own.set(compartment, numbers(values, np.float32, compartment).reshape(-1))

    def advance_state(self, t: float, dt: float) -> None:
        """One step of length ``dt`` at time ``t``, which cells that spike remember as the time of their last spike."""
        self._own.advance(float(t), float(dt))

    def reset(self) -> None:
        """Back to rest; thresholds to their starting values unless they persist."""
        self._own.reset()

    def save(self, directory: str | os.PathLike[str]) -> os.PathLike[str]:
        """Writes the thresholds to ``{name}.npz`` in ``directory``, as ngc-learn does; gives back the file's path."""
        return self._own.save(directory)

    def load(self, directory: str | os.PathLike[str]) -> None:
        """Reads the thresholds from ``{name}.npz`` in ``directory``."""
        self._own.load(directory)

    def help(self) -> str:
        """Compartments, hyperparameters with their values, and equations, as text."""
        return self._own.help()

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self.compartments]

    def __repr__(self) -> str:
        return f"SLIFCell({self.name!r}, {self.n_units}, batch_size={self.batch_size})"
