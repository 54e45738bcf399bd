"""Bad input is answered with what is wrong with it, and never harms the daemon."""
import concurrent.futures
import json
import os
import random
import socket
import struct
import time

import pytest

import host
from campaigns import number, shell
from conftest import IMAGE, SMALL

LOOK_AT_HOST_ONCE = True
JSON = {"Content-Type": "application/json"}
POST = b"POST /v1/clusters HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
AT_ONCE = 8  # connections
MUTATIONS = int(os.environ.get("BENCHD_TEST_MUTATIONS", "3000"))


def raw_post(api, data, target="/v1/clusters", **headers):
    return api.request("POST", target, data, {**JSON, **headers})


def talk(daemon, data, timeout=1.0):
    """Bytes to the TCP port as they are; what comes back until the peer closes, or is silent. (What is
    half a request is waited for: only the time tells.)"""
    out = b""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=timeout) as s:
        try:
            s.sendall(data)
            while piece := s.recv(65536):
                out += piece
        except (ConnectionError, TimeoutError):
            pass
        return out


def lives(daemon):
    assert daemon.alive(), daemon.words()[-3000:]
    assert daemon.api.get("/healthz").status == 200
    assert daemon.tcp.get("/v1/clusters").status == 200


# -- bodies --

MALFORMED = {
    "empty": b"",
    "blank": b"  \n",
    "cut": b'{"compute": 1',
    "two values": b"{} {}",
    "a comma too many": b'{"compute": 1,}',
    "a comment": b"{/* */}",
    "NaN": b'{"node": {"cpus": NaN}}',
    "Infinity": b'{"node": {"cpus": Infinity}}',
    "a number beyond doubles": b'{"node": {"cpus": 1e999}}',
    "a key twice": b'{"compute": 1, "compute": 2}',
    "leading zero": b'{"compute": 01}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "a byte that is no UTF-8": b'{"name": "\xff"}',
    "an overlong form": b'{"name": "\xc0\xaf"}',
    "half a surrogate": rb'{"name": "\ud800"}',
    "surrogate bytes": b'{"name": "\xed\xa0\x80"}',
    "a raw control character": b'{"name": "a\nb"}',
    "a raw NUL": b'{"name": "a\0b"}',
    "deep arrays": b"[" * 65 + b"]" * 65,
    "very deep arrays": b"[" * 200_000,
    "deep objects": b'{"a":' * 100 + b"1" + b"}" * 100,
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_json(daemon, what):
    reply = raw_post(daemon.api, MALFORMED[what])
    assert (reply.status, reply.problem) == (400, "malformed"), reply
    assert len(reply.json["detail"]) > 10


def test_faults_are_all_listed_each_with_its_place(api):
    body = {
        "name": "No Good!",
        "backend": "vmware",
        "compute": "four",
        "controllers": 2,
        "node": {"cpus": 0, "memory": "1 GB", "schedulerCpus": 1.5, "disk": "1GiB"},
        "scheduler": {"name": "cron", "options": {"bad key": "x", "A": None, "B": ["x"]}},
        "features": ["ids"],
        "nodes": 4,
        "admission": {"oversubscribe": "yes"},
    }
    reply = api.post("/v1/clusters", body)
    assert (reply.status, reply.problem) == (422, "validation")
    assert set(reply.pointers) == {
        "/name", "/backend", "/compute", "/controllers", "/node/cpus", "/node/memory",
        "/node/schedulerCpus", "/node/disk", "/scheduler/name", "/scheduler/options/bad key",
        "/scheduler/options/A", "/scheduler/options/B", "/features", "/nodes",
        "/admission/oversubscribe",
    }
    by = {f["pointer"]: f for f in reply.json["faults"]}
    assert by["/compute"]["got"] == '"four"' and "integer" in by["/compute"]["expected"]
    assert "lxc" in by["/backend"]["expected"]
    assert "'node'" in by["/nodes"]["expected"] or "node" in by["/nodes"]["expected"]


@pytest.mark.parametrize("body", ["x", 1, None, True, [], [{}], 1.5])
def test_a_body_of_another_type(api, body):
    reply = raw_post(api, json.dumps(body).encode())
    assert (reply.status, reply.pointers) == (422, [""]), reply


@pytest.mark.parametrize("value", [0, -1, 251, 2**31, 2**63, -(2**63), 10**30, 1e300, 0.5, True, None, "1", [1], {}])
def test_numbers_out_of_range(api, value):
    reply = api.post("/v1/clusters", {"compute": value})
    assert reply.status in (400, 422)
    if reply.status == 422:
        assert reply.pointers == ["/compute"], reply
    else:
        assert abs(value) >= 2**63


@pytest.mark.parametrize("memory", [
    "0", "-1MiB", "1", "63MiB", "99999999999999TiB", "1.5GiB", "1GB", "1gib", " 1GiB", "", "1GiB\n",
])
def test_amounts_that_are_none(api, memory):
    reply = api.post("/v1/clusters", {"node": {"memory": memory}})
    if memory == "99999999999999TiB":
        assert reply.status in (409, 422), reply
    else:
        assert (reply.status, reply.pointers) == (422, ["/node/memory"]), reply


@pytest.mark.parametrize("value", ["a\nNodeName=evil", "a b", "a#b", "a\\", '"', "ä", "x" * 2000, ""], ids=repr)
def test_options_that_would_be_more_than_one_word(api, value):
    reply = api.post("/v1/clusters", {"scheduler": {"options": {"Prolog": value}}})
    assert (reply.status, reply.pointers) == (422, ["/scheduler/options/Prolog"]), reply


def test_very_many_faults_are_cut_at_a_hundred(api):
    reply = api.post("/v1/clusters", {f"unknown{i}": i for i in range(5000)})
    assert reply.status == 422 and len(reply.json["faults"]) <= 100
    long = api.post("/v1/clusters", {"x" * 500_000: 1, "name": "y" * 500_000})
    assert long.status == 422 and len(long.body) < 1_200_000
    by = {f["pointer"]: f for f in long.json["faults"]}
    assert len(by["/name"]["got"]) <= 90


# What would run if it were taken: to a cluster that is not there, so each is refused by its form.
BAD_COMMANDS = {
    "/command": [{"command": []}, {"command": "ls"}, {"command": None}, {"command": ["x"] * 257}],
    "": [{}],
    "/command/0": [{"command": [1]}, {"command": ["x" * 131073]}],
    "/env/A=B": [{"command": ["x"], "env": {"A=B": "1"}}],
    "/env/A": [{"command": ["x"], "env": {"A": 1}}],
    "/cwd": [{"command": ["x"], "cwd": "tmp"}],
    "/user": [{"command": ["x"], "user": "../root"}],
    "/timeout": [{"command": ["x"], "timeout": t} for t in ("0s", "1", "-1s", "1d", 5)],
    "/stdinBase64": [{"command": ["x"], "stdinBase64": "***"}],
    "/shell": [{"command": ["x"], "shell": True}],
}


@pytest.mark.parametrize("pointer", BAD_COMMANDS)
def test_commands_that_are_none(api, pointer):
    for body in BAD_COMMANDS[pointer]:
        reply = api.post("/v1/clusters/00000000/exec", body)
        assert (reply.status, reply.pointers) == (422, [pointer]), (body, reply)


@pytest.fixture(scope="module")
def cluster(api):
    cluster = api.up(node=SMALL)
    yield cluster
    api.down(cluster["id"])


def test_commands_that_only_a_cluster_can_refuse(api, cluster):
    target = f"/v1/clusters/{cluster['id']}/exec"
    nul = raw_post(api, rb'{"command": ["echo", "a\u0000b"]}', target)
    assert nul.status in (400, 422), nul
    for body, pointer in (
        ({"command": ["true"], "timeout": "25h"}, "/timeout"),
        ({"command": ["true"], "timeout": "999999999999999h"}, "/timeout"),
        ({"command": ["true"], "stdin": "a", "stdinBase64": "YQ=="}, "/stdinBase64"),
        ({"command": ["true"], "stdinBase64": "YQ="}, "/stdinBase64"),
        ({"command": [""]}, "/command/0"),
        ({"command": ["true"], "node": "../ctl1"}, "/node"),
    ):
        reply = api.post(target, body)
        assert (reply.status, reply.pointers) == (422, [pointer]), (body, reply)
    big = api.run(cluster["id"], "wc", "-c", stdin="x" * 1_000_000)
    assert big.text.strip() == "1000000"


# -- campaigns --

def metric(**other):
    return shell("true", workload={"metrics": {"x": {"unit": "s", "kind": "cost", **other}}})


BAD_SPECS = [  # what is wrong, where, and a word of what is expected there
    ({"priorty": 1}, "/priorty", "'priority'"),
    ({"priority": "high"}, "/priority", "integer from -100 to 100"),
    ({"apiVersion": "benchd/v2"}, "/apiVersion", "benchd/v1"),
    ({"name": "No"}, "/name", "matches"),
    ({"labels": {"a": 1}}, "/labels/a", "string"),
    ({"isolation": "none"}, "/isolation", "exclusive, shared"),
    ({"cluster": {"name": "x"}}, "/cluster/name", "no member of this name"),
    ({"cluster": {"compute": 0}}, "/cluster/compute", "1 to 250"),
    ({"cluster": {"compute": 2, "controllers": 2}}, "/cluster/controllers", "1"),
    ({"cluster": {"node": {"memory": "1MiB"}}}, "/cluster/node/memory", "64MiB"),
    ({"cluster": {"network": {"bandwidth": "1kbit/s"}}}, "/cluster/network/bandwidth", "a rate from 1Mbit/s"),
    ({"cluster": {"scheduler": {"options": {"NodeName": "x"}}}}, "/cluster/scheduler/options/NodeName", ""),
    ({"cluster": {"image": "no-such-image"}}, "/cluster/image", "ready"),
    ({"workload": None}, "/workload", "object"),
    ({"workload": {"command": ["true"]}}, "/workload", "'name'"),
    ({"workload": {"name": "there-is-none"}}, "/workload/name", "command"),
    ({"workload": {"name": "command"}}, "/workload", "'command'"),
    ({"workload": {"name": "command", "command": []}}, "/workload/command", "1 to 1000"),
    ({"workload": {"name": "command", "command": ["true"], "nodes": 9}}, "/workload/nodes", "1"),
    (metric(), "/workload/metrics/x", "regex"),
    (metric(regex="(", jsonPath="$.a"), "/workload/metrics/x/jsonPath", "no member of this name"),
    (metric(regex="("), "/workload/metrics/x/regex", "regular expression"),
    (metric(jsonPath="a.b"), "/workload/metrics/x/jsonPath", "matches"),
    (metric(regex="x", kind="mean"), "/workload/metrics/x/kind", "cost, rate, ratio"),
    (shell("true", workload={"metrics": {"elapsed": number("x")}}), "/workload/metrics/elapsed", "elapsed"),
    ({"factors": {"cluster.colour": ["red"]}}, "/factors/cluster.colour", ""),
    ({"factors": {"cluster.compute": []}}, "/factors/cluster.compute", "1"),
    ({"factors": {"cluster.compute": 2}}, "/factors/cluster.compute", "array"),
    ({"factors": {"cluster.compute": [1, "two"]}}, "/factors/cluster.compute/1", "integer"),
    ({"factors": {"cluster.compute": [1, 2, 1]}}, "/factors/cluster.compute/2", ""),
    ({"factors": {"cluster.image": ["debian-bookworm", "no-such-image"]}}, "/factors/cluster.image/1", "ready"),
    ({"factors": {"cluster.node.memory": ["1GiB", "1MiB"]}}, "/factors/cluster.node.memory/1", "64MiB"),
    ({"cells": [{}, {"cluster.compute": 0}]}, "/cells/1/cluster.compute", "1 to 250"),
    ({"cells": [{"cluster.colour": "red"}]}, "/cells/0/cluster.colour", ""),
    ({"cells": [{"cluster.compute": 2}, {"cluster.compute": 2}]}, "/cells/1", ""),
    ({"factors": {"cluster.compute": [2]}, "exclude": [{"cluster.compute": 2}]}, "/exclude", "cell"),
    ({"design": {"order": "random"}}, "/design/order", "randomised-blocks"),
    ({"design": {"seed": -1}}, "/design/seed", "integer"),
    ({"design": {"repetitions": 0}}, "/design/repetitions", "integer"),
    ({"design": {"repetitions": {"min": 3, "max": 2}}}, "/design/repetitions", ""),
    ({"design": {"repetitions": {"min": 2, "max": 3, "until": {}}}}, "/design/repetitions/until", ""),
    ({"factors": {"cluster.compute": list(range(1, 12))}, "design": {"repetitions": 10000}}, "", "100000"),
    ({"hooks": {"before": []}}, "/hooks/before", "ready, collected"),
    ({"hooks": {"ready": [{"node": "n1"}]}}, "/hooks/ready/0", "'command'"),
    ({"hooks": {"ready": [{"command": ["true"], "node": "n9"}]}}, "/hooks/ready/0/node", "n1"),
    ({"limits": {"runTimeout": "0s"}}, "/limits/runTimeout", "matches"),
    ({"admission": {"oversubscribe": "yes"}}, "/admission/oversubscribe", "true or false"),
    ({"objectives": [{"metric": "speed", "direction": "max"}]}, "/objectives/0/metric", "metric of the workload"),
    ({"objectives": [{"metric": "elapsed", "direction": "min", "margin": 0}]}, "/objectives/0/margin", ""),
    ({"objectives": [{"metric": "elapsed", "direction": "min", "margin": "0%"}]}, "/objectives/0/margin", ""),
    ({"workload": {"name": "jobstream", "jobs": 1, "runtime": {"distribution": "constant", "value": "1s"},
                   "seed": 3}, "design": {"seed": 4}}, "/workload/seed", "per-block, fixed"),
    ({"design": {"sample": {"kind": "latin-hypercube", "cells": 4, "ranges": {
        "cluster.node.cpus": {"from": 2, "to": 1}}}}}, "/design/sample/ranges/cluster.node.cpus/to", "more than"),
    ({"factors": {"cluster.compute": {"levels": [1, 2], "when": {"workload.nodes": 1}}}},
     "/factors/cluster.compute/when/workload.nodes", "another factor"),
    ({"design": {"repetitions": 6}, "budget": {"runs": 5}}, "/budget/runs", "at least 6"),
    ({"budget": {"wallTime": "0s"}}, "/budget/wallTime", "matches"),
    ({"defaults": "cluster/small"}, "/defaults", "array"),
    ({"defaults": ["cluster/smal"]}, "/defaults/0", "cluster/small"),
    ({"defaults": ["a/a"], "fragments": {"a/a": {"defaults": ["a/a"]}}}, "/fragments/a~1a/defaults/0", "itself"),
    ({"fragments": {"../etc": {}}}, "/fragments/..~1etc", ""),
    ({"defaults": ["a/a"], "fragments": {"a/a": {"limits": {"runTimeout": 7}}}}, "/limits/runTimeout",
     "(from fragment a/a)"),
    ({"overrides": ["cluster.compute=0"]}, "/cluster/compute", "(from override cluster.compute=0)"),
    ({"overrides": ["cluster.colour=red"]}, "/overrides/0", "no member of this name"),
    ({"overrides": ["+name=x"]}, "/overrides/0", "not there yet"),
    ({"workload": {"name": "none"}}, "/workload/name", "one of: command, jobstream"),
    ({"workload": {"name": "DefinedWorkload"}}, "/workload/name", "hpcc"),
    ({"workload": {"name": "../../etc/passwd"}}, "/workload/name", "one of: "),
    ({"workload": {"name": "sleep", "seconds": -1}}, "/workload/seconds", "a number from 0 to 3600"),
    ({"workload": {"name": "sleep", "command": ["x"]}}, "/workload/command", "no member of this name"),
    ({"workload": {"name": "sleep"}, "workloads": 7}, "/workloads", "object"),
    ({"workload": {"name": "sleep"}, "workloads": {"sleep": "sha256:" + "0" * 64}}, "/workloads/sleep", "known here"),
]


@pytest.mark.parametrize("change, pointer, expected", BAD_SPECS, ids=lambda v: str(v)[:60])
def test_specs_that_make_no_sense(api, change, pointer, expected):
    for target in ("/v1/plans", "/v1/campaigns"):
        reply = api.post(target, {**shell("true"), **change})
        assert (reply.status, reply.problem) == (422, "validation"), reply
        found = [f for f in reply.json["faults"] if f["pointer"].startswith(pointer)]
        assert len(found) == len(reply.json["faults"]), reply
        assert any(expected in f["expected"] for f in found), reply


def test_faults_of_a_spec_are_all_listed(api):
    body = {"cluster": {"compute": "four", "nodes": 4}, "workload": {"name": "command"}, "design": {"seed": "x"}}
    for target in ("/v1/plans", "/v1/campaigns"):
        reply = api.post(target, body)
        assert (reply.status, reply.pointers) == (
            422, ["", "/cluster/compute", "/cluster/nodes", "/design/seed", "/workload"]), reply
    assert api.get("/v1/campaigns").json["items"] == []


@pytest.mark.parametrize("list, query, pointers", [
    ("campaigns", "state=sleeping", ["/query/state/0"]),
    ("campaigns", "campaign=00000000", ["/query/campaign"]),
    ("campaigns", "cursor=AAAA", ["/query/cursor"]),
    ("runs", "state=ready", ["/query/state/0"]),
    ("runs", "campaign=x&limit=0", ["/query/campaign", "/query/limit"]),
    ("runs", "name=x", ["/query/name"]),
])
def test_queries_of_campaigns_that_make_no_sense(api, list, query, pointers):
    reply = api.get(f"/v1/{list}?{query}")
    assert (reply.status, reply.pointers) == (422, pointers), reply


# -- sizes --

def test_a_name_that_is_not_ours_is_refused(daemon):
    """A page in a browser that had its name resolve to this address would come with that name."""
    for name, status in {"evil.example": 403, "127.0.0.1.evil.example:80": 403, "localhost:1": 200,
                         f"127.0.0.1:{daemon.port}": 200, "[::1]:8765": 200}.items():
        assert daemon.tcp.request("GET", "/healthz", headers={"Host": name}).status == status, name


def test_a_body_over_the_limit(daemon):
    exact = b'{"name": "' + b"x" * (1024 * 1024 - 12) + b'"}'
    assert len(exact) == 1024 * 1024
    assert raw_post(daemon.api, exact).status == 422
    for data in (exact + b" ", b" " * 5_000_000, b"x" * 20_000_000):
        try:
            reply = raw_post(daemon.api, data)
            assert (reply.status, reply.problem) == (413, "too-large")
        except (BrokenPipeError, ConnectionResetError):
            pass  # it answered and closed before all was sent, which is its right
    lives(daemon)


def test_a_body_over_the_limit_in_chunks(daemon):
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = talk(daemon, head + chunk * 17 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:300]
    small = talk(daemon, head + b"3\r\n{}\n\r\n0\r\n\r\n".replace(b"{}", b"[]"))
    assert small.startswith(b"HTTP/1.1 422 "), small[:300]
    for bad in (b"zz\r\n", b"-1\r\n", b"FFFFFFFFFFFFFFFF\r\n{}", b"5\r\nab"):
        talk(daemon, head + bad)
    lives(daemon)


def test_a_declared_length_is_not_believed(daemon):
    head = POST + b"Content-Length: %s\r\n\r\n"
    for length in (b"99999999999999999999", b"-1", b"abc", b"1048577"):
        answer = talk(daemon, head % length + b"{}")
        assert not answer or answer[9:12] in (b"400", b"413"), answer[:200]
    assert daemon.rss_bytes() < 200 * 2**20
    lives(daemon)


# -- paths and queries --

@pytest.mark.parametrize("target", [
    "/v1/clusters/..%2f..%2fetc%2fpasswd", "/v1/clusters/%2e%2e", "/v1/clusters/....", "/v1/clusters/1F2E3D4C",
    "/v1/clusters/1f2e3d4", "/v1/clusters/1f2e3d4c5", "/v1/clusters/%00%00", "/v1/clusters/1f2e3d4c%00",
    "/v1/images/..%2f..%2f..%2fetc", "/v1/images/sha256:..%2f..", "/v1/images/sha256:" + "0" * 64,
    "/v1/images/" + "a" * 3000, "/v1/images/" + "%41" * 2000, "/v1/images/%ff%fe", "/v1/hosts/..", "/v1/schedulers/%2e",
    "/v1/images/sha256:" + "0" * 64 + "/content", "/v1/images/..%2fx/manifest",
], ids=lambda target: target[:40])
def test_ids_that_are_none(api, target):
    reply = api.get(target)
    assert reply.status in (400, 404), reply
    assert "root:" not in reply.body.decode(errors="replace")


@pytest.mark.parametrize("target", [
    "/v1/clusters/%", "/v1/clusters/%4", "/v1/clusters/%zz", "/v1/clusters?state=%", "/v1/clusters?name=%ff",
])
def test_percent_encoding_that_is_none(api, target):
    reply = api.get(target)
    assert reply.status in (400, 404, 422), reply


@pytest.mark.parametrize("query, pointers", [
    ("limit=0", ["/query/limit"]),
    ("limit=501", ["/query/limit"]),
    ("limit=ten", ["/query/limit"]),
    ("limit=", ["/query/limit"]),
    ("limit=99999999999999999999", ["/query/limit"]),
    ("cursor=!!!", ["/query/cursor"]),
    ("cursor=AAAA", ["/query/cursor"]),
    ("cursor=" + "A" * 300, ["/query/cursor"]),
    ("cursor=LTE.MWYyZTNkNGM", ["/query/cursor"]),
    ("state=sleeping", ["/query/state/0"]),
    ("state=ready,ready", ["/query/state/1"]),
    ("state=ready,,", None),
    ("name=A", ["/query/name"]),
    ("colour=red", ["/query/colour"]),
    ("colour=red&limit=0&state=x", ["/query/colour", "/query/limit", "/query/state/0"]),
])
def test_queries_that_make_no_sense(api, query, pointers):
    reply = api.get(f"/v1/clusters?{query}")
    assert (reply.status, reply.problem) == (422, "validation"), reply
    assert pointers is None or reply.pointers == pointers


@pytest.mark.parametrize("query", [
    "since=-1", "since=x", "since=9007199254740992", "wait=61", "wait=1.5", "subject=cluster",
    "subject=cluster/x",
])
def test_queries_of_events_that_make_no_sense(api, query):
    reply = api.get(f"/v1/events?{query}")
    assert reply.status == 422 and reply.pointers == ["/query/" + query.split("=")[0]]


def test_parameters_in_headers(api):
    for header, value in (("Idempotency-Key", "a b"), ("Idempotency-Key", "x" * 129), ("Idempotency-Key", "")):
        reply = raw_post(api, b"{}", **{header: value})
        assert (reply.status, reply.pointers) == (422, [f"/header/{header}"]), reply
    reply = api.request("GET", "/v1/events", headers={"Last-Event-ID": "x", "Accept": "text/event-stream"})
    assert (reply.status, reply.pointers) == (422, ["/header/Last-Event-ID"])


# -- connections --

@pytest.mark.parametrize("data", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 5000, b"\xff" * 5000, b"GET /v1/clusters\r\n",
    b"GET /v1/clusters HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET /v1/clusters HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /v1/clusters HTTP/1.1\r\nHost x\r\n\r\n",
    b"GET /v1/clusters HTTP/1.1\r\nHost: localhost\r\nA\0B: c\r\n\r\n",
    b"POST /v1/clusters HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x01" * 200,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://elsewhere/v1/clusters HTTP/1.1\r\nHost: localhost\r\n\r\n",
], ids=lambda data: repr(data[:24]))
def test_bytes_that_are_no_http(daemon, data):
    answer = talk(daemon, data)
    if answer:
        assert answer.startswith(b"HTTP/1."), answer[:100]
        assert answer[9:12] == b"505" or answer[9:10] == b"4" or answer[9:10] == b"2", answer[:500]
    lives(daemon)


