#!/usr/bin/env python3
"""Vectors of figures that describe values, by SciPy, exact counting, and a bootstrap of its own.

    make_description.py            write samples.json and description.json beside this file
    make_description.py --check    compare instead; 0 when both are as they would be written

Needs SciPy and mpmath (Debian: python3-scipy, python3-mpmath). What SciPy has not, or only in single
precision, make_description.R makes of the same samples.

Values that are not there are null; infinite ones "inf" and "-inf".
"""
import bisect
import itertools
import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy
import scipy
from scipy import stats

WORD = (1 << 64) - 1
LONG = numpy.longdouble


def samples():
    r = numpy.random.RandomState(20231201)
    series = numpy.cumsum(r.normal(size=60))
    made = {
        "none": [], "one": [7.25], "two": [3.0, -1.0], "two equal": [2.0, 2.0], "three": [1.0, 4.0, 2.5],
        "three, two equal": [1.0, 1.0, 2.5], "four": [0.1, 0.2, 0.7, 0.4], "all equal": [0.1] * 7,
        "five": [2.0, 3.5, 1.0, 9.0, 4.25], "six": [1.2, 3.4, 2.2, 9.1, 4.4, 3.9], "rising": list(range(1, 10)), "falling": [-float(k) for k in range(8)],
        "to and fro": [1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 4.0, 6.0], "to and fro, long": [float(k * (-1) ** k) for k in range(40)],
        "ties": [3.0, 1.0, 3.0, 2.0, 2.0, 3.0, 1.0, 1.0, 2.0, 3.0], "two levels": [float(k % 3 == 0) for k in range(50)],
        "with gaps": [1.5, None, 0.25, None, None, 4.0, 3.0, 2.75, None],
        "only gaps": [None, None, None], "gaps and one": [None, 4.0],
        "infinite": [1.0, 2.0, "inf", 4.0, 3.0], "both infinite": ["-inf", 1.0, "inf", 2.0],
        "normal 9": r.normal(10, 2, 9), "normal 10": r.normal(10, 2, 10), "normal 11": r.normal(10, 2, 11),
        "normal 12": r.normal(10, 2, 12), "normal 50": r.normal(0, 1, 50), "normal 51": r.normal(0, 1, 51),
        "normal 5000": numpy.round(r.normal(100, 15, 5000), 3), "normal 5001": numpy.round(r.normal(100, 15, 5001), 3),
        "lognormal 30": r.lognormal(0, 1, 30), "lognormal 300": r.lognormal(0, 1, 300), "exponential 20": r.exponential(3, 20),
        "uniform 100": r.uniform(0, 1, 100), "outlier": [*r.normal(5, 0.1, 25), 50.0], "walk 60": series, "walk 9": series[:9],
        "whole seconds 200": numpy.round(r.lognormal(2, 0.4, 200)), "whole seconds 1500": numpy.round(r.lognormal(2, 0.4, 1500)),
        "drift 700": r.normal(0, 1, 700) + 0.002 * numpy.arange(700), "bimodal 40": numpy.where(r.uniform(size=40) < 0.5, 1, 9) + r.normal(size=40),
        "far from 0": 1e9 + r.normal(0, 1e-2, 40), "tiny": 1e-200 * r.lognormal(0, 1, 15), "huge": 1e200 * r.lognormal(0, 1, 15),
        "negative": -r.lognormal(0, 1, 12), "about 0": r.normal(0, 1e-9, 12),
    }
    return {k: [v if v is None or isinstance(v, str) else float(v) for v in vs] for k, vs in made.items()}


def there(values):
    return [float(v) for v in values if v is not None]


def told(x):
    """A number as JSON can have it; to double precision."""
    x = float(x)
    return None if math.isnan(x) else x


# -- spread and Student's interval --

def mean_of(values):
    return sum(map(Fraction, values)) / len(values)


