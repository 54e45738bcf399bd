"""What goes wrong under a campaign: its run says in words what happened and at which step, what was
measured before is kept, and the next run goes ahead. libvirt's own daemon is killed and frozen here; no
other test runs beside."""
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import host
from campaigns import (AT_ONCE, EMPTY, ENDS, STEPS, Campaigns, cancelled_after, design, has_begun, hold_whole,
                       number, shell, words_of)
from daemon import BUILD, Daemon
from test_bad_days import Ballast, libvirtd, node_cgroup, small_disk  # noqa: F401 (fixtures)

LONG = "BENCHD_TEST_LONG" in os.environ
HOUR = 3600
# Long enough for something to happen to it, short enough to be tried again.
WHILE = "echo here; sleep 3; echo seven 7"
METRICS = {"seven": number("seven ([0-9])")}


@pytest.fixture(scope="module")
def daemon(host_after_file, images):
    daemon = Daemon(image_dir=images.dir, database=images.database, **AT_ONCE).start()
    yield daemon
    daemon.clean_up()


@pytest.fixture(scope="module")
def campaigns(daemon):
    return Campaigns(daemon.api)


def tried_again(campaigns, id):
    """The run that failed before the one that was done in its place."""
    campaign, runs = campaigns.wait(id, "done"), campaigns.runs(id)
    hold_whole(campaign, runs)
    failed = [r for r in runs if r["state"] == "failed"]
    assert failed, "nothing went wrong"
    for run in failed:
        assert words_of(run["error"]) in campaigns.logs(run["id"])
    return failed[0]


# -- nodes --

@pytest.mark.parametrize("node, on", [("n1", "job"), ("ctl1", "controller")] + LONG * [("ctl1", "job")])
def test_a_node_that_is_killed_in_the_workload(campaigns, node, on):
    id = campaigns.submit(shell(WHILE, workload={"on": on, "metrics": METRICS}, design=design(2, 1)))
    with cancelled_after(campaigns, id):
        run = campaigns.wait_run(id, lambda r: r["state"] == "measuring" and has_begun(r, "workload"))
        time.sleep(0.5)
        (node_cgroup(run["id"], node) / "cgroup.kill").write_text("1")
        failed = tried_again(campaigns, id)
        assert failed["id"] == run["id"] and failed["error"]["step"] == "workload"
        assert node in words_of(failed["error"]), failed["error"]
        assert failed["residue"] == EMPTY


@pytest.mark.parametrize("node", ["n1", "ctl1"])
def test_a_node_that_is_killed_before_it_is_ready(campaigns, node):
    id = campaigns.submit(shell("true", design=design(1, 1)))
    with cancelled_after(campaigns, id):
        run = campaigns.wait_step(id, "ready")
        (node_cgroup(run["id"], node) / "cgroup.kill").write_text("1")
        failed = tried_again(campaigns, id)
        assert failed["error"]["step"] in ("ready", "warm-up", "workload")
        assert node in words_of(failed["error"]), failed["error"]


# -- the scheduler and the job --

def processes_of(run, name):
    return [pid for pid, comm, group, _ in host.processes()
            if comm == name and (f"/{run}/" in group or f"bd-{run}-" in group)]


def test_a_scheduler_that_is_stuck(campaigns):
    """It neither ends nor answers: the run's time is what ends it."""
    limits = {"runTimeout": "12s"}
    id = campaigns.submit(shell("sleep 1", workload={"on": "job"}, limits=limits, design=design(2, 1),
                                hooks={"ready": [{"command": ["sleep", "1"]}]}))
    with cancelled_after(campaigns, id):
        run = campaigns.wait_run(id, lambda r: r["state"] == "measuring")
        for pid in host.wait_until(lambda: processes_of(run["id"], "slurmctld"), "slurmctld"):
            os.kill(pid, signal.SIGSTOP)
        failed = tried_again(campaigns, id)
        assert failed["id"] == run["id"] and failed["error"]["type"] in ("timeout", "workload")
        assert failed["residue"] == EMPTY


def test_a_job_that_is_suspended_and_one_that_never_ends(campaigns):
    script = "echo begun $NAME; test $NAME = quick || { test $NAME = slow || kill -STOP $$; sleep 600; }"
    cells = [{"workload.env.NAME": name} for name in ("stopped", "slow", "quick")]
    campaign, runs = campaigns.done(shell(
        script, workload={"on": "job", "env": {"NAME": ""}, "timeout": "2s"}, cells=cells,
        design=design(1, 0, order="as-written")))
    assert [r["state"] for r in runs] == ["failed", "failed", "done"]
    for run in runs[:2]:
        assert run["error"]["step"] == "workload" and "2" in words_of(run["error"])
        assert "begun" in campaigns.artifact(run["id"], "stdout") and run["residue"] == EMPTY


