"""Who may ask: whoever has the token of the link, on this machine, from a page of this server.

Other people of the machine, and pages of other sites, reach the same port. The link's token becomes
a cookie that no script reads and no other site sends, and leaves the address. A request that names
another host is refused: a name of another site may point here (DNS rebinding).
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

HOSTS = ("127.0.0.1", "localhost")
READING = ("GET", "HEAD")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OPENING = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>daf</title>'
    '<link rel="icon" href="/static/icon.svg">'
    '<meta http-equiv="refresh" content="0;url={0}"><p><a href="{0}">Open the list of calls</a></p>'
)
Next = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Access:
    """The token of one server, and the name of its cookie: other ports have others."""

    token: str
    cookie: str

    @classmethod
    def new(cls, port: int) -> "Access":
        """A new token for a server at this port."""
        return cls(secrets.token_urlsafe(32), f"daf_browse_{port}")

    async def __call__(self, request: Request, further: Next) -> Response:
        """Answer a request, or refuse it with 403."""
        response = self._refused(request) or await further(request)
        response.headers.update(HEADERS)
        return response

    def _refused(self, request: Request) -> Response | None:
        """The answer to a request that may not pass; None if it may."""
        host = request.headers.get("host", "").rsplit(":", 1)[0]
        if host not in HOSTS:
            return _no("this server answers at 127.0.0.1 alone")
        if not self._of_this_page(request):
            return _no("the request comes from another site")
        given = request.query_params.get("token")
        if given is not None:
            return self._opened(request) if self._is_token(given) else _no(_HOW)
        if not self._is_token(request.cookies.get(self.cookie, "")):
            return _no(_HOW)
        return None

    def _of_this_page(self, request: Request) -> bool:
        """Whether a request that changes something was made by a page of this server."""
        if request.method in READING:
            return True
        same = f"{request.url.scheme}://{request.headers.get('host', '')}"
        return request.headers.get("origin") == same

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self.token.encode())

    def _opened(self, request: Request) -> Response:
        """Give the cookie, and go on without the token. A page goes on, not a redirect: after a
        link in another site's page, a browser would send the cookie with the former alone.
        """
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if name != "token"])
        path = "/call" if request.url.path == "/call" else "/"
        response = HTMLResponse(_OPENING.format(escape(f"{path}?{query}" if query else path)))
        response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
        return response


_HOW = "open the link that daf browse printed in the terminal; it has the token of this server"


def _no(why: str) -> Response:
    return PlainTextResponse(f"403: {why}\n", 403, {"Connection": "close"})
