"""Campaigns as a user has them: planned, submitted, watched, stopped; what is measured, and what a run
that went wrong says of it."""
import os
import re
import time

import pytest

from campaigns import (AT_ONCE, EMPTY, ENDS, NODE, ONE, STEPS, Busy, Campaigns, cancelled_after, design,
                       has_begun, hold_whole, number, shell, spec, words_of)

SLEEPS = "echo asleep; sleep 600"
# Two factors of two levels, in two blocks; every task of a job says what it was given.
STUDY = spec(
    "sh", "-c", "echo value $VALUE; echo host $(hostname) >&2",
    name="study",
    labels={"of": "two factors"},
    workload={
        "on": "job",
        "metrics": {"value": number("value ([0-9]+)", kind="rate", unit="MB/s"),
                    "host": number("host n([0-9])", kind="ratio", unit="", **{"from": "stderr"})},
        "env": {"VALUE": "0"},
    },
    factors={"cluster.compute": [1, 2], "workload.env.VALUE": ["3", "5"]},
    design=design(blocks=2, seed=7),
    hooks={"ready": [{"command": ["sh", "-c", "echo ready on $(hostname)"], "node": "compute"}],
           "collected": [{"command": ["hostname"]}]},
)


DAEMON = AT_ONCE


class Study:
    def __init__(self, campaigns):
        self.plan = campaigns.plan(STUDY)
        self.campaign, self.runs = campaigns.done(STUDY)


@pytest.fixture(scope="module")
def study(campaigns):
    return Study(campaigns)


# -- plans --

def test_a_plan_says_what_would_run_and_stores_nothing(api, campaigns):
    plan = campaigns.plan(STUDY)
    assert [plan[k] for k in ("cells", "blocks", "warmupBlocks", "runs")] == [4, 2, 0, 8]
    levels = [c["levels"] for c in plan["cellList"]]
    expected = [{"cluster.compute": n, "workload.env.VALUE": v} for n in (1, 2) for v in ("3", "5")]
    assert sorted(map(str, levels)) == sorted(map(str, expected))
    assert len({c["digest"] for c in plan["cellList"]}) == 4
    assert [o["position"] for o in plan["order"]] == list(range(8))
    assert [o["block"] for o in plan["order"]] == [0] * 4 + [1] * 4
    for block in (plan["order"][:4], plan["order"][4:]):
        assert sorted(o["cell"] for o in block) == [0, 1, 2, 3]
    assert plan["spec"]["design"]["order"] == "randomised-blocks" and plan["warnings"] == []
    assert api.get("/v1/campaigns?name=study").json["items"] == []


def test_the_seed_is_the_order(campaigns):
    def order(seed):
        many = shell("true", factors={"workload.env.A": list("abcdefgh")}, design=design(seed=seed),
                     workload={"env": {"A": ""}})
        plan = campaigns.plan(many)
        return plan["digest"], [o["cell"] for o in plan["order"]]

    assert order(1) == order(1)
    assert order(1)[1] != order(2)[1] and sorted(order(2)[1]) == list(range(8))


def test_cells_can_be_listed_and_left_out(campaigns):
    listed = campaigns.plan({**STUDY, "factors": {}, "cells": [{"cluster.compute": 2}]})
    assert [c["levels"] for c in listed["cellList"]] == [{"cluster.compute": 2}]
    out = {"cluster.compute": 2, "workload.env.VALUE": "5"}
    fewer = campaigns.plan({**STUDY, "exclude": [out]})
    assert fewer["cells"] == 3 and out not in [c["levels"] for c in fewer["cellList"]]


