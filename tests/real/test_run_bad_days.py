"""What goes wrong under a campaign: its run says in words what happened and at which step, what was
measured before is kept, and the next run goes ahead. libvirt's own daemon is killed and frozen here; no
other test runs beside."""
import itertools
import os
import signal
import sqlite3
import subprocess
import time

import pytest

import host
import tiny
from campaigns import (AT_ONCE, EMPTY, ENDS, STEPS, Busy, Campaigns, Clock, cancelled_after, design, has_begun,
                       hold_whole, number, shell, words_of)
from conftest import IMAGE
from test_bad_days import Ballast, libvirtd, node_cgroup, small_disk  # noqa: F401 (fixtures)

LONG = "BENCHD_TEST_LONG" in os.environ
HOUR = 3600
# Long enough for something to happen to it, short enough to be tried again.
WHILE = "echo here; sleep 2; echo seven 7"
METRICS = {"seven": number("seven ([0-9])")}


DAEMON = AT_ONCE


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
    id = campaigns.submit(shell(WHILE, workload={"on": on, "metrics": METRICS}, design=design(1, 1)))
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


def has_node(run, node):
    """Where its processes are, once they are there."""
    try:
        group = node_cgroup(run, node)
        return "populated 1" in (group / "cgroup.events").read_text() and group
    except (AssertionError, FileNotFoundError):
        return None


def kill_node(run, node):
    """As soon as it is there. False: it had gone by itself."""
    try:
        group = host.wait_until(lambda: has_node(run, node), "the node", patience=3)
        (group / "cgroup.kill").write_text("1")
        return True
    except (AssertionError, OSError):
        return False


@pytest.mark.parametrize("step, node", [("collect", "n1")] + LONG * [
    (step, node) for step, node in itertools.product(("nodes", "warm-up", "collect", "teardown"), ("n1", "ctl1"))
    if (step, node) != ("collect", "n1")])
def test_a_node_that_is_killed_in_another_step(campaigns, step, node):
    """What was not measured whole is tried again, and nothing is left of either."""
    slow = {"command": ["sleep", "2"], "node": node}
    id = campaigns.submit(shell("sleep 1; echo seven 7", workload={"metrics": METRICS, "warmup": 1},
                                hooks={"collected": [slow]}, design=design(1, 1)))
    with cancelled_after(campaigns, id):
        run = campaigns.wait_step(id, step)
        killed = kill_node(run["id"], node)
        assert killed or step == "teardown"
        campaign, runs = campaigns.wait(id, "done"), campaigns.runs(id)
        hold_whole(campaign, runs)
        failed = [r for r in runs if r["state"] == "failed"]
        if step == "teardown":
            assert failed == []
        else:
            assert [r["id"] for r in failed] == [run["id"]]
            assert node in words_of(failed[0]["error"]) and failed[0]["residue"] == EMPTY


# -- the scheduler and the job --

def processes_of(run, name):
    return [pid for pid, comm, group, _ in host.processes()
            if comm == name and (f"/{run}/" in group or f"bd-{run}-" in group)]


def test_a_scheduler_that_is_stuck(campaigns):
    """It neither ends nor answers: the run's time is what ends it."""
    limits = {"runTimeout": "9s"}
    id = campaigns.submit(shell("sleep 1", workload={"on": "job"}, limits=limits, design=design(1, 1),
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


def says_full(reply):
    """It is refused in words."""
    assert reply.status in (409, 500, 503), reply
    words = reply.json["detail"].lower()
    return "space" in words or "full" in words


def test_a_disk_without_room_for_what_is_asked(small_disk, make_daemon):  # noqa: F811
    """Of what is refused nothing is half done; with room again it is as if it had not been asked for."""
    daemon = make_daemon(state_dir=small_disk / "state", **AT_ONCE).start()
    api, campaigns, ballast = daemon.api, Campaigns(daemon.api), Ballast(small_disk)
    id = campaigns.submit(shell("sleep 600", design=design(2, 0)))
    campaigns.wait_step(id, "workload")
    events = api.events()
    ballast.take_all_but(0)
    assert says_full(api.post("/v1/campaigns", shell("true", name="another"), Idempotency_Key="another"))
    for verb in ("pause", "cancel"):
        assert says_full(api.post(f"/v1/campaigns/{id}/{verb}")), verb
    assert [c["id"] for c in api.get("/v1/campaigns").json["items"]] == [id]
    assert campaigns.get(id)["state"] == "running" and api.events() == events
    ballast.drop()
    other = campaigns.submit(shell("true", name="another"), Idempotency_Key="another")
    assert campaigns.order(id, "pause").json["state"] == "paused"
    campaigns.order(id, "cancel")
    campaigns.wait(id, "cancelled", patience=30)
    campaigns.wait(other, "done", patience=30)
    assert [r["state"] for r in campaigns.runs(id) + campaigns.runs(other)] == ["cancelled", "done"]


def test_a_disk_without_room_for_a_runs_end(small_disk, libvirtd, make_daemon):  # noqa: F811
    """Its cluster goes all the same; that it is done is told once it is written."""
    daemon = make_daemon(state_dir=small_disk / "state", **AT_ONCE).start()
    campaigns, ballast = Campaigns(daemon.api), Ballast(small_disk)
    wait = {"command": ["sleep", "1"]}
    id = campaigns.submit(shell("echo seven 7", workload={"metrics": METRICS}, hooks={"collected": [wait]}))
    run = campaigns.wait_step(id, "collect")
    libvirtd.freeze()  # so that there is time before its end
    campaigns.wait_run(id, lambda r: r["state"] == "clearing" and has_begun(r, "teardown"))
    ballast.take_all_but(0)
    libvirtd.thaw()
    host.wait_until(lambda: not has_node(run["id"], "n1"), "the end of its nodes")
    time.sleep(2.5)
    assert campaigns.run(run["id"])["state"] == "clearing" and campaigns.get(id)["state"] == "running"
    ballast.drop()
    campaign, runs = campaigns.wait(id, "done", patience=30), campaigns.runs(id)
    hold_whole(campaign, runs)
    assert [(r["id"], r["metrics"]["seven"]["value"]) for r in runs] == [(run["id"], 7)]
    kinds = [e["kind"] for e in daemon.api.events(subject=f"run/{run['id']}")]
    assert kinds.count("run.done") == 1


# -- rows that can't be read --

def damage(daemon, table, id, column, value):
    with sqlite3.connect(daemon.database) as db:
        db.execute("PRAGMA ignore_check_constraints = on")
        changed = db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, id)).rowcount
    db.close()
    assert changed == 1


