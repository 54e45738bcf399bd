"""Streams of jobs on real Slurm: what is told of them is what was written down, the scheduler saw the same,
and what was not seen is not counted."""
import math
import time

import pytest

import host
from campaigns import AT_ONCE, EMPTY, Campaigns, cancelled_after, design, has_begun, hold_whole, shell, words_of
from streams import (ACCEPTED, DRIVER, END, RECORDS, START, SUBMIT, Files, Streamed, beside_lateness, constant,
                     expand, lateness, meanwhile, metrics, once_written, queue, rows, seen, stream, wait_ended, wall)
from test_artifacts import digest, packed
from test_bad_days import node_cgroup

DAEMON = AT_ONCE
S = 10**9
RESOLUTION = 1  # seconds, of Slurm's times
BETWEEN = 2  # at most, on a busy host, from Slurm's start of a job to its first instruction, and after its last
# Arrays, dependencies, users, priorities, jobs of one node and of more, all of which this seed draws.
MIXED = stream(
    20, compute=3,
    size={"choice": [1, 1, 2, 3]},
    runtime={"distribution": "uniform", "min": "20ms", "max": "300ms"},
    users=2, priorities=[0, 0, 5],
    arrays={"share": 0.1, "tasks": 2}, dependencies={"share": 0.3},
    design=design(seed=5),
)
# Two nodes that wait for each other in the one, and don't in the others.
PAYLOADS = stream(
    2, cpus=0.3, payload="sleep", payloadMemory="8MiB", size={"constant": 2},
    runtime={"distribution": "uniform", "min": "400ms", "max": "600ms"},
    factors={"workload.payload": ["spin", "touch", "barrier"]},
    design=design(blocks=2, order="as-written"),
)


@pytest.fixture(scope="module")
def mixed(campaigns):
    return Streamed(campaigns, MIXED)


@pytest.fixture(scope="module")
def payloads(campaigns):
    return Streamed(campaigns, PAYLOADS)


def hold_seen(campaigns, run):
    """Its rows are what the files say, all of it and no more, and so is what its conditions count."""
    told, files = rows(campaigns, run["id"]), Files(campaigns, run["id"])
    assert told == files.rows()
    counted = run["conditions"]["jobs"]
    assert counted["asked"] == len(told) and counted["strangers"] == 0
    for outcome in ("completed", "failed", "killed", "refused", "lost"):
        assert counted[outcome] == [r["outcome"] for r in told].count(outcome), counted
    return told


def hold_lateness(run, jobs, rows):
    """The conditions have the driver's as it follows from the rows."""
    driver, told = lateness(jobs, rows), dict(run["conditions"]["driver"])
    for name, value in driver.items():
        assert told.pop(name) == (value if name == "by" else pytest.approx(value, rel=1e-12)), (name, driver)
    assert told == {}
    return driver


# -- before it --

VARIED = {"runtime": constant("100ms"), "requested": {"factor": "uniform(1, 5)"}}
LIMITS = [
    ({"runtime": constant("100ms")}, None),  # all ask for the same: nothing is lost
    ({"runtime": constant("40s")}, None),
    (VARIED, "time limits below scheduler resolution"),
    # who goes by the order alone does not look at them; of both in one campaign it is said once
    ({**VARIED, "scheduler": "sched/builtin"}, None),
    ({**VARIED, "factors": {"cluster.scheduler.options.SchedulerType": ["sched/builtin", "sched/backfill"]}},
     "time limits below scheduler resolution"),
    ({"runtime": None, "model": {"name": "lublin"}, "timeScale": 0.0001}, "time scale below scheduler resolution"),
]


@pytest.mark.parametrize("members, words", LIMITS)
def test_a_plan_warns_of_limits_that_can_not_be_told_apart(campaigns, members, words):
    members = dict(members)
    type = members.pop("scheduler", None)
    spec = stream(60, **members)
    if type:
        spec["cluster"] = {**spec["cluster"], "scheduler": {"name": "slurm", "options": {"SchedulerType": type}}}
    spec["workload"] = {k: v for k, v in spec["workload"].items() if v is not None}
    warnings = [w for w in campaigns.plan(spec)["warnings"] if "below scheduler resolution" in w]
    assert [w.partition(":")[0] for w in warnings] == ([words] if words else []), warnings
    if words and words.startswith("time limits"):
        assert "60 of 60 jobs ask for less than 60 s, by 60 different limits, and all of these are 60 s for slurm" \
            in warnings[0]


