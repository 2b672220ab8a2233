import type { BatchPolicy, Route } from '../../lib/pipeline/model.ts';
import { DEFAULT_FILE_TYPES, DEFAULT_WAITS, type PipelineSettings } from '../../lib/pipeline/settings.ts';
import type { Dice } from './dice.ts';
import { FAULT_NAMES, type Fault, type Faults } from './faults.ts';

export interface RunSettings {
  readonly settings: PipelineSettings;
  /** After a change of routes in mid-run. */
  readonly changed: PipelineSettings | undefined;
  readonly documents: number;
  readonly hosts: number;
  readonly isVersioned: boolean;
  /** How often another than the first in line goes on. */
  readonly disorder: number;
  readonly deliverySize: number;
}

const POLICIES: readonly BatchPolicy[] = [
  { by: 'folder' },
  { by: 'folder', maxFiles: 1 },
  { by: 'folder', maxFiles: 2 },
  { by: 'route' },
  { by: 'route', maxFiles: 2 },
  { by: 'day' },
  { by: 'object' },
  { id: 'batch-given' },
];

/** What can only happen where overwriting leaves nothing of what was there. */
const OF_UNVERSIONED: readonly Fault[] = [
  's3.overwritten',
  's3.put-again',
  's3.events-merged',
  's3.overwritten-before-get',
];
/** What can only happen to what was parked for a reason that passes. */
const OF_THE_SCHEDULE = FAULT_NAMES.filter((fault) => /^redrive\.|^queue\.letter|stale-index/.test(fault));

/** One attempt parks at once what the schedule may send back. */
function maxAttempts(dice: Dice, faults: Faults): number {
  if (faults.drawn(...OF_THE_SCHEDULE) && dice.chance('one attempt', 0.6)) return 1;
  return dice.chance('few attempts', 0.4) ? ([4, 2, 1][dice.pick('how few', 3)] ?? 4) : 8;
}

/** The settings of one run: policies, attempts, documents, containers. */
export function drawSettings(dice: Dice, faults: Faults): RunSettings {
  const batch = POLICIES[dice.pick('batch policy', POLICIES.length)] as BatchPolicy;
  const route: Route = {
    name: 'all',
    prefix: 'in/',
    classificationId: 'classification-A',
    batch,
    metadataOverrides: dice.chance('metadata overrides', 0.15),
  };
  const settings: PipelineSettings = {
    routes: [route],
    onUnknownOutcome: dice.chance('policy park', 0.4) ? 'park' : 'send-again',
    fileNames: faults.fires('settings.as-is', 'settings') ? 'as-is' : 'tagged',
    fileTypes: DEFAULT_FILE_TYPES,
    maxDocumentBytes: 1000,
    maxAttempts: maxAttempts(dice, faults),
    waits: DEFAULT_WAITS,
  };
  return {
    settings,
    changed: faults.drawn('settings.changed')
      ? { ...settings, routes: [changedRoute(route, dice)] }
      : undefined,
    documents: 1 + dice.pick('documents', 4),
    hosts: 2 + dice.pick('hosts', 2),
    isVersioned: !dice.chance('unversioned bucket', faults.drawn(...OF_UNVERSIONED) ? 0.85 : 0.4),
    disorder: [0, 0.2, 0.6][dice.pick('disorder', 3)] ?? 0,
    deliverySize: 1 + dice.pick('delivery size', 3),
  };
}

function changedRoute(route: Route, dice: Dice): Route {
  if (dice.chance('the route goes', 0.15)) return { ...route, prefix: 'in/b/' };
  if (dice.chance('classification changes', 0.7))
    return {
      ...route,
      classificationId: 'classification-B',
      batch: 'id' in route.batch ? { by: 'folder' } : route.batch,
    };
  return { ...route, batch: POLICIES[dice.pick('new batch policy', POLICIES.length - 1)] as BatchPolicy };
}
