// A process that commits messages until it is killed: `node main.ts DATA_DIR ROUND`. The main thread is the writer, two
// threads commit, and each says `ack ATTEMPT` on stdout, in one write of its own, once its commit has resolved.
// With a COUNT behind, one thread commits so many, one after the other, and says `ack ATTEMPT SEGMENT`; no checkpoints.
// A refused attempt is `nak ATTEMPT CODE`.
import { writeSync } from 'node:fs';
import { isMainThread, MessageChannel, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '../../../src/base/clock.ts';
import { MailError } from '../../../src/base/errors/mail-error.ts';
import { silentLog } from '../../../src/base/log.ts';
import { segmentName } from '../../../src/storage/data-folder.ts';
import { findPlace } from '../../../src/storage/records/blobs.ts';
import { openStore } from '../../../src/storage/thread-store.ts';
import { runCheckpoints } from '../../../src/storage/upkeep/checkpoints.ts';
import { StoreWriter } from '../../../src/storage/writer/store-writer.ts';
import { makeQueued, makeUnit } from '../../support/scratch-store.ts';

interface ThreadData {
  readonly dataDir: string;
  readonly round: string;
  readonly threadIndex: number;
  readonly count: number;
  readonly port: MessagePort;
}

async function runProcess(dataDir: string, round: string, count: number): Promise<void> {
  const writer = await StoreWriter.open({ dataDir, clock: systemClock, log: silentLog });
  const { port1, port2 } = new MessageChannel();
  writer.attach(port1, 2);
  const store = await openStore({ dataDir, threadIndex: 2, port: port2, clock: systemClock, log: silentLog });
  await store.execute('domain.add', { name: 'one.test' });
  await store.execute('account.add', { address: 'ann@one.test' });
  await store.execute('account.add', { address: 'bob@one.test' });
  if (count === 0) runCheckpoints({ dataDir, clock: systemClock, log: silentLog });
  for (const threadIndex of count === 0 ? [0, 1] : [0]) {
    const channel = new MessageChannel();
    writer.attach(channel.port1, threadIndex);
    const data: ThreadData = { dataDir, round, threadIndex, count, port: channel.port2 };
    const worker = new Worker(new URL(import.meta.url), { workerData: data, transferList: [channel.port2] });
    worker.on('message', () => process.exit(0));
  }
}

async function runThread(data: ThreadData): Promise<void> {
  const store = await openStore({ ...data, clock: systemClock, log: silentLog });
  let next = 0;
  const commit = async (attempt: string, filling: number): Promise<void> => {
    const message = store.openMessage();
    await message.write(Buffer.from(`Attempt: ${attempt}\r\n\r\n`));
    for (let left = filling; left > 0; left -= 50_000) await message.write(Buffer.alloc(Math.min(left, 50_000), 120));
    const delivery = { mailbox: 'INBOX', prefix: Buffer.from('Return-Path: <>\r\n') };
    const unit = makeUnit(store.newUnitId(), {
      deliveries: [
        { ...delivery, accountId: 1 },
        { ...delivery, accountId: 2 },
      ],
      queued: makeQueued(['x@far.test']),
    });
    try {
      await message.commit(Buffer.from('Received: x\r\n'), unit);
    } catch (error) {
      writeSync(1, `nak ${attempt} ${error instanceof MailError ? error.code : String(error)}\n`);
      return;
    }
    const place = data.count === 0 ? null : await findPlace(store.read, unit.id);
    writeSync(1, place === null ? `ack ${attempt}\n` : `ack ${attempt} ${segmentName(place.segment)}\n`);
  };
  await Promise.all(
    Array.from({ length: data.count === 0 ? 10 : 1 }, async () => {
      while (data.count === 0 || next < data.count) {
        const number = next++;
        await commit(`${data.round}-${data.threadIndex}-${number}`, number % 20 === 7 ? 400_000 : 1000);
      }
    }),
  );
  if (data.count > 0) parentPort?.postMessage('done');
}

if (isMainThread) {
  const [dataDir = '', round = '', count = '0'] = process.argv.slice(2);
  await runProcess(dataDir, round, Number(count));
} else await runThread(workerData as ThreadData);
