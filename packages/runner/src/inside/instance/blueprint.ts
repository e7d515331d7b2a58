import type { HttpResponse, InvocationBase } from "../../invocation.ts";
import type { Calls } from "../calls/index.ts";
import { isObject } from "../definition/index.ts";
import type { LoadedComponent, ResolvedProp, UserObject } from "../definition/index.ts";
import type { InvocationScope } from "../execution/index.ts";
import type { FileStore } from "../files/index.ts";
import { asText } from "../safe-json.ts";
import { bindMethods, createAppInstance, hide, readMethods } from "./app-instance.ts";
import type { MethodTable } from "./app-instance.ts";
import { createDataStore } from "./data-store.ts";
import { createHttpInterface } from "./http-interface.ts";
import { createHttpRequest } from "./http-request.ts";
import { readInput, readInputShape } from "./input-value.ts";
import type { InputShape } from "./input-value.ts";
import { createStore } from "./store.ts";
import type { ComponentStore } from "./store.ts";
import { createUnavailableDataStore, createUnavailableDirectory } from "./unavailable.ts";

/** What the instance of one invocation is made from. */
export interface InstanceInput {
  readonly invocation: InvocationBase;
  readonly scope: InvocationScope;
  /** Sends the answer of an HTTP request that waits for it; null when none does. */
  readonly respond: ((response: HttpResponse) => void) | null;
  /** Null where there are none, as in sources. */
  readonly services: InstanceServices | null;
}

/** What the server does for user code. */
export interface InstanceServices {
  readonly calls: Calls;
  readonly files: FileStore;
}

/** What is worked out once per load about one prop. */
interface PropPlan {
  readonly prop: ResolvedProp;
  readonly shape: InputShape;
}

interface Hydration extends InstanceInput {
  store: ComponentStore | null;
  /** Names that `additionalProps` described when the component was configured. */
  readonly dynamicFields: ReadonlyMap<string, UserObject>;
}

/** `$emit` is done when it returns; some code chains on the promise that it is typed to return. */
const EMITTED = Promise.resolve();
const NO_METHODS: MethodTable = { functions: [], values: [] };
const NO_FIELDS: ReadonlyMap<string, UserObject> = new Map();

/** Everything about a component that is the same in all its invocations; makes a fresh `this` for each. */
export class Blueprint {
  readonly #methods: MethodTable;
  readonly #plans: readonly PropPlan[];
  readonly #staticNames: ReadonlySet<string>;
  readonly #emitsEvents: boolean;
  /** Methods of an app by its definition object, and by slug for props that only name the app. */
  readonly #appMethods = new Map<unknown, MethodTable>();

  /** @param options steps of workflows have no `$emit`, whatever type they name. */
  constructor(component: LoadedComponent, { isStep }: { isStep: boolean }) {
    this.#methods = readMethods(component.source);
    this.#plans = component.props.map((prop) => ({ prop, shape: readInputShape(prop.type, prop.fields) }));
    this.#staticNames = new Set(component.props.map((prop) => prop.name));
    this.#emitsEvents = component.definition.kind === "source" && !isStep;
    this.learnApps(component.props);
  }

