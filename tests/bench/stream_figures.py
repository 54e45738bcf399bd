"""How streams of jobs are measured: by how much the instrument is late, what it takes of the cluster
that it looks at, and how the daemon bears what comes in."""
import base64
import collections
import json
import random
import struct
from datetime import datetime

import machine
from asker import Asker, foremost, percentile
from campaign_figures import AT_ONCE, NEVER, campaign, runs_done
from service import PATIENCE, Failed, told_by

JOBS, PAGE, PAGES = 1_000_000, 100, 1000
OUTCOMES = ("completed", "failed", "lost", "failed,killed,lost")
ROWS_RUN = "1f2e3d4c"  # bench-jobs puts them there
INGEST_SECONDS = 20

RUN_PATIENCE = 60  # seconds for one run of many
CLUSTER = {
    "compute": 4,
    "node": {"cpus": 0.4, "schedulerCpus": 1, "memory": "256MiB"},
    "scheduler": {
        "name": "slurm",
        "options": {
            "SchedulerParameters": "batch_sched_delay=0,sched_interval=1,bf_interval=1",
        },
    },
}
STREAM = {"name": "jobstream", "runtime": {"distribution": "constant", "value": "200ms"}}

RECORD = struct.Struct("=IIIIqqQiIqq")  # lib/jobs/record.h
FINISH = 8


# ------------------------------------------------------------------------------------- rows of jobs


def cursor_behind(index):
    """As the daemon makes them, to begin anywhere; it is nobody else's to make one."""
    return base64.urlsafe_b64encode(f"{index + 1}.00000000".encode()).decode().rstrip("=")


def check_cursors(service, jobs):
    _, _, body = service.call("GET", f"{jobs}?limit={PAGE}")
    page = json.loads(body)
    if len(page["items"]) != PAGE or page["next"] != cursor_behind(PAGE - 1):
        raise Failed(f"a page has {len(page['items'])} jobs, and goes on at {page['next']}")


def pages_of_many(bench, figures):
    """At random places, over one connection: of all jobs, and of those with some outcomes."""
    jobs, draw = f"/v1/runs/{ROWS_RUN}/jobs", random.Random(1)
    every, some = figures

    def ask(service, figure, outcomes):
        conditions = machine.conditions()
        asker = Asker(service)
        with asker.sock, foremost():
            for _ in range(PAGES):
                place = f"limit={PAGE}&cursor={cursor_behind(draw.randrange(JOBS))}"
                outcome = f"&outcome={draw.choice(outcomes)}" if outcomes else ""
                asker.ask(f"{jobs}?{place}{outcome}")
        figure.add(percentile(asker.ms, 99), conditions)

    with bench.service(**NEVER) as service:
        service.stop()
        told_by("bench-jobs", JOBS, service.database)
        service.start()
        check_cursors(service, jobs)

        def once():
            ask(service, every, ())
            ask(service, some, OUTCOMES)

        bench.repeated(figures, bench.repeat, once)


def rows_come_in(bench, figures):
    lag, longest, rate, insert, size = figures

    def slowly():
        conditions = machine.conditions()
        (told,) = told_by("bench-ingest", INGEST_SECONDS)
        lag.add(told["lagP99Ms"], conditions)
        longest.add(told["lagMaxMs"], conditions)
        rate.add(told["rowsPerSecond"], conditions)

    def at_once():
        conditions = machine.conditions()
        told, *_ = told_by("bench-jobs", JOBS)
        insert.add(told["rowsPerSecond"], conditions)
        size.add(told["bytes"] / JOBS, conditions)

    bench.repeated([lag, longest, rate], bench.repeat, slowly)
    bench.repeated([insert, size], bench.repeat, at_once)


# ---------------------------------------------------------------------------------------- streams


def stream_of(jobs, workload, **other):
    return campaign(
        cluster=CLUSTER,
        workload={**STREAM, "jobs": jobs, **workload},
        admission={"oversubscribe": True},  # the controller's CPU counts
        **other,
    )


def check_whole(run):
    """What the driver's lateness comes to is a figure; jobs that are missing are a fault."""
    jobs = run["conditions"]["jobs"]
    if jobs["completed"] != jobs["asked"]:
        raise Failed(f"run {run['id']}: {jobs}")


def one_run(service, spec):
    (run,) = runs_done(service, spec | {"design": {"retries": 0}})
    check_whole(run)
    return run


def seconds_of(run, metric):
    if metric not in run["metrics"]:
        raise Failed(f"run {run['id']} has no {metric}")
    return run["metrics"][metric]["value"]


def ms_of(run, metric):
    return 1000 * seconds_of(run, metric)


def daemon_cpu(run, unit):
    for daemon in run["conditions"]["scheduler"]:
        if daemon["unit"] == unit and "cpuSeconds" in daemon:
            return daemon["cpuSeconds"]
    raise Failed(f"run {run['id']} does not know the CPU time of {unit}")


def sampler_cpu_ms(run):
    cost = run["conditions"]["sampler"]
    return 1000 * cost["cpuSeconds"] / cost["rounds"]


def collect_ms(service, run):
    """From the driver's last record on; its nodes have the host's clock."""
    status, _, file = service.call("GET", f"/v1/runs/{run['id']}/artifacts/ctl1-driver.rec")
    if status != 200:
        raise Failed(f"run {run['id']} has no driver's records: {status}")
    finished = [r[5] for r in RECORD.iter_unpack(file) if r[1] == FINISH]
    (step,) = [s for s in run["steps"] if s["name"] == "collect"]
    return 1000 * datetime.fromisoformat(step["endedAt"]).timestamp() - finished[-1] / 1e6


