"""What a report does not know: three layers of doubt, known weaknesses, and a rating of the model by itself."""

from __future__ import annotations

from escalation_sim.report import validation
from escalation_sim.report.blocks import Bullets, Fold, Heading, Paragraph, Section
from escalation_sim.report.inputs import Inputs
from escalation_sim.report.sections.validated import known

_LAYERS = (
    "Monte-Carlo error: what the finite number of replicates and of parameter draws leaves open. It is shown (95 "
    "%), and shrinks with more of them.",
    "Parameter uncertainty: what the uncertain numbers of the scenario and of the coefficient table do. It is "
    "shown (90 %), and does not shrink with more replicates. Numbers without a distribution add nothing to it.",
    "Model uncertainty: whether states act as the model says, and whether the author thought of what matters. No "
    "number here holds it. Variants, knock-outs and hindcasts show a part of it.",
)


def unknown(_inputs: Inputs) -> Section:
    """The seventh part of a report; it is the same for all scenarios, for it is about the model."""
    return Section(
        "unknown",
        "What it does not know",
        [
            Bullets(_LAYERS),
            Heading("Known weaknesses"),
            Paragraph("Told at length in docs/defence.md.", "small"),
            Bullets([f"{title}: {gist}." for title, gist in validation.WEAKNESSES]),
            Fold("Weaknesses of mechanism", [Bullets([f"{title}." for title in validation.MECHANISMS])]),
            Heading("Credibility"),
            known(validation.CREDIBILITY),
        ],
    )
