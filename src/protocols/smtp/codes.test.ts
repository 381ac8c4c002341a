import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MailError } from '../../base/errors/mail-error.ts';
import { refusalReply, SMTP_REFUSALS } from './codes.ts';

test('RFC 3463 §2 the enhanced status of every refusal has the class of its code', () => {
  for (const [name, { permanent, temporary }] of Object.entries(SMTP_REFUSALS)) {
    for (const [code, enhanced] of [permanent, temporary]) {
      assert.equal(enhanced.split('.')[0], String(code).charAt(0), name);
      assert.match(enhanced, /^[45]\.\d{1,3}\.\d{1,3}$/, name);
    }
    assert.equal(String(temporary[0]).charAt(0), '4', name);
  }
});

test('a fault that is ours is 4xx even when it is thrown as permanent', () => {
  const error = new MailError('directory-unavailable', 'Try again later', { temporary: false });
  assert.deepEqual(refusalReply(error), { code: 451, enhanced: '4.3.0', lines: ['Try again later'] });
});

test('only the public text is said', () => {
  const error = new MailError('loop', 'Too many hops', { temporary: false, details: { path: '/secret' } });
  assert.deepEqual(refusalReply(error), { code: 554, enhanced: '5.4.6', lines: ['Too many hops'] });
});
