/**
 * AWS's public list prices in dollars: us-east-1, first tier, no free tier, no tax. docs/cost.md quotes them, and a test
 * holds it to that. They change: each names where it is looked up.
 */

/** When they were looked up last. */
export const PRICES_OF = '2026';

export interface Price {
  readonly what: string;
  readonly dollars: number;
  /** How many of the unit that price buys. */
  readonly per: number;
  readonly unit: string;
  readonly source: string;
}

const MILLION = 1_000_000;

export const PRICES = {
  s3Get: price('S3 GET', 0.4, MILLION, 'requests', 'https://aws.amazon.com/s3/pricing/'),
  sqs: price('SQS', 0.4, MILLION, 'requests', 'https://aws.amazon.com/sqs/pricing/'),
  invocation: price('Lambda', 0.2, MILLION, 'invocations', 'https://aws.amazon.com/lambda/pricing/'),
  gbSecond: price('Lambda, arm64', 0.0000133334, 1, 'GB-second', 'https://aws.amazon.com/lambda/pricing/'),
  writeUnit: price(
    'DynamoDB',
    0.625,
    MILLION,
    'write units',
    'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  ),
  readUnit: price(
    'DynamoDB',
    0.125,
    MILLION,
    'read units',
    'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  ),
  logGb: price('CloudWatch Logs', 0.5, 1, 'GB', 'https://aws.amazon.com/cloudwatch/pricing/'),
  outGb: price('data out to the internet', 0.09, 1, 'GB', 'https://aws.amazon.com/ec2/pricing/on-demand/'),
} as const satisfies Record<string, Price>;

function price(what: string, dollars: number, per: number, unit: string, source: string): Price {
  return { what, dollars, per, unit, source };
}

/** As docs/cost.md writes it: `$0.40 / million requests`, `$0.09 / GB`. Two digits, or as many as the price has. */
export function priceText({ dollars, per, unit }: Price): string {
  const digits = dollars.toFixed(10).replace(/0+$/, '').split('.')[1]?.length ?? 0;
  return `$${dollars.toFixed(Math.max(2, digits))} / ${per === MILLION ? 'million ' : ''}${unit}`;
}

export const costOf = ({ dollars, per }: Price, units: number): number => (dollars * units) / per;
