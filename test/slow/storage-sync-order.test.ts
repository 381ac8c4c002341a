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
import { firstCallAfter, ORDER_CALLS, readTrace, withoutStrace } from '../support/strace.ts';

const CHILD = fileURLToPath(new URL('storage-child/main.ts', import.meta.url));
const ACKS = 60;

test(
  'no answer before the sync of its segment, of a new segment’s folder and of the WAL',
  { skip: withoutStrace },
  (t) => {
    const folder = scratchFolder(t);
    const dataDir = join(folder, 'data');
    const trace = join(folder, 'trace');
    const segments = join(dataDir, 'segments');
    const wal = join(dataDir, 'postroad.db-wal');
    const run = spawnSync(
      'strace',
      ['-f', '-y', '-s', '128', '-e', ORDER_CALLS, '-o', trace, process.execPath, CHILD, dataDir, 'r', String(ACKS)],
      { env: { ...process.env, UV_USE_IO_URING: '0' }, timeout: 120_000, encoding: 'latin1' },
    );
    const calls = readTrace(readFileSync(trace, 'latin1'));
    const acks = calls.flatMap(({ text, begin, end }) => {
      const path = /^write\(1<.*"ack \S+ (\S+)\\n"/.exec(text)?.[1];
      return path === undefined ? [] : [{ path, begin, end }];
    });
    assert.equal(acks.length, ACKS, run.stderr);
    const used = new Set<string>();
    for (const [index, ack] of acks.entries()) {
      const path = join(segments, ack.path);
      const before = calls.filter((call) => call.end < ack.begin);
      const since = acks[index - 1]?.end ?? -1;
      const octets = before.filter((call) => call.kind === 'write' && call.path === path && call.begin > since).at(-1);
      assert.ok(octets, `attempt ${index}: its octets were written to ${ack.path}`);
      const synced = firstCallAfter(before, octets.end, 'sync', path);
      assert.ok(synced, `attempt ${index}: ${ack.path} was synced after its octets were written`);
      const created = before.find((call) => call.kind === 'create' && call.path === path);
      assert.ok(created, `attempt ${index}: the trace shows where ${ack.path} was made`);
      const named = firstCallAfter(before, created.end, 'sync', segments);
      assert.ok(named, `attempt ${index}: the folder was synced after ${ack.path} was made`);
      const rows = firstCallAfter(before, Math.max(synced.end, named.end), 'write', wal);
      assert.ok(rows, `attempt ${index}: its rows were written after its octets were safe`);
      const lastRows = before.filter((call) => call.kind === 'write' && call.path === wal).at(-1);
      assert.ok(
        lastRows && firstCallAfter(before, lastRows.end, 'sync', wal),
        `attempt ${index}: the WAL was synced after its rows`,
      );
      used.add(path);
    }
    assert.ok(used.size > 3, 'small messages, large ones and more than one shared segment were seen');
  },
);
