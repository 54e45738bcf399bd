"""benchd ends, as by kill -9, at every commit of a run's life and in the middle of every step of it: after
the next starts every run of the campaign is whole, none was measured twice on one cluster, and nothing is
left."""
import http.client
import json
import os
import random
import sqlite3
import threading
import time

import pytest

import host
from campaigns import (AT_ONCE, EMPTY, STEPS, Busy, Campaigns, Clock, design, has_begun, hold_whole, number,
                       shell)
from daemon import PATIENCE, PROGRAM

PLACES = ["intended", "ran", "done"]
ONCE = ("warm-up", "workload")  # what is cut off in these is not taken up on the same cluster again
LONG = "BENCHD_TEST_LONG" in os.environ
KILLS = 200
SUBMISSIONS = 1000 if LONG else 100

# A warm-up and the measurement: on a cluster where either ran twice, the last number is above 2.
COUNTED = shell(
    "echo x >> /root/count; echo count $(wc -l < /root/count)",
    name="counted",
    workload={"warmup": 1, "metrics": {"count": number("count ([0-9]+)")}},
    design=design(blocks=2, retries=0),
)

# On a cluster where it is run twice, it fails.
ONCE_READY = {"command": ["sh", "-c", "! test -e /root/ready && echo prepared > /root/ready"]}
ENDLESS = shell("sleep 600", design=design(blocks=2, retries=0))


@pytest.fixture
def daemon(make_daemon):
    if b"BENCHD_FAULT" not in PROGRAM.read_bytes():
        pytest.skip("this build has no fault points: meson configure -Dfaults=true")
    return make_daemon(**AT_ONCE).start()


def hold_counted(campaigns, id):
    """What is true of the campaign once it is done, however often benchd was killed meanwhile."""
    campaign, runs = campaigns.wait(id, "done", patience=PATIENCE), campaigns.runs(id)
    hold_whole(campaign, runs)
    for run in runs:
        if run["state"] == "done":
            assert (run["metrics"]["count"]["value"], run["metrics"]["count"]["n"]) == (2, 1), run
            assert campaigns.artifact(run["id"], "stdout") == "count 2\n"
            last_tries = {s["name"]: s["state"] for s in run["steps"]}
            assert last_tries == {step: "done" for step in STEPS}
            assert list(last_tries) == STEPS
        else:
            assert run["error"]["type"] == "interrupted" and run["error"]["step"] in ONCE, run
            assert "benchd" in run["error"]["detail"], run["error"]
    assert campaign["progress"]["done"] == 2
    kinds = [e["kind"] for run in runs for e in campaigns.api.events(subject=f"run/{run['id']}")]
    assert kinds.count("run.done") == 2
    return runs


def wait_end(daemon, point):
    assert daemon.process.wait(60) == -9, f"it did not end at {point}"


def ends_at(daemon, point):
    """Runs it on to this point."""
    daemon.env = {"BENCHD_FAULT": point}
    daemon.start(until=None)
    wait_end(daemon, point)
    daemon.env = {}


def restart_to_end_at(daemon, point):
    daemon.env = {"BENCHD_FAULT": point}
    daemon.restart()


def submitted_to_end_at(daemon, spec, point):
    """The campaign's id, where its answer was out before benchd ended."""
    restart_to_end_at(daemon, point)
    try:
        id = Campaigns(daemon.api).submit(spec)
    except (OSError, ConnectionError):
        id = None
    wait_end(daemon, point)
    daemon.env = {}
    return id


def only_campaign(daemon):
    (campaign,) = daemon.api.get("/v1/campaigns").json["items"]
    daemon.on_made("/v1/campaigns", campaign["id"])
    return campaign["id"]


def killed_at(daemon, points):
    id = submitted_to_end_at(daemon, COUNTED, points[0])
    for point in points[1:]:
        ends_at(daemon, point)
    daemon.start("/healthz")
    return hold_counted(Campaigns(daemon.api), id or only_campaign(daemon))


# Each group in one campaign. The commit that ends a step begins the next: that is cut off too, where it is
# one of those that are not taken up.
@pytest.mark.parametrize("steps, cut", [(STEPS[:4], 0), (["ready"], 1), (["warm-up"], 3), (["workload"], 2),
                                        (STEPS[7:], 0)], ids=lambda v: "-".join(v) if type(v) is list else "")
