#!/usr/bin/env python3
"""example_test.py EXAMPLE BENCHD: the example has every key, once, with its default."""
import os
import re
import subprocess
import sys
import tempfile

KEY = re.compile(r"^#(\w+ =.*)$", re.MULTILINE)


def configuration(benchd, text):
    """What benchd makes of a configuration, as {key: value}."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BENCHD_")}
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            [benchd, "--config", file.name, "--check-config"],
            env=environment, capture_output=True, text=True, check=True,
        )
    return dict(line.split(" = ", 1) for line in done.stdout.splitlines())


def main(example, benchd):
    with open(example, encoding="utf-8") as file:
        text = file.read()
    lines = KEY.findall(text)
    names = [line.split(" ")[0] for line in lines]
    defaults = configuration(benchd, "")
    assert sorted(names) == sorted(defaults), set(names) ^ set(defaults)
    assert configuration(benchd, text) == defaults, "the example as it is changes something"
    assert configuration(benchd, "\n".join(lines)) == defaults, "a value in the example is not the default"


main(*sys.argv[1:])
