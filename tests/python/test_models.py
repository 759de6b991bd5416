"""Models as classes: made from the catalogue, with its names, ranges and words."""

import copy
import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest

import rheobase as rb
from rheobase import _native

EVERY = pytest.mark.parametrize("cls", rb.models.values(), ids=rb.models)


def test_every_model_of_the_catalogue_has_a_class_of_its_name():
    catalogue = _native.catalogue()
    assert len(rb.models) == len(catalogue) > 30
    for info in catalogue:
        cls = getattr(rb, info["class"])
        assert cls.name == info["name"] and cls.__name__ == info["class"] and info["class"] in rb.__all__


@EVERY
def test_signature_and_docstring_say_what_the_catalogue_says(cls):
    parameters = inspect.signature(cls).parameters
    assert {n: p.default for n, p in parameters.items()} == {f["name"]: f["default"] for f in cls.info["parameters"]}
    for field in cls.info["parameters"]:
        assert field["doc"].rstrip(".") in cls.__doc__ and field["range"] in cls.__doc__
    for line in (*cls.info["equations"], *cls.info["references"]):
        assert line in cls.__doc__


@EVERY
def test_models_are_values(cls):
    default = cls()
    # Some are tied to others by a rule.
    tied = {"v_min", "v_rest"}
    field = next((f for f in cls.info["parameters"] if f["kind"] == "real" and f["name"] not in tied), None)
    assert repr(default) == f"{cls.__name__}()" and default == cls() and hash(default) == hash(cls())
    if field is None:
        return
    name = field["name"]
    other = cls(**{name: field["default"] * 1.0625 if field["default"] else 0.0625})
    assert other != default and getattr(other, name) != getattr(default, name)
    assert eval(repr(other), vars(rb)) == other
    for same in (pickle.loads(pickle.dumps(other)), copy.copy(other), copy.deepcopy(other), other.replace()):
        assert same == other and hash(same) == hash(other)
    assert len({default, other, cls(), other.replace()}) == 2


def test_a_value_that_is_the_default_makes_no_difference():
    assert rb.LIF(tau_m=0.02) == rb.LIF() and rb.LIF(tau_m=0.05).replace(tau_m=0.02) == rb.LIF()


def test_parameters_may_differ_from_neuron_to_neuron():
    taus = np.array([0.01, 0.02, 0.04])
    lif = rb.LIF(tau_m=taus)
    taus[0] = 9.0
    assert lif.tau_m[0] == 0.01 and lif == rb.LIF(tau_m=[0.01, 0.02, 0.04]) and lif != rb.LIF(tau_m=[0.01, 0.02, 0.03])
    assert pickle.loads(pickle.dumps(lif)) == lif and hash(lif) == hash(rb.LIF(tau_m=(0.01, 0.02, 0.04)))
    assert "0.01" in repr(lif)
    with pytest.raises(ValueError, match="read-only"):
        lif.tau_m[0] = 1.0
    each = np.stack([rb.LIF(tau_m=t).rates([1.5, 2.0]) for t in (0.01, 0.02, 0.04)], axis=1)
    np.testing.assert_array_equal(lif.rates([[1.5] * 3, [2.0] * 3]), each)


def test_parameters_take_any_real_number():
    for value in (np.float32(0.5), np.array(0.5), np.float16(0.5)):
        assert rb.LIF(tau_m=value).tau_m == 0.5
    assert rb.LIF(carry_over=True).carry_over == 1.0 and rb.LIF(tau_m=1) == rb.LIF(tau_m=1.0)


@pytest.mark.parametrize(
    ("parameters", "error", "words"),
    [
        ({"tau_m": -1.0}, ValueError, r"lif\.tau_m = -1 s: must be > 0"),
        ({"tau_m": float("nan")}, ValueError, "tau_m = NaN"),
        ({"tau_m": [0.1, -1.0]}, ValueError, r"lif\.tau_m\[1\] = -1 s"),
        ({"tau_m": [0.1, 0.2], "t_ref": [0.0] * 3}, ValueError, "one number for each of the 2 neurons"),
        ({"tau_n": 1.0}, TypeError, "unknown parameter `tau_n`; did you mean `tau_m`"),
        ({"tau_m": "long"}, TypeError, "LIF.tau_m: has dtype"),
        ({"tau_m": 1j}, TypeError, "real numbers are needed"),
        ({"tau_m": None}, TypeError, "real numbers are needed"),
        ({"carry_over": 0.5}, ValueError, "must be 0 .off. or 1 .on."),
    ],
)
def test_bad_parameters_say_why(parameters, error, words):
    with pytest.raises(error, match=words):
        rb.LIF(**parameters)


