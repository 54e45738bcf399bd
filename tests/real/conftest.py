"""What the tests on the real host share: benchd as built, real libvirt, real Slurm, root.

An image is built once on a machine, into $BENCHD_TEST_CACHE (/var/cache/benchd-test); each daemon of
the tests begins with a copy of the database that knows it, and shares the directory. Round every test
and round every file the host is looked at, and has to be the same.
"""
import fcntl
import os
import shutil
from pathlib import Path

import pytest

import host
from campaigns import Campaigns
from daemon import PROGRAM, Daemon, copy_database

CACHE = Path(os.environ.get("BENCHD_TEST_CACHE", "/var/cache/benchd-test"))
IMAGE = "debian-bookworm"
SMALL = {"cpus": 0.25, "schedulerCpus": 1, "memory": "256MiB"}


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        print("SKIP: needs root: libvirt, namespaces and cgroups")
        os._exit(77)
    assert PROGRAM.exists(), f"{PROGRAM} is not built"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for daemon in Daemon.running:
            report.sections.append((f"end of the log of benchd in {daemon.dir}", daemon.words()[-6000:]))


class Images:
    """Where the built image is, and a database that has it and nothing else."""

    def __init__(self, place=CACHE, wanted=None):
        self.place = place
        self.dir = place / "images"
        self.database = place / "benchd.db"
        self.wanted = wanted or {"recipe": IMAGE}

    def prepare(self):
        self.place.mkdir(parents=True, exist_ok=True)
        with open(self.place / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self._build(known=self.database.exists())
            except AssertionError:
                if not self.database.exists():
                    raise
                self._build(known=False)  # the database is of a version that is not this one's

    def _build(self, known):
        daemon = Daemon(image_dir=self.dir, database=self.database if known else None)
        try:
            daemon.start()
            reply = daemon.api.post("/v1/images", self.wanted)
            assert reply.status in (200, 202), reply
            id = reply.json["id"]
            done = daemon.api.wait_for(
                f"/v1/images/{id}", lambda i: i["state"] in ("ready", "failed"), patience=1800
            )
            assert done["state"] == "ready", done
            daemon.stop()
            if reply.status == 202:
                copy_database(daemon.database, self.database)
        finally:
            daemon.clean_up()


@pytest.fixture(scope="session")
def images():
    images = Images()
    images.prepare()
    return images


def same_host(before, wreck=False):
    changes = host.difference(before)
    if changes and wreck:
        host.wreck(*host.OURS)
    told = "\n".join(changes[:40] + ["..."] * (len(changes) > 40))
    assert not told, f"the host is not as it was:\n{told}"


@pytest.fixture(scope="module", autouse=True)
def host_after_file(images):
    before = host.inventory()
    yield
    same_host(before, wreck=True)


@pytest.fixture(autouse=True)
def host_after_test(host_after_file, request):
    """Not in files of many small tests that say so: there once is enough."""
    each = not getattr(request.module, "LOOK_AT_HOST_ONCE", False)
    before = each and host.settled()
    yield
    if each:
        same_host(before)


@pytest.fixture
def make_daemon(host_after_test, images):
    """make_daemon(**flags): not started; cleaned up after the test."""
    made = []

    def make(empty=False, **flags):
        known = {} if empty else {"image_dir": images.dir, "database": images.database}
        made.append(Daemon(**{**known, **flags}))
        return made[-1]

    yield make
    faults = []
    for daemon in made:
        try:
            if daemon in Daemon.running:
                daemon.clean_up()
            else:
                shutil.rmtree(daemon.dir, ignore_errors=True)
        except Exception as fault:  # the others have to be cleaned up too
            faults.append(fault)
    if faults:
        raise faults[0]


@pytest.fixture(scope="module")
def daemon(host_after_file, images, request):
    """One for all tests of a file, with the flags that the file has in DAEMON."""
    flags = getattr(request.module, "DAEMON", {})
    daemon = Daemon(image_dir=images.dir, database=images.database, **flags).start()
    yield daemon
    daemon.clean_up()


@pytest.fixture(scope="module")
def campaigns(daemon):
    return Campaigns(daemon.api)


@pytest.fixture(scope="module")
def api(daemon):
    return daemon.api
