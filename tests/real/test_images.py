"""Images: built at most once at a time, moved as files, kept while used, refused when changed."""
import concurrent.futures
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

import host
import tiny
from conftest import IMAGE, SMALL

FILE = {"Content-Type": "application/vnd.benchd.image"}


def load(api, data):
    return api.request("POST", "/v1/images/import", data, FILE)


@pytest.fixture
def empty(make_daemon):
    """A daemon without images, and a directory of its own for them."""
    return make_daemon(empty=True).start()


def left_over(daemon):
    """Files of daemon's that no row stands for."""
    work = list(daemon.image_dir.glob("work/*"))
    return work + list(daemon.transfer_dir.iterdir())


def test_a_built_image_tells_what_is_in_it(api, images):
    image = api.get(f"/v1/images/{IMAGE}").json
    assert image["state"] == "ready" and image["name"] == image["recipe"] == IMAGE
    for name in (image["id"], image["digest"]):
        assert api.get(f"/v1/images/{name}").json == image
    manifest = api.get(f"/v1/images/{image['id']}/manifest").json
    assert manifest["digest"] == image["digest"]
    assert manifest["recipe"] == {"name": IMAGE, "digest": image["recipeDigest"]}
    assert manifest["entries"] == image["entries"] > 5000
    assert len(manifest["packages"]) == image["packageCount"] > 100
    versions = {p["name"]: p["version"] for p in manifest["packages"]}
    assert versions["slurmctld"].startswith("22.05")
    root = images.dir / image["digest"].removeprefix("sha256:") / "rootfs"
    for secret in ("etc/munge/munge.key", "etc/ssh/ssh_host_rsa_key", "var/lib/dbus/machine-id"):
        assert not (root / secret).exists(), secret
    assert (root / "etc/machine-id").read_text() == ""


def test_a_recipe_that_was_built_is_not_built_again(api):
    have = api.get(f"/v1/images/{IMAGE}").json
    reply = api.post("/v1/images", {"recipe": IMAGE})
    assert reply.status == 200 and reply.json == have
    listed = api.get(f"/v1/images?name={IMAGE}&state=ready").json["items"]
    assert [i["id"] for i in listed] == [have["id"]]
    first, second = (api.post("/v1/images", {"recipe": IMAGE}, Idempotency_Key="have") for _ in range(2))
    assert first.status == second.status == 200 and first.json == second.json == have
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    other = api.post("/v1/images", {"recipe": IMAGE, "rebuild": False}, Idempotency_Key="have")
    assert (other.status, other.pointers) == (422, ["/header/Idempotency-Key"])


def test_an_unknown_recipe_is_refused_with_those_that_there_are(api):
    reply = api.post("/v1/images", {"recipe": "no-such"})
    assert (reply.status, reply.pointers) == (422, ["/recipe"]), reply
    assert IMAGE in reply.json["faults"][0]["expected"] + reply.json["detail"]


def test_workloads_without_a_definition_are_refused(api):
    for names, pointers in ((["fio", "no-such"], ["/workloads/1"]), (["command"], ["/workloads/0"]),
                            (["Fio"], ["/workloads/0"]), (["fio", "fio"], ["/workloads/1"])):
        reply = api.post("/v1/images", {"recipe": IMAGE, "workloads": names})
        assert (reply.status, reply.pointers) == (422, pointers), reply


def test_a_build_by_need_is_refused_before_anything_is_built(empty):
    """Its packages are not in the recipe's archives: who needs which, and what helps."""
    api = empty.api
    definition = {"name": "lost", "title": "x", "command": ["x"],
                  "needs": {"packages": ["hostname", "no-such-package"], "hint": "it is to be written"}}
    assert api.post("/v1/workloads", definition).status == 201
    reply = api.post("/v1/images", {"recipe": IMAGE, "workloads": ["lost"]})
    assert (reply.status, reply.json["name"], reply.json["workloads"]) == (202, f"{IMAGE}-lost", ["lost"])
    image = api.wait_for(f"/v1/images/{reply.json['id']}", lambda i: i["state"] != "building", 300)
    assert (image["state"], image["recipe"]) == ("failed", IMAGE)
    assert image["error"]["detail"].startswith(
        f"image {IMAGE}-lost: bookworm main has no package no-such-package, which the workload lost needs "
        "(it is to be written): "), image
    assert left_over(empty) == []


