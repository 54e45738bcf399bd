"""Holds replies against the contract, as the daemon serves it at /openapi.json.

Every reply that the client of these tests reads goes through `Contract.check`: its status is one that
the operation documents, the headers that it requires are there and fit, the body is of a documented
type and fits its schema. So no test has to ask for that.
"""
import json
import re

from jsonschema import Draft202012Validator


class Contract:
    def __init__(self, document):
        self.document = document
        self.seen = set()  # (operationId, status) of all replies so far
        self._validators = {}
        self.operations = []  # (method, pattern of the path, path, operation)
        for path, item in document["paths"].items():
            pattern = re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$")
            for method in ("get", "post", "put", "delete", "patch"):
                if method in item:
                    self.operations.append((method.upper(), pattern, path, item[method]))
        # A path without parameters wins over one with: /v1/images/import is no image.
        self.operations.sort(key=lambda o: o[2].count("{"))

    def find(self, method, target):
        """The operation, and the methods that the path has."""
        path = target.split("?")[0]
        paths = [o for o in self.operations if o[1].match(path)]
        best = [o for o in paths if o[2] == paths[0][2]]
        for candidate in best:
            if candidate[0] == method:
                return candidate[3], [o[0] for o in best]
        return None, [o[0] for o in best]

    def resolve(self, thing):
        while "$ref" in thing:
            at = self.document
            for part in thing["$ref"][2:].split("/"):
                at = at[part.replace("~1", "/").replace("~0", "~")]
            thing = at
        return thing

    def faults(self, schema, value):
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = dict(schema, components=self.document["components"])
            self._validators[key] = Draft202012Validator(whole)
        return [
            f"{'/'.join(str(p) for p in e.absolute_path)}: {e.message[:300]}"
            for e in self._validators[key].iter_errors(value)
        ]

    def response(self, method, target, status):
        operation, methods = self.find(method, target)
        if operation and str(status) in operation["responses"]:
            return operation["operationId"], self.resolve(operation["responses"][str(status)])
        shared = self.document["components"]["responses"]
        if not methods and status == 404:
            return "(no path)", shared["NotFound"]
        if methods and not operation and status == 405:
            return "(no method)", shared["MethodNotAllowed"]
        if status in (400, 413):  # refused before it was known what was asked
            return "(unread)", shared["Malformed" if status == 400 else "TooLarge"]
        name = operation["operationId"] if operation else f"{method} {target}"
        raise AssertionError(f"{name} answered {status}, which the contract does not have")

    def check(self, method, target, status, headers, body):
        """body: bytes, or None where it is a stream that is read elsewhere."""
        operation_id, response = self.response(method, target, status)
        self.seen.add((operation_id, status))
        where = f"{operation_id} {status}"
        for name, header in response.get("headers", {}).items():
            header = self.resolve(header)
            value = headers.get(name)
            assert value is not None or not header.get("required"), f"{where}: no header {name}"
            if value is None:
                continue
            if header["schema"].get("type") == "integer":
                value = int(value)
            faults = self.faults(header["schema"], value)
            assert not faults, f"{where}: header {name}: {faults}"
        self._check_body(where, response, status, headers, body, head=method == "HEAD")

    def _check_body(self, where, response, status, headers, body, head):
        content = response.get("content")
        if not content:
            assert not body, f"{where}: has a body: {body[:200]!r}"
            return
        media = (headers.get("Content-Type") or "").split(";")[0].strip()
        assert media in content, f"{where}: Content-Type {media!r}, not of {sorted(content)}"
        if body is None or head:
            return
        schema = content[media].get("schema")
        if media in ("application/json", "application/problem+json"):
            value = json.loads(body)
            faults = self.faults(schema, value)
            assert not faults, f"{where}: {faults}\n{json.dumps(value, indent=1)[:2000]}"
            if media == "application/problem+json":
                assert value["status"] == status, f"{where}: the problem says {value['status']}"
        elif media == "application/x-ndjson":
            for line in body.splitlines():
                self.check_event(where, schema, json.loads(line))

    def check_event(self, where, schema, event):
        faults = self.faults(schema, event)
        assert not faults, f"{where}: {faults} in {event}"
