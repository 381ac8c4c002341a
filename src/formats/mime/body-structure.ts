// BODY and BODYSTRUCTURE as FETCH sends them, RFC 9051 §7.5.2 and RFC 3501 §7.4.2, from a parsed message.
import { isText, type BodyParameter, type BodyPart, type ParsedMessage } from './body-part.ts';
import { envelopeText } from './envelope.ts';
import { FieldCursor } from './field-cursor.ts';
import { formatImapString, unfolded } from './imap-string.ts';
import { readDisposition } from './parameters.ts';
import { encodingToken } from './section.ts';

/** A multipart without parts is shown with one empty text: the grammar wants one. */
const EMPTY_PART = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)';
const EMPTY_PART_EXTENDED = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)';

/** BODYSTRUCTURE in parentheses, ready to send: octets as Latin-1. */
export function formatBodyStructure(parsed: ParsedMessage): string {
  return partText(parsed.root, true);
}

/** BODY, the form without extension data, in parentheses, ready to send: octets as Latin-1. */
export function formatBody(parsed: ParsedMessage): string {
  return partText(parsed.root, false);
}

function partText(part: BodyPart, extended: boolean): string {
  return part.kind === 'multipart' ? multipartText(part, extended) : singleText(part, extended);
}

function multipartText(part: BodyPart, extended: boolean): string {
  let text = '(';
  for (const child of part.children) text += partText(child, extended);
  if (part.children.length === 0) text += extended ? EMPTY_PART_EXTENDED : EMPTY_PART;
  text += ` ${formatImapString(part.subtype ?? '')}`;
  if (extended) text += ` ${parameterList(part.parameters, null)} ${commonExtension(part)}`;
  return `${text})`;
}

function singleText(part: BodyPart, extended: boolean): string {
  const { content, kind } = part;
  const text = isText(part);
  let line = '(';
  if (kind === 'message') line += '"message" "rfc822"';
  else if (part.type === null) line += '"text" "plain"';
  else line += `${formatImapString(part.type)} ${formatImapString(part.subtype ?? '')}`;
  line += ` ${parameterList(part.parameters, text ? 'us-ascii' : null)} ${folded(content.id)} ${folded(content.description)}`;
  line += ` ${formatImapString(encodingToken(part))} ${part.end - part.bodyStart}`;
  if (text) line += ` ${part.lines}`;
  else if (kind === 'message') {
    const inside = part.children[0]!;
    line += ` ${envelopeText(inside.envelope)} ${partText(inside, extended)} ${part.lines}`;
  }
  if (extended) line += ` ${folded(content.md5)} ${commonExtension(part)}`;
  return `${line})`;
}

/** Disposition, language and location. */
function commonExtension(part: BodyPart): string {
  const { disposition, language, location } = part.content;
  return `${dispositionText(disposition)} ${languageText(language)} ${folded(location)}`;
}

function folded(value: string | null): string {
  return value === null ? 'NIL' : formatImapString(unfolded(value));
}

function parameterList(parameters: readonly BodyParameter[], defaultCharset: string | null): string {
  let list = '';
  let hasCharset = false;
  for (const { name, value } of parameters) {
    if (name.toLowerCase() === 'charset') hasCharset = true;
    list += `${list === '' ? '' : ' '}${formatImapString(name)} ${formatImapString(value)}`;
  }
  if (defaultCharset !== null && !hasCharset) list += `${list === '' ? '' : ' '}"charset" "${defaultCharset}"`;
  return list === '' ? 'NIL' : `(${list})`;
}

function dispositionText(value: string | null): string {
  const found = value === null ? null : readDisposition(value);
  if (found === null) return 'NIL';
  return `(${formatImapString(found.disposition)} ${parameterList(found.parameters, null)})`;
}

/** RFC 3282 §2: language tags with commas between, as a list. */
function languageText(value: string | null): string {
  if (value === null) return 'NIL';
  const cursor = new FieldCursor(value);
  const tags: string[] = [];
  for (cursor.skip(); !cursor.atEnd; cursor.skip()) {
    const tag: string[] = [];
    if (cursor.atom(tag) === 'broken') break;
    tags.push(formatImapString(tag.join('')));
    if (!cursor.at(',')) break;
    cursor.position++;
  }
  return tags.length === 0 ? 'NIL' : `(${tags.join(' ')})`;
}
