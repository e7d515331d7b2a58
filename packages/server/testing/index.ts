/** What feature tests stand on: real databases, real servers, real receivers. */
export { emptyDatabase, testDatabase, type TestDatabase } from "./test-database.ts";
export {
  addUser,
  startTestApi,
  type CallOptions,
  type TestApi,
  type TestApiOptions,
  type TestReply,
} from "./test-api.ts";
export { TestBucket } from "./test-bucket.ts";
export { SessionBrowser } from "./session-browser.ts";
export { TestIdentityProvider, type Person } from "./test-identity-provider.ts";
export { PageBrowser, type Page } from "./page-browser.ts";
export { TestMailServer, type ReceivedMail } from "./test-mail-server.ts";
export { TestReceiver, type ReceivedRequest, type ReceiverReply, type Responder } from "./test-receiver.ts";
export { startTestServer, type TestServer, type TestServerOptions } from "./test-server.ts";
export { assertShape, type Shape } from "./shape.ts";
export {
  bodyOf,
  describedOperations,
  isScoped,
  makeOneOfEach,
  ownersBrowser,
  pathOf,
  send,
  unknownIds,
  type Ids,
} from "./one-of-each.ts";
