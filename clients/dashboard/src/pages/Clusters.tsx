import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { usePages } from '../api/pages';
import { about } from '../api/resource';
import { Badge } from '../components/Badge';
import { Page } from '../components/Page';
import { StateList } from '../components/StateList';
import type { Column } from '../components/Table';
import { Ago, Elapsed } from '../components/time';
import { BASE, link } from '../router/links';

type State = Schemas['ClusterState'];
const STATES: readonly State[] = ['creating', 'ready', 'failing', 'deleting', 'failed', 'deleted'];

interface Row {
  id: string;
  name: string | null;
  run: string | null;
  state: string;
  step: string | null;
  nodes: number;
  scheduler: string;
  image: string;
  createdAt: string;
  readyAt: string | null;
  error: string | null;
  residue: string | null;
}

function rowOf(c: Schemas['Cluster']): Row {
  return {
    id: c.id,
    name: c.name,
    run: c.run,
    state: c.state,
    step: c.step,
    nodes: c.nodes.length,
    scheduler: [c.scheduler.name, c.scheduler.version].filter(Boolean).join(' '),
    image: c.image?.name ?? c.spec.image,
    createdAt: c.createdAt,
    readyAt: c.readyAt,
    error: c.error?.detail.slice(0, 300) ?? null,
    residue: c.residue && (c.residue.empty ? 'none' : `${c.residue.differences.length} differences`),
  };
}

const COLUMNS: readonly Column<Row>[] = [
  {
    name: 'Cluster',
    value: (c) => c.name ?? c.id,
    show: (c) => <a href={link.cluster(c.id)}>{c.name ?? c.id}</a>,
  },
  {
    name: 'State',
    value: (c) => c.state,
    show: (c) => (
      <>
        <Badge word={c.state} /> {c.step && <span class="muted">{c.step}</span>}
      </>
    ),
  },
  {
    name: 'Run',
    value: (c) => c.run,
    show: (c) => (c.run ? <a href={link.run(c.run)}>{c.run}</a> : 'interactive'),
  },
  { name: 'Nodes', value: (c) => c.nodes, figures: true },
  { name: 'Scheduler', value: (c) => c.scheduler },
  { name: 'Image', value: (c) => c.image },
  { name: 'Asked for', value: (c) => c.createdAt, show: (c) => <Ago at={c.createdAt} /> },
  {
    name: 'Up in',
    value: (c) => (c.readyAt ? Date.parse(c.readyAt) - Date.parse(c.createdAt) : null),
    show: (c) => (c.readyAt ? <Elapsed from={c.createdAt} to={c.readyAt} /> : '–'),
    figures: true,
  },
  { name: 'Left on the host', value: (c) => c.residue },
  { name: 'Error', value: (c) => c.error, width: 50 },
];

export default function Clusters() {
  const [states, setStates] = useState<readonly State[]>([]);
  const list = usePages('/v1/clusters', { query: { state: states } }, rowOf, { on: about('cluster/') });
  return (
    <Page
      title="Clusters"
      tools={
        <a class="button" href={`${BASE}clusters/new`}>
          Bring one up
        </a>
      }
    >
      <StateList
        label="clusters"
        list={list}
        columns={COLUMNS}
        states={STATES}
        chosen={states}
        choose={setStates}
        noneChosen="No cluster is in such a state."
      >
        There are no clusters. Deleted ones are shown when that state is chosen.
      </StateList>
    </Page>
  );
}
