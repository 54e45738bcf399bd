import { useEffect, useState } from 'preact/hooks';
import { get, Problem, type Schemas } from '../api/client';
import { onEvent } from '../api/events';
import { Empty, ErrorBox, Loading } from '../components/boxes';
import { Page } from '../components/Page';
import { type Column, Table } from '../components/Table';
import { Moment } from '../components/time';
import { linkOfSubject } from '../router/links';

type Event = Schemas['Event'];
const PAGE = 500;
/** What is kept of them here; the daemon has all. */
const KEPT = 20_000;

const COLUMNS: readonly Column<Event>[] = [
  { name: 'Number', value: (e) => e.seq, figures: true },
  { name: 'When', value: (e) => e.at, show: (e) => <Moment at={e.at} /> },
  { name: 'What', value: (e) => e.kind },
  {
    name: 'Of',
    value: (e) => e.subject,
    show: (e) => {
      const href = linkOfSubject(e.subject);
      return href ? <a href={href}>{e.subject}</a> : e.subject;
    },
  },
  {
    name: 'More',
    value: (e) => JSON.stringify(e.data),
    show: (e) => <code>{JSON.stringify(e.data)}</code>,
    width: 90,
  },
];
const seqOf = (e: Event) => String(e.seq);

export default function Events() {
  const [events, setEvents] = useState<readonly Event[]>([]);
  const [error, setError] = useState<Problem | null>(null);
  const [loading, setLoading] = useState(true);
  const oldest = events[events.length - 1]?.seq ?? 1;

  /** The newest, or those before the oldest that is here. */
  const read = async (before?: number) => {
    try {
      const page = await get('/v1/events', { query: { last: PAGE, before } });
      const older = page.items.reverse();
      const from = older[0]?.seq ?? 0;
      setEvents((now) => [...now.filter((e) => e.seq > from), ...older].slice(0, KEPT));
      setError(null);
    } catch (thrown) {
      setError(thrown instanceof Problem ? thrown : new Problem(0, 'Failed', String(thrown)));
    } finally {
      setLoading(false);
    }
  };
  useEffect(() => {
    void read();
    return onEvent((event) => setEvents((now) => [event, ...now].slice(0, KEPT)));
  }, []);

  return (
    <Page title="Events">
      <ErrorBox error={error} retry={() => void read(events.length > 0 ? oldest : undefined)} />
      {loading && <Loading what="events" />}
      <Table
        label="events"
        rows={events}
        columns={COLUMNS}
        id={seqOf}
        more={oldest > 1 && events.length < KEPT}
        extend={() => void read(oldest)}
      />
      {!loading && !error && events.length === 0 && <Empty>Nothing has happened yet.</Empty>}
    </Page>
  );
}
