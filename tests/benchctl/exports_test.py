#!/usr/bin/env python3
"""benchctl campaign export and run export, against a peer that speaks the daemon's HTTP."""
import os
import unittest

import fake_daemon as fake
from peer import PeerTest

CAMPAIGN = r"/v1/campaigns/5a6b7c8d/export\?format=(\w+)"
LIST = ("GET", r"/v1/campaigns\?.*", fake.items(fake.campaign()))
RUN = r"/v1/runs/eeee0001/export\?format=(\w+)"
TYPES = {"json": "application/json", "csv": "text/csv", "junit": "application/xml",
         "openmetrics": "application/openmetrics-text", "swf": "text/plain"}
# Not what a terminal or a shell would leave alone.
CONTENT = "run,\"a, b\"\r\n\x1b[31m\x00\r\n".encode() * 1000


def export(state="done"):
    return lambda h, m: h.reply(200, m[1].encode() + b"\n" + CONTENT, TYPES[m[1]], X_Benchd_State=state)


class Export(PeerTest):
    def files(self):
        return sorted(f for f in os.listdir(self.dir) if f.startswith("file"))

    def test_every_format_is_asked_for_and_passed_on_as_it_is(self):
        self.serve(LIST, ("GET", CAMPAIGN, export()), ("GET", RUN, export()))
        for command, id, formats in (("campaign", "5a6b7c8d", ("json", "csv", "junit", "openmetrics")),
                                     ("run", "eeee0001", ("json", "csv", "swf"))):
            for format in formats:
                with self.subTest((command, format)):
                    out, err = self.start(command, "export", id, "--format", format).communicate(timeout=10)
                    self.assertEqual((out, err), (format.encode() + b"\n" + CONTENT, b""))

    def test_json_is_what_it_is_without_a_format(self):
        self.serve(LIST, ("GET", CAMPAIGN, export()), ("GET", RUN, export()))
        for command in (("campaign", "export", "5a6b7c8d"), ("run", "export", "eeee0001")):
            self.assertTrue(self.run_it(*command)[0].startswith("json\n"))

    def test_a_file_has_all_of_it(self):
        self.serve(LIST, ("GET", CAMPAIGN, export()))
        for n, option in enumerate((("-o", "{}"), ("--output", "{}"), ("-o{}",))):
            path = os.path.join(self.dir, f"file{n}")
            self.run_it("campaign", "export", "5a6b7c8d", "--format", "csv", *[word.format(path) for word in option])
            with open(path, "rb") as f:
                self.assertEqual(f.read(), b"csv\n" + CONTENT)
        self.assertEqual(self.files(), ["file0", "file1", "file2"])
        out, _ = self.run_it("campaign", "export", "5a6b7c8d", "--format", "csv", "-o", "-")
        self.assertTrue(out.startswith("csv\n"))

    def test_half_a_file_is_none(self):
        def half(handler, _):
            handler.send_response(200)
            handler.send_header("Content-Type", "text/csv")
            handler.send_header("Content-Length", str(10 * len(CONTENT)))
            handler.end_headers()
            handler.wfile.write(CONTENT)
            handler.wfile.flush()
            handler.hang_up()
        self.serve(LIST, ("GET", CAMPAIGN, half))
        path = os.path.join(self.dir, "file")
        with open(path, "w") as f:
            f.write("of before")
        self.run_it("campaign", "export", "5a6b7c8d", "--format", "csv", "-o", path, code=1)
        self.assertEqual(self.files(), ["file"])
        with open(path) as f:
            self.assertEqual(f.read(), "of before")

    def test_a_format_that_there_is_none_of_is_told_with_those_that_there_are(self):
        self.serve(("GET", RUN, lambda h, m: h.problem(422, "validation", "the request has 1 fault", [
            {"pointer": "/query/format", "expected": "one of: json, csv, swf", "got": m[1]}])))
        path = os.path.join(self.dir, "file")
        _, err = self.run_it("run", "export", "eeee0001", "--format", "junit", "-o", path, code=1)
        self.assertIn("  /query/format: expected one of: json, csv, swf, got junit\n", err)
        self.assertEqual(self.files(), [])

    def test_what_goes_on_is_told(self):
        self.serve(LIST, ("GET", CAMPAIGN, export("running")))
        out, err = self.run_it("campaign", "export", "5a6b7c8d", "--format", "csv")
        self.assertTrue(out.startswith("csv\n"))
        self.assertIn("it is running: this is what there was so far", err)

    def test_a_campaign_that_is_not_there_is_not_found(self):
        self.serve(LIST, ("GET", CAMPAIGN, lambda h, m: h.problem(404, "not-found", "there is no such campaign")))
        path = os.path.join(self.dir, "file")
        _, err = self.run_it("campaign", "export", "5a6b7c8d", "-o", path, code=4)
        self.assertIn("there is no such campaign", err)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()
