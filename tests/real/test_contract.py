"""What the daemon serves is what api/openapi.yaml says: every operation, with real replies.

The client holds every reply against the contract (contract.py); here each operation is brought to its
replies, and the routes are shown to be the contract's, no fewer and no more.
"""
import hashlib
import re
import socket

import pytest

import host
import tiny
from campaigns import design, has_begun, shell
from client import sse_events
from conftest import IMAGE, SMALL
from host import ROOT

LOOK_AT_HOST_ONCE = True
FILE = {"Content-Type": "application/vnd.benchd.image"}
BYTES = {"Content-Type": "application/octet-stream"}
NOBODY = "00000000"
AT_ONCE = {"quietWait": "0s"}


@pytest.fixture(scope="module")
def contract(api):
    return api.load_contract()


@pytest.fixture(scope="module")
def cluster(api):
    return api.up(name="contract", node=SMALL)


@pytest.fixture(scope="module")
def run(campaigns):
    """Of a campaign at its end."""
    _, (run,) = campaigns.done(shell("echo 7", limits=AT_ONCE))
    return run


def sample(path):
    path = path.replace("{group}/{name}", "cluster/none").replace("{hostId}", "local").replace("{name}", "slurm").replace("{artifact}", "stdout")
    return re.sub(r"\{\w+Id\}", NOBODY, path)


def test_served_document_is_the_source(contract):
    """Compared by what can be read without a YAML parser: all operations and all schemas."""
    source = (ROOT / "api" / "openapi.yaml").read_text()
    assert re.findall(r"operationId: (\w+)", source) == [
        operation["operationId"]
        for path in contract.document["paths"].values()
        for method, operation in path.items()
        if isinstance(operation, dict) and "operationId" in operation
    ]
    schemas = source[source.index("\n  schemas:\n") :]
    assert re.findall(r"^    (\w+):", schemas, re.M) == list(contract.document["components"]["schemas"])
    assert contract.document["openapi"] == "3.1.0"


def test_document_is_a_valid_use_of_json_schema(contract):
    from jsonschema import Draft202012Validator

    for name, schema in contract.document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            assert not contract.faults(schema, example), name


def test_examples_of_requests_are_accepted(contract, api):
    """As the schema has them; the daemon's own check is shown by the rest."""
    for _, _, path, operation in contract.operations:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        for name, example in (content or {}).get("examples", {}).items():
            assert not contract.faults(content["schema"], example["value"]), (path, name)


@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_reads(daemon, cluster, run, over):
    api = daemon.api if over == "unix" else daemon.tcp
    one_run, one_campaign = f"/v1/runs/{run['id']}", f"/v1/campaigns/{run['campaign']}"
    image = api.get(f"/v1/images/{IMAGE}").json
    for target in (
        "/v1/clusters", f"/v1/clusters/{cluster['id']}", "/v1/images", f"/v1/images/{IMAGE}",
        f"/v1/images/{image['digest']}/manifest", "/v1/hosts", "/v1/hosts/local", "/v1/schedulers",
        "/v1/schedulers/slurm", "/v1/events", "/openapi.json",
        "/v1/campaigns", one_campaign, f"{one_campaign}/runs", f"{one_campaign}/analysis",
        f"{one_campaign}/analysis?metric=elapsed", f"{one_campaign}/report", f"{one_campaign}/report?format=html",
        f"{one_campaign}/export", f"{one_run}/export", "/v1/runs", f"/v1/runs?campaign={run['campaign']}",
        one_run, f"{one_run}/steps", f"{one_run}/jobs", f"{one_run}/jobs?outcome=failed,lost", f"{one_run}/samples",
        f"{one_run}/queue", f"{one_run}/queue?step=1s&from=1s&to=1min",
        "/v1/overview", "/v1/events?last=5", f"{one_campaign}/grid", f"{one_campaign}/values", f"{one_run}/gantt",
        f"{one_campaign}/analysis?live=true",
        f"{one_campaign}/crate", "/v1/signing-key", f"/v1/hosts/local/descriptions/{run['conditions']['host']}",
        "/v1/fragments", "/v1/fragments/cluster/small",
        "/v1/workloads", "/v1/workloads/command", "/v1/workloads/hpcc",
        "/v1/metrics-catalogue", f"{one_run}/logs", f"{one_run}/artifacts", f"{one_run}/artifacts/stdout",
    ):
        reply = api.get(target)
        assert reply.status == 200, target
        unchanged = api.request("GET", target, headers={"If-None-Match": reply.headers["ETag"]})
        if not target.startswith(("/v1/hosts", "/v1/overview")):  # free bytes and load change
            assert unchanged.status == 304, target
    for target in ("/healthz", "/readyz", "/metrics"):
        assert api.get(target).status == 200


