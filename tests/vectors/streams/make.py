#!/usr/bin/env python3
"""The vectors of job streams, made without any of benchd's code.

    make.py            write NAME.json for each case below, beside this file
    make.py --check    compare instead; 0 when every file is as it would be written

It follows docs/streams.md: its own xoshiro256** and splitmix64, and decimal arithmetic of 60 digits in
place of doubles, so that what is rounded to microseconds here is the exact value. A program that comes
to the same numbers with doubles computes accurately enough.
"""
import heapq
import json
import statistics
import sys
from decimal import ROUND_FLOOR, Decimal, getcontext
from fractions import Fraction
from functools import cache
from math import comb
from pathlib import Path

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
WORD = (1 << 64) - 1
US = {"ns": Decimal("0.001"), "us": Decimal(1), "ms": Decimal(10**3), "s": Decimal(10**6),
      "min": 60 * Decimal(10**6), "h": 3600 * Decimal(10**6)}
NODE_CORES = 4  # of each node of every case
DAY = 24 * US["h"]
(ARRIVAL, SIZE, RUNTIME, BRANCH, FACTOR, USER, PRIORITY, ARRAY, DEPENDENT, AFTER, SESSION, THINK,
 THINK_BRANCH, CORES) = range(1, 15)


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


# -- the gamma distribution --

def bernoulli(n):
    """B_0 to B_n, by the recurrence over all before."""
    numbers = []
    for m in range(n + 1):
        numbers.append(Fraction(int(m == 0)) - sum(comb(m, k) * b / Fraction(m - k + 1) for k, b in enumerate(numbers)))
    return numbers


BERNOULLI = [Decimal(b.numerator) / b.denominator for b in bernoulli(60)]


@cache
def log_factorial(a):
    """ln Gamma(a + 1): Stirling's series far out, and the way back."""
    z, back = a + 1, Decimal(0)
    while z < 60:
        back += z.ln()
        z += 1
    series = sum(BERNOULLI[k] / (k * (k - 1)) / z ** (k - 1) for k in range(2, 61, 2))
    return (z - Decimal("0.5")) * z.ln() - z + (2 * PI).ln() / 2 + series - back


def gamma_density(a, x):
    return (a * x.ln() - x - log_factorial(a)).exp() * a / x


def gamma_cdf(a, x):
    """The series of the lower incomplete gamma function, for all x."""
    if x <= 0:
        return Decimal(0)
    term = total = Decimal(1)
    i = a
    while term > total * Decimal("1e-58"):
        i += 1
        term = term * x / i
        total += term
    return (a * x.ln() - x - log_factorial(a)).exp() * total


def gamma_quantile(a, p):
    """Newton's steps, halved where they would lead below 0."""
    z = Decimal(statistics.NormalDist().inv_cdf(float(p)))
    x = max(a / 1000, a * (1 - 1 / (9 * a) + z / (3 * a.sqrt())) ** 3)
    for _ in range(200):
        step = (gamma_cdf(a, x) - p) / gamma_density(a, x)
        x = x - step if step < x else x / 2
        if abs(step) < x * Decimal("1e-35"):
            return x
    raise ArithmeticError(f"no quantile of {a} at {p}")


# -- the model of Lublin and Feitelson --

BATCH = {"serialProb": 0.2927, "pow2Prob": 0.6686, "uProb": 0.875, "a1": 6.57, "b1": 0.823, "a2": 639.1,
         "b2": 0.0156, "pa": -0.003, "pb": 0.6986, "longestRuntime": "162755s", "aarr": 6.0415, "barr": 0.8531,
         "arar": 1.0519, "longestGap": "442413s", "anum": 6.1271, "bnum": 5.2740}
LN2 = Decimal(2).ln()


def log2(x):
    return Decimal(x).ln() / LN2


class Time:
    """e^G seconds, G of a gamma distribution; what is longer is drawn again."""

    def __init__(self, shape, scale, longest):
        self.shape, self.scale, cut = shape, scale, (microseconds(longest) / US["s"]).ln()
        self.below = gamma_cdf(shape, cut / scale)
        self.mean = (1 - scale) ** -shape * gamma_cdf(shape, cut * (1 - scale) / scale) / self.below

    def at(self, u):
        return (self.scale * gamma_quantile(self.shape, u * self.below)).exp()


