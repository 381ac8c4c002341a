// Decides, before anything is sent, how a message goes to this server: which recipients it can be sent for, as what kind
// of content, with which parameters. Pure; the flight it returns is exactly what goes on the wire.
import { isAscii } from 'node:buffer';
import { encodeXtext } from '../xtext.ts';
import { formatOrcpt, isAsciiText, isSendable, toAsciiAddress } from './addresses.ts';
import type { Capabilities } from './capabilities.ts';
import { hasBareLineEnding } from './line-endings.ts';
import { CONVERSION_OCTETS_MAX } from './limits.ts';
import { bodyOf, type ClientMessage, type ClientRecipient, type ConvertMessage, type MessageBody } from './message.ts';
import type { ClientPhase, RecipientOutcome } from './outcome.ts';

export interface Channel {
  readonly capabilities: Capabilities;
  /** TLS with a certificate that was checked. */
  readonly verifiedTls: boolean;
}

export interface Prepared {
  /** MAIL and RCPT commands, each with CRLF. */
  readonly mail: string;
  readonly rcpts: readonly string[];
  /** For each RCPT its recipient's index in the message. */
  readonly indexes: readonly number[];
  /** By recipient: what is decided already. */
  readonly decided: (RecipientOutcome | null)[];
  readonly encoding: 'latin1' | 'utf8';
  readonly body: MessageBody;
  readonly chunking: boolean;
  /** Lines are checked while they are sent (they were not in memory before). */
  readonly checkLines: boolean;
}

/** An outcome that we decide without asking the server. */
export function ownOutcome(
  kind: 'failed' | 'deferred',
  phase: ClientPhase,
  enhanced: string,
  text: string,
): RecipientOutcome {
  return { kind, phase, reply: null, enhanced, text };
}

const failed = (enhanced: string, text: string): RecipientOutcome => ownOutcome('failed', 'mail', enhanced, text);

/** RFC 8689 §4.2.1, RFC 1870 §6.1, RFC 2852 §4: what forbids sending the message here at all. */
function refuseWhole(message: ClientMessage, channel: Channel): RecipientOutcome | null {
  const { capabilities } = channel;
  if (message.requiretls && !(channel.verifiedTls && capabilities.requiretls)) {
    return failed('5.7.30', 'the sender requires TLS on the whole way and the next server does not offer it');
  }
  if (capabilities.size !== null && capabilities.size > 0 && message.body.length > capabilities.size) {
    return failed('5.3.4', `the message has ${message.body.length} octets, the server takes ${capabilities.size}`);
  }
  const { deliverBy } = message;
  if (deliverBy !== null && deliverBy.mode === 'R') {
    const min = capabilities.deliverByMin;
    if (min === null || deliverBy.seconds < min) {
      return failed('5.4.7', 'the sender set a time limit that the next server does not undertake to keep');
    }
  }
  if (message.reversePath !== '' && !isSendable(message.reversePath))
    return failed('5.1.7', 'the sender address cannot be sent');
  return null;
}

interface Content {
  readonly body: MessageBody;
  readonly checkLines: boolean;
  /** The content needs the SMTPUTF8 parameter. */
  readonly utf8: boolean;
  readonly eightBit: boolean;
  readonly binary: boolean;
}

function headerIsAscii(octets: Buffer): boolean {
  const end = octets.indexOf('\r\n\r\n');
  return isAscii(end === -1 ? octets : octets.subarray(0, end));
}

/** The content in a form that the server takes, or what forbids it (RFC 6152 §3, RFC 3030 §3, RFC 6531 §3.4). */
function fitContent(
  message: ClientMessage,
  capabilities: Capabilities,
  convert: ConvertMessage | null,
): Content | RecipientOutcome {
  const { body, bodyType } = message;
  const binary = bodyType === 'BINARYMIME' && capabilities.binaryMime;
  const { octets } = body;
  const needsLines = !binary;
  if (octets === null) return fitUnread(message, capabilities);
  const bareLineEndings = needsLines && (hasBareLineEnding(octets, 0) || octets[octets.length - 1] === 0x0d);
  const eightBit = bodyType !== '7BIT' && (capabilities.eightBitMime || binary);
  const offersUtf8 = capabilities.smtputf8;
  const fits8 = bodyType === '7BIT' || eightBit || isAscii(octets);
  const fitsUtf8 = !message.smtputf8 || offersUtf8 || headerIsAscii(octets);
  const fitsBinary = bodyType !== 'BINARYMIME' || binary;
  const content = { checkLines: false, utf8: message.smtputf8 && offersUtf8, eightBit: eightBit && !binary, binary };
  if (!bareLineEndings && fits8 && fitsUtf8 && fitsBinary) return { ...content, body };
  if (convert === null || octets.length > CONVERSION_OCTETS_MAX) return impossible(fitsUtf8);
  const need = { from: bodyType, eightBitMime: capabilities.eightBitMime, smtputf8: offersUtf8, bareLineEndings };
  const converted = convert(octets, need);
  if (converted.kind === 'impossible') return failed(converted.enhanced, converted.text);
  if (hasBareLineEnding(converted.octets, 0)) return impossible(true);
  const still8 = capabilities.eightBitMime && !isAscii(converted.octets);
  return { ...content, body: bodyOf(converted.octets, body.mayEnd), eightBit: still8, binary: false };
}

