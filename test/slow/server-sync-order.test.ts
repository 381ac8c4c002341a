// No `250` before its syncs, in the whole server as the kernel saw it: before the reply is written to a socket there must
// be, in this order: all octets of the letter in a segment, the sync of that segment (and of the folder since the segment
// was made in it), rows in the WAL, the sync of the WAL. Needs strace (Linux).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseQueueId } from '../../src/base/ids/queue-id.ts';
import type { BlobPlace } from '../../src/storage/blob-place.ts';
import { segmentName, segmentsFolder } from '../../src/storage/data-folder.ts';
import { openEmbedded } from '../../src/storage/embedded.ts';
import { findPlace } from '../../src/storage/records/blobs.ts';
import { makeLetter } from '../support/attempts.ts';
import { ACCOUNTS, planServer, ServerProcess } from '../support/server-process.ts';
import {
  attachStrace,
  firstCallAfter,
  ORDER_CALLS,
  readTrace,
  withoutStrace,
  writtenRange,
  type TracedCall,
} from '../support/strace.ts';
import { openSmtp, sendLetter } from '../support/text-client.ts';

const ALONE = 40;
const SESSIONS = 10;
const LETTERS_EACH = 8;
const LARGE_OCTETS = 400_000;
const [ANN, BOB] = ACCOUNTS;
// Nobody listens where mail for far.test goes: it stays in the queue, and its octets where they are.
const TARGETS = [[ANN], [ANN, BOB], ['x@far.test'], [BOB, 'x@far.test']];
const ROUTE = '[[route]]\ndomain = "far.test"\nvia = "smtp://127.0.0.1:9"\nrelay_domain = true\n';

/** Sends letters over one connection, one after the other; the ids that were answered. */
async function sendLetters(port: number, name: string, count: number): Promise<number[]> {
  const client = await openSmtp(port);
  const units: number[] = [];
  for (let n = 0; n < count; n++) {
    const letter = makeLetter(`${name}-${n}`, n % 8 === 5 ? LARGE_OCTETS : 1000);
    const reply = await sendLetter(client, TARGETS[n % TARGETS.length] ?? [ANN], letter);
    units.push(parseQueueId(/^250 2\.0\.0 (\w+) accepted/.exec(reply)?.[1] ?? assert.fail(reply)));
  }
  client.close();
  return units;
}

interface Answered {
  readonly ack: TracedCall;
  readonly place: BlobPlace;
}

/** The replies in the order in which they were written, each with the place of its letter. */
async function readAnswers(calls: readonly TracedCall[], dataDir: string): Promise<Answered[]> {
  const store = await openEmbedded(dataDir);
  const answers: Answered[] = [];
  for (const ack of calls) {
    const id = ack.path.startsWith('socket:') ? /250 2\.0\.0 (\w{11}) accepted/.exec(ack.text)?.[1] : undefined;
    if (id === undefined) continue;
    const place = await findPlace(store.read, parseQueueId(id));
    answers.push({ ack, place: place ?? assert.fail(`${id} was answered and has no octets`) });
  }
  await store.close();
  return answers;
}

/** Asserts the order before one reply; `alone`: no other letter was under way. */
function checkOrder({ ack, place }: Answered, calls: readonly TracedCall[], dataDir: string, alone: boolean): void {
  const folder = segmentsFolder(dataDir);
  const path = join(folder, segmentName(place.segment));
  const wal = join(dataDir, 'postroad.db-wal');
  const told = `unit ${place.id} in ${segmentName(place.segment)}`;
  const before = calls.filter((call) => call.end < ack.begin);
  const end = place.offset + place.length;
  const pieces = before.filter((call) => {
    const range = call.kind === 'write' && call.path === path ? writtenRange(call) : null;
    return range !== null && range.position < end && range.position + range.length > place.offset;
  });
  const octets = pieces.at(-1);
  assert.ok(octets, `${told}: its octets were written`);
  const written = Math.max(...pieces.map((call) => call.end));
  const synced = firstCallAfter(before, written, 'sync', path);
  assert.ok(synced, `${told}: the segment was synced after all its octets were written`);
  const created = before.find((call) => call.kind === 'create' && call.path === path);
  assert.ok(created, `${told}: the trace shows where the segment was made`);
  const named = firstCallAfter(before, created.end, 'sync', folder);
  assert.ok(named, `${told}: the folder was synced after the segment was made`);
  const rows = firstCallAfter(before, Math.max(synced.end, named.end), 'write', wal);
  assert.ok(rows, `${told}: its rows were written after its octets were safe`);
  const last = alone ? before.filter((call) => call.kind === 'write' && call.path === wal).at(-1) : rows;
  assert.ok(last && firstCallAfter(before, last.end, 'sync', wal), `${told}: the WAL was synced after its rows`);
}

test(
  'no 250 before the syncs of its segment, of a new segment’s folder and of the WAL',
  { skip: withoutStrace },
  async (t) => {
    const plan = await planServer(t, { protocols: ['smtp', 'lmtp'], tables: ROUTE });
    const trace = join(plan.folder, 'trace');
    const server = await ServerProcess.start(plan);
    t.after(() => server.kill());
    const { smtp = 0 } = server.ports;
    const strace = await attachStrace(server.pid, ['-y', '-s', '128', '-e', ORDER_CALLS, '-o', trace]);
    const alone = new Set(await sendLetters(smtp, 'alone', ALONE));
    const together = await Promise.all(
      Array.from({ length: SESSIONS }, (_, n) => sendLetters(smtp, `s${n}`, LETTERS_EACH)),
    );
    await strace.detach();
    assert.equal(await server.stop(), 0, server.log);

    const calls = readTrace(readFileSync(trace, 'latin1'));
    const answers = await readAnswers(calls, plan.dataDir);
    assert.equal(answers.length, ALONE + SESSIONS * LETTERS_EACH);
    assert.deepEqual(new Set(answers.map(({ place }) => place.id)), new Set([...alone, ...together.flat()]));
    for (const answer of answers) checkOrder(answer, calls, plan.dataDir, alone.has(answer.place.id));
    const segments = new Set(answers.map(({ place }) => place.segment));
    assert.ok(segments.size > 3, 'small letters, large ones and more than one shared segment were seen');
    t.diagnostic(`${answers.length} replies in ${calls.length} calls, ${segments.size} segments`);
  },
);
