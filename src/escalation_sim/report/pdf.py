"""A page on paper, through WeasyPrint: an optional library that needs Pango."""

from __future__ import annotations

import logging
from typing import Any

from escalation_sim.errors import MissingLibraryError

_WANTED = "pip install 'escalation-sim[pdf]', or print the HTML file from a browser"


def check_installed() -> None:
    """Refuse at once what cannot be done at the end.

    Raises
    ------
    MissingLibraryError
        If WeasyPrint or a library of the system that it needs is not there.
    """
    _library()


def _library() -> Any:
    try:
        import weasyprint
    except ImportError as error:
        raise MissingLibraryError(f"--pdf: WeasyPrint is not installed; {_WANTED}") from error
    except OSError as error:  # it loads Pango and its like when it is imported
        raise MissingLibraryError(
            "--pdf: WeasyPrint finds no Pango (a library of the system) on this machine; install it, or print the HTML "
            "file from a browser"
        ) from error
    return weasyprint


def pdf(html: str) -> bytes:
    """The HTML page as PDF; nothing outside it is fetched.

    Raises
    ------
    MissingLibraryError
        As `check_installed`.
    """
    weasyprint = _library()
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # it knows not every property that browsers do
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    written: bytes = weasyprint.HTML(string=html, url_fetcher=_nothing).write_pdf()
    return written


def _nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a report fetches nothing: {url[:40]}")
