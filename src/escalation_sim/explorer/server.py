"""The web server of the explorer: on this machine alone, and nothing on the page comes from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from importlib import resources
from typing import Any

from escalation_sim.errors import EscalationSimError, MissingLibraryError
from escalation_sim.explorer.session import Case

HOST = "127.0.0.1"
_TITLE = "escalation-sim explore"
_USUAL = 8642  # tried first, so that the address stays the same from day to day
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; form-action 'none'"
)


def check_installed() -> None:
    """Refuse before anything is read or run.

    Raises
    ------
    MissingLibraryError
        If NiceGUI is not there.
    """
    try:
        import nicegui  # noqa: F401
    except ImportError as error:
        raise MissingLibraryError("explore: NiceGUI is not installed; pip install 'escalation-sim[viz]'") from error


def free_port(wanted: int | None) -> int:
    """The port that was asked for, or the usual one if it is free, or any.

    Raises
    ------
    EscalationSimError
        If the port that was asked for is taken.
    """
    for port in (wanted,) if wanted else (_USUAL, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EscalationSimError(f"--port {wanted}: cannot be used (taken, or reserved); choose another, or leave it out")


def serve(case: Case, replicate: int, port: int, browser: bool, say: Callable[[str], object]) -> None:
    """Show the page until Ctrl-C; `say` is told the address once the server listens."""
    from nicegui import app, ui
    from nicegui.server import Server
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from escalation_sim.explorer.page import Page

    style = resources.files("escalation_sim.explorer").joinpath("page.css").read_text(encoding="utf-8")

    def root() -> None:
        ui.add_css(style)
        Page(case, replicate).build()

    async def guarded(request: Any, call_next: Callable[[Any], Any]) -> Any:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    async def announce() -> None:
        while not Server.instance.started:  # the handlers of the start run before the port is open
            await asyncio.sleep(0.01)
        say(f"http://{HOST}:{port}/")

    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])  # no name of a stranger leads here
    app.middleware("http")(guarded)
    app.on_startup(announce)
    quiet: Any = {"show_welcome_message": False, "uvicorn_logging_level": "error"}
    with contextlib.suppress(KeyboardInterrupt):
        ui.run(root, host=HOST, port=port, title=_TITLE, show=browser, reload=False, tailwind=False, **quiet)
