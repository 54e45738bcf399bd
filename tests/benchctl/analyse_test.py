#!/usr/bin/env python3
"""Results from elsewhere: the program against the example of the documentation, and against tables and
designs that can't be used; and the documents that it and a daemon make.
"""
import hashlib
import json
import os
import re
import unittest
from html.parser import HTMLParser
from pathlib import Path

import fake_daemon as fake
from peer import PeerTest

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "table"
TABLE, DESIGN = str(EXAMPLES / "results.csv"), str(EXAMPLES / "design.yaml")
CAMPAIGNS = ("GET", r"/v1/campaigns\?limit=500", fake.items(fake.campaign()))
VOID = {"meta", "br"}


class Page(HTMLParser):
    """That elements are closed as they are opened, and what there is of them."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.faults = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


class Analyse(PeerTest):
    def file(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def analyse(self, *args, **kwargs):
        """No daemon is there: none is asked."""
        return self.run_it("analyse", *args, **kwargs)

    def test_the_example_is_analysed(self):
        out, err = self.analyse(TABLE, "--design", DESIGN)
        self.assertIn("\nmakespan (s, lower is better)\n", out)
        self.assertIn("\nverdict: exploratory, because\n", out)
        self.assertIn("line 18: node c3 was rebooted meanwhile", out)
        self.assertEqual(err, "")

    def test_json_is_an_analysis_of_no_campaign(self):
        analysis = json.loads(self.analyse(TABLE, "--design", DESIGN, "--json")[0])
        self.assertEqual((analysis["schema"], analysis["campaign"]), ("benchd.analysis/1", None))
        self.assertEqual(analysis["reference"], {"policy": "fifo", "nodes": 4})
        self.assertEqual([m["name"] for m in analysis["metrics"]], ["makespan", "throughput"])
        self.assertEqual(analysis["runs"]["excluded"], 1)
        self.assertEqual((analysis["design"]["blocks"], analysis["design"]["warmup"]), (11, 1))

    def test_either_file_may_be_stdin_and_gives_the_same(self):
        expected = self.analyse(TABLE, "--design", DESIGN, "--json")
        for table, design, sent in (("-", DESIGN, TABLE), (TABLE, "-", DESIGN)):
            got = self.analyse(table, "--design", design, "--json", stdin=Path(sent).read_bytes())
            self.assertEqual(got, expected)

    def test_a_report_in_a_file_is_the_one_on_stdout_and_names_both_files(self):
        for report in ("markdown", "html"):
            path = os.path.join(self.dir, "report." + report)
            text, _ = self.analyse(TABLE, "--design", DESIGN, "--report", report)
            self.assertEqual(self.analyse(TABLE, "--design", DESIGN, "--report", report, "-o", path), ("", ""))
            with open(path, encoding="utf-8") as f:
                self.assertEqual(f.read(), text)
            for source in (TABLE, DESIGN):
                self.assertIn(hashlib.sha256(Path(source).read_bytes()).hexdigest(), text)

    def test_the_page_is_whole_accessible_and_needs_nothing_else(self):
        text, _ = self.analyse(TABLE, "--design", DESIGN, "--report", "html")
        page = Page(text)
        self.assertEqual((page.open, page.faults), ([], []))
        self.assertFalse({"script", "link", "img", "iframe", "object"} & set(page.tags))
        self.assertFalse([v for n, v in page.attributes if n in ("src", "style") or n.startswith("on")])
        self.assertTrue(all(v.startswith("#b") for n, v in page.attributes if n == "href"))
        self.assertNotRegex(text, r"https?://|url\(|@import")
        self.assertEqual(page.tags.count("table"), page.tags.count("caption"))
        ids = [v for n, v in page.attributes if n == "id"]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertTrue({v[1:] for n, v in page.attributes if n == "href"} <= set(ids))

    def test_names_of_others_are_no_markup(self):
        table = self.file("t.csv", "policy,makespan\n<script>x</script>,1\n\"a|b*\",2\n\"c\nd\",3\n")
        design = self.file("d.yaml", "name: '</title><b>'\nfactors: [policy]\n"
                                     "metrics: {makespan: {unit: s, kind: cost}}\n")
        html, _ = self.analyse(table, "--design", design, "--report", "html")
        self.assertEqual((Page(html).open, Page(html).faults), ([], []))
        self.assertNotIn("<script", html)
        self.assertIn("&#60;script&#62;x&#60;/script&#62;", html)
        markdown, _ = self.analyse(table, "--design", design, "--report", "markdown")
        self.assertIn("| \\<script>x\\</script> |", markdown)
        self.assertIn("| a\\|b\\* |", markdown)
        widths = {}
        for block in markdown.split("\n\n"):
            rows = [len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines() if line.startswith("|")]
            widths[block] = set(rows)
        self.assertTrue(all(len(w) <= 1 for w in widths.values()))

    def test_what_is_wrong_with_the_design_is_told_with_its_lines(self):
        design = self.file("d.yaml", "factors:\n  - polcy\nblock: day\nmetrics:\n"
                                     "  makespan:\n    unit: ms\n    kind: cost\n")
        _, err = self.analyse(TABLE, "--design", design, code=2)
        self.assertIn("the design does not fit " + TABLE, err)
        self.assertIn(f"{design}:2: /factors/0: expected a column of {TABLE}: n, day, policy, nodes,", err)
        self.assertIn(f"{design}:5: /metrics/makespan: expected the unit of the column 'makespan (s)'", err)
        design = self.file("d.yaml", "factors: [policy]\nmetrics:\n  makespan: {unit: s, kind: time}\ncolour: red\n")
        _, err = self.analyse(TABLE, "--design", design, code=2)
        self.assertIn(f"{design}:3: /metrics/makespan/kind: expected one of: cost, rate, ratio, got \"time\"\n", err)
        self.assertIn(f"{design}:4: /colour: ", err)

    def test_what_is_wrong_with_the_table_is_told_with_its_lines(self):
        table = self.file("t.csv", "policy,makespan\na,1\nb,1.5s\na,\x1b[31m\n")
        design = self.file("d.yaml", "factors: [policy]\nmetrics: {makespan: {unit: s, kind: cost}}\n")
        _, err = self.analyse(table, "--design", design, code=2)
        self.assertIn(f"{table} can't be analysed as it is\n"
                      f"{table}:3: makespan: '1.5s' is no finite number: leave the unit out, the design has it\n"
                      f"{table}:4: makespan: '\\x1b[31m' is no finite number\n", err)

    def test_a_command_line_that_makes_no_sense_is_refused(self):
        for args, words in (
            ((TABLE,), "--design is missing"),
            (("-", "--design", "-"), "only one of table and design can be stdin"),
            ((TABLE, "--design", DESIGN, "--report", "pdf"), "there is no report as 'pdf': markdown or html"),
            ((TABLE, "--design", DESIGN, "--report", "html", "--json"), "--report and --json exclude each other"),
            ((TABLE, "--design", DESIGN, "-o", "x"), "--output is for --report and --json"),
            ((TABLE, "--design", "/nowhere"), "can't read /nowhere"),
            (("/nowhere", "--design", DESIGN), "can't read /nowhere"),
        ):
            with self.subTest(args):
                self.assertIn(words, self.analyse(*args, code=2)[1])


class Report(PeerTest):
    def serve_report(self, query):
        def reply(handler, _):
            kind = "html" if "format=html" in handler.path else "markdown"
            handler.reply(200, f"a report as {kind}\n".encode(), f"text/{kind}; charset=utf-8")
        self.serve(CAMPAIGNS, ("GET", "/v1/campaigns/5a6b7c8d/report" + query, reply))

    def test_a_campaigns_report_is_passed_on(self):
        self.serve_report(r"\?format=(markdown|html)")
        self.assertEqual(self.run_it("campaign", "report", "5a")[0], "a report as markdown\n")
        self.assertEqual(self.run_it("campaign", "report", "5a", "--format", "html")[0], "a report as html\n")
        path = os.path.join(self.dir, "r.html")
        self.assertEqual(self.run_it("campaign", "report", "5a", "--format", "html", "-o", path), ("", ""))
        self.assertEqual(Path(path).read_text(encoding="utf-8"), "a report as html\n")
        accepts = [r.headers["Accept"] for r in self.sent("GET") if "/report" in r.path]
        self.assertEqual(accepts[0], "text/markdown, application/problem+json")
        self.assertEqual(accepts[1], "text/html, application/problem+json")

    def test_what_is_asked_for_is_passed_on(self):
        self.serve_report(r"\?format=markdown&metric=a,b&by=x.y&confidence=0.99")
        self.run_it("campaign", "report", "5a", "--metric", "a", "--metric", "b", "--by", "x.y", "--confidence", "0.99")

    def test_an_unknown_format_is_refused_before_anybody_is_asked(self):
        self.assertIn("markdown or html", self.run_it("campaign", "report", "5a", "--format", "pdf", code=2)[1])


if __name__ == "__main__":
    unittest.main()
