"""What dashboards that are left open cost the daemon, how long lists of very many runs take, and how soon pages
are there in a browser."""
import base64
import contextlib
import random
import sqlite3
import sys
import threading
import time
from pathlib import Path

import machine
from asker import Asker, percentile
from campaign_figures import NEVER, campaign
from service import Failed

sys.path.append(str(Path(__file__).resolve().parent.parent / "pages"))

import browser
import seed

CAMPAIGNS, RUNS, OF_ONE = 100, 10_000, 1_000
DASHBOARDS, INTERVAL = 20, 2.0
SETTLE, WATCHED = 6, 30  # seconds
MANY_RUNS, PAGE, PAGES = 100_000, 100, 300
MANY_JOBS = 10_000


def overview_page():
    return ["/v1/overview"]


def campaign_page(id):
    at = f"/v1/campaigns/{id}"
    return ["/v1/overview", at, f"{at}/grid", f"{at}/values", f"{at}/analysis?live=true"]


class Dashboard(threading.Thread):
    """As the front end polls: each target at the interval, with the ETag that it has."""

    def __init__(self, service, targets, stop):
        super().__init__()
        self.asker, self.targets, self.stop = Asker(service), targets, stop
        self.etags, self.fault = {}, None

    def run(self):
        try:
            with self.asker.sock:
                while not self.stop.wait(INTERVAL * random.uniform(0.9, 1.1)):
                    for target in self.targets:
                        self.etags[target] = self.asker.ask(target, self.etags.get(target), packed=True)
        except (Failed, OSError) as fault:
            self.fault = fault


def change_it(service, id, stop):
    """Something happens every second, as while runs go on."""
    order = "pause"
    while not stop.wait(1):
        service.call("POST", f"/v1/campaigns/{id}/{order}")
        order = "resume" if order == "pause" else "pause"


@contextlib.contextmanager
def dashboards(service, id):
    """Half of them show the campaign that changes."""
    stop = threading.Event()
    pages = [Dashboard(service, campaign_page(id) if i % 2 else overview_page(), stop) for i in range(DASHBOARDS)]
    for page in pages:
        page.start()
    try:
        yield pages
    finally:
        stop.set()
        for page in pages:
            page.join()
    for page in pages:
        if page.fault:
            raise Failed(str(page.fault))


def fill(service):
    """The campaign that changes."""
    spec = campaign(factors={"workload.env.LEVEL": [str(i) for i in range(10)]}, design={"repetitions": 200},
                    objectives=[{"metric": "elapsed", "direction": "min"}])
    origin = service.submit(**spec)
    service.stop()
    rows = seed.Rows(service.database, origin)
    each = (RUNS - OF_ONE) // (CAMPAIGNS - 1)
    with seed.opened(service.database) as db:
        db.execute("DELETE FROM image")  # a run that finds the host quiet after all begins nothing
        for _ in range(CAMPAIGNS - 1):
            rows.add_campaign(db, "done", each)
        changing = rows.add_campaign(db, "paused", OF_ONE)
    service.start()
    return changing


def polled(bench, figures):
    cpu, ms = figures
    with bench.service(**NEVER) as service:
        changing = fill(service)

        def once():
            conditions = machine.conditions()
            stop = threading.Event()
            with dashboards(service, changing) as pages:
                changer = threading.Thread(target=change_it, args=(service, changing, stop))
                changer.start()
                try:
                    time.sleep(SETTLE)
                    before, start = service.cpu_seconds(), time.monotonic()
                    for page in pages:
                        page.asker.ms.clear()
                    time.sleep(WATCHED)
                    used, took = service.cpu_seconds() - before, time.monotonic() - start
                finally:
                    stop.set()
                    changer.join()
            cpu.add(100 * used / took, conditions)
            ms.add(percentile([t for page in pages for t in page.asker.ms], 99), conditions)

        bench.repeated(figures, min(bench.repeat, 3), once)


# ------------------------------------------------------------------------------- lists of runs


def cursor_behind(created_ns, id):
    """As the daemon makes them, to begin anywhere; it is nobody else's to make one."""
    return base64.urlsafe_b64encode(f"{created_ns}.{id}".encode()).decode().rstrip("=")


def pages_of_runs(bench, figures):
    p99, cpu = figures
    draw = random.Random(1)
    with bench.service(**NEVER) as service:
        levels = [str(i) for i in range(100)]
        origin = service.submit(**campaign(factors={"workload.env.LEVEL": levels}, design={"repetitions": 1000}))
        service.stop()
        rows = seed.Rows(service.database, origin)
        with seed.opened(service.database) as db:
            rows.hold_origin(db)
            rows.add_campaign(db, "done", MANY_RUNS)
        with contextlib.closing(sqlite3.connect(service.database)) as db:
            places = db.execute("SELECT created_ns, id FROM run ORDER BY created_ns LIMIT ?", (MANY_RUNS,)).fetchall()
        service.start()

        def once():
            conditions = machine.conditions()
            asker, before = Asker(service), service.cpu_seconds()
            with asker.sock:
                for _ in range(PAGES):
                    asker.ask(f"/v1/runs?limit={PAGE}&cursor={cursor_behind(*draw.choice(places))}")
            p99.add(percentile(asker.ms, 99), conditions)
            cpu.add(1000 * (service.cpu_seconds() - before) / PAGES, conditions)

        bench.repeated(figures, min(bench.repeat, 3), once)


# ------------------------------------------------------------------------------- in a browser


def in_a_browser(bench, figures):
    usable, first, frame, cpu = figures
    if why := browser.missing():
        raise Failed(why)
    with bench.service(**NEVER) as service:
        origin = service.submit(**campaign(factors={"workload.env.LEVEL": ["1", "2"]}))
        service.stop()
        rows = seed.Rows(service.database, origin)
        with seed.opened(service.database) as db:
            rows.add_campaign(db, "done", 2)
            rows.add_queue(db, rows.runs[0], MANY_JOBS)
        service.start()
        port = service.address[1]

        def once():
            conditions = machine.conditions()
            try:
                (load,) = browser.check("first_load", port)
                (jobs,) = browser.check("many_jobs", port, run=rows.runs[0], jobs=MANY_JOBS)
            except AssertionError as fault:
                raise Failed(str(fault)) from None
            usable.add(load["usableMs"], conditions)
            first.add(load["firstLoadBytes"] / 1000, conditions)
            frame.add(jobs["pannedFar"]["p95"], conditions)
            cpu.add(jobs["pannedFar"]["pageCpuMsPerFrame"], conditions)

        bench.repeated(figures, min(bench.repeat, 3), once)
