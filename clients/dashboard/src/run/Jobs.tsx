// The jobs of a run's stream: over time, and one by one.
import { useMemo, useRef, useState } from 'preact/hooks';
import { about, LIVE_MS, useResource } from '../api/resource';
import { Figure } from '../charts/Figure';
import type { COLOURED_BY } from '../charts/gantt';
import { type JobRow, jobRows } from '../charts/jobs';
import { Badge } from '../components/Badge';
import { ErrorBox, Gauge } from '../components/boxes';
import { count, duration } from '../components/format';
import { Section } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { Unfinished } from './Unfinished';

const load = () => import('../charts/gantt').then((m) => m.gantt);
const time = (s: number | null) => s && duration(s * 1000);
const BY: readonly (typeof COLOURED_BY)[number][] = ['outcome', 'nodes', 'user'];

const COLUMNS: readonly Column<JobRow>[] = [
  { name: 'Job', value: (j) => j.index, figures: true },
  { name: 'Task', value: (j) => j.task, figures: true },
  { name: 'Outcome', value: (j) => j.outcome, show: (j) => <Badge word={j.outcome} /> },
  { name: 'Nodes', value: (j) => j.width, figures: true },
  { name: 'User', value: (j) => j.user, figures: true },
  { name: 'Submitted', value: (j) => j.submit, show: (j) => time(j.submit), figures: true },
  { name: 'Waited', value: (j) => j.wait, show: (j) => time(j.wait), figures: true },
  { name: 'Began', value: (j) => j.start, show: (j) => time(j.start), figures: true },
  { name: 'Ran', value: (j) => j.ran, show: (j) => time(j.ran), figures: true },
  { name: 'Ended', value: (j) => j.end, show: (j) => time(j.end), figures: true },
  { name: 'On', value: (j) => j.nodes, width: 40 },
];

interface Told {
  jobs: number;
  submitted: number;
  ended: number;
}

/** How far a stream has come while it goes on; what is known of each job is in its nodes until then. */
function Going({ run }: { run: string }) {
  const { data } = useResource(
    '/v1/events',
    { query: { subject: `run/${run}`, last: 20 } },
    { on: (e) => e.kind === 'run.progress' && e.subject === `run/${run}` },
  );
  const told = data?.items.findLast((e) => e.kind === 'run.progress')?.data as Told | undefined;
  if (!told) return null;
  const { jobs, submitted, ended } = told;
  return (
    <Section title="Jobs">
      <Gauge label="Submitted" used={submitted} all={jobs} text={`${count(submitted)} of ${count(jobs)}`} />
      <Gauge label="Ended" used={ended} all={jobs} text={`${count(ended)} of ${count(jobs)}`} />
      <p class="muted small">
        Where each job ran, and when, is fetched from the nodes when the last one has ended. It is shown here
        then.
      </p>
    </Section>
  );
}

export function Jobs({ run, live }: { run: string; live: boolean }) {
  const { data, error } = useResource(
    '/v1/runs/{runId}/gantt',
    { path: { runId: run } },
    { on: about(`run/${run}`), everyMs: live ? LIVE_MS : undefined },
  );
  const [by, setBy] = useState<(typeof COLOURED_BY)[number]>('outcome');
  const [job, setJob] = useState<string | null>(null);
  const table = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => (data ? jobRows(data) : []), [data]);
  const options = useMemo(
    () => ({
      by,
      onJob: (chosen: JobRow) => {
        setJob(chosen.id);
        table.current?.scrollIntoView({ block: 'nearest' });
      },
    }),
    [by],
  );
  if (!data || rows.length === 0) {
    return (
      <>
        <ErrorBox error={error} />
        {live && <Going run={run} />}
      </>
    );
  }
  return (
    <Section
      title="Jobs"
      tools={
        <label class="line small">
          Coloured by
          <select value={by} onChange={(e) => setBy(BY[e.currentTarget.selectedIndex] ?? 'outcome')}>
            {BY.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      }
    >
      <ErrorBox error={error} />
      <Figure
        title="Jobs on nodes"
        caption={
          'Each bar is a job on one of its nodes; one whose end was not seen is a tick at its beginning. Drag to move, ' +
          'Ctrl and the wheel to zoom, or the keys + − ← → 0. Choose a bar to find its row in the table.'
        }
        name={`${run}-jobs`}
        load={load}
        data={data}
        options={options}
      />
      {data.leftOut > 0 && (
        <p>{count(data.leftOut)} more jobs are not shown: the files to download have them.</p>
      )}
      <Unfinished run={run} />
      <div ref={table}>
        <Table label="jobs" rows={rows} columns={COLUMNS} marked={job} />
      </div>
    </Section>
  );
}
