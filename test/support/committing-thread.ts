// A thread that commits messages for account 1, each with a queue row, says which, and then waits to be ended.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openStore } from '../../src/storage/thread-store.ts';
import { makeQueued, makeUnit } from './scratch-store.ts';

const data = workerData as { dataDir: string; threadIndex: number; port: MessagePort; count: number };
const store = await openStore({ ...data, clock: systemClock, log: silentLog });
const ids = await Promise.all(
  Array.from({ length: data.count }, async (_, i) => {
    const id = store.newUnitId();
    const message = store.openMessage();
    await message.write(Buffer.from(`message ${i}\r\n`));
    const delivery = { accountId: 1, mailbox: 'INBOX', prefix: Buffer.alloc(0) };
    const unit = makeUnit(id, { deliveries: [delivery], queued: makeQueued(['x@far.test']) });
    await message.commit(Buffer.from('Received: x\r\n'), unit);
    return id;
  }),
);
parentPort?.postMessage(ids);
setInterval(() => {}, 60_000);
