"""How campaigns are measured: what benchd takes for itself of a run, and how it bears many of them."""
import contextlib
import json
import sqlite3
import time
from datetime import datetime

import machine
from service import NODE, PATIENCE, Failed, copy_database, told_by

AT_ONCE = {"quiet_cpus": 1, "quiet_wait": "0s"}
NEVER = {"quiet_cpus": 0, "quiet_wait": "24h"}  # what is measured is nothing of runs

RUNS = 10
LEVELS = 316  # of two factors: 99,856 cells, as many as fit below the limit
QUEUED = 10_000
SUBMITTED = 1_000


def campaign(**other):
    workload = {"name": "command", "command": ["true"], "on": "controller"}
    return {"name": "bench", "cluster": {"compute": 1, "node": NODE}, "workload": workload} | other


# ------------------------------------------------------------------------------------ plans


def plan_of_many(bench, figures):
    (seconds,) = figures
    memory = [f"{128 + i}MiB" for i in range(LEVELS)]
    values = [str(i) for i in range(LEVELS)]
    spec = campaign(factors={"cluster.node.memory": memory, "workload.env.VALUE": values})
    metric = {"regex": "^speed: +([0-9.]+) MB/s", "unit": "MB/s", "kind": "rate"}
    spec["workload"] = spec["workload"] | {"metrics": {"speed": metric}}
    with bench.service() as service:

        def once():
            conditions = machine.conditions()
            start = time.perf_counter()
            status, _, body = service.call("POST", "/v1/plans", spec)
            took = time.perf_counter() - start
            plan = json.loads(body)
            if status != 200 or plan["runs"] != LEVELS * LEVELS:
                raise Failed(f"POST /v1/plans: {plan.get('detail', plan.get('runs'))}")
            seconds.add(took, conditions)

        bench.repeated(figures, bench.repeat, once)


TRACED = 100_000


def trace_text():
    """Two months of a machine of 128 processors, without what is drawn: the same in each bench."""
    lines = [f"; MaxProcs: 128\n; MaxJobs: {TRACED}\n"]
    for i in range(TRACED):
        lines.append(f"{i + 1} {52 * i} 30 {1 + i * 7919 % 36000} {1 + i * 31 % 128} -1 -1 {1 + i * 31 % 128} "
                     f"{60 * (1 + i * 13 % 1440)} -1 1 {i * i % 241} {1 + i % 17} -1 -1 -1 {i - 3 if i % 50 == 9 else -1} "
                     f"{600 if i % 100 == 9 else -1}\n")
    return "".join(lines).encode()


def plan_of_trace(bench, figures):
    """From the request to the answer: read, checked, cleaned, scaled and described."""
    (seconds,) = figures
    with bench.service() as service:
        digest = service.add_input(trace_text())
        spec = campaign(workload={"name": "swf", "trace": digest, "timeScale": 0.000001})

        def once():
            conditions = machine.conditions()
            start = time.perf_counter()
            status, _, body = service.call("POST", "/v1/plans", spec)
            took = time.perf_counter() - start
            plan = json.loads(body)
            if status != 200 or plan["traces"][0]["jobs"]["replayed"] != TRACED:
                raise Failed(f"POST /v1/plans: {plan.get('faults', plan.get('detail'))}")
            seconds.add(took, conditions)

        bench.repeated(figures, bench.repeat, once)


# --------------------------------------------------------------------------------- analyses


def analysis_of_many(bench, figures):
    """As a reader of the daemon makes it: from the database to the text of the reply."""
    (seconds,) = figures

    def once():
        conditions = machine.conditions()
        told = told_by("bench-analysis")
        seconds.add(max(t["readMs"] + t["findMs"] + t["textMs"] for t in told) / 1000, conditions)

    bench.repeated(figures, bench.repeat, once)


# ------------------------------------------------------------------------------------- runs


def ms_between(start, end):
    return 1000 * (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def own_ms(run):
    """What of the time from its begin to its end was in none of its steps."""
    return ms_between(run["startedAt"], run["endedAt"]) - sum(run["timings"].values())


@contextlib.contextmanager
def cancelled_after(service, id):
    try:
        yield
    finally:
        service.cancel(id)
        service.runs(id)


def runs_done(service, spec, patience=PATIENCE):
    """The runs of a campaign that went to its good end, those that failed and were tried again left
    out."""
    id = service.submit(**spec)
    with cancelled_after(service, id):
        ended = service.wait(f"/v1/campaigns/{id}", ("done", "failed", "cancelled"), patience)
        runs = service.runs(id)
    done = [run for run in runs if run["state"] == "done"]
    if ended["state"] != "done" or ended["progress"]["failed"]:
        errors = [run["error"]["detail"] for run in runs if run["error"]]
        raise Failed(f"campaign {id} {ended['state']}: {errors}")
    return done


def runs_one_by_one(bench, figures):
    overhead, gap = figures
    with bench.service(**AT_ONCE) as service:

        def once():
            conditions = machine.conditions()
            runs = runs_done(service, campaign(design={"repetitions": RUNS, "retries": 0}))
            for run in runs:
                overhead.add(own_ms(run), conditions)
            for before, after in zip(runs, runs[1:]):
                gap.add(ms_between(before["endedAt"], after["startedAt"]), conditions)

        bench.repeated(figures, bench.repeat, once)


# -------------------------------------------------------------------------------- many campaigns


def multiply(database, n):
    """As if the one campaign in it had been submitted n times, and none been taken up."""
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(campaign)")]
        own = {"id": "printf('%08x', n)", "created_ns": "created_ns + n"}
        db.execute("DELETE FROM run")
        db.execute("UPDATE campaign SET state = 'queued', started_ns = NULL")
        db.execute(
            "WITH RECURSIVE number(n) AS (VALUES(1) UNION ALL SELECT n + 1 FROM number WHERE n < ?)"
            f" INSERT INTO campaign ({', '.join(columns)})"
            f" SELECT {', '.join(own.get(c, c) for c in columns)} FROM campaign, number",
            [n - 1],
        )


def startup_with(service, database, n):
    """Seconds until it is ready with n campaigns. It stops before any run can begin."""
    service.use(database)
    start = time.perf_counter()
    service.start()
    took = time.perf_counter() - start
    states = ("queued", "running")  # the first few are taken up at once
    there = sum(service.metric(f'benchd_campaigns{{state="{state}"}}') for state in states)
    service.stop()
    if there != n:
        raise Failed(f"there are {there:.0f} campaigns instead of {n}")
    return took


def start_with_many(bench, figures):
    (seconds,) = figures
    with bench.service(**NEVER) as service:
        none, many = service.dir / "none.db", service.dir / "many.db"
        copy_database(service.database, none)
        service.submit(**campaign())
        service.stop()
        copy_database(service.database, many)
        multiply(many, QUEUED)

        def once():
            conditions = machine.conditions()
            without = startup_with(service, none, 0)
            seconds.add(startup_with(service, many, QUEUED) - without, conditions)

        bench.repeated(figures, bench.repeat, once)


def submit_many(bench, figures):
    (seconds,) = figures

    def once():
        with bench.service(**NEVER) as service:
            conditions = machine.conditions()
            start = time.perf_counter()
            for _ in range(SUBMITTED):
                service.submit(**campaign())
            seconds.add(time.perf_counter() - start, conditions)

    bench.repeated(figures, bench.repeat, once)
