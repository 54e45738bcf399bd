#!/usr/bin/env python3
"""Vectors of distributions, by arithmetic of 40 digits and more.

    make_distributions.py            write distributions.json beside this file
    make_distributions.py --check    compare instead; 0 when the file is as it would be written

Needs mpmath (Debian: python3-mpmath). Every value is computed with two precisions, which must agree.
"""
import json
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf

TAILS = [1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 0.001, 0.025, 0.05, 0.2, 0.4, 0.499999, 0.5, 0.6, 0.9, 0.975, 0.999999]


def agreed(f, *args):
    values = []
    for digits in (40, 55):
        mp.dps = digits
        values.append(f(*[mpf(a) for a in args]))
    a, b = values
    assert abs(a - b) <= mpf(10) ** -18 * abs(b), (f.__name__, args, a, b)
    return float(b)


def normal_above(z):
    return mpmath.erfc(z / mpmath.sqrt(2)) / 2


def normal_quantile(p):
    # Newton's way on the logarithm of the tail, from far enough out; p <= 1/2 here
    z = -mpmath.sqrt(2 * mpmath.log(1 / p)) if p < 0.4 else mpf(0)
    for _ in range(200):
        below = normal_above(-z)
        step = below * mpmath.log(below / p) / mpmath.npdf(z)
        z -= step
        if abs(step) < mpf(10) ** -(mp.dps - 15):
            break
    return z


def gamma_upper(a, x):
    return mpmath.gammainc(a, x, mpmath.inf, regularized=True)


def chi2_above(x, df):
    return gamma_upper(df / 2, x / 2)


def beta_series(x, a, b):
    """I_x by the series that has only positive terms (DLMF 8.17.8)."""
    y = 1 - x
    front = mpmath.exp(a * mpmath.log(x) + b * mpmath.log(y) - mpmath.loggamma(a) - mpmath.loggamma(b)
                       + mpmath.loggamma(a + b)) / a
    term = total = mpf(1)
    n = 0
    while term > total * mpf(10) ** -(mp.dps + 5):
        term *= (a + b + n) * x / (a + 1 + n)
        total += term
        n += 1
    return front * total


def beta_lower(x, a, b):
    return beta_series(x, a, b) if x <= (a + 1) / (a + b + 2) or x < 0.9 else 1 - beta_series(1 - x, b, a)


def student_above(t, df):
    """By the series, which converges where t is not small beside df; else by quadrature of the density."""
    log_c = mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2) - mpmath.log(df * mpmath.pi) / 2
    if t < 0:
        return 1 - student_above(-t, df)
    if t == 0:
        return mpf(1) / 2
    if df <= 1300 or (df <= 1e6 and t > 8):
        return beta_small(df / (df + t * t), df / 2, mpf(1) / 2) / 2
    # t = t0 + s / t0: the integrand falls about as e^-s
    scale = 1 / max(t, mpf(1))

    def density(s):
        u = t + s * scale
        return mpmath.exp(log_c - (df + 1) / 2 * mpmath.log1p(u * u / df)) * scale
    return mpmath.quad(density, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 600])


def beta_small(x, a, b):
    return beta_series(x, a, b) if x < 0.9999 else 1 - beta_series(1 - x, b, a)


def student_quantile(p, df):
    """Of p < 1/2, by bisection of the logarithm and then Newton's steps."""
    low, high = mpf(10) ** -30, mpf(10) ** 320
    for _ in range(25):
        middle = mpmath.sqrt(low * high)
        low, high = (middle, high) if student_above(middle, df) > p else (low, middle)
    t = low
    log_c = mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2) - mpmath.log(df * mpmath.pi) / 2
    for _ in range(100):
        density = mpmath.exp(log_c - (df + 1) / 2 * mpmath.log1p(t * t / df))
        step = (student_above(t, df) - p) / density
        t += step
        if abs(step) < t * mpf(10) ** -20:
            break
    return -t


