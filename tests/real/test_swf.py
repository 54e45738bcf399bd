"""A trace, replayed on real Slurm: which jobs, of what size, whose and when follows from the log as it is read
here, without benchd's code; and what came of it is a log again."""
import gzip
import hashlib
import http.client
import json
import math
import subprocess

import pytest

import host
from campaigns import AT_ONCE, EMPTY, design
from daemon import BUILD, PATIENCE, PROGRAM
from streams import SLURM, Files, rows
from test_jobstream import hold_lateness, hold_seen

DAEMON = AT_ONCE
BYTES = {"Content-Type": "application/octet-stream"}
S = 10**9
NODES, PROCESSORS = 2, 8
SCALE = 0.01
BEGIN, END = 1000, 1900  # of the window, in the log's time
SHORT = "Time scale below scheduler resolution"


def line(number, submit, runtime, procs, asked_time, user, after=-1, think=-1, status=1):
    return [number, submit, 7, runtime, procs, -1, -1, procs, asked_time, -1, status, user, 1, -1, -1, -1, after, think]


def made_log():
    """36 jobs: before, in and behind the window, some that can't be replayed, some that follow others."""
    lines = [line(1, 500, 50, 1, 60, 3)]
    for i in range(30):
        after = 100 + i - 2 if i % 5 == 4 else 1 if i == 10 else -1
        lines.append(line(100 + i, BEGIN + 30 * i, 5 + 7 * i % 45, 1 + 3 * i % PROCESSORS, 10 + 400 * (i % 3),
                          (3, 8, 3, 12)[i % 4], after, 5 if i % 10 == 4 else -1))
    lines.append(line(200, BEGIN + 40, 0, 1, 60, 3, status=5))  # never ran
    lines.append(line(201, BEGIN + 50, 10, PROCESSORS + 1, 60, 3))  # too large
    lines.append(line(105, BEGIN + 60, 10, 1, 60, 3))  # repeated
    lines.append(line(202, BEGIN + 70, 40, 1, -1, 12))  # asked for no time
    lines.append(line(203, END, 10, 1, 60, 3))
    return lines


def text_of(lines, **header):
    labels = {"Version": "2.2", "MaxProcs": PROCESSORS, "MaxJobs": len(lines), **header}
    return "".join(f"; {k}: {v}\n" for k, v in labels.items()) + "".join(" ".join(map(str, l)) + "\n" for l in lines)


def replayed(lines):
    """(arrival ns, nodes, runtime ns, limit ns, user, after, think ns) of each job, by docs/swf.md."""
    of_number = {}
    for l in lines:
        if l[3] > 0 and l[4] <= PROCESSORS and BEGIN <= l[1] < END:
            of_number.setdefault(l[0], l)
    jobs = sorted(of_number.values(), key=lambda l: l[1])
    first = jobs[0][1]
    count = {user: sum(l[11] == user for l in jobs) for user in {l[11] for l in jobs}}
    accounts = {user: i + 1 for i, user in enumerate(sorted(count, key=lambda u: (-count[u], u)))}
    place = {l[0]: i for i, l in enumerate(jobs)}
    ns = lambda seconds: round(seconds * SCALE * S)
    return [(ns(l[1] - first), math.ceil(l[4] * NODES / PROCESSORS), ns(l[3]), ns(max(l[8], l[3])), accounts[l[11]],
             place.get(l[16], -1), ns(l[17]) if l[16] in place and l[17] >= 0 else -1) for l in jobs]


def earliest_end(jobs):
    """Of the last of them, in nanoseconds, had each job its nodes at once."""
    ends = []
    for arrival, _, runtime, _, _, after, think in jobs:
        ended = ends[after] if after >= 0 else 0
        ends.append((ended + think if think >= 0 else max(arrival, ended)) + runtime)
    return max(ends)


def add(api, content, name=""):
    reply = api.request("POST", f"/v1/inputs{name}", content, BYTES)
    assert reply.status in (200, 201), reply
    return reply.json["digest"]


def trace(digest, compute=NODES, cpus=0.3, **other):
    ours = {k: other.pop(k) for k in list(other) if k not in ("design", "factors", "name")}
    return {
        "name": "trace",
        "cluster": {"compute": compute, "scheduler": SLURM,
                    "node": {"cpus": cpus, "schedulerCpus": 1, "memory": "128MiB"}},
        "workload": {"name": "swf", "trace": digest, "clients": 8, **ours},
        **other,
    }


