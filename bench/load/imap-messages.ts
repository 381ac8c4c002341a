// The messages of the IMAP cases: of people who answer each other, plain, in two forms or with an attachment, about 4 kB,
// always the same ones.
import type { ImapSession } from './imap-load.ts';

const WORDS =
  'invoice meeting report project budget travel garden kitchen window station letter picture weather holiday summer winter music answer question morning evening contract delivery customer service review release version server network storage'.split(
    ' ',
  );
const PEOPLE = 200;
/** Messages of a conversation. */
const CONVERSATION = 5;
const BODY_WORDS = 380;
const APPENDED_TOGETHER = 100;

/** Numbers that look random and are always the same. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function prose(next: (below: number) => number, words: number): string {
  let text = '';
  for (let i = 1; i <= words; i++) text += `${WORDS[next(WORDS.length)]}${i % 10 === 0 ? '.\r\n' : ' '}`;
  return text;
}

function content(next: (below: number) => number, index: number): string {
  const kind = index % 10;
  if (kind < 4) return `Content-Type: text/plain; charset=utf-8\r\n\r\n${prose(next, BODY_WORDS)}\r\n`;
  const boundary = `part-${index}`;
  const plain = `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${prose(next, BODY_WORDS / 2)}\r\n`;
  const second =
    kind < 8
      ? `--${boundary}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>${prose(next, BODY_WORDS / 2)}</p></body></html>\r\n`
      : `--${boundary}\r\nContent-Type: application/pdf; name="a${index}.pdf"\r\nContent-Disposition: attachment; filename="a${index}.pdf"\r\n` +
        `Content-Transfer-Encoding: base64\r\n\r\n${'JVBERi0xLjQKJeLjz9MKMyAwIG9iago8PC9MZW5ndGggNCAwIFIvRmlsdGVyL0ZsYXRl\r\n'.repeat(18)}`;
  const type = kind < 8 ? 'alternative' : 'mixed';
  return `Content-Type: multipart/${type}; boundary="${boundary}"\r\n\r\n${plain}${second}--${boundary}--\r\n`;
}

/** Message `index`, counted from 0. */
export function messageAt(index: number): Buffer {
  const next = numbers(index * 7919 + 17);
  const first = index - (index % CONVERSATION);
  const subject = `${WORDS[first % WORDS.length]} ${WORDS[(first * 7) % WORDS.length]} ${first}`;
  const before = index === first ? '' : `References: <${first}@load.test>\r\nIn-Reply-To: <${index - 1}@load.test>\r\n`;
  const [from, to] = [next(PEOPLE), next(PEOPLE)];
  const date = new Date(Date.UTC(2026, 0, 1) + index * 600_000).toUTCString().replace('GMT', '+0000');
  return Buffer.from(
    `From: Person ${from} <person${from}@load.test>\r\nTo: Person ${to} <person${to}@local.test>\r\n` +
      `Date: ${date}\r\nMessage-ID: <${index}@load.test>\r\n${before}` +
      `Subject: ${index === first ? '' : 'Re: '}${subject}\r\nMIME-Version: 1.0\r\n${content(next, index)}`,
  );
}

/** Appends messages 0 to `count`, many with one command (RFC 3502, RFC 7888). */
export async function fillMailbox(session: ImapSession, mailbox: string, count: number): Promise<void> {
  for (let at = 0; at < count; at += APPENDED_TOGETHER) {
    const pieces: Buffer[] = [];
    for (let index = at; index < Math.min(count, at + APPENDED_TOGETHER); index++) {
      const message = messageAt(index);
      pieces.push(Buffer.from(` {${message.length}+}\r\n`), message);
    }
    pieces.push(Buffer.from('\r\n'));
    await session.command(`APPEND ${mailbox}`, Buffer.concat(pieces));
  }
}
