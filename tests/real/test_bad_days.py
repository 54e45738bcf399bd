"""What can go wrong on a host goes wrong: the reason is told in words, what was made is removed, the
daemon goes on. libvirt's own daemon is stopped, killed and frozen here; no other test runs beside."""
import errno
import os
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

import host
from conftest import SMALL
from daemon import PROGRAM, Daemon

HERE = host.Libvirtd()


@pytest.fixture
def libvirtd():
    yield HERE
    HERE.restore()


def failed(api, id, patience=180):
    cluster = api.wait_state(id, "failed", patience=patience)
    assert cluster["error"]["detail"] and cluster["error"]["type"]
    assert cluster["residue"]["empty"], cluster["residue"]
    assert cluster["readyAt"] is None and cluster["endedAt"]
    return cluster


def works(daemon):
    """It goes on as if nothing had been."""
    host.wait_until(lambda: daemon.answers("/readyz"), "readiness")
    id = daemon.api.up(node=SMALL)["id"]
    assert daemon.api.run(id, "srun", "hostname").text == "n1\n"
    daemon.api.down(id)


def node_cgroup(id, node):
    for target, kind in host.mounts():
        path = Path(target) / "benchd" / id / node
        if kind == "cgroup2" and path.is_dir():
            return path
    # elsewhere on a host of pure cgroup2: below libvirt's own
    for path in map(Path, host.cgroups()):
        if f"bd-{id}-{node}" in path.name:
            return path
    raise AssertionError(f"no cgroup of {id} {node}")


# -- the scheduler and the nodes --

class Hopeless:
    """A cluster whose scheduler never gets ready, begun early: its time runs beside the other tests,
    who leave it out when they look at the host."""

    def __init__(self, images):
        self.daemon = Daemon(image_dir=images.dir, database=images.database).start()
        options = {"SelectType": "select/none_of_this_name"}
        self.id = self.daemon.api.create(node=SMALL, scheduler={"options": options})["id"]
        host.OURS.discard(self.id)

    def failed(self):
        cluster = failed(self.daemon.api, self.id)
        host.OURS.add(self.id)
        return cluster


@pytest.fixture(scope="module")
def hopeless(host_after_file, images):
    hopeless = Hopeless(images)
    yield hopeless
    hopeless.daemon.clean_up()


def test_a_node_that_is_killed_while_it_comes_up(hopeless, api):
    id = api.create(compute=2, node=SMALL)["id"]
    api.wait_for(f"/v1/clusters/{id}", lambda c: c["step"] == "ready")
    (node_cgroup(id, "n2") / "cgroup.kill").write_text("1")
    cluster = failed(api, id)
    assert cluster["error"]["step"] == "ready" and "n2" in cluster["error"]["detail"]


def test_a_node_that_is_killed_in_a_ready_cluster(api):
    id = api.up(compute=2, node=SMALL)["id"]
    (node_cgroup(id, "n2") / "cgroup.kill").write_text("1")
    cluster = api.wait_for(f"/v1/clusters/{id}", lambda c: c["warnings"])
    states = {n["name"]: n["state"] for n in cluster["nodes"]}
    assert states["n2"] == "lost" and states["n1"] == "ready" and cluster["state"] == "ready"
    assert any("n2" in w for w in cluster["warnings"])
    assert [e for e in api.events(subject=f"cluster/{id}") if "lost" in e["kind"]]
    gone = api.run(id, "true", node="n2")
    assert gone.exit["reason"] == "failed" and "n2" in gone.exit["detail"]
    assert api.run(id, "hostname", node="n1").text == "n1\n"
    api.down(id)


def test_a_node_that_is_killed_while_the_daemon_is_down(make_daemon):
    daemon = make_daemon().start()
    id = daemon.api.up(compute=2, node=SMALL)["id"]
    daemon.stop()
    (node_cgroup(id, "n1") / "cgroup.kill").write_text("1")
    daemon.start()
    cluster = daemon.api.wait_for(f"/v1/clusters/{id}", lambda c: c["warnings"])
    assert {n["name"]: n["state"] for n in cluster["nodes"]}["n1"] == "lost"
    daemon.api.down(id)


def test_a_command_whose_node_dies(api):
    id = api.up(node=SMALL)["id"]
    with api.exec_stream(id, "sh", "-c", "echo here; sleep 1000", node="n1") as stream:
        events = api.exec_events(stream)
        assert next(events)["data"] == "here\n"
        (node_cgroup(id, "n1") / "cgroup.kill").write_text("1")
        end = list(events)[-1]["exit"]
    assert end["reason"] in ("signalled", "failed"), end
    api.down(id)


