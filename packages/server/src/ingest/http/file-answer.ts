import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { answerProblem } from "./answer.ts";
import type { UploadedFiles } from "./uploaded-files.ts";

/** Serves `GET /v1/files/…` by its signature alone; always as a download, since the bytes are a stranger's. */
export async function answerFile(exchange: {
  request: IncomingMessage;
  response: ServerResponse;
  files: UploadedFiles;
}): Promise<void> {
  const { request, response, files } = exchange;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return answerProblem(response, { status: 405, code: "method_not_allowed", message: "Only GET and HEAD" });
  }
  const file = await files.open(request.url ?? "", Date.now());
  if (!file) {
    return answerProblem(response, { status: 404, code: "not_found", message: "The link has expired or is not valid" });
  }
  response.writeHead(200, {
    "content-type": /^[\w.+-]+\/[\w.+-]+$/.test(file.mimetype) ? file.mimetype : "application/octet-stream",
    "content-length": String(file.sizeBytes),
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.filename || "file")}`,
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
  });
  if (request.method === "HEAD") {
    file.stream.destroy();
    response.end();
  } else await pipeline(file.stream, response);
}
