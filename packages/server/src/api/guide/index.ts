/** What is to be read at `/docs`: the user guide, made from the Markdown files of `docs/`, and the API reference. */
import type { FastifyInstance } from "fastify";
import { serveGuide } from "./guide-pages.ts";
import { serveReference } from "./reference.ts";

/** Serves the guide and the reference, whole from this process. Returns their paths. */
export function serveDocs(app: FastifyInstance): string[] {
  return [...serveGuide(app), ...serveReference(app)];
}
