// The front end of a report: reads the data that the daemon put into the page, and puts charts into the
// document at the headings that they belong to. Without it the document says the same in tables.
import '../styles/report.css';
import {
  type Analysis,
  axisLabel,
  candidates,
  cellName,
  compared,
  effectRows,
  estimates,
  type Metric,
  samples,
  type Values,
} from '../charts/analysed';
import { boxes } from '../charts/boxes';
import { ECDF_MOST, ecdf } from '../charts/ecdf';
import { effects } from '../charts/effects';
import { colours } from '../charts/gantt';
import { ganttVector } from '../charts/ganttVector';
import { intervals } from '../charts/intervals';
import { type Jobs, jobRows, queueOf } from '../charts/jobs';
import { pareto } from '../charts/pareto';
import type { ChartOptions, Drawn } from '../charts/plot';
import { figure } from './figure';

interface Data {
  schema: string;
  analysis: Analysis;
  values: Values;
  /** Of each cell the run in the middle. */
  jobs: readonly { cell: number; gantt: Jobs & { run: string; leftOut: number } }[];
}

const SCHEMA = 'benchd.report/1';
const ROWS = 60;

const headings = (level: string) => [...document.querySelectorAll<HTMLElement>(`main ${level}`)];

/** The heading of a metric, `makespan (s, lower is better)`. */
const headOf = (name: string) =>
  headings('h2').find((h) => h.textContent === name || h.textContent?.startsWith(`${name} (`)) ?? null;

/** The first of that name below a heading, before the next one of its level. */
function partOf(head: HTMLElement | null, name: string): HTMLElement | null {
  for (let at = head?.nextElementSibling ?? null; at && at.tagName !== 'H2'; at = at.nextElementSibling)
    if (at instanceof HTMLElement && at.tagName === 'H3' && at.textContent === name) return at;
  return null;
}

/** Behind a heading; where the document has none such, at its end. */
function put(after: HTMLElement | null, charts: readonly HTMLElement[]): void {
  if (charts.length === 0) return;
  if (after) after.after(...charts);
  else document.querySelector('main')?.append(...charts);
}

const firstOf = (shown: number, all: number, what: string) =>
  all > shown ? ` The first ${shown} of ${all} ${what}.` : '';

function ofMetric(analysis: Analysis, metric: Metric, values: Values): void {
  const cells = metric.cells.map((c) => c.cell);
  const head = headOf(metric.name);
  const some = cells.slice(0, ROWS);
  const few = cells.slice(0, ECDF_MOST);
  const label = axisLabel(metric);
  put(head, [
    figure({
      title: `${metric.name}: medians with their intervals`,
      caption: `Large signs are medians, lines their intervals; small circles are runs.${firstOf(ROWS, cells.length, 'cells')}`,
      name: `${metric.name}-cells`,
      draw: intervals,
      data: estimates(analysis, metric, values, some),
      options: { label },
    }),
    figure({
      title: `${metric.name}: distributions`,
      caption: `For each value the share of the runs that have at most that.${firstOf(ECDF_MOST, cells.length, 'cells')}`,
      name: `${metric.name}-ecdf`,
      draw: ecdf,
      data: samples(analysis, metric, values, few),
      options: { label },
    }),
    figure({
      title: `${metric.name}: boxes`,
      caption: `Median and quartiles; lines reach to the last run within 1.5 times the box's width; circles are runs.${firstOf(ROWS, cells.length, 'cells')}`,
      name: `${metric.name}-boxes`,
      draw: boxes,
      data: samples(analysis, metric, values, some),
      options: { label },
    }),
  ]);
  put(partOf(head, 'Comparisons') ?? head, comparisons(analysis, metric));
  const effect = effectRows(metric);
  if (effect.length > 0) {
    const shown = {
      title: `${metric.name}: what goes with which factor`,
      caption: 'Shares of the variance of ranks. A share is no proof: p is told where there is a test.',
      name: `${metric.name}-effects`,
      draw: effects,
      data: effect,
      options: {},
    };
    put(partOf(head, 'Effects') ?? head, [figure(shown)]);
  }
}

