// The metrics of a run, each with what it is.
import type { Schemas } from '../api/client';
import { useResource } from '../api/resource';
import { quantity } from '../components/format';
import { Section } from '../components/Page';
import { type Column, Table } from '../components/Table';

type Row = Schemas['MetricValue'] & { name: string; what: string | null };
const COLUMNS: readonly Column<Row>[] = [
  { name: 'Metric', value: (m) => m.name },
  { name: 'Value', value: (m) => m.value, show: (m) => quantity(m.value, m.unit), figures: true },
  { name: 'Of how many values', value: (m) => m.n, figures: true },
  { name: 'Kind', value: (m) => m.kind },
  { name: 'What it is', value: (m) => m.what, width: 80 },
];
const nameOf = (row: Row) => row.name;

export function Measured({ metrics }: { metrics: Schemas['Run']['metrics'] }) {
  const entries = Object.entries(metrics);
  const { data } = useResource(entries.length > 0 ? '/v1/metrics-catalogue' : null);
  if (entries.length === 0) return null;
  const known = new Map(data?.items.filter((m) => m.scope === 'run').map((m) => [m.name, m.definition]));
  const rows = entries.map(([name, metric]) => ({ name, what: known.get(name) ?? null, ...metric }));
  return (
    <Section title="Metrics">
      <Table label="metrics" rows={rows} columns={COLUMNS} id={nameOf} plain={rows.length < 20} />
    </Section>
  );
}
