import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { DOMAIN_MAX_OCTETS, LABEL_MAX_OCTETS, LOCAL_PART_MAX_OCTETS, PATH_MAX_CHARACTERS } from './limits.ts';
import { formatAddrSpec, formatPath, parseAddrSpec, parsePath } from './parse.ts';

const ascii = { allowUtf8: false };
const utf8 = { allowUtf8: true };

test('RFC 5321 §4.1.2 parsePath takes', () => {
  const cases: [string, string, string, string][] = [
    ['<ann@one.test>', 'ann', 'one.test', ''],
    [' <ann@one.test>', 'ann', 'one.test', ''],
    ['<ann@one.test> SIZE=1', 'ann', 'one.test', ' SIZE=1'],
    ['<ann.b+c=d@ONE.test>', 'ann.b+c=d', 'ONE.test', ''],
    ['<"ann b"@one.test>', 'ann b', 'one.test', ''],
    [String.raw`<"a\"\\>@"@one.test>`, String.raw`a"\>@`, 'one.test', ''],
    ['<""@one.test>', '', 'one.test', ''],
    ['<@a.test,@b.test:ann@one.test>', 'ann', 'one.test', ''],
    ['<ann@[192.0.2.1]>', 'ann', '[192.0.2.1]', ''],
    ['<ann@[IPv6:2001:db8::1]>', 'ann', '[IPv6:2001:db8::1]', ''],
    ['<ann@localhost>', 'ann', 'localhost', ''],
    ['<ann@1.2.3.4>', 'ann', '1.2.3.4', ''],
    ['<Postmaster>', 'Postmaster', '', ''],
    ['<postmaster@one.test>', 'postmaster', 'one.test', ''],
  ];
  for (const [text, localPart, domain, rest] of cases) {
    assert.deepEqual(parsePath(text, ascii), { path: { localPart, domain }, rest }, text);
  }
  assert.deepEqual(parsePath('<> RET=HDRS', ascii), { path: null, rest: ' RET=HDRS' });
});

test('RFC 5321 §4.1.2 parsePath refuses', () => {
  const cases = [
    '',
    'ann@one.test',
    '<ann@one.test',
    '<ann@one.test>x',
    '<ann>',
    '<@one.test>',
    '<ann@>',
    '<.ann@one.test>',
    '<ann.@one.test>',
    '<a..b@one.test>',
    '<a b@one.test>',
    '<"a@one.test>',
    '<"a"b@one.test>',
    '<"a\r"@one.test>',
    '<ann@one..test>',
    '<ann@.test>',
    '<ann@one.test.>',
    '<ann@-one.test>',
    '<ann@one-.test>',
    '<ann@o_e.test>',
    '<ann@[1.2.3]>',
    '<ann@[2001:db8::1]>',
    '<ann@[IPv6:1.2.3.4]>',
    '<ann@[IPv6:fe80::1%eth0]>',
    '<ann@[x-tag:content]>',
    '<ann@one.test> <b@one.test>'.replace('> ', '>'),
    '<@a.test ann@one.test>',
    '<a@b@one.test>',
    '<\0@one.test>',
    '<ann@one.test\0>',
    '<ü@one.test>',
    '<ann@ü.test>',
  ];
  for (const text of cases) assert.throws(() => parsePath(text, ascii), SyntaxFault, text);
});

test('the null path and bare postmaster have their places', () => {
  assert.throws(() => parsePath('<>', { allowUtf8: false, role: 'forward' }), SyntaxFault);
  assert.throws(() => parsePath('<postmaster>', { allowUtf8: false, role: 'reverse' }), SyntaxFault);
  assert.equal(parsePath('<>', { allowUtf8: false, role: 'reverse' }).path, null);
  assert.equal(parsePath('<POSTMASTER>', { allowUtf8: false, role: 'forward' }).path?.domain, '');
});

test('RFC 6531 §3.3 UTF-8 in paths, where allowed', () => {
  assert.deepEqual(parsePath('<jürgen@bücher.test>', utf8).path, { localPart: 'jürgen', domain: 'bücher.test' });
  assert.deepEqual(parsePath('<"j ü"@xn--bcher-kva.test>', utf8).path, {
    localPart: 'j ü',
    domain: 'xn--bcher-kva.test',
  });
  for (const text of [
    '<\ufffd@one.test>',
    '<\ud800@one.test>',
    '<ann@\ud800.test>',
    '<ann@ü ü.test>',
    '<ann@ü..test>',
  ]) {
    assert.throws(() => parsePath(text, utf8), SyntaxFault, text);
  }
});

test('limits of RFC 5321 §4.5.3.1 are reached', () => {
  const localPart = 'a'.repeat(LOCAL_PART_MAX_OCTETS);
  assert.equal(parsePath(`<${localPart}@one.test>`, ascii).path?.localPart, localPart);
  assert.throws(() => parsePath(`<${localPart}a@one.test>`, ascii), SyntaxFault);
  assert.throws(() => parsePath(`<ü${localPart.slice(1)}@one.test>`, utf8), SyntaxFault);
  const label = 'b'.repeat(LABEL_MAX_OCTETS);
  assert.ok(parsePath(`<a@${label}.test>`, ascii).path);
  assert.throws(() => parsePath(`<a@b${label}.test>`, ascii), SyntaxFault);
  const domain = `${'c.'.repeat((DOMAIN_MAX_OCTETS - 1) / 2)}c`;
  assert.equal(domain.length, DOMAIN_MAX_OCTETS);
  assert.ok(parsePath(`<a@${domain}>`, ascii).path);
  assert.throws(() => parsePath(`<a@${domain}c>`, ascii), SyntaxFault);
  const route = '@a.test,'.repeat(PATH_MAX_CHARACTERS / 8).slice(0, -1);
  assert.throws(() => parsePath(`<${route}:a@one.test>`, ascii), SyntaxFault);
  assert.equal(parseAddrSpec(`a@${'b'.repeat(PATH_MAX_CHARACTERS)}`), null);
});

test('parseAddrSpec takes one address and nothing else', () => {
  assert.deepEqual(parseAddrSpec('ann@one.test'), { localPart: 'ann', domain: 'one.test' });
  assert.deepEqual(parseAddrSpec('jürgen@bücher.test'), { localPart: 'jürgen', domain: 'bücher.test' });
  assert.equal(parseAddrSpec('jürgen@bücher.test', { allowUtf8: false }), null);
  for (const text of ['', 'ann', '<ann@one.test>', 'ann@one.test ', ' ann@one.test', 'a@one.test,b@one.test']) {
    assert.equal(parseAddrSpec(text), null, text);
  }
});

test('formatAddrSpec quotes where it must', () => {
  assert.equal(formatAddrSpec({ localPart: 'ann', domain: 'one.test' }), 'ann@one.test');
  assert.equal(formatAddrSpec({ localPart: 'ann b', domain: 'one.test' }), '"ann b"@one.test');
  assert.equal(formatAddrSpec({ localPart: '.a', domain: 'one.test' }), '".a"@one.test');
  assert.equal(formatAddrSpec({ localPart: '', domain: 'one.test' }), '""@one.test');
  assert.equal(formatAddrSpec({ localPart: String.raw`a"\b`, domain: 'one.test' }), String.raw`"a\"\\b"@one.test`);
  assert.equal(formatAddrSpec({ localPart: 'postmaster', domain: '' }), 'postmaster');
  assert.equal(formatPath(null), '<>');
  assert.equal(formatPath({ localPart: 'ann', domain: 'one.test' }), '<ann@one.test>');
});
