import type { Projects } from "../../../accounts/index.ts";
import { ApiError, invalidInput, notFound } from "../../../core/index.ts";
import { EgressError } from "../../../egress/index.ts";
import { S3Error } from "../../../objects/index.ts";
import {
  FileStoreError,
  type EntryRow,
  type FileScope,
  type FileStores,
  type StoredFileRow,
} from "../../../workflows/files/index.ts";

export interface FileServices {
  readonly fileStores: FileStores;
  readonly projects: Projects;
}

/** The store of a project that the caller may see. @throws ApiError 404 */
export async function scopeOf(
  { projects }: FileServices,
  request: { orgIds: readonly string[]; input: { project_id: string } },
): Promise<FileScope> {
  const project = await projects.find(request.orgIds, request.input.project_id);
  return { orgId: project.org_id, projectId: project.project_id };
}

/** Does something with files; what is wrong with it is told in the words of the API. @throws ApiError */
export async function withFileErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FileStoreError) throw apiErrorOf(error);
    const isService = error instanceof S3Error || error instanceof EgressError;
    throw isService ? new ApiError("unavailable", "The file store can not be reached", { cause: error }) : error;
  }
}

/** A file as replies show it. */
export function fileViewOf(row: StoredFileRow) {
  const name = row.path.slice(row.path.lastIndexOf("/") + 1);
  return {
    ...{ path: row.path, name, type: "file" as const },
    ...{ size_bytes: row.size_bytes, content_type: row.content_type },
    updated_at: Math.floor(row.updated_at_ms / 1000),
  };
}

/** What lies in a directory, as replies show it. */
export function entryViewOf(row: EntryRow, directory: string) {
  const parts = [...directory.split("/"), row.name].filter((part) => part !== "" && part !== ".");
  return {
    ...{ path: parts.join("/"), name: row.name, type: row.is_directory ? ("directory" as const) : ("file" as const) },
    ...{ size_bytes: row.size_bytes, content_type: row.content_type },
    updated_at: Math.floor(row.updated_at_ms / 1000),
  };
}

function apiErrorOf(error: FileStoreError): ApiError {
  const { code, message } = error;
  if (code === "not_found") return notFound("File");
  if (code === "invalid_path" || code === "invalid_call") return invalidInput([{ path: "path", message }]);
  if (code === "too_large" || code === "store_full") return new ApiError("too_large", message, { cause: error });
  return new ApiError("unavailable", message, { cause: error });
}
