"""The generator is the published one, its draws are even and unrelated, and who draws depends on names alone."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from escalation_sim import draws
from escalation_sim.verification.random_numbers import KNOWN, evenness, output
from escalation_sim.verification.random_numbers import sample as sample_of

N = 200_000


def sample(lineage=0, tick=0, entity=7, purpose=0, seed=1):
    """Uniforms for a grid of which at most some axes are arrays of length N."""
    return sample_of(N, seed, lineage=lineage, tick=tick, entity=entity, purpose=purpose)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_the_generator_gives_the_published_answers(counter, key, expected):
    assert output(counter, key) == expected


def test_one_changed_bit_gives_another_answer():
    counter, key, expected = KNOWN[2]
    for word, bit in itertools.product(range(4), (0, 31, 63)):
        turned = [c ^ ((1 << bit) if i == word else 0) for i, c in enumerate(counter)]
        changed = sum((a ^ b).bit_count() for a, b in zip(output(turned, key), expected, strict=True))
        assert 80 < changed < 176  # 128 of 256 bits on average, standard deviation 8


def test_a_uniform_is_the_top_53_bits_of_its_word():
    keys, entity = draws.key_schedule(5), np.uint64(11)
    for purpose in range(8):
        words = draws.block(keys, np.uint64(3), np.uint64(9), entity, np.uint64(purpose // 4))
        expected = (int(words[purpose % 4]) >> 11) / 2**53
        assert draws.uniform(keys, np.uint64(3), 9, entity, purpose) == expected


def test_plain_python_draws_the_same():
    script = (
        "import numpy as np; from escalation_sim import draws; k = draws.key_schedule(9)\n"
        "print([draws.uniform(k, np.uint64(i), i % 7, np.uint64(i * 977), i % 25).hex() for i in range(300)])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"ESCALATION_SIM_COMPILE": compiling},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for compiling in ("0", "1")
    }
    assert len(printed) == 1
    assert "0x" in printed.pop()


AXES = {"lineage": np.arange(N), "tick": np.arange(N), "entity": np.arange(N), "purpose": np.arange(N)}


@pytest.mark.parametrize("axis", AXES)
def test_draws_are_uniform_along_every_axis(axis):
    uniforms = sample(**{axis: AXES[axis]})
    assert uniforms.min() >= 0.0
    assert uniforms.max() < 1.0
    assert min(evenness(uniforms)) > 1e-4


def test_uneven_draws_are_found():
    uniforms = sample(lineage=np.arange(N))
    assert evenness(uniforms**1.02)[1] < 1e-4
    assert evenness(np.floor(uniforms * 200) / 200)[0] < 1e-4


def worst_correlation(one, other):
    """Largest correlation, in standard errors, between two samples: as they are, and where they are extreme."""
    pairs = ((one, other), (np.abs(one - 0.5), np.abs(other - 0.5)))
    return max(abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(len(a)) for a, b in pairs)


@pytest.mark.parametrize("axis", AXES)
def test_neighbours_on_an_axis_are_unrelated(axis):
    varying = "lineage" if axis != "lineage" else "tick"
    base = {varying: np.arange(N)}
    for step in (1, 2, 4):
        assert worst_correlation(sample(**base, **{axis: 8}), sample(**base, **{axis: 8 + step})) < 4.5


def test_successive_draws_along_an_axis_are_unrelated():
    for axis, places in AXES.items():
        uniforms = sample(**{axis: places})
        assert max(worst_correlation(uniforms[:-lag], uniforms[lag:]) for lag in (1, 2, 3, 4)) < 4.5


def test_a_relation_is_found():
    one, other = sample(lineage=np.arange(N), tick=1), sample(lineage=np.arange(N), tick=2)
    assert worst_correlation(one, 0.98 * other + 0.02 * one) > 4.5
    assert worst_correlation(one, (one + 0.5 + 0.25 * other) % 1.0) > 4.5


def test_another_seed_and_another_stream_version_are_other_luck():
    assert worst_correlation(sample(lineage=np.arange(N), seed=1), sample(lineage=np.arange(N), seed=2)) < 4.5
    assert not np.array_equal(draws.key_schedule(1, 1), draws.key_schedule(1, 2))


def test_ids_come_from_names_and_do_not_change():
    assert hex(draws.entity_id("edge:RUS>UKR")) == "0x5bc26c25a9a8ddb6"
    assert hex(draws.entity_id("")) == "0xb4b2797457a0a6e4"
    names = [f"{kind}:{a}>{b}" for kind in ("edge", "dyad") for a in range(100) for b in range(100)]
    assert len({draws.entity_id(name) for name in names}) == len(names)


def test_no_two_purposes_share_a_draw():
    purposes = [
        draws.INITIATIVE, draws.REPLY, draws.REPLY + 1, draws.REPLY + 2, draws.FRAILTY_RADIUS, draws.FRAILTY_ANGLE,
        draws.HONOUR, draws.WAR_END, draws.EVENT_CHANCE, draws.EVENT_DATE, draws.EVENT_HAZARD, draws.BELIEF,
        draws.OUTCOME_DAY, draws.PARAMETER,
    ]  # fmt: skip
    assert len(set(purposes)) == len(purposes)
