"""cluster/SECURITY.md names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_promise_names_tests_that_are_there() -> None:
    text = (ROOT / "cluster/SECURITY.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", text))
    files = set(re.findall(r"[\w/]+/test_\w+\.py", text))
    assert len(named) > 15
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert not [name for name in named if f"def {name}(" not in sources]
    found = {name.removeprefix("tests/") for name in files}
    assert not [name for name in found if not (ROOT / "tests" / name).exists()]
