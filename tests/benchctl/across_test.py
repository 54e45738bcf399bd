#!/usr/bin/env python3
"""benchctl campaign compare, gate and reproduce, against a peer that speaks the daemon's HTTP."""
import json
import os
import shutil
import signal
import time
import unittest

import fake_daemon as fake
from crate_files import KEY, METADATA, Signer, arrays, contents, entries_of, metadata, zip_of
from peer import PeakMixin, PeerTest, answer

BASE, OTHER = "5a6b7c8d", "6b7c8d9e"
DIGEST, REBUILT = "sha256:" + "5e" * 32, "sha256:" + "6f" * 32
HOSTS = {"sha256:" + "aa" * 32: {"kernel": {"release": "6.1.0"}, "cpus": 2},
         "sha256:" + "bb" * 32: {"kernel": {"release": "6.18.0"}, "cpus": 2}}
OLD, NEW = HOSTS
SPEC = {"apiVersion": "benchd/v1", "name": "backfill-or-not", "labels": {"study": "policy"},
        "workload": {"name": "command", "command": ["true"]}, "design": {"seed": 7, "repetitions": 3},
        "images": {"debian-bookworm": DIGEST}}
CAMPAIGNS = ("GET", r"/v1/campaigns\?.*", fake.items(fake.campaign("done", 6), fake.campaign("done", 6, id=OTHER)))


def found(low, high, result, p=0.015625, **more):
    """A comparison by its ratio; low None: it has no interval."""
    middle = 1.0 if low is None else (low + high) / 2
    interval = None if low is None else {"low": low, "high": high, "coverage": 0.97}
    return {"estimand": "ratio", "ratio": {"n": 6, "estimate": middle, "min": middle, "max": middle, "interval": interval},
            "difference": None, "pCorrected": p, "result": result, "delta": {"value": 1, "magnitude": "large"},
            "equivalence": None, "sentence": f"makespan: {result}"} | more


def analysis(comparison, campaign=BASE, direction="min", hosts=((OLD, 2), (NEW, 1))):
    """hosts: which, and how many runs on each."""
    cells = (fake.summary(12.4, 13.1, 13.9), fake.summary(16.2, 17.3, 17.4))
    return fake.analysis(campaign=campaign, pareto=None, hosts=[{"digest": host, "runs": n} for host, n in hosts],
                         metrics=[fake.compared("makespan", "s", direction, cells, comparison)])


def comparison(of, direction="min", **more):
    across = {"factor": "campaign", "level": OTHER, "reference": BASE, "context": {}}
    return {"schema": "benchd.comparison/1",
            "campaigns": [{"id": BASE, "name": "before"}, {"id": OTHER, "name": "after"}],
            "differences": [{"campaign": OTHER, "path": "images.debian-bookworm", "before": DIGEST, "after": REBUILT}],
            "unmatched": [{"campaign": OTHER, "levels": {"cluster.compute": 16}}], "notes": [], "paired": False,
            "gate": None, "analysis": analysis(of | across, direction=direction)} | more


def gate(answer, **more):
    """A gate of one item, as the daemon makes it."""
    item = {"metric": "makespan", "unit": "s", "level": OTHER, "cell": 1, "name": "compute=4", "answer": answer,
            "why": f"it is {answer}", "paired": True, "n": 8, "nAgainst": 8, "estimand": "ratio",
            "worse": {"estimate": 1.3, "interval": {"low": 1.21, "high": 1.4, "coverage": 0.9}, "bound": 1.05},
            "pWorse": 0.01, "pWorseCorrected": 0.01, "pFine": 1, "method": "exact"} | more
    return {"answer": answer, "why": "of 1 comparison ...", "margin": 0.05, "confidence": 0.95, "family": 1,
            "counts": {"fine": 0, "worse": 0, "undecided": 0} | {answer: 1}, "items": [item]}


