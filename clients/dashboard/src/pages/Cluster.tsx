import { useAction } from '../api/action';
import { type Schemas, send } from '../api/client';
import { about, useResource } from '../api/resource';
import { Badge } from '../components/Badge';
import { ErrorBox, Facts, Loading, Warnings } from '../components/boxes';
import { Confirm } from '../components/Confirm';
import { Console } from '../components/Console';
import { duration, plural } from '../components/format';
import { Page, Section } from '../components/Page';
import { Residue } from '../components/Residue';
import { type Column, Table } from '../components/Table';
import { Elapsed, Moment } from '../components/time';
import { link } from '../router/links';
import type { PageProps } from '../router/routes';

type Node = Schemas['Node'];
const NODES: readonly Column<Node>[] = [
  { name: 'Node', value: (n) => n.name },
  { name: 'Role', value: (n) => n.role },
  { name: 'State', value: (n) => n.state, show: (n) => <Badge word={n.state} /> },
  { name: 'Address', value: (n) => n.address },
];
const nodeId = (node: Node) => node.name;

export default function Cluster({ params }: PageProps) {
  const id = params.id ?? '';
  const {
    data: cluster,
    error,
    loading,
    reload,
  } = useResource('/v1/clusters/{clusterId}', { path: { clusterId: id } }, { on: about(`cluster/${id}`) });
  const down = useAction(async () => {
    await send('DELETE', '/v1/clusters/{clusterId}', { path: { clusterId: id } });
    reload();
  });
  const gone = cluster?.state === 'deleted' || cluster?.state === 'failed';
  return (
    <Page
      title={`Cluster ${cluster?.name ?? id}`}
      tools={
        cluster &&
        !gone &&
        cluster.run === null && (
          <Confirm
            label="Take down"
            sure="Take it down now"
            busy={down.busy || cluster.state === 'deleting'}
            onConfirm={() => void down.act()}
          />
        )
      }
    >
      <ErrorBox error={error} retry={reload} />
      <ErrorBox error={down.error} />
      {loading && <Loading what={`cluster ${id}`} />}
      {cluster && (
        <>
          <Warnings items={cluster.warnings} />
          {cluster.error && (
            <div class="box bad" role="alert">
              <strong>{cluster.error.step ? `Failed in step ${cluster.error.step}` : 'Failed'}</strong>
              <p class="said">{cluster.error.detail}</p>
            </div>
          )}
          <About cluster={cluster} />
          <Section title="Nodes">
            <Table
              label="nodes"
              rows={cluster.nodes}
              columns={NODES}
              id={nodeId}
              plain={cluster.nodes.length < 20}
            />
          </Section>
          {cluster.state === 'ready' && cluster.run === null && (
            <Section title="Command">
              <Console cluster={cluster.id} nodes={cluster.nodes.map((node) => node.name)} />
            </Section>
          )}
          {cluster.residue && (
            <Section title="Left on the host">
              <Residue residue={cluster.residue} />
            </Section>
          )}
        </>
      )}
    </Page>
  );
}

function About({ cluster }: { cluster: Schemas['Cluster'] }) {
  const { spec, scheduler } = cluster;
  const options = Object.entries(spec.scheduler.options ?? {}).map(([name, value]) => `${name}=${value}`);
  return (
    <Facts
      items={[
        ['State', <Badge key="state" word={cluster.state} />],
        ['Step', cluster.step ?? 'none under way'],
        ['Id', <code key="id">{cluster.id}</code>],
        ['Run', cluster.run ? <a href={link.run(cluster.run)}>{cluster.run}</a> : 'none: interactive'],
        [
          'Image',
          cluster.image ? <a href={link.image(cluster.image.id)}>{cluster.image.name}</a> : spec.image,
        ],
        ['Scheduler', `${scheduler.name} ${scheduler.version ?? ''}`],
        ['Options', options.length > 0 ? options.join(', ') : 'none given'],
        ['Each node', `${plural(spec.node.cpus ?? 1, 'CPU')}, ${spec.node.memory}`],
        ['Subnet', cluster.subnet ?? 'none yet'],
        ['Asked for', <Moment key="at" at={cluster.createdAt} />],
        [
          'Up in',
          cluster.readyAt ? <Elapsed key="up" from={cluster.createdAt} to={cluster.readyAt} /> : 'not up',
        ],
        [
          'Steps',
          Object.entries(cluster.timings)
            .map(([step, ms]) => `${step} ${duration(ms)}`)
            .join(', ') || 'none ended',
        ],
      ]}
    />
  );
}
