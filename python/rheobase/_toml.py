"""Values as TOML, in one line: what settings and parts of networks are handed over as."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np


def toml(value: Any, argument: str) -> str:
    """``value`` as TOML; tables are written inline, and what is ``None`` in them is left out."""
    # Here and elsewhere: what few calls need, no import waits for.
    import json

    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, (str, os.PathLike)):
        return json.dumps(os.fspath(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        items = (f"{json.dumps(str(k))} = {toml(v, f'{argument}.{k}')}" for k, v in value.items() if v is not None)
        return "{ " + ", ".join(items) + " }"
    if isinstance(value, (list, tuple, np.ndarray)):
        return "[" + ", ".join(toml(item, argument) for item in value) + "]"
    raise TypeError(f"{argument}: {value!r} is not a setting")
