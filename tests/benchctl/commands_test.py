#!/usr/bin/env python3
"""What benchctl's commands do: requests, outputs and exit codes, against a peer that speaks the daemon's HTTP."""
import io
import json
import os
import signal
import tarfile
import threading
import time
import unittest

import fake_daemon as fake
from peer import LIST, SHOW, PeerTest, answer

EXEC = r"/v1/clusters/1f2e3d4c/exec"


class Clusters(PeerTest):
    def up(self, *more, scenes=tuple(fake.BRING_UP), code=0):
        story = fake.Story(scenes, speed=5)
        self.serve(("POST", "/v1/clusters", lambda h, m: h.json(202, story.now())),
                   ("GET", SHOW, story.answer))
        return self.run_it("cluster", "up", *more, code=code)

    def test_up_sends_the_spec_once_with_a_key_and_prints_the_id(self):
        out, err = self.up("--compute", "4", "--cpus", "0.25")
        self.assertEqual((out, err), ("1f2e3d4c\n", ""))
        (post,) = self.sent("POST")
        self.assertEqual(json.loads(post.body), {"compute": 4, "node": {"cpus": 0.25}})
        self.assertRegex(post.headers["Idempotency-Key"], "^[0-9a-f]{32}$")
        self.assertEqual(post.headers["Content-Type"], "application/json")

    def test_up_wait_tells_each_step_once_in_order(self):
        out, err = self.up("--wait")
        self.assertEqual(out, "1f2e3d4c\n")
        self.assertEqual(err, "✓ image     3 ms\n✓ admit     4 ms\n✓ network   61 ms\n✓ nodes     412 ms\n"
                              "✓ ready     1.6 s\n✓ cluster ready: 5 nodes in 2.1 s\n")
        self.assertNotIn("\x1b", err)

    def test_up_wait_json_is_the_last_object(self):
        out, _ = self.up("--wait", "--json")
        self.assertEqual(json.loads(out), fake.BRING_UP[-1][1])

    def test_up_wait_that_fails_says_why(self):
        why = {"error": {"type": "timeout", "step": "ready", "detail": "node n2 was not idle after 60 s"},
               "timings": {"nodes": 412, "ready": 60000}}
        failing = fake.cluster("failing", "teardown", 0, **why)
        failed = fake.cluster("failed", None, 0, residue={"empty": True, "differences": []}, **why)
        out, err = self.up("--wait", scenes=(fake.BRING_UP[0], (0.2, failing), (0.4, failed)), code=6)
        self.assertEqual(out, "")
        self.assertIn("✓ nodes     412 ms\n✗ ready", err)
        self.assertIn("cluster 1f2e3d4c failed in step ready: node n2 was not idle after 60 s", err)

    def test_up_wait_that_somebody_took_down(self):
        _, err = self.up("--wait", scenes=(fake.BRING_UP[0], (0.2, fake.cluster("deleting"))), code=6)
        self.assertIn("is deleting: somebody has taken it down", err)

    def test_up_with_faults_lists_them(self):
        self.serve(("POST", "/v1/clusters", lambda h, m: h.problem(422, "validation", "2 faults", [
            {"pointer": "/node/memory", "expected": "a size such as 512MiB", "got": "12\x1b[31mMB"},
            {"pointer": "", "expected": "an object"}])))
        out, err = self.run_it("cluster", "up", code=1)
        self.assertEqual(out, "")
        self.assertEqual(err, "benchctl: cluster up: HTTP 422: 2 faults\n"
                              "  /node/memory: expected a size such as 512MiB, got 12\\x1b[31mMB\n"
                              "  (the whole): expected an object\n")

    def test_up_conflict(self):
        self.serve(("POST", "/v1/clusters", lambda h, m: h.problem(409, "conflict", "the name is taken")))
        _, err = self.run_it("cluster", "up", code=5)
        self.assertIn("HTTP 409: the name is taken", err)

    def test_up_is_repeated_with_its_key_after_a_lost_connection(self):
        def flaky(handler, _):
            if len(self.sent("POST")) == 1:
                return handler.hang_up()
            return handler.json(202, fake.cluster("creating"))
        self.serve(("POST", "/v1/clusters", flaky))
        self.run_it("cluster", "up")
        first, second = self.sent("POST")
        self.assertEqual(first.headers["Idempotency-Key"], second.headers["Idempotency-Key"])

    def test_up_wait_outlives_a_restart_of_the_daemon(self):
        story = fake.Story(fake.BRING_UP, speed=5)
        routes = [("POST", "/v1/clusters", answer(202, fake.BRING_UP[0][1])), ("GET", SHOW, story.answer)]
        first = fake.Daemon(self.socket, routes[:1]).start()
        first.routes.append(("GET", SHOW, lambda h, m: (threading.Thread(target=first.stop).start(),
                                                        os.unlink(self.socket), h.hang_up())))
        up = self.start("cluster", "up", "--wait")
        time.sleep(1)
        self.serve(*routes)
        out, err = up.communicate(timeout=30)
        self.assertEqual((up.returncode, out), (0, b"1f2e3d4c\n"), err.decode())
        self.assertIn("the daemon is away: waiting for it", err.decode())

    def test_interrupt_during_up_wait_says_that_it_goes_on(self):
        for signum, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signum):
                story = fake.Story([(0, fake.BRING_UP[2][1])])
                routes = [("POST", "/v1/clusters", answer(202, fake.BRING_UP[0][1])), ("GET", SHOW, story.answer)]
                if self.daemon is None:
                    self.serve(*routes)
                up = self.start("cluster", "up", "--wait")
                up.stderr.readline()
                up.send_signal(signum)
                out, err = up.communicate(timeout=10)
                self.assertEqual((up.returncode, out), (code, b""))
                self.assertIn("goes on coming up; 'benchctl cluster down 1f2e3d4c' takes it down", err.decode())

    def test_timeout_ends_the_wait(self):
        self.serve(("POST", "/v1/clusters", answer(202, fake.BRING_UP[0][1])),
                   ("GET", SHOW, fake.Story([(0, fake.BRING_UP[0][1])]).answer))
        _, err = self.run_it("cluster", "up", "--wait", "--timeout", "0.5", code=124)
        self.assertIn("goes on coming up", err)
        self.assertIn("the time given by --timeout is over", err)

    def down(self, last, *more, code):
        story = fake.Story(fake.TAKE_DOWN[:2] + [(0.5, last)], speed=5)
        self.serve(LIST, ("DELETE", "/v1/clusters/1f2e3d4c", lambda h, m: h.json(202, story.now())),
                   ("GET", SHOW, story.answer))
        return self.run_it("cluster", "down", "demo", *more, code=code)

    def test_down_wait_ends_with_no_residue(self):
        out, err = self.down(fake.TAKE_DOWN[2][1], "--wait", code=0)
        self.assertEqual(out, "residue: none\n")
        self.assertEqual(err, "✓ teardown  310 ms\n✓ audit     122 ms\n")

    def test_down_wait_lists_residue(self):
        residue = {"empty": False, "differences": [
            {"kind": "link", "item": "bd1f2e3d4c0", "change": "appeared"},
            {"kind": "mount", "item": "/var/lib/benchd/n1", "change": "appeared"}]}
        out, _ = self.down(fake.cluster("deleted", residue=residue), "--wait", code=7)
        self.assertEqual(out, "residue: 2 differences\n  appeared  link   bd1f2e3d4c0\n"
                              "  appeared  mount  /var/lib/benchd/n1\n")

    def test_down_wait_mentions_what_others_changed(self):
        mount = {"kind": "mount", "item": "/mnt (tmpfs)", "change": "appeared"}
        link = {"kind": "link", "item": "br0", "change": "disappeared"}
        residue = {"empty": True, "differences": [], "others": [mount]}
        out, _ = self.down(fake.cluster("deleted", residue=residue), "--wait", code=0)
        self.assertEqual(out, "residue: none\n"
                              "  1 change by others: mount /mnt (tmpfs) appeared\n")
        residue |= {"others": [mount, link, mount, mount, mount], "othersLeftOut": 7}
        out, _ = self.down(fake.cluster("deleted", residue=residue), "--wait", code=0)
        self.assertEqual(out, "residue: none\n"
                              "  12 changes by others: mount /mnt (tmpfs) appeared, link br0 disappeared, "
                              "mount /mnt (tmpfs) appeared and 9 more\n")
        residue = {"empty": False, "differences": [link], "others": [mount]}
        out, _ = self.down(fake.cluster("deleted", residue=residue), "--wait", code=7)
        self.assertEqual(out, "residue: 1 differences\n  disappeared  link  br0\n"
                              "  1 change by others: mount /mnt (tmpfs) appeared\n")

    def test_down_wait_without_an_audit_is_no_success(self):
        out, _ = self.down(fake.cluster("deleted"), "--wait", code=7)
        self.assertEqual(out, "residue: not known: the host was not looked at\n")

    def test_down_returns_at_once_without_wait(self):
        out, _ = self.down(fake.TAKE_DOWN[2][1], code=0)
        self.assertEqual(out, "1f2e3d4c deleting\n")

    def test_down_of_several_goes_on_after_one_that_is_not_there(self):
        self.serve(LIST, ("DELETE", "/v1/clusters/1f2e3d4c", answer(202, fake.TAKE_DOWN[2][1])),
                   ("GET", SHOW, answer(200, fake.TAKE_DOWN[2][1], ETag='"1"')))
        out, err = self.run_it("cluster", "down", "nobody", "demo", "--wait", code=4)
        self.assertEqual(out, "1f2e3d4c residue: none\n")
        self.assertIn("no cluster 'nobody'", err)

    def test_a_cluster_is_found_by_id_name_or_beginning(self):
        twins = [fake.cluster(id="aaaa1111", name="deadbeef"), fake.cluster(id="aaaa2222", name=None),
                 fake.cluster("failed", id="bbbb1111", name="x"), fake.cluster(id="bbbb2222", name="x"),
                 fake.cluster(id="deadbeef", name="aaaa")]
        self.serve(("GET", r"/v1/clusters\?limit=500", fake.items(*twins)),
                   ("GET", "/v1/clusters/([0-9a-f]{8})", lambda h, m: h.json(200, {"id": m[1]})))
        for ref, expected in (("aaaa1111", "aaaa1111"), ("aaaa1", "aaaa1111"), ("aaaa", "deadbeef"),
                              ("deadbeef", "deadbeef"), ("x", "bbbb2222"), ("0123abcd", "0123abcd")):
            with self.subTest(ref):
                out, _ = self.run_it("--json", "cluster", "show", ref)
                self.assertEqual(json.loads(out)["id"], expected)
        _, err = self.run_it("cluster", "show", "bbb", code=5)
        self.assertIn("'bbb' may be any of 2 clusters", err)
        self.run_it("cluster", "show", "nobody", code=4)

    def test_ls_reads_all_pages(self):
        def page(handler, _):
            last = "cursor=two" in handler.path
            handler.json(200, {"items": [fake.cluster(id="00000002" if last else "00000001")],
                               "next": None if last else "two"})
        self.serve(("GET", r"/v1/clusters\?.*", page))
        out, _ = self.run_it("cluster", "ls", "--quiet")
        self.assertEqual(out, "00000001\n00000002\n")
        out, _ = self.run_it("cluster", "ls", "--json")
        listed = json.loads(out)
        self.assertEqual(([c["id"] for c in listed["items"]], listed["next"]), (["00000001", "00000002"], None))
        self.assertEqual(listed["items"][0]["spec"]["node"]["cpus"], 0.25)

    def test_ls_of_a_list_that_never_ends_is_refused(self):
        self.serve(("GET", r"/v1/clusters\?.*", answer(200, {"items": [], "next": "same"})))
        _, err = self.run_it("cluster", "ls", code=1)
        self.assertIn("is no page of a list", err)

    def test_show_json_is_what_the_daemon_wrote(self):
        text = b'{"id": "1f2e3d4c",  "x": 0.10}'
        self.serve(LIST, ("GET", SHOW, lambda h, m: h.reply(200, text)))
        out, _ = self.run_it("cluster", "show", "1f", "--json")
        self.assertEqual(out.encode(), text + b"\n")

    def test_show_tells_what_the_network_was_measured_to_be(self):
        figures = [{"name": name, "from": "ctl1", "to": "n4", "unit": unit, "asked": asked, "measured": measured,
                    "n": 100, "holds": holds}
                   for name, unit, asked, measured, holds in (("bandwidth", "bit/s", 1e8, 99925455, True),
                                                              ("latency", "s", 0.002, 0.0025, False))]
        self.serve(LIST, ("GET", SHOW, answer(200, fake.cluster(network={"figures": figures}))))
        out, _ = self.run_it("cluster", "show", "demo")
        self.assertRegex(out, r"(?m)^bandwidth +ctl1 +n4 +100 Mbit/s +99\.9255 Mbit/s +yes *$")
        self.assertRegex(out, r"(?m)^latency +ctl1 +n4 +2 ms +2\.5 ms +no *$")

    def test_show_of_a_network_that_is_not_shaped_has_no_figures(self):
        self.serve(LIST, ("GET", SHOW, answer(200, fake.cluster())))
        self.assertNotIn("NETWORK", self.run_it("cluster", "show", "demo")[0])

    def test_text_of_a_node_can_not_act_on_the_terminal(self):
        self.serve(LIST, ("GET", SHOW, answer(200, fake.cluster(warnings=["\x1b]0;owned\x07"]))))
        out, _ = self.run_it("cluster", "show", "demo")
        self.assertIn("\\x1b]0;owned\\x07", out)
        self.assertNotIn("\x1b", out)