def test_a_run_has_the_digest_of_its_cell(campaigns, run):
    plan = campaigns.plan(shell("echo 7", limits=AT_ONCE))
    assert run["digest"] == plan["cellList"][0]["digest"]
    assert [r["digest"] for r in campaigns.runs(run["campaign"])] == [run["digest"]]


def test_every_fragment_makes_a_plan(api, campaigns):
    for fragment in api.get("/v1/fragments").json["items"]:
        assert fragment["error"] is None, fragment
        of_it = api.get(f"/v1/fragments/{fragment['name']}").json
        assert of_it["digest"] == fragment["digest"] and of_it["spec"]
        workload = {} if fragment["name"].startswith("workload/") else {"workload": shell("true")["workload"]}
        cluster = {} if fragment["name"].startswith("cluster/") else {"cluster": {"compute": 4}}
        plan = campaigns.plan({"name": "one", "defaults": [fragment["name"]], **workload, **cluster})
        assert fragment["name"] in [part["fragment"] for part in plan["spec"]["composition"]]
        assert {"fragment": fragment["name"], "digest": fragment["digest"]} in plan["spec"]["composition"]


def test_workloads_are_registered_and_removed(api, campaigns):
    definition = {"name": "mine", "title": "Mine", "command": ["echo", "${value}"],
                  "parameters": {"value": {"type": "integer", "default": 7}}}
    made = api.post("/v1/workloads", definition)
    assert made.status == 201 and made.headers["Location"] == "/v1/workloads/mine"
    assert api.post("/v1/workloads", definition).status == 200
    plan = campaigns.plan({"name": "one", "workload": {"name": "mine"}, "cluster": {"compute": 1}})
    assert plan["spec"]["workloads"] == {"mine": made.json["digest"]}
    assert plan["spec"]["workload"]["value"] == 7
    assert api.post("/v1/workloads", {**definition, "name": "hpcc"}).status == 409
    assert api.post("/v1/workloads", {"name": "mine"}).status == 422
    assert api.delete("/v1/workloads/command").status == 409
    assert api.delete("/v1/workloads/mine").status == 204


def test_every_workload_makes_a_plan(api):
    """Unless the image lacks what it needs, which is told."""
    planned = set()
    for workload in api.get("/v1/workloads").json["items"]:
        assert workload["error"] is None, workload
        if workload["kind"] == "builtin":
            continue
        name = workload["name"]
        reply = api.post("/v1/plans", {"name": "one", "workload": {"name": name}, "cluster": {"compute": 2}})
        if reply.status == 422:
            assert reply.pointers == ["/cluster/image"] and f"--workload {name}" in str(reply.json["faults"]), reply
        else:
            assert reply.json["spec"]["workloads"] == {name: workload["digest"]}
            planned.add(name)
    assert planned >= {"hpcc", "noise", "sleep"}


def test_cells_are_added_to_a_campaign_that_is_paused(api, campaigns):
    id = campaigns.submit(shell("sleep 1", limits=AT_ONCE))
    campaigns.order(id, "pause")
    reply = api.post(f"/v1/campaigns/{id}/cells", {"cells": [{"workload.command": ["true"]}]})
    assert reply.status == 202 and reply.json["state"] == "paused" and reply.json["plan"]["runs"] == 2
    campaigns.order(id, "resume")
    assert campaigns.wait(id, "done")["progress"]["done"] == 2


