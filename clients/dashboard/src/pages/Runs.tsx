import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { usePages } from '../api/pages';
import { about } from '../api/resource';
import { runColumns, runRow } from '../components/lists';
import { Page } from '../components/Page';
import { StateList } from '../components/StateList';

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
      <StateList
        label="runs"
        list={list}
        columns={runColumns}
        states={STATES}
        chosen={states}
        choose={setStates}
        noneChosen="No run is in such a state."
      >
        There are no runs yet: campaigns make them.
      </StateList>
    </Page>
  );
}