class Exec(PeerTest):
    def execute(self, *lines, args=(), command=("true",), code=0, stdin=b""):
        self.serve(LIST, ("POST", EXEC, fake.exec_lines(*lines)))
        return self.run_it("cluster", "exec", "demo", *args, "--", *command, code=code, stdin=stdin)

    END = {"exit": {"code": 0, "signal": None, "reason": "exited"}}

    def test_streams_and_bytes_are_passed_on(self):
        out, err = self.execute({"stream": "stdout", "data": "a\x1b[0m\n"}, {"stream": "stderr", "data": "e\n"},
                                {"stream": "stdout", "base64": "//79"}, self.END)
        self.assertEqual((out, err), ("a\x1b[0m\n\\xff\\xfe\\xfd", "e\n"))

    def test_exit_code_is_the_commands(self):
        for end, code in (({"code": 3, "signal": None, "reason": "exited"}, 3),
                          ({"code": 255, "signal": None, "reason": "exited"}, 255),
                          ({"code": None, "signal": 9, "reason": "signalled"}, 137),
                          ({"code": None, "signal": 15, "reason": "timeout", "detail": "600 s"}, 124),
                          ({"code": None, "signal": None, "reason": "cancelled"}, 125),
                          ({"code": None, "signal": None, "reason": "failed", "detail": "no such user"}, 125)):
            with self.subTest(end):
                if self.daemon:
                    self.daemon.stop()
                self.execute({"exit": end}, code=code)

    def test_request_has_all_that_was_said(self):
        self.execute(self.END, args=("--node", "n2", "--user", "u", "--env", "A=1", "--env", "B=x=y", "--cwd", "/d",
                                     "--timeout", "1.5s", "--unit", "--stdin"),
                     command=("sh", "-c", "--", "--json"), stdin="grün".encode())
        (post,) = self.sent("POST")
        self.assertEqual(json.loads(post.body), {
            "node": "n2", "user": "u", "env": {"A": "1", "B": "x=y"}, "cwd": "/d", "timeout": "1500000000ns",
            "unit": True, "stdin": "grün", "command": ["sh", "-c", "--", "--json"]})
        self.assertIsNone(post.headers["Idempotency-Key"])

    def test_stdin_of_bytes_goes_as_base64(self):
        self.execute(self.END, args=("--stdin",), stdin=b"\xff\x00a")
        self.assertEqual(json.loads(self.sent("POST")[0].body)["stdinBase64"], "/wBh")

    def test_stdin_that_is_too_much_is_told_before_it_is_sent(self):
        _, err = self.execute(self.END, args=("--stdin",), stdin=b"\xff" * 900000, code=125)
        self.assertIn("the daemon takes 1024", err)
        self.assertEqual(self.sent("POST"), [])

    def test_json_is_the_stream_as_it_is(self):
        out, _ = self.execute({"stream": "stdout", "data": "a\n"}, self.END, args=("--json",))
        self.assertEqual([json.loads(line) for line in out.splitlines()],
                         [{"stream": "stdout", "data": "a\n"}, self.END])

    def test_streams_that_break_are_125_after_what_came(self):
        output = {"stream": "stdout", "data": "a\n"}
        for lines, reason in (((output, None), "ended before the reply did"),
                              ((output,), "before the command's end"),
                              ((output, b'{"exit": '), "in the middle of a line"),
                              ((output, b"garbage\n"), "a line that is no JSON"),
                              ((output, {"what": 1}), "neither output nor exit"),
                              ((output, {"stream": "stdout", "base64": "?"}), "broken base64"),
                              ((output, b"x" * (5 << 20)), "more than 4 MiB")):
            with self.subTest(reason):
                if self.daemon:
                    self.daemon.stop()
                out, err = self.execute(*lines, code=125)
                self.assertEqual(out, "a\n")
                self.assertIn(reason, err)

    def test_cluster_that_is_not_there_is_125(self):
        self.serve(("GET", r"/v1/clusters\?.*", fake.items()))
        _, err = self.run_it("cluster", "exec", "demo", "--", "true", code=125)
        self.assertIn("no cluster 'demo'", err)

    def test_output_comes_as_it_is_written(self):
        go_on = threading.Event()

        def slow(handler, _):
            handler.begin_stream("application/x-ndjson")
            handler.chunk(b'{"stream":"stdout","data":"first\\n"}\n')
            go_on.wait(20)
            handler.chunk(json.dumps(self.END).encode() + b"\n")
            handler.end_stream()
        self.serve(LIST, ("POST", EXEC, slow))
        run = self.start("cluster", "exec", "demo", "--", "true")
        self.assertEqual(run.stdout.readline(), b"first\n")
        go_on.set()
        run.communicate(timeout=10)
        self.assertEqual(run.returncode, 0)

    def test_interrupt_closes_the_connection(self):
        closed = threading.Event()

        def endless(handler, _):
            handler.begin_stream("application/x-ndjson")
            handler.chunk(b'{"stream":"stdout","data":"first\\n"}\n')
            if handler.rfile.read(1) == b"":
                closed.set()
            handler.close_connection = True
        self.serve(LIST, ("POST", EXEC, endless))
        run = self.start("cluster", "exec", "demo", "--", "sleep", "60")
        run.stdout.readline()
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=10)
        self.assertEqual(run.returncode, 130)
        self.assertTrue(closed.wait(10))


