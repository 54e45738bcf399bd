"""Streams of jobs for the tests: specs of a few words, and what follows from a run's raw files, read and
computed apart from benchd's own code."""
import collections
import datetime
import math
import re
import struct

import host

# A pass over the queue each second, and one whenever something comes or ends.
SLURM = {"name": "slurm",
         "options": {"SchedulerParameters": "batch_sched_delay=0,bf_interval=1,sched_interval=1"}}
RECORDS = "/run/benchd/jobs.rec"
DRIVER = "/run/benchd/driver.rec"
LATE = "driver late"


def constant(value):
    return {"distribution": "constant", "value": value}


def stream(jobs, compute=2, cpus=0.3, **other):
    """A campaign of one run of a stream; members of the workload are among the others."""
    ours = {k: other.pop(k) for k in list(other) if k not in ("design", "hooks", "factors", "cells", "sampling")}
    return {
        "name": "stream",
        "cluster": {"compute": compute, "scheduler": SLURM,
                    "node": {"cpus": cpus, "schedulerCpus": 1, "memory": "128MiB"}},
        "workload": {"name": "jobstream", "jobs": jobs, "arrival": {"process": "uniform", "rate": "5/s"},
                     "runtime": constant("100ms"), "clients": 8, **ours},
        **other,
    }


def crowded(**other):
    """Twelve jobs at once on two nodes of four cores, once each on nodes of its own and once on shared ones."""
    return stream(12, arrival={"process": "all"}, size={"choice": [1, 1, 2]}, coresPerTask={"choice": [1, 1, 2]},
                  runtime=constant("1s"), factors={"workload.exclusive": [True, False]},
                  design={"order": "as-written", "seed": 3, "warmup": 0, "repetitions": {"min": 1, "max": 1}}, **other)


def meanwhile(script, node):
    """A hook after which this goes on in the node by itself."""
    return {"command": ["systemd-run", "--quiet", "--collect", "sh", "-c", script], "node": node}


def once_written(file, records, script):
    """As soon as so many records are in the file."""
    size = f"$(stat -c %s {file} 2>/dev/null || echo 0)"
    return f"until [ {size} -ge {64 * records} ]; do sleep 0.05; done; {script}"


def beside_lateness(reasons):
    """Whether the driver keeps up is this host's business of the moment."""
    return [r for r in reasons if not r.startswith(LATE)]


# -- asking --

def rows(campaigns, run, limit=500, **query):
    """All of /jobs, page by page."""
    items, cursor = [], None
    while True:
        asked = {"limit": limit, **query} | ({"cursor": cursor} if cursor else {})
        reply = campaigns.api.get(f"/v1/runs/{run}/jobs?" + "&".join(f"{k}={v}" for k, v in asked.items()))
        assert reply.status == 200, reply
        page = reply.json
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def wait_ended(campaigns, id, jobs, patience=60):
    """The campaign's run that is in the middle of its stream, so many jobs of which are over."""
    def at():
        for run in campaigns.runs(id):
            told = [e["data"] for e in campaigns.api.events(subject=f"run/{run['id']}")
                    if e["kind"] == "run.progress"]
            if told and told[-1]["ended"] >= jobs:
                assert told[-1]["ended"] < told[-1]["jobs"], "it was over before it was looked at"
                return run
        return None

    return host.wait_until(at, f"{jobs} jobs that are over", patience)


# -- what was written down --

Record = collections.namedtuple(
    "Record", "magic kind index task mono wall job_id code rank cpu more node", defaults=[None])
RECORD = struct.Struct("=IIIIqqQiIqq")
MAGIC = struct.unpack("<I", b"BJR1")[0]
BEGIN, SUBMIT, ACCEPTED, REFUSED, START, END, ENDED, FINISH, ELIGIBLE, ALLOCATED, FREED = range(1, 12)
STATES = ["unknown", "completed", "failed", "timeout", "cancelled", "node-fail"]
Job = collections.namedtuple("Job", "index arrival nodes tasks runtime requested user priority after think group "
                                    "node_tasks task_cores node_memory shares", defaults=(-1, -1, 0, 0, 0, 0))


