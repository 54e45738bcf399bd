// The bars of a Gantt chart on uPlot's canvas. What is narrower than a pixel is put together, so that the cost of
// a frame is bounded by the pixels that there are and not by the jobs.
import type uPlot from 'uplot';
import type { Jobs } from './jobs';

/** A job whose end was not seen is so long, in pixels. */
const TICK_PX = 3;

interface Bar {
  n: number;
  row: number;
  from: number;
  /** NaN where it was not seen. */
  to: number;
}

export class Bars {
  readonly labels = new Set<string>();
  readonly from: number;
  readonly to: number;
  readonly #byLabel = new Map<string, Bar[]>();
  readonly #byRow: Bar[][];

  constructor(data: Jobs, label: (n: number) => string) {
    this.#byRow = data.nodes.map(() => []);
    let from = Number.POSITIVE_INFINITY;
    let to = 0;
    data.jobs.index.forEach((_, n) => {
      const start = data.jobs.startUs[n];
      const end = data.jobs.endUs[n];
      if (start === null || start === undefined) return;
      const word = label(n);
      this.labels.add(word);
      let list = this.#byLabel.get(word);
      if (!list) {
        list = [];
        this.#byLabel.set(word, list);
      }
      from = Math.min(from, start / 1e6);
      to = Math.max(to, (end ?? start) / 1e6);
      for (const row of data.jobs.on[n] ?? []) {
        const bar = {
          n,
          row,
          from: start / 1e6,
          to: end === null || end === undefined ? Number.NaN : end / 1e6,
        };
        list.push(bar);
        this.#byRow[row]?.push(bar);
      }
    });
    this.from = from;
    this.to = to;
    for (const list of [...this.#byLabel.values(), ...this.#byRow]) list.sort((a, b) => a.from - b.from);
  }

  draw(u: uPlot, inkOf: (label: string) => string): void {
    const { left, top, width, height } = u.bbox;
    const min = u.scales.x?.min ?? 0;
    const max = u.scales.x?.max ?? 1;
    const scale = width / (max - min);
    const rowPx = height / Math.max(1, this.#byRow.length);
    const tall = Math.max(1, rowPx - (rowPx > 6 ? 2 * devicePixelRatio : 0));
    const { ctx } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    for (const [label, bars] of this.#byLabel) {
      ctx.fillStyle = inkOf(label);
      const drawnTo = new Float64Array(this.#byRow.length).fill(Number.NEGATIVE_INFINITY);
      for (const bar of bars) {
        if (bar.from > max) break;
        if (bar.to < min) continue;
        const from = Math.max(0, (bar.from - min) * scale);
        const to = Number.isNaN(bar.to)
          ? from + TICK_PX * devicePixelRatio
          : Math.min(width, (bar.to - min) * scale);
        // Whole pixels are filled fastest; a gap tells one from the next, where there is room for one.
        const x = Math.round(from);
        const wide = Math.max(1, Math.round(to) - x - (to - from > 4 ? 1 : 0));
        const done = drawnTo[bar.row] ?? 0;
        if (x + wide <= done) continue;
        drawnTo[bar.row] = x + wide;
        ctx.fillRect(
          left + x,
          Math.round(top + bar.row * rowPx + (rowPx - tall) / 2),
          wide,
          Math.round(tall),
        );
      }
    }
    ctx.restore();
  }

  /** The job at a time on a row, give or take some seconds; the last that began, where there are more. */
  at(time: number, row: number, give: number): number | null {
    const list = this.#byRow[row] ?? [];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((list[middle]?.from ?? 0) <= time + give) low = middle + 1;
      else high = middle;
    }
    for (let k = low - 1; k >= 0 && k >= low - 200; k--) {
      const bar = list[k];
      if (bar && (Number.isNaN(bar.to) ? bar.from + TICK_PX * give : bar.to + give) >= time) return bar.n;
    }
    return null;
  }
}
