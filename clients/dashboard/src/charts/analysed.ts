// What charts are drawn of: an analysis and the values of its runs, as rows. For the pages and the report.
// Pure.
import type { Schemas } from '../api/client';
import { number, percent, quantity } from '../components/format';
import type { Sample } from './boxes';
import type { Effect } from './effects';
import type { Interval } from './intervals';
import type { Axis, Candidate } from './pareto';

export type Analysis = Schemas['Analysis'];
export type Values = Schemas['CampaignValues'];
export type Metric = Schemas['AnalysedMetric'];
export type Comparison = Schemas['LevelComparison'];

/** Where things are shown; the report has no pages to lead to. */
export interface Links {
  run?: (id: string) => string;
  cell?: (cell: number) => string;
}

/** With its number, so that names that are cut can be told apart. */
export const cellName = (analysis: Analysis, cell: number): string =>
  `${cell}: ${analysis.cells.find((c) => c.cell === cell)?.name ?? 'a cell'}`;

export const axisLabel = (metric: { name: string; unit: string }): string =>
  metric.unit === '1' || metric.unit === '' ? metric.name : `${metric.name} (${metric.unit})`;

/** An interval that is open to one side has no place in a chart. */
function bounds(
  interval: Schemas['OptionalInterval'],
): { low: number; high: number; coverage: number } | null {
  if (interval === null || interval.low === null || interval.high === null) return null;
  return { low: interval.low, high: interval.high, coverage: interval.coverage };
}

const between = (low: string, high: string) => `${low} to ${high}`;

/** The runs of each cell that count, with their values of a metric, by cell. */
export function valuesOf(
  values: Values | null,
  metric: string,
  links: Links,
): Map<number, Sample['values'][number][]> {
  const out = new Map<number, Sample['values'][number][]>();
  const own = values?.metrics.find((m) => m.name === metric);
  values?.runs.run.forEach((run, n) => {
    const value = own?.values[n];
    const cell = values.runs.cell[n];
    if (typeof value !== 'number' || cell === undefined || values.runs.counts[n] !== 1) return;
    const label = `block ${values.runs.block[n]}, run ${run}`;
    const found = { value, label, href: links.run?.(run) };
    const known = out.get(cell);
    if (known) known.push(found);
    else out.set(cell, [found]);
  });
  return out;
}

export function samples(
  analysis: Analysis,
  metric: Metric,
  values: Values | null,
  cells: readonly number[],
  links: Links = {},
): Sample[] {
  const all = valuesOf(values, metric.name, links);
  return cells.map((cell) => {
    const own = all.get(cell) ?? [];
    return {
      label: cellName(analysis, cell),
      note: `${own.length} runs`,
      href: links.cell?.(cell),
      values: own,
    };
  });
}

/** The median of each cell with its interval, over the values of its runs. */
export function estimates(
  analysis: Analysis,
  metric: Metric,
  values: Values | null,
  cells: readonly number[],
  links: Links = {},
): Interval[] {
  const all = valuesOf(values, metric.name, links);
  return cells.flatMap((cell) => {
    const found = metric.cells.find((c) => c.cell === cell);
    if (!found) return [];
    const { median, n } = found;
    const interval = bounds(found.interval);
    const words = (value: number) => quantity(value, metric.unit);
    const how = interval
      ? `, ${between(words(interval.low), words(interval.high))} (${percent(interval.coverage)})`
      : ', no interval';
    return [
      {
        label: cellName(analysis, cell),
        note: median === null ? 'no value' : `${words(median)}${how}, n ${n}`,
        href: links.cell?.(cell),
        estimate: median,
        low: interval?.low ?? null,
        high: interval?.high ?? null,
        dots: all.get(cell) ?? [],
      },
    ];
  });
}

const TONE: Partial<Record<Comparison['result'], 'good' | 'bad'>> = { better: 'good', worse: 'bad' };

const level = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
/** Words speak for themselves, numbers need the name of what they are of. */
const named = (path: string, value: unknown): string =>
  typeof value === 'string' ? value : `${path.split('.').pop()} ${level(value)}`;