def test_a_plan_tells_what_it_takes(api, campaigns, run):
    """Of a command that was run before, the time that it took; of one that was not, nothing."""
    spec = shell("echo 7", limits=AT_ONCE, design=design(blocks=6), budget={"wallTime": "1ms", "runs": 6})
    plan = campaigns.plan(spec)
    known = plan["cellList"][0]["estimate"]
    assert known["basis"] == "same" and known["n"] >= 1 and known["seconds"] > 0
    assert plan["estimate"]["seconds"] == pytest.approx(6 * known["seconds"])
    assert plan["budget"]["enough"] is False and plan["budget"]["blocks"] == 0
    assert any(w.startswith("budget: ") for w in plan["warnings"])
    assert plan["resolution"]["resolves"] is True and plan["resolution"]["max"]["n"] == 6
    stream = campaigns.plan({"name": "x", "defaults": ["cluster/small", "workload/short-jobs"]})
    assert stream["cellList"][0]["estimate"]["basis"] == "guess"
    assert stream["resolution"]["resolves"] is False and stream["budget"] is None
    unknown = campaigns.plan(shell("true", cluster={"compute": 250, "node": {"cpus": 0.01, "memory": "64MiB"}}))
    assert unknown["estimate"]["seconds"] is None and unknown["estimate"]["cells"]["none"] == 1


def test_a_composed_campaign_is_stored_resolved(api, campaigns):
    spec = {**shell("true", limits=AT_ONCE), "defaults": ["mine/quick"], "overrides": ["+labels.study=mine"],
            "fragments": {"mine/quick": {"priority": 7}}}
    first = campaigns.plan(spec)
    again = campaigns.plan(first["spec"])
    assert first["digest"] == again["digest"] and first["spec"] == again["spec"]
    id = campaigns.submit(spec)
    stored = campaigns.get(id)
    assert (stored["digest"], stored["priority"]) == (first["digest"], 7)
    assert stored["spec"] == first["spec"] and "defaults" not in stored["spec"]
    campaigns.wait(id, "done")


def test_host_tells_what_it_can(api, cluster):
    host = api.get("/v1/hosts/local").json
    assert host["libvirt"]["ok"] and re.match(r"\d+\.\d+\.\d+$", host["libvirt"]["version"])
    assert ("lxc", True, None) in [(b["name"], b["usable"], b["reason"]) for b in host["backends"]]
    assert host["capacity"]["memoryInUseBytes"] == 2 * 256 * 2**20
    assert host["capacity"]["cpusInUse"] == pytest.approx(0.5)
    assert not [c for c in host["checks"] if c["level"] == "error" and not c["ok"]]


def test_metrics_are_openmetrics(api, cluster):
    reply = api.get("/metrics")
    assert "openmetrics-text" in reply.headers["Content-Type"]
    text = reply.body.decode()
    assert text.endswith("# EOF\n")
    types, values = {}, {}
    for line in text.splitlines()[:-1]:
        if match := re.match(r"# TYPE (\w+) (\w+)$", line):
            types[match[1]] = match[2]
        elif not line.startswith("# HELP "):
            match = re.match(r'(\w+)(\{(?:\w+="[^"\\]*",?)*\})? ([-+.\deE]+)$', line)
            assert match, line
            family = re.sub(r"_(total|info)$", "", match[1])
            assert family in types or match[1] in types, line
            assert types.get(family) != "counter" or match[1].endswith("_total"), line
            values[match[1] + (match[2] or "")] = float(match[3])
    assert values['benchd_clusters{state="ready"}'] == 1
    assert values["benchd_nodes"] == 2
    assert values['benchd_campaigns{state="queued"}'] == values['benchd_runs{state="queued"}'] == 0


def test_cluster_life(api, cluster):
    target = f"/v1/clusters/{cluster['id']}"
    ran = api.run(cluster["id"], "true")
    assert ran.exit["code"] == 0, ran
    assert api.post("/v1/clusters", {"name": "contract"}).status == 409
    assert api.post(f"{target}/exec", {"command": []}).status == 422
    other = api.create(node=SMALL)["id"]
    assert api.post(f"/v1/clusters/{other}/exec", {"command": ["true"]}).status == 409
    api.down(other)
    assert api.delete(f"/v1/clusters/{other}").status == 200


def test_a_command_too_many_is_refused(make_daemon):
    api = make_daemon(exec_workers=2).start().api
    id = api.up(node=SMALL)["id"]
    runs = [api.exec_stream(id, "sh", "-c", "echo here; sleep 1000") for _ in range(2)]
    for stream in runs:
        assert "here" in stream.line()
    refused = api.post(f"/v1/clusters/{id}/exec", {"command": ["true"]})
    assert (refused.status, refused.problem) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    assert "2 commands run" in refused.json["detail"] and "exec_workers" in refused.json["detail"]
    runs.pop().close()
    again = lambda: api.post(f"/v1/clusters/{id}/exec", {"command": ["true"]}).status == 200
    host.wait_until(again, "the turn of the one that ended")
    runs.pop().close()
    api.down(id)


