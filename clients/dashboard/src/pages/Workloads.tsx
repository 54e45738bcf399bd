import type { Schemas } from '../api/client';
import { about, useResource } from '../api/resource';
import { Badge } from '../components/Badge';
import { ErrorBox, Loading } from '../components/boxes';
import { Page } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { link } from '../router/links';

type Workload = Schemas['Workload'];

const COLUMNS: readonly Column<Workload>[] = [
  { name: 'Workload', value: (w) => w.name, show: (w) => <a href={link.workload(w.name)}>{w.name}</a> },
  {
    name: 'What it is',
    value: (w) => w.title ?? w.error,
    show: (w) => (w.error ? <Badge word={w.error.slice(0, 200)} tone="bad" /> : w.title),
    width: 60,
  },
  { name: 'Strains', value: (w) => w.stresses.join(', ') || null },
  { name: 'From', value: (w) => w.kind },
  { name: 'Licence', value: (w) => w.licence, width: 24 },
  { name: 'Metrics', value: (w) => Object.keys(w.metrics).length, figures: true },
];
const nameOf = (w: Workload) => w.name;

export default function Workloads() {
  const list = useResource('/v1/workloads', {}, { on: about('workload/') });
  return (
    <Page title="Workloads">
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what="workloads" />}
      {list.data && <Table label="workloads" rows={list.data.items} columns={COLUMNS} id={nameOf} />}
      <p class="muted">
        A definition of your own is brought by <code>benchctl workload add FILE.yaml</code>.
      </p>
    </Page>
  );
}
