"""How to make the results again: commands, versions, seeds, hashes, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from escalation_sim import __version__
from escalation_sim.report.blocks import Block, Code, Fold, Heading, Paragraph, Section, Table
from escalation_sim.report.inputs import Folder, Inputs
from escalation_sim.store.sweeps import SWEEP
from escalation_sim.store.write import RUN


def origin(inputs: Inputs) -> Section:
    """The last part of a report."""
    blocks: list[Block] = [
        Paragraph(
            f"This page was made by escalation-sim {__version__} from {len(inputs.folders)} result "
            f"folder{'s' * (len(inputs.folders) != 1)}. Every file was compared with the SHA-256 in its manifest "
            "before it was used; whether the manifest itself is the one that was meant, its own hash tells."
        )
    ]
    hashes = {str(one.record["scenario"]["resolved_sha256"]) for one in inputs.folders if one.kind != "backtest"}
    if len(hashes) > 1:
        blocks.append(
            Paragraph(
                f"The folders rest on {len(hashes)} different versions of the scenario (variants, settings or later "
                "edits): see the hashes of the resolved scenario below before holding their numbers against each "
                "other.",
                "strong",
            )
        )
    for folder in inputs.folders:
        blocks += _folder(folder)
    return Section("origin", "How to make it again", blocks)


def _folder(folder: Folder) -> Iterator[Block]:
    record = folder.record
    yield Heading(f"{folder.name}: {folder.kind}")
    again = [f"escalation-sim reproduce {folder.path}"] if folder.kind == RUN else []
    yield Code("\n".join([str(record["command"]), *again]))
    yield Table("", ["", ""], [[name, value] for name, value in _facts(folder) if value], "ll")
    files = [[str(name), str(digest)] for name, digest in sorted(record["files"].items())]
    if files:
        yield Fold(f"Files and their SHA-256 ({len(files)})", [Table("", ["File", "SHA-256"], files)])
    if folder.unlisted:
        names = ", ".join(folder.unlisted[:20]) + (" ..." if len(folder.unlisted) > 20 else "")
        yield Paragraph(f"In the folder but not in its manifest, and not read: {names}", "small")


def _facts(folder: Folder) -> Iterator[tuple[str, str]]:
    record = folder.record
    made: Mapping[str, Any] = record["made_by"] if folder.kind == SWEEP else record
    yield "Size", folder.size
    yield "Program", f"{made['version']}, stream of random numbers version {made['stream_version']}"
    yield (
        "Libraries",
        ", ".join([str(made["python"]), *(f"{name} {version}" for name, version in made["libraries"].items())]),
    )
    yield "Platform", str(record.get("platform") or made.get("machine") or "")
    yield "Run", f"{record['started']} to {record['finished']}" if "started" in record else ""
    yield "Resolved scenario, SHA-256", str(record["scenario"]["resolved_sha256"])
    for name, digest in record.get("sources", {}).items():
        yield f"Source {name}, SHA-256", str(digest)
    yield "Manifest, SHA-256", str(record.get("manifest_sha256", ""))
