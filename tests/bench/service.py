"""A benchd of the bench's own: the program as it was built, with its own state, sockets and log.

Images are in the cache that the tests on the real host fill and use, so that one is built once on
a machine: a directory of images, and a database that knows them; each daemon gets a copy of that.
"""
import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import host
from sockets import UnixConnection, free_port

BUILD = Path(os.environ.get("BENCHD_BUILD", host.ROOT / "build")).resolve()
CACHE = Path(os.environ.get("BENCHD_TEST_CACHE", "/var/cache/benchd-test"))
IMAGE = "debian-bookworm"
NODE = {"cpus": 0.25, "schedulerCpus": 1, "memory": "256MiB"}  # of what is measured
# Nodes' roots are written there: it must be a disk, as it is in use, and /tmp may be memory.
SCRATCH = os.environ.get("TMPDIR", "/var/tmp")

PATIENCE = 300  # seconds until what has to come is given up
START_PATIENCE, STOP_PATIENCE = 30, 10
LOOK = 0.005  # seconds between two looks whether it is ready
POLL = 30  # seconds that one question waits for a change


class Failed(Exception):
    """Something could not be measured; says why."""


def copy_database(source, target):
    """With what is in its log as yet; the copy has none."""
    with contextlib.closing(sqlite3.connect(source)) as old, \
         contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = delete")


