"""What is measured, and how. Each plan is one way of using the daemon and gives one figure or more.

A value is what a client sees: time begins before the request is sent, and ends when the answer that
says so has come.
"""
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import campaign_figures
import dashboard_figures
import flux_image
import host
import machine
import stream_figures
from asker import Asker, asking, foremost, percentile
from service import NODE, SCRATCH, Failed
from sockets import free_port

MIB = 1 << 20

REQUESTS = 5000
CYCLES, CYCLE_NODES, SETTLED_CYCLE = 50, 8, 5
QUIET = 1.0  # seconds from which on nothing of an earlier request is under way
HUGE_REPEATS = 3


class Figure:
    def __init__(self, name, what, unit, at_most=None):
        self.name, self.what, self.unit, self.at_most = name, what, unit, at_most
        self.values, self.conditions, self.failures = [], [], []

    def add(self, value, conditions):
        self.values.append(value)
        self.conditions.append(conditions)

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def over(self):
        return self.at_most is not None and self.median > self.at_most

    @property
    def per_container(self):
        """How often libvirt could have made and ended the least container in that time."""
        container_ms = machine.usual(self.conditions, "containerMs")
        return self.median * 1000 / container_ms if container_ms and self.unit == "s" else None

    def as_json(self):
        out = {"name": self.name, "what": self.what, "unit": self.unit, "atMost": self.at_most}
        out |= {"n": len(self.values), "values": self.values, "conditions": self.conditions}
        if self.values:
            out |= {"median": self.median, "min": min(self.values), "max": max(self.values)}
            out |= {"over": self.over, "perContainer": self.per_container}
        return out | {"failures": self.failures}


class Bench:
    """What the plans share: how to start a daemon, how often to repeat, where results go."""

    def __init__(self, images, repeat, say):
        self.images, self.repeat, self.say = images, repeat, say
        self.runs = []  # every cluster: how many nodes, how long, where time went
        self.residue = []

    def service(self, **flags):
        return self.images.service(**flags)

    def up_and_down(self, service, nodes, while_up=None, **spec):
        """Conditions, seconds up, seconds down. while_up is called with the ready cluster's id."""
        conditions = machine.conditions()
        start = time.perf_counter()
        id = service.create(compute=nodes, node=NODE, admission={"oversubscribe": True}, **spec)
        ready = service.wait_ready(id)
        up = time.perf_counter() - start
        if while_up:
            while_up(id)
        start = time.perf_counter()
        gone = service.down(id)
        down = time.perf_counter() - start
        self.runs.append({
            "nodes": nodes, "upSeconds": up, "downSeconds": down, "timings": gone["timings"],
            "scheduler": ready["scheduler"], "conditions": conditions,
        })
        self.check_gone(gone)
        return conditions, up, down

    def check_gone(self, cluster):
        differences = (cluster["residue"] or {}).get("differences", [])
        self.residue += [{"cluster": cluster["id"], **d} for d in differences]
        if cluster["state"] != "deleted":
            raise Failed(f"cluster {cluster['id']} {cluster['state']}: {cluster['error']}")

    def repeated(self, figures, n, once):
        """once() n times; what goes wrong is counted with the figures, and the others go on."""
        for i in range(n):
            try:
                once()
                last = [f"{f.name} {f.values[-1]:.4g} {f.unit}" for f in figures if f.values]
                values = ", ".join(last)
            except (Failed, OSError) as fault:
                for f in figures:
                    f.failures.append(str(fault))
                values = f"failed: {fault}"
            self.say(f"{i + 1}/{n}  {values}")


# ------------------------------------------------------------------------------ up and down


def up_and_down(bench, figures, nodes, repeat):
    up, down = figures
    with bench.service() as service:

        def once():
            conditions, up_seconds, down_seconds = bench.up_and_down(service, nodes)
            up.add(up_seconds, conditions)
            down.add(down_seconds, conditions)

        bench.repeated(figures, repeat, once)


def few_nodes(bench, figures):
    up_and_down(bench, figures, 4, bench.repeat)


def many_nodes(bench, figures):
    up_and_down(bench, figures, 32, bench.repeat)


def huge(bench, figures):
    up_and_down(bench, figures, 128, min(bench.repeat, HUGE_REPEATS))


