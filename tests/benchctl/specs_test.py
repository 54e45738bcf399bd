#!/usr/bin/env python3
"""What benchctl does with a campaign's spec, from the file to its runs, against a peer that speaks HTTP."""
import json
import os
import unittest

import fake_daemon as fake
from peer import PeerTest, answer

CAMPAIGNS = ("GET", r"/v1/campaigns\?limit=500", fake.items(fake.campaign()))

SPEC = """\
name: backfill-or-not   # a note
cluster:
  node:
    cpus: lots
workload:
  name: command
  command: [hostname]
factors:
  cluster.scheduler.options.SchedulerType:
    - sched/backfill
    - 7
"""


class Specs(PeerTest):
    """Files that are sent, and what is wrong with them."""

    def spec(self, text, name="spec.yaml"):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def test_yaml_json_and_stdin_are_sent_as_json_once_with_a_key(self):
        self.serve(("POST", "/v1/campaigns", answer(202, fake.campaign("queued"))))
        value = {"name": "x", "workload": {"name": "command", "command": ["echo", "ü", "yes"]}, "priority": 3}
        text = "name: x\nworkload: {name: command, command: [echo, ü, yes]}\npriority: 3\n"
        self.assertEqual(self.run_it("campaign", "submit", self.spec(text)), ("5a6b7c8d\n", ""))
        self.run_it("campaign", "submit", self.spec(json.dumps(value, indent="\t"), "spec.json"))
        self.run_it("campaign", "submit", "-", stdin=text.encode())
        posts = self.sent("POST")
        self.assertEqual([json.loads(post.body) for post in posts], [value] * 3)
        self.assertEqual({post.headers["Content-Type"] for post in posts}, {"application/json"})
        for post in posts:
            self.assertRegex(post.headers["Idempotency-Key"], "^[0-9a-f]{32}$")

    def test_files_that_a_spec_names_are_brought_first(self):
        digest = fake.INPUT["digest"]
        self.serve(("POST", r"/v1/inputs\?name=.*", answer(201, fake.INPUT)),
                   ("POST", "/v1/campaigns", answer(202, fake.campaign("queued"))))
        os.mkdir(os.path.join(self.dir, "logs"))
        for name in ("logs/a.swf", "b.swf"):
            with open(os.path.join(self.dir, name), "w") as f:
                f.write(name)
        spec = self.spec("workload: {name: swf, trace: 'file:logs/a.swf', label: 'file:untouched'}\n"
                         f"factors: {{workload.trace: ['file:{self.dir}/b.swf', '{digest}']}}\n"
                         "cells: [{workload.trace: 'file:b.swf'}]\n")
        out, err = self.run_it("campaign", "submit", spec)
        *inputs, campaign = self.sent("POST")
        self.assertEqual([p.body for p in inputs], [b"logs/a.swf", b"b.swf", b"b.swf"])
        self.assertEqual(inputs[0].path, "/v1/inputs?name=a.swf")
        self.assertEqual(json.loads(campaign.body), {
            "workload": {"name": "swf", "trace": digest, "label": "file:untouched"},
            "factors": {"workload.trace": [digest, digest]}, "cells": [{"workload.trace": digest}]})
        self.assertEqual(out, "5a6b7c8d\n")
        self.assertIn(f"logs/a.swf is {digest}", err)

    def test_a_file_that_a_spec_names_and_is_not_there_ends_it(self):
        self.serve()
        _, err = self.run_it("campaign", "submit", self.spec("workload: {trace: 'file:none.swf'}\n"), code=2)
        self.assertIn("none.swf", err)
        self.assertEqual(self.sent("POST"), [])

    def test_cells_are_added_from_a_list(self):
        more = fake.campaign(plan={"cells": 4, "blocks": 3, "runs": 12})
        self.serve(CAMPAIGNS, ("POST", "/v1/campaigns/5a6b7c8d/cells", answer(202, more)))
        cells = self.spec("- {cluster.compute: 6}\n- {cluster.compute: 8}\n")
        out, _ = self.run_it("campaign", "add-cells", "5a6b7c8d", cells)
        self.assertEqual(out, "5a6b7c8d has 4 cells, 12 runs\n")
        (post,) = self.sent("POST")
        self.assertEqual(json.loads(post.body), {"cells": [{"cluster.compute": 6}, {"cluster.compute": 8}]})
        self.assertRegex(post.headers["Idempotency-Key"], "^[0-9a-f]{32}$")

    def test_json_that_is_no_yaml_is_taken(self):
        self.serve(("POST", "/v1/campaigns", answer(202, fake.campaign("queued"))))
        self.run_it("campaign", "submit", self.spec('{"labels": {"face": "\\ud83d\\ude00"}}'))
        self.assertEqual(json.loads(self.sent("POST")[0].body), {"labels": {"face": "\U0001f600"}})

    def test_a_fault_of_the_yaml_is_told_with_its_line_and_nothing_is_asked(self):
        self.serve()
        for text, where in (("name: x\nname: y\n", ":2:1: 'name' is here twice; remove one"),
                            ("name: x\nworkload: {name: command\n", ":3:1: "), ("", ":1:1: there is nothing in it")):
            with self.subTest(text):
                path = self.spec(text)
                for command in ("plan", "submit"):
                    _, err = self.run_it("campaign", command, path, code=2)
                    self.assertIn(f"benchctl: campaign {command}: {path}{where}", err)
        _, err = self.run_it("campaign", "plan", "-", stdin=b"a: &x 1\n", code=2)
        self.assertIn("stdin:1:4: anchors", err)
        _, err = self.run_it("campaign", "plan", os.path.join(self.dir, "missing"), code=2)
        self.assertIn("name a file that can be read", err)
        self.assertEqual(self.daemon.requests, [])

    def refused(self, command, path, code=1, stdin=b""):
        faults = [
            {"pointer": "/cluster/node/cpus", "expected": "a number above 0", "got": '"lots\x1b[31m"'},
            {"pointer": "/factors/cluster.scheduler.options.SchedulerType/1", "expected": "text", "got": "7"},
            {"pointer": "/workload", "expected": "a member 'timeout'"},
            {"pointer": "", "expected": "less"}]
        if not self.daemon:
            self.serve(("POST", "/v1/(plans|campaigns)",
                        lambda h, m: h.problem(422, "validation", "4 faults", faults)))
        return self.run_it("campaign", command, path, code=code, stdin=stdin)

    def test_faults_of_the_daemon_are_told_with_the_lines_of_the_file(self):
        path = self.spec(SPEC)
        for command in ("plan", "submit"):
            out, err = self.refused(command, path)
            self.assertEqual(out, "")
            self.assertEqual(err, f"benchctl: campaign {command}: HTTP 422: 4 faults\n"
                                  f"{path}:4: /cluster/node/cpus: expected a number above 0, got \"lots\\x1b[31m\"\n"
                                  f"{path}:11: /factors/cluster.scheduler.options.SchedulerType/1: expected text, "
                                  "got 7\n"
                                  f"{path}:5: /workload: expected a member 'timeout'\n"
                                  f"{path}:1: (the whole): expected less\n")
        _, err = self.refused("plan", "-", stdin=SPEC.encode())
        self.assertIn("\nstdin:4: /cluster/node/cpus: expected", err)

    def test_faults_of_a_file_without_lines_name_it(self):
        path = self.spec('{"name": "\\ud83d\\ude00"}')
        _, err = self.refused("plan", path)
        self.assertIn(f"\n{path}: /cluster/node/cpus: expected", err)

    def test_no_capacity_is_5(self):
        self.serve(("POST", "/v1/campaigns", lambda h, m: h.problem(409, "no-capacity", "cluster.compute = 99: ...")))
        _, err = self.run_it("campaign", "submit", self.spec(SPEC), code=5)
        self.assertIn("HTTP 409: cluster.compute = 99", err)

    PLAN = """\
name      backfill-or-not
cells     2
blocks    3 (1 for warming up)
runs      6
digest    sha256:777777777777
takes     about 2 min 0 s, 0.0667 node-hours (2 cells by past runs of the same)
resolves  nothing: no interval of a median has a confidence of 0.95 with 2 blocks: 6 can
warning   no \\x1b[31mroom

RUN  BLOCK  CELL  SchedulerType   compute
  0     w0     1  sched/builtin         2
  1     w0     0  sched/backfill        2
  2      1     0  sched/backfill        2
  3      1     1  sched/builtin         2
  4      2     1  sched/builtin         2
  5      2     0  sched/backfill        2
"""

    def test_plan_tells_what_would_be_run(self):
        self.serve(("POST", "/v1/plans", answer(200, fake.plan(warnings=["no \x1b[31mroom"]))))
        self.assertEqual(self.run_it("campaign", "plan", self.spec(SPEC)), (self.PLAN, ""))

    def test_plan_tells_what_a_trace_comes_to(self):
        trace = {"trace": fake.INPUT["digest"], "lines": 100, "processors": 128,
                 "jobs": {"logged": 99, "cleaned": 90, "replayed": 30}, "rules": {"never-ran": 7, "too-large": 2},
                 "spanSeconds": 61.2, "load": 0.8, "timeScale": 0.01, "sizes": {"1": 20, "4": 10}, "dependencies": 3,
                 "thinkTimes": 2, "groups": 1,
                 "users": {"logged": 5, "accounts": 5, "sharing": 0}, "nodes": 4, "leastSeconds": 70,
                 "limits": {"jobs": 30, "belowGrain": 0, "byTimeScale": 0, "grainNs": 60000000000}}
        once = trace | {"load": None, "rules": {}, "thinkTimes": 0}
        self.serve(("POST", "/v1/plans", answer(200, fake.plan(traces=[trace, once]))))
        out, _ = self.run_it("campaign", "plan", self.spec(SPEC))
        self.assertIn("""\
trace     sha256:5e5e5e5e5e5e: 30 jobs of 99, within 1 min 1 s, load 0.8
          cleaned: never-ran 7, too-large 2
          nodes: 20 of 1, 10 of 4
          5 users have 5 accounts, 3 jobs follow another, 2 of them a think time after its end
trace     sha256:5e5e5e5e5e5e: 30 jobs of 99, within 1 min 1 s
          nodes: 20 of 1, 10 of 4
""", out)

    def test_plan_tells_what_fits_and_what_is_not_known(self):
        def lines(**more):
            self.serve(("POST", "/v1/plans", answer(200, fake.plan(**more))))
            out, _ = self.run_it("campaign", "plan", self.spec(SPEC))
            self.daemon.stop()
            self.daemon = None
            return dict(line.split(maxsplit=1) for line in out.split("\n\n")[0].splitlines())

        budget = {"wallTime": "1min", "nodeHours": None, "runs": None, "blocks": 2, "wanted": 3, "enough": False,
                  "why": "about 2 blocks fit, and the design needs at least 3"}
        cells = {"same": 1, "like": 2, "guess": 1, "none": 0}
        facts = lines(budget=budget, estimate={"seconds": 4000.4, "leastSeconds": 90, "nodeHours": 12.5,
                                               "cells": cells})
        self.assertEqual(facts["budget"], budget["why"])
        self.assertEqual(facts["takes"], "about 1 min 30 s to 1 h 6 min, 12.5 node-hours (1 cell by past runs of "
                                         "the same, 2 cells by past runs like it, 1 cell guessed from the spec)")
        facts = lines(estimate={"seconds": None, "leastSeconds": None, "nodeHours": None,
                                "cells": {"same": 1, "like": 0, "guess": 0, "none": 3}},
                      resolution=fake.plan()["resolution"] | {"resolves": True, "why": "with 9 blocks"})
        self.assertEqual(facts["takes"], "not known (1 cell by past runs of the same, 3 cells not known)")
        self.assertEqual(facts["resolves"], "with 9 blocks")
        self.assertNotIn("budget", facts)

    def test_set_adds_to_the_overrides_of_the_file(self):
        self.serve(("POST", "/v1/campaigns", answer(202, fake.campaign("queued"))),
                   ("POST", "/v1/plans", answer(200, fake.plan())))
        plain, with_some = self.spec("name: x\n"), self.spec("name: x\noverrides: [a=1]\n", "some.yaml")
        for command, path, options, overrides in (
                ("submit", plain, (), None),
                ("submit", plain, ("--set", "cluster.compute=8"), ["cluster.compute=8"]),
                ("plan", with_some, ("--set", "~limits", "--set=+labels.a=b c"), ["a=1", "~limits", "+labels.a=b c"])):
            self.run_it("campaign", command, path, *options)
            self.assertEqual(json.loads(self.sent("POST")[-1].body).get("overrides"), overrides)
        for text, why in (("[1]\n", "the file is not an object"), ("overrides: x\n", "is not a list")):
            _, err = self.run_it("campaign", "plan", self.spec(text), "--set", "a=1", code=2)
            self.assertIn(why, err)

    def test_fragments_are_listed_and_shown(self):
        self.serve(("GET", "/v1/fragments", answer(200, fake.FRAGMENTS)),
                   ("GET", "/v1/fragments/cluster/small", answer(200, fake.FRAGMENT)))
        self.assertEqual(self.run_it("fragment", "list")[0],
                         "NAME           DIGEST               SOURCE\n"
                         "cluster/bad    can't be read        /etc/benchd/fragments/cluster/bad.yaml:2:1: no "
                         "\\x1b[31mYAML\n"
                         "cluster/small  sha256:999999999999  /usr/share/benchd/fragments/cluster/small.yaml\n")
        out, _ = self.run_it("fragment", "show", "cluster/small")
        facts, spec = out.split("\n\n")
        self.assertIn("source  /usr/share/benchd/fragments/cluster/small.yaml", facts)
        self.assertEqual(json.loads(spec), fake.FRAGMENT["spec"])
        self.assertEqual(json.loads(self.run_it("--json", "fragment", "list")[0]), fake.FRAGMENTS)
        for name in ("small", "/small", "cluster/"):
            _, err = self.run_it("fragment", "show", name, code=2)
            self.assertIn("expected GROUP/NAME", err)
        _, err = self.run_it("fragment", "show", "cluster/none", code=4)
        self.assertIn("there is no GET /v1/fragments/cluster/none", err)

    def test_plan_with_a_rule_for_stopping_is_the_most_that_is_run(self):
        until = {"metric": "elapsed", "relativeHalfWidth": 0.1}
        design = {"repetitions": {"min": 6, "max": 20, "until": until}}
        self.serve(("POST", "/v1/plans", answer(200, fake.plan(spec={"name": "a", "design": design}))))
        out, _ = self.run_it("campaign", "plan", self.spec(SPEC))
        self.assertRegex(out, r"blocks +at most \d+ .*\nruns +at most \d+\n")

    def test_plan_of_many_runs_tells_the_first(self):
        order = [{"position": i, "cell": 1500, "block": i, "warmup": False} for i in range(1000)]
        self.serve(("POST", "/v1/plans", answer(200, fake.plan(order=order, runs=50000))))
        out, _ = self.run_it("campaign", "plan", self.spec(SPEC))
        lines = out.split("\n\n")[1].splitlines()
        self.assertEqual((len(lines), lines[-1]), (1 + 20 + 1, "49980 more"))
        self.assertRegex(lines[1], r"^  0 +0  1500  - +-$")

    def test_plan_json_is_what_the_daemon_wrote(self):
        self.serve(("POST", "/v1/plans", lambda h, m: h.reply(200, b'{"runs":  1.0}')))
        self.assertEqual(self.run_it("--json", "campaign", "plan", self.spec(SPEC))[0], '{"runs":  1.0}\n')

    def submit(self, scenes, *more, code=0):
        story = fake.CampaignStory(scenes, speed=10, all_seen=True)
        self.serve(*story.routes())
        return self.run_it("campaign", "submit", self.spec(SPEC), *more, code=code)

    def test_submit_wait_tells_each_run_once_in_order(self):
        out, err = self.submit(fake.campaign_scenes(runs=6, failing=(), seconds=2), "--wait")
        self.assertEqual(out, "5a6b7c8d\n")
        lines = err.splitlines()
        told = [line.split()[2] for line in lines if " run " in line]
        self.assertEqual(told, [f"eeee000{i}" for i in range(1, 7)])
        self.assertIn("✓ run eeee0001  block w0  SchedulerType=sched/backfill, compute=2  "
                      "bandwidth 1048576 MB/s (n 5), elapsed 0.204 s", lines)
        self.assertIn("… 1 of 6 done, 1 under way, about 10 s to go", lines)
        self.assertEqual(len(lines), len(set(lines)), err)
        self.assertEqual(lines[-1], "✓ campaign 5a6b7c8d: 6 of 6 done in 24.0 s")
        self.assertNotIn("\x1b", err)

    def test_submit_wait_with_runs_that_failed_is_6(self):
        out, err = self.submit(fake.campaign_scenes(seconds=1), "--wait", code=6)
        self.assertEqual(out, "5a6b7c8d\n")
        self.assertIn("✗ run eeee0004  block 1  SchedulerType=sched/builtin, compute=2  "
                      "workload: exit code 1; it last wrote: \\x1b[31mno\n", err)
        self.assertTrue(err.endswith("benchctl: campaign submit: campaign 5a6b7c8d has runs that failed: 5 of 6 "
                                     "done, 1 failed\n  'benchctl campaign runs 5a6b7c8d' lists the runs\n"), err)

    def test_submit_wait_of_one_that_was_cancelled_or_failed_is_6(self):
        for state, error, words in (("cancelled", None, "was cancelled: 2 of 6 done"),
                                    ("failed", "the image is gone", "failed: 2 of 6 done: the image is gone")):
            with self.subTest(state):
                if self.daemon:
                    self.daemon.stop()
                last = fake.campaign(state, 2, error=error)
                _, err = self.submit([(0, fake.campaign("queued"), []), (1, last, [])], "--wait", code=6)
                self.assertIn(f"campaign 5a6b7c8d {words}\n", err)

    def test_submit_wait_json_is_the_last_object(self):
        scenes = fake.campaign_scenes(failing=(), seconds=0.5)
        out, _ = self.submit(scenes, "--wait", "--json")
        self.assertEqual(json.loads(out), scenes[-1][1])

    def test_why_a_run_of_the_warm_up_is_left_out_is_not_told(self):
        first = fake.run(1, grade={"value": "usable", "reasons": ["it is of the warm-up"]})
        _, err = self.submit([(0, fake.campaign("done", 6), [first])], "--wait")
        self.assertIn("elapsed 0.204 s\n✓ campaign", err)

    def test_grades_and_pauses_are_told(self):
        limited = fake.run(1, grade={"value": "limited", "reasons": ["the host was not quiet"]})
        scenes = [(0, fake.campaign("running", running=1), [fake.run(1, "measuring")]),
                  (2, fake.campaign("paused", 1), [limited]),
                  (4, fake.campaign("done", 6), [fake.run(2, "cancelled", attempt=2), limited])]
        _, err = self.submit(scenes, "--wait")
        self.assertIn("! run eeee0001  ", err)
        self.assertIn("elapsed 0.204 s  (limited: the host was not quiet)\n· paused\n… paused: 1 of 6 done\n"
                      "! run eeee0002  block w0  SchedulerType=sched/builtin, compute=2  attempt 2  cancelled\n", err)


if __name__ == "__main__":
    unittest.main()