def read_records(content, node):
    assert len(content) % RECORD.size == 0, f"half a record of {node}"
    records = [Record(*fields, node) for fields in RECORD.iter_unpack(content)]
    assert all(r.magic == MAGIC for r in records)
    return records


def expand(nodes):
    """n[1-3,5],ctl1 as a list of names."""
    names = []
    for word in re.findall(r"[^,\[]+(?:\[[^\]]*\])?", nodes):
        stem, bracket, inside = word.partition("[")
        for part in inside.rstrip("]").split(",") if bracket else [None]:
            first, _, last = (part or "").partition("-")
            names += [stem] if part is None else [f"{stem}{i}" for i in range(int(first), int(last or first) + 1)]
    return sorted(names)


def read_jobcomp(text):
    """What Slurm says of each (index, task)."""
    slurm = {}
    for line in text.splitlines():
        said = dict(w.split("=", 1) for w in line.split(" ") if "=" in w)
        if said["Name"].startswith("bd-"):
            key = int(said["Name"][3:]), int(said.get("ArrayTaskId", 0))
            assert key not in slurm, f"Slurm has {key} twice"
            slurm[key] = said
    return slurm


def wall(said, name):
    """One of Slurm's times, in seconds since 1970: nodes have no time zone."""
    at = datetime.datetime.strptime(said[name], "%Y-%m-%dT%H:%M:%S")
    return at.replace(tzinfo=datetime.timezone.utc).timestamp()


def processes(job):
    return job.nodes * (job.node_tasks or 1)


class Files:
    """A run's, as its artifacts have them."""

    def __init__(self, campaigns, run):
        self.names = campaigns.artifacts(run)
        self.text = campaigns.artifact(run, "jobs.txt")
        first, *lines = self.text.splitlines()
        assert first == f"benchd-jobs 1 {len(lines)}"
        self.jobs = [Job(*map(int, line.split(" "))) for line in lines]
        self.records = collections.defaultdict(list)
        for name in self.names:
            node, _, rest = name.partition("-")
            if rest in ("driver.rec", "jobs.rec"):
                content = campaigns.api.get(f"/v1/runs/{run}/artifacts/{name}").body
                for record in read_records(content, node):
                    self.records[record.kind, record.index, record.task].append(record)
        self.slurm = None
        if "ctl1-jobcomp.log" in self.names:
            self.slurm = read_jobcomp(campaigns.artifact(run, "ctl1-jobcomp.log"))

    def of(self, kind, index, task=0):
        return sorted(self.records[kind, index, task], key=lambda r: (r.rank, r.mono))

    def rows(self):
        return [self.row(job, task) for job in self.jobs for task in range(job.tasks)]

    def row(self, job, task):
        """By docs/metrics.md, of a task that ran on no rank twice."""
        (begin,) = self.of(BEGIN, 0)
        submits, accepted = self.of(SUBMIT, job.index), self.of(ACCEPTED, job.index)
        starts, ends = self.of(START, job.index, task), self.of(END, job.index, task)
        words = self.of(ENDED, job.index, task)
        ids = [r.job_id for r in starts + ends + words + accepted]

        def since(moment):
            return None if moment is None else moment - begin.mono

        def planned():
            ended = [self.of(ENDED, job.after, t) for t in range(self.jobs[job.after].tasks)]
            if job.think < 0 or not all(ended):
                return job.arrival
            return since(max(e[-1].mono for e in ended)) + job.think

        def last(records):
            return since(max(r.mono for r in records)) if len(records) == processes(job) else None

        row = {
            "index": job.index, "task": task, "nodes": job.nodes, "user": job.user,
            "tasksPerNode": job.node_tasks or 1, "coresPerTask": job.task_cores or None,
            "memoryBytes": job.node_memory or None, "exclusive": not job.shares,
            "after": job.after if job.after >= 0 else None,
            "thinkNs": job.think if job.think >= 0 else None,
            "group": job.group if job.group >= 0 else None,
            "schedulerState": STATES[words[-1].code] if words else "unknown",
            "jobId": ids[0] if ids else None,
            "exitCode": next((r.code for r in ends if r.code), 0) if ends else None,
            "nodeList": sorted({r.node for r in starts + ends}),
            "plannedNs": planned(),
            "submitNs": since(submits[0].mono if submits else None),
            "acceptedNs": since(accepted[0].mono if accepted else None),
            **{f"{point}Ns": since(min((r.mono for r in self.of(kind, job.index, task)), default=None))
               for point, kind in (("eligible", ELIGIBLE), ("allocated", ALLOCATED), ("freed", FREED))},
            "startedFirstNs": since(min((r.mono for r in starts), default=None)),
            "startedAllNs": last(starts),
            "endedLastNs": last(ends),
            "runtimeNs": job.runtime, "requestedNs": job.requested,
            "doubled": False,
        }
        row["outcome"] = self.outcome(job, row, starts, ends)
        for name, point in (("waitNs", "startedFirstNs"), ("turnaroundNs", "endedLastNs")):
            both = None not in (row["submitNs"], row[point])
            row[name] = row[point] - row["submitNs"] if both else None
        return row

    def outcome(self, job, row, starts, ends):
        if len(ends) == processes(job):
            return "failed" if row["exitCode"] else "completed"
        if starts or ends:
            return "killed"
        if self.of(REFUSED, job.index):
            return "refused"
        return "not-submitted" if row["submitNs"] is None else "lost"


