"""Checks of the pages in Debian's Chromium: node runs one of browser/check.mjs, and asks for what it needs."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import served

HERE = Path(__file__).resolve().parent
CHROMIUM = os.environ.get("BENCHD_CHROMIUM", "/usr/bin/chromium")
PACKAGES = served.ROOT / "clients" / "dashboard" / "node_modules"


def missing():
    """Why pages can't be looked at here; None where they can."""
    if not shutil.which("node"):
        return "there is no node"
    if not Path(CHROMIUM).exists():
        return f"there is no {CHROMIUM}: ./run setup --tests brings it"
    if not (PACKAGES / "playwright-core").exists():
        return "the dashboard is not built (-Dui)"
    return None


def check_report(daemon, campaign, dir, metric, **args):
    """Opens a campaign's report.html as the file that it is, without a network: its bytes, and what was measured."""
    reply = daemon.api.get(f"/v1/campaigns/{campaign}/report?format=html")
    assert reply.status == 200, reply
    file = Path(dir) / "report.html"
    file.write_bytes(reply.body)
    charts = ["medians with their intervals", "distributions", "boxes"]
    (found,) = check("report", daemon.port, file=str(file), titles=[f"{metric}: {chart}" for chart in charts],
                     **args)
    return {"bytes": len(reply.body)} | found


def check(name, port, answers=None, patience=300, **args):
    """Runs a check against the daemon at that port; answers[what]() does what it asks for. What it measured, as a list."""
    argv = ["node", str(HERE / "browser" / "check.mjs"), name, f"http://127.0.0.1:{port}", json.dumps(args)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    figures = []
    try:
        for line in process.stdout:
            said = json.loads(line)
            if "ask" in said:
                process.stdin.write(json.dumps(answers[said["ask"]]()) + "\n")
                process.stdin.flush()
            else:
                figures.append(said["figure"])
        process.wait(patience)
        words = process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 0, f"{name}:\n{words[-6000:]}"
    return figures
