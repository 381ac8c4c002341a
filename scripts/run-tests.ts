// Runs node:test over one part of the suite: `fast` (beside the code, and the fast folders of test/) or `slow`.
// More words go to the test runner: `npm test -- --test-name-pattern=SCRAM`, or files to run only those.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const PARTS: Record<string, { patterns: readonly string[]; concurrency: number }> = {
  fast: {
    patterns: ['src/**/*.test.ts', 'test/{architecture,integration,wire,fuzz,support}/**/*.test.ts'],
    concurrency: 2,
  },
  // One at a time: these start whole servers and foreign programs.
  slow: { patterns: ['test/slow/**/*.test.ts'], concurrency: 1 },
};

const [name = 'fast', ...rest] = process.argv.slice(2);
const part = PARTS[name];
if (part === undefined) throw new Error(`there is no part '${name}'; say one of: ${Object.keys(PARTS).join(', ')}`);
const named = rest.some((word) => word.endsWith('.ts'));
const files = named ? [] : part.patterns.flatMap((pattern) => globSync(pattern)).toSorted();
if (!named && files.length === 0) console.log(`there are no tests in part '${name}' yet`);
else {
  const run = spawnSync(process.execPath, ['--test', `--test-concurrency=${part.concurrency}`, ...rest, ...files], {
    stdio: 'inherit',
    env: {
      // Every test file is a process of its own: the compile cache spares each the stripping of types.
      NODE_COMPILE_CACHE: 'node_modules/.cache/compile',
      ...process.env,
      // libuv's pool is shared by disk syncs and password hashing; the server runs with the same size.
      UV_THREADPOOL_SIZE: '16',
    },
  });
  process.exitCode = run.status ?? 1;
}
