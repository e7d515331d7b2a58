/** What is known of each app: how its accounts connect, and how they are tested. */
export {
  fieldsOf,
  type AppDefinition,
  type AuthField,
  type KeysAuth,
  type OAuth1Auth,
  type OAuth2Auth,
  type TestRequest,
} from "./app-definition.ts";
export { AppEditor } from "./app-editor.ts";
export { checkDefinition } from "./check-definition.ts";
export { loadCatalogue, type CatalogueFolders, type CatalogueProblem } from "./load-catalogue.ts";
export { logoOf } from "./logo.ts";
