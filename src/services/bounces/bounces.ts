// Builds delivery status notifications (RFC 3464) and hands them over with what they settle, in one unit, so that no crash
// can lose a report or send it twice. A bounce is never bounced: double bounces reach the postmaster once and are counted.
import type { MailError } from '../../base/errors/mail-error.ts';
import type { Log } from '../../base/log.ts';
import { parseAddrSpec } from '../../formats/address/parse.ts';
import { formatDsn } from '../../formats/dsn/format.ts';
import type { DsnRecipient, TypedAddress } from '../../formats/dsn/report.ts';
import { findEnhancedStatus } from '../../formats/enhanced-status.ts';
import { refusalReply } from '../../protocols/smtp/index.ts';
import type { BlobPlace } from '../../storage/blob-place.ts';
import type { JourneyEvent, QueueSettlement } from '../../storage/commit-unit.ts';
import { ORIGINAL_OCTETS_MAX } from './limits.ts';
import type {
  ReportAction,
  ReportedMessage,
  ReportedRecipient,
  ReportLetter,
  ReportRequest,
  Reports,
  SubmitReport,
} from './reports.ts';
import { whoIsTold } from './who-is-told.ts';

export interface BouncesParts {
  readonly submitReport: SubmitReport;
  /** Octets [start, end) of a stored message. */
  readonly readBody: (place: BlobPlace, start: number, end: number) => Promise<Buffer>;
  /** Commits a settlement for which no report could be made. */
  readonly settle: (settlement: QueueSettlement) => Promise<void>;
  /** MAILER-DAEMON is of the sender's domain where that is ours. */
  readonly isOurDomain: (domain: string) => Promise<boolean>;
  /** Unique, of letters and digits: for Message-ID and boundary. */
  readonly newToken: () => string;
  /** Minutes east of UTC, for the Date field. */
  readonly zoneMinutes: (atMs: number) => number;
  /** A report could not be delivered and was shown to the postmaster. */
  readonly onDoubleBounce?: () => void;
  readonly log: Log;
}

export interface BouncesOptions {
  readonly hostname: string;
  /** addr-spec that double bounces go to. */
  readonly postmaster: string;
}

export interface ReportCounts {
  readonly failed: number;
  readonly delayed: number;
  readonly succeeded: number;
  /** Reports that could not be delivered and were shown to the postmaster. */
  readonly doubleBounces: number;
}

/** The reporting service. */
export class Bounces implements Reports {
  readonly #parts: BouncesParts;
  readonly #options: BouncesOptions;
  readonly #counts = { failed: 0, delayed: 0, succeeded: 0, doubleBounces: 0 };