def test_slow_and_silent_clients_hold_up_nobody(daemon):
    slow = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(60)]
    try:
        for i, s in enumerate(slow):
            if i % 3 == 0:
                s.sendall(b"POST /v1/clusters HTTP/1.1\r\nHo")
            elif i % 3 == 1:
                s.sendall(POST + b"Content-Length: 1000\r\n\r\n{")
        for _ in range(20):
            lives(daemon)
    finally:
        for s in slow:
            s.close()
    lives(daemon)


def test_clients_that_leave_in_the_middle(daemon):
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 5000000\r\n\r\n"
    image = b"application/vnd.benchd.image"
    for path, media in ((b"/v1/clusters", b"application/json"), (b"/v1/images/import", image)):
        for bytes in (0, 1, 100_000, 900_000):
            with socket.create_connection(("127.0.0.1", daemon.port)) as s:
                s.sendall(head % (path, media) + b"x" * bytes)
                # a reset, not an orderly end
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    host.wait_until(lambda: not list(daemon.transfer_dir.iterdir()), "the end of the uploads' files")
    lives(daemon)


def test_clients_that_leave_before_the_answer(daemon):
    for target in ("/v1/clusters", f"/v1/images/{IMAGE}/manifest", "/v1/hosts", "/v1/events?wait=60&since=999999"):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", daemon.port)) as s:
                s.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    lives(daemon)


