// The letter of the demonstration: a few words and an attachment whose octets are compared at the end of the road.
import { formatDate } from '../../formats/date.ts';
import { fieldValue, findFields, scanHeader } from '../../formats/header/scan.ts';
import { readStructure } from '../../formats/message/structure.ts';
import { decodeBody, encodeBase64 } from '../../formats/message/transfer-encoding.ts';
import { RECIPIENT, SENDER } from './hosts.ts';

export interface Letter {
  /** With angle brackets. */
  readonly messageId: string;
  readonly octets: Buffer;
  readonly attachment: Buffer;
}

const BOUNDARY = 'the-edge-of-the-page';

/** The letter as Ann's mail program sends it. `token` makes its Message-ID its own. */
export function writeLetter(token: string, atMs: number, attachment: Buffer): Letter {
  const messageId = `<${token}@one.test>`;
  const head = [
    `From: Ann <${SENDER}>`,
    `To: Bob <${RECIPIENT}>`,
    'Subject: A letter on its road',
    `Date: ${formatDate(atMs)}`,
    `Message-ID: ${messageId}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    `--${BOUNDARY}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Dear Bob,',
    '',
    'three servers have seen this letter; the picture should still be whole.',
    '',
    'Ann',
    `--${BOUNDARY}`,
    'Content-Type: application/octet-stream; name="picture.bin"',
    'Content-Disposition: attachment; filename="picture.bin"',
    'Content-Transfer-Encoding: base64',
    '',
    '',
  ];
  const octets = Buffer.concat([
    Buffer.from(head.join('\r\n')),
    encodeBase64(attachment),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
  return { messageId, octets, attachment };
}

/** Whether this is the letter, with its attachment whole. */
export function isWhole(octets: Buffer, letter: Letter): boolean {
  const block = scanHeader(octets);
  const part = readStructure(block).root.children[1];
  if (part === undefined) return false;
  return decodeBody(octets.subarray(part.bodyStart, part.end), part.encoding)?.equals(letter.attachment) ?? false;
}

/** The values of the Received lines, the newest first. */
export function receivedLines(octets: Buffer): string[] {
  const block = scanHeader(octets);
  return findFields(block, 'received').map((field) => fieldValue(block, field).replaceAll(/\s+/gu, ' '));
}