class Model:
    def __init__(self, told, compute):
        p = {k: v if isinstance(v, str) else Decimal(v) for k, v in {**BATCH, **told}.items() if k not in ("name", "load", "start")}
        self.p, self.compute = p, compute
        high = p.setdefault("uHi", log2(compute))
        low = p.setdefault("uLow", min(Decimal("0.8") if compute < 16 else Decimal("1.2"), high))
        p.setdefault("uMed", max(high - 2, low + (high - low) / 3))
        self.first, self.second = (Time(p[a], p[b], p["longestRuntime"]) for a, b in (("a1", "b1"), ("a2", "b2")))
        self.gap = Time(p["aarr"] * p["arar"], p["barr"], p["longestGap"])
        self.sizes = [self.probability(n) for n in range(1, compute + 1)]

    def two_stage(self, y):
        """P(Y <= y) of the logarithm of a size."""
        def rise(low, high):
            return Decimal(int(y > low)) if y <= low or y >= high else (y - low) / (high - low)
        p = self.p
        return p["uProb"] * rise(p["uLow"], p["uMed"]) + (1 - p["uProb"]) * rise(p["uMed"], p["uHi"])

    def probability(self, n):
        p, half = self.p, Decimal("0.5")
        total = p["serialProb"] if n == 1 else Decimal(0)
        above = 1 if n == self.compute else self.two_stage(log2(n + half))
        total += (1 - p["serialProb"] - p["pow2Prob"]) * (above - (self.two_stage(log2(n - half)) if n > 1 else 0))
        k = n.bit_length() - 1
        if n == 1 << k:
            above = 1 if 2 * n > self.compute else self.two_stage(k + half)
            total += p["pow2Prob"] * (above - (self.two_stage(k - half) if k else 0))
        return total

    def size(self, u):
        upto = Decimal(0)
        for n, probability in enumerate(self.sizes, 1):
            upto += probability
            if u < upto:
                return n
        return self.compute

    def of_first(self, n):
        p = min(max(self.p["pa"] * n + self.p["pb"], Decimal(0)), Decimal(1))
        return p * self.first.below / (p * self.first.below + (1 - p) * self.second.below)

    def runtime(self, n, u, branch):
        return (self.first if branch < self.of_first(n) else self.second).at(u)

    def runtime_mean(self, n):
        p = self.of_first(n)
        return p * self.first.mean + (1 - p) * self.second.mean

    def weights(self):
        """Of the half hours from midnight on; the gamma's day begins with the 11th."""
        a, b, half = self.p["anum"], self.p["bnum"], Decimal("0.5")
        of = {(i - 1) % 48: gamma_cdf(a, (i + half) / b) - gamma_cdf(a, (i - half) / b) for i in range(11, 59)}
        return [of[i] for i in range(48)]


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

def scale_of(spec):
    return Decimal(spec.get("timeScale", 1))


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


def work(spec, compute, model):
    """E[nodes x runtime], in node microseconds."""
    def of(nodes):
        return mean(spec["runtime"]) if "runtime" in spec else model.runtime_mean(nodes) * US["s"] * scale_of(spec)
    if "size" not in spec and model:
        return sum(probability * n * of(n) for n, probability in enumerate(model.sizes, 1))
    choice = sizes(spec, compute)
    return sum(n * of(n) for n in choice) / len(choice)


def arrival_of(spec):
    return spec.get("arrival", {"process": "model", **spec.get("model", {})} if "model" in spec
                    else {"process": "poisson", "load": 0.8})


def cores_of(spec):
    cores = spec.get("coresPerTask", [])
    return cores["choice"] if isinstance(cores, dict) else [cores] if cores else []


def share(spec):
    """Of the cores of a node that it is on, those that a job keeps from others, on average."""
    if spec.get("exclusive", True):
        return Decimal(1)
    choice = cores_of(spec) or [1]
    return Decimal(sum(choice) * spec.get("tasksPerNode", 1)) / (len(choice) * NODE_CORES)


def mean_gap(spec, compute, model):
    """Microseconds from a job to the next; 0: all arrive at once."""
    arrival = arrival_of(spec)
    if arrival["process"] == "all":
        return Decimal(0)
    if "rate" in arrival:
        return US["s"] / per_second(arrival["rate"])
    if "load" not in arrival:
        return model.gap.mean * US["s"] * scale_of(spec)
    arrays = spec.get("arrays", {"share": 0, "tasks": 1})
    tasks = 1 + (arrays["tasks"] - 1) * Decimal(arrays["share"])
    return work(spec, compute, model) * share(spec) * tasks / (Decimal(arrival["load"]) * compute)


