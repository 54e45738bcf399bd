#!/usr/bin/env python3
"""What holds for benchctl whatever the command: peers that speak well and badly or not at all, terminals,
shells, files, and what is said of it.
"""
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import time
import unittest

import fake_daemon as fake
from peer import BENCHCTL, LIST, SHOW, PeerTest


class Doctor(PeerTest):
    def benchd(self, output, code=0):
        path = os.path.join(self.dir, "benchd")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\n[ \"$*\" = '--check-host' ] || exit 9\n"
                    f"printf '%s' '{output}'\nexit {code}\n")
        os.chmod(path, 0o755)

    def test_checks_of_the_daemon(self):
        self.serve(("GET", r"/v1/hosts\?.*", fake.items(fake.HOST)))
        out, _ = self.run_it("doctor")
        self.assertIn("! warn  inotify-instances  fs.inotify.max_user_instances is 128; more than 20 nodes need more\n"
                      "                           to mend: ./run host\n", out)
        self.assertIn("1 ok, 1 to look at, 0 wrong", out)

    def test_what_was_not_tried_is_not_ok(self):
        kvm = {"id": "kvm", "ok": True, "level": "info", "summary": "/dev/kvm can be opened; not tried",
               "remedy": None}
        self.serve(("GET", r"/v1/hosts\?.*", fake.items(fake.HOST | {"checks": [kvm]})))
        out, _ = self.run_it("doctor")
        self.assertEqual(out, "· info  kvm  /dev/kvm can be opened; not tried\n\n0 ok, 0 to look at, 0 wrong\n")

    def test_an_error_of_the_host_is_8(self):
        check = {"id": "libvirt", "ok": False, "level": "error", "summary": "no answer", "remedy": "start it"}
        self.serve(("GET", r"/v1/hosts\?.*", fake.items(fake.HOST | {"checks": [check]})))
        out, _ = self.run_it("doctor", code=8)
        self.assertIn("✗ fail  libvirt  no answer\n                 to mend: start it\n", out)
        out, _ = self.run_it("doctor", "--json", code=8)
        self.assertEqual(json.loads(out)["items"][0]["checks"], [check])

    def test_without_a_daemon_the_program_is_asked(self):
        self.benchd(json.dumps(fake.HOST))
        out, _ = self.run_it("doctor")
        self.assertIn("! warn  daemon ", out)
        self.assertIn("can't be reached", out)
        self.assertIn("✓ ok    libvirt", out)
        out, err = self.run_it("doctor", "--json")
        self.assertEqual(json.loads(out)["items"], [fake.HOST])
        self.assertIn("can't be reached", err)

    def test_without_a_daemon_and_a_program(self):
        if any(os.access(f"{d}/benchd", os.X_OK) for d in ("/usr/local/sbin", "/usr/sbin", "/sbin")):
            self.skipTest("benchd is installed on this machine")
        _, err = self.run_it("doctor", code=3)
        self.assertIn("benchd is not in PATH either", err)

    def test_a_program_that_breaks(self):
        self.benchd("no json", code=1)
        _, err = self.run_it("doctor", code=1)
        self.assertIn("--check-host ended with 1 and printed no JSON", err)


