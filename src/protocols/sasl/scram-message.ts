// The four messages of SCRAM, RFC 5802 §5.1 and §7. Parsed messages keep the exact text that the signatures cover.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { TextCursor } from '../../base/text/text-cursor.ts';
import { requireName } from './plain-message.ts';
import { decodeBase64, decodeMessage } from './text.ts';

/** What the client says of channel binding: cannot, could but the server does not offer it, or does with this type. */
export type Gs2Binding = { readonly kind: 'none' | 'unoffered' } | { readonly kind: 'used'; readonly type: string };

export interface ClientFirst {
  readonly binding: Gs2Binding;
  /** '' when the client wants to act as itself. */
  readonly authorizationId: string;
  readonly name: string;
  readonly nonce: string;
}

export interface ParsedClientFirst extends ClientFirst {
  /** `gs2-header`, which the client repeats in front of its channel binding data. */
  readonly gs2Header: string;
  /** `client-first-message-bare`, as it stood on the wire. */
  readonly bare: string;
}

export interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

export interface ClientFinal {
  /** gs2-header and the channel's data. */
  readonly channelBinding: Buffer;
  readonly nonce: string;
  readonly proof: Buffer;
}

export interface ParsedClientFinal extends ClientFinal {
  /** `client-final-message-without-proof`, as it stood on the wire. */
  readonly withoutProof: string;
}

export type ServerFinal = { readonly kind: 'verifier'; readonly signature: Buffer } | { kind: 'error'; error: string };

const BINDING_TYPE = /[A-Za-z0-9.-]+/y;
/** No NUL, no '=' and no ',' other than as =3D and =2C. */
const SASL_NAME = /(?:[^\0=,]|=2C|=3D)+/y;
/** Printable ASCII except ','. */
const NONCE = /[!-+\--~]+/y;
const VALUE = /[^\0,]+/y;
const EXTENSIONS = /(?:,[A-Za-z]=[^\0,]+)*/y;
const POSITIVE_NUMBER = /[1-9]\d{0,9}/y;

function take(cursor: TextCursor, pattern: RegExp, expected: string): string {
  const taken = cursor.take(pattern);
  if (taken === '') throw cursor.fault(expected);
  return taken;
}

function expectEnd(cursor: TextCursor): void {
  if (!cursor.atEnd) throw cursor.fault('the end of the message');
}

function takeBase64(cursor: TextCursor): Buffer {
  const offset = cursor.position;
  return decodeBase64(take(cursor, VALUE, 'base64'), offset);
}

function takeName(cursor: TextCursor): string {
  const offset = cursor.position;
  const written = take(cursor, SASL_NAME, 'a name');
  return requireName(written.replaceAll('=2C', ',').replaceAll('=3D', '='), offset);
}

/** RFC 5802 §5.1: an extension that must be understood, and is not. */
function refuseMandatoryExtension(cursor: TextCursor): void {
  if (cursor.text.startsWith('m=', cursor.position)) throw cursor.fault('no mandatory extension');
}

function formatName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function takeBinding(cursor: TextCursor): Gs2Binding {
  if (cursor.skip('n')) return { kind: 'none' };
  if (cursor.skip('y')) return { kind: 'unoffered' };
  if (cursor.skip('p=')) return { kind: 'used', type: take(cursor, BINDING_TYPE, 'a channel binding type') };
  throw cursor.fault("'n', 'y' or 'p='");
}

/** Throws SyntaxFault. */
export function parseClientFirst(message: Buffer): ParsedClientFirst {
  const cursor = new TextCursor(decodeMessage(message));
  const binding = takeBinding(cursor);
  cursor.expect(',');
  const authorizationId = cursor.skip('a=') ? takeName(cursor) : '';
  cursor.expect(',');
  const gs2Header = cursor.text.slice(0, cursor.position);
  const bare = cursor.rest();
  refuseMandatoryExtension(cursor);
  cursor.expect('n=');
  const name = takeName(cursor);
  cursor.expect(',r=');
  const nonce = take(cursor, NONCE, 'a nonce');
  cursor.take(EXTENSIONS);
  expectEnd(cursor);
  return { binding, authorizationId, name, nonce, gs2Header, bare };
}

/** The gs2-header, RFC 5801 §4. */
export function formatGs2Header(binding: Gs2Binding, authorizationId: string): string {
  const flag = binding.kind === 'used' ? `p=${binding.type}` : binding.kind === 'none' ? 'n' : 'y';
  return `${flag},${authorizationId === '' ? '' : `a=${formatName(authorizationId)}`},`;
}

/** The message without its gs2-header: what the signatures cover. */
export function formatClientFirstBare(name: string, nonce: string): string {
  return `n=${formatName(name)},r=${nonce}`;
}

/** Throws SyntaxFault. */
export function parseServerFirst(message: Buffer): ServerFirst {
  const cursor = new TextCursor(decodeMessage(message));
  refuseMandatoryExtension(cursor);
  cursor.expect('r=');
  const nonce = take(cursor, NONCE, 'a nonce');
  cursor.expect(',s=');
  const salt = takeBase64(cursor);
  cursor.expect(',i=');
  const iterations = Number(take(cursor, POSITIVE_NUMBER, 'an iteration count'));
  cursor.take(EXTENSIONS);
  expectEnd(cursor);
  return { nonce, salt, iterations };
}

/** The text on the wire, and in the signatures. */
export function formatServerFirst(message: ServerFirst): string {
  return `r=${message.nonce},s=${message.salt.toString('base64')},i=${message.iterations}`;
}

/** Throws SyntaxFault. */
export function parseClientFinal(message: Buffer): ParsedClientFinal {
  const text = decodeMessage(message);
  const proofStart = text.lastIndexOf(',p=');
  if (proofStart === -1) throw new SyntaxFault('a proof', text.length);
  const withoutProof = text.slice(0, proofStart);
  const proof = decodeBase64(text.slice(proofStart + 3), proofStart + 3);
  if (proof.length === 0) throw new SyntaxFault('a proof', proofStart + 3);
  const cursor = new TextCursor(withoutProof);
  cursor.expect('c=');
  const channelBinding = takeBase64(cursor);
  cursor.expect(',r=');
  const nonce = take(cursor, NONCE, 'a nonce');
  cursor.take(EXTENSIONS);
  expectEnd(cursor);
  return { channelBinding, nonce, proof, withoutProof };
}

/** The message without its proof: what the signatures cover. */
export function formatClientFinalWithoutProof(channelBinding: Buffer, nonce: string): string {
  return `c=${channelBinding.toString('base64')},r=${nonce}`;
}

/** The whole message, from its part without the proof. */
export function formatClientFinal(withoutProof: string, proof: Buffer): Buffer {
  return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
}

/** Throws SyntaxFault. */
export function parseServerFinal(message: Buffer): ServerFinal {
  const cursor = new TextCursor(decodeMessage(message));
  if (cursor.skip('e=')) return { kind: 'error', error: take(cursor, VALUE, 'an error') };
  cursor.expect('v=');
  const signature = takeBase64(cursor);
  cursor.take(EXTENSIONS);
  expectEnd(cursor);
  return { kind: 'verifier', signature };
}

/** What the server proves itself with. */
export function formatServerFinal(signature: Buffer): Buffer {
  return Buffer.from(`v=${signature.toString('base64')}`);
}
