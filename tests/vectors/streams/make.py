#!/usr/bin/env python3
"""The vectors of job streams, made without any of benchd's code.

    make.py            write NAME.json for each case below, beside this file
    make.py --check    compare instead; 0 when every file is as it would be written

It follows docs/streams.md: its own xoshiro256** and splitmix64, and decimal arithmetic of 60 digits in
place of doubles, so that what is rounded to microseconds here is the exact value. A program that comes
to the same numbers with doubles computes accurately enough.
"""
import json
import statistics
import sys
from decimal import ROUND_FLOOR, Decimal, getcontext
from pathlib import Path

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
WORD = (1 << 64) - 1
US = {"ns": Decimal("0.001"), "us": Decimal(1), "ms": Decimal(10**3), "s": Decimal(10**6),
      "min": 60 * Decimal(10**6), "h": 3600 * Decimal(10**6)}
DAY = 24 * US["h"]
ARRIVAL, SIZE, RUNTIME, BRANCH, FACTOR, USER, PRIORITY, ARRAY, DEPENDENT, AFTER = range(1, 11)


# -- the generator --

def splitmix64(state):
    state = (state + 0x9E3779B97F4A7C15) & WORD
    z = state
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & WORD
    return state, z ^ (z >> 31)


class Generator:
    """xoshiro256**; its state is four numbers of splitmix64 from seed ^ (the first one of the stream)."""

    def __init__(self, seed, stream):
        state = seed ^ splitmix64(stream)[1]
        self.s = []
        for _ in range(4):
            state, number = splitmix64(state)
            self.s.append(number)

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

    def unit(self):
        return Decimal(self.next() >> 11) / (1 << 53)

    def below(self, n):
        while True:
            product = self.next() * n
            if product & WORD >= (1 << 64) % n:
                return product >> 64


# -- numbers --

