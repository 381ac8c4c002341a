// Programs of the machine in slow tests: whether they are there, running one to its end, keeping one until the test is
// over, free ports, and waiting for what they do.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, isAbsolute, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemRandomInt } from '../../src/base/random.ts';

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const RUN_MS = 40_000;
const POLL_MS = 50;

/** Where a program is, by its name or path; null when it is not installed. */
export function findProgram(name: string): string | null {
  for (const folder of FOLDERS) {
    const path = isAbsolute(name) ? name : join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there.
    }
  }
  return null;
}

/** Why a test cannot run here: what of these is not installed; false when all are. For `skip`. */
export function absent(...names: readonly string[]): string | false {
  const missing = names.filter((name) => findProgram(name) === null);
  return missing.length === 0 ? false : `not installed here: ${missing.join(', ')}`;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** Runs a program to its end and gives what it printed; rejects with that when it fails. */
export function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  const { input = '', env = {}, folder } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      findProgram(program) ?? program,
      words,
      { timeout: RUN_MS, cwd: folder, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => {
        if (error === null) resolve(out + err);
        else reject(new Error(`${program} failed: ${error.message}\n${out}${err}`));
      },
    );
    child.stdin?.on('error', () => {}); // It may end before it has read everything.
    child.stdin?.end(input);
  });
}

/** A program that runs until `stop`. */
export class RunningProgram {
  readonly child: ChildProcess;
  #said = '';

  private constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#said += chunk.toString();
      });
    }
  }

  /** Starts it and waits until it has printed a line that `ready` matches; null: does not wait. */
  static async start(program: string, words: readonly string[], ready: RegExp | null): Promise<RunningProgram> {
    const child = spawn(findProgram(program) ?? program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const running = new RunningProgram(child);
    let failure: Error | null = null;
    child.on('error', (error) => {
      failure = error;
    });
    try {
      await until(`${program} is ready`, () => {
        if (failure !== null) throw failure;
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${program} ended`);
        return ready === null || ready.test(running.said) ? true : null;
      });
    } catch (error) {
      await running.stop();
      throw new Error(`${String(error)}\n${running.said}`, { cause: error });
    }
    return running;
  }

  /** Everything that it has printed. */
  get said(): string {
    return this.#said;
  }

  /** Asks it to end, and waits for that. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  }
}

/** Asks again and again until there is an answer; rejects with what was awaited when there is none in time. */
export async function until<T>(what: string, look: () => T | null | Promise<T | null>, withinMs = 20_000): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await pause(POLL_MS);
  }
}

/** A port that is free for TCP and UDP at all these addresses, below those that outgoing connections get. */
export async function freePort(...addresses: readonly string[]): Promise<number> {
  for (;;) {
    const port = 20_000 + systemRandomInt(10_000);
    if (await isFree(port, addresses.length === 0 ? ['127.0.0.1'] : addresses)) return port;
  }
}

async function isFree(port: number, addresses: readonly string[]): Promise<boolean> {
  for (const address of addresses) {
    const udp = createSocket('udp4');
    const tcp = createServer();
    try {
      udp.bind(port, address);
      await once(udp, 'listening');
      tcp.listen(port, address);
      await once(tcp, 'listening');
    } catch {
      return false;
    } finally {
      udp.close();
      tcp.close();
    }
  }
  return true;
}
