"""Where fieldkit answers: a port that is free, and the doors for other devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from socket import socket
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError, SSLSocket, SSLWantReadError, SSLWantWriteError
from threading import Thread
from typing import Any

from cheroot.errors import FatalSSLAlert
from cheroot.makefile import StreamReader, StreamWriter
from cheroot.wsgi import Server

from fieldkit.acts.authority import LEAF
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.store.folder import Folder
from fieldkit.web.site import DOOR, LAN, TRUST, Site

EVERYWHERE = "0.0.0.0"  # noqa: S104 - meant: web/security.py answers paired phones only
PORTS = {LAN: 8760, TRUST: 8770}
NEIGHBOURS = 10  # if nobody asked for a port and the usual one is taken, one of the next is as good
THREADS = 6
UNHEARD = 64  # connections that have asked for nothing yet; a phone holds two or three, and for a moment only
Pages = Callable[[dict[str, Any], Any], Any]


class PortTaken(Refusal):
    """Something else listens there."""

    code = "port_taken"
    message = N_("Port {port} is in use by another program. Nothing was changed. Choose another one with --port.")


def bound(kind: type[Server], app: Pages, host: str, ports: Sequence[int]) -> Server:
    """Return a server of *kind* at the first of *ports* that is free. Raises PortTaken."""
    for one in ports:
        server = kind((host, one), app, numthreads=THREADS)
        try:
            server.prepare()
        except OSError:
            continue
        return server
    raise PortTaken(port=ports[0])


class Greeting(SSLSocket):
    """A connection that may come from anybody: a greeting that fails ends it, and is no fault to be reported."""

    def greet(self) -> bool:
        """Go on with the greeting as far as it has come; tell whether it is over. Raises OSError where it fails."""
        waits = self.gettimeout()
        self.settimeout(0)
        try:
            self.do_handshake()
        except (SSLWantReadError, SSLWantWriteError):
            return False
        finally:
            self.settimeout(waits)
        return True

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Read; raises FatalSSLAlert where the other side speaks no TLS, or does not trust us."""
        try:
            return super().recv_into(*args, **kwargs)
        except (SSLError, TimeoutError) as error:
            raise FatalSSLAlert(*error.args) from error


class Patient(Server):
    """A server for devices that nobody knows: who asks for nothing takes no worker away from the others.

    Who has not come to the point within the time of one request is cut off; of too many, the oldest.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._greeting: list[Any] = []
        self._unheard: list[Any] = []

    def process_conn(self, conn: Any) -> None:
        """Hand a connection to a worker once there is a request to read."""
        if conn.last_used is None:
            self._welcome(conn)
        elif conn in self._greeting:
            self._greet(conn)
        else:
            if conn in self._unheard:
                self._unheard.remove(conn)
            super().process_conn(conn)

    def _welcome(self, conn: Any) -> None:
        self._unheard = [one for one in self._unheard if one.socket.fileno() >= 0]
        self._greeting = [one for one in self._greeting if one in self._unheard]
        if len(self._unheard) >= UNHEARD:
            self._unheard.pop(0).last_used = 0  # its time is over
        self._unheard.append(conn)
        if isinstance(conn.socket, Greeting):
            self._greeting.append(conn)
        self._wait_for(conn)

    def _greet(self, conn: Any) -> None:
        began = conn.last_used
        try:
            over = conn.socket.greet()
        except OSError:
            conn.close()
            return
        if over:
            self._greeting.remove(conn)
        self._wait_for(conn)
        conn.last_used = began  # who sends his greeting drop by drop wins no time

    def _wait_for(self, conn: Any) -> None:
        self._connections.put(conn)  # type: ignore[attr-defined] # cheroot's stubs lack it


class Sealed:
    """TLS whose greeting is spoken as it comes in (`Greeting.greet`): who is slow keeps nobody else waiting."""

    def __init__(self, certificate: Path) -> None:
        self.certificate = certificate
        self.context = SSLContext(PROTOCOL_TLS_SERVER)
        self.context.sslsocket_class = Greeting
        self.renew()

    def renew(self) -> None:
        """Take up the certificate as it lies there now; connections that are open go on."""
        self.context.load_cert_chain(self.certificate)

    def wrap(self, sock: socket) -> tuple[socket, dict[str, str]]:
        """Return the encrypted side of a connection, and what its requests are told of it."""
        return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), self.get_environ()

    def get_environ(self) -> dict[str, str]:
        """Return what a request is told of its connection."""
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, sock: socket, mode: str = "r", bufsize: int = -1) -> Any:
        """Return *sock* as a file."""
        return (StreamReader if "r" in mode else StreamWriter)(sock, mode, bufsize)


class Doors:
    """The two doors for other devices: one encrypted, for paired phones, and a plain one for what is trusted first."""

    def __init__(self, site: Site, app: Pages, tell: Callable[[str], None]) -> None:
        self._site, self._app, self._tell = site, app, tell
        self._servers: dict[str, Server] = {}
        self._sealed: Sealed | None = None

    def listen(self, folder: Folder, fresh: bool) -> dict[str, int]:
        """Open the doors where they are shut, or take up a *fresh* certificate; return the port of each."""
        if self._sealed is None:
            self._sealed = Sealed(folder.lan / LEAF)
            self._servers = {door: self._open(door, first) for door, first in PORTS.items()}
        elif fresh:
            self._sealed.renew()
        else:
            return self._site.lan.ports
        ports = {door: int(server.bind_addr[1]) for door, server in self._servers.items()}
        for address in self._site.lan.addresses:
            self._tell(f"https://{address}:{ports[LAN]}/")
        return ports

    def _open(self, door: str, first: int) -> Server:
        server = bound(Patient, self._through(door), EVERYWHERE, [*range(first, first + NEIGHBOURS), 0])
        server.ssl_adapter = self._sealed if door == LAN else None
        Thread(target=server.serve, daemon=True).start()
        return server

    def _through(self, door: str) -> Pages:
        """Return the pages as they answer who comes by *door*."""

        def answer(environ: dict[str, Any], start: Any) -> Any:
            environ[DOOR] = door
            return self._app(environ, start)

        return answer

    def shut(self) -> None:
        """Answer no other device any more; the answer that is on its way still goes out."""
        servers, self._servers, self._sealed = list(self._servers.values()), {}, None
        for server in servers:
            Thread(target=server.stop, daemon=True).start()
