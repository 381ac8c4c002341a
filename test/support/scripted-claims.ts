// Claims on a shared queue or mailbox that a test gives and takes.
import type { QueueClaims } from '../../src/storage/queue-store.ts';

/** Grants everything until told otherwise. */
export class ScriptedClaims implements QueueClaims {
  readonly held = new Set<string>();
  /** What `take` grants. */
  grants: (name: string) => boolean = () => true;
  asked = 0;
  uses = 0;
  #listener: ((names: ReadonlySet<string>) => void) | null = null;

  async take(names: readonly string[]): Promise<ReadonlySet<string>> {
    this.asked++;
    await Promise.resolve();
    for (const name of names) if (this.grants(name)) this.held.add(name);
    return new Set(names.filter((name) => this.held.has(name)));
  }

  isHeld(name: string): boolean {
    this.uses++;
    return this.held.has(name);
  }

  onLost(listener: (names: ReadonlySet<string>) => void): void {
    this.#listener = listener;
  }

  /** Somebody else has everything now; `told`: and the relay hears of it. */
  lose(told: boolean): void {
    const lost = new Set(this.held);
    this.held.clear();
    this.grants = () => false;
    if (told) this.#listener?.(lost);
  }

  async give(names: readonly string[]): Promise<void> {
    for (const name of names) this.held.delete(name);
  }

  async releaseAll(): Promise<void> {
    this.held.clear();
  }
}