def cycle_of(spec, model):
    """From the time of arrivals to that of the clock, both in microseconds from the beginning."""
    told = spec["model"] if "arrival" not in spec and model else spec.get("arrival", {}).get("cycle")
    if told is None:
        return lambda t: t
    weights = model.weights() if "arrival" not in spec else [Decimal(w) for w in told["weights"]]
    period = microseconds(told.get("period", "24h")) * scale_of(spec)
    start = microseconds(told["start"]) * scale_of(spec) if "start" in told else Decimal(0)
    slot, total = period / len(weights), sum(weights)
    begin = Decimal(0)
    for i, weight in enumerate(weights):
        begin += weight / total * period * min(max((start - i * slot) / slot, Decimal(0)), Decimal(1))

    def real(t):
        whole, rest = divmod(begin + t, period)
        for i, weight in enumerate(weights):
            paid = weight / total * period
            if rest < paid:
                return whole * period + (i + rest / paid) * slot - start
            rest -= paid
        return (whole + 1) * period - start
    return real


def gap(spec, u, index, average, model):
    arrival = arrival_of(spec)
    process, burst = arrival["process"], arrival.get("burst", 1)
    if process == "poisson":
        return rounded(-average * (1 - u).ln())
    if process == "sessions":
        return rounded(-average * Decimal(arrival["session"]["jobs"]) * (1 - u).ln())
    if process == "uniform":
        return rounded(2 * average * u)
    if process == "model":
        return rounded(average * model.gap.at(u) / model.gap.mean)
    return rounded(average * burst) if process == "burst" and index and index % burst == 0 else 0


def session_jobs(session, u):
    average = Decimal(session["jobs"])
    if session.get("distribution", "geometric") == "constant" or average == 1:
        return int(average)
    return 1 + int(((1 - u).ln() / (1 - 1 / average).ln()).to_integral_value(ROUND_FLOOR))


def arrivals(spec, compute, model, draw):
    """When each job comes, and whose it is."""
    average, real, users, at = mean_gap(spec, compute, model), cycle_of(spec, model), spec.get("users", 0), 0

    def user():
        return 1 + draw[USER].below(users) if users else 0

    if arrival_of(spec)["process"] != "sessions":
        for i in range(spec["jobs"]):
            at += gap(spec, draw[ARRIVAL].unit(), i, average, model)
            yield rounded(real(at)), user()
        return
    session, open_ones = spec["arrival"]["session"], []
    at = gap(spec, draw[ARRIVAL].unit(), 0, average, model)
    for begun in range(1 << 62):
        coming = rounded(real(at))
        while open_ones and open_ones[0][0] <= coming:
            when, number, left, whose = heapq.heappop(open_ones)
            think = scale_of(spec) * value(session["think"], draw[THINK].unit(), draw[THINK_BRANCH].unit())
            if left > 1:
                heapq.heappush(open_ones, (when + rounded(think), number, left - 1, whose))
            yield when, whose
        heapq.heappush(open_ones, (coming, begun, session_jobs(session, draw[SESSION].unit()), user()))
        at += gap(spec, draw[ARRIVAL].unit(), 0, average, model)


