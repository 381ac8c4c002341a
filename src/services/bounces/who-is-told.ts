// Who gets a delivery status notification: RFC 3461 §4.1 (NOTIFY), §5.2 (what is passed on), §6 (null sender).
import type { ReportAction, ReportedMessage, ReportedRecipient } from './reports.ts';

/** 'sender': the reverse path. 'postmaster': a report that could not be delivered itself. 'nobody'. */
export type Told = 'sender' | 'postmaster' | 'nobody';

/**
 * Decides. Without NOTIFY failures and delays are reported, success is not. A message without a sender is itself a
 * report (or wants none): its failure reaches the postmaster, once; the failure of that reaches nobody.
 */
export function whoIsTold(
  message: ReportedMessage,
  recipient: ReportedRecipient['recipient'],
  outcome: { readonly action: ReportAction; readonly passedOn: boolean; readonly postmaster: string },
): Told {
  const { action, passedOn, postmaster } = outcome;
  if (message.reversePath === '') {
    const again = recipient.forwardPath.toLowerCase() === postmaster.toLowerCase();
    return action === 'failed' && !again ? 'postmaster' : 'nobody';
  }
  const { notify } = recipient;
  if (action === 'failed') return notify === null || notify.includes('FAILURE') ? 'sender' : 'nobody';
  if (action === 'delayed') return notify === null || notify.includes('DELAY') ? 'sender' : 'nobody';
  if (notify === null || !notify.includes('SUCCESS')) return 'nobody';
  return action === 'relayed' && passedOn ? 'nobody' : 'sender';
}
