/** What to change about an address of Extracta's given on a command line; undefined where nothing is wrong with it. */
export function wrongInExtractaUrl(given: string): string | undefined {
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given))
    return 'Give a whole URL such as https://api.extracta.ai/api/v1.';
  const { username, password, search, hash } = new URL(given);
  if (`${username}${password}${search}${hash}` !== '') return 'Leave user, password, query and fragment out.';
  return isPlainRemote(given) ? 'Use https: the API token would travel in the clear.' : undefined;
}

/** http to another machine. Text that is no URL is none of it. */
export function isPlainRemote(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'http:' && !['localhost', '[::1]'].includes(hostname) && !/^127\./.test(hostname);
}

export const withoutLastSlashes = (url: string): string => url.replace(/\/+$/, '');
