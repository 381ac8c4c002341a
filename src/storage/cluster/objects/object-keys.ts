// The keys of the object store. They show themselves to the signer alone: whoever logs or prints the object, or an error
// that has it, gets nothing.

export interface KeyParts {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys. */
  readonly sessionToken?: string;
}

/** A pair of keys that keeps itself to itself. */
export class ObjectKeys {
  readonly #parts: KeyParts;

  constructor(parts: KeyParts) {
    this.#parts = parts;
  }

  /** For the signer. */
  reveal(): KeyParts {
    return this.#parts;
  }
}

const NAMES: Readonly<Record<string, keyof KeyParts>> = {
  aws_access_key_id: 'accessKeyId',
  aws_secret_access_key: 'secretAccessKey',
  aws_session_token: 'sessionToken',
};
const LINE = /^([\w.-]+)\s*=\s*(\S+)$/u;

/**
 * Reads the text of a file of keys: lines `aws_access_key_id = …` and `aws_secret_access_key = …`, as in the file of
 * Amazon's own programs, whose section `[default]` counts. null when they are not there.
 */
export function parseObjectKeys(text: string): ObjectKeys | null {
  const found: { -readonly [K in keyof KeyParts]?: string } = {};
  let counts = true;
  for (const raw of text.split(/\r?\n/u)) {
    const line = raw.trim();
    if (line.startsWith('[')) counts = line === '[default]';
    const [, name = '', value = ''] = LINE.exec(line) ?? [];
    const part = NAMES[name];
    if (counts && part !== undefined) found[part] = value;
  }
  return toObjectKeys(found.accessKeyId, found.secretAccessKey, found.sessionToken);
}

/** Keys from the environment; null unless both are there. */
export function toObjectKeys(id: string | undefined, secret: string | undefined, token?: string): ObjectKeys | null {
  if (id === undefined || id === '' || secret === undefined || secret === '') return null;
  const given = token === undefined || token === '' ? {} : { sessionToken: token };
  return new ObjectKeys({ accessKeyId: id, secretAccessKey: secret, ...given });
}
