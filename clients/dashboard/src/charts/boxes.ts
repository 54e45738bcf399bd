// Boxes (Tukey's: median, quartiles, whiskers up to 1.5 times the box's width) with every value beside them.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw } from './plot';
import { boxOf } from './quantile';
import { framed, type Row, spread } from './rows';

export interface Sample extends Row {
  values: readonly { value: number; label: string; href?: string }[];
}

const HALF = 0.2;

export function boxes(data: readonly Sample[], { width, label }: ChartOptions & { label: string }): Drawn {
  const { marks, options } = framed(data, width);
  const drawn = data.flatMap((row, y) => {
    const box = boxOf(row.values.map((v) => v.value));
    return box ? [{ ...box, y, label: row.label }] : [];
  });
  const dots = data.flatMap((row, y) =>
    row.values.map((v, n) => ({ ...v, y: y + spread(n), row: row.label })),
  );
  const element = draw({
    ...options,
    x: { label, grid: true, nice: true, ticks: Math.max(3, width / 110) },
    marks: [
      Plot.ruleY(drawn, { x1: 'low', x2: 'high', y: 'y', stroke: 'currentColor' }),
      Plot.rect(drawn, {
        x1: 'q1',
        x2: 'q3',
        y1: (b) => b.y - HALF,
        y2: (b) => b.y + HALF,
        fill: 'var(--raised)',
        stroke: 'var(--series-1)',
        title: (b) => `${b.label}: median ${b.median}, quartiles ${b.q1} and ${b.q3}`,
      }),
      Plot.ruleX(drawn, {
        x: 'median',
        y1: (b) => b.y - HALF,
        y2: (b) => b.y + HALF,
        stroke: 'var(--series-1)',
        strokeWidth: 3,
      }),
      Plot.dot(dots, {
        x: 'value',
        y: 'y',
        r: 3,
        stroke: 'var(--series-2)',
        href: dots.some((d) => d.href) ? 'href' : undefined,
        title: (d) => `${d.row}, ${d.label}: ${d.value}`,
      }),
      ...marks,
    ],
  });
  return {
    element,
    columns: ['name', 'of', 'value'],
    rows: data.flatMap((row) => row.values.map((v) => [row.label, v.label, v.value])),
  };
}
