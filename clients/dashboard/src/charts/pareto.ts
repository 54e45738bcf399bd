// Two objectives against each other: medians with their intervals, who is on the front, and how sure that is.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw } from './plot';
import { cut } from './rows';

export interface Candidate {
  cell: number;
  name: string;
  x: number;
  y: number;
  xLow: number | null;
  xHigh: number | null;
  yLow: number | null;
  yHigh: number | null;
  onFront: boolean;
  /** Share of the resamples in which it is on the front. */
  probability: number | null;
  href?: string;
}

export interface Axis {
  label: string;
  direction: 'min' | 'max';
}

const NAMES = 40;
const FRONT = ['on the front', 'not on it'];

/** Of two objectives: those that no other is at least as good as in both, from the best in x on. */
export function frontOf(data: readonly Candidate[], x: Axis, y: Axis): Candidate[] {
  const sx = x.direction === 'min' ? 1 : -1;
  const sy = y.direction === 'min' ? 1 : -1;
  const out: Candidate[] = [];
  for (const c of [...data].sort((a, b) => sx * (a.x - b.x) || sy * (a.y - b.y))) {
    const last = out[out.length - 1];
    if (!last || sy * c.y < sy * last.y) out.push(c);
  }
  return out;
}

/** Names are too long to stand beside the dots, which have their numbers. */
function namesOf(data: readonly Candidate[], words: (c: Candidate) => string, width: number): HTMLElement {
  const list = document.createElement('div');
  list.className = 'plot-names';
  for (const c of data.slice(0, NAMES)) {
    const line = document.createElement('div');
    line.textContent = `${c.onFront ? '●' : '×'} ${cut(c.name, width - 90)}${words(c)}`;
    list.append(line);
  }
  if (data.length > NAMES) list.append(`and ${data.length - NAMES} more`);
  return list;
}

export function pareto(
  data: readonly Candidate[],
  { width, height = 380, x, y }: ChartOptions & { x: Axis; y: Axis },
): Drawn {
  const named = data.map((c) => ({ ...c, front: c.onFront ? FRONT[0] : FRONT[1] }));
  const words = (c: Candidate) => (c.probability === null ? '' : ` (${Math.round(c.probability * 100)} %)`);
  const better = (axis: Axis) => (axis.direction === 'min' ? 'lower is better' : 'higher is better');
  const element = draw({
    width,
    height,
    marginLeft: 56,
    marginRight: 16,
    marginBottom: 40,
    inset: 14,
    x: { label: `${x.label}, ${better(x)}`, grid: true, nice: true, ticks: Math.max(3, width / 110) },
    y: { label: `${y.label}, ${better(y)}`, grid: true, nice: true },
    color: { domain: FRONT, range: ['var(--series-1)', 'var(--series-2)'] },
    symbol: { domain: FRONT, range: ['circle', 'times'], legend: true },
    marks: [
      Plot.line(frontOf(data, x, y), {
        x: 'x',
        y: 'y',
        curve: 'step-after',
        stroke: 'var(--series-1)',
        strokeDasharray: '5 3',
      }),
      Plot.ruleY(
        named.filter((c) => c.xLow !== null && c.xHigh !== null),
        { x1: 'xLow', x2: 'xHigh', y: 'y', stroke: 'front', strokeOpacity: 0.8 },
      ),
      Plot.ruleX(
        named.filter((c) => c.yLow !== null && c.yHigh !== null),
        { y1: 'yLow', y2: 'yHigh', x: 'x', stroke: 'front', strokeOpacity: 0.8 },
      ),
      Plot.dot(named, {
        x: 'x',
        y: 'y',
        r: 5,
        stroke: 'front',
        strokeWidth: 2,
        symbol: 'front',
        href: named.some((c) => c.href) ? (c) => c.href ?? null : undefined,
        title: (c) => `${c.name}${words(c)}: ${x.label} ${c.x}, ${y.label} ${c.y}`,
      }),
      Plot.text(named, {
        x: 'x',
        y: 'y',
        text: 'cell',
        dx: 8,
        dy: -9,
        textAnchor: 'start',
        fill: 'currentColor',
        stroke: 'var(--plot-background)',
      }),
    ],
  });
  element.append(namesOf(data, words, width));
  return {
    element,
    columns: ['name', x.label, 'low', 'high', y.label, 'low', 'high', 'on_front', 'probability'],
    rows: data.map((c) => [
      c.name,
      c.x,
      c.xLow,
      c.xHigh,
      c.y,
      c.yLow,
      c.yHigh,
      c.onFront ? 1 : 0,
      c.probability,
    ]),
  };
}
