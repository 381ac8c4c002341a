// `kill -9` at random moments under load: what was answered is there exactly once, what was not at most once, and the
// storage is whole. A kill cannot show lost durability (the page cache survives it): that is storage-sync-order's work.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { openEmbedded } from '../../src/storage/embedded.ts';
import { listMessages } from '../../src/storage/records/messages.ts';
import { createQueueStore } from '../../src/storage/stored-queue.ts';
import { verify } from '../../src/storage/verify.ts';
import { scratchFolder } from '../support/scratch-store.ts';

const CHILD = fileURLToPath(new URL('storage-child/main.ts', import.meta.url));
const ROUNDS = 50;

/** Starts the child, kills it some time after its first answer; the attempts that it said were committed. */
async function killOnce(dataDir: string, round: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, dataDir, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('latin1');
  child.stdout.on('data', (chunk: string) => (text += chunk));
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
  child.kill('SIGKILL');
  await once(child, 'close');
  return [...text.matchAll(/^ack (\S+)$/gm)].map((match) => match[1] ?? '');
}

/** How often each attempt is in an account's INBOX. */
async function countAttempts(
  dataDir: string,
): Promise<{ boxes: Map<string, number>[]; queued: number; faults: string[] }> {
  const store = await openEmbedded(dataDir);
  const faults: string[] = [];
  await verify({ dataDir, read: store.read, onFault: (fault) => faults.push(fault) });
  const boxes: Map<string, number>[] = [];
  for (const accountId of [1, 2]) {
    const counts = new Map<string, number>();
    for (let after = 0; ;) {
      const page = await listMessages(store.read, { accountId, mailboxId: 1 }, after, 1000);
      for (const message of page) {
        const head = (await store.readBlob(message.place, 0, 60)).toString('latin1');
        const attempt = /^Received: x\r\nAttempt: (\S+)\r\n/.exec(head)?.[1] ?? `unreadable: ${head}`;
        counts.set(attempt, (counts.get(attempt) ?? 0) + 1);
      }
      after = page.at(-1)?.uid ?? 0;
      if (page.length < 1000) break;
    }
    boxes.push(counts);
  }
  let queued = 0;
  const queue = createQueueStore(store);
  for (
    let page = await queue.loadWaiting(null, 1000);
    page.length > 0;
    page = await queue.loadWaiting(page.at(-1) ?? null, 1000)
  )
    queued += page.length;
  await store.close();
  return { boxes, queued, faults };
}

test(`${ROUNDS} kills under load lose nothing that was answered and double nothing`, async (t) => {
  const dataDir = scratchFolder(t);
  const answered = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const attempt of await killOnce(dataDir, round)) answered.add(attempt);
    if (round % 10 !== 9) continue;
    const { boxes, queued, faults } = await countAttempts(dataDir);
    assert.deepEqual(faults, []);
    for (const counts of boxes) {
      assert.deepEqual(
        [...counts].filter(([attempt, count]) => count !== 1 || attempt.startsWith('unreadable')),
        [],
      );
      assert.deepEqual(
        [...answered].filter((attempt) => !counts.has(attempt)),
        [],
      );
      assert.equal(queued, counts.size);
    }
  }
  assert.ok(answered.size > ROUNDS, `${answered.size} answers`);
});