def test_killed_at_every_place_of_every_step(daemon, steps, cut):
    """One after the other: each time the work of the time before is taken up."""
    runs = killed_at(daemon, [f"{step}.{place}" for step in steps for place in PLACES])
    assert [r["state"] for r in runs].count("failed") == cut


@pytest.mark.skipif(not LONG, reason="one of the long ones")
@pytest.mark.parametrize("point", [f"{step}.{place}" for step in STEPS for place in PLACES])
def test_killed_at_one_place(daemon, point):
    killed_at(daemon, [point])


STATES = ["preparing", "measuring", "clearing", "done"]


def test_killed_at_every_commit_of_a_runs_state(daemon):
    killed_at(daemon, [f"run.{state}" for state in STATES])


def test_killed_while_a_run_waits_for_a_quiet_host(make_daemon, daemon):
    waiting = make_daemon(quiet_cpus=0, quiet_wait="1s").start()
    with Busy():
        killed_at(waiting, ["run.queued"])


def test_killed_at_every_commit_of_a_campaigns_state(daemon):
    killed_at(daemon, ["campaign.running", "campaign.done"])


def test_killed_as_a_campaign_ends_without_a_result(daemon):
    id = submitted_to_end_at(daemon, shell("exit 3", design=design()), "campaign.failed")
    daemon.start("/healthz")
    campaigns = Campaigns(daemon.api)
    assert campaigns.get(id)["state"] == "failed"
    assert [r["state"] for r in campaigns.runs(id)] == ["failed"]


def ordered_to_end(daemon, id, verb, point):
    """Ends at what the order brings about; whether the answer was out before is nobody's business."""
    try:
        Campaigns(daemon.api).order(id, verb)
    except (OSError, ConnectionError):
        pass
    wait_end(daemon, point)
    daemon.env = {}


def test_killed_at_every_order_to_a_campaign(daemon):
    """What was ordered holds afterwards: nothing begins while it is paused, all goes when it is cancelled."""
    campaigns = Campaigns(daemon.api)
    restart_to_end_at(daemon, "campaign.paused")
    id = campaigns.submit(ENDLESS)
    campaigns.wait_step(id, "workload")
    ordered_to_end(daemon, id, "pause", "campaign.paused")
    daemon.start("/healthz")
    cut = campaigns.wait_run(id, lambda r: r["state"] == "failed")
    time.sleep(1.2)  # the queue looks every second
    assert campaigns.get(id)["state"] == "paused"
    assert [r["id"] for r in campaigns.runs(id)] == [cut["id"]]
    assert (cut["error"]["type"], cut["residue"]) == ("interrupted", EMPTY)

    restart_to_end_at(daemon, "campaign.queued")
    ordered_to_end(daemon, id, "resume", "campaign.queued")
    daemon.start("/healthz")
    again = campaigns.wait_run(id, lambda r: r["attempt"] == 2 and has_begun(r, "nodes"))
    assert (again["position"], campaigns.get(id)["state"]) == (0, "running")

    restart_to_end_at(daemon, "campaign.cancelling")
    ordered_to_end(daemon, id, "cancel", "campaign.cancelling")
    ends_at(daemon, "campaign.cancelled")
    daemon.start("/healthz")
    assert campaigns.get(id)["state"] == "cancelled"
    told = [(r["attempt"], r["state"], r["residue"]) for r in campaigns.runs(id)]
    assert told in ([(1, "failed", EMPTY), (2, "cancelled", EMPTY)],
                    # the last restart may have found it in its workload
                    [(1, "failed", EMPTY), (2, "failed", EMPTY)]), told