WINDOW = {"window": {"from": f"{BEGIN}s", "to": f"{END}s"}, "timeScale": SCALE}


@pytest.fixture(scope="module")
def digest(api):
    return add(api, gzip.compress(text_of(made_log()).encode()), "?name=made.swf.gz")


class Replayed:
    def __init__(self, campaigns, spec):
        self.spec = spec
        self.campaign, (run,) = campaigns.done(spec)
        self.run = campaigns.run(run["id"])
        self.told = hold_seen(campaigns, self.run)
        self.files = Files(campaigns, run["id"])


@pytest.fixture(scope="module")
def done(campaigns, digest):
    return Replayed(campaigns, trace(digest, **WINDOW))


# -- planning --

def test_a_plan_tells_what_the_trace_comes_to(campaigns, digest):
    jobs = replayed(made_log())
    plan = campaigns.plan(trace(digest, **WINDOW))
    (found,) = plan["traces"]
    assert found["jobs"] == {"logged": 36, "cleaned": 33, "replayed": 31}
    assert found["rules"]["never-ran"] == found["rules"]["too-large"] == found["rules"]["repeated"] == 1
    assert found["rules"]["limit-filled"] == 1 and found["rules"]["limit-raised"] > 0
    assert (found["nodes"], found["processors"], found["timeScale"]) == (NODES, PROCESSORS, SCALE)
    assert found["sizes"] == {str(n): sum(j[1] == n for j in jobs) for n in (1, 2)}
    assert found["dependencies"] == sum(j[5] >= 0 for j in jobs) == 6
    assert (found["thinkTimes"], found["groups"]) == (sum(j[6] >= 0 for j in jobs), 1) == (3, 1)
    assert found["users"] == {"logged": 3, "accounts": 3, "sharing": 0}
    work = sum(j[1] * j[2] for j in jobs)
    assert found["spanSeconds"] == pytest.approx(jobs[-1][0] / S)
    assert found["load"] == pytest.approx(work / NODES / jobs[-1][0])
    assert found["leastSeconds"] == pytest.approx(max(earliest_end(jobs), work / NODES) / S)
    assert plan["cellList"][0]["estimate"]["basis"] in ("guess", "same", "like")
    lost = sum(j[3] < 60 * S <= j[3] / SCALE for j in jobs)
    assert found["limits"] == {"jobs": 31, "belowGrain": 31, "byTimeScale": lost, "grainNs": 60 * S} and lost > 0
    (warning,) = [w for w in plan["warnings"] if "time scale below scheduler resolution" in w]
    assert f"{lost} of 31 jobs" in warning
    loaded = campaigns.plan(trace(digest, **WINDOW, load=0.5))["traces"][0]
    assert loaded["load"] == pytest.approx(0.5) and loaded["sizes"] == found["sizes"]


def test_cells_that_replay_the_same_are_looked_at_once(campaigns, digest):
    factors = {"cluster.scheduler.options.SchedulerType": ["sched/backfill", "sched/builtin"],
               "workload.load": [0.5, 0.9]}
    found = campaigns.plan(trace(digest, **WINDOW, load=0.1, factors=factors))["traces"]
    assert sorted(f["load"] for f in found) == pytest.approx([0.5, 0.9])


WRONG = [
    (b"", {}, "/workload/trace", "of 0 there is none"),
    (b"\x7fELF\0\0", {}, "/workload/trace", "Standard Workload Format"),
    (gzip.compress(text_of(made_log()).encode())[:-30], {}, "/workload/trace", "cut off"),
    (text_of(made_log(), MaxJobs=40).encode(), {}, "/workload/trace", "MaxJobs: 40, and there are 36"),
    (text_of(made_log())[:-9].encode(), {}, "/workload/trace", "line 39: "),
    (text_of(made_log()).replace(" 1090 ", " 1e3 ", 1).encode(), {}, "/workload/trace", "field 2 (submit time)"),
    (text_of(made_log()).encode(), {"window": {"from": "2h"}}, "/workload/window", "from 500s to 1900s"),
    (text_of(made_log()).encode(), {"timeScale": 100}, "/workload/timeout", "the stream can't end"),
    (text_of(made_log()).encode(), {"window": {"from": "9s", "to": "9s"}}, "/workload/window/to", "more than from"),
    (text_of(made_log()).encode(), {"window": {"from": "1900s"}, "load": 0.5}, "/workload/load", "all come at once"),
]