def test_campaign_life(api, campaigns):
    spec = shell("sleep 600", design=design(blocks=2), limits=AT_ONCE)
    assert campaigns.plan(spec)["runs"] == 2
    id = campaigns.submit(spec, Idempotency_Key="campaign.1")
    assert campaigns.submit(spec, Idempotency_Key="campaign.1") == id
    assert api.post("/v1/campaigns", {**spec, "priority": 1}, Idempotency_Key="campaign.1").status == 422
    run = campaigns.wait_run(id, lambda r: has_begun(r, "workload"))["id"]
    for verb in ("pause", "resume"):
        assert campaigns.order(id, verb).status == 202
    assert campaigns.order(run, "cancel", of="runs").status == 202
    campaigns.wait_run(id, lambda r: r["id"] == run and r["state"] == "cancelled")
    assert campaigns.order(run, "cancel", of="runs").status == 200
    assert campaigns.order(id, "cancel").status == 202
    campaigns.wait(id, "cancelled")
    assert campaigns.order(id, "cancel").status == 200
    assert campaigns.order(id, "pause", expect=(409,)).problem == "conflict"
    campaigns.runs(id)


def test_analysis_of_one_run_says_that_it_is_little(api, run):
    target = f"/v1/campaigns/{run['campaign']}/analysis"
    found = api.get(target).json
    (elapsed,) = [m for m in found["metrics"] if m["name"] == "elapsed"]
    assert (elapsed["name"], elapsed["unit"], elapsed["comparisons"]) == ("elapsed", "s", [])
    assert elapsed["cells"][0]["median"] == run["metrics"]["elapsed"]["value"]
    assert found["verdict"]["value"] == "exploratory"
    assert any("at least 6" in reason for reason in found["verdict"]["reasons"])
    nothing = api.get(f"{target}?metric=nothing").json
    assert (nothing["metrics"], nothing["verdict"]["value"]) == ([], "invalid")
    assert api.get(f"{target}?metric=No").status == 422
    assert api.get(f"{target}?confidence=0.9").json["confidence"] == 0.9
    for faulty in ("confidence=0.5", "confidence=1", "confidence=much", "by=cluster.compute"):
        assert api.get(f"{target}?{faulty}").status == 422, faulty


def test_campaigns_are_compared(api, campaigns, run):
    spec = shell("echo 7", limits=AT_ONCE, labels={"study": "mine"}, isolation="shared")
    _, (other,) = campaigns.done({**spec, "name": "other"})
    both = [run["campaign"], other["campaign"]]
    found = api.post("/v1/comparisons", {"campaigns": both, "metrics": ["elapsed"], "confidence": 0.9}).json
    assert [c["id"] for c in found["campaigns"]] == both and found["paired"] is False and found["unmatched"] == []
    (difference,) = found["differences"]
    assert (difference["campaign"], difference["path"], difference["after"]) == (both[1], "isolation", "shared")
    assert found["analysis"]["confidence"] == 0.9 and found["analysis"]["verdict"]["value"] == "exploratory"
    missing = api.post("/v1/comparisons", {"campaigns": [both[0], NOBODY]})
    assert (missing.status, missing.problem) == (404, "not-found")
    for campaigns_asked in ([], both[:1], [both[0], both[0]], both * 5, ["x", both[0]]):
        assert api.post("/v1/comparisons", {"campaigns": campaigns_asked}).status == 422, campaigns_asked


def test_artifacts_are_those_of_the_run_alone(api, campaigns, run):
    target = f"/v1/runs/{run['id']}/artifacts"
    assert campaigns.artifacts(run["id"])["stdout"] == 2
    whole = api.get(f"{target}/stdout")
    assert (whole.body, whole.headers["Content-Length"]) == (b"7\n", "2")
    for name in ("..", ".", "%2e%2e", "..%2f..%2fbenchd.db", "%2fetc%2fpasswd", "nothing", "a" * 200, "-x"):
        assert api.get(f"{target}/{name}").status == 404, name


