"""What this machine lacks is refused before a Ray is started on it."""

import pytest
import ray

from daf_core.errors import SettingsError
from jobs.parts.executor import open_executor
from jobs.parts.room import check_room
from jobs.placement import Asked, check_machine
from jobs.settings import EncodeResources
from tests.jobs.test_ray_or_processes import SMALL


@pytest.fixture(autouse=True)
def no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is named, and starting one is an error."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("a Ray was started"))


@pytest.mark.parametrize(
    ("number", "each"), [(1, {"CPU": 0.7, "GPU": 64.0}), (99_999, {"CPU": 0.7}), (1, {"CPU": 1e6})]
)
def test_what_is_not_here_is_refused(number: int, each: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=r"`a`: expected room for .* this machine has"):
        check_machine(Asked("`a`", number, each))


def test_what_is_here_is_not_refused() -> None:
    check_machine(Asked("`a`", 1, {"CPU": 1.0, "GPU": 0.0}))


def test_a_ray_that_is_named_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    check_machine(Asked("`a`", 99_999, {"CPU": 1.0}))


def test_encoders_ask_before_they_start_it() -> None:
    gpus = EncodeResources(gpus_per_actor=64)
    with pytest.raises(SettingsError, match="gpus_per_actor"), open_executor(gpus, SMALL):
        pass
    with pytest.raises(SettingsError, match="gpus_per_actor"):
        check_room(gpus)
    many = EncodeResources(local=False, actors="99999")
    with pytest.raises(SettingsError, match="actors"), open_executor(many, SMALL * 99_999):
        pass
