"""The lines of Python in the README and in the book run as they stand."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [page for page in (ROOT / "README.md", ROOT / "docs" / "python.md") if page.exists()]


@pytest.mark.skipif(not PAGES, reason="the book is not beside the tests")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    exec(compile("\n".join(blocks), str(page), "exec"), {})  # noqa: S102
