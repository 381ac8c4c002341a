import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { readObjectOptions } from './object-options.ts';

const BLOBS = 's3://mail?region=eu-west-1';

test('keys come from the environment or from a file, and do not show themselves', async (t) => {
  const data = scratchFolder(t);
  const given = { AWS_ACCESS_KEY_ID: 'THE-ID', AWS_SECRET_ACCESS_KEY: 'THE-SECRET' };
  const store = { url: 'postgres://h/d', blobs: BLOBS, blobsKeys: null };
  const fromEnvironment = await readObjectOptions({ data, store }, given);
  assert.equal(fromEnvironment?.spoolFolder, join(data, 'spool'));
  assert.deepEqual(fromEnvironment?.keys.reveal(), { accessKeyId: 'THE-ID', secretAccessKey: 'THE-SECRET' });
  const path = join(data, 'keys');
  writeFileSync(path, 'aws_access_key_id = OTHER-ID\naws_secret_access_key = OTHER-SECRET\n');
  const fromFile = await readObjectOptions({ data, store: { ...store, blobsKeys: path } }, given);
  assert.equal(fromFile?.keys.reveal().accessKeyId, 'OTHER-ID');
  assert.doesNotMatch(inspect([fromEnvironment, fromFile], { depth: 9 }), /SECRET|-ID/u);
});

test('without keys the server does not start, and says what to do', async (t) => {
  const data = scratchFolder(t);
  const store = { url: 'postgres://h/d', blobs: BLOBS, blobsKeys: null };
  await assert.rejects(readObjectOptions({ data, store }, { AWS_ACCESS_KEY_ID: 'x' }), /AWS_SECRET_ACCESS_KEY/u);
  const path = join(data, 'keys');
  writeFileSync(path, 'aws_secret_access_key = THE-SECRET\n');
  await assert.rejects(readObjectOptions({ data, store: { ...store, blobsKeys: path } }, {}), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /has no keys/u);
    assert.doesNotMatch(error.message, /THE-SECRET/u);
    return true;
  });
  assert.equal(await readObjectOptions({ data, store: { ...store, blobs: 'segments:' } }, {}), null);
});