def test_image_life(make_daemon):
    daemon = make_daemon(empty=True).start()
    api = daemon.api
    assert api.request("POST", "/v1/images/import", tiny.archive(), FILE).status == 201
    assert api.request("POST", "/v1/images/import", b"none", FILE).status == 422
    assert api.get("/v1/images/tiny/content").status == 200
    assert api.get("/v1/images/tiny/manifest").status == 200
    building = api.post("/v1/images", {"recipe": IMAGE}, Idempotency_Key="build.1")
    assert building.status == 202
    repeated = api.post("/v1/images", {"recipe": IMAGE}, Idempotency_Key="build.1")
    assert repeated.status in (200, 202) and repeated.json["id"] == building.json["id"]
    id = building.json["id"]
    assert api.post("/v1/images", {"recipe": IMAGE}).status == 200
    assert api.get(f"/v1/images/{id}").json["state"] == "building"
    assert api.get(f"/v1/images/{id}/manifest").status == 409
    assert api.get(f"/v1/images/{id}/content").status == 409
    assert api.delete(f"/v1/images/{id}").status == 204, "one that is being built is stopped first"
    assert api.get(f"/v1/images/{id}").status == 404
    assert api.delete("/v1/images/tiny").status == 204


def test_input_life(make_daemon):
    daemon = make_daemon(input_max_bytes="1KiB").start()
    api = daemon.api
    add = lambda content, name="": api.request("POST", f"/v1/inputs{name}", content, BYTES)
    first = add(b"x" * 1024, "?name=log.swf")
    digest = "sha256:" + hashlib.sha256(b"x" * 1024).hexdigest()
    assert (first.status, first.json["digest"], first.json["name"]) == (201, digest, "log.swf")
    assert first.headers["Location"] == f"/v1/inputs/{digest}"
    again = add(b"x" * 1024, "?name=other")
    assert (again.status, again.json) == (200, first.json)
    second = add(b"")
    assert (second.status, second.json["name"], second.json["bytes"]) == (201, None, 0)
    assert add(b"x" * 1025).status == 413
    assert add(b"x", "?name=a/b").status == 422
    assert api.request("POST", "/v1/inputs", b"x", {"Content-Type": "text/plain"}).status == 415
    assert list(daemon.transfer_dir.iterdir()) == []

    page = api.get("/v1/inputs?limit=1").json
    assert [i["id"] for i in page["items"]] == [second.json["id"]]
    rest = api.get(f"/v1/inputs?limit=1&cursor={page['next']}").json
    assert [i["id"] for i in rest["items"]] == [first.json["id"]]
    for ref in (digest, first.json["id"]):
        assert api.get(f"/v1/inputs/{ref}").json == first.json
        content = api.get(f"/v1/inputs/{ref}/content")
        assert content.body == b"x" * 1024 and content.headers["ETag"] == f'"{digest}"'
        known = {"If-None-Match": content.headers["ETag"]}
        assert api.request("GET", f"/v1/inputs/{ref}/content", headers=known).status == 304
    assert api.get("/v1/inputs/sha256:12").status == 404

    (daemon.state_dir / "inputs" / ".part-cut-off").write_bytes(b"x")
    daemon.kill()
    daemon.start()
    api = daemon.api
    assert api.get(f"/v1/inputs/{digest}/content").body == b"x" * 1024
    host.wait_until(lambda: not (daemon.state_dir / "inputs" / ".part-cut-off").exists(), "the sweep")
    assert api.delete(f"/v1/inputs/{digest}").status == 204
    assert api.get(f"/v1/inputs/{digest}").status == api.delete(f"/v1/inputs/{digest}").status == 404
    hex = digest.removeprefix("sha256:")
    host.wait_until(lambda: not list(daemon.state_dir.glob(f"inputs/*/{hex}.zst")), "the end of its content")
    kinds = [e["kind"] for e in api.get("/v1/events").json["items"] if e["subject"] == f"input/{first.json['id']}"]
    assert kinds == ["input.added", "input.removed"]


def test_event_stream(api):
    with api.sse(since=0) as stream:
        assert stream.response.headers["Content-Type"].startswith("text/event-stream")
        id, kind, event = next(sse_events(stream))
        assert id == event["seq"] == 1 and kind == event["kind"]
        schema = {"$ref": "#/components/schemas/Event"}
        assert not api.contract.faults(schema, event)


