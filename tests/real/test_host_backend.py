"""The backend `host`: commands on the bare host, with the share of the nodes that they would have, and nothing left."""
import os
import time
from pathlib import Path

import pytest

import host
from campaigns import AT_ONCE as DAEMON, EMPTY, NODE, Campaigns, design, number, spec, words_of
from client import PATIENCE

LOOK_AT_HOST_ONCE = True
AT_ONCE = {"quietWait": "0s"}
BARE = {"backend": "host", "compute": 1, "node": NODE}
TWO = {"backend": "host", "compute": 2, "node": {**NODE, "schedulerCpus": 2}}
MARK = "86399.25"  # seconds of a sleep that is nobody else's


def on_host(script, cluster=BARE, **workload):
    return {**spec("sh", "-c", script, cluster=cluster, workload={"on": "job", **workload}), "limits": AT_ONCE,
            "design": design()}


def groups(id):
    """Of a cluster, in all hierarchies."""
    return [path for path in host.cgroups() if f"/benchd/{id}" in path]


def value_of(id, *files):
    """Of the first of these that there is, in whichever hierarchy."""
    for path in groups(id):
        for file in files:
            if path.endswith("/bare") and (Path(path) / file).exists():
                return (Path(path) / file).read_text().split()[0]
    raise AssertionError(f"no {files} in {groups(id)}")


def used_us(id):
    """CPU time of all in its groups."""
    for path in groups(id):
        stat = Path(path) / "cpu.stat"
        if path.endswith("/bare") and stat.exists() and "usage_usec" in stat.read_text():
            return int(stat.read_text().split()[1])
    raise AssertionError("no cpu.stat of cgroup2")


@pytest.fixture
def place(api):
    """An interactive cluster that is the host: two nodes' shares, half a CPU in all."""
    node = {"cpus": 0.25, "schedulerCpus": 1, "memory": "64MiB"}
    reply = api.post("/v1/clusters", {"backend": "host", "compute": 2, "node": node})
    assert reply.status == 202, reply
    cluster = api.wait_state(reply.json["id"], "ready")
    yield cluster
    api.delete(f"/v1/clusters/{cluster['id']}")
    gone = api.wait_state(cluster["id"], "deleted")
    assert gone["residue"] == EMPTY and groups(cluster["id"]) == []


def test_what_can_not_be_is_refused_with_its_place(api):
    stream = {"name": "jobstream", "jobs": 2, "arrival": {"process": "all"}, "size": {"choice": [1]},
              "runtime": {"distribution": "constant", "value": "1s"}, "payload": "sleep"}
    trace = {"name": "swf", "trace": "sha256:" + "0" * 64}
    slurm = {**BARE, "scheduler": {"name": "slurm"}}
    for change, pointer in (
            ({"cluster": slurm}, "/cluster/scheduler/name"),
            ({"cluster": {**BARE, "backend": "lxc", "scheduler": {"name": "none"}}}, "/cluster/scheduler/name"),
            ({"cluster": {**BARE, "scheduler": {"options": {"A": 1}}}}, "/cluster/scheduler/options"),
            ({"cluster": {**BARE, "scheduler": {"accounting": "slurmdbd"}}}, "/cluster/scheduler/accounting"),
            ({"cluster": {**slurm, "backend": "lxc"}, "factors": {"cluster.backend": ["lxc", "host"]}},
             "/factors/cluster.backend/1"),
            ({"workload": stream}, "/workload/name"),
            ({"workload": trace}, "/workload/name"),
            ({"workload": {"name": "noise", "nodes": 2}}, "/workload/nodes"),
            ({"cluster": TWO, "workload": {"name": "command", "command": ["echo", ":"]}}, "/workload/command/1"),
            ({"hooks": {"ready": [{"command": ["true"], "node": "n1"}]}}, "/hooks/ready/0/node")):
        reply = api.post("/v1/plans", {**on_host("true"), **change})
        assert (reply.status, reply.pointers) == (422, [pointer]), (change, reply)
    assert api.post("/v1/clusters", slurm).pointers == ["/scheduler/name"]
    told = {b["name"]: b["usable"] for b in api.get("/v1/hosts/local").json["backends"]}
    assert told == {"lxc": True, "host": True}


