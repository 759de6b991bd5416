"""The settings of a training job."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import _native
from ._toml import toml


class SettingKey(NamedTuple):
    """A key of a file of settings."""

    table: str
    """The table that it stands in, such as ``data.source``; empty for the whole file."""
    of: str
    """The kind of that table that has the key, such as ``csv`` of ``data.source``; empty where all kinds have it."""
    key: str
    """Its name."""
    value: str
    """What its value is: ``whole number``, a choice in quotation marks, or a ``[table]`` of its own."""
    meaning: str
    """What it means."""


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

    @staticmethod
    def reference(key: str | None = None) -> str:
        """What the reference of settings says of a table or a key (``"optimise"``, ``"train.epochs"``), or all of it: Markdown."""
        return _native.Settings.reference(key)

    @staticmethod
    def keys(key: str | None = None) -> list[SettingKey]:
        """Every key of :meth:`reference`, in its order.

        >>> next(k for k in Settings.keys("train") if k.key == "epochs").value
        'whole number'
        """
        return [SettingKey(*row) for row in _native.Settings.keys(key)]

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
