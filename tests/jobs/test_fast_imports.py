"""Packages that encoders do not need are not there while large ones are imported."""

import importlib.util
import sys

import pytest

from jobs.parts import fast_imports


def test_unneeded_packages_are_hidden_meanwhile_unless_they_are_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.setattr(fast_imports, "UNNEEDED", ("colorsys", "json"))
    with fast_imports.imports_without_gc():
        assert importlib.util.find_spec("colorsys") is None
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("colorsys")
        assert importlib.import_module("json") is sys.modules["json"]
    assert importlib.import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0, 0, 0)
