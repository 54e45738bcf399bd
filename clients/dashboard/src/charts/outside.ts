// What others used of the host while runs were measured, run by run.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw } from './plot';

export interface OutsideUse {
  run: string;
  at: Date;
  cpus: number;
  grade: string;
}

const COLOURS: Record<string, string> = {
  usable: 'var(--good)',
  limited: 'var(--warn)',
  invalid: 'var(--bad)',
  none: 'var(--muted)',
};
const SIGNS: Record<string, Plot.SymbolType> = {
  usable: 'circle',
  limited: 'triangle',
  invalid: 'times',
  none: 'plus',
};

export function outsideUse(
  data: readonly OutsideUse[],
  { width, height = 180, href }: ChartOptions & { href?: (run: string) => string },
): Drawn {
  const grades = Object.keys(COLOURS).filter((grade) => data.some((d) => d.grade === grade));
  const element = draw({
    width,
    height,
    x: { type: 'time', label: 'Began' },
    y: { label: 'CPUs used by others', grid: true, zero: true, nice: true },
    color: { domain: grades, range: grades.map((grade) => COLOURS[grade]) },
    symbol: { domain: grades, range: grades.map((grade) => SIGNS[grade]), legend: true },
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