def flux(bench, figures):
    """The same with Flux, whose image is built first, and goes with the plan."""
    with bench.service() as service:
        flux_image.build(service.socket)
        spec = {"image": flux_image.IMAGE, "scheduler": {"name": "flux"}}
        try:
            for nodes, up, down in ((4, *figures[:2]), (32, *figures[2:])):

                def once(nodes=nodes, up=up, down=down):
                    conditions, up_seconds, down_seconds = bench.up_and_down(service, nodes, **spec)
                    up.add(up_seconds, conditions)
                    down.add(down_seconds, conditions)

                bench.repeated([up, down], bench.repeat, once)
        finally:
            service.call("DELETE", f"/v1/images/{flux_image.IMAGE}")


# ---------------------------------------------------------------------------------- the daemon


def quiet_daemon(bench, figures):
    """A daemon that has just begun, and one that has a cluster that nothing happens to."""
    memory, p50, p99 = figures

    def idle():
        conditions = machine.conditions()
        with bench.service() as service:
            time.sleep(QUIET)
            memory.add(service.resident_bytes() / MIB, conditions)

    bench.repeated([memory], bench.repeat, idle)

    with bench.service() as service:

        def ask(id):
            time.sleep(QUIET)
            conditions = machine.conditions()
            asker = Asker(service)
            with asker.sock, foremost():
                for _ in range(REQUESTS):
                    asker.ask(f"/v1/clusters/{id}")
            p50.add(percentile(asker.ms, 50), conditions)
            p99.add(percentile(asker.ms, 99), conditions)

        def all_asked(id):
            bench.repeated([p50, p99], bench.repeat, lambda: ask(id))

        bench.up_and_down(service, 4, while_up=all_asked)


def busy_daemon(bench, figures):
    """While 32 nodes come up; a new daemon each time, so that what it tells about its loop is of
    that time alone. Who asks takes CPU from all: the loop and the memory are looked at without."""
    memory, lag, p50, p99 = figures

    def watched():
        with bench.service() as service:
            seen = {}

            def look(id):
                seen["lag"] = 1000 * service.metric('benchd_loop_lag_seconds{quantile="0.99"}')
                time.sleep(QUIET)
                seen["memory"] = service.resident_bytes() / MIB

            conditions, _, _ = bench.up_and_down(service, 32, while_up=look)
            lag.add(seen["lag"], conditions)
            memory.add(seen["memory"], conditions)

    def asked():
        with bench.service() as service:
            conditions = machine.conditions()
            id = service.create(compute=32, node=NODE, admission={"oversubscribe": True})
            with asking(service, f"/v1/clusters/{id}") as asker:
                service.wait_ready(id)
            p50.add(percentile(asker.ms, 50), conditions)
            p99.add(percentile(asker.ms, 99), conditions)
            bench.check_gone(service.down(id))

    bench.repeated([memory, lag], bench.repeat, watched)
    bench.repeated([p50, p99], bench.repeat, asked)


def cycles(bench, figures):
    """The same daemon again and again: what it keeps of each cluster would add up."""
    differences, memory, descriptors = figures
    before = len(bench.residue)
    conditions = machine.conditions()
    held = []
    with bench.service() as service:

        def once():
            bench.up_and_down(service, CYCLE_NODES)
            time.sleep(QUIET)
            held.append((service.resident_bytes() / MIB, service.descriptors()))

        bench.repeated(figures, CYCLES, once)
    if any(f.failures for f in figures):
        return
    differences.add(len(bench.residue) - before, conditions)
    for figure, course in zip((memory, descriptors), zip(*held)):
        grown = course[-1] - course[SETTLED_CYCLE - 1]
        figure.add(grown, conditions | {"course": course})


# ------------------------------------------------------------------------------------ the demo