@pytest.mark.parametrize("change, pointer", [
    ({"factors": {"cluster.nodes": [1, 2]}}, "/factors/cluster.nodes"),
    ({"factors": {"cluster.compute": [1, "two"]}}, "/factors/cluster.compute/1"),
    ({"cluster": {"image": "no-such-image"}}, "/cluster/image"),
    ({"objectives": [{"metric": "speed", "direction": "max"}]}, "/objectives/0/metric"),
    ({"workload": {"name": "command", "command": ["true"], "on": "controller",
                   "metrics": {"elapsed": number("x")}}}, "/workload/metrics/elapsed"),
    ({"workload": {"name": "command", "command": ["true"], "on": "controller",
                   "metrics": {"x": number("(")}}}, "/workload/metrics/x/regex"),
    ({"design": {"repetitions": {"min": 1, "max": 2, "until": {"metric": "elapsed"}}}},
     "/design/repetitions"),
    ({"hooks": {"ready": [{"command": ["true"], "node": "n9"}]}}, "/hooks/ready/0/node"),
    ({"priorty": 1}, "/priorty"),
])
def test_a_fault_is_told_with_its_place(api, change, pointer):
    for target in ("/v1/plans", "/v1/campaigns"):
        reply = api.post(target, {**shell("true"), **change})
        assert reply.status == 422, reply
        assert any(p.startswith(pointer) for p in reply.pointers), reply


# -- a whole one --

def test_whole_blocks_run_in_the_plans_order_one_run_at_a_time(study):
    hold_whole(study.campaign, study.runs)
    began = sorted(study.runs, key=lambda r: r["startedAt"])
    assert [r["position"] for r in began] == list(range(8))
    for run, planned in zip(began, study.plan["order"]):
        assert run["cell"] == study.plan["cellList"][planned["cell"]]["levels"]
        assert (run["block"], run["warmup"], run["attempt"]) == (planned["block"], False, 1)
    for one, next in zip(began, began[1:]):
        assert one["endedAt"] <= next["startedAt"]


def test_its_numbers_add_up(study):
    campaign = study.campaign
    assert campaign["plan"] == {"cells": 4, "blocks": 2, "runs": 8}
    progress = campaign["progress"]
    assert [progress[k] for k in ("done", "failed", "excluded", "running")] == [8, 0, 0, 0]
    assert campaign["digest"] == study.plan["digest"] and campaign["error"] is None
    assert campaign["createdAt"] <= campaign["startedAt"] <= campaign["endedAt"]


def test_metrics_are_what_the_jobs_said(study):
    for run in study.runs:
        nodes = run["cell"]["cluster.compute"]
        value = {"value": int(run["cell"]["workload.env.VALUE"]), "unit": "MB/s", "kind": "rate", "n": nodes}
        assert run["metrics"]["value"] == value
        where = {"value": (nodes + 1) / 2, "unit": "", "kind": "ratio", "n": nodes}
        assert run["metrics"]["host"] == where
        elapsed = run["metrics"]["elapsed"]
        assert (elapsed["unit"], elapsed["kind"], elapsed["n"]) == ("s", "cost", 1)
        assert 0 < elapsed["value"] < 60
        assert run["grade"] == {"value": "usable", "reasons": []} and run["residue"] == EMPTY


def test_artifacts_are_what_was_said(api, campaigns, study):
    run = next(r for r in study.runs if r["cell"]["cluster.compute"] == 2)
    names = campaigns.artifacts(run["id"])
    said = campaigns.artifact(run["id"], "stdout")
    assert said == f"value {run['cell']['workload.env.VALUE']}\n" * 2
    assert names["stdout"] == len(said)
    assert sorted(campaigns.artifact(run["id"], "stderr").split()) == ["host", "host", "n1", "n2"]
    assert any("slurmctld" in n for n in names)
    ready, collected = (next(n for n in names if n.startswith(f"hook-{p}-")) for p in ("ready", "collected"))
    for node in ("n1", "n2"):
        assert f"ready on {node}" in campaigns.artifact(run["id"], ready)
    assert "ctl1" in campaigns.artifact(run["id"], collected)
    for name in ("nothing", "..", "%2e%2e%2f%2e%2e%2fbenchd.db", "%2fetc%2fpasswd"):
        assert api.get(f"/v1/runs/{run['id']}/artifacts/{name}").status in (400, 404, 422), name


