"""Files of runs become objects: once each, checked, within a quota, and nothing is lost wherever benchd
ends."""
import hashlib
import http.client
import os

import pytest

import host
from campaigns import AT_ONCE, Campaigns, design, shell
from daemon import PATIENCE, PROGRAM

# 256 KiB that don't compress, other ones in every run; a line that is the same in all.
NOISE = 256 * 1024
NOISY = f"head -c {NOISE} /dev/urandom; echo always the same >&2"
FAULTS = b"BENCHD_FAULT" in PROGRAM.read_bytes()


@pytest.fixture
def daemon(make_daemon):
    return make_daemon(**AT_ONCE).start()


def target(run, name=None):
    return f"/v1/runs/{run}/artifacts" + (f"/{name}" if name else "")


def files(api, run):
    reply = api.get(target(run))
    assert reply.status == 200, reply
    return {item["name"]: item for item in reply.json["items"]}


def packed(daemon, run):
    """Its files, once all of them are objects and its directory is gone."""
    def look():
        items = files(daemon.api, run)
        gone = not (daemon.state_dir / "runs" / run).exists()
        return items if gone and all(f["digest"] for f in items.values()) else None

    return host.wait_until(look, "a packed run", 30)


def objects(daemon):
    return {f"sha256:{p.name.removesuffix('.zst')}": p for p in (daemon.state_dir / "artifacts").rglob("*.zst")}


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def path_of(daemon, name):
    return objects(daemon)[name]


def events(daemon, kind):
    return [e for e in daemon.api.events() if e["kind"] == kind]


def metric(daemon, name):
    lines = daemon.api.get("/metrics").text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(name + " ")))


def test_a_run_is_packed_and_read_as_before(daemon):
    campaigns = Campaigns(daemon.api)
    _, runs = campaigns.done(shell("echo $((6 * 7)); echo always the same >&2", design=design(blocks=2)))
    for run in runs:
        items = packed(daemon, run["id"])
        assert items["stdout"]["digest"] == digest(b"42\n") and items["stdout"]["bytes"] == 3
        for name, item in items.items():
            reply = daemon.api.get(target(run["id"], name))
            assert reply.status == 200 and digest(reply.body) == item["digest"], name
            assert reply.headers["ETag"] == f'"{item["digest"]}"'
            assert int(reply.headers["Content-Length"]) == item["bytes"] == len(reply.body)
            again = daemon.api.request("GET", target(run["id"], name), headers={"If-None-Match": reply.headers["ETag"]})
            assert again.status == 304
            assert not item["removed"] and item["removedAt"] is None
        assert "42" in campaigns.logs(run["id"])
        assert daemon.api.get(target(run["id"], "nothing")).status == 404
    both = {i["digest"] for run in runs for i in files(daemon.api, run["id"]).values()}
    assert set(objects(daemon)) == both
    stored = sum(p.stat().st_size for p in objects(daemon).values())
    assert metric(daemon, "benchd_artifact_bytes") == stored
    assert not list((daemon.state_dir / "artifacts").glob(".part-*"))


def test_a_damaged_object_is_an_error_and_no_content(daemon):
    campaigns = Campaigns(daemon.api)
    _, (run,) = campaigns.done(shell("seq 1000"))
    item = packed(daemon, run["id"])["stdout"]
    path = path_of(daemon, item["digest"])
    whole = path.read_bytes()
    path.write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
    reply = daemon.api.get(target(run["id"], "stdout"))
    assert (reply.status, reply.problem) == (500, "internal")
    assert "damaged" in campaigns.logs(run["id"]), "the others are still told"
    path.unlink()
    assert daemon.api.get(target(run["id"], "stdout")).problem == "internal"
    path.write_bytes(whole)
    assert daemon.api.get(target(run["id"], "stdout")).text == "".join(f"{n}\n" for n in range(1, 1001))


