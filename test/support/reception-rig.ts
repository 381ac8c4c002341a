// Reception over a store and a directory of its own: letters go in by chunks, and come out of mailboxes and queue.
import type { TestContext } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { parseAddrSpec } from '../../src/formats/address/parse.ts';
import { createDirectory, type Directory } from '../../src/services/directory/directory.ts';
import type { ReportRequest } from '../../src/services/bounces/reports.ts';
import { openInboxSnapshot } from '../../src/services/mailboxes/inbox-snapshot.ts';
import type { AcceptedRecipient, Arrival } from '../../src/services/reception/arrival.ts';
import type { ReceptionResult } from '../../src/services/reception/incoming-mail.ts';
import { HELD_MAX_BYTES } from '../../src/services/reception/limits.ts';
import { createReception, type Reception } from '../../src/services/reception/reception.ts';
import type { EmbeddedStore } from '../../src/storage/embedded.ts';
import { OctetBudget } from '../../src/storage/incoming/octet-budget.ts';
import { readDirectory } from '../../src/storage/stored-directory.ts';
import { openScratchStore } from './scratch-store.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface ReceptionRig {
  readonly store: EmbeddedStore;
  readonly directory: Directory;
  readonly reception: Reception;
  /** What was to be reported. */
  readonly reports: ReportRequest[];
  /** An arrival for these recipients, as RCPT would have taken them. */
  arrival(to: readonly string[], parts?: Partial<Arrival>): Promise<Arrival>;
  /** Brings a letter in these chunks. */
  bring(arrival: Arrival, ...chunks: readonly (string | Buffer)[]): Promise<ReceptionResult>;
  /** The letters of an INBOX. */
  inbox(accountId: number): Promise<Buffer[]>;
}

/** A rig that goes with the test; ten hops are allowed. */
export async function receptionRig(t: TestContext, held = new OctetBudget(HELD_MAX_BYTES)): Promise<ReceptionRig> {
  const store = await openScratchStore(t);
  const directory = createDirectory({
    reader: readDirectory(store.read),
    log: silentLog,
    isOwnHost: (key) => key === 'mx.one.test',
    isRelayDomain: () => false,
  });
  const reports: ReportRequest[] = [];
  const reception = createReception({
    store,
    directory,
    reports: {
      wants: () => true,
      async submit(request) {
        reports.push(request);
      },
    },
    held,
    clock: new VirtualClock(),
    log: silentLog,
    options: { hostname: 'mx.one.test', hopsMax: 10, expiryMs: 1000 },
  });
  const accept = async (text: string): Promise<AcceptedRecipient> => {
    const forwardPath = parseAddrSpec(text)!;
    const verdict = await directory.resolve(forwardPath);
    if (verdict.kind !== 'deliver' && verdict.kind !== 'relay') throw new Error(`${text}: ${verdict.kind}`);
    return { recipient: { forwardPath, parameters: {} }, verdict };
  };
  return {
    store,
    directory,
    reception,
    reports,
    async arrival(to, parts = {}) {
      const stranger = { service: 'smtp', protocol: 'ESMTP', helo: 'client.example', address: '192.0.2.1' };
      const recipients = await Promise.all(to.map(accept));
      const reversePath = parseAddrSpec('bob@two.test');
      const rest = { tls: null, account: null, isSubmission: false, reversePath, parameters: {}, recipients };
      return { ...stranger, ...rest, ...parts };
    },
    async bring(arrival, ...chunks) {
      const mail = reception.open(arrival);
      for (const chunk of chunks) await mail.write(Buffer.from(chunk as string));
      return await mail.finish();
    },
    async inbox(accountId) {
      const snapshot = await openInboxSnapshot(store, accountId);
      const letters: Buffer[] = [];
      for (let index = 0; index < snapshot.count; index++) {
        const { prefix, body } = await snapshot.open(index);
        const pieces = [prefix];
        if (Buffer.isBuffer(body)) pieces.push(body);
        else for await (const piece of body) pieces.push(piece);
        letters.push(Buffer.concat(pieces));
      }
      return letters;
    },
  };
}
