/** The code editor; loaded only by pages that edit. */
export { CodeEditor } from "./code-editor.tsx";
export { JsonDialog } from "./json-dialog.tsx";
