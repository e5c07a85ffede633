"""The process: a socket that is ours alone, a server that leaves politely."""

import asyncio
import errno
import logging
import os
import signal
import socket
import stat
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from shield.errors import SetupError
from shield.hosts import control
from shield.hosts.app import Sidecar, create_app
from shield.hosts.gateway.table import Source
from shield.hosts.patience import impatient
from shield.hosts.settings import Serve, Settings
from shield.ops.events import streamed
from shield.ops.operated import operated

_log = logging.getLogger("shield")
_BACKLOG = 2_048
_IDLE = 75  # seconds; longer than clients keep a connection, which would else be closed under them
_STDERR = 2
_SWITCH = 0.001  # seconds; Python's own is 0.005


def listen(settings: Serve) -> socket.socket:
    """The listening socket, opened before the models are loaded: a second start fails at once.

    Raises:
        SetupError: the address is taken, or cannot be had.
    """
    where = str(settings.socket or f"{settings.host}:{settings.port}")
    try:
        return _unix(settings.socket) if settings.socket else _tcp(settings.host, settings.port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise SetupError(
            f"{where} is in use by another process" if taken else f"cannot listen on {where}",
            mend="stop the other one, or choose another port or socket",
        ) from None


def run(settings: Settings, listener: socket.socket, source: Source | None = None) -> None:
    """Serve until told to end; upstreams and models follow `source`.

    Raises:
        SetupError: see `create_app`.
    """
    with listener:
        made = operated(
            settings.policy,
            store=settings.store,
            folder=settings.state,
            models=settings.models,
            write=streamed(_STDERR),
        )
        made.live.listen()
        try:
            app = create_app(
                settings,
                source=source,
                guard=made.live,
                control=control.routes(made.live, made.metrics),
                shed=made.metrics.shed,
                unwritten=lambda: made.metrics.unwritten("ledger"),
            )
            _log.info("serving on %s", settings.serve.socket or listener.getsockname())
            Server(app, settings.serve).run(sockets=[listener])
        finally:
            made.live.close()


class Server(uvicorn.Server):
    """Uvicorn that, on SIGTERM, says that it is not ready before it closes its door.

    Args:
        app: the application.
        settings: how long to linger and to drain.
    """

    def __init__(self, app: Sidecar, settings: Serve) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=impatient(settings.receive_seconds),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                lifespan="on",
                backlog=_BACKLOG,
                timeout_keep_alive=_IDLE,
                timeout_graceful_shutdown=settings.drain_seconds,
            )
        )
        self._app, self._linger = app, settings.linger_seconds
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Remember the loop: signals arrive outside of it."""
        self._loop = asyncio.get_running_loop()
        # A refusal must not wait for the judging threads to hand the interpreter over, each in turn.
        sys.setswitchinterval(_SWITCH)
        await super().startup(sockets=sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM: not ready from now on, and gone after the linger. A second one, or SIGINT: gone."""
        first = not self._app.health.leaving
        self._app.health.leaving = True
        if sig == signal.SIGTERM and first and self._linger and self._loop is not None:
            self._captured_signals.append(sig)
            self._loop.call_soon_threadsafe(self._loop.call_later, self._linger, self._leave)
        else:
            super().handle_exit(sig, frame)

    def _leave(self) -> None:
        self.should_exit = True


def _tcp(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def _unix(path: Path) -> socket.socket:
    """A socket file that only this user can open; a dead one in its place is taken away."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
        path.unlink()
    made = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        made.bind(str(path))
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    return made


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