def test_backends_are_compared_by_block(api, campaigns):
    """The same workload, two tasks of it, on nodes and on the host; what differs is the factor alone."""
    campaign, runs = campaigns.done({
        "name": "cost", "cluster": {"compute": 2, "node": NODE}, "limits": AT_ONCE, "design": design(blocks=2),
        "factors": {"cluster.backend": ["lxc", "host"]},
        "workload": {"name": "noise", "quantum": 100, "samples": 1000},
        "objectives": [{"metric": "noise", "direction": "min"}]})
    assert sorted(r["cell"]["cluster.backend"] for r in runs) == ["host", "host", "lxc", "lxc"]
    for run in map(campaigns.run, (r["id"] for r in runs)):
        backend = run["cell"]["cluster.backend"]
        assert run["conditions"]["backend"] == backend and run["residue"] == EMPTY
        assert run["grade"]["value"] in ("usable", "limited"), run["grade"]
        assert run["spec"]["cluster"]["scheduler"]["name"] == {"lxc": "slurm", "host": "none"}[backend]
        assert run["metrics"]["noise"]["n"] == 2 and 0 < run["metrics"]["noise"]["value"] < 100
        assert run["metrics"]["quantum_min"]["value"] <= run["metrics"]["quantum_median"]["value"]
        assert [c["holds"] for c in run["conditions"]["checks"]] == [True] * 3
        sampled = api.get(f"/v1/runs/{run['id']}/samples?metric=cpu").json["items"]
        assert {s["node"] for s in sampled} == ({"bare"} if backend == "host" else {"ctl1", "n1", "n2"})
        assert all(value > 0 for s in sampled for _, value in s["points"] if s["node"] == "bare")
    analysis = api.get(f"/v1/campaigns/{campaign['id']}/analysis").json
    assert analysis["verdict"]["value"] != "invalid", analysis["verdict"]
    noise = next(m for m in analysis["metrics"] if m["name"] == "noise")
    assert {(c["factor"], c["paired"]) for c in noise["comparisons"]} == {("cluster.backend", True)}


def test_the_place_is_the_host_but_for_what_must_not_stay(api, place):
    id = place["id"]
    assert [(n["name"], n["role"], n["address"]) for n in place["nodes"]] == [("bare", "compute", None)]
    assert place["scheduler"] == {"name": "none", "version": None} and place["subnet"] is None
    looked = api.run(id, "sh", "-c", "hostname; for n in net cgroup user time pid mnt ipc uts; do "
                                     "readlink /proc/self/ns/$n; done; ls /usr/libexec/benchd/bench-job")
    name, *spaces, job = looked.text.split()
    ours = [os.readlink(f"/proc/self/ns/{n}") for n in ("net", "cgroup", "user", "time", "pid", "mnt", "ipc", "uts")]
    assert (name, job) == ("bare", "/usr/libexec/benchd/bench-job")
    assert [a == b for a, b in zip(spaces, ours)] == [True] * 4 + [False] * 4
    for act in ("echo 1 >/proc/sys/vm/swappiness", "date -s 12:00", "ip link add bd-x type dummy", "mknod /x b 8 0",
                "kill -9 %d" % os.getpid()):
        assert api.run(id, "sh", "-c", act).code != 0, act
    who = api.run(id, "sh", "-c", "id -un; pwd; echo $HOME; echo here >/shared/x; cat /shared/x", user="nobody")
    assert who.text.split()[0] == "nobody" and who.text.split()[-1] == "here"


def test_cpu_and_memory_are_those_of_the_nodes(api, place):
    """Of both: half a CPU, for two loops that would take all they get; and what takes more memory dies."""
    id = place["id"]
    assert value_of(id, "memory.max", "memory.limit_in_bytes") == str(2 * 64 << 20)
    assert value_of(id, "cpu.max", "cpu.cfs_quota_us") == "50000"
    spin = "for i in 1 2; do (while :; do :; done) & done; sleep 2; kill $(jobs -p)"
    before, began = used_us(id), time.monotonic()
    assert api.run(id, "bash", "-c", spin).code == 0
    used, took = (used_us(id) - before) / 1e6, time.monotonic() - began
    assert used <= 0.5 * (took + 0.2), (used, took)
    assert used >= 0.2, (used, took)  # something of it, however busy the host is
    assert api.run(id, "tail", "/dev/zero").exit["signal"] == 9
    assert api.run(id, "echo", "alive").text == "alive\n"


def test_the_share_is_that_of_the_job(campaigns):
    """One of the two nodes: a quarter of a CPU."""
    cluster = {"backend": "host", "compute": 2, "node": {"cpus": 0.25, "schedulerCpus": 1, "memory": "64MiB"}}
    id = campaigns.submit(on_host("sleep 2", cluster=cluster, nodes=1))
    run = campaigns.wait_run(id, lambda r: r["timings"].get("ready"))
    assert value_of(run["id"], "cpu.max", "cpu.cfs_quota_us") == "25000"
    assert value_of(run["id"], "memory.max", "memory.limit_in_bytes") == str(64 << 20)
    campaigns.wait(id, "done")


