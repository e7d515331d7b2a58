import { ComponentCodeError, ComponentFetchError, DependencyError, SandboxEndedError } from "@millrace/runner";
import { ApiError, invalidInput } from "../core/index.ts";

/**
 * What the user may see of a failed build: 400 for an address that cannot be used, 422 for code or packages that cannot,
 * 503 where it is not the user's fault. Anything else is returned as it is.
 */
export function asApiError(error: unknown, field: string): unknown {
  if (error instanceof ComponentCodeError) return codeError(error, field);
  if (error instanceof ComponentFetchError) return fetchError(error, field);
  if (error instanceof DependencyError) return dependencyError(error, field);
  if (error instanceof SandboxEndedError) {
    return new ApiError("unavailable", "No sandbox is free to read the component; try again", { cause: error });
  }
  return error;
}

function codeError(error: ComponentCodeError, field: string): ApiError {
  return new ApiError("component_invalid", `The component cannot be used: ${error.message}`, {
    cause: error,
    details: [{ path: field, message: error.message }],
    ...(error.stackOfUser === undefined ? {} : { userStack: error.stackOfUser }),
  });
}

function fetchError(error: ComponentFetchError, field: string): ApiError {
  const details = [{ path: field, message: error.message }];
  if (error.code === "bad_reference" || error.code === "refused") return invalidInput(details);
  return new ApiError("component_invalid", error.message, { cause: error, details });
}

function dependencyError(error: DependencyError, field: string): ApiError {
  const isOurs = error.code === "dependency_unavailable" || error.code === "dependency_timeout";
  if (isOurs) return new ApiError("unavailable", error.message, { cause: error, retryAfterSeconds: 30 });
  const details = [{ path: field, message: error.message }];
  return new ApiError("dependency_not_found", error.message, { cause: error, details });
}
