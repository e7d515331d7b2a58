/** The building blocks of all pages. They know nothing of workflows or events. */
export { Badge, Status, type Tone } from "./badge.tsx";
export { Button, IconButton } from "./button.tsx";
export { CopyText } from "./copy.tsx";
export { Confirm, Dialog } from "./dialog.tsx";
export { Checkbox, Field, Select, TextArea, TextInput } from "./field.tsx";
export { Menu, type MenuItem } from "./menu.tsx";
export { Empty, ErrorNote, Loading, Page, Panel } from "./surface.tsx";
export { Table, type Column } from "./table.tsx";
export { Tabs, type Tab } from "./tabs.tsx";
export { durationText, Time } from "./time.tsx";
export { ToastProvider, useToast } from "./toast.tsx";