@pytest.mark.parametrize("content, members, pointer, words", WRONG, ids=[f"{f[2][10:]}-{i}" for i, f in enumerate(WRONG)])
def test_what_makes_no_stream_is_refused_where_it_stands(api, content, members, pointer, words):
    spec = trace(add(api, content), **members)
    for target in ("/v1/plans", "/v1/campaigns"):
        reply = api.post(target, spec)
        assert (reply.status, reply.pointers) == (422, [pointer]), reply
        assert words in reply.json["faults"][0]["expected"]


def test_a_fault_of_a_level_is_told_at_the_level(api, digest):
    factors = {"workload.window": [{"to": f"{END}s"}, {"from": "2h"}]}
    reply = api.post("/v1/plans", trace(digest, timeScale=SCALE, factors=factors))
    assert (reply.status, reply.pointers) == (422, ["/factors/workload.window/1"]), reply


def test_an_input_that_is_not_there_is_refused_by_name(api):
    missing = "sha256:" + hashlib.sha256(b"never brought").hexdigest()
    reply = api.post("/v1/campaigns", trace(missing, **WINDOW))
    assert (reply.status, reply.pointers) == (422, ["/workload/trace"]), reply
    assert reply.json["faults"][0]["got"] == missing and "benchctl input add" in reply.json["faults"][0]["expected"]


def test_an_input_stays_as_long_as_a_campaign_needs_it(api, campaigns):
    digest = add(api, text_of(made_log()[:5]).encode())
    other = add(api, text_of(made_log()[:6]).encode())
    id = campaigns.submit(trace(other, timeScale=SCALE, factors={"workload.trace": [other, digest]}))
    for needed in (digest, other):
        refused = api.delete(f"/v1/inputs/{needed}")
        assert (refused.status, refused.problem) == (409, "conflict") and id in refused.json["detail"]
    campaigns.order(id, "cancel")
    campaigns.wait(id, "cancelled")
    for needed in (digest, other):
        assert api.delete(f"/v1/inputs/{needed}").status == 204
    assert api.post("/v1/plans", trace(other, timeScale=SCALE)).pointers == ["/workload/trace"]


@pytest.mark.skipif(b"BENCHD_FAULT" not in PROGRAM.read_bytes(),
                    reason="this build has no fault points: meson configure -Dfaults=true")
@pytest.mark.parametrize("point, method, kept", [
    ("inputs.packed", "POST", 0), ("inputs.stored", "POST", 1), ("inputs.stored", "DELETE", 0)])
def test_killed_while_an_input_comes_or_goes(make_daemon, point, method, kept):
    """It is there with its content, or not at all."""
    daemon = make_daemon().start()
    content = text_of(made_log()).encode()
    name = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if method == "DELETE":
        add(daemon.api, content)
    daemon.env = {"BENCHD_FAULT": point}
    daemon.restart()
    with pytest.raises((OSError, http.client.HTTPException)):
        if method == "POST":
            add(daemon.api, content)
        else:
            daemon.api.delete(f"/v1/inputs/{name}")
    assert daemon.process.wait(PATIENCE) == -9, f"it did not end at {point}"
    daemon.env = {}
    daemon.start()
    objects = lambda: list(daemon.state_dir.glob("inputs/*/*.zst"))
    host.wait_until(lambda: len(objects()) == kept, "the objects that are somebody's")
    assert [i["digest"] for i in daemon.api.get("/v1/inputs").json["items"]] == [name] * kept
    again = daemon.api.request("POST", "/v1/inputs", content, BYTES)
    assert again.status == (200 if kept else 201)
    assert daemon.api.get(f"/v1/inputs/{name}/content").body == content


# -- replaying --

def test_the_stream_is_that_of_the_log(done):
    jobs = [(j.arrival, j.nodes, j.runtime, j.requested, j.user, j.after, j.think) for j in done.files.jobs]
    assert jobs == replayed(made_log())
    assert {j.group for j in done.files.jobs} == {1}
    assert {j.tasks for j in done.files.jobs} == {1} and {j.priority for j in done.files.jobs} == {0}


