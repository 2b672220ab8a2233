/** What a run for real is told, by the environment. */
export interface IntegSettings {
  readonly extractaUrl: string;
  readonly apiToken: string;
  readonly classificationId: string;
  readonly region: string;
  /** An AWS-compatible server instead of AWS; every client and the CDK read it themselves. */
  readonly endpointUrl: string | undefined;
  /** Whether the stack stays. */
  readonly keeps: boolean;
}

const NEEDED = {
  UPLOADER_INTEG_EXTRACTA_URL: 'the base URL of an Extracta that the deployed function can reach',
  UPLOADER_INTEG_API_TOKEN: 'its API token',
  UPLOADER_INTEG_CLASSIFICATION_ID: 'a document classification in it',
  AWS_REGION: 'the region to deploy to',
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings; or why there is nothing to run, for a person to read. */
export function integSettings(environment: Environment): IntegSettings | { readonly skippedBecause: string } {
  const missing = Object.entries(NEEDED).filter(([name]) => !environment[name]);
  const hasCredentials = ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE'].some(
    (name) => environment[name],
  );
  const lines = missing.map(([name, what]) => `${name} is missing: give ${what}`);
  if (!hasCredentials)
    lines.push('AWS_PROFILE or AWS_ACCESS_KEY_ID is missing: give the account to deploy to');
  if (lines.length > 0) return { skippedBecause: lines.join('\n') };
  return {
    extractaUrl: environment['UPLOADER_INTEG_EXTRACTA_URL'] ?? '',
    apiToken: environment['UPLOADER_INTEG_API_TOKEN'] ?? '',
    classificationId: environment['UPLOADER_INTEG_CLASSIFICATION_ID'] ?? '',
    region: environment['AWS_REGION'] ?? '',
    endpointUrl: environment['AWS_ENDPOINT_URL'],
    keeps: environment['UPLOADER_INTEG_KEEP'] === 'true',
  };
}
