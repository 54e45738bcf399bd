// Estimates with their intervals, one below the other, with what they are made of behind them.
import * as Plot from '@observablehq/plot';
import { number } from '../components/format';
import { type ChartOptions, type Drawn, draw } from './plot';
import { framed, type Row, spread } from './rows';
import { logTicks } from './ticks';

export interface Interval extends Row {
  estimate: number | null;
  low: number | null;
  high: number | null;
  /** What the estimate is of, each with where it leads to. */
  dots?: readonly { value: number; label: string; href?: string }[];
  /** Shown by a sign and a colour; the note has the word. */
  tone?: 'good' | 'bad' | 'even';
}

interface Options {
  /** Of the axis. */
  label: string;
  /** Where nothing differs: 1 of ratios, 0 of differences. */
  rule?: number;
  /** Within which a difference is none. */
  band?: readonly [number, number];
  log?: boolean;
}

// No names of colours, which would be taken as such.
const TONES = ['even', 'good', 'bad'];
const COLOURS = ['var(--series-1)', 'var(--good)', 'var(--bad)'];
const SIGNS = ['circle', 'triangle', 'square'];

/** With some room, and round values where it spans less than what powers of ten tell apart. */
function logAxis(data: readonly Interval[], others: readonly (number | undefined)[], width: number) {
  const all = [...data.flatMap((row) => [row.estimate, row.low, row.high]), ...others].filter(
    (v): v is number => typeof v === 'number' && v > 0,
  );
  const low = Math.min(...all);
  const high = Math.max(...all);
  const ticks = logTicks(low, high, Math.max(3, width / 90));
  return { domain: [low, high], ticks, tickFormat: (tick: number) => number(tick) };
}

export function intervals(
  data: readonly Interval[],
  { width, label, rule, band, log }: ChartOptions & Options,
): Drawn {
  const { marks, options } = framed(data, width);
  const dots = data.flatMap((row, y) =>
    (row.dots ?? []).map((dot, n) => ({ ...dot, y: y + spread(n), row: row.label })),
  );
  const known = data
    .map((row, y) => ({ ...row, y, tone: row.tone ?? 'even' }))
    .filter((r) => r.estimate !== null);
  const element = draw({
    ...options,
    x: {
      label,
      type: log ? 'log' : 'linear',
      grid: true,
      nice: !log,
      inset: log ? 12 : 0,
      ...(log ? logAxis(data, [rule, ...(band ?? [])], width) : { ticks: Math.max(3, width / 110) }),
    },
    color: { domain: TONES, range: COLOURS },
    symbol: { domain: TONES, range: SIGNS },
    marks: [
      Plot.rect(band ? [band] : [], {
        x1: (b) => b[0],
        x2: (b) => b[1],
        fill: 'var(--line)',
        fillOpacity: 0.5,
      }),
      Plot.ruleX(rule === undefined ? [] : [rule], { stroke: 'currentColor', strokeDasharray: '4 3' }),
      Plot.dot(dots, {
        x: 'value',
        y: 'y',
        r: 2.5,
        stroke: 'var(--muted)',
        strokeOpacity: 0.7,
        href: dots.some((d) => d.href) ? 'href' : undefined,
        title: (d) => `${d.row}, ${d.label}: ${d.value}`,
      }),
      Plot.ruleY(
        known.filter((r) => r.low !== null && r.high !== null),
        { x1: 'low', x2: 'high', y: 'y', stroke: 'tone', strokeWidth: 2.5, marker: 'tick' },
      ),
      Plot.dot(known, {
        x: 'estimate',
        y: 'y',
        r: 5,
        symbol: 'tone',
        fill: 'tone',
        href: known.some((r) => r.href) ? (r) => r.href ?? null : undefined,
        title: (r) => `${r.label}: ${r.note}`,
      }),
      Plot.text(
        data.map((row, y) => ({ row, y })).filter(({ row }) => row.estimate === null),
        { y: 'y', text: () => 'no value', frameAnchor: 'left', textAnchor: 'start', fill: 'var(--muted)' },
      ),
      ...marks,
    ],
  });
  return {
    element,
    columns: ['name', 'estimate', 'low', 'high', 'note'],
    rows: data.map((row) => [row.label, row.estimate, row.low, row.high, row.note]),
  };
}