class Compare(PeerTest):
    def serve_comparison(self, value):
        self.serve(CAMPAIGNS, ("POST", "/v1/comparisons", answer(200, value)))

    def test_what_differs_is_told_before_what_was_found(self):
        self.serve_comparison(comparison(found(1.21, 1.4, "worse")))
        out, err = self.run_it("campaign", "compare", BASE, OTHER, "--metric", "makespan", "--confidence", "0.9")
        (sent,) = self.sent("POST")
        self.assertEqual(json.loads(sent.body),
                         {"campaigns": [BASE, OTHER], "metrics": ["makespan"], "confidence": 0.9})
        differs, table = out.split("\n\n", 1)
        self.assertEqual([line.split() for line in differs.splitlines()],
                         [["OF", "DIFFERS", "BASELINE", "CAMPAIGN"],
                          [OTHER, "images.debian-bookworm", DIGEST, REBUILT]])
        self.assertIn("makespan", table)
        self.assertIn("1 cell is not in all of the campaigns, and left out", err)

    def test_that_nothing_differs_is_said(self):
        self.serve_comparison(comparison(found(1.21, 1.4, "worse"), differences=[], unmatched=[]))
        out, err = self.run_it("campaign", "compare", BASE, OTHER)
        self.assertTrue(out.startswith("conditions: no difference known\n"), out)
        self.assertEqual(err, "")

    def test_what_is_to_be_known_of_the_figures_is_told(self):
        self.serve_comparison(comparison(found(1.21, 1.4, "worse"), notes=["its rule has stopped it"]))
        _, err = self.run_it("campaign", "compare", BASE, OTHER)
        self.assertIn("its rule has stopped it", err)

    def test_json_is_the_reply(self):
        value = comparison(found(1.21, 1.4, "worse"))
        self.serve_comparison(value)
        out, err = self.run_it("--json", "campaign", "compare", BASE, OTHER)
        self.assertEqual((json.loads(out), err), (value, ""))

    def test_refusals_have_their_exit_codes(self):
        for status, code in ((404, 4), (409, 5), (422, 1)):
            self.serve(CAMPAIGNS, ("POST", "/v1/comparisons", lambda h, m, s=status: h.problem(s, "x", "no such cell")))
            _, err = self.run_it("campaign", "compare", BASE, OTHER, code=code)
            self.assertIn("no such cell", err)
            self.daemon.stop()
        self.serve()
        self.run_it("campaign", "compare", BASE, code=2)
        self.assertEqual(self.daemon.requests, [])


class Gate(PeerTest):
    def gate(self, answered, *arguments, code, as_json=("--json",)):
        value = comparison(found(1.21, 1.4, "worse"), gate=answered)
        if self.daemon:
            self.daemon.stop()
        self.serve(CAMPAIGNS, ("POST", "/v1/comparisons", answer(200, value)))
        return self.run_it(*as_json, "campaign", "gate", OTHER, "--baseline", BASE, *arguments, code=code)

    def test_it_ends_as_the_daemon_says(self):
        for answered, code in (("worse", 6), ("fine", 0), ("undecided", 9)):
            with self.subTest(answered):
                out, _ = self.gate(gate(answered), code=code)
                said = json.loads(out)
                self.assertEqual(said["differences"][0]["path"], "images.debian-bookworm")
                self.assertEqual(said | gate(answered), said)

    def test_the_baseline_is_the_first_and_the_margin_goes_with_it(self):
        for arguments, margin in ((("--margin", "5%"), 0.05), (("--margin", "0.05"), 0.05), ((), 0)):
            self.gate(gate("fine"), *arguments, code=0)
            self.assertEqual(json.loads(self.sent("POST")[0].body),
                             {"campaigns": [BASE, OTHER], "metrics": [], "margin": margin})

    def test_a_daemon_without_gates_is_told(self):
        _, err = self.gate(None, code=1)
        self.assertIn("the daemon answers without a gate: it is older than this benchctl", err)

    def test_people_get_a_table(self):
        out, err = self.gate(gate("worse"), code=6, as_json=())
        self.assertTrue(out.startswith("OF "), out)
        self.assertIn("makespan  compute=4   1.3 x  1.21 to 1.4  worse   it is worse\n", out)
        self.assertIn("\nworse: of 1 comparison ...\n", out)
        self.assertIn("left out", err)
        slower = gate("undecided", estimand="difference", worse={"estimate": 0.5, "interval": None, "bound": 1})
        out, _ = self.gate(slower, code=9, as_json=())
        self.assertIn("makespan  compute=4  +0.5 s  -         undecided  it is undecided\n", out)

    def test_what_is_no_margin_is_refused_before_anything_is_asked(self):
        self.serve()
        for margin in ("-5%", "-0.1", "x", "500%", "1", "%", "", "5%%", "5 %", "nan", "inf"):
            with self.subTest(margin):
                _, err = self.run_it("campaign", "gate", OTHER, "--baseline", BASE, f"--margin={margin}", code=2)
                self.assertIn(f"expected a share below 1 that is not negative, 5% or 0.05, got '{margin}'", err)
        _, err = self.run_it("campaign", "gate", OTHER, code=2)
        self.assertIn("--baseline: name the campaign to compare with", err)
        self.assertEqual(self.daemon.requests, [])


