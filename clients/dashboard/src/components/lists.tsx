// Runs and campaigns as rows: what a list shows of them, and in which columns.
import type { Schemas } from '../api/client';
import { link } from '../router/links';
import { Badge, Grade } from './Badge';
import { count, levels, percent } from './format';
import type { Column } from './Table';
import { Ago, Duration, Elapsed } from './time';

export interface RunRow {
  id: string;
  campaign: string;
  state: string;
  waiting: string | null;
  grade: { value: string; reasons: string[] } | null;
  cell: string;
  block: number;
  warmup: boolean;
  attempt: number;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  error: string | null;
  step: string | null;
  outsideCpus: number | null;
}

const CUT = 300;

export function runRow(run: Schemas['Run']): RunRow {
  const noise = run.conditions?.noise as { outsideCpusMean?: number } | undefined;
  return {
    id: run.id,
    campaign: run.campaign,
    state: run.state,
    waiting: run.waiting,
    grade: run.grade && {
      value: run.grade.value,
      reasons: run.grade.reasons.slice(0, 10).map((reason) => reason.slice(0, CUT)),
    },
    cell: levels(run.cell).slice(0, CUT),
    block: run.block,
    warmup: run.warmup,
    attempt: run.attempt,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    error: run.error ? `${run.error.step ?? run.error.type}: ${run.error.detail}`.slice(0, CUT) : null,
    step: run.steps.find((step) => step.state === 'intended')?.name ?? null,
    outsideCpus: noise?.outsideCpusMean ?? null,
  };
}

const NO_CELL = 'one cell';

export const runColumns: readonly Column<RunRow>[] = [
  { name: 'Run', value: (r) => r.id, show: (r) => <a href={link.run(r.id)}>{r.id}</a> },
  {
    name: 'State',
    value: (r) => r.state,
    show: (r) => (
      <>
        <Badge word={r.state} title={r.waiting ?? undefined} />
        {r.step && <span class="muted"> {r.step}</span>}
      </>
    ),
  },
  { name: 'Grade', value: (r) => r.grade?.value, show: (r) => <Grade grade={r.grade} /> },
  {
    name: 'Campaign',
    value: (r) => r.campaign,
    show: (r) => <a href={link.campaign(r.campaign)}>{r.campaign}</a>,
  },
  { name: 'Cell', value: (r) => r.cell || NO_CELL, width: 40 },
  {
    name: 'Block',
    value: (r) => r.block,
    show: (r) => (r.warmup ? `${r.block} (warm-up)` : r.block),
    figures: true,
  },
  { name: 'Attempt', value: (r) => r.attempt, figures: true },
  { name: 'Began', value: (r) => r.startedAt ?? r.createdAt, show: (r) => <Ago at={r.startedAt} /> },
  {
    name: 'Took',
    value: (r) => (r.startedAt && r.endedAt ? Date.parse(r.endedAt) - Date.parse(r.startedAt) : null),
    show: (r) => <Elapsed from={r.startedAt} to={r.endedAt} />,
    figures: true,
  },
  { name: 'Why it failed, or waits', value: (r) => r.error ?? r.waiting, width: 50 },
];

export interface CampaignRow {
  id: string;
  name: string;
  state: string;
  priority: number;
  planned: number;
  done: number;
  failed: number;
  excluded: number;
  running: number;
  cells: number;
  etaSeconds: number | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  error: string | null;
}

export function campaignRow(c: Schemas['Campaign']): CampaignRow {
  return {
    id: c.id,
    name: c.name,
    state: c.state,
    priority: c.priority,
    ...c.progress,
    cells: c.plan.cells,
    createdAt: c.createdAt,
    startedAt: c.startedAt,
    endedAt: c.endedAt,
    error: c.error,
  };
}

/** How far a campaign is, in figures and as a bar. */
export function Progress({ row }: { row: Pick<CampaignRow, 'name' | 'done' | 'failed' | 'planned'> }) {
  const ended = row.done + row.failed;
  return (
    <span class="progress">
      <progress
        value={ended}
        max={row.planned}
        aria-label={`${row.name}: ${percent(ended / row.planned)} of the runs`}
      />
      <span class="figure">
        {count(ended)} of {count(row.planned)}
      </span>
    </span>
  );
}

export const campaignColumns: readonly Column<CampaignRow>[] = [
  { name: 'Campaign', value: (c) => c.name, show: (c) => <a href={link.campaign(c.id)}>{c.name}</a> },
  { name: 'Id', value: (c) => c.id, show: (c) => <code>{c.id}</code> },
  {
    name: 'State',
    value: (c) => c.state,
    show: (c) => <Badge word={c.state} title={c.error ?? undefined} />,
  },
  { name: 'Runs', value: (c) => (c.done + c.failed) / c.planned, show: (c) => <Progress row={c} /> },
  { name: 'Failed', value: (c) => c.failed, figures: true },
  { name: 'Left out', value: (c) => c.excluded, figures: true },
  {
    name: 'Time left',
    value: (c) => c.etaSeconds,
    show: (c) => <Duration ms={c.etaSeconds === null ? null : c.etaSeconds * 1000} />,
    figures: true,
  },
  { name: 'Cells', value: (c) => c.cells, figures: true },
  { name: 'Priority', value: (c) => c.priority, figures: true },
  { name: 'Submitted', value: (c) => c.createdAt, show: (c) => <Ago at={c.createdAt} /> },
  { name: 'Error', value: (c) => c.error, width: 50 },
];
