import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectUrl, parseObjectAddress } from './object-address.ts';
import { parseObjectKeys, toObjectKeys } from './object-keys.ts';

function urlOf(text: string): string {
  const address = parseObjectAddress(text);
  if ('fault' in address) throw new Error(address.fault);
  return `${objectUrl(address, '1.seg').href} ${address.region}`;
}

test('an address names bucket, prefix, endpoint and region', () => {
  assert.equal(urlOf('s3://mail'), 'https://mail.s3.us-east-1.amazonaws.com/1.seg us-east-1');
  assert.equal(urlOf('s3://mail/a/b/?region=eu-west-1'), 'https://mail.s3.eu-west-1.amazonaws.com/a/b/1.seg eu-west-1');
  assert.equal(urlOf('s3://mail?endpoint=http://10.0.0.1:9000'), 'http://10.0.0.1:9000/mail/1.seg us-east-1');
  assert.equal(urlOf('s3://mail/x?endpoint=https://s3.example.org&region=x'), 'https://s3.example.org/mail/x/1.seg x');
});

test('an address that is none is refused, and nothing of it is repeated', () => {
  for (const text of [
    '',
    's3:',
    's3://',
    's3://UPPER?x=SECRET',
    's3://mail:80',
    's3://mail#SECRET',
    's3://AKID:SECRET@mail',
    's3://mail?secret=SECRET',
    's3://mail?region=a&region=SECRET',
    's3://mail?region=a/SECRET',
    's3://mail/a b/SECRET',
    's3://mail/../SECRET%2F',
    's3://mail?endpoint=ftp://SECRET',
    's3://mail?endpoint=https://AKID:SECRET@host',
    's3://mail?endpoint=https://host/SECRET',
    'https://SECRET',
  ]) {
    const address = parseObjectAddress(text);
    assert.ok('fault' in address, text);
    assert.doesNotMatch(address.fault, /SECRET/u);
  }
});

test('keys come from a file as other programs have it', () => {
  const keys = parseObjectKeys(
    '# keys\n[other]\naws_access_key_id = NO\n[default]\r\naws_access_key_id = ID\r\naws_secret_access_key=SE/CRET+=\n[x]\naws_session_token = NO\n',
  );
  assert.deepEqual(keys?.reveal(), { accessKeyId: 'ID', secretAccessKey: 'SE/CRET+=' });
  assert.equal(parseObjectKeys('aws_access_key_id = ID\n'), null);
  assert.equal(parseObjectKeys(''), null);
  assert.deepEqual(toObjectKeys('ID', 'S', 'T')?.reveal(), {
    accessKeyId: 'ID',
    secretAccessKey: 'S',
    sessionToken: 'T',
  });
  assert.equal(toObjectKeys('ID', ''), null);
});
