"""The scheduler null on real nodes: streams, traces and commands run with it as with any other, in their order,
within their limits, and nothing of them outlives a run."""
import math

import pytest

from campaigns import AT_ONCE, EMPTY, design, hold_whole, words_of
from streams import Files, Streamed, beside_lateness, constant, metrics, rows, stream
from test_jobstream import hold_lateness, hold_seen
from test_swf import WINDOW, add, made_log, replayed, text_of, trace

DAEMON = AT_ONCE
NULL = {"name": "null", "profile": "fair"}
RECORDS = "ctl1-null.log"


def on_null(spec, **scheduler):
    return spec | {"cluster": spec["cluster"] | {"scheduler": NULL | scheduler}}


# Arrays, dependencies, users, jobs of one node and of more; requested times above all runtimes.
MIXED = on_null(stream(
    40, compute=3, arrival={"process": "uniform", "rate": "20/s"}, size={"choice": [1, 1, 2, 3]},
    runtime={"distribution": "uniform", "min": "20ms", "max": "100ms"}, requested={"factor": 50},
    users=2, arrays={"share": 0.1, "tasks": 2}, dependencies={"share": 0.3}, design=design(seed=5)))


@pytest.fixture(scope="module")
def mixed(campaigns):
    return Streamed(campaigns, MIXED)


def test_a_stream_is_done_as_it_was_drawn(campaigns, mixed):
    hold_whole(mixed.campaign, mixed.runs)
    hold_seen(campaigns, mixed.run)
    hold_lateness(mixed.run, mixed.files.jobs, mixed.rows)
    assert {r["outcome"] for r in mixed.rows} == {"completed"}
    assert {j.nodes for j in mixed.files.jobs} == {1, 2, 3} and any(j.after >= 0 for j in mixed.files.jobs)
    assert {r["user"] for r in mixed.rows} == {1, 2}
    assert beside_lateness(mixed.run["grade"]["reasons"]) == []


def test_all_points_are_there_and_in_their_order(mixed):
    points = ("plannedNs", "submitNs", "acceptedNs", "eligibleNs", "allocatedNs", "startedFirstNs", "startedAllNs",
              "endedLastNs", "freedNs")
    for row in mixed.rows:
        assert [row[n] for n in points] == sorted(row[n] for n in points), row


def test_it_was_first_come_first_served(mixed):
    """A job has nodes before any that could have begun then and came later."""
    for a in mixed.rows:
        for b in mixed.rows:
            if a["jobId"] < b["jobId"] and a["eligibleNs"] < b["allocatedNs"]:
                assert a["allocatedNs"] <= b["allocatedNs"], (a, b)


def test_no_node_had_two_jobs_at_a_time(mixed):
    for node in ("n1", "n2", "n3"):
        here = sorted((r["startedFirstNs"], r["endedLastNs"]) for r in mixed.rows if node in r["nodeList"])
        assert here and all(a[1] <= b[0] for a, b in zip(here, here[1:]))


def test_metrics_follow_from_the_rows(api, mixed):
    told = mixed.run["metrics"]
    for name, value in metrics(mixed.files.rows(), compute=3).items():
        assert math.isclose(told[name]["value"], value, rel_tol=1e-12, abs_tol=1e-15), name
    spans = {"eligible_latency": ("submitNs", "eligibleNs"), "allocation_latency": ("eligibleNs", "allocatedNs"),
             "launch_latency": ("allocatedNs", "startedFirstNs"), "release_latency": ("endedLastNs", "freedNs")}
    for name, (first, last) in spans.items():
        values = [r[last] - r[first] for r in mixed.rows]
        assert math.isclose(told[f"{name}_mean"]["value"], sum(values) / len(values) / 1e9, rel_tol=1e-12), name
    assert 0 < told["clients_cpu_per_job"]["value"] < told["driver_cpu_per_job"]["value"]
    assert told["scheduler_node_cpu"]["value"] > 0 and "scheduler_cpu" not in told
    assert told["scheduler_compute_cpu"]["value"] >= told["job_cpu_per_job"]["value"] * told["job_cpu_per_job"]["n"]


def test_its_own_records_say_the_same(mixed):
    records = mixed.run["conditions"]["records"]
    assert records["read"] and records["scheduler"] == records["ours"] == len(mixed.rows)
    assert (records["onlyOurs"], records["onlyScheduler"], records["disagree"]) == (0, 0, 0)
    assert mixed.run["residue"] == EMPTY and RECORDS in mixed.files.names


