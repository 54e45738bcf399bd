#!/usr/bin/env python3
"""A peer for benchctl's tests that speaks benchd's HTTP, well or badly, as a test scripts it.

Run by hand (fake_daemon.py SOCKET [SPEED]) it serves a small world to look at benchctl's output with.
"""
import json
import os
import re
import socketserver
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace


class Handler(BaseHTTPRequestHandler):
    """One connection. A route is a function of (handler, match of its path)."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"

    def _serve(self):
        self.body = self._read_body()
        self.server.requests.append(SimpleNamespace(
            command=self.command, path=self.path, headers=self.headers, body=self.body))
        for method, pattern, answer in self.server.routes:
            match = re.fullmatch(pattern, self.path)
            if method == self.command and match:
                return answer(self, match)
        return self.problem(404, "not-found", f"there is no {self.command} {self.path}")

    do_GET = do_POST = do_DELETE = _serve

    def _read_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def reply(self, status, body=b"", kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def json(self, status, value, **headers):
        self.reply(status, json.dumps(value).encode(), **headers)

    def problem(self, status, name, detail, faults=None):
        value = {"type": f"urn:benchd:problem:{name}", "title": name, "status": status, "detail": detail}
        if faults:
            value["faults"] = faults
        self.reply(status, json.dumps(value).encode(), "application/problem+json")

    def begin_stream(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def end_stream(self):
        self.wfile.write(b"0\r\n\r\n")

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(2)


class Daemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path, routes=()):
        if os.path.exists(path):
            os.unlink(path)
        super().__init__(path, Handler)
        self.routes = list(routes)
        self.requests = []

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that left early is what some tests are about."""


NODES = 5


def cluster(state="ready", step=None, ready=NODES, running=0, **more):
    """A cluster of the contract's form with so many nodes ready, and so many running."""
    states = ["ready"] * ready + ["running"] * running + ["planned"] * (NODES - ready - running)
    value = {
        "id": "1f2e3d4c", "name": "demo", "state": state,
        "spec": {"name": "demo", "backend": "lxc", "image": "debian-bookworm", "controllers": 1,
                 "compute": NODES - 1,
                 "node": {"cpus": 0.25, "memory": "512MiB"}, "scheduler": {"name": "slurm", "options": {}}},
        "image": {"id": "aaaa0001", "name": "debian-bookworm", "digest": "sha256:" + "5e" * 32},
        "subnet": "10.83.0.0/24", "scheduler": {"name": "slurm", "version": "22.05.8"},
        "nodes": [{"name": "c1" if i == 0 else f"n{i}", "role": "controller" if i == 0 else "compute",
                   "state": s, "address": f"10.83.0.{i + 2}"} for i, s in enumerate(states)],
        "step": step, "createdAt": "2026-01-31T12:00:00.000Z", "readyAt": None, "endedAt": None,
        "timings": {}, "warnings": [], "error": None, "residue": None, "network": None,
    }
    value.update(more)
    return value


UP = {"admit": 4, "image": 3, "network": 61, "nodes": 412, "ready": 1630}
BRING_UP = [
    (0.0, cluster("creating", "image", 0)),
    (0.1, cluster("creating", "network", 0, timings={"image": 3, "admit": 4})),
    (0.2, cluster("creating", "nodes", 0, 2, timings={"image": 3, "admit": 4, "network": 61})),
    (0.4, cluster("creating", "nodes", 0, 4, timings={"image": 3, "admit": 4, "network": 61})),
    (0.8, cluster("creating", "ready", 1, 4,
                  timings={"image": 3, "admit": 4, "network": 61, "nodes": 412})),
    (2.0, cluster(timings=UP, readyAt="2026-01-31T12:00:02.110Z")),
]
TAKE_DOWN = [
    (0.0, cluster("deleting", "teardown", timings=UP)),
    (0.3, cluster("deleting", "audit", timings=UP | {"teardown": 310})),
    (0.5, cluster("deleted", timings=UP | {"teardown": 310, "audit": 122},
                  endedAt="2026-01-31T12:10:00.000Z", residue={"empty": True, "differences": []})),
]


