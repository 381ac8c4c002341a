// The envelope part of a transaction on the wire: in one flight where PIPELINING is offered (RFC 2920), else command by
// command. DATA ends the flight; BDAT never rides in it: see docs/design/queue.md.
import type { SmtpReply } from '../reply.ts';
import type { ClientTimeouts } from './limits.ts';
import type { Prepared } from './prepare.ts';
import type { Wire, WireFault } from './wire.ts';

export interface EnvelopeReplies {
  readonly mail: SmtpReply | null;
  /** One for each RCPT that was answered. */
  readonly rcpts: readonly SmtpReply[];
  /** null with BDAT, and where it was not asked or not answered. */
  readonly data: SmtpReply | null;
  readonly fault: WireFault | null;
}

export interface EnvelopeForm {
  readonly pipelining: boolean;
  readonly chunking: boolean;
  /** An earlier transaction was left open: RSET goes first. */
  readonly reset: boolean;
  readonly timeouts: ClientTimeouts;
}

const DATA = 'DATA\r\n';
const RSET = 'RSET\r\n';

function isPositive(reply: SmtpReply | null | undefined): boolean {
  return reply !== null && reply !== undefined && reply.code >= 200 && reply.code < 300;
}

/** Sends the envelope. Everything of a pipelined flight is written before this returns its promise. */
export function sendEnvelope(wire: Wire, prepared: Prepared, form: EnvelopeForm): Promise<EnvelopeReplies> {
  return form.pipelining ? sendFlight(wire, prepared, form) : sendOneByOne(wire, prepared, form);
}

function sendFlight(wire: Wire, prepared: Prepared, form: EnvelopeForm): Promise<EnvelopeReplies> {
  const { rcpts } = prepared;
  const data = form.chunking ? '' : DATA;
  wire.write((form.reset ? RSET : '') + prepared.mail + rcpts.join('') + data, prepared.encoding);
  const ahead = form.reset ? 1 : 0;
  const count = ahead + 1 + rcpts.length + (form.chunking ? 0 : 1);
  return wire.expect(count, form.timeouts.rcptMs).then(({ replies, fault }) => ({
    mail: replies[ahead] ?? null,
    rcpts: replies.slice(ahead + 1, ahead + 1 + rcpts.length),
    data: replies[ahead + 1 + rcpts.length] ?? null,
    fault,
  }));
}

async function sendOneByOne(wire: Wire, prepared: Prepared, form: EnvelopeForm): Promise<EnvelopeReplies> {
  const { timeouts } = form;
  const ask = async (
    command: string,
    timeoutMs: number,
  ): Promise<{ reply: SmtpReply | null; fault: WireFault | null }> => {
    wire.write(command, prepared.encoding);
    const { replies, fault } = await wire.expect(1, timeoutMs);
    return { reply: replies[0] ?? null, fault };
  };
  const rcpts: SmtpReply[] = [];
  if (form.reset) {
    const { fault } = await ask(RSET, timeouts.commandMs);
    if (fault !== null) return { mail: null, rcpts, data: null, fault };
  }
  const { reply: mail, fault } = await ask(prepared.mail, timeouts.mailMs);
  if (fault !== null || !isPositive(mail)) return { mail, rcpts, data: null, fault };
  for (const command of prepared.rcpts) {
    const answer = await ask(command, timeouts.rcptMs);
    if (answer.reply !== null) rcpts.push(answer.reply);
    if (answer.fault !== null) return { mail, rcpts, data: null, fault: answer.fault };
  }
  if (form.chunking || !rcpts.some(isPositive)) return { mail, rcpts, data: null, fault: null };
  const answer = await ask(DATA, timeouts.dataMs);
  return { mail, rcpts, data: answer.reply, fault: answer.fault };
}
