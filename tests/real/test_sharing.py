"""What jobs of a stream ask for on their nodes, on real Slurm: cores, tasks, memory, nodes of their own or shared
ones; and that what no node has is refused when it is planned."""
import pytest

from campaigns import AT_ONCE, EMPTY, design
from streams import (START, Files, Streamed, beside_lateness, constant, crowded, hold_crowds, processes, queue, rows,
                     stream)
from test_jobstream import hold_seen

DAEMON = AT_ONCE
NODE = {"cpus": 0.3, "schedulerCpus": 4, "memory": "128MiB"}


def on_four_cores(spec):
    spec["cluster"]["node"] = NODE
    return spec


@pytest.fixture(scope="module")
def crowds(campaigns):
    return Streamed(campaigns, on_four_cores(crowded()))


def test_jobs_share_nodes_by_their_cores_or_not_at_all(campaigns, crowds):
    hold_crowds(campaigns, crowds.runs)
    for run in crowds.runs:
        hold_seen(campaigns, run)
        assert run["residue"] == EMPTY and beside_lateness(run["grade"]["reasons"]) == [], run["grade"]


def test_a_node_that_jobs_share_is_busy_once(api, campaigns, crowds):
    for run in crowds.runs:
        told = api.get(f"/v1/runs/{run['id']}/queue").json["points"]
        assert told == queue(rows(campaigns, run["id"])) and max(busy for *_, busy in told) == 2
        together = max(running for _, _, running, _ in told)
        assert (together > 2) == (not run["cell"]["workload.exclusive"]), told


def test_both_cells_had_the_same_stream_but_for_that(campaigns, crowds):
    ours = [[line.split(" ")[:9] for line in Files(campaigns, run["id"]).text.splitlines()] for run in crowds.runs]
    assert ours[0] == ours[1]


def test_slurm_gave_what_was_asked_for(campaigns, crowds):
    for run in crowds.runs:
        files = Files(campaigns, run["id"])
        for job in files.jobs:
            wanted = job.nodes * (job.task_cores if job.shares else 4)
            assert int(files.slurm[job.index, 0]["ProcCnt"]) == wanted, (job, files.slurm[job.index, 0])


def test_tasks_and_memory(campaigns):
    """Each task runs the payload. Where memory is a thing to be asked for, two jobs of three fifths don't meet."""
    spec = on_four_cores(stream(
        6, arrival={"process": "all"}, size={"choice": [1, 2]}, tasksPerNode=2, memory="72MiB", exclusive=False,
        runtime=constant("300ms"), payload="spin",
        factors={"cluster.scheduler.options.SelectTypeParameters": ["CR_Core", "CR_Core_Memory"]},
        design=design(seed=4, order="as-written")))
    done = Streamed(campaigns, spec)
    for run in done.runs:
        told, files = hold_seen(campaigns, run), Files(campaigns, run["id"])
        assert {r["outcome"] for r in told} == {"completed"}
        for job in files.jobs:
            starts = files.of(START, job.index)
            assert [r.rank for r in starts] == list(range(processes(job))) and processes(job) == 2 * job.nodes
            assert sorted(r.node for r in starts) == sorted(2 * told[job.index]["nodeList"])
        by_memory = run["cell"]["cluster.scheduler.options.SelectTypeParameters"] == "CR_Core_Memory"
        meetings = sum(1 for a in told for b in told
                       if a["index"] < b["index"] and set(a["nodeList"]) & set(b["nodeList"])
                       and a["startedFirstNs"] < b["endedLastNs"] and b["startedFirstNs"] < a["endedLastNs"])
        assert (meetings == 0) == by_memory, (run["cell"], meetings)


REFUSED = [
    ({"coresPerTask": 5}, "/workload/coresPerTask", "at most 4 for each of 1 tasks"),
    ({"coresPerTask": {"choice": [4, 5]}}, "/workload/coresPerTask/choice/1", "schedulerCpus"),
    ({"tasksPerNode": 3, "coresPerTask": 2}, "/workload/coresPerTask", "at most 1 for each of 3 tasks"),
    ({"tasksPerNode": 5}, "/workload/tasksPerNode", "at most 4"),
    ({"memory": "129MiB"}, "/workload/memory", "128 MiB"),
    ({"exclusive": "no"}, "/workload/exclusive", "true or false"),
]


@pytest.mark.parametrize("members, pointer, words", REFUSED)
def test_what_no_node_has_is_refused_when_it_is_planned(api, members, pointer, words):
    reply = api.post("/v1/plans", on_four_cores(stream(5, **members)))
    assert reply.status == 422, reply
    assert [f["pointer"] for f in reply.json["faults"]] == [pointer], reply.json
    assert words in reply.json["faults"][0]["expected"], reply.json


def test_null_shares_no_nodes(api):
    spec = on_four_cores(stream(5, exclusive=False, coresPerTask=2))
    spec["cluster"]["scheduler"] = {"name": "null"}
    reply = api.post("/v1/plans", spec)
    assert reply.status == 422, reply
    (fault,) = reply.json["faults"]
    assert fault["pointer"] == "/workload/exclusive" and "the scheduler null can't" in fault["expected"]
    spec["workload"]["exclusive"] = True
    assert api.post("/v1/plans", spec).status == 200


def test_tasks_of_a_command_are_as_even_as_they_can_be(campaigns):
    """Though there is room for four of the five on the first node."""
    _, (run,) = campaigns.done({
        "name": "tasks", "cluster": {"compute": 2, "node": NODE}, "design": design(),
        "workload": {"name": "command", "command": ["hostname"], "nodes": 2, "tasks": 5, "exclusive": True}})
    hosts = campaigns.artifact(run["id"], "stdout").split()
    assert sorted(hosts.count(name) for name in ("n1", "n2")) == [2, 3], hosts
