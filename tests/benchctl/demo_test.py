#!/usr/bin/env python3
"""What ./run demo shows, and what it says and does when Ctrl-C ends it: the script itself, with the
programs that it calls stood in for by functions of the shell.
"""
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

STAND_INS = """
set -euo pipefail
ROOT=$1 runs=$2 state=$3 residue=${4:-true} campaign=done watched=${5:-} watches=$6
. "$ROOT/tools/run.d/common.sh"
. "$ROOT/tools/run.d/demo.sh"
cmd_setup() { :; }
cmd_build() { :; }
daemon_runs() { [[ $runs == yes ]]; }
run_as_root()
{
    printf 'root: %s\\n' "$*" >&2
    [[ $1 != up ]] || runs=yes
}
benchctl()
{
    case $* in
    "--json image ls") printf '{"items": [{"name": "debian-bookworm", "state": "%s"}]}' "$state" ;;
    "--json campaign ls")
        printf '{"items": [{"name": "demo", "id": "5a6b7c8d", "state": "%s"},
            {"name": "other", "id": "00000001", "state": "running"}]}' "$campaign"
        ;;
    "campaign submit $ROOT/docs/examples/demo.yaml") echo 5a6b7c8d ;;
    "campaign watch 5a6b7c8d")
        printf 'watch: %s\\n' "$campaign" >>"$watches"
        [[ $campaign != cancelling ]] || return 6
        campaign=running
        [[ $watched != interrupt ]] || kill -INT $$
        [[ -z $watched ]] || return "${watched/interrupt/130}"
        campaign=done
        ;;
    "campaign cancel 5a6b7c8d") campaign=cancelling ;;
    "campaign analyse 5a6b7c8d") echo "verdict: exploratory, because" ;;
    "campaign runs 5a6b7c8d") echo "RUN  BLOCK" ;;
    "--json campaign runs 5a6b7c8d")
        printf '{"items": [{"residue": {"empty": true, "differences": []}}, {"residue": {"empty": %s}}]}' "$residue"
        ;;
    "image build debian-bookworm")
        state=building
        kill -INT $$
        return 130
        ;;
    *) return 1 ;;
    esac
}
cmd_demo
"""


@unittest.skipUnless(shutil.which("jq"), "jq is not installed")
class Demo(unittest.TestCase):
    def demo(self, *words, code=130):
        with tempfile.NamedTemporaryFile("r") as watches:
            words = [*words, *["", "", "true", ""][len(words):]]
            done = subprocess.run(["bash", "-c", STAND_INS, "demo", ROOT, *words, watches.name], capture_output=True,
                                  stdin=subprocess.DEVNULL, text=True, timeout=60, check=False)
            self.watches = watches.read().splitlines()
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout, done.stderr

    def test_with_a_daemon_of_the_demos_own_the_build_ends(self):
        out, err = self.demo("no", "missing")
        self.assertIn("Ctrl-C ends the demo and says what becomes of it", out)
        self.assertIn("the build of debian-bookworm ends with the daemon", err)
        self.assertIn("-> ./run demo builds it anew", err)
        self.assertIn("root: down", err)

    def test_with_a_daemon_that_ran_before_the_build_goes_on(self):
        _, err = self.demo("yes", "missing")
        self.assertIn("debian-bookworm goes on being built by the daemon", err)
        self.assertIn("-> ./run benchctl image ls tells when it is ready", err)
        self.assertNotIn("root: down", err)

    def test_it_shows_the_comparison_and_that_nothing_is_left(self):
        out, err = self.demo("no", "ready", code=0)
        self.assertLess(out.index("verdict: exploratory"), out.index('"empty": true'))
        self.assertIn("./run benchctl campaign runs 5a6b7c8d ", out)
        self.assertNotIn("root: down", err)

    def test_ctrl_c_cancels_the_campaign_and_waits_until_its_runs_are_gone(self):
        out, err = self.demo("no", "ready", "true", "interrupt")
        self.assertEqual(self.watches, ["watch: done", "watch: cancelling"])
        self.assertNotIn("verdict", out)
        self.assertIn("root: down", err)

    def test_runs_that_failed_or_left_something_end_it(self):
        out, err = self.demo("yes", "ready", "true", "6", code=1)
        self.assertIn("RUN  BLOCK", out)
        self.assertIn("error: not all runs of the demo were measured", err)
        _, err = self.demo("yes", "ready", "false", code=1)
        self.assertIn("error: a run left something behind on this host", err)


if __name__ == "__main__":
    unittest.main()
