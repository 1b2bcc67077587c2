"""The command line: words typed in a shell, one call each. Heavy imports stay inside the commands."""

from escalation_sim.cli.main import main as main