class Peers(PeerTest):
    """What may sit at the other end."""

    def test_nobody(self):
        _, err = self.run_it("cluster", "ls", code=3)
        self.assertIn("the daemon can't be reached at unix://", err)
        self.assertIn("No such file or directory", err)
        self.run_it("--url", "http://127.0.0.1:1", "cluster", "ls", code=3, where=False)

    def test_garbage(self):
        def garbage(handler, _):
            handler.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
            handler.hang_up()
        self.serve(("GET", r"/v1/clusters\?.*", garbage))
        self.run_it("cluster", "ls", code=1)

    def test_json_that_is_none(self):
        for body in (b"", b"<html>", b'{"items": []', b'"text"', b"[]", b'{"items": 3}'):
            with self.subTest(body):
                if self.daemon:
                    self.daemon.stop()
                self.serve(("GET", r"/v1/clusters\?.*", lambda h, m, b=body: h.reply(200, b)))
                self.run_it("cluster", "ls", code=1)

    def test_error_that_is_no_problem(self):
        self.serve(("GET", r"/v1/clusters\?.*", lambda h, m: h.reply(502, b"<b>\x1b[31mno</b>", "text/html")))
        _, err = self.run_it("cluster", "ls", code=1)
        self.assertIn("benchctl: cluster ls: HTTP 502, without a word of benchd's: '<b>", err)
        self.assertNotIn("\x1b", err)

    def test_reply_that_breaks_is_asked_for_again(self):
        def flaky(handler, match):
            if len(self.daemon.requests) > 1:
                return fake.items()(handler, match)
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            return handler.hang_up()
        self.serve(("GET", r"/v1/clusters\?.*", flaky))
        self.run_it("cluster", "ls", "--quiet")
        self.assertEqual(len(self.daemon.requests), 2)

    def test_silence_ends_at_the_timeout(self):
        self.serve(("GET", r"/v1/clusters\?.*", lambda h, m: time.sleep(5)))
        begun = time.monotonic()
        self.run_it("--timeout", "0.3", "cluster", "ls", code=124)
        self.assertLess(time.monotonic() - begun, 4)

    def test_address_by_environment_and_flags(self):
        self.serve(("GET", r"/v1/clusters\?.*", fake.items()))
        env = {"BENCHD_URL": f"unix://{self.socket}"}
        self.run_it("cluster", "ls", where=False, env=env)
        self.run_it("--socket", "/nowhere", "cluster", "ls", where=False, env=env, code=3)
        self.run_it("cluster", "ls", where=False, env={"BENCHD_URL": "ftp://x"}, code=2)
        self.run_it("--url", "http://x", "cluster", "ls", code=2)
        self.run_it("cluster", "frobnicate", code=2)


class Files(PeerTest):
    """Files that are named on the command line."""

    def test_a_file_that_can_not_be_read_is_told_before_anything_is_asked(self):
        self.serve()
        missing, directory = os.path.join(self.dir, "missing"), self.dir
        for args in (("cluster", "up", "--file"), ("image", "import")):
            for path, why in ((missing, "No such file or directory"), (directory, "Is a directory")):
                with self.subTest((args, why)):
                    _, err = self.run_it(*args, path, code=2)
                    self.assertEqual(err, f"benchctl: {' '.join(args[:2])}: can't read {path}: {why}; "
                                          "name a file that can be read\n")
        self.assertEqual(self.daemon.requests, [])


