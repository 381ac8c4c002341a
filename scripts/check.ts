// The gate before a commit in one command, under 30 s: the quick checks one after the other, the unit tests beside them.
// One line for each step; the output of those that fail follows at the end. `--without-tests` leaves the tests out.
import { spawn } from 'node:child_process';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What mends it, if one command does. */
  readonly mend?: string;
}

const QUICK: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check', '.'], mend: 'npm run format' },
  { name: 'generated', command: [process.execPath, 'scripts/generate.ts', '--check'], mend: 'npm run gen' },
  { name: 'dead code', command: ['knip', '--no-progress', '--no-config-hints'] },
];
const TESTS: Step = { name: 'unit tests', command: [process.execPath, 'scripts/run-tests.ts', 'unit'] };

interface Outcome {
  readonly step: Step;
  readonly failed: boolean;
  readonly output: string;
}

function runStep(step: Step): Promise<Outcome> {
  const started = performance.now();
  const [command, ...args] = step.command;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const end = (failed: boolean, output: string): void => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${failed ? 'FAIL' : 'ok  '} ${step.name.padEnd(10)} ${seconds.padStart(5)} s`);
      resolve({ step, failed, output });
    };
    child.once('error', (error) => end(true, `${error.message}; run this by \`npm run check\``));
    child.once('close', (code) => end(code !== 0, Buffer.concat(chunks).toString()));
  });
}

async function inOrder(steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of steps) outcomes.push(await runStep(step));
  return outcomes;
}

const lanes = process.argv.includes('--without-tests') ? [QUICK] : [QUICK, [TESTS]];
const started = performance.now();
const failures = (await Promise.all(lanes.map(inOrder))).flat().filter(({ failed }) => failed);
for (const { step, output } of failures) {
  console.log(
    `\n── ${step.name}${step.mend === undefined ? '' : ` (mend it with \`${step.mend}\`)`}\n${output.trimEnd()}`,
  );
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
const names = failures.map(({ step }) => step.name).join(', ');
console.log(failures.length === 0 ? `\nall good in ${seconds} s` : `\nfailed in ${seconds} s: ${names}`);
process.exitCode = failures.length === 0 ? 0 : 1;