def test_a_run_that_takes_longer_than_it_may(campaigns):
    (run,) = campaigns.failed(shell("echo begun; sleep 600", limits={"runTimeout": "5s"}, design=design()))
    assert run["error"]["type"] == "timeout" and run["error"]["step"] == "workload"
    assert "runTimeout" in words_of(run["error"]) and "begun" in campaigns.artifact(run["id"], "stdout")
    assert run["residue"] == EMPTY


# -- the host --

@pytest.mark.parametrize("left", [0] + LONG * [40_000, 400_000])
def test_a_disk_that_fills_in_the_workload(small_disk, make_daemon, left):  # noqa: F811
    daemon = make_daemon(state_dir=small_disk / "state", **AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    ballast = Ballast(small_disk)
    script = "echo here; sleep 1; yes | head -c 4000000; echo seven 7"
    id = campaigns.submit(shell(script, workload={"metrics": METRICS}, design=design(2, 2)))
    campaigns.wait_run(id, lambda r: has_begun(r, "workload") and r["state"] == "measuring")
    ballast.take_all_but(left)
    time.sleep(3)
    ballast.drop()
    campaign, runs = campaigns.wait(id, "done"), campaigns.runs(id)
    hold_whole(campaign, runs)
    for run in runs:
        if run["state"] == "failed":
            words = words_of(run["error"]).lower()
            assert "space" in words or "full" in words, run["error"]
        else:
            assert run["metrics"]["seven"]["value"] == 7
            assert len(campaigns.artifact(run["id"], "stdout")) == len("here\nseven 7\n") + 4000000


class Clock:
    """The wall clock of one daemon."""

    def __init__(self, daemon, directory):
        self.file = directory / "seconds"
        shim = BUILD / "tests" / "real" / "libclock-behind.so"
        daemon.env = {"LD_PRELOAD": str(shim), "CLOCK_BEHIND_FILE": str(self.file)}

    def set(self, seconds):
        self.file.write_text(str(seconds))


@pytest.mark.parametrize("seconds", [-HOUR] + LONG * [HOUR])
def test_a_clock_that_is_set_by_an_hour(make_daemon, tmp_path, seconds):
    """Nothing waits for it, no time-out comes early or late, and no event is lost."""
    daemon = make_daemon(**AT_ONCE)
    clock = Clock(daemon, tmp_path)
    daemon.start()
    campaigns = Campaigns(daemon.api)
    endless = campaigns.submit(shell("sleep 600", limits={"runTimeout": "5s"}, design=design()))
    whole = campaigns.submit(shell(WHILE, workload={"metrics": METRICS}, design=design(3, 0),
                                   limits={"runTimeout": "2min"}))
    campaigns.wait_run(endless, lambda r: r["state"] == "measuring")
    clock.set(seconds)
    campaigns.wait(endless, "failed", patience=30)
    (run,) = campaigns.runs(endless)
    assert run["error"]["type"] == "timeout"

    first = campaigns.wait_run(whole, lambda r: has_begun(r, "workload"))
    clock.set(0)
    first = campaigns.wait_run(whole, lambda r: r["id"] == first["id"] and r["state"] in ENDS, patience=30)
    assert first["state"] == "done", first["error"]
    assert 2.9 < first["metrics"]["elapsed"]["value"] < 20, "durations are not of the wall clock"
    assert all(0 <= ms < 60_000 for ms in first["timings"].values()), first["timings"]

    campaigns.wait_run(whole, lambda r: r["position"] == 1 and has_begun(r, "nodes"))
    daemon.kill()  # what is under way is taken up on a clock that went back meanwhile
    clock.set(-HOUR)
    daemon.start()
    hold_whole(campaigns.wait(whole, "done", patience=60), campaigns.runs(whole))
    events = campaigns.api.events()
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))


# -- libvirt's daemon --

SLOW = ["nodes", "workload", "teardown"]


@pytest.mark.parametrize("step", STEPS if LONG else SLOW)
def test_libvirtd_that_hangs_for_a_while(libvirtd, campaigns, step):  # noqa: F811
    id = campaigns.submit(shell("sleep 1; echo seven 7", workload={"metrics": METRICS}, design=design(1, 2)))
    with cancelled_after(campaigns, id):
        campaigns.wait_step(id, step)
        libvirtd.freeze()
        time.sleep(3)
        assert campaigns.get(id)["state"] in ("queued", "running", "done")
        libvirtd.thaw()
        hold_whole(campaigns.wait(id, "done"), campaigns.runs(id))