# -- room --

def test_an_address_pool_that_is_empty(make_daemon):
    daemon = make_daemon(subnet_pool="10.214.7.0/24").start()
    api = daemon.api
    first = api.up(node=SMALL)
    assert first["subnet"] == "10.214.7.0/24"
    reply = api.post("/v1/clusters", {"node": SMALL})
    if reply.status == 202:
        cluster = failed(api, reply.json["id"])
        assert cluster["error"]["type"] == "no-capacity"
        words = cluster["error"]["detail"]
    else:
        assert (reply.status, reply.problem) == (409, "no-capacity")
        words = reply.json["detail"]
    assert "10.214.7.0/24" in words
    api.down(first["id"])
    works(daemon)


@pytest.fixture
def small_disk(tmp_path, host_after_test):
    """64 MiB for a daemon's state; mounted before the inventory of the test that uses it is compared."""
    host.run("mount", "-t", "tmpfs", "-o", "size=64m", "benchd-test", str(tmp_path))
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


class Ballast:
    """Takes all the room there is but so many bytes."""

    def __init__(self, directory):
        self.path = directory / "ballast"

    def take_all_but(self, bytes):
        """The daemon writes meanwhile: what it takes first is looked at anew."""
        with open(self.path, "ab") as f:
            while True:
                stat = os.statvfs(self.path.parent)
                room = stat.f_bavail * stat.f_frsize - bytes
                try:
                    if room > 0:
                        os.posix_fallocate(f.fileno(), os.fstat(f.fileno()).st_size, room)
                    return
                except OSError as e:
                    if e.errno != errno.ENOSPC:
                        raise

    def drop(self):
        self.path.unlink()


def test_a_disk_without_any_room(small_disk, make_daemon):
    daemon = make_daemon(state_dir=small_disk / "state").start()
    ballast = Ballast(small_disk)
    ballast.take_all_but(0)
    reply = daemon.api.post("/v1/clusters", {"node": SMALL})
    assert reply.status in (409, 500, 503), reply
    assert "full" in reply.json["detail"] or "space" in reply.json["detail"].lower(), reply
    assert daemon.api.get("/v1/clusters").json["items"] == []
    assert daemon.api.get("/readyz").status == 503
    ballast.drop()
    assert daemon.api.post("/v1/clusters", {"node": SMALL, "name": "after"}).status == 202
    for cluster in daemon.api.get("/v1/clusters").json["items"]:
        daemon.api.wait_state(cluster["id"], "ready")
        daemon.api.down(cluster["id"])
    works(daemon)


@pytest.mark.parametrize("left", [0, 40_000, 400_000])
def test_a_disk_that_fills_while_a_cluster_comes_up(small_disk, make_daemon, left):
    daemon = make_daemon(state_dir=small_disk / "state").start()
    ballast = Ballast(small_disk)
    id = daemon.api.create(compute=3, node=SMALL)["id"]
    ballast.take_all_but(left)
    time.sleep(3)  # time to run into it
    ballast.drop()
    cluster = daemon.api.wait_state(id, "ready", "failed")
    if cluster["state"] == "failed":
        words = cluster["error"]["detail"].lower()
        assert "space" in words or "full" in words, cluster["error"]
        assert cluster["residue"]["empty"], cluster["residue"]
    else:
        daemon.api.down(id)
    works(daemon)


def test_a_disk_that_is_full_while_a_cluster_goes_down(small_disk, make_daemon):
    """What there is to remove is removed all the same: that may be what makes the room."""
    daemon = make_daemon(state_dir=small_disk / "state").start()
    id = daemon.api.up(node=SMALL)["id"]
    ballast = Ballast(small_disk)
    ballast.take_all_but(0)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(daemon.api.delete(f"/v1/clusters/{id}")))
    thread.start()
    time.sleep(2)
    ballast.drop()
    thread.join()
    assert answers[0].status in (200, 202), answers
    assert daemon.api.wait_state(id, "deleted")["residue"]["empty"]
    works(daemon)


def test_too_little_disk_for_an_image_is_told_before(small_disk, make_daemon):
    daemon = make_daemon(empty=True, state_dir=small_disk / "state").start()
    reply = daemon.api.post("/v1/images", {"recipe": "debian-bookworm"})
    if reply.status == 202:
        image = daemon.api.wait_for(f"/v1/images/{reply.json['id']}", lambda i: i["state"] != "building")
        assert image["state"] == "failed"
        words = image["error"]["detail"]
    else:
        assert (reply.status, reply.problem) == (409, "no-capacity")
        words = reply.json["detail"]
    assert "needs about 0.8 GiB" in words and "has 0.1 GiB" in words, words
    assert not list(daemon.image_dir.glob("work/*"))


