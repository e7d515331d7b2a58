/** The catalogue of apps. */
export { AppsPage } from "./apps.tsx";
