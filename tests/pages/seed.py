"""Rows of campaigns and runs as if they had been measured, put into a database that no daemon has open."""
import contextlib
import json
import random
import sqlite3

SECOND = 1_000_000_000
START = 1_780_000_000 * SECOND
DIGEST = "sha256:" + "0" * 64
HOST = "sha256:" + "1" * 64
IMAGE = "0a0a0a0a"
STEPS = ("image", "admit", "network", "nodes", "ready", "warm-up", "workload", "collect", "teardown", "audit")
METRICS = {"elapsed": ("s", "cost"), "makespan": ("s", "cost"), "wait_p95": ("s", "cost"),
           "throughput": ("1/s", "rate"), "utilisation": ("1", "ratio")}


def metrics_of(draw, cell):
    """Skewed, and other for each cell."""
    values = {name: draw.lognormvariate(0.2 * cell, 0.1) for name in METRICS}
    return {name: {"value": values[name], "unit": unit, "kind": kind, "n": 1}
            for name, (unit, kind) in METRICS.items()}


@contextlib.contextmanager
def opened(database):
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        yield db


def add_image(database, images, name="debian-bookworm", packages=200):
    """With its manifest, and nothing in it."""
    with opened(database) as db:
        db.execute(
            "INSERT INTO image (id, name, state, version, created_ns, ready_ns, digest, recipe_digest, fingerprint,"
            " size_bytes, entries, packages) VALUES (?, ?, 'ready', 2, ?, ?, ?, ?, 'none', 1, 1, ?)",
            (IMAGE, name, START, START + 90 * SECOND, DIGEST, DIGEST, packages),
        )
    place = images / DIGEST.removeprefix("sha256:")
    place.mkdir(parents=True)
    (place / "manifest.json").write_text(json.dumps({
        "format": "benchd-image/1", "name": name, "digest": DIGEST, "recipe": {"name": name, "digest": DIGEST},
        "createdAt": "2026-05-28T20:26:40.000Z", "sizeBytes": 1, "entries": 1,
        "distribution": "Debian GNU/Linux 12 (bookworm)",
        "packages": [{"name": f"package-{i}", "version": f"1.{i}-1", "architecture": "amd64"} for i in range(packages)],
    }))


def copy_row(db, table, id, /, **changes):
    """The row again with some columns changed; texts are values, no SQL."""
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    row = dict(zip(columns, db.execute(f"SELECT * FROM {table} WHERE id = ?", (id,)).fetchone())) | changes
    places = ", ".join("?" * len(columns))
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", [row[c] for c in columns])


