"""A budget: a campaign ends with the block after which there is no room for another, never makes more runs
than it may, and ends the same when benchd is killed round that."""
import pytest

from campaigns import AT_ONCE, Campaigns, design, hold_whole, shell
from daemon import PATIENCE, PROGRAM

CELLS = {"workload.command": [["sh", "-c", "exit 0"], ["sh", "-c", "true"]]}


def up_to(blocks, **other):
    return design({"min": 1, "max": blocks}, **other)


def of_two_cells(blocks=10, **other):
    return shell("true", factors=CELLS, design=up_to(blocks, **other.pop("design", {})), isolation="shared", **other)


def events_of(api, id):
    return [e["data"] for e in api.events(subject=f"campaign/{id}") if e["kind"] == "campaign.budget"]


def hold_ended(campaigns, id, blocks, what):
    campaign, runs = campaigns.wait(id, "done", patience=PATIENCE), campaigns.runs(id)
    budget = campaign["budget"]
    assert budget["exhausted"] and f"budget.{what} has no room" in budget["why"], budget
    assert campaign["plan"] == {"cells": 2, "blocks": blocks, "runs": 2 * blocks}
    assert budget["spent"]["runs"] == len(runs)
    hold_whole(campaign, runs)
    assert events_of(campaigns.api, id) == [budget]
    return campaign, runs


def test_it_ends_with_the_last_block_there_is_room_for(make_daemon):
    """Side by side: by runs, by time, one run by one, by runs that fail; and one whose budget is enough."""
    daemon = make_daemon(runs_max=8, **AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    by_runs = campaigns.submit(of_two_cells(budget={"runs": 7}, design={"warmup": 1}))
    by_time = campaigns.submit(of_two_cells(budget={"wallTime": "100ms"}))
    one_by_one = campaigns.submit(of_two_cells(budget={"nodeHours": 1e-6}, design={"order": "randomised"}))
    fails = campaigns.submit(shell("false", design=up_to(2, retries=10), isolation="shared", budget={"runs": 3}))
    enough = campaigns.submit(of_two_cells(1, budget={"runs": 2, "wallTime": "1h", "nodeHours": 1}))

    campaign, runs = hold_ended(campaigns, by_runs, 3, "runs")
    assert campaign["budget"]["spent"]["runs"] == campaign["progress"]["done"] == 6
    analysis = daemon.api.get(f"/v1/campaigns/{by_runs}/analysis").json
    assert analysis["verdict"]["value"] == "exploratory"
    assert "fewer blocks than planned: the budget was used up" in analysis["verdict"]["reasons"][0]
    campaign, _ = hold_ended(campaigns, by_time, 1, "wallTime")
    assert campaign["budget"]["spent"]["wallTimeSeconds"] > 0.1

    campaign, runs = campaigns.wait(one_by_one, "done", patience=PATIENCE), campaigns.runs(one_by_one)
    assert "no room for another run" in campaign["budget"]["why"]
    assert campaign["plan"]["runs"] == len(runs) == campaign["progress"]["done"] < 20

    campaign, runs = campaigns.wait(fails, "failed", patience=PATIENCE), campaigns.runs(fails)
    assert [r["attempt"] for r in runs] == [1, 2, 3] and {r["position"] for r in runs} == {0}
    assert campaign["progress"]["failed"] == campaign["plan"]["runs"] == 1, campaign

    campaign = campaigns.wait(enough, "done", patience=PATIENCE)
    assert campaign["budget"]["exhausted"] is False and campaign["budget"]["spent"]["runs"] == 2
    assert events_of(daemon.api, enough) == []


def test_it_ends_the_same_when_benchd_is_killed_round_that(make_daemon):
    if b"BENCHD_FAULT" not in PROGRAM.read_bytes():
        pytest.skip("this build has no fault points: meson configure -Dfaults=true")
    daemon = make_daemon(runs_max=8, **AT_ONCE)
    daemon.env = {"BENCHD_FAULT": "run.done"}
    daemon.start()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(of_two_cells(budget={"runs": 5}))
    for point in ("campaign.budget", None):
        assert daemon.process.wait(PATIENCE) == -9
        daemon.env = {"BENCHD_FAULT": point} if point else {}
        daemon.start(until=None if point else "/readyz")
    campaign, runs = campaigns.wait(id, "done", patience=PATIENCE), campaigns.runs(id)
    assert campaign["budget"]["exhausted"] and campaign["budget"]["spent"]["runs"] == len(runs) <= 5
    assert {r["position"] for r in runs} == set(range(campaign["plan"]["runs"]))
    assert len(events_of(daemon.api, id)) == 1