# -- the database and the start --

def test_a_database_of_a_newer_version(make_daemon):
    daemon = make_daemon()
    with sqlite3.connect(daemon.database) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    words = daemon.fails_to_start()
    assert "9999" in words and "newer" in words and str(daemon.database) in words
    with sqlite3.connect(daemon.database) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (9999,)
    db.close()


@pytest.mark.parametrize("harm", ["garbage", "a hole", "cut"])
def test_a_damaged_database(make_daemon, harm):
    daemon = make_daemon()
    data = bytearray(daemon.database.read_bytes())
    if harm == "garbage":
        data[:] = b"no database at all\n" * 1000
    elif harm == "a hole":
        data[100:3000] = bytes(2900)
    else:
        del data[len(data) // 2 + 100 :]
    daemon.database.write_bytes(data)
    words = daemon.fails_to_start()
    assert str(daemon.database) in words and "level=error" in words
    assert daemon.database.read_bytes() == bytes(data), "what is there is left for who can save it"


def test_a_row_that_can_not_be_read_is_set_aside(make_daemon):
    daemon = make_daemon().start()
    api = daemon.api
    good, bad = (api.up(node=SMALL, name=name)["id"] for name in ("good", "bad"))
    api.down(bad)
    daemon.stop()
    with sqlite3.connect(daemon.database) as db:
        db.execute("UPDATE cluster SET state = 'ready', spec = '{}' WHERE id = ?", (bad,))
    db.close()
    daemon.start()
    assert "set aside" in daemon.words() and bad in daemon.words()
    assert api.cluster(good)["state"] == "ready"
    api.down(good)
    daemon.stop()
    with sqlite3.connect(daemon.database) as db:
        db.execute("UPDATE cluster SET state = 'deleted' WHERE id = ?", (bad,))
    db.close()
    daemon.clusters.remove(bad)


def test_two_daemons_on_one_state_directory(daemon, make_daemon):
    second = make_daemon(state_dir=daemon.state_dir, empty=True)
    words = second.fails_to_start()
    assert "another benchd" in words and str(daemon.state_dir) in words
    assert daemon.api.get("/healthz").status == 200


def test_a_port_that_is_taken(daemon, make_daemon):
    second = make_daemon(empty=True, listen_tcp=f"127.0.0.1:{daemon.port}")
    words = second.fails_to_start()
    assert f"127.0.0.1:{daemon.port}" in words and "in use" in words


def test_a_socket_that_is_left_over_is_no_hindrance_but_one_in_use_is(daemon, make_daemon):
    second = make_daemon(empty=True)
    second.start()
    second.kill()
    assert Path(second.socket).exists()
    second.start()
    third = make_daemon(empty=True, listen_unix=daemon.socket)
    words = third.fails_to_start()
    assert daemon.socket in words
    assert daemon.api.get("/healthz").status == 200


def test_what_is_missing_of_the_installation_is_told_by_name(make_daemon):
    daemon = make_daemon(bench_enter="/nowhere/bench-enter").start("/healthz")
    id = daemon.api.create(node=SMALL)["id"]
    assert "/nowhere/bench-enter" in failed(daemon.api, id)["error"]["detail"]


# -- the configuration --

def check_config(*argv, config=None, env=None):
    flags = [f"--config={config}"] if config else []
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BENCHD_")}
    return subprocess.run(
        [str(PROGRAM), "--check-config", *flags, *argv],
        capture_output=True, text=True, timeout=30, env={**clean, **(env or {})},
    )


@pytest.mark.parametrize("line, words", [
    ("wurkers = 3", ["wurkers", "no such key"]),
    ("workers = many", ["workers", "number", "many"]),
    ("workers = 0", ["workers", "1 to 256"]),
    ("workers", ["key = value"]),
    ("state_dir = relative", ["state_dir", "absolute"]),
    ("subnet_pool = 10.0.0.1/8", ["subnet_pool"]),
    ("subnet_pool = none", ["subnet_pool"]),
    ("import_max_bytes = 5 apples", ["import_max_bytes", "5 apples"]),
    ("log_level = loud", ["log_level", "debug"]),
    ("log_format = xml", ["log_format", "logfmt"]),
])
def test_a_configuration_that_is_wrong_names_its_place(tmp_path, line, words):
    config = tmp_path / "benchd.conf"
    config.write_text(f"# a comment\n\nlog_level = info\n{line}\n")
    done = check_config(config=config)
    assert done.returncode == 2 and done.stdout == ""
    assert f"{config}:4" in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_file_environment_and_flags_stand_over_each_other(tmp_path):
    config = tmp_path / "benchd.conf"
    config.write_text("workers = 3\nexec_workers = 3\nreader_workers = 3\n")
    env = {"BENCHD_EXEC_WORKERS": "4", "BENCHD_READER_WORKERS": "4"}
    done = check_config("--reader-workers", "5", config=config, env=env)
    assert done.returncode == 0, done.stderr
    values = dict(line.split(" = ") for line in done.stdout.splitlines() if " = " in line)
    assert [values[k] for k in ("workers", "exec_workers", "reader_workers")] == ["3", "4", "5"]
    wrong = check_config(env={"BENCHD_WORKERS": "x"})
    assert wrong.returncode == 2 and "BENCHD_WORKERS" in wrong.stderr
    missing = check_config(config=tmp_path / "nowhere.conf")
    assert missing.returncode == 2 and "nowhere.conf" in missing.stderr


# -- libvirt's daemon --

def test_libvirtd_that_is_down(libvirtd, daemon, api):
    libvirtd.stop()
    try:
        id = api.create(node=SMALL)["id"]
        reply = api.get("/readyz")
        assert reply.status == 503 and any("libvirt" in r for r in reply.json["reasons"])
        cluster = api.wait_state(id, "failed")
        assert "libvirt" in cluster["error"]["detail"]
        assert cluster["residue"]["empty"], cluster["residue"]
    finally:
        libvirtd.start()
    works(daemon)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_libvirtd_that_is_restarted_in_mid_start(libvirtd, daemon, api, how):
    id = api.create(compute=4, node=SMALL)["id"]
    api.wait_for(f"/v1/clusters/{id}", lambda c: c["step"] in ("nodes", "ready"))
    libvirtd.stop(how)
    libvirtd.start()
    cluster = api.wait_state(id, "ready", "failed")
    if cluster["state"] == "ready":
        assert sorted(api.run(id, "srun", "-N4", "hostname").text.split()) == ["n1", "n2", "n3", "n4"]
        api.down(id)
    else:
        assert cluster["residue"]["empty"] and "libvirt" in cluster["error"]["detail"]
    works(daemon)


def test_libvirtd_that_is_down_while_a_cluster_goes_down(libvirtd, daemon, api):
    id = api.up(node=SMALL)["id"]
    libvirtd.stop()
    try:
        assert api.delete(f"/v1/clusters/{id}").status == 202
        time.sleep(2)
    finally:
        libvirtd.start()
    assert api.wait_state(id, "deleted")["residue"]["empty"]
    works(daemon)


def test_libvirtd_that_hangs_during_a_start(libvirtd, daemon, api):
    id = api.create(compute=2, node=SMALL)["id"]
    api.wait_for(f"/v1/clusters/{id}", lambda c: c["step"] in ("nodes", "ready"))
    libvirtd.freeze()
    try:
        for _ in range(20):  # all that needs no libvirt goes on
            assert api.get("/healthz").status == 200
            assert api.get(f"/v1/clusters/{id}").status == 200
            time.sleep(1)
    finally:
        libvirtd.thaw()
    cluster = api.wait_state(id, "ready", "failed")
    if cluster["state"] == "ready":
        api.down(id)
    else:
        assert cluster["residue"]["empty"], cluster
    works(daemon)


def test_libvirtd_that_hangs_before_a_start_and_never_comes_back(libvirtd, make_daemon):
    daemon = make_daemon().start()
    libvirtd.freeze()
    try:
        id = daemon.api.create(node=SMALL)["id"]
        cluster = daemon.api.wait_state(id, "failed")
        assert "libvirt" in cluster["error"]["detail"]
        assert daemon.api.get("/readyz").status == 503
        daemon.stop(expect=None)
    finally:
        libvirtd.thaw()
    daemon.start()
    works(daemon)


def test_a_scheduler_that_can_not_start_has_the_last_word(hopeless):
    error = hopeless.failed()["error"]
    assert error["step"] == "ready" and error["type"] == "child"
    assert "slurmctld" in error["detail"] and "select/none_of_this_name" in error["detail"]
