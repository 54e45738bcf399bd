"""A client of benchd on the standard library alone, over the Unix socket or TCP."""
import base64
import http.client
import json
import socket
import threading
import time
import urllib.parse

from contract import Contract
from sockets import UnixConnection

PATIENCE = 240  # seconds until a test gives up on what has to come


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    @property
    def problem(self):
        return self.json["type"].rsplit(":", 1)[1]

    @property
    def pointers(self):
        return sorted(f["pointer"] for f in self.json.get("faults", []))

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


class Result:
    """What became of a command."""

    def __init__(self):
        self.stdout = self.stderr = b""
        self.exit = None

    @property
    def text(self):
        return self.stdout.decode()

    @property
    def code(self):
        return self.exit["code"]

    def take(self, event):
        if "exit" in event:
            self.exit = event["exit"]
            return
        data = event["data"].encode() if "data" in event else base64.b64decode(event["base64"])
        setattr(self, event["stream"], getattr(self, event["stream"]) + data)

    def __repr__(self):
        return f"<{self.exit} stdout {self.stdout[-800:]!r} stderr {self.stderr[-800:]!r}>"


class Stream:
    """A reply that goes on: lines as they come."""

    def __init__(self, connection, response):
        self.connection, self.response = connection, response

    def lines(self):
        while line := self.response.readline():
            yield line.decode()

    def line(self):
        return self.response.readline().decode()

    def close(self):
        """As a client that goes away."""
        sock = self.connection.sock or getattr(self.response.fp, "raw", None)
        if hasattr(sock, "shutdown"):
            sock.shutdown(socket.SHUT_RDWR)
        self.response.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Api:
    contract = None  # one for all: they serve the same

    def __init__(self, unix=None, tcp=None, on_made=None):
        self.unix, self.tcp, self.on_made = unix, tcp, on_made
        self.lock = threading.Lock()

    def connection(self, timeout=PATIENCE):
        if self.unix:
            return UnixConnection(self.unix, timeout)
        return http.client.HTTPConnection(*self.tcp, timeout=timeout)

    def load_contract(self):
        with self.lock:
            if Api.contract is None:
                connection = self.connection()
                connection.request("GET", "/openapi.json")
                Api.contract = Contract(json.loads(connection.getresponse().read()))
                connection.close()
        return Api.contract

    def _send(self, connection, method, target, body, headers):
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)) and not hasattr(body, "read"):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection.request(method, target, body=body, headers=headers)
        return connection.getresponse()

    def request(self, method, target, body=None, headers=None, timeout=PATIENCE):
        contract = self.load_contract()
        connection = self.connection(timeout)
        try:
            response = self._send(connection, method, target, body, headers)
            reply = Reply(response.status, response.headers, response.read())
        finally:
            connection.close()
        contract.check(method, target, reply.status, reply.headers, reply.body)
        if reply.status == 202 and method == "POST" and self.on_made:
            self.on_made(target, reply.json["id"])
        return reply

    def get(self, target, **headers):
        return self.request("GET", target, headers=headers)

    def post(self, target, body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.request("POST", target, body, headers)

    def delete(self, target):
        return self.request("DELETE", target)

    def stream(self, method, target, body=None, headers=None, timeout=PATIENCE):
        contract = self.load_contract()
        connection = self.connection(timeout)
        response = self._send(connection, method, target, body, headers)
        whole = None if response.status == 200 else response.read()
        contract.check(method, target, response.status, response.headers, whole)
        assert response.status == 200, Reply(response.status, response.headers, whole)
        return Stream(connection, response)

    # -- clusters --

    def create(self, expect=202, **spec):
        reply = self.post("/v1/clusters", spec)
        assert reply.status == expect, reply
        return reply.json

    def cluster(self, id):
        reply = self.get(f"/v1/clusters/{id}")
        assert reply.status == 200, reply
        return reply.json

    def wait_for(self, target, done, patience=PATIENCE):
        """Long polls until done(object); every version on the way is held against the contract."""
        until, etag, last = time.monotonic() + patience, None, None
        while time.monotonic() < until:
            headers = {"If-None-Match": etag} if etag else {}
            reply = self.request("GET", target + ("?wait=5" if etag else ""), headers=headers)
            assert reply.status in (200, 304), reply
            if reply.status == 200:
                etag, last = reply.headers["ETag"], reply.json
                if done(last):
                    return last
        raise AssertionError(f"{target} did not get there: {json.dumps(last, indent=1)}")

    def wait_state(self, id, *states, patience=PATIENCE):
        ends = set(states) | {"failed", "deleted"}
        cluster = self.wait_for(f"/v1/clusters/{id}", lambda c: c["state"] in ends, patience)
        assert cluster["state"] in states, json.dumps(cluster, indent=1)
        return cluster

    def up(self, **spec):
        return self.wait_state(self.create(**spec)["id"], "ready")

    def down(self, id, residue_empty=True):
        reply = self.delete(f"/v1/clusters/{id}")
        assert reply.status in (200, 202), reply
        cluster = self.wait_state(id, "deleted", "failed")
        if residue_empty:
            assert cluster["residue"] == {"empty": True, "differences": []}, cluster["residue"]
        return cluster

    # -- commands --

    def exec_stream(self, id, *command, **how):
        return self.stream("POST", f"/v1/clusters/{id}/exec", dict(how, command=list(command)))

    def exec_events(self, stream):
        schema = {"$ref": "#/components/schemas/ExecEvent"}
        for line in stream.lines():
            event = json.loads(line)
            self.contract.check_event("exec", schema, event)
            yield event

    def run(self, id, *command, **how):
        result = Result()
        with self.exec_stream(id, *command, **how) as stream:
            for event in self.exec_events(stream):
                assert result.exit is None, f"more after the exit: {event}"
                result.take(event)
        assert result.exit is not None, f"the stream of {command} ended without an exit: {result}"
        return result

    # -- events --

    def events(self, since=0, subject=None):
        """All events of the log after since."""
        items = []
        while True:
            query = {"since": since, "limit": 500}
            if subject:
                query["subject"] = subject
            page = self.get("/v1/events?" + urllib.parse.urlencode(query)).json
            items += page["items"]
            if page["next"] is None:
                return items
            since = int(page["next"])

    def sse(self, since=None, last_id=None, subject=None, timeout=PATIENCE):
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        query = {k: v for k, v in (("since", since), ("subject", subject)) if v is not None}
        target = "/v1/events" + ("?" + urllib.parse.urlencode(query) if query else "")
        return self.stream("GET", target, headers=headers, timeout=timeout)


def sse_events(stream):
    """(id, kind, data) of each event; a comment is (None, None, its text)."""
    event = {}
    for line in stream.lines():
        line = line.rstrip("\n")
        if line.startswith(":"):
            yield None, None, line[1:].strip()
        elif line:
            name, _, value = line.partition(":")
            event[name] = value.removeprefix(" ")
        elif event:
            yield int(event["id"]), event["event"], json.loads(event["data"])
            event = {}
