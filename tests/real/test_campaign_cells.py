"""Cells that are added to a campaign while it runs: they are run behind what there was, whole or not at all."""
import pytest

from campaigns import AT_ONCE, Campaigns, design, hold_whole, shell
from daemon import PATIENCE, PROGRAM

PATH = "workload.command"


def cell(text):
    return {PATH: ["sh", "-c", f"sleep 0.2; echo {text}"]}


def of_two_cells(**other):
    return shell("true", factors={PATH: [cell(i)[PATH] for i in (1, 2)]}, isolation="shared",
                 design=design(2, warmup=1), **other)


def add(api, id, *cells, **headers):
    return api.post(f"/v1/campaigns/{id}/cells", {"cells": list(cells)}, **headers)


def events_of(api, id):
    return [e["data"] for e in api.events(subject=f"campaign/{id}") if e["kind"] == "campaign.cells"]


def test_cells_are_added_while_it_runs(make_daemon):
    daemon = make_daemon(runs_max=8, **AT_ONCE).start()
    api, campaigns = daemon.api, Campaigns(daemon.api)
    id = campaigns.submit(of_two_cells())
    before = campaigns.get(id)
    assert before["spec"]["added"] == []
    campaigns.wait_run(id, lambda r: r["state"] == "measuring")
    first = add(api, id, cell(3), cell(4), **{"Idempotency-Key": "more"})
    assert first.status == 202 and first.headers["Location"].endswith(f"/v1/campaigns/{id}"), first
    assert first.json["plan"] == {"cells": 4, "blocks": 3, "runs": 12}
    assert add(api, id, cell(3), cell(4), **{"Idempotency-Key": "more"}).json == first.json
    for cells, status, pointer in (
            ([cell(2)], 422, "/cells/0"), ([cell(5), cell(4)], 422, "/cells/1"), ([], 422, "/cells"),
            ([cell(5), {"cluster.nothing": 1}], 422, "/cells/1/cluster.nothing"),
            ([{"cluster.compute": "two"}], 422, "/cells/0/cluster.compute")):
        reply = add(api, id, *cells)
        assert reply.status == status and pointer in reply.pointers, (reply, reply.pointers)
    assert add(api, id, {"cluster.node.memory": "4096GiB"}).status == 409
    second = add(api, id, cell(5))
    assert second.json["plan"]["runs"] == 15 and second.json["digest"] != first.json["digest"]

    campaign, runs = campaigns.wait(id, "done", patience=PATIENCE), campaigns.runs(id)
    hold_whole(campaign, runs)
    assert campaign["spec"]["added"] == [[cell(3), cell(4)], [cell(5)]]
    assert campaign["progress"]["done"] == campaign["progress"]["planned"] == 15
    for run in runs:
        assert (run["position"] >= 6) == (run["cell"] in (cell(3), cell(4), cell(5)))
        assert (run["position"] >= 12) == (run["cell"] == cell(5))
    assert [(e["batch"], e["cells"]) for e in events_of(api, id)] == [(1, 2), (2, 1)]
    analysis = api.get(f"/v1/campaigns/{id}/analysis").json
    assert analysis["design"]["adaptive"] and len(analysis["cells"]) == 5
    assert any("cells were added on seeing results" in r for r in analysis["verdict"]["reasons"])

    assert add(api, id, cell(6)).status == 409
    assert add(api, "00000000", cell(6)).status == 404
    again = campaigns.plan(campaign["spec"])
    assert again["digest"] == campaign["digest"]
    assert [o["cell"] for o in again["order"]][6:] and again["runs"] == 15


def test_they_are_there_whole_when_benchd_is_killed_at_once(make_daemon):
    if b"BENCHD_FAULT" not in PROGRAM.read_bytes():
        pytest.skip("this build has no fault points: meson configure -Dfaults=true")
    daemon = make_daemon(runs_max=8, **AT_ONCE)
    daemon.env = {"BENCHD_FAULT": "campaign.cells"}
    daemon.start()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(of_two_cells())
    with pytest.raises(Exception):
        add(daemon.api, id, cell(3), **{"Idempotency-Key": "once"})
    assert daemon.process.wait(PATIENCE) == -9
    daemon.env = {}
    daemon.start()
    reply = add(daemon.api, id, cell(3), **{"Idempotency-Key": "once"})
    assert reply.status == 202 and reply.json["plan"]["runs"] == 9, reply
    campaign = campaigns.wait(id, "done", patience=PATIENCE)
    assert campaign["plan"] == {"cells": 3, "blocks": 3, "runs": 9}
    assert campaign["progress"]["done"] == 9 and len(events_of(daemon.api, id)) == 1
    assert {r["position"] for r in campaigns.runs(id) if r["state"] == "done"} == set(range(9))
