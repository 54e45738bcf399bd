"""benchd ends, as by kill -9, at each commit of each step and after each body, before its result is on
disk (daemon/engine/fault.h). The next start goes on from there: the cluster comes up whole or goes down
as asked, once, and nothing is left."""
import pytest

from conftest import SMALL
from daemon import PATIENCE, PROGRAM

UP = ["image", "admit", "network", "nodes", "ready"]
DOWN = ["teardown", "audit"]
PLACES = ["intended", "ran", "done"]


def end_at(daemon, point):
    """Starts it so that it ends at this point."""
    daemon.env = {"BENCHD_FAULT": point}
    daemon.restart()


def wait_end(daemon, point):
    assert daemon.process.wait(PATIENCE) == -9, f"it did not end at {point}"
    daemon.env = {}
    daemon.start("/healthz")


def steps_of(api, id):
    """How often each step was done, by the event log."""
    done = [e["data"]["step"] for e in api.events(subject=f"cluster/{id}")
            if e["kind"] == "cluster.step" and e["data"]["state"] == "done"]
    return {step: done.count(step) for step in done}


@pytest.fixture
def daemon(make_daemon):
    if b"BENCHD_FAULT" not in PROGRAM.read_bytes():
        pytest.skip("this build has no fault points: meson configure -Dfaults=true")
    return make_daemon().start()


@pytest.mark.parametrize("point", ["state.creating"] + [f"{s}.{p}" for s in UP for p in PLACES])
def test_on_the_way_up(daemon, point):
    end_at(daemon, point)
    try:
        id = daemon.api.create(node=SMALL)["id"]
    except (OSError, ConnectionError):  # it ended before the answer was out: the cluster is there
        id = None
    wait_end(daemon, point)
    if id is None:
        id = daemon.api.get("/v1/clusters").json["items"][0]["id"]
        daemon.on_made("/v1/clusters", id)
    cluster = daemon.api.wait_state(id, "ready")
    assert daemon.api.run(id, "srun", "hostname").text == "n1\n"
    assert set(cluster["timings"]) == set(UP)
    assert steps_of(daemon.api, id) == {step: 1 for step in UP}
    daemon.api.down(id)


@pytest.mark.parametrize("point", [f"{s}.{p}" for s in DOWN for p in PLACES])
def test_on_the_way_down(daemon, point):
    id = daemon.api.up(node=SMALL)["id"]
    end_at(daemon, point)
    try:
        daemon.api.delete(f"/v1/clusters/{id}")
    except (OSError, ConnectionError):
        pass
    wait_end(daemon, point)
    gone = daemon.api.wait_state(id, "deleted")
    assert gone["residue"] == {"empty": True, "differences": []}
