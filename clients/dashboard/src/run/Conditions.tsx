// What the host was like while it was measured.
import type { Schemas } from '../api/client';
import { Badge } from '../components/Badge';
import { Facts } from '../components/boxes';
import { duration, number } from '../components/format';
import { Section } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { visible } from '../components/text';

type Of = NonNullable<Schemas['Run']['conditions']>;
interface Row {
  name: string;
  value: string | number | boolean | null;
}
const COLUMNS: readonly Column<Row>[] = [
  { name: 'Condition', value: (r) => r.name },
  {
    name: 'Value',
    value: (r) => r.value,
    show: (r) => (typeof r.value === 'number' ? number(r.value, 6) : visible(String(r.value ?? '–'))),
    width: 70,
  },
];
const nameOf = (row: Row) => row.name;

/** Every leaf with its path. */
function leaves(value: unknown, name: string): Row[] {
  if (value === null || typeof value !== 'object')
    return [{ name, value: typeof value === 'string' ? value.slice(0, 2000) : (value as Row['value']) }];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, name === '' ? key : `${name}.${key}`));
}

export function Conditions({ conditions }: { conditions: Of }) {
  const noise = conditions.noise as { outsideCpusMean?: number; limitCpus?: number } | undefined;
  const facts: [string, preact.ComponentChildren][] = [];
  if (conditions.quiet !== undefined)
    facts.push([
      'The host, when it began',
      <Badge
        key="quiet"
        word={conditions.quiet ? 'quiet' : 'not quiet'}
        tone={conditions.quiet ? 'good' : 'warn'}
      />,
    ]);
  if (conditions.waitedMs !== undefined) facts.push(['Waited for that', duration(conditions.waitedMs)]);
  if (noise?.outsideCpusMean !== undefined)
    facts.push([
      'CPUs used by others meanwhile',
      `${number(noise.outsideCpusMean, 3)}${noise.limitCpus === undefined ? '' : ` of at most ${number(noise.limitCpus, 3)}`}`,
    ]);
  const rows = leaves(conditions, '');
  return (
    <Section title="Conditions">
      <Facts items={facts} />
      <details>
        <summary>All of them</summary>
        <Table label="conditions" rows={rows} columns={COLUMNS} id={nameOf} />
      </details>
    </Section>
  );
}
