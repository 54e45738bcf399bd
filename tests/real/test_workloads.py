"""Workloads that are defined by data: registered, planned, run, and what becomes of a run whose output is wrong."""
import hashlib
import io
import json
import zipfile

import pytest

from campaigns import AT_ONCE as DAEMON, NODE, ONE, Campaigns, design, words_of
from test_swf import add

LOOK_AT_HOST_ONCE = True
AT_ONCE = {"quietWait": "0s"}
TWO = {"compute": 2, "node": NODE}


def definition(name="echo", **members):
    return {
        "name": name,
        "title": "Says a number",
        "parameters": {"value": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 7},
                       "text": {"type": "string", "default": "x"}},
        "command": ["sh", "-c", 'cat said; echo "text $1"', "sh", "${text}"],
        "files": [{"path": "said", "content": "value ${value}\nnodes ${nodes}\n"}],
        "metrics": {"value": {"regex": "^value ([0-9]+)$", "unit": "1", "kind": "cost", "direction": "min"}},
        **members,
    }


def register(api, *args, expect=(200, 201), **members):
    reply = api.post("/v1/workloads", definition(*args, **members))
    assert reply.status in expect, reply
    return reply.json


def spec(name="echo", cluster=None, design=None, factors=None, **workload):
    return {"name": "test", "cluster": cluster or {"compute": 1, "node": NODE}, "limits": AT_ONCE,
            "workload": {"name": name, **workload},
            **({"design": design} if design else {}), **({"factors": factors} if factors else {})}


def test_those_that_come_with_benchd_are_listed(api):
    listed = {w["name"]: w for w in api.get("/v1/workloads").json["items"]}
    assert list(listed) == sorted(listed) and not [w for w in listed.values() if w["error"]]
    assert {n: w["kind"] for n, w in listed.items()} == {
        "command": "builtin", "jobstream": "builtin", "swf": "builtin", "fio": "file", "gromacs": "file",
        "hpcc": "file", "iozone": "file", "iperf3": "file", "lammps": "file", "mpi": "file", "netperf": "file",
        "noise": "file", "openfoam": "file", "sleep": "file"}
    assert listed["jobstream"]["parameters"]["properties"]["jobs"]["type"] == "integer"
    assert "makespan" in listed["jobstream"]["metrics"] and "makespan" not in listed["command"]["metrics"]
    hpcc = api.get("/v1/workloads/hpcc").json
    assert hpcc["needs"]["programs"] == ["hpcc"] and hpcc["licence"] == "BSD-3-Clause"
    assert hpcc["parameters"]["properties"]["size"]["default"] == 1000
    assert hpcc["metrics"]["stream_triad"] == {
        "unit": "GB/s", "kind": "rate", "direction": "max",
        "title": "Memory bandwidth of a triad, likewise"}
    assert hpcc["definition"]["name"] == "hpcc" and listed["hpcc"]["definition"] is None


def test_registering_twice_changes_nothing(api):
    first = register(api, "twice", expect=(201,))
    again = register(api, "twice", expect=(200,))
    assert first == again and first["kind"] == "registered"
    other = register(api, "twice", expect=(201,), title="Another")
    assert other["digest"] != first["digest"] and api.get("/v1/workloads/twice").json == other
    key = {"Idempotency_Key": "workload.1"}
    made = api.post("/v1/workloads", definition("thrice"), **key)
    replayed = api.post("/v1/workloads", definition("thrice"), **key)
    assert (made.status, replayed.status, made.json) == (201, 201, replayed.json)
    for name in ("twice", "thrice"):
        assert api.delete(f"/v1/workloads/{name}").status == 204
        assert api.delete(f"/v1/workloads/{name}").status == 404
        assert api.get(f"/v1/workloads/{name}").status == 404
    kinds = [e["kind"] for e in api.get("/v1/events?subject=workload/twice").json["items"]]
    assert kinds == ["workload.registered", "workload.registered", "workload.removed"]


def test_names_that_are_taken(api):
    for name, status in (("hpcc", 409), ("command", 422), ("swf", 422)):
        assert api.post("/v1/workloads", definition(name)).status == status, name
    for name in ("hpcc", "command", "jobstream", "swf"):
        assert api.delete(f"/v1/workloads/{name}").status == 409, name


def test_every_fault_of_a_definition_is_told(api):
    faulty = definition(command=["sh", "-c", "echo ${text}", "${gone}"],
                        metrics={"m": {"regex": "(", "unit": "s", "kind": "cost"}},
                        checks=[{"name": "c", "says": "x", "regex": "x"}])
    reply = api.post("/v1/workloads", faulty)
    assert (reply.status, reply.pointers) == (422, ["/checks/0", "/command/2", "/command/3", "/metrics/m/regex"])
    assert api.get("/v1/workloads/echo").status == 404


