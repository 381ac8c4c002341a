// Where the object store is: `s3://bucket/prefix?endpoint=https://host&region=name`. Keys are never in it: addresses are
// printed.

export interface ObjectAddress {
  readonly bucket: string;
  /** In front of every object's name: '' or something that ends with '/'. */
  readonly prefix: string;
  readonly region: string;
  /** Scheme, host and port; null: Amazon's, with the bucket in the host name. */
  readonly endpoint: string | null;
}

const DEFAULT_REGION = 'us-east-1';
const PARAMETERS = new Set(['endpoint', 'region']);

/** Parses an address; otherwise what is wrong with it, without repeating any of it. */
export function parseObjectAddress(text: string): ObjectAddress | { readonly fault: string } {
  if (!/^s3:\/\/\S+$/u.test(text) || !URL.canParse(text)) return { fault: 'wants "s3://bucket?endpoint=…&region=…"' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return { fault: 'keys do not belong here; put them in a file' };
  if (!/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/u.test(url.hostname) || url.port !== '' || url.hash !== '')
    return { fault: 'wants the name of a bucket behind "s3://"' };
  const path = url.pathname.replace(/^\//u, '').replace(/\/$/u, '');
  if (!/^(?:[\w.-]+(?:\/[\w.-]+)*)?$/u.test(path))
    return { fault: 'the prefix may have letters, digits, ".", "-", "_"' };
  for (const name of url.searchParams.keys())
    if (!PARAMETERS.has(name) || url.searchParams.getAll(name).length > 1)
      return { fault: 'knows only the parameters endpoint and region, each once' };
  const region = url.searchParams.get('region') ?? DEFAULT_REGION;
  if (!/^[a-zA-Z\d-]{1,64}$/u.test(region)) return { fault: 'wants the name of a region, such as "eu-central-1"' };
  const endpoint = url.searchParams.get('endpoint');
  if (endpoint !== null && !isEndpoint(endpoint))
    return { fault: 'wants an endpoint such as "https://host:port", with nothing behind it' };
  return {
    bucket: url.hostname,
    prefix: path === '' ? '' : `${path}/`,
    region,
    endpoint: endpoint === null ? null : new URL(endpoint).origin,
  };
}

function isEndpoint(text: string): boolean {
  if (!/^https?:\/\//u.test(text) || !URL.canParse(text)) return false;
  const { username, password, pathname, search, hash } = new URL(text);
  return username === '' && password === '' && pathname === '/' && search === '' && hash === '';
}

/** The URL of an object. */
export function objectUrl({ bucket, prefix, region, endpoint }: ObjectAddress, name: string): URL {
  return new URL(
    endpoint === null
      ? `https://${bucket}.s3.${region}.amazonaws.com/${prefix}${name}`
      : `${endpoint}/${bucket}/${prefix}${name}`,
  );
}