def test_killed_beside_campaigns_that_are_not_taken_up(make_daemon, daemon):
    """Beyond active_campaigns none is opened: one that is cancelled there ends all the same, with a run
    that waits and without; one that is paused stays so."""
    one = make_daemon(quiet_cpus=0, quiet_wait="10min", active_campaigns=1).start()
    campaigns = Campaigns(one.api)
    with Busy():
        waits = campaigns.submit(ENDLESS)
        run = campaigns.wait_run(waits, lambda r: r["waiting"])
        paused, nothing, first = (campaigns.submit({**ENDLESS, "priority": p}) for p in (-1, -2, 9))
        campaigns.wait_run(first, lambda r: r["waiting"])
        campaigns.order(paused, "pause")
        one.kill()
        one.start("/healthz")
        for id in (nothing, waits):
            restart_to_end_at(one, "campaign.cancelling")
            ordered_to_end(one, id, "cancel", "campaign.cancelling")
        one.start("/healthz")
        for id in (nothing, waits):
            campaigns.wait(id, "cancelled", patience=20)
        assert campaigns.runs(nothing) == [] == campaigns.runs(paused)
        assert [(r["id"], r["state"], r["residue"]) for r in campaigns.runs(waits)] == [
            (run["id"], "cancelled", None)]
        assert campaigns.get(paused)["state"] == "paused"
        assert [r["state"] for r in campaigns.runs(first)] == ["queued"]


@pytest.mark.parametrize("points", [["warm-up.ran", "collect.ran"]] + LONG * [
    [f"{step}.{place}"] for step in ("warm-up", "workload", "collect") for place in PLACES])
def test_killed_with_hooks(daemon, points):
    """Those that prepare a cluster are run once on it; those that fetch may be run again."""
    hooks = {"ready": [ONCE_READY], "collected": [{"command": ["cat", "/root/ready"]}]}
    id = submitted_to_end_at(daemon, {**COUNTED, "hooks": hooks}, points[0])
    for point in points[1:]:
        ends_at(daemon, point)
    daemon.start("/healthz")
    campaigns = Campaigns(daemon.api)
    for run in hold_counted(campaigns, id):
        if run["state"] == "done":
            assert campaigns.artifact(run["id"], "hook-collected-1.log").endswith("prepared\n")


@pytest.mark.parametrize("point", ["workload.ran"] + LONG * ["nodes.ran", "collect.ran", "run.measuring",
                                                             "run.clearing", "run.done"])
def test_killed_with_runs_beside_each_other(daemon, point):
    slow = f"{COUNTED['workload']['command'][2]}; sleep 1"
    beside = {**COUNTED, "isolation": "shared", "design": design(blocks=1, retries=0),
              "workload": {**COUNTED["workload"], "command": ["sh", "-c", slow], "env": {"CELL": ""}},
              "factors": {"workload.env.CELL": ["1", "2"]}}
    id = submitted_to_end_at(daemon, beside, point)
    daemon.start("/healthz")
    runs = hold_counted(Campaigns(daemon.api), id)
    one, other = (r for r in runs if r["attempt"] == 1)
    assert one["startedAt"] < other["endedAt"] and other["startedAt"] < one["endedAt"]
    assert {r["grade"]["value"] for r in runs if r["state"] == "done"} == {"limited"}


def test_killed_in_the_workload_after_the_clock_was_set_back(make_daemon, daemon, tmp_path):
    """Which step is under way is not told by the times at which steps began."""
    late = make_daemon(**AT_ONCE)
    clock = Clock(late, tmp_path)
    late.start()
    campaigns = Campaigns(late.api)
    slow = f"{COUNTED['workload']['command'][2]}; sleep 1"
    id = campaigns.submit({**COUNTED, "workload": {**COUNTED["workload"], "command": ["sh", "-c", slow]}})
    campaigns.wait_step(id, "warm-up")
    clock.set(-3600)
    run = campaigns.wait_step(id, "workload")
    assert run["state"] == "measuring"
    late.kill()
    late.start("/healthz")
    runs = hold_counted(campaigns, id)
    assert [(r["position"], r["state"]) for r in runs] == [(0, "failed"), (0, "done"), (1, "done")]
    assert (runs[0]["id"], runs[0]["error"]["step"]) == (run["id"], "workload")


def test_killed_while_a_failing_run_is_cleared(daemon):
    """It fails for the reason that it had, not for the kill."""
    campaigns = Campaigns(daemon.api)
    id = submitted_to_end_at(daemon, shell("echo on fire; exit 3", design=design()), "run.failing")
    for point in ("teardown.ran", "audit.ran", "run.failed"):
        ends_at(daemon, point)
    daemon.start("/healthz")
    campaigns.wait(id, "failed")
    (run,) = campaigns.runs(id)
    assert run["error"]["type"] == "workload" and "on fire" in run["error"]["detail"]
    assert "on fire" in campaigns.artifact(run["id"], "stdout")
    assert run["residue"]["empty"]


