// `npm run bench`: Postroad against its peers on this machine. Everything lives in one temporary folder, on loopback,
// and is stopped at the end. Needs root (Postfix and Dovecot do), and Debian's postfix, dovecot-lmtpd, dovecot-pop3d, dovecot-imapd.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases/cases.ts';
import { asMarkdown, asText, runCase } from './measure/run-case.ts';
import { killRemembered } from './servers/programs.ts';

const USAGE = `node bench/main.ts [--only NAME,…] [--rounds 5] [--seconds 4] [--threads N] [--markdown FILE] [--folder DIR] [--keep]
cases: ${CASES.map((bench) => bench.name).join(', ')}`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    threads: { type: 'string' },
    markdown: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function chosenCases(): typeof CASES {
  if (values.only === undefined) return CASES;
  return values.only.split(',').map((name) => {
    const found = CASES.find((bench) => bench.name === name);
    if (found === undefined) throw new Error(`there is no case '${name}'\n${USAGE}`);
    return found;
  });
}

async function run(): Promise<void> {
  const cases = chosenCases();
  const folder = mkdtempSync(join(values.folder, 'postroad-bench-'));
  chmodSync(folder, 0o755);
  process.once('exit', () => {
    killRemembered();
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
  });
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1));
  if (values.threads !== undefined) process.env['POSTROAD_BENCH_THREADS'] = values.threads;
  const pages: string[] = [];
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, Postroad with threads = ${values.threads ?? 'by default'}`,
  );
  for (const bench of cases) {
    console.log(`\n${bench.name}: ${bench.title}`);
    try {
      const result = await runCase(bench, {
        folder,
        rounds: Number(values.rounds),
        seconds: Number(values.seconds),
        say: (line) => console.log(line),
      });
      console.log(asText(result));
      pages.push(asMarkdown(result));
    } catch (error) {
      process.exitCode = 1;
      console.error(`  ${bench.name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (!values.keep) rmSync(join(folder, bench.name), { recursive: true, force: true });
  }
  if (values.markdown !== undefined) writeFileSync(values.markdown, pages.join('\n'));
  process.exit();
}

if (values.help) console.log(USAGE);
else await run();
