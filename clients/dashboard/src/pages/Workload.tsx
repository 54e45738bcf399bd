import { useLocation } from 'preact-iso';
import { useAction } from '../api/action';
import { type Schemas, send } from '../api/client';
import { about, useResource } from '../api/resource';
import { ErrorBox, Facts, Loading, Source } from '../components/boxes';
import { Confirm } from '../components/Confirm';
import { Page, Section } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { BASE } from '../router/links';
import type { PageProps } from '../router/routes';

interface Parameter {
  name: string;
  type: string;
  fallback: string;
  bounds: string;
  description: string | null;
}

const BOUNDS = [
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'enum',
  'pattern',
];

/** Of the JSON Schema of a spec's `workload`: what people choose. */
function parametersOf(schema: Record<string, unknown> | null): Parameter[] {
  const properties = (schema?.properties ?? {}) as Record<string, Record<string, unknown>>;
  return Object.entries(properties).map(([name, about]) => ({
    name,
    type: [about.type ?? (about.enum || about.const !== undefined ? 'choice' : 'structure')]
      .flat()
      .join(' or '),
    fallback: about.default === undefined ? '' : JSON.stringify(about.default),
    bounds: BOUNDS.filter((key) => about[key] !== undefined)
      .map((key) => `${key} ${JSON.stringify(about[key])}`)
      .join(', '),
    description: typeof about.description === 'string' ? about.description : null,
  }));
}

const PARAMETERS: readonly Column<Parameter>[] = [
  { name: 'Parameter', value: (p) => p.name, show: (p) => <code>{p.name}</code> },
  { name: 'Type', value: (p) => p.type },
  { name: 'Without it', value: (p) => p.fallback || null, width: 24 },
  { name: 'Bounds', value: (p) => p.bounds || null, width: 40 },
  { name: 'What it is', value: (p) => p.description, width: 70 },
];

type Metric = Schemas['WorkloadMetric'] & { name: string };
const METRICS: readonly Column<Metric>[] = [
  { name: 'Metric', value: (m) => m.name, show: (m) => <code>{m.name}</code> },
  { name: 'Unit', value: (m) => m.unit || null },
  { name: 'Kind', value: (m) => m.kind },
  { name: 'Better', value: (m) => m.direction },
  { name: 'What it is', value: (m) => m.title, width: 60 },
];
const nameOf = (row: { name: string }) => row.name;

export default function Workload({ params }: PageProps) {
  const name = params.name ?? '';
  const target = { path: { name } };
  const { data, error, loading, reload } = useResource('/v1/workloads/{name}', target, {
    on: about(`workload/${name}`),
  });
  const { route } = useLocation();
  const remove = useAction(async () => {
    await send('DELETE', '/v1/workloads/{name}', target);
    route(`${BASE}workloads`);
  });
  return (
    <Page
      title={`Workload ${name}`}
      tools={
        data?.kind === 'registered' && (
          <Confirm
            label="Remove"
            sure="Remove it for good"
            busy={remove.busy}
            onConfirm={() => void remove.act()}
          />
        )
      }
    >
      <ErrorBox error={error} retry={reload} />
      <ErrorBox error={remove.error} />
      {loading && <Loading what={`workload ${name}`} />}
      {data && <About workload={data} />}
    </Page>
  );
}

function About({ workload }: { workload: Schemas['Workload'] }) {
  const { needs, source, definition } = workload;
  const metrics = Object.entries(workload.metrics).map(([name, metric]) => ({ name, ...metric }));
  return (
    <>
      {workload.error && (
        <div class="box bad" role="alert">
          <p class="said">{workload.error}</p>
        </div>
      )}
      {workload.title && <p class="lead">{workload.title}</p>}
      {workload.description && <p class="said">{workload.description}</p>}
      <Facts
        items={[
          ['From', workload.kind],
          ['Strains', workload.stresses.join(', ') || 'not said'],
          ['Licence', workload.licence ?? 'not said'],
          ['Source', source ? `${source.url} ${source.version ?? ''}` : 'not said'],
          ['Packages', needs.packages?.join(', ') || 'none'],
          ['Programs', needs.programs?.join(', ') || 'none'],
          ['Digest', <code key="digest">{workload.digest ?? 'none'}</code>],
        ]}
      />
      <Section title="Parameters">
        <Table label="parameters" rows={parametersOf(workload.parameters)} columns={PARAMETERS} id={nameOf} />
      </Section>
      <Section title="Metrics">
        <Table label="metrics" rows={metrics} columns={METRICS} id={nameOf} />
      </Section>
      {definition && (
        <Section title="Definition">
          <Source label="Definition" text={JSON.stringify(definition, null, 2)} />
        </Section>
      )}
    </>
  );
}