def spread(values):
    v = there(values)
    row = {"n": len(v), "deviation": None, "cv": None, "mad": None, "skew": None}
    if len(v) < 2 or not all(map(math.isfinite, v)):
        return row
    # SciPy's moments in extended precision, about the exact mean's nearest double
    middle = float(mean_of(v))
    a = numpy.array(v, dtype=LONG) - LONG(middle)
    same = len(set(v)) == 1
    row["deviation"] = 0.0 if same else told(a.std(ddof=1))
    row["cv"] = told(row["deviation"] / middle) if middle > 0 else None
    row["mad"] = told(stats.median_abs_deviation(numpy.array(v)))
    row["skew"] = told(stats.skew(a, bias=False)) if len(v) > 2 and not same else None
    return row


def student(values, confidence):
    v = there(values)
    if len(v) < 2 or not all(map(math.isfinite, v)):
        return None
    row = spread(values)
    p, df = 0.5 + confidence / 2, len(v) - 1
    t = stats.t.ppf(p, df)
    for _ in range(3):  # which is good to 8 digits only
        t -= (stats.t.cdf(t, df) - p) / stats.t.pdf(t, df)
    half = t * row["deviation"] / math.sqrt(len(v))
    return [float(mean_of(v)) - half, float(mean_of(v)) + half]


# -- intervals of quantiles: all pairs of ranks --

def quantile_interval(n, p, confidence):
    below = [0.0, *numpy.cumsum(stats.binom.pmf(range(n + 1), n, p))]
    above = [*numpy.cumsum(stats.binom.pmf(range(n, -1, -1), n, p))[::-1], 0.0]
    pairs = [(u - l, abs(below[l] - above[u]), l, u) for l in range(1, n) for u in range(l + 1, n + 1)
             if 1 - below[l] - above[u] >= confidence]
    if not pairs:
        return [n, p, confidence, 0, n and 1, n, 1 - below[1] - above[n] if n > 1 else 0.0]
    _, _, l, u = min(pairs)
    return [n, p, confidence, 1, l, u, 1 - below[l] - above[u]]


# -- order: all permutations --

def ranks(v):
    # SciPy's rankdata takes -inf together with inf for a NaN
    ordered = sorted(v)
    return [(bisect.bisect_left(ordered, x) + bisect.bisect_right(ordered, x) + 1) / 2 for x in v]


def steps(r):
    return sum((a - b) ** 2 for a, b in zip(r, r[1:]))


def serial(values):
    v = there(values)
    if len(v) < 2 or len(set(v)) == 1:
        return None
    r = ranks(v)
    n, middle = len(r), (len(r) + 1) / 2
    statistic = steps(r) / sum((x - middle) ** 2 for x in r)
    if n <= 9 and len(set(v)) == n:
        sums = numpy.array([steps(p) for p in itertools.permutations(range(n))])
        p = min(1, 2 * min((sums <= steps(r)).mean(), (sums >= steps(r)).mean()))
    else:
        variance = 4 * (n - 2) * (5 * n**2 - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2)
        p = 2 * stats.norm.sf(abs(statistic - 2) / math.sqrt(variance))
    lag1 = None
    if all(map(math.isfinite, v)):
        m = mean_of(v)
        d = [Fraction(x) - m for x in v]
        lag1 = float(sum(a * b for a, b in zip(d, d[1:])) / sum(x * x for x in d))
    return [statistic, told(p), lag1]


# -- the bootstrap, with the generator of lib/base/rng.h --

class Rng:
    def __init__(self, seed, stream):
        self.state = seed ^ self.mix(stream)[1]
        self.s = []
        for _ in range(4):
            self.state, z = self.mix(self.state)
            self.s.append(z)

    @staticmethod
    def mix(state):
        state = (state + 0x9E3779B97F4A7C15) & WORD
        z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & WORD
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & WORD
        return state, z ^ (z >> 31)

    def next(self):
        def rotate(x, by):
            return (x << by | x >> (64 - by)) & WORD
        s = self.s
        result = rotate(s[1] * 5 & WORD, 7) * 9 & WORD
        t = s[1] << 17 & WORD
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        return result

    def below(self, n):
        m = self.next() * n
        while (m & WORD) < (1 << 64) % n:
            m = self.next() * n
        return m >> 64


