import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { usePages } from '../api/pages';
import { about } from '../api/resource';
import { Empty, ErrorBox, Loading } from '../components/boxes';
import { runColumns, runRow } from '../components/lists';
import { Page } from '../components/Page';
import { StateFilter } from '../components/StateFilter';
import { Table } from '../components/Table';

type State = Schemas['RunState'];
const STATES: readonly State[] = [
  'queued',
  'preparing',
  'measuring',
  'clearing',
  'failing',
  'cancelling',
  'done',
  'failed',
  'cancelled',
];

export default function Runs() {
  const [states, setStates] = useState<readonly State[]>([]);
  const list = usePages('/v1/runs', { query: { state: states } }, runRow, { on: about('run/') });
  return (
    <Page title="Runs">
      <ErrorBox error={list.error} retry={list.reload} />
      {list.loading && <Loading what="runs" />}
      <Table
        label="runs"
        rows={list.rows}
        columns={runColumns}
        more={list.more}
        extend={list.extend}
        extendAll={list.extendAll}
        tools={<StateFilter all={STATES} chosen={states} choose={setStates} />}
      />
      {!list.loading && !list.error && list.rows.length === 0 && (
        <Empty>
          {states.length > 0 ? 'No run is in such a state.' : 'There are no runs yet: campaigns make them.'}
        </Empty>
      )}
    </Page>
  );
}
