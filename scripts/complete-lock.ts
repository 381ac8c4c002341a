// Adds to package-lock.json the platform packages that npm leaves out when a registry does not hold them for every
// platform. Without them `npm ci` refuses the lock file everywhere. Run it after every `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';
import { missingPlatformPackages, type LockFile } from '../test/architecture/lock-file.ts';

const path = 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8')) as LockFile;
const missing = missingPlatformPackages(lock);
const packages = { ...lock.packages, ...missing };
const root = packages[''] ?? {};
const sorted = Object.entries(packages).filter(([key]) => key !== '');
// npm's own order, so that the next `npm install` changes nothing else.
sorted.sort(([a], [b]) => a.localeCompare(b, 'en'));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: { '': root, ...Object.fromEntries(sorted) } }, null, 2)}\n`);
console.log(`${Object.keys(missing).length} platform packages added`);
