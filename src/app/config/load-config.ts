// Finds the configuration file, reads it once and gives the frozen object, or every problem together.
import { readFileSync, statSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { completeConfig, type Config, type Machine } from './config.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { CONFIG_FILE_MAX_BYTES, SECRET_FILE_MAX_BYTES } from './limits.ts';
import { readSettings } from './read-settings.ts';
import { SCHEMA } from './schema.ts';
import { parseToml } from './toml.ts';
import { verifyConfig } from './verify.ts';

/** The file's name in the current folder; the first of the usual places. */
export const CONFIG_FILE_NAME = 'postroad.toml';
const SYSTEM_CONFIG_FILE = '/etc/postroad/postroad.toml';

/** The machine this runs on. */
export function thisMachine(): Machine {
  return { cores: availableParallelism(), name: hostname() };
}

/** What parsing needs besides the text. */
export interface ConfigPlace {
  /** Told in problems; null: there is no file. */
  readonly file: string | null;
  /** Relative paths start here. */
  readonly folder: string;
  readonly machine: Machine;
}

/** Parses and checks the text of a configuration file; reads no file. Throws ConfigError. */
export function parseConfig(text: string, { file, folder, machine }: ConfigPlace): Config {
  const document = parseToml(text, file ?? CONFIG_FILE_NAME);
  const problems: ConfigProblem[] = [];
  const written = readSettings(SCHEMA, { document, file, folder }, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const config = completeConfig(written, file, machine);
  for (const { path, message } of verifyConfig(config)) {
    problems.push({ file, line: document.lineOf(path), message });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(config);
}

/** Where the configuration is: the named file, `postroad.toml` in `folder`, the system's, or nowhere (null). */
export function findConfigFile(named: string | null, folder: string): string | null {
  if (named !== null) return resolve(folder, named);
  return [join(folder, CONFIG_FILE_NAME), SYSTEM_CONFIG_FILE].find((path) => isFile(path)) ?? null;
}

/** Loads the configuration with its secrets. `named` null: the usual places, else the defaults. Throws ConfigError. */
export function loadConfig(named: string | null, folder: string, machine: Machine = thisMachine()): Config {
  const config = readConfig(named, folder, machine);
  return config.file === null ? config : withSecrets(config);
}

/** The same without the secrets, for users who may not read those. Throws ConfigError. */
export function readConfig(named: string | null, folder: string, machine: Machine = thisMachine()): Config {
  const file = findConfigFile(named, folder);
  if (file === null) return parseConfig('', { file, folder, machine });
  const text = readText(file, CONFIG_FILE_MAX_BYTES, file);
  return parseConfig(text, { file, folder: dirname(file), machine });
}

/** The password files of the routes, read. */
function withSecrets(config: Config): Config {
  const routes = config.routes.map((route) => {
    if (route.passwordFile === null) return route;
    const password = readText(route.passwordFile, SECRET_FILE_MAX_BYTES, config.file).trimEnd();
    return { ...route, via: { ...route.via, password } };
  });
  return deepFreeze({ ...config, routes });
}

function readText(path: string, maxBytes: number, file: string | null): string {
  const fault = (message: string): ConfigError => new ConfigError([{ file, line: null, message }]);
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw fault(`${path} is larger than ${maxBytes} octets`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'this user may not read it' : code;
    throw fault(`cannot read ${path}: ${why}`);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Freezes all but the octets of addresses, which cannot be frozen. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) deepFreeze(each);
  return Object.freeze(value);
}
