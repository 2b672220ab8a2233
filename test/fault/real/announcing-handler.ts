/**
 * The built function, unchanged, in a container that says which process serves which invocation, so that the run knows
 * whom to kill. Its requests to AWS carry the process in their user agent.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html
 */
import { pathToFileURL } from 'node:url';
import type { Context, Handler } from 'aws-lambda';

const { pid } = process;
process.env['AWS_SDK_UA_APP_ID'] = `container-${pid}`;
const bundleFile = process.env['FAULT_BUNDLE_FILE'] ?? '';
const bundle = (await import(pathToFileURL(bundleFile).href)) as { readonly handler: Handler };

export const handler: Handler = async (event: unknown, context: Context, callback) => {
  const { awsRequestId: invocation } = context;
  console.log(JSON.stringify({ container: pid, invocation, at: 'begin' }));
  const answer: unknown = await bundle.handler(event, context, callback);
  console.log(JSON.stringify({ container: pid, invocation, at: 'end' }));
  return answer;
};
