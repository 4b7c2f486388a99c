import { Refusal } from "./client";

/** What is wrong with one field of a form, in the API's words. */
export function fieldProblem(error: unknown, field: string): string | undefined {
  if (!(error instanceof Refusal)) return undefined;
  const found = error.problem?.errors?.find((each) => each.field === field || each.field === `body.${field}`);
  return found && capital(found.problem);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
}