def stream(bench, figures):
    """A new daemon each time, so that what it tells about its loop is of that run alone."""
    late, job_cpu, driver_cpu, slurmctld, sampler, lag, collect = figures
    spec = stream_of(40, {"arrival": {"process": "poisson", "rate": "10/s"}})

    def once():
        with bench.service(**AT_ONCE) as service:
            conditions = machine.conditions()
            run = one_run(service, spec)
            conditions["grade"] = run["grade"]
            late.add(ms_of(run, "lateness_p95"), conditions)
            job_cpu.add(ms_of(run, "job_cpu_per_job"), conditions)
            driver_cpu.add(ms_of(run, "driver_cpu_per_job"), conditions)
            slurmctld.add(daemon_cpu(run, "slurmctld.service"), conditions)
            sampler.add(sampler_cpu_ms(run), conditions)
            lag.add(1000 * service.metric('benchd_loop_lag_seconds{quantile="0.99"}'), conditions)
            collect.add(collect_ms(service, run), conditions)

    bench.repeated(figures, bench.repeat, once)


def fast_stream(bench, figures):
    (late,) = figures
    arrival = {"process": "poisson", "rate": "50/s"}
    spec = stream_of(200, {"arrival": arrival, "clients": 8})
    with bench.service(**AT_ONCE) as service:

        def once():
            conditions = machine.conditions()
            run = one_run(service, spec)
            conditions["grade"] = run["grade"]
            late.add(ms_of(run, "lateness_p99"), conditions)

        bench.repeated(figures, bench.repeat, once)


# ---------------------------------------------------------------------------------- the ceiling

CEILING_JOBS = 2000
CEILING_RATE = 500  # jobs a second


def on_null(spec):
    return spec | {"cluster": CLUSTER | {"scheduler": {"name": "null"}}}


def short_jobs(arrival):
    return on_null(stream_of(CEILING_JOBS, {"arrival": arrival, "runtime": {"distribution": "constant", "value": "1us"}}))


def driver_records(service, run):
    """Its records, and the seconds from the first to the last."""
    status, _, file = service.call("GET", f"/v1/runs/{run['id']}/artifacts/ctl1-driver.rec")
    if status != 200:
        raise Failed(f"run {run['id']} has no driver's records: {status}")
    moments = [r[4] for r in RECORD.iter_unpack(file)]
    return len(moments), (max(moments) - min(moments)) / 1e9


def controller_cpu(service, run):
    """CPU seconds of the controller's whole node while the stream ran, by its samples."""
    status, _, body = service.call("GET", f"/v1/runs/{run['id']}/samples?metric=cpu&node=ctl1")
    if status != 200:
        raise Failed(f"run {run['id']} has no samples of its controller: {status}")
    points, before, seconds = json.loads(body)["items"][0]["points"], 0, 0
    for at_ns, cpus in points:
        seconds += cpus * (at_ns - before) / 1e9
        before = at_ns
    return seconds


def ceiling(bench, figures):
    """The least scheduler: what is left is the instrument. All jobs at once, as fast as they go; then at a
    rate, which the driver has to keep."""
    submissions, jobs, records, driver, share, late, kept = figures
    at_once = short_jobs({"process": "all"})
    paced = short_jobs({"process": "poisson", "rate": f"{CEILING_RATE}/s"})
    with bench.service(**AT_ONCE) as service:

        def once():
            conditions = machine.conditions()
            run = one_run(service, at_once)
            n, seconds = driver_records(service, run)
            cpu = seconds_of(run, "driver_cpu_per_job") - seconds_of(run, "clients_cpu_per_job")
            submissions.add(seconds_of(run, "throughput_submission"), conditions)
            jobs.add(seconds_of(run, "throughput_completion"), conditions)
            records.add(n / seconds, conditions)
            driver.add(1e6 * cpu, conditions)
            share.add(100 * cpu * CEILING_JOBS / controller_cpu(service, run), conditions)
            run = one_run(service, paced)
            late.add(ms_of(run, "lateness_p99"), conditions | {"grade": run["grade"]})
            kept.add(seconds_of(run, "throughput_submission"), conditions)

        bench.repeated(figures, bench.repeat, once)


# ------------------------------------------------------------------------------ what samples cost


def makespans_by_block(runs):
    """{block: {with samples or not: its makespan}}"""
    blocks = collections.defaultdict(dict)
    for run in runs:
        check_whole(run)
        enabled = run["cell"]["sampling.enabled"]
        blocks[run["block"]][enabled] = seconds_of(run, "makespan")
    return blocks


def sampling_cost(bench, figures):
    """One campaign: in a block the same jobs with samples and without, in an order that is drawn."""
    (ratio,) = figures
    spec = stream_of(
        20,
        {
            "arrival": {"process": "all"},
            "payload": "spin",
            "runtime": {"distribution": "constant", "value": "300ms"},
        },
        factors={"sampling.enabled": [True, False]},
        design={"order": "randomised-blocks", "repetitions": bench.repeat},
    )
    with bench.service(**AT_ONCE) as service:
        conditions = machine.conditions()
        runs = runs_done(service, spec, PATIENCE + 2 * bench.repeat * RUN_PATIENCE)
    for _, makespan in sorted(makespans_by_block(runs).items()):
        both = {"withS": makespan[True], "withoutS": makespan[False]}
        ratio.add(makespan[True] / makespan[False], conditions | both)
