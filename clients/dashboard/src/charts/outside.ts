// What others used of the host while runs were measured, run by run.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw } from './plot';

export interface OutsideUse {
  run: string;
  at: Date;
  cpus: number;
  grade: string;
}

export function outsideUse(
  data: readonly OutsideUse[],
  { width, height = 180, href }: ChartOptions & { href?: (run: string) => string },
): Drawn {
  const grades = ['usable', 'limited', 'invalid', 'none'];
  const element = draw({
    width,
    height,
    x: { type: 'time', label: 'Began' },
    y: { label: 'CPUs used by others', grid: true, zero: true, nice: true },
    color: { domain: grades, range: ['var(--good)', 'var(--warn)', 'var(--bad)', 'var(--muted)'] },
    symbol: { domain: grades, range: ['circle', 'triangle', 'times', 'plus'], legend: true },
    marks: [
      Plot.ruleY([0]),
      Plot.dot(data, {
        x: 'at',
        y: 'cpus',
        stroke: 'grade',
        symbol: 'grade',
        href: href ? (d: OutsideUse) => href(d.run) : undefined,
        title: (d: OutsideUse) => `run ${d.run}: ${d.cpus.toFixed(3)} CPUs, ${d.grade}`,
      }),
    ],
  });
  return {
    element,
    columns: ['run', 'began', 'outside_cpus', 'grade'],
    rows: data.map((d) => [d.run, d.at.toISOString(), d.cpus, d.grade]),
  };
}
