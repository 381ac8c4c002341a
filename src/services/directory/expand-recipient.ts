// From one recipient to the mailboxes and foreign addresses behind it: breadth first, each list once, each mailbox once,
// bounded in depth and in all. RFC 5321 §3.9.
import type { AddrSpec } from '../../formats/address/addr-spec.ts';
import { domainKey } from '../../formats/address/domain.ts';
import { EXPANSION_ADDRESSES_MAX, EXPANSION_DEPTH_MAX } from './limits.ts';
import {
  type LocateOptions,
  type Located,
  administratorOf,
  findHomeDomain,
  isRole,
  locateAddress,
} from './locate-address.ts';
import type { Expansion, LocalRecipient, RecipientVerdict } from './verdict.ts';

interface Step {
  readonly address: AddrSpec;
  /** The keys of the lists that it is inside of. */
  readonly within: readonly string[];
  /** The detail of the alias in front. */
  readonly detail: string | null;
}

function firstStep(address: AddrSpec): Step {
  return { address, within: [], detail: null };
}

/** What has been found so far. */
class Yield {
  readonly accounts = new Map<number, LocalRecipient>();
  readonly foreign = new Map<string, AddrSpec>();
  readonly via: Expansion[] = [];
  readonly lost: AddrSpec[] = [];
  readonly #lists = new Set<string>();
  #met: 'loop' | 'disabled' | 'unknown-mailbox' = 'unknown-mailbox';

  /** Takes one address in; gives the steps that follow from it. */
  take(located: Located, step: Step): Step[] {
    switch (located.kind) {
      case 'account':
        this.#addAccount(located, step);
        return [];
      case 'list':
        return this.#open(located, step);
      case 'relay':
        // Case counts in a foreign local part, RFC 5321 §2.4.
        this.foreign.set(`${step.address.localPart}@${domainKey(step.address.domain)}`, step.address);
        return [];
      case 'disabled':
      case 'unknown-mailbox':
      case 'no-administrator':
        this.lost.push(step.address);
        if (located.kind === 'disabled') this.#met = 'disabled';
        return [];
    }
    return [];
  }

  #addAccount(located: Extract<Located, { kind: 'account' }>, step: Step): void {
    const { account, address } = located;
    if (this.accounts.has(account.id)) return;
    const detail = located.detail ?? step.detail;
    this.accounts.set(account.id, {
      accountId: account.id,
      address: account.address,
      deliveredTo: address,
      detail,
      quotaBytes: account.quotaBytes,
    });
  }

  #open(located: Extract<Located, { kind: 'list' }>, step: Step): Step[] {
    if (step.within.includes(located.key)) this.#met = 'loop';
    if (this.#lists.has(located.key)) return [];
    this.#lists.add(located.key);
    if (step.within.length >= EXPANSION_DEPTH_MAX) {
      this.#met = 'loop';
      this.lost.push(step.address);
      return [];
    }
    this.via.push({ kind: located.of, address: located.address });
    const detail = located.detail ?? step.detail;
    const within = [...step.within, located.key];
    return located.targets.map((address) => ({ address, within, detail }));
  }

  verdict(exemptFromPolicy: boolean): RecipientVerdict {
    const { via, lost } = this;
    if (this.accounts.size === 0 && this.foreign.size === 0) return { kind: this.#met };
    const accounts = [...this.accounts.values()];
    return { kind: 'deliver', accounts, foreign: [...this.foreign.values()], via, lost, exemptFromPolicy };
  }
}

/** The verdict on a recipient; rejects when the reader does. */
export async function expandRecipient(recipient: AddrSpec, options: LocateOptions): Promise<RecipientVerdict> {
  const first = await locateAddress(recipient, options);
  if (first.kind === 'relay') return first;
  if (first.kind === 'no-administrator') return { kind: 'temporary', reason: first.kind };
  const role = isRole(recipient.localPart);
  const found = new Yield();
  let addresses = 1;
  const steps = found.take(first, firstStep(recipient));
  for (let next = 0; next < steps.length; next++) {
    if (++addresses > EXPANSION_ADDRESSES_MAX) return { kind: 'temporary', reason: 'expansion-too-large' };
    const step = steps[next]!;
    for (const more of found.take(await locateAddress(step.address, options), step)) steps.push(more);
  }
  const verdict = found.verdict(role);
  return role && verdict.kind !== 'deliver' ? administratorInstead(recipient, verdict, options) : verdict;
}

/** A role address whose alias leads nowhere still reaches the domain's administrator. */
async function administratorInstead(
  recipient: AddrSpec,
  verdict: RecipientVerdict,
  options: LocateOptions,
): Promise<RecipientVerdict> {
  const home = await findHomeDomain(recipient, options);
  if (home?.kind !== 'local' || !home.enabled) return verdict;
  const administrator = await administratorOf(home, recipient, options.reader);
  if (administrator.kind !== 'account') return { kind: 'temporary', reason: 'no-administrator' };
  const found = new Yield();
  found.take(administrator, firstStep(recipient));
  return found.verdict(true);
}
