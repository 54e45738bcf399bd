import { useLocation } from 'preact-iso';
import { useAction } from '../api/action';
import { address, type Schemas, send } from '../api/client';
import { about, useLive, useResource } from '../api/resource';
import { Badge } from '../components/Badge';
import { ErrorBox, Facts, Loading } from '../components/boxes';
import { Confirm } from '../components/Confirm';
import { Downloads } from '../components/Menu';
import { Page, Section } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { Bytes, Elapsed, Moment } from '../components/time';
import { BASE, link } from '../router/links';
import type { PageProps } from '../router/routes';

type Package = Schemas['Manifest']['packages'][number];
const PACKAGES: readonly Column<Package>[] = [
  { name: 'Package', value: (p) => p.name },
  { name: 'Version', value: (p) => p.version },
  { name: 'Architecture', value: (p) => p.architecture },
];
const packageId = (p: Package) => `${p.name} ${p.architecture}`;

export default function Image({ params }: PageProps) {
  const id = params.id ?? '';
  const target = { path: { imageId: id } };
  const {
    data: image,
    error,
    loading,
    reload,
  } = useResource('/v1/images/{imageId}', target, { on: about(`image/${id}`) });
  useLive(image?.state === 'building', reload); // what the build says
  const { route } = useLocation();
  const remove = useAction(async () => {
    await send('DELETE', '/v1/images/{imageId}', target);
    route(`${BASE}images`);
  });
  return (
    <Page
      title={`Image ${image?.name ?? id}`}
      tools={
        image && (
          <>
            {image.state === 'ready' && (
              <Downloads
                items={[
                  {
                    label: 'Image, for another host',
                    href: address('/v1/images/{imageId}/content', target),
                    name: `${image.name}.image`,
                  },
                  {
                    label: 'Manifest, as JSON',
                    href: address('/v1/images/{imageId}/manifest', target),
                    name: `${image.name}.manifest.json`,
                  },
                ]}
              />
            )}
            <Confirm
              label="Remove"
              sure="Remove it for good"
              busy={remove.busy}
              onConfirm={() => void remove.act()}
            />
          </>
        )
      }
    >
      <ErrorBox error={error} retry={reload} />
      <ErrorBox error={remove.error} />
      {loading && <Loading what={`image ${id}`} />}
      {image && (
        <>
          {image.error && (
            <div class="box bad" role="alert">
              <strong>{image.error.type}</strong>
              <p class="said">{image.error.detail}</p>
            </div>
          )}
          <Facts
            items={[
              ['State', <Badge key="state" word={image.state} />],
              ['Id', <code key="id">{image.id}</code>],
              ['Recipe', image.recipe],
              [
                'For workloads',
                image.workloads.length > 0
                  ? image.workloads.map((name) => (
                      <span key={name}>
                        <a href={link.workload(name)}>{name}</a>{' '}
                      </span>
                    ))
                  : 'none named',
              ],
              ['Size', <Bytes key="size" n={image.sizeBytes} />],
              ['Files and directories', image.entries ?? '–'],
              ['Made', <Moment key="at" at={image.createdAt} />],
              ['Built in', <Elapsed key="took" from={image.createdAt} to={image.readyAt} />],
              ['Digest', <code key="digest">{image.digest ?? 'not built yet'}</code>],
            ]}
          />
          {image.progress && image.state === 'building' && (
            <p role="status">
              The build says: <samp>{image.progress}</samp>
            </p>
          )}
          {image.state === 'ready' && <Contents id={id} />}
        </>
      )}
    </Page>
  );
}

function Contents({ id }: { id: string }) {
  const { data, error, loading } = useResource('/v1/images/{imageId}/manifest', { path: { imageId: id } });
  return (
    <Section title="Packages">
      <ErrorBox error={error} />
      {loading && <Loading what="the manifest" />}
      {data && (
        <>
          <p class="muted">{data.distribution}</p>
          {data.layers && (
            <ul>
              {data.layers.map((layer) => (
                <li key={layer.name}>
                  {layer.name} {layer.version} in <code>{layer.prefix}</code>
                </li>
              ))}
            </ul>
          )}
          <Table label="packages" rows={data.packages} columns={PACKAGES} id={packageId} />
        </>
      )}
    </Section>
  );
}