@pytest.mark.skipif(not FAULTS, reason="this build has no fault points: meson configure -Dfaults=true")
@pytest.mark.parametrize("point", ["artifacts.stored", "artifacts.packed"])
def test_killed_while_a_run_is_packed(daemon, point):
    daemon.env = {"BENCHD_FAULT": point}
    daemon.restart()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(shell("echo 7"))
    assert daemon.process.wait(PATIENCE) == -9, f"it did not end at {point}"
    daemon.env = {}
    # What was half written when the host went, and an object that no row came to name.
    store = daemon.state_dir / "artifacts"
    (store / ".part-0123abcd").write_bytes(b"half")
    (store / "00").mkdir(exist_ok=True)
    (store / "00" / ("00" * 32 + ".zst")).write_bytes(b"nobody's")
    daemon.start("/healthz")
    (run,) = campaigns.runs(id)
    items = packed(daemon, run["id"])
    assert daemon.api.get(target(run["id"], "stdout")).body == b"7\n"
    assert set(objects(daemon)) == {i["digest"] for i in items.values()}
    assert not (store / ".part-0123abcd").exists()
    campaigns.wait(id, "done")


def test_files_are_read_while_they_are_packed(daemon):
    """Whoever asks at any moment gets all of it: from the directory, or from the objects."""
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(shell(NOISY, design=design(blocks=3)))
    seen = {}
    while campaigns.get(id)["state"] != "done":
        for run in campaigns.runs(id):
            if run["state"] != "done":
                continue
            reply = daemon.api.get(target(run["id"], "stdout"))
            assert reply.status == 200 and len(reply.body) == NOISE
            assert digest(reply.body) == seen.setdefault(run["id"], digest(reply.body))
            assert "stderr" in files(daemon.api, run["id"])
    for run in campaigns.runs(id):
        assert packed(daemon, run["id"])["stdout"]["digest"] == seen.get(run["id"]) or run["id"] not in seen


def test_the_oldest_goes_first_and_is_told_of_before(make_daemon):
    daemon = make_daemon(**AT_ONCE, artifacts_quota=str(4 * NOISE)).start()
    campaigns = Campaigns(daemon.api)
    kept = campaigns.done(shell(NOISY, artifacts={"keep": True}))[1][0]["id"]
    old = [campaigns.done(shell(NOISY))[1][0]["id"] for _ in range(4)]
    for run in [kept, *old]:
        packed(daemon, run)

    def removed():
        return [e["subject"].removeprefix("run/") for e in events(daemon, "run.artifacts-removed")]

    host.wait_until(lambda: removed(), "a removal", 30)
    gone = removed()
    assert gone == old[:len(gone)] and kept not in gone, "the oldest first, and none that is kept"
    first = events(daemon, "run.artifacts-removed")[0]
    told = [e for e in events(daemon, "host.artifacts") if e["seq"] < first["seq"]]
    assert told and any(n["run"] == gone[0] for n in told[-1]["data"]["next"])
    assert told[-1]["subject"] == "host/local" and told[-1]["data"]["quotaBytes"] == 4 * NOISE
    assert metric(daemon, "benchd_artifact_bytes") <= 4 * NOISE == metric(daemon, "benchd_artifact_quota_bytes")

    reply = daemon.api.get(target(gone[0], "stdout"))
    assert (reply.status, reply.problem) == (410, "gone") and "artifacts_quota" in reply.json["detail"]
    item = files(daemon.api, gone[0])["stdout"]
    assert item["removed"] and item["removedAt"] and item["bytes"] == NOISE and item["storedBytes"] is None
    assert item["digest"] not in objects(daemon)
    assert "removed at" in campaigns.logs(gone[0])
    # What another run has too is still there for that one.
    assert daemon.api.get(target(old[-1], "stderr")).text == "always the same\n"
    assert daemon.api.get(target(kept, "stdout")).status == 200
    used = metric(daemon, "benchd_artifact_bytes")
    daemon.restart()
    assert metric(daemon, "benchd_artifact_bytes") == used
    assert removed()[:len(gone)] == gone


