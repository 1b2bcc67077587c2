"""What the page says of acts, beliefs, commitments and probabilities, as HTML. Every text is escaped."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from escalation_sim.analysis.wording import below, percent
from escalation_sim.explorer.charts import BLUE, ORANGE, rung_colour
from escalation_sim.explorer.quick import Curve, Row
from escalation_sim.explorer.trajectory import Act, Frame
from escalation_sim.study.trace import odds

_MOVED = 6  # covariates named for an act
_KEPT = ((True, "kept"), (False, "not kept"))


def acts_html(frame: Frame, because: Mapping[str, str], n_rungs: int) -> str:
    """Outcomes, and acts as lines that open on why they came; the highest rungs first."""
    out = [f'<p class="line outcome">Outcome: {escape(name)}</p>' for name in frame.outcomes]
    acts = sorted(frame.acts, key=lambda act: (act.edge >= 0, -act.rung))
    out += [_act(act, because, n_rungs) for act in acts]
    nothing = "Nothing was done in this tick." if frame.day else "Press Step or Play: the first tick is still to come."
    return "".join(out) or f'<p class="quiet">{nothing}</p>'


def figure(title: str, chart: str) -> str:
    """A chart below its title, both markup already."""
    return f"<figure><figcaption>{title}</figcaption>{chart}</figure>"


def sides(pairs: Sequence[tuple[str, str]]) -> str:
    """Who acts against whom, in the colours of the lines."""
    colours = (BLUE, ORANGE)
    said = (
        f'<span class="side-of" style="color:{colour}">{escape(" → ".join(pair))}</span>'
        for pair, colour in zip(pairs, colours, strict=False)
    )
    return "".join(said)


def plain_title(form: str, pair: tuple[str, str]) -> str:
    """A title in which two names stand."""
    return escape(form.format(*pair))


def ending(label: str, now: Curve, before: Curve | None) -> str:
    """The title of a curve: the outcome, and where its curve ends."""
    end = f'<b style="color:{BLUE}">{_chance(now.probability[-1], now.high[-1])}</b>'
    was = f' <span class="quiet">untouched {_chance(before.probability[-1], before.high[-1])}</span>' if before else ""
    return f"{escape(label)} {end}{was}"


def key(lines: Sequence[tuple[str, str]]) -> str:
    """What the colours of lines mean."""
    return "".join(
        f'<span><i class="swatch" style="background:{colour}"></i>{escape(name)}</span>' for name, colour in lines
    )


def curve_key(touched: bool) -> str:
    """What the lines of a curve mean."""
    said = (
        f'<span><i class="swatch" style="background:{BLUE}"></i>probability by that day, with its 95 % interval</span>'
    )
    return said + ('<span><i class="swatch dashed"></i>the scenario untouched, same luck</span>' if touched else "")


def log_html(frames: Sequence[Frame], least: int, most: int, n_rungs: int) -> str:
    """Events, outcomes and acts on a rung of at least `least`, the latest tick first; `most` lines."""
    out: list[str] = []
    for frame in reversed(frames):
        lines = [f'<p class="line outcome">Outcome: {escape(name)}</p>' for name in frame.outcomes]
        kept = (act for act in frame.acts if act.edge < 0 or act.rung >= least)
        lines += [f'<p class="line">{_mark(act, n_rungs)}{escape(act.sentence)}</p>' for act in kept]
        if lines:
            out += [f'<p class="when">to {_date(frame)}</p>', *lines]
        if len(out) > most:
            return "".join(out[:most]) + '<p class="quiet">Earlier acts are not shown; raise the rung.</p>'
    return "".join(out) or '<p class="quiet">Nothing of this kind so far.</p>'


def minds_html(frame: Frame) -> str:
    """Commitments called upon, and events that some do not believe."""
    out = ["<h4>Commitments called upon</h4>"]
    kept: dict[tuple[str, str], dict[bool, list[str]]] = {}
    for label, holder, ally, honoured in frame.calls:
        kept.setdefault((label, ally), {True: [], False: []})[honoured].append(holder)
    for (label, ally), by in kept.items():
        said = [f"{word} by {', '.join(by[honoured])}" for honoured, word in _KEPT if by[honoured]]
        out.append(f'<p class="line">{escape(f"{label}, towards {ally}: ")}{escape("; ".join(said))}</p>')
    if not frame.calls:
        out.append('<p class="quiet">None so far.</p>')
    out.append("<h4>Beliefs: who does not believe what happened</h4>")
    for event, states in frame.doubts:
        doubted = f"{event}: not believed by {', '.join(states)}"
        out.append(f'<p class="line">{escape(doubted)}</p>')
    if not frame.doubts:
        out.append('<p class="quiet">What happened is believed by all.</p>')
    return "".join(out)


def table_html(rows: Sequence[Row], window: float, touched: bool) -> str:
    """Outcomes within a window with probability, interval and n; and, if anything was touched, untouched."""
    n = f"{rows[0].n:,}" if rows else "0"
    caption = f"<caption>Within {window:g} days of the start; n = {n} replicates each</caption>"
    more = '<th class="number">untouched</th>' if touched else ""
    head = f'<tr><th>Outcome</th><th class="number">probability</th><th class="number">95 % interval</th>{more}</tr>'
    body = "".join(_row(row, touched) for row in rows)
    return f'<table class="odds">{caption}<thead>{head}</thead><tbody>{body}</tbody></table>'


def _row(row: Row, touched: bool) -> str:
    interval = escape(f"{percent(row.low)} – {percent(row.high)}") if row.probability > 0 else "not seen"
    more = f'<td class="number grey">{_chance(row.before, row.before_high)}</td>' if touched else ""
    cells = f"<td>{escape(row.label)}</td>"
    cells += f'<td class="number strong">{_chance(row.probability, row.high)}</td>'
    cells += f'<td class="number grey">{interval}</td>'
    return f'<tr data-outcome="{escape(row.outcome)}">{cells}{more}</tr>'


def _chance(probability: float, high: float) -> str:
    """A probability; of an outcome that was not seen its upper bound, never zero; a dash where it was not asked for."""
    if math.isnan(probability):
        return "–"
    return escape(percent(probability) if probability > 0 else below(high))


def _act(act: Act, because: Mapping[str, str], n_rungs: int) -> str:
    head = f"{_mark(act, n_rungs)}<span>{escape(act.sentence)}</span>"
    if act.cause:
        head += f'<span class="cause">{escape(act.cause)}</span>'
    if not act.gates:
        return f'<p class="act plain">{head}</p>'
    return (
        f'<details class="act"><summary>{head}</summary><div class="why">{"".join(_why(act, because))}</div></details>'
    )


def _why(act: Act, because: Mapping[str, str]) -> Iterator[str]:
    yield '<p class="quiet">Gates, from the lowest rung up; the climb ends at the first that stays shut.</p>'
    for rung, chance, opened in act.gates:
        bar = f'<i class="bar"><i style="width:{100 * chance:.1f}%" class="{"open" if opened else "shut"}"></i></i>'
        said = escape(f"{percent(chance)} – {'opened' if opened else 'stayed shut'}")
        yield f'<p class="gate"><b>{escape(rung)}</b>{bar}<span>{said}</span></p>'
    if act.moved or act.rules:
        chosen = [name for name, _, opened in act.gates if opened][-1:]
        yield f'<p class="quiet">What moved the odds at the gate {escape("".join(chosen))}:</p>'
    for name, value in act.moved[:_MOVED]:
        yield f'<p class="factor"><b>{odds(value)}</b><span>{escape(name)}</span></p>'
    for rule, value in act.rules:
        elsewhere = "" if value else " (held, moves other gates)"
        reason = f" <em>{escape(because[rule])}</em>" if because.get(rule) else ""
        said = f"rule {escape(rule)}{elsewhere}{reason}"
        yield f'<p class="factor"><b>{odds(value) if value else "–"}</b><span>{said}</span></p>'


def _mark(act: Act, n_rungs: int) -> str:
    colour = rung_colour(act.rung, n_rungs) if act.edge >= 0 else "transparent"
    return f'<i class="mark" style="background:{colour}"></i>'


def _date(frame: Frame) -> str:
    return f"{frame.date.day} {frame.date:%B %Y}"
