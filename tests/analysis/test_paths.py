"""Codes back to acts, acts to words, and chains counted."""

import itertools
import time
from types import SimpleNamespace

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.analysis.paths import BY_ITSELF, Step, path_table, sentence, unpack
from escalation_sim.drivers.ensemble import CHAIN, pack


@pytest.fixture(scope="module")
def scene(storm, stage):
    """Arrays and names of a mid-size scenario."""
    return stage(storm())


def code_of(scene, **digits):
    """Code of a record with these fields, by the driver's own packing."""
    for name, value in ({"edge": -1, "rung": 0, "phase": 0, "event": -1, "support": -1} | digits).items():
        getattr(scene.records, name)[0] = value
    return int(pack(grouped(scene.setup), grouped(scene.records), 0))


def test_unpack_undoes_pack_for_every_record_there_can_be(scene):
    names, seen = scene.names, {}
    sizes = [len(names.edges), len(names.rungs), 3, len(names.events), len(names.states)]
    starts = [-1, 0, 0, -1, -1]
    for edge, rung, phase, event, support in itertools.product(*map(range, starts, sizes)):
        code = code_of(scene, edge=edge, rung=rung, phase=phase, event=event, support=support)
        actor, target = names.edges[edge].split(">") if edge >= 0 else (None, None)
        step = Step(
            actor,
            target,
            names.rungs[rung] if edge >= 0 else None,
            phase,
            names.events[event] if event >= 0 else None,
            names.states[support] if support >= 0 else None,
        )
        assert unpack(code, names) == step
        seen.setdefault(code, set()).add((edge, rung, phase, event, support))
    assert 0 not in seen
    assert all(len(records) == 1 for records in seen.values()), "two records share a code"


def test_a_later_reply_is_a_reply(scene):
    assert unpack(code_of(scene, edge=0, rung=1, phase=w.BY_REPLY + 2), scene.names).phase == w.BY_REPLY


def test_codes_of_no_record_are_refused(scene):
    last = code_of(scene, edge=len(scene.names.edges) - 1, rung=len(scene.names.rungs) - 1, phase=2, event=2, support=4)
    assert unpack(last, scene.names) is not None
    for code in (last + 1, -1):
        with pytest.raises(ValueError, match="no record"):
            unpack(code, scene.names)
    assert unpack(0, scene.names) is None


@pytest.mark.parametrize(
    ("rung", "beneficiary", "words"),
    [
        ("fight", "RUS", "PRK fights UKR for RUS"),
        ("arm", "RUS", "PRK arms RUS against UKR"),
        ("assist", "RUS", "PRK aids RUS against UKR"),
        ("protest", None, "PRK protests against UKR"),
        ("war", None, "PRK goes to war with UKR"),
        ("display", "RUS", "PRK shows force against UKR for RUS"),
        ("drone_swarm", None, "PRK: drone_swarm vs UKR"),
        ("drone_swarm", "RUS", "PRK: drone_swarm vs UKR for RUS"),
    ],
)
def test_words_of_an_act(rung, beneficiary, words):
    step = Step("PRK", "UKR", rung, w.BY_INITIATIVE, None, beneficiary)
    assert sentence(step) == words
    assert sentence(step._replace(phase=w.BY_REPLY)) == words + " (reply)"


def test_an_event_bears_its_label_and_no_arrow():
    act = Step("PRK", "UKR", "display", w.BY_EVENT, "main_body", "RUS")
    assert sentence(act) == "main_body (event)"
    assert sentence(act, {"main_body": "train → front"}) == "train -> front (event)"
    assert sentence(act._replace(event=None), {"PRK": "North Korea"}) == "North Korea shows force against UKR for RUS"


def tally_of(names, *replicates):
    """Chains of one outcome, as lists of codes (latest first), or None where it did not happen."""
    led = [[0, r, *codes] for r, codes in enumerate(replicates) if codes is not None]
    chains = np.array([row + [0] * (2 + CHAIN - len(row)) for row in led], np.int64).reshape(-1, 2 + CHAIN)
    return SimpleNamespace(chains=chains), names._replace(outcomes=("war",))


