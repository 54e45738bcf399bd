#!/usr/bin/env python3
"""What benchctl's commands of campaigns and runs do, against a peer that speaks the daemon's HTTP."""
import json
import os
import signal
import unittest

import fake_daemon as fake
from peer import PeerTest, answer

CAMPAIGNS = ("GET", r"/v1/campaigns\?limit=500", fake.items(fake.campaign()))
RUNS = ("GET", r"/v1/runs\?limit=500", fake.items(fake.run(1), fake.run(2), fake.run(id="aaaa0003")))


class Waiting(PeerTest):
    def watch(self, scenes, *more, code=0):
        """However slow this host is: each scene is seen."""
        self.serve(*fake.CampaignStory(scenes, speed=10, all_seen=True).routes())
        return self.run_it("campaign", "watch", "backfill-or-not", *more, code=code)

    def test_watch_tells_what_ends_from_now_on(self):
        scenes = fake.campaign_scenes(failing=(), seconds=2)
        begin = next(i for i, (at, _, _) in enumerate(scenes) if at > 4)
        out, err = self.watch([(max(0, at - 5), *rest) for at, *rest in scenes[begin:]])
        self.assertEqual(out, "")
        self.assertEqual([line.split()[2] for line in err.splitlines() if " run " in line],
                         [f"eeee000{i}" for i in range(3, 7)])

    def test_watch_of_one_at_its_end_returns_at_once(self):
        _, err = self.watch([(0, fake.campaign("done", 6), [fake.run(1)])])
        self.assertEqual(err, "✓ campaign 5a6b7c8d: 6 of 6 done\n")

    def test_interrupt_and_timeout_say_that_it_goes_on(self):
        self.serve(*fake.CampaignStory([(0, fake.campaign(running=1), [fake.run(1, "measuring")])]).routes())
        words = ("campaign 5a6b7c8d goes on; 'benchctl campaign watch 5a6b7c8d' shows it, "
                 "'benchctl campaign cancel 5a6b7c8d' ends it")
        watch = self.start("campaign", "watch", "5a")
        watch.stderr.readline()
        watch.send_signal(signal.SIGINT)
        _, err = watch.communicate(timeout=60)
        self.assertEqual(watch.returncode, 130)
        self.assertIn(words, err.decode())
        self.assertEqual(self.sent("POST"), [])
        _, err = self.run_it("campaign", "watch", "5a", "--timeout", "2", code=124)
        self.assertIn(words, err)

    def test_looks_of_a_rule_for_stopping_are_told(self):
        def rule(looks, width, met=False):
            return {"metric": "elapsed", "relativeHalfWidth": 0.1, "looks": looks, "blocks": looks, "met": met,
                    "confidence": 0.9995, "halfWidths": [0.01, width]}
        _, err = self.watch([(0, fake.campaign(running=1, until=rule(0, None)), []),
                             (0.3, fake.campaign(running=1, until=rule(1, 0.2)), []),
                             (0.6, fake.campaign("done", 6, until=rule(2, 0.05, True)), [])])
        for words in ("0 of at most 6 done", "elapsed to within 10 %: 20 % after block 1 (look 1), not met",
                      "elapsed to within 10 %: 5 % after block 2 (look 2), met", "6 of 6 done"):
            self.assertIn(words, err)

    def test_a_budget_that_is_used_up_is_told_once(self):
        def budget(runs, why=None):
            return {"spent": {"wallTimeSeconds": 2.5 * runs, "nodeHours": 0.5, "runs": runs},
                    "exhausted": why is not None, "why": why}
        why = "budget.runs has no room for another block: 2 of 3 are used, and it takes 2"
        _, err = self.watch([(0, fake.campaign(running=1, budget=budget(1)), []),
                             (0.3, fake.campaign(running=1, budget=budget(2, why)), []),
                             (0.6, fake.campaign("done", 6, budget=budget(2, why)), [])])
        self.assertIn("0 of at most 6 done", err)
        self.assertEqual(err.count(f"2 runs, 5 s, 0.5 node-hours spent; used up: {why}"), 1)

    def test_watch_waits_by_long_polls(self):
        self.watch([(0, fake.campaign(running=1), []), (10, fake.campaign("done", 6), [])])
        self.assertLessEqual(len(self.daemon.requests), 6)
        self.assertTrue(any(r.path == "/v1/campaigns/5a6b7c8d?wait=30" for r in self.daemon.requests))