class Images(PeerTest):
    def build(self, *more, last=fake.IMAGE, code=0):
        story = fake.Story([(0, fake.BUILDING | {"progress": "I: one"}),
                            (0.3, fake.BUILDING | {"progress": "I: \x1btwo"}), (0.6, last)])
        self.serve(("POST", "/v1/images", lambda h, m: h.json(202, story.now())),
                   ("GET", r"/v1/images/aaaa0001(\?.*)?", story.answer))
        return self.run_it("image", "build", "debian-bookworm", *more, code=code)

    def test_build_shows_progress_and_prints_the_id(self):
        out, err = self.build("--rebuild")
        self.assertEqual(out, "aaaa0001\n")
        self.assertEqual(err, "… I: one\n… I: \\x1btwo\n"
                              "✓ image debian-bookworm ready: 700 MiB, 312 packages, sha256:5e5e5e5e5e5e\n")
        self.assertEqual(json.loads(self.sent("POST")[0].body), {"recipe": "debian-bookworm", "rebuild": True})

    def test_build_for_workloads(self):
        self.build("--workload", "iperf3", "--workload=fio")
        self.assertEqual(json.loads(self.sent("POST")[0].body),
                         {"recipe": "debian-bookworm", "workloads": ["iperf3", "fio"]})

    def test_show_tells_the_workloads(self):
        self.serve(("GET", r"/v1/images/x(\?.*)?", lambda h, m: h.json(200, fake.IMAGE | {"workloads": ["fio", "iperf3"]})))
        out, _ = self.run_it("image", "show", "x")
        self.assertRegex(out, r"(?m)^workloads +fio, iperf3$")

    def test_build_no_wait(self):
        self.assertEqual(self.build("--no-wait"), ("aaaa0001\n", ""))
        self.assertEqual(self.sent("GET"), [])

    def test_build_that_fails_says_why(self):
        failed = fake.BUILDING | {"state": "failed", "error": {"type": "system", "detail": "no space left"}}
        out, err = self.build(last=failed, code=6)
        self.assertEqual(out, "")
        self.assertIn("image aaaa0001 failed: no space left", err)

    def layered(self, *words, code=0):
        """What is sent for an image with layers: the bodies of its inputs, and the request."""
        self.serve(("POST", r"/v1/inputs(\?.*)?", answer(201, fake.INPUT)),
                   ("POST", "/v1/images", answer(200, fake.IMAGE)))
        _, err = self.run_it("image", "build", "debian-bookworm", *words, code=code, env={"PATH": os.environ["PATH"]})
        if code:
            self.assertEqual(self.sent("POST"), [])
            return err
        *inputs, image = self.sent("POST")
        return inputs, json.loads(image.body)

    def tree(self, name):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.join(path, "bin"))
        for file in ("bin/tool", "a"):
            with open(os.path.join(path, file), "w", encoding="utf-8") as f:
                f.write(file)
            os.utime(os.path.join(path, file), (1, 1))
        for directory in ("bin", "."):
            os.utime(os.path.join(path, directory), (2, 2))
        return path

    def test_build_packs_a_directory_the_same_way_each_time(self):
        one, other = self.tree("one"), self.tree("other")
        inputs, request = self.layered("--layer", f"tool={one}", "--layer", f"more={other}:/opt/more",
                                       "--package", "less", "--package", "gawk", "--name", "own")
        self.assertEqual([i.path for i in inputs], ["/v1/inputs?name=tool", "/v1/inputs?name=more"])
        self.assertEqual(inputs[0].body, inputs[1].body)
        with tarfile.open(fileobj=io.BytesIO(inputs[0].body)) as tar:
            self.assertEqual(tar.getnames(), [".", "./a", "./bin", "./bin/tool"])
            self.assertEqual({(m.uid, m.gid) for m in tar}, {(0, 0)})
        self.assertEqual(request, {
            "recipe": "debian-bookworm", "name": "own", "packages": ["less", "gawk"],
            "layers": [{"name": "tool", "input": fake.INPUT["digest"], "prefix": os.path.realpath(one)},
                       {"name": "more", "input": fake.INPUT["digest"], "prefix": "/opt/more"}]})

    def test_build_sends_a_tar_as_it_is(self):
        path = os.path.join(self.dir, "tool.tar.zst")
        with open(path, "wb") as f:
            f.write(b"whatever it is")
        inputs, request = self.layered("--layer", f"tool={path}:/opt/tool")
        self.assertEqual([i.body for i in inputs], [b"whatever it is"])
        self.assertEqual(request["layers"][0]["prefix"], "/opt/tool")

    def test_build_with_a_layer_of_no_use_sends_nothing(self):
        path = os.path.join(self.dir, "tool.tar")
        with open(path, "wb"):
            pass
        self.assertIn(f"say it as tool={path}:/opt/tool", self.layered("--layer", f"tool={path}", code=2))
        self.assertIn("No such file", self.layered("--layer", "tool=/nowhere:/opt/tool", code=2))
        self.assertIn("KEY=VALUE", self.layered("--layer", "tool", code=2))
        self.assertIn("NAME=DIRECTORY", self.layered("--layer", "tool=", code=2))

    def test_rm_of_an_image_in_use(self):
        self.serve(("DELETE", "/v1/images/debian-bookworm",
                    lambda h, m: h.problem(409, "conflict", "cluster 1f2e3d4c uses it")))
        _, err = self.run_it("image", "rm", "debian-bookworm", code=5)
        self.assertIn("cluster 1f2e3d4c uses it", err)

    def test_rm(self):
        self.serve(("DELETE", "/v1/images/sha256:5e", lambda h, m: h.reply(204)))
        self.assertEqual(self.run_it("image", "rm", "sha256:5e"), ("", ""))

    def test_export_and_import_carry_every_byte(self):
        content = os.urandom(3 << 20)
        target = os.path.join(self.dir, "image")
        self.serve(("GET", "/v1/images/debian-bookworm/content",
                    lambda h, m: h.reply(200, content, "application/vnd.benchd.image")),
                   ("POST", "/v1/images/import", answer(201, fake.IMAGE)))
        self.run_it("image", "export", "debian-bookworm", target)
        with open(target, "rb") as f:
            self.assertEqual(f.read(), content)
        self.assertEqual(os.listdir(self.dir).count("image.part"), 0)
        self.assertEqual(self.run_it("image", "import", target)[0], "aaaa0001\n")
        self.assertEqual(self.run_it("image", "import", "-", stdin=content)[0], "aaaa0001\n")
        for post in self.sent("POST"):
            self.assertEqual(post.body, content)
            self.assertEqual(post.headers["Content-Type"], "application/vnd.benchd.image")

    def test_export_that_breaks_leaves_no_file(self):
        def broken(handler, _):
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"x" * 10)
            handler.wfile.flush()
            handler.hang_up()
        target = os.path.join(self.dir, "image")
        self.serve(("GET", "/v1/images/a/content", broken))
        self.run_it("image", "export", "a", target, code=1)
        self.run_it("image", "export", "b", target, code=4)
        self.assertEqual([f for f in os.listdir(self.dir) if f.startswith("image")], [])


