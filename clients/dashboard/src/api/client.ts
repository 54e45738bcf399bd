// The daemon's interface, typed by its contract. A failure is a Problem: what the daemon said about it,
// or what kept it from being asked.

import { heard, missed } from './connection';
import type { components, paths } from './contract';

export type Schemas = components['schemas'];

/** What a GET of each path answers as JSON. */
export type Reads = {
  [P in keyof paths as paths[P] extends {
    get: { responses: { 200: { content: { 'application/json': unknown } } } };
  }
    ? P
    : never]: paths[P] extends { get: { responses: { 200: { content: { 'application/json': infer T } } } } }
    ? T
    : never;
};

type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

export interface Target {
  /** For the `{names}` in the path. */
  path?: Record<string, string>;
  query?: Query;
  /** For what must not be made twice: asked again with the same one, the daemon answers as before. */
  key?: string;
}

export type Fault = Schemas['Fault'];

/** `status` is 0 where no reply came at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly faults: readonly Fault[] = [],
    readonly requestId: string | null = null,
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

/** The address of a path of the contract, for requests and for links. Lists become `a,b`. */
export function address(path: keyof paths, target: Target = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = target.path?.[name];
    if (value === undefined) throw new Error(`${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const query = Object.entries(target.query ?? {})
    .filter(
      ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
    )
    .map(([name, value]) => {
      const text = Array.isArray(value)
        ? value.map(encodeURIComponent).join(',')
        : encodeURIComponent(String(value));
      return `${encodeURIComponent(name)}=${text}`;
    });
  return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
}

/** Makes a Problem of a reply that is none of 2xx and 304. */
export async function problemOf(reply: Response): Promise<Problem> {
  const id = reply.headers.get('X-Request-Id');
  const text = await reply.text().catch(() => '');
  if (reply.headers.get('Content-Type')?.startsWith('application/problem+json')) {
    try {
      const said = JSON.parse(text) as Schemas['Problem'];
      return new Problem(reply.status, said.title, said.detail, said.faults ?? [], id);
    } catch {
      // Not what it says it is: told as any other text.
    }
  }
  const words = text.trim().slice(0, 500);
  return new Problem(
    reply.status,
    `HTTP ${reply.status}`,
    words || `The server answered ${reply.status} and nothing else.`,
    [],
    id,
  );
}

const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';
const AGAIN_MS = 200;

/** Browsers cut requests off when links of the machine come and go, as those of clusters do beside them. */
async function onceMore(url: string, init: RequestInit, error: unknown): Promise<Response> {
  if (isAbort(error) || (init.method ?? 'GET') !== 'GET') throw error;
  await new Promise((done) => setTimeout(done, AGAIN_MS));
  return fetch(url, init);
}

/** As fetch(), but what is not an answer is thrown as a Problem; 304 is an answer. */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const asked = { ...init, cache: 'no-store' } as const;
  let reply: Response;
  try {
    reply = await fetch(url, asked).catch((error) => onceMore(url, asked, error));
  } catch (error) {
    if (isAbort(error)) throw error;
    missed();
    throw new Problem(0, 'No connection', 'The daemon does not answer. It is tried again until it does.');
  }
  heard();
  if (!reply.ok && reply.status !== 304) throw await problemOf(reply);
  return reply;
}

export interface Answer<T> {
  data: T;
  etag: string | null;
}

/** Null where what has `etag` still holds. */
export async function read<P extends keyof Reads>(
  path: P,
  target: Target = {},
  etag: string | null = null,
  signal?: AbortSignal,
): Promise<Answer<Reads[P]> | null> {
  return readAs(address(path as keyof paths, target), 'application/json', etag, signal, (reply) =>
    reply.json(),
  );
}

/** As read(), of what is text. */
export async function readText(
  url: string,
  etag: string | null = null,
  signal?: AbortSignal,
): Promise<Answer<string> | null> {
  return readAs(url, 'text/plain', etag, signal, (reply) => reply.text());
}

async function readAs<T>(
  url: string,
  type: string,
  etag: string | null,
  signal: AbortSignal | undefined,
  take: (reply: Response) => Promise<T>,
): Promise<Answer<T> | null> {
  const headers: Record<string, string> = { Accept: type };
  if (etag) headers['If-None-Match'] = etag;
  const reply = await ask(url, { headers, signal });
  if (reply.status === 304) return null;
  return { data: await take(reply), etag: reply.headers.get('ETag') };
}

/** Once, whatever is known already. */
export async function get<P extends keyof Reads>(
  path: P,
  target: Target = {},
  signal?: AbortSignal,
): Promise<Reads[P]> {
  const answer = await read(path, target, null, signal);
  if (!answer)
    throw new Problem(304, 'Not modified', 'The daemon answered that nothing is new, which was not asked.');
  return answer.data;
}

/** POST, or another method, of JSON. What comes back is given as the caller names it; undefined where nothing came. */
export async function send<T>(
  method: 'POST' | 'DELETE',
  path: keyof paths,
  target: Target = {},
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (target.key !== undefined) headers['Idempotency-Key'] = target.key;
  const reply = await ask(address(path, target), {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  const text = await reply.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** POST of a file as it is. */
export async function upload<T>(path: keyof paths, target: Target, file: Blob, type: string): Promise<T> {
  const reply = await ask(address(path, target), {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': type },
    body: file,
  });
  return (await reply.json()) as T;
}
