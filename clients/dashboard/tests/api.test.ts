import { expect, test } from 'vitest';
import { address, problemOf } from '../src/api/client';
import { merge } from '../src/api/pages';
import { messageReader } from '../src/api/sse';

test('addresses have their names and queries filled in and escaped', () => {
  expect(address('/v1/runs/{runId}', { path: { runId: 'a/b' } })).toBe('/v1/runs/a%2Fb');
  expect(
    address('/v1/runs', { query: { state: ['queued', 'done'], limit: 5, campaign: undefined, cursor: '' } }),
  ).toBe('/v1/runs?state=queued,done&limit=5');
  expect(() => address('/v1/runs/{runId}')).toThrow('runId');
});

test('a problem keeps the daemon’s words and faults', async () => {
  const body = {
    type: 'urn:benchd:problem:validation',
    title: 'Invalid',
    status: 422,
    detail: 'see faults',
    faults: [{ pointer: '/compute', expected: 'at most 64' }],
  };
  const problem = await problemOf(
    new Response(JSON.stringify(body), {
      status: 422,
      headers: { 'Content-Type': 'application/problem+json', 'X-Request-Id': 'abc' },
    }),
  );
  expect(problem).toMatchObject({ status: 422, title: 'Invalid', message: 'see faults', requestId: 'abc' });
  expect(problem.faults).toEqual(body.faults);
});

test('what is no problem is told as it came', async () => {
  const html = await problemOf(new Response('<b>Bad gateway</b>', { status: 502 }));
  expect(html).toMatchObject({ status: 502, message: '<b>Bad gateway</b>' });
  const torn = await problemOf(
    new Response('{"title":', { status: 500, headers: { 'Content-Type': 'application/problem+json' } }),
  );
  expect(torn.message).toBe('{"title":');
});

test('messages are read however they are cut', () => {
  const text = ': still here\n\nid: 42\nevent: run.state\ndata: {"seq":42}\n\nid: 43\ndata: a\ndata: b\n\n';
  const whole = messageReader()(text);
  expect(whole).toEqual([
    { id: '42', event: 'run.state', data: '{"seq":42}' },
    { id: '43', event: 'message', data: 'a\nb' },
  ]);
  const read = messageReader();
  expect([...text].flatMap((letter) => read(letter))).toEqual(whole);
});

test('fresh items come first, and replace what was known of them', () => {
  const known = [
    { id: 'b', v: 1 },
    { id: 'a', v: 1 },
  ];
  const fresh = [
    { id: 'c', v: 2 },
    { id: 'b', v: 2 },
  ];
  expect(merge(fresh, known)).toEqual([...fresh, { id: 'a', v: 1 }]);
});