def test_asked_for_twice_at_once_it_is_built_once_and_kill_leaves_nothing(empty):
    api = empty.api
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ask = lambda _: api.post("/v1/images", {"recipe": IMAGE})
        replies = list(pool.map(ask, range(2)))
    assert sorted(r.status for r in replies) == [200, 202]
    assert len({r.json["id"] for r in replies}) == 1
    id = replies[0].json["id"]
    builders = lambda: [p for p, _, group, _ in host.processes() if f"benchd/image-{id}" in group]
    host.wait_until(lambda: len(builders()) > 1, "a build under way")
    host.wait_until(lambda: any(empty.image_dir.glob("work/*/*")), "its files")
    assert len(list(empty.image_dir.glob("work/*"))) == 1
    waiting = api.get(f"/v1/images/{IMAGE}")
    assert waiting.status == 404, "not ready: not found by its name"

    empty.kill()
    empty.start()
    image = api.wait_for(f"/v1/images/{id}", lambda i: i["state"] != "building")
    assert image["state"] == "failed" and "cut off" in image["error"]["detail"]
    assert builders() == [] and left_over(empty) == []
    assert [c for c in host.cgroups() if id in c] == []
    assert not [m for m, _ in host.mounts() if m.startswith(str(empty.image_dir))]
    assert api.delete(f"/v1/images/{id}").status == 204
    assert api.get("/v1/images").json["items"] == []


def test_a_build_that_is_under_way_ends_with_the_daemon(empty):
    api = empty.api
    id = api.post("/v1/images", {"recipe": IMAGE}).json["id"]
    builders = lambda: [p for p, _, group, _ in host.processes() if f"benchd/image-{id}" in group]
    host.wait_until(lambda: len(builders()) > 1, "a build under way")
    empty.stop()
    assert builders() == []
    told = [line for line in empty.words().splitlines() if id in line and "cut off" in line]
    assert len(told) == 1 and "level=warn" in told[0], told
    assert "level=error" not in empty.words()
    empty.start()
    image = api.wait_for(f"/v1/images/{id}", lambda i: i["state"] != "building")
    assert image["state"] == "failed" and "cut off" in image["error"]["detail"]
    assert left_over(empty) == []


