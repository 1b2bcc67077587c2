"""Pictures of finished runs: tidy tables become one matplotlib Figure; only `style.save` writes files."""

from escalation_sim.errors import EscalationSimError

try:
    import matplotlib as matplotlib
except UnicodeDecodeError as error:  # it reads a file of settings as it is imported, whoever wrote that
    raise EscalationSimError(
        "matplotlibrc: this file of settings, in the working folder or in matplotlib's own, is not UTF-8 text, so "
        "nothing can be drawn; save it as UTF-8, move it away, or draw nothing (--no-figures)"
    ) from error
