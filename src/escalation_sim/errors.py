"""Every error a user can cause or meet. One class above all, so that callers can catch them together."""

from __future__ import annotations


class EscalationSimError(Exception):
    """Base of all errors that a user can cause; its text is one clear sentence with a remedy.

    >>> raise EscalationSimError("scenario.yaml:3:1: unknown key 'sates'. Did you mean 'states'?")
    Traceback (most recent call last):
    ...
    escalation_sim.errors.EscalationSimError: scenario.yaml:3:1: unknown key 'sates'. Did you mean 'states'?
    """

    exit_code = 2


class ScenarioError(EscalationSimError):
    """A scenario file (or an override of it) that cannot be used: what, where, and what to do.

    Parameters
    ----------
    problems : list of str
        All problems found, one line each, in the order of the file.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class StoreError(EscalationSimError):
    """A result folder that cannot be written or read (exit code 4)."""

    exit_code = 4


class DataError(EscalationSimError):
    """A folder of public tables that cannot be used: which file, line and column, and what to do."""


class ComparisonError(EscalationSimError):
    """Scenarios that cannot be held against each other, or outcomes that were not asked for: which, and what to do."""


class CostError(EscalationSimError):
    """A request refused before anything was spent, with the estimate and the limit to lift."""


class ExecutorError(EscalationSimError):
    """Work that cannot be handed out: a cluster that is not there, a scheduler that was lost; and what to do."""


class MissingLibraryError(EscalationSimError):
    """An optional library that is not installed: which, and how to get it."""


class EngineError(EscalationSimError):
    """A fault of the program found while it ran (exit code 1): no result is better than a wrong one."""

    exit_code = 1
