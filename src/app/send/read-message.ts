// The message on standard input of `send`.
import type { Readable } from 'node:stream';
import { toCrlf } from '../../formats/message/octets.ts';
import { CommandError } from '../cli/command.ts';

const DOT_LINE = Buffer.from('\r\n.\r\n');

export interface MessageInput {
  readonly maxBytes: number;
  /** Else a line with nothing but a dot ends the message. */
  readonly isDotText: boolean;
}

/** Reads all of it, with CRLF at the end of each line. Throws CommandError beyond the limit. */
export async function readMessage(stdin: Readable, { maxBytes, isDotText }: MessageInput): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let octets = 0;
  for await (const piece of stdin as AsyncIterable<Buffer>) {
    octets += piece.length;
    if (octets > maxBytes) throw new CommandError(`the message is larger than ${maxBytes} octets`);
    pieces.push(piece);
  }
  const message = toCrlf(Buffer.concat(pieces));
  if (isDotText) return message;
  if (message.subarray(0, 3).equals(DOT_LINE.subarray(2))) return Buffer.alloc(0);
  const end = message.indexOf(DOT_LINE);
  if (end !== -1) return message.subarray(0, end + 2);
  return message.subarray(-3).equals(Buffer.from('\n.')) ? message.subarray(0, -1) : message;
}
