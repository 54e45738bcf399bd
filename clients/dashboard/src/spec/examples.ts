// The examples of docs/examples, as they were when this was built.
const files = import.meta.glob<string>('../../../../docs/examples/*.yaml', {
  query: '?raw',
  import: 'default',
});

export const examples: readonly { name: string; load: () => Promise<string> }[] = Object.entries(files)
  .map(([path, load]) => ({ name: path.replace(/^.*\/|\.yaml$/g, ''), load }))
  .sort((a, b) => a.name.localeCompare(b.name));
