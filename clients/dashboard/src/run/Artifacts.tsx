// The files that a run left behind: to be had, and text to be read here.
import { useState } from 'preact/hooks';
import { useAction } from '../api/action';
import { address, ask, Problem, type Schemas } from '../api/client';
import { about, useResource } from '../api/resource';
import { Empty, ErrorBox, Loading, Source } from '../components/boxes';
import { bytes, count } from '../components/format';
import { Section } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { isText, visible } from '../components/text';
import { Bytes, Moment } from '../components/time';

type Artifact = Schemas['Artifact'];
const nameOf = (a: Artifact) => a.name;
/** So much of a text is shown. */
const SHOWN = 256 * 1024;

interface Text {
  name: string;
  text: string;
  /** Bytes that there are beyond it. */
  more: number;
}

export function Artifacts({ run, live }: { run: string; live: boolean }) {
  const { data, error, loading, reload } = useResource(
    '/v1/runs/{runId}/artifacts',
    { path: { runId: run } },
    { on: about(`run/${run}`), everyMs: live ? 5000 : undefined },
  );
  const [text, setText] = useState<Text | null>(null);
  const view = useAction(async (artifact: Artifact) => {
    setText(null);
    setText(await startOf(run, artifact));
  });
  const columns: readonly Column<Artifact>[] = [
    {
      name: 'File',
      value: nameOf,
      show: (a) =>
        a.removed ? (
          a.name
        ) : (
          <a href={placeOf(run, a)} download={a.name} target="_self">
            {a.name}
          </a>
        ),
    },
    {
      name: 'Read',
      value: (a) => !a.removed,
      show: (a) =>
        a.removed ? (
          <span class="muted">removed, to keep to the quota</span>
        ) : (
          <button type="button" class="secondary small" disabled={view.busy} onClick={() => void view.act(a)}>
            View<span class="hidden"> {a.name}</span>
          </button>
        ),
    },
    { name: 'Size', value: (a) => a.bytes, show: (a) => <Bytes n={a.bytes} />, figures: true },
    { name: 'Stored', value: (a) => a.storedBytes, show: (a) => <Bytes n={a.storedBytes} />, figures: true },
    { name: 'Changed', value: (a) => a.modifiedAt, show: (a) => <Moment at={a.modifiedAt} /> },
    { name: 'Digest', value: (a) => a.digest, width: 24 },
  ];
  return (
    <Section title="Artifacts">
      <ErrorBox error={error} retry={reload} />
      <ErrorBox error={view.error} />
      {loading && <Loading what="the artifacts" />}
      {data && data.items.length === 0 && <Empty>It has left no files{live && ' yet'}.</Empty>}
      {data && data.items.length > 0 && (
        <Table
          label="artifacts"
          rows={data.items}
          columns={columns}
          id={nameOf}
          plain={data.items.length < 20}
        />
      )}
      {text && (
        <section aria-label={`Text of ${text.name}`}>
          <header class="tools">
            <strong>{text.name}</strong>
            <button type="button" class="secondary small" onClick={() => setText(null)}>
              Close
            </button>
            {text.more > 0 && (
              <span class="muted small">
                The first {bytes(SHOWN)}; {count(text.more)} bytes more are in the file.
              </span>
            )}
          </header>
          {text.text === '' ? <Empty>It is empty.</Empty> : <Source label={text.name} text={text.text} />}
        </section>
      )}
    </Section>
  );
}

const placeOf = (run: string, artifact: Artifact) =>
  address('/v1/runs/{runId}/artifacts/{artifact}', { path: { runId: run, artifact: artifact.name } });

/** No more of it is read than is shown. */
async function startOf(run: string, artifact: Artifact): Promise<Text> {
  const abort = new AbortController();
  const reply = await ask(placeOf(run, artifact), { signal: abort.signal });
  const reader = reply.body?.getReader();
  const start = new Uint8Array(SHOWN);
  let got = 0;
  while (reader && got < SHOWN) {
    const { value, done } = await reader.read();
    if (done) break;
    const part = value.subarray(0, SHOWN - got);
    start.set(part, got);
    got += part.length;
  }
  abort.abort();
  const found = start.subarray(0, got);
  if (!isText(found))
    throw new Problem(0, 'No text', `${artifact.name} is no text. Download it to look into it.`);
  return {
    name: artifact.name,
    text: visible(new TextDecoder().decode(found)),
    more: Math.max(0, artifact.bytes - got),
  };
}
