// The public test data beside the project: used by the slow suites where it is there.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = process.env['POSTROAD_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data');

/** Why a suite over a folder of the data cannot run here; false when it can. For `skip` of a test. */
export function missingData(folder: string): string | false {
  return existsSync(join(FOLDER, folder)) ? false : `no public test data (${folder}) beside the project`;
}

/** The paths of files of the data that match a pattern below it, sorted. */
export function dataFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: FOLDER }).sort();
}

/** The octets of one file of the data. */
export function readData(path: string): Buffer {
  return readFileSync(join(FOLDER, path));
}
