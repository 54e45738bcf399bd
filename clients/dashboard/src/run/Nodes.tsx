// The cluster that it runs on, which has the run's own id.
import { useMemo } from 'preact/hooks';
import { about, useResource } from '../api/resource';
import { Figure } from '../charts/Figure';
import { toneOf } from '../components/Badge';
import { ErrorBox, Loading } from '../components/boxes';
import { plural } from '../components/format';
import { Section } from '../components/Page';
import { link } from '../router/links';

const load = () => import('../charts/topology').then((m) => m.topology);
const NO_OPTIONS = {};
const TONES: Record<string, 'busy'> = { running: 'busy' };

export function Nodes({ run }: { run: string }) {
  const { data, error, loading, reload } = useResource(
    '/v1/clusters/{clusterId}',
    { path: { clusterId: run } },
    { on: about(`cluster/${run}`, `run/${run}`) },
  );
  const shape = useMemo(
    () =>
      data && {
        network: data.subnet ?? (data.spec.backend === 'host' ? 'this machine' : 'no network yet'),
        nodes: data.nodes.map((node) => ({ ...node, tone: TONES[node.state] ?? toneOf(node.state) })),
      },
    [data],
  );
  return (
    <Section title="Nodes" tools={<a href={link.cluster(run)}>The cluster</a>}>
      <ErrorBox error={error} retry={reload} />
      {loading && <Loading what="the nodes" />}
      {data && shape && (
        <>
          <p class="muted">
            {data.scheduler.name} {data.scheduler.version ?? ''} on {data.nodes.length} nodes (
            {data.spec.backend}), each with {plural(data.spec.node.cpus ?? 1, 'CPU')} and{' '}
            {data.spec.node.memory}
          </p>
          <Figure title="Topology" name={`${run}-topology`} load={load} data={shape} options={NO_OPTIONS} />
        </>
      )}
    </Section>
  );
}
