"""A Slurm cluster over HTTP: it comes up, commands run in it, it goes and leaves nothing."""
import base64
import concurrent.futures
import contextlib
import ipaddress
import json
import re

import pytest

import host
from conftest import SMALL

FOUR = ["n1", "n2", "n3", "n4"]
OPTIONS = {"SchedulerParameters": "bf_interval=7,sched_interval=3", "MessageTimeout": 37}


@pytest.fixture(scope="module")
def posted(api):
    return api.post(
        "/v1/clusters",
        {"name": "shared", "compute": 4, "node": SMALL, "scheduler": {"options": OPTIONS}},
    )


@pytest.fixture(scope="module")
def cluster(api, posted):
    return api.wait_state(posted.json["id"], "ready")


@pytest.fixture(scope="module")
def id(cluster):
    return cluster["id"]


def spin(api, id, **how):
    """CPU seconds per second that a busy loop gets in a node."""
    script = """
        read up rest </proc/uptime
        timeout 3 sh -c 'while :; do :; done'
        read now rest </proc/uptime
        echo $up $now
        times
    """
    lines = api.run(id, "sh", "-c", script, node="n2", **how).text.splitlines()
    began, ended = (float(word) for word in lines[0].split())
    minutes = [re.fullmatch(r"(\d+)m([\d.]+)s", word) for word in lines[2].split()]
    return sum(60 * int(m[1]) + float(m[2]) for m in minutes) / (ended - began)


def test_post_answers_at_once_with_what_will_be(posted, cluster):
    assert posted.status == 202
    assert posted.headers["Location"] == f"/v1/clusters/{posted.json['id']}"
    assert posted.json["state"] == "creating"
    assert posted.json["name"] == "shared"
    assert [n["state"] for n in posted.json["nodes"]] == ["planned"] * 5
    assert posted.json["readyAt"] is None and posted.json["residue"] is None


def test_ready_cluster_has_nodes_addresses_and_timings(cluster):
    roles = [n["role"] for n in cluster["nodes"]]
    assert roles == ["controller"] + ["compute"] * 4
    assert [n["name"] for n in cluster["nodes"] if n["role"] == "compute"] == FOUR
    assert {n["state"] for n in cluster["nodes"]} == {"ready"}
    subnet = ipaddress.ip_network(cluster["subnet"])
    addresses = {ipaddress.ip_address(n["address"]) for n in cluster["nodes"]}
    assert len(addresses) == 5 and all(a in subnet for a in addresses)
    assert set(cluster["timings"]) == {"image", "admit", "network", "nodes", "ready"}
    assert cluster["createdAt"] <= cluster["readyAt"]
    assert cluster["step"] is None and cluster["error"] is None and cluster["endedAt"] is None
    assert "22.05" in cluster["scheduler"]["version"]
    assert cluster["image"]["name"] == "debian-bookworm"


def test_spec_is_answered_with_every_default_filled_in(cluster):
    spec = cluster["spec"]
    assert spec["node"] == SMALL
    assert spec["scheduler"] == {"name": "slurm", "options": OPTIONS, "accounting": "none"}
    assert (spec["backend"], spec["controllers"], spec["features"]) == ("lxc", 1, [])
    assert spec["admission"] == {"oversubscribe": False}


def test_srun_runs_on_every_node(api, id):
    result = api.run(id, "srun", "-N4", "hostname")
    assert result.exit == {"code": 0, "signal": None, "reason": "exited"}, result
    assert sorted(result.text.split()) == FOUR


def test_job_of_a_batch_runs_and_is_recorded(api, id):
    script = "#!/bin/sh\nsrun -l hostname\n"
    result = api.run(id, "sbatch", "--wait", "-N2", "--output=/tmp/batch.out", stdin=script, cwd="/tmp")
    assert result.exit["code"] == 0, result
    # the batch runs on the first of its nodes
    out = api.run(id, "cat", "/tmp/batch.out", node="n1").text
    assert sorted(out.split()) == ["0:", "1:", "n1", "n2"]


def test_controller_is_where_commands_run_and_any_node_can_be_named(api, id, cluster):
    assert api.run(id, "hostname").text.strip() == cluster["nodes"][0]["name"]
    for node in cluster["nodes"]:
        assert api.run(id, "hostname", node=node["name"]).text.strip() == node["name"]


