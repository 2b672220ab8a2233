import { toAttributes } from '../../lib/aws/ledger-items.ts';
import type { LedgerItem } from '../../lib/pipeline/model.ts';
import type { World } from '../support/memory/world.ts';

type Image = ReturnType<typeof toAttributes>;

/** A record of the table's stream, as a pipe is given it. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY';
  readonly eventSource: 'aws:dynamodb';
  readonly dynamodb: {
    readonly Keys: Image;
    readonly NewImage: Image;
    readonly OldImage?: Image;
    readonly StreamViewType: 'NEW_AND_OLD_IMAGES';
  };
}

/** From here on, every write that the pipeline makes in this world, as the stream would tell it. */
export function streamOf({ ledger }: World): readonly StreamRecord[] {
  const records: StreamRecord[] = [];
  const { write, takePlace } = ledger;
  const told = (before: LedgerItem | undefined, after: LedgerItem | undefined) => {
    if (after === undefined || after.rev === before?.rev) return;
    const { partition, sort } = toAttributes(after);
    records.push({
      eventID: `change-${records.length + 1}`,
      eventName: before === undefined ? 'INSERT' : 'MODIFY',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        Keys: { partition, sort } as Image,
        NewImage: toAttributes(after),
        ...(before && { OldImage: toAttributes(before) }),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
  };
  const telling = async <R>(key: LedgerItem | undefined, work: () => Promise<R>): Promise<R> => {
    const before = key && ledger.peek(key);
    const result = await work();
    told(before, key && ledger.peek(key));
    return result;
  };
  ledger.write = (item, expectedRev) => telling(item, () => write(item, expectedRev));
  ledger.takePlace = (place) => telling(ledger.peek(place.slot), () => takePlace(place));
  return records;
}
