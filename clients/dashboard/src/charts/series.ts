// Values over time, of several nodes or of several sorts, that may go on coming.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw, SERIES } from './plot';
import uPlot, { axes, inksOf } from './uplot';

export interface SeriesData {
  /** Seconds from the beginning of sampling, the same for all series. */
  times: readonly number[];
  series: readonly { label: string; values: readonly (number | null)[] }[];
}

export interface SeriesOptions {
  unit: string;
  /** A value with its unit, for axes and for what is under the pointer. */
  format: (value: number) => string;
  /** Charts of one group show the same moment. */
  group?: string;
}

const HEIGHT = 170;
const inkOf = (n: number) => SERIES[n % SERIES.length] ?? 'currentColor';
/** What is more than there are colours goes on with dashes. */
const dashOf = (n: number) => [undefined, [6, 3], [2, 2], [8, 3, 2, 3]][Math.floor(n / SERIES.length) % 4];

/** Steps between the lines of an axis of bytes. */
const BINARY = Array.from({ length: 50 }, (_, n) => 2 ** n);

export function series(
  data: SeriesData,
  { width, height = HEIGHT, unit, format, group }: ChartOptions & SeriesOptions,
): Drawn<SeriesData> {
  const element = document.createElement('div');
  element.className = 'canvas-chart';
  const inks = inksOf(() => plot.redraw());
  let shown = data;
  const plot = new uPlot(
    {
      width,
      height,
      cursor: group === undefined ? {} : { sync: { key: group } },
      // Its signs are in the page, and follow its colours.
      legend: { markers: { stroke: (_u, n) => inkOf(n - 1), fill: (_u, n) => inkOf(n - 1) } },
      scales: { x: { time: false }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.05 : 1] } },
      axes: axes(
        inks,
        { values: (_u, splits) => splits.map((s) => `${s} s`) },
        {
          values: (_u, splits) => splits.map(format),
          size: 78,
          ...(unit.startsWith('B') ? { incrs: BINARY } : {}),
        },
      ),
      series: [
        { label: 'Time', value: (_u, at) => (at === null ? '' : `${at.toFixed(1)} s`) },
        ...data.series.map((s, n) => ({
          label: s.label,
          stroke: () => inks.of(inkOf(n)),
          dash: dashOf(n),
          width: 1.5,
          value: (_u: uPlot, value: number | null) => (value === null ? '' : format(value)),
        })),
      ],
    },
    columnsOf(data),
    element,
  );
  return {
    element,
    columns: ['seconds', ...data.series.map((s) => `${s.label} (${unit})`)],
    rows: rowsOf(data),
    vector: () => vectorOf(shown, { width, height, unit }),
    update: (newer) => {
      if (newer.series.map((s) => s.label).join('\n') !== shown.series.map((s) => s.label).join('\n'))
        return null;
      shown = newer;
      plot.setData(columnsOf(newer));
      return rowsOf(newer);
    },
    done: () => {
      inks.done();
      plot.destroy();
    },
  };
}

const columnsOf = (data: SeriesData) =>
  [data.times, ...data.series.map((s) => s.values)] as unknown as uPlot.AlignedData;

const rowsOf = (data: SeriesData) =>
  data.times.map((at, n) => [at, ...data.series.map((s) => s.values[n] ?? null)]);

function vectorOf(
  data: SeriesData,
  { width, height, unit }: { width: number; height: number; unit: string },
) {
  const points = data.series.flatMap((s) =>
    s.values.map((value, n) => ({ at: data.times[n], value: value ?? Number.NaN, label: s.label })),
  );
  return draw({
    width,
    height,
    marginLeft: 70,
    x: { label: 'Seconds' },
    y: { label: unit, grid: true, zero: true },
    color: { domain: data.series.map((s) => s.label), legend: true },
    marks: [Plot.lineY(points, { x: 'at', y: 'value', stroke: 'label' })],
  });
}
