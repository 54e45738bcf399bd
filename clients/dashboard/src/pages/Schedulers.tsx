import type { Schemas } from '../api/client';
import { useResource } from '../api/resource';
import { ErrorBox, Facts, Loading } from '../components/boxes';
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
      <Facts
        items={[
          ['Versions tested', scheduler.versionsTested.join(', ') || 'none'],
          ['Options that follow from the cluster', scheduler.ownedOptions.join(', ') || 'none'],
          [
            'Options unless others are given',
            defaults.map(([name, value]) => `${name}=${value}`).join(', ') || 'none',
          ],
        ]}
      />
    </Section>
  );
}
