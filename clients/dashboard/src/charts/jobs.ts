// What is to be known of the jobs of a run for charts and tables of them: columns as the daemon gives them
// (getRunGantt) and what follows from them. Pure.

/** Times are microseconds from the stream's beginning, null where they were not seen. */
export interface JobColumns {
  index: readonly number[];
  task: readonly number[];
  width: readonly number[];
  user: readonly number[];
  /** A place in `outcomes`. */
  outcome: readonly number[];
  submitUs: readonly (number | null)[];
  startUs: readonly (number | null)[];
  endUs: readonly (number | null)[];
  /** Places in `nodes`. */
  on: readonly (readonly number[])[];
}

export interface Jobs {
  nodes: readonly string[];
  outcomes: readonly string[];
  jobs: JobColumns;
}

export interface JobRow {
  id: string;
  index: number;
  task: number;
  width: number;
  user: number;
  outcome: string;
  /** Seconds. */
  submit: number | null;
  start: number | null;
  end: number | null;
  wait: number | null;
  ran: number | null;
  nodes: string;
}

const US = 1e6;
const seconds = (us: number | null | undefined) => (us === null || us === undefined ? null : us / US);
const between = (from: number | null | undefined, to: number | null | undefined) =>
  from === null || from === undefined || to === null || to === undefined ? null : (to - from) / US;

/** Of a job, or of a task of an array. */
export const jobId = (index: number, task: number) => `${index}.${task}`;

export function jobRow({ nodes, outcomes, jobs }: Jobs, n: number): JobRow {
  const index = jobs.index[n] ?? 0;
  const task = jobs.task[n] ?? 0;
  return {
    id: jobId(index, task),
    index,
    task,
    width: jobs.width[n] ?? 0,
    user: jobs.user[n] ?? 0,
    outcome: outcomes[jobs.outcome[n] ?? 0] ?? '',
    submit: seconds(jobs.submitUs[n]),
    start: seconds(jobs.startUs[n]),
    end: seconds(jobs.endUs[n]),
    wait: between(jobs.submitUs[n], jobs.startUs[n]),
    ran: between(jobs.startUs[n], jobs.endUs[n]),
    nodes: (jobs.on[n] ?? []).map((at) => nodes[at]).join(' '),
  };
}

export const jobRows = (data: Jobs): JobRow[] => data.jobs.index.map((_, n) => jobRow(data, n));

/** After each change: how many jobs wait, how many run, how many nodes these hold. Seconds. */
export interface Queue {
  times: number[];
  waiting: number[];
  running: number[];
  busy: number[];
}

/**
 * As the daemon counts (getRunQueue): a job waits from its submission until it begins, then runs and holds its
 * nodes until it has ended on the last one; a stretch whose end was not seen is left out.
 */
export function queueOf({ jobs }: Jobs): Queue {
  const changes: [number, number, number, number][] = [];
  jobs.index.forEach((_, n) => {
    const submit = jobs.submitUs[n] ?? null;
    const start = jobs.startUs[n] ?? null;
    const end = jobs.endUs[n] ?? null;
    const width = jobs.width[n] ?? 0;
    if (submit !== null && start !== null) changes.push([submit, 1, 0, 0], [start, -1, 0, 0]);
    if (start !== null && end !== null) changes.push([start, 0, 1, width], [end, 0, -1, -width]);
  });
  changes.sort((a, b) => a[0] - b[0]);
  const out: Queue = { times: [], waiting: [], running: [], busy: [] };
  let waiting = 0;
  let running = 0;
  let busy = 0;
  changes.forEach(([at, dWaiting, dRunning, dBusy], n) => {
    waiting += dWaiting;
    running += dRunning;
    busy += dBusy;
    if (changes[n + 1]?.[0] === at) return;
    out.times.push(at / US);
    out.waiting.push(waiting);
    out.running.push(running);
    out.busy.push(busy);
  });
  return out;
}

/**
 * Steps between two times, as many as can be told apart: of each of `pixels` parts the most, the least and the
 * last. Gives times and values.
 */
export function thinned(
  times: readonly number[],
  values: readonly number[],
  [min, max]: readonly [number, number],
  pixels: number,
): [number[], number[]] {
  let at = firstAfter(times, min);
  const xs: number[] = [min];
  const ys: number[] = [at > 0 ? (values[at - 1] ?? 0) : 0];
  const part = (max - min) / pixels;
  while (at < times.length && (times[at] ?? 0) <= max) {
    const first = times[at] ?? 0;
    const end = min + (Math.floor((first - min) / part) + 1) * part;
    let most = Number.NEGATIVE_INFINITY;
    let least = Number.POSITIVE_INFINITY;
    let n = 0;
    const stop = Math.min(max, Math.max(end, first));
    for (; at < times.length && (n === 0 || (times[at] ?? 0) < stop); at++, n++) {
      most = Math.max(most, values[at] ?? 0);
      least = Math.min(least, values[at] ?? 0);
    }
    const last = values[at - 1] ?? 0;
    const to = times[at - 1] ?? first;
    if (n > 2) {
      xs.push(first, (first + to) / 2, to);
      ys.push(most, least, last);
    } else {
      if (n === 2) {
        xs.push(first);
        ys.push(values[at - 2] ?? 0);
      }
      xs.push(to);
      ys.push(last);
    }
  }
  xs.push(max);
  ys.push(ys[ys.length - 1] ?? 0);
  return [xs, ys];
}

/** The place of the first that is later. */
function firstAfter(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