def stream(spec, seed, block, compute, model):
    if spec.get("seed") == "fixed":
        block = 0
    draw = {i: Generator(seed, i << 32 | block) for i in range(ARRIVAL, CORES + 1)}
    choice, (low, high) = sizes(spec, compute), factors(spec)
    arrays, priorities = spec.get("arrays", {"share": 0, "tasks": 1}), spec.get("priorities", [])
    dependent = Decimal(spec.get("dependencies", {}).get("share", 0))
    chosen = cores_of(spec)
    ask = [spec.get("tasksPerNode", 0), 0, int(spec.get("memory", "0MiB")[:-3]) << 20, int(not spec.get("exclusive", True))]
    coming = arrivals(spec, compute, model, draw)
    for i in range(spec["jobs"]):
        at, user = next(coming)
        nodes = model.size(draw[SIZE].unit()) if model and "size" not in spec else choice[draw[SIZE].below(len(choice))]
        u, branch = draw[RUNTIME].unit(), draw[BRANCH].unit()
        exact = value(spec["runtime"], u, branch) if "runtime" in spec else model.runtime(nodes, u, branch) * US["s"] * scale_of(spec)
        runtime = max(1, rounded(exact))
        requested = max(runtime, rounded(runtime * (low + (high - low) * draw[FACTOR].unit())))
        priority = priorities[draw[PRIORITY].below(len(priorities))] if priorities else 0
        tasks = arrays["tasks"] if draw[ARRAY].unit() < Decimal(arrays["share"]) else 1
        waits, back = draw[DEPENDENT].unit() < dependent, 1 + draw[AFTER].below(min(max(i, 1), 8))
        after = i - back if waits and i else -1
        if chosen:
            ask[1] = chosen[draw[CORES].below(len(chosen))]
        yield [i, 1000 * at, nodes, tasks, 1000 * runtime, 1000 * requested, user, priority, after,
               *([-1, -1, *ask] if any(ask) else [])]


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
    "lublin": (7, 1, 128, {"model": {"name": "lublin"}, "timeScale": 0.001}),
    "lublin-load": (8, 0, 8, {
        "model": {"name": "lublin", "load": 0.7, "start": "9h"}, "timeScale": 0.002,
        "arrays": {"share": 0.2, "tasks": 3}, "requested": {"factor": "uniform(1, 5)"}}),
    # the authors' interactive jobs, and numbers of nodes that are no power of two
    "lublin-interactive": (9, 3, 100, {
        "model": {"name": "lublin", "serialProb": 0.1541, "pow2Prob": 0.625, "uLow": 1, "uMed": 3, "uHi": 5.5,
                  "uProb": 0.705, "a1": 3.8351, "b1": 0.6605, "a2": 7.073, "b2": 0.6856, "pa": -0.0118, "pb": 0.9156,
                  "longestRuntime": "18h", "aarr": 6.551, "barr": 0.6621, "arar": 0.9797, "anum": 8.9186,
                  "bnum": 3.668, "longestGap": "48h", "load": 0.9, "start": "22h"}, "timeScale": 0.01, "users": 3}),
    "lublin-jobs": (10, 2, 5, {
        "arrival": {"process": "poisson", "load": 0.6}, "size": {"choice": [1, 2, 5]}, "timeScale": 0.01,
        "model": {"name": "lublin", "pa": -0.1}}),
    "lublin-sizes": (11, 2, 24, {
        "arrival": {"process": "uniform", "load": 0.6}, "runtime": LOGNORMAL, "model": {"name": "lublin"}}),
    "cycle": (12, 0, 4, {
        "arrival": {"process": "poisson", "load": 0.8, "cycle": {"weights": [0, 1, 0, 2.5, 0.1, 4, 0], "start": "5h"}},
        "size": MIXED, "runtime": LOGNORMAL, "timeScale": 0.0001}),
    "cycle-burst": (12, 1, 4, {
        "arrival": {"process": "burst", "burst": 5, "rate": "3/s", "cycle": {"period": "3s", "weights": [1, 0, 3, 5]}},
        "runtime": LOGNORMAL}),
    "sessions": (13, 4, 8, {
        "arrival": {"process": "sessions", "load": 0.7, "session": {
            "jobs": 4.5, "think": {"distribution": "lognormal", "median": "2min", "sigma": 1.3}}},
        "size": MIXED, "runtime": LOGNORMAL, "timeScale": 0.01, "users": 6}),
    "sessions-of-a-day": (14, 0, 16, {
        "arrival": {"process": "sessions", "load": 0.8, "cycle": {"weights": [1, 2, 6, 3], "start": "90min"}, "session": {
            "jobs": 3, "distribution": "constant", "think": {"distribution": "hyperexponential", "branches": [
                {"probability": 0.6, "mean": "1min"}, {"probability": 0.4, "mean": "15min"}]}}},
        "model": {"name": "lublin"}, "timeScale": 0.002, "users": 2}),
    "cores-shared": (7, 1, 4, {
        "arrival": {"process": "poisson", "load": 0.8}, "size": MIXED, "runtime": LOGNORMAL,
        "coresPerTask": {"choice": [1, 1, 2, 4]}, "exclusive": False}),
    "cores-alone": (7, 1, 4, {
        "arrival": {"process": "poisson", "load": 0.8}, "size": MIXED, "runtime": LOGNORMAL, "coresPerTask": 2}),
    "tasks-shared": (8, 0, 8, {
        "model": {"name": "lublin", "load": 0.7}, "timeScale": 0.002, "tasksPerNode": 3, "memory": "64MiB",
        "exclusive": False}),
}


def written(name):
    seed, block, compute, members = CASES[name]
    spec = {"name": "jobstream", "jobs": 24, **members}
    model = Model(spec["model"], compute) if "model" in spec else None
    average = mean_gap(spec, compute, model)
    head = {"seed": seed, "block": block, "compute": compute, "spec": spec,
            "rate": float(US["s"] / average) if average else 0}
    lines = [f"  {json.dumps(key)}: {json.dumps(what)}," for key, what in head.items()]
    jobs = ",\n".join(f"    {json.dumps(job)}" for job in stream(spec, seed, block, compute, model))
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