def told_by(program, *arguments):
    """What a program of the bench says: JSON, a line each."""
    argv = [str(BUILD / "tests" / "bench" / program), *map(str, arguments)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise Failed(f"{program} ended with {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


class Service:
    def __init__(self, image_dir, database, **flags):
        self.dir = Path(tempfile.mkdtemp(prefix="benchd-bench-", dir=SCRATCH))
        self.database = self.dir / "state" / "benchd.db"
        self.socket = str(self.dir / "sock")
        self.address = ("127.0.0.1", free_port())
        self.image_dir = image_dir
        self.flags = flags
        self.process = None
        self.connection = None
        self.clusters = set()  # that are not known to be gone
        self.database.parent.mkdir()
        if database:
            shutil.copy(database, self.database)

    # -- the process --

    def start(self):
        argv = [
            str(BUILD / "daemon" / "benchd"),
            f"--state-dir={self.database.parent}",
            f"--image-dir={self.image_dir}",
            f"--listen-unix={self.socket}",
            f"--listen-tcp={self.address[0]}:{self.address[1]}",
            f"--recipe-dir={host.ROOT / 'lib' / 'image' / 'recipes'}",
            f"--ui={BUILD / 'clients' / 'dashboard' / 'dist'}",
            f"--node-layer={BUILD / 'node' / 'layer'}",
            f"--bench-enter={BUILD / 'node' / 'bench-enter'}",
            f"--libvirt-uri={host.URI}",
            *(f"--{k.replace('_', '-')}={v}" for k, v in self.flags.items()),
        ]
        env = {k: v for k, v in os.environ.items() if not k.startswith("BENCHD_")}
        with open(self.dir / "log", "ab") as log:
            # Not of this terminal's: Ctrl-C is for the bench, which then takes its clusters down.
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                start_new_session=True,
            )
        until = time.monotonic() + START_PATIENCE
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise Failed(f"benchd did not become ready: {self.last_words()}")
            time.sleep(LOOK)
        return self

    def is_ready(self):
        try:
            return self.call("GET", "/readyz", patience=START_PATIENCE)[0] == 200
        except OSError:
            return False

    def last_words(self):
        return (self.dir / "log").read_text(errors="replace")[-1500:].strip()

    def use(self, database):
        """It has stopped, and begins with a copy of that one next."""
        for name in (f"{self.database.name}{end}" for end in ("", "-wal", "-shm")):
            self.database.with_name(name).unlink(missing_ok=True)
        shutil.copy(database, self.database)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"benchd had not ended {STOP_PATIENCE} s after SIGTERM") from None
        if code != 0:
            raise Failed(f"benchd ended with {code}: {self.last_words()}")

    def clean_up(self):
        """Nothing of it is left, whatever happened; what it can't take down itself is a fault."""
        try:
            if self.process and self.process.poll() is None:
                for id in list(self.clusters):
                    self.call("DELETE", f"/v1/clusters/{id}")
                for id in list(self.clusters):
                    self.wait(f"/v1/clusters/{id}", ("deleted", "failed"))
                    self.clusters.discard(id)
                self.stop()
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            host.wreck(*self.clusters)
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.clean_up()
            raise

    def __exit__(self, *_):
        self.clean_up()

    # -- what it takes --

    def cpu_seconds(self):
        """All that its threads have used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return 1024 * int(line.split()[1])
        raise Failed("benchd has no VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def metric(self, name):
        status, _, text = self.call("GET", "/metrics")
        for line in text.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        raise Failed(f"/metrics ({status}) has no {name}")

    # -- HTTP --

    def call(self, method, target, body=None, etag=None, patience=PATIENCE):
        """(status, ETag, body), over one connection."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if etag:
            headers["If-None-Match"] = etag
        self.connection = self.connection or UnixConnection(self.socket, patience)
        self.connection.timeout = patience
        try:
            data = None if body is None else json.dumps(body)
            self.connection.request(method, target, body=data, headers=headers)
            response = self.connection.getresponse()
            return response.status, response.headers["ETag"], response.read()
        except BaseException as fault:
            self.connection.close()
            self.connection = None
            if isinstance(fault, http.client.HTTPException):
                raise OSError(f"{method} {target}: {fault!r}") from fault
            raise

    def add_input(self, content):
        """Its digest."""
        connection = UnixConnection(self.socket, PATIENCE)
        connection.request("POST", "/v1/inputs", content, {"Content-Type": "application/octet-stream"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status not in (200, 201):
            raise Failed(f"POST /v1/inputs: {response.status}: {body[:300]}")
        return json.loads(body)["digest"]

    def wait(self, target, states, patience=PATIENCE):
        """The object once it is in one of the states. Each answer comes when something changed."""
        until, etag = time.monotonic() + patience, None
        while time.monotonic() < until:
            polled = f"{target}?wait={POLL}" if etag else target
            status, new_etag, body = self.call("GET", polled, etag=etag)
            if status == 304:
                continue
            found = json.loads(body)
            if status != 200:
                raise Failed(f"GET {target}: {found.get('detail', status)}")
            if found["state"] in states:
                return found
            etag = new_etag
        raise Failed(f"{target} was still {found['state']} after {patience} s")

    # -- campaigns --

    def submit(self, **spec):
        status, _, body = self.call("POST", "/v1/campaigns", spec)
        campaign = json.loads(body)
        if status != 202:
            raise Failed(f"POST /v1/campaigns: {campaign.get('detail', status)}")
        return campaign["id"]

    def cancel(self, id):
        """Its runs are taken down with it."""
        self.call("POST", f"/v1/campaigns/{id}/cancel")
        return self.wait(f"/v1/campaigns/{id}", ("done", "failed", "cancelled"))

    def runs(self, id):
        """All of a campaign, those that began first before."""
        runs, more = [], ""
        while more is not None:
            _, _, body = self.call("GET", f"/v1/campaigns/{id}/runs?limit=50{more}")
            page = json.loads(body)
            runs += page["items"]
            more = page["next"] and f"&cursor={page['next']}"
        host.OURS.update(run["id"] for run in runs)
        return sorted(runs, key=lambda run: run["createdAt"])

    # -- clusters --

    def create(self, **spec):
        status, _, body = self.call("POST", "/v1/clusters", spec)
        cluster = json.loads(body)
        if status != 202:
            raise Failed(f"POST /v1/clusters: {cluster.get('detail', status)}")
        self.clusters.add(cluster["id"])
        host.OURS.add(cluster["id"])
        return cluster["id"]

    def wait_ready(self, id):
        cluster = self.wait(f"/v1/clusters/{id}", ("ready", "failed", "deleted"))
        if cluster["state"] != "ready":
            self.clusters.discard(id)
            raise Failed(f"cluster {id} {cluster['state']}: {cluster['error']}")
        return cluster

    def down(self, id):
        self.call("DELETE", f"/v1/clusters/{id}")
        cluster = self.wait(f"/v1/clusters/{id}", ("deleted", "failed"))
        self.clusters.discard(id)
        return cluster


class Images:
    """Where the built image is, and a database that has it and nothing else."""

    dir = CACHE / "images"
    database = CACHE / "benchd.db"

    def prepare(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        with open(CACHE / "lock", "w") as lock:
            self.take(lock)
            with self.service() as service:
                status, _, body = service.call("POST", "/v1/images", {"recipe": IMAGE})
                image = json.loads(body)
                if status not in (200, 202):
                    raise Failed(f"POST /v1/images: {image.get('detail', status)}")
                image = service.wait(f"/v1/images/{image['id']}", ("ready", "failed"))
                if image["state"] != "ready":
                    raise Failed(f"image {IMAGE}: {image['error']['detail']}")
                if status == 202:
                    self.keep(service.database)
        return image

    def take(self, lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for who builds an image in {CACHE}", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)

    def keep(self, database):
        """The daemon still has it open: its log belongs to it."""
        new = self.database.with_suffix(".new")
        new.unlink(missing_ok=True)
        copy_database(database, new)
        new.rename(self.database)

    def service(self, **flags):
        return Service(self.dir, self.database if self.database.exists() else None, **flags)
