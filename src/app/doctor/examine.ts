// All checks in the order in which a person would mend them.
import { access } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import type { Resolver } from '../../base/dns/resolver.ts';
import { databasePath } from '../../storage/data-folder.ts';
import { openReading } from '../admin/open-reading.ts';
import type { Config } from '../config/config.ts';
import { connectControl, controlPath } from '../control/control-socket.ts';
import { checkDomainDns, checkHostDns } from './dns-checks.ts';
import { findingsOf, type Finding } from './finding.ts';
import { checkDataFolder, checkPorts } from './machine-checks.ts';
import { checkDrop, checkStore, type StoreFacts } from './store-checks.ts';
import { checkTls } from './tls-check.ts';

export interface ExamineParts {
  readonly config: Config;
  /** Only this domain's DNS; null: that of the server's domains. */
  readonly domain: string | null;
  readonly resolver: Resolver;
  readonly clock: Clock;
}

const server = findingsOf('server');

/** Looks at everything, and tells each finding when it is made. */
export async function examine(parts: ExamineParts, tell: (finding: Finding) => void): Promise<void> {
  const { config, resolver, clock } = parts;
  const tellAll = (findings: readonly Finding[]): void => findings.forEach(tell);
  const isRunning = await checkRunning(config.data, tell);
  if (!config.hostnameWritten) {
    tell(
      server.note(
        `the host name ${config.hostname} is only guessed`,
        'set hostname in the configuration to the name that DNS has',
      ),
    );
  }
  tellAll(await checkDataFolder(config.data));
  const { findings, domains } = await readStore(config.data, clock.now());
  tellAll([...findings, ...(await checkDrop(config.data))]);
  tellAll(await checkPorts(config, isRunning, clock));
  tellAll(checkTls(config, clock.now()));
  tellAll(await checkHostDns(config.hostname, resolver));
  for (const domain of parts.domain === null ? domains : [parts.domain]) {
    tellAll(await checkDomainDns(domain, config.hostname, resolver));
  }
}

async function checkRunning(dataDir: string, tell: (finding: Finding) => void): Promise<boolean> {
  try {
    const client = await connectControl(controlPath(dataDir));
    client?.close();
    tell(client === null ? server.note('the server does not run', 'postroad serve') : server.good('the server runs'));
    return client !== null;
  } catch (error) {
    tell(
      server.unknown(`the server cannot be asked: ${(error as Error).message}`, "run the command as the server's user"),
    );
    return true;
  }
}

async function readStore(dataDir: string, nowMs: number): Promise<StoreFacts> {
  const isThere = await access(databasePath(dataDir)).then(
    () => true,
    () => false,
  );
  if (!isThere) return { findings: [], domains: [] };
  try {
    const reading = await openReading(dataDir);
    try {
      return await checkStore(reading.read, nowMs);
    } finally {
      await reading.close();
    }
  } catch (error) {
    const finding = findingsOf('data').broken(
      `the store cannot be read: ${(error as Error).message}`,
      'postroad verify tells more',
    );
    return { findings: [finding], domains: [] };
  }
}
