"""Neuron models: a class for each model of the catalogue, made from what the catalogue says of it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from . import _native
from ._numbers import count, numbers, vector

if TYPE_CHECKING:
    from ._dynamics import Dynamics
    from ._population import Population


class PerFeature(NamedTuple):
    """A parameter (or the start of a state field) that is drawn uniformly from [low, high).

    A parameter has one value for each feature map of the layer, a state field one for each neuron and sample. What is drawn
    depends on the seed and on the population's name alone; without a seed it is that of the training job, elsewhere 0.
    """

    low: float
    high: float
    seed: int | None = None


class Learned(NamedTuple):
    """A parameter that a network learns: from ``value`` on, one for the layer, or one for ``each`` neuron.

    In a population it is the number ``value``.
    """

    value: float
    each: bool = False


Amount = Any


class Model:
    """A neuron model with its parameters.

    Every model of the catalogue is a subclass: :class:`LIF`, :class:`AdEx` and so on; ``rheobase.models`` lists them. A model
    cannot be changed, so it can be shared, hashed, compared, copied and pickled; :meth:`replace` makes another.
    """

    __slots__ = ("_values",)

    name: ClassVar[str]
    """Name on the command line and in files."""
    info: ClassVar[Mapping[str, Any]]
    """What the catalogue says of the model: equations, references, fields."""
    _fields: ClassVar[dict[str, dict[str, Any]]]
    _values: dict[str, Amount]

    def __init__(self, **parameters: Amount) -> None:
        cls = type(self)
        if cls is Model:
            raise TypeError("Model is what all models have in common; make one of its subclasses, such as LIF")
        values = {}
        for name, value in parameters.items():
            field = cls._fields.get(name)
            if field is None:
                _native.check(cls.name, [(name, 0.0)])
            values[name] = _amount(value, f"{cls.__name__}.{name}")
        _native.check(cls.name, _plain(values))
        # Whatever is at its default is left out, so that equal models have equal values.
        kept = {name: v for name, v in values.items() if not _same(v, cls._fields[name]["default"])}
        object.__setattr__(self, "_values", {name: kept[name] for name in cls._fields if name in kept})

    @property
    def parameters(self) -> dict[str, Amount]:
        """All parameters with their values, in the model's order."""
        return {name: self._values.get(name, field["default"]) for name, field in self._fields.items()}

    def replace(self, **parameters: Amount) -> Model:
        """The same model with some parameters changed."""
        return type(self)(**{**self._values, **parameters})

    def rates(self, inputs: Any, gain: Any = None, bias: Any = None) -> np.ndarray:
        """Firing rates (or output) at constant inputs, in Hz, or per step for models that count steps.

        From the closed form where the model has one, else neurons are simulated until they have settled. The result has the
        shape of ``inputs`` and dtype float64. If parameters differ from neuron to neuron, the last axis of ``inputs`` is
        that of the neurons. With ``gain`` and ``bias`` (one of each per neuron), ``inputs`` are represented values, ``[point]``
        or ``[point, neuron]``, and the result is ``[point, neuron]``.

        Raises:
            ValueError: inputs that are not finite, or of another number of neurons.
        """
        return self._curve("rates", inputs, gain, bias)

    def simulated_rates(self, inputs: Any, gain: Any = None, bias: Any = None) -> np.ndarray:
        """As :meth:`rates`, by simulation also where there is a closed form."""
        return self._curve("simulated", inputs, gain, bias)

    def derivative(self, inputs: Any, gain: Any = None, bias: Any = None) -> np.ndarray:
        """The slope of :meth:`rates` over ``inputs``, exact; with ``gain`` and ``bias``, over represented values.

        Raises:
            ValueError: also for models without a closed form.
        """
        slopes = self._curve("slopes", inputs, gain, bias)
        return slopes if gain is None else slopes * vector(gain, "gain")

    def _curve(self, what: str, inputs: Any, gain: Any, bias: Any) -> np.ndarray:
        x = numbers(inputs, np.float64, "inputs")
        if (gain is None) != (bias is None):
            raise TypeError("gain and bias belong together: give both or neither")
        if gain is not None:
            gain, bias = vector(gain, "gain"), vector(bias, "bias")
            if gain.shape != bias.shape:
                raise ValueError(f"bias: has {bias.size} numbers, but gain has {gain.size}")
            if x.ndim < 2:
                x = x.reshape(-1, 1)
            elif x.shape[-1] != gain.size:
                raise ValueError(f"inputs: shape {x.shape}, but [point, neuron] with {gain.size} neurons is needed")
            x = np.ascontiguousarray(gain * x + bias)
        return _native.curve(self.name, _plain(self._values), what, x)

    def gain_bias(self, max_rates: Any, intercepts: Any) -> tuple[np.ndarray, np.ndarray]:
        """Gains and biases of neurons that start to fire at ``intercepts`` and reach ``max_rates`` (in Hz) at 1.

        A neuron with represented value u has the input ``gain * u + bias``. Both results have one number for each neuron.

        Raises:
            ValueError: rates that the model does not reach, intercepts that are not below 1.
        """
        parts = _plain(self._values)
        return _native.gain_bias(
            self.name, parts, vector(max_rates, "max_rates"), vector(intercepts, "intercepts"), False
        )

    def max_rates_intercepts(self, gain: Any, bias: Any) -> tuple[np.ndarray, np.ndarray]:
        """The inverse of :meth:`gain_bias`."""
        parts = _plain(self._values)
        return _native.gain_bias(self.name, parts, vector(gain, "gain"), vector(bias, "bias"), True)

    def step(
        self,
        input: Any,
        state: Mapping[str, Any] | None = None,
        *,
        dt: float | None = None,
        dtype: Any = np.float32,
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """One step of neurons that remember nothing: the state goes in and comes out, and nothing else changes.

        Args:
            input: One number for each neuron, of any shape.
            state: State fields by name, of that shape or one number; those left out are as after a reset. What a step gave
                is the state of the next.
            dt: Length of the step (0.001 s by default, or 1 for models that count steps).
            dtype: ``numpy.float32`` or ``numpy.float64``.

        Returns:
            What left the neurons, and their state, of the shape of ``input``.

        >>> import rheobase as rb
        >>> spikes, state = rb.LIF().step([0.0, 3.0])
        >>> for _ in range(10):
        ...     spikes, state = rb.LIF().step([0.0, 3.0], state)
        >>> state["v"][0].item(), bool(state["v"][1] > 0)
        (0.0, True)
        """
        x = numbers(input, np.dtype(dtype), "input")
        neurons = self.population(max(x.size, 1), dt=dt, dtype=dtype)
        for field, values in (state or {}).items():
            if field not in neurons._state_fields:
                raise TypeError(f"state: {type(self).__name__} has no {field!r}, only {', '.join(neurons._state_fields)}")
            given = numbers(values, np.dtype(dtype), field)
            if given.ndim and given.shape != x.shape:
                raise ValueError(f"{field}: has shape {given.shape}, but {x.shape} or one number is needed, as the input has")
            neurons.state[field] = given.reshape(-1) if given.ndim and x.ndim != 1 else given
        output = neurons.step(x.reshape(-1)) if x.size else np.empty(0, dtype)
        fields = {field: neurons.state[field][: x.size].reshape(x.shape) for field in neurons._state_fields}
        return output.reshape(x.shape), fields

    def population(self, shape: Any, **settings: Any) -> Population:
        """Neurons of this model: ``shape`` is a number of them, or features, rows and columns. See :class:`Population`."""
        from ._population import Population

        return Population(self, shape, **settings)

    def dynamics(self) -> Dynamics:
        """The model's equations: phase plane, rheobase, chronaxie. See :class:`Dynamics`."""
        from ._dynamics import Dynamics

        return Dynamics(self)

    def training_curve(self, inputs: Any, smoothing: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """What the model is trained as where it stands for spiking neurons: its output at ``inputs``, and the slope there.

        Args:
            inputs: Inputs of any shape.
            smoothing: Width of the smooth passage at threshold, for models that have a sharp one.

        Raises:
            ValueError: models that are not trained as a curve.
        """
        return _native.training(self.name, _plain(self._values), smoothing, numbers(inputs, np.float64, "inputs"))

    def curve_figure(
        self,
        inputs: Any,
        *,
        simulated: Any = None,
        training: float | bool = False,
        title: str | None = None,
        ax: Any = None,
    ) -> Any:
        """The rate over constant inputs as a picture: the closed form where there is one, else simulations.

        Args:
            inputs: Inputs in ascending order.
            simulated: Whether simulated rates are drawn beside a closed form.
            training: Whether the curve is drawn that it is trained as; a number is its smoothing.
            title: Words above the picture; the model's name by default.
            ax: Axes of matplotlib to draw into, which are then what comes back.
        """
        x = vector(inputs, "inputs")
        closed = None
        try:
            self.derivative(x[:1])
            closed = self.rates(x)
        except ValueError:
            simulated = True
        drawn = self.simulated_rates(x) if simulated else None
        unit = (self.info["input_unit"], self.info["time"])
        trained = None
        if training is not False:
            trained = self.training_curve(x, None if training is True else float(training))[0]
        words = type(self).__name__ if title is None else title
        figure = _native.draw_curve(words, unit, x, closed, trained, drawn, None)
        return figure if ax is None else figure.draw(ax)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed; replace({name}=…) makes another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={_text(v)}' for name, v in self._values.items())})"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        mine, others = self._values, other._values  # type: ignore[attr-defined]
        return mine.keys() == others.keys() and all(_same(v, others[name]) for name, v in mine.items())

    def __hash__(self) -> int:
        key = ((n, v.tobytes() if isinstance(v, np.ndarray) else v) for n, v in self._values.items())
        return hash((type(self).__name__, *key))

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, _: Any) -> Model:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self).__name__, self._values)


