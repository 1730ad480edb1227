"""Files that point at other files: parts of HDF5 that lie elsewhere, playlists."""

from pathlib import Path

import h5py
import numpy as np

SECRET = b"this is of another file, and secret"


def write_outside(top: Path) -> None:
    """Write what the files below point at."""
    (top / "outside.txt").write_bytes(SECRET * 100)
    with h5py.File(top / "outside.h5", "w") as file:
        file["words"] = np.array([[SECRET]] * 3)
        file.create_group("video")["features"] = np.array([[SECRET]] * 3)
        file["video/intervals"] = np.array([[0.0, 9.0]] * 3)


def external_storage(video: h5py.Group, top: Path) -> None:
    del video["features"]
    video.create_dataset(
        "features", (3, 1), f"S{len(SECRET)}", external=[(str(top / "outside.txt"), 0, 105)]
    )


def virtual(video: h5py.Group, top: Path) -> None:
    del video["features"]
    layout = h5py.VirtualLayout((3, 1), f"S{len(SECRET)}")
    layout[:] = h5py.VirtualSource(str(top / "outside.h5"), "words", (3, 1))
    video.create_virtual_dataset("features", layout)


def endless_virtual(video: h5py.Group, top: Path) -> None:
    del video["features"]
    layout = h5py.VirtualLayout((3, 1), f"S{len(SECRET)}", maxshape=(None, 1))
    source = h5py.VirtualSource(str(top / "outside.h5"), "words", (3, 1), maxshape=(None, 1))
    layout[: h5py.h5s.UNLIMITED] = source[: h5py.h5s.UNLIMITED]
    video.create_virtual_dataset("features", layout)


def external_link(video: h5py.Group, top: Path) -> None:
    del video["features"]
    video["features"] = h5py.ExternalLink(str(top / "outside.h5"), "words")


def link_of_the_intervals(video: h5py.Group, top: Path) -> None:
    del video["intervals"]
    video["intervals"] = h5py.ExternalLink(str(top / "outside.h5"), "video/intervals")


def soft_link(video: h5py.Group, top: Path) -> None:
    del video["features"]
    video["away"] = h5py.ExternalLink(str(top / "outside.h5"), "/")
    video["features"] = h5py.SoftLink(f"{video.name}/away/words")


def link_of_the_video(video: h5py.Group, top: Path) -> None:
    data, name = video.parent, video.name.rpartition("/")[2]
    del data[name]
    data[name] = h5py.ExternalLink(str(top / "outside.h5"), "video")


IN_A_VIDEO = [
    external_storage, virtual, endless_virtual, external_link, soft_link, link_of_the_intervals,
    link_of_the_video,
]  # fmt: skip

PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{there}\n#EXT-X-ENDLIST\n",
    "hls with a key": "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"http://127.0.0.1:9/k\"\n"
    "#EXTINF:1,\n{there}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{there}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    "<Period><AdaptationSet><Representation id='a'><BaseURL>{there}</BaseURL>"
    "</Representation></AdaptationSet></Period></MPD>",
    "pls": "[playlist]\nFile1={there}\nNumberOfEntries=1\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    "imf": '<?xml version="1.0"?><CompositionPlaylist><Id>{there}</Id></CompositionPlaylist>',
    "asx": '<asx version="3.0"><entry><ref href="{there}"/></entry></asx>',
    "smooth streaming": '<SmoothStreamingMedia><StreamIndex Url="{there}"/></SmoothStreamingMedia>',
}  # fmt: skip
