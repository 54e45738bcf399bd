import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/browser/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 180_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
  },
});
