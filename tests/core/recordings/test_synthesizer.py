"""Text-to-speech: length and level of what comes out, and commands that are refused."""

import shlex
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import BadInput, SettingsError
from daf_core.recordings import synthesizer
from daf_core.recordings.synthesizer import Synthesizer
from tests.synthesizer import COMMAND


@settings(max_examples=8)
@given(words=st.text(st.characters(categories=("Ll", "Lo")), min_size=1, max_size=40))
def test_all_of_a_text_is_read_out_as_16_khz_mono(words: str) -> None:
    said = Synthesizer(COMMAND).read_out(words)
    letters = len(words)
    assert len(said) == pytest.approx(16_000 * 0.05 * letters, abs=40)
    assert 0.2 < np.abs(said).max() < 0.3


@pytest.mark.parametrize("text", ["really?", " "])
def test_what_it_will_not_read_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput):
        Synthesizer(COMMAND).read_out(text)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("no-such-voice --stdout", "No such file or directory: 'no-such-voice'"),
        ("", "it is empty"),
        ("say 'one", "No closing quotation"),
        ("cat", "its output is not a recording"),
        ("true", "its output is not a recording"),
        (f"{COMMAND} 0", "its output is silent"),
        (shlex.join([sys.executable, "-c", "raise SystemExit('no voice')"]), "status 1: no voice"),
    ],
)
def test_what_is_no_synthesizer_is_refused_with_the_reason(command: str, why: str) -> None:
    with pytest.raises(SettingsError, match="expected a command that reads text") as refused:
        Synthesizer(command).check()
    assert why in str(refused.value)


def test_who_takes_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesizer, "LONGEST_S", 0.2)
    with pytest.raises(SettingsError, match="it takes longer than 0 s"):
        Synthesizer("sleep 60").check()
