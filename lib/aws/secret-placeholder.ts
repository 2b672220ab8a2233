/** What the stack puts into the secret that it creates; nobody's token. */
export const SECRET_PLACEHOLDER = 'put-your-extracta-api-key-here';
