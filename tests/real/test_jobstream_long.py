"""Streams of jobs, what takes long: a thousand jobs at fifty a second, a driver that is starved, a node that
fills up, and kill -9 of benchd with rows on their way."""
import os
import sqlite3

import pytest

from campaigns import AT_ONCE, Campaigns, design, hold_whole
from daemon import PATIENCE
from streams import LATE, RECORDS, Files, beside_lateness, constant, metrics, rows, stream
from test_jobstream import hold_lateness, hold_seen
from test_run_kills import daemon, ends_at, submitted_to_end_at  # noqa: F401 (a fixture)

# Four nodes with the controller, which needs most of its half of a CPU for so many.
FIFTY_A_SECOND = {
    "compute": 3, "cpus": 0.5, "arrival": {"process": "poisson", "rate": "50/s"}, "runtime": constant("10ms"),
}
LIMIT = 0.02  # seconds of lateness
CPU_A_JOB = 0.001
TRIES = 4


def busy_while_submitted(campaigns, run):
    """CPUs that others used meanwhile, at most."""
    last = max(r["submitNs"] for r in rows(campaigns, run))
    (item,) = campaigns.api.get(f"/v1/runs/{run}/samples?metric=outside_cpus&to={last}ns").json["items"]
    return max(value for _, value in item["points"])


def measured_alone(campaigns, spec):
    """That the driver was late on this host tells nothing while others took its CPUs."""
    for _ in range(TRIES):
        _, (run,) = campaigns.done(spec, patience=1800)
        run = campaigns.run(run["id"])
        busy, driver = busy_while_submitted(campaigns, run["id"]), run["conditions"]["driver"]
        print(f"others used up to {busy} CPUs; {driver}")
        if driver["lateness"] < LIMIT or busy < os.cpu_count() / 4:
            return run
    raise AssertionError(f"the host was not quiet in any of {TRIES} runs")


def test_a_thousand_jobs_at_fifty_a_second(make_daemon):
    campaigns = Campaigns(make_daemon(quiet_cpus=0.25, quiet_wait="10min").start().api)
    run = measured_alone(campaigns, stream(1000, **FIFTY_A_SECOND))
    told = hold_seen(campaigns, run)
    assert len(told) == 1000 and {r["outcome"] for r in told} == {"completed"}
    driver = hold_lateness(run, Files(campaigns, run["id"]).jobs, told)
    cost = {name: run["metrics"][name]["value"] for name in ("job_cpu_per_job", "driver_cpu_per_job")}
    print(f"CPU seconds {cost}, drained in {run['metrics']['makespan']['value']} s")
    assert driver["by"] == "p99" and driver["lateness"] < LIMIT, driver
    assert not any(r.startswith(LATE) for r in run["grade"]["reasons"])
    assert run["grade"]["value"] != "invalid", run["grade"]
    assert 40 < run["metrics"]["throughput_submission"]["value"] < 60
    assert cost["job_cpu_per_job"] < CPU_A_JOB
    assert run["conditions"]["records"]["disagree"] == 0
    assert rows(campaigns, run["id"], limit=37) == told


def test_a_driver_that_is_starved(make_daemon):
    """The controller has a twentieth of a CPU: jobs come late, and the run says by how much."""
    campaigns = Campaigns(make_daemon(**AT_ONCE).start().api)
    _, (run,) = campaigns.done(stream(110, **{**FIFTY_A_SECOND, "cpus": 0.05}), patience=1800)
    run = campaigns.run(run["id"])
    driver = hold_lateness(run, Files(campaigns, run["id"]).jobs, hold_seen(campaigns, run))
    assert driver["by"] == "p99" and driver["lateness"] > LIMIT
    (reason,) = [r for r in run["grade"]["reasons"] if r.startswith(LATE)]
    assert run["grade"]["value"] == "invalid"
    for figure in ("lateness", "median", "maximum"):
        assert f"{driver[figure] * 1e3:.1f} ms" in reason, (figure, reason)
    assert f"p99 of {driver['n']}" in reason and "20 ms is the limit" in reason


def test_a_node_that_fills_up_with_records(make_daemon):
    """Its page has room for both records of 32 jobs; what comes then is not there, in part or whole."""
    campaigns = Campaigns(make_daemon(**AT_ONCE).start().api)
    script = f"mount -t tmpfs -o size=4k tmpfs /run/benchd && touch {RECORDS} && chmod 666 {RECORDS}"
    hook = {"command": ["sh", "-c", script], "node": "n1"}
    _, (run,) = campaigns.done(stream(40, compute=1, arrival={"process": "burst", "rate": "20/s", "burst": 2},
                                      runtime=constant("1ms"), hooks={"ready": [hook]}), patience=300)
    run = campaigns.run(run["id"])
    told = hold_seen(campaigns, run)
    assert Files(campaigns, run["id"]).names["n1-jobs.rec"] == 4096
    outcomes = [r["outcome"] for r in told]
    assert (outcomes.count("completed"), outcomes.count("lost")) == (32, 8)
    for name, value in metrics(told, compute=1).items():
        assert run["metrics"][name]["value"] == pytest.approx(value, rel=1e-12), name
    assert run["grade"]["value"] == "invalid"
    assert any(r.startswith("8 of 40 jobs") for r in run["grade"]["reasons"]), run["grade"]


# What had been brought in when benchd ended is brought in again, from the files or from another stream.
@pytest.mark.parametrize("points", [
    ["workload.ran"], ["ingest.stored"], ["workload.done"], ["collect.intended"], ["collect.ran"], ["collect.done"],
    ["run.clearing"], ["workload.ran", "collect.ran", "teardown.ran"]], ids="-".join)
def test_killed_with_rows_on_their_way(daemon, points):  # noqa: F811
    spec = stream(6, size={"choice": [1, 2]}, arrays={"share": 0.5, "tasks": 2},
                  arrival={"process": "uniform", "rate": "20/s"}, design=design(blocks=2))
    id = submitted_to_end_at(daemon, spec, points[0])
    for point in points[1:]:
        ends_at(daemon, point)
    daemon.start("/healthz")
    campaigns = Campaigns(daemon.api)
    campaign, runs = campaigns.wait(id, "done", patience=PATIENCE), campaigns.runs(id)
    hold_whole(campaign, runs)
    cut = [r for r in runs if r["state"] == "failed"]
    assert len(cut) == (points[0] in ("workload.ran", "ingest.stored"))
    stored = 0
    for run in runs:
        told = hold_seen(campaigns, campaigns.run(run["id"]))
        stored += len(told)
        assert {r["outcome"] for r in told} == {"completed"}
        if run not in cut:
            assert beside_lateness(run["grade"]["reasons"]) == []
    with sqlite3.connect(daemon.database) as db:
        counted = db.execute("SELECT count(*), count(DISTINCT run || ' ' || idx || ' ' || task) FROM job").fetchall()
    db.close()
    assert counted == [(stored, stored)]
