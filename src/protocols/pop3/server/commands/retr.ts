// RETR and TOP, RFC 1939 §5 and §7. A message at hand is answered without a promise; a large one goes piece by piece, at
// the client's pace. After +OK a failing disk ends the connection: half a message must not look like a whole one.
import type { Pop3CommandOf } from '../../commands.ts';
import type { Pop3Dialog } from '../dialog.ts';
import { viewAsAscii } from '../ascii-view.ts';
import { DotStuffer } from '../dot-stuffing.ts';
import type { MessageOctets } from '../session.ts';
import { TopLines } from '../top-lines.ts';

/** The whole message. */
export function runRetr(dialog: Pop3Dialog, command: Pop3CommandOf<'RETR'>): void | Promise<void> {
  return answer(dialog, command.message, null);
}

/** The header and the first lines of the body. */
export function runTop(dialog: Pop3Dialog, command: Pop3CommandOf<'TOP'>): void | Promise<void> {
  return answer(dialog, command.message, new TopLines(command.lines));
}

function answer(dialog: Pop3Dialog, message: number, top: TopLines | null): void | Promise<void> {
  const index = dialog.requireMessage(message);
  if (index < 0) return undefined;
  const opened = dialog.maildrop.open(index);
  if (opened instanceof Promise) return opened.then((octets) => show(dialog, octets, index, top));
  return show(dialog, opened, index, top);
}

function show(dialog: Pop3Dialog, octets: MessageOctets, index: number, top: TopLines | null): void | Promise<void> {
  const size = dialog.maildrop.size(index);
  if (dialog.state.utf8) return send(dialog, octets, size, top);
  const view = viewAsAscii(octets);
  if (view instanceof Promise) return view.then((v) => send(dialog, v.octets, size + v.growth, top));
  return send(dialog, view.octets, size + view.growth, top);
}

function send(dialog: Pop3Dialog, octets: MessageOctets, size: number, top: TopLines | null): void | Promise<void> {
  dialog.ok(top === null ? `${size} octets` : 'The top follows');
  const stuffer = new DotStuffer(dialog.output);
  sendPiece(stuffer, octets.prefix, top);
  if (!Buffer.isBuffer(octets.body)) return sendPieces(dialog, stuffer, octets.body, top);
  sendPiece(stuffer, octets.body, top);
  stuffer.end();
  return undefined;
}

function sendPiece(stuffer: DotStuffer, piece: Buffer, top: TopLines | null): void {
  stuffer.write(piece, 0, top === null ? piece.length : top.take(piece));
}

async function sendPieces(
  dialog: Pop3Dialog,
  stuffer: DotStuffer,
  pieces: AsyncIterable<Buffer>,
  top: TopLines | null,
): Promise<void> {
  try {
    if (!top?.done) {
      for await (const piece of pieces) {
        sendPiece(stuffer, piece, top);
        if (dialog.output.full) await dialog.output.drained();
        if (top?.done || dialog.transport.closed) break;
      }
    }
  } catch (error) {
    dialog.log.error({ error }, 'a message could not be read to its end');
    dialog.transport.abort();
    return;
  }
  stuffer.end();
}