  /** Remembers the apps of props, so that a dynamic app prop, known by its slug only, gets its methods. */
  learnApps(props: readonly ResolvedProp[]): void {
    for (const { app, optionsApp } of props) {
      for (const definition of [app, optionsApp]) {
        if (!definition || this.#appMethods.has(definition)) continue;
        const methods = readMethods(definition);
        this.#appMethods.set(definition, methods);
        const slug = definition["app"];
        const known = this.#appMethods.get(slug);
        if (!known || known.functions.length === 0) this.#appMethods.set(slug, methods);
      }
    }
  }

  /**
   * Makes `this` of one invocation: methods and prop values on one flat, writable object. Props that are not set are
   * absent, and what is ours (`$emit`) is not enumerable, since components send the rest of `this` to APIs.
   */
  createInstance(input: InstanceInput): UserObject {
    const instance: UserObject = {};
    bindMethods(instance, this.#methods);
    const hydration: Hydration = { ...input, store: null, dynamicFields: readDynamicFields(input.invocation) };
    for (const plan of this.#plans) {
      const value = this.#hydrate(plan, hydration);
      if (value !== undefined) instance[plan.prop.name] = value;
    }
    this.#addUnplanned(instance, hydration);
    if (this.#emitsEvents) {
      const { scope } = input;
      hide(instance, "$emit", (event: unknown, metadata?: unknown) => {
        scope.emit(event, metadata);
        return EMITTED;
      });
    }
    return instance;
  }

  /** The app instance that is `this` of an app's own functions: that of the prop for the app, else one without account. */
  appInstanceFor(app: UserObject, instance: UserObject): UserObject {
    const own = this.#plans.filter(({ prop }) => prop.app !== null);
    const plan =
      own.find(({ prop }) => prop.app === app) ??
      own.find(({ prop }) => prop.app?.["app"] !== undefined && prop.app["app"] === app["app"]);
    const found = plan && instance[plan.prop.name];
    return isObject(found) ? found : createAppInstance(this.#methodsOf(app), undefined);
  }

  #methodsOf(app: UserObject): MethodTable {
    return this.#appMethods.get(app) ?? readMethods(app);
  }

  #hydrate(plan: PropPlan, hydration: Hydration): unknown {
    const { name, app } = plan.prop;
    const { invocation } = hydration;
    if (app) return createAppInstance(this.#methodsOf(app), authOf(invocation, name));
    const dynamic = hydration.dynamicFields.get(name);
    const shape = dynamic ? readInputShape(plan.prop.type, { ...plan.prop.fields, ...dynamic }) : plan.shape;
    return hydrateByType(name, shape, hydration);
  }

  /** Configured names that are no static props: they came from `additionalProps` or are simply there. */
  #addUnplanned(instance: UserObject, hydration: Hydration): void {
    const { invocation, dynamicFields } = hydration;
    const names = [invocation.props, invocation.auths, invocation.endpoints].flatMap((map) => Object.keys(map));
    for (const name of [...names, ...dynamicFields.keys()]) {
      if (this.#staticNames.has(name) || Object.hasOwn(instance, name)) continue;
      const value = this.#hydrateUnplanned(name, hydration);
      if (value !== undefined) instance[name] = value;
    }
  }

  #hydrateUnplanned(name: string, hydration: Hydration): unknown {
    const { invocation, dynamicFields } = hydration;
    const fields = dynamicFields.get(name);
    if (fields?.["type"] === "app" || Object.hasOwn(invocation.auths, name)) {
      const methods = this.#appMethods.get(fields?.["app"]) ?? NO_METHODS;
      return createAppInstance(methods, authOf(invocation, name));
    }
    if (Object.hasOwn(invocation.endpoints, name)) return hydrateByType(name, HTTP_SHAPE, hydration);
    // Without a description the wire form tells: pairs are only sent for props that ask for them.
    const shape = fields ? readInputShape(String(fields["type"]), fields) : UNKNOWN_SHAPE;
    return hydrateByType(name, shape, hydration);
  }
}

const HTTP_SHAPE: InputShape = readInputShape("$.interface.http", {});
const UNKNOWN_SHAPE: InputShape = readInputShape("any", { withLabel: true });

function hydrateByType(name: string, shape: InputShape, hydration: Hydration): unknown {
  const { invocation, scope, services } = hydration;
  switch (shape.type) {
    case "$.service.db":
      return (hydration.store ??= createStore(invocation.db, scope));
    case "$.interface.http":
      return createHttpInterface(invocation.endpoints[name], hydration.respond);
    case "$.interface.timer":
      return { type: "$.interface.timer" };
    case "alert":
      return undefined;
    case "data_store":
      return hydrateDataStore(name, shape, hydration);
    case "dir":
      return services ? { ...services.files } : createUnavailableDirectory(name);
    case "http_request": {
      const configuration = readInput(invocation.props[name], shape);
      return isObject(configuration) ? createHttpRequest(configuration) : configuration;
    }
    default:
      return readInput(Object.hasOwn(invocation.props, name) ? invocation.props[name] : undefined, shape);
  }
}

function hydrateDataStore(name: string, shape: InputShape, { invocation, services }: Hydration): unknown {
  if (!services) return createUnavailableDataStore(name);
  const store = readInput(Object.hasOwn(invocation.props, name) ? invocation.props[name] : undefined, shape);
  return store === undefined ? undefined : createDataStore(asText(store), services.calls);
}

function authOf(invocation: InvocationBase, name: string) {
  return Object.hasOwn(invocation.auths, name) ? invocation.auths[name]?.credentials : undefined;
}

function readDynamicFields(invocation: InvocationBase): ReadonlyMap<string, UserObject> {
  if (!invocation.dynamicProps || invocation.dynamicProps.length === 0) return NO_FIELDS;
  return new Map(invocation.dynamicProps.map((prop): [string, UserObject] => [prop.name, prop]));
}
