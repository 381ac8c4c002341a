import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseParameterized } from './content-type.ts';

function read(text: string): unknown[] {
  const { value, parameters } = parseParameterized(text);
  return [value, Object.fromEntries(parameters)];
}

test('RFC 2045 §5.1 parseParameterized', () => {
  const cases: [string, string, Record<string, string>][] = [
    ['text/plain', 'text/plain', {}],
    ['Text/HTML; Charset=UTF-8', 'text/html', { charset: 'UTF-8' }],
    ['multipart/mixed;\r\n boundary="a b; \\"c"', 'multipart/mixed', { boundary: 'a b; "c' }],
    ['multipart/mixed; boundary==_x', 'multipart/mixed', { boundary: '=_x' }],
    ['text/plain (a; b=c); charset=x (y)', 'text/plain', { charset: 'x' }],
    ['text / plain ; a = b', 'text/plain', { a: 'b' }],
    ['attachment; filename=a b.txt; size=1', 'attachment', { filename: 'a b.txt', size: '1' }],
    ['text/plain; a; ; b=c;', 'text/plain', { b: 'c' }],
    ['text/plain; a=1; a=2', 'text/plain', { a: '1' }],
    ['text/plain; name="unclosed', 'text/plain', { name: 'unclosed' }],
    ['', '', {}],
    ['; charset=x', '', { charset: 'x' }],
  ];
  for (const [text, value, parameters] of cases) assert.deepEqual(read(text), [value, parameters], text);
});

test('RFC 2231 §3 and §4 continuations and charsets', () => {
  assert.deepEqual(read("a/b; name*=utf-8'de'%C3%BCber.txt"), ['a/b', { name: 'über.txt' }]);
  assert.deepEqual(read('a/b; name*1=b; name*0=a; name*2=c'), ['a/b', { name: 'abc' }]);
  assert.deepEqual(read("a/b; name*0*=iso-8859-1''%FC; name*1=x; name*2*=%FC"), ['a/b', { name: 'üxü' }]);
  assert.deepEqual(read("a/b; name=x; name*=no-such''%41"), ['a/b', { name: 'A' }]);
});
