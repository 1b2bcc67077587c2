"""The page on reports tells every option."""

from pathlib import Path

from escalation_sim.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


def test_every_option_is_told() -> None:
    for name in ("report", "reproduce"):
        for option in main.commands[name].params:
            for word in option.opts:
                assert not word.startswith("--") or word in PAGE, f"{name} {word}"
