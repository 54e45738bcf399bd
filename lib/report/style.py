#!/usr/bin/env python3
"""Writes report.css as a C string, a rule a line and without comments: style.py OUT FILE."""
import json
import pathlib
import re
import sys

out, file = map(pathlib.Path, sys.argv[1:])
css = re.sub(r"/\*.*?\*/", "", file.read_text("ascii"), flags=re.DOTALL)
css = re.sub(r"\s*([{};])\s*", r"\1", re.sub(r"\s+", " ", css.strip()))
# JSON's escapes of ASCII text are C's too.
text = "\n".join(f"    {json.dumps(line + chr(10))}" for line in css.replace("}", "}\n").splitlines())
out.write_text(f'#include "lib/report/doc.h"\n\nconst char report_style[] =\n{text};\n')