class Campaigns(PeerTest):
    RUN_TABLE = """\
RUN       BLOCK  SchedulerType   compute  TRY  STATE      GRADE   RESULT
eeee0005      2  sched/backfill        2    1  queued     -       waits: campaign 11112222 runs
eeee0004      1  sched/builtin         2    2  measuring  -       workload
eeee0003      1  sched/builtin         2    1  failed     -       workload: exit code 1; it last wrote: \\x1b[31mno
eeee0001     w0  sched/backfill        2    1  done       usable  bandwidth 1048576 MB/s (n 5), elapsed 0.204 s
"""
    NEWEST = [fake.run(5, "queued", waiting="campaign 11112222 runs"),
              fake.run(4, "measuring", attempt=2, steps=[fake.step("ready"), fake.step("workload", "intended")]),
              fake.run(3, "failed", cell=fake.LEVELS[1], **fake.FAILED_RUN), fake.run(1)]

    def test_ls(self):
        self.serve(("GET", r"/v1/campaigns\?.*", fake.items(
            fake.campaign(done=3, failed=1), fake.campaign("done", 6, id="5a6b7c00", name="first"))))
        out, _ = self.run_it("campaign", "ls")
        self.assertRegex(out, r"^ID        NAME             STATE    DONE  FAILED  PLANNED +AGE\n"
                              r"5a6b7c8d  backfill-or-not  running     3       1        6 +\d+d\n"
                              r"5a6b7c00  first            done        6       0        6 +\d+d\n$")
        self.assertEqual(self.run_it("campaign", "ls", "--quiet")[0], "5a6b7c8d\n5a6b7c00\n")
        self.assertEqual(len(json.loads(self.run_it("campaign", "ls", "--json")[0])["items"]), 2)

    def test_show_is_a_summary_and_the_newest_runs(self):
        campaign = fake.campaign(done=1, running=1, eta=4210, priority=5)
        self.serve(CAMPAIGNS, ("GET", "/v1/campaigns/5a6b7c8d", answer(200, campaign)),
                   ("GET", r"/v1/campaigns/5a6b7c8d/runs\?limit=20",
                    answer(200, {"items": self.NEWEST, "next": "more"})))
        out, _ = self.run_it("campaign", "show", "5a")
        facts, runs = out.split("\n\n")
        self.assertIn("progress  1 of 6 done, 1 under way, about 1 h 10 min to go\n"
                      "plan      2 cells in 3 blocks: 6 runs\npriority  5\n", facts)
        self.assertEqual(runs, self.RUN_TABLE + "these are the newest: 'benchctl campaign runs 5a6b7c8d' lists all\n")
        self.assertEqual(json.loads(self.run_it("campaign", "show", "5a", "--json")[0]), campaign)

    def test_runs_are_read_page_by_page(self):
        def page(handler, _):
            last = "cursor=two" in handler.path
            handler.json(200, {"items": self.NEWEST[2:] if last else self.NEWEST[:2], "next": None if last else "two"})
        self.serve(CAMPAIGNS, ("GET", "/v1/campaigns/5a6b7c8d", answer(200, fake.campaign())),
                   ("GET", r"/v1/campaigns/5a6b7c8d/runs\?.*", page))
        self.assertEqual(self.run_it("campaign", "runs", "backfill-or-not")[0], self.RUN_TABLE)
        self.assertEqual(self.run_it("campaign", "runs", "5a", "--quiet")[0], "eeee0005\neeee0004\neeee0003\neeee0001\n")
        self.assertEqual(json.loads(self.run_it("campaign", "runs", "5a", "--json")[0])["items"], self.NEWEST)

    ANALYSIS = """\
makespan: sched/builtin takes 1.32 times as long as sched/backfill (median of 3 blocks, 1.21 to 1.4; longer in 3 \
of 3)

makespan (s, lower is better)
  SchedulerType   compute  N  LEFT OUT  MEDIAN   MIN   MAX  INTERVAL
  sched/backfill        2  3         0    13.1  12.4  13.9  -
  sched/builtin         2  3         0    17.3  16.2  17.4  -

  LEVEL          AGAINST         WHERE  N      BY  INTERVAL                   P  DELTA  RESULT
  sched/builtin  sched/backfill  -      3  1.32 x  1.21 to 1.4 (99.98 %)  0.016  large  worse

  variance of ranks: SchedulerType 61.4 %, compute 20 %, SchedulerType x compute 2.99 %; left 15.6 %

utilisation
  SchedulerType   compute  N  LEFT OUT  MEDIAN  MIN   MAX  INTERVAL
  sched/backfill        2  3         0     0.5    0  0.75  -
  sched/builtin         2  3         0       1  0.5   1.5  0.5 to 2.5 (96.9 %)

  LEVEL          AGAINST         WHERE      N    BY  INTERVAL                P  DELTA  RESULT
  sched/builtin  sched/backfill  compute=2  3  +0.5  0.5 to 2.5 (96.9 %)  0.25  small  unresolved

Pareto front of makespan, wait
  CELL            ON THE FRONT  IN RESAMPLES
  sched/backfill  yes                 99.9 %
  sched/builtin   no                       -

verdict: exploratory, because
  of 3 runs of a cell the widest interval of the median, from the least to the greatest, covers it with 75 %: 95 \
% needs at least 6
  1 of 6 runs is limited: in run eeee0001 \\x1b[31mthe host was not quiet

checklist (Hoefler and Belli 2015): 8 of 10 rules met; not met: 9, 11; not applicable: 10, 12
"""

    def test_analyse_has_words_figures_comparisons_and_the_verdict_with_its_reasons(self):
        self.serve(CAMPAIGNS, ("GET", "/v1/campaigns/5a6b7c8d/analysis", answer(200, fake.analysis())))
        self.assertEqual(self.run_it("campaign", "analyse", "backfill-or-not"), (self.ANALYSIS, ""))
        self.assertEqual(json.loads(self.run_it("campaign", "analyse", "5a", "--json")[0]), fake.analysis())

    def test_analyse_of_one_that_goes_on_says_so(self):
        verdict = {"value": "publishable", "reasons": []}
        self.serve(CAMPAIGNS, ("GET", r"/v1/campaigns/5a6b7c8d/analysis\?metric=a,b", answer(200, fake.analysis(
            state="running", metrics=[], words=[], verdict=verdict, pareto=None, checklist=[]))))
        out, err = self.run_it("campaign", "analyse", "5a", "--metric", "a", "--metric", "b")
        self.assertEqual(out, "\nverdict: publishable: nothing speaks against it\n")
        self.assertIn("campaign 5a6b7c8d is running: what follows is of the runs so far", err)

    def test_analyse_asks_for_a_factor_and_a_confidence(self):
        self.serve(CAMPAIGNS, ("GET", r"/v1/campaigns/5a6b7c8d/analysis\?metric=a&by=cluster.compute&confidence=0.99",
                               answer(200, fake.analysis())))
        out, _ = self.run_it("campaign", "analyse", "5a", "--confidence", "0.99", "--by", "cluster.compute", "--metric",
                             "a")
        self.assertIn("variance of ranks: ", out)
        self.run_it("campaign", "analyse", "5a", "--confidence", "much", code=2)

    def test_analyse_that_is_refused_is_5(self):
        self.serve(CAMPAIGNS, ("GET", "/v1/campaigns/5a6b7c8d/analysis",
                               lambda h, m: h.problem(409, "conflict", "it has 2000 cells")))
        self.assertIn("it has 2000 cells", self.run_it("campaign", "analyse", "5a", code=5)[1])

    def test_orders(self):
        states = {"cancel": "cancelling", "pause": "paused", "resume": "queued"}
        self.serve(CAMPAIGNS, ("POST", "/v1/campaigns/5a6b7c8d/([a-z]+)",
                               lambda h, m: h.json(202, fake.campaign(states[m[1]]))))
        for order, state in states.items():
            self.assertEqual(self.run_it("campaign", order, "5a")[0], f"5a6b7c8d {state}\n")
        self.assertEqual({post.body for post in self.sent("POST")}, {b""})

    def test_an_order_that_is_refused_is_5(self):
        self.serve(CAMPAIGNS, ("POST", "/v1/campaigns/5a6b7c8d/pause",
                               lambda h, m: h.problem(409, "conflict", "it is done: it can't be paused any more")))
        _, err = self.run_it("campaign", "pause", "5a", code=5)
        self.assertIn("it can't be paused any more", err)

    def test_a_name_means_the_one_that_is_not_at_its_end(self):
        self.serve(("GET", r"/v1/campaigns\?.*", fake.items(
            fake.campaign("done", id="00000001", name="x"), fake.campaign("paused", id="00000002", name="x"),
            fake.campaign("done", id="00000003", name="y"), fake.campaign("failed", id="00000004", name="y"))),
            ("GET", "/v1/campaigns/([0-9a-f]{8})", lambda h, m: h.json(200, {"id": m[1]})))
        self.assertEqual(self.run_it("campaign", "show", "x", "--json")[0], '{"id": "00000002"}\n')
        _, err = self.run_it("campaign", "show", "y", code=5)
        self.assertIn("'y' may be any of 2 campaigns (00000003, 00000004): name one by its id", err)
        _, err = self.run_it("campaign", "show", "nobody", code=4)
        self.assertIn("no campaign 'nobody'; 'benchctl campaign ls' lists them", err)


