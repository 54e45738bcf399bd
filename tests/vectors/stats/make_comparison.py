#!/usr/bin/env python3
"""comparison.json: what others say of the samples that the tests and effects of lib/stats are tried on.

    make_comparison.py      writes comparison.json beside this file

Needs R (make_comparison.R beside this file), NumPy and SciPy; the versions that made the file are in
it. Nothing needs them to build or test. None of it is lib/stats' own way: statistics and p come from R where R
has them; exact distributions with ties by counting all divisions one by one, or in whole numbers of any
length where these are too many; Skillings-Mack by the article's formula with NumPy's pseudo-inverse;
shares of variance by least squares.
"""
import itertools
import json
import math
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy
import scipy
from scipy import stats

HERE = Path(__file__).parent
rng = numpy.random.default_rng(20240517)
r_process = subprocess.Popen(["Rscript", HERE / "make_comparison.R"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)


def r_line(test, **values):
    fields = [f"{k}={','.join(repr(float(x)) for x in numpy.ravel(v))}" for k, v in values.items()]
    print(";".join([test, *fields]), file=r_process.stdin, flush=True)
    return r_process.stdout.readline().strip()


def r(test, **values):
    return {k: float(v) for k, v in (field.split("=") for field in r_line(test, **values).split(";"))}


def number(x):
    """JSON has no NAN."""
    return None if x is None or math.isnan(x) else float(x)


def numbers(values):
    return [number(x) for x in values]


def twice_ranks(values):
    return [int(x) for x in 2 * stats.rankdata(values)]


def tails(ways, seen):
    """Both one-sided p of {statistic: how many ways}."""
    total = sum(ways.values())
    return (float(Fraction(sum(w for s, w in ways.items() if s <= seen), total)),
            float(Fraction(sum(w for s, w in ways.items() if s >= seen), total)))


# -- two samples --

def ways_of_samples(ranks, m):
    """{twice the rank sum of m of them: how many ways}; one by one where that can be done."""
    ways = {}
    if math.comb(len(ranks), m) <= 20000:
        for chosen in itertools.combinations(ranks, m):
            ways[sum(chosen)] = ways.get(sum(chosen), 0) + 1
        return ways
    table = [{0: 1}] + [{} for _ in range(m)]
    for rank in ranks:
        for j in range(m, 0, -1):
            for s, w in table[j - 1].items():
                table[j][s + rank] = table[j].get(s + rank, 0) + w
    return table[m]


def tails_of_samples(a, b, by=0.0):
    ranks = twice_ranks(numpy.concatenate([a + by, b]))
    return tails(ways_of_samples(ranks, len(a)), sum(ranks[:len(a)]))


def u_of(a, b):
    return float(numpy.sum(a[:, None] > b) + numpy.sum(a[:, None] == b) / 2)


def interval_by(values, ways, tail):
    """Ends, coverage of the interval from the k-th to the k-th from above; by untied {statistic: ways}."""
    total, k, below = sum(ways.values()), 0, Fraction(0)
    while below + Fraction(ways.get(k, 0), total) <= Fraction(tail) or k == 0:
        below += Fraction(ways.get(k, 0), total)
        k += 1
    values = numpy.sort(numpy.ravel(values))
    return {"estimate": float(numpy.median(values)), "low": float(values[k - 1]), "high": float(values[-k]),
            "coverage": float(1 - 2 * below), "is_there": below <= Fraction(tail), "exact": True}


def interval_normal(values, variance, tail):
    values = numpy.sort(numpy.ravel(values))
    mean, deviation = len(values) / 2, math.sqrt(variance)
    k = max(1, math.floor(mean + 0.5 + deviation * stats.norm.ppf(tail)))
    p = stats.norm.cdf((k - 0.5 - mean) / deviation)
    return {"estimate": float(numpy.median(values)), "low": float(values[k - 1]), "high": float(values[-k]),
            "coverage": float(1 - 2 * p), "is_there": bool(p <= tail), "exact": False}


def samples(name, a, b, margin, confidence=0.95):
    a, b = numpy.array(a, float), numpy.array(b, float)
    m, n = len(a), len(b)
    tied = [len(set(numpy.concatenate([a + by, b]))) < m + n for by in (0, margin, -margin)]
    assert m * n <= 900 or len(set(tied)) == 1
    tied = any(tied)
    exact = m * n <= (900 if tied else 2500)
    case = {"name": name, "a": numbers(a), "b": numbers(b), "margin": margin, "confidence": confidence,
            "statistic": u_of(a, b), "exact": exact,
            "delta": float(numpy.mean(numpy.sign(a[:, None] - b)))}
    tail = (1 - confidence) / 2
    if exact and tied:
        case["p"] = min(1.0, 2 * min(tails_of_samples(a, b)))
        case["equivalent"] = max(tails_of_samples(a, b, margin)[1], tails_of_samples(a, b, -margin)[0])
    else:
        said = r("samples", a=a, b=b, exact=exact, margin=margin, confidence=confidence)
        assert said["statistic"] == case["statistic"]
        case["p"], case["equivalent"] = said["p"], said["equivalent"]
    if m * n <= 2500:
        ways = ways_of_samples(range(1, m + n + 1), m)
        ways = {s - m * (m + 1) // 2: w for s, w in ways.items()}
        case["shift"] = interval_by(a[:, None] - b, ways, tail)
        if not tied and case["shift"]["is_there"]:
            for what in ("estimate", "low", "high"):
                assert math.isclose(said[what], case["shift"][what], rel_tol=1e-12), (name, what)
    else:
        case["shift"] = interval_normal(a[:, None] - b, m * n * (m + n + 1) / 12, tail)
    return case


# -- pairs --

def ways_of_pairs(ranks):
    ways = {0: 1}
    if len(ranks) <= 12:
        ways = {}
        for signs in itertools.product((0, 1), repeat=len(ranks)):
            w = sum(s * rank for s, rank in zip(signs, ranks))
            ways[w] = ways.get(w, 0) + 1
        return ways
    for rank in ranks:
        for s, w in list(ways.items()):
            ways[s + rank] = ways.get(s + rank, 0)
        for s in sorted(ways, reverse=True):
            ways[s] += ways.get(s - rank, 0)
    return ways


def tails_of_pairs(d):
    d = d[d != 0]
    ranks = twice_ranks(abs(d))
    return tails(ways_of_pairs(ranks), sum(rank for rank, x in zip(ranks, d) if x > 0))


def pairs(name, a, b, margin, confidence=0.95):
    a, b = numpy.array(a, float), numpy.array(b, float)
    d = a - b
    n, left = len(d), d[d != 0]
    exact, tail = len(left) <= 50, (1 - confidence) / 2
    tied = any(len(set(abs(d + by))) < n or 0 in d + by for by in (0, margin, -margin))
    ranks = stats.rankdata(abs(left))
    case = {"name": name, "a": numbers(a), "b": numbers(b), "margin": margin, "confidence": confidence,
            "n": len(left), "statistic": float(numpy.sum(ranks[left > 0])), "exact": exact}
    if exact and tied:
        case["p"] = min(1.0, 2 * min(tails_of_pairs(d)))
        case["equivalent"] = max(tails_of_pairs(d + margin)[1], tails_of_pairs(d - margin)[0])
    else:
        said = r("pairs", a=a, b=b, exact=exact, margin=margin, confidence=confidence)
        assert said["statistic"] == case["statistic"]
        case["p"], case["equivalent"] = said["p"], said["equivalent"]
    walsh = [(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)]
    if n <= 50:
        case["shift"] = interval_by(walsh, ways_of_pairs(range(1, n + 1)), tail)
        if exact and not tied and case["shift"]["is_there"]:
            for what in ("estimate", "low", "high"):
                assert math.isclose(said[what], case["shift"][what], rel_tol=1e-12), (name, what)
    else:
        case["shift"] = interval_normal(walsh, n * (n + 1) * (2 * n + 1) / 24, tail)
    return case


# -- several samples --

def divisions(values, sizes):
    if not sizes:
        yield ()
        return
    for chosen in itertools.combinations(range(len(values)), sizes[0]):
        rest = [v for i, v in enumerate(values) if i not in chosen]
        for others in divisions(rest, sizes[1:]):
            yield (sum(values[i] for i in chosen), *others)


def exact_kruskal(ranks, sizes):
    def spread(sums):
        return sum(Fraction(s * s, n) for s, n in zip(sums, sizes))

    at = numpy.cumsum([0, *sizes])
    seen = spread([sum(ranks[at[i]:at[i + 1]]) for i in range(len(sizes))])
    ways = math.factorial(len(ranks)) // math.prod(math.factorial(n) for n in sizes)
    if ways <= 5000:
        counts = {}
        for sums in divisions(ranks, sizes):
            counts[sums] = counts.get(sums, 0) + 1
    else:
        states = {((0,) * len(sizes), (0,) * len(sizes)): 1}
        for rank in ranks:
            after = {}
            for (given, sums), w in states.items():
                for g, size in enumerate(sizes):
                    if given[g] < size:
                        key = (given[:g] + (given[g] + 1,) + given[g + 1:],
                               sums[:g] + (sums[g] + rank,) + sums[g + 1:])
                        after[key] = after.get(key, 0) + w
            states = after
        counts = {sums: w for (_, sums), w in states.items()}
    assert sum(counts.values()) == ways
    spreads = {}
    for sums, w in counts.items():
        spreads[spread(sums)] = spreads.get(spread(sums), 0) + w
    return float(Fraction(sum(w for s, w in spreads.items() if s >= seen), ways))


def kruskal(name, groups):
    said = r("kruskal", values=numpy.concatenate(groups),
             group=[i for i, g in enumerate(groups) for _ in g])
    sizes, n = [len(g) for g in groups], sum(len(g) for g in groups)
    ways = math.factorial(n) // math.prod(math.factorial(s) for s in sizes)
    ways //= math.prod(math.factorial(sizes.count(s)) for s in set(sizes))
    exact = n <= 64 and ways <= 10**6
    p = exact_kruskal(twice_ranks(numpy.concatenate(groups)), sizes) if exact else said["p"]
    return {"name": name, "groups": [numbers(g) for g in groups], "statistic": said["statistic"], "p": p,
            "exact": exact}


# -- treatments in blocks: values[block][treatment] --

def exact_friedman(ranks):
    ways = {(0,) * len(ranks[0]): 1}
    for block in ranks:
        after = {}
        for sums, w in ways.items():
            for order in itertools.permutations(block):
                key = tuple(s + x for s, x in zip(sums, order))
                after[key] = after.get(key, 0) + w
        ways = after
    seen = sum(sum(column)**2 for column in zip(*ranks))
    return float(Fraction(sum(w for sums, w in ways.items() if sum(s * s for s in sums) >= seen),
                          sum(ways.values())))


def friedman(name, values):
    values = numpy.array(values, float)
    said = r("friedman", values=values.T, k=values.shape[1])
    exact = len(values) <= {2: 50, 3: 25, 4: 10, 5: 5}.get(values.shape[1], 0)
    p = exact_friedman([twice_ranks(row) for row in values]) if exact else said["p"]
    return {"name": name, "test": "Friedman", "values": [numbers(row) for row in values], "n": len(values),
            "statistic": said["statistic"], "p": p, "exact": exact}


def skillings_mack(name, values):
    """The article's formula; the covariance of a block with ties is that of all orders of its ranks."""
    values = numpy.array(values, float)
    k, n = values.shape[1], 0
    sums, covariance = numpy.zeros(k), numpy.zeros((k, k))
    for row in values:
        there = [i for i in range(k) if not math.isnan(row[i])]
        if len(there) < 2:
            continue
        n += 1
        ranks = stats.rankdata(row[there])
        weighted = math.sqrt(12 / (len(there) + 1)) * (ranks - (len(there) + 1) / 2)
        sums[there] += weighted
        if len(set(ranks)) == len(there):
            own = len(there) * numpy.eye(len(there)) - numpy.ones((len(there), len(there)))
        else:
            own = numpy.cov(numpy.array(list(itertools.permutations(weighted))).T, bias=True)
        covariance[numpy.ix_(there, there)] += own
    assert numpy.linalg.matrix_rank(covariance) == k - 1
    statistic = float(sums @ numpy.linalg.pinv(covariance) @ sums)
    return {"name": name, "test": "Skillings-Mack", "values": [numbers(row) for row in values], "n": n,
            "statistic": statistic, "p": float(stats.chi2.sf(statistic, k - 1)), "exact": False}


# -- shares of variance --

def shares(name, values, levels, effects):
    values, levels = numpy.array(values, float), numpy.array(levels)
    ranks = stats.rankdata(values)
    columns, left, rank = [numpy.ones(len(values))], [numpy.sum((ranks - ranks.mean())**2)], [1]
    for effect in effects:
        cells = [tuple(row[f] for f in effect) for row in levels]
        columns += [numpy.array([c == cell for c in cells], float) for cell in sorted(set(cells))]
        x = numpy.array(columns).T
        solution, _, r_x, _ = numpy.linalg.lstsq(x, ranks, rcond=1e-10)
        left.append(numpy.sum((ranks - x @ solution)**2))
        rank.append(int(r_x))
    cells, times = numpy.unique(levels, axis=0, return_counts=True)
    combinations = math.prod(len(set(column)) for column in levels.T)
    return {"name": name, "values": numbers(values), "levels": levels.tolist(),
            "effects": [{"factors": list(e), "share": float((left[i] - left[i + 1]) / left[0]),
                         "df": rank[i + 1] - rank[i]} for i, e in enumerate(effects)],
            "left": float(left[-1] / left[0]),
            "balanced": bool(len(cells) == combinations and len(set(times)) == 1)}


# -- the cases --

def lognormal(n, median=1.0, sigma=0.3):
    return numpy.round(median * numpy.exp(sigma * rng.standard_normal(n)), 6)


def coarse(n, mean, spread):
    return numpy.round(rng.normal(mean, spread, n))


def all_samples():
    yield samples("one and one", [2.0], [1.0], 0.5)
    yield samples("two and three, apart", [5.0, 6.5], [1.0, 2.0, 4.0], 7)
    yield samples("small", lognormal(6), lognormal(7, 1.4), 0.5)
    yield samples("one against many", lognormal(1), lognormal(30), 0.5)
    yield samples("overlapping, 90 %", lognormal(12), lognormal(15, 1.05), 0.2, 0.9)
    yield samples("apart, 99 %", lognormal(20), lognormal(18, 2), 0.3, 0.99)
    yield samples("fifty and fifty", lognormal(50), lognormal(50, 1.1), 0.2)
    yield samples("fifty and fifty, far apart", lognormal(50), lognormal(50, 3), 3)
    yield samples("five and five hundred", lognormal(5, 1.3), lognormal(500), 0.4)
    yield samples("few, tied", [1, 2, 2, 3, 5], [2, 3, 3, 4, 4, 6], 2)
    yield samples("few, of two values", [0, 0, 0, 1], [0, 1, 1, 1, 1], 0.5)
    yield samples("tied, unlike sizes", coarse(4, 10, 2), coarse(12, 11, 2), 1)
    yield samples("tied", coarse(15, 20, 3), coarse(14, 22, 3), 2)
    yield samples("tied, the first larger", coarse(30, 20, 4), coarse(11, 18, 4), 3)
    yield samples("fifty and fifty, tied", coarse(50, 50, 10), coarse(50, 55, 10), 10)
    yield samples("fifty and fifty, of three values", coarse(50, 1, 0.6), coarse(50, 1.3, 0.6), 1)
    yield samples("large", lognormal(60), lognormal(70, 1.1), 0.2)
    yield samples("large, equal medians", lognormal(80), lognormal(75), 0.1)
    yield samples("large, tied", coarse(90, 20, 3), coarse(55, 21, 3), 2)


def all_pairs():
    yield pairs("one", [2.0], [1.0], 0.5)
    yield pairs("five, all above", [3.1, 4.2, 5.7, 6.1, 9.0], [3.0, 4.0, 5.0, 5.0, 5.0], 6)
    yield pairs("six", lognormal(6), lognormal(6, 1.5), 0.5)
    yield pairs("twelve, 90 %", lognormal(12), lognormal(12, 1.1), 0.3, 0.9)
    yield pairs("fifty", lognormal(50), lognormal(50, 1.1), 0.2)
    yield pairs("fifty, far apart, 99 %", lognormal(50), lognormal(50, 5), 5, 0.99)
    yield pairs("few, tied, with a 0", [1, 5, 3, 8, 4, 7], [1, 3, 5, 6, 3, 4], 2)
    yield pairs("tied", coarse(25, 20, 4), coarse(25, 22, 4), 3)
    yield pairs("fifty, tied", coarse(50, 20, 4), coarse(50, 21, 4), 2)
    yield pairs("large", lognormal(80), lognormal(80, 1.1), 0.2)
    yield pairs("large, tied, with 0s", coarse(120, 20, 3), coarse(120, 21, 3), 2)


def all_kruskal():
    yield kruskal("two of two", [[1.0, 2.0], [3.0, 4.0]])
    yield kruskal("three of two", [lognormal(2), lognormal(2, 1.5), lognormal(2, 2)])
    yield kruskal("unlike sizes", [lognormal(1), lognormal(2, 1.2), lognormal(4, 1.5)])
    yield kruskal("few, tied", [[1, 2, 2], [2, 3, 4], [4, 4, 6]])
    yield kruskal("three of five", [lognormal(5), lognormal(5, 1.4), lognormal(5, 1.6)])
    yield kruskal("three of five, tied", [coarse(5, 10, 2), coarse(5, 11, 2), coarse(5, 13, 2)])
    yield kruskal("four of three, tied", [coarse(3, 10, 2), coarse(3, 11, 2), coarse(3, 13, 2), coarse(3, 9, 2)])
    yield kruskal("five of two", [lognormal(2, 1 + i / 5) for i in range(5)])
    yield kruskal("three, four and five", [lognormal(3), lognormal(4, 1.3), lognormal(5, 1.8)])
    yield kruskal("two, large and small", [lognormal(40), lognormal(3, 1.5)])
    yield kruskal("large", [lognormal(20), lognormal(30, 1.2), lognormal(25, 1.1), lognormal(10)])
    yield kruskal("large, tied", [coarse(20, 10, 2), coarse(30, 11, 2), coarse(25, 11, 2)])


def gaps(values, share):
    values = numpy.array(values, float)
    values[rng.random(values.shape) < share] = math.nan
    return values


def by_blocks(blocks, medians, make=lognormal):
    return numpy.array([make(blocks, m, 0.3) for m in medians]).T


# Four ways of assembly in nine blocks: the example of R's package Skillings.Mack, which says 15.493.
ASSEMBLY = [[3.2, 4.1, 3.8, 4.2], [3.1, 3.9, 3.4, 4.0], [4.3, 3.5, 4.6, 4.8], [3.5, 3.6, 3.9, 4.0],
            [3.6, 4.2, 3.7, 3.9], [4.5, 4.7, 3.7, math.nan], [math.nan, 4.2, 3.4, math.nan],
            [4.3, 4.6, 4.4, 4.9], [3.5, math.nan, 3.7, 3.9]]


def all_blocks():
    yield friedman("two in eight", by_blocks(8, [1, 1.2]))
    yield friedman("three in two", [[1.0, 2.0, 3.0], [4.0, 6.0, 5.0]])
    yield friedman("three in four", by_blocks(4, [1, 1.2, 1.5]))
    yield friedman("three in 25", by_blocks(25, [1, 1.05, 1.2]))
    yield friedman("three in ten, tied", by_blocks(10, [3, 4, 5], lambda n, m, _: coarse(n, m, 1)))
    yield friedman("four in seven", by_blocks(7, [1, 1.1, 1.2, 1.5]))
    yield friedman("four in five, tied", by_blocks(5, [3, 4, 4, 5], lambda n, m, _: coarse(n, m, 1)))
    yield friedman("five in three", by_blocks(3, [1, 1.2, 1.4, 1.6, 2]))
    yield friedman("three in 40", by_blocks(40, [1, 1, 1.1]))
    yield friedman("seven in 12, tied", by_blocks(12, range(7), lambda n, m, _: coarse(n, m, 4)))
    said = skillings_mack("assembly", ASSEMBLY)
    assert round(said["statistic"], 3) == 15.493
    yield said
    yield skillings_mack("gaps", gaps(by_blocks(14, [1, 1.1, 1.2, 1.4, 1.4]), 0.25))
    yield skillings_mack("many gaps", gaps(by_blocks(30, [1, 1.1, 1.2, 1.4]), 0.5))
    yield skillings_mack("gaps, tied", gaps(by_blocks(12, [3, 4, 4, 5], lambda n, m, _: coarse(n, m, 1)), 0.2))
    for case in (by_blocks(9, [1, 1.2, 1.3]), by_blocks(9, [3, 4, 5], lambda n, m, _: coarse(n, m, 1))):
        assert math.isclose(skillings_mack("", case)["statistic"], friedman("", case)["statistic"], rel_tol=1e-9)


def all_shares():
    grid = [(a, b, c) for _ in range(4) for a in range(3) for b in range(2) for c in range(2)]
    mains = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    effect = [10 * a + 4 * b * (a == 1) + c for a, b, c in grid]
    values = numpy.round(effect + rng.normal(0, 3, len(grid)), 4)
    yield shares("balanced", values, grid, mains)
    yield shares("balanced, whole", values, grid, [*mains, (0, 1, 2)])
    yield shares("balanced, tied", numpy.round(values / 5), grid, mains)
    kept = [i for i in range(len(grid)) if i % 7 not in (0, 3) and grid[i] != (2, 1, 1)]
    yield shares("unbalanced", values[kept], [grid[i] for i in kept], mains)
    yield shares("unbalanced, interaction first", values[kept], [grid[i] for i in kept], [(0, 1), (0,), (2,)])
    yield shares("one factor", values[:30], [[i % 4] for i in range(30)], [(0,)])
    yield shares("one thing under two names", values, [(a, a) for a, _, _ in grid], [(0,), (1,)])


def all_holm():
    for p in ([0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.5], [0.001, 0.9, 0.02, 0.02, 0.7, 1.0]):
        said = r("holm", p=p)
        yield {"p": p, "corrected": [said[str(i + 1)] for i in range(len(p))]}


everything = {
    "made_by": {"program": Path(__file__).name, "R": r_line("version"), "numpy": numpy.__version__,
                "scipy": scipy.__version__},
    "samples": list(all_samples()), "pairs": list(all_pairs()), "kruskal": list(all_kruskal()),
    "blocks": list(all_blocks()), "shares": list(all_shares()), "holm": list(all_holm()),
}
lists = ",\n".join(
    f'"{key}": ' + (json.dumps(value) if isinstance(value, dict)
                    else "[\n" + ",\n".join(json.dumps(case) for case in value) + "\n]")
    for key, value in everything.items())
(HERE / "comparison.json").write_text("{\n" + lists + "\n}\n")