def test_steps_and_logs_tell_the_course(campaigns, study):
    run = study.runs[0]
    steps = campaigns.steps(run["id"])
    assert [s["name"] for s in steps] == STEPS
    for step in steps:
        assert (step["state"], step["attempt"], step["error"]) == ("done", 1, None)
        assert run["startedAt"] <= step["startedAt"] <= step["endedAt"] <= run["endedAt"]
    assert set(run["timings"]) == set(STEPS)
    logs = campaigns.logs(run["id"])
    assert re.findall(r"^\S+Z  (\S+) +done ", logs, re.MULTILINE) == STEPS
    assert f"value {run['cell']['workload.env.VALUE']}" in logs and "slurmctld" in logs


def test_events_tell_it_in_order(api, study):
    def kinds(subject, kind):
        told = [e["kind"] for e in api.events(subject=subject)]
        passed_over = (".step", "run.queued")  # it is queued where it has to wait
        return [k for k in told if k.startswith(kind) and not k.endswith(passed_over)]

    told = kinds(f"campaign/{study.campaign['id']}", "campaign.")
    assert told == ["campaign.created", "campaign.started", "campaign.done"]
    states = ["run.preparing", "run.measuring", "run.clearing", "run.done"]
    for run in study.runs:
        assert kinds(f"run/{run['id']}", "run.") == states


def test_they_can_be_found(api, campaigns, study):
    id = study.campaign["id"]
    found = api.get("/v1/campaigns?name=study&state=done").json["items"]
    assert [c["id"] for c in found] == [id]
    assert api.get("/v1/campaigns?name=study&state=failed").json["items"] == []
    assert len(campaigns.runs(id, state="done", limit=3)) == 8
    assert api.get(f"/v1/runs?campaign={id}&state=failed").json["items"] == []
    listed, shown = study.runs[0], campaigns.run(study.runs[0]["id"])
    assert shown["spec"]["workload"]["env"]["VALUE"] == listed["cell"]["workload.env.VALUE"]
    assert {**shown, "spec": None} == listed
    cluster = api.cluster(study.runs[0]["id"])
    assert (cluster["state"], cluster["run"]) == ("deleted", study.runs[0]["id"])
    for target in ("/v1/campaigns/00000000", "/v1/runs/00000000", "/v1/campaigns/00000000/runs"):
        assert api.get(target).status == 404


def test_the_same_key_makes_it_once(api, campaigns):
    ids = {campaigns.submit(shell("true", name="once"), Idempotency_Key="once-only") for _ in range(3)}
    assert len(ids) == 1
    campaigns.wait(*ids, "done")
    assert len(api.get("/v1/campaigns?name=once").json["items"]) == 1


# -- what is measured --

def test_a_command_on_the_controller_and_its_json(campaigns):
    metrics = {"mean": {"jsonPath": "$.latency.mean", "unit": "us", "kind": "cost"},
               "each": {"jsonPath": "$.all[*]['t']", "unit": "us", "kind": "cost"}}
    said = '{"latency": {"mean": 12.5}, "all": [{"t": 1}, {"t": 2}, {"t": 9}]}'
    _, (run,) = campaigns.done(spec("printf", "%s\n", said, workload={"metrics": metrics}))
    assert run["metrics"]["mean"] == {"value": 12.5, "unit": "us", "kind": "cost", "n": 1}
    assert run["metrics"]["each"] == {"value": 2, "unit": "us", "kind": "cost", "n": 3}


def test_warm_ups_come_before_and_are_left_out(campaigns):
    counts = "echo x >> /root/count; echo count $(wc -l < /root/count)"
    metrics = {"count": number("count ([0-9]+)")}
    campaign, runs = campaigns.done(shell(counts, workload={"metrics": metrics, "warmup": 2},
                                          design=design(blocks=1, warmup=1)))
    assert [r["warmup"] for r in runs] == [True, False]
    for run in runs:
        assert (run["metrics"]["count"]["value"], run["metrics"]["count"]["n"]) == (3, 1)
    assert campaign["plan"]["blocks"] == 2


def test_hooks_prepare_what_is_measured(campaigns):
    made = {"command": ["sh", "-c", "echo $WHAT > /srv/made"], "node": "all", "env": {"WHAT": "42"}}
    _, (run,) = campaigns.done(spec("cat", "/srv/made", hooks={"ready": [made]},
                                    workload={"on": "job", "metrics": {"made": number("[0-9]+")}}))
    assert run["metrics"]["made"]["value"] == 42


