#!/usr/bin/env python3
"""Exports are what others read: each format by a reader that is none of benchd's."""
import csv
import json
import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

WORD = '=1+1, "sö" <b>&\n\\x'
OPTION = "cluster.scheduler.options.SchedulerType"
BEGIN = 1764000000  # of the stream, since 1970; and 250 ms


def unguarded(text):
    """As docs/export.md tells how to read a text."""
    return text[1:] if text.startswith("'") else text


class Exported(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        subprocess.run([os.environ["EXPORT_FILES"]], check=True, capture_output=True,
                       env=os.environ | {"EXPORT_DIR": cls.dir.name})

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def text(self, name):
        return (Path(self.dir.name) / name).read_bytes().decode("utf-8")


class Csv(Exported):
    def table(self, name):
        text = self.text(name)
        rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
        self.assertTrue(text.endswith("\r\n"))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        self.assertEqual(len(set(rows[0])), len(rows[0]))
        return [dict(zip(rows[0], row)) for row in rows[1:]]

    def test_a_row_for_each_run_in_the_plans_order(self):
        rows = self.table("campaign.csv")
        self.assertEqual([(r["position"], r["attempt"]) for r in rows],
                         [("0", "1"), ("1", "1"), ("2", "1"), ("2", "2")] + [(str(p), "1") for p in range(3, 9)])
        self.assertEqual([r["cell"] for r in rows], ["0", "1", "2", "2", "0", "1", "2", "0", "1", "2"])
        self.assertEqual([r["state"] for r in rows],
                         ["done", "done", "failed", "done", "done", "done", "done", "done", "failed", "measuring"])
        self.assertEqual([r["excluded"] for r in rows], [{"t": "true", "f": "false"}[c] for c in "ttftfftfff"])
        self.assertEqual([r["grade"] for r in rows][2:7], ["", "usable", "usable", "limited", "invalid"])
        self.assertEqual(rows[9]["end"], "")
        self.assertEqual(rows[0]["begin"], "2025-11-24T16:00:00.250Z")

    def test_what_a_row_says_is_what_was_said(self):
        rows = self.table("campaign.csv")
        self.assertEqual(unguarded(rows[1][OPTION]), WORD)
        self.assertEqual(unguarded(rows[2]["reason"]), '+exit code 1, it last wrote: "no"')
        self.assertEqual(rows[5]["reason"], "the host was not quiet")

    def test_a_path_that_a_listed_cell_does_not_name_has_the_specs_value(self):
        rows = self.table("campaign.csv")
        self.assertEqual([r["cluster.compute"] for r in rows[:3]], ["2", "2", "4"])
        self.assertEqual(rows[2][OPTION], "sched/builtin")

    def test_no_field_is_a_formula(self):
        for name in ("campaign.csv", "run.csv"):
            for row in self.table(name):
                for field in row.values():
                    if not re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", field):
                        self.assertNotIn(field[:1], ("=", "+", "-", "@", "\t", "\r"), field)

    def test_metrics_have_unit_and_n_and_lose_no_digit(self):
        rows = self.table("campaign.csv")
        names = [n for n in rows[0] if "[" in n]
        self.assertEqual(names, ["bandwidth [MB/s]", "makespan [s]", "share [1]", "wait_p95 [s]", "wait_p95 [s] n"])
        self.assertEqual(float(rows[0]["wait_p95 [s]"]), 1 / 3)
        self.assertEqual(rows[5]["makespan [s]"], "0.1")
        self.assertEqual(float(rows[0]["bandwidth [MB/s]"]), -2.5e-7)
        self.assertEqual(rows[0]["wait_p95 [s] n"], "40")
        self.assertEqual({rows[2][n] for n in names}, {""})

    def test_jobs_are_told_to_the_nanosecond(self):
        rows = self.table("run.csv")
        self.assertEqual([(r["index"], r["task"], r["outcome"]) for r in rows],
                         [("0", "0", "completed"), ("1", "0", "failed"), ("2", "0", "killed"), ("2", "1", "refused"),
                          ("3", "0", "lost"), ("4", "0", "not-submitted")])
        self.assertEqual([r["after"] for r in rows], ["", "", "", "", "1", ""])
        self.assertEqual([r["think [s]"] for r in rows], ["", "", "", "", "90.000000000", ""])
        self.assertEqual([r["group"] for r in rows], ["", "", "", "", "4", ""])
        self.assertEqual(rows[0]["turnaround [s]"], "4.000000001")
        self.assertEqual((rows[0]["nodeList"], rows[0]["jobId"], rows[0]["exitCode"]), ("n1 n2", "17", "0"))
        self.assertEqual([rows[5][n] for n in ("submit [s]", "wait [s]", "jobId", "exitCode", "nodeList")], [""] * 5)


class Json(Exported):
    def test_a_campaign_is_whole(self):
        value = json.loads(self.text("campaign.json"))
        self.assertEqual(value["schema"], "benchd.export/1")
        self.assertEqual((value["campaign"]["state"], value["campaign"]["progress"]["excluded"]), ("running", 3))
        self.assertEqual(value["spec"]["factors"][OPTION][1], WORD)
        self.assertEqual(value["plan"]["cells"], [{OPTION: "sched/builtin"}, {OPTION: WORD}, {"cluster.compute": 4}])
        self.assertEqual(value["plan"]["order"], [[p % 3, p // 3] for p in range(9)])
        self.assertEqual([value["plan"]["order"][r["position"]] for r in value["runs"]],
                         [[r["cell"], r["block"]] for r in value["runs"]])
        run = value["runs"][5]
        self.assertEqual(run["grade"], {"value": "limited", "reasons": ["the host was not quiet"]})
        self.assertEqual(run["metrics"]["wait_p95"], {"value": 1 / 3, "unit": "s", "kind": "cost", "n": 40})
        self.assertEqual(run["image"]["digest"], "sha256:aa")
        self.assertEqual(run["scheduler"], {"name": "slurm", "version": "22.05.8"})
        self.assertEqual(run["conditions"]["jobs"]["beginWallNs"], BEGIN * 10**9 + 250_000_000)

    def test_a_run_has_its_jobs(self):
        value = json.loads(self.text("run.json"))
        self.assertEqual(value["run"]["id"], "00000003")
        self.assertEqual([j["submitNs"] for j in value["jobs"]],
                         [0, 3 * 10**9, 2 * 10**9, 2 * 10**9, 4 * 10**9, None])
        self.assertEqual(value["spec"]["cluster"]["compute"], 2)


class Junit(Exported):
    def setUp(self):
        self.root = ET.fromstring(self.text("campaign.junit"))
        self.suites = self.root.findall("testsuite")

    def case(self, suite, begin):
        (found,) = [c for c in self.suites[suite].findall("testcase") if c.get("name").startswith(begin)]
        return found

    def test_it_has_the_form(self):
        """Elements and attributes of the schema that Jenkins publishes for what it reads."""
        allowed = {
            "testsuites": ({"name", "time", "tests", "failures", "errors", "skipped"}, {"testsuite"}),
            "testsuite": ({"id", "name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
                          {"properties", "testcase"}),
            "properties": (set(), {"property"}),
            "property": ({"name", "value"}, set()),
            "testcase": ({"name", "classname", "time"}, {"skipped", "error", "failure"}),
            "skipped": ({"message"}, set()),
            "error": ({"message", "type"}, set()),
            "failure": ({"message", "type"}, set()),
        }
        for element in self.root.iter():
            attributes, children = allowed[element.tag]
            self.assertEqual(set(element.keys()), attributes, element.tag)
            self.assertLessEqual({c.tag for c in element}, children)
        self.assertEqual(self.root.get("name"), "a & <b>")

    def test_sums_are_what_there_is(self):
        for element in (self.root, *self.suites):
            cases = list(element.iter("testcase"))
            self.assertEqual(int(element.get("tests")), len(cases))
            for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                self.assertEqual(int(element.get(attribute)), sum(c.find(tag) is not None for c in cases))
            self.assertAlmostEqual(float(element.get("time")), sum(float(c.get("time")) for c in cases), places=3)

    def test_a_suite_for_each_cell(self):
        self.assertEqual([s.get("name") for s in self.suites], ["sched/builtin", WORD, "compute=4"])
        told = {p.get("name"): p.get("value") for p in self.suites[1].iter("property")}
        self.assertEqual(told, {"schema": "benchd.export/1", "campaign": "c0000001", "state": "running", OPTION: WORD})

    def test_a_condition_fails_with_its_figures(self):
        failure = self.case(0, "the median of makespan").find("failure")
        self.assertEqual(failure.get("message"),
                         "the median of makespan is 13 s, above 12.25 s (2 runs, 12.5 to 13.5 s)")

    def test_one_that_holds_passes(self):
        self.assertEqual(list(self.case(1, "the median of makespan is not above 12.25")), [])
        self.assertEqual(list(self.case(0, "the min of bandwidth is not above 1")), [])

    def test_one_without_figures_is_an_error(self):
        error = self.case(2, "the median of makespan").find("error")
        self.assertEqual(error.get("message"),
                         "no run of this cell that counts has makespan; the campaign is running")

    def test_a_condition_is_of_its_cells_alone(self):
        names = [[c.get("name") for c in s.iter("testcase") if not c.get("name").startswith("run ")]
                 for s in self.suites]
        self.assertEqual(names, [["the median of makespan is not above 12.25", "the min of bandwidth is not above 1"],
                                 ["the median of makespan is not above 12.25"],
                                 ["the median of makespan is not above 12.25", "the max of wait_p95 is not below 1.5"]])

    def test_runs_that_do_not_count_say_why(self):
        for suite, run, tag, words in (
                (0, "00000000", "skipped", "it is of a warm-up block"),
                (2, "00000002", "skipped", 'it was tried again: +exit code 1, it last wrote: "no"'),
                (2, "00000005", "skipped", "invalid: jobs were lost"),
                (1, "00000007", "error", "its time is over"),
                (2, "00000008", "skipped", "it is measuring")):
            self.assertEqual(self.case(suite, f"run {run}").find(tag).get("message"), words)
        self.assertEqual(list(self.case(0, "run 00000003: block 1, attempt 1")), [])
        self.assertEqual(self.case(0, "run 00000003").get("time"), "1.500")


class OpenMetrics(Exported):
    LABELS = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"(?:,|$)')

    def families(self):
        """By the grammar of the specification (1.0): {name: ({type, unit, help}, [(labels, value, at)])}."""
        lines = self.text("campaign.openmetrics").split("\n")
        self.assertEqual(lines[-2:], ["# EOF", ""])
        families, name = {}, None
        for line in lines[:-2]:
            if match := re.fullmatch(r"# (TYPE|UNIT|HELP) (\S+) (.+)", line):
                if match[1] == "TYPE":
                    name = match[2]
                    self.assertNotIn(name, families)
                    families[name] = ({}, [])
                self.assertEqual(match[2], name)
                self.assertEqual(families[name][1], [])
                families[name][0][match[1]] = match[3]
                continue
            match = re.fullmatch(r"([a-zA-Z_][a-zA-Z0-9_]*)\{(.*)\} (\S+)(?: ([0-9.]+))?", line)
            self.assertEqual(match[1], name + {"info": "_info", "gauge": ""}[families[name][0]["TYPE"]])
            labels = {k: re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], v)
                      for k, v in self.LABELS.findall(match[2])}
            self.assertEqual(self.LABELS.sub("", match[2]), "")
            families[name][1].append((labels, float(match[3]), match[4]))
        for name, (meta, samples) in families.items():
            self.assertTrue(name.endswith("_" + meta["UNIT"]) if "UNIT" in meta else True, name)
            self.assertEqual(len({tuple(labels.items()) for labels, _, _ in samples}), len(samples))
        return families

    def test_a_family_for_each_metric(self):
        families = self.families()
        self.assertEqual({n: m.get("UNIT") for n, (m, _) in families.items()}, {
            "benchd_campaign": None, "benchd_campaign_runs": None,
            "benchd_run_bandwidth_MB_per_s": "MB_per_s", "benchd_run_makespan_seconds": "seconds",
            "benchd_run_share": None, "benchd_run_wait_p95_seconds": "seconds"})
        self.assertEqual(families["benchd_campaign"][1][0][0],
                         {"campaign": "c0000001", "name": "a & <b>", "state": "running", "schema": "benchd.export/1"})
        self.assertEqual([(labels["state"], n) for labels, n, _ in families["benchd_campaign_runs"][1]],
                         [("measuring", 1), ("done", 7), ("failed", 2)])

    def test_a_sample_for_each_run_that_is_done(self):
        samples = self.families()["benchd_run_makespan_seconds"][1]
        self.assertEqual([value for _, value, _ in samples], [99, 98, 97, 12.5, 0.1, 1000, 13.5])
        labels, _, at = samples[4]
        self.assertEqual(labels, {"run": "00000004", "cell": "1", "block": "1", "warmup": "false", "grade": "limited",
                                  OPTION.replace(".", "_"): WORD, "cluster_compute": "2"})
        self.assertEqual(at, f"{BEGIN + 5}.750")

    def test_prometheus_own_reader_takes_it(self):
        try:
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
        except ImportError:
            self.skipTest("no prometheus_client here")
        families = {f.name: f for f in text_string_to_metric_families(self.text("campaign.openmetrics"))}
        self.assertEqual([s.value for s in families["benchd_run_makespan_seconds"].samples],
                         [99, 98, 97, 12.5, 0.1, 1000, 13.5])


class Swf(Exported):
    """The standard's text: header comments "; Label: value", then 18 whole numbers a line."""

    def setUp(self):
        self.header, self.jobs = {}, []
        for line in self.text("run.swf").splitlines():
            if line.startswith(";"):
                self.assertEqual(self.jobs, [])
                label, value = re.fullmatch(r"; (\w+): (.*)", line).groups()
                self.header.setdefault(label, []).append(value)
            else:
                self.jobs.append([int(field) for field in line.split()])

    def test_the_header_tells_of_the_log(self):
        one = {label: values[0] for label, values in self.header.items() if label != "Note"}
        self.assertEqual(one["Version"], "2.2")
        self.assertEqual((one["MaxJobs"], one["MaxRecords"], one["MaxNodes"], one["MaxProcs"]), ("5", "5", "2", "2"))
        self.assertEqual((one["UnixStartTime"], one["TimeZoneString"], one["MaxRuntime"]), (str(BEGIN), "UTC", "3"))
        self.assertEqual(one["StartTime"], "Mon Nov 24 16:00:00 UTC 2025")
        self.assertEqual(one["EndTime"], "Mon Nov 24 16:00:04 UTC 2025")
        self.assertIn("1 jobs of the stream were never submitted and are left out", self.header["Note"])
        self.assertIn("1 jobs ran for less than a second", self.header["Note"])

    def test_lines_are_as_the_format_wants_them(self):
        self.assertEqual({len(job) for job in self.jobs}, {18})
        self.assertEqual([job[0] for job in self.jobs], [1, 2, 3, 4, 5])
        submits = [job[1] for job in self.jobs]
        self.assertEqual(submits, sorted(submits))
        self.assertTrue(all(field >= -1 for job in self.jobs for field in job))

    def test_each_fate_has_its_line(self):
        rest = [-1] * 6
        self.assertEqual(self.jobs, [
            [1, 0, 1, 3, 2, -1, -1, 2, 60, -1, 1, 1, *rest],
            [2, 2, 1, -1, 1, -1, -1, 1, 60, -1, 0, 1, *rest],
            [3, 2, -1, -1, -1, -1, -1, 1, 60, -1, 5, 1, *rest],
            [4, 3, 0, 0, 1, -1, -1, 1, 2, -1, 0, 2, *rest],
            [5, 4, -1, -1, -1, -1, -1, 1, 60, -1, -1, 1, 4, -1, -1, -1, 4, 90],
        ])


if __name__ == "__main__":
    unittest.main()