class Clock:
    """Seconds since it was first asked, or was begun."""

    def __init__(self, speed):
        self.speed, self.begun = speed, None

    def begin(self):
        self.begun = time.monotonic()

    def now(self):
        if self.begun is None:
            self.begin()
        return (time.monotonic() - self.begun) * self.speed


class Story:
    """An object that changes as time goes on: [(seconds, value)...], from its first request, or by a clock that others
    share. all_seen: who asks for it sees every scene, however late he comes."""

    def __init__(self, scenes, speed=1.0, all_seen=False, clock=None):
        self.scenes, self.all_seen, self.seen, self.clock = scenes, all_seen, -1, clock or Clock(speed)

    def number(self):
        past = self.clock.now()
        return max(i for i, (at, _) in enumerate(self.scenes) if at <= past)

    def now(self):
        return self.scenes[self.number()][1]

    def next(self):
        number = min(self.number(), self.seen + 1) if self.all_seen else self.number()
        return number, f'"v{number}"', self.scenes[number][1]

    def answer(self, handler, _):
        """GET with ?wait= and If-None-Match, as the contract says."""
        match = re.search(r"[?&]wait=(\d+)", handler.path)
        until = time.monotonic() + (int(match[1]) if match else 0)
        known = handler.headers.get("If-None-Match")
        number, etag, value = self.next()
        while etag == known and time.monotonic() < until:
            time.sleep(0.01)
            number, etag, value = self.next()
        if etag == known:
            return handler.reply(304, ETag=etag)
        self.seen = number
        return handler.json(200, value, ETag=etag)


INPUT = {"id": "4d5e6f70", "digest": "sha256:" + "5e" * 32, "name": "log.swf", "bytes": 2048, "storedBytes": 700,
         "createdAt": "2026-01-31T12:00:00.123Z"}


def items(*values):
    return lambda handler, _: handler.json(200, {"items": list(values), "next": None}, ETag='"l"')


HOST = {
    "id": "local", "name": "local", "cpus": 2, "memoryBytes": 25769803776, "kernel": "6.18.0", "cgroups": "hybrid",
    "libvirt": {"version": "9.0.0", "uri": "lxc:///system", "ok": True},
    "backends": [{"name": "lxc", "usable": True, "reason": None,
                  "shaping": [{"name": "bandwidth", "usable": True, "by": "HTB and IFB on the host", "reason": None}]}],
    "controllers": ["cpu", "memory", "pids"],
    "checks": [
        {"id": "libvirt", "ok": True, "level": "error", "summary": "libvirt 9.0.0 answers", "remedy": None},
        {"id": "inotify-instances", "ok": False, "level": "warning",
         "summary": "fs.inotify.max_user_instances is 128; more than 20 nodes need more",
         "remedy": "./run host"},
        {"id": "kvm", "ok": False, "level": "info", "summary": "/dev/kvm does not run a kernel", "remedy": None},
    ],
    "capacity": {"cpus": 2, "memoryBytes": 25769803776, "cpusInUse": 1.25, "memoryInUseBytes": 2684354560},
    "stateDir": {"path": "/var/lib/benchd", "freeBytes": 53687091200},
}
IMAGE = {
    "id": "aaaa0001", "name": "debian-bookworm", "recipe": "debian-bookworm", "workloads": [], "state": "ready",
    "digest": "sha256:" + "5e" * 32, "recipeDigest": "sha256:" + "11" * 32, "sizeBytes": 734003200,
    "entries": 9098, "packageCount": 312, "createdAt": "2026-01-31T11:00:00.000Z",
    "readyAt": "2026-01-31T11:00:49.000Z", "progress": None, "error": None,
}
BUILDING = IMAGE | {"state": "building", "digest": None, "sizeBytes": None, "entries": None,
                    "packageCount": None, "readyAt": None}


SCHEDULER = "cluster.scheduler.options.SchedulerType"
LEVELS = ({SCHEDULER: "sched/backfill", "cluster.compute": 2}, {SCHEDULER: "sched/builtin", "cluster.compute": 2})