# -- what goes wrong --

def test_a_hook_that_fails_has_its_words_in_the_run(campaigns):
    hook = {"command": ["sh", "-c", "echo no such luck; exit 7"], "node": "n1"}
    (run,) = campaigns.failed(shell("echo never", hooks={"ready": [hook]}, design=design()))
    words = words_of(run["error"])
    assert run["error"]["type"] == "workload" and run["residue"] == EMPTY
    assert "no such luck" in words and "7" in words and "n1" in words, words
    assert any("no such luck" in campaigns.artifact(run["id"], name)
               for name in campaigns.artifacts(run["id"]) if name.startswith("hook-ready-"))


def test_a_hook_that_takes_too_long_is_ended(campaigns):
    hook = {"command": ["sleep", "600"], "timeout": "1s"}
    (run,) = campaigns.failed(shell("true", hooks={"collected": [hook]}, design=design()))
    assert "sleep" in words_of(run["error"]) and "1 s" in words_of(run["error"]).replace("1s", "1 s")


def test_a_pattern_that_finds_nothing_fails_with_the_last_lines(campaigns):
    metrics = {"bandwidth": number("BW: ([0-9.]+)")}
    (run,) = campaigns.failed(shell("echo first; echo disk is on fire", workload={"metrics": metrics},
                                    design=design()))
    words = words_of(run["error"])
    assert run["error"]["type"] == "workload"
    assert "bandwidth" in words and "disk is on fire" in words, words
    assert campaigns.artifact(run["id"], "stdout") == "first\ndisk is on fire\n"


def test_a_spec_that_only_fails_in_its_last_cell_keeps_the_others(campaigns):
    script = "echo about to end with $CODE >&2; exit $CODE"
    cells = [{"workload.env.CODE": code} for code in ("0", "00", "3")]
    campaign, runs = campaigns.done(shell(
        script, workload={"on": "job", "env": {"CODE": "0"}}, cells=cells,
        design=design(blocks=2, retries=1, order="as-written")))
    told = [(r["cell"]["workload.env.CODE"], r["block"], r["attempt"], r["state"]) for r in runs]
    assert told == [(code, block, attempt, "failed" if code == "3" else "done")
                    for block in (0, 1) for code in ("0", "00", "3")
                    for attempt in ((1, 2) if code == "3" else (1,))]
    for run in runs:
        assert run["residue"] == EMPTY
        if run["state"] == "failed":
            assert run["error"]["step"] == "workload" and run["metrics"].get("elapsed") is None
            assert "about to end with 3" in words_of(run["error"])
            assert "about to end with 3" in campaigns.artifact(run["id"], "stderr")
            assert any("slurmctld" in n for n in campaigns.artifacts(run["id"]))
            assert words_of(run["error"]) in campaigns.logs(run["id"])
    assert campaign["progress"]["done"] == 4 and campaign["progress"]["failed"] > 0
    began = [r["position"] for r in sorted(runs, key=lambda r: r["startedAt"])]
    assert began == [0, 1, 2, 2, 3, 4, 5, 5], "tried again at the end of its block"


def test_a_command_that_is_not_there_is_named(campaigns):
    runs = campaigns.failed(spec("/nowhere/bench", design=design(retries=0)))
    assert "/nowhere/bench" in words_of(runs[0]["error"])


# -- orders --

def test_pause_lets_what_runs_end_and_resume_goes_on(campaigns):
    id = campaigns.submit(shell("sleep 1", design=design(blocks=2)))
    with cancelled_after(campaigns, id):
        campaigns.wait_step(id, "workload")
        campaigns.order(id, "pause")
        campaigns.order(id, "pause", expect=(200,))
        campaigns.wait_run(id, lambda r: r["state"] == "done")
        time.sleep(1.5)
        assert campaigns.get(id)["state"] == "paused"
        assert [r["state"] for r in campaigns.runs(id) if r["state"] != "queued"] == ["done"]
        campaigns.order(id, "resume")
        hold_whole(campaigns.wait(id, "done"), campaigns.runs(id))
    for verb in ("pause", "resume", "cancel"):
        assert campaigns.order(id, verb, expect=(409,)).problem == "conflict"