@pytest.mark.parametrize("step", STEPS if LONG else SLOW)
def test_libvirtd_that_is_killed_and_started(libvirtd, campaigns, step):  # noqa: F811
    id = campaigns.submit(shell("sleep 1; echo seven 7", workload={"metrics": METRICS}, design=design(1, 3)))
    with cancelled_after(campaigns, id):
        campaigns.wait_step(id, step)
        libvirtd.stop(signal.SIGKILL)
        libvirtd.start()
        hold_whole(campaigns.wait(id, "done"), campaigns.runs(id))


def test_libvirtd_that_is_down_before_a_run(libvirtd, campaigns):  # noqa: F811
    libvirtd.stop()
    try:
        (run,) = campaigns.failed(shell("true", design=design(1, 0)))
        assert "libvirt" in words_of(run["error"])
    finally:
        libvirtd.start()
    campaigns.works()


# -- orders at any step --

def test_sigterm_in_each_step(make_daemon):
    """It ends in time, and the next start goes on with the same campaign."""
    daemon = make_daemon(**AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(shell("sleep 0.5", workload={"warmup": 1}, design=design(2, 0)))
    for step in STEPS:
        campaigns.wait_step(id, step)
        daemon.stop()
        daemon.start("/healthz")
    campaign, runs = campaigns.wait(id, "done"), campaigns.runs(id)
    hold_whole(campaign, runs)
    for run in runs:
        if run["state"] == "failed":
            assert (run["error"]["type"], run["error"]["step"]) in (
                ("interrupted", "warm-up"), ("interrupted", "workload")), run["error"]


@pytest.mark.parametrize("step", STEPS)
def test_cancel_in_each_step(campaigns, step):
    id = campaigns.submit(shell("sleep 0.5", workload={"warmup": 1}, design=design(3, 0)))
    run = campaigns.wait_step(id, step)
    campaigns.order(id, "cancel")
    campaign = campaigns.wait(id, "cancelled", patience=30)
    states = [r["state"] for r in campaigns.runs(id)]
    assert set(states) <= {"done", "cancelled"}, states
    assert campaigns.run(run["id"])["residue"] in (EMPTY, None)
    assert campaign["progress"]["done"] == states.count("done")


@pytest.fixture
def own_images(images, tmp_path, host_after_test):
    """The image as it is, in a directory where it may be deleted."""
    for name in ("upper", "work", "images"):
        (tmp_path / name).mkdir()
    layers = f"lowerdir={images.dir},upperdir={tmp_path / 'upper'},workdir={tmp_path / 'work'}"
    options = f"{layers},redirect_dir=on"  # directories below can be renamed
    host.run("mount", "-t", "overlay", "-o", options, "benchd-test", str(tmp_path / "images"))
    yield tmp_path / "images"
    subprocess.run(["umount", "-l", str(tmp_path / "images")], check=True)


def test_an_image_that_is_deleted_in_mid_campaign(own_images, make_daemon):
    """Refused while a run is on it; taken away by somebody else, the runs say that it is gone."""
    daemon = make_daemon(image_dir=own_images, **AT_ONCE).start()
    api, campaigns = daemon.api, Campaigns(daemon.api)
    id = campaigns.submit(shell("sleep 1; echo seven 7", workload={"metrics": METRICS}, design=design(2, 0)))
    run = campaigns.wait_run(id, lambda r: r["state"] == "measuring")
    (image,) = api.get("/v1/images").json["items"]
    refused = api.delete(f"/v1/images/{image['id']}")
    assert (refused.status, refused.problem) == (409, "conflict"), refused
    assert run["id"] in refused.json["detail"] or id in refused.json["detail"], refused
    campaigns.order(id, "pause")
    campaigns.wait_run(id, lambda r: r["state"] == "done")
    if api.delete(f"/v1/images/{image['id']}").status == 409:  # kept for the campaign's sake
        (root,) = [p for p in Path(own_images).glob("*/rootfs")]
        root.rename(own_images / "gone")
    campaigns.order(id, "resume")
    campaign, runs = campaigns.wait(id, *ENDS), campaigns.runs(id)
    assert campaign["state"] == "done" and runs[0]["metrics"]["seven"]["value"] == 7
    assert runs[-1]["state"] == "failed" and runs[-1]["error"]["step"] == "image"
    assert "image" in words_of(runs[-1]["error"])
    assert all(r["residue"] in (EMPTY, None) for r in runs)
