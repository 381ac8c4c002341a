import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SmtpReply } from '../reply.ts';
import { REPLY_LINE_OCTETS_MAX, REPLY_LINES_MAX } from './limits.ts';
import { ReplyParser } from './reply-parser.ts';

function parse(text: string): { replies: SmtpReply[]; fault: string | null } {
  const replies: SmtpReply[] = [];
  const fault = new ReplyParser().push(Buffer.from(text), (reply) => replies.push(reply));
  return { replies, fault };
}

test('RFC 5321 §4.2.1 replies as servers really send them', () => {
  const cases: [string, SmtpReply][] = [
    ['250 ok\r\n', { code: 250, lines: ['ok'] }],
    ['250\r\n', { code: 250, lines: [''] }],
    ['250 bare\n', { code: 250, lines: ['bare'] }],
    ['250-a\r\n250 b\r\n', { code: 250, lines: ['a', 'b'] }],
    ['250-a\r\n550 b\r\n', { code: 550, lines: ['a', 'b'] }],
    ['550 5.1.1 who\r\n', { code: 550, enhanced: '5.1.1', lines: ['who'] }],
    ['550-5.1.1 who\r\n550 5.1.1 is it\r\n', { code: 550, enhanced: '5.1.1', lines: ['who', 'is it'] }],
    ['550 5.1.10\r\n', { code: 550, enhanced: '5.1.10', lines: [''] }],
    // RFC 2034 §4: the class of the code and of the enhanced code agree, or it is none.
    ['450 5.1.1 who\r\n', { code: 450, lines: ['5.1.1 who'] }],
    ['250 2.0.0.1 no\r\n', { code: 250, lines: ['2.0.0.1 no'] }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parse(text), { replies: [expected], fault: null }, text);
});

test('what is no reply ends the dialog', () => {
  for (const text of [
    'hello\r\n',
    '\r\n',
    '25 ok\r\n',
    '150 no\r\n',
    '650 no\r\n',
    '250x\r\n',
    '2500 ok\r\n',
    'HTTP/1.1 400\r\n',
  ]) {
    assert.deepEqual(parse(text), { replies: [], fault: 'not-a-reply' }, text);
  }
});

test('reply lines and replies are bounded', () => {
  const longest = `250 ${'x'.repeat(REPLY_LINE_OCTETS_MAX - 10)}`;
  assert.equal(parse(`${longest}\r\n`).fault, null);
  assert.equal(parse(`250 ${'x'.repeat(REPLY_LINE_OCTETS_MAX)}\r\n`).fault, 'line-too-long');
  assert.equal(parse('x'.repeat(REPLY_LINE_OCTETS_MAX + 1)).fault, 'line-too-long');
  assert.equal(parse(`${'250-a\r\n'.repeat(REPLY_LINES_MAX - 1)}250 b\r\n`).fault, null);
  assert.equal(parse('250-a\r\n'.repeat(REPLY_LINES_MAX + 1)).fault, 'too-many-lines');
});