def campaign(state="running", done=0, failed=0, running=0, eta=None, **more):
    """A campaign of the contract's form, of two cells in three blocks."""
    value = {
        "id": "5a6b7c8d", "name": "backfill-or-not", "state": state, "spec": None, "digest": "sha256:" + "77" * 32,
        "priority": 0, "plan": {"cells": 2, "blocks": 3, "runs": 6},
        "progress": {"planned": 6, "done": done, "failed": failed, "excluded": 0, "running": running,
                     "etaSeconds": eta},
        "until": None, "budget": None, "error": None, "createdAt": "2026-01-31T12:00:00.000Z", "startedAt": "2026-01-31T12:00:00.012Z",
        "endedAt": None,
    }
    value.update(more)
    return value


def step(name, state="done", error=None, **more):
    return {"name": name, "state": state, "attempt": 1, "startedAt": "2026-01-31T12:00:02.014Z",
            "endedAt": None if state == "intended" else "2026-01-31T12:00:02.218Z", "error": error} | more


def run(number=1, state="done", **more):
    """A run of that campaign."""
    ended = state in ("done", "failed", "cancelled")
    value = {
        "id": f"eeee{number:04d}", "campaign": "5a6b7c8d", "position": number - 1, "cell": LEVELS[(number - 1) % 2],
        "block": (number - 1) // 2, "warmup": number <= 2, "attempt": 1, "state": state, "waiting": None,
        "grade": {"value": "usable", "reasons": []} if state == "done" else None, "steps": [], "timings": {},
        "conditions": {"quiet": True, "outsideCpus": 0.03, "waitedMs": 0},
        "metrics": {"elapsed": {"value": 0.204, "unit": "s", "kind": "cost", "n": 1},
                    "bandwidth": {"value": 1048576, "unit": "MB/s", "kind": "rate", "n": 5}} if state == "done" else {},
        "warnings": [], "error": None, "residue": {"empty": True, "differences": []} if ended else None, "spec": None,
        "createdAt": "2026-01-31T12:00:00.000Z", "startedAt": "2026-01-31T12:00:00.010Z",
        "endedAt": "2026-01-31T12:00:02.900Z" if ended else None,
    }
    value.update(more)
    return value


