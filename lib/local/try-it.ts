import type { LocalStack } from './stack.ts';

/** How to put more documents in, for a person with the AWS CLI. Holds no secret: the local S3 takes any key. */
export function tryIt(
  { endpoints, bucket, environment }: LocalStack,
  extractaUrl: string,
  consoleUrl: string | undefined,
): string {
  const exported = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION']
    .map((name) => `${name}=${environment[name] ?? ''}`)
    .concat(`AWS_DEFAULT_REGION=${environment['AWS_REGION'] ?? ''}`)
    .join(' ');
  return [
    'Up and waiting for more documents; Ctrl-C stops.',
    '',
    ...(consoleUrl === undefined ? [] : [`  Console   ${consoleUrl}`]),
    `  S3        ${endpoints.s3}  (bucket ${bucket})`,
    `  SQS       ${endpoints.sqs}`,
    `  DynamoDB  ${endpoints.dynamodb}`,
    `  Extracta  ${extractaUrl}`,
    '',
    'In another terminal:',
    '',
    `  export ${exported}`,
    `  aws --endpoint-url ${endpoints.s3} s3 cp your.pdf s3://${bucket}/invoices/`,
    '',
  ].join('\n');
}
