// Postroad as its users run it: `./postroad serve` with a configuration file and a data folder of its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoint, RunningServer } from './server.ts';
import { runProgram, startProgram, stopProcess, until } from './programs.ts';

const PROGRAM = fileURLToPath(new URL('../../postroad', import.meta.url));
const READY_PATIENCE_MS = 60_000;
export const POSTROAD_PASSWORD = 'bench-password';

export interface PostroadOptions {
  /** The folder of this server: configuration, data and log. */
  readonly folder: string;
  /** Listeners by protocol; each gets a port of its own on loopback. */
  readonly protocols: readonly string[];
  /** TOML that follows the usual settings. */
  readonly more?: string;
  /** TOML in [limits] beyond the usual lines. */
  readonly limits?: readonly string[];
}

export interface Postroad extends RunningServer {
  endpoint(protocol: string): Endpoint;
  /** A command of the command line, beside the running server; what it prints. */
  command(words: readonly string[]): Promise<string>;
  /** Recipients that wait in the queue. */
  countQueued(): Promise<number>;
}

/** Users leave `threads` to Postroad. */
function threadsLine(): string {
  const threads = process.env['POSTROAD_BENCH_THREADS'];
  return threads === undefined ? '' : `threads = ${threads}\n`;
}

function configuration(options: PostroadOptions): string {
  const listeners = options.protocols.map(
    (protocol) => `\n[[listener]]\nprotocol = "${protocol}"\naddress = "127.0.0.1"\nport = 0\n`,
  );
  return `hostname = "postroad.test"
data = "data"
${threadsLine()}${listeners.join('')}
[limits]
trusted_networks = ["127.0.0.0/8"]
message_size = "100MB"
${(options.limits ?? []).join('\n')}

[auth]
allow_plaintext_from = ["127.0.0.0/8"]

[log]
level = "info"
${options.more ?? ''}`;
}

/** Prepares the folder: configuration, and with `accounts` their domain and mailboxes. No server may run there. */
export async function preparePostroad(options: PostroadOptions, accounts: readonly string[] = []): Promise<void> {
  mkdirSync(options.folder, { recursive: true });
  const config = join(options.folder, 'postroad.toml');
  writeFileSync(config, configuration(options));
  if (accounts.length === 0) return;
  const domains = new Set(accounts.map((account) => account.slice(account.indexOf('@') + 1)));
  for (const domain of domains) await runProgram(PROGRAM, ['domain', 'add', domain, '--config', config]);
  const csv = join(options.folder, 'accounts.csv');
  writeFileSync(csv, accounts.map((account) => `${account},${POSTROAD_PASSWORD}\n`).join(''));
  await runProgram(PROGRAM, ['account', 'import', csv, '--config', config]);
}

interface Started {
  readonly pid: number;
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Starts the server in a prepared folder; resolves at its `ready` line. */
export async function servePostroad(options: PostroadOptions): Promise<Postroad> {
  const config = join(options.folder, 'postroad.toml');
  const { pid, endpoints } = await readyLine(options, config);
  const command = (words: readonly string[]): Promise<string> => runProgram(PROGRAM, [...words, '--config', config]);
  return {
    roots: [pid],
    endpoint: (protocol) => {
      const text = endpoints[protocol] ?? '';
      const colon = text.lastIndexOf(':');
      if (colon < 0) throw new Error(`postroad does not listen for ${protocol}`);
      return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
    },
    command,
    countQueued: async () => {
      const listed = JSON.parse(await command(['queue', 'list', '--json', '--limit', '1'])) as { recipients: number };
      return listed.recipients;
    },
    stop: () => stopProcess(pid),
  };
}

async function readyLine(options: PostroadOptions, config: string): Promise<Started> {
  const logFile = join(options.folder, 'postroad.log');
  const outFile = join(options.folder, 'postroad.out');
  writeFileSync(outFile, '');
  const child = startProgram('/bin/sh', ['-c', `exec "$0" "$@" >"${outFile}"`, PROGRAM, 'serve', '--config', config], {
    logFile,
    env: { NODE_OPTIONS: process.env['POSTROAD_BENCH_NODE_OPTIONS'] ?? '' },
  });
  const ready = (): RegExpExecArray | null => /^ready (\{.*\})$/mu.exec(readFileSync(outFile, 'utf8'));
  await until(() => ready() !== null || child.exitCode !== null, 'postroad starts', READY_PATIENCE_MS, 5);
  const json = ready()?.[1];
  if (json === undefined) throw new Error(`postroad did not start: ${readFileSync(logFile, 'utf8').slice(-2000)}`);
  return { pid: child.pid ?? 0, endpoints: JSON.parse(json) as Record<string, string> };
}

/** Prepares and starts. */
export async function startPostroad(options: PostroadOptions, accounts: readonly string[] = []): Promise<Postroad> {
  await preparePostroad(options, accounts);
  return servePostroad(options);
}
