"""Text-to-speech through a command that the user supplies."""

import platform
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO

from daf_core.arrays import Samples
from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.recordings.levels import audio_flags

LONGEST_S = 60.0  # time limit of the command, per text


@dataclass(frozen=True)
class Synthesizer:
    """A text-to-speech command, such as "espeak-ng --stdout".

    It reads a text in UTF-8 from standard input and writes a recording, in any format that
    `open_recording` reads, to standard output.
    """

    command: str

    def check(self) -> None:
        """Try the command on one word.

        Raises:
            SettingsError: there is no such command, or it writes no audible recording.
        """
        try:
            said = self.read_out("one")
        except BadInput as err:
            raise self._settings_error(err.message) from err
        if "silent" in audio_flags(said):
            raise self._settings_error("its output is silent")

    def read_out(self, text: str) -> Samples:
        """Synthesize a text: (samples,) float32 in [-1, 1] at 16 kHz, at least one sample.

        Raises:
            BadInput: `unreadable_audio` or `empty_audio`: the command fails on this text.
            SettingsError: this machine has no such command.
        """
        with tempfile.NamedTemporaryFile() as file:
            self._run(text, file)
            try:
                with open_recording(file.name) as recording:
                    samples = recording.read(0.0, recording.duration_s)
            except BadInput as err:
                raise BadInput(err.reason, "its output is not a recording") from err
        if not len(samples):
            raise BadInput("empty_audio", "its output has no samples")
        return samples

    def _run(self, text: str, out: IO[bytes]) -> None:
        try:
            ended = subprocess.run(
                self._words(),
                input=text.encode(),
                stdout=out,
                stderr=subprocess.PIPE,
                timeout=LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired as err:
            raise BadInput("unreadable_audio", f"it takes longer than {LONGEST_S:.0f} s") from err
        except OSError as err:
            raise self._settings_error(f"on {platform.node()}: {err}") from err
        if ended.returncode:
            said = ended.stderr.decode(errors="replace").strip().splitlines()
            why = ": ".join([f"it exits with status {ended.returncode}", *said[-1:]])
            raise BadInput("unreadable_audio", why)

    def _words(self) -> list[str]:
        try:
            words = shlex.split(self.command)
        except ValueError as err:
            raise self._settings_error(str(err)) from err
        if not words:
            raise self._settings_error("it is empty")
        return words

    def _settings_error(self, why: str) -> SettingsError:
        return SettingsError(
            f"`synthesize` {self.command!r}: expected a command that reads text from standard "
            f"input and writes a recording to standard output, as 'espeak-ng --stdout' does; {why}"
        )