def _made(name: str, values: dict[str, Amount]) -> Model:
    """The model of a pickle."""
    return models[name](**values)


def _amount(value: Any, argument: str) -> Amount:
    """A parameter as a float, a read-only array of its own, or what it is drawn from."""
    if isinstance(value, PerFeature):
        seed = None if value.seed is None else count(value.seed, f"{argument}.seed", 0)
        return PerFeature(float(value.low), float(value.high), seed)
    if isinstance(value, Learned):
        return Learned(float(value.value), bool(value.each))
    if type(value) is float:
        return value
    array = numbers(value, np.float64, argument)
    if array.ndim == 0:
        return float(array)
    own = array.reshape(-1).copy()
    own.flags.writeable = False
    return own


def _plain(values: Mapping[str, Amount]) -> list[tuple[str, Amount]]:
    """Parameters as the engine takes them."""
    return [(name, value.value if isinstance(value, Learned) else value) for name, value in values.items()]


def _same(a: Amount, b: Amount) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.array_equal(a, b)
    return a == b


def _text(value: Amount) -> str:
    if isinstance(value, np.ndarray):
        return f"array({np.array2string(value, separator=', ', threshold=6)})"
    return repr(value)


def _line(name: str, field: Mapping[str, Any]) -> str:
    """One parameter, as the docstring has it."""
    unit = "" if field["unit"] in ("", "1") else f", in {field['unit']}"
    return f"    {name}: {field['doc'].rstrip('.')}{unit} (default {field['default']:g}; {field['range']})."


