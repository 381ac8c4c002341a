// Runs node:test over one part of the suite: `fast` (beside the code and test/fast folders) or `slow`.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const PARTS: Record<string, string[]> = {
  fast: ['src/**/*.test.ts', 'test/{architecture,integration,wire,fuzz}/**/*.test.ts'],
  slow: ['test/slow/**/*.test.ts'],
};
const part = process.argv[2] ?? 'fast';
const files = (PARTS[part] ?? []).flatMap((pattern) => globSync(pattern));
if (files.length === 0) throw new Error(`no tests in part '${part}'`);
const run = spawnSync(
  process.execPath,
  ['--test', `--test-concurrency=${part === 'slow' ? 1 : 2}`, ...process.argv.slice(3), ...files.sort()],
  { stdio: 'inherit', env: { ...process.env, UV_THREADPOOL_SIZE: '16' } },
);
process.exit(run.status ?? 1);
