import { invalidInput, type ErrorDetail } from "./api-error.ts";

const DEFAULT_LIMIT = 10;

/** The paging parameters of a list, as validated. */
export interface PageInput {
  limit?: number;
  after?: string;
  before?: string;
}

/** Which page: cursors are decoded to the ids of their rows. */
export interface PageRequest {
  limit: number;
  afterId: string | null;
  beforeId: string | null;
}

/** One page of rows, in the order of the list. */
export interface Page<Row> {
  rows: readonly Row[];
  /** Of the whole list. */
  totalCount: number;
}

export interface PageReply<Item> {
  page_info: { total_count: number; count: number; start_cursor: string | null; end_cursor: string | null };
  data: Item[];
}

/** A cursor is the unpadded base64url of an id. */
export function encodeCursor(id: string): string {
  return Buffer.from(id, "utf8").toString("base64url");
}

/** The id in a cursor; null when the text is no cursor. */
export function decodeCursor(cursor: string): string | null {
  const id = Buffer.from(cursor, "base64url").toString("utf8");
  // No id holds a NUL, and no database takes one in a text.
  return id !== "" && !id.includes("\0") && encodeCursor(id) === cursor ? id : null;
}

/** Reads the paging parameters. @throws ApiError 400 for a cursor that does not decode */
export function pageRequestOf(input: PageInput): PageRequest {
  const problems: ErrorDetail[] = [];
  const idOf = (name: "after" | "before"): string | null => {
    const cursor = input[name];
    if (cursor === undefined) return null;
    const id = decodeCursor(cursor);
    if (id === null) problems.push({ path: name, message: "is not a cursor" });
    return id;
  };
  const request = { limit: input.limit ?? DEFAULT_LIMIT, afterId: idOf("after"), beforeId: idOf("before") };
  if (problems.length > 0) throw invalidInput(problems);
  return request;
}

export interface PageShape<Row, Item> {
  /** The id that the row's cursor names. */
  idOf(row: Row): string;
  itemOf(row: Row): Item;
}

/** The reply of a list; an empty page has null cursors. */
export function pageReply<Row, Item>(page: Page<Row>, shape: PageShape<Row, Item>): PageReply<Item> {
  const cursorOf = (row: Row | undefined): string | null => (row === undefined ? null : encodeCursor(shape.idOf(row)));
  return {
    page_info: {
      total_count: page.totalCount,
      count: page.rows.length,
      start_cursor: cursorOf(page.rows[0]),
      end_cursor: cursorOf(page.rows.at(-1)),
    },
    data: page.rows.map((row) => shape.itemOf(row)),
  };
}
