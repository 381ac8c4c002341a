// A PostgreSQL cluster of its own for a test run, and an empty database in it for each test. The programs are Debian's
// (package postgresql-15) or what POSTROAD_POSTGRES names; started as the user postgres when we are root.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PostgresConnection } from '../../src/storage/sql/postgres-connection.ts';
import { connectionOptions } from '../../src/storage/cluster/open-cluster.ts';

/** Where the server programs are; null when there are none. */
export function findPostgres(): string | null {
  const named = process.env['POSTROAD_POSTGRES'];
  if (named !== undefined) return named;
  for (const version of [17, 16, 15, 14, 13]) {
    const folder = `/usr/lib/postgresql/${version}/bin`;
    if (existsSync(join(folder, 'postgres'))) return folder;
  }
  return null;
}

const ROOT = process.getuid?.() === 0;
const START_MS = 15_000;

/** As the user postgres when we are root, because the server refuses to run as root. */
function asUser(program: string, args: readonly string[]): [string, string[]] {
  return ROOT
    ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]]
    : [program, [...args]];
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A running server. */
export class PostgresServer {
  readonly folder: string;
  readonly port: number;
  readonly #bin: string;
  #process: ChildProcess | null = null;
  #databases = 0;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.folder = folder;
    this.port = port;
  }

  /** Makes a cluster of databases in a folder of its own and starts it. `settings` go to the server's command line. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
    const bin = findPostgres();
    if (bin === null) throw new Error('there is no PostgreSQL here; install postgresql-15 or set POSTROAD_POSTGRES');
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    if (ROOT) execFileSync('chown', ['postgres', folder]);
    chmodSync(folder, 0o755);
    const server = new PostgresServer(bin, folder, await freePort());
    const data = server.dataFolder;
    const init = [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '--no-instructions',
    ];
    const [program, args] = asUser(join(bin, 'initdb'), init);
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: folder });
    await server.restart(settings);
    return server;
  }

  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts it (again) and waits until it answers. */
  async restart(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const own = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: '',
      max_connections: '80',
    };
    const words = Object.entries({ ...own, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [program, args] = asUser(join(this.#bin, 'postgres'), ['-D', this.dataFolder, ...words]);
    this.#process = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'], cwd: this.folder });
    for (const end = performance.now() + START_MS; ;) {
      try {
        await (await PostgresConnection.open(connectionOptions(this.url('postgres'), 'test'))).close();
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
      }
      await delay(50);
    }
  }

  /** Ends it: `SIGTERM` waits for clients, `SIGINT` drops them, `SIGQUIT` is a crash. */
  async stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** A new, empty database; its url. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    const connection = await PostgresConnection.open(connectionOptions(this.url('postgres'), 'test'));
    await connection.execute(`CREATE DATABASE ${name}`);
    await connection.close();
    return this.url(name);
  }

  /** A second server that follows this one. */
  async makeStandby(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    if (ROOT) execFileSync('chown', ['postgres', folder]);
    const standby = new PostgresServer(this.#bin, folder, await freePort());
    const source = `host=127.0.0.1 port=${this.port} user=postgres`;
    const copy = ['-D', standby.dataFolder, '-d', source, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'];
    const [program, args] = asUser(join(this.#bin, 'pg_basebackup'), copy);
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: folder });
    await standby.restart();
    return standby;
  }

  /** COMMIT waits for these standbys from now on; resolves when one follows. */
  async setSynchronous(names: string): Promise<void> {
    const connection = await PostgresConnection.open(connectionOptions(this.url('postgres'), 'test'));
    await connection.execute(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await connection.execute('SELECT pg_reload_conf()');
    for (const end = performance.now() + START_MS; ;) {
      if ((await connection.get("SELECT 1 AS there FROM pg_stat_replication WHERE sync_state = 'sync'")) !== undefined)
        break;
      if (performance.now() > end) throw new Error('no standby follows');
      await delay(50);
    }
    await connection.close();
  }

  /** Makes a standby the primary. */
  async promote(): Promise<void> {
    const connection = await PostgresConnection.open(connectionOptions(this.url('postgres'), 'test'));
    await connection.execute('SELECT pg_promote(true)');
    await connection.close();
  }

  async remove(): Promise<void> {
    await this.stop('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server for all tests of a file; `t.after` of the caller removes it. */
export async function startPostgres(
  t: Pick<TestContext, 'after'>,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const server = await PostgresServer.start(settings);
  t.after(() => server.remove());
  return server;
}
