"""The war effort against the same sums done with a pencil."""

import numpy as np
import pytest

WAR = {"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2023-10-24"}
EFFORT = {"state": "AAA", "troops": 50000.0, "needed": 60000.0, "losses_per_week": 2000.0,
          "recruits_per_week": 500.0, "winter_losses": 0.5, "tolerance": 0.5, "rear_value": 0.25}  # fmt: skip


@pytest.fixture(scope="session")
def effort(crisis, play):
    def played(ticks, **blocks):
        given = {"wars": [WAR], "efforts": [EFFORT], "horizon": "350 days", "states": ["AAA", "BBB", "CCC"]}
        scene = play(crisis(**(given | blocks)), ticks)
        place = scene.names.states.index("AAA")
        return scene, float(scene.world.troops[0]), float(scene.world.strain[place])

    return played


def strain(troops):
    return min(1.0, max(0.0, (1.0 - troops / 60000.0) / 0.5))


def test_losses_and_recruits_by_the_week(effort):
    _, troops, tension = effort(4)  # 24 October to 21 November: no winter yet
    assert troops == pytest.approx(50000.0 - 4 * 2000.0 + 4 * 500.0)
    assert tension == pytest.approx(strain(44000.0))


def test_winter_spares_men(effort):
    scene, troops, _ = effort(8)
    share = scene.setup.winter[:8]
    assert share[4] == 0.0  # 21 to 27 November
    assert 0.0 < share[5] < 1.0  # 28 November to 4 December
    assert (share[6:] == 1.0).all()
    assert troops == pytest.approx(50000.0 + 8 * 500.0 - 2000.0 * np.sum(1.0 - 0.5 * share))


def test_half_a_tick_is_half_the_loss(effort):
    _, troops, _ = effort(8, tick="3.5 days")
    assert troops == pytest.approx(50000.0 - 4 * 2000.0 + 4 * 500.0)


def test_no_war_no_losses(effort):
    _, troops, _ = effort(4, wars=[])
    assert troops == pytest.approx(52000.0)


def test_foreign_troops_fight_in_full_and_serve_the_rear_in_part(effort):
    rear = [{"id": "c", "by": "CCC", "to": "AAA", "against": "BBB", "rung": "arm", "troops": 10000.0}]
    scene, troops, tension = effort(1, support=rear)
    own = 50000.0 - 2000.0 + 500.0  # all losses fall on those who fight
    assert troops == pytest.approx(own)
    assert tension == pytest.approx(strain(own + 2500.0))
    assert scene.world.deployed.max() == 10000.0  # the rear loses nobody
    scene, troops, tension = effort(1, support=[rear[0] | {"rung": "fight"}])
    share = 2000.0 / 60000.0
    assert troops == pytest.approx(50000.0 * (1 - share) + 500.0)
    assert scene.world.deployed.max() == pytest.approx(10000.0 * (1 - share))
    assert tension == pytest.approx(strain(60000.0 * (1 - share) + 500.0))


def test_events_bring_recruits(effort):
    call = {"id": "call", "actor": "AAA", "on": "2024-11-07", "recruits_per_week": 3000.0}
    _, troops, _ = effort(4, events=[call])
    assert troops == pytest.approx(50000.0 - 4 * 2000.0 + 4 * 500.0 + 2 * 3000.0)


def test_an_army_can_run_out(effort):
    scene, troops, tension = effort(40, efforts=[EFFORT | {"losses_per_week": 9000.0, "recruits_per_week": 0.0}])
    assert (troops, tension) == (0.0, 1.0)
    assert np.isfinite(scene.world.troops).all()


def test_only_those_at_war_lose_and_only_their_friends_with_them(effort):
    """CCC's war with DDD costs AAA nothing; soldiers who serve BBB lose nothing by AAA's losses."""
    states = ["AAA", "BBB", "CCC", "DDD"]
    other = WAR | {"sides": [["CCC"], ["DDD"]], "initiator": "CCC"}
    _, troops, _ = effort(4, states=states, wars=[other])
    assert troops == pytest.approx(52000.0)
    for war in (WAR, WAR | {"sides": [["BBB"], ["AAA"]]}, WAR | {"sides": [["DDD"], ["AAA"]]}):
        assert effort(4, states=states, wars=[war])[1] == pytest.approx(44000.0)
    foe = [{"id": "d", "by": "DDD", "to": "BBB", "against": "AAA", "rung": "fight", "troops": 10000.0}]
    scene, troops, _ = effort(1, states=states, support=foe)
    assert troops == pytest.approx(48500.0)
    assert scene.world.deployed.max() == 10000.0


def test_a_single_foreign_soldier_counts(effort):
    one = [{"id": "c", "by": "CCC", "to": "AAA", "against": "BBB", "rung": "fight", "troops": 1.0}]
    tension = [effort(0, support=support)[2] for support in ([], one)]
    assert tension[0] - tension[1] == pytest.approx(1.0 / 60000.0 / 0.5)


@pytest.mark.parametrize("state", ["AAA", "BBB", "CCC", "DDD", "EEE"])
def test_a_war_wears_its_two_sides_and_nobody_else(crisis, play, state):
    war = WAR | {"sides": [["BBB"], ["DDD"]], "initiator": "BBB"}
    states = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    scene = play(crisis(states=states, wars=[war], efforts=[EFFORT | {"state": state}]), 1)
    assert scene.world.troops[0] == pytest.approx(48500.0 if state in ("BBB", "DDD") else 50500.0)


def test_the_dead_of_one_front_are_not_those_of_another(effort):
    """BBB and CCC fight AAA, each with soldiers of a friend: BBB's losses take none from those who serve CCC."""
    states = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    wars = [
        {"id": name, "sides": [["AAA"], [name]], "initiator": "AAA", "since": "2023-10-24"} for name in ("BBB", "CCC")
    ]
    friends = [{"id": f"for{to}", "by": by, "to": to, "against": "AAA", "rung": "fight", "troops": 10000.0}
               for by, to in (("DDD", "BBB"), ("EEE", "CCC"))]  # fmt: skip
    for state, spared in (("BBB", "EEE>AAA"), ("CCC", "DDD>AAA")):
        blocks = {"states": states, "wars": wars, "support": friends, "efforts": [EFFORT | {"state": state}]}
        scene, _, _ = effort(1, **blocks)
        left = dict(zip(scene.names.edges, scene.world.deployed.tolist(), strict=True))
        assert left.pop(spared) == 10000.0
        assert max(left.values()) == pytest.approx(10000.0 * (1.0 - 2000.0 / 60000.0))
