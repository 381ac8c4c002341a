// Puts a message's octets on the wire: by DATA with dots doubled (RFC 5321 §4.5.2) or as one BDAT LAST chunk (RFC 3030).
// A message in memory goes out synchronously, together with whatever is written in the same turn.
import { hasBareLineEnding, stuffDots } from './line-endings.ts';
import { BODY_PIECE_OCTETS } from './limits.ts';
import type { MessageBody } from './message.ts';
import type { Wire, WireFault } from './wire.ts';

export type BodyFault =
  | { readonly kind: 'wire'; readonly fault: WireFault }
  /** Found while sending: the connection was broken off before the message could be complete. */
  | { readonly kind: 'bare-line-ending' }
  /** The store could not give it, or it may not be completed any more. */
  | { readonly kind: 'unreadable' };

export interface BodyForm {
  readonly chunking: boolean;
  readonly checkLines: boolean;
  readonly blockTimeoutMs: number;
}

const CR = 0x0d;
const LF = 0x0a;
const END = '.\r\n';
const LINE_END = '\r\n';

/** Writes the body and its end; null when all of it is written (or a promise of that, for a long one). */
export function writeBody(wire: Wire, body: MessageBody, form: BodyForm): BodyFault | null | Promise<BodyFault | null> {
  const { octets } = body;
  if (octets === null) return writePieces(wire, body, form);
  if (body.mayEnd?.() === false) {
    breakOff(wire);
    return { kind: 'unreadable' };
  }
  if (form.chunking) {
    wire.write(`BDAT ${octets.length} LAST\r\n`);
    wire.write(octets);
    return wire.fault === null ? null : { kind: 'wire', fault: wire.fault };
  }
  for (const piece of stuffDots(octets, true)) wire.write(piece);
  wire.write(endOf(octets[octets.length - 1] ?? LF));
  return wire.fault === null ? null : { kind: 'wire', fault: wire.fault };
}

function endOf(lastOctet: number): string {
  return lastOctet === LF ? END : `${LINE_END}${END}`;
}

function breakOff(wire: Wire): void {
  wire.fail({ kind: 'stopped', text: 'we broke the connection off' });
}

async function writePieces(wire: Wire, body: MessageBody, form: BodyForm): Promise<BodyFault | null> {
  if (form.chunking) wire.write(`BDAT ${body.length} LAST\r\n`);
  let last = LF;
  for (let start = 0; start < body.length;) {
    const piece = await readPiece(body, start);
    if (piece === null) {
      breakOff(wire);
      return { kind: 'unreadable' };
    }
    start += piece.length;
    // With BDAT the last piece completes it.
    if (form.chunking && start === body.length && body.mayEnd?.() === false) {
      breakOff(wire);
      return { kind: 'unreadable' };
    }
    if (form.checkLines && hasBareLineEnding(piece, start === piece.length ? 0 : last)) {
      breakOff(wire);
      return { kind: 'bare-line-ending' };
    }
    if (form.chunking) wire.write(piece);
    else for (const part of stuffDots(piece, last === LF)) wire.write(part);
    last = piece[piece.length - 1]!;
    const fault = await wire.drain(form.blockTimeoutMs);
    if (fault !== null) return { kind: 'wire', fault };
  }
  if (form.checkLines && last === CR) {
    breakOff(wire);
    return { kind: 'bare-line-ending' };
  }
  if (form.chunking) return null;
  if (body.mayEnd?.() === false) {
    breakOff(wire);
    return { kind: 'unreadable' };
  }
  wire.write(endOf(last));
  return null;
}

/** A piece of at least one octet; null when the store cannot give it. */
async function readPiece(body: MessageBody, start: number): Promise<Buffer | null> {
  try {
    const piece = await body.read(start, Math.min(start + BODY_PIECE_OCTETS, body.length));
    return piece.length === 0 ? null : piece;
  } catch {
    return null;
  }
}
