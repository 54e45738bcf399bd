"""A campaign's crate: made by the daemon, checked by benchctl, which names whatever is altered in it."""
import hashlib
import io
import json
import subprocess
import zipfile

import pytest

import streams
from campaigns import AT_ONCE, design, shell
from daemon import BUILD

DAEMON = AT_ONCE
JOBS = 6
LIST, SIGNATURE = "manifest-sha256.txt", "manifest-sha256.txt.sig"
BENCHCTL = BUILD / "clients" / "benchctl" / "benchctl"


def verify(path, *arguments):
    done = subprocess.run([BENCHCTL, "verify", path, "--json", *arguments], capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout)


def rounded(value):
    """As the interface writes numbers: the crate has every digit."""
    return json.loads(json.dumps(value), parse_float=lambda text: float(f"{float(text):.15g}"))


def get_crate(api, id):
    reply = api.get(f"/v1/campaigns/{id}/crate")
    assert reply.status == 200, reply
    return reply


@pytest.fixture(scope="module")
def campaign(campaigns):
    """One of a cell and two blocks, the first of them a warm-up; refused before it is at its end."""
    spec = streams.stream(JOBS, compute=1, design=design(1, warmup=1),
                          arrival={"process": "uniform", "rate": "20/s"})
    spec["labels"] = {"license": "CC-BY-4.0"}
    id = campaigns.submit(spec)
    early = campaigns.api.get(f"/v1/campaigns/{id}/crate")
    assert early.status == 409 and early.problem == "conflict", early
    assert "at its end" in early.json["detail"]
    campaigns.wait(id, "done")
    return id


@pytest.fixture(scope="module")
def crate(api, campaign, tmp_path_factory):
    """Its file, the key that it is to be signed with, and what is in it by name."""
    directory = tmp_path_factory.mktemp("crate")
    path, key = directory / "crate.zip", directory / "key.pem"
    path.write_bytes(get_crate(api, campaign).body)
    key.write_text(api.get("/v1/signing-key").json["publicKey"])
    with zipfile.ZipFile(path) as file:
        return path, key, {name: file.read(name) for name in file.namelist()}


def test_it_is_what_was_signed(api, crate):
    path, key, files = crate
    code, said = verify(path, "--key", key)
    assert (code, said["ok"], said["faults"]) == (0, True, []), said
    assert said["keyMatches"] is True and said["files"] == len(files) - 2
    assert said["signedBy"] == api.get("/v1/signing-key").json["fingerprint"]
    code, said = verify(path)
    assert code == 0 and said["keyMatches"] is None


def test_it_has_all_that_the_interface_has(api, campaigns, campaign, crate):
    files = crate[2]
    runs = json.loads(files["runs.json"])["items"]
    assert [r["id"] for r in runs] == [r["id"] for r in campaigns.runs(campaign)] and len(runs) == 2
    host = api.get("/v1/hosts/local").json
    for run in runs:
        told = campaigns.run(run["id"])
        same = set(told) - {"spec"}
        assert rounded({k: run[k] for k in same}) == rounded({k: told[k] for k in same})
        assert run["removedArtifacts"] == [] and run["cellIndex"] == 0
        mine = {n.split("/", 2)[2]: len(c) for n, c in files.items() if n.startswith(f"runs/{run['id']}/")}
        artifacts = {f"artifacts/{name}": n for name, n in campaigns.artifacts(run["id"]).items()}
        assert artifacts and artifacts.items() <= mine.items()
        assert set(mine) - set(artifacts) == {"jobs.csv", "samples.csv"}
        assert len(files[f"runs/{run['id']}/jobs.csv"].splitlines()) == 1 + JOBS
        # What the host was like is stored once, and the host has not changed since.
        digest = run["conditions"]["host"]
        stored = api.get(f"/v1/hosts/local/descriptions/{digest}").json
        assert stored == json.loads(files[f"hosts/{digest.removeprefix('sha256:')}.json"])
        assert (digest, stored) == (host["descriptionDigest"], host["description"])
    assert json.loads(files["spec.json"]) == campaigns.get(campaign)["spec"]
    plan = json.loads(files["plan.json"])
    assert (plan["cells"], plan["runs"], len(plan["order"]), len(plan["cellList"])) == (1, 2, 2, 1)
    analysis = api.get(f"/v1/campaigns/{campaign}/analysis").json
    assert json.loads(files["analysis.json"])["verdict"] == analysis["verdict"]
    (image,) = json.loads(files["spec.json"])["images"].values()
    assert json.loads(files[f"images/{image.removeprefix('sha256:')}.json"])["digest"] == image


