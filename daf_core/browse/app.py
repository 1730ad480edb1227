"""The web application of `daf browse`: addresses and what answers them."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route

from daf_core.browse.access import Access
from daf_core.browse.archive import Archive
from daf_core.browse.call import open_call
from daf_core.browse.clips import Clips
from daf_core.browse.export import exported
from daf_core.browse.labels import LabelFile
from daf_core.browse.pages import call_page, environment, list_page
from daf_core.browse.selection import Selection
from daf_core.errors import BadInput, NotDone, SettingsError
from daf_core.report.printable import printable
from daf_core.storage.apart import Reads, here

CLIPS_AT_ONCE = 4
CLIP_WAIT_S = 20.0  # a recording that takes longer is given up
LABEL_BYTES_AT_MOST = 10_000
LARGEST_PLACE = 10**9
_RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")
STATIC = {
    "app.js": ("daf_core.browse", "static/app.js", "text/javascript"),
    "app.css": ("daf_core.browse", "static/app.css", "text/css"),
    "icon.svg": ("daf_core.browse", "static/icon.svg", "image/svg+xml"),
    "look.css": ("daf_core.report", "look.css", "text/css"),
}
Found = TypeVar("Found")


class Application:
    """What answers requests about one archive."""

    def __init__(self, archive: Archive, labels: LabelFile, reads: Reads) -> None:
        self._archive = archive
        self._labels = labels
        self._clips = Clips(archive, reads)
        self._templates: Environment = environment()
        self._decoders = ThreadPoolExecutor(CLIPS_AT_ONCE, "decode")

    async def calls(self, request: Request) -> Response:
        """The list."""
        given = request.query_params
        if not self._archive.reading.calls:
            return self._wait()
        made = await _apart(
            lambda: list_page(
                self._templates, self._archive, Selection.from_address(given), _place(given, "page")
            )
        )
        return HTMLResponse(made)

    async def call(self, request: Request) -> Response:
        """The page of one call."""
        if not self._archive.reading.calls:
            return self._wait()
        return HTMLResponse(await _apart(lambda: self._call(request.query_params)))

    async def clip(self, request: Request) -> Response:
        """The sound of an utterance; a browser may ask for a range of it."""
        given = request.query_params
        offset_s = float(_place(given, "from"))
        work = asyncio.get_running_loop().run_in_executor(
            self._decoders,
            lambda: self._clips.wav(given.get("call", ""), given.get("utterance", ""), offset_s),
        )
        try:
            data = await asyncio.wait_for(work, CLIP_WAIT_S)
        except TimeoutError as err:
            raise HTTPException(503, "the recording takes too long to read") from err
        return _ranged(data, request.headers.get("range", ""))

    async def label(self, request: Request) -> Response:
        """Keep a label; the body is JSON: call, utterance, label (null takes it away)."""
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LABEL_BYTES_AT_MOST:
                raise HTTPException(413, "expected a label, found too many bytes")
        asked = _label_of(body)
        return JSONResponse({"labels": await _apart(lambda: self._put(*asked))})

    async def export(self, request: Request) -> Response:
        """The selected calls, or their utterances, as CSV."""
        given = request.query_params
        table = given.get("table", "calls")
        path = await _apart(lambda: exported(self._archive, Selection.from_address(given), table))
        return _Temporary(path, media_type="text/csv; charset=utf-8", filename=f"{table}.csv")

    async def static(self, request: Request) -> Response:
        """Script, style and icon, by name."""
        named = STATIC.get(request.path_params["name"])
        if named is None:
            raise HTTPException(404, "there is no such page")
        package, path, kind = named
        return Response(package_files(package).joinpath(path).read_bytes(), media_type=kind)

    async def problem(self, request: Request, err: Exception) -> Response:
        """What is said where a request cannot be answered."""
        status = 500
        message = "something is wrong with this server; the terminal says more"
        if isinstance(err, HTTPException):
            status, message = err.status_code, str(err.detail)
        elif isinstance(err, SettingsError):
            status, message = 400, str(err)
        elif isinstance(err, BadInput):
            status, message = 404, err.message
        elif isinstance(err, LookupError):
            status, message = 404, "there is no such call or utterance in these scores"
        elif isinstance(err, NotDone | OSError):
            status, message = 503, str(err)
        if "text/html" not in request.headers.get("accept", ""):  # a script, or the player, asks
            return PlainTextResponse(printable(message), status)
        page = self._templates.get_template("problem.html")
        return HTMLResponse(page.render(status=status, message=message), status)

    def _wait(self) -> Response:
        page = self._templates.get_template("wait.html")
        return HTMLResponse(page.render(reading=self._archive.reading))

    def _call(self, given: Mapping[str, str]) -> str:
        call = open_call(self._archive, given.get("call", ""))
        if call is None:
            raise LookupError
        return call_page(
            self._templates,
            self._archive,
            call,
            self._labels.labels(),
            Selection.from_address(given),
            at=given.get("at"),
            first=_place(given, "first"),
            place=_place(given, "n") if "n" in given else None,
        )

    def _put(self, recording_id: str, utterance_id: str, label: float | None) -> int:
        call = open_call(self._archive, recording_id)
        rows = [] if call is None else call.utterances
        row = next((one for one in rows if one["utterance_id"] == utterance_id), None)
        if row is None:
            raise LookupError
        return self._labels.put(row, label)


def application(
    archive: Archive, labels: LabelFile, access: Access, reads: Reads = here
) -> Starlette:
    """The application; nothing of it answers without `access`. reads: where recordings are read."""
    own = Application(archive, labels, reads)
    return Starlette(
        routes=[
            Route("/", own.calls),
            Route("/call", own.call),
            Route("/clip.wav", own.clip),
            Route("/labels", own.label, methods=["POST"]),
            Route("/export.csv", own.export),
            Route("/static/{name}", own.static),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=access)],
        exception_handlers=dict.fromkeys(
            (HTTPException, SettingsError, BadInput, LookupError, NotDone, OSError), own.problem
        ),
    )


class _Temporary(FileResponse):
    """A file that is deleted when it is sent, or the browser is gone."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            Path(self.path).unlink(missing_ok=True)


