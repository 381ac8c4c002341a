// The readable text of a message, part by part, decoded: what SEARCH BODY and TEXT look into (RFC 9051 §6.4.4), bounded.
import { decodeEncodedWords } from '../header/encoded-word.ts';
import { decodeBody } from '../message/transfer-encoding.ts';
import { headerText } from '../thread/header-text.ts';
import { isText, type BodyPart, type ParsedMessage } from './body-part.ts';
import { decodeText } from './charset.ts';
import { htmlText } from './html-text.ts';
import { unfolded } from './imap-string.ts';
import { SEARCH_TEXT_MAX_OCTETS } from './limits.ts';
import { transferEncoding } from './section.ts';

export interface PartText {
  readonly part: BodyPart;
  /** The first `header` is the message's own. */
  readonly kind: 'header' | 'body';
  readonly text: string;
}

/**
 * Header sections and texts of a message in order, each decoded when it is asked for. Of attachments only the header
 * section. Ends when more than `octetsMax` octets were looked at; the last text may be cut.
 */
export function* readTexts(parsed: ParsedMessage, octetsMax = SEARCH_TEXT_MAX_OCTETS): Generator<PartText, void> {
  const open: BodyPart[] = [parsed.root];
  let remaining = octetsMax;
  for (let part = open.pop(); part !== undefined && remaining > 0; part = open.pop()) {
    const header = parsed.message.toString('latin1', part.start, Math.min(part.bodyStart, part.start + remaining));
    remaining -= header.length;
    yield { part, kind: 'header', text: decodeEncodedWords(headerText(unfoldedSection(header))) };
    for (const child of part.children.toReversed()) open.push(child);
    if (!isText(part) || remaining <= 0) continue;
    const octets = Math.min(part.end - part.bodyStart, remaining);
    remaining -= octets;
    yield { part, kind: 'body', text: bodyText(parsed, part, octets) };
  }
}

/** The text of a text part, of as many octets of its body at most: HTML as a reader sees it. */
export function bodyText({ message }: ParsedMessage, part: BodyPart, octetsMax: number): string {
  const body = message.subarray(part.bodyStart, Math.min(part.end, part.bodyStart + octetsMax));
  const octets = decodeBody(body, transferEncoding(part)) ?? body;
  const { text } = decodeText(octets, charsetOf(part));
  return isHtml(part) ? htmlText(text) : text;
}

function charsetOf(part: BodyPart): string {
  return unfolded(part.parameters.find(({ name }) => name.toLowerCase() === 'charset')?.value ?? '');
}

/** Whether a text part is HTML. */
export function isHtml(part: BodyPart): boolean {
  return part.subtype?.toLowerCase() === 'html';
}

/** RFC 5322 §2.2.3: each field in one line. */
function unfoldedSection(header: string): string {
  return header.replaceAll(/\r?\n(?=[ \t])/g, '');
}
