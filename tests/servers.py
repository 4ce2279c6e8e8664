"""A plain server of files, as a site stands on one, and what it was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import quote

BELOW = "a class/of 2026"  # a path that no site is told


class Served(NamedTuple):
    """Where a folder stands, and the paths that were asked for."""

    address: str
    asked: list[str]


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: Any, asked: list[str], **options: Any) -> None:
        self.asked = asked
        super().__init__(*arguments, **options)

    def log_message(self, *_: Any) -> None:
        self.asked.append(self.path)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The folder below a path with a space, as long as this lasts."""
    with TemporaryDirectory() as root:
        at = Path(root, BELOW)
        at.parent.mkdir()
        at.symlink_to(folder, target_is_directory=True)
        asked: list[str] = []
        handler = partial(_Handler, directory=root, asked=asked)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = Thread(target=server.serve_forever)
            thread.start()
            yield Served(f"http://127.0.0.1:{server.server_port}/{quote(BELOW)}/", asked)
            server.shutdown()
            thread.join()
