// Which share of a metric's variance goes with which factor.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw } from './plot';
import { framed, type Row } from './rows';

export interface Effect extends Row {
  share: number;
  p: number | null;
  /** What goes with none of the factors. */
  rest?: boolean;
}

export function effects(data: readonly Effect[], { width }: ChartOptions): Drawn {
  const { marks, options } = framed(data, width);
  const rows = data.map((row, y) => ({ ...row, y, percent: row.share * 100 }));
  const element = draw({
    ...options,
    x: { label: 'share of the variance of ranks, %', domain: [0, 100], grid: true, ticks: 5 },
    marks: [
      Plot.rect(rows, {
        x1: 0,
        x2: 'percent',
        y1: (r) => r.y - 0.18,
        y2: (r) => r.y + 0.18,
        fill: (r) => (r.rest ? 'var(--muted)' : 'var(--series-1)'),
        fillOpacity: (r) => (r.rest ? 0.4 : 0.85),
        title: (r) => `${r.label}: ${r.note}`,
      }),
      Plot.ruleX([0]),
      ...marks,
    ],
  });
  return {
    element,
    columns: ['factors', 'share', 'p'],
    rows: data.map((row) => [row.label, row.share, row.p]),
  };
}
