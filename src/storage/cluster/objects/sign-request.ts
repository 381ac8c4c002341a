// Signs requests to an object store (AWS Signature Version 4). The only file that knows the package for it.
import { AwsV4Signer } from 'aws4fetch';
import type { ObjectKeys } from './object-keys.ts';

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, in hexadecimal: the store refuses a body that has another one. */
  readonly bodyHash: string;
}

/** SHA-256 of nothing. */
export const EMPTY_BODY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The keys that the signer makes of ours, one a day. */
export type SigningKeys = Map<string, ArrayBuffer>;

/** The headers of the request, with its signature. */
export async function signRequest(
  request: UnsignedRequest,
  { keys, region, nowMs, cache }: { keys: ObjectKeys; region: string; nowMs: number; cache: SigningKeys },
): Promise<Record<string, string>> {
  // Yesterday's is not needed again.
  if (cache.size > 1) cache.clear();
  const signer = new AwsV4Signer({
    ...keys.reveal(),
    method: request.method,
    url: request.url.href,
    headers: { ...request.headers, 'x-amz-content-sha256': request.bodyHash },
    service: 's3',
    region,
    cache,
    datetime: new Date(nowMs).toISOString().replaceAll(/[:-]|\.\d{3}/gu, ''),
  });
  return Object.fromEntries((await signer.sign()).headers);
}