def test_shared_is_one_directory_on_all_nodes(api, id, cluster):
    wrote = api.run(id, "sh", "-c", "umask 077; echo one > /shared/of-slurm", node="n1", user="slurm")
    assert wrote.exit["code"] == 0, wrote
    for node in cluster["nodes"]:
        assert api.run(id, "cat", "/shared/of-slurm", node=node["name"]).text == "one\n"
    others = api.run(id, "sh", "-c", "echo two > /shared/of-nobody && rm /shared/of-slurm", node="n2", user="nobody")
    assert others.exit["code"] != 0, "everybody may write, and remove only his own"
    assert api.run(id, "ls", "/shared").text.split() == ["of-nobody", "of-slurm"]
    api.run(id, "sh", "-c", "rm /shared/*")


def test_stdout_stderr_and_code_stay_apart(api, id):
    result = api.run(id, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")
    assert result.exit == {"code": 3, "signal": None, "reason": "exited"}


def test_output_comes_while_the_command_runs(api, id):
    waits = "echo first; while [ ! -e /tmp/go-on ]; do sleep 0.05; done; echo second"
    with api.exec_stream(id, "sh", "-c", waits) as stream:
        events = api.exec_events(stream)
        assert next(events) == {"stream": "stdout", "data": "first\n"}
        assert api.run(id, "touch", "/tmp/go-on").exit["code"] == 0
        assert next(events) == {"stream": "stdout", "data": "second\n"}
        assert next(events)["exit"]["code"] == 0


def test_arguments_reach_the_program_as_they_are(api, id):
    words = ["", " ", "$(id)", "`id`", "*", "a\nb", "'", '"', "ä", "--", "%s", "\\"]
    result = api.run(id, "printf", r"%s\0", *words)
    assert result.stdout.decode().split("\0")[:-1] == words


@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("signal", [9, 15])
def test_signal_is_told(api, id, signal, unit):
    result = api.run(id, "sh", "-c", f"kill -{signal} $$", unit=unit)
    assert result.exit == {"code": None, "signal": signal, "reason": "signalled"}


@pytest.mark.parametrize("unit", [False, True])
def test_stdin_env_user_and_directory(api, id, unit):
    script = 'read line; echo "$line $COLOUR $(id -un) $(pwd)"'
    result = api.run(
        id, "sh", "-c", script, stdin="hello\n", env={"COLOUR": "blue green"}, user="slurm",
        cwd="/var/lib/slurm", unit=unit,
    )
    assert result.text == "hello blue green slurm /var/lib/slurm\n", result


def test_any_bytes_go_in_and_come_out(api, id):
    data = bytes(range(256)) * 700
    result = api.run(id, "cat", stdinBase64=base64.b64encode(data).decode())
    assert result.stdout == data


def test_characters_are_not_cut_between_pieces(api, id):
    text = "ä€😀" * 30000
    with api.exec_stream(id, "cat", stdin=text) as stream:
        events = list(api.exec_events(stream))
    assert all("data" in e for e in events[:-1]), "UTF-8 came as bytes"
    assert "".join(e["data"] for e in events[:-1]) == text


def test_much_output_comes_whole(api, id):
    result = api.run(id, "sh", "-c", "seq 1 2000000", node="n3")
    numbers = result.text.split()
    assert len(numbers) == 2000000 and numbers[-1] == "2000000"


@pytest.mark.parametrize("unit", [False, True])
def test_timeout_ends_the_command_and_all_that_it_started(api, id, unit):
    marker = f"3{int(unit)}86401"
    result = api.run(id, "sh", "-c", f"sleep {marker} & sleep {marker}", timeout="700ms", unit=unit)
    assert result.exit["reason"] == "timeout", result
    assert result.exit["code"] is None and result.exit["detail"]
    host.wait_until(lambda: not host.process_with(marker), "the end of the command's processes")


@pytest.mark.parametrize("unit", [False, True])
def test_client_that_leaves_ends_the_command(api, id, unit):
    marker = f"4{int(unit)}86402"
    stream = api.exec_stream(id, "sh", "-c", f"echo here; sleep {marker} & sleep {marker}", unit=unit)
    assert json.loads(stream.line()) == {"stream": "stdout", "data": "here\n"}
    assert host.process_with(marker)
    stream.close()
    host.wait_until(lambda: not host.process_with(marker), "the end of the command's processes")


def test_unit_has_a_cgroup_of_its_own_in_the_node(api, id):
    plain = api.run(id, "cat", "/proc/self/cgroup").text
    unit = api.run(id, "sh", "-c", "cat /proc/self/cgroup; exit 5", unit=True)
    assert ".service" in unit.text and unit.text != plain
    assert unit.exit["code"] == 5


@pytest.mark.parametrize("unit", [False, True])
def test_commands_are_capable_of_no_more_than_the_node(api, id, unit):
    """Else one could set the host's clock, which nodes share with it."""
    of_init = api.run(id, "grep", "^CapBnd:", "/proc/1/status").text
    assert of_init != open("/proc/self/status").read().split("CapBnd:")[1].split("\n")[0]
    assert api.run(id, "grep", "^CapBnd:", "/proc/self/status", unit=unit).text == of_init
    assert api.run(id, "date", "-s", "2001-01-01", unit=unit).code != 0


def test_what_can_not_be_run_is_told(api, id):
    missing = api.run(id, "no-such-program-here")
    assert missing.exit["code"] == 127 or missing.exit["reason"] == "failed", missing
    stranger = api.run(id, "true", user="nobody-of-this-name")
    assert stranger.exit["reason"] == "failed" and "nobody-of-this-name" in stranger.exit["detail"]
    assert api.run(id, "/etc").exit["code"] == 126
    node = api.post(f"/v1/clusters/{id}/exec", {"command": ["true"], "node": "n5"})
    assert (node.status, node.pointers) == (422, ["/node"])


def test_commands_at_once_do_not_disturb_each_other(api, id):
    def one(i):
        return api.run(id, "sh", "-c", f"echo {i}; sleep 0.2; echo {i}", node=FOUR[i % 4]).text

    with concurrent.futures.ThreadPoolExecutor(16) as pool:  # as many as exec_workers
        assert list(pool.map(one, range(24))) == [f"{i}\n{i}\n" for i in range(24)]


@pytest.mark.parametrize("unit", [False, True])
def test_a_quarter_of_a_cpu_is_a_quarter(api, id, unit):
    share = spin(api, id, unit=unit)
    assert 0.1 < share < 0.35, f"{share:.3f} CPUs"


@pytest.mark.parametrize("unit", [False, True])
def test_memory_is_limited(api, id, unit):
    script = "head -c 400M /dev/zero | tail >/dev/null; echo $?"
    hungry = api.run(id, "sh", "-c", script, node="n4", unit=unit)
    # one of the two ends by the kernel's hand: tail, or with it the whole unit
    assert "137" in hungry.text or hungry.exit["signal"] == 9 or hungry.exit["code"] == 137, hungry
    assert api.run(id, "true", node="n4").exit["code"] == 0


def test_scheduler_options_are_passed_through(api, id):
    config = api.run(id, "scontrol", "show", "config").text
    values = dict(re.findall(r"^(\w+)\s+= (.*)$", config, re.M))
    assert values["SchedulerParameters"] == OPTIONS["SchedulerParameters"]
    assert values["MessageTimeout"].startswith("37")
    node = api.run(id, "scontrol", "show", "node", "n1").text
    assert "CPUTot=1" in node


def test_long_poll_answers_when_something_changes(api, id):
    etag = api.get(f"/v1/clusters/{id}").headers["ETag"]
    same = api.request("GET", f"/v1/clusters/{id}", headers={"If-None-Match": etag})
    assert same.status == 304
    waited = api.request("GET", f"/v1/clusters/{id}?wait=1", headers={"If-None-Match": etag})
    assert waited.status == 304

    other = api.create(compute=1, node=SMALL)["id"]
    etag = api.get(f"/v1/clusters/{other}").headers["ETag"]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        poll = pool.submit(
            api.request, "GET", f"/v1/clusters/{other}?wait=60", headers={"If-None-Match": etag}
        )
        api.delete(f"/v1/clusters/{other}")
        changed = poll.result()
    assert changed.status == 200 and changed.headers["ETag"] != etag
    api.wait_state(other, "deleted")


def test_two_clusters_have_two_networks(api, id, cluster):
    creating = api.create(name="other", compute=1, node=SMALL)
    refused = api.post(f"/v1/clusters/{creating['id']}/exec", {"command": ["true"]})
    assert (refused.status, refused.problem) == (409, "conflict")
    other = api.wait_state(creating["id"], "ready")
    subnets = [ipaddress.ip_network(c["subnet"]) for c in (cluster, other)]
    assert not subnets[0].overlaps(subnets[1])

    def reaches(where, address):
        argv = ["ping", "-c1", "-W1", address]
        return api.run(where, *argv, node="n1").exit["code"] == 0

    theirs = [n["address"] for n in other["nodes"]]
    ours = [n["address"] for n in cluster["nodes"]]
    assert reaches(id, ours[2]) and reaches(other["id"], theirs[0])
    assert not reaches(id, theirs[1]) and not reaches(other["id"], ours[1])
    assert len(api.run(other["id"], "sinfo", "-h", "-N", "-o", "%N").text.split()) == 1

    api.run(id, "touch", "/shared/ours")
    assert api.run(other["id"], "ls", "-A", "/shared").text == ""

    ids = {c["id"] for c in api.get("/v1/clusters?state=ready").json["items"]}
    assert {id, other["id"]} <= ids
    one = api.get("/v1/clusters?name=other&state=ready,creating").json["items"]
    assert [c["id"] for c in one] == [other["id"]]
    api.down(other["id"])
    assert api.run(id, "srun", "-N4", "true").exit["code"] == 0


def test_a_deleted_cluster_leaves_nothing_and_stays_readable(api):
    before = host.inventory()
    up = api.up(name="short", compute=2, node=SMALL)
    first = api.delete(f"/v1/clusters/{up['id']}")
    assert first.status == 202 and first.json["state"] == "deleting"
    down = api.wait_state(up["id"], "deleted")
    assert down["residue"] == {"empty": True, "differences": []}
    assert {n["state"] for n in down["nodes"]} == {"gone"}
    assert down["endedAt"] >= down["readyAt"] == up["readyAt"]
    assert set(down["timings"]) == set(up["timings"]) | {"teardown", "audit"}
    assert host.difference(before) == []

    again = api.delete(f"/v1/clusters/{up['id']}")
    assert again.status == 200 and again.json["state"] == "deleted"
    assert api.post(f"/v1/clusters/{up['id']}/exec", {"command": ["true"]}).status == 409
    listed = lambda query: [c["id"] for c in api.get(f"/v1/clusters{query}").json["items"]]
    assert up["id"] not in listed("")
    assert up["id"] in listed("?state=deleted")


def told(changes):
    return {(c["change"], c["kind"], c["item"]) for c in changes}


def test_what_others_change_on_the_host_is_no_residue(api, tmp_path):
    with contextlib.ExitStack() as theirs:
        def bridge(name):
            host.run("ip", "link", "add", name, "type", "bridge")
            theirs.callback(host.run, "ip", "link", "del", name, check=False)

        bridge("someones-br0")
        up = api.up(node=SMALL)
        bridge("someones-br1")
        host.run("ip", "link", "del", "someones-br0")
        host.run("mount", "-t", "tmpfs", "none", str(tmp_path))
        theirs.callback(host.run, "umount", str(tmp_path))
        residue = api.down(up["id"], residue_empty=False)["residue"]
    assert residue["empty"] and residue["differences"] == []
    assert told(residue["others"]) >= {
        ("disappeared", "link", "someones-br0"),
        ("appeared", "link", "someones-br1"),
        ("appeared", "mount", f"{tmp_path} (tmpfs)"),
    }


def test_what_may_be_a_clusters_is_residue(api):
    up = api.up(node=SMALL)
    ours, nameless = f"bd{up['id']}-99", "vnet-lost"
    with contextlib.ExitStack() as left:
        for name in (ours, nameless):
            host.run("ip", "link", "add", name, "type", "bridge")
            left.callback(host.run, "ip", "link", "del", name)
        left.callback(host.run, "nft", "delete table ip someones", check=False)
        host.run("nft", "add table ip someones; add chain ip someones seen; "
                        f"add rule ip someones seen iifname {ours} accept")
        residue = api.down(up["id"], residue_empty=False)["residue"]
    assert not residue["empty"]
    assert told(residue["differences"]) >= {
        ("appeared", "link", ours),
        ("appeared", "link", nameless),
        ("appeared", "firewall", f'table ip someones chain seen: iifname "{ours}" accept'),
    }
    assert ("appeared", "firewall", "table ip someones") in told(residue["others"])


def test_of_two_that_want_one_name_one_gets_it(api):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        body = {"name": "wanted", "node": SMALL}
        replies = [f.result() for f in [pool.submit(api.post, "/v1/clusters", body) for _ in range(2)]]
    assert sorted(r.status for r in replies) == [202, 409]
    won, lost = sorted(replies, key=lambda r: r.status)
    assert lost.problem == "conflict" and won.json["id"] in lost.json["detail"]
    api.delete(f"/v1/clusters/{won.json['id']}")
    api.wait_state(won.json["id"], "deleted")
    again = api.create(name="wanted", node=SMALL)
    assert again["id"] != won.json["id"]
    api.down(again["id"])


def test_a_cluster_can_be_deleted_while_it_comes_up(api):
    before = host.inventory()
    ids = [api.create(compute=2, node=SMALL)["id"] for _ in range(3)]
    for id in ids:
        assert api.delete(f"/v1/clusters/{id}").status == 202
    for id in ids:
        gone = api.wait_state(id, "deleted")
        assert gone["residue"]["empty"] and gone["readyAt"] is None
    assert host.difference(before) == []


def test_more_memory_than_the_host_has_is_refused_with_the_reason(api):
    reply = api.post("/v1/clusters", {"compute": 4, "node": {"memory": "100TiB"}})
    assert (reply.status, reply.problem) == (409, "no-capacity"), reply
    assert "MiB left" in reply.json["detail"]


def test_more_cpus_than_the_host_has_are_warned_of(api):
    cluster = api.up(node={"cpus": 500, "schedulerCpus": 1, "memory": "256MiB"})
    assert any("CPU" in warning for warning in cluster["warnings"]), cluster["warnings"]
    api.down(cluster["id"])


def test_owned_options_are_refused_by_name(api):
    owned = api.get("/v1/schedulers/slurm").json["ownedOptions"]
    assert "SlurmctldHost" in owned and "NodeName" in owned
    reply = api.post("/v1/clusters", {"scheduler": {"options": {name: "x" for name in owned}}})
    assert reply.status == 422
    assert reply.pointers == sorted(f"/scheduler/options/{name}" for name in owned)
    lower = api.post("/v1/clusters", {"scheduler": {"options": {"nodename": "x"}}})
    assert lower.pointers == ["/scheduler/options/nodename"]


def test_an_image_that_is_not_there_is_a_fault_of_the_request(api):
    reply = api.post("/v1/clusters", {"image": "no-such-image"})
    assert (reply.status, reply.pointers) == (422, ["/image"]), reply


def test_a_key_makes_a_request_safe_to_repeat(make_daemon):
    daemon = make_daemon().start()
    api = daemon.api
    body = {"name": "once", "node": SMALL}
    first = api.post("/v1/clusters", body, Idempotency_Key="up.1")
    again = api.post("/v1/clusters", body, Idempotency_Key="up.1")
    assert first.status == again.status == 202 and again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Location"] == first.headers["Location"]

    daemon.restart()
    later = api.post("/v1/clusters", body, Idempotency_Key="up.1")
    assert later.json == first.json and later.headers["Idempotency-Replayed"] == "true"
    other = api.post("/v1/clusters", {"name": "twice"}, Idempotency_Key="up.1")
    assert (other.status, other.pointers) == (422, ["/header/Idempotency-Key"])
    assert len(api.get("/v1/clusters").json["items"]) == 1

    with concurrent.futures.ThreadPoolExecutor() as pool:
        body = {"name": "raced", "node": SMALL}
        send = lambda _: api.post("/v1/clusters", body, Idempotency_Key="up.2")
        replies = list(pool.map(send, range(4)))
    assert {r.status for r in replies} == {202} and len({r.json["id"] for r in replies}) == 1
    for cluster in api.get("/v1/clusters").json["items"]:
        api.down(cluster["id"])


def test_pages_of_a_list_have_each_cluster_once(api, id):
    made = [api.create(node=SMALL)["id"] for _ in range(3)]
    for other in made:
        api.delete(f"/v1/clusters/{other}")
    for other in made:
        api.wait_state(other, "deleted")
    everything = "state=creating,ready,deleting,deleted,failed"
    whole = [c["id"] for c in api.get(f"/v1/clusters?{everything}").json["items"]]
    paged, cursor = [], ""
    while cursor is not None:
        page = api.get(f"/v1/clusters?{everything}&limit=2{cursor}").json
        paged += [c["id"] for c in page["items"]]
        cursor = page["next"] and "&cursor=" + page["next"]
    assert paged == whole and set(made) | {id} <= set(whole)
    assert whole[: len(made)] == made[::-1], "newest first"


@pytest.mark.parametrize(
    "name, value, who, words",
    [
        ("PriorityType", "priority/nonsense", "slurmctld on ctl1 ends whenever it is started", "plugin"),
        ("SelectTypeParameters", "CR_Nonsense", "sinfo --version on ctl1", "Bad SelectTypeParameter"),
    ],
)
def test_slurm_that_can_not_start_is_told_at_once_in_its_own_words(api, name, value, who, words):
    made = api.create(compute=1, node=SMALL, scheduler={"options": {name: value}})
    failed = api.wait_state(made["id"], "failed")
    error = failed["error"]
    # "timeout" had the step waited for its deadline
    assert (error["type"], error["step"]) == ("child", "ready"), error
    told, own = error["detail"].split("against what it says")
    assert who in told and words in own and value in own, error
    assert failed["residue"] == {"empty": True, "differences": []}
