"""The lines of Python in the README and in the book run as they stand, and every page of the book has some."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if (ROOT / "docs").exists() else []
WITHOUT = {"SUMMARY.md", "docs/README.md", "docs/models.md", "docs/coming-from.md"}
"""Tables of contents, and tables of names."""


def named(page):
    return str(page.relative_to(ROOT))


@pytest.mark.skipif(not PAGES, reason="the book is not beside the tests")
@pytest.mark.parametrize("page", PAGES, ids=named)
def test_pages_run(page, tmp_path, monkeypatch):
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    if named(page) in WITHOUT or page.name in WITHOUT:
        assert not blocks
        return
    assert blocks, f"{named(page)} has no lines of Python"
    if page.parent.name == "frameworks":
        pytest.importorskip(page.stem)
    monkeypatch.chdir(tmp_path)
    for folder in ("examples", "conformance", "crates"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    exec(compile("\n".join(blocks), str(page), "exec"), {"__name__": "page"})  # noqa: S102
