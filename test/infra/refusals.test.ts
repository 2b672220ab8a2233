import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Aspects, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import type { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readUploaderConfig } from '../../lib/config/config-file.ts';
import { ConfigProblems } from '../../lib/config/problems.ts';
import { ExtractaUploader, type ExtractaUploaderProps } from '../../lib/infra/extracta-uploader.ts';
import { bundlesOf } from '../../lib/infra/function-code.ts';
import { stackChoices } from '../../lib/infra/stack-choices.ts';
import { UploaderStack } from '../../lib/infra/uploader-stack.ts';
import { type Workshop, workshop } from './synthesized.ts';

const routes = [{ prefix: '', classificationId: 'c' }];

let place: Workshop;
beforeAll(() => {
  place = workshop();
});
afterAll(() => place.remove());

/** A stack in Ireland, whose account is known. */
function stack(): Stack {
  return new Stack(new App(), 'Theirs', { env: { region: 'eu-west-1', account: '111111111111' } });
}

function uploader(props: Partial<ExtractaUploaderProps> = {}, scope: Construct = stack()): ExtractaUploader {
  const { bundleDirectories } = place;
  return new ExtractaUploader(scope, 'Uploader', { routes, bundleDirectories, ...props });
}

/** What was refused, without the line that counts. */
function refusal(build: () => unknown): readonly string[] {
  try {
    build();
  } catch (error) {
    if (error instanceof ConfigProblems)
      return error.message
        .split('\n')
        .slice(1)
        .map((text) => text.trim());
    throw error;
  }
  return [];
}

