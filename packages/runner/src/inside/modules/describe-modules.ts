import type { LoadedPayload, LoadFailedPayload } from "../../messages.ts";
import type { ModuleTable } from "./module-table.ts";

type Described = NonNullable<LoadedPayload["described"]>;

/** Imports one module after the other and tells what each is; what they import from npm is loaded only once. */
export async function describeModules(
  modules: ModuleTable,
  failureOf: (error: unknown) => LoadFailedPayload,
): Promise<Described> {
  const described: Described = {};
  for (const name of modules.names()) {
    try {
      const { component } = await modules.importModule(name);
      described[name] = { definition: component.definition };
    } catch (error) {
      described[name] = failureOf(error);
    }
  }
  return described;
}