def demo(bench, figures):
    """./run demo in a clone of what is committed, with state of its own; programs that it installs
    are there already where it was run before."""
    first, again = figures
    scratch = Path(tempfile.mkdtemp(prefix="benchd-demo-", dir=SCRATCH))
    clone = scratch / "benchd"
    env = {k: v for k, v in os.environ.items() if not k.startswith("BENCHD_")} | {
        "BENCHD_STATE_DIR": str(scratch / "state"),
        "BENCHD_RUN_DIR": str(scratch / "run"),
        "BENCHD_LISTEN_UNIX": str(scratch / "sock"),
        "BENCHD_LISTEN_TCP": f"127.0.0.1:{free_port()}",
        "BENCHD_LIBVIRT_URI": host.URI,
    }

    def run(*argv):
        with open(scratch / "log", "ab") as log:
            done = subprocess.run(argv, cwd=scratch, env=env, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, start_new_session=True)
        if done.returncode != 0:
            words = (scratch / "log").read_text(errors="replace")[-1500:]
            raise Failed(f"{' '.join(argv)} ended with {done.returncode}: {words}")

    def once(figure):
        conditions = machine.conditions()
        start = time.perf_counter()
        run(str(clone / "run"), "demo")
        figure.add(time.perf_counter() - start, conditions)

    try:
        run("git", "-c", "safe.directory=*", "clone", "-q", str(host.ROOT), str(clone))
        bench.repeated([first], 1, lambda: once(first))
        bench.repeated([again], 1, lambda: once(again))
    finally:
        if clone.exists():
            run(str(clone / "run"), "clean", "--all")
        shutil.rmtree(scratch, ignore_errors=True)


# ------------------------------------------------------------------------------------ the plans


class Plan:
    def __init__(self, name, measure, *figures, when=None):
        self.name, self.measure, self.when = name, measure, when  # when: the option that it takes
        self.figures = [Figure(*f) for f in figures]

    def run(self, bench):
        try:
            self.measure(bench, self.figures)
        except (Failed, OSError, AssertionError, subprocess.SubprocessError) as fault:
            bench.say(f"failed: {fault}")
            for f in self.figures:
                f.failures.append(str(fault))
        for f in self.figures:
            if not f.values and not f.failures:
                f.failures.append("was not reached")