describe('props are refused where they are given:', () => {
  it('a deployable uploader is not', () => {
    expect(refusal(() => uploader())).toEqual([]);
  });

  it.each([1, 1001, 2.5])('a concurrency of %d, which no mapping takes', (maxConcurrency) => {
    expect(refusal(() => uploader({ maxConcurrency }))).toEqual([
      `maxConcurrency: given ${maxConcurrency}: give a whole number from 2 to 1000: an event source mapping takes no other`,
    ]);
  });

  it('a timeout that cannot hold the largest document', () => {
    expect(refusal(() => uploader({ timeout: Duration.minutes(1) }))).toEqual([
      'timeout: 60 s, and a document of 2147483648 bytes (maxDocumentBytes) takes 230 s at 10 MB/s: give at least 230 s, or lower maxDocumentBytes',
    ]);
    const timeout = Duration.minutes(1);
    expect(refusal(() => uploader({ timeout, maxDocumentBytes: 450_000_000 }))).toEqual([]);
    expect(refusal(() => uploader({ timeout, maxDocumentBytes: 450_000_001 }))).toHaveLength(1);
  });

  it('a timeout that cannot hold it, wherever the two are said: in a file of routes, and by -c', async () => {
    const file = join(place.directory, '../uploader.config.json');
    const write = (maxDocumentBytes: number) =>
      writeFileSync(file, JSON.stringify({ routes, maxDocumentBytes }));
    const deployed = async (timeoutSeconds: number) => {
      const config = await readUploaderConfig(file);
      const choices = stackChoices({ timeoutSeconds });
      const { bundleDirectories } = place;
      return refusal(() => new UploaderStack(new App(), 'Stack', { ...config, choices, bundleDirectories }));
    };
    write(450_000_001);
    expect(await deployed(60)).toEqual([
      '-c timeoutSeconds: 60 s, and a document of 450000001 bytes (maxDocumentBytes) takes 61 s at 10 MB/s: give at least 61 s, or lower maxDocumentBytes',
    ]);
    expect(await deployed(61)).toEqual([]);
    write(450_000_000);
    expect(await deployed(60)).toEqual([]);
  });

  it('a largest document that no timeout holds', () => {
    expect(refusal(() => uploader({ maxDocumentBytes: 20_000_000_000 }))).toEqual([
      'timeout: 300 s, and a document of 20000000000 bytes (maxDocumentBytes) takes 2015 s at 10 MB/s: lower maxDocumentBytes: no function runs for longer than 900 s',
    ]);
  });

  it('a timeout that Lambda does not have', () => {
    const waits = { replaceAfterMs: 60_000 };
    expect(refusal(() => uploader({ timeout: Duration.minutes(16), waits }))).toEqual([
      'timeout: 960 s: give at most 900 s, the longest that a function may run',
    ]);
  });

  it('a timeout that leaves a message too few receives to wait for Extracta', () => {
    const timeout = Duration.minutes(15);
    const [line, ...others] = refusal(() => uploader({ timeout }));
    expect(others).toEqual([]);
    expect(line).toMatch(
      /^timeout: 900 s, which leaves a message \d+ receives, and it may need \d+ while Extracta is away: give waits.replaceAfterMs at most \d+, or a shorter timeout$/,
    );
    const replaceAfterMs = Number(/at most (\d+)/.exec(line ?? '')?.[1]);
    expect(refusal(() => uploader({ timeout, waits: { replaceAfterMs } }))).toEqual([]);
    expect(refusal(() => uploader({ timeout, waits: { replaceAfterMs: replaceAfterMs + 1 } }))).toHaveLength(
      1,
    );
  });

  it.each([64, 819, 10_241, 1024.5])(
    'a memory of %d MB, which is too little, or none of Lambda’s',
    (memorySize) => {
      expect(refusal(() => uploader({ memorySize }))).toEqual([
        `memorySize: given ${memorySize} MB: give 820 to 10240 MB: ten documents at once need 820, and Lambda has no more than 10240`,
      ]);
    },
  );

  it.each(['wiki', 'http://wiki.example', 'https://wiki.example/#top'])(
    'a runbook’s URL that no link could be made of: %s',
    (runbookUrl) => {
      expect(refusal(() => uploader({ runbookUrl }))).toEqual([
        `runbookUrl: given "${runbookUrl}": give the https URL of the page that holds docs/runbook.md, without a #section: each alarm adds its own`,
      ]);
    },
  );

  it('not what is known at deploy alone', () => {
    const scope = stack();
    const parameter = (id: string, type: string) => new CfnParameter(scope, id, { type });
    const runbookUrl = parameter('Url', 'String').valueAsString;
    const memorySize = parameter('Memory', 'Number').valueAsNumber;
    expect(refusal(() => uploader({ runbookUrl, memorySize }, scope))).toEqual([]);
  });

  it('a security group without the network that it belongs to', () => {
    const scope = stack();
    const securityGroups = [SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-0123456789abcdef0')];
    expect(refusal(() => uploader({ securityGroups }, scope))).toEqual([
      'securityGroups: given without vpc: give the vpc too, or leave it out',
    ]);
  });

  it('a network in which Extracta cannot be reached, unless it was chosen by name', () => {
    const scope = stack();
    const isolatedSubnetIds = ['subnet-0123456789abcdef0'];
    const isolatedSubnetRouteTableIds = ['rtb-0123456789abcdef0'];
    const vpc = Vpc.fromVpcAttributes(scope, 'Network', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['eu-west-1a'],
      isolatedSubnetIds,
      isolatedSubnetRouteTableIds,
    });
    expect(refusal(() => uploader({ vpc }, scope))).toEqual([
      'vpc: its private subnets have no way out, and Extracta is on the Internet: give the vpc a NAT gateway, or the subnets by vpcSubnets if they have another way out',
    ]);
    const chosen = new Construct(scope, 'Chosen');
    const vpcSubnets = { subnets: vpc.isolatedSubnets };
    expect(refusal(() => uploader({ vpc, vpcSubnets }, chosen))).toEqual([]);
  });

  it('kinds of events without a bus, of none, or of one twice', () => {
    expect(refusal(() => uploader({ eventKinds: ['parked'] }))).toEqual([
      'eventKinds: given without eventBus: give the bus too, or leave it out',
    ]);
    for (const [eventKinds, given] of [
      [[], '[]'],
      [['parked', 'parked'], '["parked","parked"]'],
    ] as const) {
      const scope = stack();
      const eventBus = EventBus.fromEventBusName(scope, 'Bus', 'documents');
      expect(refusal(() => uploader({ eventBus, eventKinds }, scope))).toEqual([
        `eventKinds: given ${given}: give some of uploaded, parked, skipped, each once, or leave it out`,
      ]);
    }
  });

  it('a filter for the bucket that is made here', () => {
    expect(refusal(() => uploader({ arrivals: { prefix: 'in/' } }))).toEqual([
      'arrivals: given without bucket: give the bucket that they are of, or leave it out: in a bucket that is made here every key arrives',
    ]);
  });

  it('routes that overlap, and a route without classification, all at once', () => {
    const wrong = [
      { prefix: 'in/', classificationId: 'c' },
      { prefix: 'in/', classificationId: 'd' },
      { prefix: 'out/' },
    ];
    expect(refusal(() => uploader({ routes: wrong as ExtractaUploaderProps['routes'] }))).toEqual([
      'routes[2].classificationId: missing: give the id of the document classification in Extracta, as text',
      'routes[1].prefix: given "in/", as in routes[0], and some keys would belong to both: give one of them another prefix, or both suffixes that no key shares',
    ]);
  });
});

