import { useState } from 'preact/hooks';
import { useAction } from '../api/action';
import { address, Problem, type Schemas, send, upload } from '../api/client';
import { usePages } from '../api/pages';
import { about } from '../api/resource';
import { Empty, ErrorBox, Loading } from '../components/boxes';
import { Confirm } from '../components/Confirm';
import { Page, Section } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { Ago, Bytes } from '../components/time';

type Input = Schemas['Input'];
const same = (input: Input) => input;

export default function Inputs() {
  const list = usePages('/v1/inputs', {}, same, { on: about('input/') });
  const [gone, setGone] = useState<readonly string[]>([]);
  const remove = useAction(async (id: string) => {
    await send('DELETE', '/v1/inputs/{inputId}', { path: { inputId: id } });
    setGone((ids) => [...ids, id]);
  });
  const columns: readonly Column<Input>[] = [
    {
      name: 'Input',
      value: (i) => i.name ?? i.id,
      show: (i) => (
        <a
          href={address('/v1/inputs/{inputId}/content', { path: { inputId: i.id } })}
          download={i.name ?? i.id}
        >
          {i.name ?? i.id}
        </a>
      ),
    },
    { name: 'Size', value: (i) => i.bytes, show: (i) => <Bytes n={i.bytes} />, figures: true },
    { name: 'Stored', value: (i) => i.storedBytes, show: (i) => <Bytes n={i.storedBytes} />, figures: true },
    { name: 'Brought', value: (i) => i.createdAt, show: (i) => <Ago at={i.createdAt} /> },
    { name: 'Digest', value: (i) => i.digest, show: (i) => <code>{i.digest}</code> },
    {
      name: 'Remove',
      value: () => null,
      show: (i) => (
        <Confirm label="Remove" sure="For good" busy={remove.busy} onConfirm={() => void remove.act(i.id)} />
      ),
    },
  ];
  return (
    <Page title="Inputs">
      <p class="muted">Files that specs name by their digest, such as traces.</p>
      <ErrorBox error={list.error} retry={list.reload} />
      <ErrorBox error={remove.error} />
      {list.loading && <Loading what="inputs" />}
      <Table
        label="inputs"
        rows={list.rows.filter((input) => !gone.includes(input.id))}
        columns={columns}
        more={list.more}
        extend={list.extend}
      />
      {!list.loading && !list.error && list.rows.length === 0 && <Empty>There are none yet.</Empty>}
      <Bring done={list.reload} />
    </Page>
  );
}

function Bring({ done }: { done: () => void }) {
  const bring = useAction(async (form: FormData) => {
    const file = form.get('file');
    if (!(file instanceof File) || file.name === '')
      throw new Problem(0, 'No file', 'Choose the file that is to be brought.');
    // What a name may not have is left out of it; the daemon refuses it otherwise.
    const name = file.name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 128);
    await upload<Input>('/v1/inputs', { query: { name } }, file, 'application/octet-stream');
    done();
  });
  return (
    <Section title="Bring one">
      <form
        class="form"
        onSubmit={(e) => {
          e.preventDefault();
          void bring.act(new FormData(e.currentTarget));
        }}
      >
        <label>
          File
          <input type="file" name="file" required />
        </label>
        <div class="wide">
          <ErrorBox error={bring.error} />
          <button type="submit" aria-busy={bring.busy} disabled={bring.busy}>
            Bring it
          </button>
        </div>
      </form>
    </Section>
  );
}
