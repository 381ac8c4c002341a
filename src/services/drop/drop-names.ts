// How files in the drop folder are called: complete ones, and those that are still written.

export const DROP_SUFFIX = '.mail';
export const HALF_PREFIX = 'half-';

/** Whether the name is that of a complete message. Names are bounded, since anybody chooses them. */
export function isDropName(name: string): boolean {
  return /^[0-9a-z][0-9a-z.-]{0,120}\.mail$/.test(name) && !name.startsWith(HALF_PREFIX);
}
