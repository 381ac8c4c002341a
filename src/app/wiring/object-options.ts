// The object store that the configuration names, with its keys: from a file or from the environment. The keys go into an
// object that shows itself to nobody but the signer.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseObjectKeys, toObjectKeys, type ObjectKeys } from '../../storage/cluster/objects/object-keys.ts';
import type { ObjectOptions } from '../../storage/cluster/objects/thread-objects.ts';
import type { Config } from '../config/config.ts';

/** null: the configuration names none. Rejects when its keys are not to be had; the text has nothing of them. */
export async function readObjectOptions(
  { data, store }: Pick<Config, 'data' | 'store'>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ObjectOptions | null> {
  if (store.blobs === 'segments:') return null;
  const keys = store.blobsKeys === null ? fromEnvironment(env) : await fromFile(store.blobsKeys);
  return { url: store.blobs, keys, spoolFolder: join(data, 'spool') };
}

function fromEnvironment(env: NodeJS.ProcessEnv): ObjectKeys {
  const keys = toObjectKeys(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']);
  if (keys !== null) return keys;
  throw new Error(
    'the object store has no keys; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file in [store] blobs_keys',
  );
}

async function fromFile(path: string): Promise<ObjectKeys> {
  const keys = parseObjectKeys(await readFile(path, 'utf8'));
  if (keys !== null) return keys;
  throw new Error(`${path} has no keys; it wants lines aws_access_key_id = … and aws_secret_access_key = …`);
}
