"""Sentences that nobody recorded, read out by a command of the user's, as voices there are many."""

import platform
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO

from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.audio import Samples, audio_flags, open_recording

LONGEST_S = 60.0  # that a command may take to read a sentence


@dataclass(frozen=True)
class Synthesizer:
    """A command that reads a sentence, UTF-8, on standard input and writes its sound, in any format
    that recordings may have, to standard output: `espeak-ng --stdout`.
    """

    command: str

    def check(self) -> None:
        """Have it read a word.

        Raises:
            SettingsError: there is no such command, or it makes no sound.
        """
        try:
            said = self.read_out("one")
        except BadInput as err:
            raise self._unfit(err.message) from err
        if "silent" in audio_flags(said):
            raise self._unfit("it writes silence")

    def read_out(self, text: str) -> Samples:
        """(samples,) in [-1, 1] at 16 kHz, one or more.

        Raises:
            BadInput: unreadable_audio or empty_audio, where the command makes nothing of the text.
            SettingsError: this machine has no such command.
        """
        with tempfile.NamedTemporaryFile() as file:
            self._run(text, file)
            try:
                with open_recording(file.name) as recording:
                    samples = recording.read(0.0, recording.duration_s)
            except BadInput as err:
                raise BadInput(err.reason, "what it writes is no recording") from err
        if not len(samples):
            raise BadInput("empty_audio", "it writes no samples")
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
            raise BadInput("unreadable_audio", f"it takes over {LONGEST_S:.0f} s") from err
        except OSError as err:
            raise self._unfit(f"on {platform.node()}: {err}") from err
        if ended.returncode:
            said = ended.stderr.decode(errors="replace").strip().splitlines()
            why = ": ".join([f"it ends with status {ended.returncode}", *said[-1:]])
            raise BadInput("unreadable_audio", why)

    def _words(self) -> list[str]:
        try:
            words = shlex.split(self.command)
        except ValueError as err:
            raise self._unfit(str(err)) from err
        if not words:
            raise self._unfit("it is empty")
        return words

    def _unfit(self, why: str) -> SettingsError:
        return SettingsError(
            f"--synthesize {self.command!r}: expected a command that reads a sentence on standard "
            f"input and writes its sound to standard output, as 'espeak-ng --stdout' does; {why}"
        )
