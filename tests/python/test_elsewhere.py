"""Names of other libraries, and ngc-learn's cell."""

import numpy as np
import pytest

import rheobase as rb
from rheobase import _native


def test_every_class_of_the_tables_has_its_names():
    for library, classes, parameters in _native.names_elsewhere():
        for _, ours in classes:
            cls = next(cls for cls in rb.models.values() if cls.name == ours)
            names = [(t, o) for t, o in parameters if any(f["name"] == o for f in cls.info["parameters"])]
            made = [m for m in dir(cls) if m.startswith("from_") and library.split()[0] in getattr(cls, m).__doc__]
            assert len(made) == (1 if names else 0), (library, ours)
            for theirs, name in names:
                default = getattr(cls(), name)
                assert getattr(cls, made[0])(**{theirs: default}) == cls()


def test_names_are_translated():
    assert rb.LIF.from_nengo(tau_rc=0.05, tau_ref=0.001) == rb.LIF(tau_m=0.05, t_ref=0.001)
    assert rb.SoftLIFRate.from_nengo(sigma=0.1) == rb.SoftLIFRate(sigma=0.1)
    assert rb.LIFSubtract.from_rnnbuilder(tau=5.0, threshold=2.0) == rb.LIFSubtract(tau=5.0, v_th=2.0)
    assert rb.SLIF.from_ngclearn(tau_m=30.0).tau_m == 30.0
    with pytest.raises(TypeError, match="has no 'tau_m' here, only tau_rc"):
        rb.LIF.from_nengo(tau_m=0.05)
    with pytest.raises(ValueError, match="tau_m = -1"):
        rb.LIF.from_nengo(tau_rc=-1.0)
    assert not hasattr(rb.AdEx, "from_nengo")


def test_the_cell_is_handled_by_its_compartments(tmp_path):
    cell = rb.SLIFCell("z", 3, thr_gain=0.01, refract_time=5.0, batch_size=2, resist_m=5.0)
    assert cell.v.shape == (2, 3) and cell.inh_weights.shape == (3, 3) and "j" in cell.compartments
    cell.j = [1.0, 0.0, 2.0]
    spikes = np.zeros((2, 3))
    for t in range(40):
        cell.advance_state(t, 1.0)
        spikes += cell.s
    assert (spikes[:, 0] > 0).all() and not spikes[:, 1].any() and (spikes[0] == spikes[1]).all()
    assert cell.tols.max() > 0 and (cell.thr[:, 0] > cell.threshold0[:, 0]).all()
    path = cell.save(tmp_path)
    other = rb.SLIFCell("z", 3, batch_size=2, seed=5)
    other.load(tmp_path)
    np.testing.assert_array_equal(other.thr, cell.threshold0)
    assert np.load(path)["threshold"].shape == (1, 3)
    cell.reset()
    assert not cell.v.any() and "refract_time" in cell.help() and "v" in dir(cell)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda c: rb.SLIFCell("z", 3, tau_m=-1), ValueError, "tau_m = -1 ms"),
        (lambda c: rb.SLIFCell("z", 0), ValueError, "n_units = 0"),
        (lambda c: rb.SLIFCell("z", 3, seed=-1), ValueError, "seed = -1"),
        (lambda c: rb.SLIFCell("a/b", 3), ValueError, "usable as a file's name"),
        (lambda c: rb.SLIFCell("z", 3, surrogate="tanh"), ValueError, "unknown surrogate"),
        (lambda c: rb.SLIFCell("z", 3, threshold0=[1.0]), ValueError, "each of the 3 neurons"),
        (lambda c: c.advance_state(0, 100.0), ValueError, "the bound of Euler"),
        (lambda c: setattr(c, "j", [1.0, 2.0]), ValueError, r"\[batch, cell\]"),
        (lambda c: setattr(c, "j", np.nan), ValueError, "finite"),
        (lambda c: setattr(c, "current", 1.0), ValueError, "set j instead"),
        (lambda c: setattr(c, "u", 1.0), AttributeError, "no compartment 'u'"),
        (lambda c: c.u, AttributeError, "unknown compartment `u`"),
        (lambda c: c.load("/nowhere"), OSError, "z.npz"),
    ],
)
def test_bad_cells_say_why(call, error, words):
    with pytest.raises(error, match=words):
        call(rb.SLIFCell("z", 3))