def test_faults_of_a_spec_are_told_by_the_parameters(api):
    register(api)
    for change, pointer in (
            ({"value": -1}, "/workload/value"), ({"valeu": 1}, "/workload/valeu"), ({"nodes": 2}, "/workload/nodes"),
            ({"name": "eco"}, "/workload/name")):
        reply = api.post("/v1/campaigns", spec(**{"name": "echo", **change}))
        assert (reply.status, reply.pointers) == (422, [pointer]), (change, reply)
    reply = api.post("/v1/plans", spec(factors={"workload.value": [1, "two"]}))
    assert reply.pointers == ["/factors/workload.value/1"]
    reply = api.post("/v1/plans", {**spec(), "objectives": [{"metric": "makespan", "direction": "min"}]})
    assert reply.pointers == ["/objectives/0/metric"]
    assert api.post("/v1/plans", {**spec(), "objectives": [{"metric": "value", "direction": "min"}]}).status == 200
    pinned = {**spec(), "workloads": {"echo": "sha256:" + "0" * 64}}
    assert api.post("/v1/plans", pinned).pointers == ["/workloads/echo"]


def test_a_parameter_is_varied(api, campaigns):
    register(api)
    nasty = '$(reboot) "\' ${value} *'
    campaign, runs = campaigns.done(spec(cluster=TWO, factors={"workload.value": [3, 5]}, text=nasty))
    assert campaign["spec"]["workloads"] == {"echo": api.get("/v1/workloads/echo").json["digest"]}
    assert campaign["spec"]["workload"] == {
        "name": "echo", "value": 7, "text": nasty, "tasksPerNode": 1, "timeout": "10min", "warmup": 0}
    for run in runs:
        value = run["cell"]["workload.value"]
        assert (run["metrics"]["value"]["value"], run["metrics"]["value"]["n"]) == (value, 2)
        said = campaigns.artifact(run["id"], "stdout").splitlines()
        assert sorted(said) == sorted([f"value {value}", "nodes 2", f"text {nasty}"] * 2)
        whole = campaigns.run(run["id"])
        assert whole["spec"]["workload"]["value"] == value and whole["grade"]["value"] != "invalid"


def test_a_campaign_stays_with_the_definition_it_was_planned_with(make_daemon):
    """While it runs, and over a restart."""
    daemon = make_daemon(**DAEMON).start()
    campaigns = Campaigns(daemon.api)
    script = ["sh", "-c", "cat said; sleep 3"]
    register(daemon.api, command=script)
    id = campaigns.submit(spec(design=design(blocks=3)))
    campaigns.wait_step(id, "workload")
    register(daemon.api, expect=(201,), command=["sh", "-c", "echo value 999"])
    daemon.restart()
    campaigns.wait_run(id, lambda r: r["state"] == "done")
    assert daemon.api.delete("/v1/workloads/echo").status == 204
    campaign = campaigns.wait(id, "done")
    runs = [r for r in campaigns.runs(id) if r["state"] == "done"]
    assert [r["metrics"]["value"]["value"] for r in runs] == [7, 7, 7]
    again = campaigns.plan(campaign["spec"])  # it is there no more, but this campaign has it
    assert again["digest"] == campaign["digest"]
    _, runs = campaigns.done({**campaign["spec"], "name": "again", "design": design()})
    assert runs[0]["metrics"]["value"]["value"] == 7


def test_a_crate_has_the_definition(api, campaigns):
    digest = register(api)["digest"]
    campaign, _ = campaigns.done(spec())
    with zipfile.ZipFile(io.BytesIO(api.get(f"/v1/campaigns/{campaign['id']}/crate").body)) as crate:
        kept = json.loads(crate.read(f"workloads/{digest.removeprefix('sha256:')}.json"))
        assert json.loads(crate.read("spec.json"))["workloads"] == {"echo": digest}
    assert kept == api.get("/v1/workloads/echo").json["definition"]


def test_a_check_that_does_not_hold_makes_the_run_invalid(api, campaigns):
    checks = [{"name": "small", "regex": "^value ([0-9]+)$", "atMost": 10, "says": "the value is too large"}]
    register(api, "checked", checks=checks)
    campaign, runs = campaigns.done(spec("checked", factors={"workload.value": [10, 11]}))
    good, bad = sorted(runs, key=lambda r: r["cell"]["workload.value"])
    assert good["grade"]["value"] != "invalid" and good["conditions"]["checks"][0]["holds"]
    assert bad["grade"]["value"] == "invalid" and bad["conditions"]["checks"][0]["got"] == "11"
    assert "The check small does not hold: the value is too large (found '11', expected at most 10; 1 of 1 values)." \
        in bad["grade"]["reasons"]
    assert campaign["progress"]["excluded"] == 1