def test_what_is_pinned_stays_and_runs_go_on(make_daemon):
    daemon = make_daemon(**AT_ONCE, artifacts_quota=str(NOISE)).start()
    campaigns = Campaigns(daemon.api)
    runs = [campaigns.done(shell(NOISY, artifacts={"keep": True}))[1][0]["id"] for _ in range(2)]
    for run in runs:
        packed(daemon, run)
        assert daemon.api.get(target(run, "stdout")).status == 200
    host.wait_until(lambda: "artifacts_quota" in daemon.words(), "a warning", 30)
    assert events(daemon, "run.artifacts-removed") == []
    last = events(daemon, "host.artifacts")[-1]["data"]
    assert last["next"] == [] and last["bytes"] > last["quotaBytes"]
    campaigns.works()


def test_what_could_not_be_packed_is_tried_again(make_daemon):
    """Once others have gone, which is when a disk has room again."""
    daemon = make_daemon(**AT_ONCE, artifacts_quota=str(2 * NOISE)).start()
    campaigns = Campaigns(daemon.api)
    in_the_way = daemon.state_dir / "artifacts" / digest(b"7\n").removeprefix("sha256:")[:2]
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_bytes(b"no directory")
    _, (run,) = campaigns.done(shell("echo 7", artifacts={"keep": True}))
    host.wait_until(lambda: "can't be packed" in daemon.words(), "a word about it", 30)
    assert files(daemon.api, run["id"])["stdout"]["digest"] is None
    assert daemon.api.get(target(run["id"], "stdout")).body == b"7\n", "from the directory"
    in_the_way.unlink()
    for _ in range(3):
        packed(daemon, campaigns.done(shell(NOISY))[1][0]["id"])
    assert packed(daemon, run["id"])["stdout"]["digest"] == digest(b"7\n")
    assert daemon.api.get(target(run["id"], "stdout")).body == b"7\n"


@pytest.mark.skipif(not FAULTS, reason="this build has no fault points: meson configure -Dfaults=true")
def test_killed_while_files_are_removed(make_daemon):
    daemon = make_daemon(**AT_ONCE, artifacts_quota=str(2 * NOISE))
    daemon.env = {"BENCHD_FAULT": "artifacts.removed"}
    daemon.start()
    campaigns = Campaigns(daemon.api)
    runs = []
    while daemon.process.poll() is None and len(runs) < 6:
        try:
            runs.append(campaigns.done(shell(NOISY))[1][0]["id"])
        except (OSError, ConnectionError, http.client.HTTPException):
            break
    assert daemon.process.wait(PATIENCE) == -9
    daemon.env = {}
    daemon.start("/healthz")
    needed = host.wait_until(lambda: needed_objects(daemon), "objects that are needed, and no other", 60)
    assert needed and daemon.api.get(target(runs[0], "stdout")).status == 410


def needed_objects(daemon):
    """The digests that rows need, once there are no other objects."""
    items = [i for r in daemon.api.get("/v1/runs?state=done").json["items"] for i in files(daemon.api, r["id"]).values()]
    needed = {i["digest"] for i in items if i["digest"] and not i["removed"]}
    return needed if set(objects(daemon)) == needed and all(i["digest"] for i in items) else None


@pytest.mark.skipif(os.environ.get("BENCHD_TEST_LONG") is None, reason="one of the long ones")
def test_fifty_alike_take_the_room_of_one(daemon):
    campaigns = Campaigns(daemon.api)
    _, runs = campaigns.done(shell("seq 100000", design=design(blocks=50)), patience=1200)
    for run in runs:
        packed(daemon, run["id"])
    assert len({files(daemon.api, run["id"])["stdout"]["digest"] for run in runs}) == 1
