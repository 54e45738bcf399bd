"""Campaigns for the tests: specs of a few words, and what has to hold of their runs whatever happens."""
import contextlib
import json
import subprocess

import host
from daemon import BUILD

NODE = {"cpus": 0.2, "schedulerCpus": 1, "memory": "128MiB"}
ONE = {"compute": 1, "node": NODE}
# The tests are for what a run does, not for whether somebody else is busy on this host.
AT_ONCE = {"quiet_cpus": 1, "quiet_wait": "0s"}
STEPS = ["image", "admit", "network", "nodes", "ready",
         "warm-up", "workload", "collect", "teardown", "audit"]
ENDS = ("done", "failed", "cancelled")
EMPTY = {"empty": True, "differences": []}


def spec(*command, cluster=ONE, workload=None, **other):
    """A campaign of one run, unless other says more."""
    what = {"name": "command", "command": list(command), "on": "controller", **(workload or {})}
    return {"name": "test", "cluster": cluster, "workload": what, **other}


def shell(script, **other):
    return spec("sh", "-c", script, **other)


def design(blocks=1, retries=0, **other):
    return {"repetitions": blocks, "retries": retries, **other}


class Campaigns:
    def __init__(self, api):
        self.api = api

    # -- asking --

    def plan(self, spec):
        reply = self.api.post("/v1/plans", spec)
        assert reply.status == 200, reply
        return reply.json

    def submit(self, spec, **headers):
        reply = self.api.post("/v1/campaigns", spec, **headers)
        assert reply.status == 202, reply
        assert reply.headers["Location"].endswith(f"/v1/campaigns/{reply.json['id']}")
        return reply.json["id"]

    def get(self, id):
        reply = self.api.get(f"/v1/campaigns/{id}")
        assert reply.status == 200, reply
        return reply.json

    def order(self, id, verb, expect=(200, 202), of="campaigns"):
        reply = self.api.post(f"/v1/{of}/{id}/{verb}")
        assert reply.status in expect, reply
        return reply

    def runs(self, id, **query):
        """All of a campaign that there are so far, in the plan's order, each try of each."""
        items, cursor = [], None
        while True:
            query |= {"cursor": cursor} if cursor else {}
            asked = "&".join(f"{k}={v}" for k, v in {"limit": 50, **query}.items())
            page = self.api.get(f"/v1/campaigns/{id}/runs?{asked}").json
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        host.OURS.update(run["id"] for run in items)
        return sorted(items, key=lambda r: (r["position"], r["attempt"]))

    def run(self, id):
        reply = self.api.get(f"/v1/runs/{id}")
        assert reply.status == 200, reply
        return reply.json

    def artifacts(self, run):
        return {a["name"]: a["bytes"] for a in self.api.get(f"/v1/runs/{run}/artifacts").json["items"]}

    def artifact(self, run, name):
        reply = self.api.get(f"/v1/runs/{run}/artifacts/{name}")
        assert reply.status == 200, reply
        return reply.body.decode()

    def steps(self, run):
        return self.api.get(f"/v1/runs/{run}/steps").json["items"]

    def logs(self, run):
        reply = self.api.get(f"/v1/runs/{run}/logs")
        assert reply.status == 200, reply
        return reply.body.decode()

    # -- waiting --

    def wait(self, id, *states, patience=120):
        ends = set(states) | set(ENDS)
        campaign = self.api.wait_for(f"/v1/campaigns/{id}", lambda c: c["state"] in ends, patience)
        if campaign["state"] not in states:
            faults = [r["error"] for r in self.runs(id) if r["error"]]
            raise AssertionError(json.dumps({"campaign": campaign, "faults": faults}, indent=1))
        return campaign

    def wait_run(self, id, condition, patience=120):
        """The first run of the campaign, in the plan's order, of which it holds."""
        return host.wait_until(lambda: next(filter(condition, self.runs(id)), None), "a run", patience)

    def wait_step(self, id, step, patience=120):
        """A run that has begun this step: or is over, where that was too quick to be seen."""
        return self.wait_run(id, lambda r: r["state"] in ENDS or has_begun(r, step), patience)

    def done(self, spec, patience=120):
        """Submitted, and waited for to its good end: the campaign and its runs."""
        id = self.submit(spec)
        campaign = self.wait(id, "done", patience=patience)
        return campaign, self.runs(id)

    def failed(self, spec, patience=120):
        id = self.submit(spec)
        self.wait(id, "failed", patience=patience)
        return self.runs(id)

    def works(self):
        """The next one is run as if nothing had been."""
        _, (run,) = self.done(shell("echo 7", workload={"metrics": {"seven": number("[0-9]+")}}))
        assert run["metrics"]["seven"]["value"] == 7
        assert run["residue"] == EMPTY


def number(regex, kind="cost", unit="s", **other):
    return {"regex": regex, "kind": kind, "unit": unit, **other}


def has_begun(run, step):
    return any(s["name"] == step for s in run["steps"])


def words_of(error):
    """What a failed run says, which has to be something."""
    assert error["type"] and error["step"] and error["detail"], error
    return error["detail"]


def hold_whole(campaign, runs):
    """Every (cell, block) was measured once, each try that came to nothing says why and is numbered, and
    nothing is left of any."""
    positions = {}
    for run in runs:
        positions.setdefault(run["position"], []).append(run)
        assert run["state"] in ENDS, run
        assert run["residue"] in (EMPTY, None), run["residue"]
        if run["state"] == "failed":
            words_of(run["error"])
    assert sorted(positions) == list(range(campaign["plan"]["runs"]))
    for tries in positions.values():
        assert [t["attempt"] for t in tries] == list(range(1, len(tries) + 1))
        assert [t["state"] for t in tries].count("done") == 1, tries
        assert tries[-1]["state"] == "done" and tries[-1]["residue"] == EMPTY


@contextlib.contextmanager
def cancelled_after(campaigns, *ids):
    """So that a test which fails leaves no campaign for the next one to wait for."""
    try:
        yield
    finally:
        for id in ids:
            campaigns.order(id, "cancel", expect=(200, 202, 409))
            campaigns.wait(id, *ENDS)


class Clock:
    """The wall clock of one daemon."""

    def __init__(self, daemon, directory):
        self.file = directory / "seconds"
        shim = BUILD / "tests" / "real" / "libclock-behind.so"
        daemon.env = {"LD_PRELOAD": str(shim), "CLOCK_BEHIND_FILE": str(self.file)}

    def set(self, seconds):
        self.file.write_text(str(seconds))


class Busy:
    """Somebody else's program that takes a CPU."""

    def __enter__(self):
        self.process = subprocess.Popen(["sh", "-c", "while :; do :; done"])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