# -- a whole one --

def test_a_real_stream_is_done_as_it_was_drawn(mixed):
    hold_whole(mixed.campaign, mixed.runs)
    assert {r["outcome"] for r in mixed.rows} == {"completed"}
    jobs = mixed.files.jobs
    assert len(jobs) == 20 and len(mixed.rows) == sum(j.tasks for j in jobs) > 20
    assert {j.nodes for j in jobs} == {1, 2, 3} and {j.user for j in jobs} == {1, 2}
    assert {j.priority for j in jobs} == {0, 5} and any(j.after >= 0 for j in jobs)


@pytest.mark.parametrize("limit", [1, 7, 500])
def test_rows_are_what_was_written_down_to_the_nanosecond(campaigns, mixed, limit):
    assert rows(campaigns, mixed.run["id"], limit) == mixed.files.rows()


def test_rows_can_be_asked_for_by_outcome(campaigns, mixed):
    id = mixed.run["id"]
    assert rows(campaigns, id, 9, outcome="completed,lost") == mixed.rows
    assert rows(campaigns, id, outcome="failed,killed,refused,lost,not-submitted") == []


def test_points_of_a_job_are_in_their_order(mixed):
    """Clocks of nodes are the host's here, so no bound can turn them round."""
    points = ["plannedNs", "submitNs", "acceptedNs"], ["submitNs", "startedFirstNs", "startedAllNs", "endedLastNs"]
    for row in mixed.rows:
        for names in points:
            assert [row[n] for n in names] == sorted(row[n] for n in names), row
        assert row["endedLastNs"] - row["startedAllNs"] >= row["runtimeNs"], row
        assert len(row["nodeList"]) == row["nodes"]


def test_metrics_follow_from_the_rows(mixed):
    for name, value in metrics(mixed.files.rows(), compute=3).items():
        told = mixed.run["metrics"][name]
        assert math.isclose(told["value"], value, rel_tol=1e-12, abs_tol=1e-15), (name, value, told)
    assert mixed.run["metrics"]["makespan"]["n"] == len(mixed.rows)


def test_the_queue_over_time_follows_from_the_rows(api, mixed):
    told = api.get(f"/v1/runs/{mixed.run['id']}/queue").json
    assert told == {"stepNs": None, "points": queue(mixed.files.rows())}
    assert told["points"][-1][1:] == [0, 0, 0] and max(p[3] for p in told["points"]) == 3


def test_the_catalogue_has_every_metric(api, mixed):
    catalogue = {m["name"]: m for m in api.get("/v1/metrics-catalogue").json["items"]}
    for name, told in mixed.run["metrics"].items():
        defined = catalogue[name]
        assert (defined["scope"], defined["unit"], defined["kind"]) == ("run", told["unit"], told["kind"])
        assert told["n"] > 0 and defined["definition"] and defined["source"]


