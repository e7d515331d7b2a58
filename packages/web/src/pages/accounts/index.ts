/** Connected accounts. */
export { AccountsPage } from "./accounts.tsx";