describe('bundles', () => {
  it('that are nowhere are refused, with how to make them', () => {
    const scope = new Construct(stack(), 'Uploader');
    expect(refusal(() => bundlesOf(scope, {}, [place.directory]))).toEqual([
      "bundleDirectories: missing, and no bundled functions lie beside the construct: run 'npm run bundle', or give { upload, redrive }, the folders of the bundles that bundleLambda made",
    ]);
  });

  it('that were made before are found', () => {
    const [upload, redrive] = [join(place.directory, 'upload'), join(place.directory, 'redrive')];
    for (const folder of [upload, redrive]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'index.cjs'), '');
    }
    expect(bundlesOf(stack(), {}, ['/nowhere', place.directory])).toEqual({ upload, redrive });
  });
});

describe('a source is refused where it is added:', () => {
  const ours = (attributes: { region?: string; account?: string } = {}) => {
    const scope = stack();
    const bucket = Bucket.fromBucketAttributes(scope, 'Bucket', { bucketName: 'theirs', ...attributes });
    return { scope, bucket };
  };

  it('a bucket in another region', () => {
    const { scope, bucket } = ours({ region: 'us-east-1' });
    expect(refusal(() => uploader({ bucket }, scope))).toEqual([
      "bucket: region us-east-1, and the stack is in eu-west-1: deploy the stack in the bucket's region: S3 announces only to queues there",
    ]);
  });

  it('a bucket in another account', () => {
    const { scope, bucket } = ours({ account: '222222222222' });
    expect(refusal(() => uploader({ bucket }, scope))).toEqual([
      "bucket: account 222222222222, and the stack is in 111111111111: deploy the stack into the bucket's account",
    ]);
  });

  it('not a bucket in the same region and account, nor one of which neither is known', () => {
    const { scope, bucket } = ours({ region: 'eu-west-1', account: '111111111111' });
    expect(refusal(() => uploader({ bucket }, scope))).toEqual([]);
    const anywhere = new Stack(new App(), 'Anywhere');
    const other = Bucket.fromBucketAttributes(anywhere, 'Bucket', {
      bucketName: 'other',
      region: 'us-east-1',
    });
    expect(refusal(() => uploader({ bucket: other }, anywhere))).toEqual([]);
  });

  it('a bucket of another stack by notification, where each stack would wait for the other', () => {
    const app = new App();
    const bucket = new Bucket(new Stack(app, 'Storage'), 'Bucket');
    expect(refusal(() => uploader({ bucket }, new Stack(app, 'Theirs')))).toEqual([
      "bucket: made by the stack Storage, which would have to wait for this one, and this one for it: give announcedBy: 'event-bridge', or name the bucket: Bucket.fromBucketName(this, 'Documents', 'its-name')",
    ]);
    const arrivals = { announcedBy: 'event-bridge' } as const;
    uploader({ bucket, arrivals }, new Stack(app, 'ByEventBridge'));
    expect(() => app.synth()).not.toThrow();
  });

  it('a second filter that some key would pass too', () => {
    const { scope, bucket } = ours();
    const it = uploader({ bucket, arrivals: { prefix: 'in/', suffix: '.pdf' } }, scope);
    expect(refusal(() => it.addSource(bucket, { prefix: 'in/scans/' }))).toEqual([
      'prefix and suffix: keys beginning with "in/scans/", and the same bucket already sends keys beginning with "in/" and ending in ".pdf": some keys would arrive twice: give prefixes or suffixes that no key shares, or one source for both',
    ]);
    expect(refusal(() => it.addSource(bucket, { prefix: 'in/', suffix: '.tif' }))).toEqual([]);
    expect(refusal(() => it.addSource(bucket, { prefix: 'out/' }))).toEqual([]);
  });

  it('the same bucket under another name for it', () => {
    const { scope, bucket } = ours();
    const again = Bucket.fromBucketName(scope, 'Again', 'theirs');
    const it = uploader({ bucket }, scope);
    expect(refusal(() => it.addSource(again))).toEqual([
      'prefix and suffix: every key, and the same bucket already sends every key: some keys would arrive twice: give prefixes or suffixes that no key shares, or one source for both',
    ]);
    expect(refusal(() => it.addSource(it.bucket))).toHaveLength(1);
    expect(refusal(() => it.addSource(Bucket.fromBucketName(scope, 'Other', 'other')))).toEqual([]);
  });

  it('a filter that no route takes', () => {
    const { scope, bucket } = ours();
    const wanted = {
      bucket,
      arrivals: { prefix: 'out/' },
      routes: [{ prefix: 'in/', classificationId: 'c' }],
    };
    expect(refusal(() => uploader(wanted, scope))).toEqual([
      'prefix: given "out/", and every route takes other keys ("in/"): give a prefix that a route takes, or add a route for it',
    ]);
  });

  it('a filter with a star in it', () => {
    const { scope, bucket } = ours();
    expect(refusal(() => uploader({ bucket, arrivals: { suffix: '*.pdf' } }, scope))).toEqual([
      'suffix: given "*.pdf": leave the * out: every key that ends so is meant',
    ]);
  });
});

