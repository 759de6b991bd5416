"""Equations: right-hand side, phase plane, excitability."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import rheobase as rb


def test_the_right_hand_side_is_the_equation():
    lif = rb.LIF(tau_m=0.05).dynamics()
    assert lif.variables == ("v",) and lif.rest["v"] == 0
    np.testing.assert_allclose(lif.rhs({"v": 0.25}, 1.5)["v"], (1.5 - 0.25) / 0.05, rtol=1e-15)
    assert lif.jacobian({}, 0.0)[0, 0] == pytest.approx(-1 / 0.05)


def test_rheobase_and_chronaxie():
    lif = rb.LIF(tau_m=0.02).dynamics()
    found = lif.rheobase()
    assert found.silent <= 1 <= found.fires and found.source == "closed form"
    # At twice the rheobase: 2 (1 - exp(-t / tau)) = 1.
    chronaxie = lif.chronaxie()
    assert chronaxie.silent <= 0.02 * np.log(2) <= chronaxie.fires
    short, long = lif.strength_duration([0.002, 0.2])
    assert short.fires > long.fires and long.fires == pytest.approx(1, rel=1e-3)


def test_a_phase_plane_has_its_fixed_points():
    portrait = rb.AdEx(a=2.0).dynamics().phase_portrait([800.0, 0.0])
    assert list(portrait.axes) == ["v", "w"] and set(portrait.nullclines) == {"v", "w"}
    kinds = {point.kind: point for point in portrait.fixed_points[0.0]}
    saddle = kinds.pop("saddle")
    assert not saddle.stable and saddle.eigenvalues.real.min() < 0 < saddle.eigenvalues.real.max()
    (rest,) = kinds.values()
    assert rest.stable and all(p.shape[1] == 2 for lines in portrait.nullclines.values() for p in lines)
    rhs = rb.AdEx(a=2.0).dynamics().rhs(rest.at, 0.0)
    assert abs(rhs["v"]) < 1e-6 and abs(rhs["w"]) < 1e-6
    assert ET.fromstring(portrait._repr_svg_()).tag.endswith("svg")
    line = rb.LIF().dynamics().phase_portrait([0.5], axes={"v": (0, 2)})
    assert line.fixed_points[0.5][0].at["v"] == pytest.approx(0.5) and line.axes == {"v": (0, 2)}


def test_responses_follow_a_pulse():
    found = rb.LIF().dynamics().respond(pulse=(3.0, 0.1, 0.05), time=0.3)
    assert ((found["spikes"] > 0.1) & (found["spikes"] < 0.16)).all() and len(found["spikes"]) > 1
    assert found["time"].shape == found["v"].shape == found["input"].shape


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: rb.LIFSubtract().dynamics().phase_portrait([0.0]), ValueError, "not a differential equation"),
        (lambda: rb.LIFRate().dynamics().rheobase(), ValueError, "does not fire"),
        (lambda: rb.LIF().dynamics().rhs({"u": 1.0}, 0.0), TypeError, "has no 'u'"),
        (lambda: rb.LIF().dynamics().rhs({"v": float("nan")}, 0.0), ValueError, "must be a finite number"),
        (lambda: rb.LIF(tau_m=[0.1, 0.2]).dynamics(), ValueError, "differs from neuron to neuron"),
        (lambda: rb.AdEx().dynamics().phase_portrait([0.0], axes=["v", "u"]), TypeError, "unknown state field `u`"),
        (lambda: rb.AdEx().dynamics().phase_portrait([0.0], axes=["v", "w", "x"]), ValueError, "two are drawn"),
        (lambda: rb.AdEx().dynamics().phase_portrait([]), ValueError, "must be at least one"),
        (lambda: rb.LIF().dynamics().respond(time=-1), ValueError, "time"),
    ],
)
def test_bad_input_says_why(call, error, words):
    with pytest.raises(error, match=words):
        call()
