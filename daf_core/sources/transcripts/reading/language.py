"""The language that a transcript names, as a BCP 47 tag."""

import re
from typing import Any

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
# Whisper's API names languages in English; these are those that it says it knows
# well. Then codes of three letters, for which BCP 47 has two.
_NAMES = """
    afrikaans=af arabic=ar armenian=hy azerbaijani=az belarusian=be bosnian=bs bulgarian=bg
    catalan=ca chinese=zh croatian=hr czech=cs danish=da dutch=nl english=en estonian=et
    finnish=fi french=fr galician=gl german=de greek=el hebrew=he hindi=hi hungarian=hu
    icelandic=is indonesian=id italian=it japanese=ja kannada=kn kazakh=kk korean=ko
    latvian=lv lithuanian=lt macedonian=mk malay=ms maori=mi marathi=mr nepali=ne
    norwegian=no persian=fa polish=pl portuguese=pt romanian=ro russian=ru serbian=sr
    slovak=sk slovenian=sl spanish=es swahili=sw swedish=sv tagalog=tl tamil=ta thai=th
    turkish=tr ukrainian=uk urdu=ur vietnamese=vi welsh=cy
    ara=ar ces=cs dan=da deu=de ell=el eng=en fin=fi fra=fr heb=he hin=hi hun=hu ind=id ita=it
    jpn=ja kor=ko nld=nl nor=no pol=pl por=pt ron=ro rus=ru spa=es swe=sv tha=th tur=tr ukr=uk
    vie=vi zho=zh
"""
_TAG_OF = {name: tag for name, _, tag in (pair.partition("=") for pair in _NAMES.split())}


def language_tag(value: Any) -> str | None:
    """A tag such as "en" or "en-US", of a tag in any case or an English name; None for others."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if (known := _TAG_OF.get(text.lower())) is not None:
        return known
    match = _TAG.fullmatch(text)
    if match is None:
        return None
    language, script, region = match.groups()
    parts = [language.lower(), script and script.title(), region and region.upper()]
    return "-".join(part for part in parts if part)
