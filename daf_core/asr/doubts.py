"""Why recognized words are not to be believed: repeated, made up where nobody speaks, unlikely.

Whisper's own code tries such a stretch again with random sampling, which would not give the same
words twice. Here the words are left out.
"""

import math
import re
import zlib
from collections.abc import Sequence

from daf_core.sources.transcripts.reading.words import Word

MOST_COMPRESSED = 2.4  # bytes of the text by those of it compressed; Whisper's own bound
COMPRESSED_FROM = 80  # characters; shorter text says little
LEAST_LOG_PROBABILITY = -1.0  # mean of a wave's words; Whisper's own bound
NO_SPEECH = 0.6  # probability that a window holds no speech; Whisper's own bound
PHANTOM_BELOW = 0.8  # mean probability under which a line that subtitles end with is made up
MOST_WORDS_PER_S = 9.0  # the fastest speakers say 7
REPEATED_SHARE = 0.6  # of the words, in one phrase that follows itself
TIMES_WORD, TIMES_PHRASE = 6, 3  # one word is said so often on purpose: no, no, no
LONGEST_PHRASE = 12  # words

# What Whisper, trained on subtitles, writes over silence and noise. Compared without punctuation.
_PHANTOM_LINES = """
    thank you
    thank you very much
    thank you for watching
    thanks for watching
    thank you so much for watching
    thanks for watching and i'll see you in the next video
    please subscribe
    please subscribe to my channel
    like and subscribe
    don't forget to subscribe
    see you next time
    i'll see you next time
    see you in the next video
    subtitles by the amara.org community
    subtitles by the amara org community
    transcribed by https otter.ai
    transcription by castingwords
    bye
    bye bye
    you
    the end
    to be continued
    music
    applause
    sous-titres réalisés para la communauté d'amara.org
    sous-titrage st' 501
    merci d'avoir regardé cette vidéo
    untertitel der amara.org-community
    untertitel im auftrag des zdf
    vielen dank für's zuschauen
    vielen dank
    subtítulos realizados por la comunidad de amara.org
    gracias por ver el video
    sottotitoli creati dalla comunità amara.org
    napisy stworzone przez społeczność amara.org
    dziękuję za uwagę
    legendas pela comunidade amara.org
    ondertitels ingediend door de amara.org gemeenschap
    продолжение следует
    субтитры сделал dimatorzok
    ご視聴ありがとうございました
    請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目
    시청해주셔서 감사합니다
    """
_LETTERS = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


def normalised(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return [word.replace("’", "'") for word in _LETTERS.findall(text.lower())]


PHANTOMS = frozenset(" ".join(normalised(line)) for line in _PHANTOM_LINES.strip().splitlines())


def doubt(words: Sequence[Word], seconds: float, no_speech: float) -> str | None:
    """The flag that says why `words` are left out, None where they are to be believed.

    words: recognized in a wave of `seconds`, with their probabilities; no_speech: probability that
    the window holds no speech. Gives "repeated_words", "phantom_words", "unsure_words"; None where
    there are no words.
    """
    spoken = normalised("".join(word.text for word in words))
    if not words:
        return None
    if not spoken:
        return "phantom_words"  # signs such as ♪ or … alone
    if is_repeated(spoken) or len(spoken) > MOST_WORDS_PER_S * max(seconds, 0.5):
        return "repeated_words"
    probabilities = [word.confidence for word in words if word.confidence is not None]
    mean = sum(probabilities) / len(probabilities) if probabilities else 1.0
    if " ".join(spoken) in PHANTOMS and (mean < PHANTOM_BELOW or no_speech > NO_SPEECH):
        return "phantom_words"
    logs = [math.log(max(one, 1e-4)) for one in probabilities]
    if logs and sum(logs) / len(logs) < LEAST_LOG_PROBABILITY:
        return "unsure_words"
    return None


def is_repeated(spoken: Sequence[str]) -> bool:
    """Whether words are a loop: they compress too well, or most are a phrase that follows itself.

    A phrase has up to 12 words and follows itself at least 3 times, a single word 6 times.
    """
    text = " ".join(spoken)
    data = text.encode()
    if len(text) >= COMPRESSED_FROM and len(data) / len(zlib.compress(data)) > MOST_COMPRESSED:
        return True
    return any(
        covered >= REPEATED_SHARE * len(spoken) and covered >= least * size
        for size in range(1, min(LONGEST_PHRASE, len(spoken) // TIMES_PHRASE) + 1)
        for least in (TIMES_WORD if size == 1 else TIMES_PHRASE,)
        for covered in (_longest_loop(spoken, size),)
    )


def _longest_loop(spoken: Sequence[str], size: int) -> int:
    """Words of the longest stretch in which every word is that of `size` words before."""
    longest = run = 0
    for one, before in zip(spoken[size:], spoken, strict=False):
        run = run + 1 if one == before else 0
        longest = max(longest, run)
    return longest + size if longest else 0
