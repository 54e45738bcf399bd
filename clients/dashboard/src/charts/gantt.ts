// The jobs of a run: on which node each ran and when, with the queue and the busy nodes under it. Tens of
// thousands of jobs are drawn by uPlot on a canvas and moved about in; saved, they are SVG by Plot.

import { Bars } from './bars';
import { ganttVector } from './ganttVector';
import { type JobRow, type Jobs, jobRow, jobRows, queueOf, thinned } from './jobs';
import { type ChartOptions, type Drawn, SERIES } from './plot';
import uPlot, { axes, inksOf } from './uplot';
import { moveAbout } from './view';

export const COLOURED_BY = ['outcome', 'nodes', 'user'] as const;

export interface GanttOptions {
  by?: (typeof COLOURED_BY)[number];
  /** A job was chosen. */
  onJob?: (job: JobRow) => void;
}

const OUTCOME_INKS: Record<string, string> = {
  completed: 'var(--good)',
  failed: 'var(--bad)',
  killed: 'var(--warn)',
};
const QUEUE_PX = 110;

/** What of a job its colour says, and the colour. */
export function colours(
  data: Jobs,
  by: (typeof COLOURED_BY)[number],
): { label: (n: number) => string; ink: (label: string) => string } {
  if (by === 'outcome') {
    return {
      label: (n) => data.outcomes[data.jobs.outcome[n] ?? 0] ?? '',
      ink: (label) => OUTCOME_INKS[label] ?? 'var(--off)',
    };
  }
  const values = by === 'nodes' ? data.jobs.width : data.jobs.user;
  const word = (n: number) => (by === 'nodes' ? `${values[n]} nodes` : `user ${values[n]}`);
  const place = new Map([...new Set(values)].sort((a, b) => a - b).map((value, at) => [value, at]));
  const inkAt = new Map(
    [...place].map(([value, at]) => [word(values.indexOf(value)), SERIES[at % SERIES.length]]),
  );
  return { label: word, ink: (label) => inkAt.get(label) ?? 'var(--off)' };
}

