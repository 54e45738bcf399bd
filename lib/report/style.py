#!/usr/bin/env python3
"""Writes report.css as a C string, without comments and indentation: style.py OUT FILE."""
import json
import pathlib
import re
import sys

out, file = map(pathlib.Path, sys.argv[1:])
css = re.sub(r"/\*.*?\*/", "", file.read_text("ascii"), flags=re.DOTALL)
lines = [line.strip() for line in css.splitlines() if line.strip()]
# JSON's escapes of ASCII text are C's too.
text = "\n".join(f"    {json.dumps(line + chr(10))}" for line in lines)
out.write_text(f'#include "lib/report/doc.h"\n\nconst char report_style[] =\n{text};\n')
