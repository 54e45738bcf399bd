"""A rule for stopping: a campaign ends with the block after which its cells are known well enough, goes to
its last block where they are not, and ends the same when benchd is killed round a look."""
import pytest

from campaigns import AT_ONCE, EMPTY, Campaigns, design, hold_whole, number, shell
from daemon import PATIENCE, PROGRAM

# With a confidence of a half nine values are the fewest that can stop a campaign.
LEAST, MAX, EVERY = 9, 12, 3
VALUE = {"metrics": {"value": number("value ([0-9]+)")}}


def stopping(script, max=MAX, warmup=0, **other):
    until = {"metric": "value", "relativeHalfWidth": 0.05, "confidence": 0.5, "every": EVERY}
    return shell(script, design=design({"min": EVERY, "max": max, "until": until}, warmup=warmup, retries=1),
                 isolation="shared", workload={**VALUE, **other.pop("workload", {})}, **other)


def looks_of(api, id):
    return [e["data"] for e in api.events(subject=f"campaign/{id}") if e["kind"] == "campaign.look"]


def hold_stopped(campaigns, id, warmup=0):
    """It ended after the ninth block, all of it by the rule."""
    campaign, runs = campaigns.wait(id, "done", patience=PATIENCE), campaigns.runs(id)
    until, progress = campaign["until"], campaign["progress"]
    assert (until["looks"], until["blocks"], until["met"], until["halfWidths"]) == (3, LEAST, True, [0])
    assert until["metric"] == "value" and until["confidence"] > 0.99
    assert campaign["plan"] == {"cells": 1, "blocks": warmup + LEAST, "runs": warmup + LEAST}
    assert (progress["planned"], progress["done"]) == (warmup + LEAST, warmup + LEAST)
    assert campaign["spec"]["design"]["repetitions"]["max"] == MAX
    hold_whole(campaign, runs)
    looks = looks_of(campaigns.api, id)
    assert [(l["looks"], l["blocks"], l["met"]) for l in looks] == [(1, 3, False), (2, 6, False), (3, 9, True)]
    assert looks[-1] == until and looks[0]["halfWidths"] == [None]
    return campaign


@pytest.mark.parametrize("until, pointer", [
    ({"metric": "speed", "relativeHalfWidth": 0.1}, "/until/metric"),
    ({"metric": "value", "relativeHalfWidth": 0}, "/until/relativeHalfWidth"),
    ({"metric": "value", "relativeHalfWidth": 0.1, "every": 20}, "/max"),
])
def test_a_rule_that_means_nothing_is_refused(api, until, pointer):
    what = shell("true", workload=VALUE, design=design({"min": 3, "max": 20, "until": until}))
    for target in ("/v1/plans", "/v1/campaigns"):
        reply = api.post(target, what)
        assert reply.status == 422 and f"/design/repetitions{pointer}" in reply.pointers, reply


def test_it_ends_where_cells_are_known_and_goes_on_where_not(make_daemon):
    """Side by side: one that says the same each time, after a warm-up that does not count, and one that
    never says the same twice."""
    daemon = make_daemon(runs_max=8, **AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    same = campaigns.submit(stopping("echo value 100", warmup=1, name="same"))
    differs = campaigns.submit(stopping("echo value $(date +%N)", max=LEAST + 1, name="differs"))
    campaign = campaigns.get(same)
    assert (campaign["until"]["looks"], campaign["until"]["met"], campaign["until"]["confidence"]) == (0, False, None)
    assert campaign["plan"]["blocks"] == 1 + MAX
    hold_stopped(campaigns, same, warmup=1)

    campaign, runs = campaigns.wait(differs, "done", patience=PATIENCE), campaigns.runs(differs)
    hold_whole(campaign, runs)
    until = campaign["until"]
    assert (until["looks"], until["blocks"], until["met"]) == (4, LEAST + 1, False)
    assert until["halfWidths"][0] > 0.05 and len(runs) == LEAST + 1
    assert [l["blocks"] for l in looks_of(daemon.api, differs)] == [3, 6, 9, 10]
    analysis = daemon.api.get(f"/v1/campaigns/{same}/analysis").json
    assert "planned" not in " ".join(analysis["verdict"]["reasons"])


def test_it_ends_the_same_when_benchd_is_killed_round_a_look(make_daemon):
    if b"BENCHD_FAULT" not in PROGRAM.read_bytes():
        pytest.skip("this build has no fault points: meson configure -Dfaults=true")
    daemon = make_daemon(runs_max=8, **AT_ONCE)
    daemon.env = {"BENCHD_FAULT": "campaign.looked"}
    daemon.start()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(stopping("echo value 100"))
    for point in ("campaign.look", None):
        assert daemon.process.wait(PATIENCE) == -9
        daemon.env = {"BENCHD_FAULT": point} if point else {}
        daemon.start(until=None if point else "/readyz")
    hold_stopped(campaigns, id)
    assert all(r["residue"] == EMPTY for r in campaigns.runs(id))
