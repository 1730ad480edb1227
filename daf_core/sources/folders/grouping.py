"""Which files of a folder belong together, by their names alone.

A recording and its transcripts form a group. The names that tools give are known: X.en.vtt beside
X.mp4 (yt-dlp), X.wav.srt (whisper.cpp), X.transcript.vtt (Zoom), transcripts/X.json beside
audio/X.wav; letter case and the form of accents do not matter.
"""

import posixpath
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping

# Files with these suffixes hold text. What a file holds is decided when it is opened; until then a
# file with any other suffix may be a recording.
# fmt: off
TEXT_SUFFIXES = frozenset({
    ".vtt", ".srt", ".sbv", ".lrc", ".ass", ".ssa", ".ttml", ".dfxp", ".itt", ".xml", ".json",
    ".jsonl", ".csv", ".tsv", ".txt", ".ctm", ".stm", ".rttm", ".textgrid", ".eaf", ".lab",
    ".trs", ".md", ".json3", ".srv1", ".srv2", ".srv3", ".sub", ".smi", ".sami", ".scc",
})
# Headerless recordings, of which only an option tells the format.
RAW_SUFFIXES = frozenset({
    ".raw", ".pcm", ".ul", ".ulaw", ".mulaw", ".mu", ".al", ".alaw", ".g711", ".sln", ".lin",
    ".sam",
})
_TAGS = frozenset({
    "transcript", "transcripts", "transcription", "transcribed", "captions", "caption",
    "subtitles", "subtitle", "subs", "sub", "cc", "sdh", "forced", "auto", "orig", "asr", "stt",
    "text", "words", "segments", "utterances", "diarized", "diarization", "speakers", "speaker",
    "rttm", "labels", "output", "result", "results", "analysis", "redacted", "whisper",
    "whisperx", "deepgram", "assemblyai", "aws", "azure", "google", "gladia", "recording",
    "audio", "video", "default", "converted", "final", "clean", "edited",
})
_FOLDERS = frozenset({
    "audio", "audios", "wav", "wavs", "mp3", "flac", "media", "sound", "sounds", "recording",
    "recordings", "video", "videos", "clips", "transcript", "transcripts", "transcription",
    "transcriptions", "text", "texts", "txt", "captions", "subtitles", "subs", "vtt", "srt",
    "json", "rttm", "ctm", "textgrid", "textgrids", "eaf", "elan", "labels", "annotations",
    "asr", "analysis", "voice", "redacted",
})
_LANGUAGES = frozenset({
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "zh", "ja", "ko", "ar", "hi", "tr",
    "sv", "da", "no", "fi", "cs", "en-us", "en-gb",
})  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
_OTHER_TAG = re.compile(r"\d{3,4}x\d{3,4}|\d{3,4}p|ch\d|v\d|\d{4}-\d\d-\d\dt[\d:_.-]{4,20}z?")
_SEPARATORS = "._- "


def group(names: Iterable[str], pairs: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The groups of files: key → names, both in order of the names.

    Files of one stem (path without suffix) are one group. A text whose stem is no recording's joins
    the recording that its name points to, if there is exactly one. The key of a group is the folded
    stem of its recording, or of the text where there is none. `pairs`: transcript → recording, of
    files whose names do not tell.
    """
    pairs = pairs or {}
    by_stem: dict[str, list[str]] = {}
    for name in sorted(names):
        by_stem.setdefault(fold(stem(pairs.get(name, name))), []).append(name)
    recordings = {
        key for key, held in by_stem.items() if any(suffix(n) not in TEXT_SUFFIXES for n in held)
    }
    index = _Index(recordings, by_stem)
    groups: dict[str, list[str]] = {}
    for key in sorted(by_stem):
        home = key if key in recordings else index.recording_of(key) or key
        groups.setdefault(home, []).extend(by_stem[key])
    return {key: sorted(groups[key]) for key in sorted(groups)}


def without(groups: Mapping[str, list[str]], files: Collection[str]) -> dict[str, list[str]]:
    """The groups without these files, and without groups of these alone."""
    left = {key: [name for name in names if name not in files] for key, names in groups.items()}
    return {key: names for key, names in left.items() if names}


def stem(name: str) -> str:
    """A path without its suffix."""
    return posixpath.splitext(name)[0]


def suffix(name: str) -> str:
    """The suffix of a path in small letters, such as ".wav"."""
    return posixpath.splitext(name)[1].lower()


def fold(name: str) -> str:
    """A name without differences of letter case and of the form of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class _Index:
    """Finds the recording that the stem of a text points to."""

    def __init__(self, recordings: set[str], by_stem: dict[str, list[str]]) -> None:
        self._recordings = recordings
        self._by_file = {fold(name): key for key in recordings for name in by_stem[key]}
        self._by_tagless: dict[str, set[str]] = {}
        self._by_place: dict[str, set[str]] = {}
        for key in recordings:
            for shorter in _without_tags(key):
                self._by_tagless.setdefault(shorter, set()).add(key)
            self._by_place.setdefault(_without_folders(key), set()).add(key)

    def recording_of(self, key: str) -> str | None:
        """The key of the recording, None if there is none or several would do."""
        for shorter in _without_tags(key):
            if shorter in self._recordings:
                return shorter
            if shorter in self._by_file:
                return self._by_file[shorter]
        for shorter in _without_tags(key):
            if one := _only(self._by_tagless.get(shorter)):
                return one
        for shorter in _without_tags(key):
            if one := _only(self._by_place.get(_without_folders(shorter))):
                return one
            without_suffix = _without_folders(stem(shorter))
            if stem(shorter) != shorter and (one := _only(self._by_place.get(without_suffix))):
                return one
        return None


def _only(found: set[str] | None) -> str | None:
    return next(iter(found)) if found and len(found) == 1 else None


def _without_tags(key: str) -> Iterator[str]:
    """A folded stem, and what is left of it as its tags are taken off one by one."""
    yield key
    while True:
        cut = max(key.rfind(separator) for separator in _SEPARATORS)
        if cut <= key.rfind("/") + 1 or not _is_tag(key[cut], key[cut + 1 :]):
            return
        key = key[:cut].rstrip(_SEPARATORS)
        yield key


def _is_tag(separator: str, word: str) -> bool:
    """Whether a word is no part of a recording's name; after "." any language code is not."""
    language = _LANGUAGE.fullmatch(word) and (separator == "." or word in _LANGUAGES)
    return not word or word in _TAGS or bool(language or _OTHER_TAG.fullmatch(word))


def _without_folders(key: str) -> str:
    """A folded path without the folders that only say what kind of files they hold."""
    *folders, name = key.split("/")
    return "/".join([one for one in folders if one not in _FOLDERS] + [name])