def bca(values, statistic, confidence, draws, seed):
    values = sorted(values)
    rng = Rng(seed, 0)
    drawn = [statistic([values[rng.below(len(values))] for _ in values]) for _ in range(draws)]
    estimate = statistic(values)
    bias = stats.norm.ppf(stats.percentileofscore(drawn, estimate, kind="mean") / 100)
    n = len(values)
    without = [statistic(values[:k] + values[k + 1:]) for k in range(n)]
    middle = without[0] + numpy.mean([w - without[0] for w in without])
    influence = [(n - 1) * (middle - w) for w in without]
    over = sum(x**3 for x in influence) / n ** 3
    under = sum(x**2 for x in influence) / n ** 2
    a = over / 6 / under**1.5 if under else 0.0
    ends = []
    for z in stats.norm.ppf([0.5 - confidence / 2, 0.5 + confidence / 2]):
        ends.append(numpy.quantile(drawn, stats.norm.cdf(bias + (bias + z) / (1 - a * (bias + z)))))
    return [float(e) for e in ends]


def median(v):
    return float(numpy.median(v))


def mean(v):
    return math.fsum(v) / len(v)


def bootstraps(all_samples):
    names = ["two", "three", "five", "with gaps", "ties", "normal 10", "lognormal 30", "exponential 20", "outlier", "bimodal 40"]
    rows = []
    for seed, name in enumerate(names):
        for what, f in (("median", median), ("mean", mean)):
            rows.append([what, name, 0.95 if seed % 2 else 0.8, 400, seed,
                         *bca(there(all_samples[name]), f, 0.95 if seed % 2 else 0.8, 400, seed)])
    return rows


def scipy_bootstraps(all_samples):
    """With another generator, and so many draws that it doesn't matter."""
    rows = []
    for name in ("normal 10", "lognormal 30", "exponential 20", "bimodal 40"):
        r = stats.bootstrap((there(all_samples[name]),), numpy.mean, n_resamples=100000, method="BCa", random_state=7, batch=10000)
        rows.append([name, float(r.confidence_interval.low), float(r.confidence_interval.high), float(r.standard_error)])
    return rows


def text_of(parts):
    def lines(value):
        if isinstance(value, dict):
            return "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + "\n}"
        if isinstance(value, list):
            return "[\n" + ",\n".join(map(json.dumps, value)) + "\n]"
        return json.dumps(value)
    return "{\n" + ",\n".join(f"{json.dumps(k)}: {lines(v)}" for k, v in parts.items()) + "\n}\n"


def main():
    all_samples = samples()
    made_by = (f"make_description.py with SciPy {scipy.__version__}, NumPy {numpy.__version__}, "
               f"Python {sys.version.split()[0]}")
    quantiles = [quantile_interval(n, p, c) for n in (0, 1, 2, 3, 5, 8, 20, 29, 59, 60, 100) for p in (0.01, 0.1, 0.25, 0.6, 0.75, 0.9, 0.99)
                 for c in (0.8, 0.95, 0.99)]
    files = {
        "samples.json": text_of({"made by": made_by, "samples": all_samples}),
        "description.json": text_of({
            "made by": made_by,
            "spread": {name: spread(v) for name, v in all_samples.items()},
            "student 0.95": {name: student(v, 0.95) for name, v in all_samples.items()},
            "student 0.5": {name: student(v, 0.5) for name, v in all_samples.items()},
            "quantile intervals: n, p, confidence, is there, l, u, coverage": quantiles,
            "serial: statistic, p, lag 1": {name: serial(v) for name, v in all_samples.items()},
            "bootstrap: of, sample, confidence, draws, seed, low, high": bootstraps(all_samples),
            "bootstrap of the mean by SciPy: sample, low, high, standard error": scipy_bootstraps(all_samples),
        }),
    }
    bad = []
    for name, text in files.items():
        path = Path(__file__).with_name(name)
        if "--check" not in sys.argv:
            path.write_text(text)
        elif path.read_text() != text:
            bad.append(name)
    return f"not what this program makes: {bad}" if bad else 0


if __name__ == "__main__":
    sys.exit(main())
