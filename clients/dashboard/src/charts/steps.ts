// The steps of a run, each attempt a bar from its beginning to its end.
import * as Plot from '@observablehq/plot';
import { type ChartOptions, type Drawn, draw } from './plot';

export interface StepBar {
  /** `workload`, and `workload, attempt 2`. */
  label: string;
  state: string;
  /** Seconds from the beginning of the run; of one that goes on, `to` is now. */
  from: number;
  to: number;
  /** How long it took, with its unit. */
  took: string;
}

const STATES = ['done', 'intended', 'failed'];
const ROW_PX = 24;

export function steps(data: readonly StepBar[], { width }: ChartOptions): Drawn {
  const end = Math.max(...data.map((d) => d.to), 0.001);
  const element = draw({
    width,
    height: data.length * ROW_PX + 50,
    marginLeft: Math.min(150, width / 3),
    marginRight: 60,
    marginBottom: 34,
    x: { label: 'Seconds from the beginning of the run', domain: [0, end], grid: true },
    y: { label: null, domain: data.map((d) => d.label) },
    color: { domain: STATES, range: ['var(--good)', 'var(--busy)', 'var(--bad)'] },
    marks: [
      Plot.barX(data, {
        x1: 'from',
        // A step of no time at all is seen, too.
        x2: (d: StepBar) => Math.max(d.to, d.from + end / 500),
        y: 'label',
        fill: 'state',
        title: (d: StepBar) => `${d.label}: ${d.state}, ${d.took}`,
      }),
      Plot.text(data, {
        x: (d: StepBar) => Math.max(d.to, d.from + end / 500),
        y: 'label',
        text: (d: StepBar) => (d.state === 'done' ? d.took : `${d.took} ${d.state === 'failed' ? '✕' : '…'}`),
        textAnchor: 'start',
        dx: 4,
      }),
    ],
  });
  return {
    element,
    columns: ['step', 'state', 'from_s', 'to_s'],
    rows: data.map((d) => [d.label, d.state, d.from, d.to]),
  };
}
