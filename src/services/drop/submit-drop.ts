// A local program's message on its way into the house. The program was told 0 already, so what cannot be taken is reported
// to the sender instead of refused.
import type { Clock } from '../../base/clock.ts';
import { MailError } from '../../base/errors/mail-error.ts';
import { formatAddrSpec } from '../../formats/address/parse.ts';
import { refusalReply } from '../../protocols/smtp/index.ts';
import type { ReportedRecipient, Reports } from '../bounces/reports.ts';
import type { AcceptedRecipient } from '../reception/arrival.ts';
import type { Reception } from '../reception/reception.ts';
import type { RecipientJudge } from '../reception/recipient-judge.ts';
import type { DroppedMessage } from './drop-folder.ts';

export interface SubmitDropParts {
  readonly reception: Reception;
  readonly recipients: RecipientJudge;
  readonly reports: Reports;
  readonly clock: Clock;
}

/** Builds what `DropFolder` hands its messages to; resolves when everything is durable. */
export function createSubmitDrop(parts: SubmitDropParts): (message: DroppedMessage) => Promise<void> {
  return async (dropped) => {
    const accepted: AcceptedRecipient[] = [];
    const refused: ReportedRecipient[] = [];
    const { notify, ret, envid } = dropped.dsn;
    for (const forwardPath of dropped.recipients) {
      const verdict = await parts.recipients.judge(forwardPath, 'anywhere');
      if (verdict.kind === 'taken')
        accepted.push({
          recipient: { forwardPath, parameters: notify === null ? {} : { notify } },
          verdict: verdict.verdict,
        });
      else if (verdict.error.temporary) throw verdict.error;
      else refused.push(reportOf({ forwardPath: formatAddrSpec(forwardPath), orcpt: null, notify }, verdict.error));
    }
    const mail = parts.reception.open({
      service: 'local',
      protocol: 'local',
      helo: `uid ${dropped.uid}`,
      address: null,
      tls: null,
      account: null,
      isSubmission: true,
      reversePath: dropped.reversePath,
      parameters: { ...(ret === null ? {} : { ret }), ...(envid === null ? {} : { envid }) },
      recipients: accepted,
    });
    if (accepted.length > 0) {
      await mail.write(dropped.message);
      const { refusals } = await mail.finish();
      // All of it was refused, for a reason that will pass or will not: the folder keeps the file or sets it aside.
      if (!refusals.includes(null)) throw refusals[0] ?? new MailError('internal', 'Not taken', { temporary: true });
    }
    if (refused.length > 0) await report(mail.unitId, dropped, { refused, parts });
  };
}

async function report(
  unitId: number,
  dropped: DroppedMessage,
  { refused, parts }: { refused: readonly ReportedRecipient[]; parts: SubmitDropParts },
): Promise<void> {
  const atMs = parts.clock.now();
  const reversePath = dropped.reversePath === null ? '' : formatAddrSpec(dropped.reversePath);
  const { ret, envid } = dropped.dsn;
  const message = { reversePath, envid, ret, smtputf8: false, queuedAtMs: dropped.atMs };
  const recipients = refused.filter(({ recipient }) => parts.reports.wants(message, recipient, 'failed', false));
  if (recipients.length === 0) return;
  await parts.reports.submit({
    unitId,
    message,
    original: { octets: dropped.message, isComplete: true },
    recipients,
    atMs,
    retryUntilMs: null,
    settlement: null,
  });
}

function reportOf(recipient: ReportedRecipient['recipient'], error: MailError): ReportedRecipient {
  const enhanced = refusalReply(error).enhanced ?? '5.0.0';
  return { recipient, action: 'failed', enhanced, text: error.publicText, host: null };
}