class Completion(PeerTest):
    """The scripts, in the shells that they are for; and the words that they ask for."""

    CLUSTERS = ("GET", r"/v1/clusters\?.*", fake.items(
        fake.cluster(), fake.cluster(id="aaaa2222", name=None), fake.cluster(id="aaaa3333", name="$(id)")))
    IMAGES = ("GET", r"/v1/images\?.*", fake.items(
        fake.IMAGE, fake.IMAGE | {"id": "aaaa0002"}, fake.IMAGE | {"id": "aaaa0003", "name": "mine"}))

    def complete(self, *words):
        """What bash offers after these words of a command line."""
        program = os.path.join(self.dir, "benchctl")
        if not os.path.exists(program):
            os.symlink(BENCHCTL, program)
        script = ('eval "$(benchctl completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _benchctl; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run([shutil.which("bash"), "-c", script, "bash", "benchctl", *words], check=True,
                              capture_output=True, text=True, timeout=60,
                              env=self.environment(BENCHD_URL=f"unix://{self.socket}"))
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_ids_and_names_are_offered(self):
        campaigns = [fake.campaign(), fake.campaign("done", id="5a6b0000")]
        self.serve(self.CLUSTERS, self.IMAGES, ("GET", r"/v1/campaigns\?.*", fake.items(*campaigns)),
                   ("GET", r"/v1/runs\?.*", lambda h, m: h.json(200, {"items": [fake.run(1)], "next": "more"})))
        for words, offered in ((("cluster", "show", ""), ["1f2e3d4c", "demo", "aaaa2222", "aaaa3333"]),
                               (("cluster", "down", "d"), ["demo"]),
                               (("image", "show", "d"), ["debian-bookworm"]),
                               (("image", "rm", "m"), ["mine"]),
                               (("cluster", "up", "--image", "aaaa0"), ["aaaa0001", "aaaa0002", "aaaa0003"]),
                               (("image", "build", "d"), ["debian-bookworm"]),
                               (("campaign", "show", "5"), ["5a6b7c8d", "5a6b0000"]),
                               (("campaign", "watch", "b"), ["backfill-or-not"]),
                               (("campaign", "export", "--format", "j"), ["json", "junit"]),
                               (("run", "export", "--format", ""), ["json", "csv", "swf"]),
                               (("run", "show", ""), ["eeee0001"]), (("run", "artifacts", "e"), ["eeee0001"])):
            with self.subTest(words):
                self.assertEqual([w for w in self.complete(*words) if not w.startswith("-")], offered)

    def test_without_a_daemon_nothing_is_offered_or_said(self):
        for words in (("cluster", "show", ""), ("image", "show", ""), ("image", "build", "")):
            with self.subTest(words):
                self.assertEqual([w for w in self.complete(*words) if not w.startswith("-")], [])

    def test_every_shell_takes_its_script_and_asks_for_the_words(self):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell):
                script, _ = self.run_it("completion", shell)
                for words in ("clusters", "images", "recipes", "campaigns", "runs", "inputs", "workloads"):
                    self.assertIn(f"benchctl --timeout 1 completion {words} 2>/dev/null", script)
                if program := shutil.which(shell):
                    done = subprocess.run([program, "-n"], input=script, capture_output=True, text=True,
                                          check=False)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))