def test_it_is_replayed_in_its_order_and_at_its_times(done):
    assert len(done.told) == 31 and {r["outcome"] for r in done.told} == {"completed"}
    assert done.run["residue"] == EMPTY and done.run["grade"]["value"] != "usable"
    assert any(r.startswith(SHORT) for r in done.run["grade"]["reasons"]), done.run["grade"]
    hold_lateness(done.run, done.files.jobs, done.told)
    submits = [r["submitNs"] for r in done.told if r["after"] is None]
    assert submits == sorted(submits)
    for row, job in zip(done.told, replayed(made_log())):
        arrival, nodes, runtime, _, user, after, think = job
        assert (row["nodes"], row["user"], row["group"]) == (nodes, user, 1)
        assert think >= 0 or row["plannedNs"] == arrival
        assert row["submitNs"] >= row["plannedNs"] and row["endedLastNs"] - row["startedAllNs"] >= runtime
        if after >= 0:
            assert row["thinkNs"] == (think if think >= 0 else None)
            # who thinks begins when the scheduler says that it is over, which is after its last instruction
            assert think < 0 or row["plannedNs"] >= done.told[after]["endedLastNs"] + think
            assert row["after"] == after and row["startedFirstNs"] >= done.told[after]["endedLastNs"], row


def test_conditions_tell_what_became_of_the_log(campaigns, done):
    (planned,) = campaigns.plan(done.spec)["traces"]
    told = done.run["conditions"]["trace"]
    assert told == {name: planned[name] for name in told} and told["jobs"]["replayed"] == 31
    assert done.run["conditions"]["limits"] == planned["limits"]


def test_what_is_found_holds_for_this_trace_only(api, done):
    found = api.get(f"/v1/campaigns/{done.campaign['id']}/analysis").json
    assert found["design"]["fixedSeed"] is True
    assert any("replays the same trace: what is found holds for this trace only" in r for r in found["verdict"]["reasons"])


def benchctl(daemon, *words, stdin=None):
    done = subprocess.run([BUILD / "clients" / "benchctl" / "benchctl", "--socket", daemon.socket, *words],
                          input=stdin, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_it_is_written_back_as_a_log(daemon, done, tmp_path):
    out = tmp_path / "back.swf"
    benchctl(daemon, "run", "export", done.run["id"], "--format", "swf", "--output", str(out))
    check = json.loads(benchctl(daemon, "--json", "swf", "check", str(out)))
    assert (check["jobs"], check["faults"]) == (31, 0)
    back = [list(map(int, l.split())) for l in out.read_text().splitlines() if not l.startswith(";")]
    told = sorted(done.told, key=lambda r: r["submitNs"])
    number = {r["index"]: i + 1 for i, r in enumerate(told)}
    half_up = lambda ns: (ns + S // 2) // S
    for l, row in zip(back, told):
        assert l[0] == number[row["index"]] and l[1] == half_up(row["submitNs"])
        assert l[3] == half_up(row["endedLastNs"] - row["startedFirstNs"])
        assert (l[4], l[7], l[10], l[11]) == (row["nodes"], row["nodes"], 1, row["user"])
        assert l[8] == -(-row["requestedNs"] // S)
        assert l[12] == row["group"] and l[16] == (-1 if row["after"] is None else number[row["after"]])
        assert l[17] == (-1 if row["thinkNs"] is None else half_up(row["thinkNs"]))


def test_every_block_and_cell_replays_the_same(campaigns, digest):
    few = {**WINDOW, "window": {**WINDOW["window"], "jobs": 4}}
    factors = {"cluster.scheduler.options.SchedulerType": ["sched/backfill", "sched/builtin"]}
    _, runs = campaigns.done(trace(digest, **few, factors=factors, design=design(blocks=2)), patience=300)
    streams = {campaigns.artifact(r["id"], "jobs.txt") for r in runs}
    assert len(runs) == 4 and len(streams) == 1 and next(iter(streams)).startswith("benchd-jobs 1 4\n")


def test_a_spec_names_a_file(daemon, campaigns, tmp_path):
    lines = made_log()[1:5]
    (tmp_path / "log.swf").write_text(text_of(lines))
    spec = trace("file:log.swf", timeScale=SCALE, payload="spin")
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    told = benchctl(daemon, "campaign", "plan", str(tmp_path / "spec.json")).decode()
    digest = hashlib.sha256(text_of(lines).encode()).hexdigest()
    assert f"trace     sha256:{digest[:12]}: 4 jobs of 4" in told
    id = benchctl(daemon, "campaign", "submit", str(tmp_path / "spec.json")).decode().strip()
    campaigns.wait(id, "done")
    (run,) = campaigns.runs(id)
    assert run["conditions"]["trace"]["trace"] == f"sha256:{digest}"
    assert len(rows(campaigns, run["id"])) == 4