def test_a_pattern_that_finds_nothing_fails_with_the_last_lines(api, campaigns):
    register(api, "silent", command=["sh", "-c", "echo first; echo nothing to see"])
    (run,) = campaigns.failed(spec("silent", design=design()))
    assert "metric value: regex '^value ([0-9]+)$' finds nothing in stdout; its last lines: first | nothing to see" \
        in words_of(run["error"])
    assert run["error"]["step"] == "collect" and run["metrics"] == {}
    assert "nothing to see" in campaigns.artifact(run["id"], "stdout")


def test_an_image_that_lacks_what_a_workload_needs_is_told_by_the_plan(api, campaigns):
    for name, needs in (("lacking", {"programs": ["sh", "no-such-program"], "packages": ["no-such-package"]}),
                        ("doubtful", {"programs": ["sh"], "packages": ["hostname", "no-such-package"]})):
        register(api, name, needs=needs)
    for path, change in (("/cluster/image", {}), ("/factors/cluster.image/0", {"cluster.image": ["debian-bookworm"]}),
                         ("/cluster/image", {"workload.name": ["doubtful", "lacking"]})):
        reply = api.post("/v1/plans", spec("lacking", factors=change))
        assert (reply.status, reply.pointers) == (422, [path]), reply
        assert reply.json["faults"][0]["expected"] == (
            "an image with the programs no-such-program (packages no-such-package), which the workload lacking "
            "needs: 'benchctl image build debian-bookworm --workload lacking' makes one")
    warned = "image debian-bookworm lacks the packages no-such-package, which the workload doubtful needs: " \
             "'benchctl image build debian-bookworm --workload doubtful' makes one"
    assert warned in campaigns.plan(spec("doubtful"))["warnings"]
    command = {"name": "command", "command": ["x"], "needs": {"programs": ["no-such-program"]}}
    reply = api.post("/v1/plans", {**spec(), "workload": command})
    assert reply.pointers == ["/cluster/image"] and "image build" not in str(reply.json["faults"])


def test_a_program_that_is_missing_is_named(api, campaigns):
    """Hooks may bring it: so the plan warns, and the run looks."""
    register(api, "lacking", needs={"programs": ["sh", "no-such-program"], "packages": ["no-such-package"]})
    hopeful = {**spec("lacking", design=design(retries=2)), "hooks": {"ready": [{"command": ["true"]}]}}
    assert [w for w in campaigns.plan(hopeful)["warnings"] if "lacks the programs no-such-program" in w]
    (run,) = campaigns.failed(hopeful)
    assert (run["error"]["step"], run["error"]["type"], run["attempt"]) == ("warm-up", "unsupported", 1)
    assert words_of(run["error"]).endswith(
        "lacks what the workload needs: no-such-program; take an image with the packages no-such-package")


def test_a_command_that_is_not_there_is_not_tried_again(api, campaigns):
    where = {"name": "command", "on": "controller"}
    for command, retries, error in ((["no-such-program"], 2, "unsupported"), (["sh", "-c", "exit 3"], 1, "workload")):
        id = campaigns.submit({"name": "test", "cluster": ONE, "workload": {**where, "command": command},
                               "design": design(retries=retries)})
        campaigns.wait(id, "failed")
        runs = campaigns.runs(id)
        assert {r["error"]["type"] for r in runs} == {error}
        assert len(runs) == (1 if error == "unsupported" else 1 + retries)


def test_files_that_a_command_leaves(api, campaigns):
    """Anew each time: what the warm-up left is not there any more. From each node that has one."""
    register(api, "leaving", outputs=["left"], files=[],
             command=["sh", "-c", 'echo "value $1" >>left', "sh", "${value}"],
             metrics={"value": {"regex": "^value ([0-9]+)$", "from": "left", "unit": "1", "kind": "cost"}})
    _, (run,) = campaigns.done(spec("leaving", cluster=TWO, warmup=2))
    assert run["metrics"]["value"] == {"value": 7, "unit": "1", "kind": "cost", "n": 2}
    assert [campaigns.artifact(run["id"], f"{node}-left") for node in ("n1", "n2")] == ["value 7\n"] * 2


def test_inputs_are_there_on_each_node(api, campaigns):
    """Bytes as they are, anew for each time; and kept as long as a campaign needs them."""
    content = bytes(range(256)) * 300
    digest = add(api, content)
    assert digest == "sha256:" + hashlib.sha256(content).hexdigest()
    register(api, "fed", inputs=[{"name": "data.bin", "digest": digest}], files=[],
             command=["sh", "-c", "sha256sum <data.bin; echo more >>data.bin; echo value 5; sleep 2"])
    id = campaigns.submit(spec("fed", cluster=TWO, warmup=1))
    refused = api.delete(f"/v1/inputs/{digest}")
    assert (refused.status, refused.problem) == (409, "conflict") and id in refused.json["detail"]
    campaigns.wait(id, "done")
    (run,) = campaigns.runs(id)
    said = campaigns.artifact(run["id"], "stdout").split("\n")
    assert sorted(said) == sorted(["", *[f"{digest.removeprefix('sha256:')}  -", "value 5"] * 2])
    assert api.delete(f"/v1/inputs/{digest}").status == 204