def test_what_is_not_there_is_a_404_of_every_operation(api, contract):
    for method, _, path, operation in contract.operations:
        if "{" not in path:
            continue
        target = sample(path.replace("{hostId}", "elsewhere").replace("{name}", "no-such"))
        bodies = {"execInCluster": {"command": ["true"]}, "addCells": {"cells": [{"cluster.compute": 2}]}}
        body = bodies[operation["operationId"]] if "requestBody" in operation else None
        reply = api.request(method, target, body)
        assert (reply.status, reply.problem) == (404, "not-found"), (method, target)


@pytest.mark.parametrize("path", [
    "/v1", "/v1/", "/v2/clusters", "/v1/cluster", "/v1/clusters/", f"/v1/clusters/{NOBODY}/",
    f"/v1/clusters/{NOBODY}/exec/x", "//v1/clusters", "/v1//clusters", "/V1/clusters", "/healthz/x",
    "/openapi.yaml", "/v1/clusters/../clusters", "/v1/images/a/b/c",
])
def test_unknown_paths(api, path):
    for method in ("GET", "POST", "DELETE"):
        reply = api.request(method, path)
        assert reply.status == 404 and reply.problem == "not-found", (method, path, reply)


def test_other_methods_are_refused_with_those_that_there_are(api, contract):
    for path in contract.document["paths"]:
        target = sample(path)
        _, methods = contract.find("GET", target)
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "BREW"):
            if method in methods or (method == "BREW"):
                continue
            reply = api.request(method, target)
            assert (reply.status, reply.problem) == (405, "method-not-allowed"), (method, target)
            allowed = set(re.split(r",\s*", reply.headers["Allow"]))
            assert allowed - {"HEAD", "OPTIONS"} == set(methods), (method, target)


def test_accept_and_content_type(api):
    no = api.request("GET", "/v1/clusters", headers={"Accept": "text/html"})
    assert (no.status, no.problem) == (406, "not-acceptable")
    for accept in ("*/*", "application/*", "application/json;q=0.5, text/html", "text/html, */*;q=0.1"):
        assert api.request("GET", "/v1/clusters", headers={"Accept": accept}).status == 200, accept
    plain = api.request("POST", "/v1/clusters", b"{}", {"Content-Type": "text/plain"})
    assert (plain.status, plain.problem) == (415, "unsupported-media-type")
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert api.request("POST", "/v1/clusters", b'{"x":1}', charset).status == 422
    upload = api.request("POST", "/v1/images/import", b"x", {"Content-Type": "application/json"})
    assert upload.status == 415


def test_request_ids_differ_and_are_in_the_log(daemon):
    ids = {daemon.api.get("/healthz").headers["X-Request-Id"] for _ in range(20)}
    assert len(ids) == 20


def test_without_libvirt_it_lives_but_is_not_ready(make_daemon):
    daemon = make_daemon(libvirt_uri="lxc+unix:///system?socket=/nowhere/sock").start("/healthz")
    reply = daemon.api.get("/readyz")
    assert reply.status == 503 and not reply.json["ready"]
    assert any("libvirt" in r for r in reply.json["reasons"])
    host = daemon.api.get("/v1/hosts/local").json
    assert not host["libvirt"]["ok"] and host["libvirt"]["version"] is None
    assert not host["backends"][0]["usable"] and host["backends"][0]["reason"]


def test_requests_of_one_connection_are_answered_in_order(daemon):
    request = "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: {}\r\n\r\n"
    asked = ["/v1/schedulers", "/nothing", "/v1/hosts/nowhere", "/v1/clusters", "/healthz"]
    lines = [request.format(path, "close" if path == asked[-1] else "keep-alive") for path in asked]
    with socket.create_connection(("127.0.0.1", daemon.port)) as s:
        s.sendall("".join(lines).encode())
        answer = b""
        while piece := s.recv(65536):
            answer += piece
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answer) == [b"200", b"404", b"404", b"200", b"200"]


def test_every_operation_was_shown(contract, api, cluster):
    """Last in this file: all operations have had a good answer, and none an undocumented one."""
    shown = {name for name, status in contract.seen if status < 300}
    wanted = {operation["operationId"] for *_, operation in contract.operations}
    assert wanted - shown == {"deleteCluster"} - shown
    api.down(cluster["id"])
