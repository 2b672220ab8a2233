import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms';

/** The key that encrypts a queue. */
export interface KeyFacts {
  readonly arn: string;
  /** `Enabled`, or why not. */
  readonly state: string | undefined;
  /** AWS's own: its policy can't be changed. */
  readonly isAwsManaged: boolean;
  /** JSON. */
  readonly policy: string;
}

/** `keyId` as a queue names it: an id, an alias, or either's ARN. Rejects with the SDK's own errors. */
export async function keyFacts(keyId: string): Promise<KeyFacts> {
  const client = new KMSClient({ maxAttempts: 3 });
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: keyId }));
    const { Arn: arn = keyId, KeyState: state, KeyManager } = KeyMetadata ?? {};
    // It takes no alias.
    const { Policy: policy = '{}' } = await client.send(new GetKeyPolicyCommand({ KeyId: arn }));
    return { arn, state, isAwsManaged: KeyManager === 'AWS', policy };
  } finally {
    client.destroy();
  }
}
