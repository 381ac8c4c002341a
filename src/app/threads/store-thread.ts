// The only writer of the database. Imports rings 0 and 3 only, so that it starts fast and stays small.
import { workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { StoreWriter } from '../../storage/writer/store-writer.ts';
import { createLog } from '../log.ts';
import type { ThreadData } from './thread-data.ts';
import { liveThread } from './thread-life.ts';

const { config, name } = workerData as ThreadData;
const log = createLog({ level: config.log.level, thread: name });

await liveThread(log, async () => {
  const writer = await StoreWriter.open({ dataDir: config.data, clock: systemClock, log });
  return {
    onMessage(message) {
      if (message.kind === 'attach') writer.attach(message.port, message.threadIndex);
    },
    drain: () => writer.close(),
  };
});
