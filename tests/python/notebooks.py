"""Runs the notebooks in examples/notebooks in a headless Jupyter.

``python tests/python/notebooks.py`` writes their outputs anew; a test asserts that they come out as they stand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "notebooks"


def run(file: Path) -> tuple[Any, Any]:
    """The notebook as it stands, and as it comes out now."""
    import nbformat
    from nbclient import NotebookClient

    committed = nbformat.read(file, as_version=4)
    fresh = nbformat.read(file, as_version=4)
    NotebookClient(fresh, timeout=300, kernel_name="python3").execute(cwd=str(file.parent))
    for cell in fresh.cells:
        # When a cell ran says nothing of it.
        cell.metadata.pop("execution", None)
    return committed, fresh


def said(notebook: Any) -> list[list[tuple[str, str]]]:
    """What each cell has said: text and pictures, without the bar of progress and the names of objects that are pictures."""
    found = []
    for cell in notebook.cells:
        shown: list[tuple[str, str]] = []
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                before = shown.pop()[1] if shown and shown[-1][0] == output.name else ""
                shown.append((output.name, before + output.text))
                continue
            data = {kind: "".join(text) for kind, text in output.data.items()}
            if "image/svg+xml" in data:
                shown.append(("picture", data["image/svg+xml"]))
            elif "<progress" not in data.get("text/html", ""):
                shown.append(("text", data["text/plain"]))
        found.append(shown)
    return found


def check(file: Path) -> None:
    """Asserts that a notebook comes out as it stands, to the last digit and the last stroke."""
    committed, fresh = run(file)
    want, got = said(committed), said(fresh)
    assert any(want), f"{file.name} has no outputs; run python tests/python/notebooks.py"
    for n, (a, b) in enumerate(zip(want, got, strict=True)):
        assert a == b, f"cell {n} of {file.name}; if that is meant, run python tests/python/notebooks.py"


if __name__ == "__main__":
    import nbformat

    try:
        import torch  # noqa: F401
    except ImportError:
        folder = FOLDER
    else:
        # Where PyTorch is, those that need it.
        folder = FOLDER / "frameworks"
    for notebook in sorted(folder.glob("*.ipynb")):
        nbformat.write(run(notebook)[1], notebook)
