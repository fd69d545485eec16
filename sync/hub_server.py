"""A hub on a port: over TLS with its own certificate, or plain behind a proxy that has one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from sync import wire

PORT = 8780


@contextmanager
def listening(
    app: Callable[[dict[str, Any], Any], Any], host: str, port: int, tls: tuple[Path, Path] | None = None
) -> Iterator[Server]:
    """Yield a server that answers on *port* (0: a free one) until the end of the block; raises OSError.

    *tls*: the files of a certificate and its key.
    """
    server = Server((host, port), app)
    server.max_request_body_size = wire.LARGEST_MESSAGE
    if tls is not None:
        server.ssl_adapter = BuiltinSSLAdapter(*map(str, tls))
    server.prepare()
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
