#!/usr/bin/env python3
"""benchctl swf check of what is far too long: told by line, in memory that does not grow with it."""
import gzip
import os
import subprocess
import sys
import tempfile
import unittest

from peer import BENCHCTL, PEAK, is_sanitized

MIB = 1 << 20
LINES = 10**7
JOB = "{0} {0} -1 60 4 -1 -1 4 120 -1 1 3 1 -1 -1 -1 -1 -1\n"
CHUNK = 10**5


def lines_of(text):
    """LINES of them, made as they are read: {0} is the number of each."""
    for first in range(1, LINES + 1, CHUNK):
        yield "".join(text.format(i) for i in range(first, first + CHUNK)).encode()


def check(pieces):
    """(code, stdout, stderr, peak of resident memory in bytes: 0 where a sanitizer has the most of it)"""
    with tempfile.TemporaryDirectory() as directory:
        peak = os.path.join(directory, "peak")
        with open(os.path.join(directory, "out"), "w+b") as out, open(os.path.join(directory, "err"), "w+b") as err:
            process = subprocess.Popen([sys.executable, "-c", PEAK, peak, BENCHCTL, "swf", "check", "-"],
                                       stdin=subprocess.PIPE, stdout=out, stderr=err)
            try:
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
            except BrokenPipeError:  # it has read enough
                pass
            code = process.wait()
            out.seek(0)
            err.seek(0)
            told = out.read().decode(), err.read().decode()
        with open(peak, encoding="ascii") as file:
            kib = int(file.read())
    print(f"{told[1].strip()}: {kib >> 10} MiB", file=sys.stderr)
    return code, *told, 0 if is_sanitized() else kib << 10


class TooLong(unittest.TestCase):
    def test_more_jobs_than_are_read(self):
        code, _, err, peak = check(lines_of(JOB))
        self.assertEqual(code, 1)
        self.assertIn("stdin: line 1000001: more than 1000000 jobs: cut the log into windows first", err)
        self.assertLess(peak, 400 * MIB)

    def test_as_many_faults_as_lines(self):
        code, out, err, peak = check(lines_of("{0} is no job\n"))
        self.assertEqual(code, 6)
        self.assertIn("stdin:100: 4 fields where there are 18\n9999900 more are not shown\n", out)
        self.assertIn("10000000 lines, 0 jobs, 10000000 faults", err)
        self.assertLess(peak, 40 * MIB)

    def test_a_comment_on_each_line(self):
        code, out, err, peak = check(lines_of("; Note: {0}\n"))
        self.assertEqual(code, 6)
        self.assertIn("stdin:1001: more than 1000 header lines: this one is passed over\n", out)
        self.assertIn("9999000 faults", err)
        self.assertLess(peak, 40 * MIB)

    def test_gzip_that_unpacks_to_more_than_any_log_has(self):
        member = gzip.compress(b" " * (64 * MIB))
        code, _, err, peak = check([member] * 80)
        self.assertEqual(code, 1)
        self.assertIn("line 1: more than 4 GiB of text", err)
        self.assertLess(peak, 40 * MIB)

    def test_gzip_of_nothing_but_zeros(self):
        code, _, err, peak = check([gzip.compress(b"\0" * (64 * MIB))] * 80)
        self.assertEqual(code, 2)
        self.assertIn("line 1: a NUL byte: this is no text", err)
        self.assertLess(peak, 40 * MIB)


if __name__ == "__main__":
    unittest.main()