function sides(analysis: Analysis, c: Comparison): string {
  const pair =
    c.factor === null
      ? `${cellName(analysis, c.cell ?? 0)} to ${cellName(analysis, c.against ?? 0)}`
      : `${named(c.factor, c.level)} to ${level(c.reference)}`;
  const context = Object.entries(c.context ?? {}).map(([path, value]) => named(path, value));
  return context.length > 0 ? `${pair}, at ${context.join(', ')}` : pair;
}

/** Those that are told as ratios, or those that are differences: they have no axis in common. */
export function compared(
  analysis: Analysis,
  metric: Metric,
  estimand: Comparison['estimand'],
  links: Links = {},
): Interval[] {
  return metric.comparisons
    .filter((c) => c.estimand === estimand)
    .map((c) => {
      const of = estimand === 'ratio' ? c.ratio : c.difference;
      const words = (value: number) =>
        estimand === 'ratio' ? number(value, 3) : quantity(value, metric.unit);
      const interval = bounds(of?.interval ?? null);
      const p = c.pCorrected === null ? '' : `, p ${number(c.pCorrected, 2)}`;
      const how = interval ? ` (${between(words(interval.low), words(interval.high))})` : ', no interval';
      return {
        label: sides(analysis, c),
        note: of ? `${words(of.estimate)}${how}, n ${c.n}${p}: ${c.result}` : c.result,
        href: c.cell === null ? undefined : links.cell?.(c.cell),
        estimate: of?.estimate ?? null,
        low: interval?.low ?? null,
        high: interval?.high ?? null,
        tone: TONE[c.result] ?? 'even',
      };
    });
}

export function candidates(
  analysis: Analysis,
  x: Metric,
  y: Metric,
  links: Links = {},
): { data: Candidate[]; axes: { x: Axis; y: Axis } } {
  const axis = (metric: Metric): Axis => ({
    label: axisLabel(metric),
    direction: analysis.pareto?.objectives.find((o) => o.metric === metric.name)?.direction ?? 'min',
  });
  const data = (analysis.pareto?.cells ?? []).flatMap((cell) => {
    const [a, b] = [x, y].map((m) => m.cells.find((c) => c.cell === cell.cell));
    if (a?.median == null || b?.median == null) return [];
    return [
      {
        cell: cell.cell,
        name: cellName(analysis, cell.cell),
        x: a.median,
        y: b.median,
        xLow: bounds(a.interval)?.low ?? null,
        xHigh: bounds(a.interval)?.high ?? null,
        yLow: bounds(b.interval)?.low ?? null,
        yHigh: bounds(b.interval)?.high ?? null,
        onFront: cell.onFront,
        probability: cell.probability,
        href: links.cell?.(cell.cell),
      },
    ];
  });
  return { data, axes: { x: axis(x), y: axis(y) } };
}

export function effectRows(metric: Metric): Effect[] {
  if (!metric.effects) return [];
  const items: Effect[] = metric.effects.items.flatMap((item) => {
    if (item.share === null) return [];
    const p = item.test?.p ?? null;
    const label = item.factors.map((f) => f.split('.').pop() ?? f).join(' and ');
    const note = `${percent(item.share)}${p === null ? '' : `, p ${number(p, 2)}`}`;
    return [{ label, note, share: item.share, p }];
  });
  const { left } = metric.effects;
  if (left === null) return items;
  return [...items, { label: 'none of them', note: percent(left), share: left, p: null, rest: true }];
}

export interface Distance {
  cell: number;
  /** Half the interval's width over the median; null where there is no interval. */
  half: number | null;
}

/** How wide the intervals are that a rule for stopping looks at. */
export function distances(metric: Metric): Distance[] {
  return metric.cells.map(({ cell, median, interval }) => {
    const own = bounds(interval);
    return { cell, half: own && median ? (own.high - own.low) / 2 / Math.abs(median) : null };
  });
}
