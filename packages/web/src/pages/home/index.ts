/** Where everybody arrives. */
export { HomePage } from "./home.tsx";
