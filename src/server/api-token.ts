/** Guessing a shorter one may succeed. */
const MIN_TOKEN_LENGTH = 16;
/** What one request may bring. */
const MAX_TOKEN_LENGTH = 1024;

/** What is wrong with a token for the API, without repeating it; undefined for a good one. */
export function describeBadToken(token: string): string | undefined {
  const isLongEnough = token.length >= MIN_TOKEN_LENGTH && token.length <= MAX_TOKEN_LENGTH;
  if (isLongEnough && /^[\x21-\x7e]+$/.test(token)) return undefined;
  return `the API's token must have ${MIN_TOKEN_LENGTH} to ${MAX_TOKEN_LENGTH} letters, digits and signs of ASCII, without spaces: make one by openssl rand -hex 32`;
}
