"""The dashboard in Chromium, against a real daemon: empty, with clusters and runs of its own, with 100,000
runs. What is looked at is in clients/dashboard/tests/browser; here is what it is looked at with."""
import json
import os
import shutil
import sqlite3
import subprocess

import pytest

import host
from campaigns import AT_ONCE, shell
from daemon import BUILD

LOOK_AT_HOST_ONCE = True
DAEMON = AT_ONCE
PAGES = BUILD / "clients" / "dashboard" / "ui"
SOURCE = host.ROOT / "clients" / "dashboard"
VITEST = SOURCE / "node_modules" / "vitest" / "vitest.mjs"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MANY = 100_000
HOSTILE = '<img src=x onerror=alert(1)> \x1b[31m"\'&amp; ' + "x" * 10_000

if not PAGES.is_dir() or not VITEST.exists():
    pytest.skip(f"the dashboard is not built: no {PAGES}", allow_module_level=True)
if not CHROMIUM or not shutil.which("node"):
    pytest.skip("no chromium, or no node", allow_module_level=True)


def browse(daemon, *files, seconds=280):
    """Runs those files of browser tests against the daemon; their words where one fails."""
    env = dict(os.environ, BENCHD_URL=f"http://127.0.0.1:{daemon.port}", BENCHD_UI_DIR=str(PAGES),
               BENCHD_CHROMIUM=CHROMIUM, NO_COLOR="1")
    command = ["node", str(VITEST), "run", "--config", "vitest.browser.config.ts"]
    done = subprocess.run(command + [f"tests/browser/{name}.test.ts" for name in files], cwd=SOURCE, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-8000:]


def test_every_page_of_an_empty_daemon_is_whole(make_daemon):
    browse(make_daemon(empty=True).start(), "pages")


def test_clusters_and_runs_are_made_and_watched(daemon, campaigns):
    browse(daemon, "runs")


def test_every_page_of_a_daemon_with_runs_is_whole(daemon, campaigns):
    campaigns.done(shell("echo measured", name="measured"))
    campaigns.failed(shell(f"echo '{HOSTILE[:60]}'; exit 3", name="fails"))
    browse(daemon, "pages")


def cloned(row, names, **other):
    new = dict(zip(names, row), **other)
    return [new[name] for name in names]


def fill(database):
    """As if there had been MANY more runs like the newest; some have failed, with hostile words."""
    with sqlite3.connect(database) as db:
        def newest(table, where):
            cursor = db.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY created_ns DESC LIMIT 1")
            return [c[0] for c in cursor.description], cursor.fetchone()

        def insert(table, names, rows):
            places = ", ".join("?" * len(names))
            db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)

        names, run = newest("run", "state = 'done'")
        of_cluster, cluster = newest("cluster", f"id = '{run[names.index('id')]}'")
        began = run[names.index("created_ns")]
        error = json.dumps({"type": "timeout", "step": "ready", "detail": "n2: " + HOSTILE})
        runs, clusters = [], []
        for n in range(MANY):
            at = began + (n + 1) * 1_000_000
            times = {"created_ns": at, "ended_ns": at + 3_000_000_000 + n % 977 * 1_000_000}
            id = f"{0x10000000 + n:08x}"
            failed = {"state": "failed", "grade": None, "reasons": None, "error": error} if n % 50 == 0 else {}
            runs.append(cloned(run, names, id=id, position=n + 10, started_ns=at, **times, **failed))
            clusters.append(cloned(cluster, of_cluster, id=id, run=id, **times))
        insert("run", names, runs)
        insert("cluster", of_cluster, clusters)


def test_a_hundred_thousand_runs_are_listed(daemon, campaigns):
    campaigns.done(shell("echo measured", name="many"))
    daemon.stop()
    fill(daemon.database)
    daemon.start()
    browse(daemon, "many", seconds=500)
