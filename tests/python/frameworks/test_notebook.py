"""The notebook for PyTorch runs in a headless Jupyter and comes out as it stands."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
sys.path.insert(0, str(Path(__file__).parents[1]))

import notebooks  # noqa: E402

FILES = sorted((notebooks.FOLDER / "frameworks").glob("*.ipynb"))


@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(not FILES, reason="the notebooks are not beside the tests")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_notebooks_come_out_as_they_stand(file, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    notebooks.check(file)
