import { UploaderError } from '../pipeline/failures.ts';

/** What AWS or Extracta answered is no defect of ours. */
export function saidBy(error: unknown): { readonly message: string; readonly exitCode: 1 | 2 } | undefined {
  if (!(error instanceof Error)) return undefined;
  const isUnset = /CredentialsProviderError|Region is missing|Region not accepted/;
  if (isUnset.test(`${error.name} ${error.message}`))
    return { message: `AWS can't be asked: ${error.message}. Set AWS_PROFILE or AWS_REGION.`, exitCode: 2 };
  if (error instanceof UploaderError) return { message: `${error.code}: ${error.message}`, exitCode: 1 };
  const { $metadata, code } = error as { $metadata?: unknown; code?: string };
  const isFromOutside = $metadata !== undefined || code !== undefined;
  return isFromOutside ? { message: `${error.name}: ${error.message}`, exitCode: 1 } : undefined;
}
