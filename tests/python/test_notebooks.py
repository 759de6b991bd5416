"""The notebooks run in a headless Jupyter and come out as they stand, to the last digit and the last stroke."""

import pytest

import notebooks

FILES = sorted(notebooks.FOLDER.glob("*.ipynb"))


@pytest.mark.skipif(not FILES, reason="the notebooks are not beside the tests")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_notebooks_come_out_as_they_stand(file, monkeypatch):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    # The bar of progress has no place in what is compared; hashing is what it always is.
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    notebooks.check(file)
