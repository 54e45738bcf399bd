// What was done, step by step, each attempt by itself.
import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { about, useResource } from '../api/resource';
import { Figure } from '../charts/Figure';
import { Badge } from '../components/Badge';
import { Empty, ErrorBox } from '../components/boxes';
import { duration } from '../components/format';
import { type Column, Table } from '../components/Table';
import { visible } from '../components/text';
import { Elapsed, Moment, now } from '../components/time';

type Step = Schemas['RunStep'];
const COLUMNS: readonly Column<Step>[] = [
  { name: 'Step', value: (s) => s.name },
  { name: 'State', value: (s) => s.state, show: (s) => <Badge word={s.state} /> },
  { name: 'Attempt', value: (s) => s.attempt, figures: true },
  { name: 'Began', value: (s) => s.startedAt, show: (s) => <Moment at={s.startedAt} /> },
  {
    name: 'Took',
    value: (s) => (s.endedAt ? Date.parse(s.endedAt) - Date.parse(s.startedAt) : null),
    show: (s) => <Elapsed from={s.startedAt} to={s.endedAt} />,
    figures: true,
  },
  { name: 'What went wrong', value: (s) => s.error && visible(s.error), width: 90 },
];
const stepId = (s: Step) => `${s.name} ${s.attempt} ${s.startedAt}`;
const load = () => import('../charts/steps').then((m) => m.steps);
const NO_OPTIONS = {};

function barsOf(steps: readonly Step[], origin: number, nowMs: number) {
  const names = new Map<string, number>();
  return steps.map((step) => {
    const times = (names.get(step.name) ?? 0) + 1;
    names.set(step.name, times);
    const from = Date.parse(step.startedAt);
    const to = step.endedAt ? Date.parse(step.endedAt) : Math.max(from, nowMs);
    return {
      label:
        times > 1
          ? `${step.name}, attempt ${step.attempt}${times > step.attempt ? ' again' : ''}`
          : step.name,
      state: step.state,
      from: (from - origin) / 1000,
      to: (to - origin) / 1000,
      took: duration(to - from),
    };
  });
}

export function Steps({ run, live }: { run: Schemas['Run']; live: boolean }) {
  const { data, error, reload } = useResource(
    '/v1/runs/{runId}/steps',
    { path: { runId: run.id } },
    { on: about(`run/${run.id}`, `cluster/${run.id}`) },
  );
  const items = data?.items ?? run.steps;
  const time = live ? now.value : 0;
  const bars = useMemo(
    () => barsOf(items, Date.parse(run.startedAt ?? run.createdAt), time),
    [items, run.startedAt, run.createdAt, time],
  );
  if (items.length === 0) return <Empty>It has not begun.</Empty>;
  return (
    <>
      <ErrorBox error={error} retry={reload} />
      <Figure title="Steps over time" name={`${run.id}-steps`} load={load} data={bars} options={NO_OPTIONS} />
      <Table label="steps" rows={items} columns={COLUMNS} id={stepId} plain />
    </>
  );
}
