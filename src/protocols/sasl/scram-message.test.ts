import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { NAME_MAX_OCTETS, SASL_MESSAGE_MAX_OCTETS } from './limits.ts';
import { parseClientFinal, parseClientFirst, parseServerFinal, parseServerFirst } from './scram-message.ts';

test('RFC 5802 §5.1 a name holds =2C for a comma and =3D for an equals sign', () => {
  const parsed = parseClientFirst(Buffer.from('y,a=x=3Dy,n=a=2Cb=3D2C,r=abc,x=extension'));
  assert.deepEqual(parsed, {
    binding: { kind: 'unoffered' },
    authorizationId: 'x=y',
    name: 'a,b=2C',
    nonce: 'abc',
    gs2Header: 'y,a=x=3Dy,',
    bare: 'n=a=2Cb=3D2C,r=abc,x=extension',
  });
});

test('RFC 5802 §7 server error', () => {
  assert.deepEqual(parseServerFinal(Buffer.from('e=invalid-proof')), { kind: 'error', error: 'invalid-proof' });
});

const broken: [string, (message: Buffer) => unknown, string][] = [
  ['no gs2 header', parseClientFirst, 'n=user,r=abc'],
  ['an unknown binding flag', parseClientFirst, 'x,,n=user,r=abc'],
  ['a binding without type', parseClientFirst, 'p=,,n=user,r=abc'],
  ['a mandatory extension', parseClientFirst, 'n,,m=x,n=user,r=abc'],
  ['no name', parseClientFirst, 'n,,n=,r=abc'],
  ['a bare equals sign in the name', parseClientFirst, 'n,,n=a=b,r=abc'],
  ['a long name', parseClientFirst, `n,,n=${'n'.repeat(NAME_MAX_OCTETS + 1)},r=abc`],
  ['no nonce', parseClientFirst, 'n,,n=user,r='],
  ['a nonce with a space', parseClientFirst, 'n,,n=user,r=a b'],
  ['a long message', parseClientFirst, `n,,n=user,r=${'r'.repeat(SASL_MESSAGE_MAX_OCTETS)}`],
  ['iterations that are no number', parseServerFirst, 'r=abc,s=QSXCR+Q6sek8bf92,i=x'],
  ['no iterations', parseServerFirst, 'r=abc,s=QSXCR+Q6sek8bf92,i=0'],
  ['a salt that is no base64', parseServerFirst, 'r=abc,s=!,i=4096'],
  ['a mandatory extension of the server', parseServerFirst, 'm=x,r=abc,s=QSXCR+Q6sek8bf92,i=4096'],
  ['no proof', parseClientFinal, 'c=biws,r=abc'],
  ['an empty proof', parseClientFinal, 'c=biws,r=abc,p='],
  ['a proof that is no base64', parseClientFinal, 'c=biws,r=abc,p=abc'],
  ['text after the proof', parseClientFinal, 'c=biws,r=abc,p=YWJj,x=y'],
  ['no channel binding', parseClientFinal, 'r=abc,p=YWJj'],
  ['an empty server signature', parseServerFinal, 'v='],
];

for (const [title, parse, message] of broken)
  test(`RFC 5802 §7 refuses ${title}`, () => assert.throws(() => parse(Buffer.from(message)), SyntaxFault));
