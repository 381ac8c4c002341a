// What package-lock.json must hold so that `npm ci` accepts it: every optional platform package of every package.

export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const ABI_CPU: Readonly<Record<string, string>> = { loong64: 'loong64', wasm32: 'wasm32' };

/** The entry of a platform package, its platform read from its name, such as `binding-linux-x64-musl`. */
function platformEntry(name: string, version: string, dev: boolean): LockEntry {
  const words = name.split(/[-/]/u);
  const system = words.findLast((word) => SYSTEMS.includes(word)) ?? 'none';
  const cpu = words[words.lastIndexOf(system) + 1] ?? 'none';
  const libc = words.at(-1)?.startsWith('musl') ? ['musl'] : words.at(-1)?.startsWith('gnu') ? ['glibc'] : null;
  return {
    version,
    cpu: [ABI_CPU[cpu] ?? cpu],
    ...(dev ? { dev: true } : {}),
    ...(libc === null || system !== 'linux' ? {} : { libc }),
    optional: true,
    os: [system],
  };
}

/** The optional packages that other entries name and the lock file lacks, as entries to add. */
export function missingPlatformPackages(lock: LockFile): Record<string, LockEntry> {
  const missing: Record<string, LockEntry> = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      if (lock.packages[key] !== undefined || lock.packages[`${path}/${key}`] !== undefined) continue;
      missing[key] = platformEntry(name, version, entry.dev === true);
    }
  }
  return missing;
}
