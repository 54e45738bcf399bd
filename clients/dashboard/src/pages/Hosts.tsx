import type { Schemas } from '../api/client';
import { about, useResource } from '../api/resource';
import { Badge } from '../components/Badge';
import { ErrorBox, Facts, Loading } from '../components/boxes';
import { Capacity } from '../components/Capacity';
import { bytes, plural } from '../components/format';
import { Page, Section } from '../components/Page';
import { type Column, Table } from '../components/Table';

type Host = Schemas['Host'];
type Check = Host['checks'][number];

const CHECKS: readonly Column<Check>[] = [
  {
    name: 'State',
    value: (c) => (c.ok ? 'ok' : c.level),
    show: (c) => <Badge word={c.ok ? 'ok' : c.level} />,
  },
  { name: 'Check', value: (c) => c.id },
  { name: 'What was found', value: (c) => c.summary, wraps: true },
  { name: 'What to do', value: (c) => c.remedy, wraps: true },
];
const checkId = (c: Check) => c.id;

export default function Hosts() {
  const { data, error, loading, reload } = useResource(
    '/v1/hosts',
    {},
    { on: about('cluster/', 'host/'), everyMs: 10_000 },
  );
  return (
    <Page title="Hosts">
      <ErrorBox error={error} retry={reload} />
      {loading && <Loading what="hosts" />}
      {data?.items.map((host) => (
        <One key={host.id} host={host} />
      ))}
    </Page>
  );
}

/** What is not said is left out. */
function words(...parts: (string | number | null | undefined | false)[]): string {
  return (
    parts.filter((part) => part !== null && part !== undefined && part !== false && part !== '').join(', ') ||
    'not said'
  );
}

function One({ host }: { host: Host }) {
  const { description: d } = host;
  const mitigations = Object.entries(d.kernel.mitigations);
  return (
    <>
      <Section title={host.name}>
        <Capacity of={host.capacity} />
        <Facts
          items={[
            ['Processor', words(d.cpu.model)],
            [
              'CPUs',
              words(
                `${host.cpus} online`,
                d.cpu.cores && plural(d.cpu.cores, 'core'),
                d.cpu.sockets && plural(d.cpu.sockets, 'socket'),
              ),
            ],
            [
              'Clock',
              words(
                d.cpu.governors.join(' '),
                d.cpu.boost === true && 'boost',
                d.cpu.boost === false && 'no boost',
              ),
            ],
            ['Memory', bytes(host.memoryBytes)],
            ['Swap', d.memory.swapMiB === null ? 'not said' : bytes(d.memory.swapMiB * 1024 * 1024)],
            ['Kernel', host.kernel],
            ['Options of the kernel', d.kernel.options || 'none that matter'],
            ['Clock source', words(d.kernel.clocksource)],
            [
              'Virtual machine',
              d.virtual.is === null
                ? 'not said'
                : d.virtual.is
                  ? `yes: ${d.virtual.kind ?? 'unknown kind'}`
                  : 'no',
            ],
            ['Cgroups', `${host.cgroups}: ${host.controllers.join(', ')}`],
            ['libvirt', `${host.libvirt.version ?? 'does not answer'} at ${host.libvirt.uri}`],
            [
              'Backends',
              host.backends
                .map((b) => (b.usable ? b.name : `${b.name} (not usable: ${b.reason})`))
                .join(', '),
            ],
            ['Room for images and results', `${bytes(host.stateDir.freeBytes)} in ${host.stateDir.path}`],
            ['Digest of the description', <code key="digest">{host.descriptionDigest}</code>],
          ]}
        />
        {mitigations.length > 0 && (
          <details>
            <summary>What the kernel does about weaknesses of the processor</summary>
            <Facts items={mitigations.map(([name, value]) => [name, value ?? 'not said'] as const)} />
          </details>
        )}
      </Section>
      <Section title={`Checks of ${host.name}`}>
        <Table label={`checks of ${host.name}`} rows={host.checks} columns={CHECKS} id={checkId} plain />
      </Section>
    </>
  );
}