describe('the app is refused at synth, whoever changed it since:', () => {
  /** What synthesis says of the construct. */
  function synthesis(change: (built: ExtractaUploader) => void): string {
    const built = uploader();
    change(built);
    try {
      (built.node.root as App).synth();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  }
  const properties = (queue: Queue) => queue.node.defaultChild as CfnQueue;

  it('not the uploader as it is', () => {
    expect(synthesis(() => {})).toBe('');
  });

  it('a queue that shows a message before its delivery can have ended', () => {
    const why =
      "The queue hides a message for 1799 s, less than 6 × the function's timeout of 300 s: give visibilityTimeout at least 1800 s, or shorten the timeout.";
    const change = ({ queue }: ExtractaUploader) => {
      properties(queue).visibilityTimeout = 1799;
    };
    expect(synthesis(change)).toContain(why);
  });

  it('a function that an aspect gave too little time for the largest document', () => {
    const shorter = {
      visit(node: unknown) {
        if (node instanceof CfnFunction && node.timeout === 300) node.timeout = 229;
      },
    };
    expect(synthesis((built) => Aspects.of(built).add(shorter))).toContain(
      'The upload function ends after 229 s, and a document of 2147483648 bytes (maxDocumentBytes) takes 230 s at 10 MB/s: give it at least 230 s, or lower maxDocumentBytes.',
    );
  });

  it('a function that an aspect gave more time', () => {
    const longer = {
      visit(node: unknown) {
        if (node instanceof CfnFunction) node.timeout = 600;
      },
    };
    const message = synthesis((built) => Aspects.of(built).add(longer));
    expect(message).toContain('give visibilityTimeout at least 3600 s');
  });

  it('a queue that drops documents while Extracta is away', () => {
    const message = synthesis(({ queue, deadLetterQueue }) => {
      properties(queue).messageRetentionPeriod = 345_600;
      properties(deadLetterQueue).messageRetentionPeriod = 345_600;
    });
    expect(message).toContain(
      'The queue keeps messages for 345600 s, and documents wait there while Extracta is away: give messageRetentionPeriod 1209600 s (14 days).',
    );
  });

  it('dead letters that are dropped before the queue would have dropped them', () => {
    const message = synthesis(({ deadLetterQueue }) => {
      properties(deadLetterQueue).messageRetentionPeriod = 864_000;
    });
    expect(message).toContain(
      'The dead-letter queue keeps messages for 864000 s, the queue for 1209600 s, and SQS counts both from the first enqueuing: give the dead-letter queue messageRetentionPeriod at least 1209600 s.',
    );
  });

  it('whatever an override says of the template, past every property', () => {
    const message = synthesis(({ queue, deadLetterQueue }) => {
      properties(queue).addPropertyOverride('MessageRetentionPeriod', 86_400);
      properties(queue).addPropertyOverride('VisibilityTimeout', 1799);
      properties(deadLetterQueue).addPropertyOverride('MessageRetentionPeriod', 3600);
    });
    expect(message).toContain('The queue hides a message for 1799 s');
    expect(message).toContain('The queue keeps messages for 86400 s');
    expect(message).toContain('The dead-letter queue keeps messages for 3600 s, the queue for 86400 s');
  });

  it("AWS's own key for SQS, handed in as encryptionKey", () => {
    const scope = stack();
    uploader({ encryptionKey: Alias.fromAliasName(scope, 'Key', 'alias/aws/sqs') }, scope);
    expect(() => (scope.node.root as App).synth()).toThrow('encrypted with alias/aws/sqs (KMS_MANAGED)');
  });

  it("a queue that AWS's own key for SQS encrypts, which S3 may not use", () => {
    const message = synthesis(({ queue }) => {
      properties(queue).sqsManagedSseEnabled = undefined;
      properties(queue).kmsMasterKeyId = 'alias/aws/sqs';
    });
    expect(message).toContain(
      'The queue is encrypted with alias/aws/sqs (KMS_MANAGED), which S3 may not use: leave the encryption to the construct, or give a key of your own as encryptionKey.',
    );
  });

  describe('queues that it encrypts, with a source that EventBridge announces:', () => {
    const managed = (queue: Queue) => {
      properties(queue).sqsManagedSseEnabled = undefined;
      properties(queue).kmsMasterKeyId = 'alias/aws/sqs';
    };
    const said = (name: string, by: string) =>
      `The ${name} is encrypted with alias/aws/sqs (KMS_MANAGED), which ${by} may not use`;
    const announced = (built: ExtractaUploader) => {
      const bucket = Bucket.fromBucketName(built, 'Theirs', 'theirs');
      built.addSource(bucket, { announcedBy: 'event-bridge' });
    };

    it('the queue itself, for whoever announces', () => {
      const message = synthesis((built) => {
        managed(built.queue);
        announced(built);
      });
      expect(message).toContain(said('queue', 'S3 and EventBridge'));
    });

    it('the dead-letter queue, which takes what a rule could not deliver', () => {
      const message = synthesis((built) => {
        managed(built.deadLetterQueue);
        announced(built);
      });
      expect(message).toContain(said('dead-letter queue', 'EventBridge'));
    });

    it('not the dead-letter queue where S3 announces: it sends nothing there', () => {
      expect(synthesis(({ deadLetterQueue }) => managed(deadLetterQueue))).toBe('');
    });
  });

  it("a notification on the uploader's own bucket, which would replace the uploader's", () => {
    const message = synthesis(({ bucket, deadLetterQueue }) => {
      bucket.addEventNotification(EventType.OBJECT_REMOVED, new SqsDestination(deadLetterQueue));
    });
    expect(message).toContain(
      "The uploader's own bucket was given further notifications, which would replace the uploader's: make the bucket yourself and hand it in as bucket, and the uploader's are added to yours.",
    );
  });
});