def test_a_paused_campaign_can_be_cancelled(campaigns):
    id = campaigns.submit(shell(SLEEPS, design=design(blocks=2)))
    campaigns.wait_step(id, "workload")
    campaigns.order(id, "pause")
    campaigns.order(id, "cancel")
    campaigns.wait(id, "cancelled", patience=30)


def test_cancel_ends_what_runs_and_leaves_nothing(api, campaigns):
    id = campaigns.submit(shell(SLEEPS, workload={"on": "job"}, design=design(blocks=3)))
    run = campaigns.wait_run(id, lambda r: r["state"] == "measuring")
    campaigns.order(id, "cancel")
    campaign = campaigns.wait(id, "cancelled", patience=30)
    runs = campaigns.runs(id)
    assert {r["state"] for r in runs} == {"cancelled"}
    assert campaigns.run(run["id"])["residue"] == EMPTY
    assert campaign["progress"]["running"] == 0 and campaign["endedAt"]
    campaigns.works()


def test_a_run_can_be_cancelled_and_the_next_goes_ahead(api, campaigns):
    script = "test -n \"$QUICK\" || sleep 600"
    id = campaigns.submit(shell(script, workload={"env": {"QUICK": ""}},
                                cells=[{"workload.env.QUICK": q} for q in ("", "yes")],
                                design=design(order="as-written", retries=3)))
    with cancelled_after(campaigns, id):
        run = campaigns.wait_run(id, lambda r: r["state"] == "measuring")
        for reply in (api.delete(f"/v1/clusters/{run['id']}"),
                      api.post(f"/v1/clusters/{run['id']}/exec", {"command": ["true"]})):
            assert (reply.status, reply.problem) == (409, "conflict"), reply
            assert run["id"] in reply.json["detail"]
        campaigns.order(run["id"], "cancel", of="runs")
        campaigns.wait(id, "done", patience=30)
        assert [(r["position"], r["state"]) for r in campaigns.runs(id)] == [(0, "cancelled"), (1, "done")]
        assert campaigns.run(run["id"])["residue"] == EMPTY
        campaigns.order(run["id"], "cancel", expect=(200, 409), of="runs")


def test_a_run_that_waits_can_be_cancelled_and_the_next_waits_in_its_place(make_daemon):
    daemon = make_daemon(quiet_cpus=0, quiet_wait="10min").start()
    campaigns = Campaigns(daemon.api)
    with Busy():
        id = campaigns.submit(shell("true", design=design(blocks=2, retries=3)))
        run = campaigns.wait_run(id, lambda r: r["waiting"])
        assert run["state"] == "queued" and "quiet" in run["waiting"]
        campaigns.order(run["id"], "cancel", of="runs")
        other = campaigns.wait_run(id, lambda r: r["position"] == 1 and r["waiting"])
    gone = campaigns.run(run["id"])
    assert (gone["state"], gone["steps"], gone["residue"], gone["grade"]) == ("cancelled", [], None, None)
    assert gone["endedAt"] and not gone["waiting"] and not gone["startedAt"]
    campaigns.order(other["id"], "cancel", of="runs")
    campaign = campaigns.wait(id, "failed", patience=20)
    assert [campaign["progress"][k] for k in ("done", "failed", "running")] == [0, 2, 0]
    assert daemon.api.get("/v1/clusters").json["items"] == []


# -- beside each other --

def test_two_campaigns_take_turns(campaigns):
    ids = [campaigns.submit(shell("sleep 0.2", name=name, design=design(blocks=3))) for name in "ab"]
    runs = []
    for id in ids:
        campaigns.wait(id, "done")
        runs += campaigns.runs(id)
    began = [ids.index(r["campaign"]) for r in sorted(runs, key=lambda r: r["startedAt"])]
    assert began == [0, 1] * 3
    told = sorted((r["startedAt"], r["endedAt"]) for r in runs)
    assert all(one[1] <= next[0] for one, next in zip(told, told[1:])), told


