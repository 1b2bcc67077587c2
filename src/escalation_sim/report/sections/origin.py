"""How to make the results again: commands, versions, seeds, hashes, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from escalation_sim import __version__
from escalation_sim.report.blocks import Block, Code, Fold, Paragraph, Section, Table
from escalation_sim.report.inputs import Folder, Inputs
from escalation_sim.scenario.words import listing
from escalation_sim.store.provenance import drawn_by
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
    streams = {str(drawn_by(folder.record)["stream_version"]) for folder in inputs.folders}
    if len(streams) > 1:
        blocks.append(
            Paragraph(
                f"The folders rest on {len(streams)} different versions of the stream of random numbers "
                f"({listing(sorted(streams))}), so their replicates are not of the same luck: see the versions below "
                "before holding their numbers against each other.",
                "strong",
            )
        )
    again = [f"escalation-sim reproduce {folder.path}" for folder in inputs.of(RUN)]
    blocks.append(Code("\n".join([*(str(folder.record["command"]) for folder in inputs.folders), *again])))
    blocks += [_sizes(inputs), *_machines(inputs)]
    blocks += [
        Fold(f"{folder.name}: SHA-256 of scenario, sources and files", _hashes(folder)) for folder in inputs.folders
    ]
    return Section("origin", "How to make it again", blocks)


def _sizes(inputs: Inputs) -> Table:
    rows = []
    for folder in inputs.folders:
        record = folder.record
        when = f"{record['started']} to {record['finished']}" if "started" in record else "in parts"
        rows.append([folder.name, folder.kind, folder.size, when])
    return Table("", ["Folder", "What it holds", "Size", "When"], rows)


def _machines(inputs: Inputs) -> Iterator[Block]:
    """Versions and platforms, each once with the folders that were made so."""
    made: dict[str, list[str]] = {}
    for folder in inputs.folders:
        made.setdefault(_machine(folder), []).append(folder.name)
    for machine, names in made.items():
        yield Paragraph(f"{machine}{f' ({listing(names)})' * (len(made) > 1)}.", "small")


def _machine(folder: Folder) -> str:
    record = folder.record
    made: Mapping[str, Any] = record["made_by"] if folder.kind == SWEEP else record
    libraries = [str(made["python"]), *(f"{name} {version}" for name, version in made["libraries"].items())]
    platform = str(record.get("platform") or made.get("machine") or "")
    program = f"escalation-sim {made['version']}, stream of random numbers version {made['stream_version']}"
    drawn = drawn_by(record)
    if any(made[name] != version for name, version in drawn.items()):
        program += f", from a result of escalation-sim {drawn['version']}, stream version {drawn['stream_version']}"
    return f"{program}; {', '.join(libraries)}{'; ' * bool(platform)}{platform}"


def _hashes(folder: Folder) -> list[Block]:
    record = folder.record
    rows = [["resolved scenario", str(record["scenario"]["resolved_sha256"])]]
    rows += [[f"source {name}", str(digest)] for name, digest in record.get("sources", {}).items()]
    rows += [["manifest", str(record["manifest_sha256"])]] if record.get("manifest_sha256") else []
    rows += [[str(name), str(digest)] for name, digest in sorted(record["files"].items())]
    blocks: list[Block] = [Table("", ["Of", "SHA-256"], rows)]
    if folder.unlisted:
        names = ", ".join(folder.unlisted[:20]) + (" ..." if len(folder.unlisted) > 20 else "")
        blocks.append(Paragraph(f"In the folder but not in its manifest, and not read: {names}", "small"))
    return blocks
