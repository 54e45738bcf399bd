"""benchd ends, as by kill -9, at every commit of a run's life and in the middle of every step of it: after
the next starts every run of the campaign is whole, none was measured twice on one cluster, and nothing is
left."""
import os
import random
import threading
import time

import pytest

import host
from campaigns import AT_ONCE, STEPS, Busy, Campaigns, design, hold_whole, number, shell
from daemon import PATIENCE, PROGRAM

PLACES = ["intended", "ran", "done"]
ONCE = ("warm-up", "workload")  # what is cut off in these is not taken up on the same cluster again
LONG = "BENCHD_TEST_LONG" in os.environ
KILLS = 200

# A warm-up and the measurement: on a cluster where either ran twice, the last number is above 2.
COUNTED = shell(
    "echo x >> /root/count; echo count $(wc -l < /root/count)",
    name="counted",
    workload={"warmup": 1, "metrics": {"count": number("count ([0-9]+)")}},
    design=design(blocks=2, retries=0),
)


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


def submitted_to_end_at(daemon, spec, point):
    """The campaign's id, where its answer was out before benchd ended."""
    daemon.env = {"BENCHD_FAULT": point}
    daemon.restart()
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


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_every_place_of_a_step(daemon, step):
    """One after the other, in one campaign: each time the work of the time before is taken up."""
    runs = killed_at(daemon, [f"{step}.{place}" for place in PLACES])
    cut = [r for r in runs if r["state"] == "failed"]
    # the commit that ends a step begins the next: that is cut off too, where it is one of those
    assert len(cut) == {"ready": 1, "warm-up": 3, "workload": 2}.get(step, 0)


@pytest.mark.skipif(not LONG, reason="one of the long ones")
@pytest.mark.parametrize("point", [f"{step}.{place}" for step in STEPS for place in PLACES])
def test_killed_at_one_place(daemon, point):
    killed_at(daemon, [point])


STATES = ["preparing", "measuring", "clearing", "done"]


def test_killed_at_every_commit_of_a_runs_state(daemon):
    killed_at(daemon, [f"run.{state}" for state in STATES])


def test_killed_while_a_run_waits_for_a_quiet_host(make_daemon, daemon):
    waiting = make_daemon(quiet_cpus=0, quiet_wait="2s").start()
    with Busy():
        killed_at(waiting, ["run.queued"])


def test_killed_at_every_commit_of_a_campaigns_state(daemon):
    killed_at(daemon, ["campaign.running", "campaign.done"])


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
    id = campaigns.submit(shell("sleep 600", design=design(blocks=2)))
    campaigns.wait_run(id, lambda r: r["state"] == "measuring")
    campaigns.order(id, "cancel")
    daemon.kill()
    for point in ("teardown.ran", "audit.ran", "run.cancelled"):
        ends_at(daemon, point)
    daemon.start("/healthz")
    campaigns.wait(id, "cancelled")
    runs = campaigns.runs(id)
    assert {r["state"] for r in runs} == {"cancelled"} and runs[0]["residue"]["empty"]


def test_what_was_submitted_is_not_lost_over_a_kill(daemon):
    """Each campaign that was answered for is there after it; none is there twice."""
    campaigns = Campaigns(daemon.api)
    first = campaigns.submit(shell("sleep 600"))
    answered = []

    def submit():
        for n in range(1000):
            try:
                key = f"key-{n}"
                answered.append(campaigns.submit(shell("true", name=f"c{n}"), Idempotency_Key=key))
            except (OSError, ConnectionError):
                return

    thread = threading.Thread(target=submit)
    thread.start()
    host.wait_until(lambda: len(answered) >= 50, "some of them")
    daemon.kill()
    thread.join()
    daemon.start("/healthz")
    again = campaigns.submit(shell("true", name=f"c{len(answered) - 1}"),
                             Idempotency_Key=f"key-{len(answered) - 1}")
    assert again == answered[-1]
    assert len(set(answered)) == len(answered)
    for id in answered:
        campaigns.order(id, "cancel")
    campaigns.order(first, "cancel")
    for id in [first, *answered]:
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