def test_its_metadata_are_an_ro_crate(campaign, crate):
    files = crate[2]
    graph = {e["@id"]: e for e in json.loads(files["ro-crate-metadata.json"])["@graph"]}
    root = graph["./"]
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert {p["@id"] for p in root["hasPart"]} == set(files) - {"ro-crate-metadata.json"}
    assert graph[root["license"]["@id"]]["name"] == "CC-BY-4.0"
    actions = [graph[m["@id"]] for m in root["mentions"]]
    assert len(actions) == 3 and {a["@type"] for a in actions} == {"CreateAction"}
    for action in actions:
        refs = [action["instrument"], action["agent"], *action["object"], *action["result"]]
        assert all(r["@id"] in graph for r in refs), action
        assert action["startTime"] < action["endTime"]
    for name, content in files.items():
        if name in graph and "sha256" in graph[name]:
            assert graph[name]["sha256"] == hashlib.sha256(content).hexdigest()
            assert graph[name]["contentSize"] == str(len(content))


def test_the_same_campaign_gives_the_same_bytes(api, campaign, crate):
    first = crate[0].read_bytes()
    again = get_crate(api, campaign)
    assert again.body == first
    assert again.headers["Content-Length"] == str(len(first))
    kept = api.get(f"/v1/campaigns/{campaign}/crate", **{"If-None-Match": again.headers["ETag"]})
    assert kept.status == 304


def altered(files, name):
    """The crate again with one bit of one file turned."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for other, content in files.items():
            if other == name:
                middle = len(content) // 2
                content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:]
            file.writestr(other, content)
    return out.getvalue()


def test_whatever_is_altered_is_named(crate, tmp_path):
    files = crate[2]
    path = tmp_path / "altered.zip"
    path.write_bytes(altered(files, None))
    assert verify(path)[0] == 0, "packed again, it is the same"
    for name in (n for n, content in files.items() if content):
        path.write_bytes(altered(files, name))
        code, said = verify(path)
        assert code == 6 and not said["ok"], name
        named = {f["file"] for f in said["faults"]}
        if name in (LIST, SIGNATURE):
            assert SIGNATURE in named, said  # nobody can tell which of the two it was
        else:
            assert {"kind": "altered", "file": name} in [
                {"kind": f["kind"], "file": f["file"]} for f in said["faults"]
            ], (name, said)


def test_benchctl_gets_it(daemon, campaign, crate, tmp_path):
    done = subprocess.run([BENCHCTL, "--socket", daemon.socket, "campaign", "crate", campaign],
                          capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"campaign-{campaign}.crate.zip\n"
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == crate[0].read_bytes()


def test_it_is_run_again_from_its_crate(daemon, campaigns, tmp_path):
    """One value tells nothing; but images, plan and host are those of the crate."""
    spec = shell("echo 7", labels={"study": "again"})
    id = campaigns.done(spec)[0]["id"]
    file = tmp_path / "again.zip"
    file.write_bytes(get_crate(campaigns.api, id).body)
    done = subprocess.run([BENCHCTL, "--socket", daemon.socket, "campaign", "reproduce", file, "--trust", "--json"],
                          capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert said["answer"] == "inconclusive" and said["differences"] == [], (said, done.stderr)


def test_the_key_is_its_own(daemon):
    (key,) = daemon.dir.rglob("signing-key.pem")
    assert key.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in daemon.words()
