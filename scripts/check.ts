// The whole gate, in the order of cost: types, lint, format, dead code, tests. One line each; the first failure prints all.
import { spawnSync } from 'node:child_process';

const STEPS: [string, string[]][] = [
  ['types', ['tsc', '-p', 'tsconfig.json']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['format', ['oxfmt', '--check', '.']],
  ['dead code', ['knip', '--no-progress']],
  ['tests', [process.execPath, 'scripts/run-tests.ts', 'fast']],
];
for (const [name, [command, ...args]] of STEPS) {
  const started = performance.now();
  const run = spawnSync(command as string, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${run.status === 0 ? 'ok  ' : 'FAIL'} ${name} ${seconds} s`);
  if (run.status !== 0) {
    console.log(run.stdout + run.stderr);
    process.exit(1);
  }
}
