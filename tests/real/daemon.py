"""A benchd of the tests' own: the program as it was built, with its own state, sockets and log."""
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import host
from client import PATIENCE, Api
from sockets import free_port

BUILD = Path(os.environ.get("BENCHD_BUILD", host.ROOT / "build")).resolve()
PROGRAM = BUILD / "daemon" / "benchd"
FRAGMENTS = host.ROOT / "fragments"
WORKLOADS = host.ROOT / "workloads"
UI = BUILD / "clients" / "dashboard" / "ui"
RECIPES = host.ROOT / "lib" / "image" / "recipes"


class Daemon:
    running = []  # all that were started and not cleaned up

    def __init__(self, image_dir=None, database=None, state_dir=None, **flags):
        self.dir = Path(tempfile.mkdtemp(prefix="benchd-"))
        self.state_dir = Path(state_dir or self.dir / "state")
        self.transfer_dir = self.state_dir / "transfer"  # uploads and exports on their way
        self.image_dir = Path(image_dir or self.state_dir / "images")
        self.port = free_port()
        self.socket = str(self.dir / "sock")
        self.log = self.dir / "log"
        self.flags = flags
        self.env = {}  # added to its environment
        self.process = None
        self.clusters = []
        self.campaigns = []
        if database:
            self.state_dir.mkdir(parents=True)
            shutil.copy(database, self.state_dir / "benchd.db")
        self.api = Api(unix=self.socket, on_made=self.on_made)
        self.tcp = Api(tcp=("127.0.0.1", self.port), on_made=self.on_made)

    def on_made(self, target, id):
        host.OURS.add(id)
        if target == "/v1/clusters" and id not in self.clusters:
            self.clusters.append(id)
        if target == "/v1/campaigns" and id not in self.campaigns:
            self.campaigns.append(id)

    def argv(self):
        flags = {
            "state_dir": self.state_dir,
            "image_dir": self.image_dir,
            "listen_unix": self.socket,
            "listen_tcp": f"127.0.0.1:{self.port}",
            "recipe_dir": RECIPES,
            "fragments": FRAGMENTS,
            "workloads": WORKLOADS,
            "ui": UI,
            "node_layer": BUILD / "node" / "layer",
            "bench_enter": BUILD / "node" / "bench-enter",
            **self.flags,
        }
        return [str(PROGRAM)] + [f"--{k.replace('_', '-')}={v}" for k, v in flags.items()]

    @property
    def database(self):
        return self.state_dir / "benchd.db"

    def words(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # -- life --

    def start(self, until="/readyz"):
        """until: the path that has to answer 200; None: does not wait."""
        assert self.process is None or self.process.poll() is not None
        env = {k: v for k, v in os.environ.items() if not k.startswith("BENCHD_")} | self.env
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd="/"
            )
        if self not in Daemon.running:
            Daemon.running.append(self)
        if until:
            self.wait_up(until)
        return self

    def answers(self, path="/healthz"):
        try:
            return self.api.get(path).status == 200
        except (OSError, ConnectionError):
            return False

    def wait_up(self, path="/readyz"):
        def up():
            assert self.process.poll() is None, "benchd ended as it started:\n" + self.words()[-3000:]
            return self.answers(path)

        host.wait_until(up, f"200 from {path} of benchd")

    def fails_to_start(self):
        """Its last words, where it has to refuse to run."""
        self.start(until=None)
        code = self.process.wait(PATIENCE)
        assert code != 0, "benchd ended with 0"
        assert code > 0, f"benchd died by signal {-code}"
        return self.words()

    def stop(self, expect=0):
        """SIGTERM; the code that it ends with. It has to end within 10 seconds."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("benchd had not ended 10 s after SIGTERM") from None
        assert expect is None or code == expect, f"ended with {code}:\n{self.words()[-2000:]}"
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        if self.process.poll() is None:
            self.stop()
        return self.start()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    # -- what it takes --

    def rss_bytes(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def descriptors(self):
        directory = f"/proc/{self.process.pid}/fd"
        links = []
        for name in os.listdir(directory):
            try:
                links.append(os.readlink(f"{directory}/{name}"))
            except FileNotFoundError:
                pass
        return sorted(links)

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    # -- end --

    def end_campaigns(self):
        for id in self.campaigns:
            self.api.request("POST", f"/v1/campaigns/{id}/cancel")
        for id in self.campaigns:
            ends = ("done", "failed", "cancelled")
            self.api.wait_for(f"/v1/campaigns/{id}", lambda c: c["state"] in ends, patience=60)

    def clean_up(self):
        """No cluster, no process, no file; whatever the test left."""
        Daemon.running.remove(self)
        try:
            if (self.clusters or self.campaigns) and not self.alive():
                self.start("/healthz")
            self.end_campaigns()
            if self.clusters:
                for id in self.clusters:
                    self.api.request("DELETE", f"/v1/clusters/{id}")
                for id in self.clusters:
                    self.api.wait_state(id, "deleted", "failed", patience=60)
            if self.alive():
                self.stop()
        finally:
            if self.alive():
                self.kill()
            host.wreck(*self.clusters)
            shutil.rmtree(self.dir, ignore_errors=True)


def copy_database(source, target):
    """As one file, whatever is still in its log."""
    Path(target).unlink(missing_ok=True)
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = delete")
    old.close()
    new.close()


def seconds(since):
    return time.monotonic() - since
