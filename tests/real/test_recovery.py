"""benchd is killed or told to end at any moment of a cluster's life: the next start goes on from there,
and in the end nothing is left that nobody owns."""
import os
import random
import threading
import time

import pytest

import host
from client import sse_events
from conftest import SMALL

POINTS = int(os.environ.get("BENCHD_TEST_KILLS", "8"))  # each is two kills: on the way up, and down


class Follower:
    """A client that follows the events and comes back whenever the stream breaks."""

    def __init__(self, api):
        self.api, self.seen, self.ends = api, [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ends:
            try:
                with self.api.sse(last_id=self.seen[-1]["seq"] if self.seen else 0, timeout=1) as stream:
                    for _, _, event in sse_events(stream):
                        if isinstance(event, dict):
                            self.seen.append(event)
            except (OSError, ValueError):
                time.sleep(0.02)  # it is down, or silent

    def end(self):
        self.ends = True
        self.thread.join()
        return self.seen


def course(api):
    """Seconds that a cluster takes up and down, on this host now."""
    began = time.monotonic()
    id = api.up(node=SMALL)["id"]
    up = time.monotonic() - began
    began = time.monotonic()
    api.down(id)
    return up, time.monotonic() - began


def kill_and_start(daemon, delay):
    time.sleep(delay)
    daemon.kill()
    daemon.start("/healthz")


def one_life(daemon, up_delay, down_delay):
    """Killed on the way up and on the way down."""
    api = daemon.api
    id = api.create(node=SMALL)["id"]
    kill_and_start(daemon, up_delay)
    cluster = api.wait_state(id, "ready")
    assert api.run(id, "srun", "hostname").text == "n1\n"
    assert [n["state"] for n in cluster["nodes"]] == ["ready", "ready"]
    assert api.delete(f"/v1/clusters/{id}").status == 202
    kill_and_start(daemon, down_delay)
    gone = api.wait_state(id, "deleted")
    assert gone["residue"] == {"empty": True, "differences": []}, gone["residue"]


def deleted_on_the_way(daemon, up_delay, down_delay):
    """Killed on the way up, and then nobody wants it any more."""
    api = daemon.api
    id = api.create(node=SMALL)["id"]
    kill_and_start(daemon, up_delay)
    assert api.delete(f"/v1/clusters/{id}").status == 202
    kill_and_start(daemon, down_delay)
    gone = api.wait_state(id, "deleted")
    assert gone["residue"] == {"empty": True, "differences": []}, gone["residue"]


def same_after_each(daemon, lives):
    before = host.inventory()
    follower = Follower(daemon.api)
    try:
        for what, up_delay, down_delay in lives:
            told = f"{what.__name__}, killed {up_delay:.3f} s after POST and {down_delay:.3f} s after DELETE"
            print(told)
            try:
                what(daemon, up_delay, down_delay)
            except AssertionError as fault:
                raise AssertionError(f"{told}: {fault}") from fault
            changes = host.difference(before)
            assert not changes, f"{told}: left on the host:\n" + "\n".join(changes)
            assert not list((daemon.state_dir / "clusters").iterdir())
        last = daemon.api.events()
        host.wait_until(lambda: follower.seen and follower.seen[-1] == last[-1], "the last event")
    finally:
        seen = follower.end()
    assert [e["seq"] for e in last] == list(range(1, len(last) + 1)), "gaps or repeats in the log"
    assert seen == last, "a client that came back after each kill saw something else"


def test_killed_at_points_over_the_whole_course(make_daemon):
    daemon = make_daemon().start()
    up, down = course(daemon.api)
    lives = []
    for i in range(POINTS):
        part = (i + 0.5) / POINTS
        what = deleted_on_the_way if i % 4 == 3 else one_life
        lives.append((what, part * up, part * down))
    same_after_each(daemon, lives)


@pytest.mark.skipif("BENCHD_TEST_LONG" not in os.environ, reason="one of the long ones")
def test_killed_at_many_random_points(make_daemon):
    seed = int(os.environ.get("BENCHD_TEST_SEED", "0")) or random.randrange(2**32)
    print(f"BENCHD_TEST_SEED={seed}")
    chance = random.Random(seed)
    daemon = make_daemon().start()
    up, down = course(daemon.api)
    kinds = (one_life, one_life, deleted_on_the_way)
    lives = [
        (chance.choice(kinds), chance.random() * up * 1.1, chance.random() * down * 1.1)
        for _ in range(100)
    ]
    same_after_each(daemon, lives)


def test_a_ready_cluster_outlives_the_daemon(make_daemon):
    daemon = make_daemon().start()
    api = daemon.api
    id = api.up(node=SMALL)["id"]
    job = api.run(id, "sbatch", "--parsable", "--wrap", "sleep 4; echo whole", "-o", "/tmp/job")
    assert job.exit["code"] == 0
    daemon.restart()
    daemon.kill()
    daemon.start()
    assert api.cluster(id)["state"] == "ready"
    waits = "until grep -q whole /tmp/job; do sleep 0.2; done"
    assert api.run(id, "sh", "-c", waits, node="n1", timeout="60s").exit["code"] == 0
    api.down(id)


PHASES = ["at once", "image", "nodes", "ready", "teardown", "audit", "with a command and a stream"]


@pytest.mark.parametrize("phase", PHASES)
def test_sigterm_ends_it_in_time_and_the_next_start_goes_on(make_daemon, phase):
    daemon = make_daemon().start()
    api = daemon.api
    id = api.create(node=SMALL)["id"]
    if phase in ("image", "nodes", "ready"):
        api.wait_for(f"/v1/clusters/{id}", lambda c: c["step"] == phase or c["state"] == "ready")
    elif phase in ("teardown", "audit"):
        api.wait_state(id, "ready")
        api.delete(f"/v1/clusters/{id}")
        api.wait_for(f"/v1/clusters/{id}", lambda c: c["step"] == phase or c["state"] == "deleted")
    elif phase == "with a command and a stream":
        api.wait_state(id, "ready")
        command = api.exec_stream(id, "sh", "-c", "echo here; sleep 5086407")
        assert "here" in command.line()
        events = api.sse(since=0)
        assert events.line()
    daemon.stop()
    if phase == "with a command and a stream":
        assert '"cancelled"' in command.line()
        assert "cluster.ready" in "".join(events.lines())  # to its orderly end
        assert not host.process_with("5086407")
    daemon.start()
    if phase in ("teardown", "audit"):
        assert api.wait_state(id, "deleted")["residue"]["empty"]
    else:
        api.wait_state(id, "ready")
        api.down(id)


def test_sigterm_while_six_clusters_move(make_daemon):
    daemon = make_daemon().start()
    api = daemon.api
    ids = [api.create(node=SMALL)["id"] for _ in range(6)]
    for id in ids[:3]:
        api.delete(f"/v1/clusters/{id}")
    time.sleep(0.7)
    daemon.stop()
    daemon.start()
    for id in ids[:3]:
        api.wait_state(id, "deleted")
    for id in ids[3:]:
        api.wait_state(id, "ready")
    for id in ids[3:]:
        api.down(id)


def test_what_nobody_owns_is_removed_at_start(make_daemon):
    """The row of a cluster that is gone, and things that carry its name: its nodes came back, say."""
    daemon = make_daemon().start()
    api = daemon.api
    id = api.down(api.up(node=SMALL)["id"])["id"]
    daemon.stop()
    link = f"bd-{id}"
    host.run("ip", "link", "add", link, "type", "bridge")
    left = daemon.state_dir / "clusters" / id / "n1" / "upper"
    left.mkdir(parents=True)
    daemon.start()
    host.wait_until(lambda: not left.exists() and link not in host.run("ip", "link"), "the sweep")
    assert id in daemon.words().rsplit("benchd is ready", 1)[1]


def test_sighup_reads_the_configuration_again(make_daemon):
    daemon = make_daemon(empty=True)
    config = daemon.dir / "benchd.conf"
    config.write_text("log_level = info\n")
    daemon.flags["config"] = config
    daemon.start()
    daemon.api.get("/healthz")
    assert "level=debug" not in daemon.words()
    config.write_text("log_level = debug\nworkers = 3\n")
    daemon.process.send_signal(1)
    host.wait_until(lambda: "read again" in daemon.words(), "the reload")
    reply = daemon.api.get("/healthz")
    host.wait_until(lambda: reply.headers["X-Request-Id"] in daemon.words(), "the request in the log")
    assert "workers" in daemon.words()
    config.write_text("log_level = loud\n")
    daemon.process.send_signal(1)
    host.wait_until(lambda: f"{config}:1" in daemon.words(), "the fault, with its place")
    assert daemon.api.get("/healthz").status == 200
