// Starting and stopping programs by their process id, and nothing else: whatever the bench started is stopped, also when
// it fails or is interrupted.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { accessSync, constants, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_PATIENCE_MS = 10_000;
const LIVE = new Set<number>();

/** The peers' daemons live beside the usual folders. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/lib/postfix/sbin', '/usr/libexec/postfix'];

/** The path of a program; a clear error when it is missing. */
export function findProgram(name: string, debianPackage: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  throw new Error(`${name} is not installed: apt-get install ${debianPackage}, or leave its cases out with --only`);
}

/** Marks a process as ours: it is killed when the bench ends early. */
export function remember(pid: number): void {
  LIVE.add(pid);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Kills what still runs; for the end of the bench, whatever the reason. */
export function killRemembered(): void {
  for (const pid of LIVE) signal(pid, 'SIGKILL');
  LIVE.clear();
}

/** SIGTERM, and SIGKILL when that does not help. Resolves when the process is gone. */
export async function stopProcess(pid: number): Promise<void> {
  const deadline = performance.now() + STOP_PATIENCE_MS;
  for (signal(pid, 'SIGTERM'); signal(pid, 0); await sleep(20)) {
    if (performance.now() > deadline) signal(pid, 'SIGKILL');
  }
  LIVE.delete(pid);
}

/** Waits until `isSo`; fails with `what` after `patienceMs`. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  patienceMs: number,
  everyMs = 10,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`gave up after ${patienceMs / 1000} s: ${what}`);
    await sleep(everyMs);
  }
}

export interface StartOptions {
  readonly stdio?: StdioOptions;
  /** Standard output and error go to this file. */
  readonly logFile?: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Starts a program that goes on running. */
export function startProgram(path: string, args: readonly string[], options: StartOptions = {}): ChildProcess {
  const log = options.logFile === undefined ? 'ignore' : openSync(options.logFile, 'a');
  const child = spawn(path, args, {
    stdio: options.stdio ?? ['ignore', log, log],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (child.pid !== undefined) remember(child.pid);
  child.once('exit', () => {
    if (child.pid !== undefined) LIVE.delete(child.pid);
  });
  return child;
}

/** Runs a program to its end; its standard output. Fails, with what it said, when its exit code is not 0. */
export function runProgram(
  path: string,
  args: readonly string[],
  options: { input?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<string> {
  const child = startProgram(path, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const said = Buffer.concat(out).toString();
      if (code === 0) resolve(said);
      else reject(new Error(`${path} ${args.join(' ')} ended with ${code}: ${Buffer.concat(err).toString()}${said}`));
    });
  });
}
