"""Progress where there is no terminal: soon the first line, then ever fewer."""

import logging

import pytest

from jobs.progress import LinePace, progress_of, working_on


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("jobs.progress.time.monotonic", found)
    return found


def test_the_first_line_comes_soon_and_later_ones_more_seldom(clock: Clock) -> None:
    pace, due_s = LinePace(), []
    for second in range(200):
        clock.now_s = 100.0 + second
        if pace.due():
            due_s.append(second)
    assert due_s == [5, 15, 35, 65, 95, 125, 155, 185]


def test_a_long_loop_says_how_far_it_is(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), progress_of("trials", 100) as advance:
        for _ in range(20):
            clock.now_s += 1
            advance(1)
    assert [one.getMessage() for one in caplog.records] == [
        "trials: 5 of 100, 95 s left",
        "trials: 15 of 100, 85 s left",
    ]


def test_work_of_unknown_length_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), working_on("adapting to 50 labelled rows"):
        pass
    assert [one.getMessage() for one in caplog.records] == ["adapting to 50 labelled rows …"]
