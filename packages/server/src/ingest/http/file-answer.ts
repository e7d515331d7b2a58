import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { downloadHeaders } from "../../core/index.ts";
import { STORED_FILES_PATH, type FileStores } from "../../workflows/files/index.ts";
import { answerProblem } from "./answer.ts";
import type { UploadedFiles } from "./uploaded-files.ts";

/** Serves `GET /v1/files/…` by its signature alone; always as a download, since the bytes are a stranger's. */
export async function answerFile(exchange: {
  request: IncomingMessage;
  response: ServerResponse;
  files: UploadedFiles;
  stores: Pick<FileStores, "openLink">;
}): Promise<void> {
  const { request, response, files, stores } = exchange;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return answerProblem(response, { status: 405, code: "method_not_allowed", message: "Only GET and HEAD" });
  }
  const { url = "" } = request;
  const isStored = url.startsWith(STORED_FILES_PATH);
  const file = await (isStored ? stores.openLink(url, Date.now()) : files.open(url, Date.now()));
  if (!file) {
    return answerProblem(response, { status: 404, code: "not_found", message: "The link has expired or is not valid" });
  }
  response.writeHead(200, downloadHeaders(file));
  if (request.method === "HEAD") {
    file.stream.destroy();
    response.end();
  } else await pipeline(file.stream, response);
}
