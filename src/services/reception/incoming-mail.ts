// One message on its way in: RECEIVE and COMMIT of the road. What is small is looked at as a whole and then stored; what
// is large streams to disk once its header is known. Nothing is visible, and nobody is told 250, before the commit.
import { MailError } from '../../base/errors/mail-error.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import { removeFields } from '../../formats/header/edit.ts';
import { HEADER_MAX_OCTETS } from '../../formats/header/limits.ts';
import { findHeaderEnd, getField, scanHeader, type HeaderBlock } from '../../formats/header/scan.ts';
import { hasEightBit } from '../../formats/message/octets.ts';
import { mendSubmission } from '../../formats/message/submission-mend.ts';
import { formatReceived } from '../../formats/received.ts';
import { formatQueueId } from '../../base/ids/queue-id.ts';
import type { CommitUnit, JourneyEvent, QueuedMessage } from '../../storage/commit-unit.ts';
import type { MessageWriter } from '../../storage/store.ts';
import type { Arrival } from './arrival.ts';
import { checkAuthors, checkBounds, checkHops } from './header-checks.ts';
import {
  CHUNK_OVERHEAD_BYTES,
  HEAD_PART_BYTES,
  MENDED_MESSAGE_MAX_BYTES,
  SUBMISSION_LINE_MAX_OCTETS,
  WHOLE_MESSAGE_MAX_BYTES,
} from './limits.ts';
import { LineWatch } from './line-watch.ts';
import { placeRecipients, type Placement } from './placement.ts';
import type { ReceptionParts } from './reception-parts.ts';
import { reportOutcomes } from './report-outcomes.ts';
import { findSentCopy } from './sent-copy.ts';

/** What became of a message. */
export interface ReceptionResult {
  readonly unitId: number;
  /** One for each recipient, in order; null: taken. */
  readonly refusals: readonly (MailError | null)[];
}

const RETURN_PATH = ['return-path'];

/** The octets of one message, from the first chunk to the commit. */
export class IncomingMail {
  readonly unitId: number;
  readonly #parts: ReceptionParts;
  readonly #arrival: Arrival;
  #holdMaxBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Octets of the budget that are taken. */
  #taken = 0;
  /** The budget is used up: what would be held streams. */
  #isPressed = false;
  /** Set once the message streams. */
  #writer: MessageWriter | null = null;
  #block: HeaderBlock | null = null;
  #messageId: string | null = null;
  #refusal: MailError | null = null;
  /** Refuses everybody but the exempt; known early when the message streams. */
  #contentRefusal: MailError | null = null;
  #copies = 0;
  readonly #lines = new LineWatch();

  constructor(parts: ReceptionParts, arrival: Arrival) {
    this.#parts = parts;
    this.#arrival = arrival;
    this.unitId = parts.store.newUnitId();
    this.#holdMaxBytes = arrival.isSubmission ? MENDED_MESSAGE_MAX_BYTES : WHOLE_MESSAGE_MAX_BYTES;
  }