# -- what follows from rows --

def percentile(values, percent):
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def seen(rows, name):
    return [r[name] for r in rows if r[name] is not None]


def cores_on_a_node(row, cores):
    """That it keeps from others, of so many."""
    return cores if row["exclusive"] else row["tasksPerNode"] * (row["coresPerTask"] or 1)


def metrics(rows, compute, cores=1):
    """Some of docs/metrics.md's, in whole nanoseconds until the end."""
    submits = seen([r for r in rows if r["task"] == 0], "submitNs")
    ends, waits = seen(rows, "endedLastNs"), seen(rows, "waitNs")
    first, last = min(submits), max(submits)
    busy = sum(r["nodes"] * cores_on_a_node(r, cores) * max(0, min(r["endedLastNs"], last) - max(r["startedFirstNs"], first))
               for r in rows if r["endedLastNs"] is not None and r["startedFirstNs"] is not None)
    return {
        "makespan": (max(ends) - min(r["plannedNs"] for r in rows)) / 1e9,
        "wait_p50": percentile(waits, 50) / 1e9,
        "wait_mean": sum(waits) / len(waits) / 1e9,
        "wait_max": max(waits) / 1e9,
        "turnaround_mean": sum(seen(rows, "turnaroundNs")) / len(seen(rows, "turnaroundNs")) / 1e9,
        "throughput_completion": (len(ends) - 1) * 1e9 / (max(ends) - min(ends)),
        "throughput_submission": (len(submits) - 1) * 1e9 / (last - first),
        "utilisation": busy / (compute * cores * (last - first)),
        "lateness_max": max(r["submitNs"] - r["plannedNs"] for r in rows if r["submitNs"] is not None) / 1e9,
        **{f"jobs_{o.replace('-', '_')}": sum(r["outcome"] == o for r in rows)
           for o in ("completed", "failed", "killed", "refused", "lost", "not-submitted")},
    }


def lateness(jobs, rows):
    """The driver's, as the conditions have it: of each planned moment once, without jobs that are held for
    the number of another."""
    of = {r["index"]: r for r in rows if r["task"] == 0}
    first = {}
    for job in jobs:
        waits = job.after >= 0 and job.think < 0
        accepted = of[job.after]["acceptedNs"] if waits else job.arrival
        planned, submit = (of[job.index][name] for name in ("plannedNs", "submitNs"))
        if None not in (accepted, submit) and accepted <= job.arrival:
            first[planned] = min(submit, first.get(planned, submit))
    late = [submit - planned for planned, submit in first.items()]
    by, percent = ("p99", 99) if len(late) >= 100 else ("p95", 95) if len(late) >= 20 else ("maximum", 100)
    return {"by": by, "n": len(late), "lateness": percentile(late, percent) / 1e9,
            "median": percentile(late, 50) / 1e9, "maximum": max(late) / 1e9}


