// A Gantt chart as SVG, to be saved: what is seen of it, by Plot.
import * as Plot from '@observablehq/plot';
import type { Jobs, Queue } from './jobs';
import { draw } from './plot';

interface Options {
  width: number;
  barsPx: number;
  queuePx: number;
  /** Seconds. */
  range: [number, number];
  label: (n: number) => string;
  ink: (label: string) => string;
}

export function ganttVector(data: Jobs, queue: Queue, options: Options): HTMLElement {
  const { width, range, barsPx, queuePx, label, ink } = options;
  const [min, max] = range;
  const bars = data.jobs.index.flatMap((_, n) => {
    const start = data.jobs.startUs[n];
    if (start === null || start === undefined) return [];
    const from = start / 1e6;
    const to = (data.jobs.endUs[n] ?? start + (max - min) * 3000) / 1e6;
    if (from > max || to < min) return [];
    return (data.jobs.on[n] ?? []).map((row) => ({
      x1: Math.max(from, min),
      x2: Math.min(to, max),
      node: data.nodes[row],
      label: label(n),
    }));
  });
  const labels = [...new Set(bars.map((bar) => bar.label))];
  const changes = queue.times.map((at, n) => ({ at, waiting: queue.waiting[n], busy: queue.busy[n] }));
  const x = { domain: range, label: 'Seconds from the beginning of the stream' };
  const out = document.createElement('div');
  out.style.width = `${width}px`;
  out.append(
    draw({
      width,
      height: barsPx + 40,
      marginLeft: 70,
      x: { ...x, label: null },
      y: { domain: [...data.nodes], label: null, padding: 0.1 },
      color: { domain: labels, range: labels.map(ink), legend: true },
      marks: [Plot.barX(bars, { x1: 'x1', x2: 'x2', y: 'node', fill: 'label', insetRight: 0.3 })],
    }),
    draw({
      width,
      height: queuePx,
      marginLeft: 70,
      x: { ...x, label: null },
      y: { label: 'jobs waiting', grid: true },
      marks: [
        Plot.areaY(changes, {
          x: 'at',
          y: 'waiting',
          curve: 'step-after',
          fill: 'var(--series-2)',
          clip: true,
        }),
      ],
    }),
    draw({
      width,
      height: queuePx + 20,
      marginLeft: 70,
      x,
      y: { label: 'busy nodes', grid: true, domain: [0, Math.max(1, data.nodes.length)] },
      marks: [
        Plot.areaY(changes, { x: 'at', y: 'busy', curve: 'step-after', fill: 'var(--series-1)', clip: true }),
      ],
    }),
  );
  return out;
}