export function gantt(
  data: Jobs,
  { width, height, by = 'outcome', onJob }: ChartOptions & GanttOptions,
): Drawn<Jobs> {
  const element = document.createElement('div');
  element.className = 'canvas-chart gantt';
  const inks = inksOf(() => {
    for (const plot of plots) plot.redraw();
  });
  const colour = colours(data, by);
  const bars = new Bars(data, colour.label);
  const queue = queueOf(data);
  const whole: [number, number] = [Math.min(0, bars.from), Math.max(bars.to, queue.times.at(-1) ?? 0, 0.001)];
  const mostWaiting = queue.waiting.reduce((most, n) => Math.max(most, n), 1);
  const rowPx = Math.max(3, Math.min(26, 420 / Math.max(1, data.nodes.length)));
  const barsPx = height ?? Math.max(80, Math.ceil(rowPx * data.nodes.length) + 12);

  const x = { time: false, auto: false, min: whole[0], max: whole[1] };
  const seconds = { values: (_u: uPlot, splits: number[]) => splits.map((s) => `${s} s`) };
  const none = { values: (_u: uPlot, splits: number[]) => splits.map(() => ''), size: 4 };
  const every = Math.max(1, Math.ceil(14 / rowPx));
  const common = {
    width,
    legend: { show: false },
    cursor: { sync: { key: `gantt ${serial++}` }, drag: { x: false, y: false }, y: false },
  };
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const line = (label: string, ink: string) => ({
    label,
    stroke: () => inks.of(ink),
    fill: () => faded(inks.of(ink)),
    width: 1.5,
    paths: steps,
  });

  const plots = [
    new uPlot(
      {
        ...common,
        height: barsPx,
        scales: { x, y: { auto: false, range: () => [0, data.nodes.length] } },
        axes: axes(inks, none, {
          label: 'nodes',
          grid: { show: false },
          splits: () =>
            data.nodes.map((_, n) => data.nodes.length - n - 0.5).filter((_, n) => n % every === 0),
          values: (_u, splits) => splits.map((at) => data.nodes[data.nodes.length - at - 0.5] ?? ''),
        }),
        series: [{}, { label: 'jobs', paths: () => null, points: { show: false } }],
        hooks: { draw: [(u) => bars.draw(u, (label) => inks.of(colour.ink(label)))] },
      },
      [whole, [0, 0]],
      element,
    ),
    new uPlot(
      {
        ...common,
        height: QUEUE_PX,
        scales: { x, y: { auto: false, range: () => [0, mostWaiting * 1.05] } },
        axes: axes(inks, none, { label: 'jobs waiting' }),
        series: [{}, line('waiting', 'var(--series-2)')],
      },
      thinned(queue.times, queue.waiting, whole, width),
      element,
    ),
    new uPlot(
      {
        ...common,
        height: QUEUE_PX + 20,
        scales: { x, y: { auto: false, range: () => [0, Math.max(1, data.nodes.length)] } },
        axes: axes(inks, seconds, { label: 'busy nodes' }),
        series: [{}, line('busy nodes', 'var(--series-1)')],
      },
      thinned(queue.times, queue.busy, whole, width),
      element,
    ),
  ];
  const view = moveAbout(element, plots, whole, (range) => {
    plots[1]?.setData(thinned(queue.times, queue.waiting, range, width), false);
    plots[2]?.setData(thinned(queue.times, queue.busy, range, width), false);
  });
  const said = legendAndReadout(element, data, bars, colour);
  const over = plots[0]?.over;
  const jobAt = (event: MouseEvent) => {
    const plot = plots[0];
    if (!plot) return null;
    return bars.at(
      plot.posToVal(event.offsetX, 'x'),
      Math.floor((event.offsetY / plot.over.clientHeight) * data.nodes.length),
      plot.posToVal(event.offsetX + 1, 'x') - plot.posToVal(event.offsetX, 'x'),
    );
  };
  over?.addEventListener('mousemove', (event) => {
    if (event.buttons !== 0) return;
    const n = jobAt(event);
    said(n === null ? null : jobRow(data, n));
    over.style.cursor = n !== null && onJob ? 'pointer' : '';
  });
  over?.addEventListener('click', (event) => {
    const n = view.moved() ? null : jobAt(event);
    if (n !== null) onJob?.(jobRow(data, n));
  });
  const rows = jobRows(data);
  return {
    element,
    columns: ['job', 'task', 'nodes', 'user', 'outcome', 'submit_s', 'start_s', 'end_s', 'on'],
    rows: rows.map((r) => [r.index, r.task, r.width, r.user, r.outcome, r.submit, r.start, r.end, r.nodes]),
    vector: () =>
      ganttVector(data, queue, { width, barsPx, queuePx: QUEUE_PX, range: view.range(), ...colour }),
    done: () => {
      inks.done();
      for (const plot of plots) plot.destroy();
    },
  };
}

/** Of cursors that move together. */
let serial = 0;

const faded = (rgb: string) => rgb.replace(/^rgb\(/, 'rgba(').replace(/\)$/, ', 0.25)');

function legendAndReadout(
  element: HTMLElement,
  data: Jobs,
  bars: Bars,
  colour: ReturnType<typeof colours>,
): (job: JobRow | null) => void {
  const line = document.createElement('p');
  line.className = 'small';
  const legend = document.createElement('span');
  for (const label of [...bars.labels].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))) {
    const sign = document.createElement('span');
    sign.className = 'ink';
    sign.style.background = colour.ink(label);
    legend.append(sign, ` ${label}  `);
  }
  const readout = document.createElement('output');
  line.append(legend, readout);
  element.append(line);
  const unseen = data.jobs.startUs.filter((at) => at === null).length;
  const usual = unseen > 0 ? `${unseen} jobs were not seen to begin, and have no bar` : '';
  readout.textContent = usual;
  const time = (s: number | null) => (s === null ? 'not seen' : `${s.toFixed(3)} s`);
  return (job) => {
    readout.textContent =
      job === null
        ? usual
        : `job ${job.index}${job.task > 0 ? `, task ${job.task}` : ''}: ${job.outcome}, user ${job.user}, on ${job.nodes}; submitted ${time(job.submit)}, began ${time(job.start)}, ended ${time(job.end)}`;
  };
}