def test_chains_are_counted_among_the_replicates_in_which_it_happened(scene):
    a, b, e = code_of(scene, edge=0, rung=3, phase=1), code_of(scene, edge=1, rung=3, phase=2), code_of(scene, event=0)
    first, second = (edge.replace(">", " strikes ") for edge in scene.names.edges[:2])
    told = f"{scene.names.events[0]} (event)"
    table = path_table(*tally_of(scene.names, [b, a, e], [b, a], None, [b, a, e], [], [a, a, a, e], None, [a]))
    assert table.columns.tolist() == ["outcome", "rank", "path", "share", "count", "n"]
    assert table["path"].tolist() == [
        f"{told} → {first} → {second} (reply)",
        *sorted([first, f"{first} → {second} (reply)", BY_ITSELF, f"{told} → {first} ×3"]),
    ]
    assert table["count"].tolist() == [2, 1, 1, 1, 1]
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]
    assert set(table["n"]) == {6}
    np.testing.assert_allclose(table["share"], table["count"] / 6)


def test_top_cuts_the_list_but_not_the_shares(scene):
    a, b = code_of(scene, edge=0, rung=1), code_of(scene, edge=0, rung=3)
    table = path_table(*tally_of(scene.names, [a], [a], [b]), top=1)
    assert table[["share", "n"]].values.tolist() == [[2 / 3, 3]]


def test_events_of_one_label_are_one_path(scene):
    one, other = code_of(scene, event=0), code_of(scene, event=1)
    labels = dict.fromkeys(scene.names.events, "it happens")
    table = path_table(*tally_of(scene.names, [one], [other], [other]), labels)
    assert table[["path", "count"]].values.tolist() == [["it happens (event)", 3]]


def test_the_order_of_replicates_changes_nothing(scene):
    rng = np.random.default_rng(3)
    codes = [code_of(scene, edge=e, rung=k) for e in range(3) for k in (1, 3)]
    chains = [[codes[i] for i in rng.integers(0, len(codes), rng.integers(0, 4))] for _ in range(200)]
    forth, back = (path_table(*tally_of(scene.names, *some)) for some in (chains, chains[::-1]))
    assert forth.equals(back)
    assert len(forth) == 20


def test_an_outcome_never_seen_has_no_row(scene):
    assert path_table(*tally_of(scene.names, None, None)).empty


def test_paths_of_the_real_engine(storm, run, stage):
    scenario = storm()
    names, tally = stage(scenario).names, run(scenario, 300)
    table = path_table(tally, names, top=10_000)
    happened = (tally.outcome_day >= 0).sum(axis=0)
    for o, outcome in enumerate(names.outcomes):
        mine = table[table["outcome"] == outcome]
        assert mine["count"].sum() == happened[o]
        assert set(mine["n"]) <= {happened[o]}
    assert (table[table["outcome"] == "coup"]["path"].str.split(" → ").str[-1] == "coup (event)").all()
    arms = table[table["outcome"] == "arms"]["path"].str.split(" → ").str[-1]
    acts = r"CCC (arms BBB against|strikes|fights|goes to war with) AAA( for BBB)?"
    assert arms.str.fullmatch(acts + r"( \(reply\))?( ×\d)?").all()


def test_ten_thousand_replicates_take_no_time(scene):
    rng, n_outcomes = np.random.default_rng(1), 18
    codes = np.array([code_of(scene, edge=e, rung=k) for e in range(len(scene.names.edges)) for k in (1, 2, 3)])
    chains = rng.choice(codes[:20], (10_000 * n_outcomes, 2 + CHAIN))
    chains[:, 0] = np.repeat(np.arange(n_outcomes), 10_000)
    chains[:, 2:][np.arange(CHAIN) >= rng.geometric(0.4, (len(chains), 1))] = 0
    tally = SimpleNamespace(chains=chains)
    names = scene.names._replace(outcomes=tuple(f"o{i}" for i in range(n_outcomes)))
    begun = time.perf_counter()
    path_table(tally, names)
    taken = time.perf_counter() - begun
    print(f"paths of 10,000 replicates and {n_outcomes} outcomes: {taken:.2f} s")
    assert taken < 3.0  # 0.3 s on a quiet core; a loaded one must not fail
