// What completion needs of the daemon, asked for once.
import { ask, get, type Schemas } from '../api/client';
import type { Known } from './complete';
import type { Definitions, Schema } from './schema';

let asked: Promise<Known> | null = null;

async function readAll(): Promise<Known> {
  const [contract, workloads, images] = await Promise.all([
    ask('/openapi.json').then((reply) => reply.json()),
    get('/v1/workloads'),
    get('/v1/images', { query: { state: ['ready'], limit: 500 } }),
  ]);
  const definitions = (contract as { components: { schemas: Definitions } }).components.schemas;
  return {
    definitions,
    workloads: workloads.items.map((w: Schemas['Workload']) => ({
      name: w.name,
      title: w.title ?? '',
      parameters: w.parameters as Schema,
      metrics: Object.entries(w.metrics ?? {}).map(([name, m]) => ({ name, title: m.title ?? '' })),
    })),
    images: [...new Set(images.items.map((image) => image.name))],
  };
}

export function knowledge(): Promise<Known> {
  asked ??= readAll().catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}
