"""The formats of transcripts: one small file for each, and one line of `READERS`.

To add a format, write NAME.py here with two functions, and add the module to `READERS`:

    def recognises(document: Document) -> bool
        Whether the document is of this format, by what it holds; cheap, and never raises.

    def read(document: Document) -> Transcript
        The cues in file order, with times in seconds as the file gives them. An entry that cannot
        be read is named in `unread`, never dropped. BadInput `unreadable_transcript` says that
        nothing of the file can be read. Messages never repeat words of the transcript.

`reading` has what several formats share; its `words.utterances` groups words into cues. The package
`utterances` then does what all formats need: order, missing times, captions that roll, speakers
within the text. `writing` writes cues in the formats of `daf convert`. Add a file of the format to
tests/core/sources/transcripts/samples/: the tests that hold for every format find it there.
"""

from types import ModuleType

from daf_core.sources.transcripts.formats import (
    amazon_calls,
    amazon_transcribe,
    ass,
    assemblyai,
    audacity,
    azure,
    azure_sdk,
    ctm,
    deepgram,
    elan,
    elevenlabs,
    genesys,
    gladia,
    google,
    lrc,
    nemo,
    nested,
    plain_text,
    podcast,
    rev,
    rttm,
    sbv,
    segments,
    speechmatics,
    stm,
    subrip,
    table,
    textgrid,
    timed_text,
    ttml,
    watson,
    webvtt,
    whisper,
    youtube,
)

# The first that recognises a document reads it: put the ones that look for more before the others.
READERS: tuple[ModuleType, ...] = (
    webvtt,
    ttml,
    elan,
    textgrid,
    rttm,
    stm,
    ctm,
    sbv,
    audacity,
    lrc,
    ass,
    subrip,
    youtube,
    nemo,
    whisper,
    amazon_transcribe,
    amazon_calls,
    deepgram,
    assemblyai,
    azure,
    azure_sdk,
    watson,
    google,
    speechmatics,
    rev,
    gladia,
    genesys,
    elevenlabs,
    podcast,
    table,
    segments,
    nested,
    timed_text,
    plain_text,
)

# Formats of captions: these may roll, and show words again. What recognizers and tables say twice
# was said twice.
CAPTIONS = frozenset({webvtt, subrip, sbv, ttml, lrc, ass})
