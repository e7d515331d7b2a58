import { ApiError, invalidInput, type ErrorDetail } from "../core/index.ts";
import type { Problems } from "./definition/index.ts";

/** Collects code that cannot be used, beside the problems of a definition: 422 when nothing else is wrong. */
export class CodeFaults {
  readonly #problems: Problems;
  readonly #faults: { error: ApiError; details: ErrorDetail[] }[] = [];

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Runs what resolves a component; null when it is none, which is noted under `path`. @throws ApiError that is not the definition's fault */
  async guard<T>(path: string, resolve: () => Promise<T>): Promise<T | null> {
    try {
      return await resolve();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.#problems.add(path, `there is no such component (${error.message})`);
      else if (error.status === 400) for (const { message } of detailsOf(error)) this.#problems.add(path, message);
      else if (error.status === 422) {
        this.#faults.push({ error, details: detailsOf(error).map(({ message }) => ({ path, message })) });
      } else throw error;
      return null;
    }
  }

  /** @throws ApiError 400 or 422 that names all problems; nothing when there is none */
  throwIfAny(): void {
    const details = this.#faults.flatMap((fault) => fault.details);
    if (this.#problems.found.length > 0) throw invalidInput([...this.#problems.found, ...details]);
    const [first] = this.#faults;
    if (!first) return;
    const { error } = first;
    throw new ApiError(error.code, `${details[0]?.path ?? ""}: ${error.message}`, {
      cause: error,
      details,
      ...(error.userStack !== undefined && { userStack: error.userStack }),
    });
  }
}

function detailsOf(error: ApiError): ErrorDetail[] {
  return error.details ?? [{ path: "", message: error.message }];
}