def test_an_input_that_is_not_there_is_told(api):
    missing = {"name": "data.bin", "digest": "sha256:" + "0" * 64}
    register(api, "unfed", inputs=[missing])
    for reply in (api.post("/v1/plans", spec("unfed")), api.post("/v1/campaigns", spec("unfed"))):
        assert (reply.status, reply.pointers) == (422, ["/workload/name"]), reply
        assert "for its file data.bin ('benchctl input add'" in reply.json["faults"][0]["expected"]
    reply = api.post("/v1/plans", spec("command", command=["true"], inputs=[missing]))
    assert reply.pointers == ["/workload/inputs/0/digest"] and reply.json["faults"][0]["got"] == missing["digest"]


def test_on_the_controller(api, campaigns):
    register(api, "alone", on="controller")
    _, (run,) = campaigns.done(spec("alone", value=8))
    assert (run["metrics"]["value"]["value"], run["metrics"]["value"]["n"]) == (8, 1)
    assert api.post("/v1/plans", spec("alone", nodes=1)).pointers == ["/workload/nodes"]


def test_cells_that_are_added_may_name_another_workload(api, campaigns):
    register(api)
    register(api, "other")
    id = campaigns.submit(spec(value=1))
    campaigns.order(id, "pause")
    reply = api.post(f"/v1/campaigns/{id}/cells", {"cells": [{"workload.name": "other"}, {"workload.name": "none"}]})
    assert (reply.status, reply.pointers) == (422, ["/cells/1/workload.name"])
    reply = api.post(f"/v1/campaigns/{id}/cells", {"cells": [{"workload.name": "other"}]})
    assert reply.status == 202 and sorted(reply.json["spec"]["workloads"]) == ["echo", "other"]
    campaigns.order(id, "resume")
    campaigns.wait(id, "done")
    assert [r["metrics"]["value"]["value"] for r in campaigns.runs(id)] == [1, 1]


def test_files_of_the_host_are_read_when_they_are_asked_for(make_daemon, tmp_path):
    daemon = make_daemon(workloads=f"{tmp_path}/none:{tmp_path}", **DAEMON).start()
    api, campaigns = daemon.api, Campaigns(daemon.api)
    assert [w["name"] for w in api.get("/v1/workloads").json["items"]] == ["command", "jobstream", "swf"]
    (tmp_path / "mine.yaml").write_text("name: mine\ntitle: x\ncommand: [echo, '${gone}']\n")
    (mine,) = [w for w in api.get("/v1/workloads").json["items"] if w["kind"] == "file"]
    assert mine["name"] == "mine" and f"{tmp_path}/mine.yaml: 1 faults; at '/command/1'" in mine["error"]
    reply = api.post("/v1/plans", spec("mine"))
    assert reply.pointers == ["/workload/name"] and "can be read" in reply.json["faults"][0]["expected"]
    (tmp_path / "mine.yaml").write_text("name: mine\ntitle: x\ncommand: [echo, there]\n")
    _, (run,) = campaigns.done(spec("mine"))
    assert campaigns.artifact(run["id"], "stdout") == "there\n"
    (tmp_path / "mine.yaml").unlink()
    campaigns.done({**campaigns.get(run["campaign"])["spec"], "name": "again"})


@pytest.mark.parametrize("name", ["sleep"])
def test_what_comes_with_benchd_runs(campaigns, name):
    _, (run,) = campaigns.done(spec(name, seconds=0.2))
    assert 0.2 <= run["metrics"]["slept"]["value"] < run["metrics"]["elapsed"]["value"]


def test_hpcc_runs_on_slurm(api, campaigns):
    """Two tasks on two nodes, as small as it gets."""
    cluster = {"compute": 2, "node": {"cpus": 0.5, "schedulerCpus": 1, "memory": "512MiB"}}
    _, (run,) = campaigns.done(spec("hpcc", cluster=cluster, size=100), patience=600)
    assert run["grade"]["value"] != "invalid", run["grade"]
    metrics = api.get("/v1/workloads/hpcc").json["metrics"]
    assert {n for n in metrics if not n.startswith("scheduler_")} <= set(run["metrics"])
    assert all(run["metrics"][name]["value"] > 0 for name in ("hpl", "stream_triad", "latency", "bandwidth"))
    assert all(check["holds"] for check in run["conditions"]["checks"]) and len(run["conditions"]["checks"]) == 6
    assert "End of HPC Challenge tests" in campaigns.artifact(run["id"], "n1-hpccoutf.txt")