class Terminal(PeerTest):
    """What is drawn when a person looks on."""

    def on_terminal(self, *args, columns=None, **env):
        controller, terminal = pty.openpty()
        if columns:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))
        with subprocess.Popen([BENCHCTL, "--socket", self.socket, *args], stdout=terminal, stderr=terminal,
                              stdin=subprocess.DEVNULL, env=self.environment(**env)) as program:
            os.close(terminal)
            seen = b""
            try:
                while piece := os.read(controller, 4096):
                    seen += piece
            except OSError:  # how Linux tells that the other side has closed
                pass
            os.close(controller)
        self.assertEqual(program.returncode, 0)
        return seen.decode()

    def test_live_line_and_colours(self):
        story = fake.Story(fake.BRING_UP, speed=5)
        self.serve(("POST", "/v1/clusters", lambda h, m: h.json(202, story.now())), ("GET", SHOW, story.answer))
        seen = self.on_terminal("cluster", "up", "--wait")
        self.assertIn("… nodes 2/5", seen)
        self.assertIn("\r\x1b[K\x1b[32m✓\x1b[0m nodes", seen)

    def test_live_line_of_a_campaign_has_the_step_under_way(self):
        story = fake.CampaignStory(fake.campaign_scenes(failing=(), seconds=2), speed=5)
        self.serve(*story.routes())
        story.begin()
        seen = self.on_terminal("campaign", "watch", "5a", columns=80)
        self.assertRegex(seen, r"… \d of 6 done, about \d+ s to go; eeee000\d ready  \d+ ms")
        self.assertIn("done; eeee0001 workload, 12 of 40 jobs ended, 20 submitted  ", seen)
        self.assertRegex(seen, r"\x1b\[32m✓\x1b\[0m run eeee0006  block 2  SchedulerType=\S+, compute=2  band[\w ]*…\r\n")
        waits = [r.path for r in self.daemon.requests if r.path.startswith("/v1/runs/") and "wait=" in r.path]
        self.assertGreater(len(waits), 3)  # not by asking again and again
        self.assertLess(len(self.daemon.requests), 100)

    def test_an_artifact_is_made_harmless_on_a_terminal(self):
        self.serve(("GET", "/v1/runs/eeee0001/artifacts/stdout",
                    lambda h, m: h.reply(200, b"a\x1b[31m\tb\n", "application/octet-stream")))
        self.assertEqual(self.on_terminal("run", "artifacts", "eeee0001", "stdout"), "a\\x1b[31m\tb\r\n")

    def test_an_export_is_made_harmless_on_a_terminal(self):
        self.serve(("GET", r"/v1/campaigns\?.*", fake.items(fake.campaign())),
                   ("GET", r"/v1/campaigns/5a6b7c8d/export\?format=csv",
                    lambda h, m: h.reply(200, b"run,reason\r\neeee0001,\x1b]0;owned\x07\r\n", "text/csv")))
        self.assertEqual(self.on_terminal("campaign", "export", "5a6b7c8d", "--format", "csv"),
                         "run,reason\r\neeee0001,\\x1b]0;owned\\x07\r\n")

    def test_tables_keep_to_a_narrow_terminal(self):
        self.serve(("GET", r"/v1/clusters\?.*", fake.items(fake.cluster(name="a-name-that-is-long"))),
                   ("GET", r"/v1/images\?.*", fake.items(fake.IMAGE)),
                   ("GET", r"/v1/hosts\?.*", fake.items(fake.HOST)))
        for command in (("cluster", "ls"), ("image", "ls"), ("doctor",)):
            with self.subTest(command):
                lines = self.on_terminal("--no-color", *command, columns=60).splitlines()
                self.assertEqual([line for line in lines if len(line) > 60], [])
        clusters, images = (self.on_terminal("--no-color", kind, "ls", columns=60) for kind in ("cluster", "image"))
        self.assertRegex(clusters, r"1f2e3d4c  a-name\S*…? +ready +5/5 ")
        self.assertRegex(images, r"aaaa0001  debian-bo\S*…? +ready +700 MiB ")
        doctor = " ".join(self.on_terminal("--no-color", "doctor", columns=60).split())
        self.assertIn("fs.inotify.max_user_instances is 128; more than 20 nodes need more to mend: ./run host", doctor)

    def test_no_colours_where_they_are_not_wanted(self):
        self.serve(LIST)
        self.assertIn("\x1b[", self.on_terminal("cluster", "ls"))
        self.assertIn("\x1b[", self.on_terminal("cluster", "ls", NO_COLOR=""))
        for args, env in ((("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})):
            with self.subTest((args, env)):
                self.assertNotIn("\x1b", self.on_terminal(*args, "cluster", "ls", **env))


class Documentation(unittest.TestCase):
    """docs/benchctl.md against what the program says of itself."""

    def test_every_command_option_and_exit_code_is_described(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/benchctl.md"),
                  encoding="utf-8") as f:
            page = f.read()
        text = subprocess.run([BENCHCTL, "help"], capture_output=True, check=True, text=True).stdout
        commands, exits = text.split("Commands\n")[1].split("\nOptions of")[0], text.split("Exit codes\n")[1]
        names = re.findall(r"^  ([a-z]+(?: [a-z]+(?=[ \n]))?)", commands, re.M)
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertIn(f"### `benchctl {name}", page)
            one = subprocess.run([BENCHCTL, "help", *name.split()], capture_output=True, check=True, text=True)
            for option in re.findall(r"^  (--[a-z-]+)", one.stdout, re.M):
                self.assertIn(option, page)
        for code, meaning in re.findall(r"^ +(\d+)  (.*)$", exits, re.M):
            self.assertIn(f"| {code} | {meaning} |", page)


if __name__ == "__main__":
    unittest.main()
