#!/usr/bin/env python3
"""Writes migrations/NNNN-name.sql as a C table: embed.py OUT FILE..."""
import json
import pathlib
import re
import sys

out, *files = sys.argv[1:]
rows = []
for number, path in enumerate(sorted(map(pathlib.Path, files), key=lambda p: p.name), start=1):
    match = re.fullmatch(r"(\d{4})-([a-z0-9-]+)\.sql", path.name)
    if not match or int(match[1]) != number:
        sys.exit(f"{path}: expected a file named {number:04}-NAME.sql, numbered without gaps")
    # JSON's escapes of ASCII text are C's too.
    lines = [f"     {json.dumps(line + chr(10))}" for line in path.read_text("ascii").splitlines()]
    rows.append("    {%s,\n%s},\n" % (json.dumps(path.stem), "\n".join(lines)))

pathlib.Path(out).write_text(
    '#include "lib/store/migrate.h"\n\n'
    f"const struct store_migration store_migrations[] = {{\n{''.join(rows)}}};\n"
    f"const int store_n_migrations = {len(rows)};\n"
)
