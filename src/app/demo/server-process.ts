// One server of the demonstration: `postroad serve` in a process of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../cli/command.ts';
import { LOG_TAIL_CHARACTERS, START_TIMEOUT_MS, STOP_TIMEOUT_MS } from './limits.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'main.ts');
const READY = /^ready (\{.*\})$/mu;

export interface ServerProcessOptions {
  /** What it is called when it fails. */
  readonly name: string;
  /** Its configuration file and its log are here. */
  readonly folder: string;
  readonly configFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export class ServerProcess {
  readonly configFile: string;
  /** The SMTP, submission and POP3 ports it was given. */
  readonly ports: Readonly<Record<string, number>>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(parts: {
    configFile: string;
    ports: Record<string, number>;
    child: ChildProcess;
    ended: Promise<void>;
  }) {
    this.configFile = parts.configFile;
    this.ports = parts.ports;
    this.#child = parts.child;
    this.#ended = parts.ended;
  }

  /** Resolves when every listener accepts; rejects with CommandError when it cannot start. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { name, folder, configFile, env, signal } = options;
    const logFile = join(folder, 'serve.log');
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--config', configFile], {
      env: { UV_THREADPOOL_SIZE: '4', ...env, POSTROAD_CONFIG: undefined },
      stdio: ['ignore', 'pipe', log],
    });
    closeSync(log);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    try {
      const addresses = await readReady(child, ended, signal);
      const ports = Object.fromEntries(
        Object.entries(addresses).map(([protocol, address]) => [protocol, Number(/\d+$/u.exec(address)?.[0])]),
      );
      return new ServerProcess({ configFile, ports, child, ended });
    } catch (error) {
      child.kill('SIGKILL');
      await ended;
      const told = readFileSync(logFile, 'utf8').trim().slice(-LOG_TAIL_CHARACTERS);
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`the server ${name} ${reason}${told === '' ? '' : `: ${told}`}`, { cause: error });
    }
  }

  /** Lets it drain; ends it by force when that takes too long. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** What it printed after `ready`. */
function readReady(child: ChildProcess, ended: Promise<void>, signal: AbortSignal): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('was not ready in time')), START_TIMEOUT_MS);
    const stop = (): void => reject(new Error('was stopped'));
    signal.addEventListener('abort', stop, { once: true });
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const json = READY.exec(text)?.[1];
      if (json === undefined) return;
      end();
      resolve(JSON.parse(json) as Record<string, string>);
    });
    child.once('error', reject);
    void ended.then(() => {
      end();
      reject(new Error('ended before it was ready'));
    });
  });
}
