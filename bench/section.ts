/** What every part of the benchmark returns. Measuring is apart from showing: `bench/render.ts` alone writes tables. */
export interface Section {
  readonly title: string;
  /** Sentences above the tables: what was measured, and how. */
  readonly says: readonly string[];
  readonly tables: readonly Table[];
  readonly reach: readonly Reach[];
  /** What the picture shows of it; most sections need none. */
  readonly charts?: readonly Chart[];
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  /** As they are shown; `null`: could not be measured here, and `says` names why. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Bars of one figure, in groups. */
export interface Chart {
  readonly title: string;
  /** `log`: each step is ten times the one before; for what differs by orders. */
  readonly scale: 'linear' | 'log';
  readonly groups: readonly {
    readonly title: string;
    /** The first one is ours. `null`: not measured. */
    readonly bars: readonly { readonly title: string; readonly value: number | null }[];
  }[];
}

/** A figure that is held against what was to be reached. */
export interface Reach {
  readonly what: string;
  readonly target: string;
  readonly stretch: string | null;
  readonly measured: string;
  /** `noise`: the target, but for what two runs of the same thing differ by. */
  readonly reached: 'stretch' | 'target' | 'noise' | 'no';
}

export interface Asked {
  /** Fewer runs and smaller loads; every row all the same. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  /** Progress, a line at a time, to standard error. */
  readonly say: (line: string) => void;
}
