"""Which option may have been meant by one that a verb does not have: what the word means decides,
then how alike the letters are. An option that does the opposite is never named.
"""

from collections.abc import Collection, Iterator
from difflib import get_close_matches

ALIKE = 0.6  # of the letters, as difflib counts
_OFF = ("no-", "without-", "hide-", "skip-", "omit-", "exclude-", "disable-")
_ON = ("with-", "show-", "include-", "enable-", "keep-")

# What is meant → options, where they are several or of another name; the first that the verb has is
# named.
_MEANT = {
    "text": ("text", "transcripts"),
    "source": ("source", "folder", "scores", "manifest", "embeddings"),
    "meta": ("meta", "meta-regex"),
    "head": ("head", "heads"),
    "recording": ("recording", "recordings"),
    "speakers": ("speakers", "roles"),
    "top": ("top", "rows"),
    "hash-ids": ("hash-ids", "redact"),
    "redact": ("redact", "hash-ids"),
    "transcribe": ("transcribe", "model"),
    "actors": ("actors", "workers", "cpus"),
    "gpu": ("gpu", "gpus-per-actor", "gpu-workers"),
    "address": ("address", "cluster"),
    "deadline": ("deadline", "seconds"),
    "no-text": ("drop-text",),
}
# What is meant → the words of users for it.
_SAID = {
    "text": "words word transcript transcripts transcription texts captions subtitles",
    "audio": "sound sounds voice voices clip clips recording-clips wav speech",
    "out": "output outdir out-dir output-dir output-folder outfile output-file dest target "
    "destination save-to to-folder",
    "source": "input in input-dir input-folder path dir directory data archive calls",
    "meta": "metadata crm info attributes csv",
    "head": "model checkpoint weights",
    "recording": "id ids call call-id recording-id recording-ids",
    "speakers": "speaker diarize diarization diarisation speaker-count",
    "channels": "channel sides stereo",
    "where": "filter condition only query",
    "sort": "order order-by sort-by",
    "by": "group group-by groups",
    "top": "limit n number max count first head",
    "to": "format form type as",
    "fresh": "overwrite restart clean reset force redo",
    "hash-ids": "salt hash anonymize anonymise pseudonymize pseudonymise",
    "redact": "mask pii hide-numbers",
    "transcribe": "asr recognize whisper stt speech-to-text",
    "actors": "threads jobs processes procs parallel workers cores cpus num-workers",
    "gpu": "gpus cuda device",
    "address": "ray-address cluster server ray",
    "deadline": "timeout time-limit minutes",
    "learning-rate": "lr rate",
    "batch-rows": "batch batch-size",
    "language": "lang languages locale",
    "labels": "label annotations ratings",
    "local": "here no-ray without-ray",
    "offline": "no-download no-network no-internet",
}
_CONCEPTS: dict[str, list[str]] = {}
for _name, _words in _SAID.items():
    for _word in _words.split():
        _CONCEPTS.setdefault(_word, []).append(_name)


def nearest(given: str, known: Collection[str]) -> str | None:
    """The option among `known` that is likeliest meant; all without dashes before them."""
    name = given.lstrip("-").partition("=")[0].replace("_", "-").casefold()
    if (meant := next((one for one in _by_meaning(name) if one in known), None)) is not None:
        return meant
    off, core = _turned_off(name)
    alike = {core: one for one in known for is_off, core in [_turned_off(one)] if is_off == off}
    near = get_close_matches(core, sorted(alike), 1, ALIKE)
    return alike[near[0]] if near else None


def _by_meaning(name: str) -> Iterator[str]:
    """Options that the name stands for, the likeliest first."""
    yield from _options_of(name, "")
    for prefix in _OFF:
        if name.startswith(prefix):
            yield from _options_of(name.removeprefix(prefix), "no-")
    for prefix in _ON:
        if name.startswith(prefix):
            yield from _options_of(name.removeprefix(prefix), "")


def _options_of(word: str, off: str) -> Iterator[str]:
    concepts = [word, *_CONCEPTS.get(word, [])]
    for concept in concepts:
        yield from (f"{off}{one}" for one in _MEANT.get(concept, (concept,)))
        yield from _MEANT.get(f"{off}{concept}", ()) if off else ()


def _turned_off(name: str) -> tuple[bool, str]:
    """Whether a name turns something off, and what."""
    prefix = next((one for one in _OFF if name.startswith(one)), "")
    return bool(prefix), name.removeprefix(prefix)
