import { SecretValue } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { SECRET_PLACEHOLDER } from '../aws/secret-placeholder.ts';
import { acknowledgeNoRotation } from './acknowledgements.ts';

/**
 * Where a person puts Extracta's API token after the first deploy; later deploys leave it alone. Until then it holds a
 * placeholder that the function knows, and documents wait.
 */
export function apiTokenSecret(scope: Construct, encryptionKey: IKey | undefined): Secret {
  const secret = new Secret(scope, 'ApiToken', {
    description: "Extracta's API token, as plain text",
    secretStringValue: SecretValue.unsafePlainText(SECRET_PLACEHOLDER),
    encryptionKey,
  });
  acknowledgeNoRotation(secret);
  return secret;
}