# -- chance --

SEEDS = [
    ("POST", "/v1/clusters", {"name": "a", "compute": 1, "node": {"cpus": 0.5, "memory": "128MiB"},
                              "scheduler": {"name": "slurm", "options": {"TreeWidth": 5}}, "network": {"loss": 0}}),
    ("POST", "/v1/clusters/00000000/exec", {"command": ["a", "b"], "env": {"A": "b"}, "timeout": "1s", "stdin": "x"}),
    ("POST", "/v1/images", {"recipe": "none", "rebuild": False}),
    ("GET", "/v1/clusters?limit=10&state=ready&cursor=AAAA", None),
    ("GET", "/v1/events?since=1&limit=3&subject=cluster/00000000", None),
    ("GET", "/v1/images/sha256:" + "0" * 64 + "/manifest", None),
    ("DELETE", "/v1/clusters/00000000", None),
]


def mutated(chance):
    method, target, body = chance.choice(SEEDS)
    data = json.dumps(body).encode() if body is not None else b""
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
    # Mostly the length is right, so that what is behind it is looked at.
    where = chance.random()
    data = mutate(chance, data) if where < 0.8 else data
    request = head.encode() + str(len(data)).encode() + b"\r\nConnection: close\r\n\r\n" + data
    return mutate(chance, request) if where > 0.6 else request


