#!/usr/bin/env python3
"""benchctl workload: definitions listed, shown, registered; and checked without any daemon."""
import json
import os
import re
import unittest
from pathlib import Path

from peer import PeerTest, answer

ROOT = Path(__file__).resolve().parent.parent.parent
STREAM = {
    "name": "stream", "kind": "registered", "digest": "sha256:" + "12" * 32, "title": "Memory \x1b[31mbandwidth",
    "description": None, "source": {"url": "https://example.org/", "version": "5"}, "licence": "BSD-3-Clause",
    "stresses": ["memory", "cpu"], "needs": {"programs": ["stream"], "packages": ["stream-tools"]},
    "parameters": {"type": "object", "properties": {
        "name": {"const": "stream"}, "nodes": {"type": "integer", "description": "Compute nodes of the job."},
        "size": {"type": "integer", "default": 1000, "description": "Of each array."}}},
    "metrics": {"triad": {"unit": "GB/s", "kind": "rate", "direction": "max", "title": "A triad"},
                "elapsed": {"unit": "s", "kind": "cost"}},
    "definition": {"name": "stream"}, "error": None}
BROKEN = dict(STREAM, name="broken", kind="file", digest=None, title=None, stresses=[], definition=None,
              error="/etc/benchd/workloads/broken.yaml:1:1: no YAML")
LIST = {"items": [BROKEN, STREAM], "next": None}
GOOD = "name: stream\ntitle: x\ncommand: [stream, '${size}']\nparameters:\n  size: {type: integer, default: 5}\n"


