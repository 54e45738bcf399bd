// Empirical distributions: for each value the share of the values that are at most that. Samples are told
// apart by colour, sign and form of line.
import * as Plot from '@observablehq/plot';
import type { Sample } from './boxes';
import { type ChartOptions, type Drawn, draw, SERIES } from './plot';
import { stepsOf } from './quantile';
import { cut } from './rows';

const DASHES = ['none', '6 3', '2 3', '8 3 2 3', '12 4', '4 4', '1 4', '10 3 2 3 2 3'];
const SIGNS = ['circle', 'triangle', 'square', 'diamond', 'times', 'plus', 'star', 'wye'];
/** More can't be told apart. */
export const ECDF_MOST = SERIES.length;

export function ecdf(
  data: readonly Sample[],
  { width, height = 300, label }: ChartOptions & { label: string },
): Drawn {
  const shown = data.slice(0, ECDF_MOST);
  const names = shown.map((s) => cut(s.label, Math.min(width - 60, 420)));
  const steps = shown.map((sample, n) =>
    stepsOf(sample.values.map((v) => v.value)).map((step) => ({
      ...step,
      name: names[n],
      of: sample.values[step.place],
      sample: sample.label,
    })),
  );
  const dots = steps.flat();
  const element = draw({
    width,
    height,
    marginLeft: 44,
    x: { label, grid: true, nice: true, ticks: Math.max(3, width / 110) },
    y: { label: 'share of the runs', domain: [0, 1], grid: true },
    color: { domain: names, range: SERIES },
    symbol: { domain: names, range: SIGNS, legend: true },
    marks: [
      ...steps.map((own, n) =>
        Plot.lineY(own.length > 0 ? [{ ...own[0], share: 0 }, ...own] : [], {
          x: 'value',
          y: 'share',
          stroke: SERIES[n],
          strokeDasharray: DASHES[n],
          curve: 'step-after',
        }),
      ),
      Plot.dot(dots, {
        x: 'value',
        y: 'share',
        r: 3,
        stroke: 'name',
        symbol: 'name',
        href: dots.some((d) => d.of?.href) ? (d) => d.of?.href ?? null : undefined,
        title: (d) => `${d.sample}, ${d.of?.label}: ${d.value}`,
      }),
    ],
  });
  return {
    element,
    columns: ['name', 'of', 'value', 'share'],
    rows: data.flatMap((sample) =>
      stepsOf(sample.values.map((v) => v.value)).map((s) => [
        sample.label,
        sample.values[s.place]?.label ?? '',
        s.value,
        s.share,
      ]),
    ),
  };
}
