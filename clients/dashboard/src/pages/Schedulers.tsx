import type { Schemas } from '../api/client';
import { useResource } from '../api/resource';
import { ErrorBox, Facts, Loading } from '../components/boxes';
import { plural } from '../components/format';
import { Page, Section } from '../components/Page';

export default function Schedulers() {
  const { data, error, loading, reload } = useResource('/v1/schedulers');
  return (
    <Page title="Schedulers">
      <ErrorBox error={error} retry={reload} />
      {loading && <Loading what="schedulers" />}
      {data?.items.map((scheduler) => (
        <One key={scheduler.name} scheduler={scheduler} />
      ))}
    </Page>
  );
}

function One({ scheduler }: { scheduler: Schemas['Scheduler'] }) {
  const defaults = Object.entries(scheduler.defaults);
  return (
    <Section title={scheduler.name}>
      <p class="said">{scheduler.description}</p>
      <p>Tested with {scheduler.versionsTested.join(', ') || 'no version yet'}.</p>
      {defaults.length > 0 && (
        <details>
          <summary>{plural(defaults.length, 'option')} that hold unless others are given</summary>
          <Facts items={defaults.map(([name, value]) => [name, String(value)] as const)} />
        </details>
      )}
      {scheduler.ownedOptions.length > 0 && (
        <details>
          <summary>
            {plural(scheduler.ownedOptions.length, 'option')} that follow from the cluster, and can't be given
          </summary>
          <p>{scheduler.ownedOptions.join(', ')}</p>
        </details>
      )}
    </Section>
  );
}