def crowds(rows, cores):
    """{node: [(jobs, cores that they keep) at each change]}."""
    changes = collections.defaultdict(list)
    for row in rows:
        for node in row["nodeList"]:
            changes[node] += [(row["startedFirstNs"], 1, cores_on_a_node(row, cores)),
                              (row["endedLastNs"], -1, -cores_on_a_node(row, cores))]
    found = {}
    for node, list_of in changes.items():
        jobs = kept = 0
        found[node] = []
        for _, sign, taken in sorted(list_of):
            jobs, kept = jobs + sign, kept + taken
            found[node].append((jobs, kept))
    return found


def hold_crowd(campaigns, run, cores=4):
    """Jobs of a crowded stream met on nodes as far as there were cores, or never."""
    run, told = campaigns.run(run["id"]), rows(campaigns, run["id"])
    shares = not run["cell"]["workload.exclusive"]
    assert {r["exclusive"] for r in told} == {not shares} and {r["coresPerTask"] for r in told} == {1, 2}
    for node, found in crowds(told, cores).items():
        assert max(kept for _, kept in found) <= cores, (node, found)
        most = max(jobs for jobs, _ in found)
        assert most >= 2 if shares else most == 1, (node, found)
    for name, value in metrics(told, 2, cores).items():
        assert math.isclose(run["metrics"][name]["value"], value, rel_tol=1e-9, abs_tol=1e-15), name
    # All arrive at once: no order does it in less than this, and on whole nodes not in less than that.
    work = sum(r["nodes"] * cores_on_a_node(r, cores) * r["runtimeNs"] for r in told)
    bound = max(work / (2 * cores), max(r["runtimeNs"] for r in told))
    assert math.isclose(run["metrics"]["makespan_bound"]["value"], math.ceil(bound) / 1e9, rel_tol=1e-12)
    whole = sum(r["nodes"] * r["runtimeNs"] for r in told) / 2
    assert shares or run["metrics"]["makespan"]["value"] * 1e9 >= whole, run["metrics"]["makespan"]


def hold_crowds(campaigns, runs):
    """Of a crowded stream that is over: those who share are done sooner."""
    for run in runs:
        hold_crowd(campaigns, run)
    alone, together = (campaigns.run(run["id"])["metrics"]["makespan"]["value"] for run in runs)
    assert together < alone


def queue(rows):
    """[time, jobs that wait, jobs that run, busy nodes] at each change."""
    changes = collections.defaultdict(collections.Counter)
    for row in rows:
        for begin, end, what in ((row["submitNs"], row["startedFirstNs"], ["waiting"]),
                                 (row["startedFirstNs"], row["endedLastNs"], ["running", *row["nodeList"]])):
            if None not in (begin, end):
                for at, sign in ((begin, 1), (end, -1)):
                    changes[at].update({name: sign for name in what})
    points, now = [], collections.Counter()
    for at in sorted(changes):
        now.update(changes[at])
        busy = [name for name, jobs in now.items() if jobs and name not in ("waiting", "running")]
        point = [now["waiting"], now["running"], len(busy)]
        if point != (points[-1][1:] if points else [0, 0, 0]):
            points.append([at, *point])
    return points


class Streamed:
    """A campaign of streams that is over, with what its runs left behind."""

    def __init__(self, campaigns, spec):
        self.campaign, runs = campaigns.done(spec)
        self.runs = [campaigns.run(r["id"]) for r in runs]
        self.run = self.runs[0]
        self.rows = rows(campaigns, self.run["id"])
        self.files = Files(campaigns, self.run["id"])
