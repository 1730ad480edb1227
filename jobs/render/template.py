"""The files that rendered ones are made from, and how YAML is written."""

from importlib import resources
from typing import Any

import yaml


def text_of(name: str) -> str:
    """A file of files/."""
    text: str = (resources.files("jobs.render") / "files" / name).read_text(encoding="utf-8")
    return text


def yaml_of(name: str) -> Any:
    """What a YAML file of files/ says; nothing in it is one object in two places."""
    return _apart(yaml.safe_load(text_of(name)))


def as_yaml(value: Any, said: str) -> str:
    """YAML after a comment."""
    comment = "".join(f"# {line}\n" for line in said.splitlines())
    return comment + str(yaml.safe_dump(value, sort_keys=False, width=100))


def _apart(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _apart(one) for name, one in value.items()}
    return [_apart(one) for one in value] if isinstance(value, list) else value
