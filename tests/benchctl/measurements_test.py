#!/usr/bin/env python3
"""What benchctl shows of jobs, samples and metrics, against a peer that speaks the daemon's HTTP."""
import csv
import io
import json
import re
import unittest

import fake_daemon as fake
from peer import PeerTest, answer

JOBS = r"/v1/runs/eeee0001/jobs\?(.*)"


def pages(*jobs, most=500):
    """Answers a list of jobs in pages, as the query asks for them."""
    def page(handler, match):
        query = dict(part.split("=") for part in match[1].split("&"))
        begin, limit = int(query.get("cursor", 0)), min(int(query["limit"]), most)
        end = begin + limit
        handler.json(200, {"items": jobs[begin:end], "next": str(end) if end < len(jobs) else None})
    return page


class Jobs(PeerTest):
    TABLE = """\
JOB  NODES  OUTCOME             WAIT  TURNAROUND  ON
  0      2  completed         121 ms       1.4 s  n1,n2
2.1      2  failed            121 ms       1.4 s  n1,n2
  3      1  completed, twice    0 ms       1.4 s  n1
  4      2  not-submitted          -           -  -
"""
    SOME = [fake.job(0), fake.job(2, "failed", task=1, exitCode=3),
            fake.job(3, nodes=1, nodeList=["n1"], doubled=True, waitNs=12345), fake.job(4, "not-submitted")]

    def test_a_row_for_each_job(self):
        self.serve(("GET", JOBS, pages(*self.SOME)))
        self.assertEqual(self.run_it("run", "jobs", "eeee0001")[0], self.TABLE)

    def test_all_pages_are_read(self):
        jobs = [fake.job(i) for i in range(1200)]
        self.serve(("GET", JOBS, pages(*jobs)))
        out, _ = self.run_it("run", "jobs", "eeee0001")
        self.assertEqual([int(line.split()[0]) for line in out.splitlines()[1:]], list(range(1200)))
        self.assertEqual([r.path.split("?")[1] for r in self.sent("GET")],
                         ["limit=500", "limit=500&cursor=500", "limit=500&cursor=1000"])
        listed = json.loads(self.run_it("run", "jobs", "eeee0001", "--json")[0])
        self.assertEqual(listed, {"items": jobs, "next": None})

    def test_a_limit_is_asked_for_and_kept(self):
        self.serve(("GET", JOBS, pages(*[fake.job(i) for i in range(2000)])))
        for limit, asked in ((3, ["limit=3"]), (500, ["limit=500"]),
                             (1100, ["limit=500", "limit=500&cursor=500", "limit=100&cursor=1000"])):
            with self.subTest(limit):
                self.daemon.requests.clear()
                out, _ = self.run_it("run", "jobs", "eeee0001", "--limit", str(limit), "--json")
                self.assertEqual(len(json.loads(out)["items"]), limit)
                self.assertEqual([r.path.split("?")[1] for r in self.sent("GET")], asked)
        self.run_it("run", "jobs", "eeee0001", "--limit", "0", code=2)

    def test_pages_that_are_shorter_than_asked_for_are_no_end(self):
        self.serve(("GET", JOBS, pages(*[fake.job(i) for i in range(10)], most=4)))
        for limit, n in (("7", 7), ("100", 10)):
            out, _ = self.run_it("run", "jobs", "eeee0001", "--limit", limit, "--csv")
            self.assertEqual(len(out.splitlines()), n + 1)

    def test_outcomes_are_asked_for(self):
        self.serve(("GET", JOBS, pages(self.SOME[1])))
        self.run_it("run", "jobs", "eeee0001", "--outcome", "failed,lost")
        self.assertEqual(self.sent("GET")[0].path, "/v1/runs/eeee0001/jobs?outcome=failed%2Clost&limit=500")

    def test_an_outcome_that_there_is_none_of_is_told(self):
        self.serve(("GET", JOBS, lambda h, m: h.problem(422, "validation", "the request has 1 fault", [
            {"pointer": "/query/outcome/0", "expected": "one of: completed, failed", "got": "eaten"}])))
        _, err = self.run_it("run", "jobs", "eeee0001", "--outcome", "eaten", code=1)
        self.assertIn("  /query/outcome/0: expected one of: completed, failed, got eaten\n", err)

    def test_csv_has_all_that_there_is(self):
        self.serve(("GET", JOBS, pages(*self.SOME)))
        out, _ = self.run_it("run", "jobs", "eeee0001", "--csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual(len(rows), len(self.SOME))
        for row, job in zip(rows, self.SOME):
            self.assertEqual(set(row), set(job))
            for name, value in job.items():
                text = {list: lambda v: " ".join(v), bool: lambda v: str(v).lower(), type(None): lambda v: ""}
                self.assertEqual(row[name], text.get(type(value), str)(value), name)

    def test_a_list_that_never_ends_is_refused(self):
        for reply in ({"items": [], "next": "same"}, {"items": 1, "next": None}, {}):
            with self.subTest(reply):
                if self.daemon:
                    self.daemon.stop()
                self.serve(("GET", JOBS, answer(200, reply)))
                _, err = self.run_it("run", "jobs", "eeee0001", code=1)
                self.assertIn("is no page of a list", err)

    def test_names_of_nodes_can_not_act_on_the_terminal(self):
        self.serve(("GET", JOBS, pages(fake.job(0, nodeList=["\x1b]0;x\x07", 'a,"b'])))),
        self.assertIn("\\x1b]0;x\\x07", self.run_it("run", "jobs", "eeee0001")[0])
        out, _ = self.run_it("run", "jobs", "eeee0001", "--csv")
        self.assertNotIn("\x1b", out)
        self.assertEqual(list(csv.DictReader(io.StringIO(out)))[0]["nodeList"], '\\x1b]0;x\\x07 a,"b')


class Samples(PeerTest):
    SERIES = """\
METRIC  NODE  UNIT   N     FROM        TO
cpu     host  CPUs  61  0.001 s  60.001 s
memory  n1    B      1  0.000 s   0.000 s
"""
    VALUES = """\
NODE     TIME  VALUE B
host  0.001 s  1048576
host  1.001 s    0.125
n1    0.000 s    1e-07
"""
    MEANS = """\
NODE     TIME  VALUE  N
n1    0.000 s  0.132  5
n1    5.000 s      1  4
"""

    def test_series_are_listed_without_a_metric(self):
        self.serve(("GET", "/v1/runs/eeee0001/samples", answer(200, fake.SERIES)))
        self.assertEqual(self.run_it("run", "samples", "eeee0001")[0], self.SERIES)
        self.assertEqual(self.run_it("run", "samples", "eeee0001", "--csv")[0],
                         "metric,node,unit,n,fromNs,toNs\ncpu,host,CPUs,61,1204113,60001337982\nmemory,n1,B,1,0,0\n")
        self.assertEqual(json.loads(self.run_it("run", "samples", "eeee0001", "--json")[0]), fake.SERIES)

    def test_values(self):
        self.serve(("GET", r"/v1/runs/eeee0001/samples\?metric=memory", answer(200, fake.VALUES)))
        self.assertEqual(self.run_it("run", "samples", "eeee0001", "memory")[0], self.VALUES)
        self.assertEqual(self.run_it("run", "samples", "eeee0001", "memory", "--csv")[0],
                         "node,timeNs,value\nhost,1204113,1048576\nhost,1000904113,0.125\nn1,0,1e-07\n")

    def test_means_have_an_n(self):
        self.serve(("GET", r"/v1/runs/eeee0001/samples\?.*", answer(200, fake.MEANS)))
        self.assertEqual(self.run_it("run", "samples", "eeee0001", "cpu", "--step", "5s")[0], self.MEANS)
        self.assertEqual(self.run_it("run", "samples", "eeee0001", "cpu", "--step", "5", "--csv")[0],
                         "node,timeNs,value,n\nn1,0,0.132,5\nn1,5000000000,1,4\n")

    def test_all_that_was_said_is_asked_for(self):
        self.serve(("GET", r"/v1/runs/eeee0001/samples\?.*", answer(200, fake.MEANS)))
        self.run_it("run", "samples", "eeee0001", "a&b", "--node", "n 1", "--step", "0.5s", "--from", "1min", "--to", "90")
        query = self.sent("GET")[0].path.split("?")[1]
        self.assertEqual(query, "metric=a%26b&node=n%201&step=500000000ns&from=60000000000ns&to=90000000000ns")
        duration = re.compile("^[1-9][0-9]{0,14}(ns|us|ms|s|min|h)$")  # the contract's
        for part in query.split("&")[2:]:
            self.assertRegex(part.split("=")[1], duration)
        self.run_it("run", "samples", "eeee0001", "cpu", "--from", "0")  # is the beginning
        self.assertEqual(self.sent("GET")[1].path.split("?")[1], "metric=cpu")

    def test_options_of_values_want_a_metric(self):
        self.serve()
        for option in (("--node", "n1"), ("--step", "5s"), ("--from", "1"), ("--to", "2")):
            _, err = self.run_it("run", "samples", "eeee0001", *option, code=2)
            self.assertIn(f"{option[0]} is for the values of a metric", err)
        self.assertEqual(self.daemon.requests, [])


class Queue(PeerTest):
    CHANGES = """\
    TIME  WAITING  RUNNING  BUSY NODES
 0.000 s        1        0           0
 0.500 s        0        1           2
10.500 s        0        0           0
"""
    MEANS = """\
    TIME  WAITING  MAX  RUNNING  MAX  BUSY NODES  MAX
 0.000 s     0.05    1     0.95    1         1.9    2
10.000 s        0    0     0.05    1         0.1    2
"""

    def test_changes(self):
        self.serve(("GET", "/v1/runs/eeee0001/queue", answer(200, fake.QUEUE)))
        self.assertEqual(self.run_it("run", "queue", "eeee0001")[0], self.CHANGES)
        self.assertEqual(self.run_it("run", "queue", "eeee0001", "--csv")[0],
                         "timeNs,waiting,running,busyNodes\n0,1,0,0\n500000000,0,1,2\n10500000000,0,0,0\n")
        self.assertEqual(json.loads(self.run_it("run", "queue", "eeee0001", "--json")[0]), fake.QUEUE)

    def test_means_have_a_maximum(self):
        self.serve(("GET", r"/v1/runs/eeee0001/queue\?.*", answer(200, fake.QUEUE_MEANS)))
        self.assertEqual(self.run_it("run", "queue", "eeee0001", "--step", "10s")[0], self.MEANS)
        self.assertEqual(self.run_it("run", "queue", "eeee0001", "--step", "10", "--csv")[0],
                         "timeNs,waiting,waitingMax,running,runningMax,busyNodes,busyNodesMax\n"
                         "0,0.05,1,0.95,1,1.9,2\n10000000000,0,0,0.05,1,0.1,2\n")
        self.run_it("run", "queue", "eeee0001", "--to", "2min", "--from", "1min", "--step", "0.5s")
        self.assertEqual(self.sent("GET")[-1].path,
                         "/v1/runs/eeee0001/queue?step=500000000ns&from=60000000000ns&to=120000000000ns")

    def test_points_that_are_none_are_shown_as_none(self):
        self.serve(("GET", "/v1/runs/eeee0001/queue", answer(200, {"stepNs": None, "points": []})))
        self.assertEqual(self.run_it("run", "queue", "eeee0001", "--csv")[0], "timeNs,waiting,running,busyNodes\n")


class Metrics(PeerTest):
    TABLE = """\
NAME      OF   UNIT  KIND  BETTER   DEFINITION
makespan  run  s     cost  min      From the beginning of the stream to the end of the last job.
tau       run  s     cost  neither  10 s x \\x1b[31mtime scale.
"""
    ONE = """\
name        makespan
scope       run
unit        s
kind        cost
better      min
definition  From the beginning of the stream to the end of the last job.
source      benchd
"""

    def test_the_catalogue(self):
        self.serve(("GET", "/v1/metrics-catalogue", answer(200, fake.CATALOGUE)))
        self.assertEqual(self.run_it("metrics")[0], self.TABLE)
        self.assertEqual(self.run_it("metrics", "makespan")[0], self.ONE)
        self.assertEqual(json.loads(self.run_it("metrics", "--json")[0]), fake.CATALOGUE)
        self.assertEqual(json.loads(self.run_it("metrics", "tau", "--json")[0]), fake.CATALOGUE["items"][1])
        _, err = self.run_it("metrics", "nothing", code=4)
        self.assertIn("no metric 'nothing'; 'benchctl metrics' lists them", err)


if __name__ == "__main__":
    unittest.main()