class Rows:
    """What was written, and may be looked for."""

    def __init__(self, database, campaign):
        self.database, self.origin = database, campaign
        self.draw = random.Random(7)
        self.campaigns, self.runs = [], []
        with opened(database) as db:
            spec, self.cells, self.blocks = db.execute(
                "SELECT spec, cells, blocks FROM campaign WHERE id = ?", (campaign,)).fetchone()
        self.spec = json.loads(spec)
        (self.path, self.levels), = self.spec["factors"].items()

    def run_spec(self):
        left_out = ("factors", "cells", "exclude", "design", "objectives", "added", "failIf", "budget", "composition")
        spec = {k: v for k, v in self.spec.items() if k not in left_out}
        return json.dumps(spec | {"seed": 1}, sort_keys=True, separators=(",", ":"))

    def cluster_spec(self):
        """As a run's cluster has it: with every default."""
        spec = self.spec["cluster"]
        return spec | {"node": {"schedulerCpus": 1} | spec["node"], "scheduler": {"name": "slurm"} | spec["scheduler"],
                       "admission": {"oversubscribe": True}}

    def add_run(self, db, campaign, position, state="done", grade="usable"):
        """With its cluster and the steps that such a run has."""
        cell, block = position % self.cells, position // self.cells
        id, at = f"{len(self.runs) + 0x10000000:08x}", START + len(self.runs) * 10 * SECOND
        ended = at + 8 * SECOND if state in ("done", "failed", "cancelled") else None
        done = state == "done"
        error = json.dumps({"type": "workload", "step": "workload", "detail": "it ended with 1"})
        db.execute(
            "INSERT INTO run (id, campaign, position, attempt, cell, block, warmup, state, version, created_ns,"
            " started_ns, ended_ns, deadline_ns, waiting, grade, reasons, error, conditions, metrics, warnings, levels,"
            " spec) VALUES (?, ?, ?, 1, ?, ?, 0, ?, 5, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, '[]', ?, ?)",
            (id, campaign, position, cell, block, state, at, at, ended, at + 600 * SECOND,
             grade if done else None, "[]" if done else None, error if state == "failed" else None,
             json.dumps({"quiet": True, "outsideCpus": 0.03, "waitedMs": 0, "host": HOST}),
             json.dumps(metrics_of(self.draw, cell)) if done else "{}",
             json.dumps({self.path: self.levels[cell]}), self.run_spec()),
        )
        cluster = "failed" if state == "failed" else "deleted" if ended else "ready"
        node_state = "gone" if ended else "running"
        names = ["ctl1"] + [f"n{i + 1}" for i in range(self.spec["cluster"]["compute"])]
        nodes = [{"name": name, "role": "compute" if i else "controller", "address": f"10.213.0.{i + 2}",
                  "state": node_state} for i, name in enumerate(names)]
        db.execute(
            "INSERT INTO cluster (id, run, state, version, created_ns, ready_ns, ended_ns, spec, image_id, image_name,"
            " image_digest, subnet, scheduler_version, step, nodes, timings, warnings, residue)"
            " VALUES (?, ?, ?, 5, ?, ?, ?, ?, '0a0a0a0a', 'debian-bookworm', ?, '10.213.0.0/24', '22.05.8', ?, ?, ?,"
            " '[]', ?)",
            (id, id, cluster, at, at + SECOND, ended, json.dumps(self.cluster_spec()), DIGEST,
             None if ended else "workload", json.dumps(nodes), json.dumps({step: 100 for step in STEPS}),
             json.dumps({"empty": True, "differences": []}) if ended else None),
        )
        for step in STEPS if ended else STEPS[:6]:
            db.execute("INSERT INTO step VALUES (?, ?, 1, 'done', ?, ?, ?, NULL)",
                       (id, step, at, at + SECOND // 10, at + 60 * SECOND))
        self.runs.append(id)
        return id

    def middle_runs(self, db, campaign, metric):
        """Of each cell that in the middle by a metric: the one that stands for its cell."""
        return [id for id, in db.execute(
            "SELECT id FROM (SELECT id, count(*) OVER (PARTITION BY cell) AS n, row_number() OVER"
            " (PARTITION BY cell ORDER BY json_extract(metrics, ?)) AS place FROM run WHERE campaign = ?)"
            " WHERE place = (n + 1) / 2", (f"$.{metric}.value", campaign))]

    def add_cluster(self, db, id="30000000"):
        """One that is nobody's run, at its end."""
        copy_row(db, "cluster", self.runs[-1], id=id, run=None)
        return id

    def multiply_run(self, db, run, n, first=0, **fresh):
        """As many more as that with their clusters, all of the same; the last is the newest. fresh: SQL of i, which
        counts from the first."""
        id = "printf('%08x', 0x40000000 + i)"
        fresh = {"id": id, "position": "1000 + i", "created_ns": "created_ns + 1000000000000 + i"} | fresh
        for table, own in (("run", fresh), ("cluster", {"id": id, "run": id})):
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            db.execute(
                "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
                f" INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(own.get(c, c) for c in columns)}"
                f" FROM {table}, n WHERE id = ?", (first, first + n, run))

    def fill_campaign(self, db, campaign):
        """A run at each position but the first, which has one; without values."""
        n = self.cells * self.blocks
        run, = db.execute("SELECT id FROM run WHERE campaign = ?", (campaign,)).fetchone()
        self.multiply_run(db, run, n - 1, 1, position="i", cell=f"i % {self.cells}", block=f"i / {self.cells}",
                          metrics="'{}'")
        db.execute("UPDATE campaign SET done = ? WHERE id = ?", (n, campaign))

    def add_campaign(self, db, state, done, failed=0, **changes):
        """Of done runs in the order of cells and blocks, and then some that failed."""
        id = f"{len(self.campaigns) + 0x20000000:08x}"
        at = START + (len(self.campaigns) + 1) * 1000 * SECOND
        ended = at + 3600 * SECOND if state in ("done", "failed", "cancelled") else None
        copy_row(db, "campaign", self.origin, **{
            "id": id, "state": state, "version": 9, "created_ns": at, "started_ns": at if done or failed else None,
            "ended_ns": ended, "done": done, "failed": failed, "busy_ns": done * 8 * SECOND, **changes})
        for position in range(done):
            self.add_run(db, id, position)
        for position in range(done, done + failed):
            self.add_run(db, id, position, "failed")
        self.campaigns.append(id)
        return id

    def hold_origin(self, db):
        """So that nothing can begin, however quiet the host is."""
        db.execute("DELETE FROM run WHERE campaign = ?", (self.origin,))
        db.execute("UPDATE campaign SET state = 'paused' WHERE id = ?", (self.origin,))

    def add_jobs(self, db, run, n, nodes=4):
        """As a stream that keeps some nodes busy; one job was never seen to begin."""
        for i in range(n):
            start = None if i == 7 else i * 50_000_000 + 20_000_000
            self._add_job(db, run, i, i * 50_000_000, 90_000_000, start,
                          sorted({1 + i % nodes, 1 + (i + 1) % nodes}) if start else [])

    def add_queue(self, db, run, n, nodes=4):
        """As jobs of many sizes that waited for each other, first come first served; some failed, some were lost."""
        draw, free, begun, submit = random.Random(11), [0] * nodes, 0, 0
        for i in range(n):
            submit += int(draw.expovariate(1) * 250_000_000)
            width, took = draw.choice((1, 1, 1, 2, 2, 4)), int(draw.lognormvariate(0, 0.9) * 600_000_000)
            if i % 97 == 13:
                self._add_job(db, run, i, submit, took, None, [], "lost")
                continue
            places = sorted(sorted(range(nodes), key=lambda node: free[node])[:width])
            begun = max(begun, submit, *(free[p] for p in places))
            self._add_job(db, run, i, submit, took, begun, [p + 1 for p in places],
                          "failed" if i % 29 == 3 else "completed")
            for p in places:
                free[p] = begun + took

    def _add_job(self, db, run, i, submit, took, start, on, outcome="completed"):
        outcome = "lost" if start is None else outcome
        db.execute(
            "INSERT INTO job (run, idx, task, nodes, user, planned_ns, submit_ns, accepted_ns, started_first_ns,"
            " started_all_ns, ended_last_ns, runtime_ns, requested_ns, job_id, exit_code, starts, ends, doubled,"
            " outcome, end_state, node_list) VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, 60000000000, ?, ?,"
            " 2, 2, 0, ?, 'completed', ?)",
            (run, i, max(len(on), 1), i % 3, submit, submit + 40_000, submit + 9_000_000, start, start,
             start and start + took, took, i + 1, {"completed": 0, "failed": 1, "lost": -1}[outcome], outcome,
             ",".join(f"n{n}" for n in on)),
        )

    def add_events(self, db, n):
        for i in range(n):
            db.execute("INSERT INTO event (at_ns, kind, subject, data) VALUES (?, 'run.done', ?, '{}')",
                       (START + i, f"run/{i % 5:08x}"))
