// What IMAP says about thousands of real and broken messages, beside Dovecot's word: ENVELOPE, BODY, BODYSTRUCTURE, size,
// every section, and what the parts decode to. Where the two differ there must be a reason in the table.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toCrlf } from '../../src/formats/message/octets.ts';
import { breakMessage, seededNumbers } from '../support/broken-messages.ts';
import { DovecotReader } from '../support/dovecot-reader.ts';
import { absentServer } from '../support/mail-servers.ts';
import { compareWithDovecot, type Difference } from '../support/mime-oracle.ts';
import { dataFiles, missingData, readData } from '../support/public-data.ts';

const FOLDERS = ['mime-mime4j', 'mime-stalwart', 'dkim', 'spam-spamassassin'];
const TORTURE = '{mime-mime4j/**/*.msg,mime-stalwart/**/*.eml,dkim/**/*.{eml,txt}}';
const REAL = 'spam-spamassassin/data/**/*.txt';
const SEED = 4;

interface KnownDifference {
  readonly reason: string;
  is(difference: Difference, message: Buffer): boolean;
}

/** Whether some header section has a transfer encoding but neither MIME-Version nor Content-Type. */
function hasEncodingAlone(message: Buffer): boolean {
  const blocks = message.toString('latin1').split('\r\n\r\n');
  const encoding = /^content-transfer-encoding[ \t]*:/imu;
  return blocks.some((block) => encoding.test(block) && !/^(?:mime-version|content-type)[ \t]*:/imu.test(block));
}

/** Where we do not say what Dovecot says, and why. */
const KNOWN: readonly KnownDifference[] = [
  {
    reason:
      'RFC 2045 §5.2: a Content-Type off the grammar is read as far as it goes, else as text/plain; Dovecot says "" ""',
    is: ({ what, theirs }) => what.startsWith('BODY') && theirs.includes('["","",'),
  },
  {
    reason:
      'RFC 9051 §6.4.5.1: the empty line is there although the section has none; Dovecot leaves it out, or reads on',
    is({ what, ours, theirs }) {
      const selected = ours.replace(/(?:\\r\\n)*"$/u, '');
      return (
        what.includes('.FIELDS') &&
        (selected === '"' ? /^BODY\[\d/u.test(what) || theirs === '""' : theirs.startsWith(selected))
      );
    },
  },
  {
    reason:
      'a domain is shown with all of its dots, RFC 5322 §4.4 white space around them is read; Dovecot drops the domain',
    is: ({ what, theirs }) => !what.includes('[') && /missing_(?:domain|mailbox)|syntax_error/u.test(theirs),
  },
  {
    reason:
      'the empty line of a message/rfc822 that has nothing inside is of its header section; Dovecot leaves it out',
    is: ({ what, ours, theirs }) => what.endsWith('.MIME]') && ours === theirs.replace(/"$/u, '\\r\\n"'),
  },
  {
    reason: 'a parameter is found behind a value that goes on with text; Dovecot loses some of them',
    is: ({ what }, message) => what.startsWith('BODY') && message.includes('\r\n\tdkim=fail reason="'),
  },
  {
    reason: 'RFC 5322 §2.2.3: a backslash in front of a fold quotes what stands behind it; Dovecot keeps it',
    is: ({ what }, message) => what.startsWith('BODY') && message.includes('\\\r\n'),
  },
  {
    reason:
      'RFC 2045 §4: in a message that is not MIME a transfer encoding does not count; BODYSTRUCTURE of both says so',
    is: ({ what }, message) => what.startsWith('BINARY') && hasEncodingAlone(message),
  },
  {
    reason: 'of a boundary more than 80 octets are compared',
    is: ({ what }, message) => what.startsWith('BODY') && /boundary="[^"]{80}/iu.test(message.toString('latin1')),
  },
];

function crlfMessage(path: string): Buffer {
  return toCrlf(readData(path));
}

/** Compares all and fails with what no reason in the table explains. */
async function compareAll(messages: readonly Buffer[]): Promise<string> {
  const dovecot = await DovecotReader.start(messages);
  const counts = new Map<string, number>();
  try {
    for (const [i, message] of messages.entries()) {
      for (const difference of await compareWithDovecot(dovecot, i + 1, message)) {
        const known = KNOWN.find((one) => one.is(difference, message));
        const { what, ours, theirs } = difference;
        assert.ok(
          known !== undefined,
          `${what}\nours   ${ours}\ntheirs ${theirs}\nof ${JSON.stringify(message.toString('latin1'))}`,
        );
        counts.set(known.reason, (counts.get(known.reason) ?? 0) + 1);
      }
    }
  } finally {
    await dovecot.stop();
  }
  return [...counts].map(([reason, count]) => `${count} × ${reason}`).join('\n');
}

const skip = absentServer('dovecot') || (FOLDERS.map(missingData).find((reason) => reason !== false) ?? false);

/** NUL cannot be said in a literal: each server has its own way out. */
const hasNoNul = (message: Buffer): boolean => !message.includes(0);

describe('what IMAP says about a message, beside Dovecot', { skip }, () => {
  test('RFC 9051 §7.5.2 messages made to be difficult', async (t) => {
    t.diagnostic(await compareAll(dataFiles(TORTURE).map(crlfMessage).filter(hasNoNul)));
  });

  test('RFC 9051 §7.5.2 the same, broken', async (t) => {
    const next = seededNumbers(SEED);
    const messages = dataFiles(TORTURE).map(crlfMessage).filter(hasNoNul);
    t.diagnostic(
      await compareAll(messages.flatMap((message) => Array.from({ length: 15 }, () => breakMessage(message, next)))),
    );
  });

  test('RFC 9051 §7.5.2 mail of a few years, as it was and broken', async (t) => {
    const next = seededNumbers(SEED);
    const files = dataFiles(REAL).filter((_, i) => i % 4 === 0);
    const messages = files.map(crlfMessage).filter(hasNoNul);
    t.diagnostic(await compareAll([...messages, ...messages.map((message) => breakMessage(message, next))]));
  });
});