class World:
    """A daemon with a campaign at its end, and one that becomes its reproduction."""

    def __init__(self, then=None, now=None, hosts=(OLD, NEW), state="done", images=(DIGEST,)):
        worse = found(1.21, 1.4, "worse")
        self.images, self.state, self.failed = set(images), state, 0
        on = [[(host, 6)] if host else [] for host in hosts]
        self.analyses = {BASE: analysis(then or worse, hosts=on[0]), OTHER: analysis(now or worse, OTHER, hosts=on[1])}

    def show(self, handler, match):
        state = "done" if match[1] == BASE else self.state
        value = fake.campaign(state, 6 - self.failed, self.failed, id=match[1], spec=SPEC)
        fake.Story([(0, value)]).answer(handler, match)

    def image(self, handler, match):
        if match[1] not in self.images:
            return handler.problem(404, "not-found", f"there is no image {match[1]}")
        return handler.json(200, fake.IMAGE | {"digest": match[1]})

    def take(self, digest, status):
        def respond(handler, _):
            self.images.add(digest)
            handler.json(status, fake.IMAGE | {"digest": digest})
        return respond

    def host(self, handler, match):
        if match[1] not in HOSTS:
            return handler.problem(404, "not-found", "there is no such description")
        return handler.json(200, HOSTS[match[1]])

    def routes(self, imported=DIGEST, built=DIGEST):
        one = r"/v1/campaigns/(\w{8})"
        return [
            ("GET", r"/v1/campaigns\?.*", fake.items(fake.campaign("done", 6))),
            ("GET", one + r"(?:\?.*)?", self.show),
            ("GET", one + r"/analysis(?:\?.*)?", lambda h, m: h.json(200, self.analyses[m[1]])),
            ("GET", one + r"/runs\?limit=20", fake.items(fake.run())),  # as it is watched; no list of all
            ("GET", r"/v1/hosts/local/descriptions/(.*)", self.host),
            ("GET", r"/v1/images/(sha256:\w+)", self.image),
            ("POST", "/v1/images/import", self.take(imported, 201)),
            ("POST", "/v1/images", self.take(built, 200)),
            ("POST", "/v1/campaigns", answer(202, fake.campaign("queued", id=OTHER))),
        ]