def rounded(x):
    """To a whole number, halves away from zero; x >= 0."""
    return int((x + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def microseconds(text):
    digits = text.rstrip("nusmihn")
    return Decimal(digits) * US[text[len(digits):]]


def per_second(text):
    number, unit = text.split("/")
    return Decimal(number) * US["s"] / US[unit]


def density(z):
    return (-z * z / 2).exp() / (2 * PI).sqrt()


def normal_cdf(z):
    if abs(z) > 12:
        return Decimal(int(z > 0))
    term = total = z
    i = 1
    while abs(term) > Decimal("1e-58"):
        i += 2
        term = term * z * z / i
        total += term
    return Decimal("0.5") + density(z) * total


def normal_quantile(p):
    """Newton's steps from a good guess: 15 digits, 30, 60."""
    z = Decimal(statistics.NormalDist().inv_cdf(float(p)))
    for _ in range(3):
        z -= (normal_cdf(z) - p) / density(z)
    return z


# -- the distributions of runtimes, in microseconds --

def bounds(runtime):
    return (microseconds(runtime.get("min", "1us")), microseconds(runtime.get("max", "24h")))


def value(runtime, u, branch):
    kind = runtime["distribution"]
    low, high = bounds(runtime)
    if kind == "constant":
        x = microseconds(runtime["value"])
    elif kind == "uniform":
        x = low + (high - low) * u
    elif kind == "lognormal":
        x = microseconds(runtime["median"]) * (Decimal(runtime["sigma"]) * normal_quantile(u)).exp()
    elif kind == "exponential":
        x = -microseconds(runtime["mean"]) * (1 - u).ln()
    else:
        upto = Decimal(0)
        for one in runtime["branches"]:
            upto += Decimal(one["probability"])
            if branch < upto:
                break
        x = -microseconds(one["mean"]) * (1 - u).ln()
    return min(max(x, low), high)


def exponential_mean(mean, low, high):
    return low + mean * ((-low / mean).exp() - (-high / mean).exp())


def lognormal_mean(runtime, low, high):
    median, sigma = microseconds(runtime["median"]), Decimal(runtime["sigma"])
    a, b = (low / median).ln() / sigma, (high / median).ln() / sigma
    between = median * (sigma * sigma / 2).exp() * (normal_cdf(b - sigma) - normal_cdf(a - sigma))
    return low * normal_cdf(a) + between + high * (1 - normal_cdf(b))


def mean(runtime):
    kind = runtime["distribution"]
    low, high = bounds(runtime)
    if kind == "constant":
        return microseconds(runtime["value"])
    if kind == "uniform":
        return (low + high) / 2
    if kind == "lognormal":
        return lognormal_mean(runtime, low, high)
    if kind == "exponential":
        return exponential_mean(microseconds(runtime["mean"]), low, high)
    return sum(Decimal(one["probability"]) * exponential_mean(microseconds(one["mean"]), low, high)
               for one in runtime["branches"])


# -- streams --

def sizes(spec, compute):
    (kind, what), = spec.get("size", {"constant": 1}).items()
    if kind == "constant":
        return [what]
    if kind == "choice":
        return what
    if kind == "powerOfTwo":
        return [1 << i for i in range(9) if what["min"] <= 1 << i <= what["max"]]
    fractions = what if isinstance(what, list) else [what]
    return [max(1, -int((Decimal("1e-9") - Decimal(f) * compute).to_integral_value(ROUND_FLOOR)))
            for f in fractions]


def factors(spec):
    factor = spec.get("requested", {}).get("factor", 2)
    if isinstance(factor, str):
        return [Decimal(float(one)) for one in factor[len("uniform("):-1].split(",")]
    return [Decimal(factor)] * 2


def mean_gap(spec, compute):
    """Microseconds from a job to the next; 0: all arrive at once."""
    arrival = spec.get("arrival", {"process": "poisson", "load": 0.8})
    if arrival["process"] == "all":
        return Decimal(0)
    if "rate" in arrival:
        return US["s"] / per_second(arrival["rate"])
    arrays = spec.get("arrays", {"share": 0, "tasks": 1})
    tasks = 1 + (arrays["tasks"] - 1) * Decimal(arrays["share"])
    choice = sizes(spec, compute)
    return Decimal(sum(choice)) / len(choice) * tasks * mean(spec["runtime"]) / (Decimal(arrival["load"]) * compute)


def gap(spec, u, index, average):
    arrival = spec.get("arrival", {"process": "poisson"})
    process, burst = arrival["process"], arrival.get("burst", 1)
    if process == "poisson":
        return rounded(-average * (1 - u).ln())
    if process == "uniform":
        return rounded(2 * average * u)
    return rounded(average * burst) if process == "burst" and index and index % burst == 0 else 0


def stream(spec, seed, block, compute):
    if spec.get("seed") == "fixed":
        block = 0
    draw = {i: Generator(seed, i << 32 | block) for i in range(ARRIVAL, AFTER + 1)}
    average, choice, (low, high) = mean_gap(spec, compute), sizes(spec, compute), factors(spec)
    arrays, priorities = spec.get("arrays", {"share": 0, "tasks": 1}), spec.get("priorities", [])
    users, dependent = spec.get("users", 0), Decimal(spec.get("dependencies", {}).get("share", 0))
    at = 0
    for i in range(spec["jobs"]):
        at += gap(spec, draw[ARRIVAL].unit(), i, average)
        runtime = max(1, rounded(value(spec["runtime"], draw[RUNTIME].unit(), draw[BRANCH].unit())))
        requested = max(runtime, rounded(runtime * (low + (high - low) * draw[FACTOR].unit())))
        nodes = choice[draw[SIZE].below(len(choice))]
        user = 1 + draw[USER].below(users) if users else 0
        priority = priorities[draw[PRIORITY].below(len(priorities))] if priorities else 0
        tasks = arrays["tasks"] if draw[ARRAY].unit() < Decimal(arrays["share"]) else 1
        waits, back = draw[DEPENDENT].unit() < dependent, 1 + draw[AFTER].below(min(max(i, 1), 8))
        after = i - back if waits and i else -1
        yield [i, 1000 * at, nodes, tasks, 1000 * runtime, 1000 * requested, user, priority, after]


# -- the cases --

MIXED = {"choice": [1, 1, 2, 4]}
LOGNORMAL = {"distribution": "lognormal", "median": "300ms", "sigma": 1.0}
CASES = {
    "least": (1, 0, 1, {"runtime": {"distribution": "constant", "value": "300ms"}}),
    "as-designed": (7, 1, 4, {
        "arrival": {"process": "poisson", "load": 0.8}, "size": MIXED, "runtime": LOGNORMAL,
        "requested": {"factor": "uniform(1, 5)"}}),
    "another-block": (7, 2, 4, {
        "arrival": {"process": "poisson", "load": 0.8}, "size": MIXED, "runtime": LOGNORMAL,
        "requested": {"factor": "uniform(1, 5)"}}),
    "lognormal-cut": (3, 5, 16, {
        "arrival": {"process": "poisson", "load": 1.25}, "size": {"fraction": [0.07, 0.25, 1]},
        "runtime": {"distribution": "lognormal", "median": "2s", "sigma": 2.5, "min": "500ms", "max": "20s"},
        "requested": {"factor": 1.75}}),
    "exponential-cut": (9007199254740991, 4294967295, 64, {
        "arrival": {"process": "poisson", "rate": "20/s"}, "size": {"powerOfTwo": {"min": 2, "max": 64}},
        "runtime": {"distribution": "exponential", "mean": "1s", "min": "100ms", "max": "2s"}}),
    "hyperexponential": (11, 0, 8, {
        "arrival": {"process": "poisson", "load": 0.5}, "size": {"fraction": 0.3},
        "runtime": {"distribution": "hyperexponential", "branches": [
            {"probability": 0.7, "mean": "50ms"}, {"probability": 0.2, "mean": "1s"},
            {"probability": 0.1, "mean": "10s"}]},
        "requested": {"factor": "uniform(1.5, 1.5)"}}),
    "uniform-users": (42, 3, 8, {
        "arrival": {"process": "uniform", "rate": "90/min"}, "size": {"constant": 3}, "users": 5,
        "runtime": {"distribution": "uniform", "min": "250us", "max": "4h"},
        "priorities": [-10, 0, 0, 1000]}),
    "burst-arrays": (5, 0, 4, {
        "arrival": {"process": "burst", "load": 0.9, "burst": 7}, "size": MIXED, "runtime": LOGNORMAL,
        "arrays": {"share": 0.3, "tasks": 12}}),
    "all-dependent": (6, 9, 4, {
        "arrival": {"process": "all"}, "runtime": {"distribution": "exponential", "mean": "2us"},
        "dependencies": {"share": 0.6}, "requested": {"factor": 1}}),
    "fixed": (7, 1, 4, {
        "arrival": {"process": "poisson", "load": 0.8}, "size": MIXED, "runtime": LOGNORMAL, "seed": "fixed"}),
}


def written(name):
    seed, block, compute, members = CASES[name]
    spec = {"name": "jobstream", "jobs": 24, **members}
    average = mean_gap(spec, compute)
    head = {"seed": seed, "block": block, "compute": compute, "spec": spec,
            "rate": float(US["s"] / average) if average else 0}
    lines = [f"  {json.dumps(key)}: {json.dumps(what)}," for key, what in head.items()]
    jobs = ",\n".join(f"    {json.dumps(job)}" for job in stream(spec, seed, block, compute))
    return "{\n" + "\n".join(lines) + '\n  "jobs": [\n' + jobs + "\n  ]\n}\n"


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    folder, wrong = Path(__file__).parent, []
    for name in CASES:
        file, text = folder / f"{name}.json", written(name)
        if not arguments:
            file.write_text(text)
        elif file.read_text() != text:
            wrong.append(f"{file.name} is not what {Path(__file__).name} writes")
    wrong += [f"{file.name} is no case" for file in folder.glob("*.json") if file.stem not in CASES]
    sys.exit("\n".join(wrong) or 0)


main(sys.argv[1:])
