"""The command `report`: result folders of one scenario as one page, in HTML and, if asked, Markdown and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from escalation_sim import __version__
from escalation_sim.errors import StoreError
from escalation_sim.report.blocks import Page, Picture
from escalation_sim.report.inputs import Inputs, opened
from escalation_sim.report.markdown import address, markdown
from escalation_sim.report.render import html
from escalation_sim.report.sections.answer import answer
from escalation_sim.report.sections.assumptions import annex, assumptions
from escalation_sim.report.sections.changes import changes
from escalation_sim.report.sections.drives import drives
from escalation_sim.report.sections.origin import origin
from escalation_sim.report.sections.unknown import unknown
from escalation_sim.report.sections.validated import validated
from escalation_sim.report.sections.watch import watch
from escalation_sim.report.sweep import SOME_FAILED, Said
from escalation_sim.scenario.messages import printable
from escalation_sim.scenario.words import date
from escalation_sim.store.write import check_file, put, write_text


def report_and_write(paths: Sequence[Path], options: Mapping[str, Any]) -> Said:
    """Make a page from result folders and write it; the paths of what was written, and 3 if results are incomplete.

    Raises
    ------
    EscalationSimError
        If a folder is no result, damaged or of another scenario, or a file cannot be written. Nothing is written then.
    """
    out: Path = options["out"]
    targets = {"html": out, **{kind: out.with_suffix(ending) for kind, ending in _ASKED.items() if options[kind]}}
    for target in targets.values():
        check_file(target, options["force"])
    if options["pdf"]:
        from escalation_sim.report.pdf import check_installed

        check_installed()
    page = _made(paths, options["words"])
    write_text(out, html(page), options["force"])
    if options["markdown"]:
        write_text(targets["markdown"], markdown(page, _Links(targets["markdown"])), options["force"])
    if options["pdf"]:
        from escalation_sim.report.pdf import pdf

        put(targets["pdf"].absolute(), pdf(html(page, opened=True)))
    return Said("\n".join(map(str, targets.values())), SOME_FAILED if page.incomplete else 0)


def _made(paths: Sequence[Path], scale: str) -> Page:
    """The page; a folder whose seal is right but whose tables are not ours ends in a sentence, too."""
    try:
        return page_of(opened(paths), scale)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"{', '.join(map(str, paths))}: a table or manifest is not as this version of the program writes it "
            f"({type(error).__name__}: {printable(str(error))}); run the command that made it again"
        ) from error


_ASKED = {"markdown": ".md", "pdf": ".pdf"}


def page_of(inputs: Inputs, scale: str) -> Page:
    """All parts of a report, in their order."""
    sections = (
        answer(inputs, scale),
        *(part(inputs) for part in (drives, changes, watch, validated, assumptions, unknown, origin, annex)),
    )
    missing = [folder.missing for folder in inputs.folders if folder.missing]
    return Page(_title(inputs), _subtitle(inputs), missing, sections)


def _title(inputs: Inputs) -> str:
    if inputs.scenario:
        return inputs.scenario.title
    about = inputs.folders[0].record["scenario"]
    return str(about.get("title") or about["id"])


def _subtitle(inputs: Inputs) -> str:
    scenario = inputs.scenario
    start = f"Crisis of {date(scenario.start)}, looked at for {scenario.horizon:g} days. " if scenario else ""
    return f"{start}Report of escalation-sim {__version__}. All of it is conditional on this model and this scenario."


class _Links:
    """Where the pixels of a figure lie, as seen from a file; what lies nowhere yet is written beside it."""

    def __init__(self, file: Path) -> None:
        self.file = file.absolute()

    def __call__(self, picture: Picture) -> str:
        if picture.png is None:
            return ""
        if isinstance(picture.png, Path):
            return address(picture.png.absolute(), self.file.parent)
        target = self.file.parent / f"{self.file.stem}-figures" / f"{picture.prefix}-{picture.name}.png"
        put(target, picture.png)
        return address(target, self.file.parent)