def test_models_cannot_be_changed():
    lif = rb.LIF()
    for name in ("tau_m", "other"):
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(lif, name, 1.0)
    with pytest.raises(AttributeError):
        del lif.tau_m
    with pytest.raises(TypeError, match="such as LIF"):
        rb.Model()


def test_rates_follow_the_closed_form():
    # Lapicque: 1 / (t_ref + tau_m ln(x / (x - 1))) above the rheobase of 1, 0 below it.
    x = np.linspace(0.5, 3.0, 7)
    with np.errstate(divide="ignore", invalid="ignore"):
        want = np.where(x > 1, 1 / (0.002 + 0.02 * np.log1p(1 / (x - 1))), 0.0)
    np.testing.assert_allclose(rb.LIF().rates(x), want, rtol=1e-14)  # two logarithms' last digits
    assert rb.LIF().rates(np.float32(2.0)).shape == () and rb.LIF().rates(x.reshape(7, 1)).shape == (7, 1)
    step = 1e-6
    slope = (rb.LIF().rates(x[3:] + step) - rb.LIF().rates(x[3:] - step)) / (2 * step)
    np.testing.assert_allclose(rb.LIF().derivative(x[3:]), slope, rtol=1e-6)  # the differences' own error


def test_gain_and_bias_and_back():
    gain, bias = rb.LIF().gain_bias([100, 200], [0.0, -0.5])
    np.testing.assert_allclose(rb.LIF().rates([1.0], gain, bias), [[100, 200]], rtol=1e-12)
    np.testing.assert_allclose(rb.LIF().rates([[0.0, -0.5]], gain, bias), 0)
    rates, intercepts = rb.LIF().max_rates_intercepts(gain, bias)
    np.testing.assert_allclose(rates, [100, 200], rtol=1e-12)
    np.testing.assert_allclose(intercepts, [0, -0.5], atol=1e-12)
    inner = rb.LIF().derivative([0.5], gain, bias)
    np.testing.assert_allclose(inner, gain * rb.LIF().derivative(gain * 0.5 + bias)[None], rtol=1e-12)


def test_models_without_a_closed_form_are_simulated():
    rates = rb.Izhikevich().rates([0.0, 10.0])
    assert rates[0] == 0 and 1 < rates[1] < 200
    simulated = rb.LIF().simulated_rates([1.5])
    np.testing.assert_allclose(simulated, rb.LIF().rates([1.5]), rtol=0.02)  # what a step of 1 ms leaves open


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rb.LIF().rates([1.0, float("nan")]), r"inputs\[1\] = NaN"),
        (lambda: rb.LIF().gain_bias([600.0], [0.0]), "max_rates"),
        (lambda: rb.LIF().gain_bias([100.0], [1.0]), "must be a finite number < 1"),
        (lambda: rb.LIF().gain_bias([100.0], [0.0, 0.0]), "one number for each of the 1 neurons"),
        (lambda: rb.LIF().rates([1.0], [1.0], [1.0, 2.0]), "bias: has 2 numbers"),
        (lambda: rb.LIF().rates([[1.0, 2.0]], [1.0] * 3, [1.0] * 3), "3 neurons is needed"),
        (lambda: rb.LIF(tau_m=[0.1, 0.2]).rates([1.0] * 3), "2 neurons"),
        (lambda: rb.LIF(tau_m=[0.1, 0.2]).gain_bias([100.0], [0.0]), "differ from neuron to neuron"),
        (lambda: rb.LIF(tau_m=rb.PerFeature(0.1, 0.2)).rates([1.0]), "drawn when a population is made"),
        (lambda: rb.Izhikevich().derivative([1.0]), "no closed-form curve"),
    ],
)
def test_bad_curves_say_why(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_gain_without_bias_is_an_error():
    with pytest.raises(TypeError, match="give both"):
        rb.LIF().rates([1.0], gain=[1.0])


def test_an_import_loads_models_alone_and_the_rest_when_it_is_asked_for():
    program = """
import sys
import rheobase as rb
print(sorted(name for name in sys.modules if name.startswith("rheobase.")))
assert set(rb.__all__) <= set(dir(rb)) and all(getattr(rb, name) is getattr(rb, name) for name in dir(rb))
assert rb.analyse.__name__ == "rheobase.analyse" and not hasattr(rb, "analyses")
from rheobase import *
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "['rheobase._model', 'rheobase._native', 'rheobase._numbers']"
