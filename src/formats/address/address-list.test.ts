import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailboxesOf, parseAddressList } from './address-list.ts';
import { ADDRESS_LIST_MAX_ENTRIES } from './limits.ts';
import { formatAddrSpec } from './parse.ts';

function flat(value: string): string[] {
  return mailboxesOf(parseAddressList(value)).map((box) => `${box.displayName}|${formatAddrSpec(box.address)}`);
}

test('RFC 5322 §3.4 address lists', () => {
  const cases: [string, string[]][] = [
    ['', []],
    ['ann@one.test', ['|ann@one.test']],
    ['<ann@one.test>', ['|ann@one.test']],
    ['Ann <ann@one.test>', ['Ann|ann@one.test']],
    ['Ann Lee <ann@one.test>, Bob <bob@two.test>', ['Ann Lee|ann@one.test', 'Bob|bob@two.test']],
    ['"Lee, Ann" <ann@one.test>', ['Lee, Ann|ann@one.test']],
    ['"Joe \\"Q\\"" <joe@one.test>', ['Joe "Q"|joe@one.test']],
    ['=?utf-8?Q?J=C3=BCrgen,_x?= <j@one.test>', ['=?utf-8?Q?J=C3=BCrgen,_x?=|j@one.test']],
    ['Jürgen <jürgen@bücher.test>', ['Jürgen|jürgen@bücher.test']],
    ['ann@one.test (Ann Lee)', ['Ann Lee|ann@one.test']],
    ['Ann(c)(d)\r\n <ann@one.test>(e)', ['Ann|ann@one.test']],
    ['"ann lee"@one.test', ['|"ann lee"@one.test']],
    ['ann@[192.0.2.1]', ['|ann@[192.0.2.1]']],
    ['root', ['|root']],
  ];
  for (const [value, expected] of cases) {
    assert.deepEqual(flat(value), expected, value);
    assert.equal(parseAddressList(value).complete, true, value);
  }
});

test('RFC 5322 §3.4 groups', () => {
  const list = parseAddressList('Friends: ann@one.test, Bob <bob@two.test>;, undisclosed-recipients:;, c@d.test');
  assert.equal(list.complete, true);
  assert.deepEqual(
    list.entries.map((entry) => (entry.kind === 'group' ? [entry.displayName, entry.members.length] : entry.kind)),
    [['Friends', 2], ['undisclosed-recipients', 0], 'mailbox'],
  );
});

test('RFC 5322 §4.4 obsolete forms', () => {
  assert.deepEqual(flat('Joe Q. Public <john . q@one . test>'), ['Joe Q. Public|john.q@one.test']);
  assert.deepEqual(flat('<@a.test,@b.test:ann@one.test>'), ['|ann@one.test']);
  assert.deepEqual(flat(',, ann@one.test,,bob@two.test, '), ['|ann@one.test', '|bob@two.test']);
  assert.deepEqual(flat('"a"."b".c @ one.test'), ['|a.b.c@one.test']);
});

test('what cannot be read is left out, and said', () => {
  const cases: [string, string[]][] = [
    ['Ann Lee, bob@two.test', ['|bob@two.test']],
    ['ann@one.test bob@two.test, c@d.test', ['|c@d.test']],
    ['<ann@one.test, bob@two.test', ['|bob@two.test']],
    ['<ann@one.test> x, bob@two.test', ['|bob@two.test']],
    ['"unclosed <ann@one.test>', []],
    ['(unclosed <ann@one.test>', []],
    ['Group: ann@one.test', ['|ann@one.test']],
    ['Group: a b c; d@e.test', ['|d@e.test']],
    ['@one.test, bob@two.test', ['|bob@two.test']],
    ['<>', []],
    ['"a\r"@one.test, b@one.test', ['|b@one.test']],
    ['"a\0"@one.test', []],
    ['a@[one\r]', []],
    ['ann@one.test; bob@two.test', []],
  ];
  for (const [value, expected] of cases) {
    assert.deepEqual(flat(value), expected, value);
    assert.equal(parseAddressList(value).complete, false, value);
  }
});

test('a second From address hidden behind the first is never the only one seen', () => {
  const list = parseAddressList('ann@one.test <eve@two.test>');
  assert.equal(list.complete, false);
});

test('the entries of one field are limited', () => {
  const list = parseAddressList('a@b.test,'.repeat(ADDRESS_LIST_MAX_ENTRIES + 1));
  assert.equal(list.entries.length, ADDRESS_LIST_MAX_ENTRIES);
  assert.equal(list.complete, false);
  assert.equal(parseAddressList('a@b.test,'.repeat(ADDRESS_LIST_MAX_ENTRIES)).complete, true);
});
