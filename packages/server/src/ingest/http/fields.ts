/** Values by name, safe against names like `__proto__`. */
export type Fields<Value> = Record<string, Value>;

function emptyFields<Value>(): Fields<Value> {
  return Object.create(null) as Fields<Value>;
}

/** The query as an object of strings; of a repeated name the last value counts. */
export function parseQuery(text: string): Fields<string> {
  const query = emptyFields<string>();
  if (text === "") return query;
  for (const [name, value] of new URLSearchParams(text)) query[name] = value;
  return query;
}

/** A url-encoded body as an object; a repeated name becomes an array. */
export function parseForm(text: string): Fields<string | string[]> {
  const form = emptyFields<string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) addField(form, name, value);
  return form;
}

/** Adds a value, turning a repeated name into an array. */
export function addField<Value>(fields: Fields<Value | Value[]>, name: string, value: Value): void {
  const present = fields[name];
  if (present === undefined) fields[name] = value;
  else if (Array.isArray(present)) present.push(value);
  else fields[name] = [present, value];
}