def test_the_higher_priority_is_taken_up_first(make_daemon):
    daemon = make_daemon(active_campaigns=1, **AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    first = campaigns.submit(shell("sleep 1", name="first"))
    campaigns.wait_step(first, "workload")
    low, high = (campaigns.submit(shell("true", name=f"p{p + 9}", priority=p)) for p in (-9, 9))
    started = {id: campaigns.wait(id, "done")["startedAt"] for id in (first, low, high)}
    assert started[first] < started[high] < started[low]
    for id in started:
        campaigns.runs(id)


def overlap(runs):
    one, other = sorted(runs, key=lambda r: r["startedAt"])
    return other["startedAt"] < one["endedAt"]


@pytest.mark.parametrize("cpus, beside", [(0.2, True), (0.3 * (os.cpu_count() or 2), False)])
def test_shared_runs_are_beside_each_other_where_cpus_suffice(campaigns, cpus, beside):
    cluster = {**ONE, "node": {**NODE, "cpus": cpus}}
    _, runs = campaigns.done(shell("sleep 1.5", cluster=cluster, isolation="shared",
                                   workload={"env": {"A": ""}}, factors={"workload.env.A": ["1", "2"]}))
    assert overlap(runs) == beside
    for run in runs:
        assert run["residue"] == EMPTY and run["grade"]["value"] != "invalid", run


def test_more_than_the_host_has_is_refused_unless_it_was_asked_for(api, campaigns):
    cluster = {**ONE, "node": {**NODE, "cpus": os.cpu_count()}}
    refused = api.post("/v1/campaigns", shell("true", cluster=cluster))
    assert (refused.status, refused.problem) == (409, "no-capacity"), refused
    assert "CPU" in refused.json["detail"] and "oversubscribe" in refused.json["detail"]
    (warning, *_) = campaigns.plan(shell("true", cluster=cluster))["warnings"]
    assert "CPU" in warning
    _, (run,) = campaigns.done(shell("true", cluster=cluster, admission={"oversubscribe": True}))
    assert run["grade"]["value"] == "limited"
    assert any("CPU" in r or "oversubscri" in r for r in run["grade"]["reasons"]), run["grade"]


def test_more_memory_than_the_host_has_makes_a_run_limited(api, campaigns):
    cluster = {**ONE, "node": {**NODE, "memory": "1TiB"}}
    refused = api.post("/v1/campaigns", shell("true", cluster=cluster))
    assert (refused.status, refused.problem) == (409, "no-capacity"), refused
    assert "MiB" in refused.json["detail"] and "oversubscribe" in refused.json["detail"]
    _, (run,) = campaigns.done(shell("true", cluster=cluster, admission={"oversubscribe": True}))
    assert run["grade"]["value"] == "limited"
    assert any("memory" in r for r in run["grade"]["reasons"]), run["grade"]


def test_a_cluster_that_is_up_beside_makes_a_run_limited(api, campaigns):
    """Also where it came while the run was under way."""
    id = campaigns.submit(shell("sleep 1", design=design(blocks=2)))
    with cancelled_after(campaigns, id):
        campaigns.wait_step(id, "workload")
        cluster = api.create(node=NODE)["id"]
        campaigns.wait(id, "done")
        api.wait_state(cluster, "ready")
        api.down(cluster)
    for run in campaigns.runs(id):
        assert run["grade"]["value"] == "limited" and run["residue"] == EMPTY, run["residue"]
        assert any("clusters" in r for r in run["grade"]["reasons"]), run["grade"]
        assert run["conditions"]["clustersBeside"] == 1


def test_a_host_that_is_not_quiet_is_waited_for_and_told(make_daemon):
    daemon = make_daemon(quiet_cpus=0, quiet_wait="1s").start()
    campaigns = Campaigns(daemon.api)
    with Busy():
        _, (run,) = campaigns.done(shell("true"))
    assert run["grade"]["value"] == "limited" and run["grade"]["reasons"]
    assert run["conditions"]["quiet"] is False and run["conditions"]["outsideCpus"] > 0.3
    assert run["state"] in ENDS and has_begun(run, "audit")
