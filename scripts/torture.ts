// The slow suites that gain from time, for as long as wanted: `npm run torture [-- ROUNDS]`, 1,000 rounds when not said.
// Kills of the whole server under load, one a round, and hostile dialogs, a hundred a round. Says how far it is.
import { spawnSync } from 'node:child_process';

const FILES = ['test/slow/server-kill.test.ts', 'test/slow/server-hostile.test.ts'];

const [rounds = '1000'] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(rounds)) throw new Error(`'${rounds}' is no number of rounds`);
for (const file of FILES) {
  console.log(`${file}: ${rounds} rounds`);
  const run = spawnSync(process.execPath, [file], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: 'node_modules/.cache/compile', ...process.env, POSTROAD_TORTURE_ROUNDS: rounds },
  });
  if (run.status !== 0) process.exitCode = 1;
}