def binomial(k, n, p):
    return mpmath.exp(mpmath.loggamma(n + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(n - k + 1)
                      + k * mpmath.log(p) + (n - k) * mpmath.log1p(-p))


def rows(f, cases):
    return [[*case, agreed(f, *case)] for case in cases]


def gammas():
    for a in (0.001, 0.01, 0.3, 0.5, 0.999, 1, 1.5, 2, 7.5, 15, 50, 333.25, 1e4, 1e5):
        around = [a * k for k in (1e-3, 0.2, 0.7, 0.9, 1, 1.1, 1.6, 3, 8)] + [a + k * a**0.5 for k in (2, 6, 30)]
        for x in [*around, 0.1, 0.9, 1.0, 1.1, 40, 600]:
            # far below everything is above, and far above nothing
            if a > 400 and abs(x - a) > 36 * a**0.5:
                continue
            yield a, x


def betas():
    for a, b in ((0.01, 0.01), (0.5, 0.5), (1, 3), (0.5, 10), (10, 0.5), (2.5, 7.25), (30, 40), (500, 0.5), (1000, 3000),
                 (2e4, 0.5), (2e4, 2e4)):
        mean = a / (a + b)
        sd = (mean * (1 - mean) / (a + b + 1)) ** 0.5
        for x in (1e-100, 1e-9, 0.01, 0.3, 0.5, 0.9, 0.999999, *(mean + k * sd for k in (-30, -8, -3, -1, 0, 1, 3))):
            if 0 < x < 1 and (a < 1e4 or b < 1 or abs(x - mean) < 31 * sd):
                yield x, a, b


def students():
    for df in (0.1, 0.5, 1, 1.5, 2, 3, 5, 9.7, 30, 60, 100, 1234.5, 1e6, 1e10):
        for t in (-3, -0.01, 0, 1e-9, 0.01, 0.7, 1.7, 1.8, 3, 8, 25, 35, 1000, 1e9, 1e20, 1e100):
            if df <= 100 or t <= (38 if df <= 1e6 else 8):
                yield t, df


def usable(rows_):
    """Without what a double of full precision can't hold."""
    return [row for row in rows_ if row[-1] > 1e-290]


def main():
    small = [p for p in TAILS if p < 0.5]
    vectors = {
        "made by": f"make_distributions.py with mpmath {mpmath.__version__}, Python {sys.version.split()[0]}",
        "normal_above: z": usable(rows(normal_above, [(z,) for z in (-9, -3, -1, 0, 1e-9, 0.5, 1, 1.96, 3, 5, 8, 20, 30, 36)])),
        "normal_quantile: p": rows(normal_quantile, [(p,) for p in (*small, 0.0749, 0.0751, 1e-11, 1e-200)]),
        "gamma_upper: a, x": usable(rows(gamma_upper, gammas())),
        "chi2_above: x, df": usable(rows(chi2_above, [(x, df) for df in (1, 2, 3, 7, 40, 999) for x in (1e-6, 0.1, 1, 3.84, 9, 50, 300, 1200)])),
        "beta_lower: x, a, b": usable(rows(beta_lower, betas())),
        "student_above: t, df": usable(rows(student_above, students())),
        "student_quantile: p, df": rows(student_quantile, [
            (p, df) for df in (0.5, 1, 2, 4.5, 9, 29, 200) for p in small if p > 1e-50 and (df <= 60 or p > 1e-7)]),
        "binomial: k, n, p": usable(rows(binomial, [
            (k, n, p) for n, ks in ((1, (0, 1)), (5, (0, 2, 5)), (20, (0, 1, 10, 19)), (1000, (0, 3, 450, 500, 999)),
                                    (100000, (0, 10, 49000, 99990)))
            for k in ks for p in (1e-9, 0.001, 0.1, 0.5, 0.95)])),
    }
    text = "{\n" + ",\n".join(
        f"{json.dumps(k)}: " + (json.dumps(v) if isinstance(v, str) else
                                "[\n" + ",\n".join(json.dumps(row) for row in v) + "]")
        for k, v in vectors.items()) + "\n}\n"
    path = Path(__file__).with_name("distributions.json")
    if "--check" in sys.argv:
        return 0 if path.read_text() == text else f"{path} is not what this program makes"
    path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
