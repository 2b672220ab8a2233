/** The command can't be carried out as it was given: one line says what to change. Exit code 2. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
