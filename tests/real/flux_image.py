"""An image with Flux, for tests and figures: a layer from BENCHD_FLUX_PREFIX (/opt/flux)."""
import os
import subprocess
from pathlib import Path

from daemon import BUILD

PREFIX = Path(os.environ.get("BENCHD_FLUX_PREFIX", "/opt/flux"))
BENCHCTL = BUILD / "clients" / "benchctl" / "benchctl"
RECIPE = "debian-bookworm"
IMAGE = f"{RECIPE}-flux"
# What flux-core and flux-sched are linked with on Debian 12 beside what the recipe has, and what their commands import.
PACKAGES = ["libarchive13", "libboost-graph1.74.0", "libjansson4", "liblua5.3-0", "libpython3.11", "libyaml-cpp0.7",
            "libzmq5", "python3", "python3-cffi", "python3-yaml"]
PATIENCE = 900


def there():
    return (PREFIX / "bin" / "flux").exists()


def fluxion_there():
    return (PREFIX / "lib/flux/modules/sched-fluxion-qmanager.so").exists()


def build(socket, *more, recipe=RECIPE, packages=PACKAGES, code=0):
    """What benchctl says: the image's id, or why not."""
    words = [word for package in packages for word in ("--package", package)]
    argv = [BENCHCTL, "--socket", socket, "image", "build", recipe, "--layer", f"flux={PREFIX}", *words, *more]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout.strip() if code == 0 else done.stderr