class Inputs(PeerTest):
    def test_add_carries_every_byte_and_prints_the_digest(self):
        content, path = os.urandom(300000), os.path.join(self.dir, "log of März.swf")
        with open(path, "wb") as f:
            f.write(content)
        self.serve(("POST", r"/v1/inputs(\?.*)?", answer(201, fake.INPUT)))
        self.assertEqual(self.run_it("input", "add", path), (fake.INPUT["digest"] + "\n", ""))
        self.run_it("input", "add", "-", stdin=content)
        named, nameless = self.sent("POST")
        self.assertEqual((named.path, nameless.path), ("/v1/inputs?name=log_of_M__rz.swf", "/v1/inputs"))
        for post in (named, nameless):
            self.assertEqual(post.body, content)
            self.assertEqual(post.headers["Content-Type"], "application/octet-stream")

    def test_ls(self):
        nameless = fake.INPUT | {"id": "4d5e6f71", "name": None, "digest": "sha256:" + "6f" * 32}
        self.serve(("GET", r"/v1/inputs\?limit=500", fake.items(fake.INPUT, nameless)))
        out, _ = self.run_it("input", "ls")
        head, one, two = out.splitlines()
        self.assertEqual(head.split(), ["ID", "NAME", "SIZE", "AGE", "DIGEST"])
        self.assertEqual(one.split()[:4], ["4d5e6f70", "log.swf", "2", "KiB"])
        self.assertEqual(two.split()[:2], ["4d5e6f71", "-"])
        self.assertIn(fake.INPUT["digest"], one)
        self.assertEqual(self.run_it("input", "ls", "--quiet")[0], f"{fake.INPUT['digest']}\n{nameless['digest']}\n")

    def test_rm(self):
        self.serve(("DELETE", "/v1/inputs/4d5e6f70", lambda h, m: h.reply(204)),
                   ("DELETE", "/v1/inputs/4d5e6f71",
                    lambda h, m: h.problem(409, "conflict", "needed by campaigns: 5a6b7c8d")))
        self.assertEqual(self.run_it("input", "rm", "4d5e6f70"), ("", ""))
        self.assertIn("5a6b7c8d", self.run_it("input", "rm", "4d5e6f71", code=5)[1])


