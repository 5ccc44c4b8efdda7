/** What is to be published cannot be: the message says what, where and why. */
export class InputError extends Error {
  override readonly name = "InputError";
}
