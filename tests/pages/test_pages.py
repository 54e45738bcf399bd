"""What the pages of a dashboard ask for: each in one request, conditional, and shared by who asks."""
import gzip
import json
import threading
import time

import pytest

import seed
import served


@pytest.fixture(scope="module")
def place():
    """A daemon with campaigns at their end and under way; nothing begins in it."""
    daemon, rows = served.seeded()
    try:
        with seed.opened(daemon.database) as db:
            rows.ended = rows.add_campaign(db, "done", 30)
            rows.held = rows.add_campaign(db, "paused", 5, failed=2, priority=7)
            rows.waits = rows.add_campaign(db, "paused", 0, priority=-3)
            rows.hold_origin(db)
            rows.add_jobs(db, rows.runs[0], 10_000)
            rows.add_events(db, 100)
        daemon.start("/healthz")
        yield daemon.api, rows
    finally:
        daemon.clean_up()


def settled(api, target):
    """Once what is worked out a few at a time is there."""
    until = time.monotonic() + 20
    while True:
        reply = api.get(target)
        assert reply.status == 200, reply
        if (reply.json["hosts"][0]["noise"] and all(c["verdict"] for c in reply.json["recent"])) or time.monotonic() > until:
            return reply.json
        time.sleep(0.3)


def test_the_overview_has_all_of_a_first_page(place):
    api, rows = place
    overview = settled(api, "/v1/overview")
    assert [c["id"] for c in overview["recent"]] == [rows.ended]
    assert overview["recent"][0]["verdict"] == api.get(f"/v1/campaigns/{rows.ended}/analysis").json["verdict"]
    queue = {c["id"]: c for c in overview["queue"]}
    assert list(queue) == [rows.held, rows.origin, rows.waits]  # by priority
    held = queue[rows.held]
    assert (held["left"], held["runSeconds"], held["basis"], held["endsInSeconds"]) == (23, 8, "measured", None)
    assert queue[rows.origin]["state"] == "paused" and queue[rows.waits]["left"] == 30
    assert overview["runs"] == [] and overview["clusters"] == []
    (host,) = overview["hosts"]
    assert host["noise"]["allowedCpus"] == 0 and host["noise"]["outsideCpus"] >= 0 and host["cpusInUse"] == 0
    assert overview["lastEvent"] == api.events()[-1]["seq"]
    assert api.get("/v1/hosts/local").json["noise"].keys() == host["noise"].keys()


def test_a_grid_has_every_run_where_it_belongs(place):
    api, rows = place
    grid = api.get(f"/v1/campaigns/{rows.held}/grid").json
    assert (grid["cells"], grid["blocks"], grid["warmup"]) == (3, 10, 0)
    assert grid["levels"] == [{rows.path: level} for level in rows.levels]
    columns = grid["runs"]
    cells = {(c, b): (grid["states"][s], run)
             for c, b, s, run in zip(*(columns[k] for k in ("cell", "block", "state", "run")))}
    listed = api.get(f"/v1/campaigns/{rows.held}/runs?limit=500").json["items"]
    assert len(cells) == len(listed) == 7
    for run in listed:
        assert cells[rows.levels.index(run["cell"][rows.path]), run["block"]] == (run["state"], run["id"])
    grades = [grid["grades"][g] if g is not None else None for g in columns["grade"]]
    assert sorted(grades, key=str) == [None] * 2 + ["usable"] * 5


def test_values_are_those_of_the_runs(place):
    api, rows = place
    target = f"/v1/campaigns/{rows.ended}/values"
    found = api.get(target).json
    assert [m["name"] for m in found["metrics"]] == ["elapsed", "throughput"]  # the objectives
    runs = {r["id"]: r for r in api.get(f"/v1/campaigns/{rows.ended}/runs?limit=500").json["items"]}
    assert sorted(found["runs"]["run"]) == sorted(runs) and set(found["runs"]["counts"]) == {1}
    for metric in found["metrics"]:
        for id, value in zip(found["runs"]["run"], metric["values"]):
            assert value == pytest.approx(runs[id]["metrics"][metric["name"]]["value"], rel=1e-14)
            assert metric["unit"] == runs[id]["metrics"][metric["name"]]["unit"]
    other = api.get(f"{target}?metric=wait_p95,nothing").json["metrics"]
    assert [(m["name"], m["unit"]) for m in other] == [("wait_p95", "s"), ("nothing", "")]
    assert set(other[1]["values"]) == {None}


