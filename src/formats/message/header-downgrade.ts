// Showing a header with raw UTF-8 to a client that takes ASCII only, RFC 6858 §3. Names and texts become encoded words;
// addresses that ASCII cannot hold become one that cannot be answered; what cannot be shown is left out. Bodies, and
// the headers of body parts, are not touched.
import { isAscii } from 'node:buffer';
import { mailboxesOf, parseAddressList, type HeaderGroup, type HeaderMailbox } from '../address/address-list.ts';
import { domainToAscii } from '../address/domain.ts';
import { formatAddrSpec } from '../address/parse.ts';
import { editHeader } from '../header/edit.ts';
import { decodeEncodedWords, encodePhrase, encodeUnstructured } from '../header/encoded-word.ts';
import { formatField } from '../header/fold.ts';
import { fieldValue, scanHeader, type FieldSpan, type HeaderBlock } from '../header/scan.ts';
import { parseParameterized } from './content-type.ts';

/** RFC 6858 §3.1: stands for an address that cannot be shown. */
const NOT_SHOWN = 'invalid@internationalized-address.invalid';

const ADDRESS_FIELD = /^(?:resent-)?(?:from|sender|to|cc|bcc)$|^reply-to$/u;
const TEXT_FIELD = /^(?:subject|comments|content-description|organization|x-.*)$/u;
const PARAMETER_FIELD = /^content-(?:type|disposition)$/u;
const TOKEN = /^[!#$%&'*+.^_`{|}~0-9A-Za-z-]+$/u;

/**
 * A header section (with or without the empty line after it) in which every octet is ASCII; the same Buffer when it is
 * already. Fields beyond the limits of `scanHeader` are left as they are.
 */
export function downgradeHeader(header: Buffer): Buffer {
  if (isAscii(header)) return header;
  const block = scanHeader(header);
  const replace = new Map<FieldSpan, Buffer>();
  for (const field of block.fields) {
    if (isAscii(header.subarray(field.start, field.end))) continue;
    replace.set(field, Buffer.from(downgradeField(block, field)));
  }
  return Buffer.concat(editHeader(block, { replace }));
}

/** The whole field in ASCII; '' when it cannot be shown. */
function downgradeField(block: HeaderBlock, field: FieldSpan): string {
  const { name } = field;
  const value = downgradeValue(name, fieldValue(block, field));
  if (value === '') return '';
  const spelled = block.text.slice(field.start, field.start + name.length);
  const line = formatField(spelled, value);
  return isAscii(Buffer.from(line)) ? line : '';
}

function downgradeValue(name: string, value: string): string {
  if (TEXT_FIELD.test(name)) return encodeUnstructured(decodeEncodedWords(value));
  if (ADDRESS_FIELD.test(name)) return parseAddressList(value).entries.map(downgradeEntry).join(', ');
  if (name === 'return-path') return downgradeReturnPath(value);
  if (PARAMETER_FIELD.test(name)) return downgradeParameters(value);
  return '';
}

function downgradeEntry(entry: HeaderMailbox | HeaderGroup): string {
  if (entry.kind === 'mailbox') return downgradeMailbox(entry);
  const members = entry.members.map(downgradeMailbox).join(', ');
  return `${encodePhrase(decodeEncodedWords(entry.displayName))}: ${members};`;
}

function downgradeMailbox({ displayName, address }: HeaderMailbox): string {
  const shown = decodeEncodedWords(displayName);
  const ascii = asciiAddress(address);
  if (ascii !== null) return shown === '' ? ascii : `${encodePhrase(shown)} <${ascii}>`;
  const text = formatAddrSpec(address);
  return `${encodePhrase(shown === '' ? text : `${shown} (${text})`)} <${NOT_SHOWN}>`;
}

/** RFC 5890 A-labels do for the domain; for the local part nothing does. */
function asciiAddress(address: HeaderMailbox['address']): string | null {
  if (!isAscii(Buffer.from(address.localPart))) return null;
  if (isAscii(Buffer.from(address.domain))) return formatAddrSpec(address);
  const domain = domainToAscii(address.domain);
  return domain === null ? null : formatAddrSpec({ localPart: address.localPart, domain });
}

function downgradeReturnPath(value: string): string {
  const mailbox = mailboxesOf(parseAddressList(value))[0];
  return `<${(mailbox === undefined ? null : asciiAddress(mailbox.address)) ?? NOT_SHOWN}>`;
}

/** Parameters in RFC 2231's encoding, which every MIME reader knows: more than RFC 6858 §3.2 asks, and nothing is lost. */
function downgradeParameters(text: string): string {
  const { value, parameters } = parseParameterized(text);
  if (value === '' || !isAscii(Buffer.from(value))) return '';
  const shown = [...parameters]
    .filter(([name]) => TOKEN.test(name))
    .map(([name, content]) => formatParameter(name, content));
  return [value, ...shown].join('; ');
}

function formatParameter(name: string, content: string): string {
  if (/^[\u0020-\u007e]*$/u.test(content)) {
    return TOKEN.test(content) ? `${name}=${content}` : `${name}="${content.replaceAll(/["\\]/gu, String.raw`\$&`)}"`;
  }
  let encoded = '';
  for (const octet of Buffer.from(content.toWellFormed())) {
    const character = String.fromCharCode(octet);
    encoded += /[0-9A-Za-z._~-]/u.test(character) ? character : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return `${name}*=UTF-8''${encoded}`;
}