def test_a_trace_is_replayed(api, campaigns):
    log = made_log()
    spec = on_null(trace(add(api, text_of(log).encode()), **WINDOW))
    _, (run,) = campaigns.done(spec)
    files = Files(campaigns, run["id"])
    jobs = [(j.arrival, j.nodes, j.runtime, j.requested, j.user, j.after, j.think) for j in files.jobs]
    assert jobs == replayed(log)
    assert {r["outcome"] for r in rows(campaigns, run["id"])} == {"completed"}


def test_time_limits_hold(campaigns):
    """Jobs that do not end by themselves."""
    spec = on_null(stream(2, runtime=constant("150ms"), payload="spin", clients=1, warmup=0))
    spec["hooks"] = {"ready": [{"node": "compute", "command": [
        "sh", "-c", "mv /usr/libexec/benchd/bench-job /run/job; printf '#!/bin/sh\\ntest $1 = calibrate || exec sleep 60\\n"
        "exec /run/job \"$@\"\\n' >/usr/libexec/benchd/bench-job; chmod +x /usr/libexec/benchd/bench-job"]}]}
    _, (run,) = campaigns.done(spec)
    told = rows(campaigns, run["id"])
    assert [r["schedulerState"] for r in told] == ["timeout"] * 2, told


def test_a_command_runs_as_a_job(campaigns):
    spec = {
        "name": "command",
        "cluster": {"compute": 2, "scheduler": NULL, "node": {"cpus": 0.3, "schedulerCpus": 2, "memory": "128MiB"}},
        "workload": {"name": "command", "nodes": 2, "tasks": 3, "env": {"COLOUR": "blue green"},
                     "command": ["sh", "-c", "echo \"$(hostname) $BENCHD_RANK $COLOUR\"; echo err >&2"]},
    }
    _, (run,) = campaigns.done(spec)
    out = sorted(campaigns.artifact(run["id"], "stdout").splitlines())
    assert out == ["n1 0 blue green", "n1 1 blue green", "n2 2 blue green"]
    assert campaigns.artifact(run["id"], "stderr") == "err\n" * 3


def test_a_command_that_does_not_end_is_ended_everywhere(campaigns):
    spec = {
        "name": "command",
        "cluster": {"compute": 2, "scheduler": NULL, "node": {"cpus": 0.3, "memory": "128MiB"}},
        "workload": {"name": "command", "command": ["sleep", "61.5"], "timeout": "1s"},
        "design": design(retries=0),
    }
    (run,) = campaigns.failed(spec)
    assert "timeout of 1 s" in words_of(run["error"]), run["error"]
    assert campaigns.run(run["id"])["residue"] == EMPTY


def test_what_it_can_not_do_is_refused_by_name(api):
    def refused(scheduler=None, **workload):
        spec = on_null(stream(3, **workload), **(scheduler or {}))
        reply = api.post("/v1/plans", spec)
        assert reply.status == 422, reply
        return {f["pointer"]: f["expected"] for f in reply.json["faults"]}

    assert "can't be asked for priorities" in refused(priorities=[0, 5])["/workload/priorities"]
    assert "can't be asked for processes of MPI" in refused(payload="barrier")["/workload/payload"]
    assert "has none" in refused({"options": {"TreeWidth": 3}, "profile": "default"})["/cluster/scheduler/options/TreeWidth"]
    assert "no database" in refused({"accounting": "slurmdbd", "profile": "default"})["/cluster/scheduler/accounting"]
    # YAML's null is no name.
    faults = refused({"name": None})
    assert '"null"' in faults["/cluster/scheduler/name"] or "null" in faults["/cluster/scheduler/name"]


def test_it_is_listed(api):
    listed = {s["name"]: s for s in api.get("/v1/schedulers").json["items"]}
    assert listed["null"]["defaults"] == {} and listed["null"]["ownedOptions"] == []


def test_who_does_not_know_the_secret_starts_nothing(api):
    id = api.up(compute=1, scheduler=NULL, node={"cpus": 0.3, "memory": "128MiB"})["id"]
    assert api.run(id, "cat", "/etc/benchd/null.key", user="nobody").code != 0
    submit = "/usr/libexec/benchd/bench-submit-null"
    run = api.run(id, submit, "run", "--", "hostname")
    assert (run.text, run.code) == ("n1\n", 0), run
    other = api.run(id, "sh", "-c", f"echo another >/run/key; {submit} check --secret /run/key")
    assert other.text == "n1\n" and other.code == 3
    api.down(id)