def test_a_gantt_of_ten_thousand_jobs_is_one_small_reply(place):
    api, rows = place
    run = rows.runs[0]
    gantt = api.get(f"/v1/runs/{run}/gantt").json
    jobs = gantt["jobs"]
    assert gantt["leftOut"] == 0 and gantt["nodes"] == ["n1", "n2", "n3", "n4"]
    assert all(len(column) == 10_000 for column in jobs.values())
    for job in api.get(f"/v1/runs/{run}/jobs?limit=50").json["items"]:
        i = job["index"]
        us = lambda ns: None if ns is None else ns // 1000
        assert [jobs["submitUs"][i], jobs["startUs"][i], jobs["endUs"][i]] == [
            us(job["submitNs"]), us(job["startedFirstNs"]), us(job["endedLastNs"])]
        assert gantt["outcomes"][jobs["outcome"][i]] == job["outcome"]
        assert [gantt["nodes"][n] for n in jobs["on"][i]] == job["nodeList"]
    assert len(packed(api, f"/v1/runs/{run}/gantt")) < 300_000


def packed(api, target):
    """As it comes; it has to unpack to the same."""
    connection = api.connection()
    connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    assert reply.headers["Content-Encoding"] == "gzip" and reply.headers["ETag"].endswith('-gz"')
    assert json.loads(gzip.decompress(body)) == api.get(target).json
    unchanged = api.request("GET", target, headers={"If-None-Match": reply.headers["ETag"]})
    assert unchanged.status == 304
    return body


@pytest.mark.parametrize("target", [
    "/v1/overview", "/v1/campaigns/{}/grid", "/v1/campaigns/{}/values", "/v1/campaigns/{}/analysis?live=true"])
def test_who_has_it_is_told_so(place, target):
    api, rows = place
    target = target.format(rows.ended)
    settled(api, "/v1/overview")
    for _ in range(20):  # the noise of the host changes
        etag = api.get(target).headers["ETag"]
        if api.request("GET", target, headers={"If-None-Match": etag}).status == 304:
            return
    raise AssertionError("never 304")


def test_many_who_ask_at_once_get_the_same(place):
    api, rows = place
    target, replies = f"/v1/campaigns/{rows.ended}/analysis?metric=makespan", []
    threads = [threading.Thread(target=lambda: replies.append(api.get(target))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.status for r in replies] == [200] * 20 and len({r.body for r in replies}) == 1


def test_what_can_not_be_made_is_told_to_all_and_not_kept(place):
    api, _ = place
    for _ in range(2):
        for target in ("/v1/campaigns/00000000/grid", "/v1/campaigns/00000000/values", "/v1/runs/00000000/gantt",
                       "/v1/campaigns/00000000/analysis"):
            assert api.get(target).status == 404, target


def test_a_campaign_that_is_changed_is_made_anew(place):
    api, rows = place
    target = f"/v1/campaigns/{rows.held}/analysis"
    before = api.get(target)
    assert before.json["state"] == "paused"
    assert api.post(f"/v1/campaigns/{rows.held}/cancel").status in (200, 202)
    api.wait_for(f"/v1/campaigns/{rows.held}", lambda c: c["state"] == "cancelled")
    after = api.request("GET", target, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status == 200 and after.json["state"] == "cancelled"


def test_the_newest_events_come_first_where_they_are_asked_for(place):
    api, _ = place
    whole = api.events()
    seqs = [e["seq"] for e in whole]
    newest = api.get("/v1/events?last=10").json["items"]
    assert [e["seq"] for e in newest] == seqs[-10:]
    older = api.get(f"/v1/events?last=10&before={newest[0]['seq']}").json["items"]
    assert [e["seq"] for e in older] == seqs[-20:-10]
    of_one = [e["seq"] for e in whole if e["subject"] == "run/00000003"]
    assert [e["seq"] for e in api.get("/v1/events?last=500&subject=run/00000003").json["items"]] == of_one
    assert api.get(f"/v1/events?last=5&before={seqs[0]}").json["items"] == []
    with api.stream("GET", "/v1/events?last=3", headers={"Accept": "text/event-stream"}) as stream:
        lines = (line for line in stream.lines() if line.startswith("id:"))
        ids = [int(next(lines).split(":")[1]) for _ in range(3)]
    assert ids == seqs[-3:]