class Errors:
    """What the log says as errors from now on."""

    def __init__(self, daemon):
        self.daemon, self.before = daemon, len(daemon.words())

    def of(self, id):
        lines = self.daemon.words()[self.before:].splitlines()
        return [line for line in lines if id in line and "level=error" in line]


@pytest.mark.parametrize("column, value", [("metrics", "{")] + LONG * [("state", "odd"), ("spec", "[]")])
def test_rows_that_cant_be_read_are_set_aside(make_daemon, column, value):
    """A run's and a campaign's: told in the log, the rest goes on."""
    daemon = make_daemon(**AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(shell("sleep 1", design=design(1, 1)))
    lost, next = (campaigns.submit(shell("true", name=name)) for name in ("lost", "next"))
    run = campaigns.wait_step(id, "workload")
    daemon.kill()
    damage(daemon, "run", run["id"], column, value)
    damage(daemon, "campaign", lost, "state", "odd")
    errors = Errors(daemon)
    daemon.start("/healthz")
    campaigns.wait(id, "done", patience=60)
    campaigns.wait(next, "done", patience=30)
    for what in (run["id"], lost):
        assert errors.of(what), what
    gone = daemon.api.wait_state(run["id"], "deleted")
    assert gone["residue"] == EMPTY
    readable = [r for r in campaigns.runs(id) if r["id"] != run["id"]]
    assert [(r["position"], r["attempt"], r["state"]) for r in readable] == [(0, 2, "done")]
    assert {c["id"] for c in daemon.api.get("/v1/campaigns").json["items"]} >= {id, next}
    daemon.campaigns.remove(lost)


@pytest.mark.parametrize("column, value", [("spec", "{}")] + LONG * [("state", "odd")])
def test_a_campaign_that_cant_be_read_leaves_no_run(make_daemon, column, value):
    daemon = make_daemon(**AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    lost = campaigns.submit(shell("sleep 600"))
    next = campaigns.submit(shell("true", name="next"))
    run = campaigns.wait_step(lost, "workload")
    daemon.kill()
    damage(daemon, "campaign", lost, column, value)
    errors = Errors(daemon)
    daemon.start("/healthz")
    campaigns.wait(next, "done", patience=60)
    assert errors.of(lost)
    assert daemon.api.wait_state(run["id"], "deleted")["residue"] == EMPTY
    assert campaigns.run(run["id"])["state"] in ("cancelled", "failed")
    daemon.campaigns.remove(lost)


# -- the clock --

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
    assert 1.9 < first["metrics"]["elapsed"]["value"] < 20, "durations are not of the wall clock"
    assert all(0 <= ms < 60_000 for ms in first["timings"].values()), first["timings"]

    campaigns.wait_run(whole, lambda r: r["position"] == 1 and has_begun(r, "nodes"))
    daemon.kill()  # what is under way is taken up on a clock that went back meanwhile
    clock.set(-HOUR)
    daemon.start()
    hold_whole(campaigns.wait(whole, "done", patience=60), campaigns.runs(whole))
    events = campaigns.api.events()
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))


# -- libvirt's daemon --

@pytest.mark.parametrize("step", STEPS if LONG else ["teardown"])
def test_libvirtd_that_hangs_for_a_while(libvirtd, campaigns, step):  # noqa: F811
    id = campaigns.submit(shell("sleep 1; echo seven 7", workload={"metrics": METRICS}, design=design(1, 2)))
    with cancelled_after(campaigns, id):
        campaigns.wait_step(id, step)
        libvirtd.freeze()
        time.sleep(3)
        assert campaigns.get(id)["state"] in ("queued", "running", "done")
        libvirtd.thaw()
        hold_whole(campaigns.wait(id, "done"), campaigns.runs(id))