class Reproduce(PeakMixin, PeerTest):
    def reproduce(self, world, *arguments, code=0, what=BASE, **routes):
        self.world = world
        if self.daemon:
            self.daemon.stop()
        self.serve(*world.routes(**routes))
        out, err = self.run_it("--json", "campaign", "reproduce", what, *arguments, code=code)
        return json.loads(out) if out else None, err

    def submitted(self):
        return [json.loads(r.body) for r in self.sent("POST") if r.path == "/v1/campaigns"]

    def test_the_resolved_spec_runs_again_with_its_images_and_a_label(self):
        said, err = self.reproduce(World())
        self.assertEqual(self.submitted(), [SPEC | {"labels": {"study": "policy", "reproduces": BASE}}])
        self.assertIn(f"campaign {OTHER} reproduces {BASE}", err)
        self.assertEqual((said["answer"], said["original"], said["reproduction"]), ("reproduced", BASE, OTHER))
        self.assertEqual([c["answer"] for c in said["comparisons"]], ["reproduced"])
        self.assertEqual(said["differences"],
                         [{"path": "host.kernel.release", "before": "6.1.0", "after": "6.18.0"}])

    def test_it_ends_as_the_data_say(self):
        worse, better = found(1.21, 1.4, "worse"), found(0.7, 0.9, "better")
        unresolved = found(1.1, 1.5, "unresolved", 0.5)
        for then, now, code in ((worse, worse, 0), (worse, better, 6), (worse, found(1.5, 1.6, "worse"), 6),
                                (worse, unresolved, 9), (unresolved, worse, 9)):
            with self.subTest(then=then["result"], now=now["result"], code=code):
                said, _ = self.reproduce(World(then, now), code=code)
                self.assertEqual(said["answer"], {0: "reproduced", 6: "not reproduced", 9: "inconclusive"}[code])

    def test_people_get_a_table(self):
        self.serve(*World().routes())
        out, _ = self.run_it("campaign", "reproduce", BASE)
        self.assertEqual([line.split() for line in out.splitlines()[:2]],
                         [["DIFFERS", "THEN", "NOW"], ["host.kernel.release", "6.1.0", "6.18.0"]])
        self.assertIn("reproduced: the same direction again", out)
        self.assertTrue(out.endswith("\nreproduced: of 1 comparison that the original resolved (of 1) 1 reproduced, "
                                     "0 not, 0 inconclusive\n"), out)

    def test_hosts_that_are_alike_or_not_known_differ_in_nothing(self):
        said, err = self.reproduce(World(hosts=(OLD, OLD)))
        self.assertEqual(said["differences"], [])
        self.assertNotIn("not known", err)
        for hosts, whose in (((None, NEW), BASE), ((OLD, "sha256:" + "cc" * 32), OTHER)):
            said, err = self.reproduce(World(hosts=hosts))
            self.assertEqual(said["differences"], [])
            self.assertIn(f"what the host was like is not known of {whose}", err)

    def test_one_that_goes_on_is_not_reproduced(self):
        self.serve(*World().routes()[:1], ("GET", f"/v1/campaigns/{BASE}", answer(200, fake.campaign(spec=SPEC))))
        _, err = self.run_it("campaign", "reproduce", BASE, code=5)
        self.assertIn(f"campaign {BASE} is running: it is reproduced once it is at its end", err)
        self.assertEqual(self.sent("POST"), [])

    def test_one_that_failed_says_nothing(self):
        said, err = self.reproduce(World(state="failed"), code=6)
        self.assertIsNone(said)
        self.assertIn(f"campaign {OTHER} failed", err)

    def test_runs_that_failed_are_told_and_the_others_compared(self):
        world = World()
        world.failed = 1
        said, err = self.reproduce(world)
        self.assertEqual(said["answer"], "reproduced")
        self.assertIn(f"campaign {OTHER} has runs that failed", err)

    # -- images --

    def file(self, name="image.tar.zst", data=b"an image"):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def test_an_image_that_is_not_here_is_refused_before_anything_runs(self):
        _, err = self.reproduce(World(images=()), code=4)
        self.assertIn(f"image debian-bookworm ({DIGEST}) is not here: give its file with --image, or --rebuild", err)
        self.assertIn("nothing was run", err)
        self.assertEqual(self.sent("POST"), [])
        _, err = self.reproduce(World(images=()), "--image", self.file(), code=4, imported=REBUILT)
        self.assertIn("is not here", err)
        self.assertEqual(self.submitted(), [])

    def test_its_file_brings_it(self):
        said, _ = self.reproduce(World(images=(), hosts=(OLD, OLD)), "--image", self.file())
        self.assertEqual([r.path for r in self.sent("POST")], ["/v1/images/import", "/v1/campaigns"])
        self.assertEqual(self.sent("POST")[0].body, b"an image")
        self.assertEqual(self.submitted()[0]["images"], SPEC["images"])
        self.assertEqual(said["differences"], [])

    def test_one_that_is_rebuilt_and_is_another_is_told_and_pinned(self):
        said, _ = self.reproduce(World(images=(), hosts=(OLD, OLD)), "--rebuild", built=REBUILT)
        self.assertEqual(self.submitted()[0]["images"], {"debian-bookworm": REBUILT})
        self.assertEqual(said["differences"],
                         [{"path": "images.debian-bookworm", "before": DIGEST, "after": REBUILT}])
        self.assertEqual(json.loads(self.sent("POST")[0].body), {"recipe": "debian-bookworm"})

    def test_one_that_is_rebuilt_and_is_the_same_differs_in_nothing(self):
        said, _ = self.reproduce(World(images=(), hosts=(OLD, OLD)), "--rebuild")
        self.assertEqual((said["differences"], self.submitted()[0]["images"]), ([], SPEC["images"]))

    # -- Ctrl-C --

    def test_interrupted_while_it_waits_it_says_how_to_go_on(self):
        self.serve(*World(state="running").routes())
        process = self.start("campaign", "reproduce", BASE)
        until = time.monotonic() + 30
        while not any(r.path.startswith(f"/v1/campaigns/{OTHER}") for r in self.daemon.requests):
            self.assertLess(time.monotonic(), until, "it did not begin to wait")
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, out), (130, b""))
        self.assertIn(f"campaign {OTHER} goes on; 'benchctl campaign watch {OTHER}' shows it".encode(), err)
        self.assertIn(f"'benchctl campaign compare {BASE} {OTHER}' holds it against the original".encode(), err)

    # -- crates --

    def crate(self, change=None, **more):
        """A crate's file; change: the contents of some of its files after they were signed."""
        if not shutil.which("openssl"):
            self.skipTest("needs openssl")
        hexadecimal = OLD.removeprefix("sha256:")
        files = {"spec.json": json.dumps(SPEC).encode(),
                 "analysis.json": json.dumps(analysis(found(1.21, 1.4, "worse"))).encode(),
                 f"hosts/{hexadecimal}.json": json.dumps(HOSTS[OLD]).encode(), "runs.json": b'{"items": []}',
                 "runs/1/jobs.csv": b"", "runs/1/artifacts/stdout": b""} | more
        names = {KEY} | {name for name, content in files.items() if content is not None}
        self.signer = Signer(os.path.join(self.dir, "signer"))
        signed = contents(self.signer, **files, **{METADATA: metadata(sorted(names))})
        return self.file("x.zip", zip_of(entries_of(signed | (change or {}))))

    def test_a_crate_runs_again(self):
        said, err = self.reproduce(World(), "--trust", what=self.crate())
        self.assertEqual(self.submitted(), [SPEC | {"labels": {"study": "policy", "reproduces": BASE}}])
        self.assertEqual((said["answer"], said["original"]), ("reproduced", BASE))
        self.assertEqual([d["path"] for d in said["differences"]], ["host.kernel.release"])
        self.assertIn("x.zip: its host was not the same in all runs; what it was in most is compared", err)

    def test_an_image_of_a_crate_is_rebuilt_by_its_manifest(self):
        manifest = {"recipe": {"name": "other", "digest": DIGEST}, "workloads": ["fio"]}
        path = self.crate(**{f"images/{DIGEST.removeprefix('sha256:')}.json": json.dumps(manifest).encode()})
        self.reproduce(World(images=()), "--trust", "--rebuild", what=path)
        self.assertEqual(json.loads(self.sent("POST")[0].body), {"recipe": "other", "workloads": ["fio"]})

    def test_a_crate_of_nobody_that_is_known_does_not_run(self):
        path = self.crate()
        _, err = self.reproduce(World(), what=path, code=2)
        self.assertIn(f"{path} may be from anybody: name the key of who made it by --key, or --trust it", err)
        self.assertIn(f"is signed by the key {self.signer.fingerprint}", err)
        self.assertEqual(self.daemon.requests, [])

    def test_a_crate_runs_with_the_key_that_it_is_signed_with_and_no_other(self):
        path = self.crate()
        said, _ = self.reproduce(World(), "--key", self.signer.public, what=path)
        self.assertEqual(said["answer"], "reproduced")
        other = Signer(os.path.join(self.dir, "other"))
        for more in ((), ("--trust",)):
            _, err = self.reproduce(World(), "--key", other.public, *more, what=path, code=2)
            self.assertIn(f"{path} is signed, but not with the key that --key names", err)
            self.assertEqual(self.daemon.requests, [])
        _, err = self.reproduce(World(), "--key", self.file("no.pem", b"nothing"), what=path, code=2)
        self.assertIn("no.pem", err)

    def test_what_a_crate_runs_as_root_is_told_before(self):
        spec = SPEC | {
            "workload": {"name": "command", "command": ["sh", "-c", "a\x1b[31m b"], "env": {"LD_PRELOAD": "/x.so"},
                         "files": [{"path": "x", "content": "y"}]},
            "hooks": {"ready": [{"command": ["mkdir", "/é"], "node": "all"}]},
            "factors": {"cluster.compute": [1, 2], "workload.command": [["one"], ["two"]]},
            "added": [[{"hooks.ready": [{"command": ["three"]}]}]]}
        path = self.crate(**{"spec.json": json.dumps(spec).encode()})
        _, err = self.reproduce(World(), what=path, code=2)
        lines = [line.split(" ", 1)[1].strip() for line in err.splitlines()]
        self.assertEqual(lines[1:8], [
            f"{path} is signed by the key {self.signer.fingerprint}; what it runs in nodes as root:",
            'workload: ["sh","-c","a\\u001B[31m b"]', 'its environment: {"LD_PRELOAD":"/x.so"}',
            'its files: [{"content":"y","path":"x"}]',
            'hook ready: {"command":["mkdir","/\\u00E9"],"node":"all"}',
            'level of workload.command: [["one"],["two"]]', 'level of hooks.ready: [{"command":["three"]}]'])

    def test_what_a_defined_workload_is_given_is_told_too(self):
        spec = SPEC | {"workload": {"name": "stream", "size": 5}, "workloads": {"stream": OLD},
                       "factors": {"cluster.compute": [1, 2], "workload.size": [6, 7]}}
        _, err = self.reproduce(World(), what=self.crate(**{"spec.json": json.dumps(spec).encode()}), code=2)
        lines = [line.split(" ", 1)[1].strip() for line in err.splitlines()]
        self.assertEqual(lines[2:4], [
            'workload, by the definition that is registered here: {"name":"stream","size":5}',
            "level of workload.size: [6,7]"])

    def test_a_campaign_of_the_daemon_needs_no_key(self):
        _, err = self.reproduce(World(), "--trust", code=2)
        self.assertIn("--key and --trust are for a crate's file", err)
        self.assertEqual(self.daemon.requests, [])

    def test_a_crate_without_its_host_runs_again_too(self):
        hexadecimal = OLD.removeprefix("sha256:")
        none = analysis(found(1.21, 1.4, "worse"), hosts=())
        older = {name: value for name, value in none.items() if name != "hosts"}
        for more in ({f"hosts/{hexadecimal}.json": None}, {"analysis.json": json.dumps(none).encode()},
                     {"analysis.json": json.dumps(older).encode()}):
            with self.subTest(more):
                said, err = self.reproduce(World(), "--trust", what=self.crate(**more))
                self.assertEqual((said["answer"], said["differences"]), ("reproduced", []))
                self.assertIn("what the host was like is not known of ", err)

    def test_a_crate_that_was_altered_is_refused_before_anything_is_asked(self):
        other = json.dumps(SPEC | {"priority": 9}).encode()
        path = self.crate(change={"spec.json": other})
        _, err = self.reproduce(World(), "--trust", what=path, code=2)
        self.assertIn(f"{path} is not what was signed: 'benchctl verify' tells what is wrong", err)
        self.assertIn("\n  spec.json: ", err)
        self.assertEqual(self.daemon.requests, [])

    def test_a_crate_without_an_analysis_has_nothing_to_be_found_again(self):
        _, err = self.reproduce(World(), "--trust", what=self.crate(**{"analysis.json": None}), code=4)
        self.assertIn("there is no analysis.json in it", err)
        self.assertEqual(self.daemon.requests, [])

    def test_what_a_crate_has_is_read_within_bounds(self):
        """A bomb that somebody has signed, and whoever runs crates trusts."""
        host, bomb = f"hosts/{OLD.removeprefix('sha256:')}.json", arrays(24 << 20)
        wide = b'{"a": "' + b"x" * (60 << 20) + b'"}'
        for name, text, words in (
                ("analysis.json", bomb, "analysis.json in it: it holds more than is taken: it would need more than"),
                ("analysis.json", wide, "analysis.json in it: it holds more than is taken"),
                ("analysis.json", bytes(65 << 20), "analysis.json in it has 68157440 bytes: more than 67108864"),
                ("spec.json", arrays(2 << 20), "spec.json in it: it holds more than is taken"),
                ("spec.json", bomb, f"spec.json in it has {len(bomb)} bytes: more than 4194304 are not taken"),
                (host, bomb, f"{host} in it has {len(bomb)} bytes"), (host, b"{", f"{host} in it is no JSON: line 1")):
            with self.subTest(name, words=words):
                path = self.crate(**{name: text})
                done = self.run_within("campaign", "reproduce", path, "--trust", env=self.environment())
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(f"can't read {path}: {words}", done.stderr.decode())

    def test_what_is_no_crate_is_told(self):
        _, err = self.reproduce(World(), "--trust", what=self.file("no.zip", b"nothing"), code=2)
        self.assertIn("no.zip", err)
        _, err = self.reproduce(World(), what=os.path.join(self.dir, "missing.zip"), code=2)
        self.assertIn("can't read", err)
        self.assertEqual(self.daemon.requests, [])


if __name__ == "__main__":
    unittest.main()