NASTY = (
    b"\0", b"%00", b"\\u0000", b"../", b"[" * 70, b"9" * 30, b"\xff\xfe", b"1e400", b'"', b"\r\n", b"null",
)


def mutate(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(6)
        if what == 0:
            data[at:at + 1] = bytes([chance.randrange(256)])
        elif what == 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        elif what == 2:
            del data[at:at + chance.randrange(1, 9)]
        elif what == 3:
            data[at:at] = data[:at][-chance.randrange(1, 40):]
        elif what == 4:
            data[at:at] = chance.choice(NASTY)
        else:
            del data[at:]
    return bytes(data)


def test_thousands_of_mutations_do_no_harm(make_daemon):
    seed = int(os.environ.get("BENCHD_TEST_SEED", "0")) or random.randrange(2**32)
    print(f"BENCHD_TEST_SEED={seed} BENCHD_TEST_MUTATIONS={MUTATIONS}")
    chance = random.Random(seed)
    daemon = make_daemon(empty=True).start()  # without an image nothing comes to life

    def volley(n):
        """Some at once: most of the time is waited for what never comes."""
        for i in range(0, n, AT_ONCE):
            batch = [mutated(chance) for _ in range(min(AT_ONCE, n - i))]
            answers = list(pool.map(lambda data: talk(daemon, data, timeout=0.1), batch))
            assert daemon.alive(), f"from number {i} of seed {seed} on: {batch!r}\n{daemon.words()[-3000:]}"
            for data, answer in zip(batch, answers):
                wrong = answer.startswith(b"HTTP/1.1 5") and answer[9:12] != b"505"
                assert not wrong, f"{data!r}\n{answer[:800]!r}"

    pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
    volley(MUTATIONS // 4)
    time.sleep(1)
    rss, descriptors, threads = daemon.rss_bytes(), daemon.descriptors(), daemon.threads()
    volley(MUTATIONS * 3 // 4)
    lives(daemon)
    host.wait_until(lambda: len(daemon.descriptors()) <= len(descriptors) + 2, "descriptors to be closed")
    assert daemon.threads() <= threads
    grown = daemon.rss_bytes() - rss
    assert grown < 4 * 2**20, f"{grown} bytes more"
    assert not list(daemon.transfer_dir.iterdir())
    daemon.stop()
