"""What type checkers and editors are told agrees with what is there."""

import ast
import inspect
from pathlib import Path

import stubs

import rheobase as rb


def test_stubs_are_up_to_date():
    for file, text in stubs.files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file}: run `python tests/python/stubs.py`"
        ast.parse(text)
    assert (Path(rb.__file__).parent / "py.typed").exists()


def test_everything_exported_is_there_and_documented():
    exported = ast.parse(stubs.models())
    named = {alias.asname for node in exported.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    named |= {node.name for node in exported.body if isinstance(node, ast.ClassDef)}
    named |= {node.target.id for node in exported.body if isinstance(node, ast.AnnAssign)}
    for name in rb.__all__:
        assert name in named, name
        value = getattr(rb, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name
            for method, function in vars(value).items() if inspect.isclass(value) else ():
                if not method.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)):
                    assert inspect.getdoc(function), f"{name}.{method}"
