import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { NAME_MAX_OCTETS, PASSWORD_MAX_OCTETS, SASL_MESSAGE_MAX_OCTETS } from './limits.ts';
import { parsePlainMessage } from './plain-message.ts';

test('RFC 4616 §4 the examples', () => {
  assert.deepEqual(parsePlainMessage(Buffer.from('\0tim\0tanstaaftanstaaf')), {
    authorizationId: '',
    name: 'tim',
    password: 'tanstaaftanstaaf',
  });
  assert.equal(parsePlainMessage(Buffer.from('Ursel\0Kurt\0xipj3plmq')).authorizationId, 'Ursel');
});

test('RFC 4616 §2 the longest name and password pass', () => {
  const name = 'n'.repeat(NAME_MAX_OCTETS);
  const password = 'p'.repeat(PASSWORD_MAX_OCTETS);
  assert.deepEqual(parsePlainMessage(Buffer.from(`${name}\0${name}\0${password}`)), {
    authorizationId: name,
    name,
    password,
  });
});

const broken: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['no NUL', Buffer.from('tim')],
  ['one NUL', Buffer.from('tim\0pass')],
  ['three NULs', Buffer.from('\0tim\0pass\0more')],
  ['no name', Buffer.from('\0\0pass')],
  ['no password', Buffer.from('\0tim\0')],
  ['not UTF-8', Buffer.from('\0tim\0p\xe4ss', 'latin1')],
  ['a long name', Buffer.from(`\0${'n'.repeat(NAME_MAX_OCTETS + 1)}\0p`)],
  ['a long authorization identity', Buffer.from(`${'n'.repeat(NAME_MAX_OCTETS + 1)}\0n\0p`)],
  ['a long password', Buffer.from(`\0n\0${'p'.repeat(PASSWORD_MAX_OCTETS + 1)}`)],
  ['a long message', Buffer.alloc(SASL_MESSAGE_MAX_OCTETS + 1, 'x')],
];

for (const [title, message] of broken)
  test(`RFC 4616 §2 refuses ${title}`, () => assert.throws(() => parsePlainMessage(message), SyntaxFault));
