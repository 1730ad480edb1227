"""Which containers FFmpeg may open, which of their streams is heard, how long one says it is."""

from typing import Any

# Containers that hold their own sound. Playlists (hls, concat, dash …) and lists of pictures, which
# would have other files opened and passed on as sound, are not allowed.
_ALLOWED = (
    "mov,matroska,webm,ogg,wav,w64,flac,aiff,caf,au,asf,avi,flv,live_flv,mpegts,mpeg,rm,ivr,mxf,"
    "nut,dv,wtv,gxf,nsv,aac,mp3,ac3,eac3,ac4,dts,dtshd,truehd,mlp,loas,amr,amrnb,amrwb,gsm,g722,"
    "wv,tta,ape,tak,shn,mpc,mpc8,qoa,ilbc,dsf,oma,voc,iff,nistsphere,sox,ircam,xa,xwma,sln,act,dss,"
    "qcp,bonk,rka,wavarc,osq,rso,wve,wady"
)
# Formats without a magic number: what they decode to is looked at for longer.
_WEAK = frozenset(
    ("aac", "mp3", "ac3", "eac3", "dts", "loas", "mlp", "truehd", "g722", "gsm", "amrnb", "amrwb")
)
IS_DEFAULT = 1  # AV_DISPOSITION_DEFAULT
# Formats of which the header says how many samples there are, or how long they last.
_TOLD = frozenset(("flac", "wv", "tta", "ape", "rm", "flv"))
MP4 = "mov,mp4,m4a,3gp,3g2,mj2"


def allowed() -> str:
    """FFmpeg's list of the demuxers that may be used."""
    return _ALLOWED


def frames_that_convince(form: str) -> int:
    """How many codec frames must decode before a file is taken for a recording of this form."""
    return 8 if form in _WEAK else 2


def default_stream(container: Any) -> Any:
    """The audio stream that is heard: the default one, else the one with most channels, as FFmpeg.

    None if no stream can be decoded.
    """
    streams = [one for one in container.streams.audio if one.codec_context is not None]
    if not streams:
        return None
    return max(
        streams,
        key=lambda stream: (
            bool(int(stream.disposition) & IS_DEFAULT),
            stream.codec_context.channels,
            -stream.index,
        ),
    )


def mp4_samples(stream: Any, form: str, constant: int, skipped: int, file: Any) -> int | None:
    """Samples of an MP4 by its table of packets; None if that does not tell.

    constant: samples that a packet decodes to; skipped: samples that are dropped at the start.
    The duration in the header is not used: it is that of an edit, and often wrong.
    """
    if form != MP4 or stream.codec_context.name != "aac" or not stream.frames:
        return None
    entries = stream.index_entries
    last = entries[-1] if len(entries) else None
    if last is None or last.pos + last.size > _size(file):
        return None  # cut short
    unheard: int = sum(entry.is_discard for entry in entries)  # outside of the edit list
    skipped -= min(skipped, unheard * constant)
    return max(0, (len(entries) - unheard) * constant - skipped)


def told_s(container: Any, stream: Any) -> float:
    """The duration in seconds that the header says, whatever the file holds; 0: it does not say."""
    if container.format.name not in _TOLD:
        return 0.0
    if stream.duration:
        return float(stream.duration * stream.time_base)
    is_alone = len(container.streams) == 1  # else it may be that of the pictures
    return container.duration / 1e6 if container.duration and is_alone else 0.0


def _size(file: Any) -> int:
    """Bytes of an open file, which stays where it is."""
    at = file.tell()
    size: int = file.seek(0, 2)
    file.seek(at)
    return size