def plans():
    return [
        Plan("4-nodes", few_nodes,
             ("up-4", "4-node cluster, POST to all idle", "s", 2.5),
             ("down-4", "4 nodes, DELETE to empty difference", "s")),
        Plan("32-nodes", many_nodes,
             ("up-32", "32-node cluster, POST to all idle", "s", 8),
             ("down-32", "32 nodes, DELETE to empty difference", "s", 2)),
        Plan("128-nodes", huge,
             ("up-128", "128-node cluster, POST to all idle", "s", 40),
             ("down-128", "128 nodes, DELETE to empty difference", "s"), when="all"),
        Plan("flux", flux,
             ("up-flux-4", "4-node Flux cluster, POST to all free", "s", 4),
             ("down-flux-4", "4 nodes of Flux, DELETE to empty difference", "s"),
             ("up-flux-32", "32-node Flux cluster, POST to all free", "s", 15),
             ("down-flux-32", "32 nodes of Flux, DELETE to empty difference", "s"), when="flux"),
        Plan("quiet", quiet_daemon,
             ("memory-idle", "resident memory, idle", "MiB", 30),
             ("get-p50", f"GET cluster, {REQUESTS} times, p50", "ms"),
             ("get-p99", f"GET cluster, {REQUESTS} times, p99", "ms", 2)),
        Plan("busy", busy_daemon,
             ("memory-32", "resident memory, with 32 nodes", "MiB", 60),
             ("loop-lag-p99", "loop lag while 32 nodes come up, p99", "ms", 20),
             ("get-busy-p50", "GET cluster while 32 nodes come up, p50", "ms"),
             ("get-busy-p99", "GET cluster while 32 nodes come up, p99", "ms", 2)),
        Plan("cycles", cycles,
             ("cycles-residue", f"{CYCLES} cycles of {CYCLE_NODES} nodes, differences", "", 0),
             ("cycles-memory", f"growth, cycle {SETTLED_CYCLE} to {CYCLES}, memory", "MiB", 1),
             ("cycles-descriptors", f"growth, cycle {SETTLED_CYCLE} to {CYCLES}, descriptors", "",
              0)),
        Plan("plan", campaign_figures.plan_of_many,
             ("plan-100000", "plan of 99,856 cells, a run each", "s", 1)),
        Plan("plan-trace", campaign_figures.plan_of_trace,
             ("plan-trace-100000", "plan of a trace (SWF) of 100,000 jobs", "s", 1)),
        Plan("runs", campaign_figures.runs_one_by_one,
             ("runs-overhead", "run of `true`, time in none of its steps", "ms", 50),
             ("runs-gap", "end of a run to the begin of the next", "ms")),
        Plan("campaigns-startup", campaign_figures.start_with_many,
             ("campaigns-startup", "start with 10,000 queued campaigns, more than with none", "s", 1)),
        Plan("campaigns-submit", campaign_figures.submit_many,
             ("campaigns-submit", "1,000 campaigns over one connection", "s", 2)),
        Plan("analysis", campaign_figures.analysis_of_many,
             ("analysis", "analysis of 10,000 runs x 20 metrics, slowest of three designs", "s", 2)),
        Plan("dashboards", dashboard_figures.polled,
             ("dashboards-cpu", "20 dashboards that poll, 100 campaigns, 10,000 runs, a change a second", "% of a core",
              5),
             ("dashboards-ms", "their requests, p99", "ms")),
        Plan("runs-page", dashboard_figures.pages_of_runs,
             ("runs-page-p99", "page of 100 of 100,000 runs, anywhere, p99", "ms"),
             ("runs-page-cpu", "the same, the daemon's CPU time", "ms", 20)),
        Plan("ui", dashboard_figures.in_a_browser,
             ("ui-usable", "first page in a browser, address to contents", "ms", 1000),
             ("ui-first-load", "what comes for it, compressed", "kB", 300),
             ("ui-gantt-frame-p95", "frame while 10,000 jobs are moved about in, p95", "ms", 50),
             ("ui-gantt-cpu", "the page's CPU time a frame of these", "ms")),
        Plan("jobs-page", stream_figures.pages_of_many,
             ("jobs-page-p99", "page of 100 of 1,000,000 jobs, anywhere, p99", "ms", 10),
             ("jobs-page-outcome-p99", "the same, of some outcomes only, p99", "ms", 10)),
        Plan("ingest", stream_figures.rows_come_in,
             ("ingest-lag-p99", "loop lag while 2,000 jobs a second are stored, p99", "ms", 20),
             ("ingest-lag-max", "the same, longest", "ms"),
             ("ingest-rate", "what came in of these", "1/s"),
             ("jobs-insert", "jobs stored as fast as it goes, of 1,000,000", "1/s"),
             ("jobs-bytes", "a job in the database", "B")),
        Plan("stream", stream_figures.stream,
             ("stream-lateness-p95", "driver's lateness, 40 jobs at 10/s, p95", "ms"),
             ("stream-job-cpu", "bench-job's CPU time a job", "ms", 1),
             ("stream-driver-cpu", "CPU time of driver and sbatch a job", "ms"),
             ("stream-slurmctld-cpu", "slurmctld's CPU time a run", "CPU s"),
             ("stream-sampler-cpu", "sampler's CPU time a round", "ms"),
             ("stream-loop-lag-p99", "loop lag during such a run, p99", "ms", 20),
             ("stream-collect", "stream's finish to the end of collect", "ms")),
        Plan("stream-50", stream_figures.fast_stream,
             ("stream-50-lateness-p99", "driver's lateness, 200 jobs at 50/s, p99", "ms", 20)),
        Plan("ceiling", stream_figures.ceiling,
             ("ceiling-submissions", "submissions, 2,000 jobs at once, scheduler null", "1/s"),
             ("ceiling-jobs", "jobs that end, of these", "1/s"),
             ("ceiling-records", "records that the driver writes meanwhile", "1/s"),
             ("ceiling-driver-cpu", "driver's CPU time a job", "us"),
             ("ceiling-driver-share", "driver's share of the CPU time that the controller uses", "%"),
             ("ceiling-500-lateness-p99", "driver's lateness, 2,000 jobs at 500/s, p99", "ms"),
             ("ceiling-500-rate", "submissions of these", "1/s")),
        Plan("sampling-cost", stream_figures.sampling_cost,
             ("sampling-cost", "makespan with samples / without, in one block", "")),
        Plan("demo", demo,
             ("demo-first", "./run demo from a clean clone", "s", 360),
             ("demo-again", "./run demo again", "s", 40), when="demo"),
    ]
