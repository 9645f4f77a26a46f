"""A real web server on this machine that behaves as badly as it is told to."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass
class Page:
    """What one address sends, and how."""

    data: bytes
    etag: str | None = '"first"'
    content_type: str = "application/octet-stream"
    status: int = 200
    knows_ranges: bool = True
    break_after: list[int] = field(default_factory=list)
    """Bytes after which to drop the connection, one number for each answer to be spoilt."""


class Server:
    """Serve ``pages``, a dict from path to Page, and remember the ``requests`` that came."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[tuple[str, str, str | None]] = []
        """(method, path, Range) of each."""
        owner = self

        class Handler(_Handler):
            server_state = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        trouble: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port, so that nobody can connect any more."""
        self._server.shutdown()
        self._server.server_close()

    def ranges(self, path: str) -> list[str | None]:
        """Return the Range of each GET of ``path``."""
        return [span for method, each, span in self.requests if (method, each) == ("GET", path)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: Server

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        self.server_state.requests.append((self.command, self.path, self.headers.get("Range")))
        page = self.server_state.pages.get(self.path)
        if page is None or page.status != 200:
            self.send_error(404 if page is None else page.status)
            return
        start = self._start(page)
        if start and start >= len(page.data):
            self.send_error(416)
            return
        self._head(page, start)
        if self.command == "GET":
            self._body(page, page.data[start:])

    def _start(self, page: Page) -> int:
        span, condition = self.headers.get("Range"), self.headers.get("If-Range")
        if not span or not page.knows_ranges or (condition and condition != page.etag):
            return 0
        return int(span.removeprefix("bytes=").removesuffix("-"))

    def _head(self, page: Page, start: int) -> None:
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.data) - start))
        if start:
            total = len(page.data)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if page.etag:
            self.send_header("ETag", page.etag)
        self.end_headers()

    def _body(self, page: Page, data: bytes) -> None:
        if not page.break_after:
            self.wfile.write(data)
            return
        self.wfile.write(data[: page.break_after.pop(0)])
        self.wfile.flush()
        self.close_connection = True