@pytest.mark.parametrize("step", STEPS if LONG else ["workload"])
def test_libvirtd_that_is_killed_and_started(libvirtd, campaigns, step):  # noqa: F811
    id = campaigns.submit(shell("sleep 1; echo seven 7", workload={"metrics": METRICS}, design=design(1, 3)))
    with cancelled_after(campaigns, id):
        campaigns.wait_step(id, step)
        libvirtd.stop(signal.SIGKILL)
        libvirtd.start()
        hold_whole(campaigns.wait(id, "done"), campaigns.runs(id))


def test_libvirtd_that_is_down_before_a_run(libvirtd, make_daemon):  # noqa: F811
    """That one says so; the next of the campaign goes ahead."""
    daemon = make_daemon(quiet_cpus=0, quiet_wait="1500ms").start()  # there is time between two runs
    campaigns = Campaigns(daemon.api)
    libvirtd.stop()
    with Busy():
        id = campaigns.submit(shell("echo seven 7", workload={"metrics": METRICS}, design=design(2, 0)))
        campaigns.wait_run(id, lambda r: r["state"] == "failed")
        campaigns.order(id, "pause")  # the next has to find it up again
        libvirtd.start()
        campaigns.order(id, "resume")
        campaigns.wait(id, "done")
    failed, done = campaigns.runs(id)
    assert "libvirt" in words_of(failed["error"]) and failed["error"]["step"] == "admit"
    assert (done["position"], done["state"], done["residue"]) == (1, "done", EMPTY)
    assert failed["residue"]["empty"] or failed["residue"]["differences"][0]["kind"] == "audit"


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


@pytest.mark.parametrize("step", STEPS if LONG else ["nodes", "ready", "warm-up", "workload", "collect"])
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
    """Refused while a run is on it. Between runs nobody uses it: those that follow say that it is gone, each
    try of them; of a campaign that has measured nothing yet none is done."""
    daemon = make_daemon(image_dir=own_images, **AT_ONCE).start()
    api, campaigns = daemon.api, Campaigns(daemon.api)
    id = campaigns.submit(shell("sleep 1; echo seven 7", workload={"metrics": METRICS}, design=design(2, 1)))
    run = campaigns.wait_run(id, lambda r: r["state"] == "measuring")
    (image,) = api.get("/v1/images").json["items"]
    refused = api.delete(f"/v1/images/{image['id']}")
    assert (refused.status, refused.problem) == (409, "conflict"), refused
    assert run["id"] in refused.json["detail"], refused
    campaigns.order(id, "pause")
    later = campaigns.submit(shell("true", design=design(2, 0), priority=-1))
    campaigns.order(later, "pause")
    campaigns.wait_run(id, lambda r: r["state"] == "done")
    host.wait_until(lambda: api.delete(f"/v1/images/{image['id']}").status == 204, "its deletion")
    campaigns.order(id, "resume")
    campaigns.order(later, "resume")
    assert campaigns.wait(id, "done")["progress"]["done"] == 1
    campaigns.wait(later, "failed")
    first, *others = campaigns.runs(id)
    assert (first["state"], first["metrics"]["seven"]["value"]) == ("done", 7)
    assert [(r["position"], r["attempt"]) for r in others] == [(1, 1), (1, 2)]
    others += campaigns.runs(later)
    assert len(others) == 4
    for run in others:
        assert (run["state"], run["error"]["type"], run["error"]["step"]) == ("failed", "not-found", "image")
        assert IMAGE in words_of(run["error"]) and run["residue"] in (EMPTY, None)


def test_an_image_that_is_made_anew_in_mid_campaign(own_images, make_daemon):
    """The runs of a campaign are all on the image that there was when it was submitted."""
    daemon = make_daemon(image_dir=own_images, **AT_ONCE).start()
    api, campaigns = daemon.api, Campaigns(daemon.api)
    (image,) = api.get("/v1/images").json["items"]
    id = campaigns.submit(shell("sleep 0.5", design=design(2, 0)))
    campaigns.wait_step(id, "workload")
    media = {"Content-Type": "application/vnd.benchd.image"}
    anew = api.request("POST", "/v1/images/import", tiny.archive(name=IMAGE), media)
    assert (anew.status, anew.json["name"]) == (201, IMAGE)
    assert api.get(f"/v1/images/{IMAGE}").json["digest"] == anew.json["digest"] != image["digest"]
    campaign = campaigns.wait(id, "done")
    assert campaign["spec"]["images"] == {IMAGE: image["digest"]}
    runs = campaigns.runs(id)
    assert [r["state"] for r in runs] == ["done", "done"]
    assert {api.cluster(r["id"])["image"]["digest"] for r in runs} == {image["digest"]}
    (late,) = campaigns.failed(shell("true", design=design()))
    assert late["error"]["step"] == "image", "the new one has no scheduler: it was of no use for the others"
