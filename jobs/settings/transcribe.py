"""Settings of `daf transcribe`."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from daf_core.weights.known import AUDIO_ENCODER
from jobs.settings.encode import PartsRun
from jobs.settings.options import ENCODERS, INPUT


@dataclass(frozen=True, kw_only=True)
class TranscribeSettings(PartsRun):
    """Recognize the words of rows that have none: manifest → manifest, for embed and score.

    Needs the extra asr. Rows with words stay as they are. A row of more than 20 s without a label
    becomes several utterances. What is silence, music, repeated or made up has no words, and a flag
    that says why. Words with times and probabilities go to OUT/words.
    """

    manifest: Annotated[str, Parameter(group=INPUT)]
    """Folder made by `daf ingest`."""

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for the manifest with words, local or s3://."""

    again: Annotated[bool, Parameter(group=INPUT)] = False
    """Recognize rows that have words, too, and forget those words."""

    redact: Annotated[bool, Parameter(group=INPUT)] = False
    """Replace numbers and addresses among the recognized words by marks, as `daf ingest --redact`
    does."""

    model: Annotated[str, Parameter(group=ENCODERS)] = AUDIO_ENCODER
    """Recognizer: a model of Whisper (tiny, base, small, medium, large-v3), the Hugging Face id of
    one in CTranslate2's format, or a local folder. The default knows English alone."""

    language: Annotated[str | None, Parameter(group=ENCODERS)] = None
    """Language that is spoken, such as de. Default: found in each channel of each recording."""