class Events(PeerTest):
    def test_past_events_are_read_page_by_page(self):
        pages = {"0": ([1, 2], "2"), "2": ([3], None)}

        def page(handler, match):
            numbers, following = pages[match[1]]
            handler.json(200, {"items": [fake.event(n, "step", step="\x1bx") for n in numbers], "next": following})
        self.serve(("GET", r"/v1/events\?limit=500&since=(\d+)", page))
        out, _ = self.run_it("events")
        self.assertEqual([line.split()[0] for line in out.splitlines()], ["1", "2", "3"])
        self.assertIn("step=\\x1bx", out)

    def test_follow_goes_on_where_the_connection_broke(self):
        def stream(handler, _):
            begin = int(handler.headers.get("Last-Event-ID", 0))
            handler.begin_stream("text/event-stream")
            handler.chunk(b": heartbeat\n\n")
            handler.chunk(fake.sse(fake.event(begin + 1, "step")))
            half = fake.sse(fake.event(begin + 2, "step"))
            handler.chunk(half[:20])
            handler.hang_up()
        self.serve(("GET", r"/v1/events\?since=0", stream))
        follow = self.start("events", "--follow", "--json")
        numbers = [json.loads(follow.stdout.readline())["seq"] for _ in range(3)]
        follow.send_signal(signal.SIGINT)
        _, err = follow.communicate(timeout=10)
        self.assertEqual(follow.returncode, 130)
        self.assertEqual(numbers, [1, 2, 3])
        self.assertNotIn(b"interrupted", err)

    def test_follow_of_something_else_is_refused(self):
        self.serve(("GET", r"/v1/events\?since=4", answer(200, {"items": [], "next": None})))
        _, err = self.run_it("events", "--follow", "--since", "4", code=1)
        self.assertIn("is no stream of events", err)


if __name__ == "__main__":
    unittest.main()
