// PREVIEW, RFC 8970 §3: the first words of what a reader sees, made once when the message is stored.
import { isText, type BodyPart, type ParsedMessage } from './body-part.ts';
import {
  PREVIEW_HTML_OCTETS,
  PREVIEW_MAX_CHARACTERS,
  PREVIEW_PARTS_SEARCHED,
  PREVIEW_PLAIN_OCTETS,
  PREVIEW_START_CHARACTERS,
} from './limits.ts';
import { bodyText, isHtml } from './part-text.ts';
import { readDisposition } from './parameters.ts';

const QUOTED_LINES = /^[>|].*$/gm;
/** A single space stays as it is and need not be found. */
const SPACES =
  /[^\S ][\s\u200b-\u200f\u2060\ufeff\u00ad]*|[\u200b-\u200f\u2060\ufeff\u00ad][\s\u200b-\u200f\u2060\ufeff\u00ad]*| [\s\u200b-\u200f\u2060\ufeff\u00ad]+/g;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** At most 200 characters in one line; '' where there is no text. Lines that quote somebody are left out if they can be. */
export function previewText(parsed: ParsedMessage): string {
  const part = findText(parsed.root);
  if (part === null) return '';
  const html = isHtml(part);
  const text = bodyText(parsed, part, html ? PREVIEW_HTML_OCTETS : PREVIEW_PLAIN_OCTETS);
  // Mostly the start is enough, and it gives the same as the whole.
  const early = ownWords(text.slice(0, PREVIEW_START_CHARACTERS), html);
  if (early.length >= PREVIEW_MAX_CHARACTERS) return early;
  return ownWords(text, html) || cut(text);
}

/** Without the lines that quote somebody. */
function ownWords(text: string, html: boolean): string {
  return cut(html ? text : text.replaceAll(QUOTED_LINES, ' '));
}

function cut(text: string): string {
  const line = text.replaceAll(CONTROLS, '').replaceAll(SPACES, ' ').trim();
  if (line.length <= PREVIEW_MAX_CHARACTERS) return line;
  // Characters beyond U+FFFF are two units.
  return Array.from(line.slice(0, PREVIEW_MAX_CHARACTERS * 2))
    .slice(0, PREVIEW_MAX_CHARACTERS)
    .join('')
    .trimEnd();
}

/** The first text that is not an attachment; of an alternative, plain text before HTML. */
function findText(root: BodyPart): BodyPart | null {
  const open: BodyPart[] = [root];
  let html: BodyPart | null = null;
  for (let count = 0; count < PREVIEW_PARTS_SEARCHED; count++) {
    const part = open.pop();
    if (part === undefined) break;
    if (isText(part)) {
      if (isAttachment(part) || part.end === part.bodyStart) continue;
      if (!isHtml(part)) return part;
      html ??= part;
    } else if (part.kind === 'multipart') for (const child of part.children.toReversed()) open.push(child);
  }
  return html;
}

function isAttachment(part: BodyPart): boolean {
  const value = part.content.disposition;
  return value !== null && readDisposition(value)?.disposition.toLowerCase() === 'attachment';
}