def summary(*values, interval=None):
    """Of three values in order, or of more with an interval."""
    return {"n": len(values), "median": values[len(values) // 2], "min": values[0], "max": values[-1],
            "q1": values[0], "q3": values[-1], "interval": interval}


def compared(name, unit, direction, cells, comparison, effects=None):
    """A metric of an analysis; cells are summaries."""
    return {"name": name, "unit": unit, "kind": "cost", "direction": direction,
            "cells": [summary | {"cell": i, "excluded": 0, "mean": summary["median"]}
                      for i, summary in enumerate(cells)],
            "comparisons": [{"factor": SCHEDULER, "level": "sched/builtin", "reference": "sched/backfill",
                             "cell": 1, "against": 0, "context": {}, "n": cells[1]["n"]} | comparison],
            "effects": effects}


WIDE = {"low": 0.5, "high": 2.5, "coverage": 0.96875}
RULES = ["met"] * 8 + ["not met", "not applicable", "not met", "not applicable"]
SLOWER = {"estimand": "ratio",
          "ratio": {"n": 3, "estimate": 1.32, "min": 1.21, "max": 1.4,
                    "interval": {"low": 1.21, "high": 1.4, "coverage": 0.9998}},
          "difference": {"n": 3, "estimate": 4.2, "min": 3.5, "max": 5, "interval": None}, "pCorrected": 0.015625,
          "delta": {"value": 1, "magnitude": "large"}, "result": "worse"}
UNRESOLVED = {"context": {"cluster.compute": 2}, "estimand": "difference", "ratio": None,
              "difference": {"n": 3, "estimate": 0.5, "min": 0.5, "max": 2.5, "interval": WIDE},
              "pCorrected": 0.25, "delta": {"value": 0.2, "magnitude": "small"}, "result": "unresolved"}
EFFECTS = {"items": [{"factors": [SCHEDULER], "share": 0.614}, {"factors": ["cluster.compute"], "share": 0.2},
                     {"factors": [SCHEDULER, "cluster.compute"], "share": 0.0299}], "left": 0.156}


def analysis(**more):
    return {
        "campaign": "5a6b7c8d", "state": "done", "confidence": 0.95, "reference": LEVELS[0],
        "cells": [{"cell": i, "name": levels[SCHEDULER], "levels": levels} for i, levels in enumerate(LEVELS)],
        "metrics": [
            compared("makespan", "s", "min", (summary(12.4, 13.1, 13.9), summary(16.2, 17.3, 17.4)), SLOWER, EFFECTS),
            compared("utilisation", "", None, (summary(0, 0.5, 0.75), summary(0.5, 1, 1.5, interval=WIDE)),
                     UNRESOLVED)],
        "pareto": {"objectives": [{"metric": "makespan", "direction": "min"}, {"metric": "wait", "direction": "min"}],
                   "cells": [{"cell": 0, "onFront": True, "probability": 0.9985},
                             {"cell": 1, "onFront": False, "probability": None}]},
        "checklist": [{"rule": i, "status": status} for i, status in enumerate(RULES, 1)],
        "verdict": {"value": "exploratory", "reasons": [
            "of 3 runs of a cell the widest interval of the median, from the least to the greatest, covers it with "
            "75 %: 95 % needs at least 6", "1 of 6 runs is limited: in run eeee0001 \x1b[31mthe host was not quiet"]},
        "words": ["makespan: sched/builtin takes 1.32 times as long as sched/backfill (median of 3 blocks, 1.21 to "
                  "1.4; longer in 3 of 3)"],
    } | more


FAILED_RUN = {"error": {"type": "workload", "step": "workload", "detail": "exit code 1; it last wrote: \x1b[31mno"},
              "steps": [step("ready"), step("workload", "failed", "exit code 1; it last wrote: \x1b[31mno")]}


LOGS = b"run eeee0001: done, attempt 1\n\n== stdout ==\nn1\tok\n\x1b]0;owned\x07\n"
def artifact(name, bytes, **more):
    return {"name": name, "bytes": bytes, "storedBytes": None, "digest": None, "removed": False, "removedAt": None,
            "modifiedAt": "2026-01-31T12:00:02.218Z", **more}


ARTIFACTS = {"items": [artifact("stdout", 2048, storedBytes=310, digest="sha256:" + "11" * 32),
                       artifact("ctl1-slurmctld.log", 310),
                       artifact("stderr", 7, digest="sha256:" + "22" * 32, removed=True,
                                removedAt="2026-02-01T12:00:00.000Z")]}
GONE = {"type": "urn:benchd:problem:gone", "title": "Gone", "status": 410,
        "detail": "artifact stderr of run eeee0001 was removed"}


def job(index=0, outcome="completed", task=0, **more):
    """A job of the contract's form; nothing was seen of one that was not submitted."""
    seen = outcome != "not-submitted"
    at = 1000000 * index
    value = {
        "index": index, "task": task, "nodes": 2, "user": 0, "after": None, "outcome": outcome,
        "schedulerState": "completed" if seen else "unknown", "jobId": index + 1 if seen else None,
        "tasksPerNode": 1, "coresPerTask": None, "memoryBytes": None, "exclusive": True,
        "thinkNs": None, "group": None, "exitCode": 0 if seen else None,
        "nodeList": ["n1", "n2"] if seen else [], "plannedNs": at,
        "runtimeNs": 300000000, "requestedNs": 60000000000, "doubled": False,
        "eligibleNs": None, "allocatedNs": None, "freedNs": None,
    }
    times = {"submitNs": 40000, "acceptedNs": 9000000, "startedFirstNs": 120540000, "startedAllNs": 121000000,
             "endedLastNs": 1430040000}
    value |= {name: at + ns if seen else None for name, ns in times.items()}
    value |= {"waitNs": 120500000 if seen else None, "turnaroundNs": 1430000000 if seen else None}
    return value | more


SERIES = {"items": [
    {"metric": "cpu", "node": "host", "unit": "CPUs", "n": 61, "fromNs": 1204113, "toNs": 60001337982},
    {"metric": "memory", "node": "n1", "unit": "B", "n": 1, "fromNs": 0, "toNs": 0}]}
VALUES = {"metric": "memory", "unit": "B", "stepNs": None, "items": [
    {"node": "host", "points": [[1204113, 1048576], [1000904113, 0.125]]}, {"node": "n1", "points": [[0, 1e-7]]}]}
MEANS = {"metric": "cpu", "unit": "", "stepNs": 5000000000, "items": [
    {"node": "n1", "points": [[0, 0.132, 5], [5000000000, 1, 4]]}]}
QUEUE = {"stepNs": None, "points": [[0, 1, 0, 0], [500000000, 0, 1, 2], [10500000000, 0, 0, 0]]}
QUEUE_MEANS = {"stepNs": 10000000000, "points": [[0, 0.05, 1, 0.95, 1, 1.9, 2], [10000000000, 0, 0, 0.05, 1, 0.1, 2]]}
CATALOGUE = {"items": [
    {"name": "makespan", "scope": "run", "unit": "s", "kind": "cost", "better": "min",
     "definition": "From the beginning of the stream to the end of the last job.", "source": "benchd"},
    {"name": "tau", "scope": "run", "unit": "s", "kind": "cost", "better": "neither",
     "definition": "10 s x \x1b[31mtime scale.", "source": "Feitelson 2001"}]}


FRAGMENT = {"name": "cluster/small", "digest": "sha256:" + "99" * 32,
            "source": "/usr/share/benchd/fragments/cluster/small.yaml",
            "spec": {"cluster": {"compute": 4, "node": {"cpus": 0.25}}}, "error": None}
FRAGMENTS = {"items": [
    {"name": "cluster/bad", "digest": None, "source": "/etc/benchd/fragments/cluster/bad.yaml", "spec": None,
     "error": "/etc/benchd/fragments/cluster/bad.yaml:2:1: no \x1b[31mYAML"},
    FRAGMENT | {"spec": None}], "next": None}
RESOLVED = {"n": 2, "intervalLevel": 0.5, "leastP": 0.5, "leastCorrectedP": 0.5}


def plan(**more):
    order = [(0, 1, 0, True), (1, 0, 0, True), (2, 0, 1, False), (3, 1, 1, False), (4, 1, 2, False), (5, 0, 2, False)]
    return {"digest": "sha256:" + "77" * 32, "spec": {"name": "backfill-or-not"}, "cells": 2, "blocks": 3,
            "warmupBlocks": 1, "runs": 6,
            "cellList": [{"index": i, "levels": levels, "digest": "sha256:" + "88" * 32,
                          "estimate": {"seconds": 20, "basis": "same", "n": 4}}
                         for i, levels in enumerate(LEVELS)],
            "order": [dict(zip(("position", "cell", "block", "warmup"), row)) for row in order],
            "estimate": {"blockSeconds": 40, "seconds": 120, "nodeHours": 0.0667, "leastSeconds": 120,
                         "leastNodeHours": 0.0667, "cells": {"same": 2, "like": 0, "guess": 0, "none": 0}},
            "budget": None,
            "resolution": {"confidence": 0.95, "paired": True, "comparisons": 1,
                           "min": RESOLVED, "max": RESOLVED, "resolves": False,
                           "why": "no interval of a median has a confidence of 0.95 with 2 blocks: 6 can"},
            "traces": [], "warnings": []} | more


def campaign_scenes(runs=6, failing=(4,), seconds=1.0):
    """[(seconds, campaign, runs newest first)...]: one run after another, to the end."""
    scenes, ended = [(0.0, campaign("queued"), [])], []
    steps = ("nodes", "ready", "workload", "teardown")
    for number in range(1, runs + 1):
        began = seconds * (number - 1)
        counts = {"done": sum(r["state"] == "done" for r in ended), "failed": sum(r["state"] != "done" for r in ended),
                  "eta": round(seconds * (runs - number + 1)) if ended else None}
        for i, name in enumerate(steps):
            now = run(number, "measuring" if name == "workload" else "preparing", steps=[step(name, "intended")])
            scenes.append((began + seconds * (0.05 + 0.2 * i), campaign(running=1, **counts), [now, *ended]))
        ended.insert(0, run(number, "failed", **FAILED_RUN) if number in failing else run(number))
    done = sum(r["state"] == "done" for r in ended)
    scenes.append((seconds * runs, campaign("done", done, runs - done, endedAt="2026-01-31T12:00:24.000Z"), ended))
    return scenes


class CampaignStory:
    """The campaign, its runs and each of them, as the scenes have them. all_seen: every scene of the campaign is seen,
    and its runs are those of the scene that was seen last, however long who asks for both takes."""

    def __init__(self, scenes, speed=1.0, all_seen=False):
        self.scenes, self.clock = scenes, Clock(speed)
        self.campaign = Story([(at, value) for at, value, _ in scenes], all_seen=all_seen, clock=self.clock)
        self.each = {r["id"]: Story([(at, next((x for x in runs if x["id"] == r["id"]), r)) for at, _, runs in scenes],
                                    clock=self.clock) for _, _, runs in scenes for r in runs}

    def begin(self):
        self.clock.begin()

    def runs(self):
        number = max(self.campaign.seen, 0) if self.campaign.all_seen else self.campaign.number()
        return {"items": self.scenes[number][2], "next": None}

    def submit(self, handler, _):
        self.begin()
        handler.json(202, self.campaign.now(), Location="/v1/campaigns/5a6b7c8d")

    def events(self, handler, _):
        """A run that measures tells once a second how far its 40 jobs are."""
        asked = {key: value[0] for key, value in parse_qs(urlsplit(handler.path).query).items()}
        run_id, until = asked["subject"][4:], time.monotonic() + float(asked.get("wait", 0))
        while True:
            now = int(self.clock.now()) + 1
            tells = self.each[run_id].now()["state"] == "measuring" and now > int(asked["since"])
            if tells or time.monotonic() > until:
                break
            time.sleep(0.01)
        told = event(now, "progress", submitted=20, ended=12, jobs=40, campaign="5a6b7c8d")
        items(*[told | {"kind": "run.progress", "subject": asked["subject"]}] * tells)(handler, None)

    def routes(self):
        return [("GET", r"/v1/events\?subject=run/eeee.*", self.events),
                ("GET", "/v1/campaigns/5a6b7c8d/analysis", lambda h, m: h.json(200, analysis())),
                ("POST", "/v1/campaigns", self.submit),
                ("GET", r"/v1/campaigns\?.*", lambda h, m: items(self.campaign.now())(h, m)),
                ("GET", r"/v1/campaigns/5a6b7c8d(\?.*)?", self.campaign.answer),
                ("GET", r"/v1/campaigns/5a6b7c8d/runs\?.*", lambda h, m: h.json(200, self.runs())),
                ("GET", r"/v1/runs/(eeee....)(\?.*)?", lambda h, m: self.each[m[1]].answer(h, m))]


def event(seq, kind, **data):
    return {"seq": seq, "at": f"2026-01-31T12:00:0{seq % 10}.000Z", "kind": f"cluster.{kind}",
            "subject": "cluster/1f2e3d4c", "data": data}


def sse(value):
    return f"id: {value['seq']}\nevent: {value['kind']}\ndata: {json.dumps(value)}\n\n".encode()


def exec_lines(*lines, pause=0.0):
    """Answers exec with these lines of NDJSON; None hangs up."""
    def answer(handler, _):
        handler.begin_stream("application/x-ndjson")
        for line in lines:
            if line is None:
                return handler.hang_up()
            handler.chunk(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
            time.sleep(pause)
        return handler.end_stream()
    return answer


def world(speed):
    """A small world for looking at: one cluster, one image, one host."""
    up, down = Story(BRING_UP, speed), Story(TAKE_DOWN, speed)
    build = Story([(0, BUILDING | {"progress": "I: retrieving 312 packages"}),
                   (2, BUILDING | {"progress": "I: unpacking \x1b[31mslurmd 22.05.8-4"}), (4, IMAGE)], speed)
    stories = {"cluster": up}
    campaigns = CampaignStory(campaign_scenes(seconds=4), speed)

    def create(handler, _):
        stories["cluster"] = up
        up.clock.begun = None
        handler.json(202, up.now())

    def delete(handler, _):
        stories["cluster"] = down
        down.clock.begun = None
        handler.json(202, down.now())

    def follow(handler, _):
        handler.begin_stream("text/event-stream")
        for seq in range(1, 9):
            handler.chunk(sse(event(seq, "step", step="nodes", state="done", ms=311 * seq)))
            time.sleep(0.3 / speed)
        handler.end_stream()

    output = [{"stream": "stdout", "data": f"n{i}\n"} for i in range(1, 5)]
    failed = cluster("failed", None, 0, id="99aa0000", name=None,
                     error={"type": "timeout", "step": "ready", "detail": "node n2 was not idle after 60 s"})
    return [
        ("POST", "/v1/clusters", create),
        ("GET", r"/v1/clusters\?.*", items(cluster(), failed)),
        ("GET", r"/v1/clusters/1f2e3d4c(\?.*)?", lambda h, m: stories["cluster"].answer(h, m)),
        ("DELETE", "/v1/clusters/1f2e3d4c", delete),
        ("POST", "/v1/clusters/1f2e3d4c/exec",
         exec_lines(*output, {"exit": {"code": 3, "signal": None, "reason": "exited"}}, pause=0.2)),
        ("POST", "/v1/images", lambda h, m: h.json(202, build.now())),
        ("GET", r"/v1/images\?.*", items(IMAGE, BUILDING | {"id": "aaaa0002"})),
        ("GET", r"/v1/images/aaaa0001(\?.*)?", build.answer),
        ("GET", r"/v1/hosts\?.*", items(HOST)),
        ("GET", "/v1/hosts/local", lambda h, m: h.json(200, HOST)),
        ("GET", r"/v1/schedulers\?.*", items({"name": "slurm", "versionsTested": ["22.05", "24.11"],
                                               "description": "Slurm, with munge"})),
        *campaigns.routes(),
        ("POST", "/v1/plans", lambda h, m: h.json(200, plan(warnings=[
            "cluster.compute = 2: the cell's nodes take 2.5 CPUs in all and the host has 2; set "
            "admission.oversubscribe to have it run even so"]))),
        ("POST", "/v1/campaigns/5a6b7c8d/cancel", lambda h, m: h.json(202, campaign("cancelling"))),
        ("GET", r"/v1/runs\?.*", items(run(1), run(2))),
        ("GET", "/v1/runs/eeee....(/steps)", lambda h, m: h.json(200, {"items": FAILED_RUN["steps"]})),
        ("GET", "/v1/runs/eeee..../logs", lambda h, m: h.reply(200, LOGS, "text/plain; charset=utf-8")),
        ("GET", "/v1/runs/eeee..../artifacts", lambda h, m: h.json(200, ARTIFACTS)),
        ("GET", "/v1/runs/eeee..../artifacts/stdout",
         lambda h, m: h.reply(200, b"n1\n\x1b[31mn2\n", "application/octet-stream")),
        ("GET", r"/v1/runs/eeee..../jobs\?.*", items(job(0), job(1, "failed", exitCode=3), job(2, "not-submitted"))),
        ("GET", r"/v1/runs/eeee..../queue\?.*step=.*", lambda h, m: h.json(200, QUEUE_MEANS)),
        ("GET", r"/v1/runs/eeee..../queue(\?.*)?", lambda h, m: h.json(200, QUEUE)),
        ("GET", r"/v1/runs/eeee..../samples", lambda h, m: h.json(200, SERIES)),
        ("GET", r"/v1/runs/eeee..../samples\?.*step=.*", lambda h, m: h.json(200, MEANS)),
        ("GET", r"/v1/runs/eeee..../samples\?.*", lambda h, m: h.json(200, VALUES)),
        ("GET", "/v1/fragments", lambda h, m: h.json(200, FRAGMENTS)),
        ("GET", "/v1/fragments/cluster/small", lambda h, m: h.json(200, FRAGMENT)),
        ("GET", "/v1/metrics-catalogue", lambda h, m: h.json(200, CATALOGUE)),
        ("GET", r"/v1/events\?since=0", follow),
        ("GET", r"/v1/events\?.*", items(*[event(i, "step", step="nodes", ms=i) for i in range(1, 4)])),
    ]


if __name__ == "__main__":
    Daemon(sys.argv[1], world(float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)).serve_forever()