def _apart(work: Callable[[], Found]) -> Awaitable[Found]:
    """Work in a thread, so that other requests are answered meanwhile."""
    return asyncio.to_thread(work)


def _place(given: Mapping[str, str], name: str) -> int:
    """A whole number of an address, 0 where there is none."""
    text = given.get(name, "0")
    if not text.isascii() or not text.isdigit() or int(text[:12]) > LARGEST_PLACE:
        raise SettingsError(f"{name}: expected a whole number from 0 on, found something else")
    return int(text[:12])


def _label_of(body: bytes) -> tuple[str, str, float | None]:
    try:
        asked = json.loads(body)
        recording_id, utterance_id = str(asked["call"]), str(asked["utterance"])
        label = asked["label"]
        if label is not None and type(label) not in (int, float):
            raise TypeError
        label = None if label is None else float(label)
        (recording_id + utterance_id).encode()  # lone surrogates name nothing
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as err:
        raise SettingsError("expected JSON with call, utterance and label, a number") from err
    return recording_id, utterance_id, label


def _ranged(data: bytes, asked: str) -> Response:
    """All bytes of a clip, or the one range of them that is asked for."""
    headers = {"Accept-Ranges": "bytes"}
    found = _RANGE.fullmatch(asked)
    if found is None:
        return Response(data, media_type="audio/wav", headers=headers)
    first = int(found[1])
    last = min(int(found[2] or len(data)), len(data) - 1)
    if first > last:
        headers["Content-Range"] = f"bytes */{len(data)}"
        return Response(b"", 416, headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, headers, "audio/wav")
