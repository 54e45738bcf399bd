"""The dashboard in Chromium on real clusters and runs: brought up by its form, commanded, watched, taken down. What
is looked at is in clients/dashboard/tests/browser; tests/pages has what needs no cluster."""
import os
import shutil
import subprocess

import pytest

import host
from campaigns import AT_ONCE

LOOK_AT_HOST_ONCE = True
DAEMON = AT_ONCE
SOURCE = host.ROOT / "clients" / "dashboard"
VITEST = SOURCE / "node_modules" / "vitest" / "vitest.mjs"
CHROMIUM = os.environ.get("BENCHD_CHROMIUM", "/usr/bin/chromium")

if not VITEST.exists() or not shutil.which("node"):
    pytest.skip("the dashboard is not built (-Dui)", allow_module_level=True)
if not os.path.exists(CHROMIUM):
    pytest.skip(f"there is no {CHROMIUM}: ./run setup --tests brings it", allow_module_level=True)


@pytest.mark.parametrize("name", ["runs", "pages"])
def test_in_a_browser(daemon, campaigns, name):
    env = dict(os.environ, BENCHD_URL=f"http://127.0.0.1:{daemon.port}", BENCHD_CHROMIUM=CHROMIUM, NO_COLOR="1")
    command = ["node", str(VITEST), "run", "--config", "vitest.browser.config.ts", f"tests/browser/{name}.test.ts"]
    done = subprocess.run(command, cwd=SOURCE, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=280)
    assert done.returncode == 0, done.stdout[-8000:]
