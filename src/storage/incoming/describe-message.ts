// Derives from a message's octets what the email row keeps, in the thread that has them at hand.
import { casemapUnicode } from '../../formats/collation/casemap.ts';
import type { ParsedMessage } from '../../formats/mime/body-part.ts';
import { formatBodyStructure } from '../../formats/mime/body-structure.ts';
import { formatEnvelope } from '../../formats/mime/envelope.ts';
import { parseMessage } from '../../formats/mime/parse-message.ts';
import { previewText } from '../../formats/mime/preview.ts';
import { type MessageKeys, readMessageKeys } from '../../formats/thread/message-keys.ts';
import type { DescribedMessage, Description } from '../described-message.ts';
import { SMALL_MESSAGE_MAX_BYTES } from '../limits.ts';
import { packParts, toPartOffsets } from '../packed-parts.ts';
import { joinSortKeys } from '../sort-keys.ts';
import { threadHashes } from '../thread-hashes.ts';

/** Rows of another one were derived by another program. */
const DESCRIPTION_VERSION = 2;

/** Of a whole message. */
export function describeMessage(body: Buffer): Description & { readonly described: DescribedMessage } {
  const parsed = parseMessage(body);
  const keys = readKeys(parsed);
  const subject = casemapUnicode(keys?.subject.text ?? '');
  const messageIds = joinMessageIds(keys);
  const described = {
    version: DESCRIPTION_VERSION,
    sentAtMs: keys?.sentAt?.ms ?? null,
    envelope: withoutNul(formatEnvelope(parsed)),
    structure: withoutNul(formatBodyStructure(parsed)),
    preview: withoutNul(previewText(parsed)),
    sortKeys: joinSortKeys({
      subject,
      isReplyOrForward: keys?.subject.isReplyOrForward ?? false,
      from: casemapUnicode(keys?.from ?? ''),
      to: casemapUnicode(keys?.to ?? ''),
      cc: casemapUnicode(keys?.cc ?? ''),
      displayFrom: casemapUnicode(keys?.displayFrom ?? ''),
      displayTo: casemapUnicode(keys?.displayTo ?? ''),
    }),
    parts: body.length > SMALL_MESSAGE_MAX_BYTES ? packParts(toPartOffsets(parsed.root)) : null,
  };
  return { described, messageIds, threadHashes: threadHashes(messageIds, subject) };
}

/** Of a message of which only the start is at hand. */
export function describeHeader(head: Buffer): Description {
  const keys = readKeys(parseMessage(head));
  const messageIds = joinMessageIds(keys);
  const subject = casemapUnicode(keys?.subject.text ?? '');
  return { described: null, messageIds, threadHashes: threadHashes(messageIds, subject) };
}

function readKeys({ root }: ParsedMessage): MessageKeys | null {
  return root.envelope === null ? null : readMessageKeys(root.envelope);
}

function joinMessageIds(keys: MessageKeys | null): string {
  if (keys === null) return '';
  // eslint-disable-next-line no-control-regex -- NUL cannot be stored everywhere
  return [keys.messageId ?? '', ...keys.references].map((id) => id.replaceAll(/[\s\u0000]/g, '_')).join(' ');
}

function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', ' ') : text;
}
