/** The code editor; loaded only by pages that edit. */
export { CodeEditor, type CodeEditorProps } from "./code-editor.tsx";
