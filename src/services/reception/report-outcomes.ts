// Reports of what reception itself decided. A sender who signed in is told of recipients that could not be taken although
// others were (RFC 5321 §4.2.5: one reply covers all); delivery into a mailbox is reported to whoever asked with
// NOTIFY=SUCCESS. A stranger is never sent a failure report: the sender's address may be forged.
import { findEnhancedStatus } from '../../formats/enhanced-status.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import { refusalReply } from '../../protocols/smtp/index.ts';
import type { ReportedMessage, ReportedRecipient } from '../bounces/reports.ts';
import { standsForMany, type AcceptedRecipient, type Arrival } from './arrival.ts';
import type { Placement } from './placement.ts';
import type { ReceptionParts } from './reception-parts.ts';

export interface OutcomeReport {
  readonly unitId: number;
  readonly arrival: Arrival;
  readonly placement: Placement;
  /** The message, or its beginning. */
  readonly original: { readonly octets: Buffer; readonly isComplete: boolean };
  readonly parts: Pick<ReceptionParts, 'reports' | 'clock' | 'log'>;
}

/** Sends what is owed; a report that cannot be committed is logged, the message itself stands. */
export async function reportOutcomes(report: OutcomeReport): Promise<void> {
  const { unitId, original, arrival, placement, parts } = report;
  const atMs = parts.clock.now();
  const message: ReportedMessage = {
    reversePath: arrival.reversePath === null ? '' : formatAddrSpec(arrival.reversePath),
    envid: arrival.parameters.envid ?? null,
    ret: arrival.parameters.ret ?? null,
    smtputf8: arrival.parameters.smtputf8 ?? false,
    queuedAtMs: atMs,
  };
  const owed = arrival.recipients
    .map((accepted, index) => reported(accepted, placement, index))
    .filter((entry) => entry !== null)
    .filter(({ action }) => action !== 'failed' || arrival.account !== null || arrival.address === null)
    .filter(({ recipient, action }) => parts.reports.wants(message, recipient, action, false));
  if (owed.length === 0) return;
  try {
    await parts.reports.submit({
      unitId,
      message,
      original,
      recipients: owed,
      atMs,
      retryUntilMs: null,
      settlement: null,
    });
  } catch (error) {
    parts.log.error({ err: error, unit: unitId }, 'a delivery report could not be stored');
  }
}

function reported(accepted: AcceptedRecipient, placement: Placement, index: number): ReportedRecipient | null {
  const { forwardPath, parameters } = accepted.recipient;
  const recipient = {
    forwardPath: formatAddrSpec(forwardPath),
    orcpt: parameters.orcpt === undefined ? null : `${parameters.orcpt.type};${parameters.orcpt.address}`,
    notify: parameters.notify ?? null,
  };
  const refusal = placement.refusals[index] ?? null;
  if (refusal !== null) {
    const words = refusalReply(refusal);
    const enhanced = findEnhancedStatus(`5${(words.enhanced ?? '5.0.0').slice(1)}`) ?? '5.0.0';
    return { recipient, action: 'failed', enhanced, text: refusal.publicText, host: null };
  }
  if (accepted.verdict.kind !== 'deliver') return null;
  // RFC 3461 §5.2.7.2: what stands for one address elsewhere is reported from there.
  const isMany = standsForMany(accepted.verdict);
  if (!isMany && accepted.verdict.accounts.length === 0) return null;
  return { recipient, action: isMany ? 'expanded' : 'delivered', enhanced: '2.1.5', text: null, host: null };
}
