"""The group of all commands: suggests a command for a mistyped one, turns our errors into one sentence and a code."""

from __future__ import annotations

import errno
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from escalation_sim import __version__
from escalation_sim.cli import explorer, history, reports, scenarios, studies, sweeps, verification
from escalation_sim.cli.options import say
from escalation_sim.errors import EscalationSimError, StoreError

_STOPPED = "Stopped; nothing was written. The same command starts again."


@contextmanager
def _tidying() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end a command like an error, so that what is half written is removed: exit code 128 + n.

    A sweep, which goes on where it was stopped, has its own way with signals; one that is ignored stays so (nohup).
    """
    numbers = (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
    is_main = threading.current_thread() is threading.main_thread()  # no other may set handlers
    mine = [number for number in {*numbers} if is_main and signal.getsignal(number) == signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, frame: object) -> None:
    say(_STOPPED, err=True)
    sys.exit(128 + number)


class _Commands(click.Group):
    """Suggests a command for a mistyped one, and turns our errors into one clear message and an exit code."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if close and "Did you mean" not in error.message:
                raise click.UsageError(f"{error.message} Did you mean '{close[0]}'?", ctx) from None
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _tidying():
                return super().invoke(ctx)
        except EscalationSimError as error:
            say(str(error), err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has seen enough
                raise
            say(f"{error.filename or 'output'}: {error.strerror or error}; nothing more was written", err=True)
            ctx.exit(StoreError.exit_code)
        except MemoryError:
            say("There is not enough memory; nothing more was written. Ask for fewer --replicates.", err=True)
            ctx.exit(StoreError.exit_code)
        except KeyboardInterrupt:
            say(_STOPPED, err=True)
            ctx.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="escalation-sim")
def main() -> None:
    """How likely is each kind of escalation, within which window, by which path, and how sure are we?

    \b
    Start with:  escalation-sim new my-crisis > my-crisis.yaml
                 escalation-sim explain my-crisis.yaml
                 escalation-sim run my-crisis.yaml
    """


for _command in (
    *(scenarios.check, scenarios.explain, scenarios.schema, scenarios.new),
    *(studies.run, studies.compare, studies.knockout, studies.paths, studies.signals, studies.score, studies.trace),
    *(sweeps.sweep, sweeps.status, sweeps.sensitivity),
    *(reports.report, reports.reproduce),
    explorer.explore,
    *(history.estimate, history.backtest),
    verification.verify,
):
    main.add_command(_command)
