#!/usr/bin/env python3
"""Quantiles of gamma distributions of scale 1, by arithmetic of 40 digits and more.

    make.py            write gamma.json beside this file
    make.py --check    compare instead; 0 when the file is as it would be written

Needs mpmath (Debian: python3-mpmath); its version is in the file. Nothing needs it to build or test. Every
value is computed with two precisions, which must agree.
"""
import json
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf

SHAPES = [0.1, 0.3, 0.9, 1, 1.5, 3.8351, 6.1271, 6.57, 15.9, 16, 40, 639.1, 5000, 10000]
PROBABILITIES = [2**-53, 1e-9, 1e-3, 0.05, 0.3, 0.4999, 0.5, 0.51, 0.7, 0.95, 0.999, 1 - 1e-9, 1 - 2**-53]


def below(a, x):
    return mpmath.gammainc(a, 0, x, regularized=True)


def first_guess(a, p):
    """By halving ln x, with few digits."""
    digits, mp.dps = mp.dps, 20
    low, high = mpf(-500), mpmath.log(a * 4 + 100)
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if below(a, mpmath.exp(middle)) > p else (middle, high)
    mp.dps = digits
    return mpmath.exp(low)


def quantile(a, p):
    """Newton's steps, each of which doubles the digits."""
    x = first_guess(a, p)
    for _ in range(6):
        density = mpmath.exp((a - 1) * mpmath.log(x) - x - mpmath.loggamma(a))
        x -= (below(a, x) - p) / density
    return x


def agreed(a, p):
    values = []
    for digits in (40, 55):
        mp.dps = digits
        values.append(quantile(mpf(a), mpf(p)))
    one, two = values
    assert abs(one - two) <= mpf(10) ** -20 * two, (a, p, one, two)
    return float(two)


def written():
    rows = [[a, p, agreed(a, p)] for a in SHAPES for p in PROBABILITIES]
    lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    return (f'{{\n  "mpmath": "{mpmath.__version__}",\n'
            f'  "columns": ["shape", "probability", "quantile"],\n  "rows": [\n{lines}\n  ]\n}}\n')


def main(arguments):
    file = Path(__file__).with_name("gamma.json")
    if arguments == ["--check"]:
        sys.exit(0 if file.read_text() == written() else f"{file.name} is not what {Path(__file__).name} writes")
    if arguments:
        sys.exit(__doc__)
    file.write_text(written())


main(sys.argv[1:])
