import { useState } from 'preact/hooks';
import { useResource } from '../api/resource';
import { Badge } from '../components/Badge';
import { Empty, ErrorBox, Loading, Source } from '../components/boxes';
import { Page } from '../components/Page';

export default function Fragments() {
  const { data, error, loading, reload } = useResource('/v1/fragments');
  return (
    <Page title="Fragments">
      <p class="muted">
        Parts that specs are composed of, by <code>defaults: [GROUP/NAME]</code>.
      </p>
      <ErrorBox error={error} retry={reload} />
      {loading && <Loading what="fragments" />}
      {data?.items.length === 0 && (
        <Empty>The daemon is configured with none (fragments in benchd.conf).</Empty>
      )}
      {data?.items.map((fragment) => (
        <One key={fragment.name} name={fragment.name} source={fragment.source} error={fragment.error} />
      ))}
    </Page>
  );
}

function One({ name, source, error }: { name: string; source: string; error: string | null }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>
        {name} {error && <Badge word="can't be read" tone="bad" />}
      </summary>
      <p class="muted small">{source}</p>
      {error && <p class="said">{error}</p>}
      {open && !error && <Spec name={name} />}
    </details>
  );
}

function Spec({ name }: { name: string }) {
  const [group = '', part = ''] = name.split('/');
  const { data, error, loading } = useResource('/v1/fragments/{group}/{name}', {
    path: { group, name: part },
  });
  return (
    <>
      <ErrorBox error={error} />
      {loading && <Loading what={name} />}
      {data && <Source label={name} text={JSON.stringify(data.spec, null, 2)} />}
    </>
  );
}
