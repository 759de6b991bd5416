"""Writes the package's stubs: models from the catalogue, the native module from what it says of itself.

``python tests/python/stubs.py`` writes them into the package that it imports; a test asserts that they are up to date.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import rheobase as rb
from rheobase import _native

HEAD = '"""{}: written by tests/python/stubs.py from {}; do not edit."""\n\n'
FIGURE = """class Figure:
    def save(self, path: str | PathLike[str]) -> None: ...
    def to_svg(self) -> str: ...
    def to_png(self) -> bytes: ...
    def to_pdf(self) -> bytes: ...
    def sized(
        self, *, width: float | None = None, height: float | None = None, font: float | None = None, dpi: float | None = None
    ) -> Figure: ...
    def provenance(self, name: str, value: str) -> Figure: ...
    def draw(self, ax: Any) -> Any: ...
    def _repr_svg_(self) -> str: ...
"""


def models() -> str:
    """The package's own stub: what it exports, and the classes of the models."""
    modules: dict[str, list[str]] = {}
    for name in rb.__all__:
        module = "" if name in rb.models else _module(name, getattr(rb, name))
        if module:
            modules.setdefault(module, []).append(name)
    text = HEAD.format("What the package exports", "the catalogue of models")
    text += "from typing import Any\n\nfrom numpy.typing import ArrayLike\n\n"
    text += "from . import analyse as analyse, exchange as exchange, vision as vision\nfrom ._model import Learned, Model, PerFeature\n"
    for module, names in sorted(modules.items()):
        text += "".join(f"from .{module} import {name} as {name}\n" for name in sorted(names))
    text += "\n__version__: str\nprobes: dict[str, str]\nsurrogates: dict[str, dict[str, Any]]\n"
    text += "\n_Amount = float | ArrayLike | PerFeature | Learned\n"
    for cls in rb.models.values():
        text += _class(cls)
    return text + "\n__all__: list[str]\n"


def _module(name: str, value: object) -> str:
    plain = {"analyse": "", "exchange": "", "vision": "", "models": "_model", "probes": "", "surrogates": "", "Figure": "_native"}
    if name in plain:
        return plain[name]
    return value.__module__.removeprefix("rheobase.")


def _class(cls: type[rb.Model]) -> str:
    lines = [f"\nclass {cls.__name__}(Model):", f'    """{cls.info["summary"]}"""\n']
    fields = [(f["name"], f["default"]) for f in cls.info["parameters"]]
    if fields:
        given = ", ".join(f"{name}: _Amount = {_number(default)}" for name, default in fields)
        lines.append(f"    def __init__(self, *, {given}) -> None: ...")
    else:
        lines.append("    def __init__(self) -> None: ...")
    lines += [f"    @property\n    def {name}(self) -> Any: ..." for name, _ in fields]
    for name in sorted(name for name in vars(cls) if name.startswith("from_")):
        lines.append(f"    @classmethod\n    def {name}(cls, **parameters: _Amount) -> {cls.__name__}: ...")
    return "\n".join(lines) + "\n"


def _number(x: float) -> str:
    return repr(x) if abs(x) != float("inf") else f'float("{x}")'


def native() -> str:
    """The stub of the native module."""
    text = HEAD.format("The native module", "what it says of itself")
    text += "from os import PathLike\nfrom typing import Any\n\n__version__: str\n\n"
    for name, value in sorted(vars(_native).items()):
        if name == "Figure":
            text += FIGURE + "\n"
        elif inspect.isclass(value):
            text += _native_class(name, value)
        elif inspect.isbuiltin(value):
            text += f"def {name}{_signature(value)} -> Any: ...\n\n"
    return text


def _native_class(name: str, cls: type) -> str:
    lines = [f"class {name}:"]
    if cls.__text_signature__:
        lines.append(f"    def __init__{_signature(cls, 'self')} -> None: ...")
    for method, value in sorted(vars(cls).items()):
        if method.startswith("__"):
            continue
        if isinstance(value, staticmethod):
            lines.append(f"    @staticmethod\n    def {method}{_signature(value.__func__)} -> Any: ...")
        elif inspect.ismethoddescriptor(value):
            lines.append(f"    def {method}{_signature(value)} -> Any: ...")
        elif inspect.isdatadescriptor(value):
            lines.append(f"    @property\n    def {method}(self) -> Any: ...")
    if len(lines) == 1:
        lines[0] += " ..."
    return "\n".join(lines) + "\n\n"


def _signature(value: object, first: str | None = None) -> str:
    names = [name for name in inspect.signature(value).parameters if name != "self"]  # type: ignore[arg-type]
    takes_self = first or ("self" if "self" in inspect.signature(value).parameters else None)  # type: ignore[arg-type]
    return f"({', '.join([*([takes_self] if takes_self else []), *(f'{name}: Any' for name in names)])})"


def files() -> dict[Path, str]:
    """The stubs by their files."""
    package = Path(rb.__file__).parent
    return {package / "__init__.pyi": models(), package / "_native.pyi": native()}


if __name__ == "__main__":
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")