  constructor(parts: BouncesParts, options: BouncesOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get counts(): ReportCounts {
    return { ...this.#counts };
  }

  wants(
    message: ReportedMessage,
    recipient: ReportedRecipient['recipient'],
    action: ReportAction,
    passedOn: boolean,
  ): boolean {
    const { postmaster } = this.#options;
    return whoIsTold(message, recipient, { action, passedOn, postmaster }) !== 'nobody';
  }

  async submit(request: ReportRequest): Promise<void> {
    const letter = await this.#letter(request);
    if (letter === null) {
      if (request.settlement !== null) await this.#parts.settle(request.settlement);
      return;
    }
    const refusal = await this.#parts.submitReport(letter);
    if (refusal === null) this.#count(request);
    else await this.#bounceReport(request, letter, refusal);
  }

  /** A report of failure that nobody takes is shown to the postmaster, once; what it settles is settled in any case. */
  async #bounceReport(request: ReportRequest, letter: ReportLetter, refusal: MailError): Promise<void> {
    const { unitId, atMs, settlement, message } = request;
    const { to, octets, smtputf8 } = letter;
    const refused: JourneyEvent = {
      atMs,
      kind: 'reported',
      data: { to, action: request.recipients[0]!.action, refused: refusal.publicText },
    };
    const settled: QueueSettlement = {
      unitId,
      recipients: settlement?.recipients ?? [],
      events: [...(settlement?.events ?? []), refused],
    };
    const tellsFailure = request.recipients.some(({ action }) => action === 'failed');
    if (message.reversePath !== '' && tellsFailure) {
      const double = bounceOf(request, { to, octets, smtputf8, refusal, settled });
      const doubleLetter = await this.#letter(double);
      if (doubleLetter !== null && (await this.#parts.submitReport(doubleLetter)) === null) return this.#count(double);
    }
    this.#parts.log.error({ unitId }, 'a report is lost: its recipient cannot have it');
    await this.#parts.settle(settled);
  }

  /** The report; null when it has no address to go to. */
  async #letter(request: ReportRequest): Promise<ReportLetter | null> {
    const { unitId, atMs, recipients } = request;
    const { reversePath, smtputf8, envid, ret, queuedAtMs } = request.message;
    const { hostname, postmaster } = this.#options;
    const address = reversePath === '' ? postmaster : reversePath;
    const to = parseAddrSpec(address);
    if (to === null) {
      this.#parts.log.warn({ unitId }, 'a report has no address to go to');
      return null;
    }
    const token = this.#parts.newToken();
    const messageId = `<${token}@${hostname}>`;
    const { message: octets, eightBit } = formatDsn({
      report: {
        reportingMta: hostname,
        envid,
        arrivalMs: queuedAtMs,
        recipients: recipients.map((recipient) => dsnRecipient(recipient, request)),
      },
      to,
      fromDomain: (await this.#parts.isOurDomain(to.domain)) ? to.domain : hostname,
      smtputf8,
      ret,
      original: await this.#original(request),
      atMs,
      zoneMinutes: this.#parts.zoneMinutes(atMs),
      messageId,
      boundary: token,
    });
    return {
      to: address,
      messageId,
      octets,
      body: eightBit ? '8BITMIME' : '7BIT',
      smtputf8,
      aboutUnitId: unitId,
      events: [{ atMs, kind: 'received', data: { report: recipients[0]!.action, about: unitId } }],
      settlement: settlementOf(request, address),
    };
  }

  async #original({ unitId, original }: ReportRequest): Promise<{ octets: Buffer; isComplete: boolean }> {
    if ('octets' in original) return original;
    const end = Math.min(original.length, ORIGINAL_OCTETS_MAX);
    try {
      return { octets: await this.#parts.readBody(original, 0, end), isComplete: end === original.length };
    } catch (error) {
      // The sender has to be told all the same.
      this.#parts.log.error({ error, unitId }, 'the message of a report could not be read');
      return { octets: Buffer.alloc(0), isComplete: false };
    }
  }

  #count({ message, recipients, unitId }: ReportRequest): void {
    if (message.reversePath === '') {
      this.#counts.doubleBounces++;
      this.#parts.onDoubleBounce?.();
      this.#parts.log.warn(
        { unitId, recipients: recipients.length },
        'a report could not be delivered; see postmaster',
      );
      return;
    }
    const { action } = recipients[0]!;
    if (action === 'failed') this.#counts.failed++;
    else if (action === 'delayed') this.#counts.delayed++;
    else this.#counts.succeeded++;
  }
}

/** The request for the report about a report. */
function bounceOf(
  { unitId, atMs }: ReportRequest,
  failed: Pick<ReportLetter, 'to' | 'octets' | 'smtputf8'> & { refusal: MailError; settled: QueueSettlement },
): ReportRequest {
  const { to, octets, smtputf8, refusal, settled } = failed;
  const enhanced = findEnhancedStatus(`5${(refusalReply(refusal).enhanced ?? '5.0.0').slice(1)}`) ?? '5.0.0';
  const recipient = { forwardPath: to, orcpt: null, notify: null };
  return {
    unitId,
    message: { reversePath: '', envid: null, ret: null, smtputf8, queuedAtMs: atMs },
    original: { octets, isComplete: true },
    recipients: [{ recipient, action: 'failed', enhanced, text: refusal.publicText, host: null }],
    atMs,
    retryUntilMs: null,
    settlement: settled,
  };
}

/** The settlement with the event that the sender was told. */
function settlementOf({ unitId, atMs, recipients, settlement }: ReportRequest, to: string): QueueSettlement {
  const reported: JourneyEvent = {
    atMs,
    kind: 'reported',
    data: { to, action: recipients[0]!.action, recipients: recipients.length },
  };
  return {
    unitId,
    recipients: settlement?.recipients ?? [],
    events: [...(settlement?.events ?? []), reported],
  };
}

function typedAddress(orcpt: string | null): TypedAddress | null {
  const semicolon = orcpt?.indexOf(';') ?? -1;
  if (orcpt === null || semicolon < 1) return null;
  return { type: orcpt.slice(0, semicolon), address: orcpt.slice(semicolon + 1) };
}

function dsnRecipient(reported: ReportedRecipient, request: ReportRequest): DsnRecipient {
  const { recipient, action, enhanced, text, host } = reported;
  return {
    finalRecipient: recipient.forwardPath,
    originalRecipient: typedAddress(recipient.orcpt),
    action,
    status: enhanced,
    remoteMta: host,
    diagnostic: text,
    lastAttemptMs: request.atMs,
    willRetryUntilMs: action === 'delayed' ? request.retryUntilMs : null,
  };
}