  /** Takes a copy of the chunk; a promise asks to wait. */
  write(chunk: Buffer): void | Promise<void> {
    if (this.#refusal !== null) return undefined;
    if (this.#writer !== null) return this.#stream(chunk);
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    this.#isPressed = !this.#take(chunk.length + CHUNK_OVERHEAD_BYTES);
    return this.#isPressed || this.#heldBytes > this.#holdMaxBytes ? this.#beginStream() : undefined;
  }

  abort(): void {
    this.#held = [];
    this.#release();
    this.#writer?.abort();
  }

  #take(bytes: number): boolean {
    if (!this.#parts.held.take(bytes)) return false;
    this.#taken += bytes;
    return true;
  }

  #release(): void {
    this.#parts.held.release(this.#taken);
    this.#taken = 0;
  }

  /** Checks, places and commits. A refusal of the whole message, or one for each recipient; rejects on our own faults. */
  async finish(): Promise<ReceptionResult> {
    try {
      const result = await this.#finish();
      this.#parts.onEnd?.(this.#arrival.service, result.refusals.includes(null) ? this.#copies : null);
      return result;
    } catch (error) {
      this.abort();
      throw error;
    } finally {
      this.#release();
    }
  }

  async #finish(): Promise<ReceptionResult> {
    const writer = this.#writer ?? this.#parts.store.openMessage();
    const slices = this.#writer === null ? this.#takeWhole() : [];
    const block = this.#block;
    this.#refusal ??= block === null ? null : await this.#check(block);
    if (this.#refusal !== null || block === null) {
      writer.abort();
      return this.#refused(this.#refusal ?? new MailError('content-refused', 'Not a message', { temporary: false }));
    }
    for (const slice of slices) await writer.write(slice);
    const received = this.#received();
    const { reversePath, recipients } = this.#arrival;
    const { clock, store } = this.#parts;
    const size = received.length + writer.length;
    const receivedAtMs = clock.now();
    const { read } = store;
    const contentRefusal = this.#writer === null ? checkBounds(block) : this.#contentRefusal;
    const placement = await placeRecipients({ reversePath, recipients, block, contentRefusal, size, read, clock });
    if (placement.deliveries.length === 0 && placement.queued.length === 0) {
      writer.abort();
      return { unitId: this.unitId, refusals: placement.refusals };
    }
    const unit = this.#unit(placement, size, receivedAtMs);
    const { account, isSubmission } = this.#arrival;
    const sent = isSubmission && account !== null ? await findSentCopy(read, account.id, size) : null;
    await writer.commit(received, sent === null ? unit : { ...unit, deliveries: [...unit.deliveries, sent] });
    this.#copies = placement.deliveries.length;
    const original = { octets: block.message, isComplete: this.#writer === null };
    await reportOutcomes({ unitId: this.unitId, arrival: this.#arrival, placement, original, parts: this.#parts });
    return { unitId: this.unitId, refusals: placement.refusals };
  }

  #refused(refusal: MailError): ReceptionResult {
    return { unitId: this.unitId, refusals: this.#arrival.recipients.map(() => refusal) };
  }

  async #check(block: HeaderBlock): Promise<MailError | null> {
    const { isSubmission, account } = this.#arrival;
    const hops = checkHops(block, this.#parts.options.hopsMax);
    if (hops !== null || !isSubmission || account === null) return hops;
    return await checkAuthors(block, account.id, this.#parts.directory);
  }

  /** A message that fitted into memory: its header is read, and mended where it is our user's. */
  #takeWhole(): readonly Buffer[] {
    const message = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    this.#held = [];
    return this.#prepare(message, this.#arrival.parameters.body === 'BINARYMIME');
  }

  #prepare(message: Buffer, isBinary: boolean): readonly Buffer[] {
    const { clock, options } = this.#parts;
    const { isSubmission, recipients } = this.#arrival;
    if (isSubmission) {
      const atMs = clock.now();
      const idText = `${formatQueueId(this.unitId)}.${atMs.toString(36)}`;
      const stamp = { atMs, zoneMinutes: zoneMinutes(atMs), idText, defaultDomain: options.hostname, isBinary };
      const mended = mendSubmission(message, stamp);
      this.#messageId = mended.messageId;
      const whole = mended.slices.length === 1 ? (mended.slices[0] as Buffer) : Buffer.concat(mended.slices);
      this.#block = scanHeader(whole);
      return [whole];
    }
    const block = scanHeader(message);
    this.#block = block;
    this.#messageId = messageIdOf(block);
    // RFC 5321 §4.4: only the last server writes Return-Path; what is passed on stays as it is.
    const isFinal = recipients.every(({ verdict }) => verdict.kind === 'deliver' && verdict.foreign.length === 0);
    return isFinal && block.fields.some(({ name }) => name === 'return-path')
      ? removeFields(block, RETURN_PATH)
      : [message];
  }

  async #beginStream(): Promise<void> {
    const head = Buffer.concat(this.#held);
    this.#held = [];
    const { bodyStart, headerEnd } = findHeaderEnd(head);
    if (headerEnd === head.length && head.length < HEADER_MAX_OCTETS && !this.#isPressed) {
      this.#held = [head];
      this.#holdMaxBytes = HEADER_MAX_OCTETS;
      return;
    }
    this.#release();
    // From here on the header alone stays in memory; it may have been longer than what was held.
    if (headerEnd === head.length || !this.#take(bodyStart)) {
      this.#refusal = this.#isPressed
        ? busy()
        : new MailError('header-too-large', 'The header is too large', { temporary: false });
      return;
    }
    const slices = this.#prepare(Buffer.from(head.subarray(0, bodyStart)), true);
    this.#contentRefusal = checkBounds(this.#arrival.isSubmission ? (this.#block as HeaderBlock) : scanHeader(head));
    this.#writer = this.#parts.store.openMessage();
    for (const slice of slices) await this.#writer.write(slice);
    // In parts: what is longer would be copied once more on its way.
    for (let at = bodyStart; at < head.length && this.#refusal === null; at += HEAD_PART_BYTES) {
      await this.#stream(head.subarray(at, at + HEAD_PART_BYTES));
    }
  }

  #stream(chunk: Buffer): void | Promise<void> {
    const { isSubmission, parameters } = this.#arrival;
    // A body too large to be mended must not need it.
    if (isSubmission && parameters.body !== 'BINARYMIME' && this.#lines.seesLongLine(chunk)) {
      const text = `A line is longer than ${SUBMISSION_LINE_MAX_OCTETS} octets; attach it as base64`;
      // With memory to spare it might have been mended.
      this.#refusal = this.#isPressed ? busy() : new MailError('line-too-long', text, { temporary: false });
      this.#writer?.abort();
      return undefined;
    }
    return this.#writer?.write(chunk);
  }

  #received(): Buffer {
    const { helo, address, protocol, tls, isSubmission, recipients } = this.#arrival;
    const atMs = this.#parts.clock.now();
    const only = recipients.length === 1 ? recipients[0] : undefined;
    const from = isSubmission || address === null ? null : { helo, rdns: null, ip: address };
    return Buffer.from(
      formatReceived({
        from,
        by: this.#parts.options.hostname,
        protocol,
        tls,
        id: formatQueueId(this.unitId),
        for: only === undefined ? null : formatAddrSpec(only.recipient.forwardPath),
        atMs,
        zoneMinutes: zoneMinutes(atMs),
      }),
    );
  }

