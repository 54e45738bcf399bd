// Samples as series that have their times in common. Pure.
import type { Schemas } from '../api/client';
import type { SeriesData } from '../charts/series';

type Values = Schemas['SampleValues'];
type Points = readonly (readonly number[])[];

const NS = 1e9;
/** As many values of a series are drawn at most, give or take. */
const POINTS = 600;
/** More nodes than these are shown by what they have in common. */
const NODES = 8;

/** Length of the buckets that values are to be put together in; undefined where there are few. */
export function stepFor(toNs: number): string | undefined {
  const step = Math.ceil(toNs / NS / POINTS);
  return step > 1 ? `${step}s` : undefined;
}

/** Sampled in rounds, so that values of one round have about one time: to the tenth of a second. */
function align(series: readonly { label: string; points: Points }[]): SeriesData {
  const round = (ns: number) => Math.round(ns / 1e8) / 10;
  const times = [...new Set(series.flatMap((s) => s.points.map((point) => round(point[0] ?? 0))))].sort(
    (a, b) => a - b,
  );
  return {
    times,
    series: series.map(({ label, points }) => {
      const at = new Map(points.map((point) => [round(point[0] ?? 0), point[1] ?? null]));
      return { label, values: times.map((time) => at.get(time) ?? null) };
    }),
  };
}

/** One metric, a series a node; of many nodes the least, the middle and the most. */
export function byNode(values: Values): SeriesData {
  const all = align(values.items.map((item) => ({ label: item.node, points: item.points as Points })));
  if (all.series.length <= NODES) return all;
  const sorted = all.times.map((_, n) =>
    all.series
      .map((s) => s.values[n] ?? null)
      .filter((v) => v !== null)
      .sort((a, b) => a - b),
  );
  const of = (label: string, place: (n: number) => number) => ({
    label: `${label} of ${all.series.length} nodes`,
    values: sorted.map((v) => v[place(v.length)] ?? null),
  });
  return {
    times: all.times,
    series: [of('most', (n) => n - 1), of('median', (n) => Math.floor(n / 2)), of('least', () => 0)],
  };
}

/** Several metrics of the host, a series each. */
export function together(values: readonly Values[]): SeriesData {
  return align(values.map((one) => ({ label: one.metric, points: (one.items[0]?.points ?? []) as Points })));
}
