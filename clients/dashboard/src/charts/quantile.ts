/** Hyndman and Fan's type 7, as the daemon's own; of sorted values. */
export function quantile(sorted: readonly number[], p: number): number {
  const at = (sorted.length - 1) * p;
  const low = Math.floor(at);
  const a = sorted[low] ?? Number.NaN;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] ?? Number.NaN;
  return a + (b - a) * (at - low);
}

export interface Box {
  q1: number;
  median: number;
  q3: number;
  /** The furthest values within 1.5 times the box's width from it (Tukey). */
  low: number;
  high: number;
}

export function boxOf(values: readonly number[]): Box | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((p) => quantile(sorted, p)) as [number, number, number];
  const reach = 1.5 * (q3 - q1);
  const within = sorted.filter((v) => v >= q1 - reach && v <= q3 + reach);
  return { q1, median, q3, low: within[0] ?? q1, high: within[within.length - 1] ?? q3 };
}

/** Steps of the distribution: the share of the values up to each. */
export function stepsOf(values: readonly number[]): { value: number; share: number; place: number }[] {
  return values
    .map((value, place) => ({ value, place }))
    .sort((a, b) => a.value - b.value)
    .map((v, n) => ({ ...v, share: (n + 1) / values.length }));
}