def test_killed_while_a_cancelled_run_is_cleared(daemon):
    campaigns = Campaigns(daemon.api)
    restart_to_end_at(daemon, "run.cancelling")
    id = campaigns.submit(ENDLESS)
    campaigns.wait_run(id, lambda r: r["state"] == "measuring")
    ordered_to_end(daemon, id, "cancel", "run.cancelling")
    for point in ("teardown.ran", "audit.ran", "run.cancelled"):
        ends_at(daemon, point)
    daemon.start("/healthz")
    campaigns.wait(id, "cancelled")
    runs = campaigns.runs(id)
    assert {r["state"] for r in runs} == {"cancelled"} and runs[0]["residue"]["empty"]


class Submissions:
    """Of many small campaigns, over one connection."""

    def __init__(self, daemon):
        self.connection = daemon.api.connection()
        self.answered = []

    def submit(self, n):
        body = json.dumps(shell("true", name=f"c{n}"))
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"key-{n}"}
        self.connection.request("POST", "/v1/campaigns", body, headers)
        reply = self.connection.getresponse()
        what = json.loads(reply.read())
        assert reply.status == 202, what
        self.answered.append(what["id"])

    def first(self, n):
        for i in range(n):
            self.submit(i)
        self.connection.close()

    def until_it_breaks(self):
        """However long the kill takes to come, there is one on its way."""
        try:
            self.first(100 * SUBMISSIONS)
        except (OSError, http.client.HTTPException):
            self.connection.close()


def rows(daemon, sql):
    with sqlite3.connect(daemon.database) as db:
        found = db.execute(sql).fetchall()
    db.close()
    return found


def test_what_was_submitted_is_not_lost_over_a_kill(daemon):
    """Each campaign that was answered for is there after it, and none is there twice, though all are
    asked for again by their keys."""
    campaigns = Campaigns(daemon.api)
    first = campaigns.submit(ENDLESS)
    before = Submissions(daemon)
    thread = threading.Thread(target=before.until_it_breaks)
    thread.start()
    host.wait_until(lambda: len(before.answered) >= SUBMISSIONS, "as many as are wanted")
    daemon.kill()
    thread.join()
    assert len(before.answered) < 100 * SUBMISSIONS, "it was not in the middle"
    stored = rows(daemon, "SELECT id FROM campaign WHERE name <> 'test' ORDER BY created_ns, id")
    assert {(id,) for id in before.answered} <= set(stored)
    assert len(stored) - len(before.answered) in (0, 1), "one was on its way"

    daemon.start("/healthz")
    again = Submissions(daemon)
    again.first(len(before.answered) + 1)
    assert again.answered[:len(before.answered)] == before.answered
    names = rows(daemon, "SELECT name, id FROM campaign WHERE name <> 'test'")
    assert sorted(names) == sorted((f"c{n}", id) for n, id in enumerate(again.answered))
    for id in again.answered:
        campaigns.order(id, "cancel")
    campaigns.order(first, "cancel")
    for id in [first, *again.answered]:
        campaigns.wait(id, "cancelled", "done", "failed")
        campaigns.runs(id)


@pytest.mark.skipif(not LONG, reason="one of the long ones")
def test_killed_at_many_random_moments(make_daemon):
    seed = int(os.environ.get("BENCHD_TEST_SEED", "0")) or random.randrange(2**32)
    print(f"BENCHD_TEST_SEED={seed}")
    chance = random.Random(seed)
    daemon = make_daemon(**AT_ONCE).start()
    campaigns = Campaigns(daemon.api)
    before, kills = host.inventory(), 0
    while kills < KILLS:
        id = campaigns.submit(COUNTED)
        for _ in range(10):
            time.sleep(chance.random() * 1.5)
            daemon.kill()
            daemon.start(chance.choice(["/healthz", "/readyz"]))
            kills += 1
            if campaigns.get(id)["state"] == "done":
                break
        hold_counted(campaigns, id)
        changes = host.difference(before)
        assert not changes, f"after {kills} kills: left on the host:\n" + "\n".join(changes)
        assert not list((daemon.state_dir / "clusters").iterdir())