def test_one_that_waits_for_its_turn_is_deleted_at_once(empty):
    api = empty.api
    first = api.post("/v1/images", {"recipe": IMAGE}).json["id"]
    second = api.post("/v1/images", {"recipe": IMAGE, "rebuild": True}).json["id"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        loading = pool.submit(load, api, tiny.archive())
        waits = lambda: api.get("/v1/images?name=import").json["items"]
        host.wait_until(waits, "the import's row")
        assert api.delete(f"/v1/images/{waits()[0]['id']}").status == 204
        refused = loading.result()
    assert (refused.status, refused.problem) == (409, "conflict")
    assert api.delete(f"/v1/images/{second}").status == 204
    assert [i["id"] for i in api.get("/v1/images").json["items"]] == [first]
    assert api.get(f"/v1/images/{first}").json["state"] == "building", "none waited for it"
    assert api.delete(f"/v1/images/{first}").status == 204
    host.wait_until(lambda: left_over(empty) == [], "the end of the upload's file")


def test_a_file_goes_in_and_comes_out_with_its_digest(empty):
    api = empty.api
    wanted = tiny.manifest(tiny.entries())
    reply = load(api, tiny.archive())
    assert reply.status == 201, reply
    image = reply.json
    assert reply.headers["Location"] == f"/v1/images/{image['id']}"
    assert (image["state"], image["name"]) == ("ready", "tiny")
    assert image["digest"] == wanted["digest"], "the digest of the tree is what its document says"
    assert (image["entries"], image["sizeBytes"], image["packageCount"]) == (5, wanted["sizeBytes"], 1)
    assert api.get("/v1/images/tiny/manifest").json == wanted

    exported = api.get(f"/v1/images/{image['digest']}/content")
    assert exported.status == 200
    found, manifest = tiny.members(exported.body)
    assert manifest == wanted
    assert found["rootfs/hello"] == b"hello\n"
    unchanged = api.request(
        "GET", "/v1/images/tiny/content", headers={"If-None-Match": exported.headers["ETag"]}
    )
    assert unchanged.status == 304

    again = load(api, exported.body)
    assert again.status == 200 and again.json == image, "it is there already"
    assert load(api, tiny.archive(name="other")).json == image, "whatever it is called"
    assert api.get("/v1/images").json["items"] == [image]
    assert api.delete("/v1/images/tiny").status == 204
    assert api.get("/v1/images").json["items"] == []
    assert [p.name for p in empty.image_dir.iterdir() if p.name != "work"] == []
    assert load(api, exported.body).status == 201
    assert left_over(empty) == []


def test_files_stay_while_another_image_has_them(empty):
    """As after a rebuild that came to the same."""
    api = empty.api
    first = load(api, tiny.archive()).json
    empty.stop()
    with sqlite3.connect(empty.database) as db:
        db.execute("CREATE TEMP TABLE copy AS SELECT * FROM image")
        db.execute("UPDATE copy SET id = '00000001'")
        db.execute("INSERT INTO image SELECT * FROM copy")
    db.close()
    empty.start()
    assert api.delete(f"/v1/images/{first['id']}").status == 204
    assert api.get("/v1/images/tiny").json["id"] == "00000001"
    assert api.get("/v1/images/tiny/content").status == 200
    assert api.delete("/v1/images/tiny").status == 204
    assert [p.name for p in empty.image_dir.iterdir() if p.name != "work"] == []


def test_one_whose_row_lost_its_fingerprint_is_set_aside(empty):
    """Nothing shows any more that its files are what was built: no cluster is made of it, and benchd goes on."""
    api = empty.api
    image = load(api, tiny.archive()).json
    empty.stop()
    with sqlite3.connect(empty.database) as db:
        assert db.execute("UPDATE image SET fingerprint = NULL").rowcount == 1
    db.close()
    empty.start()
    seen = api.wait_for(f"/v1/images/{image['id']}", lambda i: i["state"] != "ready")
    assert seen["state"] == "failed" and "no fingerprint" in seen["error"]["detail"]
    refused = api.post("/v1/clusters", {"image": "tiny", "compute": 1, "node": SMALL})
    assert refused.status == 422 and "no image that is ready is called tiny" in refused.text, refused
    assert api.get("/healthz").status == 200
    assert api.delete(f"/v1/images/{image['id']}").status == 204
    assert load(api, tiny.archive()).status == 201


BAD_FILES = {
    "nothing": b"",
    "no archive": b"\0" * 5000,
    "cut short": tiny.archive()[:-30],
    "other content": tiny.archive(tiny.entries(b"jello\n"), digest=tiny.digest(tiny.entries())),
    "another format": tiny.archive(format="benchd-image/9"),
    "a path that leads out": tiny.archive(extra=[("rootfs/../../../evil", b"x")]),
    "an absolute path": tiny.archive(extra=[("/evil", b"x")]),
    "more than it says": tiny.archive(extra=[("rootfs/more", b"x" * 5000)]),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_refused_and_nothing_of_it_kept(empty, what):
    reply = load(empty.api, BAD_FILES[what])
    assert reply.status in (400, 422), reply
    assert reply.problem in ("malformed", "validation")
    assert reply.json["detail"]
    host.wait_until(lambda: left_over(empty) == [], "the end of the upload's file")
    assert [p.name for p in empty.image_dir.iterdir() if p.name != "work"] == []
    assert not Path("/evil").exists()
    assert empty.api.get("/v1/images").json["items"] == []
    told = [e["data"]["error"] for e in empty.api.events() if e["kind"] == "image.failed"]
    assert told == [reply.json["detail"]]
    assert str(empty.dir) not in told[0] and "upload" not in told[0]


def test_head_tells_of_a_file_without_packing_it(empty):
    load(empty.api, tiny.archive())
    connection = empty.api.connection()
    connection.request("HEAD", "/v1/images/tiny/content")
    reply = connection.getresponse()
    assert reply.status == 200 and reply.read() == b""
    assert reply.headers["Content-Type"] == FILE["Content-Type"]
    assert reply.headers["Content-Length"] is None, "only who packs it knows"
    connection.close()
    assert empty.api.get("/v1/images/tiny/content").headers["ETag"] == reply.headers["ETag"]


@pytest.fixture
def small_disk(tmp_path, host_after_test):
    """small_disk(options): a directory on a tmpfs of its own."""

    def mount(options):
        host.run("mount", "-t", "tmpfs", "-o", options, "benchd-test", str(tmp_path))
        return tmp_path

    yield mount
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.parametrize("room", ["size=16k", "size=1m,nr_inodes=3", "size=1m,nr_inodes=5"])
def test_an_import_without_room_is_told_so(small_disk, make_daemon, room):
    daemon = make_daemon(empty=True, image_dir=small_disk(room)).start()
    reply = load(daemon.api, tiny.archive())
    assert (reply.status, reply.problem) == (409, "no-capacity"), reply
    assert "make room" in reply.json["detail"] or "space" in reply.json["detail"], reply
    assert daemon.api.get("/v1/images").json["items"] == []
    assert left_over(daemon) == []


def test_an_upload_without_room_is_told_so(small_disk, make_daemon):
    disk = small_disk("size=8m")
    daemon = make_daemon(empty=True, state_dir=disk / "state").start()
    reply = load(daemon.api, b"x" * 10_000_000)
    assert (reply.status, reply.problem) == (409, "no-capacity"), reply
    assert "make room" in reply.json["detail"] and "upload-" not in reply.json["detail"], reply
    host.wait_until(lambda: left_over(daemon) == [], "the end of the upload's file")


def test_a_file_over_the_limit_is_refused(make_daemon):
    daemon = make_daemon(empty=True, import_max_bytes="64KiB").start()
    reply = load(daemon.api, b"x" * 100_000)
    assert (reply.status, reply.problem) == (413, "too-large")
    chunks = (b"x" * 10_000 for _ in range(10))
    chunked = daemon.api.request("POST", "/v1/images/import", Reader(chunks), FILE)
    assert chunked.status == 413
    assert left_over(daemon) == []


class Reader:
    """What http.client sends in chunks, since it can't know how long it is."""

    def __init__(self, pieces):
        self.pieces = pieces

    def read(self, _=None):
        return next(self.pieces, b"")


def test_an_image_in_use_is_not_deleted(api):
    cluster = api.create(node=SMALL)
    reply = api.delete(f"/v1/images/{IMAGE}")
    assert (reply.status, reply.problem) == (409, "conflict")
    assert cluster["id"] in reply.json["detail"]
    api.down(cluster["id"])


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_an_image_that_was_harmed_on_disk_is_not_used(empty, harm):
    api = empty.api
    digest = load(api, tiny.archive()).json["digest"]
    root = empty.image_dir / digest.removeprefix("sha256:") / "rootfs"
    if harm == "gone":
        os.rename(root.parent, empty.dir / "elsewhere")
    else:
        (root / "hello").write_text("jello\n")
    failed = api.wait_state(api.create(image="tiny", node=SMALL)["id"], "failed")
    assert failed["error"]["step"] == "image"
    assert digest in failed["error"]["detail"] and "again" in failed["error"]["detail"]
    assert failed["residue"]["empty"]


def test_an_image_without_a_scheduler_is_refused_by_what_it_lacks(empty):
    load(empty.api, tiny.archive())
    failed = empty.api.wait_state(empty.api.create(image="tiny", node=SMALL)["id"], "failed")
    assert failed["error"]["step"] == "image" and "slurm" in failed["error"]["detail"].lower()


def test_an_image_whose_directory_went_while_the_daemon_was_down_is_told(empty):
    api = empty.api
    image = load(api, tiny.archive()).json
    empty.stop()
    os.rename(empty.image_dir / image["digest"].removeprefix("sha256:"), empty.dir / "elsewhere")
    empty.start()
    found = api.get(f"/v1/images/{image['id']}").json
    assert found["state"] == "failed" and "gone" in found["error"]["detail"]
    listed = lambda query: [i["id"] for i in api.get(f"/v1/images{query}").json["items"]]
    assert listed("?state=failed") == [image["id"]] and listed("?state=ready,building") == []

    load(api, tiny.archive(tiny.entries(b"jello\n"), name="other"))
    assert image["id"] in listed(""), "that is of another name"
    anew = load(api, tiny.archive())
    assert anew.status == 201 and anew.json["digest"] == image["digest"]
    host.wait_until(lambda: listed("?state=failed") == [], "the removal of what failed before")
    assert api.get("/v1/images/tiny").json == anew.json
    assert api.get("/v1/images/tiny/content").status == 200