def _docstring(info: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> str:
    parts = [f"{info['summary'][0].upper()}{info['summary'][1:]}.\n"]
    if fields:
        parts += ["Args:", *(_line(*item) for item in fields.items()), ""]
    unit = "" if info["input_unit"] in ("", "1") else f" in {info['input_unit']}"
    parts += [
        f"Takes {info['takes']}{unit}, gives {info['emits']}, counts time in {info['time']}. Each step::\n",
        textwrap.indent("\n".join(info["equations"]), "    ") + "\n",
    ]
    if info["references"]:
        parts += ["References:", *(f"    {line}" for line in info["references"])]
    return "\n".join(parts)


def _parameter(name: str, doc: str) -> property:
    return property(lambda model: model._values.get(name, model._fields[name]["default"]), doc=doc)


def _class(info: dict[str, Any]) -> type[Model]:
    """The class of one model."""
    fields = {field["name"]: field for field in info["parameters"]}
    kinds = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field["default"]) for name, field in fields.items()
    ]
    body: dict[str, Any] = {
        "__slots__": (),
        "__module__": "rheobase",
        "__doc__": _docstring(info, fields),
        "__signature__": inspect.Signature(kinds),
        "name": info["name"],
        "info": info,
        "_fields": fields,
    }
    body.update((name, _parameter(name, field["doc"])) for name, field in fields.items())
    body.update(_dialects(info, fields))
    return type(info["class"], (Model,), body)


_DIALECTS = {
    "nengo": "Nengo",
    "nengo_extras": "nengo-extras",
    "spyketorch": "SpykeTorch",
    "rnnbuilder": "rnnbuilder",
    "ngclearn": "ngc-learn",
}
"""How methods call the libraries, and how their names begin."""

_ELSEWHERE = _native.names_elsewhere()


def _dialect(library: str, classes: list[str], names: dict[str, str]) -> classmethod[Any, Any, Any]:
    """The way to make a model by the parameter names of another library."""

    def made(cls: type[Model], **parameters: Amount) -> Model:
        for name in parameters:
            if name not in names:
                raise TypeError(f"{cls.__name__}: {library} has no {name!r} here, only {', '.join(names)}")
        return cls(**{names[name]: value for name, value in parameters.items()})

    said = "; ".join(f"{theirs} is {ours}" for theirs, ours in names.items())
    made.__doc__ = (
        f"The model by the parameter names of {library}, where it is {', '.join(classes)}: {said}.\n\n"
        "Parameters left out have this library's defaults. The book's page \"Coming from other libraries\" says what differs."
    )
    return classmethod(made)


def _dialects(info: dict[str, Any], fields: Mapping[str, Any]) -> Iterator[tuple[str, classmethod[Any, Any, Any]]]:
    """The methods for the libraries that have the model."""
    for library, classes, parameters in _ELSEWHERE:
        key = next(key for key, start in _DIALECTS.items() if library.startswith(start))
        theirs = [name for name, ours in classes if ours == info["name"]]
        if theirs and (names := {name: ours for name, ours in parameters if ours in fields}):
            yield f"from_{key}", _dialect(library, theirs, names)


models: dict[str, type[Model]] = {info["class"]: _class(info) for info in _native.catalogue()}
"""Every model's class by its name."""
