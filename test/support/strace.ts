// The kernel's own account of what a process did, and faults in it: strace, started with a program or attached to one
// that runs. Linux only, and only where tracing is allowed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Why tests that need strace are skipped; false: they are not. */
export const withoutStrace: string | false =
  spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0 && 'strace is not installed, or may not trace here';

/** The calls that the order of writes and syncs is read from. */
export const ORDER_CALLS = 'trace=openat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync';

/** A call that succeeded; `begin` and `end` are lines of the trace. */
export interface TracedCall {
  readonly kind: 'create' | 'write' | 'sync';
  /** As `-y` shows it: a file's path, `socket:[…]`. */
  readonly path: string;
  /** The whole call as strace shows it. */
  readonly text: string;
  readonly begin: number;
  readonly end: number;
}

/** Reads the output of `strace -f -y`. */
export function readTrace(text: string): TracedCall[] {
  const calls: TracedCall[] = [];
  const unfinished = new Map<string, { begin: number; text: string }>();
  for (const [end, line] of text.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1];
    if (begun !== undefined) {
      unfinished.set(thread, { begin: end, text: begun });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const start = resumed === undefined ? undefined : unfinished.get(thread);
    const whole = start === undefined ? rest : start.text + (resumed ?? '');
    const call = readCall(whole);
    if (call !== null) calls.push({ ...call, text: whole, begin: start?.begin ?? end, end });
  }
  return calls;
}

function readCall(text: string): Pick<TracedCall, 'kind' | 'path'> | null {
  const path = /^\w+\(\d+<([^>]*)>/.exec(text)?.[1] ?? '';
  if (/^f(?:data)?sync\(.*= 0$/.test(text)) return { kind: 'sync', path };
  if (/^(?:p?write(?:v|64|v2)?|send(?:to|msg))\(.*= [1-9]\d*$/.test(text)) return { kind: 'write', path };
  const created = /^openat\([^"]*"([^"]*)", \S*O_CREAT\S*, \d+\)\s+= \d+/.exec(text)?.[1];
  return created === undefined ? null : { kind: 'create', path: created };
}

/** The first call of a kind on a path that began after line `after`. */
export function firstCallAfter(
  calls: readonly TracedCall[],
  after: number,
  kind: TracedCall['kind'],
  path: string,
): TracedCall | undefined {
  return calls.find((call) => call.begin > after && call.kind === kind && call.path === path);
}

/** Where a positioned write began and how many octets it wrote; null for other calls. */
export function writtenRange(call: TracedCall): { readonly position: number; readonly length: number } | null {
  const [, position, length] = /^pwrite(?:v|64)\(.*, (\d+)\)\s+= (\d+)$/.exec(call.text) ?? [];
  return position === undefined ? null : { position: Number(position), length: Number(length) };
}

export interface AttachedStrace {
  /** Ends it; the process goes on without. */
  detach(): Promise<void>;
}

/** Attaches to all threads of a process, and to those that it starts; resolves once every call is seen. */
export async function attachStrace(pid: number, words: readonly string[]): Promise<AttachedStrace> {
  const strace = spawn('strace', ['-f', '-p', String(pid), ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  strace.stderr.setEncoding('latin1').on('data', (chunk: string) => (said += chunk));
  while (!/attached/.test(said)) {
    await Promise.race([once(strace.stderr, 'data'), once(strace, 'close')]);
    if (strace.exitCode !== null) throw new Error(`strace could not attach: ${said}`);
  }
  return {
    async detach() {
      if (strace.exitCode !== null || strace.signalCode !== null) return;
      const closed = once(strace, 'close');
      strace.kill('SIGINT');
      await closed;
    },
  };
}
