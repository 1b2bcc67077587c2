"""The ensemble driver counts what the theory did: against a plain replay, in threads, and without the compiler."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.drivers import ensemble
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.theory.tick import begin, whole_tick

N = 60
DAYS = (0.0, 14.0, 91.0, 182.0)


def unpacked(code, setup):
    """(edge, rung, phase, event, in support of whom) of a packed record."""
    code, support = divmod(int(code) - 1, len(setup.nuclear) + 1)
    code, event = divmod(code, len(setup.event_id) + 1)
    code, phase = divmod(code, 3)
    edge, rung = divmod(code, len(setup.severity))
    return edge - 1, rung, phase, event - 1, support - 1


def replayed(scene, seed, lineages):
    """The tally of a few replicates, counted in the plainest way: every tick is looked at from outside."""
    setup, world, records = scene.setup, scene.world, scene.records
    tally = ensemble.blank_tally(setup, len(lineages), days=DAYS)
    tally.sizes[0] = len(lineages)
    keys, chains = key_schedule(seed), []
    for row, lineage in enumerate(lineages):
        begin(*scene.inside[:2], keys, np.uint64(lineage))
        for tick in range(setup.n_ticks):
            whole_tick(*scene.inside, keys, np.uint64(lineage))
            level = np.zeros(len(setup.dyad_id), dtype=int)
            for d in range(len(setup.dyad_id)):
                for edge in setup.dyad_edges[d]:
                    if edge >= 0 and world.standing[edge] > 0 and setup.joins_war[world.standing[edge]]:
                        level[d] = max(level[d], setup.fight_rung)
                if world.war[d]:
                    level[d] = setup.war_rung
            n = world.clock[w.CLOCK_RECORDS]
            for number in np.flatnonzero((records.tick[:n] == tick) & (records.edge[:n] >= 0)):
                d = setup.dyad[records.edge[number]]
                level[d] = max(level[d], records.rung[number])
                tally.highest[row] = max(tally.highest[row], records.rung[number])
            tally.levels[tick, np.arange(len(level)), level] += 1
            tally.levels[tick, -1, level.max()] += 1
            for k, state in enumerate(setup.effort_state):
                tally.strain[tick, k, min(int(world.strain[state] * 50), 49)] += 1
            tally.belligerents[row] = max(tally.belligerents[row], world.belligerent.sum())
        tally.acts[row] = n
        tally.outcome_day[row] = world.outcome_day
        for o in np.flatnonzero(world.outcome_day >= 0):
            tally.counts[0, o] += tally.outcome_day[row, o] <= np.array(DAYS)
            chain, number = np.zeros(2 + ensemble.CHAIN, dtype=np.int64), world.outcome_record[o]
            chain[:2] = o, lineage
            for step in range(2, len(chain)):
                if number < 0:
                    break
                chain[step] = ensemble.pack(*scene.inside[::2], number)
                columns = (records.edge, records.rung, records.phase, records.event, records.support)
                edge, rung, phase, event, support = (column[number] for column in columns)
                assert unpacked(chain[step], setup) == (edge, rung, min(phase, 2), event, support)
                number = records.cause[number]
            chains.append(chain)
    return tally._replace(chains=np.array(sorted(chains, key=lambda chain: (chain[0], chain[1]))))


@pytest.fixture(scope="module")
def compiled(storm):
    return Compiler(storm())


def test_the_tally_is_what_a_replay_counts(compiled, storm, run, stage, same):
    scenario = storm()
    assert same(run(scenario, N, 7, days=DAYS), replayed(stage(scenario), 7, range(N))) == []


def test_a_replay_of_other_luck_counts_otherwise(storm, run, stage, same):
    scenario = storm()
    found = same(run(scenario, N, 7, days=DAYS), replayed(stage(scenario), 8, range(N)))
    assert {"outcome_day", "counts", "chains", "highest", "acts", "levels"} <= set(found)


def test_every_replicate_is_counted_once_in_every_tick(storm, run):
    tally = run(storm(), 777, draws=5)
    assert (tally.levels.sum(axis=2) == 777).all()
    assert (tally.strain.sum(axis=2) == 777).all()


def test_replicate_r_has_parameter_draw_r_modulo_their_number(storm, run, compiled):
    scenario, draws = storm(), 4
    whole, values = run(scenario, 40, 3, draws=draws), parameter_draws(scenario, 3, draws)
    for p in range(draws):
        alone = ensemble.run(lambda _, p=p: compiled.setup(values[p]), 1, 40, seed=3)
        np.testing.assert_array_equal(alone.outcome_day[p::draws], whole.outcome_day[p::draws])
        np.testing.assert_array_equal(alone.acts[p::draws], whole.acts[p::draws])


@pytest.mark.parametrize(("draws", "replicates", "jobs"), [(1, 1, 1), (7, 3, 2), (3, 2000, 2), (5, 2000, 3)])
def test_neither_threads_nor_blocks_change_a_number(storm, run, same, monkeypatch, draws, replicates, jobs):
    one = run(storm(), replicates, draws=draws, jobs=1, days=DAYS)
    assert same(one, run(storm(), replicates, draws=draws, jobs=jobs, days=DAYS)) == []
    monkeypatch.setattr(ensemble, "BLOCK", 37)
    assert same(one, run(storm(), replicates, draws=draws, jobs=jobs, days=DAYS)) == []


def test_fewer_rows_are_the_first_ones_and_change_no_count(storm, run, same):
    whole, few = (run(storm(), 2000, draws=3, days=DAYS, rows=rows) for rows in (None, 70))
    assert set(same(whole, few)) == set(ensemble._ROWS)
    for name in ensemble._ROWS:
        np.testing.assert_array_equal(getattr(few, name), getattr(whole, name)[:70])
    assert same(whole, run(storm(), 2000, draws=3, days=DAYS, rows=10_000)) == []


def test_counts_are_those_of_the_rows(storm, run):
    draws, days = 7, [182.0, 0.0, 14.0, 14.5, 91.0]  # in any order
    tally = run(storm(), 500, draws=draws, days=days)
    early = run(storm(), 500, 1, draws=draws, days=days).counts
    for p in range(draws):
        day = tally.outcome_day[p::draws, :, None]
        np.testing.assert_array_equal(tally.counts[p], ((day >= 0) & (day <= days)).sum(axis=0))
    assert tally.sizes.tolist() == [72] * 3 + [71] * 4
    assert not np.array_equal(tally.counts, early), "the twin: those of other luck"


def test_an_outcome_on_the_day_counts_though_a_row_has_it_in_single_precision(storm, run):
    first = run(storm(), 300)
    days = np.unique(first.outcome_day[first.outcome_day >= 0]).astype(float)
    on, before = (run(storm(), 300, days=some).counts[0].sum(axis=0) for some in (days, np.nextafter(days, -1.0)))
    assert (on > before).all()


def test_the_chains_of_the_first_replicates_are_kept(storm, run, monkeypatch):
    whole = run(storm(), 1500, draws=4)
    most, later = 40, 0
    monkeypatch.setattr(ensemble, "CHAINS", most)
    for jobs, block in ((1, 512), (2, 29)):
        monkeypatch.setattr(ensemble, "BLOCK", block)
        kept = run(storm(), 1500, draws=4, jobs=jobs, rows=10).chains
        for o in range(whole.outcome_day.shape[1]):
            mine = whole.chains[whole.chains[:, 0] == o]
            assert len(mine) == (whole.outcome_day[:, o] >= 0).sum()
            np.testing.assert_array_equal(kept[kept[:, 0] == o], mine[:most])
            later += not np.array_equal(kept[kept[:, 0] == o], mine[-most:])  # the twin: the last ones
    assert later > 0


def test_a_draw_without_replicates_is_left_out(storm, run):
    assert run(storm(), 3, draws=5, days=DAYS).sizes.tolist() == [1, 1, 1]


def test_progress_adds_up(compiled):
    done = []
    ensemble.run(lambda p: compiled.setup(), 3, 2500, jobs=2, progress=done.append)
    assert sum(done) == 2500
    assert len(done) > 3


def test_a_fault_in_a_thread_is_raised(compiled):
    def broken(p):
        if p == 2:
            raise ArithmeticError("no such draw")
        return compiled.setup()

    with pytest.raises(ArithmeticError, match="no such draw"):
        ensemble.run(broken, 4, 100, jobs=2)


def test_plain_python_counts_the_same(storm, run):
    """Without the compiler and with it: 4 replicates of nine weeks, every array."""
    script = """
        import importlib.util, sys
        spec = importlib.util.spec_from_file_location("small", sys.argv[1])
        small = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(small)
        tally = small.run_crisis(small.make_storm(horizon="63 days"), 4, draws=2, jobs=1)
        print([(name, array.tolist()) for name, array in zip(tally._fields, tally)])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(Path(__file__).parents[1] / "conftest.py")],
        env=os.environ | {"ESCALATION_SIM_COMPILE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    tally = run(storm(horizon="63 days"), 4, draws=2)
    assert tally.acts.sum() > 0
    assert done.stdout.strip() == str(
        [(name, array.tolist()) for name, array in zip(tally._fields, tally, strict=True)]
    )
