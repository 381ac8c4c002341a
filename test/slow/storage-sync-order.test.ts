// No answer before its syncs, as the kernel saw it. One attempt is under way at a time; before each `ack` there must be,
// in this order: its octets in a segment, the sync of that segment (and of the folder since the segment was made in it),
// its rows in the WAL, the sync of the WAL. Needs strace (Linux).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../support/scratch-store.ts';

const CHILD = fileURLToPath(new URL('storage-child/main.ts', import.meta.url));
const ACKS = 60;
const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** A call that succeeded; `begin` and `end` are lines of the trace. */
interface Call {
  readonly kind: 'create' | 'write' | 'sync' | 'ack';
  readonly path: string;
  readonly begin: number;
  readonly end: number;
}

function readTrace(text: string): Call[] {
  const calls: Call[] = [];
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
    const call = readCall(start === undefined ? rest : start.text + (resumed ?? ''));
    if (call !== null) calls.push({ ...call, begin: start?.begin ?? end, end });
  }
  return calls;
}

function readCall(text: string): Pick<Call, 'kind' | 'path'> | null {
  const path = /^\w+\(\d+<([^>]*)>/.exec(text)?.[1] ?? '';
  const ack = /^write\(1<.*"ack \S+ (\S+)\\n"/.exec(text)?.[1];
  if (ack !== undefined) return { kind: 'ack', path: ack };
  if (/^f(?:data)?sync\(.*= 0$/.test(text)) return { kind: 'sync', path };
  if (/^p?write(?:v|64|v2)?\(.*= [1-9]\d*$/.test(text)) return { kind: 'write', path };
  const created = /^openat\([^"]*"([^"]*)", \S*O_CREAT\S*, \d+\)\s+= \d+/.exec(text)?.[1];
  return created === undefined ? null : { kind: 'create', path: created };
}

/** The first call of a kind on a path that began after line `after`. */
function firstAfter(calls: readonly Call[], after: number, kind: Call['kind'], path: string): Call | undefined {
  return calls.find((call) => call.begin > after && call.kind === kind && call.path === path);
}

test(
  'no answer before the sync of its segment, of a new segment’s folder and of the WAL',
  { skip: !hasStrace && 'strace is not installed' },
  (t) => {
    const folder = scratchFolder(t);
    const dataDir = join(folder, 'data');
    const trace = join(folder, 'trace');
    const segments = join(dataDir, 'segments');
    const wal = join(dataDir, 'postroad.db-wal');
    const traced = 'trace=openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync';
    const run = spawnSync(
      'strace',
      ['-f', '-y', '-s', '128', '-e', traced, '-o', trace, process.execPath, CHILD, dataDir, 'r', String(ACKS)],
      { env: { ...process.env, UV_USE_IO_URING: '0' }, timeout: 120_000, encoding: 'latin1' },
    );
    const calls = readTrace(readFileSync(trace, 'latin1'));
    const acks = calls.filter((call) => call.kind === 'ack');
    assert.equal(acks.length, ACKS, run.stderr);
    const used = new Set<string>();
    for (const [index, ack] of acks.entries()) {
      const path = join(segments, ack.path);
      const before = calls.filter((call) => call.end < ack.begin);
      const since = acks[index - 1]?.end ?? -1;
      const octets = before.filter((call) => call.kind === 'write' && call.path === path && call.begin > since).at(-1);
      assert.ok(octets, `attempt ${index}: its octets were written to ${ack.path}`);
      const synced = firstAfter(before, octets.end, 'sync', path);
      assert.ok(synced, `attempt ${index}: ${ack.path} was synced after its octets were written`);
      const created = before.find((call) => call.kind === 'create' && call.path === path);
      assert.ok(created, `attempt ${index}: the trace shows where ${ack.path} was made`);
      const named = firstAfter(before, created.end, 'sync', segments);
      assert.ok(named, `attempt ${index}: the folder was synced after ${ack.path} was made`);
      const rows = firstAfter(before, Math.max(synced.end, named.end), 'write', wal);
      assert.ok(rows, `attempt ${index}: its rows were written after its octets were safe`);
      const lastRows = before.filter((call) => call.kind === 'write' && call.path === wal).at(-1);
      assert.ok(
        lastRows && firstAfter(before, lastRows.end, 'sync', wal),
        `attempt ${index}: the WAL was synced after its rows`,
      );
      used.add(path);
    }
    assert.ok(used.size > 3, 'small messages, large ones and more than one shared segment were seen');
  },
);
