"""daf browse: finished scores in a browser of this machine."""

import socket
from contextlib import suppress
from threading import Thread

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.storage import files, run_record
from daf_core.storage.origins import checked_roots, of_manifest
from daf_core.storage.output import Output, scores_output
from jobs.command.terminal import say, say_link
from jobs.command.told import tell
from jobs.parts.calls import ensure_calls
from jobs.reading.readers import clip_readers
from jobs.settings import BrowseSettings
from jobs.verbs.scored_manifest import NAME_IT, given_manifest, manifest_or_said

HOST = "127.0.0.1"
LAST_ANSWERS_S = 2  # that a request has to end in, when the server ends


def run(settings: BrowseSettings) -> str:
    """Serve until interrupted; returns a summary of one line.

    Raises:
        SettingsError: the scores are not finished, there is no manifest at `manifest`, the port
            cannot be had, or the extra is not installed.
        NotDone: a table cannot be read or written.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ImportError as err:
        raise SettingsError(
            f"daf browse needs the package {err.name}: pip install 'daf[browse]'"
        ) from err
    from daf_core.browse.access import Access
    from daf_core.browse.app import application
    from daf_core.browse.archive import Archive
    from daf_core.browse.labels import LabelFile
    from jobs.verbs.browse_connections import Connection

    scores = scores_output(settings.scores)
    manifest = _manifest(settings, scores)
    ensure_calls(scores)
    record = None if manifest is None else run_record.read(manifest)
    origins = of_manifest(record, checked_roots(settings.allow_root))
    archive = Archive(scores, manifest, settings.text, origins)
    labels = LabelFile(files.join(scores.root, "labels.csv"))
    with _listening(settings.port) as listening:
        port = listening.getsockname()[1]
        access = Access.new(port)
        reading = Thread(target=archive.read, daemon=True)
        reading.start()
        sounds = clip_readers()
        sounds.start("daf_core.browse.clips")  # half a second, for which nobody waits yet
        say_link(f"http://{HOST}:{port}/?token={access.token}")
        say("open this link in a browser of this machine; Ctrl-C ends")
        server = uvicorn.Server(
            uvicorn.Config(
                application(archive, labels, access, sounds),
                log_level="error",
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                http=Connection,
                timeout_graceful_shutdown=LAST_ANSWERS_S,
            )
        )
        with suppress(KeyboardInterrupt):  # which uvicorn passes on when it has ended
            server.run(sockets=[listening])
        archive.end()
        reading.join(LAST_ANSWERS_S)  # a thread within Arrow must not outlive the interpreter
    count = len(labels.labels())
    tell("browsed", labels=count, table=labels.uri)
    return f"{number_of(count, 'label')} in {labels.uri}"


def _manifest(settings: BrowseSettings, scores: Output) -> Output | None:
    """The manifest that is named, or the one that was scored; None if that is gone."""
    if settings.manifest is None:
        return manifest_or_said(scores, NAME_IT)
    return given_manifest(settings.manifest)


def _listening(port: int) -> socket.socket:
    """A socket at a port of this machine, which no other machine reaches."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()  # so that the link works as soon as it is printed
    except OSError as err:
        listening.close()
        raise SettingsError(
            f"`port` {port}: expected one that is free, found that it cannot be had: "
            f"{err.strerror}; leave it out to take a free one"
        ) from err
    return listening