class Workloads(PeerTest):
    def file(self, text, name="stream.yaml"):
        path = os.path.join(self.dir, name)
        Path(path).write_text(text, encoding="utf-8")
        return path

    def test_they_are_listed(self):
        self.serve(("GET", "/v1/workloads", answer(200, LIST)))
        self.assertEqual(self.run_it("workload", "ls")[0],
                         "NAME    KIND        STRESSES     TITLE\n"
                         "broken  file        -            /etc/benchd/workloads/broken.yaml:1:1: no YAML\n"
                         "stream  registered  memory, cpu  Memory \\x1b[31mbandwidth\n")
        self.assertEqual(json.loads(self.run_it("workload", "ls", "--json")[0]), LIST)
        self.assertEqual(self.run_it("completion", "workloads")[0], "broken\nstream\n")

    def test_one_is_shown(self):
        self.serve(("GET", "/v1/workloads/stream", answer(200, STREAM)))
        facts, parameters, metrics = self.run_it("workload", "show", "stream")[0].split("\n\n")
        self.assertRegex(facts, r"needs +stream\npackages +stream-tools")
        self.assertEqual(parameters, "PARAMETER  TYPE     DEFAULT  WHAT\n"
                                     "nodes      integer  -        Compute nodes of the job.\n"
                                     "size       integer  1000     Of each array.")
        self.assertEqual(metrics, "METRIC   UNIT  KIND  BETTER  WHAT\n"
                                  "elapsed  s     cost  -       -\n"
                                  "triad    GB/s  rate  max     A triad\n")
        self.assertEqual(json.loads(self.run_it("--json", "workload", "show", "stream")[0]), STREAM)
        self.run_it("workload", "show", "none", code=4)

    def test_one_is_registered_and_removed(self):
        self.serve(("POST", "/v1/workloads", answer(201, STREAM)),
                   ("DELETE", "/v1/workloads/stream", lambda h, m: h.reply(204, b"", "text/plain")))
        self.assertEqual(self.run_it("workload", "add", self.file(GOOD)), ("stream\n", ""))
        (post,) = self.sent("POST")
        self.assertEqual(json.loads(post.body)["parameters"], {"size": {"type": "integer", "default": 5}})
        self.assertRegex(post.headers["Idempotency-Key"], "^[0-9a-f]{32}$")
        self.assertEqual(self.run_it("workload", "rm", "stream"), ("", ""))

    def test_faults_of_the_daemon_have_their_line(self):
        faults = [{"pointer": "/command/1", "expected": "a template", "got": "${size}"}]
        self.serve(("POST", "/v1/workloads", lambda h, m: h.problem(422, "validation", "1 fault", faults)))
        path = self.file(GOOD)
        _, err = self.run_it("workload", "add", path, code=1)
        self.assertIn(f"{path}:3: /command/1: expected a template, got ${{size}}", err)

    def test_a_file_is_checked_without_a_daemon(self):
        path = self.file(GOOD)
        self.assertEqual(self.run_it("workload", "check", path, where=False), ("", f"✓ {path}: 0 faults\n"))
        path = self.file(GOOD.replace("${size}", "${seize}").replace("default: 5", "default: five"))
        out, err = self.run_it("workload", "check", path, where=False, code=6)
        self.assertEqual(err, f"✗ {path}: 2 faults\n")
        self.assertIn(f"{path}:3: /command/1: expected a template whose names are known: '${{seize}}'", out)
        self.assertIn(f"{path}:5: /parameters/size/default: expected an integer, got \"five\"", out)
        listed = json.loads(self.run_it("workload", "check", "--json", "-", stdin=b"name: x\n", where=False, code=6)[0])
        self.assertEqual([f["pointer"] for f in listed["faults"]], ["", ""])
        self.run_it("workload", "check", self.file("name: [\n"), where=False, code=2)

    def test_one_is_made_of_a_reframe_test(self):
        source = ROOT / "tests" / "vectors" / "import" / "bandwidth.py"
        made = os.path.join(self.dir, "made.yaml")
        out, err = self.run_it("workload", "import", str(source), "--kind", "things=ratio", "-o", made, where=False)
        self.assertEqual((out, len(err.splitlines())), ("", 5))
        self.assertIn("! bandwidth.py:48: metric best is left out: min is no extractsingle() of one value\n", err)
        text = Path(made).read_text("utf-8")
        self.assertIn("#   bandwidth.py:48: metric best is left out", text)
        self.assertEqual(self.run_it("workload", "check", made, where=False), ("", f"✓ {made}: 0 faults\n"))
        out, _ = self.run_it("workload", "import", str(source), "--kind", "things=ratio", where=False)
        self.assertEqual(out, text)
        told = json.loads(self.run_it("workload", "import", str(source), "--kind", "things=none", "--json", where=False)[0])
        self.assertEqual(sorted(told["definition"]["metrics"]), ["copy", "lat99"])
        self.assertEqual(told["notes"][2]["line"], 48)

    def test_nothing_is_made_where_it_is_not_certain(self):
        source = str(ROOT / "tests" / "vectors" / "import" / "bandwidth.py")
        made = Path(self.dir) / "made.yaml"
        for options, says in (
                ((), "bandwidth.py: whether more is better can't be told from the unit of: things (unit 'things'); say --kind"),
                (("--class", "none"), "bandwidth.py: it has no class none"),
                (("--from", "spack"), "bandwidth.py: 'spack' is neither reframe nor ramble"),
                (("--kind", "things=more"), "--kind things=more: of which kind is cost, rate, ratio")):
            _, err = self.run_it("workload", "import", source, *options, "-o", str(made), where=False, code=2)
            self.assertIn(says, err)
            self.assertFalse(made.exists())
        self.run_it("workload", "import", self.file("x = (\n", "x.py"), where=False, code=2)
        self.run_it("workload", "import", str(made), where=False, code=2)

    def test_the_documented_ones_and_those_that_come_along_are_right(self):
        (documented,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "workloads.md").read_text("utf-8"), re.S)
        for path in (self.file(documented), *sorted((ROOT / "workloads").glob("*.yaml"))):
            out, err = self.run_it("workload", "check", str(path), where=False)
            self.assertEqual((out, err), ("", f"✓ {path}: 0 faults\n"))


if __name__ == "__main__":
    unittest.main()
