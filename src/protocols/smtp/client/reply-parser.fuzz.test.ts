import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SmtpReply } from '../reply.ts';
import { ReplyParser } from './reply-parser.ts';

const text = fc.stringMatching(/^[ -~äß€]{0,60}$/u).filter((value) => !/^[245]\.\d{1,3}\.\d{1,3}(?: |$)/.test(value));
const reply: fc.Arbitrary<SmtpReply> = fc
  .record({
    code: fc.integer({ min: 200, max: 599 }),
    lines: fc.array(text, { minLength: 1, maxLength: 5 }),
    detail: fc.option(fc.tuple(fc.nat(999), fc.nat(999))),
  })
  .map(({ code, lines, detail }) => {
    const group = Math.floor(code / 100);
    if (detail === null || group === 3) return { code, lines };
    return { code, enhanced: `${group}.${detail[0]}.${detail[1]}`, lines };
  });

function format({ code, enhanced, lines }: SmtpReply): string {
  const status = enhanced === undefined ? '' : `${enhanced} `;
  return lines.map((line, at) => `${code}${at === lines.length - 1 ? ' ' : '-'}${status}${line}\r\n`).join('');
}

test('RFC 5321 §4.2 replies survive being cut anywhere', () => {
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 30 }), (replies, cuts) => {
      const octets = Buffer.from(replies.map(format).join(''));
      const seen: SmtpReply[] = [];
      const parser = new ReplyParser();
      const ends = [...new Set(cuts.map((cut) => Math.min(cut, octets.length))), octets.length].sort((a, b) => a - b);
      let start = 0;
      for (const end of ends) {
        assert.equal(
          parser.push(octets.subarray(start, end), (one) => seen.push(one)),
          null,
        );
        start = end;
      }
      assert.deepEqual(seen, replies);
      assert.equal(parser.pending, false);
    }),
  );
});

test('no octets make the reply parser throw, and what it keeps is bounded', () => {
  const octet = fc.oneof(fc.constantFrom(...Buffer.from('2345 -.\r\n0')), fc.nat(255));
  fc.assert(
    fc.property(fc.array(fc.array(octet, { maxLength: 300 }), { maxLength: 20 }), (chunks) => {
      const parser = new ReplyParser();
      let faulty = false;
      for (const chunk of chunks) {
        const fault = parser.push(Buffer.from(chunk), ({ code, lines }) => {
          assert.ok(code >= 200 && code <= 599 && lines.length > 0);
          assert.equal(faulty, false, 'nothing follows a fault');
        });
        faulty ||= fault !== null;
      }
    }),
  );
});