def test_slurm_saw_the_same_jobs_at_the_same_times(mixed):
    slurm, files = mixed.files.slurm, mixed.files
    assert set(slurm) == {(r["index"], r["task"]) for r in mixed.rows}
    for row in mixed.rows:
        key = row["index"], row["task"]
        said = slurm[key]
        assert said["JobState"] == "COMPLETED" and int(said["JobId"]) == row["jobId"]
        assert expand(said["NodeList"]) == row["nodeList"] and int(said["NodeCnt"]) == row["nodes"]
        submit, accepted = (files.of(kind, row["index"])[0].wall // S for kind in (SUBMIT, ACCEPTED))
        assert submit <= wall(said, "SubmitTime") <= accepted, said
        start = min(r.wall for r in files.of(START, *key)) / S
        end = max(r.wall for r in files.of(END, *key)) / S
        assert 0 <= start - wall(said, "StartTime") < RESOLUTION + BETWEEN, (said, start)
        assert -BETWEEN < end - wall(said, "EndTime") < RESOLUTION, (said, end)


def test_slurm_began_them_in_the_same_order(mixed):
    began = [(wall(mixed.files.slurm[r["index"], r["task"]], "StartTime"), r["startedFirstNs"]) for r in mixed.rows]
    pairs = [(one, other) for one in began for other in began if one[0] + RESOLUTION + BETWEEN <= other[0]]
    assert len(pairs) > len(began)
    for one, other in pairs:
        assert one[1] < other[1], (one, other)


def test_no_two_jobs_had_a_node_at_a_time(mixed):
    for node in ("n1", "n2", "n3"):
        spans = sorted((r["startedFirstNs"], r["endedLastNs"]) for r in mixed.rows if node in r["nodeList"])
        assert spans and all(one[1] <= next[0] for one, next in zip(spans, spans[1:])), (node, spans)


def test_what_follows_a_job_begins_after_its_end(mixed):
    for job in mixed.files.jobs:
        if job.after >= 0:
            end = max(r["endedLastNs"] for r in mixed.rows if r["index"] == job.after)
            begin = min(r["startedFirstNs"] for r in mixed.rows if r["index"] == job.index)
            assert begin > end, job


def test_jobs_run_as_their_users(mixed):
    for row in mixed.rows:
        assert mixed.files.slurm[row["index"], row["task"]]["UserId"].startswith(f"bench{row['user']}(")


def test_its_conditions_tell_how_far_to_trust_it(mixed):
    run, n = mixed.run, len(mixed.rows)
    conditions = run["conditions"]
    late = hold_lateness(run, mixed.files.jobs, mixed.rows)["lateness"] > 0.02
    assert beside_lateness(run["grade"]["reasons"]) == []
    assert (run["grade"]["value"], len(run["grade"]["reasons"])) == (("invalid", 1) if late else ("usable", 0))
    records = conditions["records"]
    assert [records[k] for k in ("ours", "onlyOurs", "onlyScheduler", "disagree")] == [n, 0, 0, 0]
    assert records["scheduler"] == n + records["strangers"] and records["strangers"] == 1, "the warm-up's job"
    clock = conditions["clock"]
    assert clock["known"] and clock["shared"] and 0 < clock["boundNs"] < 10**7
    assert clock["offsetNs"] <= clock["boundNs"] and abs(clock["wallJumpNs"]) < 10**7
    (ctld,) = conditions["scheduler"]
    assert ctld["unit"] == "slurmctld.service" and ctld["cpuSeconds"] > 0 and ctld["peakBytes"] > 2**20
    assert conditions["sampler"]["rounds"] >= 2 and conditions["sampler"]["cut"] == 0
    assert conditions["noise"]["outsideCpusMean"] >= 0 and conditions["limits"]["belowGrain"] == 20


def test_each_node_and_the_host_were_sampled(api, mixed):
    target = f"/v1/runs/{mixed.run['id']}/samples"
    series = {(s["metric"], s["node"]): s for s in api.get(target).json["items"]}
    for key in [("cpu", node) for node in ("ctl1", "n1", "n2", "n3")] + [("cpu_busy", "host"), ("memory", "n1")]:
        assert series[key]["n"] >= 2, key
        values = api.get(f"{target}?metric={key[0]}&node={key[1]}").json
        ((points,),) = ([i["points"] for i in values["items"]],)
        assert len(points) == series[key]["n"] and values["unit"] == series[key]["unit"]
        assert [p[0] for p in points] == sorted(p[0] for p in points)
        assert all(p[1] >= 0 for p in points) and max(p[1] for p in points) > 0, key


def test_what_is_sampled_is_seen_while_it_is_measured(api, campaigns):
    """The same values are stored at the end."""
    id = campaigns.submit(shell("sleep 6", sampling={"interval": "200ms"}, limits={"quietWait": "0s"}))
    run = campaigns.wait_run(id, lambda r: has_begun(r, "workload"))
    target = f"/v1/runs/{run['id']}/samples"
    live = []
    while len(live) < 5:
        assert api.get(f"/v1/runs/{run['id']}").json["state"] == "measuring"
        cpu, memory = api.get(f"{target}?metric=cpu,memory&node=n1").json["metrics"]
        live = cpu["items"][0]["points"] if cpu["items"] else []
    assert ("outside_cpus", "host") in {(s["metric"], s["node"]) for s in api.get(target).json["items"]}
    later = api.get(f"{target}?metric=cpu&node=n1&from={live[3][0]}ns").json["items"][0]["points"]
    assert later[:2] == live[3:5]
    (under_way,) = [r for r in api.get("/v1/overview").json["runs"] if r["id"] == run["id"]]
    assert (under_way["campaign"], under_way["state"], under_way["step"]) == (id, "measuring", "workload")
    campaigns.wait(id, "done")
    (stored,) = api.get(f"{target}?metric=cpu&node=n1").json["items"]
    assert stored["points"][: len(live)] == live and len(memory["items"][0]["points"]) >= 4


def test_samples_are_taken_as_asked_for(api, campaigns):
    spec = stream(1, compute=1, sampling={"interval": "200ms"}, factors={"sampling.enabled": [True, False]},
                  design=design(order="as-written"))
    _, runs = campaigns.done(spec)
    with_them, without = (campaigns.run(r["id"]) for r in runs)
    (item,) = api.get(f"/v1/runs/{with_them['id']}/samples?metric=cpu&node=n1").json["items"]
    times = [0] + [at for at, _ in item["points"]]
    apart = sorted(to - at for at, to in zip(times, times[1:]))
    assert len(apart) >= 3 and 0.15 * S < apart[len(apart) // 2] < 0.25 * S, item
    assert api.get(f"/v1/runs/{without['id']}/samples").json["items"] == []
    for member in ("noise", "sampler", "scheduler"):
        assert member in with_them["conditions"] and member not in without["conditions"], member


def test_what_it_left_behind_is_packed_and_read_as_before(daemon, campaigns, mixed):
    items = packed(daemon, mixed.run["id"])
    for name in ("jobs.txt", "stream.json", "clock.json", "ctl1-driver.rec", "n1-jobs.rec", "n2-jobs.rec",
                 "n3-jobs.rec", "ctl1-jobcomp.log", "scontrol-jobs.txt", "sdiag.txt", "driver.log"):
        content = daemon.api.get(f"/v1/runs/{mixed.run['id']}/artifacts/{name}").body
        assert digest(content) == items[name]["digest"], name
    assert Files(campaigns, mixed.run["id"]).rows() == mixed.rows


# -- streams and cells --

def drawn(campaigns, runs):
    return {(tuple(r["cell"].values()), r["block"]): campaigns.artifact(r["id"], "jobs.txt") for r in runs}


def test_all_cells_of_a_block_get_the_same_stream(campaigns, payloads):
    streams = drawn(campaigns, payloads.runs)
    assert len(streams) == 6
    of_block = [{text for (_, b), text in streams.items() if b == block} for block in (0, 1)]
    assert [len(texts) for texts in of_block] == [1, 1] and of_block[0] != of_block[1]


def test_a_fixed_seed_is_one_stream_for_all_blocks(campaigns, payloads):
    spec = {**PAYLOADS, "factors": {}, "workload": {**PAYLOADS["workload"], "seed": "fixed", "warmup": 0}}
    _, runs = campaigns.done(spec)
    fixed = set(drawn(campaigns, runs).values())
    assert len(runs) == 2 and fixed == {t for (_, b), t in drawn(campaigns, payloads.runs).items() if b == 0}


# -- payloads --

def node_seconds(api, run, node):
    """CPU time that a node has used, by its samples."""
    (item,) = api.get(f"/v1/runs/{run}/samples?metric=cpu&node={node}").json["items"]
    times = [0] + [at for at, _ in item["points"]]
    return sum(value * (to - at) / S for at, to, (_, value) in zip(times, times[1:], item["points"]))


def test_payloads_do_what_their_names_say(api, campaigns, payloads):
    used, took = {}, {}
    for run in payloads.runs:
        payload = run["cell"]["workload.payload"]
        told = hold_seen(campaigns, run)
        assert {r["outcome"] for r in told} == {"completed"}, (payload, told)
        assert beside_lateness(run["grade"]["reasons"]) == [], run["grade"]
        asked = sum(r["runtimeNs"] for r in told) / S
        used.setdefault(payload, []).append(node_seconds(api, run["id"], "n2") / asked)
        took.setdefault(payload, []).append(
            sum(r["endedLastNs"] - r["startedAllNs"] for r in told) / S / asked)
    # A second of computing is one of CPU time, which a node that has 0.3 of a CPU takes 3 for.
    assert min(used["spin"]) > 0.7 and min(took["spin"]) > 1.5, (used, took)
    assert min(used["touch"]) > 0.1 and min(used["barrier"]) > 0.1, used
    assert min(took["touch"]) >= 1 and min(took["barrier"]) >= 1, took


# -- what was not seen --

def test_a_node_that_loses_its_records(campaigns):
    """Those that it loses are not made up; it goes on with those that follow."""
    hook = meanwhile(once_written(RECORDS, 2, f"rm {RECORDS}"), "n1")
    _, (run,) = campaigns.done(stream(6, size={"choice": [1, 1, 2]}, hooks={"ready": [hook]}))
    told = hold_seen(campaigns, run)
    lost = [r for r in told if r["outcome"] in ("lost", "killed")]
    assert lost and run["grade"]["value"] == "invalid"
    assert any("never seen to begin" in r for r in run["grade"]["reasons"]), run["grade"]
    assert any(r["outcome"] == "completed" for r in told)
    assert all(r["schedulerState"] == "completed" for r in told), "Slurm knows better, and is not believed"
    assert run["metrics"]["jobs_completed"]["value"] == 6 - len(lost)
    assert len(seen(told, "endedLastNs")) == run["metrics"]["makespan"]["n"] == 6 - len(lost)


def test_a_node_that_loses_its_records_for_good(campaigns):
    """What users' jobs can't write down where they can't make the file."""
    hook = meanwhile(once_written(RECORDS, 2, f"rm {RECORDS}"), "n1")
    _, (run,) = campaigns.done(stream(4, users=1, hooks={"ready": [hook]}))
    told = hold_seen(campaigns, run)
    assert run["conditions"]["jobs"]["nodesWithoutRecords"] == ["n1"]
    assert run["grade"]["value"] == "invalid"
    assert any("lost their records" in r and "n1" in r for r in run["grade"]["reasons"]), run["grade"]
    assert not any("n1" in r["nodeList"] for r in told)


def test_a_node_without_room_for_records(campaigns):
    script = (f"mount -t tmpfs -o size=4k tmpfs /run/benchd && head -c 4096 /dev/zero > /run/benchd/ballast && "
              f"touch {RECORDS} && chmod 666 {RECORDS}")
    hook = {"command": ["sh", "-c", script], "node": "n1"}
    _, (run,) = campaigns.done(stream(6, size={"choice": [1, 1, 2]}, hooks={"ready": [hook]}))
    told = hold_seen(campaigns, run)
    assert run["grade"]["value"] == "invalid"
    assert any("never seen to begin" in r for r in run["grade"]["reasons"]), run["grade"]
    assert not any("n1" in r["nodeList"] for r in told)
    for row in told:
        alone = row["nodes"] == 1 and row["nodeList"] == ["n2"]
        assert row["outcome"] == ("completed" if alone else "killed" if row["nodeList"] else "lost"), row
        assert row["schedulerState"] == ("completed" if alone else "failed"), row
    assert {r["outcome"] for r in told} == {"completed", "killed", "lost"}


def test_jobs_that_are_killed(campaigns):
    """One by the scheduler, which is told to and ends it with a word, and one without."""
    hooks = [meanwhile(once_written(RECORDS, 1, "scancel -w n1 --state=RUNNING"), "n1"),
             meanwhile(once_written(RECORDS, 1, "pkill -KILL -x bench-job"), "n2")]
    _, (run,) = campaigns.done(stream(5, runtime=constant("800ms"), hooks={"ready": hooks}))
    told = hold_seen(campaigns, run)
    (failed,) = [r for r in told if r["outcome"] == "failed"]
    assert (failed["schedulerState"], failed["exitCode"], failed["nodeList"]) == ("cancelled", 128 + 15, ["n1"])
    assert failed["endedLastNs"] - failed["startedAllNs"] < failed["runtimeNs"]
    (killed,) = [r for r in told if r["outcome"] == "killed"]
    assert (killed["schedulerState"], killed["exitCode"], killed["nodeList"]) == ("failed", None, ["n2"])
    assert killed["endedLastNs"] is None and killed["startedAllNs"] is not None
    assert [r["outcome"] for r in told].count("completed") == 3
    reasons = beside_lateness(run["grade"]["reasons"])
    assert len(reasons) == 2 and all("1 of 5 jobs" in r for r in reasons), reasons
    assert run["grade"]["value"] == ("limited" if reasons == run["grade"]["reasons"] else "invalid")
    assert run["metrics"]["turnaround_mean"]["n"] == 4 and run["metrics"]["wait_mean"]["n"] == 5


def test_a_driver_that_dies(campaigns):
    """The run has failed, what was seen until then is there, and the next one goes ahead."""
    death = meanwhile(once_written(DRIVER, 10, "pkill -KILL -x bench-driver"), "controller")
    campaign, (failed, done) = campaigns.done(stream(
        8, factors={"hooks.ready": [[death], []]}, design=design(order="as-written")))
    assert (failed["state"], done["state"]) == ("failed", "done")
    assert failed["error"]["step"] == "workload" and failed["residue"] == EMPTY
    assert "bench-driver" in words_of(failed["error"]) and "signal 9" in words_of(failed["error"])
    told = hold_seen(campaigns, failed)
    assert len(told) == 8 and failed["metrics"] == {}
    assert not failed["conditions"]["jobs"]["finished"] and failed["grade"] is None
    assert {r["outcome"] for r in told} > {"not-submitted"}
    assert {r["outcome"] for r in hold_seen(campaigns, done)} == {"completed"}


def test_a_node_that_dies_in_the_middle_of_a_stream(campaigns):
    id = campaigns.submit(stream(100, design=design(retries=0)))
    with cancelled_after(campaigns, id):
        run = wait_ended(campaigns, id, 3)
        (node_cgroup(run["id"], "n1") / "cgroup.kill").write_text("1")
        campaigns.wait(id, "failed", patience=30)
        run = campaigns.run(run["id"])
        assert run["error"]["step"] == "workload" and "n1" in words_of(run["error"])
        told = hold_seen(campaigns, run)
        assert run["conditions"]["jobs"]["nodesWithoutRecords"] == ["n1"]
        assert {tuple(r["nodeList"]) for r in told} == {("n2",), ()}


# -- cut off --

def test_cancel_in_the_middle_of_a_stream(campaigns):
    id = campaigns.submit(stream(200))
    with cancelled_after(campaigns, id):
        run = wait_ended(campaigns, id, 1)
        campaigns.order(id, "cancel")
        began = time.monotonic()
        campaigns.wait(id, "cancelled", patience=30)
        assert time.monotonic() - began < 15
        run = campaigns.run(run["id"])
        assert (run["state"], run["residue"], run["metrics"]) == ("cancelled", EMPTY, {})


def test_benchd_killed_in_the_middle_of_a_stream(make_daemon):
    """It is measured again from the beginning, on another cluster; of the first there is no row too many."""
    daemon = make_daemon(**AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(stream(6, design=design(retries=0)))
    wait_ended(campaigns, id, 1)
    daemon.kill()
    daemon.start("/healthz")
    campaign, runs = campaigns.wait(id, "done"), campaigns.runs(id)
    hold_whole(campaign, runs)
    cut, done = runs
    assert (cut["error"]["type"], cut["error"]["step"]) == ("interrupted", "workload")
    assert {r["outcome"] for r in hold_seen(campaigns, done)} == {"completed"}
    assert done["conditions"]["jobs"]["asked"] == 6
    told = hold_seen(campaigns, campaigns.run(cut["id"]))
    assert any(r["outcome"] == "completed" for r in told) and cut["metrics"] == {} and cut["grade"] is None