  #unit(placement: Placement, size: number, receivedAtMs: number): CommitUnit {
    const { reversePath, account, service, protocol, helo, address, tls } = this.#arrival;
    const received: JourneyEvent = {
      atMs: receivedAtMs,
      kind: 'received',
      data: {
        service,
        protocol,
        helo,
        address,
        tls: tls === null ? null : `${tls.version} ${tls.cipher}`,
        account: account?.address ?? null,
        size,
      },
    };
    return {
      id: this.unitId,
      deliveries: placement.deliveries,
      queued: placement.queued.length === 0 ? null : this.#queued(placement),
      journey: {
        messageId: this.#messageId,
        reversePath: reversePath === null ? '' : formatAddrSpec(reversePath),
        accountId: account?.id ?? null,
      },
      events: [received, ...placement.events],
    };
  }

  #queued(placement: Placement): QueuedMessage {
    const { parameters, reversePath, account } = this.#arrival;
    const nowMs = this.#parts.clock.now();
    const { deliverBy, holdUntilMs = 0 } = parameters;
    const streamed = this.#writer !== null || this.#block === null;
    const isEightBit = streamed || hasEightBit((this.#block as HeaderBlock).message);
    return {
      queuedAtMs: nowMs,
      reversePath: reversePath === null ? '' : formatAddrSpec(reversePath),
      accountId: account?.id ?? null,
      body: parameters.body === 'BINARYMIME' ? 'BINARYMIME' : isEightBit ? '8BITMIME' : '7BIT',
      smtputf8: parameters.smtputf8 ?? false,
      requiretls: parameters.requiretls ?? false,
      ret: parameters.ret ?? null,
      envid: parameters.envid ?? null,
      priority: parameters.mtPriority ?? 0,
      deliverBy:
        deliverBy === undefined
          ? null
          : { atMs: nowMs + deliverBy.seconds * 1000, mode: deliverBy.mode, trace: deliverBy.trace },
      notBeforeMs: holdUntilMs,
      expiresAtMs: Math.max(nowMs, holdUntilMs) + this.#parts.options.expiryMs,
      held: false,
      recipients: placement.queued,
    };
  }
}

function busy(): MailError {
  return new MailError('storage-full', 'Too many messages are coming in, try again later', { temporary: true });
}

function messageIdOf(block: HeaderBlock): string | null {
  return /<[^<>\s]+>/.exec(getField(block, 'message-id') ?? '')?.[0] ?? null;
}

/** Minutes east of UTC where this server is. */
function zoneMinutes(atMs: number): number {
  return -new Date(atMs).getTimezoneOffset();
}
