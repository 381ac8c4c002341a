// The whole server as a process of its own, for tests that kill it, trace it or starve it: a data folder with accounts,
// a configuration file, `serve` until it says ready.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { createHashQueue } from '../../src/services/passwords/hash-queue.ts';
import { formatScramVerifier } from '../../src/services/passwords/scram-verifier.ts';
import { openEmbedded } from '../../src/storage/embedded.ts';
import type { Store } from '../../src/storage/store.ts';
import { scratchFolder } from './scratch-store.ts';

const PROGRAM = fileURLToPath(new URL('../../postroad', import.meta.url));
/** Clock ticks of /proc/PID/stat in a second, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export const ACCOUNTS = ['ann@one.test', 'bob@one.test'] as const;
export const PASSWORD = 'secret';

export interface ServerPlan {
  readonly folder: string;
  readonly dataDir: string;
  readonly configPath: string;
}

export interface ServerPlanOptions {
  /** Where everything lies; a scratch folder of the test when absent. */
  readonly folder?: string;
  readonly protocols?: readonly string[];
  readonly address?: string;
  /** Ports by protocol; the system picks the others. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly threads?: number;
  /** TOML before and behind the listeners. */
  readonly top?: string;
  readonly tables?: string;
}

/** A port of loopback that was free a moment ago, for what the `ready` line does not tell. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Writes the configuration and makes the accounts `ACCOUNTS` (ids 1 and 2) with `PASSWORD`. */
export async function planServer(t: TestContext, options: ServerPlanOptions = {}): Promise<ServerPlan> {
  const folder = options.folder ?? scratchFolder(t);
  const plan = { folder, dataDir: join(folder, 'data'), configPath: join(folder, 'postroad.toml') };
  writeConfig(plan, options);
  const store = await openEmbedded(plan.dataDir);
  await addAccounts(store);
  await store.close();
  return plan;
}

/** Makes the accounts `ACCOUNTS` in an empty store. */
export async function addAccounts(store: Store): Promise<void> {
  const { passwordHash, scram } = await createHashQueue({ cores: 2, clock: systemClock }).hash(PASSWORD);
  await store.execute('domain.add', { name: 'one.test' });
  for (const address of ACCOUNTS) {
    await store.execute('account.add', { address, passwordHash, scramSha256: formatScramVerifier(scram) });
  }
}

/** Writes the configuration file again. */
export function writeConfig(plan: ServerPlan, options: ServerPlanOptions): void {
  const { protocols = ['smtp', 'pop3'], address = '127.0.0.1', ports = {}, threads = 2 } = options;
  const listeners = protocols.map(
    (name) => `[[listener]]\nprotocol = "${name}"\naddress = "${address}"\nport = ${ports[name] ?? 0}\n`,
  );
  writeFileSync(
    plan.configPath,
    `hostname = "mx.one.test"
data = "${plan.dataDir}"
threads = ${threads}
${options.top ?? ''}
${listeners.join('')}
[auth]
allow_plaintext_from = ["127.0.0.0/8"]
[limits]
trusted_networks = ["127.0.0.0/8"]
${options.tables ?? ''}
`,
  );
}

export interface StartOptions {
  /** Another program that prints the same line. */
  readonly main?: string;
  /** Linux, with prlimit. */
  readonly openFilesMax?: number;
}

export class ServerProcess {
  readonly ports: Readonly<Record<string, number>>;
  readonly child: ChildProcess;
  readonly #log: { text: string };

  private constructor(child: ChildProcess, ports: Readonly<Record<string, number>>, log: { text: string }) {
    this.child = child;
    this.ports = ports;
    this.#log = log;
  }

  /** Starts it and resolves when every listener accepts. */
  static async start(plan: ServerPlan, options: StartOptions = {}): Promise<ServerProcess> {
    const env = { NODE_COMPILE_CACHE: join(plan.folder, 'compile-cache'), ...process.env, UV_THREADPOOL_SIZE: '16' };
    const { main, openFilesMax } = options;
    const words =
      main === undefined ? [PROGRAM, 'serve', '--config', plan.configPath] : [process.execPath, main, plan.configPath];
    if (openFilesMax !== undefined) words.unshift('prlimit', `--nofile=${openFilesMax}:${openFilesMax}`);
    const child = spawn(words[0] as string, words.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], env });
    const log = { text: '' };
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log.text += chunk));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    while (!said.includes('\n')) {
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
      if (child.exitCode !== null) throw new Error(`the server did not start: ${log.text}`);
    }
    const addresses = JSON.parse(said.slice('ready '.length, said.indexOf('\n'))) as Record<string, string>;
    const ports = Object.entries(addresses).map(([name, each]) => [
      name,
      Number(each.slice(each.lastIndexOf(':') + 1)),
    ]);
    return new ServerProcess(child, Object.fromEntries(ports) as Record<string, number>, log);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything it has logged. */
  get log(): string {
    return this.#log.text;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** SIGTERM; the exit code. */
  async stop(): Promise<number | null> {
    if (this.isAlive) {
      const closed = once(this.child, 'close');
      this.child.kill('SIGTERM');
      await closed;
    }
    return this.child.exitCode;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    if (!this.isAlive) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }

  /** Octets of a line of /proc/PID/status that is in kB: VmRSS, VmHWM. */
  memory(line: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'latin1');
    return Number(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  }

  /** Processor time of all its threads so far, in ms. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  }

  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }
}
