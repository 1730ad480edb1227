"""What a column of a table, or a field of a segment, means by its name: in English, and the usual
words in German, French, Spanish, Italian, Portuguese and Dutch, with or without accents.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_NAME = 60
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("sek", "sekunde", "sekunden", "seconde", "secondes", "seg"), 1.0),
    **dict.fromkeys(("segundo", "segundos", "secondi", "seconden"), 1.0),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), 1e3),
    **dict.fromkeys(("millisekunden", "millisecondes", "milisegundos", "millisecondi"), 1e3),
    **dict.fromkeys(("us", "usec", "usecs", "micros", "microsecond", "microseconds"), 1e6),
    **dict.fromkeys(("ns", "nanos", "nanosecond", "nanoseconds"), 1e9),
    "ticks": 1e7,
}
_FILLERS = {
    "time",
    "times",
    "timestamp",
    "timecode",
    "offset",
    "at",
    "tc",
    "ts",
    "utterance",
    "segment",
    *("zeit", "zeitpunkt", "heure", "temps", "hora", "tiempo", "ora", "tempo", "tijd"),
}
_LITTLE = frozenset({"de", "di", "do", "of", "in", "en", "der", "des"})  # "heure de début"
_MEANINGS = {
    **dict.fromkeys(("start", "starts", "begin", "begins", "from", "onset", "in", "tmin"), "start"),
    **dict.fromkeys(("beginn", "anfang", "von", "startzeit", "anfangszeit"), "start"),
    **dict.fromkeys(("debut", "inicio", "desde", "inizio", "begintijd", "starttijd"), "start"),
    **dict.fromkeys(("end", "ends", "stop", "to", "until", "out", "tmax"), "end"),
    **dict.fromkeys(("ende", "bis", "endzeit", "fin", "hasta", "fine", "fim", "einde"), "end"),
    "eindtijd": "end",
    **dict.fromkeys(("duration", "dur", "length"), "duration"),
    **dict.fromkeys(("dauer", "duree", "duracion", "durata", "duracao", "duur"), "duration"),
}
# By the letters of the name alone, in order of preference within a meaning.
_NAMES = {
    "text": (
        *("text", "transcript", "transcription", "content", "body", "utterance", "sentence"),
        *("caption", "subtitle", "displaytext", "words", "speech", "message"),
        *("texte", "texto", "testo", "tekst", "transkript", "transkription", "wortlaut"),
        *("aussage", "ausserung", "inhalt", "transcripcion", "transcricao", "trascrizione"),
        *("contenu", "contenido", "contenuto", "transcriptie"),
    ),
    "word": ("word", "token"),
    "speaker": (
        *("speaker", "speakerlabel", "speakername", "speakerid", "speakertag", "spk"),
        *("participant", "participantrole", "participantid", "role", "who", "name"),
        *("sprecher", "sprecherin", "rolle", "teilnehmer", "wer", "locuteur", "intervenant"),
        *("hablante", "interlocutor", "orador", "parlante", "interlocutore", "falante", "spreker"),
    ),
    "channel": (
        *("channel", "channelindex", "channelid", "channelnumber", "kanal", "canal", "canale"),
        *("kanaal", "kanalnummer"),
    ),
    "confidence": ("confidence", "conf", "score", "probability"),
    "language": ("language", "lang", "languagecode", "locale", "sprache", "langue", "idioma"),
    "recording": (
        *("recording", "recordingid", "audio", "audiopath", "audiofilepath", "audiouri"),
        *("audiofile", "file", "filename", "path", "wav", "callid"),
        *("aufnahme", "aufzeichnung", "datei", "dateiname", "audiodatei", "pfad", "anrufid"),
        *("enregistrement", "fichier", "nomdefichier", "grabacion", "archivo", "nombredearchivo"),
        *("registrazione", "nomefile", "gravacao", "arquivo", "nomedoarquivo", "opname", "bestand"),
        "bestandsnaam",
    ),
}
_LETTERS = {
    letters: (meaning, rank)
    for meaning, several in _NAMES.items()
    for rank, letters in enumerate(several)
}


@dataclass(frozen=True)
class Heading:
    """The name of a column; `per_second`: its unit if the name says it, 1000 for milliseconds."""

    name: str
    per_second: float | None = None


Headings = dict[str, Heading]


def headings(names: Iterable[str]) -> Headings:
    """Meaning → the column that has it: start, end, duration, text, word, speaker, channel,
    confidence, language, recording. Names that mean nothing here are left out.
    """
    found: dict[str, tuple[int, Heading]] = {}
    for name in names:
        meaning, rank, per_second = _meaning(name)
        if meaning and (meaning not in found or rank < found[meaning][0]):
            found[meaning] = rank, Heading(name, per_second)
    return {meaning: heading for meaning, (_, heading) in found.items()}


def _meaning(name: str) -> tuple[str | None, int, float | None]:
    """Meaning, rank among the names of this meaning, and unit of a name."""
    if len(name) > LONGEST_NAME:
        return None, 0, None
    plain = unicodedata.normalize("NFKD", name)  # accents apart from their letters
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    tokens = [token.lower() for token in _TOKEN.findall(plain.replace("ß", "ss"))]
    if (known := _LETTERS.get("".join(tokens))) is not None:
        return *known, None
    units = [token for token in tokens if token in _UNITS]
    per_second = _UNITS[units[-1]] if units else None
    if units and tokens[-2:] == ["in", units[-1]]:  # durationInTicks
        tokens = tokens[:-2]
    rest = [token for token in tokens if token not in _UNITS]
    core = [token for token in rest if token not in _FILLERS]
    if len(core) > 1:
        core = [token for token in core if token not in _LITTLE]
    if not core and rest:  # "timestamp", "time", "offset": when it starts
        return "start", 5 + len(rest), per_second
    if len(core) != 1 or core[0] not in _MEANINGS:
        return None, 0, None
    return _MEANINGS[core[0]], len(rest), per_second
