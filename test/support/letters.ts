// Letters for slow tests: one that shows every trouble of transport, sending one with curl, and what Python's email
// package reads in one.
import { createHash } from 'node:crypto';
import { run } from './programs.ts';

/** Every octet value, and enough of them for many lines. */
export const ATTACHMENT = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
export const ATTACHMENT_DIGEST = createHash('sha256').update(ATTACHMENT).digest('hex');

export interface LetterOptions {
  readonly from: string;
  readonly to: string;
  readonly subject?: string;
}

/** A message with 8-bit text, lines that begin with dots, trailing blanks and an attachment. */
export function attachmentLetter({ from, to, subject = 'Fahrplan' }: LetterOptions): Buffer {
  const base64 = ATTACHMENT.toString('base64').replaceAll(/.{76}/gu, '$&\r\n');
  return Buffer.from(
    [
      `From: <${from}>`,
      `To: <${to}>`,
      `Subject: ${subject}`,
      'Date: Mon, 23 Nov 2026 20:00:00 +0000',
      `Message-ID: <${subject.toLowerCase().replaceAll(/\W+/gu, '-')}.${from}>`,
      `X-Folded: ${'many words '.repeat(6)}`,
      `\t${'and more '.repeat(8)}`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="=_road"',
      '',
      'This is a message in MIME format.',
      '--=_road',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      'Schöne Grüße',
      '.',
      '..',
      '.dot   ',
      'x'.repeat(990),
      'From the road',
      '',
      '--=_road',
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.bin`,
      'Content-Transfer-Encoding: base64',
      '',
      base64,
      '--=_road--',
      '',
    ].join('\r\n'),
  );
}

export interface SendOptions {
  readonly port: number;
  readonly host?: string;
  readonly from: string;
  readonly to: readonly string[];
  /** `user:password`; STARTTLS is used then. */
  readonly login?: string;
  /** The certificate of the server, for `login`. */
  readonly certificate?: string;
}

/** Sends octets as they are, with curl. */
export async function sendLetter(letter: Buffer, options: SendOptions): Promise<void> {
  const { port, host = '127.0.0.1', from, to, login, certificate = '' } = options;
  const safety = login === undefined ? [] : ['--ssl-reqd', '--cacert', certificate, '--user', login];
  const recipients = to.flatMap((address) => ['--mail-rcpt', address]);
  const url = `smtp://${host}:${port}/client.test`;
  const words = ['--silent', '--show-error', ...safety, '--mail-from', from, ...recipients, '--upload-file', '-', url];
  await run('curl', words, { input: letter, env: { LC_ALL: 'C.UTF-8' } });
}

export interface ReadLetter {
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly { readonly name: string | null; readonly digest: string }[];
}

const READ_LETTER = `
import email, email.policy, hashlib, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
digest = lambda a: hashlib.sha256(a.get_payload(decode=True)).hexdigest()
print(json.dumps({"subject": m["subject"], "text": m.get_body().get_content(),
  "attachments": [{"name": a.get_filename(), "digest": digest(a)} for a in m.iter_attachments()]}))`;

/** A message as Python's email package reads it. */
export async function readLetter(message: Buffer): Promise<ReadLetter> {
  return JSON.parse(await run('python3', ['-c', READ_LETTER], { input: message })) as ReadLetter;
}

export interface ReadReport {
  readonly headers: Readonly<Record<string, string>>;
  /** Content types of the parts of the multipart/report. */
  readonly parts: readonly string[];
  readonly text: string;
  /** Fields about the message, then about each recipient. */
  readonly groups: readonly Readonly<Record<string, string>>[];
  readonly original: string;
  readonly defects: readonly string[];
}

const READ_REPORT = `
import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
assert m.get_content_type() == "multipart/report", m.get_content_type()
assert m.get_param("report-type") == "delivery-status"
text, status, original = m.iter_parts()
kept = original.get_payload()
print(json.dumps({
  "headers": {k.lower(): str(v) for k, v in m.items()},
  "parts": [p.get_content_type() for p in m.iter_parts()],
  "text": text.get_content(),
  "groups": [{k.lower(): str(v) for k, v in g.items()} for g in status.get_payload()],
  "original": kept if isinstance(kept, str) else kept[0].as_string(),
  "defects": [str(d) for p in m.walk() for d in p.defects]}))`;

/** A delivery status notification (RFC 3464) as Python's email package reads it; rejects when it is none. */
export async function readReport(message: Buffer): Promise<ReadReport> {
  return JSON.parse(await run('python3', ['-c', READ_REPORT], { input: message })) as ReadReport;
}

/** The header of a message, unfolded. */
export function headerOf(message: Buffer): string {
  const text = message.toString('latin1');
  return text.slice(0, text.indexOf('\r\n\r\n') + 2).replaceAll(/\r\n[ \t]+/gu, ' ');
}