def test_files_outputs_and_hooks(campaigns):
    """Twice: a warm-up leaves nothing for what is measured."""
    workload = {"files": [{"path": "given", "content": "7\n"}], "outputs": ["left"], "warmup": 1, "tasks": 1,
                "metrics": {"seven": number("^[0-9]+$", **{"from": "left"})}}
    hooks = {"ready": [{"command": ["hostname"], "node": "all"}]}
    _, (run,) = campaigns.done({**on_host("cat given >>left; pwd", **workload), "hooks": hooks})
    assert run["metrics"]["seven"]["value"] == 7 and run["metrics"]["seven"]["n"] == 1
    assert campaigns.artifact(run["id"], "bare-left") == "7\n"
    assert campaigns.artifact(run["id"], "stdout") == "/var/lib/benchd/job\n"
    assert campaigns.artifact(run["id"], "hook-ready-1.log") == "bare\n"


def test_a_job_of_several_nodes_has_a_directory_on_each(campaigns):
    """As on nodes: what one task writes is not what another does."""
    workload = {"files": [{"path": "given", "content": "7\n"}], "outputs": ["left"], "nodes": 2, "tasks": 3,
                "metrics": {"seven": number("^[0-9]+$", **{"from": "left"})}}
    _, (run,) = campaigns.done(on_host("cat given >>left; pwd >>left", cluster=TWO, **workload))
    assert campaigns.artifact(run["id"], "bare-1-left").split().count("/var/lib/benchd/job/1") == 2
    assert campaigns.artifact(run["id"], "bare-2-left") == "7\n/var/lib/benchd/job/2\n"
    assert run["metrics"]["seven"]["n"] == 3


def test_nothing_stays_of_a_command_that_leaves_things_behind(campaigns):
    queues = Path("/proc/sysvipc/msg").read_text()
    script = f"setsid sleep {MARK} >/dev/null 2>&1 & echo x >/dev/shm/left; mount -t tmpfs none /mnt; ipcmk -Q"
    _, (run,) = campaigns.done(on_host(script))
    assert run["residue"] == EMPTY and groups(run["id"]) == []
    assert not host.process_with(MARK) and not os.path.exists("/dev/shm/left")
    assert Path("/proc/sysvipc/msg").read_text() == queues


def test_a_timeout_and_a_cancel_end_all_of_it(campaigns):
    forever = f"setsid sleep {MARK} & sleep {MARK}"
    (run,) = campaigns.failed(on_host(forever, timeout="1s"))
    assert "had not ended within its timeout of 1 s" in words_of(run["error"]) and run["residue"] == EMPTY
    assert not host.process_with(MARK)
    id = campaigns.submit(on_host(forever))
    host.wait_until(lambda: len(host.process_with(MARK)) >= 2, "the command", PATIENCE)
    campaigns.order(id, "cancel")
    campaigns.wait(id, "cancelled")
    (run,) = campaigns.runs(id)
    assert run["residue"] == EMPTY and not host.process_with(MARK) and groups(run["id"]) == []


def test_a_place_that_is_lost_fails_the_run(campaigns):
    id = campaigns.submit(on_host(f"sleep {MARK}"))
    host.wait_until(lambda: host.process_with(MARK), "the command", PATIENCE)
    (run,) = campaigns.runs(id)
    for path in groups(run["id"]):
        if os.path.exists(f"{path}/cgroup.kill"):
            Path(f"{path}/cgroup.kill").write_text("1")
    campaigns.wait(id, "failed")
    (run,) = campaigns.runs(id)
    assert "bare" in words_of(run["error"]) and run["residue"] == EMPTY


def test_benchd_is_killed_in_the_middle(make_daemon):
    daemon = make_daemon(**DAEMON).start()
    campaigns = Campaigns(daemon.api)
    id = campaigns.submit(on_host("sleep 2; echo done"))
    campaigns.wait_step(id, "workload")
    daemon.kill()
    daemon.start()
    campaigns.wait(id, "done")
    first, second = campaigns.runs(id)
    assert (first["error"]["type"], second["state"]) == ("interrupted", "done")
    assert [r["residue"] for r in (first, second)] == [EMPTY, EMPTY]
    assert groups(first["id"]) == groups(second["id"]) == []
