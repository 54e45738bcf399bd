#!/usr/bin/env python3
"""What ./run demo says when Ctrl-C ends it while its image is being built: the script itself, with
the programs that it calls stood in for by functions of the shell.
"""
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

STAND_INS = """
set -euo pipefail
ROOT=$1 runs=$2 state=missing
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
    "--json cluster ls") printf '{"items": []}' ;;
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
class InterruptedBuild(unittest.TestCase):
    def demo(self, daemon_runs):
        done = subprocess.run(["bash", "-c", STAND_INS, "demo", ROOT, daemon_runs], capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 130, done.stderr)
        return done.stdout, done.stderr

    def test_with_a_daemon_of_the_demos_own_the_build_ends(self):
        out, err = self.demo("no")
        self.assertIn("Ctrl-C ends the demo and says what becomes of it", out)
        self.assertIn("the build of debian-bookworm ends with the daemon", err)
        self.assertIn("-> ./run demo builds it anew", err)
        self.assertIn("root: down", err)

    def test_with_a_daemon_that_ran_before_the_build_goes_on(self):
        _, err = self.demo("yes")
        self.assertIn("debian-bookworm goes on being built by the daemon", err)
        self.assertIn("-> ./run benchctl image ls tells when it is ready", err)
        self.assertNotIn("root: down", err)


if __name__ == "__main__":
    unittest.main()
