// What a case of the bench is: contestants that are measured in turn, the first of them Postroad.

/** Figures by name, such as { 'messages/s': 2500 }; every contestant of a case gives the same names, or fewer. */
export type Figures = Readonly<Record<string, number>>;

export interface Contestant {
  /** One round of about so many seconds. */
  measure(seconds: number): Promise<Figures>;
  stop(): Promise<void>;
}

export interface ContestantPlan {
  readonly name: string;
  /** Starts what is needed below an empty folder. */
  start(folder: string): Promise<Contestant>;
}

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  /** What the project wants to reach. */
  readonly goal: string;
  readonly contestants: readonly [ContestantPlan, ...ContestantPlan[]];
  /** Rounds whose figures count; default: what the command line says. */
  readonly rounds?: number;
  /** False leaves out the warming round that does not count. Default true. */
  readonly warmsUp?: boolean;
}

/** Units of work done by a server: what it took. */
export interface Work {
  readonly units: number;
  readonly seconds: number;
  readonly cpuMs: number;
}

/** The two figures of most cases. */
export function figuresOf(work: Work, unit: string): Figures {
  return {
    [`${unit}s/s`]: work.units / work.seconds,
    [`CPU ms/${unit}`]: work.cpuMs / work.units,
  };
}

const UNITS_MIN = 20;

/** Chooses how much work fills the time, from the speed of the rounds before. */
export class Pace {
  #perSecond: number;
  readonly #most: number;

  constructor(guessPerSecond: number, most: number) {
    this.#perSecond = guessPerSecond;
    this.#most = most;
  }

  /** A multiple of `step`. */
  unitsFor(seconds: number, step = 1): number {
    const units = Math.min(this.#most, Math.max(UNITS_MIN, this.#perSecond * seconds));
    return Math.max(1, Math.round(units / step)) * step;
  }

  learn(work: Work): Work {
    this.#perSecond = work.units / work.seconds;
    return work;
  }
}
