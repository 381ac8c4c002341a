// Where each accepted recipient's copy goes: into mailboxes, into the queue, or nowhere, with the reason. One account gets
// one copy, however many of its addresses were named.
import type { Clock } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import type { AddrSpec, ReversePath } from '../../formats/address/addr-spec.ts';
import { domainKey } from '../../formats/address/domain.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import { formatDeliveryPrefix } from '../../formats/header/delivery-prefix.ts';
import { wasDeliveredTo } from '../../formats/header/loops.ts';
import type { HeaderBlock } from '../../formats/header/scan.ts';
import type { JourneyEvent, LocalDelivery, QueuedRecipient } from '../../storage/commit-unit.ts';
import { readUsage } from '../../storage/records/accounts.ts';
import type { SqlReader } from '../../storage/sql/sql.ts';
import type { LocalRecipient } from '../directory/verdict.ts';
import { standsForMany, type AcceptedRecipient } from './arrival.ts';
import { QUEUED_EVENTS_MAX } from './limits.ts';

export interface PlacementInput {
  readonly reversePath: ReversePath;
  readonly recipients: readonly AcceptedRecipient[];
  readonly block: HeaderBlock;
  /** Refuses everybody but the exempt (postmaster and the like). */
  readonly contentRefusal: MailError | null;
  /** Octets that each copy will count against its quota. */
  readonly size: number;
  readonly read: SqlReader;
  readonly clock: Clock;
}

export interface Placement {
  readonly deliveries: readonly LocalDelivery[];
  readonly queued: readonly QueuedRecipient[];
  readonly events: readonly JourneyEvent[];
  /** One for each recipient, in order; null: taken. */
  readonly refusals: readonly (MailError | null)[];
}

/** Places every recipient. Rejects only when the store cannot be read. */
export async function placeRecipients(input: PlacementInput): Promise<Placement> {
  const placing = new Placing(input);
  const refusals: (MailError | null)[] = [];
  for (const accepted of input.recipients) refusals.push(await placing.place(accepted));
  return { deliveries: placing.deliveries, queued: placing.queued, events: placing.finishEvents(), refusals };
}

class Placing {
  readonly deliveries: LocalDelivery[] = [];
  readonly queued: QueuedRecipient[] = [];
  readonly #events: JourneyEvent[] = [];
  readonly #input: PlacementInput;
  readonly #placed = new Map<number, MailError | null>();
  readonly #queuedPaths = new Set<string>();
  readonly #atMs: number;

  constructor(input: PlacementInput) {
    this.#input = input;
    this.#atMs = input.clock.now();
  }

  async place(accepted: AcceptedRecipient): Promise<MailError | null> {
    const { verdict, recipient } = accepted;
    const { contentRefusal } = this.#input;
    const isExempt = verdict.kind === 'deliver' && verdict.exemptFromPolicy;
    if (contentRefusal !== null && !isExempt) return contentRefusal;
    if (verdict.kind === 'relay') {
      this.#queue(accepted, recipient.forwardPath, verdict.domain);
      return null;
    }
    for (const { kind, address } of verdict.via) {
      this.#note('expanded', recipient.forwardPath, { by: kind, address: formatAddrSpec(address) });
    }
    for (const foreign of verdict.foreign) this.#queue(accepted, foreign, domainKey(foreign.domain));
    let refusal: MailError | null = null;
    let taken = verdict.foreign.length > 0;
    for (const local of verdict.accounts) {
      const fault = await this.#deliver(accepted, local);
      if (fault === null) taken = true;
      else refusal = fault;
    }
    return taken ? null : refusal;
  }

  /** The events, with one for each domain instead of each recipient where there are very many. */
  finishEvents(): readonly JourneyEvent[] {
    if (this.queued.length <= QUEUED_EVENTS_MAX) {
      for (const { forwardPath, domain } of this.queued) this.#noteText('queued', forwardPath, { domain });
      return this.#events;
    }
    const counts = new Map<string, number>();
    for (const { domain } of this.queued) counts.set(domain, (counts.get(domain) ?? 0) + 1);
    for (const [domain, recipients] of counts) {
      this.#events.push({ atMs: this.#atMs, kind: 'queued', data: { domain, recipients } });
    }
    return this.#events;
  }

  #queue(accepted: AcceptedRecipient, address: AddrSpec, domain: string): void {
    const forwardPath = formatAddrSpec(address);
    if (this.#queuedPaths.has(forwardPath)) return;
    this.#queuedPaths.add(forwardPath);
    const { notify = null, orcpt } = accepted.recipient.parameters;
    const isOneOfMany = standsForMany(accepted.verdict);
    this.queued.push({
      forwardPath,
      domain,
      notify: isOneOfMany ? (notify?.filter((word) => word !== 'SUCCESS') ?? null) : notify,
      orcpt: orcpt === undefined ? null : `${orcpt.type};${orcpt.address}`,
    });
  }

  async #deliver(accepted: AcceptedRecipient, local: LocalRecipient): Promise<MailError | null> {
    const known = this.#placed.get(local.accountId);
    if (known !== undefined) return known;
    const fault = await this.#fault(accepted, local);
    this.#placed.set(local.accountId, fault);
    if (fault === null) {
      const { reversePath } = this.#input;
      const prefix = formatDeliveryPrefix(reversePath, local.deliveredTo);
      this.deliveries.push({ accountId: local.accountId, mailbox: 'INBOX', prefix });
      this.#note('delivered', accepted.recipient.forwardPath, { account: local.address, mailbox: 'INBOX' });
    } else {
      this.#note('refused', accepted.recipient.forwardPath, { account: local.address, reason: fault.code });
    }
    return fault;
  }

  async #fault(accepted: AcceptedRecipient, local: LocalRecipient): Promise<MailError | null> {
    const { block, read, size } = this.#input;
    if (wasDeliveredTo(block, local.deliveredTo)) {
      const text = 'Mail loop: this message was delivered to this mailbox before (Delivered-To)';
      return new MailError('loop', text, { temporary: false });
    }
    const exempt = accepted.verdict.kind === 'deliver' && accepted.verdict.exemptFromPolicy;
    return exempt ? null : await checkQuota(read, local, size);
  }

  #note(kind: JourneyEvent['kind'], recipient: AddrSpec, data: JourneyEvent['data']): void {
    this.#noteText(kind, formatAddrSpec(recipient), data);
  }

  #noteText(kind: JourneyEvent['kind'], recipient: string, data: JourneyEvent['data']): void {
    this.#events.push({ atMs: this.#atMs, kind, recipient, data });
  }
}

/** 452 4.2.2 when `size` more octets would be over the recipient's quota. Who has none costs no look at the store. */
export async function checkQuota(
  read: SqlReader,
  { accountId, quotaBytes }: Pick<LocalRecipient, 'accountId' | 'quotaBytes'>,
  size: number,
): Promise<MailError | null> {
  if (quotaBytes === null) return null;
  const usage = await readUsage(read, accountId);
  if (usage === null || usage.usedBytes + size <= quotaBytes) return null;
  return new MailError('account-full', 'The mailbox is full, try again later', { temporary: true });
}
