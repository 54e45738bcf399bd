import { expect, test } from 'vitest';
import { Bars } from '../src/charts/bars';
import { type Jobs, jobRows, queueOf, thinned } from '../src/charts/jobs';

// Two nodes: job 0 on both, job 1 waits for it, job 2 was never seen to end, job 3 never to begin.
const DATA: Jobs = {
  nodes: ['n1', 'n2'],
  outcomes: ['completed', 'killed', 'lost'],
  jobs: {
    index: [0, 1, 2, 3],
    task: [0, 0, 0, 0],
    width: [2, 1, 1, 1],
    user: [0, 1, 1, 0],
    outcome: [0, 0, 1, 2],
    submitUs: [0, 100_000, 200_000, 300_000],
    startUs: [0, 1_000_000, 1_000_000, null],
    endUs: [1_000_000, 2_500_000, null, null],
    on: [[0, 1], [0], [1], []],
  },
};

test('jobs as rows, what was not seen is null', () => {
  const [first, second, third, fourth] = jobRows(DATA);
  expect(first).toMatchObject({ id: '0.0', outcome: 'completed', wait: 0, ran: 1, nodes: 'n1 n2' });
  expect(second).toMatchObject({ submit: 0.1, wait: 0.9, ran: 1.5 });
  expect(third).toMatchObject({ outcome: 'killed', start: 1, end: null, ran: null });
  expect(fourth).toMatchObject({ outcome: 'lost', start: null, wait: null, nodes: '' });
});

test('the queue after each change, without stretches whose end was not seen', () => {
  expect(queueOf(DATA)).toEqual({
    times: [0, 0.1, 0.2, 1, 2.5],
    waiting: [0, 1, 2, 0, 0],
    running: [1, 1, 1, 1, 0],
    busy: [2, 2, 2, 1, 0],
  });
});

test('no jobs are no queue', () => {
  const none: Jobs = {
    nodes: [],
    outcomes: [],
    jobs: {
      index: [],
      task: [],
      width: [],
      user: [],
      outcome: [],
      submitUs: [],
      startUs: [],
      endUs: [],
      on: [],
    },
  };
  expect(queueOf(none).times).toEqual([]);
  expect(jobRows(none)).toEqual([]);
});

test('the job at a place of the chart', () => {
  const bars = new Bars(DATA, () => 'all');
  expect([bars.from, bars.to]).toEqual([0, 2.5]);
  expect(bars.at(0.5, 0, 0.01)).toBe(0);
  expect(bars.at(0.5, 1, 0.01)).toBe(0);
  expect(bars.at(2, 0, 0.01)).toBe(1);
  expect(bars.at(1.02, 1, 0.01)).toBe(2); // a tick
  expect(bars.at(2, 1, 0.01)).toBe(null);
  expect(bars.at(3, 0, 0.01)).toBe(null);
  expect(bars.at(0.5, 7, 0.01)).toBe(null);
});

test('narrow bars are put together: what is drawn is bounded by pixels, not by jobs', () => {
  const n = 100_000;
  const each = <T>(value: (i: number) => T) => Array.from({ length: n }, (_, i) => value(i));
  const bars = new Bars(
    {
      nodes: ['n1'],
      outcomes: ['completed'],
      jobs: {
        index: each((i) => i),
        task: each(() => 0),
        width: each(() => 1),
        user: each(() => 0),
        outcome: each(() => 0),
        submitUs: each((i) => i * 1000),
        startUs: each((i) => i * 1000),
        endUs: each((i) => i * 1000 + 900),
        on: each(() => [0]),
      },
    },
    () => 'all',
  );
  let rects = 0;
  const globals = globalThis as Record<string, unknown>;
  globals.devicePixelRatio = 1;
  const ctx = { save() {}, beginPath() {}, rect() {}, clip() {}, fillRect: () => rects++, restore() {} };
  const draw = (min: number, max: number) => {
    rects = 0;
    bars.draw(
      { bbox: { left: 0, top: 0, width: 1000, height: 20 }, scales: { x: { min, max } }, ctx } as never,
      () => 'black',
    );
    return rects;
  };
  const whole = draw(0, 100);
  expect(whole).toBeGreaterThan(400);
  expect(whole).toBeLessThanOrEqual(1001);
  expect(draw(50, 50.01)).toBeGreaterThanOrEqual(10); // all of them, near
  expect(draw(50, 50.01)).toBeLessThan(15);
});

test('steps are thinned to what can be told apart, and keep their extremes', () => {
  const times = Array.from({ length: 10_000 }, (_, n) => n / 100);
  const values = times.map((_, n) => (n === 5000 ? 99 : n % 10));
  const [xs, ys] = thinned(times, values, [0, 100], 500);
  expect(xs.length).toBeLessThanOrEqual(1600);
  expect(Math.max(...ys)).toBe(99);
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
  // Near enough, each change is there, and what held before it.
  expect(thinned(times, values, [10, 10.025], 1000)).toEqual([
    [10, 10.01, 10.02, 10.025],
    [0, 1, 2, 2],
  ]);
  expect(thinned([], [], [0, 1], 10)).toEqual([
    [0, 1],
    [0, 0],
  ]);
  expect(thinned([5], [3], [0, 1], 10)[1]).toEqual([0, 0]);
});