function comparisons(analysis: Analysis, metric: Metric): HTMLElement[] {
  const { margin } = metric;
  const band = margin === null ? undefined : ([1 / (1 + margin), 1 + margin] as const);
  const kinds = [
    {
      estimand: 'ratio',
      what: 'ratios',
      options: { label: `${metric.name}, times that of the reference`, rule: 1, log: true, band },
    },
    {
      estimand: 'difference',
      what: 'differences',
      options: { label: `${axisLabel(metric)}, less that of the reference`, rule: 0 },
    },
  ] as const;
  return kinds.flatMap(({ estimand, what, options }) => {
    const rows = compared(analysis, metric, estimand);
    if (rows.length === 0) return [];
    const shown = {
      title: `${metric.name}: ${what}, with their intervals`,
      caption: `The broken line is where nothing differs.${estimand === 'ratio' && band ? ' The band is the margin.' : ''} A triangle is better, a square worse, a circle neither or not resolved.${firstOf(ROWS, rows.length, 'comparisons')}`,
      name: `${metric.name}-${what}`,
      draw: intervals,
      data: rows.slice(0, ROWS),
      options,
    };
    return [figure(shown)];
  });
}

/** Each objective against the first one. */
function tradeoffs(analysis: Analysis): void {
  const [first, ...others] = (analysis.pareto?.objectives ?? []).flatMap(
    (o) => analysis.metrics.find((m) => m.name === o.metric) ?? [],
  );
  if (!first) return;
  const charts = others.map((other) => {
    const { data, axes } = candidates(analysis, first, other);
    return figure({
      title: `${other.name} against ${first.name}`,
      caption:
        'Medians with their intervals. Beside each name: in what share of the resamples it is on the front of all objectives. The broken line is of these two alone.',
      name: `pareto-${first.name}-${other.name}`,
      draw: pareto,
      data,
      options: axes,
    });
  });
  put(headings('h2').find((h) => h.textContent === 'Pareto front') ?? null, charts);
}

function drawJobs(data: Jobs, { width }: ChartOptions): Drawn {
  const queue = queueOf(data);
  const rows = jobRows(data);
  const ends = rows.map((r) => r.end ?? r.start ?? r.submit ?? 0);
  const last = ends.reduce((a, b) => Math.max(a, b), 0.001);
  const barsPx = Math.max(80, Math.min(420, data.nodes.length * 24) + 12);
  return {
    element: ganttVector(data, queue, {
      width,
      barsPx,
      queuePx: 110,
      range: [0, last],
      ...colours(data, 'outcome'),
    }),
    columns: ['job', 'task', 'nodes', 'user', 'outcome', 'submit_s', 'start_s', 'end_s', 'on'],
    rows: rows.map((r) => [r.index, r.task, r.width, r.user, r.outcome, r.submit, r.start, r.end, r.nodes]),
  };
}

/** One run at a time: the first cell's, or that which is chosen. */
function jobsOf(analysis: Analysis, jobs: Data['jobs']): void {
  const some = jobs.filter((j) => j.gantt.jobs.index.length > 0);
  if (some.length === 0) return;
  const section = document.createElement('section');
  const head = document.createElement('h2');
  head.textContent = 'Jobs of a run of each cell';
  const label = document.createElement('label');
  const choice = document.createElement('select');
  for (const { cell } of some) choice.append(new Option(cellName(analysis, cell), String(cell)));
  label.append('Cell ', choice);
  const place = document.createElement('div');
  const show = () => {
    const found = some.find((j) => String(j.cell) === choice.value);
    if (!found) return;
    const { gantt, cell } = found;
    const shown = {
      title: `${cellName(analysis, cell)}, run ${gantt.run}: jobs on their nodes`,
      caption: `The run in the middle of its cell, by ${analysis.metrics[0]?.name ?? 'its first metric'}; below it the jobs that wait, and the nodes that are busy.${gantt.leftOut > 0 ? ` The first jobs; ${gantt.leftOut} more are left out.` : ''}`,
      name: `run-${gantt.run}-jobs`,
      draw: drawJobs,
      data: gantt as Jobs,
      options: {},
    };
    place.replaceChildren(figure(shown));
  };
  choice.addEventListener('change', show);
  section.append(head, label, place);
  const before = headings('h2').find((h) => h.textContent === 'Checklist');
  if (before) before.before(section);
  else document.querySelector('main')?.append(section);
  show();
}

function readData(): Data | null {
  const text = document.getElementById('data')?.textContent;
  if (!text) return null;
  const data = JSON.parse(text) as Data;
  return data.schema === SCHEMA ? data : null;
}

const data = readData();
if (data) {
  document.title = `${data.analysis.name ?? 'Report'}: benchd report`;
  for (const metric of data.analysis.metrics) ofMetric(data.analysis, metric, data.values);
  tradeoffs(data.analysis);
  jobsOf(data.analysis, data.jobs);
}