function impossible(fitsUtf8: boolean): RecipientOutcome {
  return fitsUtf8
    ? failed('5.6.3', 'the message has to be converted for the next server and cannot be')
    : failed('5.6.7', 'the message has international header fields that the next server does not take');
}

/** Whether the message has to be looked at whole, because the server takes less than it was declared to need. */
export function needsWholeBody({ body, bodyType, smtputf8 }: ClientMessage, capabilities: Capabilities): boolean {
  if (body.octets !== null) return false;
  if (smtputf8 && !capabilities.smtputf8) return true;
  return (
    (bodyType === 'BINARYMIME' && !capabilities.binaryMime) || (bodyType === '8BITMIME' && !capabilities.eightBitMime)
  );
}

/** A message that is not in memory: it goes as it was declared or not at all. */
function fitUnread(message: ClientMessage, capabilities: Capabilities): Content | RecipientOutcome {
  const binary = message.bodyType === 'BINARYMIME';
  if (needsWholeBody(message, capabilities)) return impossible(!message.smtputf8 || capabilities.smtputf8);
  const eightBit = message.bodyType === '8BITMIME';
  return { body: message.body, checkLines: !binary, utf8: message.smtputf8, eightBit, binary };
}

function mailCommand(message: ClientMessage, content: Content, channel: Channel, path: string): string {
  const { capabilities } = channel;
  let command = `MAIL FROM:<${path}>`;
  if (capabilities.size !== null) command += ` SIZE=${content.body.length}`;
  if (content.binary) command += ' BODY=BINARYMIME';
  else if (content.eightBit) command += ' BODY=8BITMIME';
  if (content.utf8) command += ' SMTPUTF8';
  if (message.requiretls) command += ' REQUIRETLS';
  if (capabilities.dsn) {
    if (message.ret !== null) command += ` RET=${message.ret}`;
    if (message.envid !== null) command += ` ENVID=${encodeXtext(message.envid)}`;
  }
  if (capabilities.mtPriority && message.priority !== 0) command += ` MT-PRIORITY=${message.priority}`;
  if (capabilities.deliverByMin !== null && message.deliverBy !== null) {
    const { seconds, mode, trace } = message.deliverBy;
    command += ` BY=${seconds};${mode}${trace ? 'T' : ''}`;
  }
  return `${command}\r\n`;
}

function rcptCommand(recipient: ClientRecipient, path: string, dsn: boolean): string {
  if (!dsn) return `RCPT TO:<${path}>\r\n`;
  let command = `RCPT TO:<${path}>`;
  if (recipient.notify !== null)
    command += ` NOTIFY=${recipient.notify.length === 0 ? 'NEVER' : recipient.notify.join(',')}`;
  const orcpt = recipient.orcpt === null ? null : formatOrcpt(recipient.orcpt);
  if (orcpt !== null) command += ` ORCPT=${orcpt}`;
  return `${command}\r\n`;
}

/** The address as this server may be told it, or what forbids it. */
function pathFor(address: string, utf8: boolean): string | RecipientOutcome {
  if (!isSendable(address)) return failed('5.1.3', 'the recipient address cannot be sent');
  if (utf8) return address;
  const ascii = toAsciiAddress(address);
  return ascii ?? failed('5.6.7', 'the address is international and the next server does not take such addresses');
}

/** Prepares a transaction. `chunking` in the result says whether the body goes by BDAT (RFC 3030). */
export function prepareTransaction(message: ClientMessage, channel: Channel, convert: ConvertMessage | null): Prepared {
  const { capabilities } = channel;
  const content = refuseWhole(message, channel) ?? fitContent(message, capabilities, convert);
  const sender = senderFor(message, capabilities);
  if ('kind' in content || typeof sender !== 'string') {
    const refused = 'kind' in content ? content : (sender as RecipientOutcome);
    return refusedWhole(message, refused);
  }
  // A message may need SMTPUTF8 for an address although its sender did not say so.
  const addresses = [message.reversePath, ...message.recipients.map((recipient) => recipient.forwardPath)];
  const utf8 = capabilities.smtputf8 && (content.utf8 || addresses.some((address) => !isAsciiText(address)));
  const decided: (RecipientOutcome | null)[] = [];
  const rcpts: string[] = [];
  const indexes: number[] = [];
  for (const [index, recipient] of message.recipients.entries()) {
    const path = pathFor(recipient.forwardPath, utf8);
    decided.push(typeof path === 'string' ? null : path);
    if (typeof path !== 'string') continue;
    rcpts.push(rcptCommand(recipient, path, capabilities.dsn));
    indexes.push(index);
  }
  const mail = mailCommand(message, { ...content, utf8 }, channel, sender);
  const { body, checkLines } = content;
  return {
    mail,
    rcpts,
    indexes,
    decided,
    encoding: utf8 ? 'utf8' : 'latin1',
    body,
    chunking: capabilities.chunking,
    checkLines,
  };
}

function senderFor(message: ClientMessage, capabilities: Capabilities): string | RecipientOutcome {
  if (capabilities.smtputf8) return message.reversePath;
  return (
    toAsciiAddress(message.reversePath) ??
    failed('5.6.7', 'the sender address is international and the next server does not take such addresses')
  );
}

function refusedWhole(message: ClientMessage, outcome: RecipientOutcome): Prepared {
  const decided = message.recipients.map(() => outcome);
  const nothing = { mail: '', rcpts: [], indexes: [], encoding: 'latin1' as const, chunking: false, checkLines: false };
  return { ...nothing, decided, body: message.body };
}
