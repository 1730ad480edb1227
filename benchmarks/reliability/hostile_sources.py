"""Sources whose rows, links and files name what lies elsewhere, and one like them that is innocent.

    sources = hostile_sources(folder)       # name → what `daf score` is given

Beside the sources lies the folder `outside`, which holds what they name.
"""

import csv
import os
import shutil
import socket
import zipfile
from collections.abc import Iterable
from pathlib import Path

import h5py
import pyarrow as pa
import pyarrow.parquet as pq

from tests.core.hostile.made_manifest import tone
from tests.core.hostile.places import PLACES
from tests.core.hostile.pointing import IN_A_VIDEO, PLAYLISTS, write_outside
from tests.core.sources.corpus_forms import write_csd_folder

CUE = "WEBVTT\n\n00:00.000 --> 00:00.900\nfine words\n"
SYSTEM = ("/etc/passwd", "/etc/shadow", "/root/.ssh/id_rsa", "/proc/self/environ")
URIS = ("http://127.0.0.1:9/a.wav", "https://example.com/a.wav", "http://169.254.169.254/latest/")
# Transcripts in which a place stands for the recording, or for more of the text.
TRANSCRIPTS = {
    "webvtt.vtt": "WEBVTT\n\nSTYLE\n@import url({there});\n\nNOTE {there}\n\n" + CUE[8:],
    "entity.ttml": '<?xml version="1.0"?><!DOCTYPE tt [<!ENTITY e SYSTEM "{there}">]>'
    '<tt xmlns="http://www.w3.org/ns/ttml"><body><p begin="0s" end="1s">&e;</p></body></tt>',
    "source.ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><body><audio src="{there}"/>'
    '<p begin="0s" end="1s">fine words</p></body></tt>',
    "elan.eaf": '<?xml version="1.0"?><ANNOTATION_DOCUMENT><HEADER MEDIA_FILE="{there}">'
    '<MEDIA_DESCRIPTOR MEDIA_URL="{there}"/></HEADER><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" '
    'TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="900"/></TIME_ORDER><TIER TIER_ID="x">'
    '<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="1" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">'
    "<ANNOTATION_VALUE>fine words</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
    "</ANNOTATION_DOCUMENT>",
    "media.json": '{"media": "{there}", "audio_url": "{there}", "segments": '
    '[{"start": 0.0, "end": 0.9, "text": "fine words"}]}',
    "ctm.ctm": "{there} 1 0.0 0.4 fine\n{there} 1 0.4 0.4 words\n",
    "stm.stm": "{there} 1 x 0.0 0.9 fine words\n",
    "ass.ass": "[Script Info]\nAudio File: {there}\n[Events]\nFormat: Start, End, Text\n"
    "Dialogue: 0:00:00.00,0:00:00.90,fine words\n",
}


def hostile_sources(folder: Path) -> dict[str, Path]:
    """Write the sources into new folders; returns their names and where they are."""
    shutil.rmtree(folder, ignore_errors=True)
    tone(folder / "outside/secret.wav")
    write_outside(folder / "outside")
    pq.write_table(pa.table({"text": ["of another table"] * 9}), folder / "outside/t.parquet")
    innocent = _calls(folder / "innocent")
    tables = _calls(folder / "tables")
    places = [place.replace("{top}", str(folder)) for place, _ in PLACES.values()]
    places += [*SYSTEM, *(f"file://{path}" for path in SYSTEM), *URIS]
    _links(tables, folder)
    for column in ("audio_path", "audio_uri"):
        _table(tables / f"{column}.csv", column, places)
    return {
        "innocent": innocent,
        "folder": _folder(_calls(folder / "folder"), folder),
        "audio_path.csv": tables / "audio_path.csv",
        "audio_uri.csv": tables / "audio_uri.csv",
        "cells.parquet": _cells(tables / "cells.parquet", places),
        "elsewhere.parquet": _parquet_elsewhere(tables / "elsewhere.parquet", folder),
        "corpus": _corpus(folder),
    }


def _calls(folder: Path) -> Path:
    tone(folder / "in/good.wav")
    (folder / "in/good.vtt").write_text(CUE)
    return folder


def _table(path: Path, column: str, places: Iterable[str]) -> None:
    rows = [(f"{number}", place, "fine words") for number, place in enumerate(places)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("utterance_id", column, "text"), *rows])


def _links(folder: Path, top: Path) -> None:
    (folder / "out").symlink_to(top / "outside")
    (folder / "link.wav").symlink_to(top / "outside/secret.wav")
    (folder / "passwd.wav").symlink_to("/etc/passwd")
    (folder / "zero.wav").symlink_to("/dev/zero")
    (folder / "words.vtt").symlink_to("/etc/shadow")
    os.mkfifo(folder / "pipe.wav")
    os.mkfifo(folder / "pipe.srt")
    before = os.getcwd()
    with socket.socket(socket.AF_UNIX) as bound:
        os.chdir(folder)  # names of sockets are short
        bound.bind("socket.wav")
        os.chdir(before)


def _folder(folder: Path, top: Path) -> Path:
    _links(folder, top)
    for number, (kind, playlist) in enumerate(PLAYLISTS.items()):
        for suffix in ("wav", "m3u8", "mp4"):
            said = playlist.replace("{there}", f"{top}/outside/secret.wav")
            (folder / f"{kind.replace(' ', '-')}-{number}.{suffix}").write_text(said)
    for place in (f"{top}/outside/secret.wav", f"file://{top}/outside/outside.txt", *URIS):
        kept = folder / f"transcripts-{len(os.listdir(folder))}"
        for name, text in TRANSCRIPTS.items():
            tone((kept / name).with_suffix(".wav"))
            (kept / name).write_text(text.replace("{there}", place))
    with zipfile.ZipFile(folder / "linked.docx", "w") as document:
        document.writestr("word/document.xml", "<w:document/>")
        document.writestr("word/_rels/document.xml.rels", f'<Relationship Target="{URIS[0]}"/>')
    return folder


def _cells(path: Path, places: Iterable[str]) -> Path:
    data = (path.parent / "in/good.wav").read_bytes()
    cells = [{"bytes": data if number % 2 else None, "path": place}
             for number, place in enumerate(places)]  # fmt: skip
    pq.write_table(pa.table({"audio": cells}), path)
    return path


def _parquet_elsewhere(path: Path, top: Path) -> Path:
    """A table whose footer says that its columns lie in another file."""
    there = top / "outside/t.parquet"
    footer = pq.read_metadata(there)
    footer.set_file_path("../outside/t.parquet")
    pq.write_metadata(pq.read_schema(there), str(path), metadata_collector=[footer])
    return path


def _corpus(top: Path) -> Path:
    folder = write_csd_folder(top / "corpus", tuple(f"v{number}" for number in range(9)))
    for name in ("TimestampedWords", "Labels"):
        with h5py.File(folder / f"CMU_MOSEI_{name}.csd", "r+") as file:
            (root,) = file.values()
            for point, video in zip(IN_A_VIDEO, sorted(root["data"]), strict=False):
                point(root["data"][video], top / "outside")
    return folder
