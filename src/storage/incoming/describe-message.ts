// Derives from a message's octets what the email row keeps, in the thread that has them at hand.
import { formatBodyStructure } from '../../formats/mime/body-structure.ts';
import { formatEnvelope } from '../../formats/mime/envelope.ts';
import { parseMessage } from '../../formats/mime/parse-message.ts';
import type { DescribedMessage, Description } from '../described-message.ts';
import { SMALL_MESSAGE_MAX_BYTES } from '../limits.ts';
import { packParts, toPartOffsets } from '../packed-parts.ts';
import { hashThread, splitMessageIds } from '../thread-hashes.ts';

/** Of what is derived: rows with an older one are derived anew. */
export const DESCRIPTION_VERSION = 1;

/** Of a whole message. */
export function describeMessage(body: Buffer): Description & { readonly described: DescribedMessage } {
  const parsed = parseMessage(body);
  const { messageIds, threadHashes, subject } = describeFields(parsed.root.envelope);
  const described = {
    version: DESCRIPTION_VERSION,
    sentAtMs: null,
    envelope: formatEnvelope(parsed),
    structure: formatBodyStructure(parsed),
    preview: '',
    sortKeys: subject,
    parts: body.length > SMALL_MESSAGE_MAX_BYTES ? packParts(toPartOffsets(parsed.root)) : null,
  };
  return { described, messageIds, threadHashes };
}

/** Of a message of which only the start is at hand. */
export function describeHeader(head: Buffer): Description {
  const { messageIds, threadHashes } = describeFields(parseMessage(head).root.envelope);
  return { described: null, messageIds, threadHashes };
}

function describeFields(
  fields: { messageId: string | null; inReplyTo: string | null; subject: string | null } | null,
): { messageIds: string; threadHashes: readonly number[]; subject: string } {
  const own = /<[^<>\s]+>/.exec(fields?.messageId ?? '')?.[0] ?? '';
  const others = (fields?.inReplyTo ?? '').match(/<[^<>\s]+>/g) ?? [];
  const messageIds = [own, ...others].join(' ');
  const subject = (fields?.subject ?? '').replace(/^(?:\s*re:\s*)+/i, '').trim();
  return { messageIds, subject, threadHashes: splitMessageIds(messageIds).map((id) => hashThread(id, subject)) };
}