class Runs(PeerTest):
    SHOW = """\
id        eeee0001
campaign  5a6b7c8d
state     failed
cell      cluster.scheduler.options.SchedulerType = sched/backfill
cell      cluster.compute = 2
block     w0 (for warming up)
attempt   1
grade     limited
because   the host was not quiet
host      not quiet: 0.50 CPUs used by others, after a wait of 10.0 s
warning   memory is not limited
error     workload: exit code 1; it last wrote: \\x1b[31mno
"""
    TABLES = """\
STEP      STATE   TRY  BEGAN                       TIME  ERROR
ready     done      1  2026-01-31T12:00:02.014Z  204 ms
workload  failed    1  2026-01-31T12:00:02.014Z  204 ms  exit code 1; it last wrote: \\x1b[31mno

METRIC   VALUE  UNIT  N  KIND
elapsed  0.204  s     3  cost

residue: 1 differences
  appeared  link  bd1f2e3d4c0
"""

    def test_show(self):
        run = fake.run(1, "failed", grade={"value": "limited", "reasons": ["the host was not quiet"]},
                       conditions={"quiet": False, "outsideCpus": 0.5, "waitedMs": 10000},
                       metrics={"elapsed": {"value": 0.204, "unit": "s", "kind": "cost", "n": 3}},
                       warnings=["memory is not limited"],
                       residue={"empty": False, "differences": [
                           {"kind": "link", "item": "bd1f2e3d4c0", "change": "appeared"}]}, **fake.FAILED_RUN)
        self.serve(("GET", "/v1/runs/eeee0001", answer(200, run)), RUNS)
        out, _ = self.run_it("run", "show", "eeee0001")
        facts, tables = out.split("\n\n", 1)
        self.assertTrue(facts.startswith(self.SHOW), facts)
        self.assertEqual(tables, self.TABLES)
        self.assertEqual(json.loads(self.run_it("run", "show", "eeee0001", "--json")[0]), run)

    def test_a_run_is_found_by_its_id_or_its_beginning(self):
        self.serve(RUNS, ("GET", "/v1/runs/([0-9a-f]{8})", lambda h, m: h.json(200, {"id": m[1]})))
        self.assertEqual(self.run_it("run", "show", "eeee0002", "--json")[0], '{"id": "eeee0002"}\n')
        self.assertEqual(len(self.daemon.requests), 1)  # not by a list, which may be long
        self.assertEqual(self.run_it("run", "show", "aa", "--json")[0], '{"id": "aaaa0003"}\n')
        self.run_it("run", "show", "eeee", code=5)
        self.run_it("run", "show", "nobody", code=4)

    def test_steps(self):
        steps = {"items": [fake.step("nodes"), fake.step("ready", "intended", attempt=2)]}
        self.serve(("GET", "/v1/runs/eeee0001/steps", answer(200, steps)))
        self.assertEqual(self.run_it("run", "steps", "eeee0001")[0],
                         "STEP   STATE  TRY  BEGAN                       TIME  ERROR\n"
                         "nodes  done     1  2026-01-31T12:00:02.014Z  204 ms\n"
                         "ready  begun    2  2026-01-31T12:00:02.014Z       -\n")
        self.assertEqual(json.loads(self.run_it("run", "steps", "eeee0001", "--json")[0]), steps)

    def test_logs_are_text_that_can_not_act_on_the_terminal(self):
        self.serve(("GET", "/v1/runs/eeee0001/logs", lambda h, m: h.reply(200, fake.LOGS, "text/plain")))
        out, _ = self.run_it("run", "logs", "eeee0001")
        self.assertEqual(out, fake.LOGS.decode().replace("\x1b", "\\x1b").replace("\x07", "\\x07"))
        self.assertEqual(self.daemon.requests[0].headers["Accept"], "text/plain, application/problem+json")

    def test_artifacts(self):
        content = os.urandom(300000)
        self.serve(("GET", "/v1/runs/eeee0001/artifacts", answer(200, fake.ARTIFACTS)),
                   ("GET", "/v1/runs/eeee0001/artifacts/stdout",
                    lambda h, m: h.reply(200, content, "application/octet-stream")))
        out, _ = self.run_it("run", "artifacts", "eeee0001")
        self.assertRegex(out, r"^NAME +SIZE +STORED +CHANGED\nstdout +2 KiB +310 B +\d+d ago\n"
                              r"ctl1-slurmctld.log +310 B +- +\d+d ago\nstderr +7 B +removed +\d+d ago\n$")
        self.assertEqual(json.loads(self.run_it("run", "artifacts", "eeee0001", "--json")[0]), fake.ARTIFACTS)
        for option in (("-o", "{}"), ("--output", "{}"), ("-o{}",)):
            path = os.path.join(self.dir, "file" + str(len(option[0])))
            self.run_it("run", "artifacts", "eeee0001", "stdout", *[word.format(path) for word in option])
            with open(path, "rb") as f:
                self.assertEqual(f.read(), content)
        bare = self.start("run", "artifacts", "eeee0001", "stdout")
        self.assertEqual(bare.communicate(timeout=10)[0], content)

    def test_an_artifact_that_is_not_there_leaves_no_file(self):
        self.serve(("GET", "/v1/runs/eeee0001/artifacts/stderr", answer(410, fake.GONE)))
        path = os.path.join(self.dir, "file")
        self.run_it("run", "artifacts", "eeee0001", "nothing", "-o", path, code=4)
        _, err = self.run_it("run", "artifacts", "eeee0001", "stderr", "-o", path, code=4)
        self.assertIn("was removed", err)
        self.assertEqual([f for f in os.listdir(self.dir) if f.startswith("file")], [])
        _, err = self.run_it("run", "artifacts", "eeee0001", "-o", path, code=2)
        self.assertIn("--output is for one artifact", err)
        _, err = self.run_it("run", "artifacts", "eeee0001", "stdout", "-o", code=2)
        self.assertIn("--output needs a value: FILE", err)

    def test_cancel(self):
        self.serve(("POST", "/v1/runs/eeee0001/cancel", answer(202, fake.run(1, "cancelling"))))
        self.assertEqual(self.run_it("run", "cancel", "eeee0001")[0], "eeee0001 cancelling\n")


if __name__ == "__main__":
    unittest.main()
