// Jobs that did not end well, with what is known of why.
import type { Schemas } from '../api/client';
import { usePages } from '../api/pages';
import { about } from '../api/resource';
import { jobId } from '../charts/jobs';
import { Badge } from '../components/Badge';
import { ErrorBox } from '../components/boxes';
import { type Column, Table } from '../components/Table';

const BAD: readonly Schemas['JobOutcome'][] = ['failed', 'killed', 'refused', 'lost', 'not-submitted'];

interface Row {
  id: string;
  index: number;
  task: number;
  outcome: string;
  said: string;
  exitCode: number | null;
  number: number | null;
  nodes: string;
}
const rowOf = (job: Schemas['Job']): Row => ({
  id: jobId(job.index, job.task),
  index: job.index,
  task: job.task,
  outcome: job.outcome,
  said: job.schedulerState,
  exitCode: job.exitCode,
  number: job.jobId,
  nodes: job.nodeList.join(' '),
});
const COLUMNS: readonly Column<Row>[] = [
  { name: 'Job', value: (j) => j.index, figures: true },
  { name: 'Task', value: (j) => j.task, figures: true },
  { name: 'Outcome', value: (j) => j.outcome, show: (j) => <Badge word={j.outcome} /> },
  { name: "Scheduler's word", value: (j) => j.said },
  { name: 'Exit code', value: (j) => j.exitCode, figures: true },
  { name: "Scheduler's number", value: (j) => j.number, figures: true },
  { name: 'On', value: (j) => j.nodes, width: 40 },
];

export function Unfinished({ run }: { run: string }) {
  const list = usePages('/v1/runs/{runId}/jobs', { path: { runId: run }, query: { outcome: BAD } }, rowOf, {
    on: about(`run/${run}`),
  });
  if (list.rows.length === 0) return <ErrorBox error={list.error} retry={list.reload} />;
  return (
    <>
      <h3>Those that did not complete</h3>
      <Table
        label="jobs that did not complete"
        rows={list.rows}
        columns={COLUMNS}
        more={list.more}
        extend={list.extend}
        extendAll={list.extendAll}
      />
      <h3>All</h3>
    </>
  );
}
