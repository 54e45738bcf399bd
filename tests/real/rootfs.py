"""Prints the root of the image that all tests on the real host share; builds it where there is none.
For BENCHD_TEST_ROOTFS, which the tests of lib/virt and lib/channel read."""
import sqlite3

from conftest import CACHE, Images


def main():
    Images().prepare()
    with sqlite3.connect(CACHE / "benchd.db") as db:
        (digest,) = db.execute(
            "SELECT digest FROM image WHERE state = 'ready' ORDER BY created_ns DESC LIMIT 1"
        ).fetchone()
    print(CACHE / "images" / digest.removeprefix("sha256:") / "rootfs")


if __name__ == "__main__":
    main()
